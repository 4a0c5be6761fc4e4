/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-hooks - other libvirt hooks that do the work of this one, or prevent it. */
#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

#define SHOWN_MAX 200

/* What comes of it, and what to do about it. NULL: no harm. */
static const struct {
	const char *harm, *fix;
} deeds[] = {
	[VH_DEED_NODEDEV] = { "calls libvirt, which waits for this hook: the start may hang; and the devices are taken twice",
			      "remove these lines: vfio-hook detaches the whole group, and gives it back" },
	[VH_DEED_VIRSH] = { "calls libvirt, which waits for this hook: the start hangs as soon as that is about this domain",
			    "remove these lines, or run them in a unit of systemd that the hook starts" },
	[VH_DEED_DAEMON] = { "ends the libvirt that waits for this hook: the start fails, and what was taken stays so",
			     "remove these lines" },
	[VH_DEED_BIND] = { "moves devices that libvirt and vfio-hook move too: one takes away what the other has bound",
			   "remove these lines: vfio-hook detaches the whole group, and gives it back" },
	[VH_DEED_UNLOAD] = { "takes VFIO away from all guests and from devices on their way back",
			     "remove these lines: VFIO does no harm while it is loaded" },
	[VH_DEED_LOAD] = { NULL, NULL },
	[VH_DEED_DESKTOP] = { NULL, NULL },
	[VH_DEED_CONSOLE] = { NULL, NULL },
	[VH_DEED_DRIVER] = { NULL, NULL },
	[VH_DEED_PAGES] = { NULL, NULL },
};

static void report(const struct vh_hook_scripts *s, const struct vh_hook_line *l,
		   const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *file = vh_printable(l->file, SHOWN_MAX), *more = NULL, *fix = NULL;
	_auto_free_ char *caller = l->caller ? vh_printable(l->caller, SHOWN_MAX) : NULL;
	const char *also = "";

	/* nothing is wrong with it, but it goes with the rest */
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].deed == VH_DEED_LOAD && vh_streq(s->list[i].file, l->file))
			also = "; 'modprobe vfio-pci' is not needed either";
	if (l->more)
		more = vh_printf(" (and %zu line%s more)", l->more, l->more == 1 ? "" : "s");
	fix = vh_printf("%s%s", deeds[l->deed].fix, also);
	vh_finding_add(out, r, NULL, fix, "%s:%d%s%s%s: '%s'%s %s", file, l->line,
		       caller ? " (called by " : "", caller ? caller : "", caller ? ")" : "",
		       l->what, more ? more : "", deeds[l->deed].harm);
}

static void check_hook_conflict(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	const struct vh_hook_scripts *s = &c->scripts;

	if (c->domain && !vh_domain_has_pci(c->domain))
		return;
	for (size_t i = 0; i < s->count; i++)
		if (deeds[s->list[i].deed].harm)
			report(s, &s->list[i], r, out);
	for (size_t i = 0; i < s->idle.count; i++) {
		_auto_free_ char *file = vh_printable(s->idle.name[i], SHOWN_MAX);
		_auto_free_ char *word = vh_shell_operand(s->idle.name[i]), *fix = NULL;

		fix = vh_printf("chmod +x %s   # or remove it", word);
		vh_finding_add(out, r, NULL, fix, "%s is not executable: it is not run", file);
	}
}

const struct vh_rule vh_rule_hook_conflict = {
	.name = "hook-conflict",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_HOST | VH_SCOPE_DOMAIN,
	.title = "another hook script conflicts with this one",
	.check = check_hook_conflict,
	.explain = "Another script that libvirt runs for its guests calls libvirt, which waits\n"
		   "for it, stops libvirt, binds and unbinds PCI devices, or unloads VFIO.\n"
		   "Tutorials for passthrough do that by hand, and vfio-hook does it by itself:\n"
		   "remove those lines. The rule reads hooks/qemu, the scripts in hooks/qemu.d,\n"
		   "and, if hooks/qemu is a script, those in the folders of domains in\n"
		   "hooks/qemu.d, like DOMAIN/prepare/begin; and the scripts that these call by\n"
		   "an absolute path, three deep. A command counts even if the script does not\n"
		   "reach it. Stopping a display manager and freeing the consoles does not\n"
		   "conflict.",
};
