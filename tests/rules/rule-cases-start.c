/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-start - what makes libvirt or QEMU fail beside the devices. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

/* --- ROM files --------------------------------------------------------------------------------- */

static struct vh_rom_file *rom(struct world *w, enum vh_tri there)
{
	static struct vh_rom_file file;

	alone(w);
	w->element[0].rom = S("/opt/card.rom");
	w->element[0].rom_line = 12;
	file = (struct vh_rom_file){ .element = &w->element[0], .there = there };
	w->c.around.roms = &file;
	w->c.around.n_roms = 1;
	return &file;
}

static void rom_missing(struct world *w)
{
	rom(w, VH_NO);
}
CASE("rom-missing", rom_missing, .want = "error rom-file 0000:01:00.0:12",
     .says = "the ROM file /opt/card.rom is not there", .fix = "remove the <rom> element");

static void rom_unknown(struct world *w)
{
	rom(w, VH_UNKNOWN);
}
CASE("rom-unknown", rom_unknown, .want = "", .silent = "rom-file");

static void rom_closed(struct world *w)
{
	rom(w, VH_YES)->closed = S("/root");
}
CASE("rom-closed", rom_closed, .want = "warning rom-file 0000:01:00.0:12",
     .says = "and may not enter /root",
     .fix = "install -D -m 644 -t /usr/share/vgabios /opt/card.rom");

static void rom_is_text(struct world *w)
{
	rom(w, VH_YES)->is_rom = VH_NO;
}
CASE("rom-is-text", rom_is_text, .want = "warning rom-file 0000:01:00.0:12", .says = "55 aa");

static struct vh_rom_file *rom_of(struct world *w, uint16_t vendor)
{
	struct vh_rom_file *r = rom(w, VH_YES);

	r->is_rom = VH_YES;
	r->has_ids = true;
	r->vendor = vendor;
	r->device = 0x67df;
	return r;
}

static void rom_of_another(struct world *w)
{
	rom_of(w, 0x1002);
}
CASE("rom-of-another", rom_of_another, .want = "warning rom-file 0000:01:00.0:12",
     .says = "1002:67df, and 0000:01:00.0 is 1af4:1000");

static void rom_of_its_vendor(struct world *w)
{
	rom_of(w, 0x1af4);
}
CASE("rom-of-its-vendor", rom_of_its_vendor, .want = "", .silent = "rom-file");

/* --- memory ------------------------------------------------------------------------------------ */

static void shared(struct world *w)
{
	alone(w);
	w->host.release = S("6.12.57+deb13-amd64");
	w->domain.memory.shared_file_line = 7;
	w->c.around.memory_dir = S("/var/lib/libvirt/qemu/ram");
	w->c.around.memory_fs = S("ext4");
}
CASE("unpinnable", shared, .want = "error memory-unpinnable:7",
     .says = "on a disk: VFIO cannot pin it", .fix = "<source type='memfd'/>");

static void shared_before(struct world *w)
{
	shared(w);
	w->host.release = S("6.1.0-56-amd64");
}
CASE("unpinnable-before", shared_before, .want = "warning memory-unpinnable:7",
     .says = "from Linux 6.5 on");

static void shared_in_memory(struct world *w)
{
	shared(w);
	w->c.around.memory_fs = S("tmpfs");
}
CASE("unpinnable-not-on-tmpfs", shared_in_memory, .want = "", .silent = "memory-unpinnable");

static void shared_somewhere(struct world *w)
{
	shared(w);
	w->c.around.memory_fs = NULL;
}
CASE("unpinnable-unknown", shared_somewhere, .want = "", .silent = "memory-unpinnable");

static void shared_by_unknown(struct world *w)
{
	shared(w);
	w->host.release = NULL;
}
CASE("unpinnable-kernel-unknown", shared_by_unknown, .want = "", .silent = "memory-unpinnable");

static void shared_unpinned(struct world *w)
{
	shared(w);
	w->element[0].unassigned = true;
}
CASE("unpinnable-nothing-pinned", shared_unpinned, .want = "", .silent = "memory-unpinnable");

/* --- drivers ----------------------------------------------------------------------------------- */

