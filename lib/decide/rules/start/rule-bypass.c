/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-bypass - what never reaches these rules: devices given to QEMU past libvirt, and a hook
 * that libvirt does not run. */
#include "lib/decide/rules/rule.h"

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/host/libvirt/hook-install.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

/* Another element or argument before it that names the same device; NULL: none. */
static char *named_before(const struct vh_domain *d, const struct vh_smuggled *s)
{
	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *e = &d->devices[i];

		if (!e->problem && !e->unassigned && !vh_pci_cmp(&e->addr, &s->addr))
			return vh_printf("the <%s> of line %d", vh_address_element_str(e->element),
					 e->line);
	}
	for (const struct vh_smuggled *o = d->smuggled.list; o < s; o++)
		if (o->has_addr && !vh_pci_cmp(&o->addr, &s->addr))
			return vh_printf("the argument of line %d", o->line);
	return NULL;
}

/* Will it be on vfio-pci before QEMU looks: by us or libvirt, for another element or the group of
 * one, or by a hook of the user's that binds devices? */
static bool is_bound_first(const struct vh_case *c, const struct vh_pci_dev *d)
{
	for (size_t i = 0; c->plan && i < c->plan->count; i++)
		if (c->plan->devs[i].dev == d && c->plan->devs[i].action != VH_KEEP)
			return true;
	for (size_t i = 0; i < c->scripts.count; i++)
		if (c->scripts.list[i].deed == VH_DEED_BIND ||
		    c->scripts.list[i].deed == VH_DEED_NODEDEV)
			return true;
	return false;
}

/* The kernel opens a group only if no member is on a driver that could use it; nobody moves them
 * for this device (rule-group.c has the bridges). */
static const struct vh_pci_dev *obstacle_in(const struct vh_case *c, const struct vh_group *g)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct vh_pci_dev *m = g->members[i];

		if (vh_host_is_tolerated(m) || is_bound_first(c, m))
			continue;
		if (!vh_host_is_bridge(m) ||
		    vh_rule_release_at_least(c->host->release, 5, 19) == VH_YES)
			return m;
	}
	return NULL;
}

/* What its group makes impossible; NULL: nothing. That of a domain that runs is open by itself. */
static char *why_not_by_group(const struct vh_case *c, const struct vh_pci_dev *d)
{
	const struct vh_group *g = vh_host_group(c->host, d->group);
	const struct vh_group_view *seen = c->claims && g ? vh_claims_group(c->claims, g->number)
							  : NULL;
	const struct vh_pci_dev *m = g && !g->noiommu ? obstacle_in(c, g) : NULL;

	if (m)
		return vh_printf(
			"%s of its IOMMU group is on '%s', and nobody takes it from there: the group is not viable",
			vh_pci_str(&m->addr).s, m->driver);
	if (!seen || seen->open != VH_YES || c->running || vh_rule_named_in(c, g->number))
		return NULL;
	return vh_printf("its IOMMU group is in use by %s",
			 seen->holder ? seen->holder : "a process that could not be seen");
}

/* Why QEMU will not get it; NULL: it may. Caller frees. */
static char *why_not(const struct vh_case *c, const struct vh_smuggled *s)
{
	const struct vh_pci_dev *d = s->has_addr ? vh_host_dev(c->host, &s->addr) : NULL;
	_auto_free_ char *before = s->has_addr ? named_before(c->domain, s) : NULL;

	if (s->misspelt)
		return vh_strdup(
			"-device and what it is for are two arguments of QEMU's, and this is one");
	if (before)
		return vh_printf("it is named twice, and %s has it already", before);
	if (s->has_addr && !d && !c->host->failed)
		return vh_strdup("this host has no such device");
	if (!d)
		return NULL;
	if (s->vga && vh_rule_why_no_vga(c, d))
		return vh_printf("it is to have x-vga, and %s", vh_rule_why_no_vga(c, d));
	if (d->on_vfio || is_bound_first(c, d))
		return why_not_by_group(c, d);
	return d->driver
		       ? vh_printf("it is on '%s', and libvirt does not bind what stands there",
				   d->driver)
		       : vh_strdup("it is on no driver, and libvirt does not bind what stands there");
}

