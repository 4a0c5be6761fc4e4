/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allow-list of snapshots: every path that a reader asks for is in it, nothing private comes
 * out of any kind of path in it, and a driver that hangs does not hang the snapshot.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "cli/survey.h"
#include "lib/base/strbuf.h"
#include "lib/host/boot-binding.h"
#include "lib/host/read.h"
#include "lib/host/uses/uses.h"
#include "lib/manifest/parse.h"
#include "lib/snapshot/kept.h"
#include "lib/snapshot/snapshot.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

/* --- what takes a snapshot ----------------------------------------------------------------- */

struct taken {
	struct scratch *host;
	struct vh_root root; /* a tree that is only read, or what makes itself out to be running */
	struct vh_snapshot_options options;
	struct vh_strbuf text;
	struct vh_error err;
	int rc;
};

static void begin(struct taken *t, const char *host)
{
	_auto_error_ struct vh_error err = { 0 };

	*t = (struct taken){ .host = scratch_new(host) };
	if (vh_root_open_tree(&t->root, t->host->dir, &err) < 0)
		abort();
	t->options = (struct vh_snapshot_options){
		.strict = true, .key = 42, .date = "today", .ask = vh_survey
	};
}

static void take(struct taken *t)
{
	t->rc = vh_snapshot_take(&t->root, &t->options, &t->text, &t->err);
	if (t->rc < 0)
		diag("%s", t->err.what);
}

static bool says(const struct taken *t, const char *line)
{
	_auto_free_ char *whole = vh_printf("\n%s\n", line);

	return t->text.data && strstr(t->text.data, whole);
}

static void end(struct taken *t)
{
	vh_strbuf_clear(&t->text);
	vh_error_clear(&t->err);
	vh_root_close(&t->root);
	scratch_free(t->host);
}

/* A file of the host. */
static void plant(const struct taken *t, const char *path, const char *text)
{
	_auto_free_ char *whole = vh_printf("%s/%s", t->host->dir, path);
	_auto_close_ int fd = -1;

	for (char *p = whole + strlen(t->host->dir) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		(void)mkdir(whole, 0755); /* open() tells */
		*p = '/';
	}
	fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || vh_write_all(fd, text, strlen(text)) < 0)
		abort();
}

/* --- every path is in it --------------------------------------------------------------------- */

static bool is_host(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, ".host");
}

/* The first line that is another one. */
static void show_difference(const char *one, const char *other)
{
	while (*one && *one == *other) {
		one++;
		other++;
	}
	diag("one has %.60s", one);
	diag("the other %.60s", other);
}

static void test_hosts(void)
{
	const char *source = getenv("abs_top_srcdir");
	_auto_free_ char *path = vh_printf("%s/tests/fixtures/hosts", source ? source : ".");
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct taken copy, again, live;

		if (!is_host(entry->d_name))
			continue;
		*strrchr(entry->d_name, '.') = 0;
		begin(&copy, entry->d_name);
		copy.options.identifiers = true;
		take(&copy);
		ok(copy.rc == 0, "%s: every path that is read is in the allow-list", entry->d_name);
		begin(&again, copy.text.data);
		again.options.identifiers = true;
		take(&again);
		if (!ok(again.rc == 0 && vh_streq(again.text.data, copy.text.data),
			"%s: a snapshot of its snapshot is that one", entry->d_name))
			show_difference(copy.text.data, again.text.data);
		end(&again);
		end(&copy);
		if (tap_under_valgrind())
			break;
		begin(&live, entry->d_name);
		live.root.live = true; /* then readers ask for more */
		take(&live);
		ok(live.rc == 0, "%s: as a running system too", entry->d_name);
		end(&live);
	}
	if (!dir || closedir(dir) < 0)
		abort();
}

/* A reader that nobody told the allow-list of. */
static void ask_more(void *ctx, const struct vh_root *root, const struct vh_host *host)
{
	(void)ctx, (void)host;
	free(vh_root_read(root, "home/secretperson/novelty"));
	free(vh_root_read(root, "home/somebody/nothing"));
}

static void test_unknown(void)
{
	static const char path[] = "home/secretperson/novelty";
	struct taken t, again;

	begin(&t, "demo");
	plant(&t, path, "secret\n");
	t.options.ask = ask_more;
	take(&t);
	ok(t.rc < 0 && strstr(t.err.what, path), "a path that is not in it: a test is told which");
	vh_error_clear(&t.err);
	t.options.strict = false;
	take(&t);
	ok(t.rc == 0 && says(&t, "f not-checked\t/home/1/2 is not kept in snapshots"),
	   "others find it not checked");
	ok(!strstr(t.text.data, "somebody/nothing"), "what is not there needs no line");
	ok(!strstr(t.text.data, "secret"), "neither its text nor its name is in the snapshot");
	ok(says(&t, "u home/1/2") && says(&t, "#   home/1/2"), "it is one that was not read");
	begin(&again, t.text.data);
	take(&again);
	ok(again.rc == 0 && says(&again, "f not-checked\t/home/1/2 is not kept in snapshots"),
	   "and who takes a snapshot of that one is told, too");
	end(&again);
	end(&t);
}

