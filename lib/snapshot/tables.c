/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tables - what is kept of the texts of the kernel, of its modules and of udev: of long or
 * telling files only what the readers look for.
 */
#include "lib/snapshot/seen.h"

#include <fnmatch.h>

#include "lib/base/strbuf.h"
#include "lib/host/processes/holder.h"
#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

#define ID_KEPT 12
#define DEVNAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.:!-"

/* --- kernel and firmware ----------------------------------------------------------------------- */

void vh_tables_cmdline(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	(void)len;
	vh_kept_put(t, vh_scrub_cmdline(&k->scrub, text));
}

/* Of the first processor: whose it is, and whether a hypervisor shows it. */
void vh_tables_cpuinfo(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char *const wanted[] = { "processor\t: 0", "vendor_id\t:", "vendor_id  ",
					      "CPU implementer", "cpu\t\t: POWER" };
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = copy, *line;

	(void)k, (void)len;
	while ((line = strsep(&rest, "\n")) && *line) {
		for (size_t i = 0; i < VH_COUNT(wanted); i++)
			if (vh_has_prefix(line, wanted[i]))
				vh_strbuf_join(&kept, "\n", line);
		if (vh_has_prefix(line, "flags\t") && strstr(line, " hypervisor"))
			vh_strbuf_join(&kept, "\n", "flags\t\t: hypervisor");
	}
	vh_kept_put(t, kept.data ? vh_strbuf_steal(&kept) : vh_strdup(""));
}

/* The first of these words that the table has; it is all that platform.c looks for. */
void vh_tables_interrupts(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char *const words[] = { "IR-IO-APIC", "IR-PCI-MSI",     "ITS-PCI-MSI",
					     "ITS-MSI",    "GICv2m-PCI-MSI", "IO-APIC",
					     "PCI-MSI" };
	char *line = NULL;

	(void)k, (void)len;
	for (size_t i = 0; !line && i < VH_COUNT(words); i++)
		for (const char *p = text; !line && (p = strstr(p, words[i])); p++)
			if (p != text && (p[-1] == ' ' || p[-1] == '\t'))
				line = vh_printf("  0:  0  %s", words[i]);
	vh_kept_put(t, line ? line : vh_strdup("  0:  0  another"));
}

/* What the firmware draws on; the rest of the table belongs to nobody here. */
void vh_tables_framebuffers(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char *const wanted[] = { " : BOOTFB", " : efi", " : vesa",
					      " : vga-framebuffer", " : simple" };
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = copy, *line;

	(void)k, (void)len;
	while ((line = strsep(&rest, "\n")))
		for (size_t i = 0; i < VH_COUNT(wanted); i++)
			if (strstr(line, wanted[i]))
				vh_strbuf_join(&kept, "\n", line);
	if (kept.len)
		vh_kept_put(t, vh_strbuf_steal(&kept));
}

/* ttyS4, hvc0: what the names of consoles look like. */
static bool is_console(const char *word, size_t n)
{
	static const char *const kinds[] = { "ttyS", "ttyUSB", "ttyACM", "ttyAMA", "tty", "hvc" };

	for (size_t i = 0; i < VH_COUNT(kinds); i++) {
		size_t k = strlen(kinds[i]);

		if (n > k && n < k + 4 && !strncmp(word, kinds[i], k) &&
		    strspn(word + k, "0123456789") >= n - k)
			return true;
	}
	return false;
}

/* The names of consoles; of each the table has a line that begins with it, the attribute has them
 * in one line. */
void vh_tables_consoles(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_strbuf_ struct vh_strbuf kept = { 0 };

	(void)k, (void)len;
	for (size_t n; *text; text += n + (text[n] != 0)) {
		_auto_free_ char *name = NULL;

		n = strcspn(text, " \t\n");
		if (!is_console(text, n))
			continue;
		name = vh_strndup(text, n);
		vh_strbuf_join(&kept, "\n", name);
	}
	vh_kept_put(t, vh_strbuf_steal(&kept));
}

/* "4: uart:16550A port:0000F0E0 irq:19 ...": the number and the address. */
void vh_tables_ports(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char *const keys[] = { " port:", " mmio:0x" };
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = copy, *line;

	(void)k, (void)len;
	while ((line = strsep(&rest, "\n"))) {
		size_t n = strspn(line, "0123456789");

		for (size_t i = 0; n && n < 4 && line[n] == ':' && i < VH_COUNT(keys); i++) {
			const char *at = strstr(line, keys[i]);
			const char *hex = at ? at + strlen(keys[i]) : "";

			if (*hex && strspn(hex, "0123456789ABCDEFabcdef") == strcspn(hex, " "))
				vh_strbuf_addf(&kept, "%s%.*s:%s%.*s", kept.len ? "\n" : "", (int)n,
					       line, keys[i], (int)strcspn(hex, " "), hex);
		}
	}
	vh_kept_put(t, vh_strbuf_steal(&kept));
}

