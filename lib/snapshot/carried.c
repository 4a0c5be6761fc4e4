/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * carried - what hangs on a function, as uses*.c looks at it: disks and what holds them,
 * interfaces and what is above them, USB devices, displays, sound.
 */
#include "lib/snapshot/copy.h"

#include <errno.h>

#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

#define DEPTH_MAX 24
#define STACK_MAX 8

static void copy(const struct vh_snap *s, struct vh_strbuf *to, const char *path, const char *name)
{
	_auto_free_ char *from = vh_printf("%s/%s", path, name);
	_auto_free_ char *text = vh_root_read(s->root, "%s", from);
	_auto_free_ char *as = vh_snap_path(s->host, from);

	if (text)
		vh_snap_put(to, 'f', as, text);
}

static void put_dir(const struct vh_snap *s, struct vh_strbuf *to, const char *path)
{
	_auto_free_ char *as = vh_snap_path(s->host, path);

	vh_snap_put(to, 'd', as, NULL);
}

static void put_link(const struct vh_snap *s, struct vh_strbuf *to, const char *at,
		     const char *target)
{
	_auto_free_ char *from = vh_snap_path(s->host, at);
	_auto_free_ char *leads = vh_snap_path(s->host, target);

	vh_snap_put(to, 'l', from, leads);
}

char *vh_snap_real_path(const struct vh_snap *s, const char *kind, const char *name)
{
	_auto_free_ char *target = vh_root_readlink(s->root, "sys/class/%s/%s", kind, name);
	const char *p = target;

	while (p && vh_has_prefix(p, "../"))
		p += 3;
	return p ? vh_printf("sys/%s", p) : vh_printf("sys/class/%s/%s", kind, name);
}

static void put_class(const struct vh_snap *s, struct vh_strbuf *to, const char *kind,
		      const char *name, const char *path)
{
	_auto_free_ char *at = vh_printf("sys/class/%s/%s", kind, name);

	if (strcmp(at, path))
		put_link(s, to, at, path);
}

/* --- disks ------------------------------------------------------------------------------------- */

/* Of what udev knows only what is on it; that udev knows nothing is a fact as well. */
static void put_signature(const struct vh_snap *s, struct vh_strbuf *to, const char *path)
{
	static const char *const keys[] = { "E:ID_FS_TYPE=", NULL };
	_auto_free_ char *dev = vh_root_read(s->root, "%s/dev", path);
	_auto_free_ char *file = vh_printf("run/udev/data/b%s", dev ? dev : "");
	_auto_free_ char *data = dev ? vh_root_read(s->root, "%s", file) : NULL;
	_auto_free_ char *kept = data ? vh_snap_lines_of(data, keys) : NULL;
	_auto_free_ char *text = kept ? vh_printf("I:0\n%s", kept) : NULL;

	if (text)
		vh_snap_put(to, 'f', file, text);
}

/* "CRYPT-" and "LVM-" tell what it is, the rest identifies it. */
static void put_dm(const struct vh_snap *s, struct vh_strbuf *to, const char *path)
{
	_auto_free_ char *uuid = vh_root_read(s->root, "%s/dm/uuid", path);
	_auto_free_ char *file = vh_printf("%s/dm/uuid", path), *as = vh_snap_path(s->host, file);
	char *dash = uuid ? strchr(uuid, '-') : NULL;

	copy(s, to, path, "dm/name");
	if (dash)
		dash[1] = 0;
	if (uuid)
		vh_snap_put(to, 'f', as, uuid);
}

static void put_block(const struct vh_snap *s, const char *path, const char *name, int depth,
		      struct vh_strbuf *to)
{
	_auto_free_ char *holders = vh_printf("%s/holders", path);
	_auto_names_ struct vh_names names = { 0 };

	put_class(s, to, "block", name, path);
	put_dir(s, to, path);
	copy(s, to, path, "dev");
	copy(s, to, path, "size");
	copy(s, to, path, "partition");
	put_dm(s, to, path);
	put_signature(s, to, path);
	if (vh_root_list(s->root, &names, "%s", holders) < 0)
		return;
	put_dir(s, to, holders);
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *up = vh_snap_real_path(s, "block", names.name[i]);
		_auto_free_ char *at = vh_printf("%s/%s", holders, names.name[i]);

		put_link(s, to, at, up);
		if (depth < STACK_MAX)
			put_block(s, up, names.name[i], depth + 1, to);
	}
}