/* A program that only root may read or see, in somebody's folder. */
static void test_unread_hook(void)
{
	static const char host[] =
		"pci 0000:00:03.0 class=030000 id=1234:5678 driver=amdgpu\n"
		"l etc/libvirt/hooks/qemu\t../../../home/secretowner/vfio-hook-qemu\n"
		"u home/secretowner/vfio-hook-qemu\n";
	struct taken t;

	begin(&t, host);
	take(&t);
	ok(t.rc == 0 && says(&t, "l etc/libvirt/hooks/qemu\t../../../home/1/vfio-hook-qemu"),
	   "the link to a hook that cannot be read is kept");
	ok(t.rc == 0 && says(&t, "u home/1/vfio-hook-qemu") && says(&t, "#   home/1/vfio-hook-qemu"),
	   "the program is there, and was not read");
	ok(t.rc == 0 && !strstr(t.text.data, "secretowner"), "and nobody's name is told");
	end(&t);
}

/* Which windows a function has matters of a display, of a serial line, and where one is large. */
static void test_windows(void)
{
#define AT(slot, class) "pci 0000:00:" slot ".0 class=" class " id=1002:74a0 group=1\n"
#define WINDOW(slot, range) "f @0000:00:" slot ".0/resource\t" range " 0x000000000014220c"
	static const struct {
		const char *name, *class, *range;
		bool kept;
	} functions[] = {
		{ "an accelerator's of 128 GiB", "120000", "0x0000002000000000 0x0000003fffffffff",
		  true },
		{ "a serial port's", "070002", "0x000000000000f0e0 0x000000000000f0e7", true },
		{ "a display's", "030000", "0x00000000e0000000 0x00000000efffffff", true },
		{ "a small one of an accelerator", "120000",
		  "0x00000000e0000000 0x00000000efffffff", false },
	};

	for (size_t i = 0; i < VH_COUNT(functions); i++) {
		_auto_free_ char *line = vh_printf(WINDOW("03", "%s"), functions[i].range);
		_auto_free_ char *host = vh_printf(AT("03", "%s") "%s\n", functions[i].class, line);
		struct taken t;

		begin(&t, host);
		take(&t);
		ok(t.rc == 0 && says(&t, line) == functions[i].kept, "the window is kept: %s",
		   functions[i].name);
		end(&t);
	}
#undef AT
#undef WINDOW
}

/* --- what is noted ----------------------------------------------------------------------------- */

/* A file that cannot be read, and can the next time. */
static void ask_twice(void *ctx, const struct vh_root *root, const struct vh_host *host)
{
	(void)ctx, (void)host;
	vh_root_saw_file(root, EIO, NULL, 0, VH_BOOT_BINDING_PATH);
	vh_root_saw_file(root, 0, "", 0, VH_BOOT_BINDING_PATH);
}

/* A directory that goes away, with all of it, while a reader is in it. */
static void ask_of_removed(void *ctx, const struct vh_root *root, const struct vh_host *host)
{
	const struct taken *t = ctx;
	_auto_free_ char *from = vh_printf("%s/sys/fs/selinux", t->host->dir);
	_auto_free_ char *to = vh_printf("%s-moved", t->host->dir);
	_auto_root_ struct vh_root dir = { .fd = -1 };

	(void)host;
	if (vh_root_enter(root, &dir, "sys/fs/selinux") < 0 || rename(from, to) < 0)
		abort();
	free(vh_root_read(&dir, "enforce"));
	if (rename(to, from) < 0)
		abort();
}

/* What the survey itself asks, and how often. */
struct tally {
	struct vh_root_watch watch;
	size_t platform, records;
};

static void count(const struct vh_root *root, enum vh_asked asked, const char *path, int error,
		  const void *data, size_t len)
{
	struct tally *t = root->watch->data;

	(void)error, (void)data, (void)len;
	t->platform += asked == VH_ASKED_FILE && !strcmp(path, "proc/cmdline");
	t->records += asked == VH_ASKED_FILE && vh_has_suffix(path, ".devices");
}

static void test_records(void)
{
	enum { RECORDS = 200 };
	struct tally few = { .watch = { .saw = count, .data = &few } };
	struct tally many = { .watch = { .saw = count, .data = &many } };
	struct taken t;

	begin(&t, "demo");
	{
		_auto_(vh_host) const struct vh_host *h = vh_host_read(&t.root, NULL, 0,
								       VH_HOST_ALL, INT64_MAX);
		struct vh_root counted = t.root;

		counted.watch = &few.watch;
		vh_survey(NULL, &counted, h);
		for (int i = 0; i < RECORDS; i++) {
			_auto_free_ char *path = vh_printf("var/lib/vfio-hook/"
							   "11111111-2222-4333-8444-%012d.devices",
							   i);

			plant(&t, path, "not one\n");
		}
		counted.watch = &many.watch;
		vh_survey(NULL, &counted, h);
	}
	ok(many.records >= few.records + RECORDS, "the survey reads the record of every domain");
	ok(few.platform && many.platform == few.platform,
	   "and judges no more domains for that: %zu times the command line, %zu before",
	   many.platform, few.platform);
	end(&t);
}