/* Where a device stands in the tree of the manifest (place() of parse.c); "@ADDR/" is of use in
 * paths only. */
static char *manifest_path(const struct vh_host *h, const char *path)
{
	_auto_free_ char *as = vh_seen_path(h, path), *name = NULL;
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

void vh_tables_keyboards(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char key[] = "S: Sysfs=/";
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = copy, *line;

	(void)len;
	while ((line = strsep(&rest, "\n"))) {
		_auto_free_ char *at = NULL, *as = NULL;

		if (vh_has_prefix(line, "B: KEY="))
			vh_strbuf_join(&kept, "\n", line);
		if (!vh_has_prefix(line, key))
			continue;
		at = vh_printf("sys/%s", line + strlen(key));
		as = manifest_path(k->host, at);
		vh_strbuf_addf(&kept, "%s%s%s", kept.len ? "\n" : "", key, as + strlen("sys/"));
	}
	vh_kept_put(t, vh_strbuf_steal(&kept));
}

/* pid (comm) and the fields up to the start time, the 22nd (proc(5)). */
void vh_tables_stat(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	size_t end = strcspn(text, "\n");
	const char *p = memrchr(text, ')', end);

	(void)k, (void)len;
	if (!p)
		return;
	for (int field = 2; p && field < 23; field++)
		p = strchr(p + 1, ' ');
	vh_kept_put(t, vh_strndup(text, p && p < text + end ? (size_t)(p - text) : end));
}

/* MAJOR=226, MINOR=1, DEVNAME=dri/card1; numbers stand in `dev` too */
void vh_tables_uevent(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char key[] = "DEVNAME=";
	const char *at = text;
	size_t n;

	(void)k, (void)len;
	while (at && !vh_has_prefix(at, key)) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	n = at ? strcspn(at, "\n") : 0;
	/* the kernel's names are short, and of these characters */
	if (at && n < 48 && strspn(at + strlen(key), DEVNAME_CHARS) >= n - strlen(key))
		vh_kept_put(t, vh_strndup(at, n));
}

/* Is it the number of a container, as "docker ps" shows it, or a name? */
static bool is_container_id(const char *name)
{
	size_t n = strspn(name, "0123456789abcdef");

	return n >= ID_KEPT && !strcmp(name + n, ".scope");
}

/* The instance of a service may be anything, but for a terminal. */
static char *service_line(const char *part)
{
	const char *at = strchr(part, '@');

	if (!at || is_console(at + 1, strcspn(at + 1, ".")))
		return vh_printf("0::/system.slice/%s", part);
	return vh_printf("0::/system.slice/%.*s@x.service", (int)(at - part), part);
}

/* Of a user's own processes the session, or that they are his manager's: numbers alone. NULL: of
 * neither. */
static char *session_line(const char *text)
{
	const char *at = strstr(text, "/user.slice/user-");
	unsigned int uid, id;

	if (at && sscanf(at, "/user.slice/user-%u.slice/session-%u.scope", &uid, &id) == 2)
		return vh_printf("0::/user.slice/user-%u.slice/session-%u.scope", uid, id);
	if (at && sscanf(at, "/user.slice/user-%u.slice/user@%u.service", &uid, &id) == 2)
		return vh_printf("0::/user.slice/user-%u.slice/user@%u.service", uid, id);
	return NULL;
}

/* What a service is called is kept; of a container its number, or that it is one, and of guests
 * nothing, as their status file tells. People name containers and guests as they like: also like
 * services. */
void vh_tables_cgroup(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *part = vh_holder_cgroup(text);
	const char *begin = part ? vh_holder_manager(part) : NULL;
	const char *name = begin ? part + strlen(begin) : NULL;
	char *session;

	(void)k, (void)len;
	if (!part && (session = session_line(text)))
		vh_kept_put(t, session);
	if (!part || vh_has_prefix(part, "machine-qemu") ||
	    (!begin && !vh_has_suffix(part, ".service")))
		return;
	if (!begin)
		vh_kept_put(t, service_line(part));
	else if (vh_has_prefix(begin, "lxc."))
		vh_kept_put(t, vh_printf("0::/%sx", begin));
	else if (strcmp(begin, "machine-") != 0 && is_container_id(name))
		vh_kept_put(t, vh_printf("0::/%s%.*s.scope", begin, ID_KEPT, name));
	else
		vh_kept_put(t, vh_printf("0::/%sx.scope", begin));
}

/* Names of units and their state; of its file that there is one, of its commands whether one is
 * virsh. */
void vh_tables_unit(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char *const kept[] = {
		"Id=",         "Names=",       "LoadState=",   "ActiveState=",      "Job=",
		"Following=",  "MainPID=",     "BoundBy=",     "PropagatesStopTo=", "RequiredBy=",
		"ConsistsOf=", "RequisiteOf=", "TriggeredBy=",
	};
	_auto_free_ char *copy = vh_strndup(text, len);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = copy, *line;

	(void)k;
	while ((line = strsep(&rest, "\n"))) {
		for (size_t i = 0; i < VH_COUNT(kept); i++)
			if (vh_has_prefix(line, kept[i]))
				vh_strbuf_join(&to, "\n", line);
		if (vh_has_prefix(line, "FragmentPath=/run/systemd/transient/"))
			vh_strbuf_join(&to, "\n", "FragmentPath=/run/systemd/transient/");
		else if (vh_has_prefix(line, "FragmentPath=/"))
			vh_strbuf_join(&to, "\n", "FragmentPath=/");
		if (vh_has_prefix(line, "Exec") && strstr(line, "virsh"))
			vh_strbuf_join(&to, "\n", "ExecStop=virsh");
	}
	if (to.len)
		vh_kept_put(t, vh_strbuf_steal(&to));
}

/* --- modules ------------------------------------------------------------------------------------ */

static char *modalias(const struct vh_pci_dev *d)
{
	return vh_printf("pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", d->vendor, d->device,
			 d->subvendor, d->subdevice, d->class >> 16 & 0xff, d->class >> 8 & 0xff,
			 d->class & 0xff);
}

/* Those of every device; made when they are first asked for. */
static const struct vh_names *modaliases(struct vh_keeping *k)
{
	bool made = k->aliases.count > 0;

	for (size_t i = 0; !made && i < k->host->n_devs; i++)
		*VH_APPEND(k->aliases.name, k->aliases.count) = modalias(k->host->devs[i]);
	return &k->aliases;
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
void vh_tables_aliases(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	const struct vh_names *aliases = modaliases(k);
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = copy, *line;

	(void)len;
	while ((line = strsep(&rest, "\n"))) {
		_auto_free_ char *pattern = NULL;

		if (!vh_has_prefix(line, "alias "))
			continue;
		pattern = vh_strndup(line + 6, strcspn(line + 6, " "));
		if (is_for(aliases, pattern))
			vh_strbuf_join(&kept, "\n", line);
	}
	vh_kept_put(t, vh_strbuf_steal(&kept));
}

/* modules.builtin.modinfo: MODULE.alias=PATTERN, each ended by a NUL */
void vh_tables_modinfo(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	const struct vh_names *aliases = modaliases(k);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };

	for (const char *p = text; p < text + len; p += strlen(p) + 1) {
		const char *alias = strstr(p, ".alias=");

		if (alias && is_for(aliases, alias + strlen(".alias=")))
			vh_strbuf_add_mem(&kept, p, strlen(p) + 1);
	}
	t->len = kept.len;
	t->text = kept.len ? vh_strbuf_steal(&kept) : NULL;
}

/* Of the list of all modules, those lines that name vfio-pci. */
/* vfio-pci, and the drivers that are one for a kind of devices: mlx5-vfio-pci. */
static bool is_vfio_module(const char *line)
{
	_auto_free_ char *path = vh_strndup(line, strcspn(line, ":"));
	const char *name = strrchr(path, '/');

	return name && (strstr(name, "vfio-pci.ko") || strstr(name, "vfio_pci.ko"));
}

void vh_tables_vfio_modules(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = copy, *line;

	(void)k, (void)len;
	while ((line = strsep(&rest, "\n")))
		if (is_vfio_module(line))
			vh_strbuf_join(&kept, "\n", line);
	vh_kept_put(t, vh_strbuf_steal(&kept));
}

/* Of the nodes that wait for their modules, those of VFIO. */
void vh_tables_vfio_nodes(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = copy, *line;

	(void)k, (void)len;
	while ((line = strsep(&rest, "\n")))
		if (strstr(line, " vfio/vfio "))
			vh_strbuf_join(&kept, "\n", line);
	vh_kept_put(t, kept.len ? vh_strbuf_steal(&kept) : vh_strdup("# none of VFIO"));
}

/* COMMAND MODULE REST without a comment behind it. Of `install` the program alone counts
 * (vh_module_options_forbidden_by()), and it may lie in somebody's folder. */
static char *module_line(struct vh_scrub *s, const char *line)
{
	size_t n = strcspn(line, " \t"), module, rest;
	_auto_free_ char *program = NULL, *shown = NULL;
	const char *comment;

	module = n + strspn(line + n, " \t");
	rest = module + strcspn(line + module, " \t");
	if (!vh_has_prefix(line + module, "vfio"))
		return NULL;
	if (s->off)
		return vh_strdup(line);
	if (vh_is_word(line, n, "options")) {
		for (comment = line + rest; (comment = strchr(comment, '#')); comment++)
			if (strchr(" \t", comment[-1]))
				break;
		n = comment ? (size_t)(comment - line) : strlen(line);
		while (n && strchr(" \t", line[n - 1]))
			n--;
		return vh_strndup(line, n);
	}
	n = rest + strspn(line + rest, " \t");
	program = vh_strndup(line + n, strcspn(line + n, " \t;&|"));
	shown = vh_scrub_path(s, program);
	return vh_printf("%.*s%s", (int)n, line, shown);
}

/* options and install MODULE ..., of the modules of VFIO alone, continued lines joined. */
void vh_tables_modprobe(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf kept = { 0 };
	char *rest = copy, *line;

	(void)len;
	for (char *p = copy; (p = strstr(p, "\\\n"));)
		p[0] = p[1] = ' ';
	while ((line = strsep(&rest, "\n"))) {
		const char *word = line + strspn(line, " \t");
		size_t n = strcspn(word, " \t");
		_auto_free_ char *one = NULL;

		if (vh_is_word(word, n, "options") || vh_is_word(word, n, "install"))
			one = module_line(&k->scrub, word);
		if (one)
			vh_strbuf_join(&kept, "\n", one);
	}
	if (kept.len)
		vh_kept_put(t, vh_strbuf_steal(&kept));
}

/* --- disks and interfaces ----------------------------------------------------------------------- */

/* The prefix tells what it is, the rest identifies it (holder_fix() of block.c). */
void vh_tables_dm_uuid(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char *const prefixes[] = { "CRYPT-", "LVM-", "mpath-" };

	(void)k, (void)len;
	for (size_t i = 0; i < VH_COUNT(prefixes); i++)
		if (vh_has_prefix(text, prefixes[i]))
			vh_kept_put(t, vh_strdup(prefixes[i]));
}

/* The name of a ZFS pool: it is compared with what is mounted. */
static char *pool_line(struct vh_keeping *k, const char *text, const char *type)
{
	_auto_free_ char *name = vh_members_pool(text), *scrubbed = NULL;

	if (!type || !name ||
	    !vh_is_word(type, 1 + strcspn(type + 1, "\n"), "\nE:ID_FS_TYPE=zfs_member"))
		return vh_strdup("");
	scrubbed = vh_scrub_pool(&k->scrub, name);
	return vh_printf("\nE:ID_FS_LABEL=%s", scrubbed);
}

/* Likewise that of a volume. */
static char *volume_line(struct vh_keeping *k, const char *text)
{
	_auto_free_ char *name = vh_zvols_pool_of(text), *scrubbed = NULL;

	if (!name)
		return vh_strdup("");
	scrubbed = vh_scrub_pool(&k->scrub, name);
	return vh_printf("\nS:zvol/%s/volume", scrubbed);
}

/* Of what udev knows only what is on it; that udev knows of it is a fact as well. */
void vh_tables_udev(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char key[] = "\nE:ID_FS_TYPE=",
			  part[] = "\nE:ID_PART_ENTRY_TYPE=" VH_ZFS_PARTITION;
	const char *type = strstr(text, key);
	_auto_free_ char *pool = pool_line(k, text, type), *volume = volume_line(k, text);

	(void)len;
	vh_kept_put(t, vh_printf("I:0%.*s%s%s%s", type ? (int)(1 + strcspn(type + 1, "\n")) : 0,
				 type ? type : "", pool, strstr(text, part) ? part : "", volume));
}

/* external:imsm, external:/md127/0, or a number */
void vh_tables_md_version(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	(void)k, (void)len;
	if (vh_has_prefix(text, "external:"))
		vh_kept_put(t, vh_strdup(strpbrk(text, "/-") ? "external:/" : "external:any"));
}

void vh_tables_managed(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	(void)k, (void)len;
	if (strstr(text, "managed=true"))
		vh_kept_put(t, vh_strdup("[device]\nmanaged=true"));
}

/* A program by how it begins: four bytes tell an ELF file. */
void vh_tables_magic(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	(void)k;
	t->len = len < 4 ? len : 4;
	t->text = vh_alloc(t->len + 1);
	memcpy(t->text, text, t->len);
}
