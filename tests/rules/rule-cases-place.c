/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-place - topology, platform, displays and inputs, what goes past the rules. See
 * rule-cases.h. */
#include "lib/host/boot-binding.h"
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

/* --- other functions of a card ----------------------------------------------------------- */

#define LEFT_OUT "warning function-left-out 0000:01:00.1:10"

static struct vh_pci_dev mate_devs[4];
static struct vh_mate mates[4];

static struct vh_pci_dev *mate(struct vh_pci_dev *d, const char *addr, uint32_t class, int group,
			       unsigned int kinds)
{
	struct vh_pci_dev *m = &mate_devs[d->n_mates];

	*m = (struct vh_pci_dev){
		.addr = world_addr(addr),
		.class = class,
		.vendor = d->vendor,
		.group = group,
	};
	d->mates = mates;
	mates[d->n_mates++] = (struct vh_mate){ m, kinds };
	return m;
}

static void gpu(struct world *w)
{
	alone(w);
	w->dev[1].class = VGA;
}
CASE("boot-display-other", gpu, .want = "", .silent = "boot-display");

static void gpu_without_sound(struct world *w)
{
	gpu(w);
	mate(&w->dev[1], "0000:01:00.1", AUDIO, 2, VH_MATE_SLOT)->driver = S("snd_hda_intel");
}
CASE("left-out", gpu_without_sound, .want = LEFT_OUT,
     .says = "0000:01:00.1 is not in the domain and belongs to the same card as "
	     "0000:01:00.0: audio device 1af4:0000, driver 'snd_hda_intel'",
     .fix = "function='0x1'/></source></hostdev>");

/* With an IOMMU the guest cannot have both. */
static void gpu_for_guest_iommu(struct world *w)
{
	gpu_without_sound(w);
	w->dev[1].mates[0].dev->group = w->dev[1].group;
	w->domain.iommu.line = 20;
	w->domain.iommu.model = S("virtio");
	w->domain.iommu.acpi = true;
}
CASE("left-out-of-guest-iommu", gpu_for_guest_iommu, .want = "", .silent = "function-left-out");

static void gpu_with_sound(struct world *w)
{
	gpu_without_sound(w);
	world_dev(w, "0000:01:00.1", AUDIO, 2, "snd_hda_intel");
	world_name(w, "0000:01:00.1");
}
CASE("left-out-none", gpu_with_sound, .want = "", .silent = "function-left-out");

static void gpu_by_hand(struct world *w)
{
	gpu_without_sound(w);
	w->by_hand = true;
}
CASE("left-out-by-hand", gpu_by_hand, .want = "", .silent = "function-left-out");

/* What a processor has beside its graphics is made by somebody else, or so it says. */
static void gpu_of_processor(struct world *w)
{
	gpu(w);
	mate(&w->dev[1], "0000:01:00.3", USB, 1, VH_MATE_SLOT)->vendor = 0x1022;
}
CASE("left-out-processor", gpu_of_processor, .want = "", .silent = "function-left-out");

static void two_ports(struct world *w)
{
	alone(w);
	mate(&w->dev[1], "0000:01:00.1", NIC, 1, VH_MATE_SLOT);
}
CASE("left-out-port", two_ports, .want = "", .silent = "function-left-out");

static void sound_card(struct world *w)
{
	alone(w);
	w->dev[1].class = AUDIO;
	mate(&w->dev[1], "0000:01:00.1", USB, 1, VH_MATE_SLOT);
}
CASE("left-out-of-sound-card", sound_card, .want = LEFT_OUT);

static void isolated_functions(struct world *w)
{
	sound_card(w);
	mate_devs[0].group = 2;
}
CASE("left-out-isolated", isolated_functions, .want = "", .silent = "function-left-out");

static void linked(struct world *w)
{
	isolated_functions(w);
	mates[0].kinds = VH_MATE_LINK;
}
CASE("left-out-linked", linked, .want = LEFT_OUT, .says = "works together with 0000:01:00.0");

