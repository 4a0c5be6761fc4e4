/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-facts - what the rules ask of machine and devices, read from small machines: each is a USB,
 * network or graphics function 0000:01:00.0 and some files more.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/strbuf.h"
#include "lib/host/libvirt/hook-install.h"
#include "lib/host/host.h"
#include "lib/host/module-options.h"
#include "lib/host/read.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define PORT "pci 0000:00:01.0 class=060400 id=8086:1901 group=1 driver=pcieport header=01\n"
#define FUNCTION(class, driver)                                                     \
	PORT "pci 0000:01:00.0 class=" class " id=10de:1b80 group=2 driver=" driver \
					     " parent=0000:00:01.0\n"
#define NIC FUNCTION("020000", "igb") NET
#define GPU FUNCTION("030000", "amdgpu")
#define USB FUNCTION("0c0330", "xhci_hcd")
#define NVIDIA FUNCTION("030000", "nvidia")
#define NET                                        \
	"f @0000:01:00.0/net/eth0/flags\t0x1003\n" \
	"f @0000:01:00.0/net/eth0/ifindex\t3\n"
#define ROUTES(more)                                                                                     \
	"f proc/net/route\tIface\\tDestination\\tGateway\\tFlags\\tRefCnt\\tUse\\tMetric\\tMask\\n" more \
	"\n"
#define CPU "f proc/cpuinfo\tvendor_id\\t: GenuineIntel\n"
#define MODULES                                \
	"f proc/sys/kernel/osrelease\t6.1.0\n" \
	"f lib/modules/6.1.0/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n"
#define FLAGGED "f proc/cpuinfo\tvendor_id\\t: AuthenticAMD\\nflags\\t\\t: fpu hypervisor lahf_lm\n"
#define ARM "f proc/cpuinfo\tprocessor\\t: 0\\nCPU implementer\\t: 0x41\n"
#define STORE                                       \
	"f proc/sys/kernel/osrelease\t6.1.0\n"      \
	"f nix/store/m-kernel-modules/lib/modules/" \
	"6.1.0/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko.xz:\n"
#define ALIAS "f lib/modules/6.1.0/modules.alias\t-\n"
#define WITHOUT "pci 0000:01:00.0 class=020000 id=8086:10d3 driver=igb\nd sys/kernel/iommu_groups\n"
#define VENDOR(name) "f sys/devices/virtual/dmi/id/sys_vendor\t" name "\n"
#define XEN "f sys/hypervisor/type\txen\n"
#define PLAIN_IRQS "f proc/interrupts\t  0:  1   IO-APIC   2-edge   timer\n"

static const char *tri(enum vh_tri t)
{
	return t == VH_YES ? "yes" : t == VH_NO ? "no" : "unknown";
}

static void show_uses(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d)
{
	(void)h;
	for (size_t i = 0; i < d->n_uses; i++) {
		const struct vh_use *u = &d->uses[i];

		vh_strbuf_addf(sb, "%s%s%s%s%s%s%s", i ? ", " : "", u->vital ? "vital " : "",
			       u->weak ? "weak " : "", u->peer_only ? "peer " : "",
			       u->input & VH_INPUT_KEYBOARD ? "K " : "",
			       u->input & VH_INPUT_MOUSE ? "M " : "", u->text);
	}
}

static void show_fix(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d)
{
	(void)h;
	vh_strbuf_add(sb, d->n_uses && d->uses[0].fix ? d->uses[0].fix : "none");
}

static void show_interrupts(struct vh_strbuf *sb, const struct vh_host *h,
			    const struct vh_pci_dev *d)
{
	(void)d;
	vh_strbuf_addf(sb, "%s %s", tri(h->remapping), tri(h->unsafe_interrupts));
	if (h->unsafe_iommufd == VH_YES)
		vh_strbuf_add(sb, ", iommufd yes");
}

static void show_denylist(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d)
{
	(void)d;
	vh_strbuf_add(sb, tri(h->denylist));
}

static void show_firmware(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d)
{
	(void)d;
	vh_strbuf_addf(sb, "%s %s%s%s",
		       h->cpu == VH_CPU_ARM ? "arm"
		       : h->cpu == VH_CPU_Z ? "z"
					    : "?",
		       tri(h->firmware_iommu), h->off_slots ? ", off: " : "",
		       h->off_slots ? h->off_slots : "");
}

static void show_ids(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d)
{
	(void)d;
	for (size_t i = 0; i < h->n_bind_ids; i++)
		vh_strbuf_addf(sb, "%s%s %s", i ? ", " : "", h->bind_ids[i].text,
			       h->bind_ids[i].where);
	vh_strbuf_addf(sb, "; bound %zu", h->n_on_vfio_pci);
}

static void show_mates(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d)
{
	(void)h;
	vh_strbuf_addf(sb, "%s", tri(d->can_reset));
	for (size_t i = 0; i < d->n_mates; i++)
		vh_strbuf_addf(sb, ", %s %u", vh_pci_str(&d->mates[i].dev->addr).s,
			       d->mates[i].kinds);
}

