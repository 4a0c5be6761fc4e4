/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detail - see detail.h. Answers cross the pipe as pairs of words, each ended by a NUL. */
#include "lib/host/detail.h"

#include <errno.h>
#include <fnmatch.h>

#include "lib/base/reader.h"
#include "lib/host/modules.h"

#include "lib/base/banned.h"

#define TIMEOUT 10000 /* ms */
#define BARS 6

/* --- in the child -------------------------------------------------------------------------- */

/* All that the child has to know, for one that stays: see reader.h. */
struct question {
	const struct vh_root *root;
	const struct vh_pci_dev *dev;
};

static void put(struct vh_strbuf *to, const char *key, const char *value)
{
	vh_strbuf_add_mem(to, key, strlen(key) + 1);
	vh_strbuf_add_mem(to, value, strlen(value) + 1);
}

/* The sizes that the bits of resourceN_resize stand for: bit 0 is 1 MiB, the next 2 MiB, ... */
static char *size_text(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t u = 0;

	for (; u + 1 < VH_COUNT(units) && bytes && bytes % 1024 == 0; u++)
		bytes /= 1024;
	return vh_printf("%llu %s", (unsigned long long)bytes, units[u]);
}

/* The size of a BAR from its line of `resource`: first address, last one, flags. */
static uint64_t bar_size(const char *resource, int bar)
{
	unsigned long long from, to;

	for (; bar && resource; bar--) {
		resource = strchr(resource, '\n');
		resource = resource ? resource + 1 : NULL;
	}
	if (!resource || sscanf(resource, "%llx %llx", &from, &to) != 2 || to <= from)
		return 0;
	return to - from + 1;
}

static void put_bars(const struct vh_root *dir, struct vh_strbuf *to)
{
	_auto_free_ char *resource = vh_root_read(dir, "resource");

	for (int bar = 0; bar < BARS; bar++) {
		_auto_free_ char *text = vh_root_read(dir, "resource%d_resize", bar);
		_auto_free_ char *now = NULL, *least = NULL, *most = NULL, *line = NULL;
		uint64_t bits, size;

		if (!text || vh_parse_uint(text, 16, UINT64_MAX, &bits) < 0 || !bits)
			continue;
		size = bar_size(resource, bar);
		now = size ? size_text(size) : vh_strdup("size unknown");
		least = size_text(UINT64_C(1) << (20 + __builtin_ctzll(bits)));
		most = size_text(UINT64_C(1) << (20 + 63 - __builtin_clzll(bits)));
		line = vh_printf("BAR %d: %s, can be %s to %s", bar, now, least, most);
		put(to, "bar", line);
	}
}

static void put_vfs(const struct vh_root *dir, struct vh_strbuf *to)
{
	for (int i = 0;; i++) {
		_auto_free_ char *name = vh_root_link_name(dir, "virtfn%d", i);

		if (!name)
			return;
		put(to, "vf", name);
	}
}

/* Question 0 is what never waits for long, question 1 what takes the lock of the device. */
static const char *const attributes[][11] = {
	{ "revision", "numa_node", "power_state", "current_link_speed", "current_link_width",
	  "max_link_speed", "max_link_width", "sriov_totalvfs", NULL },
	{ "driver_override", "reset_method", NULL },
};

/* On a running system a function that nothing can reset has neither attribute (topology.c). */
static bool cannot_reset(const struct question *q, const struct vh_root *dir)
{
	return dir->live && !vh_host_is_bridge(q->dev) && !vh_root_exists(dir, "reset_method") &&
	       errno == ENOENT && !vh_root_exists(dir, "reset");
}

static void answer(void *ctx, size_t i, struct vh_strbuf *to)
{
	const struct question *q = ctx;
	_auto_root_ struct vh_root dir = { .fd = -1 };

	put(to, "answered", "");
	if (vh_root_enter(q->root, &dir, "%s", q->dev->path) < 0)
		return;
	for (const char *const *name = attributes[i]; *name; name++) {
		_auto_free_ char *text = vh_root_read(&dir, "%s", *name);

		if (text)
			put(to, *name, text);
	}
	if (i == 0) {
		put_vfs(&dir, to);
		return;
	}
	if (cannot_reset(q, &dir))
		put(to, "reset_method", "");
	put_bars(&dir, to);
}

/* --- in the parent ------------------------------------------------------------------------- */

static int64_t number(const char *text)
{
	uint64_t v;

	return vh_parse_uint(text, 0, INT32_MAX, &v) == 0 ? (int64_t)v : -1;
}

/* What the kernel prints where there is nothing to tell. */
static char *known(const char *text)
{
	static const char *const nothing[] = { "", "Unknown", "unknown", "0", "(null)" };

	for (size_t i = 0; i < VH_COUNT(nothing); i++)
		if (!strcmp(text, nothing[i]))
			return NULL;
	return vh_strdup(text);
}

static void take(struct vh_detail *t, const char *key, const char *value)
{
	struct {
		const char *key;
		char **to;
	} texts[] = {
		{ "driver_override", &t->override },	   { "power_state", &t->power },
		{ "current_link_speed", &t->speed },	   { "current_link_width", &t->width },
		{ "max_link_speed", &t->max_speed },	   { "max_link_width", &t->max_width },
	};
	struct {
		const char *key;
		int64_t *to;
	} numbers[] = {
		{ "revision", &t->revision },
		{ "numa_node", &t->numa_node },
		{ "sriov_totalvfs", &t->totalvfs },
	};

	for (size_t i = 0; i < VH_COUNT(texts); i++)
		if (!strcmp(key, texts[i].key))
			*texts[i].to = known(value);
	for (size_t i = 0; i < VH_COUNT(numbers); i++)
		if (!strcmp(key, numbers[i].key))
			*numbers[i].to = number(value);
	if (!strcmp(key, "reset_method"))
		t->reset = vh_strdup(value);
	if (!strcmp(key, "bar"))
		*VH_APPEND(t->bars.name, t->bars.count) = vh_strdup(value);
	if (!strcmp(key, "vf"))
		*VH_APPEND(t->vfs.name, t->vfs.count) = vh_strdup(value);
}

