/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * functions - the functions as pci lines, what their attributes say beyond them, and their
 * IOMMU groups. Attributes may wait for the lock of a device whose driver hangs, so they are
 * read in a child.
 */
#include "lib/host/host.h"
#include "lib/snapshot/copy.h"

#include <errno.h>

#include "lib/base/child.h"
#include "lib/host/uses/uses.h"
#include "lib/manifest/manifest.h"
#include "lib/manifest/parse.h"

#include "lib/base/banned.h"

#define TIMEOUT 15000 /* ms, for all devices */
#define GROUPS "sys/kernel/iommu_groups"
#define BARS 6

/* --- capabilities ----------------------------------------------------------------------------- */

/* Their numbers, as the key `caps` of a pci line has them: those of the first 256 bytes, then the
 * extended ones. Who may read the first 64 bytes only does not see them: "?". */
static void put_caps(const unsigned char *c, size_t n, struct vh_strbuf *to)
{
	_auto_strbuf_ struct vh_strbuf caps = { 0 };
	size_t at = c[0x34] & ~3u;

	if (!(c[0x06] & 0x10))
		return;
	if (n <= 64) {
		vh_strbuf_add(to, " caps=?");
		return;
	}
	for (int i = 0; i < 48 && at >= 0x40 && at + 2 <= n && c[at] != 0xff; i++) {
		_auto_free_ char *id = vh_printf("%02x", c[at]);

		vh_strbuf_join(&caps, ",", id);
		at = c[at + 1] & ~3u;
	}
	at = 0x100;
	for (int i = 0; i < 48 && at >= 0x100 && at + 4 <= n; i++) {
		unsigned int id = c[at] | (unsigned int)c[at + 1] << 8;
		_auto_free_ char *text = vh_printf("%04x", id);

		if (id == 0xffff || !id)
			break;
		vh_strbuf_join(&caps, ",", text);
		at = (c[at + 2] >> 4 | (size_t)c[at + 3] << 4) & ~(size_t)3;
	}
	if (caps.len)
		vh_strbuf_addf(to, " caps=%s", caps.data);
}

/* What its configuration space adds to the pci line. */
static void put_config(const struct vh_root *dir, const struct vh_pci_dev *d, struct vh_strbuf *to)
{
	static const unsigned char nobody[4] = { 0xff, 0xff, 0xff, 0xff };
	int usual = d->class >> 8 == 0x0604 ? 1 : d->class >> 8 == 0x0607 ? 2 : 0;
	unsigned char c[4096] = { 0 };
	ssize_t n = vh_root_read_bytes(dir, c, sizeof(c), "config");

	if (n < 64)
		return;
	if (!memcmp(c, nobody, sizeof(nobody))) {
		/* registers of a VF read so by specification */
		vh_strbuf_add(to, d->is_vf ? "" : " dead=1");
		return;
	}
	if ((c[0x0e] & 0x7f) != usual)
		vh_strbuf_addf(to, " header=%02x", c[0x0e] & 0x7f);
	put_caps(c, (size_t)n, to);
}

/* --- attributes -------------------------------------------------------------------------------- */

static void put_attr(const struct vh_pci_dev *d, struct vh_strbuf *to, char type, const char *name,
		     const char *text)
{
	_auto_free_ char *path = vh_printf("@%s/%s", vh_pci_str(&d->addr).s, name);

	vh_snap_put(to, type, path, text);
}

/* See read_reset() of pci-topology.c: what is missing means something on a machine that runs,
 * and a pci line would put a method there. */
static void put_reset(const struct vh_root *dir, const struct vh_pci_dev *d, struct vh_strbuf *to)
{
	_auto_free_ char *methods = vh_root_read(dir, "reset_method");
	bool absent = !methods && errno == ENOENT;

	if (methods) {
		put_attr(d, to, 'f', "reset_method", methods);
	} else if (absent && vh_root_exists(dir, "reset")) {
		put_attr(d, to, 'x', "reset_method", NULL);
		put_attr(d, to, 'f', "reset", "");
	} else if (absent && dir->live && !vh_pci_is_bridge(d)) {
		put_attr(d, to, 'f', "reset_method", "");
	} else if (!vh_pci_is_bridge(d)) {
		put_attr(d, to, 'x', "reset_method", NULL);
	}
}

static void put_bars(const struct vh_root *dir, const struct vh_pci_dev *d, struct vh_strbuf *to)
{
	_auto_free_ char *resource = NULL;
	bool wanted = d->class >> 16 == 0x03;

	for (int bar = 0; bar < BARS; bar++) {
		_auto_free_ char *name = vh_printf("resource%d_resize", bar);
		_auto_free_ char *sizes = vh_root_read(dir, "%s", name);

		if (!sizes)
			continue;
		put_attr(d, to, 'f', name, sizes);
		wanted = true;
	}
	if (wanted)
		resource = vh_root_read(dir, "resource");
	if (resource)
		put_attr(d, to, 'f', "resource", resource);
}

