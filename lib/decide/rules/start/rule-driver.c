/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-driver - does the driver work that libvirt is told to use, or chooses by itself? */
#include "lib/base/printable.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* The first version of libvirt that knows <driver model=>; older ones ignore it, and start. The
 * hook's XML has passed through libvirt, which keeps only what it knows. */
#define MODEL_SINCE 10000
#define QEMU_IOMMUFD_SINCE 9000000

/* The QEMU driver of libvirt knows of vfio alone (qemu_validate.c), and its parser of kvm and xen
 * beside it: a driver of the host is a model. */
static void check_name(const struct vh_rule *r, const struct vh_hostdev *e, struct vh_findings *out)
{
	_auto_free_ char *shown = NULL;
	struct vh_finding *f;

	if (!e->driver || !strcmp(e->driver, "vfio"))
		return;
	shown = vh_printable(e->driver, VH_VALUE_MAX);
	f = vh_finding_add(out, r, NULL, "write name='vfio', or remove the <driver>",
			   "<driver name='%s'/>: libvirt passes devices to QEMU by vfio alone",
			   shown);
	vh_finding_about(f, e->problem ? NULL : &e->addr, e->driver_line);
}

static void check_models(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	if (c->around.libvirt && c->around.libvirt < MODEL_SINCE)
		return; /* it reads no model, and binds vfio-pci */
	for (size_t i = 0; i < c->around.n_models; i++) {
		const struct vh_hostdev *e = c->around.models[i].element;
		_auto_free_ char *shown = NULL;
		struct vh_finding *f;

		if (c->around.models[i].there != VH_NO)
			continue;
		shown = vh_printable(e->model, VH_VALUE_MAX);
		f = vh_finding_add(
			out, r, NULL,
			"remove the model, or install the package that has this module",
			"<driver model='%s'/>: the running kernel has no such driver, and no module of that name",
			shown);
		vh_finding_about(f, e->problem ? NULL : &e->addr, e->driver_line);
	}
}

/* libvirt unbinds it and binds vfio-pci, unless it is told which driver to use. By hand, and
 * before there is any XML, the way of binding is not known. */
static void check_vendor(const struct vh_rule *r, const struct vh_plan_dev *pd,
			 struct vh_findings *out)
{
	const struct vh_hostdev *e = pd->element;
	_auto_free_ char *fix = NULL;

	if (!e || !e->line || !e->managed || vh_streq(e->model, pd->dev->driver) ||
	    !vh_host_is_vendor_vfio(pd->dev))
		return;
	fix = vh_printf("write managed='no' into the <%s>", vh_address_element_str(e->element));
	vh_finding_add(
		out, r, pd, fix,
		"%s is on '%s', which is the VFIO driver for it; with managed='yes' libvirt takes it away and binds vfio-pci, with which it does not start",
		vh_pci_str(&pd->dev->addr).s, pd->dev->driver);
}

/* QEMU drives the device of a <disk type='nvme'> by itself. Some controllers say no more than that
 * they have to do with storage (0180). */
static void check_nvme(const struct vh_rule *r, const struct vh_plan_dev *pd,
		       struct vh_findings *out)
{
	uint32_t kind = pd->dev->class >> 8;
	_auto_free_ char *what = NULL;

	if (!pd->element || pd->element->element != VH_DISK || kind == 0x0108 || kind == 0x0180)
		return;
	what = vh_wording_device(pd->dev);
	vh_finding_add(
		out, r, pd,
		"write the address of an NVMe controller into it, or pass the device with a <hostdev>",
		"%s is not an NVMe controller, and QEMU has no other driver for this <disk>: %s",
		vh_pci_str(&pd->dev->addr).s, what);
}

static void check_driver_choice(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	for (size_t i = 0; c->domain && i < c->domain->n_devices; i++)
		check_name(r, &c->domain->devices[i], out);
	check_models(c, r, out);
	while ((pd = vh_rule_next_named(c, pd))) {
		check_vendor(r, pd, out);
		check_nvme(r, pd, out);
	}
}

const struct vh_rule vh_rule_driver_choice = {
	.name = "driver-choice",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "the domain makes libvirt use a driver that does not work",
	.check = check_driver_choice,
	.explain = "The domain makes libvirt use a driver with which the device does not work.\n"
		   "<driver name='kvm'/> is a way of passing devices that libvirt and QEMU no\n"
		   "longer have. <driver model='...'/> names a module for libvirt to load, and\n"
		   "the running kernel does not have it. A virtual function of a vGPU is on its\n"
		   "vendor's driver, which is the VFIO driver for it: managed='yes' makes\n"
		   "libvirt unbind it and bind vfio-pci, which cannot drive the vGPU. Write\n"
		   "managed='no' there, as 'vfio-hook xml' and 'vfio-hook check --fix' do. --fix\n"
		   "also removes a model that does not exist. A <disk type='nvme'> is driven by\n"
		   "QEMU itself, which knows NVMe controllers alone.",
};

