/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest of a host: the tree that it makes, and what it does not accept. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/manifest/manifest.h"
#include "lib/manifest/parse.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#define DEV "pci 0000:00:02.0 class=028000 id=8086:24f3\n"

static bool reads(const struct scratch *s, const char *path, const char *want)
{
	_auto_free_ char *got = vh_root_read(&s->root, "%s", path);

	if (!vh_streq(got, want))
		diag("%s: '%s', not '%s'", path, got ? got : "(none)", want ? want : "(none)");
	return vh_streq(got, want);
}

static bool leads(const struct scratch *s, const char *path, const char *want)
{
	_auto_free_ char *got = vh_root_readlink(&s->root, "%s", path);

	if (!vh_streq(got, want))
		diag("%s -> '%s', not '%s'", path, got ? got : "(none)", want ? want : "(none)");
	return vh_streq(got, want);
}

/* --- what is accepted ----------------------------------------------------------------------- */

static const char machine[] =
	"# a comment\n"
	"\n"
	"pci 0000:00:1c.1 class=060400 id=8086:a111 group=3 driver=pcieport\n"
	"pci 0000:02:00.0 class=028000 id=8086:24f3 sub=8086:0010 rev=3a group=14 driver=iwlwifi "
	"parent=0000:00:1c.1\n"
	"pci 0000:02:00.1 class=030000 id=10de:1b80 group=14 driver=vfio-pci probes=nouveau,nvidia "
	"override=vfio-pci vga=1 parent=0000:00:1c.1\n"
	"pci 0000:03:00.0 class=020000 id=8086:1521 totalvfs=7 numvfs=2\n"
	"pci 0000:03:10.4 class=020000 id=8086:1520 physfn=0000:03:00.0\n"
	"pci 0000:03:10.0 class=020000 id=8086:1520 physfn=0000:03:00.0\n"
	"pci 0000:04:00.0 class=ff0000 id=1234:5678 dead=1 driver=odd header=02\n"
	"pci 10000:e1:00.0 class=010802 id=144d:a808 parent=0000:00:1c.1\n"
	"f @0000:02:00.0/net/wlan0/flags\t0x1003\n"
	"f @0000:02:00.0/numa_node\t1\n"
	"f etc/escapes\ta\\nb\\tc\\\\d\\x7e\n"
	"f sys/kernel/iommu_groups/14/reserved_regions\t0x1 0x2 direct\n"
	"d sys/empty/dir\n"
	"l sys/class/net/wlan0\t@0000:02:00.0/net/wlan0\n"
	"l sys/class/here\tsys/class/net\n"
	"l run/up\t../etc\n"
	"l proc/812/fd/5\t/dev/vfio/14\n"
	"u run/secret\n"
	"x @0000:02:00.1/reset_method\n"
	"x dev/vfio/14\n"
	"x etc/never\n"
	"pci 0000:05:00.0 class=020000 id=1234:0001 caps=01,10,0001,000d\n"
	"pci 0000:05:00.1 class=020000 id=1234:0002 caps=?\n";

#define PARENT "sys/devices/pci0000:00/0000:00:1c.1/"
#define WLAN PARENT "0000:02:00.0/"