static void test_notes(void)
{
	struct taken t;

	begin(&t, "demo");
	t.options.ask = ask_twice;
	take(&t);
	ok(t.rc == 0 && says(&t, "f " VH_BOOT_BINDING_PATH "\t"),
	   "an empty file that could not be read before: it is empty");
	end(&t);
	begin(&t, "demo");
	plant(&t, "sys/fs/selinux/enforce", "1\n");
	t.options.ask = ask_of_removed;
	t.options.ctx = &t;
	take(&t);
	ok(t.rc == 0 && says(&t, "f sys/fs/selinux/enforce\t1"),
	   "a directory that is moved while it is read: the snapshot is there");
	end(&t);
}

/* --- nothing private comes out ----------------------------------------------------------------- */

static const char *const secrets[] = {
	"S4EVNX0R123456",
	"52:54:00:5e:c2:e7",
	"525400abcdef",
	"secret-host",
	"198.51.100.77",
	"2001:db8:5ec2:e7::1",
	"/home/secretowner",
	"secretuser",
	"5ec2e7ab-1111-4222-8333-444455556666",
	"SECRETLABEL",
	"naa.5ec2e7005ec2e7",
	"hunter2-passphrase",
	"/dev/disk/by-id/ata-S4EVNX0R123456",
};

static const char *found_in(const char *text)
{
	for (size_t i = 0; i < VH_COUNT(secrets); i++)
		if (strcasestr(text, secrets[i]))
			return secrets[i];
	return NULL;
}

/* A path that the pattern fits, as it would be asked for. */
static char *example(const struct vh_kept *rule, const struct vh_host *h)
{
	const struct vh_pci_dev *d = h->devs[h->n_devs - 1];
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	const char *p = rule->path;

	p += *p == '/';
	if (*p == '@') {
		vh_strbuf_add(&to, d->path);
		p += strspn(p, "@*");
	}
	while (*p) {
		size_t plain = strcspn(p, "*[");

		vh_strbuf_add_mem(&to, p, plain);
		p += plain;
		if (vh_has_prefix(p, "**"))
			vh_strbuf_add(&to, to.len ? "some/where" : "sys/devices/virtual");
		else if (*p == '[' || *p == '*')
			vh_strbuf_add(&to, "1");
		p += *p == '[' ? strcspn(p, "]") + 1 : strspn(p, "*");
	}
	return vh_strbuf_steal(&to);
}

/* What is looked for in files of which a part is kept. */
#define WANTED                                                                                     \
	"E:ID_FS_TYPE=ext4\nmanaged=true\nMemTotal: 1 kB\nRssAnon: 1 kB\nDevice Minor: 0\n"        \
	"size 4 1\nB: KEY=1\nS: Sysfs=/devices/x\nkernel/vfio-pci.ko:\noptions vfio-pci ids=1:2\n" \
	"alias pci:v* vfio_pci\n1-2 : BOOTFB\n 0: 0 IR-IO-APIC\nvendor_id\t: GenuineIntel\n"

/* KEY=SECRET on each line, behind `first`. */
static char *telltale(const char *first, const char *separator)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	vh_strbuf_add(&to, first);
	for (size_t i = 0; i < VH_COUNT(secrets); i++)
		vh_strbuf_addf(&to, "planted%zu%s%s\n", i, separator, secrets[i]);
	vh_strbuf_add(&to, WANTED);
	return vh_strbuf_steal(&to);
}

/* Texts that people wrote for others to read are as they are, and the head says which. */
static bool is_private(const struct vh_kept *rule)
{
	return !(rule->flags & VH_KEPT_FREE) && rule->take != vh_libvirt_config &&
	       rule->asked & (1u << VH_ASKED_FILE);
}

/* As if a reader had asked for each kind of path, and this had been the answer. */
static void answer_all(void *ctx, const struct vh_root *root, const struct vh_host *host)
{
	const char *text = ctx;
	size_t count;
	const struct vh_kept *table = vh_kept_table(&count);

	for (size_t i = 0; i < count; i++) {
		_auto_free_ char *path = example(&table[i], host);

		if (is_private(&table[i]))
			root->watch->saw(root, VH_ASKED_FILE, path, 0, text, strlen(text));
	}
}

/* Every secret in every way in which a text of lines could hold it. */
static const char *const firsts[] = { "",      "0\n",     "\n",   "1 (x) S\n",
				      "I:0\n", "6.1.0\n", "D0\n", WANTED };
static const char *const separators[] = { "=", ": ", " ", ":\t" };
#define TEXTS (VH_COUNT(firsts) * VH_COUNT(separators))

static char *text_number(size_t i)
{
	return telltale(firsts[i % VH_COUNT(firsts)], separators[i / VH_COUNT(firsts)]);
}

