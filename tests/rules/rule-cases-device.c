/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-device - the host, addresses, devices, the domain. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

static void by_hand(struct world *w)
{
	alone(w);
	w->by_hand = true;
}
CASE("by-hand", by_hand, .want = "", .silent = "device-absent");

static void host_only(struct world *w)
{
	w->host_only = true;
}
CASE("host-only", host_only, .want = "");

/* A domain that names nothing on a machine where everything is wrong. */
static void no_passthrough(struct world *w)
{
	world_dev(w, "0000:01:00.0", NIC, -1, "e1000e")->dead = true;
	w->host.iommu = false;
	w->host.vfio_pci = VH_MODULE_MISSING;
	w->host.alias_missing = true;
	w->domain.balloon = VH_BALLOON_PRESENT;
	w->domain.autodeflate = true;
	w->domain.current_kib = 1024;
}
CASE("no-passthrough", no_passthrough, .want = "", .silent = "iommu-off");

static void no_iommu(struct world *w)
{
	world_dev(w, "0000:01:00.0", NIC, -1, "e1000e");
	world_name(w, "0000:01:00.0");
	w->host.iommu = false;
}

static void intel_on_missing(struct world *w)
{
	no_iommu(w);
	w->host.cpu = VH_CPU_INTEL;
}
CASE("iommu-off-intel", intel_on_missing, .want = "error iommu-off",
     .says = "the firmware describes an IOMMU, the kernel does not use it",
     .fix = "add intel_iommu=on");

static void intel_off(struct world *w)
{
	intel_on_missing(w);
	w->host.cmdline = S("intel_iommu=sm_on,off quiet");
}
CASE("iommu-off-intel-off", intel_off, .want = "error iommu-off", .says = "'intel_iommu=off'",
     .fix = "take intel_iommu=off off the kernel command line, add intel_iommu=on");

/* Options that only look like the one that is searched. */
static void intel_lookalike(struct world *w)
{
	intel_on_missing(w);
	w->host.cmdline = S("xintel_iommu=off intel_iommu=offf intel_iommu=strict iommu=pt");
}
CASE("iommu-off-intel-lookalike", intel_lookalike, .want = "error iommu-off",
     .says = "does not use it", .fix = "add intel_iommu=on to the kernel command line and reboot");

static void intel_firmware(struct world *w)
{
	intel_on_missing(w);
	w->host.firmware_iommu = VH_NO;
}
CASE("iommu-off-intel-firmware", intel_firmware, .want = "error iommu-off",
     .says = "the firmware describes no IOMMU", .fix = "enable VT-d in the firmware setup, add");

static void intel_in_a_guest(struct world *w)
{
	intel_firmware(w);
	w->host.is_guest = true;
}
CASE("iommu-off-in-a-guest", intel_in_a_guest, .want = "error iommu-off",
     .says = "the firmware describes no IOMMU",
     .fix = "a virtual IOMMU in its hypervisor, and start it again; libvirt: machine='q35'");

static void described_in_a_guest(struct world *w)
{
	intel_on_missing(w);
	w->host.is_guest = true;
}
CASE("iommu-off-in-a-guest-that-has-one", described_in_a_guest, .want = "error iommu-off",
     .fix = "add intel_iommu=on to the kernel command line and reboot");

static void under_xen(struct world *w)
{
	intel_firmware(w);
	w->host.under_xen = true;
	w->host.cmdline = S("intel_iommu=off");
}
CASE("iommu-off-under-xen", under_xen, .want = "error iommu-off",
     .says = "no IOMMU groups: this kernel runs under Xen, which keeps the IOMMU",
     .fix = "boot this kernel without Xen");

static void intel_set_already(struct world *w)
{
	intel_on_missing(w);
	w->host.cmdline = S("quiet intel_iommu=on");
}
CASE("iommu-off-intel-set", intel_set_already, .want = "error iommu-off", .fix = "dmesg");

