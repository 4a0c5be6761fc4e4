/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trail - see trail.h. */
#include "lib/snapshot/trail.h"

#include <search.h>

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define LINKS_MAX 16 /* on one way */

struct looked_at {
	char *path;
	char *target; /* below the root; NULL: it is not a link */
};

struct vh_trails {
	const struct vh_root *root;
	void *known; /* of tsearch(3) */
};

void vh_trail_clear(struct vh_trail *t)
{
	free(t->path);
	vh_names_clear(&t->links);
	memset(t, 0, sizeof(*t));
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct looked_at *)a)->path, ((const struct looked_at *)b)->path);
}

static void free_one(void *p)
{
	struct looked_at *l = p;

	free(l->path);
	free(l->target);
	free(l);
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
	tdestroy(t->known, free_one);
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
	const char *const both[] = { *target == '/' ? "" : dir, target };

	for (size_t i = 0; i < VH_COUNT(both); i++) {
		for (const char *s = both[i]; *s;) {
			size_t n = strcspn(s, "/");

			add_part(&to, s, n);
			s += n + (s[n] == '/');
		}
	}
	return to.data ? vh_strbuf_steal(&to) : vh_strdup("");
}

/* Where a link leads; NULL: it is none. */
static const char *target_of(struct vh_trails *t, const char *path)
{
	struct looked_at key = { .path = (char *)path }, *l;
	struct looked_at *const *found = tfind(&key, &t->known, by_path);
	_auto_free_ char *target = NULL, *dir = NULL;
	const char *slash = strrchr(path, '/');

	if (found)
		return (*found)->target;
	l = vh_alloc(sizeof(*l));
	l->path = vh_strdup(path);
	target = vh_root_readlink(t->root, "%s", path);
	dir = vh_strndup(path, slash ? (size_t)(slash - path) : 0);
	if (target)
		l->target = vh_trail_join(dir, target);
	/* one that leads to itself stands for what could not be read (lib/manifest/parse.h) */
	if (l->target && !strcmp(l->target, path)) {
		free(l->target);
		l->target = NULL;
	}
	(void)tsearch(l, &t->known, by_path); /* memory for it is the least of it */
	return l->target;
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