static void driver_kvm(struct world *w)
{
	alone(w);
	w->element[0].driver = S("kvm");
	w->element[0].driver_line = 14;
}
CASE("driver-kvm", driver_kvm, .want = "error driver-choice 0000:01:00.0:14",
     .says = "by vfio alone", .fix = "name='vfio'");

static void driver_vfio(struct world *w)
{
	driver_kvm(w);
	w->element[0].driver = S("vfio");
}
CASE("driver-vfio", driver_vfio, .want = "", .silent = "driver-choice");

static void disk_on_a_card(struct world *w)
{
	alone(w);
	w->element[0].element = VH_DISK;
}
CASE("driver-nvme-for-a-card", disk_on_a_card, .want = "error driver-choice 0000:01:00.0:10",
     .says = "0000:01:00.0 is not an NVMe controller", .fix = "the address of an NVMe controller");

static void disk_on_nvme(struct world *w)
{
	disk_on_a_card(w);
	w->dev[1].class = NVME;
}
CASE("driver-nvme", disk_on_nvme, .want = "", .silent = "driver-choice");

static void disk_on_apples(struct world *w)
{
	disk_on_a_card(w);
	w->dev[1].class = 0x018002;
}
CASE("driver-nvme-of-another-class", disk_on_apples, .want = "", .silent = "driver-choice");

static void model(struct world *w, enum vh_tri there)
{
	static struct vh_model m;

	driver_vfio(w);
	w->element[0].model = S("mlx5_vfio_pci");
	m = (struct vh_model){ &w->element[0], there };
	w->c.around.models = &m;
	w->c.around.n_models = 1;
}
static void model_missing(struct world *w)
{
	model(w, VH_NO);
}
CASE("driver-model-missing", model_missing, .want = "error driver-choice 0000:01:00.0:14",
     .says = "model='mlx5_vfio_pci'");

static void model_unknown(struct world *w)
{
	model(w, VH_UNKNOWN);
}
static void model_of_old_libvirt(struct world *w)
{
	model(w, VH_NO);
	w->c.around.libvirt = 9000;
}
CASE("driver-model-before-10", model_of_old_libvirt, .want = "", .silent = "driver-choice");

CASE("driver-model-unknown", model_unknown, .want = "", .silent = "driver-choice");

static void vendor(struct world *w)
{
	alone(w);
	w->dev[1].driver = S("nvidia");
	w->dev[1].on_vfio = true;
}
CASE("driver-of-the-vendor", vendor, .want = "error driver-choice 0000:01:00.0:10",
     .says = "0000:01:00.0 is on 'nvidia', which is the VFIO driver for it",
     .fix = "write managed='no' into the <hostdev>");

static void vendor_unmanaged(struct world *w)
{
	vendor(w);
	w->element[0].managed = false;
	w->element[0].written_managed = VH_MANAGED_NO;
}
CASE("driver-of-the-vendor-unmanaged", vendor_unmanaged, .want = "", .silent = "driver-choice");

static void vendor_named(struct world *w)
{
	vendor(w);
	w->element[0].model = S("nvidia");
}
CASE("driver-of-the-vendor-named", vendor_named, .want = "", .silent = "driver-choice");

static void variant(struct world *w)
{
	vendor(w);
	w->dev[1].driver = S("mlx5_vfio_pci");
}
CASE("driver-variant", variant, .want = "", .silent = "driver-choice");

/* --- addresses in the guest -------------------------------------------------------------------- */

static struct vh_slot slots[3];

static struct vh_slot *slot(struct world *w, const char *addr)
{
	struct vh_slot *s = &slots[w->domain.slots.count++];

	if (!w->domain.n_devices)
		alone(w);
	w->domain.slots.list = slots;
	*s = (struct vh_slot){ 10 * (int)w->domain.slots.count, S("hostdev"), true,
			       world_addr(addr), false };
	return s;
}

static void slot_twice(struct world *w)
{
	slot(w, "0000:00:02.0");
	slot(w, "0000:00:03.0");
	slot(w, "0000:00:02.0")->element = S("video");
}
CASE("guest-address-twice", slot_twice, .want = "error guest-address:30",
     .says = "to this <video> and to the <hostdev> of line 10",
     .fix = "remove the <address type='pci'>");

