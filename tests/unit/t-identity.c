/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-identity - records survive being written and read, and nothing else is read as one; their
 * files are whole, private and bounded in number; what is expected where, and where it is.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/host/read.h"
#include "lib/state/record.h"
#include "lib/base/strbuf.h"
#include "lib/case/expect.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define V1 "vfio-hook-devices 1\n"
#define HEAD V1 "domain " UUID "\nname vm\n"
#define ONE "device 0000:01:00.0 8086:10d3 sub=8086:a01f class=020000\n"
#define TWO "device 10000:e1:00.7 144d:a808 sub=0000:0000 class=010802\n"
#define GOOD HEAD ONE TWO "end\n"
#define FILE_OF(uuid) VH_RECORD_DIR "/" uuid ".devices"

/* --- the text --------------------------------------------------------------------------------- */

/* want: the error, NULL: this is a record */
static const struct {
	const char *name, *text, *want;
} texts[] = {
	{ "two devices", GOOD, NULL },
	{ "none", HEAD "end\n", NULL },
	{ "no name", V1 "domain " UUID "\nname \nend\n", NULL },
	{ "nothing", "", "line 1: the file is truncated" },
	{ "a claim", "vfio-hook-claim 1\n", "line 1: no 'vfio-hook-devices'" },
	{ "members of groups",
	  "vfio-hook-devices 2\ndomain " UUID "\nname vm\n" ONE "member 0000:01:00.0\n"
	  "member 0000:01:00.1\nend\n",
	  NULL },
	{ "members of version 1", HEAD ONE "member 0000:01:00.0\nend\n",
	  "line 1: not as vfio-hook writes it" },
	{ "version 2 without members", "vfio-hook-devices 2\ndomain " UUID "\nname vm\n" ONE "end\n",
	  "line 1: not as vfio-hook writes it" },
	{ "members out of order", HEAD ONE "member 0000:01:00.1\nmember 0000:01:00.0\nend\n",
	  "line 6: members out of order" },
	{ "a member that is none", HEAD ONE "member x\nend\n", "line 5: no PCI address" },
	{ "a newer version", "vfio-hook-devices 3\nx\n", "written by a newer vfio-hook (version 3)" },
	{ "version 0", "vfio-hook-devices 0\n", "line 1: no version" },
	{ "no UUID", V1 "domain vm\n", "line 2: no UUID" },
	{ "a UUID in upper case", V1 "domain 4DEA22B3-1d52-d8f3-2516-782e98ab3fa0\n",
	  "line 2: no UUID" },
	{ "the name is missing", V1 "domain " UUID "\n" ONE, "line 3: no 'name'" },
	{ "an escape sequence", V1 "domain " UUID "\nname \x1b[m\nend\n",
	  "line 3: not as vfio-hook writes it" },
	{ "no end", HEAD ONE, "line 5: the file is truncated" },
	{ "half an end", HEAD ONE "en", "line 5: the file is truncated" },
	{ "half a device", HEAD "device 0000:01:0", "line 4: the file is truncated" },
	{ "more behind the end", GOOD "x", "line 6: unexpected line" },
	{ "DOS lines", V1 "domain " UUID "\r\n", "line 2: no UUID" },
	{ "out of order", HEAD TWO ONE "end\n", "line 5: devices out of order" },
	{ "twice", HEAD ONE ONE "end\n", "line 5: devices out of order" },
	{ "no address", HEAD "device vm\nend\n", "line 4: no PCI address" },
	{ "an address as people write it", HEAD "device 01:00.0 8086:10d3\nend\n",
	  "line 4: no PCI address" },
	{ "no id", HEAD "device 0000:01:00.0\nend\n", "line 4: no ids of device and subsystem" },
	{ "no subsystem", HEAD "device 0000:01:00.0 8086:10d3 class=020000\nend\n",
	  "line 4: no ids of device and subsystem" },
	{ "no class", HEAD "device 0000:01:00.0 8086:10d3 sub=8086:a01f\nend\n", "line 4: no class" },
	{ "a class of 32 bits",
	  HEAD "device 0000:01:00.0 8086:10d3 sub=8086:a01f class=1020000\nend\n",
	  "line 4: no class" },
	{ "a class of five digits",
	  HEAD "device 0000:01:00.0 8086:10d3 sub=8086:a01f class=20000\nend\n",
	  "line 4: not as vfio-hook writes it" },
	{ "ids in upper case", HEAD "device 0000:01:00.0 8086:10D3 sub=8086:a01f class=020000\nend\n",
	  "line 4: not as vfio-hook writes it" },
	{ "more words", HEAD "device 0000:01:00.0 8086:10d3 sub=8086:a01f class=020000 x\nend\n",
	  "line 4: unexpected words at the end" },
	{ "two blanks", HEAD "device 0000:01:00.0  8086:10d3 sub=8086:a01f class=020000\nend\n",
	  "line 4: no ids of device and subsystem" },
};

