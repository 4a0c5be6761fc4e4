/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-start - what makes libvirt or QEMU fail beside the devices. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

#define TAKEN_INFO "info peer-detached 0000:01:00.0:10"

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

/* --- the guest's IOMMU ------------------------------------------------------------------------- */

static struct vh_guest_iommu *viommu(struct world *w, const char *model)
{
	struct vh_guest_iommu *g = &w->domain.iommu;

	alone(w);
	*g = (struct vh_guest_iommu){ .line = 30, .model = S(model), .caching_mode = true };
	w->c.around.iommu_bits = 39;
	w->c.around.qemu = 9001000;
	return g;
}

static void viommu_uncached(struct world *w)
{
	viommu(w, "intel")->caching_mode = false;
}
CASE("viommu-uncached", viommu_uncached, .want = "error viommu:30",
     .says = "We need to set caching-mode=on", .fix = "<driver caching_mode='on'/>");

static void viommu_cached(struct world *w)
{
	viommu(w, "intel");
}
CASE("viommu-cached", viommu_cached, .want = "", .silent = "viommu");

static void viommu_of_new_qemu(struct world *w)
{
	viommu(w, "intel");
	w->c.around.qemu = 9002000;
}
CASE("viommu-too-wide", viommu_of_new_qemu, .want = "error viommu:30",
     .says = "aw-bits 48 > host aw-bits 39", .fix = "aw_bits='39'");

static void viommu_on_a_wide_host(struct world *w)
{
	viommu_of_new_qemu(w);
	w->c.around.iommu_bits = 48;
}
CASE("viommu-wide-as-the-host", viommu_on_a_wide_host, .want = "", .silent = "viommu");

static void viommu_of_some_qemu(struct world *w)
{
	viommu(w, "intel");
	w->c.around.qemu = 0;
}
CASE("viommu-of-an-unknown-qemu", viommu_of_some_qemu, .want = "", .silent = "viommu");

static void viommu_asked_wide(struct world *w)
{
	viommu_of_some_qemu(w);
	w->domain.iommu.aw_bits = 48;
}
CASE("viommu-asked-wide", viommu_asked_wide, .want = "error viommu:30");

static void viommu_on_some_host(struct world *w)
{
	viommu_asked_wide(w);
	w->c.around.iommu_bits = 0;
}
CASE("viommu-on-an-unknown-host", viommu_on_some_host, .want = "", .silent = "viommu");

static void viommu_smmu(struct world *w)
{
	viommu(w, "smmuv3");
}
CASE("viommu-smmu", viommu_smmu, .want = "error viommu:30", .says = "smmuv3 is not accelerated");

static void viommu_smmu_of_a_bus(struct world *w)
{
	viommu(w, "smmuv3")->one_bus = true;
}
CASE("viommu-smmu-of-a-bus", viommu_smmu_of_a_bus, .want = "warning viommu:30");

static void viommu_smmu_accelerated(struct world *w)
{
	viommu(w, "smmuv3")->accel = true;
}
CASE("viommu-smmu-accelerated", viommu_smmu_accelerated, .want = "", .silent = "viommu");

static void viommu_amd(struct world *w)
{
	viommu(w, "amd");
}
CASE("viommu-amd-of-old-qemu", viommu_amd, .want = "warning viommu:30");

static void viommu_amd_now(struct world *w)
{
	viommu(w, "amd");
	w->c.around.qemu = 9002000;
}
CASE("viommu-amd-of-new-qemu", viommu_amd_now, .want = "", .silent = "viommu");

static void viommu_virtio(struct world *w)
{
	struct vh_guest_iommu *g = viommu(w, "virtio");

	g->caching_mode = false;
	g->acpi = true;
}
CASE("viommu-virtio", viommu_virtio, .want = "", .silent = "viommu");

static void viommu_of_nothing(struct world *w)
{
	viommu_uncached(w);
	w->element[0].unassigned = true;
}
CASE("viommu-nothing-assigned", viommu_of_nothing, .want = "", .silent = "viommu");

/* --- confidential guests ----------------------------------------------------------------------- */

static void confidential(struct world *w, const char *type, unsigned int qemu)
{
	big_guest(w, 28);
	w->domain.security = S(type);
	w->domain.security_line = 33;
	w->c.around.qemu = qemu;
	w->c.around.dma_entries = 4194304;
}

static void snp_of_9_1(struct world *w)
{
	confidential(w, "sev-snp", 9001000);
}
CASE("confidential-9.1", snp_of_9_1, .want = "error confidential:33",
     .says = "QEMU 9.1 passes no devices to a guest with sev-snp: it ends with 'Cannot set",
     .fix = "install QEMU 10.1");

