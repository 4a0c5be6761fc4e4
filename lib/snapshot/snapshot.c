/* SPDX-License-Identifier: GPL-2.0-or-later */
/* snapshot - see snapshot.h: runs the readers, and writes what is kept of what they saw. */
#include "lib/snapshot/snapshot.h"

#include <errno.h>

#include "lib/base/reader.h"
#include "lib/base/printable.h"
#include "lib/host/detail.h"
#include "lib/host/read.h"
#include "lib/host/uses/use.h"
#include "lib/host/uses/routes.h"
#include "lib/host/uses/uses.h"
#include "lib/manifest/manifest.h"
#include "lib/manifest/parse.h"
#include "lib/snapshot/pci-lines.h"

#include "lib/base/banned.h"

#define SHOWN_MAX 20  /* unreadable paths that the head names */
#define TIMEOUT 15000 /* ms, for the configuration space of all devices */
#define CONFIG_SIZE 4096

/* --- reading ------------------------------------------------------------------------------------ */

struct reading {
	const struct vh_root *root; /* the watched one */
	const struct vh_host *host;
};

/* libpci reads it whole, and not by way of a root. */
static void read_config(void *ctx, size_t i, struct vh_strbuf *to)
{
	const struct reading *r = ctx;
	char bytes[CONFIG_SIZE];

	if (r->host->devs[i]->uses_read != VH_NO)
		VH_IGNORE(vh_root_read_bytes(r->root, bytes, sizeof(bytes), "%s/config",
					     r->host->devs[i]->path) < 0);
	vh_strbuf_add(to, "read");
}

/* One that does not answer is not asked again, and none of it is known. An array of the caller's:
 * which ones that are. */
static bool *read_devices(const struct vh_root *root, const struct vh_host *h)
{
	_auto_free_ struct vh_strbuf *read = vh_alloc((h->n_devs + 1) * sizeof(*read));
	bool *unanswered = vh_alloc(h->n_devs + 1);
	struct reading r = { root, h };
	struct vh_reader reader = { 0 }; /* one for all that answer */
	struct vh_root asked = *root;

	asked.reader = &reader;
	vh_reader_ask(read_config, &r, h->n_devs, root->fd, TIMEOUT, read);
	for (size_t i = 0; i < h->n_devs; i++) {
		const struct vh_pci_dev *d = h->devs[i];
		_auto_(vh_detail) struct vh_detail *detail = NULL;

		if (d->uses_read != VH_NO && read[i].data)
			detail = vh_detail_read(&asked, h, d);
		unanswered[i] = !detail || !detail->answered;
		vh_strbuf_clear(&read[i]);
	}
	vh_reader_end(&reader);
	return unanswered;
}

/* --- what is kept of it -------------------------------------------------------------------------- */

struct snapshot {
	const struct vh_snapshot_options *options;
	struct vh_keeping keeping;
	struct vh_entries entries;
	struct vh_names unknown;    /* paths that nobody thought of */
	const struct vh_kept *once; /* of which one failure was told */
	const bool *unanswered;
	bool live;
};

/* A pci line makes its own links: from the bus, from its group, and those in its directory. */
static bool is_of_pci_line(const char *at)
{
	const char *slash = strchr(at, '/');

	return vh_has_prefix(at, "sys/bus/pci/") || vh_has_prefix(at, "sys/kernel/iommu_groups/") ||
	       (*at == '@' && slash && !strchr(slash + 1, '/'));
}

static void put_link(struct snapshot *s, const char *path, const char *target)
{
	_auto_free_ char *from = vh_scrub_place(&s->keeping.scrub, path);
	_auto_free_ char *to = vh_scrub_place(&s->keeping.scrub, target);

	if (!is_of_pci_line(path))
		vh_entry_put(&s->entries, 'l', from, to, 0);
}

static void put_as(struct snapshot *s, const struct vh_seen *seen, char type, const char *path,
		   const char *text, size_t len)
{
	_auto_free_ char *place = vh_scrub_place(&s->keeping.scrub, path);
	_auto_free_ char *target = type == 'l' && text ? vh_scrub_place(&s->keeping.scrub, text)
						       : NULL;

	vh_entry_put(&s->entries, type, place, target ? target : text,
		     target ? strlen(target) : len);
	/* the links over which a reader came to it */
	for (size_t i = 0; i + 1 < seen->links.count; i += 2)
		put_link(s, seen->links.name[i], seen->links.name[i + 1]);
}