static void test_texts(void)
{
	_auto_(vh_identity) struct vh_identity *whole = NULL;

	for (size_t i = 0; i < VH_COUNT(texts); i++) {
		_auto_error_ struct vh_error err = { 0 };
		const char *text = texts[i].text;
		_auto_(vh_identity) struct vh_identity *id = vh_identity_parse(text, strlen(text),
									       &err);
		_auto_free_ char *again = id ? vh_identity_format(id) : NULL;

		if (!ok(texts[i].want ? !id && vh_streq(err.what, texts[i].want)
				      : vh_streq(again, text),
			"%s", texts[i].name))
			diag("have: %s", err.what ? err.what : again);
	}
	ok(!vh_identity_parse("a\0b", 3, NULL), "a NUL byte");
	whole = vh_identity_parse(GOOD "more", strlen(GOOD), NULL);
	ok(whole != NULL, "what stands behind its length is not looked at");
}

static void test_too_many(void)
{
	_auto_(vh_identity) struct vh_identity *id = vh_identity_new(UUID, "vm"), *again = NULL;
	_auto_free_ char *text = NULL, *more = NULL;
	_auto_error_ struct vh_error err = { 0 };

	for (uint32_t i = 0; i <= VH_IDENTITY_MAX; i++) {
		struct vh_sighting s = { .addr = { .domain = VH_IDENTITY_MAX - i }, .class = i };

		vh_identity_put(id, &s);
	}
	text = vh_identity_format(id);
	again = vh_identity_parse(text, strlen(text), &err);
	ok(id->count == VH_IDENTITY_MAX && again && again->count == id->count, "%d devices at most",
	   VH_IDENTITY_MAX);
	text[strlen(text) - strlen("end\n")] = 0;
	more = vh_printf("%sdevice f0000:00:00.0 0000:0000 sub=0000:0000 class=000000\nend\n", text);
	ok(!vh_identity_parse(more, strlen(more), &err) && strstr(err.what, "too many"),
	   "a text has no more either");
}

/* --- the files -------------------------------------------------------------------------------- */

static struct vh_identity *record(const char *uuid, const char *name, uint16_t device)
{
	struct vh_identity *i = vh_identity_new(uuid, name);
	struct vh_sighting s = { .addr = { 0, 1, 0, 0 },
				 .id = { 0x8086, device },
				 .class = 0x020000 };

	vh_identity_put(i, &s);
	return i;
}

static bool save(const struct scratch *s, const char *uuid, const char *name, uint16_t device)
{
	_auto_(vh_identity) struct vh_identity *i = record(uuid, name, device);
	_auto_error_ struct vh_error err = { 0 };

	if (vh_record_save(&s->root, i, &err) == 0)
		return true;
	diag("%s", err.what);
	return false;
}

/* The device id that stands in the record, 0: there is none; -1: an error, whose text is kept. */
static int loaded(const struct scratch *s, const char *uuid, struct vh_error *err)
{
	_auto_(vh_identity) struct vh_identity *i = NULL;

	if (vh_record_load(&s->root, uuid, &i, err) < 0)
		return -1;
	return i ? i->devs[0].id.device : 0;
}

