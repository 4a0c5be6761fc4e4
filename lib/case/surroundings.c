/* SPDX-License-Identifier: GPL-2.0-or-later */
/* surroundings - see surroundings.h. Reads what this domain asks for, and no more. */
#include "lib/case/surroundings.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/printable.h"
#include "lib/base/root.h"
#include "lib/case/whereabouts.h"
#include "lib/case/emulator.h"
#include "lib/host/libvirt/apparmor.h"
#include "lib/host/libvirt/qemu-conf.h"
#include "lib/host/machine.h"
#include "lib/host/module-options.h"
#include "lib/host/modules.h"
#include "lib/host/processes/process.h"

#include "lib/base/banned.h"

#define SHOWN_MAX 120

/* --- ROMs -------------------------------------------------------------------------------------- */

static unsigned int le16(const unsigned char *p)
{
	return p[0] | (unsigned int)p[1] << 8;
}

/* PCI Firmware Specification, 5.1.1: 55 AA, and at 18h where "PCIR" is, behind which are the ids. */
static void look_into(struct vh_rom_file *rom, const struct vh_root *root, const char *path)
{
	enum { LOOKED = 65536, IDS = 8 };
	_auto_free_ unsigned char *text = vh_alloc(LOOKED);
	ssize_t n = vh_root_read_file(root, text, LOOKED, "%s", path);
	size_t at;

	/* a tree that somebody wrote by hand has the file without its bytes */
	if (n < 0 || (!root->live && n < IDS))
		return;
	rom->is_rom = n >= 2 && text[0] == 0x55 && text[1] == 0xaa ? VH_YES : VH_NO;
	if (rom->is_rom != VH_YES || n < 0x1a)
		return;
	at = le16(text + 0x18);
	if (at + IDS > (size_t)n || memcmp(text + at, "PCIR", 4) != 0)
		return;
	rom->has_ids = true;
	rom->vendor = (uint16_t)le16(text + at + 4);
	rom->device = (uint16_t)le16(text + at + 6);
}

/* QEMU runs as a user of its own. Where its owner alone may read a file or enter a directory, no
 * access list lets another in either: its mask stands in the bits of the group. */
static char *find_closed(const struct vh_root *root, const char *path)
{
	_auto_free_ char *copy = vh_strdup(path);

	for (char *slash = copy; (slash = strchr(slash + 1, '/'));) {
		struct stat st;

		*slash = 0;
		if (*copy && vh_root_stat(root, &st, true, "%s", copy + 1) == 0 &&
		    !(st.st_mode & 0011))
			return VH_STEAL(copy);
		*slash = '/';
	}
	return NULL;
}

/* In a tree that was written down, a missing file counts only if its directory is there. */
static enum vh_tri is_there(const struct vh_root *root, const char *path)
{
	const char *end = strrchr(path, '/');
	struct stat st;

	if (vh_root_stat(root, &st, true, "%s", path + 1) == 0)
		return VH_YES;
	if (errno != ENOENT && errno != ENOTDIR)
		return VH_UNKNOWN;
	if (root->live ||
	    (end > path && vh_root_exists(root, "%.*s", (int)(end - path) - 1, path + 1)))
		return VH_NO;
	return VH_UNKNOWN;
}

/* AppArmor goes by the name that links lead to. */
static bool has_link(const struct vh_root *root, const char *path)
{
	_auto_free_ char *copy = vh_strdup(path), *target = NULL;
	bool any = false;

	for (char *slash = copy; !any && (slash = strchr(slash + 1, '/'));) {
		_auto_free_ char *above = NULL;

		*slash = 0;
		above = vh_root_readlink(root, "%s", copy + 1);
		*slash = '/';
		any = above != NULL;
	}
	target = any ? NULL : vh_root_readlink(root, "%s", copy + 1);
	return any || target;
}

