/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine - see machine.h. */
#include "lib/host/machine.h"

#include <errno.h>

#include "lib/base/strbuf.h"
#include "lib/host/module-options.h"
#include "lib/host/modules.h"

#include "lib/base/banned.h"

/* Is it named in a modules.dep or modules.builtin? Its file name has - or _. */
static bool lists_vfio_pci(const char *text)
{
	return text && (strstr(text, "/vfio-pci.ko") || strstr(text, "/vfio_pci.ko"));
}

/* module_blacklist=A,B: names of modules as they are, with _ (kernel/module/main.c:blacklisted());
 * of several the last one counts, and modprobe.blacklist= is for names by alias alone. */
static bool is_blacklisted(const char *cmdline, const char *module)
{
	static const char key[] = "module_blacklist=";
	bool listed = false;

	for (const char *word = cmdline; word && *word;) {
		size_t n = strcspn(word, " \t\n"), length = 0;

		if (vh_has_prefix(word, key)) {
			listed = false;
			for (size_t at = strlen(key); at < n; at += length + 1) {
				length = strcspn(word + at, ", \t\n");
				listed |= vh_is_word(word + at, length, module);
			}
		}
		word += n;
		word += strspn(word, " \t\n");
	}
	return listed;
}

/* Does modules.dep say that vfio-pci needs it? PATH/vfio-pci.ko: PATH/vfio.ko ... */
static bool is_needed(const char *deps, const char *file)
{
	const char *line = deps ? strstr(deps, "/vfio-pci.ko") : NULL;
	const char *found = line ? strstr(line, file) : NULL;

	return found && found < line + strcspn(line, "\n");
}

/* modprobe and the kernel forbid what it needs as they forbid itself
 * (libkmod/libkmod-module.c:kmod_module_probe_insert_module()), unless it is loaded. */
static void read_forbidden(const struct vh_root *root, struct vh_host *h, const char *deps)
{
	static const struct {
		const char *module, *file;
	} modules[] = {
		{ "vfio_pci", "/vfio-pci.ko" },
		{ "vfio_pci_core", "/vfio-pci-core.ko" },
		{ "vfio", "/vfio.ko" },
	};
	_auto_module_values_ struct vh_module_options installs = { 0 };

	vh_module_options_installs(root, &installs);
	for (size_t i = 0; i < VH_COUNT(modules) && !h->forbidden; i++) {
		const char *module = modules[i].module;
		const char *where = vh_module_options_forbidden_by(&installs, module);
		bool blacklisted = is_blacklisted(h->cmdline, module);

		if ((!where && !blacklisted) ||
		    (i && (!is_needed(deps, modules[i].file) ||
			   vh_root_exists(root, "sys/module/%s", module))))
			continue;
		h->forbidden = module;
		h->blacklisted = blacklisted;
		h->forbidden_by = blacklisted ? NULL : vh_strdup(where);
	}
}

static enum vh_module read_vfio_pci(const struct vh_root *root, struct vh_host *h)
{
	_auto_free_ char *deps = NULL, *builtin = NULL;

	if (vh_root_exists(root, "sys/bus/pci/drivers/vfio-pci"))
		return VH_MODULE_LOADED;
	if (h->release)
		deps = vh_modules_read(root, h->release, "modules.dep");
	if (!deps)
		return root->live || vh_root_exists(root, "lib/modules") ? VH_MODULE_MISSING
									 : VH_MODULE_UNKNOWN;
	if (!lists_vfio_pci(deps)) {
		builtin = vh_modules_read(root, h->release, "modules.builtin");
		if (!lists_vfio_pci(builtin))
			return VH_MODULE_MISSING;
	}
	read_forbidden(root, h, deps);
	return h->forbidden ? VH_MODULE_FORBIDDEN : VH_MODULE_LOADABLE;
}

/* The installed library says its version by its file's name: libvirt.so.0.11003.0 is 11.3.0.
 * It lies in /usr/lib64, /usr/lib, or the architecture's folder there (Debian). */
unsigned int vh_machine_libvirt(const struct vh_root *root)
{
	_auto_names_ struct vh_names dirs = { 0 };
	unsigned int version = 0;

	if (vh_root_list_dirs(root, &dirs, "usr/lib") < 0)
		return 0;
	*VH_APPEND(dirs.name, dirs.count) = vh_strdup(".");
	*VH_APPEND(dirs.name, dirs.count) = vh_strdup("../lib64");
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *name = vh_root_link_name(root, "usr/lib/%s/libvirt.so.0",
							   dirs.name[i]);

		if (name && sscanf(name, "libvirt.so.0.%u.", &version) == 1)
			return version;
	}
	return 0;
}

/* `ret_virtual`: a hypervisor shows it (CPUID, leaf 1), that of Xen to its first domain too. */
static enum vh_cpu read_cpu(const struct vh_root *root, bool *ret_virtual)
{
	char text[4096];
	ssize_t n = vh_root_read_bytes(root, text, sizeof(text) - 1, "proc/cpuinfo");

	*ret_virtual = false;
	if (n < 0)
		return VH_CPU_OTHER;
	text[n] = 0;
	*ret_virtual = strstr(text, " hypervisor");
	if (strstr(text, "GenuineIntel"))
		return VH_CPU_INTEL;
	if (strstr(text, "AuthenticAMD") || strstr(text, "HygonGenuine"))
		return VH_CPU_AMD;
	if (strstr(text, "CPU implementer"))
		return VH_CPU_ARM;
	if (strstr(text, "IBM/S390"))
		return VH_CPU_Z;
	return strstr(text, "POWER") ? VH_CPU_POWER : VH_CPU_OTHER;
}