/* --- iommufd ------------------------------------------------------------------------------------ */

static struct vh_finding *add_iommufd(const struct vh_rule *r, const struct vh_hostdev *e,
				      const char *fix, const char *message, struct vh_findings *out)
{
	struct vh_finding *f = vh_finding_add(out, r, NULL, fix, "%s", message);

	vh_finding_about(f, e->problem ? NULL : &e->addr, e->driver_line ? e->driver_line : e->line);
	return f;
}

/* The first that is passed by iommufd, or by its group. */
static const struct vh_hostdev *first_by(const struct vh_domain *d, bool iommufd)
{
	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *e = &d->devices[i];

		if (!e->unassigned && e->element != VH_DISK && vh_domain_is_iommufd(d, e) == iommufd)
			return e;
	}
	return NULL;
}

/* What libvirt passes by its group whatever is written: a mediated device, what a network gives. */
static char *only_by_group(const struct vh_case *c)
{
	if (c->domain->mdev_line)
		return vh_printf("the mediated device of line %d", c->domain->mdev_line);
	return c->networks.pools.count ? vh_strdup("what a network gives it") : NULL;
}

static bool has_all_of_iommufd(const struct vh_surroundings *s)
{
	return s->iommufd == VH_YES && s->qemu >= QEMU_IOMMUFD_SINCE &&
	       s->libvirt >= VH_RULE_IOMMUFD_SINCE;
}

bool vh_rule_driver_all_by_iommufd(const struct vh_case *c)
{
	_auto_free_ char *other = only_by_group(c);

	for (size_t i = 0; i < c->domain->n_devices; i++)
		if (c->domain->devices[i].element == VH_INTERFACE &&
		    c->domain->devices[i].iommufd != VH_YES)
			return false;
	return has_all_of_iommufd(&c->around) && !other;
}

bool vh_rule_driver_must_turn(const struct vh_case *c)
{
	const struct vh_surroundings *s = &c->around;
	_auto_free_ char *other = only_by_group(c);

	if (s->vfio_groups == VH_NO || !first_by(c->domain, true))
		return true;
	return other || first_by(c->domain, false) || s->iommufd == VH_NO ||
	       (s->qemu && s->qemu < QEMU_IOMMUFD_SINCE);
}

static void check_mixed(const struct vh_case *c, const struct vh_rule *r,
			const struct vh_hostdev *e, struct vh_findings *out)
{
	const struct vh_hostdev *by_group = first_by(c->domain, false);
	_auto_free_ char *message = NULL, *other = NULL;

	if (by_group)
		other = vh_printf("the <%s> of line %d", vh_address_element_str(by_group->element),
				  by_group->line);
	else
		other = only_by_group(c);
	if (!other)
		return;
	message = vh_printf(
		"it is to be passed by iommufd, and %s by its group: QEMU takes one way for all devices of a guest, and ends",
		other);
	add_iommufd(r, e,
		    by_group ? "write iommufd='yes' into the <driver> of all of them, or of none"
			     : "remove iommufd='yes': not all of them can be passed so",
		    message, out);
}

/* libvirt before 12.1 takes the group, whatever is written. */
static bool is_read_past(const struct vh_surroundings *s)
{
	return s->libvirt && s->libvirt < VH_RULE_IOMMUFD_SINCE;
}

/* QEMU's own driver of NVMe takes it by its group, always. */
static const struct vh_hostdev *first_disk(const struct vh_domain *d)
{
	for (size_t i = 0; i < d->n_devices; i++)
		if (d->devices[i].element == VH_DISK)
			return &d->devices[i];
	return NULL;
}

/* libvirt asks whether that node exists before it passes a device by either way
 * (qemuHostdevHostSupportsPassthroughVFIO()); seen up to 12.8, which is content with an empty file. */
static void check_node(const struct vh_case *c, const struct vh_rule *r, const struct vh_hostdev *e,
		       struct vh_findings *out)
{
	if (c->around.vfio_node == VH_NO && c->around.libvirt >= VH_RULE_IOMMUFD_SINCE)
		add_iommufd(
			r, e,
			"echo 'f /dev/vfio/vfio' > /etc/tmpfiles.d/vfio-node.conf && systemd-tmpfiles --create /etc/tmpfiles.d/vfio-node.conf   # an empty file will do",
			"VFIO has no groups here (no CONFIG_VFIO_GROUP), and so no /dev/vfio/vfio: libvirt passes no device where that is not there, not by iommufd either",
			out);
}

/* libvirt opens the node of what is unassigned as well, and nobody takes it from it: when it gives
 * the device back, VFIO waits for whoever has it open (vfio_unregister_group_dev()). */