static void show_memory(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d)
{
	const struct vh_group *g = vh_host_group(h, 2);

	vh_strbuf_addf(sb, "%s node %d of %zu", d->framebuffer ? d->framebuffer : "none",
		       d->numa_node, h->n_nodes);
	for (size_t i = 0; i < g->direct.count; i++)
		vh_strbuf_addf(sb, " %s", g->direct.name[i]);
}

static void show_nodes(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d)
{
	(void)d;
	vh_strbuf_addf(sb, "%zu", h->n_nodes);
	for (size_t i = 0; i < h->not_checked.count; i++)
		if (strstr(h->not_checked.name[i], "NUMA"))
			vh_strbuf_addf(sb, ", not checked: %s", h->not_checked.name[i]);
}

static void show_module(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d)
{
	(void)d;
	vh_strbuf_addf(sb, "%s, libvirt %u",
		       h->vfio_pci == VH_MODULE_LOADED      ? "loaded"
		       : h->vfio_pci == VH_MODULE_LOADABLE  ? "loadable"
		       : h->blacklisted                     ? "blacklisted"
		       : h->vfio_pci == VH_MODULE_FORBIDDEN ? h->forbidden_by
		       : h->vfio_pci == VH_MODULE_MISSING   ? "missing"
							    : "unknown",
		       h->libvirt_version);
}

static void show_hypervisor(struct vh_strbuf *sb, const struct vh_host *h,
			    const struct vh_pci_dev *d)
{
	(void)d;
	vh_strbuf_add(sb, h->under_xen ? "Xen" : h->is_guest ? "guest" : "none");
}

