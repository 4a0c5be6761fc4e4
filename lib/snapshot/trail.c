/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trail - see trail.h. */
#include "lib/snapshot/trail.h"

#include "lib/base/strbuf.h"
#include "lib/snapshot/dict.h"

#include "lib/base/banned.h"

#define LINKS_MAX 16 /* on one way */

struct vh_trails {
	const struct vh_root *root;
	struct vh_dict known; /* where a link leads; no text: it is not one */
};

void vh_trail_clear(struct vh_trail *t)
{
	free(t->path);
	vh_names_clear(&t->links);
	memset(t, 0, sizeof(*t));
}

struct vh_trails *vh_trails_new(const struct vh_root *root)
{
	struct vh_trails *t = vh_alloc(sizeof(*t));

	t->root = root;
	return t;
}

void vh_trails_free(struct vh_trails *t)
{
	if (!t)
		return;
	vh_dict_clear(&t->known);
	free(t);
}

static void add_part(struct vh_strbuf *to, const char *part, size_t n)
{
	char *slash;

	if (!n || (n == 1 && *part == '.'))
		return;
	if (n == 2 && part[0] == '.' && part[1] == '.') {
		slash = to->data ? strrchr(to->data, '/') : NULL;
		to->len = slash ? (size_t)(slash - to->data) : 0;
		if (to->data)
			to->data[to->len] = 0;
		return;
	}
	if (to->len)
		vh_strbuf_add(to, "/");
	vh_strbuf_add_mem(to, part, n);
}

char *vh_trail_join(const char *dir, const char *target)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	const char *const both[] = { *target == '/' || !dir ? "" : dir, target };

	for (size_t i = 0; i < VH_COUNT(both); i++) {
		for (const char *s = both[i]; *s;) {
			size_t n = strcspn(s, "/");

			add_part(&to, s, n);
			s += n + (s[n] == '/');
		}
	}
	return to.data ? vh_strbuf_steal(&to) : vh_strdup("");
}

/* Where a link leads, valid until the next call; NULL: it is none. */
static const char *target_of(struct vh_trails *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	_auto_free_ char *target = NULL, *dir = NULL;
	bool is_new;
	struct vh_word *w = vh_dict_get(&t->known, path, &is_new);

	if (!is_new)
		return w->text;
	target = vh_root_readlink(t->root, "%s", path);
	dir = vh_strndup(path, slash ? (size_t)(slash - path) : 0);
	if (target)
		w->text = vh_trail_join(dir, target);
	/* one that leads to itself stands for what could not be read (lib/manifest/manifest.h) */
	if (vh_streq(w->text, path)) {
		free(w->text);
		w->text = NULL;
	}
	return w->text;
}

/* The first link on the way; NULL: there is none. *ret_rest is what stands behind it. */
static char *first_link(struct vh_trails *t, const char *path, bool last, const char **ret_rest)
{
	for (const char *s = path; (s = strchr(s, '/')) || last;) {
		_auto_free_ char *part = s ? vh_strndup(path, (size_t)(s - path)) : vh_strdup(path);

		if (vh_has_prefix(part, "sys/") && target_of(t, part)) {
			*ret_rest = s ? s + 1 : "";
			return VH_STEAL(part);
		}
		if (!s)
			break;
		s++;
	}
	return NULL;
}

void vh_trail_follow(struct vh_trails *known, const char *path, bool last, struct vh_trail *ret)
{
	*ret = (struct vh_trail){ .path = vh_trail_join("", path) };
	for (int i = 0; i < LINKS_MAX; i++) {
		const char *rest, *target;
		char *link = first_link(known, ret->path, last, &rest), *whole;

		if (!link)
			return;
		target = target_of(known, link);
		whole = vh_trail_join(target, rest);
		*VH_APPEND(ret->links.name, ret->links.count) = link;
		*VH_APPEND(ret->links.name, ret->links.count) = vh_strdup(target);
		free(ret->path);
		ret->path = whole;
	}
}
