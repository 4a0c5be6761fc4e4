/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-domain - other settings of the domain that conflict with passthrough. */
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

#define PINNED "passthrough pins all guest memory"

static bool is_inflated(const struct vh_domain *d)
{
	return d->current_kib < d->memory_kib;
}

static bool wants_more(const struct vh_domain *d)
{
	return d->autodeflate || d->free_page_reporting;
}

static enum vh_severity balloon_severity(const struct vh_case *c)
{
	bool harmful = is_inflated(c->domain) || wants_more(c->domain);

	switch (c->config->balloon) {
	case VH_BALLOON_WARN:
		return VH_WARNING;
	case VH_BALLOON_INFLATED:
		return harmful ? VH_ERROR : VH_WARNING;
	case VH_BALLOON_REFUSE:
		break;
	}
	return VH_ERROR;
}

/* What the guest has, and why it does no good. */
static char *balloon_message(const struct vh_domain *d)
{
	struct vh_strbuf sb = { 0 };

	if (d->balloon == VH_BALLOON_ABSENT)
		vh_strbuf_add(&sb, "no <memballoon> is written, so libvirt adds one");
	else
		vh_strbuf_add(&sb, "the domain has a memory balloon");
	if (is_inflated(d))
		vh_strbuf_addf(
			&sb,
			", and it is to take %llu KiB from the guest (currentMemory %llu KiB of memory %llu KiB)",
			(unsigned long long)(d->memory_kib - d->current_kib),
			(unsigned long long)d->current_kib, (unsigned long long)d->memory_kib);
	if (wants_more(d))
		vh_strbuf_addf(&sb, ", with %s%s%s on", d->autodeflate ? "autodeflate" : "",
			       d->autodeflate && d->free_page_reporting ? " and " : "",
			       d->free_page_reporting ? "freePageReporting" : "");
	vh_strbuf_add(&sb, ": " PINNED ", so it gives nothing back to the host");
	return vh_strbuf_steal(&sb);
}

static char *balloon_fix(const struct vh_domain *d)
{
	_auto_free_ char *name = vh_wording_domain(d->name, d->uuid);
	struct vh_strbuf sb = { 0 };

	vh_strbuf_addf(&sb, "%s <memballoon model='none'/> inside <devices>",
		       d->balloon == VH_BALLOON_ABSENT ? "write" : "replace it by");
	if (is_inflated(d))
		vh_strbuf_addf(&sb, ", and <currentMemory unit='KiB'>%llu</currentMemory>",
			       (unsigned long long)d->memory_kib);
	vh_strbuf_addf(&sb, "\nor: virt-xml %s --edit --memballoon model=none", name);
	return vh_strbuf_steal(&sb);
}

static void check_balloon(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *message = NULL, *fix = NULL;
	struct vh_finding *f;

	if (!c->domain || !vh_domain_has_balloon(c->domain) ||
	    (!vh_domain_has_pci(c->domain) && !c->networks.pools.count))
		return;
	message = balloon_message(c->domain);
	fix = balloon_fix(c->domain);
	f = vh_finding_add(out, r, NULL, fix, "%s", message);
	f->severity = balloon_severity(c);
	vh_finding_about(f, NULL, c->domain->balloon_line);
}

const struct vh_rule vh_rule_balloon = {
	.name = "balloon",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN | VH_SCOPE_POLICY,
	.title = "the domain has a memory balloon, which cannot work",
	.check = check_balloon,
	.explain = "A memory balloon gives memory of the guest back to the host. With\n"
		   "passthrough it cannot: the device may write to any page, so all memory of\n"
		   "the guest is allocated and pinned when it starts (on IBM Z: what the guest\n"
		   "maps for its devices, while it runs). There, too, QEMU silently ignores the\n"
		   "balloon; the guest shrinks, the host gains nothing, and a host that counted\n"
		   "on it runs out of memory. libvirt adds a balloon if the XML has none, so its\n"
		   "absence must be written: <memballoon model='none'/>. A currentMemory below\n"
		   "memory is raised to it, because the guest needs all of it anyway. 'vfio-hook\n"
		   "check --fix' does both. 'balloon = warn' in the configuration accepts\n"
		   "balloons.",
};

/* Only where it makes no difference now; otherwise unmanaged-on-host-driver says it. The
 * default of a <disk> is yes. */
static void check_managed_missing(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		const struct vh_hostdev *e = pd->element;
		_auto_free_ char *fix = NULL;

		if (!e || e->written_managed != VH_MANAGED_ABSENT || e->managed || !pd->dev->on_vfio)
			continue;
		fix = vh_printf("write managed='yes' or managed='no' into the <%s>",
				vh_address_element_str(e->element));
		vh_finding_add(
			out, r, pd, fix,
			"%s has no managed attribute: libvirt takes that as 'no', and the device stays on '%s'",
			vh_pci_str(&pd->dev->addr).s, pd->dev->driver);
	}
}

const struct vh_rule vh_rule_managed_missing = {
	.name = "managed-missing",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DEVICE,
	.title = "an element has no managed attribute",
	.check = check_managed_missing,
	.explain = "The element has no managed attribute, and libvirt takes that as 'no': it\n"
		   "leaves the device where it is, now and after the guest has ended. It works\n"
		   "now because the device is already on a VFIO driver. After a reboot it will\n"
		   "not be, and the start is refused. Write managed='yes' to have the device\n"
		   "moved and returned each time, as 'vfio-hook check --fix' does, or\n"
		   "managed='no' if something else binds it at boot.",
};
