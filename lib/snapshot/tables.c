/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tables - the machine: kernel, modules, memory, mounts, swap, routes, consoles. Of
 * long or telling files only the lines that somebody reads.
 */
#include "lib/host/boot-binding.h"
#include "lib/snapshot/copy.h"

#include <errno.h>
#include <fnmatch.h>

#include "lib/base/banned.h"

#define NODES "sys/devices/system/node"
#define POOLS "sys/kernel/mm/hugepages"

static bool contains(const struct vh_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->name[i], name))
			return true;
	return false;
}

/* The lines of a file that begin with one of these words. */
static void put_lines_of(struct vh_snap *s, const char *path, const char *const *words)
{
	_auto_free_ char *text = vh_snap_read(s->root, &s->lines, path);
	_auto_free_ char *kept = text ? vh_snap_lines_of(text, words) : NULL;

	if (kept)
		vh_snap_put(&s->lines, 'f', path, kept);
}

/* --- kernel and firmware ----------------------------------------------------------------------- */

/* The first of these words that the table has; it is all that platform.c looks for. */
static void put_interrupts(struct vh_snap *s)
{
	static const char *const words[] = { "IR-IO-APIC", "IR-PCI-MSI", "IO-APIC", "PCI-MSI" };
	_auto_free_ char *text = vh_snap_read(s->root, &s->lines, "proc/interrupts"), *line = NULL;

	for (size_t i = 0; text && !line && i < VH_COUNT(words); i++)
		for (const char *p = text; !line && (p = strstr(p, words[i])); p++)
			if (p != text && (p[-1] == ' ' || p[-1] == '\t'))
				line = vh_printf("  0:  0  %s", words[i]);
	if (text)
		vh_snap_put(&s->lines, 'f', "proc/interrupts", line ? line : "  0:  0  another");
}

static void put_firmware(struct vh_snap *s)
{
	static const char *const wanted[] = { "DMAR", "IVRS" };
	static const char dir[] = "sys/firmware/acpi/tables";
	_auto_names_ struct vh_names names = { 0 };

	if (!vh_snap_list(s->root, &s->lines, dir, &names))
		return;
	for (size_t i = 0; i < VH_COUNT(wanted); i++) {
		_auto_free_ char *path = vh_printf("%s/%s", dir, wanted[i]);

		if (contains(&names, wanted[i]))
			vh_snap_put(&s->lines, 'f', path, "");
	}
}

static void put_kernel(struct vh_snap *s)
{
	static const char *const cpu[] = { "processor\t: 0", "vendor_id", NULL };
	static const char *const files[] = {
		"proc/sys/kernel/osrelease",
		"sys/module/vfio_pci/parameters/disable_denylist",
		"sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
		"sys/module/iommufd/parameters/allow_unsafe_interrupts",
		"sys/module/nvidia_drm/parameters/modeset",
		"sys/module/nvidia_drm/parameters/fbdev",
		"sys/fs/selinux/enforce",
		"sys/fs/selinux/booleans/virt_hooks_unconfined",
	};
	_auto_free_ char *cmdline = vh_snap_read(s->root, &s->lines, "proc/cmdline");
	_auto_free_ char *kept = cmdline ? vh_scrub_cmdline(&s->scrub, cmdline) : NULL;

	for (size_t i = 0; i < VH_COUNT(files); i++)
		free(vh_snap_copy(s->root, &s->lines, files[i]));
	if (kept)
		vh_snap_put(&s->lines, 'f', "proc/cmdline", kept);
	put_lines_of(s, "proc/cpuinfo", cpu);
	if (vh_root_exists(s->root, "sys/bus/pci/drivers/vfio-pci"))
		vh_snap_put(&s->lines, 'd', "sys/bus/pci/drivers/vfio-pci", NULL);
	put_interrupts(s);
	put_firmware(s);
}

/* --- modules ------------------------------------------------------------------------------------ */