static void check_unassigned(const struct vh_case *c, const struct vh_rule *r,
			     struct vh_findings *out)
{
	const struct vh_domain *d = c->domain;
	bool groups = c->around.vfio_groups != VH_NO;

	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *e = &d->devices[i];

		if (!e->unassigned)
			continue;
		if (vh_domain_is_iommufd(d, e) && c->around.libvirt >= VH_RULE_IOMMUFD_SINCE)
			add_iommufd(
				r, e,
				groups ? "write <driver name='vfio' iommufd='no'/> into it"
				       : "remove it: the hook takes all of the group",
				"it is unassigned, and by iommufd: libvirt keeps its node open, and waits for itself, without an end, when it gives the device back",
				out);
		else if (!groups && !vh_domain_is_iommufd(d, e))
			add_iommufd(
				r, e, "remove it: the hook takes all of the group",
				"it is unassigned, and by its IOMMU group: VFIO has no groups here (no CONFIG_VFIO_GROUP)",
				out);
	}
}

/* Without CONFIG_VFIO_GROUP iommufd is the only way. */
static void check_groups(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_hostdev *by_group = first_by(c->domain, false);
	const struct vh_hostdev *disk = first_disk(c->domain);

	if (c->around.vfio_groups != VH_NO)
		return;
	if (!by_group && is_read_past(&c->around))
		by_group = first_by(c->domain, true);
	if (by_group)
		add_iommufd(
			r, by_group,
			"write <driver iommufd='yes'/> into each <hostdev>, which takes libvirt 12.1 and QEMU 9.0",
			"it is to be passed by its IOMMU group, and the running kernel has VFIO without groups (no CONFIG_VFIO_GROUP): iommufd is the only way",
			out);
	else if (first_by(c->domain, true))
		check_node(c, r, first_by(c->domain, true), out);
	if (disk)
		add_iommufd(
			r, disk,
			"pass the controller as a <hostdev> with <driver iommufd='yes'/>, or boot a kernel with CONFIG_VFIO_GROUP",
			"QEMU takes an NVMe disk by its IOMMU group, and the running kernel has VFIO without groups (no CONFIG_VFIO_GROUP)",
			out);
}

static void check_iommufd(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_hostdev *e = c->domain ? first_by(c->domain, true) : NULL;
	const struct vh_surroundings *s = &c->around;
	_auto_free_ char *message = NULL;

	if (c->domain) {
		check_groups(c, r, out);
		check_unassigned(c, r, out);
	}
	if (!e)
		return;
	if (is_read_past(s)) {
		message = vh_printf(
			"libvirt %u.%u reads past iommufd, which 12.1 and later know: the device is passed by its IOMMU group",
			s->libvirt / 1000, s->libvirt % 1000);
		add_iommufd(r, e, NULL, message, out)->severity = VH_WARNING;
		return;
	}
	if (s->qemu && s->qemu < QEMU_IOMMUFD_SINCE)
		add_iommufd(r, e, "remove iommufd='yes', or install QEMU 9.0 or later",
			    "it is to be passed by iommufd, which QEMU knows from 9.0 on", out);
	if (s->iommufd == VH_NO)
		add_iommufd(r, e, "remove iommufd='yes', or run a kernel with CONFIG_IOMMUFD",
			    "it is to be passed by iommufd, which the running kernel does not have",
			    out);
	if (s->iommufd == VH_YES && s->iommufd_node == VH_NO)
		add_iommufd(
			r, e,
			"modprobe iommufd && echo iommufd > /etc/modules-load.d/iommufd.conf   # now, and at each boot",
			"it is to be passed by iommufd, and /dev/iommu is not there: libvirt starts it only where that is, and loads no module for it",
			out);
	check_mixed(c, r, e, out);
}

const struct vh_rule vh_rule_iommufd_unavailable = {
	.name = "iommufd-unavailable",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "iommufd is not available, or not used for all devices",
	.check = check_iommufd,
	.explain = "The domain passes a device by iommufd: <driver iommufd='yes'/>, or <iommufd\n"
		   "enabled='yes'/> for all of them. The running kernel does not support it (no\n"
		   "kernel of Debian up to 14 does), or QEMU is older than 9.0, or another\n"
		   "device of the domain is passed by its IOMMU group: QEMU ends when it gets\n"
		   "both. Write it for all devices or for none, as 'vfio-hook check --fix' does;\n"
		   "mediated devices, and what a network gives, are passed by group. libvirt\n"
		   "before 12.1 silently ignores it and passes the device by its group: that is\n"
		   "a warning. Where the module is not loaded yet, libvirt neither defines nor\n"
		   "starts the domain, and asks no hook: load it at each boot.\n"
		   "A kernel built without CONFIG_VFIO_GROUP has no other way: there it is an\n"
		   "error if a device is passed by its group.",
};