static void test_files(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	static const char *const files[][2] = {
		{ WLAN "class", "0x028000" },
		{ WLAN "vendor", "0x8086" },
		{ WLAN "device", "0x24f3" },
		{ WLAN "subsystem_vendor", "0x8086" },
		{ WLAN "subsystem_device", "0x0010" },
		{ WLAN "revision", "0x3a" },
		{ WLAN "modalias", "pci:v00008086d000024F3sv00008086sd00000010bc02sc80i00" },
		{ WLAN "driver_override", "(null)" },
		{ WLAN "numa_node", "1" },
		{ WLAN "net/wlan0/flags", "0x1003" },
		{ PARENT "0000:02:00.1/driver_override", "vfio-pci" },
		{ PARENT "0000:02:00.1/boot_vga", "1" },
		{ PARENT "pci10000:e1/10000:e1:00.0/class", "0x010802" },
		{ "sys/devices/pci0000:03/0000:03:00.0/sriov_totalvfs", "7" },
		{ "sys/devices/pci0000:03/0000:03:00.0/sriov_numvfs", "2" },
		{ "sys/kernel/iommu_groups/14/reserved_regions", "0x1 0x2 direct" },
		{ "sys/kernel/iommu_groups/3/reserved_regions",
		  "0x00000000fee00000 0x00000000feefffff msi" },
		{ "sys/kernel/iommu_groups/14/type", "DMA" },
		{ "etc/escapes", "a\nb\tc\\d~" },
		{ "fake-kernel/probe/0000:02:00.0", "iwlwifi" },
		{ "fake-kernel/probe/0000:02:00.1", "nouveau,nvidia" },
	};

	for (size_t i = 0; i < VH_COUNT(files); i++)
		ok(reads(s, files[i][0], files[i][1]), "file %s", files[i][0]);
}

static void test_links(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	static const char *const links[][2] = {
		{ "sys/bus/pci/devices/0000:02:00.0",
		  "../../../devices/pci0000:00/0000:00:1c.1/0000:02:00.0" },
		{ "sys/bus/pci/drivers/iwlwifi/0000:02:00.0",
		  "../../../../devices/pci0000:00/0000:00:1c.1/0000:02:00.0" },
		{ WLAN "driver", "../../../../bus/pci/drivers/iwlwifi" },
		{ WLAN "subsystem", "../../../../bus/pci" },
		{ WLAN "iommu_group", "../../../../kernel/iommu_groups/14" },
		{ "sys/kernel/iommu_groups/14/devices/0000:02:00.1",
		  "../../../../devices/pci0000:00/0000:00:1c.1/0000:02:00.1" },
		{ "sys/devices/pci0000:03/0000:03:10.0/physfn", "../0000:03:00.0" },
		{ "sys/devices/pci0000:03/0000:03:00.0/virtfn0", "../0000:03:10.0" },
		{ "sys/devices/pci0000:03/0000:03:00.0/virtfn1", "../0000:03:10.4" },
		{ "sys/class/net/wlan0",
		  "../../devices/pci0000:00/0000:00:1c.1/0000:02:00.0/net/wlan0" },
		{ "sys/class/here", "net" },
		{ "run/up", "../etc" },
		{ "proc/812/fd/5", "/dev/vfio/14" },
	};

	for (size_t i = 0; i < VH_COUNT(links); i++)
		ok(leads(s, links[i][0], links[i][1]), "link %s", links[i][0]);
	ok(reads(s, "sys/class/net/wlan0/flags", "0x1003"), "a link leads to its device");
}

static void test_presence(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	static const char *const there[] = {
		"sys/empty/dir",
		"sys/bus/pci/drivers/nvidia",
		"sys/bus/pci/drivers_probe",
		"sys/bus/pci/drivers/iwlwifi/unbind",
		PARENT "0000:02:00.1/vfio-dev",
		"dev/vfio/vfio",
		"run",
		"dev",
		"proc",
		"etc",
	};
	static const char *const absent[] = {
		WLAN "vfio-dev",
		WLAN "boot_vga",
		WLAN "sriov_numvfs",
		"sys/devices/pci0000:03/0000:03:00.0/iommu_group",
		PARENT "0000:02:00.1/reset_method",
		"dev/vfio/14",
		"sys/devices/pci0000:03/0000:03:00.0/driver",
		"fake-kernel/probe/0000:03:00.0",
	};

	for (size_t i = 0; i < VH_COUNT(there); i++)
		ok(vh_root_exists(&s->root, "%s", there[i]), "there is %s", there[i]);
	for (size_t i = 0; i < VH_COUNT(absent); i++)
		ok(!vh_root_exists(&s->root, "%s", absent[i]), "there is no %s", absent[i]);
}

