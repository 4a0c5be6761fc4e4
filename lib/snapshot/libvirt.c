/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt - which domains run and which networks are pools, our configuration, claims
 * and records, how the hook is installed; and the processes that hold devices or claims.
 */
#include "lib/snapshot/copy.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/uuid.h"
#include "lib/domain/address.h"
#include "lib/case/holdings.h"
#include "lib/state/claim.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define HOOKS (&VH_HOOKSDIR[1])
#define CLAIMS "run/vfio-hook"
#define RECORDS "var/lib/vfio-hook"
#define CONFIG "etc/libvirt/vfio-hook.conf"
#define LOOK_MS 3000 /* at the descriptors of all processes */

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && !strcmp(name + n - m, suffix);
}

static bool is_xml(const char *name)
{
	return has_suffix(name, ".xml") || has_suffix(name, ".xml.new");
}

/* --- libvirt's files --------------------------------------------------------------------------- */

static char *escaped(const char *s)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	for (; *s; s++) {
		if (strchr("<>&'\"", *s))
			vh_strbuf_addf(&to, "&#%d;", *s);
		else
			vh_strbuf_add_mem(&to, s, 1);
	}
	return vh_strbuf_steal(&to);
}

/* Addresses as libvirt writes them, of which it takes the parts alone. */
static void add_address(struct vh_strbuf *to, const struct vh_pci_addr *a)
{
	vh_strbuf_addf(to,
		       "<address type='pci' domain='0x%04x' bus='0x%02x' slot='0x%02x' "
		       "function='0x%x'/>",
		       a->domain, a->bus, a->slot, a->function);
}

/* A pool of virtual functions: by its name, with what it hands out; of others nothing. */
static bool network(struct vh_snap *s, const xmlNode *root, const char *path)
{
	const xmlNode *net = vh_xml_is(root, "network") ? root : vh_xml_child(root, "network");
	const xmlNode *forward = vh_xml_child(net, "forward");
	const xmlNode *address = vh_xml_child(forward, "address");
	const char *pf = vh_xml_attr(vh_xml_child(forward, "pf"), "dev");
	_auto_free_ char *name = vh_xml_text(vh_xml_child(net, "name"));
	_auto_free_ char *safe = name ? escaped(name) : NULL, *dev = pf ? escaped(pf) : NULL;
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	struct vh_pci_addr addr;

	if (!safe || !vh_xml_attr_is(forward, "mode", "hostdev"))
		return safe != NULL;
	vh_strbuf_addf(&text, "<network><name>%s</name><forward mode='hostdev'%s>", safe,
		       vh_xml_attr_is(forward, "managed", "yes") ? " managed='yes'" : "");
	if (dev)
		vh_strbuf_addf(&text, "<pf dev='%s'/>", dev);
	for (; address; address = vh_xml_next(address, "address"))
		if (vh_address_is_whole(address, &addr))
			add_address(&text, &addr);
	vh_strbuf_add(&text, "</forward></network>");
	vh_snap_put(&s->lines, 'f', path, text.data);
	return true;
}

/* The functions that its interfaces have, as given by a network or named. */
static void add_interfaces(struct vh_strbuf *to, const xmlNode *devices)
{
	const xmlNode *d = vh_xml_child(devices, "interface");

	for (; d; d = vh_xml_next(d, "interface")) {
		struct vh_pci_addr addr;

		if (!vh_address_of_running(d, &addr))
			continue;
		vh_strbuf_add(to, "<interface><source>");
		add_address(to, &addr);
		vh_strbuf_add(to, "</source></interface>");
	}
}

/* A domain that runs, by its UUID, its interfaces, and what it holds of the memory. */
static bool status(struct vh_snap *s, const xmlNode *root, const char *path)
{
	static const char *const memory[] = { "RssAnon:", "RssShmem:", "HugetlbPages:", NULL };
	const xmlNode *domain = vh_xml_child(root, "domain");
	_auto_free_ char *uuid = vh_xml_text(vh_xml_child(domain, "uuid"));
	const char *pid = vh_xml_attr(root, "pid");
	_auto_free_ char *file = NULL, *held = NULL, *kept = NULL;
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	char canonical[37];
	uint64_t n = 0;

	(void)path; /* its name is that of the domain */
	if (!uuid || vh_uuid_parse(uuid, canonical) < 0)
		return false;
	if (pid && vh_parse_uint(pid, 10, INT32_MAX, &n) < 0)
		n = 0;
	vh_strbuf_addf(&text, "<domstatus pid='%d'><domain><uuid>%s</uuid><devices>", (int)n,
		       canonical);
	add_interfaces(&text, vh_xml_child(domain, "devices"));
	vh_strbuf_add(&text, "</devices></domain></domstatus>");
	file = vh_printf("run/libvirt/qemu/%s.xml", canonical);
	vh_snap_put(&s->lines, 'f', file, text.data);
	if (!n)
		return true;
	free(file);
	file = vh_printf("proc/%d/status", (int)n);
	held = vh_snap_read(s->root, &s->lines, file);
	kept = held ? vh_snap_lines_of(held, memory) : NULL;
	if (kept)
		vh_snap_put(&s->lines, 'f', file, kept);
	return true;
}

