/* SPDX-License-Identifier: GPL-2.0-or-later */
/* snapshot - see snapshot.h: how lines are written, the head, and the order of everything. */
#include "lib/snapshot/snapshot.h"

#include <ctype.h>
#include <errno.h>

#include "lib/base/printable.h"
#include "lib/host/read.h"
#include "lib/manifest/manifest.h"
#include "lib/manifest/parse.h"
#include "lib/snapshot/copy.h"
#include "lib/host/uses/uses.h"

#include "lib/base/banned.h"

#define SHOWN_MAX 20 /* unreadable paths that the head names */

/* --- lines ------------------------------------------------------------------------------------ */

static bool is_path(const char *path)
{
	if (strlen(path) > VH_MANIFEST_PATH)
		return false;
	for (; *path; path++)
		if (iscntrl((unsigned char)*path))
			return false;
	return true;
}

static void put_escaped(struct vh_strbuf *to, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = text[i];

		if (c == '\n')
			vh_strbuf_add(to, "\\n");
		else if (c == '\t')
			vh_strbuf_add(to, "\\t");
		else if (c == '\\')
			vh_strbuf_add(to, "\\\\");
		else if (iscntrl(c))
			vh_strbuf_addf(to, "\\x%02x", c);
		else
			vh_strbuf_add_mem(to, &text[i], 1);
	}
}

void vh_snap_put_mem(struct vh_strbuf *to, char type, const char *path, const char *text, size_t len)
{
	if (!is_path(path) || (type == 'l' && !(text && is_path(text))))
		return;
	vh_strbuf_addf(to, "%c %s", type, path);
	if (text)
		vh_strbuf_add(to, "\t");
	if (text && type == 'l')
		vh_strbuf_add(to, text);
	else if (text)
		put_escaped(to, text, len);
	vh_strbuf_add(to, "\n");
}

void vh_snap_put(struct vh_strbuf *to, char type, const char *path, const char *text)
{
	vh_snap_put_mem(to, type, path, text, text ? strlen(text) : 0);
}

/* What went away meanwhile, or is no file, was not there. */
static bool is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ENODEV || error == ESRCH;
}

char *vh_snap_read(const struct vh_root *root, struct vh_strbuf *to, const char *path)
{
	char *text = vh_root_read(root, "%s", path);

	if (!text && !is_absent(errno))
		vh_snap_put(to, 'u', path, NULL);
	return text;
}

char *vh_snap_copy(const struct vh_root *root, struct vh_strbuf *to, const char *path)
{
	char *text = vh_snap_read(root, to, path);

	if (text)
		vh_snap_put(to, 'f', path, text);
	return text;
}

bool vh_snap_list(const struct vh_root *root, struct vh_strbuf *to, const char *path,
		  struct vh_names *ret)
{
	if (vh_root_list(root, ret, "%s", path) == 0) {
		vh_snap_put(to, 'd', path, NULL);
		return true;
	}
	if (!is_absent(errno))
		vh_snap_put(to, 'u', path, NULL);
	return false;
}

char *vh_snap_lines_of(const char *text, const char *const *words)
{
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		for (const char *const *w = words; *w; w++) {
			if (!vh_has_prefix(line, *w))
				continue;
			vh_strbuf_join(&to, "\n", line);
			break;
		}
	}
	return vh_strbuf_steal(&to);
}

char *vh_snap_path(const struct vh_host *h, const char *path)
{
	const char *best = NULL;
	struct vh_pci_addr addr;

	if (!vh_has_prefix(path, "sys/devices/"))
		return vh_strdup(path);
	for (const char *s = path; *s;) {
		size_t n = strcspn(s, "/");
		_auto_free_ char *part = vh_strndup(s, n);

		if (vh_pci_parse(part, &addr) == 0 && vh_host_dev(h, &addr))
			best = s;
		s += n + (s[n] == '/');
	}
	return best ? vh_printf("@%s", best) : vh_strdup(path);
}

