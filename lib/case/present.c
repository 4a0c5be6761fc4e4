/* SPDX-License-Identifier: GPL-2.0-or-later */
/* present - see present.h. */
#include "lib/case/present.h"

#include <errno.h>

#include "lib/base/root.h"

#include "lib/base/banned.h"

#define DEPTH_MAX 8 /* hubs behind hubs: USB itself ends at seven */

/* Are these all there are? On a running system a bus is there while a module has it. */
static bool has_listed(const struct vh_root *root, struct vh_names *names, const char *path)
{
	return vh_root_list(root, names, "%s", path) == 0 || (root->live && errno == ENOENT);
}

/* --- USB --------------------------------------------------------------------------------------- */

static unsigned int read_id(const struct vh_root *root, const char *device, const char *name)
{
	_auto_free_ char *text = vh_root_read(root, "%s/%s", device, name);
	uint64_t v;

	return text && vh_parse_uint(text, 16, UINT16_MAX, &v) == 0 ? (unsigned int)v : 0;
}

bool vh_present_is_at(const struct vh_need *n, const char *name, unsigned int number)
{
	const char *port = strchr(name, '-');
	unsigned int bus;

	if (!port || sscanf(name, "%u-", &bus) != 1 || bus != n->bus)
		return false;
	return n->number ? number == n->number : vh_streq(port + 1, n->name);
}

static unsigned int read_number(const struct vh_root *root, const char *device)
{
	_auto_free_ char *text = vh_root_read(root, "%s/devnum", device);
	uint64_t v;

	return text && vh_parse_uint(text, 10, UINT16_MAX, &v) == 0 ? (unsigned int)v : 0;
}

/* Those that a need can be met with. */
struct usb {
	const struct vh_need *need;
	struct vh_names found;
	bool placed; /* it is the one where libvirt had found it */
};

/* Beside its ids an address has to be right, too, unless libvirt itself has written it the last
 * time: then it is a hint (virHostdevFindUSBDevice()). */
static void add_usb(const struct vh_root *root, struct usb *u, const char *path, const char *name)
{
	const struct vh_need *n = u->need;
	bool at;

	if (strchr(name, ':'))
		return;
	if (n->by_id && (read_id(root, path, "idVendor") != n->vendor ||
			 read_id(root, path, "idProduct") != n->product))
		return;
	at = n->by_place && vh_present_is_at(n, name, n->number ? read_number(root, path) : 0);
	if (!at && (u->placed || vh_need_has_fixed_place(n)))
		return;
	if (at)
		vh_names_clear(&u->found);
	u->placed |= at;
	vh_names_note(&u->found, "%s", name);
}

/* usb1/1-2/1-2.3 */
static void add_usb_below(const struct vh_root *root, struct usb *u, const char *path,
			  unsigned int depth)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list_dirs(root, &names, "%s", path)); /* then that is not known */
	for (size_t i = 0; i < names.count && depth < DEPTH_MAX; i++) {
		const char *name = names.name[i];
		_auto_free_ char *below = vh_printf("%s/%s", path, name);

		if (strchr(name, ':') || (depth ? !strchr(name, '-') : !vh_has_prefix(name, "usb")))
			continue;
		add_usb(root, u, below, name);
		add_usb_below(root, u, below, depth + 1);
	}
}

/* Trees may not have the bus: there each function is looked at. */
static void add_usb_of_tree(const struct vh_root *root, struct usb *u)
{
	_auto_names_ struct vh_names functions = { 0 };

	VH_IGNORE(vh_root_list(root, &functions, "sys/bus/pci/devices"));
	for (size_t i = 0; i < functions.count; i++) {
		_auto_free_ char *link = vh_root_readlink(root, "sys/bus/pci/devices/%s",
							  functions.name[i]);
		const char *at = link ? strstr(link, "/devices/") : NULL;
		_auto_free_ char *path = at ? vh_printf("sys%s", at) : NULL;

		if (path)
			add_usb_below(root, u, path, 0);
	}
}

/* A tree that has the bus has all that is on it. */
void vh_present_usb(struct vh_whereabout *w, const struct vh_root *root, struct vh_names *unseen)
{
	_auto_names_ struct vh_names names = { 0 };
	struct usb u = { .need = w->need };
	bool told = has_listed(root, &names, "sys/bus/usb/devices");

	if (!told && !root->live)
		add_usb_of_tree(root, &u);
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *path = vh_printf("sys/bus/usb/devices/%s", names.name[i]);

		add_usb(root, &u, path, names.name[i]);
	}
	if (!u.found.count && !w->need->optional) {
		w->absent = told;
		if (!w->absent)
			vh_names_note(unseen, "whether the USB device of line %d is there",
				      w->need->line);
	}
	w->all = u.found;
}

/* Trees may not have the bus: there each function is looked at. */
static bool is_below_one(const struct vh_root *root, const char *uuid)
{
	_auto_names_ struct vh_names functions = { 0 };

	VH_IGNORE(vh_root_list(root, &functions, "sys/bus/pci/devices")); /* then it is not */
	for (size_t i = 0; i < functions.count; i++)
		if (vh_root_exists(root, "sys/bus/pci/devices/%s/%s", functions.name[i], uuid))
			return true;
	return false;
}

void vh_present_mediated(struct vh_whereabout *w, const struct vh_root *root,
			 struct vh_names *unseen)
{
	_auto_names_ struct vh_names names = { 0 };
	bool told = has_listed(root, &names, "sys/bus/mdev/devices");

	if (vh_names_has(&names, w->need->name) ||
	    (!root->live && is_below_one(root, w->need->name)))
		return;
	w->absent = told;
	if (!w->absent)
		vh_names_note(unseen, "whether the mediated device %s is there", w->need->name);
}

/* --- render nodes ------------------------------------------------------------------------------ */

static bool add_render(const struct vh_names *names, struct vh_names *to)
{
	bool any = false;

	for (size_t i = 0; i < names->count; i++) {
		if (!vh_has_prefix(names->name[i], strrchr(VH_PRESENT_RENDER, '/') + 1))
			continue;
		any = true;
		vh_names_note(to, "/dev/dri/%s", names->name[i]);
	}
	return any;
}

/* Trees have the nodes of functions, some no more than their cards. */
void vh_present_render(struct vh_whereabout *w, const struct vh_root *root)
{
	_auto_names_ struct vh_names nodes = { 0 }, functions = { 0 };

	if (root->live) {
		w->others = !has_listed(root, &nodes, "dev/dri");
		add_render(&nodes, &w->all);
		return;
	}
	VH_IGNORE(vh_root_list(root, &nodes, "sys/class/drm")); /* then by the functions */
	add_render(&nodes, &w->all);
	VH_IGNORE(vh_root_list(root, &functions, "sys/bus/pci/devices")); /* then there are none */
	for (size_t i = 0; i < functions.count; i++) {
		_auto_names_ struct vh_names names = { 0 };

		if (vh_root_list_dirs(root, &names, "sys/bus/pci/devices/%s/drm",
				      functions.name[i]) == 0)
			w->others |= !add_render(&names, &w->all);
	}
}