static void put(struct snapshot *s, const struct vh_seen *seen, char type, const char *text)
{
	put_as(s, seen, type, seen->path, text, text ? strlen(text) : 0);
}

/* A program or a link to it may lie in somebody's folder; its own name is asked for. */
static char *scrub_place(struct snapshot *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	_auto_free_ char *dir = vh_printf("/%.*s", slash ? (int)(slash - path) : 0, path);
	_auto_free_ char *shown = vh_scrub_path(&s->keeping.scrub, dir);

	return slash ? vh_printf("%s%s", shown + 1, slash) : vh_strdup(path);
}

/* The name of a file that nobody could read may be private, too. */
static void put_unread(struct snapshot *s, const struct vh_seen *seen, const struct vh_kept *rule)
{
	const char *slash = strrchr(seen->path, '/');
	_auto_free_ char *riddle = vh_printf("%.*s/file%u.xml",
					     slash ? (int)(slash - seen->path) : 0, seen->path,
					     s->keeping.riddles);

	if (!(rule->flags & VH_KEPT_HIDDEN)) {
		_auto_free_ char *place = scrub_place(s, seen->path);

		put_as(s, seen, 'u', place, NULL, 0);
		return;
	}
	s->keeping.riddles++;
	put_as(s, seen, 'u', riddle, NULL, 0);
}

/* --- what could not be read --- */

/* On a running system that something is absent says more than in a copy. */
static void keep_absence(struct snapshot *s, const struct vh_seen *seen, const struct vh_kept *rule)
{
	_auto_free_ char *list = NULL;

	if (!s->live || seen->error != ENOENT)
		return;
	if (rule->flags & VH_KEPT_GONE)
		put(s, seen, 'd', NULL);
	if (strcmp(seen->path, "lib/modules") != 0 || !s->keeping.host->release)
		return;
	/* no module can be loaded, as no folder is there at all: the readers see that by a list
	 * that is there and cannot be read */
	list = vh_printf("lib/modules/%s/modules.alias", s->keeping.host->release);
	put_as(s, seen, 'd', list, NULL, 0);
}

static void keep_failure(struct snapshot *s, const struct vh_seen *seen, const struct vh_kept *rule)
{
	if (rule->flags & VH_KEPT_X && seen->asked == VH_ASKED_FILE)
		put(s, seen, 'x', NULL);
	else if (vh_seen_is_absent(seen))
		keep_absence(s, seen, rule);
	else if (rule->flags & VH_KEPT_LOST ||
		 (seen->asked == VH_ASKED_LINK && seen->error == EINVAL &&
		  !vh_has_prefix(seen->path, "proc/")))
		return; /* what is not a link is not a failure */
	else if (seen->asked == VH_ASKED_LINK && vh_has_prefix(seen->path, "proc/"))
		put(s, seen, 'f', "?"); /* to look_at() of process.c it could not be read */
	else if (rule->flags & VH_KEPT_ONCE && s->once == rule)
		return;
	else
		put_unread(s, seen, rule);
	if (rule->flags & VH_KEPT_ONCE && !vh_seen_is_absent(seen))
		s->once = rule;
}

/* Who holds a disk (look_exclusively() of block.c). */
static void keep_exclusive(struct snapshot *s, const struct vh_seen *seen)
{
	switch (seen->error) {
	case EBUSY:
		put(s, seen, 'f', "held");
		break;
	case 0:
	case ENOMEDIUM:
	case ENXIO:
		put(s, seen, 'f', "free");
		break;
	case ENODATA:    /* a copy, which does not say */
	case EOPNOTSUPP: /* it was not tried */
		break;
	default:
		put(s, seen, 'u', NULL);
	}
}

/* --- what could --- */

static void keep_file(struct snapshot *s, const struct vh_seen *seen, const struct vh_kept *rule)
{
	struct vh_taken t = { .type = 'f', .path = scrub_place(s, seen->path) };

	if (vh_kept_take(rule, &s->keeping, seen->data, seen->len, &t)) {
		if (t.type == 'u')
			put_unread(s, seen, rule);
		else
			put_as(s, seen, t.type, t.path, t.text, t.len);
	}
	free(t.path);
	free(t.text);
}

