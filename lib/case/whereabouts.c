/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whereabouts - see whereabouts.h. */
#include "lib/case/whereabouts.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/base/printable.h"
#include "lib/base/root.h"
#include "lib/case/present.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define LINKS_MAX 40 /* as the kernel follows (MAXSYMLINKS) */
#define STACK_MAX 8  /* VLAN on bond on ... */

/* --- paths ------------------------------------------------------------------------------------- */

/* The mount point that the path is below: the longest, of those the last. */
static const struct vh_host_mount *mount_of(const struct vh_host *h, const char *path)
{
	const struct vh_host_mount *best = NULL;

	for (size_t i = 0; i < h->n_mounts; i++) {
		const struct vh_host_mount *m = &h->mounts[i];

		if (vh_is_at_or_below(path, m->at) && (!best || strlen(m->at) >= strlen(best->at)))
			best = m;
	}
	return best;
}

/* Takes the first component of *rest, which moves on. NULL: there are none left. */
static char *next_part(const char **rest)
{
	size_t n;
	char *part;

	*rest += strspn(*rest, "/");
	n = strcspn(*rest, "/");
	if (!n)
		return NULL;
	part = vh_strndup(*rest, n);
	*rest += n;
	return part;
}

static void drop_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = 0;
}

/*
 * The path without links. Each part is looked at by itself, and none on file systems where that may
 * wait for a server or a program: libvirt waits for them, but a hook that hangs says nothing. NULL:
 * links lead in circles.
 */
static char *followed(const struct vh_root *root, const struct vh_host *h, const char *path)
{
	_auto_free_ char *done = vh_strdup(""), *todo = vh_strdup(path);
	const char *rest = todo;
	unsigned int links = 0;

	for (char *part; (part = next_part(&rest)); free(part)) {
		_auto_free_ char *here = vh_printf("%s/%s", done, part), *link = NULL;
		const struct vh_host_mount *m = mount_of(h, here);
		char *longer;

		if (!strcmp(part, ".."))
			drop_last(done);
		if (!strcmp(part, "..") || !strcmp(part, "."))
			continue;
		link = m && m->waits ? NULL : vh_root_readlink(root, "%s", here + 1);
		if (!link) {
			free(done);
			done = VH_STEAL(here);
			continue;
		}
		if (links++ == LINKS_MAX) {
			free(part);
			return NULL;
		}
		longer = vh_printf("%s/%s", link, rest);
		free(todo);
		rest = todo = longer;
		if (*link == '/')
			*done = 0;
	}
	return *done ? VH_STEAL(done) : vh_strdup("/");
}

bool vh_whereabouts_waits(const struct vh_root *root, const struct vh_host *host, const char *path)
{
	_auto_free_ char *end = followed(root, host, path);
	const struct vh_host_mount *m = end ? mount_of(host, end) : NULL;

	return !end || (m && m->waits);
}

/* Links of udev lead beside the kernel's name of the node (by-id, VG/LV): where that is all that a
 * snapshot has, it is enough. */
static char *by_last_part(const struct vh_root *root, const char *path)
{
	_auto_free_ char *target = vh_root_readlink(root, "%s", path + 1);
	const char *slash = target ? strrchr(target, '/') : NULL;

	if (target && vh_has_prefix(target, "dev/")) /* written by hand, as other targets are */
		return vh_printf("/%s", target);
	return target ? vh_printf("/dev/%s", slash ? slash + 1 : target) : NULL;
}

static bool hangs_on_one(const struct vh_host *h, const struct vh_whereabout *w)
{
	for (size_t i = 0; i < h->n_devs; i++) {
		const struct vh_pci_dev *d = h->devs[i];

		for (size_t k = 0; k < d->n_things; k++)
			if (vh_whereabouts_is_thing(w, &d->things[k]))
				return true;
		for (size_t k = 0; k < d->n_devnodes; k++)
			if (vh_whereabouts_is_node(w, &d->devnodes[k]))
				return true;
	}
	return false;
}