static void chipset_and_vf(struct world *w)
{
	gpu(w);
	mate(&w->dev[1], "0000:01:00.1", VGA, 1, VH_MATE_SLOT)->is_vf = true;
	mate(&w->dev[1], "0000:00:1f.4", SMBUS, 1, VH_MATE_LINK)->root_bus = true;
	mate(&w->dev[1], "0000:00:01.0", BRIDGE, 1, VH_MATE_LINK);
}
CASE("left-out-chipset-and-vf", chipset_and_vf, .want = "", .silent = "function-left-out");

/* --- reset ------------------------------------------------------------------------------- */

static void no_reset(struct world *w)
{
	alone(w);
	w->dev[1].can_reset = VH_NO;
	w->dev[1].resets = S("");
}
CASE("reset-missing", no_reset, .want = "warning reset-missing 0000:01:00.0:10",
     .says = "has no reset method", .fix = "shut the guest down from within");

static void reset_unknown(struct world *w)
{
	no_reset(w);
	w->dev[1].can_reset = VH_UNKNOWN;
	w->dev[1].resets = NULL;
}
CASE("reset-unknown", reset_unknown, .want = "", .silent = "reset-missing");

static void reset_old_kernel(struct world *w)
{
	alone(w);
	w->dev[1].resets = NULL;
}
CASE("reset-old-kernel", reset_old_kernel, .want = "", .silent = "reset-missing");

static void bus_reset(struct world *w)
{
	alone(w);
	w->dev[1].resets = S("bus");
	mate(&w->dev[1], "0000:01:00.1", NIC, 2, VH_MATE_BUS | VH_MATE_SLOT);
}
CASE("reset-bus", bus_reset, .want = "warning reset-missing 0000:01:00.0:10",
     .says = "only together with 0000:01:00.1, which the domain does not name",
     .fix = "function='0x1'/>");

/* VFIO resets the bus of a group that it owns. */
static void bus_reset_of_group(struct world *w)
{
	bus_reset(w);
	mate_devs[0].group = 1;
	w->dev[1].can_reset = VH_NO;
}
CASE("reset-bus-of-group", bus_reset_of_group, .want = "", .silent = "reset-missing");

static void bus_reset_alone(struct world *w)
{
	alone(w);
	w->dev[1].resets = S("bus");
}
CASE("reset-bus-alone", bus_reset_alone, .want = "", .silent = "reset-missing");

/* --- interfaces, nodes ------------------------------------------------------------------- */

static void interface(struct world *w)
{
	alone(w);
	w->element[0].element = VH_INTERFACE;
}
CASE("vf-interface-no-vf", interface, .want = "error vf-interface 0000:01:00.0:10",
     .says = "0000:01:00.0 is not a virtual function", .fix = "<hostdev mode='subsystem'");

static void vf_interface(struct world *w)
{
	interface(w);
	world_dev(w, "0000:02:00.0", NIC, 2, "igb")->numvfs = 4;
	w->dev[1].is_vf = true;
	w->dev[1].pf = world_addr("0000:02:00.0");
	w->dev[1].pf_net = S("eth0");
	w->dev[1].pf_net_up = VH_YES;
}
CASE("vf-interface", vf_interface, .want = "", .silent = "vf-interface");

static void vf_interface_down(struct world *w)
{
	vf_interface(w);
	w->dev[1].pf_net_up = VH_NO;
}
CASE("vf-interface-down", vf_interface_down, .want = "error vf-interface 0000:01:00.0:10",
     .says = "the interface 'eth0' of 0000:02:00.0, the physical function of 0000:01:00.0, "
	     "is down",
     .fix = "ip link set eth0 up");

static void vf_interface_none(struct world *w)
{
	vf_interface_down(w);
	w->dev[1].pf_net = NULL;
}
CASE("vf-interface-none", vf_interface_none, .want = "error vf-interface 0000:01:00.0:10",
     .says = "has no network interface", .fix = "echo 0000:02:00.0 > /sys/bus/pci/drivers_probe");