/* A part of a function, mapped or to be read (scan.c). */
static bool is_own_file(const char *target)
{
	const char *name = strrchr(target, '/');

	return (vh_has_prefix(target, "/sys/devices/pci") ||
		vh_has_prefix(target, "/proc/bus/pci/")) &&
	       (vh_has_prefix(name, "/resource") || !strcmp(name, "/config") ||
		vh_has_prefix(target, "/proc/"));
}

/* Nodes of the functions, of VFIO and vDPA; of all else that processes have open nothing. */
static bool is_node(const struct vh_host *h, const char *target)
{
	static const char *const begins[] = { "/dev/dri/",     "/dev/fb",         "/dev/snd/pcm",
					      "/dev/snd/midi", "/dev/nvidia",     "/dev/vfio/",
					      "/dev/iommu",    "/dev/vhost-vdpa-" };

	for (size_t i = 0; i < VH_COUNT(begins); i++)
		if (vh_has_prefix(target, begins[i]))
			return true;
	for (size_t i = 0; i < h->n_devs; i++)
		for (size_t k = 0; k < h->devs[i]->n_devnodes; k++)
			if (!strcmp(h->devs[i]->devnodes[k].path, target))
				return true;
	return vh_has_prefix(target, "/dev/char/") || vh_has_prefix(target, "/dev/block/") ||
	       is_own_file(target);
}

static void keep_link(struct snapshot *s, const struct vh_seen *seen, const struct vh_kept *rule)
{
	size_t up = strspn(seen->target, "./"); /* the way up to the root */
	_auto_free_ char *place = NULL;
	bool wanted = true;

	if (!(rule->flags & VH_KEPT_LINK))
		return;
	if (vh_has_prefix(seen->path, "proc/") && !vh_has_prefix(seen->target, "mnt:["))
		wanted = is_node(s->keeping.host, seen->target);
	else if (vh_has_prefix(seen->path, "sys/class/")) /* names of PCI functions */
		wanted = *seen->target == '@';
	else if (vh_has_prefix(seen->path, "sys/") || *seen->path == '@')
		wanted = *seen->target == '@' || vh_has_prefix(seen->target, "sys/");
	if (vh_has_prefix(seen->path, "etc/") || vh_has_prefix(seen->path, "usr/")) {
		_auto_free_ char *shown = scrub_place(s, seen->target + up);

		place = vh_printf("%.*s%s", (int)up, seen->target, shown);
	}
	if (wanted)
		put(s, seen, 'l', place ? place : seen->target);
}

static void keep_name(struct snapshot *s, const struct vh_seen *seen, const struct vh_kept *rule,
		      const char *name)
{
	const struct vh_host *h = s->keeping.host;
	_auto_free_ char *path = vh_printf("%s/%s", seen->path, name);
	_auto_free_ char *link = vh_printf("sys/devices/virtual/devlink/%s", name);
	const char *link_of = strstr(name, ":pci:"); /* consumer:pci:ADDR */
	struct vh_pci_addr addr;

	if (vh_pci_parse(name, &addr) == 0 && vh_host_dev(h, &addr))
		return; /* its pci line makes it */
	if (!strcmp(seen->path, "sys/kernel/iommu_groups") && h->n_groups)
		return;
	if (link_of && vh_pci_parse(link_of + strlen(":pci:"), &addr) < 0)
		return;
	if (link_of)
		put_as(s, seen, 'l', path, link, 0);
	else
		put_as(s, seen, rule->flags & VH_KEPT_FILES ? 'f' : 'd', path, "", 0);
}

static void keep_list(struct snapshot *s, const struct vh_seen *seen, const struct vh_kept *rule)
{
	if (rule->flags & VH_KEPT_DIR)
		put(s, seen, 'd', NULL);
	for (size_t at = 0; at < seen->len; at += strlen(seen->data + at) + 1)
		if (vh_kept_has_name(rule, seen->data + at))
			keep_name(s, seen, rule, seen->data + at);
	/* that there are modules of some kernel, whichever: where none are, they are hidden */
	if (seen->len && !strcmp(seen->path, "lib/modules"))
		put_as(s, seen, 'd', "lib/modules/some", NULL, 0);
}