/* A folder that the domain shares lets QEMU in, and so may another file of it. */
static bool is_shared(const struct vh_domain *d, const char *path)
{
	for (size_t i = 0; i < d->needs.count; i++) {
		const struct vh_need *n = &d->needs.list[i];

		if (n->kind == VH_NEED_PATH && *n->name && vh_is_at_or_below(path, n->name))
			return true;
	}
	return false;
}

static void look_at_profile(struct vh_rom_file *rom, const struct vh_root *root,
			    const struct vh_domain *d, struct vh_names *unseen)
{
	const char *path = rom->element->rom;
	_auto_free_ char *shown = vh_printable(path, SHOWN_MAX);
	enum vh_tri allows;

	/* that of the device itself is among what QEMU gets with it */
	if (d->own_label || is_shared(d, path) || vh_has_prefix(path, "/sys/"))
		return;
	allows = vh_apparmor_allows(root, d->uuid, path);
	rom->confined = allows == VH_NO && !has_link(root, path);
	if (allows == VH_UNKNOWN || (allows == VH_NO && !rom->confined))
		vh_names_note(unseen, "whether AppArmor lets QEMU read the ROM file %s", shown);
}

/* QEMU asks for the size before it reads (hw/core/loader.c:get_image_size()): that of a pipe there
 * is none, of a character device none or 0, and a disk is larger than a ROM may be. */
static const char *why_unusable(const struct vh_root *root, const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return "a directory";
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	/* a tree has the names of files whose bytes were not recorded */
	return root->live && !st->st_size ? "empty" : NULL;
}

static void read_rom(struct vh_surroundings *s, const struct vh_root *root, const struct vh_host *h,
		     const struct vh_domain *d, const struct vh_hostdev *e, struct vh_names *unseen)
{
	struct vh_rom_file *rom = VH_APPEND(s->roms, s->n_roms);
	_auto_free_ char *shown = vh_printable(e->rom, SHOWN_MAX);
	struct stat st;

	rom->element = e;
	/* another name QEMU looks for among its own files */
	if (*e->rom == '/' && !vh_whereabouts_waits(root, h, e->rom))
		rom->there = is_there(root, e->rom);
	if (rom->there == VH_UNKNOWN)
		vh_names_note(unseen, "the ROM file %s", shown);
	if (rom->there != VH_YES)
		return;
	if (vh_root_stat(root, &st, true, "%s", e->rom + 1) == 0)
		rom->unusable = why_unusable(root, &st);
	if (rom->unusable)
		return;
	if (root->live)
		rom->closed = find_closed(root, e->rom);
	if (root->live && !rom->closed && vh_root_stat(root, &st, true, "%s", e->rom + 1) == 0 &&
	    !(st.st_mode & 0044))
		rom->closed = vh_strdup(e->rom);
	look_into(rom, root, e->rom + 1);
	look_at_profile(rom, root, d, unseen);
}

/* --- memory ------------------------------------------------------------------------------------ */

static void read_memory_dir(struct vh_surroundings *s, const struct vh_root *root,
			    struct vh_names *unseen)
{
	s->memory_dir = vh_backing_dir(root);
	s->memory_fs = vh_backing_type(root, s->memory_dir);
	if (!s->memory_fs)
		vh_names_note(unseen,
			      "in what file system %s is, where shared memory of guests lies",
			      s->memory_dir);
}

/* A path that no mount is for is not known. */
static void read_shared_path(struct vh_surroundings *s, const struct vh_root *root,
			     const struct vh_domain *d, struct vh_names *unseen)
{
	_auto_free_ char *shown = vh_printable(d->memory.shared_path, SHOWN_MAX);

	s->path_fs = vh_backing_type(root, d->memory.shared_path);
	if (!s->path_fs)
		vh_names_note(unseen, "in what file system %s is, which the guest has as memory",
			      shown);
}

/* --- a vIOMMU ---------------------------------------------------------------------------------- */

