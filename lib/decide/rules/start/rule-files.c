/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-files - files of the host that QEMU needs to start: ROMs, and the guest's memory. */
#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

#define SHOWN_MAX 120

static struct vh_finding *add_rom(const struct vh_rule *r, const struct vh_rom_file *rom,
				  const char *fix, const char *what, struct vh_findings *out)
{
	const struct vh_hostdev *e = rom->element;
	_auto_free_ char *shown = vh_printable(e->rom, SHOWN_MAX);
	struct vh_finding *f = vh_finding_add(out, r, NULL, fix, "the ROM file %s%s", shown, what);

	f->severity = VH_WARNING;
	vh_finding_about(f, e->problem ? NULL : &e->addr, e->rom_line);
	return f;
}

static void check_closed_rom(const struct vh_rule *r, const struct vh_rom_file *rom,
			     struct vh_findings *out)
{
	_auto_free_ char *fix = NULL, *what = NULL, *shown = NULL, *quoted = NULL;

	if (!rom->closed)
		return;
	shown = vh_printable(rom->closed, SHOWN_MAX);
	quoted = vh_shell_quote(rom->element->rom);
	what = vh_printf(" can be read by %s alone: QEMU runs as another user%s%s", "its owner",
			 strcmp(rom->closed, rom->element->rom) ? ", and may not enter " : "",
			 strcmp(rom->closed, rom->element->rom) ? shown : "");
	fix = vh_printf("install -D -m 644 -t /usr/share/vgabios %s   # and name that file", quoted);
	add_rom(r, rom, fix, what, out);
}

/* libvirt adds no rule for it: virt-aa-helper.c:get_files() knows no ROMs. */
static void check_confined_rom(const struct vh_rule *r, const struct vh_rom_file *rom,
			       struct vh_findings *out)
{
	_auto_free_ char *fix = NULL, *quoted = NULL;

	if (!rom->confined)
		return;
	quoted = vh_shell_quote(rom->element->rom);
	fix = vh_printf("install -D -m 644 -t /usr/share/vgabios %s   # and name that file", quoted);
	add_rom(r, rom, fix,
		" is where AppArmor does not let QEMU read: libvirt's profile for guests has no rule for it, and QEMU ends with 'failed to find romfile'",
		out);
}

/* hw/pci/pci.c:pci_add_option_rom() */
static void check_unusable_rom(const struct vh_rule *r, const struct vh_rom_file *rom,
			       struct vh_findings *out)
{
	_auto_free_ char *what = NULL;

	if (!rom->unusable)
		return;
	what = vh_printf(" is %s: QEMU ends when it reads it", rom->unusable);
	add_rom(r, rom, "remove the <rom> element, or put the file there", what, out)->severity =
		VH_ERROR;
}

static void check_wrong_rom(const struct vh_case *c, const struct vh_rule *r,
			    const struct vh_rom_file *rom, struct vh_findings *out)
{
	const struct vh_hostdev *e = rom->element;
	const struct vh_pci_dev *d = e->problem ? NULL : vh_host_dev(c->host, &e->addr);
	_auto_free_ char *what = NULL;

	if (rom->is_rom == VH_NO) {
		add_rom(r, rom, "remove the <rom> element, or give it a file that begins with 55 aa",
			" is not a ROM: it does not begin with the bytes 55 aa", out);
		return;
	}
	if (!rom->has_ids || !d || d->vendor == rom->vendor)
		return;
	what = vh_printf(" is for a device of another vendor: %04x:%04x, and %s is %04x:%04x",
			 rom->vendor, rom->device, vh_pci_str(&e->addr).s, d->vendor, d->device);
	add_rom(r, rom, "remove the <rom> element, or give it the ROM of this device", what, out);
}

static void check_rom_file(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	for (size_t i = 0; i < c->around.n_roms; i++) {
		const struct vh_rom_file *rom = &c->around.roms[i];

		if (rom->there == VH_NO)
			add_rom(r, rom, "remove the <rom> element, or put the file there",
				" is not there: QEMU ends when it looks for it", out)
				->severity = VH_ERROR;
		if (rom->there != VH_YES)
			continue;
		check_unusable_rom(r, rom, out);
		check_closed_rom(r, rom, out);
		check_confined_rom(r, rom, out);
		check_wrong_rom(c, r, rom, out);
	}
}

