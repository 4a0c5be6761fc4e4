/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-shutdown - what becomes of the guest when the host shuts down. */
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

#define AND_ENDS "a guest with a PCI device cannot be saved, and ends as if its power failed"

/* A VFIO driver made for the device may save its state, and what is unplugged before needs none. */
static bool can_be_saved(const struct vh_case *c)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd)))
		if (!pd->dev->variant && !(pd->element && pd->element->transient))
			return false;
	return vh_rule_next_named(c, NULL);
}

static void check_unsaved(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_saving *s = &c->around.saving;
	_auto_free_ char *fix = NULL;

	/* a guest, not devices or an element that somebody asks about */
	if (!s->by || !c->domain || !c->domain->line || c->domain->lone || can_be_saved(c))
		return;
	if (s->by == VH_SAVER_DAEMON) {
		vh_finding_add(
			out, r, NULL,
			"set auto_shutdown_try_shutdown = \"all\" and auto_shutdown_poweroff = \"all\" in /etc/libvirt/qemu.conf, and restart the daemon: it shuts down what it cannot save",
			"libvirt's daemon saves the guests when the host shuts down (auto_shutdown_try_save): " AND_ENDS);
		return;
	}
	fix = vh_printf("set ON_SHUTDOWN=shutdown in %s; the other guests are then shut down too",
			s->file);
	vh_finding_add(
		out, r, NULL, fix,
		"libvirt-guests saves the guests when the host shuts down (ON_SHUTDOWN%s): " AND_ENDS,
		s->unset ? " is not set" : "");
}

const struct vh_rule vh_rule_unsaved_at_shutdown = {
	.name = "unsaved-at-shutdown",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "the host saves its guests when it shuts down, and this one cannot be saved",
	.check = check_unsaved,
	.explain = "When the host shuts down, its guests are to be saved to disk: by the service\n"
		   "libvirt-guests, if ON_SHUTDOWN is not 'shutdown' (in the file of that name\n"
		   "in /etc/default, /etc/sysconfig or /etc/conf.d), or from libvirt 11.2 on by\n"
		   "the daemon, if auto_shutdown_try_save is set in qemu.conf. The state of a\n"
		   "PCI device cannot be saved, so libvirt refuses to save a guest that has one.\n"
		   "Nobody then asks it to shut down: it runs until systemd ends its processes,\n"
		   "which to the guest is a power failure. Have the guests shut down instead.\n"
		   "The daemon can be told to shut down those that it cannot save; of the\n"
		   "service and the daemon only one should be in charge. The rule is silent if\n"
		   "every device has a VFIO driver made for it, which may be able to save its\n"
		   "state.",
};