static void place_node(struct vh_whereabout *w, const struct vh_root *root, const struct vh_host *h,
		       const char *written, struct vh_names *unseen)
{
	_auto_free_ char *shown = NULL;
	struct stat st;

	if (root->live && vh_root_stat(root, &st, true, "%s", w->path + 1) == 0 &&
	    (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))) {
		w->numbered = true;
		w->block = S_ISBLK(st.st_mode);
		w->major = major(st.st_rdev);
		w->minor = minor(st.st_rdev);
	}
	if (root->live || vh_root_exists(root, "%s", w->path + 1) || hangs_on_one(h, w))
		return;
	free(w->path);
	w->path = by_last_part(root, written);
	if (w->path)
		return;
	w->path = vh_strdup(written);
	if (!strstr(written, "/by-"))
		return; /* a name of the kernel's, which would be known */
	/* snapshots do not keep the links, which tell serial numbers */
	shown = vh_printable(written, 120);
	vh_names_note(unseen, "where %s of line %d lies", shown, w->need->line);
}

/* Its file system may have been unmounted already, so that nothing is found on the device. What
 * libvirt makes by itself, or does without, may be missing. */
static bool is_missing(const struct vh_root *root, const struct vh_need *n, const char *path)
{
	struct stat st;

	return root->live && !n->optional && !strcmp(n->element, "disk") &&
	       vh_root_stat(root, &st, true, "%s", path + 1) < 0 && errno == ENOENT;
}

static void place_path(struct vh_whereabout *w, const struct vh_root *root, const struct vh_host *h,
		       const char *written, struct vh_names *unseen)
{
	const struct vh_host_mount *m;

	w->given = vh_strdup(written);
	if (*written == '/' && strlen(written) < PATH_MAX)
		w->path = followed(root, h, written);
	if (!w->path)
		return;
	if (vh_has_prefix(w->path, "/dev/")) {
		place_node(w, root, h, written, unseen);
		return;
	}
	m = mount_of(h, w->path);
	w->mount = m ? m->at : NULL;
	w->missing = m && !m->waits && is_missing(root, w->need, w->path);
}

/* <pool><target><path>, and the volume below it: files, LVM's volumes, partitions, zvols. */
static void place_volume(struct vh_whereabout *w, const struct vh_root *root,
			 const struct vh_host *h, struct vh_names *unseen)
{
	_auto_free_ char *text = vh_libvirt_files_pool(root, w->need->name), *path = NULL;
	_auto_xml_ xmlDoc *doc = text ? vh_xml_parse(text, strlen(text), NULL) : NULL;
	const xmlNode *top = doc ? vh_xml_root(doc) : NULL;
	const xmlNode *pool = vh_xml_is(top, "pool") ? top : vh_xml_child(top, "pool");
	_auto_free_ char *target = NULL;

	if (!text && !root->live)
		vh_names_note(unseen, "where the volume of line %d lies: pools are not recorded",
			      w->need->line);
	target = vh_xml_text(vh_xml_child(vh_xml_child(pool, "target"), "path"));
	if (!target || *target != '/')
		return;
	path = vh_printf("%s/%s", target, w->need->volume);
	place_path(w, root, h, path, unseen);
}

/* --- interfaces -------------------------------------------------------------------------------- */

/* Interfaces that are looked at, and those of them that are hardware. */
struct stack {
	const struct vh_root *root;
	struct vh_names seen, *legs;
};

static void add_legs(struct stack *s, const char *name, unsigned int depth);

/* What says by itself that it is a port: all that some trees have. */
static void add_ports(struct stack *s, const char *name, unsigned int depth)
{
	_auto_names_ struct vh_names all = { 0 };

	VH_IGNORE(vh_root_list(s->root, &all, "sys/class/net")); /* then that is not known */
	for (size_t i = 0; i < all.count; i++) {
		_auto_free_ char *master = vh_root_link_name(s->root, "sys/class/net/%s/master",
							     all.name[i]);

		if (vh_streq(master, name))
			add_legs(s, all.name[i], depth + 1);
	}
}

/* What an interface runs over in the end; an interface of hardware is that by itself. Taps and the
 * like, which guests have, are nobody's way out. */