static void snp_of_10_0(struct world *w)
{
	confidential(w, "sev-snp", 10000002);
}
CASE("confidential-10.0", snp_of_10_0, .want = "warning confidential:33",
     .says = "10.1 is the first that can");

static void tdx_of_9_1(struct world *w)
{
	confidential(w, "tdx", 9001000);
}
CASE("confidential-tdx-of-a-distribution", tdx_of_9_1, .want = "warning confidential:33");

static void snp_of_10_1(struct world *w)
{
	confidential(w, "sev-snp", 10001000);
}
CASE("confidential-10.1", snp_of_10_1, .want = "", .silent = "confidential");

static void snp_of_unknown(struct world *w)
{
	confidential(w, "sev-snp", 0);
	w->c.around.dma_entries = 0;
}
CASE("confidential-unknown", snp_of_unknown, .want = "", .silent = "confidential");

static void sev_of_9_1(struct world *w)
{
	confidential(w, "sev", 9001000);
}
CASE("confidential-sev", sev_of_9_1, .want = "", .silent = "confidential");

static void snp_of_nothing(struct world *w)
{
	snp_of_9_1(w);
	w->element[0].unassigned = true;
}
CASE("confidential-nothing-assigned", snp_of_nothing, .want = "", .silent = "confidential");

static void tdx_of_few_entries(struct world *w)
{
	confidential(w, "tdx", 10001000);
	w->c.around.dma_entries = 65535;
}
CASE("confidential-few-entries", tdx_of_few_entries, .want = "warning confidential:33",
     .says = "VFIO allows 65535 mappings (dma_entry_limit) and a guest with tdx has 4194304 pages",
     .fix = "dma_entry_limit=4194304");

static void tdx_by_iommufd(struct world *w)
{
	tdx_of_few_entries(w);
	w->domain.iommufd = true;
	w->c.around.iommufd = VH_YES;
}
CASE("confidential-by-iommufd", tdx_by_iommufd, .want = "", .silent = "confidential");

/* All that it gets comes from a network. */
static void snp_of_a_pool(struct world *w)
{
	static char text[] = "vfs", *name = text;

	snp_of_9_1(w);
	w->domain.n_devices = 0;
	w->c.networks.pools = (struct vh_names){ &name, 1 };
}
CASE("confidential-pool", snp_of_a_pool, .want = "error confidential:33", .scopes = VH_SCOPE_DOMAIN);

static void tdx_of_a_pool(struct world *w)
{
	snp_of_a_pool(w);
	w->domain.security = S("tdx");
	w->domain.iommufd = true;
	w->c.around.qemu = 10001000;
	w->c.around.dma_entries = 65535;
}
CASE("confidential-pool-few-entries", tdx_of_a_pool, .want = "warning confidential:33",
     .says = "VFIO allows 65535 mappings", .scopes = VH_SCOPE_DOMAIN);

static void snp_beside_passthrough(struct world *w)
{
	snp_of_10_1(w);
	w->host.cmdline = S("ro amd_iommu=fullflush iommu=soft,pt quiet");
}
CASE("confidential-iommu-pt", snp_beside_passthrough, .want = "error confidential:33",
     .says = "the host has no SEV-SNP with 'iommu=soft,pt'", .fix = "take iommu=soft,pt off");

static void snp_beside_passthrough_off(struct world *w)
{
	snp_beside_passthrough(w);
	w->host.cmdline = S("ro iommu=pt iommu.passthrough=0");
}
CASE("confidential-iommu-pt-off", snp_beside_passthrough_off, .want = "", .silent = "confidential");

static void tdx_beside_passthrough(struct world *w)
{
	snp_beside_passthrough(w);
	w->domain.security = S("tdx");
}
CASE("confidential-tdx-iommu-pt", tdx_beside_passthrough, .want = "", .silent = "confidential");

/* --- past libvirt ------------------------------------------------------------------------------ */

static struct vh_smuggled past[2];

static void past_libvirt(struct world *w, const char *addr, size_t count)
{
	alone(w);
	for (size_t i = 0; i < count; i++)
		past[i] = (struct vh_smuggled){ 40 + (int)i, S(addr), true, false,
						world_addr(addr) };
	w->domain.smuggled.list = past;
	w->domain.smuggled.count = count;
}