static const struct {
	const char *name, *machine;
	void (*show)(struct vh_strbuf *sb, const struct vh_host *h, const struct vh_pci_dev *d);
	const char *want;
} cases[] = {
	{ "a guest of VMware", WITHOUT VENDOR("VMware, Inc."), show_hypervisor, "guest" },
	{ "a guest of VirtualBox", WITHOUT VENDOR("innotek GmbH"), show_hypervisor, "guest" },
	{ "a Chromebook", WITHOUT VENDOR("Google"), show_hypervisor, "none" },
	{ "a guest of Xen", WITHOUT VENDOR("Xen") XEN, show_hypervisor, "guest" },
	{ "the first domain of Xen", WITHOUT VENDOR("Dell Inc.") XEN, show_hypervisor, "Xen" },
	{ "a guest of a hypervisor that no name tells", WITHOUT FLAGGED, show_hypervisor, "guest" },
	{ "the first domain of Xen, as its processor shows it", WITHOUT FLAGGED XEN,
	  show_hypervisor, "Xen" },
	{ "a processor of a machine of its own", WITHOUT CPU, show_hypervisor, "none" },
	{ "no hypervisor", WITHOUT VENDOR("Dell Inc."), show_hypervisor, "none" },
	{ "NUMA nodes, one without processors",
	  NIC
	  "f sys/devices/system/node/online\t0-1\n"
	  "f sys/devices/system/node/node0/cpulist\t0-3\nf sys/devices/system/node/node1/cpulist\t\n",
	  show_nodes, "2" },
	{ "NUMA nodes that are no list", NIC "f sys/devices/system/node/online\t0 1\n", show_nodes,
	  "0, not checked: the NUMA nodes: those that are online are '0 1'" },
	{ "a NUMA node whose processors are no list",
	  NIC
	  "f sys/devices/system/node/online\t0-1\n"
	  "f sys/devices/system/node/node0/cpulist\t0-3\nf sys/devices/system/node/node1/cpulist\t4 5\n",
	  show_nodes, "0, not checked: the NUMA nodes: the processors of node 1 are '4 5'" },
	{ "remapped", NIC CPU "f proc/interrupts\t  9:  0   IR-IO-APIC 9-fasteoi acpi\n",
	  show_interrupts, "yes unknown" },
	{ "remapped, by MSI",
	  NIC CPU "f proc/interrupts\t 40:  0   IR-PCI-MSIX-0000:01:00.2 0-edge x\n",
	  show_interrupts, "yes unknown" },
	{ "not remapped", NIC CPU PLAIN_IRQS, show_interrupts, "no no" },
	{ "not remapped, a device called so",
	  NIC CPU "f proc/interrupts\t  0:  1 IO-APIC 2-edge xIR-IO-APIC\n", show_interrupts,
	  "no no" },
	{ "Xen", NIC CPU "f proc/interrupts\t  9:  0  xen-pirq -ioapic-level acpi\n",
	  show_interrupts, "unknown unknown" },
	{ "no table of interrupts", NIC CPU, show_interrupts, "unknown unknown" },
	{ "another architecture", NIC PLAIN_IRQS, show_interrupts, "unknown unknown" },
	{ "unsafe, loaded",
	  NIC CPU PLAIN_IRQS "f sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts\tY\n",
	  show_interrupts, "no yes" },
	{ "safe, loaded, whatever is configured",
	  NIC CPU PLAIN_IRQS "f sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts\tN\n"
			     "f proc/cmdline\tvfio_iommu_type1.allow_unsafe_interrupts=1\n",
	  show_interrupts, "no no" },
	{ "unsafe, on the command line",
	  NIC CPU PLAIN_IRQS "f proc/cmdline\tro vfio_iommu_type1.allow_unsafe_interrupts=1 quiet\n",
	  show_interrupts, "no yes" },
	{ "unsafe, in modprobe.d",
	  NIC CPU PLAIN_IRQS
	  "f etc/modprobe.d/a.conf\toptions vfio-iommu-type1 x=1 \\\\\\n allow_unsafe_interrupts=1\n",
	  show_interrupts, "no yes" },
	{ "a file of that name in /etc hides the other",
	  NIC CPU PLAIN_IRQS
	  "f etc/modprobe.d/a.conf\t# options vfio_iommu_type1 allow_unsafe_interrupts=1\n"
	  "f lib/modprobe.d/a.conf\toptions vfio_iommu_type1 allow_unsafe_interrupts=1\n"
	  "f lib/modprobe.d/b.txt\toptions vfio_iommu_type1 allow_unsafe_interrupts=1\n",
	  show_interrupts, "no no" },
	{ "vfio-pci has its list of devices that it refuses", NIC, show_denylist, "yes" },
	{ "not any more", NIC "f sys/module/vfio_pci/parameters/disable_denylist\tY\n",
	  show_denylist, "no" },
	{ "nor will it, when it is loaded",
	  NIC "f etc/modprobe.d/a.conf\toptions vfio-pci disable_denylist=1\n", show_denylist, "no" },
	{ "nor by the command line", NIC "f proc/cmdline\tro vfio-pci.disable_denylist=Y\n",
	  show_denylist, "no" },
	{ "it was loaded before that was written",
	  NIC "f sys/module/vfio_pci/parameters/disable_denylist\tN\n"
	      "f etc/modprobe.d/a.conf\toptions vfio-pci disable_denylist=1\n",
	  show_denylist, "yes" },
	{ "unsafe for iommufd alone",
	  NIC CPU PLAIN_IRQS "f sys/module/iommufd/parameters/allow_unsafe_interrupts\tY\n",
	  show_interrupts, "no no, iommufd yes" },
	{ "unsafe for iommufd that is not loaded yet",
	  NIC CPU PLAIN_IRQS "f etc/modprobe.d/a.conf\toptions iommufd allow_unsafe_interrupts=Y\n",
	  show_interrupts, "no no, iommufd yes" },
	{ "unsafe for groups, safe for iommufd",
	  NIC CPU PLAIN_IRQS "f sys/module/iommufd/parameters/allow_unsafe_interrupts\tN\n"
			     "f sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts\tY\n",
	  show_interrupts, "no yes" },
	{ "ARM, an ITS", NIC ARM "f proc/interrupts\t 31: 0 ITS-PCI-MSI-0000:00:01.0 0 Edge x\n",
	  show_interrupts, "yes unknown" },
	{ "ARM, an ITS before Linux 6.9", NIC ARM "f proc/interrupts\t 31: 0 ITS-MSI 524288 Edge x\n",
	  show_interrupts, "yes unknown" },
	{ "ARM, GICv2m", NIC ARM "f proc/interrupts\t 31: 0 GICv2m-PCI-MSI-0000:00:01.0 0 Edge x\n",
	  show_interrupts, "no no" },
	{ "ARM, no device with messages yet", NIC ARM "f proc/interrupts\t 11: 0 GICv3 27 Level x\n",
	  show_interrupts, "unknown unknown" },
	{ "ARM, an SMMU of ACPI", NIC ARM "d sys/bus/platform/devices/arm-smmu-v3.0.auto\n",
	  show_firmware, "arm yes" },
	{ "ARM, an SMMU of the device tree", NIC ARM "d sys/bus/platform/devices/9050000.smmuv3\n",
	  show_firmware, "arm yes" },
	{ "ARM, none", NIC ARM "d sys/bus/platform/devices/PNP0C0C:00\n", show_firmware,
	  "arm unknown" },
	{ "IBM Z, functions that are switched off",
	  "f proc/cpuinfo\tvendor_id       : IBM/S390\nf sys/bus/pci/slots/00000021/power\t0\n"
	  "f sys/bus/pci/slots/00000022/power\t1\nf sys/bus/pci/slots/00000031/power\t0\n"
	  "pci 0000:03:00.0 class=020000 id=8086:10d3\n",
	  show_firmware, "z unknown, off: 00000021 00000031" },
	{ "ids",
	  "pci 0000:02:00.0 class=020000 id=8086:0001 group=9 driver=vfio-pci\n" NIC
	  "f proc/cmdline\tvfio_pci.ids=8086:1,10de:1b80:1043 xvfio-pci.ids=1:2\n"
	  "f etc/modprobe.d/v.conf\toptions vfio-pci disable_vga=1 ids=\"1022:43ee\"\n",
	  show_ids,
	  "1022:43ee /etc/modprobe.d/v.conf, 8086:1 the kernel command line, "
	  "10de:1b80:1043 the kernel command line; bound 1" },
	{ "no ids", NIC, show_ids, "; bound 0" },
	{ "the module can be loaded", NIC MODULES ALIAS, show_module, "loadable, libvirt 0" },
	{ "the module is there", NIC MODULES ALIAS "d sys/bus/pci/drivers/vfio-pci\n", show_module,
	  "loaded, libvirt 0" },
	{ "the module is in the store of NixOS",
	  NIC STORE "l run/booted-system\t../nix/store/b-nixos-system\n"
		    "l nix/store/b-nixos-system/kernel-modules\t../m-kernel-modules\n",
	  show_module, "loadable, libvirt 0" },
	{ "the module is in the store of NixOS, and the system was updated",
	  NIC STORE "d run/booted-system\nl run/current-system\t../nix/store/c-nixos-system\n"
		    "l nix/store/c-nixos-system/kernel-modules\t../m-kernel-modules\n",
	  show_module, "loadable, libvirt 0" },
	{ "the module is in the store of Guix",
	  NIC STORE "l run/booted-system\t../gnu/store/b-system\n"
		    "l gnu/store/b-system/kernel\t../../../nix/store/m-kernel-modules\n",
	  show_module, "loadable, libvirt 0" },
	{ "the module is in no store",
	  NIC STORE "l run/booted-system\t../nix/store/b-nixos-system\nd lib/modules\n", show_module,
	  "missing, libvirt 0" },
	{ "the module is missing",
	  NIC "f proc/sys/kernel/osrelease\t6.1.0\n"
	      "f lib/modules/6.1.0/modules.dep\t-\n" ALIAS,
	  show_module, "missing, libvirt 0" },
	{ "the module is forbidden",
	  NIC MODULES ALIAS
	  "f etc/modprobe.d/x.conf\toptions vfio-pci a=b\\ninstall vfio_pci /bin/false\n",
	  show_module, "/etc/modprobe.d/x.conf, libvirt 0" },
	{ "the module is installed otherwise",
	  NIC MODULES ALIAS "f etc/modprobe.d/x.conf\tinstall vfio-pci /usr/local/bin/falsely\\n"
			    "install vfio-pci /bin/false\\nblacklist vfio-pci\n",
	  show_module, "loadable, libvirt 0" },
	{ "another module is forbidden",
	  NIC MODULES ALIAS
	  "f etc/modprobe.d/x.conf\tinstall vfio-pci-core /bin/false\\ninstall vfio /bin/false\n",
	  show_module, "loadable, libvirt 0" },
	{ "a module is forbidden that it needs",
	  NIC ALIAS
	  "f proc/sys/kernel/osrelease\t6.1.0\nf etc/modprobe.d/x.conf\tinstall vfio "
	  "/bin/false\nf lib/modules/6.1.0/modules.dep\tk/pci/vfio-pci.ko.xz: k/vfio.ko.xz\n",
	  show_module, "/etc/modprobe.d/x.conf, libvirt 0" },
	{ "that is loaded",
	  NIC ALIAS "f proc/sys/kernel/osrelease\t6.1.0\nf etc/modprobe.d/x.conf\tinstall vfio "
		    "/bin/false\nd sys/module/vfio\n"
		    "f lib/modules/6.1.0/modules.dep\tk/pci/vfio-pci.ko.xz: k/vfio.ko.xz\n",
	  show_module, "loadable, libvirt 0" },
	{ "the kernel forbids it",
	  NIC MODULES ALIAS "f proc/cmdline\tquiet module_blacklist=nouveau,vfio_pci\n",
	  show_module, "blacklisted, libvirt 0" },
	{ "the kernel forbids what is called otherwise",
	  NIC MODULES ALIAS "f proc/cmdline\tmodule_blacklist=vfio-pci,vfio_pci_x "
			    "modprobe.blacklist=vfio_pci\n",
	  show_module, "loadable, libvirt 0" },
	{ "the last of two counts",
	  NIC MODULES ALIAS "f proc/cmdline\tmodule_blacklist=vfio_pci module_blacklist=nouveau\n",
	  show_module, "loadable, libvirt 0" },
	{ "no modules.alias",
	  NIC MODULES "f usr/lib/x86_64-linux-gnu/libvirt.so.0.9000.0\tELF\n"
		      "l usr/lib/x86_64-linux-gnu/libvirt.so.0\tlibvirt.so.0.9000.0\n",
	  show_module, "loadable, libvirt 9000" },
	{ "no modules.alias, lib64",
	  NIC MODULES "d usr/lib\nl usr/lib64/libvirt.so.0\tlibvirt.so.0.11003.0\n", show_module,
	  "loadable, libvirt 11003" },
	{ "functions of a slot",
	  GPU "pci 0000:01:00.1 class=040300 id=10de:10f0 group=2 parent=0000:00:01.0\n"
	      "pci 0000:01:02.0 class=040300 id=10de:10f0 group=2 parent=0000:00:01.0\n",
	  show_mates, "yes, 0000:01:00.1 1" },
	{ "a reset of the bus takes more along",
	  GPU "f @0000:01:00.0/reset_method\tbus\n"
	      "pci 0000:01:00.1 class=040300 id=10de:10f0 group=2 parent=0000:00:01.0\n"
	      "pci 0000:01:02.0 class=040300 id=10de:10f0 group=2 parent=0000:00:01.0\n",
	  show_mates, "yes, 0000:01:00.1 3, 0000:01:02.0 2" },
	{ "no reset", GPU "f @0000:01:00.0/reset_method\t\n", show_mates, "no" },
	{ "a link of the kernel",
	  GPU "pci 0000:02:00.0 class=0c0330 id=10de:0001 group=3\n"
	      "d @0000:01:00.0/consumer:pci:0000:02:00.0\nd @0000:01:00.0/supplier:platform:x\n",
	  show_mates, "yes, 0000:02:00.0 4" },
	{ "the framebuffer of the firmware",
	  GPU
	  "f @0000:01:00.0/resource\t0x00000000e0000000 0x00000000efffffff 0x000000000014220c\n"
	  "f proc/iomem\te0000000-efffffff : 0000:01:00.0\\n  e0000000-e02fffff : simple-framebuffer\n"
	  "f @0000:01:00.0/numa_node\t1\nf sys/devices/system/node/online\t0-1\n"
	  "f sys/kernel/iommu_groups/2/reserved_regions\t0x1 0x2 direct\\n0x3 0x4 direct-relaxable\n",
	  show_memory, "simple-framebuffer node 1 of 2 0x1-0x2" },
	{ "a framebuffer elsewhere",
	  GPU "f @0000:01:00.0/resource\t0x00000000e0000000 0x00000000efffffff 0x000000000014220c\n"
	      "f proc/iomem\tf0000000-f02fffff : BOOTFB\nf sys/devices/system/node/online\t0\n",
	  show_memory, "none node -1 of 0" },
	{ "the addresses are hidden",
	  GPU "f @0000:01:00.0/resource\t0x00000000e0000000 0x00000000efffffff 0x000000000014220c\n"
	      "f proc/iomem\t00000000-00000000 : BOOTFB\n",
	  show_memory, "none node -1 of 0" },
	{ "an address", NIC ROUTES("eth0\\t000200C0\\t00000000\\t0001\\t0\\t0\\t0\\t00FFFFFF"),
	  show_uses, "weak eth0 has an address in 192.0.2.0/24" },
	{ "an address, and how to end it",
	  NIC ROUTES("eth0\\t000200C0\\t00000000\\t0001\\t0\\t0\\t0\\t00FFFFFF"), show_fix,
	  "ip link set eth0 down   # cuts off whoever works over it" },
	{ "an address that NetworkManager gives",
	  NIC ROUTES(
		  "eth0\\t000200C0\\t00000000\\t0001\\t0\\t0\\t0\\t00FFFFFF") "f run/NetworkManager/devices/3\t[device]\\nmanaged=true\n",
	  show_fix, "nmcli device disconnect eth0   # cuts off whoever works over it" },
	{ "an address that nobody gave",
	  NIC ROUTES("eth0\\t0000FEA9\\t00000000\\t0001\\t0\\t0\\t0\\t0000FFFF"), show_uses,
	  "peer eth0 is up" },
	{ "a route by a gateway alone",
	  NIC ROUTES("eth0\\t0000000A\\t010200C0\\t0003\\t0\\t0\\t0\\t000000FF"), show_uses,
	  "peer eth0 is up" },
	{ "an IPv6 address",
	  NIC ROUTES(
		  "") "f proc/net/if_inet6\t20010db8000000000000000000000001 03 40 00 80     eth0\n",
	  show_uses, "weak eth0 has the address 2001:db8::1" },
	{ "an IPv6 address of the link",
	  NIC ROUTES(
		  "") "f proc/net/if_inet6\tfe800000000000000000000000000001 03 40 20 80     eth0\n",
	  show_uses, "peer eth0 is up" },
	{ "the root on NFS",
	  NIC ROUTES(
		  "eth1\\t000200C0\\t00000000\\t0001\\t0\\t0\\t0\\t0000FFFF\\n"
		  "eth0\\t000200C0\\t00000000\\t0001\\t0\\t0\\t0\\t00FFFFFF") "f proc/self/mountinfo\t26 1 0:30 / / rw - nfs4 192.0.2.9:/root rw,addr=192.0.2.9\n",
	  show_uses, "vital eth0: the root file system is on the NFS server 192.0.2.9" },
	{ "the root on NFS, by another interface",
	  NIC ROUTES(
		  "eth1\\t000200C0\\t00000000\\t0001\\t0\\t0\\t0\\t00FFFFFF") "f proc/self/mountinfo\t26 1 0:30 / / rw - nfs 192.0.2.9:/root rw,addr=192.0.2.9\n",
	  show_uses, "peer eth0 is up" },
	{ "keyboards and mice",
	  USB
	  "f @0000:01:00.0/usb1/1-1/product\tBoard\nf @0000:01:00.0/usb1/1-1/1-1:1.0/bInterfaceClass\t03\n"
	  "f @0000:01:00.0/usb1/1-1/1-1:1.0/bInterfaceProtocol\t01\n"
	  "f @0000:01:00.0/usb1/1-2/product\tPad\nf @0000:01:00.0/usb1/1-2/1-2:1.0/bInterfaceClass\t03\n"
	  "f @0000:01:00.0/usb1/1-2/1-2:1.0/0003:1:2.1/input/input5/capabilities/key\t1f 0 0 fffffffffffffffe\n"
	  "f @0000:01:00.0/usb1/1-2/1-2:1.0/0003:1:2.1/input/input6/capabilities/rel\t143\n"
	  "f @0000:01:00.0/usb1/1-3/product\tButtons\nf @0000:01:00.0/usb1/1-3/1-3:1.0/bInterfaceClass\t03\n"
	  "f @0000:01:00.0/usb1/1-3/1-3:1.0/0003:1:3.1/input/input7/capabilities/key\t1f 0 0 8000\n"
	  "f @0000:01:00.0/usb1/1-4/bDeviceClass\t09\nf @0000:01:00.0/usb1/1-4/1-4:1.0/bInterfaceClass\t09\n",
	  show_uses,
	  "peer K keyboard 'Board' (1-1), peer K M keyboard and mouse 'Pad' (1-2), "
	  "peer USB device 'Buttons' (1-3)" },
#define CONSOLE "f sys/class/vtconsole/vtcon1/name\t(M) frame buffer device\n"
	{ "the console",
	  GPU CONSOLE "d @0000:01:00.0/graphics/fb1\nd sys/class/graphics/fb1\n"
		      "f sys/class/vtconsole/vtcon1/bind\t1\n",
	  show_uses, "the console is drawn on it (fb1), peer it is a display of the host" },
	{ "the console, let go",
	  GPU CONSOLE "d @0000:01:00.0/graphics/fb1\nd sys/class/graphics/fb1\n"
		      "f sys/class/vtconsole/vtcon1/bind\t0\n",
	  show_uses, "peer it is a display of the host" },
	{ "the console is elsewhere",
	  GPU CONSOLE "d @0000:01:00.0/graphics/fb1\nd sys/class/graphics/fb0\n"
		      "f sys/class/vtconsole/vtcon1/bind\t1\n",
	  show_uses, "peer it is a display of the host" },
	{ "nvidia_drm",
	  NVIDIA "f sys/module/nvidia_drm/parameters/modeset\tY\n"
		 "f sys/module/nvidia_drm/parameters/fbdev\t1\n",
	  show_uses, "nvidia_drm holds it (modeset=1 fbdev=1), peer it is a display of the host" },
	{ "nvidia_drm without", NVIDIA "f sys/module/nvidia_drm/parameters/modeset\tN\n", show_uses,
	  "peer it is a display of the host" },
};

