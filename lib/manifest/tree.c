/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree - writes a parsed manifest below a directory. Every component of every path
 * is opened with O_NOFOLLOW, so that no link of the manifest can lead a later line astray.
 */
#include "lib/manifest/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "lib/base/strbuf.h"
#include "lib/manifest/manifest.h"
#include "lib/manifest/parse.h"

#include "lib/base/banned.h"

#define CAP_SIZE 4 /* of a capability that is its header alone, extended or not */
#define MSI_REGION "0x00000000fee00000 0x00000000feefffff msi"

struct tree {
	const struct vh_manifest *m;
	int root;
	int line;  /* being written out, for messages */
	int nodes; /* made so far */
	int dir;  /* the directory that was used last ... */
	char *at; /* ... and its path, as most lines follow their neighbours */
};

static int bad_path(struct tree *t, const char *path)
{
	const char *why = NULL;

	if (errno == EEXIST)
		why = "is there already";
	else if (errno == ELOOP || errno == ENOTDIR)
		why = "passes through a link or a file";
	else if (errno == EISDIR)
		why = "is a directory";
	if (why)
		return vh_parse_bad(t->m, t->line, "'%s' %s", path, why);
	return vh_fail(t->m->err, VH_E_SYS, errno, NULL, "cannot create '%s'", path);
}

/* Relative, plain, and of sane length. */
static bool is_plain(const char *path)
{
	const char *s = path;

	if (strlen(path) > VH_MANIFEST_PATH)
		return false;
	for (;;) {
		size_t n = strcspn(s, "/");

		if (!n || n > 255 || (*s == '.' && (n == 1 || (n == 2 && s[1] == '.'))))
			return false;
		if (!s[n])
			return true;
		s += n + 1;
	}
}

/* A small file may stand for many directories: what it makes is counted. */
static int count_node(struct tree *t)
{
	if (++t->nodes <= VH_MANIFEST_NODES)
		return 0;
	return vh_parse_bad(t->m, t->line, "makes more than %d files and directories",
			    VH_MANIFEST_NODES);
}

/* A descriptor of the directory at `path`, made where it is missing; the tree's to close. */
static int enter(struct tree *t, const char *path)
{
	_auto_free_ char *copy = vh_strdup(path);
	char *rest = copy, *name;
	int fd = t->root;

	if (t->at && !strcmp(t->at, path))
		return t->dir;
	while (*path && (name = strsep(&rest, "/"))) {
		int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int saved;

		if (next < 0 && errno == ENOENT) {
			if (count_node(t) < 0) {
				if (fd != t->root)
					close(fd);
				return -1;
			}
			if (mkdirat(fd, name, 0755) == 0)
				next = openat(fd, name,
					      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		saved = errno;
		if (fd != t->root)
			close(fd);
		errno = saved;
		if (next < 0)
			return bad_path(t, path);
		fd = next;
	}
	if (t->dir >= 0 && t->dir != t->root)
		close(t->dir);
	free(t->at);
	t->dir = fd;
	t->at = vh_strdup(path);
	return fd;
}

/* The directory of `path`, and in *ret_name its last component. */
static int enter_above(struct tree *t, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	_auto_free_ char *above = vh_strndup(path, slash ? (size_t)(slash - path) : 0);

	*ret_name = slash ? slash + 1 : path;
	return enter(t, above);
}

/* `weak`: what an f line has put there already stays. */
static int put_file(struct tree *t, const char *path, const void *data, size_t len, bool weak)
{
	_auto_close_ int fd = -1;
	const char *name;
	int dir = enter_above(t, path, &name);

	if (dir < 0 || count_node(t) < 0)
		return -1;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return weak && errno == EEXIST ? 0 : bad_path(t, path);
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)data + done, len - done);

		if (n < 0)
			return bad_path(t, path);
		done += (size_t)n;
	}
	return 0;
}

static int put_link(struct tree *t, const char *path, const char *target)
{
	const char *name;
	int dir = enter_above(t, path, &name);

	if (dir < 0 || count_node(t) < 0)
		return -1;
	return symlinkat(target, dir, name) < 0 ? bad_path(t, path) : 0;
}

