/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-bypass - what never reaches these rules: devices given to QEMU past libvirt, and a hook
 * that libvirt does not run. */
#include "lib/decide/rules/rule.h"

#include "lib/base/shell.h"
#include "lib/host/hook-install.h"

#include "lib/base/banned.h"

static void check_qemu_commandline(const struct vh_case *c, const struct vh_rule *r,
				   struct vh_findings *out)
{
	for (size_t i = 0; c->domain && i < c->domain->smuggled.count; i++) {
		const struct vh_smuggled *s = &c->domain->smuggled.list[i];
		struct vh_pci_addr addr;
		bool known = vh_pci_parse_loose(s->host, &addr) == 0;
		_auto_free_ char *fix = known ? vh_wording_hostdev(&addr) : NULL;
		struct vh_finding *f;

		f = vh_finding_add(
			out, r, NULL, fix ? fix : "write a <hostdev> for it instead",
			"QEMU gets %s by <qemu:commandline>: neither libvirt nor these rules look at it",
			s->host);
		vh_finding_about(f, known ? &addr : NULL, s->line);
	}
}

const struct vh_rule vh_rule_qemu_commandline = {
	.name = "qemu-commandline",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "QEMU gets no device past libvirt",
	.check = check_qemu_commandline,
	.explain = "The domain gives QEMU a PCI device in <qemu:commandline>. libvirt does not\n"
		   "know of it: it neither binds the device nor keeps another domain from it,\n"
		   "and does not raise the limit of locked memory. Nothing here judges it\n"
		   "either, not its group and not what the host does with it. Write a <hostdev>\n"
		   "instead, with what you need from the options of QEMU in <qemu:override>.",
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
			"%s is not ours, and %s/qemu.d has no link of ours: no domain is judged when it starts",
			i->main.path, VH_HOOKSDIR);
	else
		vh_finding_add(out, r, NULL, "install vfio-hook again, or: make install",
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
	fix = vh_printf("systemctl reload %s   # guests go on", i->daemon);
	vh_finding_add(
		out, r, NULL, fix,
		"%s is newer than the running %s, which looks for hooks when it starts or is reloaded: if it has not been reloaded since, no domain is judged",
		p->path, i->daemon);
}

static void check_selinux(const struct vh_hook_install *i, const struct vh_rule *r,
			  struct vh_findings *out)
{
	_auto_free_ char *fix = NULL, *path = NULL;

	if (i->selinux_off)
		vh_finding_add(
			out, r, NULL, "setsebool -P virt_hooks_unconfined on",
			"SELinux enforces and the boolean virt_hooks_unconfined is off: the hook may not do its work");
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
		"SELinux enforces and %s is labelled '%s', not as a hook (virt_hook_t): the hook may not do its work",
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
	vh_finding_add(out, r, NULL, fix, "both %s and %s are ours: each start is judged twice",
		       first, more);
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
	.title = "libvirt runs the hook",
	.check = check_hook_not_active,
	.explain = "libvirt runs the hook only if it finds it: hooks/qemu, or a file in\n"
		   "hooks/qemu.d, executable, when the daemon starts or is reloaded. Otherwise\n"
		   "domains start without any judgement, and nobody is told. A script for\n"
		   "hooks/qemu from elsewhere may have replaced the link, or have been written\n"
		   "through it over our program: install again, ours then goes to qemu.d beside\n"
		   "it. Two links do no harm, but each start is judged twice. Where SELinux\n"
		   "enforces, the boolean virt_hooks_unconfined has to be on, and link and\n"
		   "program have to be labelled virt_hook_t.",
};
