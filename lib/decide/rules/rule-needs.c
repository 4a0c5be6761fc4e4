/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-needs - does the start take from the host something that the domain itself uses? */
#include "lib/base/printable.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* What a domain calls its own by an element. */
static const char *what_of(const struct vh_need *n)
{
	static const struct {
		const char *element, *what;
	} words[] = {
		{ "channel", "channel" },
		{ "console", "console" },
		{ "disk", "disk" },
		{ "dtb", "device tree" },
		{ "emulator", "QEMU" },
		{ "filesystem", "folder" },
		{ "graphics", "render node" },
		{ "initrd", "initrd" },
		{ "input", "input device" },
		{ "interface", "interface" },
		{ "kernel", "kernel" },
		{ "loader", "firmware" },
		{ "memory", "memory" },
		{ "nvram", "file of firmware variables" },
		{ "parallel", "parallel port" },
		{ "redirdev", "USB redirection" },
		{ "rng", "source of random numbers" },
		{ "serial", "serial port" },
		{ "smartcard", "smart card reader" },
		{ "tpm", "TPM" },
		{ "video", "render node" },
	};

	switch (n->kind) {
	case VH_NEED_USB:
		return "USB device";
	case VH_NEED_SCSI:
		return "SCSI device";
	case VH_NEED_MEDIATED:
		return "mediated device";
	default:
		break;
	}
	for (size_t i = 0; i < VH_COUNT(words); i++)
		if (!strcmp(n->element, words[i].element))
			return words[i].what;
	return "device";
}

/* What a device has that the domain's own is, or lies on: a node, or another thing of that kind. */
struct hit {
	const struct vh_plan_dev *pd;
	enum vh_thing_kind kind;
	const char *name;
	bool above; /* a block device that is made of it, or reached by it */
};

static bool hit_on(const struct vh_whereabout *w, const struct vh_plan_dev *pd, struct hit *ret)
{
	const struct vh_pci_dev *d = pd->dev;

	for (size_t i = 0; i < d->n_devnodes; i++) {
		if (!vh_whereabouts_is_node(w, &d->devnodes[i]))
			continue;
		*ret = (struct hit){ pd, VH_THING_NODE, d->devnodes[i].path, d->devnodes[i].above };
		return true;
	}
	for (size_t i = 0; i < d->n_things; i++) {
		if (!vh_whereabouts_is_thing(w, &d->things[i]))
			continue;
		*ret = (struct hit){ pd, d->things[i].kind, d->things[i].name, d->things[i].block };
		return true;
	}
	return false;
}

/* On the first of the devices that are taken. */
static bool find_hit(const struct vh_case *c, const struct vh_whereabout *w, struct hit *ret)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd)))
		if (hit_on(w, pd, ret))
			return true;
	return false;
}

static bool is_taken(const struct vh_case *c, enum vh_thing_kind kind, const char *name)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd))) {
		for (size_t i = 0; i < pd->dev->n_things; i++)
			if (pd->dev->things[i].kind == kind && !strcmp(pd->dev->things[i].name, name))
				return true;
		for (size_t i = 0; kind == VH_THING_NODE && i < pd->dev->n_devnodes; i++)
			if (!strcmp(pd->dev->devnodes[i].path, name))
				return true;
	}
	return false;
}

/* One that would do as well and stays with the host; NULL: none is known. */
static const char *one_left(const struct vh_case *c, const struct vh_whereabout *w,
			    enum vh_thing_kind kind)
{
	for (size_t i = 0; i < w->all.count; i++)
		if (!is_taken(c, kind, w->all.name[i]))
			return w->all.name[i];
	return NULL;
}

size_t vh_rule_needs_left(const struct vh_case *c, const struct vh_whereabout *w,
			  enum vh_thing_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < w->all.count; i++)
		n += !is_taken(c, kind, w->all.name[i]);
	return n;
}

/* The host's own system is mounted from it: device-in-use refuses that, whatever is allowed, and
 * moving images would not help. */
static bool is_system(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_uses; i++)
		if (d->uses[i].vital && !d->uses[i].fix)
			return true;
	return false;
}