/* Like put_link(), to a path from the root of the tree; as the kernel writes it. */
static int put_link_to(struct tree *t, const char *path, const char *to)
{
	_auto_strbuf_ struct vh_strbuf target = { 0 };
	size_t common = 0;

	for (size_t i = 0; path[i] && path[i] == to[i]; i++)
		if (path[i] == '/')
			common = i + 1;
	for (const char *s = path + common; (s = strchr(s, '/')); s++)
		vh_strbuf_add(&target, "../");
	vh_strbuf_add(&target, to + common);
	return put_link(t, path, target.data);
}

/* An attribute of the function. */
static int VH_PRINTF(4, 5) put_attr(struct tree *t, const struct vh_manifest_pci *p,
				    const char *name, const char *fmt, ...)
{
	_auto_free_ char *path = vh_printf("%s/%s", p->path, name), *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vh_vprintf(fmt, ap);
	va_end(ap);
	return put_file(t, path, text, strlen(text), true);
}

static int header_type(const struct vh_manifest_pci *p)
{
	if (p->header >= 0)
		return p->header;
	switch (VH_PCI_CLASS(p->class)) {
	case VH_PCI_CLASS_BRIDGE_PCI:
		return PCI_HEADER_TYPE_BRIDGE;
	case VH_PCI_CLASS_BRIDGE_CARDBUS:
		return PCI_HEADER_TYPE_CARDBUS;
	default:
		return PCI_HEADER_TYPE_NORMAL;
	}
}

/* A chain of capabilities that are their ids alone, 4 bytes each: from 0x40, and from 0x100.
 * Returns where the configuration space ends. */