/* By which path an NVMe disk of several is found: see nvme_path() of cli/devices/lookup.c. */
static void put_paths(const struct vh_snap *s, const char *name, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(s->root, &names, "sys/class/block/%s/device", name));
	for (size_t i = 0; i < names.count; i++) {
		const char *path = names.name[i];
		_auto_free_ char *link = vh_printf("sys/class/block/%s/device/%s", name, path);
		_auto_free_ char *target = vh_snap_class_path(s->root, s->host, link);
		_auto_free_ char *subsystem = vh_printf("sys/devices/virtual/nvme-subsystem/of-%s",
							name);
		_auto_free_ char *at = vh_printf("%s/%s", subsystem, path);
		_auto_free_ char *real = vh_snap_real_path(s, "block", name);
		_auto_free_ char *device = vh_printf("%s/device", real);

		if (!target || !vh_has_prefix(path, "nvme") || *target != '@')
			continue;
		vh_snap_put(to, 'l', at, target);
		put_link(s, to, device, subsystem);
	}
}

void vh_snap_disk(const struct vh_snap *s, const char *path, const char *name, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names dirs = { 0 };
	unsigned int subsystem, controller, ns;
	_auto_free_ char *head = NULL, *real = NULL;
	int end = 0;

	if (sscanf(name, "nvme%uc%un%u%n", &subsystem, &controller, &ns, &end) == 3 && !name[end]) {
		put_dir(s, to, path);
		head = vh_printf("nvme%un%u", subsystem, ns);
		real = vh_snap_real_path(s, "block", head);
		path = real;
		name = head;
		put_paths(s, name, to);
	}
	put_block(s, path, name, 0, to);
	VH_IGNORE(vh_root_list_dirs(s->root, &dirs, "%s", path)); /* it has just gone */
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, dirs.name[i]);

		if (vh_root_exists(s->root, "%s/partition", sub))
			put_block(s, sub, dirs.name[i], 0, to);
	}
}

/* --- interfaces -------------------------------------------------------------------------------- */

static void put_upper(const struct vh_snap *s, const char *path, const char *link,
		      const char *upper, struct vh_strbuf *to)
{
	_auto_free_ char *real = vh_snap_real_path(s, "net", upper);
	_auto_free_ char *at = vh_printf("%s/%s", path, link);

	put_link(s, to, at, real);
	put_class(s, to, "net", upper, real);
	put_dir(s, to, real);
	copy(s, to, real, "flags");
}

static void put_manager(const struct vh_snap *s, const char *path, struct vh_strbuf *to)
{
	int64_t index = vh_root_read_int(s->root, "%s/ifindex", path);
	_auto_free_ char *file = vh_printf("run/NetworkManager/devices/%lld", (long long)index);
	_auto_free_ char *text = index > 0 ? vh_root_read(s->root, "%s", file) : NULL;

	if (text && strstr(text, "managed=true"))
		vh_snap_put(to, 'f', file, "[device]\nmanaged=true");
}

static void put_interface(const struct vh_snap *s, const char *path, const char *name,
			  struct vh_strbuf *to)
{
	_auto_free_ char *master = vh_root_link_name(s->root, "%s/master", path);
	_auto_names_ struct vh_names names = { 0 };

	put_class(s, to, "net", name, path);
	put_dir(s, to, path);
	copy(s, to, path, "flags");
	copy(s, to, path, "ifindex");
	put_manager(s, path, to);
	if (master)
		put_upper(s, path, "master", master, to);
	VH_IGNORE(vh_root_list(s->root, &names, "%s", path)); /* it has just gone */
	for (size_t i = 0; i < names.count; i++)
		if (vh_has_prefix(names.name[i], "upper_"))
			put_upper(s, path, names.name[i], names.name[i] + strlen("upper_"), to);
}

static void put_net(const struct vh_snap *s, const char *path, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names names = { 0 };

	put_dir(s, to, path);
	VH_IGNORE(vh_root_list_dirs(s->root, &names, "%s", path)); /* it has just gone */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, names.name[i]);

		put_interface(s, sub, names.name[i], to);
	}
}

/* --- USB --------------------------------------------------------------------------------------- */

static void put_inputs(const struct vh_snap *s, const char *hid, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names inputs = { 0 };

	VH_IGNORE(vh_root_list_dirs(s->root, &inputs, "%s/input", hid)); /* few have some */
	for (size_t i = 0; i < inputs.count; i++) {
		_auto_free_ char *node = vh_printf("%s/input/%s", hid, inputs.name[i]);

		copy(s, to, node, "capabilities/key");
		copy(s, to, node, "capabilities/rel");
	}
}