/* MGAW, and the widths that it walks (VT-d specification, Capability Register). */
static unsigned int width_in(uint64_t cap)
{
	unsigned int most = (unsigned int)(cap >> 16 & 0x3f) + 1;
	unsigned int walked = cap >> 8 & 8 ? 57 : (cap >> 8 & 4 ? 48 : 39);

	return most < walked ? most : walked;
}

/* Of several units the widest: what is wider than that fits none. */
static unsigned int read_width(const struct vh_root *root)
{
	_auto_names_ struct vh_names units = { 0 };
	unsigned int widest = 0;

	VH_IGNORE(vh_root_list(root, &units, "sys/class/iommu")); /* then nothing is known */
	for (size_t i = 0; i < units.count; i++) {
		_auto_free_ char *text = vh_root_read(root, "sys/class/iommu/%s/intel-iommu/cap",
						      units.name[i]);
		uint64_t cap;

		if (text && vh_parse_uint(text, 16, UINT64_MAX, &cap) == 0 && width_in(cap) > widest)
			widest = width_in(cap);
	}
	return widest;
}

static void read_viommu(struct vh_surroundings *s, const struct vh_root *root,
			const struct vh_domain *d, struct vh_names *unseen)
{
	if (d->iommu.intremap == VH_YES && d->iommu.ioapic == VH_UNKNOWN && !d->iommu.by_args) {
		s->libvirt = vh_machine_libvirt(root);
		if (!s->libvirt)
			vh_names_note(unseen, "whether libvirt writes <ioapic driver='qemu'/> for "
					      "the guest's IOMMU: which version it has");
	}
	if (!strcmp(d->iommu.model, "amd") && !s->qemu)
		vh_names_note(unseen, "the guest's IOMMU: which version QEMU has");
	if (strcmp(d->iommu.model, "intel") != 0)
		return;
	s->iommu_bits = read_width(root);
	if (!s->iommu_bits || (s->iommu_bits < 48 && !d->iommu.aw_bits && !s->qemu))
		vh_names_note(unseen,
			      "whether the guest's IOMMU has more address bits than the host's: %s",
			      s->iommu_bits ? "which version QEMU has" : "those of the host");
}

/* Snapshots of older versions have none of these mounts. */
static void read_huge(struct vh_surroundings *s, const struct vh_root *root, struct vh_names *unseen)
{
	if (vh_backing_huge_mounts(root, &s->huge) == 0 &&
	    (root->live || s->huge.count || s->huge.configured))
		s->huge_read = VH_YES;
	else
		vh_names_note(unseen, "huge pages: where hugetlbfs is mounted");
}

/* --- drivers ----------------------------------------------------------------------------------- */

/* Is there a file of this name? The names of modules and of their files have - and _ as they like. */
static bool is_in(const char *text, const char *name, const char *suffix)
{
	size_t n = strlen(name);

	for (const char *p = text; (p = strchr(p, '/'));) {
		size_t i = 0;

		p++;
		while (i < n && (p[i] == name[i] || (p[i] == '-' && name[i] == '_') ||
				 (p[i] == '_' && name[i] == '-')))
			i++;
		if (i == n && vh_has_prefix(p + n, suffix))
			return true;
	}
	return false;
}

static bool is_word(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_-")];
}

enum vh_tri vh_surroundings_has_module(const struct vh_root *root, const struct vh_host *h,
				       const char *name)
{
	static const char *const files[] = { "modules.dep", "modules.builtin" };
	bool any = false;

	for (size_t i = 0; h->release && i < VH_COUNT(files); i++) {
		_auto_free_ char *text = vh_modules_read(root, h->release, files[i]);

		if (text && is_in(text, name, ".ko"))
			return VH_YES;
		any = any || text;
	}
	/* a snapshot has VFIO drivers alone */
	return any && (root->live || strstr(name, "vfio")) ? VH_NO : VH_UNKNOWN;
}

/* libvirt loads the module of this name and wants the driver there (virPCIProbeDriver()). */
static enum vh_tri has_driver(const struct vh_root *root, const struct vh_host *h, const char *name)
{
	if (!is_word(name))
		return VH_UNKNOWN;
	if (vh_root_exists(root, "sys/bus/pci/drivers/%s", name))
		return VH_YES;
	return vh_surroundings_has_module(root, h, name);
}