/* disk '/dev/vg/data' (/dev/dm-3); the name as the domain has it, and as the host. */
static char *own_text(const struct vh_whereabout *w, const struct hit *hit)
{
	const struct vh_need *n = w->need;
	const char *what = what_of(n), *also = hit->name;
	_auto_free_ char *name = NULL, *shown = NULL;

	if (n->kind == VH_NEED_VOLUME)
		name = vh_printf("%s/%s", n->name, n->volume);
	else if (n->kind == VH_NEED_USB && n->by_id)
		name = vh_printf("%04x:%04x", n->vendor, n->product);
	else
		name = vh_strdup(n->kind == VH_NEED_USB ? hit->name : n->name);
	shown = vh_printable(name, 120);
	if (hit->kind == VH_THING_MOUNT || hit->kind == VH_THING_POOL || !strcmp(also, name))
		return vh_printf("%s %s", what, shown);
	if (n->kind == VH_NEED_INTERFACE || n->kind == VH_NEED_NETWORK)
		return vh_printf("%s by %s%s (%s)", what,
				 n->kind == VH_NEED_NETWORK ? "network " : "", shown, also);
	return vh_printf("%s %s (%s)", what, shown, also);
}

static char *place_text(const struct hit *hit)
{
	_auto_free_ char *shown = vh_printable(hit->name, 120);

	if (hit->kind == VH_THING_MOUNT)
		return vh_printf("in the file system at %s, on", shown);
	if (hit->kind == VH_THING_POOL)
		return vh_printf("in the ZFS pool %s, on", shown);
	return vh_strdup("on");
}

/* The harmless line first: a guest that gets the device also gets what is connected to it. */
static char *fix_for(const struct vh_case *c, const struct vh_whereabout *w, const struct hit *hit)
{
	const struct vh_need *n = w->need;
	_auto_free_ char *address = vh_strdup(vh_pci_str(&hit->pd->dev->addr).s), *other = NULL;

	if (hit->pd->role == VH_PEER) {
		const struct vh_plan_dev *named = vh_rule_named_in(c, hit->pd->dev->group);

		other = vh_printf("choose another device than %s: %s moves with it",
				  named ? vh_pci_str(&named->dev->addr).s : "this", address);
	} else if (hit->pd->element) {
		other = vh_printf("remove the <%s> of %s at line %d",
				  vh_address_element_str(hit->pd->element->element), address,
				  hit->pd->element->line);
	} else {
		other = vh_printf("choose another device than %s", address);
	}
	if (n->kind == VH_NEED_INTERFACE || n->kind == VH_NEED_NETWORK || hit->above)
		return vh_printf("give the <%s> at line %d another source\nor %s", n->element,
				 n->line, other);
	if (hit->kind == VH_THING_MOUNT || hit->kind == VH_THING_POOL)
		return vh_printf("move it to a disk that stays with the host\nor %s", other);
	if (hit->pd->role == VH_PEER)
		return vh_printf("remove the <%s> at line %d\nor %s", n->element, n->line, other);
	return vh_printf("remove the <%s> at line %d: the guest finds it on %s\nor %s", n->element,
			 n->line, address, other);
}

static void report(const struct vh_case *c, const struct vh_rule *r, const struct vh_whereabout *w,
		   const struct hit *hit, const char *left, struct vh_findings *out)
{
	_auto_free_ char *own = own_text(w, hit), *place = place_text(hit);
	_auto_free_ char *fix = fix_for(c, w, hit), *shown = vh_printable(left ? left : "", 40);
	const struct vh_pci_addr *addr = &hit->pd->dev->addr;
	struct vh_finding *f;

	f = vh_finding_add(out, r, hit->pd, fix,
			   "the domain's own %s is %s %s, which this start takes from the host%s%s",
			   own, place, vh_pci_str(addr).s,
			   left && w->others   ? ": libvirt chooses that, or "
			   : left              ? ": the guest gets the one at "
			   : w->need->optional ? ": the guest starts without it"
					       : "",
			   shown);
	if (left || w->need->optional)
		f->severity = VH_WARNING;
	vh_finding_about(f, addr, w->need->line);
}