static void test_unread(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	_auto_names_ struct vh_names names = { 0 };
	_auto_free_ char *text = vh_root_read(&s->root, "run/secret");

	ok(!text && errno == EACCES, "what could not be read cannot be read");
	ok(vh_root_list(&s->root, &names, "run/secret") < 0 && errno == EACCES, "nor listed");
	ok(vh_root_open_dir(&s->root, "run/secret") < 0 && errno == EACCES, "nor opened");
	ok(!vh_root_exists(&s->root, "run/secret/x") && errno == EACCES, "nor what is below it");
	ok(vh_root_open_dir(&s->root, "sys/class/here") < 0 && errno == ENOTDIR,
	   "a link that leads somewhere is none");
}

/* As libpci walks through them (PCI 3.0, 6.7; PCIe 7.9.1). */
static void test_caps(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	unsigned char c[512] = { 0 };
	ssize_t n = vh_root_read_bytes(&s->root, c, sizeof(c),
				       "sys/devices/pci0000:05/0000:05:00.0/config");

	ok(n == 0x108 && c[6] == 0x10 && c[0x34] == 0x40, "there is a list of capabilities");
	ok(c[0x40] == 0x01 && c[0x41] == 0x44 && c[0x44] == 0x10 && !c[0x45], "two of them");
	ok(c[0x100] == 0x01 && c[0x102] == 0x41 && c[0x103] == 0x10 && c[0x104] == 0x0d &&
		   c[0x106] == 0x01 && !c[0x107],
	   "and two extended ones");
	n = vh_root_read_bytes(&s->root, c, sizeof(c), "sys/devices/pci0000:05/0000:05:00.1/config");
	ok(n == 64 && c[6] == 0x10 && !c[0x34], "those that could not be seen");
}

static void test_config(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	unsigned char c[65], dead[65];

	ok(vh_root_read_bytes(&s->root, c, sizeof(c), WLAN "config") == 64, "config has 64 bytes");
	ok(c[0] == 0x86 && c[1] == 0x80 && c[2] == 0xf3 && c[3] == 0x24, "ids in config");
	ok(c[8] == 0x3a && c[9] == 0 && c[0xa] == 0x80 && c[0xb] == 0x02, "class in config");
	ok(c[0xe] == 0 && c[0x2c] == 0x86 && c[0x2e] == 0x10, "type 0 header with subsystem");
	ok(vh_root_read_bytes(&s->root, c, 64, "sys/devices/pci0000:00/0000:00:1c.1/config") == 64 &&
		   c[0xe] == 1,
	   "a bridge has header type 1");
	ok(vh_root_read_bytes(&s->root, dead, 64, "sys/devices/pci0000:04/0000:04:00.0/config") ==
			   64 &&
		   dead[0] == 0xff && dead[0xe] == 0xff && dead[63] == 0xff,
	   "a dead function answers 0xff");
}

static void test_empty(void)
{
	_auto_(scratch) struct scratch *s = scratch_new("# nothing\n");
	_auto_names_ struct vh_names names = { 0 };

	ok(vh_root_list(&s->root, &names, "sys/kernel/iommu_groups") == 0 && !names.count,
	   "without a group there is the empty folder of groups");
}

/* --- what is not ---------------------------------------------------------------------------- */

