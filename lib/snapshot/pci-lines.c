/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci-lines - the functions as pci lines, and what else has to be said of them because such a
 * line makes something that is not there.
 */
#include "lib/snapshot/pci-lines.h"

#include <errno.h>

#include "lib/manifest/parse.h"

#include "lib/base/banned.h"

#define BARS 6
#define LARGE_BAR (UINT64_C(1) << 30)

struct lines {
	const struct vh_host *host;
	const struct vh_sight *sight;
	const bool *unanswered;
	struct vh_strbuf *pci;
	struct vh_entries *more;
	bool live;
};

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
static void put_config(const struct lines *l, const struct vh_pci_dev *d)
{
	static const unsigned char nobody[4] = { 0xff, 0xff, 0xff, 0xff };
	const struct vh_seen *seen = vh_seen_of(l->sight, VH_ASKED_FILE, d, "config");
	int usual = d->class >> 8 == 0x0604 ? 1 : d->class >> 8 == 0x0607 ? 2 : 0;
	unsigned char c[4096] = { 0 };
	size_t n = seen && seen->len < sizeof(c) ? seen->len : sizeof(c);

	/* that it did not answer must not read as that it has none */
	if (!seen || seen->error || (n && n < 64))
		vh_strbuf_add(l->pci, " caps=?");
	if (!seen || seen->error || n < 64)
		return;
	memcpy(c, seen->data, n);
	if (!memcmp(c, nobody, sizeof(nobody))) {
		/* registers of a VF read so by specification */
		vh_strbuf_add(l->pci, d->is_vf ? "" : " dead=1");
		return;
	}
	if ((c[0x0e] & 0x7f) != usual)
		vh_strbuf_addf(l->pci, " header=%02x", c[0x0e] & 0x7f);
	put_caps(c, n, l->pci);
}

/* --- attributes -------------------------------------------------------------------------------- */

static void put_attr(const struct lines *l, const struct vh_pci_dev *d, char type, const char *name,
		     const char *text)
{
	_auto_free_ char *path = vh_printf("@%s/%s", vh_pci_str(&d->addr).s, name);

	vh_entry_put(l->more, type, path, text, text ? strlen(text) : 0);
}

/* The text of an attribute without its newline; NULL: it was not read. */
static char *text_of(const struct lines *l, const struct vh_pci_dev *d, const char *name)
{
	const struct vh_seen *seen = vh_seen_of(l->sight, VH_ASKED_FILE, d, name);
	size_t n = seen ? seen->len : 0;

	if (!seen || seen->error)
		return NULL;
	return vh_strndup(seen->data, n - (n && seen->data[n - 1] == '\n'));
}

static int64_t number_of(const struct lines *l, const struct vh_pci_dev *d, const char *name)
{
	_auto_free_ char *text = text_of(l, d, name);
	uint64_t v;

	return text && vh_parse_uint(text, 0, INT32_MAX, &v) == 0 ? (int64_t)v : -1;
}

/* See read_reset() of topology.c: what is missing means something on a machine that runs, and a
 * pci line would put a method there. */
static void put_reset(const struct lines *l, const struct vh_pci_dev *d)
{
	const struct vh_seen *asked = vh_seen_of(l->sight, VH_ASKED_FILE, d, "reset_method");
	const struct vh_seen *reset = vh_seen_of(l->sight, VH_ASKED_PATH, d, "reset");
	_auto_free_ char *methods = text_of(l, d, "reset_method");
	bool absent = asked && asked->error == ENOENT;

	if (methods && !methods[strspn(methods, "abcdefghijklmnopqrstuvwxyz_ ")]) {
		put_attr(l, d, 'f', "reset_method", methods);
	} else if (absent && reset && !reset->error) {
		put_attr(l, d, 'x', "reset_method", NULL);
		put_attr(l, d, 'f', "reset", "");
	} else if (absent && l->live && !vh_host_is_bridge(d)) {
		put_attr(l, d, 'f', "reset_method", "");
	} else if (!vh_host_is_bridge(d)) {
		put_attr(l, d, 'x', "reset_method", NULL);
	}
}

/* One for which a guest's firmware may have no room (rule big-bar). */
static bool has_large_bar(const char *resource)
{
	for (int bar = 0; bar < BARS && resource; bar++) {
		const char *next = strchr(resource, '\n');
		unsigned long long from, to;

		if (sscanf(resource, "%llx %llx", &from, &to) == 2 && to > from &&
		    to - from >= LARGE_BAR - 1)
			return true;
		resource = next ? next + 1 : NULL;
	}
	return false;
}

/* Where its memory lies matters of a display, and its ports of a serial line (uses/serial.c); the
 * sizes, where one is large or can be changed. */
static void put_resource(const struct lines *l, const struct vh_pci_dev *d)
{
	_auto_free_ char *text = text_of(l, d, "resource");
	uint32_t base = VH_PCI_BASE_CLASS(d->class);
	bool wanted = base == VH_PCI_BASE_CLASS_DISPLAY ||
		      base == VH_PCI_BASE_CLASS_COMMUNICATION || has_large_bar(text);

	for (int bar = 0; bar < BARS; bar++) {
		_auto_free_ char *name = vh_printf("resource%d_resize", bar);
		_auto_free_ char *sizes = text_of(l, d, name);

		wanted |= sizes != NULL;
	}
	if (text && wanted && strspn(text, "0123456789abcdefABCDEFx \n") == strlen(text))
		put_attr(l, d, 'f', "resource", text);
}