static void hear(void *hearer, size_t i, const struct vh_strbuf *said)
{
	struct vh_detail *t = hearer;

	(void)i;
	t->answered = t->answered && said->data;
	for (size_t at = 0; said->data && at < said->len;) {
		const char *key = said->data + at, *value = key + strlen(key) + 1;

		if (value >= said->data + said->len)
			return;
		take(t, key, value);
		at = (size_t)(value - said->data) + strlen(value) + 1;
	}
}

/* --- kernel modules ------------------------------------------------------------------------ */

static void add_once(struct vh_names *to, const char *name, size_t len)
{
	_auto_free_ char *copy = vh_strndup(name, len);

	if (!vh_names_has(to, copy))
		*VH_APPEND(to->name, to->count) = VH_STEAL(copy);
}

/* Takes the module when its pattern matches: pci:v00008086d* for drivers of the host,
 * vfio_pci:v* for VFIO drivers; vfio-pci itself, which takes all, is not a variant. */
static void match(struct vh_detail *t, const char *pattern, const char *module, size_t len,
		  const char *modalias)
{
	bool vfio = vh_has_prefix(pattern, "vfio_pci:");

	if (vfio)
		pattern += strlen("vfio_");
	if (!vh_has_prefix(pattern, "pci:") || fnmatch(pattern, modalias, 0) != 0)
		return;
	if (!vfio)
		add_once(&t->modules, module, len);
	else if (!vh_is_word(module, len, "vfio_pci"))
		add_once(&t->variants, module, len);
}

/* alias pci:v00008086d000024F3sv*sd*bc*sc*i* iwlwifi */
static void match_aliases(struct vh_detail *t, char *text, const char *modalias)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *pattern = line + strlen("alias "), *module;

		if (!vh_has_prefix(line, "alias "))
			continue;
		module = strchr(pattern, ' ');
		if (!module)
			continue;
		*module++ = 0;
		match(t, pattern, module, strlen(module), modalias);
	}
}

/* modules.builtin.modinfo: nvme.alias=pci:v*d*sv*sd*bc01sc08i02*, each ended by a NUL */
static void match_builtin(struct vh_detail *t, const struct vh_root *root, const char *release,
			  const char *modalias)
{
	enum { MAX = 2 << 20 };
	_auto_free_ char *text = vh_alloc(MAX + 1);
	ssize_t len = vh_modules_read_bytes(root, text, MAX, release, "modules.builtin.modinfo");

	for (const char *s = text; s < text + len; s += strlen(s) + 1) {
		const char *alias = strstr(s, ".alias=");

		if (alias)
			match(t, alias + strlen(".alias="), s, (size_t)(alias - s), modalias);
	}
}

static void read_modules(struct vh_detail *t, const struct vh_root *root, const struct vh_host *h,
			 const struct vh_pci_dev *d)
{
	_auto_free_ char *modalias =
		vh_printf("pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", d->vendor, d->device,
			  d->subvendor, d->subdevice, d->class >> 16 & 0xff, d->class >> 8 & 0xff,
			  d->class & 0xff);
	_auto_free_ char *text = NULL;

	if (!h->release)
		return;
	text = vh_modules_read(root, h->release, "modules.alias");
	if (!text)
		return;
	t->modules_read = true;
	match_aliases(t, text, modalias);
	match_builtin(t, root, h->release, modalias);
}

static void read_regions(struct vh_detail *t, const struct vh_root *root, int group)
{
	_auto_free_ char *text = NULL;
	char *rest, *line;

	if (group < 0)
		return;
	text = vh_root_read(root, "sys/kernel/iommu_groups/%d/reserved_regions", group);
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			*VH_APPEND(t->regions.name, t->regions.count) = vh_strdup(line);
}

struct vh_detail *vh_detail_read(const struct vh_root *root, const struct vh_host *h,
				 const struct vh_pci_dev *d)
{
	struct vh_detail *t = vh_alloc(sizeof(*t));
	struct question q = { root, d };
	struct vh_question all = {
		.answer = answer,
		.ctx = &q,
		.flat = sizeof(q),
		.count = VH_COUNT(attributes),
		.heard = hear,
		.hearer = t,
	};

	t->revision = t->numa_node = t->totalvfs = -1;
	t->answered = true;
	vh_reader_put(root->reader, &all, root->fd, TIMEOUT);
	read_modules(t, root, h, d);
	read_regions(t, root, d->group);
	return t;
}

void vh_detail_free(struct vh_detail *t)
{
	if (!t)
		return;
	free(t->override);
	free(t->reset);
	free(t->power);
	free(t->speed);
	free(t->width);
	free(t->max_speed);
	free(t->max_width);
	vh_names_clear(&t->vfs);
	vh_names_clear(&t->bars);
	vh_names_clear(&t->regions);
	vh_names_clear(&t->modules);
	vh_names_clear(&t->variants);
	free(t);
}