static void vf_hostdev_down(struct world *w)
{
	vf_interface_down(w);
	w->element[0].element = VH_HOSTDEV;
}
CASE("vf-hostdev-down", vf_hostdev_down, .want = "", .silent = "vf-interface");

static void vf_interface_unknown(struct world *w)
{
	vf_interface_down(w);
	w->dev[1].pf_net_up = VH_UNKNOWN;
}
CASE("vf-interface-unknown", vf_interface_unknown, .want = "", .silent = "vf-interface");

static struct vh_node nodes[2];
static struct vh_placement numa;

/* Two nodes of four processors; the device is on node 1. */
static void numa_host(struct world *w)
{
	alone(w);
	nodes[0] = (struct vh_node){ .number = 0, .cpus.word = { 0x0f } };
	nodes[1] = (struct vh_node){ .number = 1, .cpus.word = { 0xf0 } };
	memset(&numa, 0, sizeof(numa));
	w->host.nodes = nodes;
	w->host.n_nodes = 2;
	w->dev[1].numa_node = 1;
}
CASE("numa-unsaid", numa_host, .want = "", .silent = "numa-remote");

static void numa_memory(struct world *w)
{
	numa_host(w);
	numa.memory_line = 5;
	numa.memory.word[0] = 1;
	w->domain.numa = &numa;
}
CASE("numa-memory", numa_memory, .want = "warning numa-remote 0000:01:00.0:5",
     .says = "0000:01:00.0 is on NUMA node 1, the memory of the guest on node 0",
     .fix = "nodeset='1'");

static void numa_cpus(struct world *w)
{
	numa_host(w);
	numa.cpu_line = 6;
	numa.cpus.word[0] = 0x03;
	w->domain.numa = &numa;
}
CASE("numa-cpus", numa_cpus, .want = "warning numa-remote 0000:01:00.0:6",
     .says = "the processors of the guest on node 0", .fix = "node1/cpulist");

static void numa_near(struct world *w)
{
	numa_memory(w);
	numa.memory.word[0] = 3;
	numa.cpu_line = 6;
	numa.cpus.word[0] = 0x30;
}
CASE("numa-near", numa_near, .want = "", .silent = "numa-remote");

static void numa_unknown(struct world *w)
{
	numa_memory(w);
	w->dev[1].numa_node = -1;
}
CASE("numa-unknown", numa_unknown, .want = "", .silent = "numa-remote");

static struct vh_bound binding;

static void bound_nowhere(struct world *w)
{
	numa_host(w);
	binding = (struct vh_bound){ .line = 7, .element = "vcpupin", .cpus.word = { 0xf00 } };
	w->host.cpus.word[0] = 0xff;
	numa.bindings = &binding;
	numa.n_bindings = 1;
	w->domain.numa = &numa;
}
CASE("bound-nowhere", bound_nowhere, .want = "error bound-nowhere:7",
     .says = "this <vcpupin> names processors 8-11, and the host has 0-7: libvirt refuses the start",
     .fix = "write some of 0-7 there");

static void bound_in_part(struct world *w)
{
	bound_nowhere(w);
	binding.cpus.word[0] = 0xf80;
}
CASE("bound-in-part", bound_in_part, .want = "", .silent = "bound-nowhere");

static void bound_unknown(struct world *w)
{
	bound_nowhere(w);
	w->host.cpus.word[0] = 0;
}
CASE("bound-unknown", bound_unknown, .want = "", .silent = "bound-nowhere");

static void bound_node(struct world *w)
{
	numa_host(w);
	numa.memory_line = 5;
	numa.memory.word[0] = 6;
	w->domain.numa = &numa;
}
CASE("bound-to-no-node", bound_node, .want = "error bound-nowhere:5",
     .says = "this <numatune> names NUMA nodes 1-2, and the host has 0-1");

