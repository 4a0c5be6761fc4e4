/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elsewhere - block devices that are mounted in other mount namespaces alone: of containers, and
 * of services with PrivateMounts=. Looked at when a disk is busy and nothing else tells why.
 */
#include "lib/host/uses/use.h"

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/host/holder.h"

#include "lib/base/banned.h"

struct vh_elsewhere {
	bool asked;
	struct vh_usage *there; /* the mounts of each namespace but ours, one after the other ... */
	struct space {
		char *pid; /* ... of this process */
		size_t end;
	} * spaces;
	size_t n_spaces;
};

struct vh_elsewhere *vh_elsewhere_new(void)
{
	struct vh_elsewhere *e = vh_alloc(sizeof(*e));

	e->there = vh_alloc(sizeof(*e->there));
	return e;
}

void vh_elsewhere_free(struct vh_elsewhere *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_spaces; i++)
		free(e->spaces[i].pid);
	free(e->spaces);
	vh_block_tables_clear(e->there);
	free(e->there);
	free(e);
}

/* A snapshot needs nothing of processes that turn out to have nothing mounted. */
static struct vh_root unwatched(const struct vh_root *root)
{
	struct vh_root quiet = *root;

	quiet.watch = NULL;
	return quiet;
}

static void read_namespaces(const struct vh_root *root, struct vh_elsewhere *e)
{
	_auto_free_ char *own = vh_root_readlink(root, "proc/self/ns/mnt");
	_auto_names_ struct vh_names pids = { 0 }, seen = { 0 };
	uint64_t pid;

	e->asked = true;
	if (own)
		vh_names_note(&seen, "%s", own);
	VH_IGNORE(vh_root_list(root, &pids, "proc")); /* then nobody is seen */
	for (size_t i = 0; i < pids.count; i++) {
		_auto_free_ char *ns = NULL, *text = NULL;

		if (vh_parse_uint(pids.name[i], 10, INT32_MAX, &pid) < 0)
			continue;
		ns = vh_root_readlink(root, "proc/%s/ns/mnt", pids.name[i]);
		if (!ns || vh_names_has(&seen, ns))
			continue;
		*VH_APPEND(seen.name, seen.count) = VH_STEAL(ns);
		text = vh_root_read(root, "proc/%s/mountinfo", pids.name[i]);
		if (!text)
			continue;
		vh_block_tables_parse(text, e->there);
		*VH_APPEND(e->spaces, e->n_spaces) = (struct space){ vh_strdup(pids.name[i]),
								     e->there->n_mounts };
	}
}

static bool is_it(const struct vh_mount *m, const struct vh_usage *here, const char *file,
		  const char *numbers)
{
	_auto_free_ char *text = m->major ? vh_printf("%u:%u", m->major, m->minor) : NULL;

	return vh_streq(numbers, text) || !strcmp(m->source, file) ||
	       vh_members_share(here, file, m->source);
}

static void add_use(struct vh_uses_ctx *ctx, const char *node, const char *pid,
		    const struct vh_mount *m)
{
	_auto_free_ char *at = vh_printable(m->at, 80), *word = vh_shell_quote(m->at);
	struct vh_holder holder = { 0 };
	struct vh_use *u;
	uint64_t number;

	if (vh_parse_uint(pid, 10, INT32_MAX, &number) < 0)
		return;
	vh_holder_read(ctx->root, (int64_t)number, &holder);
	u = vh_use_add(ctx, VH_USE_BLOCK, "%s is mounted at %s in the mount namespace of %s%s%s",
		       node, at, holder.who, holder.of ? " of " : "", holder.of ? holder.of : "");
	/* we may be in a container ourselves: the system's own mounts are those of process 1 */
	u->vital = number == 1 && vh_use_is_vital_mount(m->at);
	if (!u->vital)
		u->fix = holder.of && holder.fix
				 ? vh_strdup(holder.fix)
				 : vh_printf("nsenter --target %s --mount umount %s", pid, word);
	vh_holder_clear(&holder);
}

bool vh_elsewhere_look(struct vh_uses_ctx *ctx, const char *node, const char *numbers)
{
	struct vh_root quiet = unwatched(ctx->root);
	struct vh_elsewhere *e = ctx->usage->elsewhere;
	_auto_free_ char *file = vh_printf("/dev/%s", node);
	size_t m = 0;

	if (!e->asked)
		read_namespaces(&quiet, e);
	for (size_t i = 0; i < e->n_spaces; i++) {
		const char *pid = e->spaces[i].pid;

		while (m < e->spaces[i].end &&
		       !is_it(&e->there->mounts[m], ctx->usage, file, numbers))
			m++;
		if (m == e->spaces[i].end)
			continue;
		free(vh_root_readlink(ctx->root, "proc/%s/ns/mnt",
				      pid)); /* once more, for a watcher */
		free(vh_root_read(ctx->root, "proc/%s/mountinfo", pid));
		add_use(ctx, node, pid, &e->there->mounts[m]);
		return true;
	}
	return false;
}
