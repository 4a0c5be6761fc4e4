/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-host - what a host needs for any passthrough: an IOMMU and vfio-pci. */
#include "lib/decide/rules/rule.h"

#include "lib/base/printable.h"
#include "lib/base/shell.h"

#include "lib/base/banned.h"

/* Does this list, which ends at a blank, hold the value? */
static bool list_has(const char *list, const char *value)
{
	for (;;) {
		size_t n = strcspn(list, ", \t\n");

		if (vh_is_word(list, n, value))
			return true;
		if (list[n] != ',')
			return false;
		list += n + 1;
	}
}

/* Does KEY=... stand on the kernel command line with this value, alone or in a list? */
static bool has_option(const char *cmdline, const char *key, const char *value)
{
	size_t k = strlen(key);

	for (const char *word = cmdline; word && *word; word += strcspn(word, " \t\n")) {
		word += strspn(word, " \t\n");
		if (!strncmp(word, key, k) && word[k] == '=' && list_has(word + k + 1, value))
			return true;
	}
	return false;
}

/* The option of the command line that turns the IOMMU off, or NULL. */
static const char *turned_off(const struct vh_host *h)
{
	if (h->cpu == VH_CPU_INTEL && has_option(h->cmdline, "intel_iommu", "off"))
		return "intel_iommu=off";
	if (h->cpu == VH_CPU_AMD && has_option(h->cmdline, "amd_iommu", "off"))
		return "amd_iommu=off";
	if ((h->cpu == VH_CPU_INTEL || h->cpu == VH_CPU_AMD) &&
	    has_option(h->cmdline, "iommu", "off"))
		return "iommu=off";
	return NULL;
}

static const char *firmware_text(const struct vh_host *h)
{
	if (h->cpu == VH_CPU_Z)
		return h->off_slots ? "no PCI function is switched on"
				    : "no PCI function is assigned to this system";
	if (h->cpu == VH_CPU_POWER)
		return "the kernel uses none";
	switch (h->firmware_iommu) {
	case VH_YES:
		return "the firmware describes an IOMMU, the kernel does not use it";
	case VH_NO:
		return "the firmware describes no IOMMU";
	case VH_UNKNOWN:
		break;
	}
	return "whether the firmware describes an IOMMU could not be seen";
}

static char *intel_fix(const struct vh_host *h)
{
	bool on = has_option(h->cmdline, "intel_iommu", "on");
	_auto_free_ char *add = vh_bootloader_add(h->loader, "intel_iommu=on");

	if (h->firmware_iommu == VH_YES)
		return on ? vh_strdup(
				    "dmesg | grep -i -e dmar -e iommu   # intel_iommu=on is set already")
			  : vh_printf("%s%sreboot", add, h->loader ? "; then " : " and ");
	if (on)
		return vh_strdup("enable VT-d in the firmware setup and reboot");
	return vh_printf("enable VT-d in the firmware setup, %s%sreboot", add,
			 h->loader ? "; then " : " and ");
}

static const char *amd_fix(const struct vh_host *h)
{
	if (h->firmware_iommu == VH_YES)
		return "dmesg | grep -i -e amd-vi -e iommu   # the kernel needs no option: amd_iommu=on does nothing";
	return "enable IOMMU (AMD-Vi) and SVM in the firmware setup and reboot; the kernel needs no option: amd_iommu=on does nothing";
}

/* A guest has no firmware setup in which anything could be enabled. */
static char *guest_fix(const struct vh_host *h)
{
	bool arm = h->cpu == VH_CPU_ARM || h->cpu == VH_CPU_OTHER;

	return vh_printf(
		"this host is itself a virtual machine: give it a virtual IOMMU in its hypervisor, and start it again; libvirt: %s%s",
		arm ? "<iommu model='smmuv3'/>"
		    : "machine='q35', <ioapic driver='qemu'/> in <features>, and <iommu model='intel'><driver intremap='on' caching_mode='on'/></iommu>",
		arm || has_option(h->cmdline, "intel_iommu", "on")
			? ""
			: "; then add intel_iommu=on to the kernel command line here");
}