static void past_absent(struct world *w)
{
	past_libvirt(w, "0000:07:00.0", 1);
}
CASE("commandline-absent", past_absent, .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "and ends: this host has no such device", .fix = "<hostdev");

static void past_unreadable(struct world *w)
{
	past_absent(w);
	w->host.failed = 5;
}
CASE("commandline-absent-maybe", past_unreadable,
     .want = "warning qemu-commandline 0000:07:00.0:40");

static void past_on_driver(struct world *w)
{
	past_libvirt(w, "0000:07:00.0", 1);
	world_dev(w, "0000:07:00.0", AUDIO, 7, "snd_hda_intel");
}
CASE("commandline-on-host-driver", past_on_driver, .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "it is on 'snd_hda_intel'");

static void past_without_driver(struct world *w)
{
	past_libvirt(w, "0000:07:00.0", 1);
	world_dev(w, "0000:07:00.0", AUDIO, 7, NULL);
}
CASE("commandline-without-driver", past_without_driver,
     .want = "error qemu-commandline 0000:07:00.0:40", .says = "it is on no driver");

static void past_on_vfio(struct world *w)
{
	past_without_driver(w);
	w->dev[2].driver = S("vfio-pci");
	w->dev[2].on_vfio = true;
}
CASE("commandline-on-vfio", past_on_vfio, .want = "warning qemu-commandline 0000:07:00.0:40",
     .silent = "qemu-set");

static void past_with_a_peer(struct world *w)
{
	past_on_vfio(w);
	world_dev(w, "0000:07:00.1", AUDIO, 7, "snd_hda_intel");
}
CASE("commandline-peer-on-driver", past_with_a_peer,
     .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "0000:07:00.1 of its IOMMU group is on 'snd_hda_intel', and nobody takes it");

static void past_with_a_bridge(struct world *w)
{
	past_on_vfio(w);
	world_dev(w, "0000:07:00.1", BRIDGE, 7, "pcieport");
	world_dev(w, "0000:07:01.0", AUDIO, 7, NULL);
}
CASE("commandline-peers-tolerated", past_with_a_bridge,
     .want = "warning qemu-commandline 0000:07:00.0:40");

static void past_in_use(struct world *w)
{
	past_on_vfio(w);
	world_view(w, 7)->open = VH_YES;
	world_view(w, 7)->holder = S("process 812 (qemu-system-x86)");
}
CASE("commandline-group-open", past_in_use, .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "its IOMMU group is in use by process 812");

static void past_of_itself(struct world *w)
{
	past_in_use(w);
	w->c.running = true;
}
CASE("commandline-group-open-by-itself", past_of_itself,
     .want = "warning qemu-commandline 0000:07:00.0:40");

static void past_misspelt(struct world *w)
{
	past_on_vfio(w);
	past[0].misspelt = true;
}
CASE("commandline-one-argument", past_misspelt, .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "are two arguments of QEMU's, and this is one");

static void past_beside_a_hook(struct world *w)
{
	static struct vh_hook_line line = { .file = S("/etc/libvirt/hooks/qemu.d/bind"),
					    .line = 3,
					    .deed = VH_DEED_BIND,
					    .what = "driver_override" };

	past_without_driver(w);
	w->c.scripts.list = &line;
	w->c.scripts.count = 1;
}
CASE("commandline-bound-by-a-hook", past_beside_a_hook,
     .want = "warning qemu-commandline 0000:07:00.0:40, warning hook-conflict");

static void past_with_peer(struct world *w)
{
	past_libvirt(w, "0000:01:00.1", 1);
	world_dev(w, "0000:01:00.1", AUDIO, 1, "snd_hda_intel");
}
CASE("commandline-of-the-group", past_with_peer,
     .want = "warning qemu-commandline 0000:01:00.1:40, info peer-detached 0000:01:00.1:10");

static void past_and_named(struct world *w)
{
	past_libvirt(w, "0000:01:00.0", 1);
}
CASE("commandline-named-too", past_and_named, .want = "error qemu-commandline 0000:01:00.0:40",
     .says = "it is named twice, and the <hostdev> of line 10 has it already",
     .fix = "remove the two <qemu:arg>");

static void past_and_unassigned(struct world *w)
{
	past_and_named(w);
	w->element[0].unassigned = true;
	w->dev[1].driver = S("vfio-pci");
	w->dev[1].on_vfio = true;
}
CASE("commandline-named-unassigned", past_and_unassigned,
     .want = "warning qemu-commandline 0000:01:00.0:40");