static void test_case(size_t n)
{
	_auto_free_ char *text = vh_printf("%sf proc/swaps\t-\n", cases[n].machine);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	const struct vh_pci_addr addr = { .bus = 1 };
	_auto_(vh_host) const struct vh_host *h = vh_host_read(
		&s->root, &addr, 1, VH_HOST_USES | VH_HOST_RULES, INT64_MAX);
	_auto_strbuf_ struct vh_strbuf have = { 0 };

	vh_strbuf_add(&have, "");
	cases[n].show(&have, h, vh_host_dev(h, &addr));
	if (!ok(!strcmp(have.data, cases[n].want), "%s", cases[n].name))
		diag("have: %s", have.data);
}

/* --- how the hook is installed --------------------------------------------------------------- */

#define HOOK "l etc/libvirt/hooks/qemu\t../../../usr/sbin/vfio-hook-qemu\n"
#define ELF "f usr/sbin/vfio-hook-qemu\t\\x7fELF\n"

static const struct {
	const char *name, *machine, *want;
} hooks[] = {
	{ "hook", HOOK ELF, "main ours" },
	{ "hook: gone", HOOK, "main ours missing" },
	{ "hook: overwritten", HOOK "f usr/sbin/vfio-hook-qemu\t#!/bin/sh\n",
	  "main ours overwritten" },
	{ "hook: of another", "f etc/libvirt/hooks/qemu\t#!/bin/sh\n", "main" },
	{ "hook: beside another",
	  ELF "f etc/libvirt/hooks/qemu\t#!/bin/sh\n"
	      "f etc/libvirt/hooks/qemu.d/10-x\t#!/bin/sh\n"
	      "l etc/libvirt/hooks/qemu.d/60-y\t../../../../usr/sbin/vfio-hook-qemu\n",
	  "main, 60-y ours" },
	{ "hook: two drop-ins",
	  ELF "l etc/libvirt/hooks/qemu.d/60-y\t../../../../usr/sbin/vfio-hook-qemu\n"
	      "l etc/libvirt/hooks/qemu.d/70-z\t../../../../usr/sbin/vfio-hook-qemu\n",
	  ", 60-y ours second /etc/libvirt/hooks/qemu.d/70-z" },
	{ "hook: none", "d etc/libvirt/hooks\n", "" },
	{ "hook: SELinux",
	  "d etc/libvirt/hooks\nf sys/fs/selinux/enforce\t1\n"
	  "f sys/fs/selinux/booleans/virt_hooks_unconfined\t0 0\n",
	  " selinux" },
	{ "hook: SELinux, permissive",
	  "d etc/libvirt/hooks\nf sys/fs/selinux/enforce\t0\n"
	  "f sys/fs/selinux/booleans/virt_hooks_unconfined\t0 0\n",
	  "" },
	{ "hook: not recorded", "d etc/libvirt\n", "unknown" },
};