static void put_attrs(const struct lines *l, const struct vh_pci_dev *d)
{
	if (d->override_read != VH_YES)
		put_attr(l, d, 'x', "driver_override", NULL);
	if (d->boot_vga && d->class >> 8 != 0x0300)
		put_attr(l, d, 'f', "boot_vga", "1");
	put_reset(l, d);
	put_resource(l, d);
	if (d->on_vfio && d->group >= 0) {
		_auto_free_ char *node = vh_printf("dev/vfio/%d", d->group);
		const struct vh_seen *seen = vh_seen_find(l->sight, VH_ASKED_PATH, node);

		if (seen && seen->error)
			vh_entry_put(l->more, 'x', node, NULL, 0);
	}
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
static void put_driver(const struct lines *l, const struct vh_pci_dev *d)
{
	_auto_free_ char *target = NULL;

	if (!d->driver)
		return;
	if (vh_parse_is_name(d->driver) && looks_like_vfio(d->driver) == d->on_vfio) {
		vh_strbuf_addf(l->pci, " driver=%s", d->driver);
		return;
	}
	target = vh_printf("sys/bus/pci/drivers/%s", d->driver);
	put_attr(l, d, 'l', "driver", target);
}

static void put_numbers(const struct lines *l, const struct vh_pci_dev *d)
{
	int64_t revision = number_of(l, d, "revision"), total = number_of(l, d, "sriov_totalvfs");

	if (revision > 0 && revision <= 0xff)
		vh_strbuf_addf(l->pci, " rev=%02x", (unsigned int)revision);
	if (total > 0 && total <= 65535 && d->numvfs <= total)
		vh_strbuf_addf(l->pci, " totalvfs=%d numvfs=%u", (int)total, d->numvfs);
}

/* `parent`, `pf`: those that stand on a line already, or NULL. */
static void put_pci(const struct lines *l, const struct vh_pci_dev *d,
		    const struct vh_pci_dev *parent, const struct vh_pci_dev *pf)
{
	struct vh_strbuf *to = l->pci;

	vh_strbuf_addf(to, "pci %s class=%06x id=%04x:%04x", vh_pci_str(&d->addr).s,
		       d->class & 0xffffff, d->vendor, d->device);
	if (d->subvendor || d->subdevice)
		vh_strbuf_addf(to, " sub=%04x:%04x", d->subvendor, d->subdevice);
	if (d->group >= 0)
		vh_strbuf_addf(to, " group=%d", d->group);
	put_driver(l, d);
	if (parent)
		vh_strbuf_addf(to, " parent=%s", vh_pci_str(&parent->addr).s);
	if (d->override && vh_parse_is_name(d->override))
		vh_strbuf_addf(to, " override=%s", d->override);
	else if (d->override)
		put_attr(l, d, 'f', "driver_override", d->override);
	if (pf)
		vh_strbuf_addf(to, " physfn=%s", vh_pci_str(&pf->addr).s);
	if (d->boot_vga && d->class >> 8 == 0x0300)
		vh_strbuf_add(to, " vga=1");
	put_numbers(l, d);
	put_config(l, d);
	vh_strbuf_add(to, "\n");
	put_attrs(l, d);
}

static size_t index_of(const struct vh_host *h, const struct vh_pci_dev *d)
{
	size_t i = 0;

	while (i < h->n_devs && h->devs[i] != d)
		i++;
	return i;
}

enum progress { WAITS = 0, BEGUN, WRITTEN };

/* A bridge and a physical function stand above what names them. The depth is that of the tree. */
static void put_in_order(const struct lines *l, size_t i, enum progress *progress)
{
	const struct vh_pci_dev *d = l->host->devs[i], *above[2] = { parent_of(l->host, d), NULL };

	if (progress[i] != WAITS)
		return;
	progress[i] = BEGUN;
	if (d->is_vf)
		above[1] = vh_host_dev(l->host, &d->pf);
	for (size_t k = 0; k < VH_COUNT(above); k++) {
		size_t n = above[k] ? index_of(l->host, above[k]) : 0;

		if (!above[k])
			continue;
		put_in_order(l, n, progress);
		if (progress[n] != WRITTEN) /* a ring, which no kernel shows */
			above[k] = NULL;
	}
	put_pci(l, d, above[0], above[1]);
	if (l->unanswered[i])
		put_attr(l, d, 'f', VH_MANIFEST_UNANSWERED, "");
	progress[i] = WRITTEN;
}

void vh_pci_lines(const struct vh_host *h, const struct vh_sight *sight, const bool *unanswered,
		  bool live, struct vh_strbuf *pci, struct vh_entries *more)
{
	const struct lines l = { h, sight, unanswered, pci, more, live };
	_auto_free_ enum progress *progress = vh_alloc((h->n_devs + 1) * sizeof(*progress));

	for (size_t i = 0; i < h->n_devs; i++)
		put_in_order(&l, i, progress);
}