/* The line of a snapshot in which a secret stands. */
static void show_leak(const char *text)
{
	_auto_free_ char *copy = vh_strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		if (found_in(line))
			diag("%.120s", line);
}

/* A path that another one goes through is in no manifest as a file, so each is asked alone. */
static size_t leaks_alone(const struct vh_kept *table, size_t count, const struct vh_root *root,
			  size_t *ret_private)
{
	_auto_(vh_host)
		const struct vh_host *h = vh_host_read(root, NULL, 0, VH_HOST_ALL, INT64_MAX);
	_auto_(vh_usage) struct vh_usage *usage = vh_uses_read_usage(root);
	struct vh_keeping k = { .host = h, .usage = usage, .scrub = { .key = 7 } };
	size_t leaks = 0;

	for (size_t i = 0; i < count * TEXTS; i++) {
		const struct vh_kept *rule = &table[i / TEXTS];
		_auto_free_ char *text = text_number(i % TEXTS);
		struct vh_taken t = { .type = 'f', .path = vh_strdup(rule->path) };

		if (is_private(rule) && vh_kept_take(rule, &k, text, strlen(text), &t) && t.text &&
		    found_in(t.text)) {
			diag("%s: %.100s", rule->path, t.text);
			leaks++;
		}
		*ret_private += i % TEXTS == 0 && is_private(rule);
		free(t.path);
		free(t.text);
	}
	vh_kept_clear(&k);
	return leaks;
}

static void test_table(void)
{
	static const char tiny[] = "pci 0000:00:03.0 class=030000 id=1234:5678 driver=amdgpu\n"
				   "f proc/self/mountinfo\t20 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
	size_t count, private = 0, leaks = 0, taken = 0;
	const struct vh_kept *table = vh_kept_table(&count);
	struct taken t;

	for (size_t i = 0; i < TEXTS; i++) {
		_auto_free_ char *text = text_number(i);

		begin(&t, tiny);
		t.options.ask = answer_all;
		t.options.ctx = text;
		take(&t);
		taken += t.rc == 0;
		if (t.rc == 0 && found_in(t.text.data)) {
			show_leak(t.text.data);
			leaks++;
		}
		end(&t);
	}
	ok(taken == TEXTS && !leaks, "nothing that stands in a file that is read comes out");
	begin(&t, tiny);
	leaks = leaks_alone(table, count, &t.root, &private);
	end(&t);
	ok(private > 60 && !leaks, "by none of %zu lines of the allow-list", private);
}

/* Names that the head calls as they are: of interfaces, volumes, devices that are no functions.
 * Of those the snapshot replaces what is made of a MAC address. */
static bool is_as_it_is(const struct vh_kept *rule)
{
	return vh_kept_has_name(rule, "any name") || vh_kept_has_name(rule, "upper_any name");
}

static void add_names(const struct vh_kept *rule, struct vh_strbuf *to)
{
	static const char *const begins[] = {
		"",     "1-",      "1-2.",          "1-2:1.",        "9",    "nvme0c0n1-",
		"card", "renderD", "fb0-",          "pcmC0",         "midi", "node",
		"vfio", "vfio0-",  "consumer:pci:", "supplier:pci:",
	};
	static const char *const macs[] = { "enx525400abcdef", "upper_wlx525400abcdef" };

	for (size_t i = 0; i < VH_COUNT(macs); i++)
		vh_strbuf_add_mem(to, macs[i], strlen(macs[i]) + 1);
	for (size_t i = 0; i < VH_COUNT(secrets) && !is_as_it_is(rule); i++) {
		/* with a number and a dash before it the address could be that of a port */
		if (strchr(secrets[i], '/') || !secrets[i][strspn(secrets[i], "0123456789.")])
			continue;
		for (size_t k = 0; k < VH_COUNT(begins); k++) {
			_auto_free_ char *name = vh_printf("%s%s", begins[k], secrets[i]);

			vh_strbuf_add_mem(to, name, strlen(name) + 1);
		}
	}
}

/* As answer_all(), with names in directories and targets of links. */
static void answer_names(void *ctx, const struct vh_root *root, const struct vh_host *host)
{
	const char *target = ctx;
	size_t count;
	const struct vh_kept *table = vh_kept_table(&count);

	for (size_t i = 0; i < count; i++) {
		_auto_strbuf_ struct vh_strbuf names = { 0 };
		_auto_free_ char *path = example(&table[i], host);

		add_names(&table[i], &names);
		for (int asked = VH_ASKED_LIST; asked <= VH_ASKED_DIRS; asked++)
			if (table[i].asked & (1u << asked))
				root->watch->saw(root, (enum vh_asked)asked, path, 0, names.data,
						 names.len);
		/* in sysfs no link leads out of it by a relative path */
		if (vh_has_prefix(path, "sys/") && strstr(target, "../home/"))
			continue;
		if (table[i].asked & (1u << VH_ASKED_LINK))
			root->watch->saw(root, VH_ASKED_LINK, path, 0, target, strlen(target));
	}
}