/* The kernel makes a platform device of each SMMU that ACPI's IORT or the device tree describes,
 * whether a driver takes it or not: arm-smmu-v3.0.auto, 9050000.smmuv3, 2b400000.iommu. */
static enum vh_tri has_smmu(const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(root, &names, "sys/bus/platform/devices") < 0)
		return VH_UNKNOWN;
	for (size_t i = 0; i < names.count; i++)
		if (strstr(names.name[i], "smmu") || strstr(names.name[i], ".iommu"))
			return VH_YES;
	/* a snapshot of an older version has none of them */
	return root->live ? VH_NO : VH_UNKNOWN;
}

/* IBM Z: the functions that are assigned to this system, and not configured. */
static char *read_off_slots(const struct vh_root *root)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(root, &names, "sys/bus/pci/slots")); /* none, then */
	for (size_t i = 0; i < names.count; i++) /* the id of a function is hex */
		if (!names.name[i][strspn(names.name[i], "0123456789abcdef")] &&
		    vh_root_read_int(root, "sys/bus/pci/slots/%s/power", names.name[i]) == 0)
			vh_strbuf_join(&sb, " ", names.name[i]);
	return sb.len ? vh_strbuf_steal(&sb) : NULL;
}

/* What cannot be read, and what is empty, may have had a PCI function. */
static bool may_have_pci(const struct vh_root *root, const char *group)
{
	_auto_names_ struct vh_names members = { 0 };
	struct vh_pci_addr addr;

	if (vh_root_list(root, &members, "sys/kernel/iommu_groups/%s/devices", group) < 0)
		return errno != ENOENT;
	for (size_t i = 0; i < members.count; i++)
		if (vh_pci_parse(members.name[i], &addr) == 0)
			return true;
	return !members.count;
}

/* QEMU0002 is the fw_cfg device in the guest's ACPI tables (docs/specs/fw_cfg.rst); the kernel
 * registers vmbus where it runs on Hyper-V alone (drivers/hv/vmbus_drv.c:hv_acpi_init()). */
static bool is_guest(const struct vh_root *root)
{
	_auto_names_ struct vh_names acpi = { 0 };

	VH_IGNORE(vh_root_list(root, &acpi, "sys/bus/acpi/devices")); /* none, then */
	return vh_names_has(&acpi, "QEMU0002:00") || vh_root_exists(root, "sys/bus/vmbus");
}

/* Of other hypervisors, which is asked only where there is no IOMMU: what the firmware calls the
 * machine. */
static bool is_guest_by_name(const struct vh_root *root)
{
	static const char *const vendors[] = { "VMware", "innotek GmbH", "QEMU",
					       "Xen",    "Parallels",    "BHYVE" };
	_auto_free_ char *text = vh_root_read(root, "sys/devices/virtual/dmi/id/sys_vendor");

	for (size_t i = 0; text && i < VH_COUNT(vendors); i++)
		if (vh_has_prefix(text, vendors[i]))
			return true;
	return false;
}

void vh_machine_read(const struct vh_root *root, struct vh_host *h)
{
	_auto_names_ struct vh_names names = { 0 };
	bool tables = vh_root_list(root, &names, "sys/firmware/acpi/tables") == 0, is_virtual;

	h->release = vh_root_read(root, "proc/sys/kernel/osrelease");
	h->cmdline = vh_root_read(root, "proc/cmdline");
	h->cpu = read_cpu(root, &is_virtual);
	h->is_guest = is_guest(root);
	for (size_t i = 0; i < names.count; i++)
		if (!strcmp(names.name[i], "DMAR") || !strcmp(names.name[i], "IVRS"))
			h->firmware_iommu = VH_YES;
	if (h->cpu == VH_CPU_ARM)
		h->firmware_iommu = has_smmu(root);
	else if (tables && h->firmware_iommu != VH_YES)
		h->firmware_iommu = VH_NO;
	h->iommu = vh_root_has_entries(root, "sys/kernel/iommu_groups");
	if (!h->iommu) {
		_auto_free_ char *hypervisor = vh_root_read(root, "sys/hypervisor/type");

		h->is_guest = h->is_guest || is_guest_by_name(root);
		h->under_xen = !h->is_guest && vh_streq(hypervisor, "xen");
		h->is_guest = h->is_guest || (is_virtual && !h->under_xen);
	}
	if (h->cpu == VH_CPU_Z && !h->iommu)
		h->off_slots = read_off_slots(root);
	h->vfio_pci = read_vfio_pci(root, h);
	h->denylist = vh_module_options_is_on(root, h->cmdline, "vfio_pci", "disable_denylist")
			      ? VH_NO
			      : VH_YES;
	h->alias_missing = h->release && vh_root_exists(root, "lib/modules") &&
			   !vh_root_exists(root, "lib/modules/%s/modules.alias", h->release);
	if (h->alias_missing)
		h->libvirt_version = vh_machine_libvirt(root);
}

void vh_machine_weigh_groups(const struct vh_root *root, struct vh_host *h, bool has_all)
{
	_auto_names_ struct vh_names groups = { 0 };

	for (size_t i = 0; i < h->n_devs; i++)
		if (h->devs[i]->group >= 0)
			return;
	if (!h->iommu || vh_root_list(root, &groups, "sys/kernel/iommu_groups") < 0)
		return;
	h->iommu = false;
	for (size_t i = 0; !has_all && i < groups.count && !h->iommu; i++)
		h->iommu = may_have_pci(root, groups.name[i]);
	h->iommu_elsewhere = !h->iommu;
}