static size_t put_caps(unsigned char *c, const char *caps)
{
	_auto_free_ char *copy = vh_strdup(caps);
	size_t at = PCI_STD_HEADER_SIZEOF, extended = PCI_CFG_SPACE_SIZE;
	size_t link = PCI_CAPABILITY_LIST; /* to the next one */
	char *rest = copy, *id;
	uint64_t n;

	c[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	while ((id = strsep(&rest, ",")) && vh_parse_uint(id, 16, 0xffff, &n) == 0) {
		if (strlen(id) == 2) {
			c[link] = (unsigned char)at;
			c[at + PCI_CAP_LIST_ID] = (unsigned char)n;
			link = at + PCI_CAP_LIST_NEXT;
			at += CAP_SIZE;
			continue;
		}
		if (extended > PCI_CFG_SPACE_SIZE) {
			c[extended - 2] |= (unsigned char)(extended << 4 & 0xf0);
			c[extended - 1] = (unsigned char)(extended >> 4);
		}
		c[extended] = (unsigned char)n;
		c[extended + 1] = (unsigned char)(n >> 8);
		c[extended + 2] = 1; /* version */
		extended += CAP_SIZE;
	}
	return extended > PCI_CFG_SPACE_SIZE ? extended : at;
}

static void put_word(unsigned char *c, uint32_t word)
{
	c[0] = (unsigned char)(word & 0xff);
	c[1] = (unsigned char)(word >> 8);
}

static int put_config(struct tree *t, const struct vh_manifest_pci *p)
{
	_auto_free_ char *path = vh_printf("%s/config", p->path);
	unsigned char c[PCI_CFG_SPACE_SIZE + CAP_SIZE * VH_MANIFEST_CAPS] = { 0 };
	size_t len = PCI_STD_HEADER_SIZEOF;

	put_word(&c[PCI_VENDOR_ID], p->vendor);
	put_word(&c[PCI_DEVICE_ID], p->device);
	c[PCI_REVISION_ID] = (unsigned char)p->revision;
	c[PCI_CLASS_PROG] = (unsigned char)(p->class & 0xff);
	put_word(&c[PCI_CLASS_DEVICE], VH_PCI_CLASS(p->class));
	c[PCI_HEADER_TYPE] = (unsigned char)header_type(p);
	if (!(c[PCI_HEADER_TYPE] & PCI_HEADER_TYPE_MASK)) {
		put_word(&c[PCI_SUBSYSTEM_VENDOR_ID], p->subvendor);
		put_word(&c[PCI_SUBSYSTEM_ID], p->subdevice);
	}
	if (p->caps)
		len = put_caps(c, p->caps);
	if (p->dead)
		memset(c, 0xff, len);
	return put_file(t, path, c, len, true);
}

static int put_vfs(struct tree *t, const struct vh_manifest_pci *p)
{
	if (!p->totalvfs)
		return 0;
	if (put_attr(t, p, "sriov_totalvfs", "%d\n", p->totalvfs) < 0)
		return -1;
	return put_attr(t, p, "sriov_numvfs", "%d\n", p->numvfs);
}

static int put_attrs(struct tree *t, const struct vh_manifest_pci *p)
{
	_auto_free_ char *config = vh_printf("%s/config", p->path);

	if (put_attr(t, p, "class", "0x%06x\n", p->class) < 0 ||
	    put_attr(t, p, "vendor", "0x%04x\n", p->vendor) < 0 ||
	    put_attr(t, p, "device", "0x%04x\n", p->device) < 0 || put_vfs(t, p) < 0)
		return -1;
	if (p->bare)
		return put_file(t, config, "", 0, true);
	if (put_attr(t, p, "subsystem_vendor", "0x%04x\n", p->subvendor) < 0 ||
	    put_attr(t, p, "subsystem_device", "0x%04x\n", p->subdevice) < 0 ||
	    put_attr(t, p, "revision", "0x%02x\n", (unsigned int)p->revision) < 0 ||
	    put_attr(t, p, "modalias", "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", p->vendor,
		     p->device, p->subvendor, p->subdevice, VH_PCI_BASE_CLASS(p->class),
		     VH_PCI_CLASS(p->class) & 0xff, p->class & 0xff) < 0 ||
	    put_attr(t, p, "driver_override", "%s\n", p->override ? p->override : "(null)") < 0 ||
	    put_attr(t, p, "numa_node", "-1\n") < 0)
		return -1;
	if (!header_type(p) && put_attr(t, p, "reset_method", "flr bus\n") < 0)
		return -1;
	if (VH_PCI_CLASS(p->class) == VH_PCI_CLASS_DISPLAY_VGA &&
	    put_attr(t, p, "boot_vga", "%d\n", p->vga) < 0)
		return -1;
	return put_config(t, p);
}

static bool is_vfio(const char *driver)
{
	return strstr(driver, "vfio-pci") || strstr(driver, "vfio_pci");
}

/* The driver is registered. */
static int put_driver_dir(struct tree *t, const char *driver)
{
	static const char *const attrs[] = { "bind", "unbind" };

	for (size_t i = 0; i < VH_COUNT(attrs); i++) {
		_auto_free_ char *path =
			vh_printf("sys/bus/pci/drivers/%s/%s", driver, attrs[i]);

		if (put_file(t, path, "", 0, true) < 0)
			return -1;
	}
	return 0;
}

static int put_driver(struct tree *t, const struct vh_manifest_pci *p)
{
	_auto_free_ char *dir = vh_printf("sys/bus/pci/drivers/%s", p->driver);
	_auto_free_ char *device = vh_printf("%s/%s", dir, vh_pci_str(&p->addr).s);
	_auto_free_ char *link = vh_printf("%s/driver", p->path);
	_auto_free_ char *node = vh_printf("dev/vfio/%d", p->group);
	_auto_free_ char *vfio =
		vh_printf("%s/vfio-dev/vfio%d", p->path,
			  p->addr.bus << 8 | p->addr.slot << 3 | p->addr.function);

	if (put_driver_dir(t, p->driver) < 0 || put_link_to(t, device, p->path) < 0 ||
	    put_link_to(t, link, dir) < 0)
		return -1;
	if (!is_vfio(p->driver) || p->group < 0)
		return 0;
	if (put_file(t, "dev/vfio/vfio", "", 0, true) < 0)
		return -1;
	return put_file(t, node, "", 0, true) < 0 || enter(t, vfio) < 0 ? -1 : 0;
}

/* What the kernel would choose is not an attribute of its own: the fake kernel of tests/ asks. */
static int put_probes(struct tree *t, const struct vh_manifest_pci *p)
{
	_auto_free_ char *path = vh_printf("fake-kernel/probe/%s", vh_pci_str(&p->addr).s);
	_auto_free_ char *list = vh_strdup(p->probes), *text = NULL;
	char *rest, *name;

	if (!list && p->driver && !is_vfio(p->driver) && strcmp(p->driver, "pci-stub") != 0)
		list = vh_strdup(p->driver);
	if (!list)
		return 0;
	text = vh_printf("%s\n", list);
	if (put_file(t, path, text, strlen(text), false) < 0)
		return -1;
	rest = list;
	while ((name = strsep(&rest, ",")))
		if (put_driver_dir(t, name) < 0)
			return -1;
	return 0;
}

static int put_group(struct tree *t, const struct vh_manifest_pci *p)
{
	_auto_free_ char *group = vh_printf("sys/kernel/iommu_groups/%d", p->group);
	_auto_free_ char *member = vh_printf("%s/devices/%s", group, vh_pci_str(&p->addr).s);
	_auto_free_ char *link = vh_printf("%s/iommu_group", p->path);
	_auto_free_ char *regions = vh_printf("%s/reserved_regions", group);
	_auto_free_ char *type = vh_printf("%s/type", group);

	if (put_link_to(t, member, p->path) < 0 || put_link_to(t, link, group) < 0)
		return -1;
	if (p->bare)
		return 0;
	if (put_file(t, regions, MSI_REGION "\n", strlen(MSI_REGION "\n"), true) < 0)
		return -1;
	return put_file(t, type, "DMA\n", 4, true);
}

/* The links between a virtual function and its physical one, numbered in the order of their
 * addresses, as the kernel does. */
static int put_physfn(struct tree *t, const struct vh_manifest_pci *p)
{
	const struct vh_manifest_pci *pf = vh_parse_find(t->m, &p->physfn);
	_auto_free_ char *up = vh_printf("%s/physfn", p->path), *down = NULL;
	int number = 0;

	for (size_t i = 0; i < t->m->n_pci && t->m->pci[i] != p; i++)
		number += t->m->pci[i]->has_physfn &&
			  !vh_pci_cmp(&t->m->pci[i]->physfn, &p->physfn);
	down = vh_printf("%s/virtfn%d", pf->path, number);
	return put_link_to(t, up, pf->path) < 0 || put_link_to(t, down, p->path) < 0 ? -1 : 0;
}

static int put_pci(struct tree *t, const struct vh_manifest_pci *p)
{
	_auto_free_ char *on_bus = vh_printf("sys/bus/pci/devices/%s", vh_pci_str(&p->addr).s);
	_auto_free_ char *subsystem = vh_printf("%s/subsystem", p->path);

	t->line = p->line;
	if (put_attrs(t, p) < 0 || put_link_to(t, on_bus, p->path) < 0 ||
	    put_link_to(t, subsystem, "sys/bus/pci") < 0 || put_probes(t, p) < 0)
		return -1;
	if (p->driver && put_driver(t, p) < 0)
		return -1;
	if (p->group >= 0 && put_group(t, p) < 0)
		return -1;
	return p->has_physfn ? put_physfn(t, p) : 0;
}

/* "@0000:01:00.0/rest" -> the function's directory and the rest. NULL: an error is set. */
static char *resolve(struct tree *t, const char *s)
{
	_auto_free_ char *name = NULL;
	const struct vh_manifest_pci *p = NULL;
	struct vh_pci_addr addr;
	size_t n;

	if (*s != '@')
		return vh_strdup(s);
	n = strcspn(s, "/");
	name = vh_strndup(s + 1, n - 1);
	if (vh_pci_parse(name, &addr) == 0)
		p = vh_parse_find(t->m, &addr);
	if (p)
		return vh_printf("%s%s", p->path, s + n);
	(void)vh_parse_bad(t->m, t->line, "no pci line gives '@%s'", name);
	return NULL;
}

/*
 * A target as written: ".." only at its beginning and never above the root. What stands below
 * is a real directory (it was opened without following links), so counting is enough.
 */
static bool stays_inside(const char *path, const char *target)
{
	int depth = 0;

	if (!*target || strlen(target) > VH_MANIFEST_PATH)
		return false;
	if (*target == '/')
		return vh_has_prefix(path, "proc/");
	for (const char *s = path; (s = strchr(s, '/')); s++)
		depth++;
	while (vh_has_prefix(target, "../") || !strcmp(target, "..")) {
		if (depth-- == 0)
			return false;
		target += target[2] ? 3 : 2;
	}
	return !*target || is_plain(target);
}

static int put_entry_link(struct tree *t, const char *path, const char *text)
{
	_auto_free_ char *target = NULL;

	if (*text != '@' && !vh_has_prefix(text, "sys/")) {
		if (!stays_inside(path, text))
			return vh_parse_bad(t->m, t->line, "the target '%s' leaves the tree", text);
		return put_link(t, path, text);
	}
	target = resolve(t, text);
	if (!target)
		return -1;
	if (!is_plain(target))
		return vh_parse_bad(t->m, t->line, "'%s' is not a plain path", target);
	return put_link_to(t, path, target);
}

static int put_entry(struct tree *t, struct vh_manifest_entry *e)
{
	_auto_free_ char *path = NULL;

	t->line = e->line;
	path = resolve(t, e->path);
	if (!path)
		return -1;
	if (!is_plain(path))
		return vh_parse_bad(t->m, t->line, "'%s' is not a plain path", path);
	if (e->type == 'd')
		return enter(t, path) < 0 ? -1 : 0;
	if (e->type == 'u')
		return put_link(t, path, strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	if (e->type == 'l')
		return put_entry_link(t, path, e->text);
	e->text = vh_realloc_array(e->text, e->len + 1, 1);
	e->text[e->len] = '\n';
	return put_file(t, path, e->text, e->len + 1, false);
}

/* Last of all: takes away what a pci line has made. */
static int remove_entry(struct tree *t, const struct vh_manifest_entry *e)
{
	_auto_free_ char *path = NULL;
	const char *name;
	int dir;

	t->line = e->line;
	path = resolve(t, e->path);
	if (!path)
		return -1;
	if (!is_plain(path))
		return vh_parse_bad(t->m, t->line, "'%s' is not a plain path", path);
	dir = enter_above(t, path, &name);
	if (dir < 0)
		return -1;
	return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? bad_path(t, path) : 0;
}

static int put_all(struct tree *t)
{
	static const char *const always[] = { "sys/bus/pci/drivers", "sys/bus/pci/devices",
					      "sys/kernel/iommu_groups", "run", "dev", "proc",
					      "etc" };

	for (size_t i = 0; i < VH_COUNT(always); i++)
		if (enter(t, always[i]) < 0)
			return -1;
	if (put_file(t, "sys/bus/pci/drivers_probe", "", 0, true) < 0)
		return -1;
	for (size_t i = 0; i < t->m->n_entries; i++)
		if (t->m->entries[i].type != 'x' && put_entry(t, &t->m->entries[i]) < 0)
			return -1;
	for (size_t i = 0; i < t->m->n_pci; i++)
		if (put_pci(t, t->m->pci[i]) < 0)
			return -1;
	for (size_t i = 0; i < t->m->n_entries; i++)
		if (t->m->entries[i].type == 'x' && remove_entry(t, &t->m->entries[i]) < 0)
			return -1;
	return 0;
}

int vh_tree_write(const struct vh_manifest *m, const char *dir)
{
	struct tree t = { .m = m, .root = -1, .dir = -1 };
	int r;

	t.root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t.root < 0)
		return vh_fail(m->err, VH_E_SYS, errno, NULL, "cannot open '%s'", dir);
	r = put_all(&t);
	if (t.dir >= 0 && t.dir != t.root)
		close(t.dir);
	close(t.root);
	free(t.at);
	return r;
}