static void put_usb(const struct vh_snap *s, const char *path, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names dirs = { 0 };

	put_dir(s, to, path);
	copy(s, to, path, "product");
	VH_IGNORE(vh_root_list_dirs(s->root, &dirs, "%s", path)); /* it was just pulled out */
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *interface = vh_printf("%s/%s", path, dirs.name[i]);
		_auto_names_ struct vh_names hids = { 0 };

		if (!strchr(dirs.name[i], ':'))
			continue;
		copy(s, to, interface, "bInterfaceClass");
		copy(s, to, interface, "bInterfaceProtocol");
		VH_IGNORE(vh_root_list_dirs(s->root, &hids, "%s", interface));
		for (size_t k = 0; k < hids.count; k++) {
			_auto_free_ char *hid = vh_printf("%s/%s", interface, hids.name[k]);

			put_inputs(s, hid, to);
		}
	}
}

/* --- displays and sound ------------------------------------------------------------------------ */

static void put_dirs(const struct vh_snap *s, const char *path, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names dirs = { 0 };

	VH_IGNORE(vh_root_list_dirs(s->root, &dirs, "%s", path)); /* none */
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, dirs.name[i]);

		put_dir(s, to, sub);
	}
}

static void put_display(const struct vh_snap *s, const struct vh_pci_dev *d, struct vh_strbuf *to)
{
	static const char *const minor[] = { "Device Minor:", NULL };
	_auto_free_ char *drm = vh_printf("%s/drm", d->path);
	_auto_free_ char *graphics = vh_printf("%s/graphics", d->path);
	_auto_free_ char *sound = vh_printf("%s/sound", d->path);
	_auto_free_ char *nvidia = vh_printf("proc/driver/nvidia/gpus/%s/information",
					     vh_pci_str(&d->addr).s);
	_auto_free_ char *text = vh_root_read(s->root, "%s", nvidia);
	_auto_free_ char *kept = text ? vh_snap_lines_of(text, minor) : NULL;
	_auto_names_ struct vh_names cards = { 0 };

	put_dirs(s, drm, to);
	put_dirs(s, graphics, to);
	put_dirs(s, sound, to);
	VH_IGNORE(vh_root_list_dirs(s->root, &cards, "%s", sound)); /* none */
	for (size_t i = 0; i < cards.count; i++) {
		_auto_free_ char *card = vh_printf("%s/%s", sound, cards.name[i]);

		put_dirs(s, card, to);
	}
	if (kept)
		vh_snap_put(to, 'f', nvidia, kept);
}

/* --- all of it --------------------------------------------------------------------------------- */

static void walk(const struct vh_snap *s, struct vh_uses_ctx *ctx, const char *path, int depth,
		 struct vh_strbuf *to)
{
	_auto_names_ struct vh_names dirs = { 0 };
	struct vh_pci_addr other;

	if (depth > DEPTH_MAX || vh_root_list_dirs(s->root, &dirs, "%s", path) < 0)
		return;
	for (size_t i = 0; i < dirs.count; i++) {
		const char *name = dirs.name[i];
		_auto_free_ char *sub = vh_printf("%s/%s", path, name);

		if (!strcmp(name, "power") || vh_pci_parse(name, &other) == 0)
			continue;
		if (vh_block_is_disk(ctx, sub, name)) {
			vh_snap_disk(s, sub, name, to);
			continue;
		}
		if (!strcmp(name, "net")) {
			put_net(s, sub, to);
			continue;
		}
		if (vh_usb_is_device(name))
			put_usb(s, sub, to);
		walk(s, ctx, sub, depth + 1, to);
	}
}

/* Which disks somebody has opened exclusively is asked where the rules ask, by asking them: the
 * answers pass through here. */
struct listener {
	const struct vh_root *root;
	struct vh_strbuf *to;
};

static int try_and_tell(const struct vh_root *root, const char *name)
{
	const struct listener *l = root->data;
	int rc = l->root->ops->try_exclusive(l->root, name);
	_auto_free_ char *path = vh_printf("dev/%s", name);

	if (rc == -EBUSY)
		vh_snap_put(l->to, 'f', path, "held");
	else if (rc == 0 || rc == -ENOMEDIUM || rc == -ENXIO)
		vh_snap_put(l->to, 'f', path, "free");
	else if (rc != -ENODATA)
		vh_snap_put(l->to, 'u', path, NULL);
	return rc;
}

void vh_snap_uses(const struct vh_snap *s, struct vh_pci_dev *d, struct vh_strbuf *to)
{
	static const struct vh_root_ops ops = { .try_exclusive = try_and_tell };
	struct listener listener = { s->root, to };
	struct vh_root root = *s->root;
	struct vh_uses_ctx ctx = { .root = s->root };

	root.ops = &ops;
	root.data = &listener;
	if (!d->driver || vh_pci_is_tolerated(d))
		return;
	walk(s, &ctx, d->path, 0, to);
	if (d->class >> 16 == 0x03 || d->class >> 16 == 0x04)
		put_display(s, d, to);
	vh_uses_read(&root, s->usage, s->host, d);
}