static void test_names(void)
{
	static const char *const targets[] = {
		"/home/secretowner/vfio-hook-qemu",
		"../../home/secretowner/vfio-hook-qemu",
		"../../devices/virtual/net/enx525400abcdef",
	};
	size_t count, as_they_are = 0;
	const struct vh_kept *table = vh_kept_table(&count);

	for (size_t i = 0; i < count; i++)
		as_they_are += table[i].names && is_as_it_is(&table[i]);
	ok(as_they_are == 9, "%zu lines keep any name", as_they_are);
	for (size_t i = 0; i < VH_COUNT(targets); i++) {
		struct taken t;

		begin(&t, "pci 0000:00:03.0 class=030000 id=1234:5678 driver=amdgpu\n");
		t.options.ask = answer_names;
		t.options.ctx = (void *)targets[i];
		take(&t);
		if (!ok(t.rc == 0 && !found_in(t.text.data) && strstr(t.text.data, "enx000000000001"),
			"nor what stands in a list or a link: %s", targets[i]) &&
		    t.text.data)
			show_leak(t.text.data);
		end(&t);
	}
}

/* An interface that is named by its MAC address is the same one wherever it is mentioned. */
static void test_interfaces(void)
{
	static const char host[] =
		"pci 0000:00:03.0 class=020000 id=1234:5678 driver=igc\n"
		"f @0000:00:03.0/net/enx525400abcdef/flags\t0x1003\n"
		"f @0000:00:03.0/net/enx525400abcdef/ifindex\t2\n"
		"l sys/class/net/enx525400abcdef\t@0000:00:03.0/net/enx525400abcdef\n"
		"f proc/net/route\tIface\\tDestination\\tGateway\\tFlags\\tRefCnt\\tUse\\tMetric\\t"
		"Mask\\nenx525400abcdef\\t00000000\\t010A0A0A\\t0003\\t0\\t0\\t0\\t00000000\n";
	struct taken t;

	for (int off = 0; off < 2; off++) {
		begin(&t, host);
		t.options.identifiers = off;
		take(&t);
		ok(t.rc == 0 && !strstr(t.text.data, "525400abcdef"),
		   "no name of an interface tells its MAC address");
		ok(t.rc == 0 && says(&t, "f @0000:00:03.0/net/enx000000000001/ifindex\t2") &&
			   says(&t, "l sys/class/net/enx000000000001\t"
				    "@0000:00:03.0/net/enx000000000001") &&
			   strstr(t.text.data, "\\nenx000000000001\\t00000000\\t"),
		   "and it is the same one in links and tables");
		end(&t);
	}
}

/* The root disk of IBM Z, and of boards, is not on PCI: what its link `device` leads to is asked for. */
static void test_disk_elsewhere(void)
{
	static const char host[] =
		"pci 0001:00:00.0 class=020000 id=1af4:1041 driver=virtio-pci group=0\n"
		"d sys/devices/css0/0.0.0000/0.0.0000/virtio4/block/vda\n"
		"l sys/class/block/vda\tsys/devices/css0/0.0.0000/0.0.0000/virtio4/block/vda\n"
		"l sys/devices/css0/0.0.0000/0.0.0000/virtio4/block/vda/device\t"
		"sys/devices/css0/0.0.0000/0.0.0000/virtio4\n";
	struct taken t;

	begin(&t, host);
	take(&t);
	ok(t.rc == 0 && !strstr(t.text.data, "is not kept in snapshots"),
	   "a disk that is not on PCI leads to nothing unknown");
	end(&t);
}

/* What is beside the files that are read. */
static void test_neighbours(void)
{
	static const char *const names[] = { "serial",   "address", "wwid", "uuid",
					     "hostname", "owner",   "label" };
	_auto_free_ char *text = telltale("", "=");
	_auto_free_ char *copy = NULL;
	struct taken plain, t;
	size_t planted = 0;
	const char *leak;
	char *rest, *line;

	begin(&plain, "server");
	take(&plain);
	begin(&t, "server");
	rest = copy = vh_strdup(plain.text.data);
	while ((line = strsep(&rest, "\n"))) {
		_auto_free_ char *dir = NULL;
		char *slash;

		if (!vh_has_prefix(line, "f ") || line[2] == '@')
			continue;
		line[strcspn(line, "\t")] = 0;
		slash = strrchr(line, '/');
		dir = vh_strndup(line + 2, slash ? (size_t)(slash - line - 2) : 0);
		for (size_t i = 0; i < VH_COUNT(names) && *dir; i++) {
			_auto_free_ char *path = vh_printf("%s/%s", dir, names[i]);

			planted += !vh_root_exists(&t.root, "%s", path);
			if (!vh_root_exists(&t.root, "%s", path))
				plant(&t, path, text);
		}
	}
	plant(&t, "etc/machine-id", text);
	plant(&t, "etc/libvirt/qemu/secretuser.xml", text);
	plant(&t, "run/libvirt/qemu/secret-host.xml", text);
	plant(&t, "run/libvirt/network/secret-host.xml", "hostdev secretuser");
	t.root.live = true;
	take(&t);
	leak = t.rc < 0 ? "(no snapshot)" : found_in(t.text.data);
	ok(planted > 100 && !leak, "nor what stands beside them: %zu files%s%s", planted,
	   leak ? ", but " : "", leak ? leak : "");
	ok(says(&t, "u run/libvirt/qemu/file0.xml") || says(&t, "u run/libvirt/qemu/file1.xml"),
	   "a file that cannot be understood has no name");
	end(&t);
	end(&plain);
}