static void read_model(struct vh_surroundings *s, const struct vh_root *root,
		       const struct vh_host *h, const struct vh_hostdev *e, struct vh_names *unseen)
{
	struct vh_model *m = VH_APPEND(s->models, s->n_models);
	_auto_free_ char *shown = vh_printable(e->model, SHOWN_MAX);

	s->libvirt = vh_machine_libvirt(root);
	m->element = e;
	m->there = has_driver(root, h, e->model);
	if (m->there == VH_UNKNOWN)
		vh_names_note(unseen, "whether the kernel has the driver '%s'", shown);
}

/* A tree has nodes as files. On a running system a file is none: somebody has put an empty one
 * there for libvirt, which looks no closer. */
static bool has_container(const struct vh_root *root)
{
	struct stat st;

	return vh_root_stat(root, &st, true, "dev/vfio/vfio") == 0 &&
	       (!root->live || !S_ISREG(st.st_mode));
}

/* Before VFIO is loaded: depmod lists the node by which groups go, /dev/vfio/vfio, if one of the
 * modules has it (vfio/container.c; iommufd/main.c); what is built in has made it already. libvirt
 * takes no group without. */
static enum vh_tri has_groups(const struct vh_root *root, const struct vh_host *h)
{
	enum vh_tri now = vh_process_has_groups(root);
	_auto_free_ char *text = NULL;

	if (now == VH_UNKNOWN && h->release &&
	    vh_surroundings_has_module(root, h, "vfio-pci") == VH_YES)
		text = vh_modules_read(root, h->release, "modules.devname");
	return text && !strstr(text, " vfio/vfio ") && !has_container(root) ? VH_NO : now;
}

/* What was written without any node of a device says nothing of this one. */
static enum vh_tri has_node(const struct vh_root *root, const char *path)
{
	if (vh_root_exists(root, "%s", path))
		return VH_YES;
	return vh_root_exists(root, "dev/null") ? VH_NO : VH_UNKNOWN;
}

/* Where groups are none, it is the only way. */
static void read_iommufd(struct vh_surroundings *s, const struct vh_root *root,
			 const struct vh_host *h, const struct vh_domain *d, struct vh_names *unseen)
{
	bool wanted = s->vfio_groups == VH_NO;

	for (size_t i = 0; i < d->n_devices; i++)
		wanted = wanted || vh_domain_is_iommufd(d, &d->devices[i]);
	if (!wanted)
		return;
	s->libvirt = vh_machine_libvirt(root);
	s->qemu = vh_emulator_version(root, d->emulator, d->arch);
	if (!s->qemu)
		vh_names_note(unseen, "whether QEMU knows iommufd: which version it has");
	s->iommufd_node = has_node(root, "dev/iommu");
	s->iommufd = s->iommufd_node == VH_YES ? VH_YES
					       : vh_surroundings_has_module(root, h, "iommufd");
	if (s->iommufd == VH_UNKNOWN)
		vh_names_note(unseen, "whether the kernel has iommufd");
}

/* --- confidential guests ----------------------------------------------------------------------- */

static void read_private(struct vh_surroundings *s, const struct vh_root *root,
			 const struct vh_domain *d, struct vh_names *unseen)
{
	_auto_free_ char *text = vh_root_read(
		root, "sys/module/vfio_iommu_type1/parameters/dma_entry_limit");

	s->qemu = vh_emulator_version(root, d->emulator, d->arch);
	if (!s->qemu)
		vh_names_note(unseen,
			      "whether QEMU can pass devices to a %s guest: which version it has",
			      d->security);
	if (!text || vh_parse_uint(text, 10, UINT32_MAX, &s->dma_entries) < 0)
		vh_names_note(
			unseen,
			"whether VFIO allows mappings enough for a %s guest: dma_entry_limit of vfio_iommu_type1",
			d->security);
}