static void amd_firmware(struct world *w)
{
	no_iommu(w);
	w->host.cpu = VH_CPU_AMD;
	w->host.firmware_iommu = VH_NO;
	w->host.cmdline = S("amd_iommu=on");
}
CASE("iommu-off-amd", amd_firmware, .want = "error iommu-off", .says = "describes no IOMMU",
     .fix = "SVM in the firmware setup and reboot; the kernel needs no option: "
	    "amd_iommu=on does nothing");

static void amd_off(struct world *w)
{
	amd_firmware(w);
	w->host.firmware_iommu = VH_YES;
	w->host.cmdline = S("iommu=off");
}
CASE("iommu-off-amd-off", amd_off, .want = "error iommu-off", .says = "'iommu=off'",
     .fix = "take iommu=off off the kernel command line and reboot");

static void firmware_unknown(struct world *w)
{
	no_iommu(w);
	w->host.firmware_iommu = VH_UNKNOWN;
	w->host.cmdline = NULL;
}
CASE("iommu-off-unknown", firmware_unknown, .want = "error iommu-off", .says = "could not be seen",
     .fix = "firmware setup");

static void host_no_iommu(struct world *w)
{
	host_only(w);
	w->host.iommu = false;
}
/* Fixtures of machines that are no PC: nothing of VT-d is said there. */
static void arm_described(struct world *w)
{
	alone(w);
	w->host.iommu = false;
	w->host.cpu = VH_CPU_ARM;
	w->host.firmware_iommu = VH_YES;
}
CASE("iommu-off-arm-described", arm_described, .want = "error iommu-off",
     .says = "describes an IOMMU, the kernel does not use it", .fix = "grep -i -e smmu");

static void arm_without(struct world *w)
{
	arm_described(w);
	w->host.firmware_iommu = VH_NO;
}
CASE("iommu-off-arm", arm_without, .want = "error iommu-off", .fix = "enable the IOMMU (SMMU)");

static void z_nothing(struct world *w)
{
	arm_without(w);
	w->host.cpu = VH_CPU_Z;
}
CASE("iommu-off-z", z_nothing, .want = "error iommu-off",
     .says = "no PCI function is assigned to this system", .fix = "assign a PCI function");

static void z_switched_off(struct world *w)
{
	z_nothing(w);
	w->host.off_slots = S("00000021 00000022");
}
CASE("iommu-off-z-slot", z_switched_off, .want = "error iommu-off", .says = "is switched on",
     .fix = "echo 1 > /sys/bus/pci/slots/00000021/power ");

static void power(struct world *w)
{
	arm_without(w);
	w->host.cpu = VH_CPU_POWER;
}
CASE("iommu-off-power", power, .want = "error iommu-off", .fix = "dmesg | grep -i -e iommu -e tce");

static void arm_driverless(struct world *w)
{
	alone(w);
	w->host.cpu = VH_CPU_ARM;
	w->host.release = S("6.12.107+deb13-arm64");
	w->dev[1].group = -1;
	w->dev[1].driver = NULL;
}
CASE("iommu-off-arm-driverless", arm_driverless, .want = "warning iommu-off 0000:01:00.0:10",
     .says = "this kernel makes it when a driver takes the device");

static void arm_driverless_new(struct world *w)
{
	arm_driverless(w);
	w->host.release = S("6.15.1");
}
CASE("iommu-off-arm-driverless-6.15", arm_driverless_new, .want = "error iommu-off 0000:01:00.0:10",
     .fix = "dmesg | grep -i -e iommu -e smmu");

CASE("iommu-off-host", host_no_iommu, .want = "error iommu-off", .scopes = VH_SCOPE_HOST);

static void no_group(struct world *w)
{
	no_iommu(w);
	w->host.iommu = true;
}
CASE("iommu-off-no-group", no_group, .want = "error iommu-off 0000:01:00.0:10",
     .says = "0000:01:00.0 has no IOMMU group", .fix = "dmesg");

static void no_group_for_graphics(struct world *w)
{
	no_group(w);
	world_dev(w, "0000:00:02.0", 0x030000, -1, "i915");
	w->element[0].addr = world_addr("0000:00:02.0");
	w->host.cpu = VH_CPU_INTEL;
	w->host.cmdline = S("quiet intel_iommu=on,igfx_off");
}
CASE("iommu-off-igfx", no_group_for_graphics, .want = "error iommu-off 0000:00:02.0:10",
     .says = "0000:00:02.0 has no IOMMU group", .fix = "take igfx_off off");