const struct vh_rule vh_rule_rom_file = {
	.name = "rom-file",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "a ROM file cannot be read or does not fit",
	.check = check_rom_file,
	.explain = "The domain gives a device a file as its ROM, with <rom file=>. If the file\n"
		   "is missing, empty, or a directory, QEMU ends with 'failed to find romfile'.\n"
		   "Three cases are a warning: only the owner can read the file or a directory\n"
		   "above it, and QEMU runs as another user. The file does not begin as a ROM\n"
		   "does, like a dump with a header of nvflash, which has to be cut off. The ROM\n"
		   "is for a device of another vendor, and the guest then has no picture. Where\n"
		   "AppArmor confines guests, as in Debian and Ubuntu, QEMU may read\n"
		   "/usr/share/vgabios and few other places, and libvirt adds no rule for ROMs:\n"
		   "a file that the rules in /etc/apparmor.d do not allow is a warning too. Most\n"
		   "cards need no file: try without the element first.",
};

/* Where the kernel keeps no account of pages that are written to (mm/gup.c:
 * writable_file_mapping_allowed()). */
static bool is_of_memory(const char *fs)
{
	static const char *const types[] = { "tmpfs", "ramfs", "hugetlbfs", "devtmpfs", "rootfs" };

	for (size_t i = 0; i < VH_COUNT(types); i++)
		if (!strcmp(fs, types[i]))
			return true;
	return false;
}

/* An nvdimm, or virtio-pmem. Older kernels pin it, and write to the file what the guest writes,
 * which is what it is for. */
static void check_shared_path(const struct vh_case *c, const struct vh_rule *r,
			      struct vh_findings *out)
{
	const struct vh_guest_memory *m = &c->domain->memory;
	_auto_free_ char *shown = NULL;
	struct vh_finding *f;

	if (!m->shared_path || !c->around.path_fs || is_of_memory(c->around.path_fs) ||
	    vh_rule_release_at_least(c->host->release, 6, 5) != VH_YES)
		return;
	shown = vh_printable(m->shared_path, SHOWN_MAX);
	f = vh_finding_add(
		out, r, NULL,
		"remove the <memory>, or give it a file on a tmpfs or a device DAX (/dev/dax0.0), or, for an nvdimm that need not last, access='private'",
		"the guest has the file %s as memory, which is shared and on a disk: VFIO cannot pin it, and QEMU ends with 'Bad address'",
		shown);
	vh_finding_about(f, NULL, m->shared_path_line);
}

static void check_memory_unpinnable(const struct vh_case *c, const struct vh_rule *r,
				    struct vh_findings *out)
{
	const struct vh_surroundings *s = &c->around;
	enum vh_tri refused = vh_rule_release_at_least(c->host->release, 6, 5);
	struct vh_finding *f;

	if (!c->domain || !vh_domain_pins(c->domain, c->networks.pools.count > 0))
		return;
	check_shared_path(c, r, out);
	if (!c->domain->memory.shared_file_line || !s->memory_fs || is_of_memory(s->memory_fs) ||
	    refused == VH_UNKNOWN)
		return;
	f = vh_finding_add(
		out, r, NULL, "write <source type='memfd'/> into <memoryBacking>",
		"the guest's memory is shared and lies in a file in %s, on a disk: %s",
		s->memory_dir,
		refused == VH_YES
			? "VFIO cannot pin it, and QEMU ends with 'Bad address'"
			: "the kernel writes it to that disk all the time, and from Linux 6.5 on VFIO cannot pin it");
	f->severity = refused == VH_YES ? VH_ERROR : VH_WARNING;
	vh_finding_about(f, NULL, c->domain->memory.shared_file_line);
}

const struct vh_rule vh_rule_memory_unpinnable = {
	.name = "memory-unpinnable",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "VFIO cannot pin the guest's memory",
	.check = check_memory_unpinnable,
	.explain = "The domain shares its memory, which virtiofs and vhost-user require, with\n"
		   "<access mode='shared'/> or memAccess='shared', and does not say where that\n"
		   "memory is. libvirt then makes a file for it in memory_backing_dir, which is\n"
		   "on a disk unless qemu.conf says otherwise. From Linux 6.5 on, pages of such\n"
		   "a file cannot be pinned for a device: QEMU ends with 'VFIO_MAP_DMA failed:\n"
		   "Bad address'. Older kernels pin them, and write the guest's memory to the\n"
		   "disk. <source type='memfd'/> in <memoryBacking> needs no file; 'vfio-hook\n"
		   "check --fix' writes it. Huge pages work as well, and so does a\n"
		   "memory_backing_dir on a tmpfs. The file of a virtio-pmem, or of an nvdimm\n"
		   "with access='shared', cannot be pinned for the same reason.",
};