/* libvirt chooses one after prepare, when those that we took are gone (qemu_process.c,
 * qemuProcessSetupGraphics()): whichever is left. */
static void report_render(const struct vh_rule *r, const struct vh_whereabout *w,
			  const struct hit *hit, const char *left, struct vh_findings *out)
{
	_auto_free_ char *fix = NULL;
	struct vh_finding *f;

	if (left || w->others)
		return;
	fix = vh_printf(
		"remove the <gl> of the <graphics> at line %d, or all of it: no other graphics card draws for it",
		w->need->line);
	f = vh_finding_add(
		out, r, hit->pd, fix,
		"the <graphics> of line %d needs a render node, and %s is on %s, which this start takes from the host: libvirt finds no other",
		w->need->line, hit->name, vh_pci_str(&hit->pd->dev->addr).s);
	vh_finding_about(f, &hit->pd->dev->addr, w->need->line);
}

static bool is_of_kind(const struct vh_need *n, enum vh_use_kind kind)
{
	bool network = n->kind == VH_NEED_INTERFACE || n->kind == VH_NEED_NETWORK;
	bool files = n->kind == VH_NEED_PATH || n->kind == VH_NEED_VOLUME;

	return kind == VH_USE_BLOCK ? files : kind == VH_USE_NETWORK && (network || files);
}

const struct vh_need *vh_rule_needs_on(const struct vh_case *c, const struct vh_plan_dev *pd,
				       enum vh_use_kind kind)
{
	for (size_t i = 0; c->domain && i < c->lies.count; i++) {
		const struct vh_whereabout *w = &c->lies.list[i];
		struct hit hit;

		if (!is_of_kind(w->need, kind) || w->need->optional || !hit_on(w, pd, &hit) ||
		    one_left(c, w, hit.kind))
			continue;
		if (hit.above || hit.kind != VH_THING_NODE)
			return w->need;
	}
	return NULL;
}

static void report_missing(const struct vh_rule *r, const struct vh_whereabout *w,
			   struct vh_findings *out)
{
	_auto_free_ char *shown = vh_printable(w->need->name, 120), *fix = NULL;
	struct vh_finding *f;

	fix = vh_printf("give the <%s> at line %d a source on a disk that stays with the host",
			w->need->element, w->need->line);
	f = vh_finding_add(out, r, NULL, fix, "the domain's own %s %s is not there",
			   what_of(w->need), shown);
	f->severity = VH_WARNING;
	vh_finding_about(f, NULL, w->need->line);
}

static void check_needs_taken(const struct vh_case *c, const struct vh_rule *r,
			      struct vh_findings *out)
{
	for (size_t i = 0; c->domain && i < c->lies.count; i++) {
		const struct vh_whereabout *w = &c->lies.list[i];
		const char *left;
		struct hit hit;

		if (w->missing)
			report_missing(r, w, out);
		if (w->missing || !find_hit(c, w, &hit))
			continue;
		left = one_left(c, w, hit.kind);
		/* a bridge or a bond still works with its other port */
		if (left && hit.kind == VH_THING_INTERFACE && !w->others)
			continue;
		if (hit.kind == VH_THING_MOUNT && is_system(hit.pd->dev))
			continue;
		if (w->need->kind == VH_NEED_RENDER)
			report_render(r, w, &hit, left, out);
		else
			report(c, r, w, &hit, left, out);
	}
}

const struct vh_rule vh_rule_needs_taken = {
	.name = "needs-taken",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "the domain also uses something that is on the device",
	.check = check_needs_taken,
	.explain = "The domain names the PCI device, and also uses something of the host that is\n"
		   "on that device: a disk of the controller, an image in a file system on such\n"
		   "a disk, a USB device of the USB controller, an interface by macvtap or by a\n"
		   "bridge of the network card, an input device, a serial port, a render node.\n"
		   "It is gone when the device leaves its driver, and libvirt or QEMU does not\n"
		   "find it: the guest does not start. The guest gets everything that is on the\n"
		   "device, so the element can be removed; an image has to be moved, and an\n"
		   "interface needs another source. It is a warning if the guest starts anyway,\n"
		   "without the USB device or with another of the same id.",
};
