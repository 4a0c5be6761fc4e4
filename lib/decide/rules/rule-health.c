/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-health - known defects of this kind of device, and the state that this one is in. */
#include "lib/base/size.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

#define AMD 0x1002
#define GIB_BYTES (UINT64_C(1) << 30)
/* PcdPciMmio64Size of OVMF: what it has where nothing tells it more */
#define WINDOW (32 * GIB_BYTES)

enum cure {
	BY_MODULE, /* vendor-reset */
	BY_GUEST,
};

/*
 * Graphics of which the second start is known to hang: no reset that the kernel has brings them back
 * once a guest has run. Cards from the table of github.com/gnif/vendor-reset (src/device-db.h), which
 * resets them by other means; reported for each family there and in its issues 46, 72 and 108. Those
 * of processors, which it does not know, from its issues 8 and 82, from inga-lovinde/RadeonResetBugFix
 * (issue 6) and isc30/ryzen-gpu-passthrough-proxmox (issues 89 and 135).
 */
static const struct family {
	const char *name;
	uint16_t from, to;
	enum cure cure;
} families[] = {
	{ "Vega 20", 0x66a0, 0x66af, BY_MODULE },    { "Polaris 10", 0x67c0, 0x67df, BY_MODULE },
	{ "Polaris 11", 0x67e0, 0x67ff, BY_MODULE }, { "Vega 10", 0x6860, 0x687f, BY_MODULE },
	{ "Polaris 12", 0x6980, 0x699f, BY_MODULE }, { "Polaris 20", 0x6fdf, 0x6fdf, BY_MODULE },
	{ "Navi 10", 0x7310, 0x731f, BY_MODULE },    { "Navi 14", 0x7340, 0x734f, BY_MODULE },
	{ "Navi 12", 0x7360, 0x7362, BY_MODULE },    { "Picasso", 0x15d8, 0x15d8, BY_GUEST },
	{ "Raven", 0x15dd, 0x15dd, BY_GUEST },       { "Renoir", 0x1636, 0x1636, BY_GUEST },
	{ "Cezanne", 0x1638, 0x1638, BY_GUEST },     { "Rembrandt", 0x1681, 0x1681, BY_GUEST },
	{ "Raphael", 0x164e, 0x164e, BY_GUEST },     { "Granite Ridge", 0x13c0, 0x13c0, BY_GUEST },
	{ "Phoenix", 0x15bf, 0x15bf, BY_GUEST },     { "Phoenix 2", 0x15c8, 0x15c8, BY_GUEST },
	{ "Hawk Point", 0x1900, 0x1901, BY_GUEST },
};

static const struct family *bad_family(const struct vh_pci_dev *d)
{
	if (d->vendor != AMD || !vh_pci_is_display(d->class))
		return NULL;
	for (size_t i = 0; i < VH_COUNT(families); i++)
		if (d->device >= families[i].from && d->device <= families[i].to)
			return &families[i];
	return NULL;
}

static void check_reset_known_bad(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	static const struct {
		const char *what, *fix;
	} cures[] = {
		[BY_MODULE] = { "a card",
				"install the kernel module vendor-reset, load it before the guest starts, and\n"
				"vfio-hook show   # then lists device_specific among the resets of the card" },
		[BY_GUEST] = { "the graphics of a processor",
			       "install RadeonResetBugFix in a guest with Windows: it switches the graphics off before the guest ends; without that, restart the host before each further start" },
	};
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		const struct family *f = bad_family(pd->dev);

		if (!f || (pd->dev->resets && strstr(pd->dev->resets, "device_specific")))
			continue;
		vh_finding_add(
			out, r, pd, cures[f->cure].fix,
			"%s is %s of the %s family, which is known not to survive a reset: the second start hangs until the host is %s",
			vh_pci_str(&pd->dev->addr).s, cures[f->cure].what, f->name,
			f->cure == BY_MODULE ? "powered off" : "restarted");
	}
}