static void past_twice(struct world *w)
{
	past_libvirt(w, "0000:07:00.0", 2);
	world_dev(w, "0000:07:00.0", AUDIO, 7, "vfio-pci");
}
CASE("commandline-twice", past_twice,
     .want = "error qemu-commandline 0000:07:00.0:41, warning qemu-commandline 0000:07:00.0:40",
     .says = "the argument of line 40 has it already");

static struct vh_qemu_set set;

static void sets(struct world *w, const char *id, const char *property, const char *value)
{
	alone(w);
	set = (struct vh_qemu_set){ 50, S(id), S(property), S(value) };
	w->domain.smuggled.sets = &set;
	w->domain.smuggled.n_sets = 1;
}

static void set_of_hostdev(struct world *w)
{
	sets(w, "hostdev0", "x-vga", "on");
}
CASE("qemu-set", set_of_hostdev, .want = "error qemu-set:50",
     .says = "there is no device \"hostdev0\" defined",
     .fix = "<qemu:override><qemu:device alias='hostdev0'><qemu:frontend><qemu:property name='x-vga' "
	    "type='bool' value='true'/></qemu:frontend></qemu:device></qemu:override>");

static void set_of_old_qemu(struct world *w)
{
	set_of_hostdev(w);
	w->c.around.qemu = 6001000;
}
CASE("qemu-set-before-6.2", set_of_old_qemu, .want = "", .silent = "qemu-set");

static void set_of_video(struct world *w)
{
	sets(w, "video0", "vgamem_mb", "64");
}
CASE("qemu-set-of-another-device", set_of_video, .want = "error qemu-set:50",
     .fix = "<qemu:device alias='video0'>");

static void set_of_guest_alone(struct world *w)
{
	set_of_video(w);
	w->domain.n_devices = 0;
}
CASE("qemu-set-without-passthrough", set_of_guest_alone, .want = "", .silent = "qemu-set");

static void set_of_alias(struct world *w)
{
	sets(w, "ua-gpu", "x-pci-sub-device-id", "0x1234");
	w->element[0].alias = S("ua-gpu");
	w->c.around.qemu = 8002000;
}
CASE("qemu-set-of-an-alias", set_of_alias, .want = "error qemu-set:50",
     .fix = "type='unsigned' value='4660'");

static void set_to_text(struct world *w)
{
	sets(w, "hostdev12", "romfile", "/opt/it's.rom");
}
CASE("qemu-set-to-a-text", set_to_text, .want = "error qemu-set:50",
     .fix = "type='string' value='/opt/it");

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

/* --- the daemon's unit ------------------------------------------------------------------------- */

static void hardened_modules(struct world *w)
{
	alone(w);
	w->host.vfio_pci = VH_MODULE_MISSING;
	w->host.hardening.no_modules = true;
}
CASE("hardened-modules", hardened_modules, .want = "error unit-hardened",
     .silent = "vfio-unavailable", .says = "ProtectKernelModules", .fix = "systemctl edit libvirtd");

static void hardened_modules_loaded(struct world *w)
{
	hardened_modules(w);
	w->host.vfio_pci = VH_MODULE_LOADED;
}
CASE("hardened-modules-loaded", hardened_modules_loaded, .want = "", .silent = "unit-hardened");

static void hardened_all(struct world *w)
{
	alone(w);
	w->host.hardening = (struct vh_hardening){ "virtqemud", false, true, true, true };
}
CASE("hardened", hardened_all,
     .want = "error unit-hardened, error unit-hardened, error unit-hardened",
     .says = "virtqemud does not see /dev/vfio: its unit is hardened (PrivateDevices)",
     .fix = "systemctl edit virtqemud");

static void not_given(struct world *w)
{
	alone(w);
	w->c.around.ownership = (struct vh_ownership){ true, S("cloud") };
}
CASE("unit-hardened-ownership", not_given, .want = "error unit-hardened",
     .says = "QEMU, which runs as 'cloud', may not open the group in /dev/vfio",
     .fix = "SUBSYSTEM==\"vfio\", OWNER=\"cloud\"");

static void not_given_perhaps(struct world *w)
{
	alone(w);
	w->c.around.ownership = (struct vh_ownership){ true, NULL };
}
CASE("unit-hardened-ownership-perhaps", not_given_perhaps, .want = "warning unit-hardened",
     .says = "unless it runs as root");

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

/* --- iommufd ----------------------------------------------------------------------------------- */