/* What is beside what is kept in the same file. */
static void test_files(void)
{
	static const char status[] =
		"<domstatus state='running' pid='812'><vcpus/><domain type='kvm'>"
		"<name>secret-host</name><uuid>11111111-2222-4333-8444-555566667777</uuid>"
		"<title>secretuser</title><metadata><owner>secretuser</owner></metadata>"
		"<devices><disk type='file'><source file='/home/secretowner/disk.qcow2'/>"
		"<serial>S4EVNX0R123456</serial><wwn>naa.5ec2e7005ec2e7</wwn></disk>"
		"<interface type='hostdev'><mac address='52:54:00:5e:c2:e7'/><source>"
		"<address type='pci' domain='0' bus='0x18' slot='2' function='0'/></source>"
		"</interface><graphics type='vnc' passwd='hunter2-passphrase'/></devices>"
		"</domain></domstatus>";
	static const char network[] =
		"<network><name>pool</name><uuid>5ec2e7ab-1111-4222-8333-444455556666</uuid>"
		"<forward mode='hostdev' managed='yes'><pf dev='ens1'/></forward>"
		"<mac address='52:54:00:5e:c2:e7'/><ip address='198.51.100.77'/>"
		"<domain name='secret-host'/></network>";
	static const char bridged[] =
		"<network><name>out</name><uuid>5ec2e7ab-1111-4222-8333-444455556666</uuid>"
		"<title>secretuser</title><forward mode='private' dev='eno7'><interface dev='eno7'/>"
		"</forward><bridge name='br7'/><mac address='52:54:00:5e:c2:e7'/>"
		"<dns><host ip='198.51.100.77'><hostname>secret-host</hostname></host></dns>"
		"</network>";
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "run/libvirt/qemu/secret-host.xml", status },
		{ "run/libvirt/network/pool.xml", network },
		{ "etc/libvirt/qemu/networks/out.xml", bridged },
		{ "etc/libvirt/vfio-hook.conf",
		  "# secretuser wrote this\n[defaults]\n; secret-host\n"
		  "[device 0000:18:00.0] # secretuser's\nprotect = no ; secret-host\n" },
		{ "etc/modprobe.d/x.conf",
		  "options vfio-pci ids=1234:5678 # secretuser\noptions snd vfio_secretuser=1\n"
		  "install vfio-pci /home/secretowner/x.sh secretuser; secret-host\n"
		  "install vfio_pci /bin/false\n" },
		{ "proc/cmdline", "root=UUID=5ec2e7ab-1111-4222-8333-444455556666 ip=198.51.100.77 "
				  "intel_iommu=on systemd.hostname=secret-host rd.luks.key=hunter2-"
				  "passphrase ifname=eth0:52:54:00:5e:c2:e7 -- secretuser" },
		{ "proc/self/mountinfo",
		  "26 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		  "27 1 8:2 / /home/secretowner rw - ext4 /dev/disk/by-id/ata-S4EVNX0R123456 rw\n"
		  "28 1 0:50 / /media/SECRETLABEL rw - nfs secret-host:/x rw,addr=198.51.100.77" },
		{ "proc/swaps", "Filename Type Size Used Priority\n"
				"/home/secretowner/swap file 1 0 -2\n"
				"/dev/disk/by-id/ata-S4EVNX0R123456 partition 1 0 -3" },
		{ "proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
				    "eno1\t004D33C6\t4D6433C6\t0003\t0\t0\t0\t00FFFFFF" },
		{ "proc/net/if_inet6", "20010db85ec200e70000000000000001 02 40 00 80 eno1" },
		{ "sys/class/iscsi_connection/connection1:0/persistent_address", "secret-host" },
		{ "sys/class/iscsi_session/session1/targetname", "iqn.2001-04.secret-host:x" },
		{ "sys/devices/system/node/online", "0\nsecret-host" },
	};
	struct taken t;
	const char *leak;

	begin(&t, "server");
	for (size_t i = 0; i < VH_COUNT(files); i++)
		plant(&t, files[i].path, files[i].text);
	take(&t);
	leak = t.rc < 0 ? "(no snapshot)" : found_in(t.text.data);
	ok(!leak, "nor what stands beside it in a file: %s", leak ? leak : "nothing");
	ok(t.text.data && !strstr(t.text.data, "20010db85ec2") && !strstr(t.text.data, "4D33C6"),
	   "nor addresses as the kernel writes them");
	ok(t.text.data && strstr(t.text.data, "intel_iommu=on") &&
		   strstr(t.text.data, "11111111-2222-4333-8444-555566667777.xml"),
	   "and what is asked for is there");
	ok(says(&t, "f etc/libvirt/qemu/networks/out.xml\t<network><name>out</name><forward "
		    "mode='private'><interface dev='eno7'/></forward><bridge name='br7'/></network>"),
	   "a network by its way out alone");
	ok(says(&t, "f etc/libvirt/vfio-hook.conf\t#\\n[defaults]\\n#\\n[device 0000:18:00.0]\\n"
		    "protect = no"),
	   "the configuration without its comments");
	ok(t.text.data &&
		   strstr(t.text.data, "options vfio-pci ids=1234:5678\\ninstall vfio-pci /home/") &&
		   strstr(t.text.data, "\\ninstall vfio_pci /bin/false\n"),
	   "modprobe.d without comments and people");
	end(&t);
}