static void fake_group(struct world *w)
{
	with_peer(w);
	world_group(w, 1)->noiommu = true;
	world_view(w, 1)->open = VH_YES;
	w->dev[2].driver = NULL;
	w->dev[2].root_bus = true;
}
CASE("iommu-off-fake-group", fake_group, .want = "error iommu-off 0000:01:00.0:10",
     .says = "vfio-noiommu", .fix = "enable_unsafe_noiommu_mode");

static void no_vfio(struct world *w)
{
	alone(w);
	w->host.vfio_pci = VH_MODULE_MISSING;
}
CASE("vfio-missing", no_vfio, .want = "error vfio-unavailable", .says = "'6.1.0-56-amd64'",
     .fix = "with its modules installed");

static void no_modules(struct world *w)
{
	no_vfio(w);
	w->host.alias_missing = true;
}
CASE("vfio-no-modules", no_modules, .want = "error vfio-unavailable", .says = "are not installed",
     .fix = "reboot");

static void no_alias(struct world *w)
{
	alone(w);
	w->host.alias_missing = true;
}
CASE("vfio-no-alias", no_alias, .want = "warning vfio-unavailable",
     .says = "/lib/modules/6.1.0-56-amd64/modules.alias is missing", .fix = "depmod 6.1.0-56-amd64");

static void no_alias_new_libvirt(struct world *w)
{
	no_alias(w);
	w->host.libvirt_version = 10000;
}
CASE("vfio-no-alias-new-libvirt", no_alias_new_libvirt, .want = "error vfio-unavailable",
     .says = "this libvirt fails without it");

static void no_alias_old_libvirt(struct world *w)
{
	no_alias(w);
	w->host.libvirt_version = 9010;
}
CASE("vfio-no-alias-old-libvirt", no_alias_old_libvirt, .want = "warning vfio-unavailable");

static void no_alias_untried_libvirt(struct world *w)
{
	no_alias(w);
	w->host.libvirt_version = 11004;
}
CASE("vfio-no-alias-untried-libvirt", no_alias_untried_libvirt, .want = "warning vfio-unavailable");

static void no_alias_newest_libvirt(struct world *w)
{
	no_alias(w);
	w->host.libvirt_version = 12008;
}
CASE("vfio-no-alias-newest-libvirt", no_alias_newest_libvirt, .want = "");

static void forbidden(struct world *w)
{
	alone(w);
	w->host.vfio_pci = VH_MODULE_FORBIDDEN;
	w->host.forbidden = "vfio_pci";
	w->host.forbidden_by = S("/etc/modprobe.d/no-vfio.conf");
}
CASE("vfio-forbidden", forbidden, .want = "error vfio-unavailable",
     .says = "'/etc/modprobe.d/no-vfio.conf' prevents it from being loaded",
     .fix = "from /etc/modprobe.d/no-vfio.conf, or run 'modprobe -i vfio-pci'");

static void forbidden_below(struct world *w)
{
	forbidden(w);
	w->host.forbidden = "vfio";
}
CASE("vfio-forbidden-below", forbidden_below, .want = "error vfio-unavailable",
     .says = "it needs vfio, and '/etc/modprobe.d/no-vfio.conf' prevents that",
     .fix = "or run 'modprobe -i vfio' first");

static void blacklisted(struct world *w)
{
	forbidden(w);
	w->host.forbidden_by = NULL;
	w->host.blacklisted = true;
}
CASE("vfio-blacklisted", blacklisted, .want = "error vfio-unavailable",
     .says = "module_blacklist= on the kernel command line prevents it",
     .fix = "take vfio_pci out of module_blacklist= and reboot");

static void no_alias_by_hand(struct world *w)
{
	no_alias(w);
	w->by_hand = true;
}
CASE("vfio-no-alias-by-hand", no_alias_by_hand, .want = "");