static void bound_one_node(struct world *w)
{
	bound_node(w);
	numa.memory.word[0] = 2;
	w->host.n_nodes = 0;
	w->host.one_node = true;
}
CASE("bound-to-no-node-of-one", bound_one_node, .want = "error bound-nowhere:5",
     .says = "names NUMA nodes 1, and the host has 0:");

static void bound_no_nodes(struct world *w)
{
	bound_one_node(w);
	w->host.one_node = false;
}
CASE("bound-to-unknown-nodes", bound_no_nodes, .want = "", .silent = "bound-nowhere");

/* --- the platform ------------------------------------------------------------------------ */

static void reserved(struct world *w)
{
	static char *regions[] = { S("0x00000000bf000000-0x00000000cf1fffff") };

	alone(w);
	world_group(w, 1)->direct = (struct vh_names){ regions, 1 };
	w->host.cpu = VH_CPU_INTEL;
}
CASE("reserved", reserved, .want = "error reserved-region 0000:01:00.0:10",
     .says = "reserves 0x00000000bf000000-0x00000000cf1fffff for IOMMU group 1 of "
	     "0000:01:00.0, so the kernel does not",
     .fix = "update the firmware");

static void reserved_amd(struct world *w)
{
	reserved(w);
	w->host.cpu = VH_CPU_AMD;
}
CASE("reserved-amd", reserved_amd, .want = "warning reserved-region 0000:01:00.0:10",
     .says = "which a guest does not respect");

static void reserved_amd_6_6(struct world *w)
{
	reserved_amd(w);
	w->host.release = S("6.6.0");
}
CASE("reserved-amd-6.6", reserved_amd_6_6, .want = "error reserved-region 0000:01:00.0:10");

static void reserved_intel_5_2(struct world *w)
{
	reserved(w);
	w->host.release = S("5.2.21");
}
CASE("reserved-intel-5.2", reserved_intel_5_2, .want = "warning reserved-region 0000:01:00.0:10");

static void reserved_elsewhere(struct world *w)
{
	reserved(w);
	memset(&world_group(w, 1)->direct, 0, sizeof(struct vh_names));
	world_group(w, 2)->direct = (struct vh_names){ &w->host.release, 1 };
}
CASE("reserved-elsewhere", reserved_elsewhere, .want = "", .silent = "reserved-region");

static void unsafe(struct world *w)
{
	alone(w);
	w->host.cpu = VH_CPU_INTEL;
	w->host.remapping = VH_NO;
	w->host.unsafe_interrupts = VH_NO;
}
CASE("unsafe", unsafe, .want = "error interrupts-unsafe", .says = "are not remapped",
     .fix = "allow_unsafe_interrupts=1");

static void unsafe_in_a_guest(struct world *w)
{
	unsafe(w);
	w->host.is_guest = true;
}
CASE("unsafe-in-a-guest", unsafe_in_a_guest, .want = "error interrupts-unsafe",
     .fix = "let its virtual IOMMU remap interrupts");

static void unsafe_by_option(struct world *w)
{
	unsafe(w);
	w->host.cmdline = S("quiet intremap=nosid,off ro");
}
CASE("unsafe-by-option", unsafe_by_option, .want = "error interrupts-unsafe",
     .says = "kernel command line 'intremap=nosid,off'",
     .fix = "take intremap=nosid,off off the kernel command line");

static void unsafe_allowed(struct world *w)
{
	unsafe(w);
	w->host.unsafe_interrupts = VH_YES;
}
CASE("unsafe-allowed", unsafe_allowed, .want = "", .silent = "interrupts-unsafe");

static void unsafe_on_arm(struct world *w)
{
	unsafe(w);
	w->host.cpu = VH_CPU_ARM;
}
CASE("unsafe-on-arm", unsafe_on_arm, .want = "error interrupts-unsafe",
     .says = "GICv2m in /proc/interrupts, no ITS", .fix = "choose another machine, with an ITS");