/* What people call containers, guests and instances of services, by all ways to write it; of a
 * number the part that tools show. */
#define NUMBER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
static void test_cgroups(void)
{
	static const char *const groups[] = {
		"/system.slice/docker-%s.scope",
		"/docker/%s/init",
		"/libpod-%s.scope/container",
		"/nerdctl-%s.scope",
		"/cri-containerd-%s.scope",
		"/crio-%s.scope",
		"/lxc/%s/init",
		"/lxc.payload.%s",
		"/machine.slice/machine-%s.scope/payload",
		"/machine.slice/machine-qemu\\x2d1\\x2d%s.scope/libvirt",
		"/machine/qemu-1-%s.libvirt-qemu/vcpu0",
		"/system.slice/tool@%s.service",
		"/system.slice/system-getty.slice/getty@tty%s.service",
	};
	static const char *const names[] = {
		"secretuser",           "secretuser@secret-host", "secret-host.service",
		"x@secretuser.service", "secret-host.service.x",  ("secretuser-" NUMBER),
	};
	static const char *const kept[][2] = {
		{ "/system.slice/smartd.service", "/system.slice/smartd.service" },
		{ "/system.slice/a.service.d/x.service", "/system.slice/x.service" },
		{ "/a.slice/serial-getty@ttyS0.service", "/system.slice/serial-getty@ttyS0.service" },
		{ "/system.slice/docker-" NUMBER ".scope", "/docker-0123456789ab.scope" },
		{ "/kubepods/pod77/" NUMBER, "/cri-containerd-0123456789ab.scope" },
		{ "/lxc/web/init", "/lxc.payload.x" },
		{ "/machine-web.scope", "/machine-x.scope" },
		{ "/docker-web.scope", "/docker-x.scope" },
	};
	struct vh_keeping k = { 0 };

	for (size_t i = 0; i < VH_COUNT(groups) * VH_COUNT(names); i++) {
		const char *at = groups[i / VH_COUNT(names)], *name = names[i % VH_COUNT(names)];
		size_t n = strcspn(at, "%");
		_auto_free_ char *text = vh_printf("0::%.*s%s%s\n", (int)n, at, name, at + n + 2);
		struct vh_taken t = { 0 };

		vh_tables_cgroup(&k, text, strlen(text), &t);
		if (!ok(!t.text || !strstr(t.text, "secret"), "no name is kept of %s as %s", name,
			at))
			diag("%s", t.text);
		free(t.text);
	}
	for (size_t i = 0; i < VH_COUNT(kept); i++) {
		_auto_free_ char *text = vh_printf("0::%s\n", kept[i][0]);
		_auto_free_ char *want = vh_printf("0::%s", kept[i][1]);
		struct vh_taken t = { 0 };

		vh_tables_cgroup(&k, text, strlen(text), &t);
		if (!ok(vh_streq(t.text, want), "of %s is kept %s", kept[i][0], kept[i][1]))
			diag("%s", t.text ? t.text : "nothing");
		free(t.text);
	}
}

/* Whatever is given to the kernel below a name: of each reader's folder the names are numbered. */
static void test_places(void)
{
	static const char *const files[] = {
		"sys/kernel/config/nvmet/subsystems/secretuser/namespaces/1/device_path",
		"sys/kernel/config/target/core/iblock_0/secretuser/udev_path",
		"sys/kernel/config/target/core/fileio_1/secretuser/udev_path",
		"sys/kernel/config/usb_gadget/secretuser/functions/mass_storage.0/lun.0/file",
		"sys/kernel/config/usb_gadget/g1/functions/mass_storage.secretuser/lun.0/file",
		"sys/kernel/scst_tgt/devices/secretuser/filename",
	};

	for (size_t i = 0; i < VH_COUNT(files); i++) {
		struct taken t;
		const char *leak, *last = strrchr(files[i], '/');

		begin(&t, "server");
		plant(&t, files[i], "/dev/sda");
		take(&t);
		leak = t.rc < 0 ? "(no snapshot)" : found_in(t.text.data);
		if (!ok(!leak && strstr(t.text.data, last) && strstr(t.text.data, "\t/dev/sda"),
			"no name is kept in %s", files[i]))
			diag("%s", leak ? leak : "it is not recorded");
		end(&t);
	}
}