/* Each function of IBM Z is assigned to a system by its hypervisor, and switched on in it. */
static char *z_fix(const struct vh_host *h)
{
	size_t n = h->off_slots ? strcspn(h->off_slots, " ") : 0;

	if (n)
		return vh_printf("echo 1 > /sys/bus/pci/slots/%.*s/power   # switches it on",
				 (int)n, h->off_slots);
	return vh_strdup(
		"assign a PCI function to this system (LPAR: in the I/O configuration of the machine; z/VM: attach PCIFUNCTION), then: echo 1 > /sys/bus/pci/slots/FID/power");
}

static bool is_x86(const struct vh_host *h)
{
	return h->cpu == VH_CPU_INTEL || h->cpu == VH_CPU_AMD;
}

static char *iommu_fix(const struct vh_host *h)
{
	const char *off = turned_off(h);

	if (h->cpu == VH_CPU_Z)
		return z_fix(h);
	if (h->iommu_elsewhere && !is_x86(h))
		return vh_strdup(
			"use another machine: where a board has no IOMMU (SMMU) for PCIe, no setting adds one; its documentation says whether it has");
	if (off && h->firmware_iommu != VH_NO)
		return vh_printf("take %s off the kernel command line%s and reboot", off,
				 h->cpu == VH_CPU_INTEL ? ", add intel_iommu=on" : "");
	if (h->under_xen)
		return vh_strdup(
			"boot this kernel without Xen: KVM and VFIO do not work under it; guests of Xen itself get devices by: xl pci-assignable-add ADDRESS");
	if (h->is_guest && h->firmware_iommu != VH_YES)
		return guest_fix(h);
	if (h->cpu == VH_CPU_INTEL)
		return intel_fix(h);
	if (h->cpu == VH_CPU_AMD)
		return vh_strdup(amd_fix(h));
	if (h->cpu == VH_CPU_POWER)
		return vh_strdup("dmesg | grep -i -e iommu -e tce   # every POWER machine has one");
	if (h->firmware_iommu == VH_YES)
		return vh_strdup(
			"dmesg | grep -i -e smmu -e iommu   # the kernel says there why it does not use it");
	return vh_strdup("enable the IOMMU (SMMU) in the firmware setup and reboot");
}

/* intel_iommu=igfx_off leaves the processor's own graphics out, which is on the root bus. */
static const char *no_group_fix(const struct vh_case *c, const struct vh_pci_dev *d)
{
	if (c->host->cpu == VH_CPU_INTEL && vh_pci_is_display(d->class) && !d->addr.bus &&
	    has_option(c->host->cmdline, "intel_iommu", "igfx_off"))
		return "take igfx_off off the kernel command line (intel_iommu=), and reboot";
	return is_x86(c->host) ? "dmesg | grep -i -e iommu -e dmar -e amd-vi"
			       : "dmesg | grep -i -e iommu -e smmu";
}

static void check_group_of(const struct vh_case *c, const struct vh_plan_dev *pd,
			   const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_group *g = vh_host_group(c->host, pd->dev->group);

	if (vh_rule_gets_group_later(c->host, pd->dev))
		vh_finding_add(
			out, r, pd, NULL,
			"%s has no driver, and so no IOMMU group yet: this kernel makes it when a driver takes the device. A start binds it for a moment and sees what else is in the group; before, nobody knows",
			vh_pci_str(&pd->dev->addr).s)
			->severity = VH_WARNING;
	else if (pd->dev->group < 0)
		vh_finding_add(out, r, pd, no_group_fix(c, pd->dev),
			       "%s has no IOMMU group, although other devices have one",
			       vh_pci_str(&pd->dev->addr).s);
	else if (g && g->noiommu)
		vh_finding_add(
			out, r, pd,
			"echo N > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode, then enable the real IOMMU",
			"%s has only a fake IOMMU group (vfio-noiommu), which isolates nothing",
			vh_pci_str(&pd->dev->addr).s);
}