/* The text of modalias of every device, each once. */
static void modaliases(const struct vh_host *h, struct vh_names *ret)
{
	for (size_t i = 0; i < h->n_devs; i++) {
		const struct vh_pci_dev *d = h->devs[i];
		char *text = vh_printf("pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", d->vendor,
				       d->device, d->subvendor, d->subdevice, d->class >> 16 & 0xff,
				       d->class >> 8 & 0xff, d->class & 0xff);

		if (contains(ret, text))
			free(text);
		else
			*VH_APPEND(ret->name, ret->count) = text;
	}
}

/* Matching costs; most patterns begin with the ids of a vendor and a device that are not here. */
static bool is_for(const struct vh_names *aliases, const char *pattern)
{
	size_t plain;

	if (vh_has_prefix(pattern, "vfio_"))
		pattern += strlen("vfio_");
	if (!vh_has_prefix(pattern, "pci:"))
		return false;
	plain = strcspn(pattern, "*?[");
	for (size_t i = 0; i < aliases->count; i++)
		if (!strncmp(pattern, aliases->name[i], plain) &&
		    fnmatch(pattern, aliases->name[i], 0) == 0)
			return true;
	return false;
}

/* alias PATTERN MODULE */
static void put_alias(struct vh_snap *s, const char *dir, const struct vh_names *aliases)
{
	_auto_free_ char *path = vh_printf("%s/modules.alias", dir);
	_auto_free_ char *text = vh_snap_read(s->root, &s->lines, path);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		_auto_free_ char *pattern = NULL;

		if (!vh_has_prefix(line, "alias "))
			continue;
		pattern = vh_strndup(line + 6, strcspn(line + 6, " "));
		if (is_for(aliases, pattern))
			vh_strbuf_join(&kept, "\n", line);
	}
	if (text)
		vh_snap_put(&s->lines, 'f', path, kept.data ? kept.data : "");
}

/* modules.builtin.modinfo: MODULE.alias=PATTERN, each ended by a NUL */
static void put_modinfo(struct vh_snap *s, const char *dir, const struct vh_names *aliases)
{
	enum { MAX = 2 << 20 };
	_auto_free_ char *path = vh_printf("%s/modules.builtin.modinfo", dir);
	_auto_free_ char *text = vh_alloc(MAX + 1);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	ssize_t len = vh_root_read_bytes(s->root, text, MAX, "%s", path);

	for (const char *p = text; p < text + len; p += strlen(p) + 1) {
		const char *alias = strstr(p, ".alias=");

		if (alias && is_for(aliases, alias + strlen(".alias=")))
			vh_strbuf_add_mem(&kept, p, strlen(p) + 1);
	}
	if (kept.len)
		vh_snap_put_mem(&s->lines, 'f', path, kept.data, kept.len);
}

/* Of the list of all modules, those lines that name vfio-pci. */
static void put_list(struct vh_snap *s, const char *dir, const char *name)
{
	_auto_free_ char *path = vh_printf("%s/%s", dir, name);
	_auto_free_ char *text = vh_snap_read(s->root, &s->lines, path);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		if (strstr(line, "/vfio-pci.ko") || strstr(line, "/vfio_pci.ko"))
			vh_strbuf_join(&kept, "\n", line);
	if (text)
		vh_snap_put(&s->lines, 'f', path, kept.data ? kept.data : "");
}

/* Its library says it, and is looked for where modules.alias is missing (host.c). */
static void put_libvirt_version(struct vh_snap *s)
{
	_auto_free_ char *target = vh_printf("libvirt.so.0.%u.0", s->host->libvirt_version);

	if (s->host->libvirt_version)
		vh_snap_put(&s->lines, 'l', "usr/lib/libvirt.so.0", target);
}

static void put_modules(struct vh_snap *s)
{
	_auto_free_ char *dir = vh_printf("lib/modules/%s",
					  s->host->release ? s->host->release : "");
	_auto_names_ struct vh_names aliases = { 0 };

	if (vh_root_exists(s->root, "lib/modules"))
		vh_snap_put(&s->lines, 'd', "lib/modules", NULL);
	if (!s->host->release)
		return;
	if (s->root->live && s->host->vfio_pci == VH_MODULE_MISSING && !s->host->alias_missing &&
	    !vh_root_exists(s->root, "%s", dir)) {
		/* no module can be loaded, as no folder is there at all: the readers see that
		 * by a list that is there and cannot be read */
		_auto_free_ char *list = vh_printf("%s/modules.alias", dir);

		vh_snap_put(&s->lines, 'd', list, NULL);
		return;
	}
	put_libvirt_version(s);
	modaliases(s->host, &aliases);
	put_list(s, dir, "modules.dep");
	put_list(s, dir, "modules.builtin");
	put_alias(s, dir, &aliases);
	put_modinfo(s, dir, &aliases);
}