static bool has_mode(const struct scratch *s, const char *path, mode_t mode)
{
	struct stat st;

	return fstatat(s->root.fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (st.st_mode & 07777) == mode;
}

static void test_files(void)
{
	_auto_(scratch) struct scratch *s = scratch_new("d sys\n");
	_auto_(vh_identity) struct vh_identity *empty = vh_identity_new(UUID, "vm");

	ok(loaded(s, UUID, NULL) == 0 && vh_record_save(&s->root, empty, NULL) == 0 &&
		   !vh_root_exists(&s->root, VH_RECORD_DIR),
	   "no directory is no record");
	ok(save(s, UUID, "vm", 1) && loaded(s, UUID, NULL) == 1, "written and read");
	ok(has_mode(s, VH_RECORD_DIR, 0700) && has_mode(s, FILE_OF(UUID), 0600), "private");
	ok(save(s, UUID, "vm", 2) && loaded(s, UUID, NULL) == 2, "written again");
	ok(!vh_root_exists(&s->root, VH_RECORD_DIR "/new"), "nothing else is left");
	ok(vh_record_save(&s->root, empty, NULL) == 0 && !vh_root_exists(&s->root, FILE_OF(UUID)),
	   "no devices, no record");
}

static void test_by_name(void)
{
	_auto_(scratch) struct scratch *s = scratch_new("d sys\n");
	_auto_(vh_identity) struct vh_identity *i = NULL;
	static const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };

	ok(vh_record_find(&s->root, "vm", &i, NULL) == 0 && !i, "a name without records");
	if (!save(s, "00000000-0000-0000-0000-000000000001", "vm", 1) ||
	    !save(s, "00000000-0000-0000-0000-000000000002", "vm", 2) ||
	    !save(s, "00000000-0000-0000-0000-000000000003", "other", 3))
		diag("not written");
	fake_put(&s->root, FILE_OF("00000000-0000-0000-0000-000000000004"), "garbage");
	utimensat(s->root.fd, FILE_OF("00000000-0000-0000-0000-000000000002"), old, 0);
	ok(vh_record_find(&s->root, "vm", &i, NULL) == 0 && i && i->devs[0].id.device == 1,
	   "of two domains of a name the one that ran last");
	vh_identity_free(VH_STEAL(i));
	ok(vh_record_find(&s->root, "../vm", &i, NULL) == 0 && !i, "a name is no path");
}

static void test_bounded(void)
{
	_auto_(scratch) struct scratch *s = scratch_new("d sys\n");
	static const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	_auto_names_ struct vh_names names = { 0 };
	bool good = true;

	for (int i = 0; i < VH_RECORDS_MAX; i++) {
		_auto_free_ char *path = vh_printf(
			VH_RECORD_DIR "/00000000-0000-0000-0000-%012d.devices", i);

		fake_put(&s->root, path, "x");
		if (i == 700)
			utimensat(s->root.fd, path, old, 0);
	}
	good = save(s, UUID, "vm", 1) && save(s, UUID, "vm", 2) &&
	       vh_root_list(&s->root, &names, VH_RECORD_DIR) == 0;
	ok(good && names.count == VH_RECORDS_MAX && loaded(s, UUID, NULL) == 2 &&
		   !vh_root_exists(&s->root, FILE_OF("00000000-0000-0000-0000-000000000700")),
	   "of %d domains the one that has not run for longest is forgotten", VH_RECORDS_MAX);
}

static void set_link(const struct scratch *s)
{
	if (symlinkat("/etc/passwd", s->root.fd, FILE_OF(UUID)) < 0)
		abort();
}

static void set_mode(const struct scratch *s)
{
	fake_put(&s->root, FILE_OF(UUID), GOOD);
	if (fchmodat(s->root.fd, FILE_OF(UUID), 0666, 0) < 0)
		abort();
}

static void set_garbage(const struct scratch *s)
{
	fake_put(&s->root, FILE_OF(UUID), HEAD);
}

static void set_other(const struct scratch *s)
{
	fake_put(&s->root, FILE_OF(UUID),
		 V1 "domain b0000000-0000-0000-0000-000000000002\nname vm\n" ONE "end\n");
}

static const struct {
	const char *name, *says;
	void (*set)(const struct scratch *s);
} damaged[] = {
	{ "a link", "cannot open '/var/lib/vfio-hook/" UUID ".devices'", set_link },
	{ "one that others may write to", "was not written by vfio-hook", set_mode },
	{ "one that was cut", "line 4: the file is truncated", set_garbage },
	{ "that of another domain", "is the record of another domain", set_other },
};