/* Links to devices that need this one, or that it needs; and its nodes of VFIO. */
static void put_links(const struct vh_root *dir, const struct vh_pci_dev *d, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names names = { 0 }, nodes = { 0 };

	if (vh_root_list(dir, &names, ".") < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.name[i];
		_auto_free_ char *target = vh_printf("sys/devices/virtual/devlink/%s", name);

		if (vh_has_prefix(name, "consumer:pci:") || vh_has_prefix(name, "supplier:pci:"))
			put_attr(d, to, 'l', name, target);
	}
	VH_IGNORE(vh_root_list_dirs(dir, &nodes, "vfio-dev")); /* none: not on VFIO */
	for (size_t i = 0; i < nodes.count; i++) {
		_auto_free_ char *node = vh_printf("vfio-dev/%s", nodes.name[i]);

		put_attr(d, to, 'd', node, NULL);
	}
}

static void put_attrs(const struct vh_root *dir, const struct vh_pci_dev *d, struct vh_strbuf *to)
{
	static const char *const names[] = { "numa_node",          "power_state",
					     "current_link_speed", "current_link_width",
					     "max_link_speed",     "max_link_width" };

	for (size_t i = 0; i < VH_COUNT(names); i++) {
		_auto_free_ char *text = vh_root_read(dir, "%s", names[i]);

		if (text && strcmp(text, "-1"))
			put_attr(d, to, 'f', names[i], text);
	}
	if (d->override_read != VH_YES)
		put_attr(d, to, 'x', "driver_override", NULL);
	if (d->boot_vga && d->class >> 8 != 0x0300)
		put_attr(d, to, 'f', "boot_vga", "1");
	put_reset(dir, d, to);
	put_bars(dir, d, to);
	put_links(dir, d, to);
}

/* What only the device can tell of its pci line, a NUL, its other lines. */
static void answer(void *ctx, size_t i, struct vh_strbuf *to)
{
	const struct vh_snap *s = ctx;
	struct vh_pci_dev *d = s->host->devs[i];
	_auto_root_ struct vh_root dir = { .fd = -1 };
	int64_t revision, total;

	if (vh_root_enter(s->root, &dir, "%s", d->path) < 0)
		return;
	revision = vh_root_read_int(&dir, "revision");
	total = vh_root_read_int(&dir, "sriov_totalvfs");
	if (revision > 0 && revision <= 0xff)
		vh_strbuf_addf(to, " rev=%02x", (unsigned int)revision);
	if (total > 0 && total <= 65535 && d->numvfs <= total)
		vh_strbuf_addf(to, " totalvfs=%d numvfs=%u", (int)total, d->numvfs);
	put_config(&dir, d, to);
	vh_strbuf_add_mem(to, "", 1);
	put_attrs(&dir, d, to);
	vh_snap_uses(s, d, to);
}

/* --- pci lines --------------------------------------------------------------------------------- */

static bool looks_like_vfio(const char *driver)
{
	return strstr(driver, "vfio-pci") || strstr(driver, "vfio_pci");
}

/* The bridge above, which may be one of another domain (VMD: pci10000:e0 in between). */
static const struct vh_pci_dev *parent_of(const struct vh_host *h, const struct vh_pci_dev *d)
{
	_auto_free_ char *path = vh_strdup(d->path);
	struct vh_pci_addr addr;

	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(path, '/');
		const char *name;

		if (slash)
			*slash = 0;
		slash = strrchr(path, '/');
		name = slash ? slash + 1 : path;
		if (vh_pci_parse(name, &addr) == 0)
			return vh_host_dev(h, &addr);
		if (!vh_has_prefix(name, "pci"))
			break;
	}
	return NULL;
}

/* A name that the key of a pci line does not take becomes a link of its own. */
static void put_driver(const struct vh_pci_dev *d, struct vh_strbuf *pci, struct vh_strbuf *lines)
{
	_auto_free_ char *target = NULL;

	if (!d->driver)
		return;
	if (vh_parse_is_name(d->driver) && looks_like_vfio(d->driver) == d->on_vfio) {
		vh_strbuf_addf(pci, " driver=%s", d->driver);
		return;
	}
	target = vh_printf("sys/bus/pci/drivers/%s", d->driver);
	put_attr(d, lines, 'l', "driver", target);
}

/* `parent`, `pf`: those that stand on a line already, or NULL. */
static void put_pci(struct vh_snap *s, const struct vh_pci_dev *d, const struct vh_pci_dev *parent,
		    const struct vh_pci_dev *pf, const char *said, struct vh_strbuf *to)
{
	vh_strbuf_addf(to, "pci %s class=%06x id=%04x:%04x", vh_pci_str(&d->addr).s,
		       d->class & 0xffffff, d->vendor, d->device);
	if (d->subvendor || d->subdevice)
		vh_strbuf_addf(to, " sub=%04x:%04x", d->subvendor, d->subdevice);
	if (d->group >= 0)
		vh_strbuf_addf(to, " group=%d", d->group);
	put_driver(d, to, &s->lines);
	if (parent)
		vh_strbuf_addf(to, " parent=%s", vh_pci_str(&parent->addr).s);
	if (d->override && vh_parse_is_name(d->override))
		vh_strbuf_addf(to, " override=%s", d->override);
	else if (d->override)
		put_attr(d, &s->lines, 'f', "driver_override", d->override);
	if (pf)
		vh_strbuf_addf(to, " physfn=%s", vh_pci_str(&pf->addr).s);
	if (d->boot_vga && d->class >> 8 == 0x0300)
		vh_strbuf_add(to, " vga=1");
	vh_strbuf_addf(to, "%s\n", said);
	if (d->on_vfio && d->group >= 0) {
		_auto_free_ char *node = vh_printf("dev/vfio/%d", d->group);

		if (!vh_root_exists(s->root, "%s", node))
			vh_snap_put(&s->lines, 'x', node, NULL);
	}
}