/* --- a driver that hangs ------------------------------------------------------------------------ */

static int hang_on_one(const struct vh_root *root, const char *name)
{
	(void)root;
	while (!strcmp(name, "nvme2n1"))
		pause();
	return 0;
}

static void test_hangs(void)
{
	struct vh_root_ops ops;
	struct taken t, again;
	int64_t start = vh_now_ms();

	begin(&t, "demo");
	ops = *t.root.ops;
	ops.try_exclusive = hang_on_one;
	t.root.ops = &ops;
	take(&t);
	ok(t.rc == 0 && vh_now_ms() - start < 12000, "a disk that does not answer: there is one");
	ok(says(&t, "f @0000:06:00.0/unanswered\t"), "it says of which device");
	ok(says(&t, "f @0000:06:00.0/nvme/nvme2/nvme2n1/dev\t259:6"),
	   "and has what was seen before that");
	ok(says(&t, "f @0000:04:00.0/reset_method\tflr bus") &&
		   !strstr(t.text.data, "0000:04:00.0/unanswered"),
	   "the others have answered");
	begin(&again, t.text.data);
	{
		_auto_(vh_host) const struct vh_host *h = vh_host_read(
			&again.root, NULL, 0, VH_HOST_ALL | VH_HOST_USES, INT64_MAX);
		struct vh_pci_addr addr = { .bus = 6 };

		ok(vh_host_dev(h, &addr)->uses_read != VH_YES,
		   "who reads it knows of nothing there");
	}
	end(&again);
	end(&t);
}

/* Of a running system, which is only looked at. */
static int refuse(const struct vh_root *root, const char *name)
{
	(void)root, (void)name;
	return -EOPNOTSUPP;
}

#define DISK(name, number)                                                             \
	"f @0000:01:00.0/ata1/host0/block/" name "/dev\t" number                       \
	"\nf @0000:01:00.0/ata1/host0/block/" name "/size\t9\nl sys/class/block/" name \
	"\t@0000:01:00.0/ata1/host0/block/" name "\n"

/* Who has a disk is in it without a disk having been opened: mounts of others, pools. */
static void test_openers(void)
{
	static const char machine[] = "pci 0000:01:00.0 class=010601 id=1234:5678 group=2 driver=ahci\n" DISK(
		"sda", "8:0") DISK("sdb", "8:16")
		DISK("sdc",
		     "8:32") "f proc/self/mountinfo\t20 1 9:9 / / rw - ext4 /dev/other rw\nf proc/swaps\t-\n"
			     "f proc/812/stat\t812 (tool) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n"
			     "f proc/812/mountinfo\t20 1 9:9 / / rw - ext4 /dev/other rw\\n"
			     "21 20 8:0 / /home/secretowner rw - ext4 /dev/sda rw,hunter2-passphrase\\n"
			     "22 20 0:7 / /x rw - nfs secret-host:/x rw,addr=198.51.100.77\n"
			     "f run/udev/data/b8:16\tI:1\\nE:ID_FS_LABEL=SECRETLABEL\\nE:ID_FS_TYPE=zfs_member\n"
			     "f proc/spl/kstat/zfs/SECRETLABEL/state\tONLINE\nd sys/fs/xfs/sdc\n";
	struct vh_root_ops ops;
	struct taken t, again;
	const char *leak;

	begin(&t, machine);
	ops = *t.root.ops;
	ops.try_exclusive = refuse;
	t.root.ops = &ops;
	take(&t);
	leak = t.rc < 0 ? "(no snapshot)" : found_in(t.text.data);
	ok(!leak, "who has a disk: nothing private is kept: %s", leak ? leak : "nothing");
	ok(says(&t, "f proc/812/mountinfo\t20 1 8:0 / /home/1 rw - fs /dev/sda rw") &&
		   t.text.data && !strstr(t.text.data, " dev/sd"),
	   "the mount of another namespace is");
	begin(&again, t.text.data);
	again.root.ops = &ops;
	{
		_auto_(vh_host) const struct vh_host *h = vh_host_read(
			&again.root, NULL, 0, VH_HOST_ALL | VH_HOST_USES, INT64_MAX);
		const struct vh_pci_dev *d = h->devs[0];

		ok(d->n_uses == 3 &&
			   strstr(d->uses[0].text, "in the mount namespace of process 812") &&
			   strstr(d->uses[1].text, "sdb is a member of the ZFS pool") &&
			   strstr(d->uses[2].text, "sdc has a file system (xfs)"),
		   "who reads it sees the same: %zu uses", d->n_uses);
	}
	end(&again);
	end(&t);
}

int main(void)
{
	test_openers();
	test_hosts();
	test_unknown();
	test_unread_hook();
	test_windows();
	test_notes();
	test_records();
	test_table();
	test_names();
	test_interfaces();
	test_disk_elsewhere();
	test_neighbours();
	test_files();
	test_cgroups();
	test_places();
	if (!tap_under_valgrind())
		test_hangs();
	return tap_done();
}