static void host_no_vfio(struct world *w)
{
	host_only(w);
	w->host.vfio_pci = VH_MODULE_MISSING;
}
CASE("vfio-missing-host", host_no_vfio, .want = "error vfio-unavailable", .scopes = VH_SCOPE_HOST);

/* What is on a variant driver does without vfio-pci. */
static void no_vfio_needed(struct world *w)
{
	no_vfio(w);
	w->dev[1].driver = S("mlx5_vfio_pci");
	w->dev[1].on_vfio = true;
}
CASE("vfio-not-needed", no_vfio_needed, .want = "", .silent = "vfio-unavailable");

static void invalid(struct world *w)
{
	struct vh_hostdev *e;

	alone(w);
	e = world_name(w, "0000:01:00.0");
	e->problem = S("bus '000:000:0' is not a number that libvirt reads");
	e->written = S("bus='0001:000:000:0'");
	e->meant = S("0001:00:00.0");
	e->written_managed = VH_MANAGED_ABSENT;
	e->managed = false;
}
CASE("address-invalid", invalid, .want = "error address-invalid:20",
     .says = "this <hostdev> has no valid PCI address: bus '000:000:0' is not a number that "
	     "libvirt reads (bus='0001:000:000:0')",
     .fix = "<address domain='0x0001' bus='0x00' slot='0x00' function='0x0'/>");

static void invalid_interface(struct world *w)
{
	invalid(w);
	w->element[1].element = VH_INTERFACE;
}
CASE("address-invalid-interface", invalid_interface, .want = "error address-invalid:20",
     .says = "<interface>", .fix = "<address type='pci' domain='0x0001'");

static void invalid_unknown(struct world *w)
{
	invalid(w);
	w->element[1].meant = NULL;
}
CASE("address-invalid-unknown", invalid_unknown, .want = "error address-invalid:20",
     .fix = "vfio-hook list");

static void absent(struct world *w)
{
	world_name(w, "0000:07:00.0")->managed = false;
	world_name(w, "0000:07:00.0");
}
CASE("absent", absent, .want = "error device-absent 0000:07:00.0:10", .silent = "device-duplicate",
     .says = "no device 0000:07:00.0 on this host", .fix = "vfio-hook list");

static void absent_by_hand(struct world *w)
{
	by_hand(w);
	world_name(w, "0000:07:00.0");
}
CASE("absent-by-hand", absent_by_hand, .want = "error device-absent 0000:07:00.0",
     .says = "no device 0000:07:00.0");

static void dead(struct world *w)
{
	with_peer(w);
	w->dev[1].dead = true;
	world_use(&w->dev[1], VH_USE_NETWORK, "eth0: default route");
	world_policy(w, "0000:01:00.0")->protect = true;
}
CASE("absent-dead", dead, .want = "error device-absent 0000:01:00.0:10",
     .silent = "device-protected", .says = "reads 0xff",
     .fix = "/sys/bus/pci/devices/0000:01:00.0/remove");

/* Twice, and a bridge as well: that it is dead says it all. */
static void dead_twice(struct world *w)
{
	dead(w);
	w->dev[0].dead = true;
	world_name(w, "0000:01:00.0");
	world_name(w, "0000:00:01.0");
}
CASE("absent-dead-twice", dead_twice,
     .want = "error device-absent 0000:01:00.0:10, error device-absent 0000:00:01.0:30",
     .silent = "device-not-endpoint");

static void decimal(struct world *w)
{
	struct vh_hostdev *e = world_name(w, "0000:0e:00.0");

	e->written = S("bus='14'");
	e->decimal = true;
	e->hex = world_addr("0000:14:00.0");
	e->hex_valid = true;
}

static void decimal_absent(struct world *w)
{
	decimal(w);
	world_dev(w, "0000:14:00.0", USB, 1, "xhci_hcd");
}
CASE("absent-hex", decimal_absent, .want = "error device-absent 0000:0e:00.0:10",
     .silent = "address-decimal",
     .says = "read as hexadecimal it is 0000:14:00.0: USB controller 1af4:1000, driver "
	     "'xhci_hcd'",
     .fix = "<address domain='0x0000' bus='0x14' slot='0x00' function='0x0'/>");

