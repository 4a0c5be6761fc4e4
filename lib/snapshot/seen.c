/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seen - sorts the notes, keeps the longest answer to each question, and names paths as a
 * manifest does. */
#include "lib/snapshot/seen.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/strbuf.h"
#include "lib/snapshot/trail.h"

#include "lib/base/banned.h"

void vh_seen_clear(struct vh_sight *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->list[i].path);
		free(s->list[i].target);
		vh_names_clear(&s->list[i].links);
	}
	free(s->list);
	memset(s, 0, sizeof(*s));
}

char *vh_seen_path(const struct vh_host *h, const char *path)
{
	const char *best = NULL;
	struct vh_pci_addr addr;

	if (!vh_has_prefix(path, "sys/devices/"))
		return vh_strdup(path);
	for (const char *s = path; *s;) {
		size_t n = strcspn(s, "/");
		_auto_free_ char *part = vh_strndup(s, n);

		if (vh_pci_parse(part, &addr) == 0 && vh_host_dev(h, &addr))
			best = s;
		s += n + (s[n] == '/');
	}
	return best ? vh_printf("@%s", best) : vh_strdup(path);
}

static int order(const void *a, const void *b)
{
	const struct vh_seen *x = a, *y = b;
	int c = strcmp(x->path, y->path);

	return c ? c : (x->asked > y->asked) - (x->asked < y->asked);
}

/* Of two answers to one question the one that is one, and then the longer one. */
static int full_order(const void *a, const void *b)
{
	const struct vh_seen *x = a, *y = b;
	int c = order(a, b);

	if (!c)
		c = !!x->error - !!y->error;
	if (!c)
		c = (x->len < y->len) - (x->len > y->len);
	return c ? c : (x->data > y->data) - (x->data < y->data); /* the first */
}

/* The program of the hook is read through the links to it, which are kept. If it cannot be read,
 * or not even be seen, the program is marked so as well: the link is there. */
static char *behind_hook(const struct vh_root *root, const struct vh_note *n, const char *path)
{
	_auto_free_ char *target = NULL, *dir = NULL;

	if (!vh_has_prefix(path, &(VH_HOOKSDIR "/")[1]))
		return NULL;
	if (n->asked != VH_ASKED_FILE && (n->asked != VH_ASKED_PATH || !n->error))
		return NULL;
	target = vh_root_readlink(root, "%s", path);
	if (!target || !vh_has_suffix(target, "/vfio-hook-qemu"))
		return NULL;
	dir = vh_strndup(path, (size_t)(strrchr(path, '/') - path));
	return vh_trail_join(dir, target);
}

/* In sysfs a path from the root, which a manifest makes relative again. Elsewhere as it is, but
 * for proc relative, as a manifest wants it. */
static char *target_of(const struct vh_host *h, const char *path, const char *target)
{
	const char *slash = strrchr(path, '/');
	_auto_free_ char *dir = vh_strndup(path, slash ? (size_t)(slash - path) : 0);
	_auto_free_ char *whole = vh_trail_join(dir, target);
	_auto_strbuf_ struct vh_strbuf up = { 0 };

	if (vh_has_prefix(path, "sys/"))
		return vh_seen_path(h, whole);
	if (*target != '/' || vh_has_prefix(path, "proc/"))
		return vh_strdup(target);
	for (const char *p = path; (p = strchr(p, '/')); p++)
		vh_strbuf_add(&up, "../");
	return vh_printf("%s%s", up.data ? up.data : "", whole);
}

static void add(struct vh_trails *trails, const struct vh_root *root, const struct vh_host *h,
		const struct vh_note *n, struct vh_sight *to)
{
	bool last = n->asked != VH_ASKED_LINK;
	_auto_trail_ struct vh_trail t = { 0 };
	struct vh_seen *s = VH_APPEND(to->list, to->count);
	struct stat st;

	vh_trail_follow(trails, n->path, last, &t);
	*s = (struct vh_seen){ .asked = n->asked, .error = n->error, .data = n->data, .len = n->len };
	if (n->asked == VH_ASKED_LINK && !n->error)
		s->target = target_of(h, t.path, n->data);
	if (n->asked == VH_ASKED_EXCLUSIVE)
		s->path = vh_printf("dev/%s", n->path);
	else
		s->path = behind_hook(root, n, t.path);
	if (!s->path)
		s->path = vh_seen_path(h, t.path);
	if (n->asked == VH_ASKED_PATH && !n->error)
		s->is_dir = vh_root_stat(root, &st, true, "%s", n->path) == 0 && S_ISDIR(st.st_mode);
	for (size_t i = 0; i < t.links.count; i++)
		*VH_APPEND(s->links.name, s->links.count) = vh_seen_path(h, t.links.name[i]);
}

void vh_seen_read(const struct vh_recorder *r, const struct vh_root *root, const struct vh_host *h,
		  struct vh_sight *ret)
{
	_auto_(vh_trails) struct vh_trails *trails = vh_trails_new(root);
	struct vh_note note;
	size_t kept = 0;

	*ret = (struct vh_sight){ 0 };
	for (size_t at = 0; vh_recorder_next(r, &at, &note);)
		add(trails, root, h, &note, ret);
	if (ret->count)
		qsort(ret->list, ret->count, sizeof(*ret->list), full_order);
	for (size_t i = 0; i < ret->count; i++) {
		struct vh_seen *s = &ret->list[i];

		if (kept && !order(&ret->list[kept - 1], s)) {
			free(s->path);
			free(s->target);
			vh_names_clear(&s->links);
		} else {
			ret->list[kept++] = *s;
		}
	}
	ret->count = kept;
}

const struct vh_seen *vh_seen_find(const struct vh_sight *s, enum vh_asked asked, const char *path)
{
	struct vh_seen key = { .asked = asked, .path = (char *)path };

	return s->count ? bsearch(&key, s->list, s->count, sizeof(*s->list), order) : NULL;
}

const struct vh_seen *vh_seen_of(const struct vh_sight *s, enum vh_asked asked,
				 const struct vh_pci_dev *d, const char *name)
{
	_auto_free_ char *path = vh_printf("@%s/%s", vh_pci_str(&d->addr).s, name);

	return vh_seen_find(s, asked, path);
}

bool vh_seen_is_absent(const struct vh_seen *s)
{
	return s->error == ENOENT || s->error == ENOTDIR || s->error == ENODEV || s->error == ESRCH;
}