/* --- VGA ---------------------------------------------------------------------------------------- */

static bool wants_vga(const struct vh_smuggled_list *l)
{
	const struct vh_qemu_set *lists[] = { l->overrides, l->sets };
	const size_t counts[] = { l->n_overrides, l->n_sets };

	for (size_t k = 0; k < VH_COUNT(lists); k++)
		for (size_t i = 0; i < counts[k]; i++)
			if (vh_streq(lists[k][i].property, "x-vga"))
				return true;
	for (size_t i = 0; i < l->count; i++)
		if (l->list[i].vga)
			return true;
	return false;
}

/* --- -set -------------------------------------------------------------------------------------- */

#define JSON_RENAMED_SINCE 8000 /* libvirt 8.0 */

static void read_words(struct vh_surroundings *s, const struct vh_root *root,
		       const struct vh_domain *d)
{
	_auto_free_ char *value = vh_qemu_conf_value(root, "capability_filters");
	bool once = d->smuggled.in_words_once;
	char *rest = value, *one;

	s->in_words = d->smuggled.in_words;
	while (rest && (one = vh_qemu_conf_quoted(&rest))) {
		s->in_words |= !strcmp(one, VH_QEMU_ARGS_JSON);
		once |= !strcmp(one, VH_QEMU_ARGS_JSON_ONCE);
	}
	if (s->in_words || !once)
		return;
	s->libvirt = vh_machine_libvirt(root);
	s->in_words = s->libvirt && s->libvirt < JSON_RENAMED_SINCE;
}

void vh_surroundings_read(struct vh_surroundings *ret, const struct vh_root *root,
			  const struct vh_host *h, const struct vh_domain *d, bool pool,
			  struct vh_names *unseen)
{
	for (size_t i = 0; i < d->n_devices; i++) {
		if (d->devices[i].rom)
			read_rom(ret, root, h, d, &d->devices[i], unseen);
		if (d->devices[i].model && d->devices[i].managed)
			read_model(ret, root, h, &d->devices[i], unseen);
	}
	if (vh_domain_has_pci(d))
		ret->vfio_groups = has_groups(root, h);
	if (ret->vfio_groups == VH_NO)
		ret->vfio_node = has_node(root, "dev/vfio/vfio");
	if (vh_domain_has_pci(d) || pool)
		vh_saving_read(root, &ret->saving);
	if ((vh_domain_has_pci(d) || pool) && !d->own_user)
		vh_ownership_read(root, &ret->ownership);
	read_iommufd(ret, root, h, d, unseen);
	if (d->memory.n_pages && !d->memory.memfd)
		read_huge(ret, root, unseen);
	if (vh_domain_has_private_memory(d) && vh_domain_pins(d, pool))
		read_private(ret, root, d, unseen);
	if (!ret->qemu && (d->iommu.line || d->smuggled.n_sets || d->memory.n_pages))
		ret->qemu = vh_emulator_version(root, d->emulator, d->arch);
	if (wants_vga(&d->smuggled))
		ret->vga_off = vh_module_options_is_on(root, h->cmdline, "vfio_pci", "disable_vga");
	if (d->smuggled.n_sets)
		read_words(ret, root, d);
	if (d->iommu.line)
		read_viommu(ret, root, d, unseen);
	if (d->memory.shared_file_line)
		read_memory_dir(ret, root, unseen);
	if (d->memory.shared_path && vh_domain_has_pci(d))
		read_shared_path(ret, root, d, unseen);
}

void vh_surroundings_clear(struct vh_surroundings *s)
{
	for (size_t i = 0; i < s->n_roms; i++)
		free(s->roms[i].closed);
	free(s->roms);
	free(s->models);
	vh_backing_huge_clear(&s->huge);
	free(s->memory_dir);
	free(s->memory_fs);
	free(s->path_fs);
	free(s->ownership.user);
	memset(s, 0, sizeof(*s));
}