static const struct {
	const char *name, *text;
	int line;
	const char *what;
} bad[] = {
	{ "unknown line", "x\n", 1, "not a snapshot of a host" },
	{ "no address", "pci\n", 1, "not a snapshot of a host" },
	{ "short address", "pci 00:02.0 class=028000 id=8086:24f3\n", 1, "not a PCI address" },
	{ "address with a rest", "pci 0000:00:02.0x class=028000 id=8086:24f3\n", 1, "not a PCI" },
	{ "no class", "pci 0000:00:02.0 id=8086:24f3\n", 1, "'class' is missing" },
	{ "no id", "# x\npci 0000:00:02.0 class=028000\n", 2, "'id' is missing" },
	{ "short class", "pci 0000:00:02.0 class=0280 id=8086:24f3\n", 1, "class='0280'" },
	{ "class with 0x", "pci 0000:00:02.0 class=0x2800 id=8086:24f3\n", 1, "class=" },
	{ "id with a blank", "pci 0000:00:02.0 class=028000 id=8086: 4f3\n", 1, "id=" },
	{ "unknown key", "pci 0000:00:02.0 class=028000 id=8086:24f3 color=1\n", 1, "unknown key" },
	{ "no value", "pci 0000:00:02.0 class=028000 id=8086:24f3 vga\n", 1, "not KEY=VALUE" },
	{ "key twice", "pci 0000:00:02.0 class=028000 class=028000 id=8086:24f3\n", 1, "twice" },
	{ "negative group", "pci 0000:00:02.0 class=028000 id=8086:24f3 group=-1\n", 1, "group=" },
	{ "huge group", "pci 0000:00:02.0 class=028000 id=8086:24f3 group=4294967296\n", 1,
	  "group=" },
	{ "driver with a slash", "pci 0000:00:02.0 class=028000 id=8086:24f3 driver=a/b\n", 1,
	  "driver=" },
	{ "driver of dots", "pci 0000:00:02.0 class=028000 id=8086:24f3 driver=..\n", 1, "driver=" },
	{ "probes with dots", "pci 0000:00:02.0 class=028000 id=8086:24f3 probes=a,..\n", 1,
	  "probes=" },
	{ "vga of two", "pci 0000:00:02.0 class=028000 id=8086:24f3 vga=2\n", 1, "vga=" },
	{ "too many VFs", "pci 0000:00:02.0 class=028000 id=8086:24f3 totalvfs=1 numvfs=2\n", 1,
	  "VFs" },
	{ "address twice", DEV "\n" DEV, 3, "stands on line 1" },
	{ "later parent", "pci 0000:01:00.0 class=028000 id=8086:24f3 parent=0000:00:02.0\n" DEV, 1,
	  "parent is not" },
	{ "own parent", "pci 0000:01:00.0 class=028000 id=8086:24f3 parent=0000:01:00.0\n", 1,
	  "parent is not" },
	{ "no physfn", "pci 0000:01:00.0 class=028000 id=8086:24f3 physfn=0000:00:02.0\n", 1,
	  "physfn is not" },
	{ "no tab", "f etc/x y\n", 1, "no tab" },
	{ "directory with content", "d etc/x\ty\n", 1, "only files and links" },
	{ "escape \\q", "f etc/x\t\\q\n", 1, "escape" },
	{ "escape cut off", "f etc/x\t\\\n", 1, "escape" },
	{ "escape \\x4", "f etc/x\t\\x4\n", 1, "escape" },
	{ "escape \\xg0", "f etc/x\t\\xg0\n", 1, "escape" },
	{ "carriage return", "d etc\r\n", 1, "control" },
	{ "absolute path", "f /etc/x\ty\n", 1, "not a plain path" },
	{ "content of what could not be read", "u etc/x\ty\n", 1, "only files and links" },
	{ "content of what is not there", "x etc/x\ty\n", 1, "only files and links" },
	{ "unreadable twice", "u etc/x\nu etc/x\n", 2, "is there already" },
	{ "file below what is unreadable", "u etc/x\nf etc/x/y\t1\n", 2, "passes through" },
	{ "absent with ..", "x etc/../x\n", 1, "not a plain path" },
	{ "absent through a link", "l etc/x\t../run\nx etc/x/y\n", 2, "passes through" },
	{ "absent, and a directory", "d etc/x\nx etc/x\n", 2, "is a directory" },
	{ "capability of three digits", "pci 0000:00:02.0 class=028000 id=8086:24f3 caps=001\n", 1,
	  "caps='001'" },
	{ "path with ..", "f etc/../x\ty\n", 1, "not a plain path" },
	{ "path that begins with ..", "d ../x\n", 1, "not a plain path" },
	{ "path with .", "d etc/./x\n", 1, "not a plain path" },
	{ "path with //", "d etc//x\n", 1, "not a plain path" },
	{ "path with / at its end", "d etc/\n", 1, "not a plain path" },
	{ "empty path", "f \ty\n", 1, "not a plain path" },
	{ "unknown device", "f @0000:00:02.0/x\ty\n", 1, "no pci line" },
	{ "@ alone", "d @\n", 1, "no pci line" },
	{ "@ with .. behind", DEV "d @0000:00:02.0/../x\n", 2, "not a plain path" },
	{ "file twice", "f etc/x\t1\nf etc/x\t2\n", 2, "is there already" },
	{ "file on a directory", "d etc/x\nf etc/x\t2\n", 2, "is there already" },
	{ "directory on a file", "f etc/x\t1\nd etc/x\n", 2, "passes through" },
	{ "link twice", "l etc/x\ty\nl etc/x\ty\n", 2, "is there already" },
	{ "file through a link", "l etc/x\t../run\nf etc/x/y\t1\n", 2, "passes through" },
	{ "directory through a link", "l etc/x\t../run\nd etc/x/y\n", 2, "passes through" },
	{ "file onto a link", "l etc/x\t../run/y\nf etc/x\t1\n", 2, "is there already" },
	{ "absolute link", "l etc/x\t/etc/passwd\n", 1, "leaves the tree" },
	{ "link above the tree", "l etc/x\t../../etc\n", 1, "leaves the tree" },
	{ "link above the tree, later", "l etc/x\ta/../../../b\n", 1, "leaves the tree" },
	{ "link to ..", "l x\t..\n", 1, "leaves the tree" },
	{ "empty link", "l etc/x\t\n", 1, "leaves the tree" },
	{ "absolute link that only looks like proc", "l process/x\t/etc\n", 1, "leaves the tree" },
	{ "link to sys with ..", "l etc/x\tsys/../../etc\n", 1, "not a plain path" },
	{ "device in the way of a file", "f sys/devices/pci0000:00\tx\n" DEV, 2, "passes through" },
	{ "device through a link", "l sys/devices\t../run\n" DEV, 2, "passes through" },
};