char *vh_snap_class_path(const struct vh_root *root, const struct vh_host *h, const char *link)
{
	_auto_free_ char *target = vh_root_readlink(root, "%s", link), *path = NULL;
	const char *s = target;

	if (!target)
		return NULL;
	while (vh_has_prefix(s, "../"))
		s += 3;
	/* the links of subsystems are relative to a place in sys/devices, those of classes are not */
	path = vh_printf("sys/%s%s", vh_has_prefix(s, "pci") ? "devices/" : "", s);
	return vh_snap_path(h, path);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* By path; of lines for one path the one that came first. */
static int by_path(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	size_t n = strcspn(x + 2, "\t"), m = strcspn(y + 2, "\t");
	int c = strncmp(x + 2, y + 2, n < m ? n : m);

	if (c || n != m)
		return c ? c : n < m ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool same_path(const char *x, const char *y)
{
	size_t n = strcspn(x + 2, "\t");

	return n == strcspn(y + 2, "\t") && !strncmp(x + 2, y + 2, n);
}

/* Cuts the lines up and puts them in order; *ret_count of them. Caller frees the array. */
static char **sorted(char *text, size_t *ret_count)
{
	size_t count = 0, kept = 0, n = 0;
	char **lines, *line;

	for (const char *s = text; s && *s; s++)
		count += *s == '\n';
	lines = vh_alloc((count + 1) * sizeof(*lines));
	while (n < count && (line = strsep(&text, "\n")))
		lines[n++] = line;
	if (n)
		qsort(lines, n, sizeof(*lines), by_path);
	for (size_t i = 0; i < n; i++)
		if (!kept || !same_path(lines[kept - 1], lines[i]))
			lines[kept++] = lines[i];
	*ret_count = kept;
	return lines;
}

static void put_unread(char *const *lines, size_t count, struct vh_strbuf *to)
{
	size_t unread = 0;

	for (size_t i = 0; i < count; i++)
		unread += *lines[i] == 'u';
	if (!unread) {
		vh_strbuf_add(to, "# Everything that vfio-hook reads could be read.\n");
		return;
	}
	vh_strbuf_addf(to, "# Could not be read, %zu (for root there may be less):\n", unread);
	unread = 0;
	for (size_t i = 0; i < count; i++) {
		if (*lines[i] != 'u')
			continue;
		if (unread++ == SHOWN_MAX) {
			vh_strbuf_add(to, "#   and the others with a line that begins with 'u'\n");
			return;
		}
		vh_strbuf_addf(to, "#   %s\n", lines[i] + 2);
	}
}

static void put_head(const struct vh_snap *s, const char *date, struct vh_strbuf *to)
{
	_auto_free_ char *release = vh_printable(s->host->release ? s->host->release : "?", 80);

	vh_strbuf_addf(to,
		       "# snapshot.host - " VH_SNAPSHOT_MARK "%d: %zu PCI functions, Linux %s\n"
		       "# Taken %s by vfio-hook " PACKAGE_VERSION
		       ". Complete with '" VH_SNAPSHOT_END "' as its last line.\n",
		       VH_SNAPSHOT_VERSION, s->host->n_devs, release, date);
	vh_strbuf_add(
		to,
		"# Not in it: serial numbers, MAC addresses, the host's name, labels and UUIDs of\n"
		"# file systems, refusals, definitions of domains.\n");
	vh_strbuf_add(to, s->scrub.off ? "# Nothing is replaced: IP addresses, iSCSI targets, "
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

static void put_all(struct vh_snap *s, const char *date, struct vh_strbuf *to)
{
	_auto_strbuf_ struct vh_strbuf pci = { 0 };
	_auto_free_ char **lines = NULL;
	size_t count;

	vh_snap_pci(s, &pci);
	vh_snap_tables(s);
	vh_snap_storage(s);
	vh_snap_libvirt(s);
	vh_snap_processes(s);
	lines = sorted(s->lines.data, &count);
	put_head(s, date, to);
	put_unread(lines, count, to);
	vh_strbuf_addf(to, "\n%s\n", pci.data ? pci.data : "");
	for (size_t i = 0; i < count; i++)
		vh_strbuf_addf(to, "%s\n", lines[i]);
	vh_strbuf_add(to, VH_SNAPSHOT_END "\n");
}

int vh_snapshot_take(const struct vh_root *root, const struct vh_snapshot_options *options,
		     struct vh_strbuf *ret, struct vh_error *err)
{
	_auto_(vh_host) const struct vh_host *host = vh_host_read(
		root, NULL, 0, VH_HOST_ALL | VH_HOST_OVERRIDES, INT64_MAX);
	_auto_(vh_usage) struct vh_usage *usage = vh_usage_read(root);
	struct vh_snap s = {
		.root = root,
		.host = host,
		.usage = usage,
		.scrub = { .off = options->identifiers, .key = options->key },
	};

	if (host->failed)
		return vh_fail(err, VH_E_SYS, host->failed, "run it as root",
			       "cannot read the devices in '/sys/bus/pci'");
	put_all(&s, options->date, ret);
	vh_strbuf_clear(&s.lines);
	vh_scrub_clear(&s.scrub);
	return 0;
}