static size_t index_of(const struct vh_host *h, const struct vh_pci_dev *d)
{
	size_t i = 0;

	while (i < h->n_devs && h->devs[i] != d)
		i++;
	return i;
}

/* The lines that a device's child has found, or that it has found none. */
static void put_said(struct vh_snap *s, const struct vh_pci_dev *d, const struct vh_strbuf *said)
{
	size_t n = said->data ? strlen(said->data) + 1 : 0;

	if (said->len > n)
		vh_strbuf_add_mem(&s->lines, said->data + n, said->len - n);
	if (said->data)
		return;
	put_attr(d, &s->lines, 'f', VH_MANIFEST_UNANSWERED, "1");
	put_attr(d, &s->lines, 'x', "reset_method", NULL);
	put_attr(d, &s->lines, 'x', "driver_override", NULL);
}

enum progress { WAITS = 0, BEGUN, WRITTEN };

/* A bridge and a physical function stand above what names them. The depth is that of the tree. */
static void put_in_order(struct vh_snap *s, size_t i, const struct vh_strbuf *said,
			 enum progress *progress, struct vh_strbuf *to)
{
	const struct vh_pci_dev *d = s->host->devs[i], *above[2] = { parent_of(s->host, d), NULL };

	if (progress[i] != WAITS)
		return;
	progress[i] = BEGUN;
	if (d->is_vf)
		above[1] = vh_host_dev(s->host, &d->pf);
	for (size_t k = 0; k < VH_COUNT(above); k++) {
		size_t n = above[k] ? index_of(s->host, above[k]) : 0;

		if (!above[k])
			continue;
		put_in_order(s, n, said, progress, to);
		if (progress[n] != WRITTEN) /* a ring, which no kernel shows */
			above[k] = NULL;
	}
	put_pci(s, d, above[0], above[1], said[i].data ? said[i].data : "", to);
	put_said(s, d, &said[i]);
	progress[i] = WRITTEN;
}

/* --- groups ------------------------------------------------------------------------------------ */

static void put_group(struct vh_snap *s, const char *number)
{
	static const char usual[] = "0x00000000fee00000 0x00000000feefffff msi";
	_auto_free_ char *dir = vh_printf(GROUPS "/%s/devices", number);
	_auto_free_ char *regions = vh_printf(GROUPS "/%s/reserved_regions", number);
	_auto_free_ char *kind = vh_printf(GROUPS "/%s/name", number);
	_auto_free_ char *text = vh_root_read(s->root, "%s", regions);
	_auto_names_ struct vh_names members = { 0 };

	if (!text)
		vh_snap_put(&s->lines, 'x', regions, NULL);
	else if (strcmp(text, usual))
		vh_snap_put(&s->lines, 'f', regions, text);
	free(vh_snap_copy(s->root, &s->lines, kind));
	VH_IGNORE(vh_root_list(s->root, &members, "%s", dir)); /* it has just gone */
	for (size_t i = 0; i < members.count; i++) {
		_auto_free_ char *path = vh_printf("%s/%s", dir, members.name[i]);
		_auto_free_ char *target = vh_printf("sys/devices/platform/%s", members.name[i]);
		struct vh_pci_addr addr;

		if (vh_pci_parse(members.name[i], &addr) < 0 || !vh_host_dev(s->host, &addr))
			vh_snap_put(&s->lines, 'l', path, target);
	}
	vh_snap_put(&s->lines, 'd', dir, NULL);
}

void vh_snap_pci(struct vh_snap *s, struct vh_strbuf *pci)
{
	size_t count = s->host->n_devs;
	_auto_free_ struct vh_strbuf *said = vh_alloc((count + 1) * sizeof(*said));
	_auto_free_ enum progress *progress = vh_alloc((count + 1) * sizeof(*progress));
	_auto_names_ struct vh_names groups = { 0 };

	vh_child_ask(answer, s, count, s->root->fd, TIMEOUT, said);
	for (size_t i = 0; i < count; i++)
		put_in_order(s, i, said, progress, pci);
	for (size_t i = 0; i < count; i++)
		vh_strbuf_clear(&said[i]);
	VH_IGNORE(vh_root_list(s->root, &groups, GROUPS)); /* no IOMMU */
	for (size_t i = 0; i < groups.count; i++)
		put_group(s, groups.name[i]);
}
