/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-boot - is what `vfio-hook boot` was told in effect? */
#include "lib/decide/rules/rule.h"
#include "lib/host/boot-binding.h"

#include "lib/base/banned.h"

#define REDO \
	"vfio-hook boot generate, with the devices that are meant now; or vfio-hook boot remove"

static bool is_same(const struct vh_boot_binding_dev *e, const struct vh_pci_dev *d)
{
	return e->vendor == d->vendor && e->device == d->device && e->subvendor == d->subvendor &&
	       e->subdevice == d->subdevice && e->class == d->class;
}

static void check_boot_binding(const struct vh_case *c, const struct vh_rule *r,
			       struct vh_findings *out)
{
	const struct vh_boot_binding *e = c->host->binding;

	for (size_t i = 0; e && i < e->count; i++) {
		const struct vh_boot_binding_dev *want = &e->devs[i];
		const struct vh_pci_dev *d = vh_host_dev(c->host, &want->addr);
		_auto_free_ char *addr = vh_strdup(vh_pci_str(&want->addr).s);
		struct vh_finding *f;

		if (!d)
			f = vh_finding_add(out, r, NULL, REDO,
					   "%s is set up for vfio-pci at boot, but no device is there now",
					   addr);
		else if (!is_same(want, d))
			f = vh_finding_add(
				out, r, NULL, REDO,
				"%s is set up for vfio-pci at boot, but the device there is %04x:%04x now instead of %04x:%04x",
				addr, d->vendor, d->device, want->vendor, want->device);
		else if (!d->on_vfio)
			f = vh_finding_add(
				out, r, NULL,
				"vfio-hook boot verify   # says whether a reboot is enough",
				"%s is set up for vfio-pci at boot, but %s%s%s", addr,
				d->driver ? "driver '" : "has no driver",
				d->driver ? d->driver : "", d->driver ? "' has it" : "");
		else
			continue;
		vh_finding_about(f, &want->addr, 0);
	}
}

const struct vh_rule vh_rule_boot_binding = {
	.name = "boot-binding",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_HOST,
	.title = "vfio-pci does not have a device that was set for it at boot",
	.check = check_boot_binding,
	.explain = "'vfio-hook boot generate' configured this host to bind the device to\n"
		   "vfio-pci at boot, before its own driver sees it. It is not on vfio-pci now:\n"
		   "another device is at its address, or none, or its own driver has it. The\n"
		   "script in the initramfs leaves other devices alone. It takes effect at the\n"
		   "next boot, and only if it is in the image that is booted: 'vfio-hook boot\n"
		   "verify' looks into the image, device by device.",
};