static void check_iommu_off(const struct vh_case *c, const struct vh_rule *r,
			    struct vh_findings *out)
{
	_auto_free_ char *fix = NULL;
	const struct vh_plan_dev *pd = NULL;
	const char *off = turned_off(c->host);

	if (!vh_rule_is_concerned(c))
		return;
	off = c->host->under_xen ? NULL : off;
	if (c->host->iommu) {
		while ((pd = vh_rule_next_named(c, pd)))
			check_group_of(c, pd, r, out);
		return;
	}
	fix = iommu_fix(c->host);
	if (c->host->iommu_elsewhere) {
		vh_finding_add(
			out, r, NULL, fix,
			"no PCI device has an IOMMU group, only parts of the board itself have: this board has no IOMMU for PCIe, or the kernel does not use it");
		return;
	}
	vh_finding_add(out, r, NULL, fix, "no IOMMU groups: %s%s%s%s",
		       c->host->under_xen ? "this kernel runs under Xen, which keeps the IOMMU"
					  : firmware_text(c->host),
		       off ? " (kernel command line: '" : "", off ? off : "", off ? "')" : "");
}

const struct vh_rule vh_rule_iommu_off = {
	.name = "iommu-off",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_HOST | VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "a device is not in a real IOMMU group",
	.check = check_iommu_off,
	.explain = "Passthrough lets a guest program a device that reads and writes memory by\n"
		   "itself. Only an IOMMU confines the device to the memory of that guest, and\n"
		   "the kernel shows each unit of isolation as a group in\n"
		   "/sys/kernel/iommu_groups. Here there are no groups, or this device is in\n"
		   "none, or it is in a fake one that vfio-noiommu made. A guest cannot have a\n"
		   "device without a real group. Intel hosts need VT-d enabled in the firmware\n"
		   "setup and intel_iommu=on on the kernel command line; AMD hosts need IOMMU\n"
		   "(AMD-Vi) enabled in the firmware setup and no option. Both take a reboot. A\n"
		   "host that is a virtual machine needs a virtual IOMMU from its hypervisor\n"
		   "instead. Afterwards 'vfio-hook check' without arguments shows whether it\n"
		   "worked.",
};

/* libvirt reads modules.alias only for what it binds itself (virpci.c:
 * virPCIDeviceFindBestVFIOVariant()). */
static bool libvirt_binds(const struct vh_case *c)
{
	const struct vh_plan_dev *pd = NULL;

	if (!c->plan)
		return true;
	while ((pd = vh_rule_next_named(c, pd))) {
		if (pd->element && pd->element->managed)
			return true;
	}
	return false;
}

/* Is everything on a VFIO driver already? */
static bool is_bound(const struct vh_case *c)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd))) {
		if (!pd->dev->on_vfio)
			return false;
	}
	return c->plan != NULL;
}

static const char *missing_fix(const struct vh_host *h)
{
	return h->alias_missing ? "reboot into an installed kernel"
				: "boot a kernel that has vfio-pci, with its modules installed";
}

/* libvirt fails without modules.alias from 10.0 on; 11.3 does, as tried, and 12.8 does not. */
static void check_alias(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_host *h = c->host;
	const char *release = h->release ? h->release : "unknown";
	bool fails = h->libvirt_version >= 10000 && h->libvirt_version <= 11003;
	_auto_free_ char *word = vh_shell_operand(release);
	_auto_free_ char *fix = vh_printf("depmod %s   # or reboot into an installed kernel", word);

	if (h->libvirt_version >= 12008)
		return;
	vh_finding_add(
		out, r, NULL, fix,
		fails ? "/lib/modules/%s/modules.alias is missing: this libvirt fails without it"
		      : "/lib/modules/%s/modules.alias is missing: libvirt from 10.0 on fails without it, though 12.8 does not",
		release)
		->severity = fails ? VH_ERROR : VH_WARNING;
}