static void check_qemu_commandline(const struct vh_case *c, const struct vh_rule *r,
				   struct vh_findings *out)
{
	for (size_t i = 0; c->domain && i < c->domain->smuggled.count; i++) {
		const struct vh_smuggled *s = &c->domain->smuggled.list[i];
		_auto_free_ char *why = why_not(c, s), *before = NULL;
		_auto_free_ char *fix = s->has_addr ? vh_wording_hostdev(&s->addr) : NULL;
		struct vh_finding *f;

		if (why && s->has_addr)
			before = named_before(c->domain, s);
		if (before) {
			free(fix);
			fix = vh_strdup("remove the two <qemu:arg>");
		}
		f = vh_finding_add(
			out, r, NULL, fix ? fix : "write a <hostdev> for it instead",
			why ? "QEMU gets %s by <qemu:commandline>, and ends: %s"
			    : "QEMU gets %s by <qemu:commandline>: %s",
			s->host,
			why ? why : "libvirt does not know of it, and opens no /dev/vfio for it");
		if (!why)
			f->severity = VH_WARNING;
		vh_finding_about(f, s->has_addr ? &s->addr : NULL, s->line);
	}
}

const struct vh_rule vh_rule_qemu_commandline = {
	.name = "qemu-commandline",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "QEMU gets a device that libvirt does not know about",
	.check = check_qemu_commandline,
	.explain = "The domain gives QEMU a PCI device in <qemu:commandline>. libvirt does not\n"
		   "know about it: it neither binds the device nor keeps another domain from it,\n"
		   "nor gives QEMU /dev/vfio for it, nor raises the limit of locked memory; and\n"
		   "the hook does not detach it or its IOMMU group. It is an error if QEMU\n"
		   "cannot get it: this host has no such device, the domain names it twice, it\n"
		   "or a member of its group is not on a VFIO driver and nothing binds it before\n"
		   "the start, another process has the group open, or '-device vfio-pci' is\n"
		   "written as one argument. Write a <hostdev> instead, and put the QEMU options\n"
		   "that you need into <qemu:override>.",
};

/* --- -set --------------------------------------------------------------------------------------- */

/* hostdev0, as libvirt calls the devices by itself, or by a name of the user's (ua-...). */
static bool is_of_hostdev(const struct vh_domain *d, const char *id)
{
	static const char own[] = "hostdev";

	if (vh_has_prefix(id, own) && id[strlen(own)] &&
	    !id[strlen(own) + strspn(id + strlen(own), "0123456789")])
		return true;
	for (size_t i = 0; i < d->n_devices; i++)
		if (vh_streq(d->devices[i].alias, id))
			return true;
	return false;
}

/* As <qemu:property> has it: type and value. */
static char *typed(const char *value)
{
	static const char *const yes[] = { "on", "yes", "true" }, *const no[] = { "off", "no",
										  "false" };
	_auto_free_ char *escaped = vh_xml_escape(value);
	uint64_t n;

	for (size_t i = 0; i < VH_COUNT(yes); i++) {
		if (!strcmp(value, yes[i]))
			return vh_strdup("type='bool' value='true'");
		if (!strcmp(value, no[i]))
			return vh_strdup("type='bool' value='false'");
	}
	if (vh_parse_uint(value, 0, INT64_MAX, &n) == 0)
		return vh_printf("type='unsigned' value='%llu'", (unsigned long long)n);
	return vh_printf("type='string' value='%s'", escaped);
}