/* Expands below DIR/tree, so that what leaves it would be seen beside it. */
static int expand(const struct scratch *outside, const char *text, size_t len, struct vh_error *err)
{
	_auto_free_ char *dir = vh_printf("%s/tree", outside->dir);

	fake_remove(&outside->root, "tree");
	fake_mkdirs(&outside->root, "tree");
	return vh_manifest_expand(text, len, "bad.host", dir, err);
}

static void test_bad(const struct scratch *outside)
{
	_auto_names_ struct vh_names before = { 0 };

	if (vh_root_list(&outside->root, &before, ".") < 0)
		abort();
	for (size_t i = 0; i < VH_COUNT(bad); i++) {
		_auto_error_ struct vh_error err = { 0 };
		_auto_names_ struct vh_names after = { 0 };
		_auto_free_ char *start = vh_printf("bad.host line %d: ", bad[i].line);
		int r = expand(outside, bad[i].text, strlen(bad[i].text), &err);
		bool good = r == -1 && err.code == VH_E_INPUT && vh_has_prefix(err.what, start) &&
			    strstr(err.what, bad[i].what);

		fake_remove(&outside->root, "tree");
		if (vh_root_list(&outside->root, &after, ".") < 0)
			abort();
		ok(good && after.count == before.count, "refused: %s", bad[i].name);
		if (!good)
			diag("%d, code %d: %s", r, (int)err.code, err.what ? err.what : "accepted");
	}
}