static void show_place(struct vh_strbuf *sb, const char *name, const struct vh_hook_place *p)
{
	if (p->path)
		vh_strbuf_addf(sb, "%s%s%s%s", name, p->ours ? " ours" : "",
			       p->missing ? " missing" : "", p->overwritten ? " overwritten" : "");
}

static void test_hook(size_t n)
{
	_auto_free_ char *text = vh_printf("%s\n", hooks[n].machine);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_(vh_host) const struct vh_host *h = vh_host_read(
		&s->root, NULL, 0, VH_HOST_ALL | VH_HOST_RULES, INT64_MAX);
	_auto_strbuf_ struct vh_strbuf have = { 0 };

	vh_strbuf_add(&have, h->hook ? "" : "unknown");
	if (h->hook) {
		show_place(&have, "main", &h->hook->main);
		show_place(&have, ", 60-y", &h->hook->drop_in);
		if (h->hook->second)
			vh_strbuf_addf(&have, " second %s", h->hook->second);
		vh_strbuf_add(&have, h->hook->selinux_off ? " selinux" : "");
	}
	if (!ok(!strcmp(have.data, hooks[n].want), "%s", hooks[n].name))
		diag("have: %s", have.data);
}

/* A daemon that started at `btime`, seconds since the epoch; what is in the tree was made now. */
#define DAEMON(btime)                                                    \
	"f proc/stat\tcpu 1\\nbtime " btime "\nf run/libvirtd.pid\t77\n" \
	"f proc/77/stat\t77 (libvirtd) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0\n"