static void keep(struct snapshot *s, const struct vh_seen *seen)
{
	const struct vh_kept *rule = vh_kept_find(seen->asked, seen->path);

	/* that it is not there needs no line, but a test still wants to know */
	if (!rule && (s->options->strict || !vh_seen_is_absent(seen)))
		*VH_APPEND(s->unknown.name, s->unknown.count) = vh_strdup(seen->path);
	if (!rule)
		return;
	if (seen->asked == VH_ASKED_EXCLUSIVE)
		keep_exclusive(s, seen);
	else if (seen->error)
		keep_failure(s, seen, rule);
	else if (seen->asked == VH_ASKED_FILE)
		keep_file(s, seen, rule);
	else if (seen->asked == VH_ASKED_LINK)
		keep_link(s, seen, rule);
	else if (seen->asked != VH_ASKED_PATH)
		keep_list(s, seen, rule);
	else if (rule->flags & VH_KEPT_THERE)
		put(s, seen, seen->is_dir ? 'd' : 'f', "");
}

/* A path that nobody thought of: who reads the snapshot does not find it, and is told so. */
static void put_unknown(struct snapshot *s, const struct vh_sight *sight)
{
	const struct vh_seen *before = vh_seen_find(sight, VH_ASKED_FILE, "not-checked");
	_auto_strbuf_ struct vh_strbuf text = { 0 };

	if (!s->unknown.count)
		return;
	if (before && before->len)
		vh_strbuf_add_mem(&text, before->data, before->len);
	for (size_t i = 0; i < s->unknown.count; i++) {
		_auto_free_ char *path = vh_printf("/%s", s->unknown.name[i]);
		_auto_free_ char *shown = vh_scrub_path(&s->keeping.scrub, path);

		vh_strbuf_addf(&text, "%s%s is not kept in snapshots", text.len ? "\n" : "", shown);
		vh_entry_put(&s->entries, 'u', shown + 1, NULL, 0);
	}
	vh_entry_put(&s->entries, 'f', "not-checked", text.data, text.len);
}

/* --- writing -------------------------------------------------------------------------------------- */

static void put_unread_head(const struct vh_entries *e, struct vh_strbuf *to)
{
	size_t unread = 0;

	for (size_t i = 0; i < e->count; i++)
		unread += e->list[i].type == 'u';
	if (!unread) {
		vh_strbuf_add(to, "# Everything that vfio-hook reads could be read.\n");
		return;
	}
	vh_strbuf_addf(to, "# Could not be read, %zu (for root there may be less):\n", unread);
	unread = 0;
	for (size_t i = 0; i < e->count; i++) {
		if (e->list[i].type != 'u')
			continue;
		if (unread++ == SHOWN_MAX) {
			vh_strbuf_add(to, "#   and the others with a line that begins with 'u'\n");
			return;
		}
		vh_strbuf_addf(to, "#   %s\n", e->list[i].path);
	}
}

static void put_head(const struct vh_keeping *k, const char *date, struct vh_strbuf *to)
{
	_auto_free_ char *release = vh_printable(k->host->release ? k->host->release : "?", 80);

	vh_strbuf_addf(to,
		       "# snapshot.host - " VH_SNAPSHOT_MARK "%d: %zu PCI functions, Linux %s\n"
		       "# Taken %s by vfio-hook " PACKAGE_VERSION
		       ". Complete with '" VH_SNAPSHOT_END "' as its last line.\n",
		       VH_SNAPSHOT_VERSION, k->host->n_devs, release, date);
	vh_strbuf_add(
		to,
		"# Not in it: serial numbers, MAC addresses, the host's name, labels and UUIDs of\n"
		"# file systems, refusals, definitions of domains. Interfaces that are named by their\n"
		"# MAC address are numbered.\n");
	vh_strbuf_add(to, k->scrub.off ? "# Nothing is replaced: IP addresses, iSCSI targets, "
					 "names in /home and the\n"
					 "# kernel command line are as they are.\n"
				       : "# Replaced: IP addresses but for their first number, "
					 "iSCSI targets, names below\n"
					 "# /home, /root, /media and /run; values of other kernel "
					 "options are left out.\n");
	vh_strbuf_add(to, "# As they are: mount points, volumes, interfaces, USB products, "
			  "processes, and the\n"
			  "# names and UUIDs of domains. Read it before you publish it.\n");
}