static void iommufd(struct world *w)
{
	alone(w);
	w->element[0].iommufd = VH_YES;
	w->element[0].driver_line = 14;
	w->c.around.iommufd = w->c.around.iommufd_node = VH_YES;
}
CASE("iommufd", iommufd, .want = "", .silent = "iommufd-unavailable");

static void iommufd_missing(struct world *w)
{
	iommufd(w);
	w->c.around.iommufd = VH_NO;
}
CASE("iommufd-missing", iommufd_missing, .want = "error iommufd-unavailable 0000:01:00.0:14",
     .says = "which the running kernel does not have");

static void iommufd_not_loaded(struct world *w)
{
	iommufd(w);
	w->c.around.libvirt = 12008;
	w->c.around.iommufd_node = VH_NO;
}
CASE("iommufd-not-loaded", iommufd_not_loaded, .want = "error iommufd-unavailable 0000:01:00.0:14",
     .says = "/dev/iommu is not there",
     .fix = "modprobe iommufd && echo iommufd > /etc/modules-load.d/iommufd.conf");

static void iommufd_not_loaded_old_libvirt(struct world *w)
{
	iommufd_not_loaded(w);
	w->c.around.libvirt = 11003;
}
CASE("iommufd-not-loaded-before-12.1", iommufd_not_loaded_old_libvirt,
     .want = "warning iommufd-unavailable 0000:01:00.0:14", .says = "libvirt 11.3 reads past");

static void iommufd_of_old_libvirt(struct world *w)
{
	iommufd_missing(w);
	w->c.around.libvirt = 11003;
}
CASE("iommufd-before-12.1", iommufd_of_old_libvirt,
     .want = "warning iommufd-unavailable 0000:01:00.0:14", .says = "libvirt 11.3 reads past");

static void iommufd_of_old_qemu(struct world *w)
{
	iommufd(w);
	w->c.around.libvirt = 12001;
	w->c.around.qemu = 8002000;
}
CASE("iommufd-before-9.0", iommufd_of_old_qemu, .want = "error iommufd-unavailable 0000:01:00.0:14",
     .says = "QEMU knows from 9.0");

static void iommufd_for_one(struct world *w)
{
	iommufd(w);
	world_dev(w, "0000:02:00.0", NIC, 2, "e1000e");
	world_name(w, "0000:02:00.0");
}
CASE("iommufd-for-one-of-two", iommufd_for_one, .want = "error iommufd-unavailable 0000:01:00.0:14",
     .says = "the <hostdev> of line 20 by its group");

static void iommufd_for_all(struct world *w)
{
	iommufd_for_one(w);
	w->element[0].iommufd = VH_UNKNOWN;
	w->domain.iommufd = true;
}
CASE("iommufd-for-all", iommufd_for_all, .want = "", .silent = "iommufd-unavailable");

static void iommufd_but_one(struct world *w)
{
	iommufd_for_all(w);
	w->element[1].iommufd = VH_NO;
}
CASE("iommufd-for-all-but-one", iommufd_but_one,
     .want = "error iommufd-unavailable 0000:01:00.0:14");

static void vfio_without_groups(struct world *w)
{
	iommufd(w);
	w->c.around.vfio_groups = VH_NO;
}
CASE("vfio-without-groups", vfio_without_groups, .want = "", .silent = "iommufd-unavailable");

static void vfio_without_node(struct world *w)
{
	vfio_without_groups(w);
	w->c.around.libvirt = 12008;
	w->c.around.vfio_node = VH_NO;
}
CASE("vfio-without-groups-nor-node", vfio_without_node,
     .want = "error iommufd-unavailable 0000:01:00.0:14", .says = "not by iommufd either",
     .fix = "systemd-tmpfiles --create");

static void vfio_without_groups_by_group(struct world *w)
{
	vfio_without_groups(w);
	w->element[0].iommufd = VH_UNKNOWN;
}
CASE("vfio-without-groups-by-group", vfio_without_groups_by_group,
     .want = "error iommufd-unavailable 0000:01:00.0:14", .says = "no CONFIG_VFIO_GROUP",
     .fix = "write <driver iommufd='yes'/> into each <hostdev>");

static void vfio_without_groups_unassigned(struct world *w)
{
	iommufd_for_one(w);
	w->c.around.vfio_groups = VH_NO;
	w->element[1].unassigned = true;
}
CASE("vfio-without-groups-and-one-unassigned", vfio_without_groups_unassigned,
     .want = "error iommufd-unavailable 0000:02:00.0:20", .says = "no CONFIG_VFIO_GROUP");