static void decimal_both(struct world *w)
{
	decimal_absent(w);
	world_dev(w, "0000:0e:00.0", NIC, 2, "e1000e");
}
CASE("decimal-both", decimal_both, .want = "warning address-decimal 0000:0e:00.0:10",
     .says = "it is 0000:14:00.0: USB controller",
     .fix = "\nor, if that was meant: <address domain");

static void decimal_alone(struct world *w)
{
	decimal(w);
	world_dev(w, "0000:0e:00.0", NIC, 2, "e1000e");
}
CASE("decimal", decimal_alone, .want = "warning address-decimal 0000:0e:00.0:10",
     .silent = "device-absent", .says = "written without 0x, bus='14' means 0000:0e:00.0",
     .fix = "<address domain='0x0000' bus='0x0e' slot='0x00' function='0x0'/>");

static void duplicate(struct world *w)
{
	alone(w);
	world_name(w, "0000:01:00.0")->element = VH_INTERFACE;
	world_name(w, "0000:01:00.0");
}
CASE("duplicate", duplicate,
     .want = "error device-duplicate 0000:01:00.0:20, error device-duplicate 0000:01:00.0:30",
     .says = "named twice: this <interface>, and the <hostdev> of line 10", .fix = "remove");

static void namespaces(struct world *w)
{
	alone(w);
	world_name(w, "0000:01:00.0");
	w->element[0].element = w->element[1].element = VH_DISK;
	w->dev[1].class = NVME;
}
CASE("duplicate-namespaces", namespaces, .want = "", .silent = "device-duplicate");

/* The domain's model has one element for all namespaces of a controller. */
static void disk(struct world *w)
{
	alone(w);
	w->element[0].element = VH_DISK;
	w->dev[1].class = NVME;
}

static void disk_twice(struct world *w)
{
	disk(w);
	w->element[0].again_line = 20;
}
CASE("opened-twice", disk_twice, .want = "error group-divided 0000:01:00.0:10",
     .says = "QEMU opens IOMMU group 1 by itself for this <disk>, and once more for the <disk> of line 20",
     .fix = "bus='0x01'");

static void disk_and_its_mate(struct world *w)
{
	disk(w);
	world_dev(w, "0000:01:00.1", AUDIO, 1, "snd_hda_intel");
	world_name(w, "0000:01:00.1");
}
CASE("opened-for-another", disk_and_its_mate, .want = "error group-divided 0000:01:00.0:10",
     .says = "once more for the <hostdev> of line 20");

static void disk_and_unassigned(struct world *w)
{
	disk_and_its_mate(w);
	w->element[1].unassigned = true;
}
CASE("opened-once", disk_and_unassigned, .want = "", .silent = "group-divided");

static void two_of_a_group(struct world *w)
{
	with_peer(w);
	world_name(w, "0000:01:00.1");
}
CASE("opened-together", two_of_a_group, .want = "");

static void bridge(struct world *w)
{
	world_dev(w, "0000:00:01.0", BRIDGE, 1, "pcieport");
	world_dev(w, "0000:01:00.0", NIC, 1, "e1000e");
	world_use(&w->dev[1], VH_USE_NETWORK, "eth0: default route");
	world_name(w, "0000:00:01.0")->managed = false;
	world_claim(w, "0000:00:01.0");
}
CASE("bridge", bridge, .want = "error device-not-endpoint 0000:00:01.0:10",
     .silent = "device-claimed", .says = "0000:00:01.0 is a bridge",
     .fix = "name the devices behind it instead: 0000:01:00.0");

static void unmanaged(struct world *w)
{
	alone(w);
	w->element[0].managed = false;
	w->element[0].written_managed = VH_MANAGED_NO;
}
CASE("unmanaged", unmanaged, .want = "error unmanaged-on-host-driver 0000:01:00.0:10",
     .silent = "managed-missing",
     .says = "0000:01:00.0 has managed='no' and is on driver 'e1000e', not a VFIO driver",
     .fix = "virsh nodedev-detach pci_0000_01_00_0\nor, for the whole group: vfio-hook "
	    "detach 0000:01:00.0");