static void slot_functions(struct world *w)
{
	slot(w, "0000:00:02.1");
	slot(w, "0000:00:02.0");
}
CASE("guest-address-functions", slot_functions, .want = "", .silent = "guest-address");

static void slot_alone(struct world *w)
{
	slot(w, "0000:00:02.1");
	slot(w, "0000:00:03.0");
}
CASE("guest-address-alone", slot_alone, .want = "warning guest-address:10",
     .says = "it is function 1 of a slot in which nothing is function 0");

static void slot_of_video(struct world *w)
{
	slot_alone(w);
	slots[0].is_hostdev = false;
}
CASE("guest-address-alone-of-another", slot_of_video, .want = "", .silent = "guest-address");

static void slot_lone(struct world *w)
{
	slot(w, "0000:00:05.1");
	w->domain.lone = true;
}
CASE("guest-address-lone", slot_lone, .want = "error guest-address:10",
     .says = "libvirt plugs in function 0 alone");

static void slot_lone_first(struct world *w)
{
	slot(w, "0000:00:05.0");
	w->domain.lone = true;
}
CASE("guest-address-lone-first", slot_lone_first, .want = "", .silent = "guest-address");

/* --- elements that are passed over ------------------------------------------------------------- */

static void misplaced(struct world *w)
{
	static struct vh_misplaced m[] = {
		{ 70, VH_PLACED_OUTSIDE, S("hostdev"), "<hostdev>" },
		{ 80, VH_PLACED_INSIDE, S("commandline"), "<qemu:commandline>" },
	};

	w->domain.slots.misplaced = m;
	w->domain.slots.n_misplaced = VH_COUNT(m);
}
CASE("ignored-element", misplaced, .want = "warning ignored-element:70, warning ignored-element:80",
     .says = "libvirt ignores this <hostdev>, which is outside <devices>",
     .fix = "move it into <devices>");