static void iommufd_unassigned(struct world *w)
{
	iommufd_for_all(w);
	w->c.around.libvirt = 12008;
	w->element[1].unassigned = true;
}
CASE("iommufd-unassigned", iommufd_unassigned, .want = "error iommufd-unavailable 0000:02:00.0:20",
     .says = "waits for itself", .fix = "iommufd='no'");

static void iommufd_unassigned_by_group(struct world *w)
{
	iommufd_unassigned(w);
	w->element[1].iommufd = VH_NO;
}
CASE("iommufd-unassigned-by-group", iommufd_unassigned_by_group, .want = "",
     .silent = "iommufd-unavailable");

static void vfio_without_groups_old_libvirt(struct world *w)
{
	vfio_without_groups(w);
	w->c.around.libvirt = 11003;
}
CASE("vfio-without-groups-before-12.1", vfio_without_groups_old_libvirt,
     .want = "error iommufd-unavailable 0000:01:00.0:14, warning iommufd-unavailable 0000:01:00.0:14");

static void vfio_without_groups_disk(struct world *w)
{
	vfio_without_groups(w);
	w->element[0].element = VH_DISK;
	w->dev[1].class = NVME;
}
CASE("vfio-without-groups-disk", vfio_without_groups_disk,
     .want = "error iommufd-unavailable 0000:01:00.0:14", .says = "QEMU takes an NVMe disk");

/* --- other hooks -------------------------------------------------------------------------------- */

static struct vh_hook_line hooks[] = {
	{ S("/etc/libvirt/hooks/qemu"), 4, VH_DEED_NODEDEV, "virsh nodedev-detach", 1, NULL },
	{ S("/etc/libvirt/hooks/qemu"), 9, VH_DEED_LOAD, "modprobe vfio-pci", 0, NULL },
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
		S("/usr/local/bin/up.sh"),     3, VH_DEED_VIRSH, "virsh", 0,
		S("/etc/libvirt/hooks/qemu:7")
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

/* --- the end of the host ------------------------------------------------------------------------- */

static void saved_by_script(struct world *w)
{
	alone(w);
	w->c.around.saving = (struct vh_saving){ VH_SAVER_SCRIPT, "/etc/default/libvirt-guests",
						 false };
}
CASE("saved-by-script", saved_by_script, .want = "warning unsaved-at-shutdown",
     .says = "libvirt-guests saves the guests when the host shuts down (ON_SHUTDOWN): a guest with",
     .fix = "set ON_SHUTDOWN=shutdown in /etc/default/libvirt-guests");

static void saved_by_default(struct world *w)
{
	saved_by_script(w);
	w->c.around.saving.unset = true;
}
CASE("saved-by-default", saved_by_default, .want = "warning unsaved-at-shutdown",
     .says = "(ON_SHUTDOWN is not set)");

static void saved_by_daemon(struct world *w)
{
	alone(w);
	w->c.around.saving.by = VH_SAVER_DAEMON;
}
CASE("saved-by-daemon", saved_by_daemon, .want = "warning unsaved-at-shutdown",
     .says = "(auto_shutdown_try_save)", .fix = "auto_shutdown_try_shutdown = \"all\"");

static void saved_by_nobody(struct world *w)
{
	saved_by_script(w);
	w->c.around.saving.by = VH_SAVER_NONE;
}
CASE("saved-by-nobody", saved_by_nobody, .want = "", .silent = "unsaved-at-shutdown");

static void saved_with_state(struct world *w)
{
	saved_by_script(w);
	w->dev[1].variant = S("mlx5_vfio_pci");
}
CASE("saved-with-its-state", saved_with_state, .want = "", .silent = "unsaved-at-shutdown");

static void saved_without(struct world *w)
{
	saved_by_script(w);
	w->element[0].transient = true;
}
CASE("saved-without-the-device", saved_without, .want = "", .silent = "unsaved-at-shutdown");

static void saved_in_part(struct world *w)
{
	saved_without(w);
	world_dev(w, "0000:01:01.0", NIC, 2, "e1000e");
	world_name(w, "0000:01:01.0");
}
CASE("saved-in-part", saved_in_part, .want = "warning unsaved-at-shutdown");

static void saved_element(struct world *w)
{
	saved_by_script(w);
	w->domain.lone = true;
}
CASE("saved-lone-element", saved_element, .want = "", .silent = "unsaved-at-shutdown");

static void saved_by_hand(struct world *w)
{
	saved_by_script(w);
	w->by_hand = true;
}
CASE("saved-and-no-domain", saved_by_hand, .want = "", .silent = "unsaved-at-shutdown");