/* options and install MODULE ..., of the modules of VFIO alone, continued lines joined. */
static char *vfio_lines_of(char *text)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *line;

	for (char *p = text; (p = strstr(p, "\\\n"));)
		p[0] = p[1] = ' ';
	while ((line = strsep(&text, "\n"))) {
		const char *word = line + strspn(line, " \t");

		if ((vh_has_prefix(word, "options") || vh_has_prefix(word, "install")) &&
		    strstr(word, "vfio"))
			vh_strbuf_join(&to, "\n", word);
	}
	return vh_strbuf_steal(&to);
}

static void put_modprobe(struct vh_snap *s)
{
	static const char *const dirs[] = { "etc/modprobe.d", "run/modprobe.d",
					    "usr/local/lib/modprobe.d", "usr/lib/modprobe.d",
					    "lib/modprobe.d" };
	_auto_names_ struct vh_names known = { 0 };

	for (size_t d = 0; d < VH_COUNT(dirs); d++) {
		_auto_names_ struct vh_names names = { 0 };

		VH_IGNORE(
			vh_root_list(s->root, &names, "%s", dirs[d])); /* not every system has it */
		for (size_t i = 0; i < names.count; i++) {
			_auto_free_ char *path = vh_printf("%s/%s", dirs[d], names.name[i]);
			_auto_free_ char *text = NULL, *kept = NULL;

			/* of one name the first counts, see modopts.c */
			if (contains(&known, names.name[i]))
				continue;
			*VH_APPEND(known.name, known.count) = vh_strdup(names.name[i]);
			text = vh_snap_read(s->root, &s->lines, path);
			if (text) /* ours is read whole (early.h) */
				kept = strcmp(path, VH_EARLY_PATH) ? vfio_lines_of(text)
								   : vh_strdup(text);
			if (kept && *kept)
				vh_snap_put(&s->lines, 'f', path, kept);
		}
	}
}

/* --- memory ------------------------------------------------------------------------------------ */

static void put_pools(struct vh_snap *s, const char *dir)
{
	static const char *const counts[] = { "nr_hugepages", "free_hugepages", "resv_hugepages",
					      "nr_overcommit_hugepages", "surplus_hugepages" };
	_auto_names_ struct vh_names sizes = { 0 };

	if (!vh_snap_list(s->root, &s->lines, dir, &sizes))
		return;
	for (size_t i = 0; i < sizes.count; i++) {
		for (size_t k = 0; k < VH_COUNT(counts); k++) {
			_auto_free_ char *path = vh_printf("%s/%s/%s", dir, sizes.name[i],
							   counts[k]);

			free(vh_snap_copy(s->root, &s->lines, path));
		}
	}
}

static void put_memory(struct vh_snap *s)
{
	static const char *const meminfo[] = { "Mem", "Swap", "HugePages_", "Hugepagesize:", NULL };
	static const char *const arc[] = { "size ", "c_min ", NULL };
	_auto_names_ struct vh_names names = { 0 };

	put_lines_of(s, "proc/meminfo", meminfo);
	put_lines_of(s, "proc/spl/kstat/zfs/arcstats", arc);
	put_pools(s, POOLS);
	free(vh_snap_copy(s->root, &s->lines, NODES "/online"));
	VH_IGNORE(vh_root_list(s->root, &names, NODES)); /* a kernel without NUMA */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *cpus = vh_printf(NODES "/%s/cpulist", names.name[i]);
		_auto_free_ char *pools = vh_printf(NODES "/%s/hugepages", names.name[i]);

		if (!vh_has_prefix(names.name[i], "node"))
			continue;
		free(vh_snap_copy(s->root, &s->lines, cpus));
		put_pools(s, pools);
	}
}