static void test_damaged(void)
{
	for (size_t i = 0; i < VH_COUNT(damaged); i++) {
		_auto_(scratch) struct scratch *s = scratch_new("d sys\n");
		_auto_error_ struct vh_error err = { 0 };

		fake_mkdirs(&s->root, VH_RECORD_DIR);
		damaged[i].set(s);
		if (!ok(loaded(s, UUID, &err) == -1 && strstr(err.what, damaged[i].says) &&
				save(s, UUID, "vm", 3) && loaded(s, UUID, NULL) == 3,
			"%s is named, and written anew", damaged[i].name))
			diag("%s", err.what ? err.what : "-");
	}
}

static void test_directory(void)
{
	_auto_(scratch) struct scratch *s = scratch_new("d sys\n");
	_auto_(vh_identity) struct vh_identity *i = record(UUID, "vm", 1);
	_auto_error_ struct vh_error err = { 0 };

	fake_mkdirs(&s->root, "tmp/elsewhere");
	fake_link(&s->root, VH_RECORD_DIR, "tmp/elsewhere");
	ok(vh_record_save(&s->root, i, &err) < 0 && loaded(s, UUID, NULL) == -1 &&
		   !vh_root_exists(&s->root, "tmp/elsewhere/" UUID ".devices"),
	   "a link is not the directory");
	fake_remove(&s->root, VH_RECORD_DIR);
	fake_mkdirs(&s->root, VH_RECORD_DIR);
	if (fchmodat(s->root.fd, VH_RECORD_DIR, 0777, 0) < 0)
		abort();
	ok(vh_record_save(&s->root, i, &err) < 0 && strstr(err.what, "may be written by others"),
	   "one that others may write to is not used");
}

/* --- what is expected, and where it is -------------------------------------------------------- */

static const char cards[] =
	"pci 0000:01:00.0 class=020000 id=8086:1521 group=1 driver=igb\n"
	"pci 0000:02:00.0 class=020000 id=8086:10d3 sub=8086:a01f group=2 driver=e1000e\n"
	"pci 0000:03:00.0 class=020000 id=8086:10d3 sub=15d9:0001 group=3 driver=e1000e\n"
	"pci 0000:04:00.0 class=020000 id=10d3:8086 group=4\n";

static size_t look(const struct scratch *s, const struct vh_identity *last, const char *pin)
{
	const struct vh_pci_addr addr = { 0, 1, 0, 0 };
	_auto_(vh_host) const struct vh_host *h = vh_host_read(&s->root, &addr, 1, 0, INT64_MAX);
	_auto_names_ struct vh_names unseen = { 0 };
	struct vh_sightings found = { 0 };
	struct vh_device_policy policy = { .addr = addr };
	struct vh_config c = { .devices = &policy, .n_devices = 1 };

	policy.pin.set = pin && vh_pci_id_parse(pin, &policy.pin.id) == 0;
	vh_expect_look(&found, &s->root, h, &c, NULL, last, &unseen);
	free(found.list);
	return found.count;
}

static void test_look(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(cards);
	_auto_(vh_identity) struct vh_identity *e1000e = record(UUID, "vm", 0x10d3);
	_auto_(vh_identity) struct vh_identity *igb = record(UUID, "vm", 0x1521);

	ok(look(s, NULL, NULL) == 0, "nothing is expected: nothing is looked for");
	ok(look(s, igb, NULL) == 0, "it is there: nothing is looked for");
	ok(look(s, e1000e, NULL) == 2, "another one is there: all like it are found");
	ok(look(s, e1000e, "8086:1521") == 0, "a pin is newer than the record");
	ok(look(s, igb, "10d3:8086") == 1, "a pin that does not hold");
	fake_remove(&s->root, "sys/bus/pci/devices/0000:01:00.0");
	ok(look(s, e1000e, NULL) == 2, "none is there");
	ok(look(s, igb, NULL) == 0, "nor anywhere else");
}

int main(void)
{
	test_texts();
	test_too_many();
	test_files();
	test_by_name();
	test_bounded();
	test_damaged();
	test_directory();
	test_look();
	return tap_done();
}