static void unsafe_by_iommufd(struct world *w)
{
	unsafe_allowed(w);
	w->host.unsafe_iommufd = VH_NO;
	w->element[0].iommufd = VH_YES;
}
CASE("unsafe-by-iommufd", unsafe_by_iommufd, .want = "error interrupts-unsafe",
     .fix = "options iommufd allow_unsafe_interrupts=1");

static void unsafe_by_iommufd_allowed(struct world *w)
{
	unsafe_by_iommufd(w);
	w->host.unsafe_interrupts = VH_NO;
	w->host.unsafe_iommufd = VH_YES;
}
CASE("unsafe-by-iommufd-allowed", unsafe_by_iommufd_allowed, .want = "",
     .silent = "interrupts-unsafe");

static void unsafe_by_group(struct world *w)
{
	unsafe_by_iommufd_allowed(w);
	w->element[0].iommufd = VH_NO;
}
CASE("unsafe-by-group", unsafe_by_group, .want = "error interrupts-unsafe",
     .fix = "options vfio_iommu_type1 allow_unsafe_interrupts=1");

static void unsafe_by_iommufd_unread(struct world *w)
{
	unsafe_by_iommufd_allowed(w);
	w->c.around.libvirt = 11003;
}
CASE("unsafe-by-iommufd-that-libvirt-reads-past", unsafe_by_iommufd_unread,
     .want = "error interrupts-unsafe, warning iommufd-unavailable 0000:01:00.0:10",
     .fix = "options vfio_iommu_type1 allow_unsafe_interrupts=1");

static void unsafe_by_hand(struct world *w)
{
	unsafe_by_iommufd_allowed(w);
	w->element[0].line = 0;
	w->element[0].iommufd = VH_UNKNOWN;
}
CASE("unsafe-by-hand-and-iommufd-may", unsafe_by_hand, .want = "", .silent = "interrupts-unsafe");

static void unsafe_unknown(struct world *w)
{
	unsafe(w);
	w->host.remapping = VH_UNKNOWN;
}
CASE("unsafe-unknown", unsafe_unknown, .want = "", .silent = "interrupts-unsafe");

static void acs(struct world *w)
{
	alone(w);
	w->host.cmdline = S("quiet pcie_acs_override=downstream,multifunction");
}
CASE("acs", acs, .want = "warning acs-override",
     .says = "'pcie_acs_override=downstream,multifunction'",
     .fix = "take pcie_acs_override=downstream,multifunction off");

static void acs_config(struct world *w)
{
	acs(w);
	w->host.cmdline = S("pci=noaer,config_acs=10x@0000:00:01.0");
}
CASE("acs-config", acs_config, .want = "warning acs-override", .says = "config_acs=");

static void acs_lookalike(struct world *w)
{
	acs(w);
	w->host.cmdline = S("xpcie_acs_override=downstream pci=noacs");
}
CASE("acs-lookalike", acs_lookalike, .want = "", .silent = "acs-override");

/* The device is to be on vfio-pci from boot on, and is. */
static struct vh_boot_binding_dev early_dev;
static struct vh_boot_binding early = { .devs = &early_dev, .count = 1 };

static void early_done(struct world *w)
{
	const struct vh_pci_dev *d;

	alone(w);
	w->host_only = true;
	d = &w->dev[1];
	w->dev[1].driver = S("vfio-pci");
	w->dev[1].on_vfio = true;
	early_dev = (struct vh_boot_binding_dev){ d->addr,      d->vendor, d->device, d->subvendor,
						  d->subdevice, d->class,  NULL };
	w->host.binding = &early;
}
CASE("early-done", early_done, .want = "", .silent = "boot-binding", .scopes = VH_SCOPE_HOST);