static void add_legs(struct stack *s, const char *name, unsigned int depth)
{
	static const char prefix[] = "lower_";
	_auto_free_ char *link = vh_root_readlink(s->root, "sys/class/net/%s", name);
	_auto_names_ struct vh_names entries = { 0 };
	bool lower = false;

	if (depth > STACK_MAX || vh_names_has(&s->seen, name))
		return;
	vh_names_note(&s->seen, "%s", name);
	if (!link && s->root->live)
		return; /* it is not there: no way out either */
	VH_IGNORE(vh_root_list(s->root, &entries, "sys/class/net/%s", name)); /* then it has none */
	for (size_t i = 0; i < entries.count; i++) {
		if (!vh_has_prefix(entries.name[i], prefix))
			continue;
		lower = true;
		add_legs(s, entries.name[i] + strlen(prefix), depth + 1);
	}
	if (!lower && link && strstr(link, "/virtual/") && !s->root->live)
		add_ports(s, name, depth);
	else if (!lower && !(link && strstr(link, "/virtual/")))
		vh_names_note(s->legs, "%s", name);
}

static void place_interface(struct vh_whereabout *w, const struct vh_root *root, const char *name)
{
	struct stack s = { .root = root, .legs = &w->all };

	/* it becomes part of paths */
	if (name && *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/'))
		add_legs(&s, name, 0);
	vh_names_clear(&s.seen);
}

/* A network that lets guests out by an interface or a bridge of the host. */
static void place_network(struct vh_whereabout *w, const struct vh_root *root)
{
	_auto_free_ char *text = vh_libvirt_files_any_network(root, w->need->name);
	_auto_xml_ xmlDoc *doc = text ? vh_xml_parse(text, strlen(text), NULL) : NULL;
	const xmlNode *top = doc ? vh_xml_root(doc) : NULL;
	const xmlNode *net = vh_xml_is(top, "network") ? top : vh_xml_child(top, "network");
	const xmlNode *forward = vh_xml_child(net, "forward");
	static const char *const modes[] = { "bridge", "private", "vepa", "passthrough" };
	bool is_out = false;

	for (size_t i = 0; i < VH_COUNT(modes); i++)
		is_out |= vh_xml_attr_is(forward, "mode", modes[i]);
	if (!is_out)
		return;
	place_interface(w, root, vh_xml_attr(vh_xml_child(net, "bridge"), "name"));
	if (!vh_xml_child(forward, "interface"))
		place_interface(w, root, vh_xml_attr(forward, "dev"));
	/* networkAllocatePort(): of several the one that fewest guests have */
	for (const xmlNode *n = vh_xml_child(forward, "interface"); n;
	     n = vh_xml_next(n, "interface")) {
		w->others |= w->all.count > 0;
		place_interface(w, root, vh_xml_attr(n, "dev"));
	}
}

/* --- all of them ------------------------------------------------------------------------------- */

/* Which kinds of things hang on the devices, as bits; nodes are among those below. */
static unsigned int kinds_of(const struct vh_host *h)
{
	unsigned int kinds = 0;

	for (size_t i = 0; i < h->n_devs; i++) {
		for (size_t k = 0; k < h->devs[i]->n_things; k++)
			kinds |= 1u << h->devs[i]->things[k].kind;
		if (h->devs[i]->n_devnodes)
			kinds |= 1u << VH_THING_NODE;
	}
	return kinds;
}

static void place(struct vh_whereabout *w, const struct vh_root *root, const struct vh_host *h,
		  struct vh_names *unseen)
{
	switch (w->need->kind) {
	case VH_NEED_PATH:
		place_path(w, root, h, w->need->name, unseen);
		break;
	case VH_NEED_VOLUME:
		place_volume(w, root, h, unseen);
		break;
	case VH_NEED_USB:
		vh_present_usb(w, root, unseen);
		break;
	case VH_NEED_INTERFACE:
		place_interface(w, root, w->need->name);
		break;
	case VH_NEED_NETWORK:
		place_network(w, root);
		break;
	case VH_NEED_MEDIATED:
		vh_present_mediated(w, root, unseen);
		break;
	case VH_NEED_RENDER:
		vh_present_render(w, root);
		break;
	case VH_NEED_SCSI:
		break;
	}
}

void vh_whereabouts_read(struct vh_whereabouts *ret, const struct vh_root *root,
			 const struct vh_host *host, const struct vh_needs *needs,
			 struct vh_names *unseen)
{
	static const unsigned int of_need[] = {
		[VH_NEED_PATH] = 1u << VH_THING_NODE | 1u << VH_THING_MOUNT | 1u << VH_THING_POOL,
		[VH_NEED_VOLUME] = 1u << VH_THING_NODE | 1u << VH_THING_MOUNT | 1u << VH_THING_POOL,
		[VH_NEED_USB] = 1u << VH_THING_USB,
		[VH_NEED_SCSI] = 1u << VH_THING_SCSI,
		[VH_NEED_MEDIATED] = 1u << VH_THING_MEDIATED,
		[VH_NEED_INTERFACE] = 1u << VH_THING_INTERFACE,
		[VH_NEED_NETWORK] = 1u << VH_THING_INTERFACE,
		[VH_NEED_RENDER] = 1u << VH_THING_NODE,
	};
	/* devices of these kinds have to be there, whatever hangs on those of PCI */
	unsigned int kinds = kinds_of(host) | 1u << VH_THING_USB | 1u << VH_THING_MEDIATED;

	for (size_t i = 0; i < needs->count; i++) {
		struct vh_whereabout *w;

		if (!(kinds & of_need[needs->list[i].kind]))
			continue;
		w = VH_APPEND(ret->list, ret->count);
		w->need = &needs->list[i];
		place(w, root, host, unseen);
	}
}

void vh_whereabouts_clear(struct vh_whereabouts *w)
{
	for (size_t i = 0; i < w->count; i++) {
		free(w->list[i].given);
		free(w->list[i].path);
		vh_names_clear(&w->list[i].all);
	}
	free(w->list);
	memset(w, 0, sizeof(*w));
}

/* --- comparing --------------------------------------------------------------------------------- */

static bool is_node(const struct vh_whereabout *w, const char *path, bool numbered, bool block,
		    unsigned int major, unsigned int minor)
{
	if (w->need->kind == VH_NEED_RENDER)
		return vh_has_prefix(path, VH_PRESENT_RENDER);
	if (!w->path)
		return false;
	if (w->numbered && numbered)
		return w->block == block && w->major == major && w->minor == minor;
	return !strcmp(w->path, path);
}

bool vh_whereabouts_is_node(const struct vh_whereabout *w, const struct vh_devnode *n)
{
	return is_node(w, n->path, n->numbered, n->block, n->major, n->minor);
}

/* /dev/zvol/POOL/... */
static bool is_of_pool(const struct vh_whereabout *w, const char *pool)
{
	static const char prefix[] = "/dev/zvol/";
	size_t n = strlen(pool);

	return w->given && vh_has_prefix(w->given, prefix) &&
	       !strncmp(w->given + strlen(prefix), pool, n) && w->given[strlen(prefix) + n] == '/';
}

static bool is_usb(const struct vh_whereabout *w, const struct vh_thing *t)
{
	const struct vh_need *n = w->need;

	if (n->by_id && (t->vendor != n->vendor || t->product != n->product))
		return false;
	if (w->all.count)
		return vh_names_has(&w->all, t->name);
	return vh_need_has_fixed_place(n) ? vh_present_is_at(n, t->name, t->number) : n->by_id;
}

bool vh_whereabouts_is_thing(const struct vh_whereabout *w, const struct vh_thing *t)
{
	switch (t->kind) {
	case VH_THING_NODE:
		return is_node(w, t->name, t->numbered, t->block, t->major, t->minor);
	case VH_THING_MOUNT:
		return vh_streq(w->mount, t->name);
	case VH_THING_POOL:
		return is_of_pool(w, t->name);
	case VH_THING_INTERFACE:
		return (w->need->kind == VH_NEED_INTERFACE || w->need->kind == VH_NEED_NETWORK) &&
		       vh_names_has(&w->all, t->name);
	case VH_THING_USB:
		return w->need->kind == VH_NEED_USB && is_usb(w, t);
	case VH_THING_SCSI:
		return w->need->kind == VH_NEED_SCSI && vh_streq(w->need->name, t->name);
	case VH_THING_MEDIATED:
		return w->need->kind == VH_NEED_MEDIATED && vh_streq(w->need->name, t->name);
	}
	return false;
}