/* Reads the XML files of a directory; one that cannot be understood stays a riddle. */
static void put_xml(struct vh_snap *s, const char *dir,
		    bool (*take)(struct vh_snap *s, const xmlNode *root, const char *path))
{
	_auto_names_ struct vh_names names = { 0 };

	if (!vh_snap_list(s->root, &s->lines, dir, &names))
		return;
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *path = vh_printf("%s/%s", dir, names.name[i]), *text = NULL;
		_auto_free_ char *riddle = vh_printf("%s/file%zu.xml", dir, i);
		_auto_xml_ xmlDoc *doc = NULL;

		if (!is_xml(names.name[i]))
			continue;
		text = vh_root_read(s->root, "%s", path);
		if (!text && errno == ENOENT)
			continue;
		doc = text ? vh_xml_parse(text, strlen(text), NULL) : NULL;
		if (!doc || !take(s, vh_xml_root(doc), path))
			vh_snap_put(&s->lines, 'u', riddle, NULL);
	}
}

/* --- ours -------------------------------------------------------------------------------------- */

/* Lines keep their numbers, which errors name. */
static void put_config(struct vh_snap *s)
{
	_auto_free_ char *text = vh_snap_read(s->root, &s->lines, CONFIG);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = text, *line;
	const char *separator = "";

	while ((line = strsep(&rest, "\n"))) {
		bool is_comment = line[strspn(line, " \t")] == '#' ||
				  line[strspn(line, " \t")] == ';';

		vh_strbuf_addf(&to, "%s%s", separator, is_comment && !s->scrub.off ? "#" : line);
		separator = "\n";
	}
	if (text)
		vh_snap_put(&s->lines, 'f', CONFIG, to.data ? to.data : "");
}

static void put_claims(struct vh_snap *s)
{
	_auto_names_ struct vh_names names = { 0 };

	if (!vh_snap_list(s->root, &s->lines, CLAIMS, &names))
		return;
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *path = vh_printf(CLAIMS "/%s", names.name[i]), *text = NULL;
		_auto_(vh_claim) struct vh_claim *c = NULL;
		_auto_free_ char *whole = NULL;

		if (!has_suffix(names.name[i], ".claim"))
			continue;
		text = vh_snap_copy(s->root, &s->lines, path);
		whole = text ? vh_printf("%s\n", text) : NULL;
		c = whole ? vh_claim_parse(whole, strlen(whole), NULL) : NULL;
		if (c && c->daemon_pid > 0)
			vh_snap_process(s, c->daemon_pid);
	}
}

static void put_records(struct vh_snap *s)
{
	_auto_names_ struct vh_names names = { 0 };

	if (!vh_snap_list(s->root, &s->lines, RECORDS, &names))
		return;
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *path = vh_printf(RECORDS "/%s", names.name[i]);

		if (has_suffix(names.name[i], ".devices"))
			free(vh_snap_copy(s->root, &s->lines, path));
	}
}

/* --- the hook ---------------------------------------------------------------------------------- */

/* An absolute target as one that is relative to `path`, which is how a manifest has it. */
static char *relative(const char *path, const char *target)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	if (*target != '/')
		return vh_strdup(target);
	for (const char *p = path; (p = strchr(p, '/')); p++)
		vh_strbuf_add(&to, "../");
	vh_strbuf_add(&to, target + 1);
	return vh_strbuf_steal(&to);
}

/* Where the link leads, below the root; NULL: not to be told by its text. */
static char *destination(const char *path, const char *target)
{
	_auto_free_ char *dir = vh_strndup(path, strrchr(path, '/') - path);

	if (*target == '/')
		return vh_strdup(target + 1);
	for (; vh_has_prefix(target, "../"); target += 3) {
		char *slash = strrchr(dir, '/');

		if (!*dir)
			return NULL;
		*(slash ? slash : dir) = 0;
	}
	return vh_printf("%s%s%s", dir, *dir ? "/" : "", target);
}

/* The link and the first bytes of the program that it leads to; of a script that it is there. */
static void put_hook(struct vh_snap *s, const char *path)
{
	_auto_free_ char *target = vh_root_readlink(s->root, "%s", path), *as = NULL, *to = NULL;
	char magic[4];
	struct stat st;

	if (!target) {
		if (vh_root_stat(s->root, &st, false, "%s", path) == 0 && S_ISREG(st.st_mode))
			vh_snap_put(&s->lines, 'f', path, "(its text is left out)");
		return;
	}
	as = relative(path, target);
	vh_snap_put(&s->lines, 'l', path, as);
	to = destination(path, target);
	if (to && vh_root_read_bytes(s->root, magic, sizeof(magic), "%s", path) == sizeof(magic))
		vh_snap_put_mem(&s->lines, 'f', to, magic, sizeof(magic));
}

