/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * first-bind - on ARM64 until Linux 6.15 a device is given to its SMMU when a driver is bound, and
 * keeps its group from then on. vfio-pci makes it too, touches no other device of the group, and
 * does nothing with the device before somebody opens it.
 */
#include "lib/act/first-bind.h"

#include "lib/act/claiming.h"
#include "lib/act/module.h"
#include "lib/act/take.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* One that has no group yet, or NULL. */
static const struct vh_pci_dev *without_group(const struct vh_task *t)
{
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct vh_plan_dev *pd = &t->plan->devs[i];

		if (pd->action != VH_KEEP && vh_rule_gets_group_later(t->c.host, pd->dev))
			return pd->dev;
	}
	return NULL;
}

static int no_group(const struct vh_pci_addr *addr, const char *why, struct vh_error *err)
{
	_auto_free_ char *said = why ? vh_strdup(why) : NULL;

	vh_error_clear(err);
	return vh_fail(err, VH_E_REFUSED, 0, "dmesg | grep -i -e iommu -e smmu",
		       "%s has no IOMMU group, and gets none by being bound to vfio-pci%s%s",
		       vh_pci_str(addr).s, said ? ": " : "", said ? said : "");
}

/* To vfio-pci and back. What could not come home is in the claim, and `err` says so. */
static int bind_once(struct vh_task *t, const struct vh_pci_addr *addr, struct vh_error *err)
{
	int rc = vh_take(t->act, t->claim, t->lock, err);

	if (rc < 0 && err->code == VH_E_SYS)
		rc = no_group(addr, err->what, err);
	if (rc == 0 && vh_store_is_released(&t->store, t->claim))
		rc = vh_fail(err, VH_E_SYS, 0, NULL,
			     "this start has been given up: its release was called");
	return vh_claiming_undo(t, err) < 0 ? -1 : rc;
}

int vh_first_bind(struct vh_task *t, struct vh_findings *out, struct vh_error *err)
{
	const struct vh_pci_dev *d = without_group(t);
	struct vh_pci_addr addr;
	int rc;

	if (!d)
		return 0;
	addr = d->addr;
	if (vh_module_load(t->act, "vfio-pci", err) < 0)
		return -1;
	t->first_bind = true;
	rc = vh_claiming_write(t, out, err);
	if (rc == 0)
		rc = bind_once(t, &addr, err);
	t->first_bind = t->settled = false;
	if (rc < 0 || vh_task_look_again(t, err) < 0 || vh_task_judge(t, out, err) < 0)
		return -1;
	d = without_group(t);
	return d ? no_group(&d->addr, NULL, err) : 0;
}