static void unmanaged_by_default(struct world *w)
{
	unmanaged(w);
	w->element[0].written_managed = VH_MANAGED_ABSENT;
	w->dev[1].driver = NULL;
}
CASE("unmanaged-by-default", unmanaged_by_default,
     .want = "error unmanaged-on-host-driver 0000:01:00.0:10", .silent = "managed-missing",
     .says = "has no managed='yes' (the default is no) and has no driver");

static void unmanaged_stub(struct world *w)
{
	unmanaged(w);
	w->dev[1].driver = S("pci-stub");
}
CASE("unmanaged-stub", unmanaged_stub, .want = "error unmanaged-on-host-driver 0000:01:00.0:10",
     .says = "'pci-stub'");

static void unmanaged_vfio(struct world *w)
{
	unmanaged(w);
	w->dev[1].driver = S("vfio-pci");
	w->dev[1].on_vfio = true;
}
CASE("unmanaged-vfio", unmanaged_vfio, .want = "", .silent = "unmanaged-on-host-driver");

static void managed_missing(struct world *w)
{
	unmanaged_vfio(w);
	w->element[0].written_managed = VH_MANAGED_ABSENT;
}
CASE("managed-missing", managed_missing, .want = "warning managed-missing 0000:01:00.0:10",
     .silent = "unmanaged-on-host-driver", .says = "stays on 'vfio-pci'", .fix = "managed='yes'");

static void disk_default(struct world *w)
{
	managed_missing(w);
	w->element[0].element = VH_DISK;
	w->element[0].managed = true;
	w->dev[1].class = NVME;
}
CASE("managed-missing-disk", disk_default, .want = "", .silent = "managed-missing");

static void pf(struct world *w)
{
	alone(w);
	w->dev[1].numvfs = 4;
}
CASE("pf", pf, .want = "error pf-with-vfs 0000:01:00.0:10", .says = "4 virtual functions",
     .fix = "echo 0 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs");

/* Two functions of one guest, one that is no domain's, and one of another card. */
static void pf_with_guests(struct world *w)
{
	static struct vh_vf_guest list[] = {
		{ .uuid = S("1"), .domain = S("win 10") },
		{ .uuid = S("1"), .domain = S("win 10") },
		{ .process = S("process 812 (qemu-system-x86)") },
		{ .uuid = S("2"), .domain = S("other") },
	};
	static const char *const vfs[] = { "0000:01:10.0", "0000:01:10.2", "0000:01:10.4",
					   "0000:02:10.0" };
	static const struct vh_vf_guests guests = { list, VH_COUNT(list) };

	pf(w);
	for (size_t i = 0; i < VH_COUNT(list); i++) {
		list[i].pf = world_addr(i == 3 ? "0000:02:00.0" : "0000:01:00.0");
		list[i].vf = world_addr(vfs[i]);
	}
	w->c.vf_guests = &guests;
}
CASE("pf-with-guests", pf_with_guests, .want = "error pf-with-vfs 0000:01:00.0:10",
     .says = "with them; 0000:01:10.0 is in guest 'win 10', 0000:01:10.2 is in guest 'win 10', "
	     "0000:01:10.4 is in process 812 (qemu-system-x86)",
     .fix = "virsh shutdown 'win 10'\n"
	    "shut the guest down that has it: process 812 (qemu-system-x86)\n"
	    "then: echo 0 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs");

static void pf_peer(struct world *w)
{
	with_peer(w);
	w->dev[2].numvfs = 2;
}
CASE("pf-peer", pf_peer, .want = "error pf-with-vfs 0000:01:00.1:10");

static void vf(struct world *w)
{
	alone(w);
	world_dev(w, "0000:02:00.0", NIC, 2, "igb")->numvfs = 4;
	w->dev[1].is_vf = true;
	w->dev[1].pf = world_addr("0000:02:00.0");
}
CASE("vf", vf, .want = "", .silent = "pf-with-vfs");