static void early_not_yet(struct world *w)
{
	early_done(w);
	w->dev[1].driver = S("e1000e");
	w->dev[1].on_vfio = false;
}
CASE("early-not-yet", early_not_yet, .want = "warning boot-binding 0000:01:00.0",
     .says = "but driver 'e1000e' has it", .fix = "verify", .scopes = VH_SCOPE_HOST);

static void early_other(struct world *w)
{
	early_done(w);
	w->dev[1].subdevice++;
}
CASE("early-other", early_other, .want = "warning boot-binding 0000:01:00.0",
     .says = "the device there is ", .fix = "boot remove", .scopes = VH_SCOPE_HOST);

static void early_gone(struct world *w)
{
	early_done(w);
	early_dev.addr = world_addr("0000:7f:00.0");
}
CASE("early-gone", early_gone, .want = "warning boot-binding 0000:7f:00.0",
     .says = "no device is there now", .scopes = VH_SCOPE_HOST);

static struct vh_bind_id id;
static struct vh_pci_dev bound_devs[2], *bound[] = { &bound_devs[0], &bound_devs[1] };

/* The device of the domain and its twin are on vfio-pci by id. */
static void twin(struct world *w)
{
	alone(w);
	w->dev[1].driver = S("vfio-pci");
	w->dev[1].on_vfio = true;
	id = (struct vh_bind_id){
		0x1af4, 0x1000, ~0u, ~0u, 0, 0, S("1af4:1000"), S("the kernel command line")
	};
	memset(bound_devs, 0, sizeof(bound_devs));
	for (size_t i = 0; i < VH_COUNT(bound); i++) {
		bound[i]->addr = world_addr(i ? "0000:02:00.0" : "0000:01:00.0");
		bound[i]->vendor = 0x1af4;
		bound[i]->device = 0x1000;
	}
	w->host.bind_ids = &id;
	w->host.n_bind_ids = 1;
	w->host.on_vfio_pci = bound;
	w->host.n_on_vfio_pci = 2;
}
CASE("twin", twin, .want = "warning twin-by-id 0000:01:00.0:10",
     .says = "'1af4:1000' (the kernel command line), which takes not only 0000:01:00.0 from "
	     "the host, but also 0000:02:00.0",
     .fix = "binds by address");

static void twin_claimed(struct world *w)
{
	twin(w);
	world_claim(w, "0000:02:00.0");
}
CASE("twin-claimed", twin_claimed, .want = "", .silent = "twin-by-id");

static void twin_named(struct world *w)
{
	twin(w);
	world_dev(w, "0000:02:00.0", NIC, 2, "vfio-pci");
	world_name(w, "0000:02:00.0");
}
CASE("twin-named", twin_named, .want = "", .silent = "twin-by-id");

static void twin_of_another(struct world *w)
{
	twin(w);
	bound[1]->subvendor = 0x1028;
	id.subvendor = 0;
}
CASE("twin-of-another", twin_of_another, .want = "", .silent = "twin-by-id");

static void id_without_device(struct world *w)
{
	twin(w);
	id.device = 0x1001;
	w->host_only = true;
}
CASE("twin-no-device", id_without_device, .want = "warning twin-by-id",
     .says = "which no device matches", .scopes = VH_SCOPE_HOST);

static void id_half(struct world *w)
{
	twin(w);
	world_dev(w, "0000:02:00.0", NIC, 2, "e1000e");
	w->dev[0].device = 0x2000;
	w->host_only = true;
}
CASE("twin-half", id_half, .want = "warning twin-by-id",
     .says = "vfio-pci has 0000:01:00.0, and not 0000:02:00.0", .scopes = VH_SCOPE_HOST);

static void id_whole(struct world *w)
{
	twin(w);
	w->dev[0].device = 0x2000;
	w->host_only = true;
}
CASE("twin-whole", id_whole, .want = "", .silent = "twin-by-id", .scopes = VH_SCOPE_HOST);

/* --- displays and inputs ----------------------------------------------------------------- */