#define UUID "00000000-0000-0000-0000-000000000007"

static const struct {
	const char *name, *machine;
	enum vh_tri want;
	const char *exec; /* made executable, for a fixture has no modes */
} daemons[] = {
	{ "daemon: older than the hook", HOOK ELF DAEMON("1"), VH_NO, NULL },
	{ "daemon: younger", HOOK ELF DAEMON("4102444800"), VH_YES, "usr/sbin/vfio-hook-qemu" },
	{ "daemon: younger than what is no program", HOOK ELF DAEMON("4102444800"), VH_NO, NULL },
	{ "daemon: younger than another hook",
	  "l etc/libvirt/hooks/qemu.d/50-vfio-hook\t"
	  "../../../../usr/sbin/vfio-hook-qemu\nf etc/libvirt/hooks/qemu\t#!/bin/sh\n" ELF DAEMON(
		  "4102444800"),
	  VH_YES, "etc/libvirt/hooks/qemu" },
	{ "daemon: none", HOOK ELF, VH_UNKNOWN, NULL },
	{ "daemon: no hook of ours", "f etc/libvirt/hooks/qemu\t#!/bin/sh\n" DAEMON("1"),
	  VH_UNKNOWN, NULL },
};

static enum vh_tri found_in(struct scratch *s)
{
	_auto_(vh_host) const struct vh_host *h = NULL;