static char *override_of(const struct vh_qemu_set *s)
{
	_auto_free_ char *id = vh_xml_escape(s->id), *property = vh_xml_escape(s->property);
	_auto_free_ char *value = typed(s->value), *text = NULL;

	text = vh_printf(
		"remove it and '-set', and write behind </devices>: <qemu:override><qemu:device alias='%s'><qemu:frontend><qemu:property name='%s' %s/></qemu:frontend></qemu:device></qemu:override>",
		id, property, value);
	return vh_printable_line(text);
}

/* Everything that libvirt gives QEMU is JSON then, not the devices of the host alone. Of a guest
 * without any nothing is judged. */
static bool is_lost(const struct vh_case *c, const struct vh_qemu_set *s)
{
	return is_of_hostdev(c->domain, s->id) ||
	       vh_domain_pins(c->domain, c->networks.pools.count > 0);
}

static void check_qemu_set(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	if (!c->domain || c->around.in_words || (c->around.qemu && c->around.qemu < 6002000))
		return;
	for (size_t i = 0; i < c->domain->smuggled.n_sets; i++) {
		const struct vh_qemu_set *s = &c->domain->smuggled.sets[i];
		_auto_free_ char *shown = vh_printable(s->id, 80), *property = NULL, *fix = NULL;
		struct vh_finding *f;

		if (!is_lost(c, s))
			continue;
		property = vh_printable(s->property, 80);
		fix = override_of(s);
		f = vh_finding_add(
			out, r, NULL, fix,
			"'-set device.%s.%s' finds no such device: QEMU ends with 'there is no device \"%s\" defined'%s",
			shown, property, shown,
			c->domain->smuggled.in_words_once
				? "; '" VH_QEMU_ARGS_JSON_ONCE
				  "' in <qemu:capabilities> changes that with libvirt 7.9 and 7.10 alone"
				: "");
		vh_finding_about(f, NULL, s->line);
	}
}

const struct vh_rule vh_rule_qemu_set = {
	.name = "qemu-set",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "a -set option names a device that QEMU does not find",
	.check = check_qemu_set,
	.explain = "The domain sets a property of a device with '-set device.hostdev0...' in\n"
		   "<qemu:commandline>. -set finds only devices that are on the command line in\n"
		   "the old key=value form; libvirt writes them as JSON for QEMU 6.2 and later,\n"
		   "and QEMU ends with 'there is no device \"hostdev0\" defined'. <qemu:override>\n"
		   "does the same, and libvirt itself reads it (8.2 and later): the fix shows\n"
		   "it. Write several properties of a device into one <qemu:frontend>, several\n"
		   "devices into one <qemu:override>. This is so for all devices that libvirt\n"
		   "gives the guest: video0, sata0-0-0, net0. The old form comes back, for all\n"
		   "of them, where the capability device.json+hotplug is deleted, in\n"
		   "<qemu:capabilities> or by capability_filters in qemu.conf; 'device.json' was\n"
		   "its name before libvirt 8.0. x-vga does not need any of this: write\n"
		   "<video><model type='none'/></video>.",
};

static bool works(const struct vh_hook_place *p)
{
	return p->ours && !p->missing && !p->overwritten && p->executable;
}

static void broken(const struct vh_hook_place *p, const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *fix = NULL, *word = NULL;

	if (!p->ours || works(p))
		return;
	word = vh_shell_operand(p->target);
	fix = p->missing || p->overwritten ? vh_strdup("install vfio-hook again")
					   : vh_printf("chmod +x %s", word);
	vh_finding_add(
		out, r, NULL, fix, "%s leads to %s, which %s", p->path, p->target,
		p->missing ? "is not there"
		: p->overwritten
			? "has been overwritten by something else: a script written through the link"
			: "is not executable");
}