/* 0, or -1: a test wants to know of paths that the allow-list does not have. */
static int write_all(struct snapshot *s, const struct vh_sight *sight, struct vh_strbuf *to,
		     struct vh_error *err)
{
	_auto_strbuf_ struct vh_strbuf pci = { 0 }, all = { 0 };
	_auto_free_ char *numbered = NULL;

	vh_pci_lines(s->keeping.host, sight, s->unanswered, s->live, &pci, &s->entries);
	for (size_t i = 0; i < sight->count; i++)
		keep(s, &sight->list[i]);
	if (s->options->strict && s->unknown.count)
		return vh_fail(err, VH_E_INPUT, 0, "say in lib/snapshot/kept.c what is kept of it",
			       "'%s' is read, and not in the allow-list of snapshots",
			       s->unknown.name[0]);
	put_unknown(s, sight);
	if (s->live && s->keeping.host->ordinary)
		vh_entry_put(&s->entries, 'f', VH_MANIFEST_ORDINARY, "", 0);
	vh_entry_sort(&s->entries);
	put_head(&s->keeping, s->options->date, &all);
	put_unread_head(&s->entries, &all);
	vh_strbuf_addf(&all, "\n%s\n", pci.data ? pci.data : "");
	vh_entry_write(&s->entries, &all);
	vh_strbuf_add(&all, VH_SNAPSHOT_END "\n");
	/* by their names tables, links and networks know them: all of them, and the same in each */
	numbered = vh_scrub_interfaces(&s->keeping.scrub, all.data);
	vh_strbuf_add(to, numbered);
	return 0;
}

/* The readers have run: what they have seen becomes text. */
static int write_seen(const struct vh_recorder *r, const struct vh_root *root,
		      const struct vh_snapshot_options *options, const struct vh_host *h,
		      const struct vh_usage *usage, const bool *unanswered, struct vh_strbuf *ret,
		      struct vh_error *err)
{
	_auto_sight_ struct vh_sight sight = { 0 };
	struct snapshot s = {
		.options = options,
		.keeping = { .scrub = { .off = options->identifiers, .key = options->key },
			     .host = h,
			     .usage = usage },
		.unanswered = unanswered,
		.live = root->live,
	};
	int rc;

	vh_seen_read(r, root, h, &sight);
	rc = write_all(&s, &sight, ret, err);
	vh_kept_clear(&s.keeping);
	vh_entry_clear(&s.entries);
	vh_names_clear(&s.unknown);
	return rc;
}

int vh_snapshot_take(const struct vh_root *root, const struct vh_snapshot_options *options,
		     struct vh_strbuf *ret, struct vh_error *err)
{
	struct vh_root watched = { .fd = -1 };
	_auto_(vh_recorder) struct vh_recorder *r = vh_recorder_new(root, &watched);
	_auto_(vh_host) const struct vh_host *host = NULL;
	_auto_(vh_usage) struct vh_usage *usage = NULL;
	_auto_free_ bool *unanswered = NULL;

	if (!r)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot note what is read");
	host = vh_host_read(&watched, NULL, 0,
			    VH_HOST_ALL | VH_HOST_OVERRIDES | VH_HOST_USES | VH_HOST_RULES,
			    INT64_MAX);
	if (host->failed)
		return vh_fail(err, VH_E_SYS, host->failed, "run it as root",
			       "cannot read the devices in '/sys/bus/pci'");
	usage = vh_uses_read_usage(&watched);
	(void)vh_routes_of(&watched, usage); /* for the texts that are made of it */
	unanswered = read_devices(&watched, host);
	if (options->ask)
		options->ask(options->ctx, &watched, host);
	if (vh_recorder_is_cut(r))
		return vh_fail(err, VH_E_SYS, EFBIG, NULL, "cannot note all that is read");
	return write_seen(r, root, options, host, usage, unanswered, ret, err);
}