	s->root.live = true;
	h = vh_host_read(&s->root, NULL, 0, VH_HOST_ALL | VH_HOST_RULES, INT64_MAX);
	return h->hook->found;
}

static void test_daemon(size_t n)
{
	_auto_(scratch) struct scratch *s = scratch_new(daemons[n].machine);
	bool made = !daemons[n].exec || fchmodat(s->root.fd, daemons[n].exec, 0755, 0) == 0;

	ok(made && found_in(s) == daemons[n].want, "%s", daemons[n].name);
}

/* What the hook wrote after it was installed shows that the daemon runs it; what somebody wrote by
 * hand, or before, does not. */
static const struct {
	const char *file;
	time_t age; /* seconds from now */
	enum vh_tri want;
} traces[] = {
	{ "run/vfio-hook/" UUID ".claim", 100, VH_YES },
	{ "run/vfio-hook/" UUID ".refusal", 100, VH_YES },
	{ "var/lib/vfio-hook/" UUID ".devices", 100, VH_YES },
	{ "run/vfio-hook/" UUID ".claim", -100, VH_NO },
	{ "run/vfio-hook/manual.claim", 100, VH_NO },
};

static void test_trace(size_t n)
{
	_auto_free_ char *text = vh_printf("%sf %s\t-\n", HOOK ELF DAEMON("1"), traces[n].file);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	struct timespec when[2] = { { .tv_sec = time(NULL) + traces[n].age } };
	bool made;

	when[1] = when[0];
	made = utimensat(s->root.fd, traces[n].file, when, 0) == 0;
	ok(made && found_in(s) == traces[n].want, "trace: %s, %lld s after the hook",
	   traces[n].file, (long long)traces[n].age);
}