/* --- consoles and keyboards -------------------------------------------------------------------- */

static void put_consoles(struct vh_snap *s)
{
	static const char dir[] = "sys/class/vtconsole";
	_auto_names_ struct vh_names names = { 0 }, framebuffers = { 0 };

	if (vh_root_list(s->root, &names, "%s", dir) == 0 || (errno == ENOENT && s->root->live))
		vh_snap_put(&s->lines, 'd', dir, NULL);
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *name = vh_printf("%s/%s/name", dir, names.name[i]);
		_auto_free_ char *bind = vh_printf("%s/%s/bind", dir, names.name[i]);

		free(vh_snap_copy(s->root, &s->lines, name));
		free(vh_snap_copy(s->root, &s->lines, bind));
	}
	VH_IGNORE(vh_root_list(s->root, &framebuffers, "sys/class/graphics")); /* none */
	for (size_t i = 0; i < framebuffers.count; i++) {
		_auto_free_ char *link = vh_printf("sys/class/graphics/%s", framebuffers.name[i]);
		_auto_free_ char *path = vh_snap_class_path(s->root, s->host, link);

		if (path && vh_has_prefix(framebuffers.name[i], "fb"))
			vh_snap_put(&s->lines, 'l', link, path);
	}
}

/* Where a device stands in the tree of the manifest (place() of manifest.c); "@ADDR/" is of use
 * in paths only. */
static char *manifest_path(const struct vh_host *h, const char *path)
{
	_auto_free_ char *as = vh_snap_path(h, path), *name = NULL;
	const struct vh_pci_dev *d;
	struct vh_pci_addr addr;
	unsigned int domain, bus;
	const char *at;

	if (*as != '@')
		return vh_strdup(path);
	name = vh_strndup(as + 1, strcspn(as + 1, "/"));
	d = vh_pci_parse(name, &addr) == 0 ? vh_host_dev(h, &addr) : NULL;
	/* root buses of an SoC have a device of the platform above them */
	at = d ? d->path : NULL;
	while (at && sscanf(at, "/pci%x:%x", &domain, &bus) != 2)
		at = strchr(at + 1, '/');
	return at ? vh_printf("sys/devices%s%s", at, as + 1 + strlen(name)) : vh_strdup(path);
}

static void put_keyboards(struct vh_snap *s)
{
	static const char path[] = "proc/bus/input/devices", key[] = "S: Sysfs=/";
	_auto_free_ char *text = vh_snap_read(s->root, &s->lines, path);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		_auto_free_ char *at = NULL, *as = NULL;

		if (vh_has_prefix(line, "B: KEY="))
			vh_strbuf_join(&kept, "\n", line);
		if (!vh_has_prefix(line, key))
			continue;
		at = vh_printf("sys/%s", line + strlen(key));
		as = manifest_path(s->host, at);
		vh_strbuf_addf(&kept, "%s%s%s", kept.len ? "\n" : "", key, as + strlen("sys/"));
	}
	if (text)
		vh_snap_put(&s->lines, 'f', path, kept.data ? kept.data : "");
}

/* What the firmware draws on; the rest of the table belongs to nobody here. */
static void put_iomem(struct vh_snap *s)
{
	static const char *const wanted[] = { " : BOOTFB", " : efifb", " : vesafb", " : simple" };
	_auto_free_ char *text = vh_root_read(s->root, "proc/iomem");
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		for (size_t i = 0; i < VH_COUNT(wanted); i++)
			if (strstr(line, wanted[i]))
				vh_strbuf_join(&kept, "\n", line);
	if (kept.len)
		vh_snap_put(&s->lines, 'f', "proc/iomem", kept.data);
}

void vh_snap_tables(struct vh_snap *s)
{
	put_kernel(s);
	put_modules(s);
	put_modprobe(s);
	free(vh_snap_copy(s->root, &s->lines, VH_EARLY_RECORD));
	put_memory(s);
	put_consoles(s);
	put_keyboards(s);
	put_iomem(s);
}