static void check_place(const struct vh_hook_install *i, const struct vh_rule *r,
			struct vh_findings *out)
{
	if (i->main.ours || i->drop_in.ours)
		return;
	if (i->main.path)
		vh_finding_add(
			out, r, NULL, "install vfio-hook again: it adds a link in qemu.d",
			"%s is another hook, and %s/qemu.d has no link to vfio-hook: no domain is judged when it starts",
			i->main.path, VH_HOOKSDIR);
	else
		vh_finding_add(out, r, NULL,
			       "install vfio-hook: its package, or make install in its sources",
			       "the hook is not installed in %s: no domain is judged when it starts",
			       VH_HOOKSDIR);
}

static void check_daemon(const struct vh_hook_install *i, const struct vh_rule *r,
			 struct vh_findings *out)
{
	const struct vh_hook_place *p = works(&i->main) ? &i->main : &i->drop_in;
	_auto_free_ char *fix = NULL;

	if (!works(p) || !i->daemon || i->found != VH_NO)
		return;
	fix = vh_printf("systemctl reload %s   # guests keep running", i->daemon);
	vh_finding_add(
		out, r, NULL, fix,
		"%s is newer than the running %s, which looks for hooks only when it starts or is reloaded: unless it was reloaded since, no domain is judged",
		p->path, i->daemon);
}

static void check_selinux(const struct vh_hook_install *i, const struct vh_rule *r,
			  struct vh_findings *out)
{
	_auto_free_ char *fix = NULL, *path = NULL;

	if (i->selinux_off)
		vh_finding_add(
			out, r, NULL, "setsebool -P virt_hooks_unconfined on",
			"SELinux is enforcing and its boolean virt_hooks_unconfined is off: it does not let the hook work");
	if (!i->mislabelled)
		return;
	if (vh_has_prefix(i->mislabelled, VH_HOOKSDIR "/"))
		fix = vh_printf("restorecon -R %s", VH_HOOKSDIR);
	else
		path = vh_shell_quote(i->mislabelled);
	if (path)
		fix = vh_printf("semanage fcontext -a -t virt_hook_t %s && restorecon %s", path,
				path);
	vh_finding_add(
		out, r, NULL, fix,
		"SELinux is enforcing and %s is labelled '%s', not as a hook (virt_hook_t): it does not let the hook work",
		i->mislabelled, i->label);
}

static void check_copies(const struct vh_hook_install *i, const struct vh_rule *r,
			 struct vh_findings *out)
{
	const char *first = i->main.ours ? i->main.path : i->drop_in.path;
	const char *more = i->main.ours && i->drop_in.ours ? i->drop_in.path : i->second;
	_auto_free_ char *fix = NULL, *path = NULL;

	if (!more)
		return;
	path = vh_shell_quote(more);
	fix = vh_printf("rm %s", path);
	vh_finding_add(out, r, NULL, fix,
		       "both %s and %s lead to vfio-hook: each start is judged twice", first, more);
}

static void check_hook_not_active(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	const struct vh_hook_install *i = c->host->hook;

	if (c->plan || c->domain || !i)
		return;
	check_place(i, r, out);
	broken(&i->main, r, out);
	broken(&i->drop_in, r, out);
	check_daemon(i, r, out);
	check_selinux(i, r, out);
	check_copies(i, r, out);
}

const struct vh_rule vh_rule_hook_not_active = {
	.name = "hook-not-active",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_HOST,
	.title = "libvirt does not run the hook, or runs it twice",
	.check = check_hook_not_active,
	.explain = "libvirt runs the hook only if it finds it: hooks/qemu, or a file in\n"
		   "hooks/qemu.d, executable, when the daemon starts or is reloaded. Otherwise\n"
		   "domains start without being judged, and nobody is told. Another package's\n"
		   "script for hooks/qemu may have replaced the link, or have been written\n"
		   "through it over our program: install vfio-hook again, and its link is put\n"
		   "into qemu.d beside the script. Two links do no harm, but each start is\n"
		   "judged twice. If SELinux is enforcing, the boolean virt_hooks_unconfined has\n"
		   "to be on, and link and program have to be labelled virt_hook_t.",
};