static void add_forbidden(const struct vh_host *h, const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *file = h->forbidden_by ? vh_shell_quote(h->forbidden_by) : NULL;
	_auto_free_ char *message = NULL, *fix = NULL, *why = NULL;

	why = h->blacklisted ? vh_strdup("module_blacklist= on the kernel command line")
			     : vh_printf("'%s'", h->forbidden_by);
	message =
		!strcmp(h->forbidden, "vfio_pci")
			? vh_printf("vfio-pci is not loaded, and %s prevents it from being loaded",
				    why)
			: vh_printf("vfio-pci is not loaded: it needs %s, and %s prevents that from being loaded",
				    h->forbidden, why);
	if (h->blacklisted)
		fix = vh_printf("take %s out of module_blacklist= and reboot", h->forbidden);
	else
		fix = vh_printf("remove the line 'install %s' from %s, or run 'modprobe -i %s' first",
				!strcmp(h->forbidden, "vfio_pci") ? "vfio-pci" : h->forbidden, file,
				!strcmp(h->forbidden, "vfio_pci") ? "vfio-pci" : h->forbidden);
	vh_finding_add(out, r, NULL, fix, "%s", message);
}

static void check_vfio_unavailable(const struct vh_case *c, const struct vh_rule *r,
				   struct vh_findings *out)
{
	const struct vh_host *h = c->host;
	const char *release = h->release ? h->release : "unknown";

	if (!vh_rule_is_concerned(c) || (c->plan && !vh_rule_next_named(c, NULL)))
		return;
	if (h->vfio_pci == VH_MODULE_FORBIDDEN && !is_bound(c)) {
		add_forbidden(h, r, out);
	} else if (h->vfio_pci == VH_MODULE_MISSING && h->hardening.no_modules) {
		return; /* unit-hardened says it: no reboot cures that */
	} else if (h->vfio_pci == VH_MODULE_MISSING && !is_bound(c)) {
		vh_finding_add(
			out, r, NULL, missing_fix(h),
			h->alias_missing
				? "vfio-pci is not loaded, and the modules of the running kernel '%s' are not installed"
				: "vfio-pci is neither loaded nor a module of the running kernel '%s'",
			release);
	} else if (h->alias_missing && libvirt_binds(c)) {
		check_alias(c, r, out);
	}
}

const struct vh_rule vh_rule_vfio_unavailable = {
	.name = "vfio-unavailable",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_HOST | VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "vfio-pci is not available",
	.check = check_vfio_unavailable,
	.explain = "vfio-pci is the driver that a device is bound to while a guest has it. It is\n"
		   "neither loaded nor a module of the running kernel, or a line 'install\n"
		   "vfio-pci /bin/false' in modprobe.d, or module_blacklist= on the kernel\n"
		   "command line, prevents it or a module that it needs from being loaded, so\n"
		   "the device cannot be handed to a guest. The usual reason is a kernel package\n"
		   "that was upgraded or removed without a reboot: then a reboot is enough. A\n"
		   "kernel built by hand needs CONFIG_VFIO_PCI. If vfio-pci is available and\n"
		   "only modules.alias of the running kernel is missing, libvirt 10.0 to 11.3\n"
		   "fails, because it reads it before it binds a device: that is an error. 12.8\n"
		   "starts without it; with others it is a warning. 'depmod' writes that file.",
};

/* --- the daemon's unit --------------------------------------------------------------------------- */

static void add_hardened(const struct vh_host *h, const struct vh_rule *r, const char *setting,
			 const char *what, struct vh_findings *out)
{
	const char *daemon = h->hardening.daemon ? h->hardening.daemon : "libvirtd";
	_auto_free_ char *fix = vh_printf("systemctl edit %s   # [Service], then %s, and restart it",
					  daemon, setting);

	vh_finding_add(out, r, NULL, fix,
		       "%s %s: its unit is hardened (%.*s), or it runs in a container", daemon,
		       what, (int)strcspn(setting, "="), setting);
}