static void put_hooks(struct vh_snap *s)
{
	_auto_free_ char *main = vh_printf("%s/qemu", HOOKS),
			 *drop_in = vh_printf("%s/qemu.d", HOOKS);
	_auto_names_ struct vh_names names = { 0 }, more = { 0 };

	if (!vh_snap_list(s->root, &s->lines, HOOKS, &names)) {
		/* on a machine that runs that is a fact, in a copy it may have been left out */
		if (s->root->live && !vh_root_exists(s->root, "%s", HOOKS) && errno == ENOENT)
			vh_snap_put(&s->lines, 'd', HOOKS, NULL);
		return;
	}
	put_hook(s, main);
	VH_IGNORE(vh_root_list(s->root, &more, "%s", drop_in)); /* not every system has it */
	for (size_t i = 0; i < more.count; i++) {
		_auto_free_ char *path = vh_printf("%s/%s", drop_in, more.name[i]);

		put_hook(s, path);
	}
}

void vh_snap_libvirt(struct vh_snap *s)
{
	put_xml(s, "run/libvirt/network", network);
	put_xml(s, "etc/libvirt/qemu/networks", network);
	put_xml(s, "run/libvirt/qemu", status);
	put_config(s);
	put_claims(s);
	put_records(s);
	put_hooks(s);
}

/* --- processes --------------------------------------------------------------------------------- */

/* pid (comm) and the fields up to the start time, the 22nd (proc(5)) */
void vh_snap_process(struct vh_snap *s, int64_t pid)
{
	_auto_free_ char *path = vh_printf("proc/%lld/stat", (long long)pid);
	_auto_free_ char *text = vh_root_read(s->root, "%s", path);
	char *p = text ? strrchr(text, ')') : NULL;

	for (int field = 2; p && field < 23; field++)
		p = strchr(p + 1, ' ');
	if (p)
		*p = 0;
	if (text)
		vh_snap_put(&s->lines, 'f', path, text);
}

static bool is_wanted(const char *target)
{
	static const char *const begins[] = { "/dev/dri/",     "/dev/fb",     "/dev/snd/pcm",
					      "/dev/snd/midi", "/dev/nvidia", "/dev/vfio/",
					      "/dev/iommu" };

	for (size_t i = 0; i < VH_COUNT(begins); i++)
		if (vh_has_prefix(target, begins[i]))
			return true;
	return false;
}

/* Its open nodes of displays, sound and VFIO. Returns false when it may not be looked at. */
static bool look_at(struct vh_snap *s, const char *pid)
{
	_auto_names_ struct vh_names fds = { 0 };
	bool found = false;
	uint64_t n;

	if (vh_root_list(s->root, &fds, "proc/%s/fd", pid) < 0)
		return errno == ENOENT || errno == ESRCH;
	for (size_t i = 0; i < fds.count; i++) {
		_auto_free_ char *path = vh_printf("proc/%s/fd/%s", pid, fds.name[i]);
		_auto_free_ char *target = vh_root_readlink(s->root, "%s", path);

		/* what is no link is one that could not be read, to has_open() of process.c */
		if (!target && errno != ENOENT && errno != ESRCH)
			vh_snap_put(&s->lines, 'f', path, "?");
		if (!target || !is_wanted(target))
			continue;
		vh_snap_put(&s->lines, 'l', path, target);
		found = true;
	}
	if (found && vh_parse_uint(pid, 10, INT32_MAX, &n) == 0)
		vh_snap_process(s, (int64_t)n);
	return true;
}

/* Nobody asks where neither a group has a node nor a display or sound function a driver. */
static bool is_asked(const struct vh_snap *s)
{
	for (size_t i = 0; i < s->host->n_devs; i++) {
		const struct vh_pci_dev *d = s->host->devs[i];

		if (d->on_vfio || (d->driver && (d->class >> 16 == 0x03 || d->class >> 16 == 0x04)))
			return true;
	}
	return vh_root_exists(s->root, "dev/vfio");
}

/* Groups have nodes also while nobody has them open. */
static void put_nodes(struct vh_snap *s)
{
	_auto_names_ struct vh_names names = { 0 };
	uint64_t n;

	VH_IGNORE(vh_root_list(s->root, &names, "dev/vfio")); /* VFIO is not in use */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *path = vh_printf("dev/vfio/%s", names.name[i]);

		if (vh_parse_uint(names.name[i], 10, INT32_MAX, &n) == 0)
			vh_snap_put(&s->lines, 'f', path, "");
	}
}

void vh_snap_processes(struct vh_snap *s)
{
	int64_t deadline = vh_now_ms() + LOOK_MS;
	_auto_names_ struct vh_names pids = { 0 };
	bool told = false;
	uint64_t pid;

	if (!is_asked(s))
		return;
	put_nodes(s);
	VH_IGNORE(vh_root_list(s->root, &pids, "proc")); /* then there is nobody to be seen */
	for (size_t i = 0; i < pids.count; i++) {
		_auto_free_ char *dir = vh_printf("proc/%s/fd", pids.name[i]);
		bool late = vh_now_ms() > deadline;

		if (vh_parse_uint(pids.name[i], 10, INT32_MAX, &pid) < 0 ||
		    (!late && look_at(s, pids.name[i])))
			continue;
		/* one that could not be looked at is enough to say so */
		if (!told)
			vh_snap_put(&s->lines, 'u', dir, NULL);
		told = true;
		if (late)
			return;
	}
}
