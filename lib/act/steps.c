/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steps - see steps.h. */
#include "lib/act/steps.h"

#include <errno.h>

#include "lib/base/banned.h"

#define OVERRIDE "sys/bus/pci/devices/%s/driver_override"
#define POWER "sys/bus/pci/devices/%s/power/control"

void vh_steps_add_override(struct vh_batch *b, const struct vh_pci_addr *addr, const char *value)
{
	/* an empty write does not reach the attribute; a newline clears it */
	vh_batch_add(b, addr, value ? value : "\n", OVERRIDE, vh_pci_str(addr).s);
}

void vh_steps_add_unbind(struct vh_batch *b, const struct vh_pci_addr *addr, const char *driver)
{
	vh_batch_add(b, addr, vh_pci_str(addr).s, "sys/bus/pci/drivers/%s/unbind", driver);
}

void vh_steps_add_taking(struct vh_batch *b, const struct vh_record *r, const char *driver)
{
	vh_steps_add_unbind(b, &r->addr, driver);
	b->writes[b->count - 1].guard = VH_GUARD_UNUSED;
	b->writes[b->count - 1].role = r->role;
}

void vh_steps_add_leaving(struct vh_batch *b, const struct vh_record *r, const char *driver)
{
	vh_steps_add_unbind(b, &r->addr, driver);
	b->writes[b->count - 1].guard = VH_GUARD_CLOSED;
}

void vh_steps_add_bind(struct vh_batch *b, const struct vh_pci_addr *addr, const char *driver)
{
	vh_batch_add(b, addr, vh_pci_str(addr).s, "sys/bus/pci/drivers/%s/bind", driver);
}

void vh_steps_add_giving(struct vh_batch *b, const struct vh_record *r, const char *driver)
{
	vh_steps_add_bind(b, &r->addr, driver);
	b->writes[b->count - 1].guard = VH_GUARD_UNUSED;
	b->writes[b->count - 1].role = r->role;
}

void vh_steps_add_probe(struct vh_batch *b, const struct vh_pci_addr *addr)
{
	vh_batch_add(b, addr, vh_pci_str(addr).s, "sys/bus/pci/drivers_probe");
}

bool vh_steps_may_sleep(const struct vh_root *root, const struct vh_pci_addr *addr)
{
	_auto_free_ char *text = vh_root_read(root, POWER, vh_pci_str(addr).s);

	return vh_streq(text, "auto");
}

void vh_steps_add_sleep(struct vh_batch *b, const struct vh_pci_addr *addr)
{
	vh_batch_add(b, addr, "auto", POWER, vh_pci_str(addr).s);
}

void vh_steps_mark_stuck(struct vh_claim *c, const struct vh_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct vh_record *r = vh_claim_find(c, &b->writes[i].addr);

		if (r && b->writes[i].result == VH_WRITE_STUCK)
			r->state = VH_STUCK;
	}
}

void vh_steps_report(const struct vh_act *act, const struct vh_claim *c,
		     const struct vh_pci_addr *addr, const char *from, const char *to)
{
	if (act->reporter && !vh_streq(from, to))
		act->reporter->transition(act->reporter->ctx, c->name, addr, from, to);
}

void vh_steps_warn(const struct vh_act *act, const struct vh_claim *c, const char *text)
{
	if (act->reporter)
		act->reporter->warning(act->reporter->ctx, c->name, text);
}

/* A guarded write that was not made. */
static int not_free(const struct vh_write *w, const char *doing, struct vh_error *err)
{
	_auto_free_ char *fix = vh_printf("vfio-hook show %s   # who uses it, and how to end that",
					  vh_pci_str(&w->addr).s);

	return vh_fail(err, VH_E_REFUSED, 0, fix, "cannot %s %s: %s", doing, vh_pci_str(&w->addr).s,
		       w->result == VH_WRITE_USED   ? "the host has begun to use it"
		       : w->result == VH_WRITE_OPEN ? "its IOMMU group has been opened"
						    : "whether it is used cannot be seen any more");
}

int vh_steps_failed(const struct vh_write *w, const char *doing, struct vh_error *err)
{
	static const char writable[] =
		"sysfs is read-only for the daemon: remove ProtectKernelTunables= and "
		"ReadOnlyPaths=/sys from its systemd unit (systemctl cat libvirtd virtqemud), or "
		"mount /sys writable in the container";

	if (w->result == VH_WRITE_STUCK)
		return vh_fail(err, VH_E_LEFT, 0, NULL,
			       "cannot %s %s: its driver does not answer, and the write to '/%s' "
			       "cannot be taken back",
			       doing, vh_pci_str(&w->addr).s, w->path);
	if (w->result >= VH_WRITE_UNSEEN && w->result <= VH_WRITE_USED)
		return not_free(w, doing, err);
	return vh_fail(err, VH_E_SYS, w->result, w->result == EROFS ? writable : NULL,
		       "cannot %s %s: writing to '/%s'", doing, vh_pci_str(&w->addr).s, w->path);
}