/* What goes by iommufd libvirt opens itself. */
static bool goes_by_group(const struct vh_case *c)
{
	if (!c->domain || c->networks.pools.count)
		return true;
	for (size_t i = 0; i < c->domain->n_devices; i++)
		if (!vh_domain_is_iommufd(c->domain, &c->domain->devices[i]))
			return true;
	return false;
}

/* Not the unit: the setting for all guests. */
static void check_ownership(const struct vh_case *c, const struct vh_rule *r,
			    struct vh_findings *out)
{
	const struct vh_ownership *o = &c->around.ownership;
	_auto_free_ char *user = o->user ? vh_printable(o->user, 40) : NULL, *fix = NULL;
	struct vh_finding *f;

	if (!o->closed || !goes_by_group(c))
		return;
	fix = vh_printf(
		"write this rule of udev into /etc/udev/rules.d/60-vfio.rules, and reload the rules: SUBSYSTEM==\"vfio\", OWNER=\"%s\", MODE=\"0600\"\n"
		"or write dynamic_ownership = 1 into /etc/libvirt/qemu.conf, and restart the daemon",
		user ? user : "USER");
	f = vh_finding_add(
		out, r, NULL, fix,
		"QEMU%s%s%s may not open the group in /dev/vfio: qemu.conf has dynamic_ownership = 0, so that libvirt does not give it to QEMU, and no rule of udev does",
		user ? ", which runs as '" : ", unless it runs as root,", user ? user : "",
		user ? "'," : "");
	if (!user || c->scripts.maker) /* another hook may do it */
		f->severity = VH_WARNING;
}

static void check_unit_hardened(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	const struct vh_host *h = c->host;

	if (!vh_rule_is_concerned(c) || (c->plan && !vh_rule_next_named(c, NULL)))
		return;
	if (h->hardening.no_modules &&
	    (h->vfio_pci == VH_MODULE_MISSING || h->vfio_pci == VH_MODULE_LOADABLE) && !is_bound(c))
		add_hardened(h, r, "ProtectKernelModules=no",
			     "cannot load modules, and vfio-pci is not loaded", out);
	if (h->hardening.own_devices)
		add_hardened(h, r, "PrivateDevices=no", "does not see /dev/vfio", out);
	if (h->hardening.read_only)
		add_hardened(h, r, "ProtectKernelTunables=no",
			     "cannot bind a device, /sys is read-only to it", out);
	if (h->hardening.no_locking)
		add_hardened(h, r, "LimitMEMLOCK=infinity",
			     "cannot let QEMU lock the guest's memory, it lacks CAP_SYS_RESOURCE",
			     out);
	check_ownership(c, r, out);
}

const struct vh_rule vh_rule_unit_hardened = {
	.name = "unit-hardened",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_HOST | VH_SCOPE_DEVICE,
	.title = "libvirt's daemon or QEMU lacks permissions that passthrough needs",
	.check = check_unit_hardened,
	.explain = "The unit of libvirtd or virtqemud is hardened, or the daemon runs in a\n"
		   "container, and passthrough needs something that this restriction takes away.\n"
		   "ProtectKernelModules hides /lib/modules, so that vfio-pci cannot be loaded;\n"
		   "PrivateDevices gives the daemon a /dev without VFIO; ProtectKernelTunables\n"
		   "makes /sys read-only; without CAP_SYS_RESOURCE the limit of locked memory\n"
		   "cannot be raised for QEMU. The hook runs with the same restrictions.\n"
		   "'systemctl cat libvirtd' shows where the settings come from. For modules it\n"
		   "is enough to load vfio-pci at boot, unless libvirt 10 or later needs to read\n"
		   "modules.alias.\n"
		   "With dynamic_ownership = 0 in qemu.conf, as OpenNebula sets it, libvirt does\n"
		   "not give the nodes in /dev/vfio to QEMU's user, and QEMU ends with\n"
		   "'Permission denied', unless it runs as root or a rule of udev opens them. It\n"
		   "is a warning if qemu.conf does not say as whom it runs.",
};