static void boot_display(struct world *w)
{
	gpu(w);
	w->dev[1].boot_vga = true;
}
CASE("boot-display", boot_display, .want = "warning boot-display 0000:01:00.0:10",
     .says = "0000:01:00.0 is the display that the host booted with", .fix = "ROM");

static void boot_framebuffer(struct world *w)
{
	gpu(w);
	w->dev[1].framebuffer = S("BOOTFB");
}
CASE("boot-framebuffer", boot_framebuffer, .want = "warning boot-display 0000:01:00.0:10",
     .says = "'BOOTFB' is in its memory", .fix = "initcall_blacklist=sysfb_init");

static void boot_display_used(struct world *w)
{
	boot_display(w);
	world_use(&w->dev[1], VH_USE_DISPLAY, "the console is drawn on it (fb0)");
}
CASE("boot-display-used", boot_display_used, .want = "error device-in-use 0000:01:00.0:10",
     .silent = "boot-display");

static void keyboard(struct world *w)
{
	static char *keyboards[] = { S("sys/devices/pci0000:00/0000:00:14.0/usb1/input/input5") };
	struct vh_use *u;

	alone(w);
	w->dev[1].class = USB;
	w->dev[1].path = S("sys/devices/pci0000:00/0000:00:14.0");
	w->dev[0].path = S("sys/devices/pci0000:00/0000:00:01.0");
	u = world_use(&w->dev[1], VH_USE_INPUT, "keyboard 'K120' (1-3)");
	u->peer_only = true;
	u->input = VH_INPUT_KEYBOARD;
	world_use(&w->dev[1], VH_USE_INPUT, "USB device 'Camera' (1-4)")->peer_only = true;
	w->host.keyboards_read = true;
	w->host.keyboards = (struct vh_names){ keyboards, 1 };
}
CASE("input", keyboard,
     .want = "warning input-lost 0000:01:00.0:10, info peer-detached 0000:01:00.0:10",
     .says = "its keyboard or mouse: keyboard 'K120' (1-3); the host has no other keyboard",
     .fix = "ssh");

static void keyboard_of_two(struct world *w)
{
	static char *keyboards[] = { S("sys/devices/pci0000:00/0000:00:14.0/usb1/input/input5"),
				     S("sys/devices/platform/i8042/serio0/input/input0") };

	keyboard(w);
	w->host.keyboards = (struct vh_names){ keyboards, 2 };
}
CASE("input-of-two", keyboard_of_two,
     .want = "warning input-lost 0000:01:00.0:10, info peer-detached 0000:01:00.0:10");

static void no_keyboard(struct world *w)
{
	keyboard(w);
	w->dev[1].uses[0].input = VH_INPUT_NONE;
}
CASE("input-none", no_keyboard, .want = "info peer-detached 0000:01:00.0:10",
     .silent = "input-lost");

/* --- past the rules ---------------------------------------------------------------------- */

static struct vh_smuggled smuggled;

static void past_libvirt(struct world *w)
{
	smuggled = (struct vh_smuggled){ .line = 77,
					 .host = S("02:00.0"),
					 .has_addr = true,
					 .addr = world_addr("0000:02:00.0") };
	w->domain.smuggled.list = &smuggled;
	w->domain.smuggled.count = 1;
	world_dev(w, "0000:02:00.0", NIC, 2, "vfio-pci");
}
CASE("qemu-commandline", past_libvirt, .want = "warning qemu-commandline 0000:02:00.0:77",
     .says = "QEMU gets 02:00.0 by <qemu:commandline>", .fix = "<hostdev mode='subsystem'");

static void past_libvirt_unknown(struct world *w)
{
	past_libvirt(w);
	smuggled.host = S("a device");
	smuggled.has_addr = false;
}
CASE("qemu-commandline-unknown", past_libvirt_unknown, .want = "warning qemu-commandline:77",
     .fix = "write a <hostdev> for it instead");

CASE("qemu-commandline-none", alone, .want = "", .silent = "qemu-commandline");