static void test_limits(const struct scratch *outside)
{
	_auto_error_ struct vh_error err = { 0 };
	size_t size = VH_MANIFEST_MAX + 1;
	_auto_free_ char *text = vh_alloc(size + 1);
	_auto_free_ char *path = NULL;

	memset(text, '\n', VH_MANIFEST_LINES + 1);
	ok(expand(outside, text, VH_MANIFEST_LINES + 1, &err) < 0 && strstr(err.what, "lines"),
	   "too many lines");
	vh_error_clear(&err);
	ok(expand(outside, text, VH_MANIFEST_LINES - 1, &err) == 0, "as many lines as may be");
	for (size_t i = 0; i < VH_MANIFEST_LINES - 1; i++)
		text[2 * i] = '#', text[2 * i + 1] = '\n';
	ok(expand(outside, text, 2 * (VH_MANIFEST_LINES - 1), &err) == 0,
	   "as many comments as may be, each looked at once");
	memset(text, '#', size);
	ok(expand(outside, text, size, &err) < 0 && strstr(err.what, "bytes"), "too long");
	vh_error_clear(&err);
	ok(expand(outside, text, size - 1, &err) == 0, "as long as may be");
	ok(expand(outside, "d a\0b\n", 6, &err) < 0 && strstr(err.what, "text"), "a NUL byte");
	vh_error_clear(&err);
	ok(expand(outside, NULL, 0, &err) == 0, "nothing at all");
	memset(text, 'a', 300);
	text[300] = 0;
	path = vh_printf("d %s\n", text);
	ok(expand(outside, path, strlen(path), &err) < 0 && strstr(err.what, "plain"),
	   "a name that is too long");
	vh_error_clear(&err);
	ok(vh_manifest_expand("", 0, "x", "/nonexistent/dir", &err) < 0 && err.code == VH_E_SYS &&
		   err.sys == ENOENT,
	   "a directory that is not there");
}

/* --- the byte order of the machine that wrote it ----------------------------------------------- */

#define Z "f proc/cpuinfo\tvendor_id       : IBM/S390\n"
#define SNAPSHOT(n) "# x.host - vfio-hook snapshot " n ": 0 PCI functions\n"
#define ROUTE(dest, mask)                          \
	"f proc/net/route\tIface\\tDestination\\n" \
	"abcdef01x\\t" dest "\\t00000000\\t0001\\t0\\t0\\t0\\t" mask "\n"

static const struct {
	const char *name, *text;
} orders[] = {
	{ "by hand, on IBM Z or not", Z ROUTE("000200C0", "00FFFFFF") },
	{ "version 1, of a little-endian machine",
	  SNAPSHOT("1") ROUTE("000200C0", "00FFFFFF") "# end of snapshot\n" },
	{ "version 1, of IBM Z",
	  SNAPSHOT("1") ROUTE("C0000200", "FFFFFF00") Z "# end of snapshot\n" },
	{ "version 2, of a little-endian machine",
	  SNAPSHOT("2") ROUTE("000200C0", "00FFFFFF") "# end of snapshot\n" },
	{ "version 2, of IBM Z",
	  SNAPSHOT("2") Z ROUTE("000200C0", "00FFFFFF") "# end of snapshot\n" },
};

/* 192.0.2.0/24, as the kernel of this machine writes it. */
static void test_orders(void)
{
	static const unsigned char dest[] = { 192, 0, 2, 0 }, mask[] = { 255, 255, 255, 0 };
	uint32_t numbers[2];

	memcpy(&numbers[0], dest, sizeof(dest));
	memcpy(&numbers[1], mask, sizeof(mask));
	for (size_t i = 0; i < VH_COUNT(orders); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(orders[i].text);
		_auto_free_ char *want = vh_printf(
			"Iface\tDestination\nabcdef01x\t%08X\t00000000\t0001\t0\t0\t0\t%08X",
			numbers[0], numbers[1]);

		ok(reads(s, "proc/net/route", want), "routes: %s", orders[i].name);
	}
}

int main(void)
{
	_auto_(scratch) struct scratch *outside = scratch_new("# empty\n");

	test_files();
	test_links();
	test_presence();
	test_unread();
	test_caps();
	test_config();
	test_empty();
	test_bad(outside);
	test_orders();
	test_limits(outside);
	return tap_done();
}