static void vf_of_vfio(struct world *w)
{
	vf(w);
	w->dev[2].driver = S("vfio-pci");
	w->dev[2].on_vfio = true;
}
CASE("vf-of-vfio", vf_of_vfio, .want = "error pf-with-vfs 0000:01:00.0:10",
     .says = "a virtual function of 0000:02:00.0, which is itself on 'vfio-pci'",
     .fix = "virsh nodedev-reattach pci_0000_02_00_0");

static void balloon(struct world *w)
{
	alone(w);
	w->domain.balloon = VH_BALLOON_PRESENT;
}
CASE("balloon", balloon, .want = "error balloon:90",
     .says = "the domain has a memory balloon: passthrough pins all guest memory",
     .fix = "replace it by <memballoon model='none'/> inside <devices>\nor: virt-xml vm "
	    "--edit --memballoon model=none");

static void balloon_absent(struct world *w)
{
	alone(w);
	w->domain.balloon = VH_BALLOON_ABSENT;
	w->domain.name = S("my vm's");
}
CASE("balloon-absent", balloon_absent, .want = "error balloon:90", .says = "libvirt adds one",
     .fix = "virt-xml 'my vm'\\''s' --edit");

static void balloon_name(struct world *w)
{
	balloon(w);
	w->domain.name = S("-rf\n");
}
CASE("balloon-name", balloon_name, .want = "error balloon:90",
     .fix = "virt-xml 4dea22b3-1d52-d8f3-2516-782e98ab3fa0 --edit");

static void balloon_option(struct world *w)
{
	balloon(w);
	w->domain.name = S("--all");
}
CASE("balloon-option", balloon_option, .want = "error balloon:90",
     .fix = "virt-xml 4dea22b3-1d52-d8f3-2516-782e98ab3fa0 --edit");

static void balloon_number(struct world *w)
{
	balloon(w);
	w->domain.name = S("7");
	w->domain.uuid = NULL;
}
CASE("balloon-number", balloon_number, .want = "error balloon:90", .fix = "virt-xml 7 --edit");

static void balloon_inflated(struct world *w)
{
	balloon(w);
	w->domain.current_kib = 1048576;
}
CASE("balloon-inflated", balloon_inflated, .want = "error balloon:90",
     .says = "take 3145728 KiB from the guest (currentMemory 1048576 KiB of memory 4194304 "
	     "KiB)",
     .fix = "<currentMemory unit='KiB'>4194304</currentMemory>");

static void balloon_none_inflated(struct world *w)
{
	balloon_inflated(w);
	w->domain.balloon = VH_BALLOON_NONE;
}
CASE("balloon-none", balloon_none_inflated, .want = "", .silent = "balloon");

static void balloon_deflate(struct world *w)
{
	balloon(w);
	w->domain.autodeflate = w->domain.free_page_reporting = true;
	w->config.balloon = VH_BALLOON_INFLATED;
}
CASE("balloon-deflate", balloon_deflate, .want = "error balloon:90",
     .says = "with autodeflate and freePageReporting on");

static void policy_inflated(struct world *w)
{
	balloon(w);
	w->config.balloon = VH_BALLOON_INFLATED;
}
CASE("balloon-policy-inflated", policy_inflated, .want = "warning balloon:90");

static void policy_inflated_inflated(struct world *w)
{
	balloon_inflated(w);
	w->config.balloon = VH_BALLOON_INFLATED;
}
CASE("balloon-policy-inflated-it-is", policy_inflated_inflated, .want = "error balloon:90");

static void policy_warn(struct world *w)
{
	balloon_inflated(w);
	w->config.balloon = VH_BALLOON_WARN;
}
CASE("balloon-policy-warn", policy_warn, .want = "warning balloon:90");

static void balloon_pool(struct world *w)
{
	static char *pool[] = { S("vfs") };

	w->domain.balloon = VH_BALLOON_PRESENT;
	w->c.networks.pools.name = pool;
	w->c.networks.pools.count = 1;
}
CASE("balloon-pool", balloon_pool, .want = "error balloon:90", .scopes = VH_SCOPE_POLICY);

CASE("alone", alone, .want = "", .silent = "vfio-unavailable");
CASE("address-valid", alone, .want = "", .silent = "address-invalid");
CASE("no-bridge", alone, .want = "", .silent = "device-not-endpoint");