static void undeclared(struct world *w)
{
	static struct vh_misplaced m[] = {
		{ 70, VH_PLACED_UNDECLARED, S("qemu:override"), "<qemu:override>" },
		{ 80, VH_PLACED_FOREIGN, S("commandline"), "<qemu:commandline>" },
	};

	w->domain.slots.misplaced = m;
	w->domain.slots.n_misplaced = VH_COUNT(m);
}
CASE("ignored-element-namespace", undeclared,
     .want = "warning ignored-element:70, warning ignored-element:80",
     .says = "libvirt ignores this <qemu:override>, which is of no namespace",
     .fix = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'");

CASE("ignored-element-none", alone, .want = "", .silent = "ignored-element");

/* --- what is known of devices ------------------------------------------------------------------ */

static void navi(struct world *w)
{
	alone(w);
	w->dev[1].class = VGA;
	w->dev[1].vendor = 0x1002;
	w->dev[1].device = 0x731f;
	w->dev[1].driver = NULL;
}
CASE("reset-known-bad", navi, .want = "warning reset-known-bad 0000:01:00.0:10",
     .says = "of the Navi 10 family", .fix = "vendor-reset");

static void navi_reset(struct world *w)
{
	navi(w);
	w->dev[1].resets = S("device_specific bus");
}
CASE("reset-known-bad-cured", navi_reset, .want = "", .silent = "reset-known-bad");

static void of_a_processor(struct world *w)
{
	navi(w);
	w->dev[1].device = 0x1638;
}
CASE("reset-known-bad-processor", of_a_processor, .want = "warning reset-known-bad 0000:01:00.0:10",
     .says = "is the graphics of a processor of the Cezanne family", .fix = "RadeonResetBugFix");

static void navi_newer(struct world *w)
{
	navi(w);
	w->dev[1].device = 0x73bf;
}
CASE("reset-known-bad-not-navi-21", navi_newer, .want = "", .silent = "reset-known-bad");

static void navi_of_nvidia(struct world *w)
{
	navi(w);
	w->dev[1].vendor = 0x10de;
}
CASE("reset-known-bad-other-vendor", navi_of_nvidia, .want = "", .silent = "reset-known-bad");

static void cold(struct world *w)
{
	alone(w);
	w->dev[1].cold = true;
}
CASE("power-state", cold, .want = "info power-state 0000:01:00.0:10", .says = "(D3cold)",
     .fix = "echo 0 > /sys/bus/pci/devices/0000:01:00.0/d3cold_allowed");
CASE("power-state-on", alone, .want = "", .silent = "power-state");

static void big_bar(struct world *w)
{
	alone(w);
	w->dev[1].bar_bytes = UINT64_C(128) << 30;
}
CASE("big-bar", big_bar, .want = "warning big-bar 0000:01:00.0:10", .says = "a BAR of 128 GiB",
     .fix = "maxphysaddr");

static void big_bar_told(struct world *w)
{
	big_bar(w);
	w->domain.wide_window = true;
}
CASE("big-bar-told", big_bar_told, .want = "", .silent = "big-bar");

static void usual_bar(struct world *w)
{
	alone(w);
	w->dev[1].bar_bytes = UINT64_C(16) << 30;
}
CASE("big-bar-of-16-gib", usual_bar, .want = "", .silent = "big-bar");

/* --- other hooks -------------------------------------------------------------------------------- */

static struct vh_hook_line hooks[] = {
	{ S("/etc/libvirt/hooks/qemu"), 4, VH_DEED_NODEDEV, "virsh nodedev-detach", 1, NULL, { 0 } },
	{ S("/etc/libvirt/hooks/qemu"), 9, VH_DEED_LOAD, "modprobe vfio-pci", 0, NULL, { 0 } },
};

static void hooks_of_others(struct world *w)
{
	alone(w);
	w->c.scripts.list = hooks;
	w->c.scripts.count = 2;
}
CASE("hook-conflict", hooks_of_others, .want = "warning hook-conflict",
     .says = "/etc/libvirt/hooks/qemu:4: 'virsh nodedev-detach' (and 1 line more) calls libvirt",
     .fix = "'modprobe vfio-pci' is not needed either");

static void hooks_called(struct world *w)
{
	static struct vh_hook_line line = {
		S("/usr/local/bin/up.sh"),      3,    VH_DEED_VIRSH, "virsh", 0,
		S("/etc/libvirt/hooks/qemu:7"), { 0 }
	};

	alone(w);
	w->c.scripts.list = &line;
	w->c.scripts.count = 1;
}
CASE("hook-called", hooks_called, .want = "warning hook-conflict",
     .says = "/usr/local/bin/up.sh:3 (called by /etc/libvirt/hooks/qemu:7): 'virsh' calls libvirt");

static void hooks_that_load(struct world *w)
{
	hooks_of_others(w);
	w->c.scripts.list = hooks + 1;
	w->c.scripts.count = 1;
}
CASE("hook-loads-vfio", hooks_that_load, .want = "", .silent = "hook-conflict");

static char *idle[] = { S("/etc/libvirt/hooks/qemu.d/10 first") };

static void hooks_idle(struct world *w)
{
	alone(w);
	w->c.scripts.idle = (struct vh_names){ idle, 1 };
}
CASE("hook-not-executable", hooks_idle, .want = "warning hook-conflict",
     .fix = "chmod +x '/etc/libvirt/hooks/qemu.d/10 first'");

/* --- settings ------------------------------------------------------------------------------------- */

static struct vh_extra *extra(struct world *w)
{
	static struct vh_extra one;

	alone(w);
	one = (struct vh_extra){ .line = 12, .element = "interface", .what = S("<bandwidth>") };
	w->domain.extras.list = &one;
	w->domain.extras.count = 1;
	return &one;
}

static void extra_at_start(struct world *w)
{
	extra(w)->at_start = true;
}
CASE("setting-refused", extra_at_start, .want = "error setting-refused:12",
     .says = "this <interface> is a PCI device of the host and has <bandwidth>: libvirt refuses the start",
     .fix = "remove <bandwidth>");

static void extra_defined(struct world *w)
{
	extra(w)->fix = "remove the limit";
}
CASE("setting-refused-domain", extra_defined, .want = "error setting-refused:12",
     .says = "libvirt refuses the domain", .fix = "remove the limit");

static void extra_of_network(struct world *w)
{
	extra(w)->network = S("lan");
}
CASE("setting-of-a-bridge", extra_of_network, .want = "", .silent = "setting-refused");
