/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zvols - volumes of ZFS, /dev/zd16: block devices without a disk below them that the kernel would
 * name. udev links each by its pool and name, /dev/zvol/tank/vms/one.
 */
#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

#define LINKS "/dev/zvol/"

struct vh_zvols {
	bool asked;
	struct zvol {
		char *name, *pool; /* "zd16"; NULL: unknown */
	} * list;
	size_t count;
};

struct vh_zvols *vh_zvols_new(void)
{
	return vh_alloc(sizeof(struct vh_zvols));
}

void vh_zvols_free(struct vh_zvols *z)
{
	if (!z)
		return;
	for (size_t i = 0; i < z->count; i++) {
		free(z->list[i].name);
		free(z->list[i].pool);
	}
	free(z->list);
	free(z);
}

static bool is_volume(const char *name)
{
	return vh_has_prefix(name, "zd") && name[2] >= '0' && name[2] <= '9';
}

static bool is_zvol(const char *node)
{
	return vh_has_prefix(node, LINKS) ||
	       (vh_has_prefix(node, "/dev/") && is_volume(node + strlen("/dev/")));
}

/* S:zvol/tank/vms/one, with blanks as '+', which no pool has in its name (cmd/zvol_id) */
char *vh_zvols_pool_of(const char *udev)
{
	static const char key[] = "S:zvol/";
	const char *at = udev;
	char *pool;

	while (at && !vh_has_prefix(at, key)) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return NULL;
	at += strlen(key);
	pool = vh_strndup(at, strcspn(at, "/\n"));
	for (char *p = pool; *p; p++)
		*p = *p == '+' ? ' ' : *p;
	return pool;
}

static char *pool_by_udev(const struct vh_root *root, const char *name)
{
	_auto_free_ char *dev = vh_root_read(root, "sys/class/block/%s/dev", name);
	_auto_free_ char *data = dev ? vh_root_read(root, "run/udev/data/b%s", dev) : NULL;

	return vh_zvols_pool_of(data);
}

static const struct vh_zvols *zvols_of(const struct vh_uses_ctx *ctx)
{
	struct vh_zvols *z = ctx->usage->zvols;
	_auto_names_ struct vh_names names = { 0 };

	if (z->asked)
		return z;
	z->asked = true;
	VH_IGNORE(vh_root_list(ctx->root, &names, "sys/block")); /* then of an unknown pool */
	for (size_t i = 0; i < names.count; i++)
		if (is_volume(names.name[i]))
			*VH_APPEND(z->list, z->count) = (struct zvol){
				vh_strdup(names.name[i]), pool_by_udev(ctx->root, names.name[i])
			};
	return z;
}

static char *pool_of(const struct vh_uses_ctx *ctx, const char *node)
{
	const struct vh_zvols *z = zvols_of(ctx);
	const char *name = node + strlen("/dev/");
	size_t n = strlen("zd") + strspn(name + strlen("zd"), "0123456789"); /* zd16p1 */

	if (vh_has_prefix(node, LINKS))
		return vh_strndup(node + strlen(LINKS), strcspn(node + strlen(LINKS), "/"));
	for (size_t i = 0; i < z->count; i++)
		if (z->list[i].pool && vh_is_word(name, n, z->list[i].name))
			return vh_strdup(z->list[i].pool);
	return NULL;
}

void vh_zvols_look(struct vh_uses_ctx *ctx, const char *pool)
{
	const struct vh_zvols *z = zvols_of(ctx);

	for (size_t i = 0; i < z->count; i++) {
		const struct zvol *v = &z->list[i];
		_auto_free_ char *dev = NULL;

		if (v->pool && pool && strcmp(v->pool, pool) != 0)
			continue;
		dev = vh_root_read(ctx->root, "sys/class/block/%s/dev", v->name);
		vh_nodes_above(ctx, v->name, dev);
	}
}

bool vh_zvols_may_be_of(const struct vh_uses_ctx *ctx, const char *node, const char *pool)
{
	_auto_free_ char *of = is_zvol(node) ? pool_of(ctx, node) : NULL;

	return is_zvol(node) && (!of || !pool || !strcmp(of, pool));
}