/* --- sets of numbers, and the domain --------------------------------------------------------- */

static const struct {
	const char *list;
	int first; /* 64 bits of what it is, -1: nothing */
} lists[] = {
	{ "0", 0x1 },
	{ "0-3", 0xf },
	{ "0-3,^2", 0xb },
	{ " 1, 4 ", 0x12 },
	{ "8191", 0 },
	{ "", -1 },
	{ "8192", -1 },
	{ "3-1", -1 },
	{ "1,", 0x2 },
	{ "^1-2", -1 },
	{ "-1", -1 },
	{ "all", -1 },
	/* blanks wherever virBitmapParse() skips them, and nothing after them is lost */
	{ "0 - 3", 0xf },
	{ "0- 3", 0xf },
	{ "0 -3", 0xf },
	{ "0-3 , ^2", 0xb },
	{ "\t0-3\n", 0xf },
	{ "1 2", -1 },
	{ "0 3-5", -1 },
	{ "0 -", -1 },
	{ "1 , , 2", -1 },
	{ ",1", -1 },
	{ "^ 1", -1 },
	{ "0-3 x", -1 },
	{ "2,^2", -1 },
	{ "^2,0-3", 0xf },
	{ "0-8192", -1 },
};

static void test_list(size_t n)
{
	struct vh_bits b = { 0 };
	int rc = vh_bits_parse(&b, lists[n].list, VH_BITS_MAX);

	ok(rc == (lists[n].first < 0 ? -1 : 0) && (rc < 0 || b.word[0] == (uint64_t)lists[n].first),
	   "list '%s'", lists[n].list);
}

static const char domain[] =
	"<domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
	"<vcpu cpuset='0-7'>4</vcpu><name>x</name>\n"
	"<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='3'/></cputune>\n"
	"<numatune><memory mode='strict' nodeset='1'/>\n"
	"<memnode cellid='0' mode='strict' nodeset='3'/></numatune>\n"
	"<commandline><arg value='-device'/><arg value='vfio-pci,host=9:0.0'/></commandline>\n"
	"<q:commandline><q:arg value='-device'/><q:arg value='vfio-pci,id=a,host=01:00.0'/>\n"
	"<q:arg value='-device'/><q:arg value='{\"driver\":\"vfio-pci\",\"host\":\"02:00.0\"}'/>\n"
	"<q:arg value='-device'/><q:arg value='vfio-pci-nohotplug,sysfsdev=/sys/x'/>\n"
	"<q:arg value='-device'/><q:arg value='e1000,netdev=host=3'/>\n"
	"<q:arg value='-append'/><q:arg value='vfio-pci,host=05:00.0'/></q:commandline>\n"
	"</domain>\n";

static void test_domain(void)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(domain, strlen(domain), &err);
	_auto_strbuf_ struct vh_strbuf have = { 0 };

	ok(d && d->numa && d->numa->memory.word[0] == 0xa && d->numa->memory_line == 4 &&
		   d->numa->cpus.word[0] == 0xc && d->numa->cpu_line == 3,
	   "domain: nodes");
	for (size_t i = 0; d && i < d->smuggled.count; i++)
		vh_strbuf_addf(&have, "%d %s, ", d->smuggled.list[i].line, d->smuggled.list[i].host);
	if (!ok(vh_streq(have.data, "7 01:00.0, 8 02:00.0, 9 /sys/x, "), "domain: arguments of QEMU"))
		diag("have: %s", have.data);
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++)
		test_case(i);
	for (size_t i = 0; i < VH_COUNT(hooks); i++)
		test_hook(i);
	for (size_t i = 0; i < VH_COUNT(daemons); i++)
		test_daemon(i);
	for (size_t i = 0; i < VH_COUNT(traces); i++)
		test_trace(i);
	for (size_t i = 0; i < VH_COUNT(lists); i++)
		test_list(i);
	test_domain();
	return tap_done();
}