const struct vh_rule vh_rule_reset_known_bad = {
	.name = "reset-known-bad",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DEVICE,
	.title = "a card is known to hang when it is started a second time",
	.check = check_reset_known_bad,
	.explain = "Graphics cards of some AMD families (Polaris, Vega, Navi 10, 12 and 14) do\n"
		   "not come back from a bus reset, and have no other reset that the kernel\n"
		   "knows: the guest starts once, and hangs or has no picture the next time,\n"
		   "until the host is powered off. The kernel module vendor-reset, which is not\n"
		   "part of the kernel, resets them; from Linux 5.15 on, 'echo device_specific >\n"
		   "/sys/bus/pci/devices/ADDRESS/reset_method' makes the kernel use it, and the\n"
		   "rule is silent. It does not know the graphics of AMD's processors, which do\n"
		   "the same: the guest has to switch them off before it ends.",
};

static void check_power_state(const struct vh_case *c, const struct vh_rule *r,
			      struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		struct vh_pci_name name = vh_pci_str(&pd->dev->addr);
		_auto_free_ char *fix = NULL;

		if (!pd->dev->cold)
			continue;
		fix = vh_printf(
			"echo 0 > /sys/bus/pci/devices/%s/d3cold_allowed\n"
			"or, for all devices of vfio-pci: options vfio-pci disable_idle_d3=1 in /etc/modprobe.d/vfio.conf",
			name.s);
		vh_finding_add(
			out, r, pd, fix,
			"%s is powered off now (D3cold); if it does not power on again, the start fails with 'Unable to power on device, stuck in D3'",
			name.s);
	}
}

const struct vh_rule vh_rule_power_state = {
	.name = "power-state",
	.severity = VH_INFO,
	.scopes = VH_SCOPE_DEVICE,
	.title = "a device is powered off now",
	.check = check_power_state,
	.explain = "This is information, not a problem. The kernel has powered the device off\n"
		   "while nobody uses it (D3cold), and powers it on when the guest starts. Some\n"
		   "devices do not come back: then the kernel says 'Unable to power on device,\n"
		   "stuck in D3', and the device answers 0xff until the host is powered off. If\n"
		   "that has happened, prevent it for the device with d3cold_allowed, or for all\n"
		   "devices of vfio-pci with its option disable_idle_d3.",
};

static void check_big_bar(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	if (!c->domain || c->domain->lone || c->domain->wide_window)
		return;
	while ((pd = vh_rule_next_named(c, pd))) {
		_auto_free_ char *size = NULL;
		struct vh_finding *f;

		if (!pd->element || !pd->element->line || pd->element->unassigned ||
		    pd->dev->bar_bytes < WINDOW)
			continue;
		size = vh_size_text(pd->dev->bar_bytes / 1024, VH_BEST);
		f = vh_finding_add(
			out, r, pd,
			"write <maxphysaddr mode='passthrough'/> into the <cpu>, for firmware of 2023 and later\n"
			"or give OVMF a window: <qemu:arg value='-fw_cfg'/> <qemu:arg value='name=opt/ovmf/X-PciMmio64Mb,string=262144'/>",
			"%s has a BAR of %s, which may not fit: the guest's firmware has a 64-bit memory window of 32 GiB unless it is configured",
			vh_pci_str(&pd->dev->addr).s, size);
		f->severity = VH_WARNING;
	}
}

const struct vh_rule vh_rule_big_bar = {
	.name = "big-bar",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DEVICE,
	.title = "a BAR may be too large for the guest's firmware",
	.check = check_big_bar,
	.explain = "The device has a memory window (BAR) of 32 GiB or more, as compute cards\n"
		   "have. OVMF puts such windows above 4 GiB, where it has 32 GiB by default:\n"
		   "the guest then starts without the device, or its driver says that the BAR is\n"
		   "not assigned. Firmware of 2023 and later makes the window as large as the\n"
		   "addresses that it sees, which <maxphysaddr mode='passthrough'/> passes on;\n"
		   "every OVMF reads its size in MiB from the file opt/ovmf/X-PciMmio64Mb of\n"
		   "-fw_cfg. The rule is silent if the domain has one of them.",
};
