/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-block-uses - what uses a disk, and the lines that end it: read from small machines with one
 * disk, and with names that a shell would take apart in every place where one can stand.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/printable.h"
#include "lib/base/strbuf.h"
#include "lib/decide/rules/wording.h"
#include "lib/host/read.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#define CONTROLLER "pci 0000:01:00.0 class=010700 id=1000:0097 group=2 driver=mpt3sas\n"
#define AT "@0000:01:00.0/host0/target0:0:0/0:0:0:0/block/"
#define DISK(name, number)                                       \
	"f " AT name "/dev\t" number "\nf " AT name "/size\t9\n" \
	"d " AT name "/holders\nl sys/class/block/" name "\t" AT name "\n"
#define PART(disk, name, number)                                                   \
	"f " AT disk "/" name "/dev\t" number "\nf " AT disk "/" name "/size\t9\n" \
	"f " AT disk "/" name "/partition\t1\n"                                    \
	"d " AT disk "/" name "/holders\nl sys/class/block/" name "\t" AT disk "/" name "\n"
#define VIRTUAL(name, number)                                                                     \
	"f sys/devices/virtual/block/" name "/dev\t" number "\nd sys/devices/virtual/block/" name \
	"/holders\nl sys/class/block/" name "\tsys/devices/virtual/block/" name "\n"
#define HOLDS(disk, name) "l " AT disk "/holders/" name "\tsys/devices/virtual/block/" name "\n"
#define SDA CONTROLLER DISK("sda", "8:0")
#define SDA1 SDA PART("sda", "sda1", "8:1")
#define ROOT "20 1 9:9 / / rw - ext4 /dev/other rw"
#define MOUNTS(lines) "f proc/self/mountinfo\t" ROOT lines "\n"
#define SWAPS(lines) "f proc/swaps\tFilename\tType\\n" lines "\n"
#define FREE "f dev/sda\tfree\n"
#define HELD "f dev/sda\theld\n"
#define PLAIN MOUNTS("") SWAPS("")
#define UDEV(number, lines) "f run/udev/data/b" number "\tI:1\\n" lines "\n"
#define NVMET "f sys/kernel/config/nvmet/subsystems/"
#define LIO "f sys/kernel/config/target/core/"

static const struct {
	const char *name, *machine;
	const char *uses;  /* separated by "; " */
	const char *fixes; /* of each, with blanks and "; " between them */
} cases[] = {
	{ "nothing", SDA PLAIN FREE UDEV("8:0", ""), "", "" },
	{ "mounted", SDA SWAPS("") MOUNTS("\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw"),
	  "sda is mounted at /srv", "umount /srv" },
	{ "inner mounts first",
	  SDA1 SWAPS("") MOUNTS("\\n21 20 8:1 / /srv rw - ext4 /dev/sda1 rw"
				"\\n22 21 8:1 /a /srv/a rw - ext4 /dev/sda1 rw"
				"\\n23 22 0:40 / /srv/a/tmp rw - tmpfs none rw"
				"\\n24 20 0:41 / /srvx rw - tmpfs none rw") "f dev/sda1\theld\n",
	  "sda1 is mounted at /srv/a; sda1 is mounted at /srv",
	  "umount /srv/a/tmp, umount /srv/a; umount /srv" },
	{ "mounted twice at one place",
	  SDA SWAPS("") MOUNTS("\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw"
			       "\\n22 21 0:40 / /srv rw - tmpfs none rw"),
	  "sda is mounted at /srv", "umount /srv, umount /srv" },
	{ "swap on a file before its mount",
	  SDA MOUNTS("\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw") SWAPS("/srv/swap file"),
	  "vital sda holds the swap file /srv/swap; sda is mounted at /srv",
	  "swapoff /srv/swap; umount /srv" },
	{ "the system", SDA SWAPS("") "f proc/self/mountinfo\t20 1 8:0 / / rw - ext4 /dev/sda rw\n",
	  "vital sda is mounted at /", "none" },
	{ "a log elsewhere",
	  SDA SWAPS("") MOUNTS("\\n21 20 9:1 / /srv rw - xfs /dev/sdx rw,logdev=/dev/sda,noquota"),
	  "sda is mounted at /srv", "umount /srv" },
	{ "a real-time part elsewhere",
	  SDA SWAPS("") MOUNTS("\\n21 20 9:1 / /srv rw - xfs /dev/sdx rw,rtdev=/dev/sda"),
	  "sda is mounted at /srv", "umount /srv" },
	{ "a journal elsewhere",
	  SDA SWAPS("") MOUNTS("\\n21 20 9:1 / /srv rw - reiserfs /dev/sdx rw,jdev=/dev/sda"),
	  "sda is mounted at /srv", "umount /srv" },
	{ "one of several in the source",
	  SDA SWAPS("") MOUNTS("\\n21 20 0:50 / /srv rw - bcachefs /dev/sdx:/dev/sda rw"),
	  "sda is mounted at /srv", "umount /srv" },
	{ "another member of btrfs",
	  SDA SWAPS("") MOUNTS("\\n21 20 0:50 / /srv rw - btrfs /dev/mapper/x rw") VIRTUAL(
		  "dm-0",
		  "253:0") "f sys/devices/virtual/block/dm-0/dm/name\tx\n"
			   "d sys/fs/btrfs/features\nd sys/fs/btrfs/1/devices/sda\nd sys/fs/btrfs/1/devices/dm-0\n" HELD,
	  "sda is mounted at /srv", "umount /srv" },
	{ "another btrfs",
	  SDA SWAPS("") MOUNTS("\\n21 20 0:50 / /srv rw - btrfs /dev/sdx rw") FREE
	  "d sys/fs/btrfs/1/devices/sdx\nd sys/fs/btrfs/2/devices/sda\n" UDEV("8:0", ""),
	  "", "" },
	{ "ZFS, a pool of data",
	  SDA1 SWAPS("") MOUNTS("\\n21 20 0:50 / /p rw - zfs my\\\\040pool/d rw") HELD
	  "f dev/sda1\theld\n" UDEV("8:1", "E:ID_FS_LABEL_ENC=my\\\\x20pool\\nE:ID_FS_LABEL=my_pool\\n"
					   "E:ID_FS_TYPE=zfs_member"),
	  "sda1 is a member of the ZFS pool 'my pool'", "zpool export 'my pool'" },
	{ "ZFS, the pool of the system",
	  SDA1 SWAPS("") "f proc/self/mountinfo\t20 1 0:50 / / rw - zfs rpool/ROOT rw\n" HELD
			 "f dev/sda1\theld\n" UDEV("8:1",
						   "E:ID_FS_LABEL=rpool\\nE:ID_FS_TYPE=zfs_member"),
	  "vital sda1 is a member of the ZFS pool 'rpool'", "none" },
	{ "ZFS, of the system, and which pool is not said",
	  SDA1 SWAPS("") "f proc/self/mountinfo\t20 1 0:50 / / rw - zfs rpool/ROOT rw\n" HELD
			 "f dev/sda1\theld\n" UDEV("8:1", "E:ID_FS_TYPE=zfs_member"),
	  "vital sda1 is a member of the ZFS pool 'unknown'", "none" },
	{ "ZFS, swap on some volume",
	  SDA1 SWAPS("/dev/zd0 x") MOUNTS("") HELD
	  "f dev/sda1\theld\n" UDEV("8:1", "E:ID_FS_LABEL=tank\\nE:ID_FS_TYPE=zfs_member"),
	  "vital sda1 is a member of the ZFS pool 'tank'", "none" },
	{ "ZFS, exported", SDA1 PLAIN FREE UDEV("8:0", "") UDEV("8:1", "E:ID_FS_TYPE=zfs_member"),
	  "peer sda1 holds data (zfs_member)", "none" },
	{ "an external journal", SDA PLAIN HELD UDEV("8:0", "E:ID_FS_TYPE=jbd"),
	  "vital sda is the journal of a file system on another disk", "none" },
	{ "nobody knows who", SDA PLAIN HELD UDEV("8:0", ""),
	  "vital sda is opened exclusively, by what cannot be seen (a file system of another mount "
	  "namespace?)",
	  "none" },
	{ "LVM, its swap and its crypt",
	  SDA MOUNTS("") SWAPS("/dev/dm-1 x") HOLDS("sda", "dm-0") VIRTUAL("dm-0", "253:0") VIRTUAL(
		  "dm-1",
		  "253:1") "l sys/devices/virtual/block/dm-0/holders/dm-1\tsys/devices/virtual/block/dm-1\n"
			   "f sys/devices/virtual/block/dm-0/dm/name\tmy--vg-lv--1\nf sys/devices/virtual/block/dm-0/dm/uuid\tLVM-x\n"
			   "f sys/devices/virtual/block/dm-1/dm/name\tcrypt\nf sys/devices/virtual/block/dm-1/dm/uuid\tCRYPT-x\n",
	  "vital dm-1 is swap (through crypt); dm-0 is held by crypt (through my--vg-lv--1); "
	  "sda is held by my--vg-lv--1",
	  "swapoff /dev/dm-1; cryptsetup close crypt; vgchange -an my-vg" },
	{ "md", SDA PLAIN HOLDS("sda", "md127") VIRTUAL("md127", "9:127") "f dev/md127\tfree\n",
	  "sda is held by md127", "mdadm --stop /dev/md127" },
	{ "bcache, behind it",
	  SDA SWAPS("") MOUNTS("\\n21 20 252:0 / /srv rw - ext4 /dev/bcache0 rw") VIRTUAL(
		  "bcache0", "252:0") "l " AT "sda/bcache/dev\tsys/devices/virtual/block/bcache0\n",
	  "bcache0 is mounted at /srv (through bcache0); sda is held by bcache0",
	  "umount /srv; echo 1 > /sys/block/bcache0/bcache/stop" },
	{ "bcache, the cache of the system",
	  SDA SWAPS("") "f proc/self/mountinfo\t20 1 252:0 / / rw - ext4 /dev/bcache0 rw\n" VIRTUAL(
		  "bcache0",
		  "252:0") "l " AT "sda/bcache/set\tsys/fs/bcache/7a\n"
			   "l sys/fs/bcache/7a/bdev0\tsys/devices/virtual/block/sdx/bcache\n"
			   "l sys/class/block/sdx\tsys/devices/virtual/block/sdx\n"
			   "l sys/devices/virtual/block/sdx/bcache/dev\tsys/devices/virtual/block/bcache0\n",
	  "vital bcache0 is mounted at / (through bcache0); sda is a cache of bcache",
	  "none; echo 1 > /sys/fs/bcache/7a/stop" },
	{ "bcache, a volume of the cache",
	  SDA SWAPS("") MOUNTS("\\n21 20 252:1 / /srv rw - ext4 /dev/bcache1 rw") VIRTUAL(
		  "bcache1",
		  "252:1") "l " AT "sda/bcache/set\tsys/fs/bcache/7a\n"
			   "d sys/devices/virtual/block/bcache1/bcache\n"
			   "l sys/fs/bcache/7a/volume0\tsys/devices/virtual/block/bcache1/bcache\n",
	  "bcache1 is mounted at /srv (through bcache1); sda is a cache of bcache",
	  "umount /srv; echo 1 > /sys/fs/bcache/7a/stop" },
	{ "nvmet",
	  SDA PLAIN NVMET "n/namespaces/1/device_path\t/dev/sda\n" NVMET "n/namespaces/1/enable\t1\n",
	  "sda is exported by the NVMe target (/sys/kernel/config/nvmet/subsystems/n/namespaces/1)",
	  "echo 0 > /sys/kernel/config/nvmet/subsystems/n/namespaces/1/enable" },
	{ "nvmet, let go",
	  SDA PLAIN FREE UDEV("8:0", "") NVMET "n/namespaces/1/device_path\t/dev/sda\n" NVMET
					       "n/namespaces/1/enable\t0\n",
	  "", "" },
	{ "nvmet, by a link",
	  SDA PLAIN "l dev/disk/by-id/x\t../../sda\n" NVMET
		    "n/namespaces/1/device_path\t/dev/disk/by-id/x\n" NVMET
		    "n/namespaces/1/enable\t1\n",
	  "sda is exported by the NVMe target (/sys/kernel/config/nvmet/subsystems/n/namespaces/1)",
	  "echo 0 > /sys/kernel/config/nvmet/subsystems/n/namespaces/1/enable" },
	{ "nvmet, a file",
	  SDA SWAPS("") MOUNTS("\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw") NVMET
	  "n/namespaces/1/device_path\t/srv/d.img\n" NVMET "n/namespaces/1/enable\t1\n",
	  "sda holds the file /srv/d.img, exported by the NVMe target "
	  "(/sys/kernel/config/nvmet/subsystems/n/namespaces/1); sda is mounted at /srv",
	  "echo 0 > /sys/kernel/config/nvmet/subsystems/n/namespaces/1/enable; umount /srv" },
	{ "LIO", SDA PLAIN LIO "iblock_0/d/udev_path\t/dev/sda\n",
	  "sda is exported by the target LIO (d)", "targetcli /backstores/block delete d" },
	{ "LIO, by its numbers",
	  SDA PLAIN LIO
	  "iblock_0/d/udev_path\t\n" LIO
	  "iblock_0/d/info\tStatus: ACTIVATED\\n        Major: 8 Minor: 0  CLAIMED: IBLOCK\n",
	  "sda is exported by the target LIO (d)", "targetcli /backstores/block delete d" },
	{ "LIO, as a file", SDA PLAIN LIO "fileio_1/d/udev_path\t/dev/sda\n",
	  "sda is exported by the target LIO (d)", "targetcli /backstores/fileio delete d" },
	{ "LIO, as a SCSI device", SDA PLAIN LIO "pscsi_1/d/udev_path\t/dev/sda\n",
	  "sda is exported by the target LIO (d)", "targetcli /backstores/pscsi delete d" },
	{ "SCST", SDA PLAIN "f sys/kernel/scst_tgt/devices/d/filename\t/dev/sda\\n[key]\n",
	  "sda is exported by the target SCST (d)", "none" },
	{ "a loop",
	  SDA PLAIN "f sys/block/loop0/loop/backing_file\t/dev/sda\n" VIRTUAL("loop0", "7:0"),
	  "sda is held by loop0", "losetup --detach /dev/loop0" },
	{ "the system in a file",
	  SDA SWAPS(
		  "") "f proc/self/mountinfo\t20 1 7:0 / / rw - ext4 /dev/loop0 rw\\n"
		      "21 20 8:0 / /host rw - ntfs /dev/sda rw\nf sys/block/loop0/loop/backing_file\t/host/disk\n" VIRTUAL(
			      "loop0", "7:0"),
	  "sda holds the file /host/disk, held by loop0; sda is mounted at /host; "
	  "vital loop0 is mounted at / (through loop0)",
	  "losetup --detach /dev/loop0; umount /host; none" },
	{ "zram writes back",
	  SDA MOUNTS("") SWAPS(
		  "/dev/zram0 x") "f sys/block/zram0/backing_dev\t/dev/sda\n"
				  "f sys/block/zram1/backing_dev\tnone\n" VIRTUAL("zram0", "251:0"),
	  "vital zram0 is swap (through zram0); sda is what zram0 writes back to",
	  "swapoff /dev/zram0; echo 1 > /sys/block/zram0/reset" },
	{ "NVMe, the whole controller",
	  "pci 0000:01:00.0 class=010802 id=144d:a808 group=2 driver=nvme\n"
	  "f @0000:01:00.0/nvme/nvme3/nvme3n1/dev\t259:0\nf @0000:01:00.0/nvme/nvme3/nvme3n1/size\t9\n"
	  "l sys/class/block/nvme3n1\t@0000:01:00.0/nvme/nvme3/nvme3n1\n" PLAIN NVMET
	  "n/passthru/device_path\t/dev/nvme3\n" NVMET "n/passthru/enable\t1\n",
	  "nvme3 is exported by the NVMe target (/sys/kernel/config/nvmet/subsystems/n/passthru)",
	  "echo 0 > /sys/kernel/config/nvmet/subsystems/n/passthru/enable" },
};

static const struct vh_host *read_host(const struct scratch *s)
{
	const struct vh_pci_addr addr = { .bus = 1 };

	return vh_host_read(&s->root, &addr, 1, VH_HOST_USES, INT64_MAX);
}

/* Lines become ", ". */
static void add_fix(struct vh_strbuf *to, const char *fix)
{
	for (const char *p = fix; *p; p++)
		vh_strbuf_add_mem(to, *p == '\n' ? ", " : p, *p == '\n' ? 2 : 1);
}

static void test_case(size_t n)
{
	_auto_(scratch) struct scratch *s = scratch_new(cases[n].machine);
	_auto_(vh_host) const struct vh_host *h = read_host(s);
	const struct vh_pci_dev *d = h->devs[0];
	_auto_strbuf_ struct vh_strbuf uses = { 0 }, fixes = { 0 };

	vh_strbuf_add(&uses, "");
	vh_strbuf_add(&fixes, "");
	for (size_t i = 0; i < d->n_uses; i++) {
		const struct vh_use *u = &d->uses[i];

		vh_strbuf_addf(&uses, "%s%s%s%s", i ? "; " : "", u->vital ? "vital " : "",
			       u->peer_only ? "peer " : "", u->text);
		vh_strbuf_add(&fixes, i ? "; " : "");
		add_fix(&fixes, u->fix ? u->fix : "none");
	}
	if (!ok(!strcmp(uses.data, cases[n].uses), "%s", cases[n].name))
		diag("have: %s", uses.data);
	if (!ok(!strcmp(fixes.data, cases[n].fixes), "%s: how to end it", cases[n].name))
		diag("have: %s", fixes.data);
}

/* --- names that a shell would take apart ------------------------------------------------------- */

#define SIXTY "sixty characters make a name that a message would cut, here "

static const char *const names[] = {
	"plain",      "two words",    "it's",
	"\"quoted\"", "$(id)",        "`id`",
	"a;b&c|d",    "*?[a]",        "~",
	"#none",      "back\\slash",  "$HOME",
	"new\nline",  "tab\there",    "\033[1m",
	"f\303\274r", "\342\200\256", "\377",
	"-rf",        "=x",           "'",
	"(x)",        "!x",           " ",
	"x ",         "a{b,c}d",      SIXTY SIXTY SIXTY SIXTY,
};

/* /dev/disk/by-... as mountinfo and swaps write it, and as udev does. */
static char *escaped(const char *name, const char *format)
{
	struct vh_strbuf sb = { 0 };

	for (const char *p = name; *p; p++) {
		if ((*p >= 'a' && *p <= 'z') || *p == '-')
			vh_strbuf_add_mem(&sb, p, 1);
		else if (*format == 'o')
			vh_strbuf_addf(&sb, "\\%03o", (unsigned char)*p);
		else
			vh_strbuf_addf(&sb, "\\x%02x", (unsigned char)*p);
	}
	return vh_strbuf_steal(&sb);
}

static void put(const struct scratch *s, const char *path, const char *text)
{
	_auto_free_ char *whole = vh_printf("%s/%s", s->dir, path);
	_auto_close_ int fd = -1;

	for (char *p = whole + strlen(s->dir) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		(void)mkdir(whole, 0755); /* open() tells */
		*p = '/';
	}
	fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || vh_write_all(fd, text, strlen(text)) < 0)
		abort();
}

#define DM SDA PLAIN HOLDS("sda", "dm-0") VIRTUAL("dm-0", "253:0") "f dev/dm-0\tfree\n"

/* Where a name can stand: the file that says it, and the command that gets it. */
static const struct place {
	const char *machine;
	const char *path, *text; /* %s: the name; %o and %x: written as mountinfo and udev do */
	const char *more;        /* of one file more: PATH TAB TEXT, or NULL */
	const char *want;        /* the command, a TAB, its last argument with %s */
	size_t args;
} places[] = {
	{ SDA SWAPS(""), "proc/self/mountinfo", "21 20 8:0 / /mnt/%o rw - ext4 /dev/sda rw\n", NULL,
	  "umount\t/mnt/%s", 1 },
	{ SDA, "proc/swaps", "Filename\n/mnt/%o file\n",
	  "proc/self/mountinfo\t21 20 8:0 / /mnt rw - ext4 /dev/sda rw\n", "swapoff\t/mnt/%s", 1 },
	{ DM, "sys/devices/virtual/block/dm-0/dm/name", "%s\n",
	  "sys/devices/virtual/block/dm-0/dm/uuid\tCRYPT-x\n", "cryptsetup\t%s", 2 },
	{ DM, "sys/devices/virtual/block/dm-0/dm/name", "%s\n", NULL, "dmsetup\t%s", 2 },
	{ DM, "sys/devices/virtual/block/dm-0/dm/name", "%s\n",
	  "sys/devices/virtual/block/dm-0/dm/uuid\tmpath-x\n", "multipath\t%s", 2 },
	{ SDA PLAIN HELD, "run/udev/data/b8:0",
	  "I:1\nE:ID_FS_LABEL_ENC=%x\nE:ID_FS_TYPE=zfs_member\n", NULL, "zpool\t%s", 2 },
	{ SDA PLAIN, "sys/kernel/config/target/core/iblock_0/%s/udev_path", "/dev/sda\n", NULL,
	  "targetcli\t%s", 3 },
	{ SDA PLAIN, "sys/kernel/config/nvmet/subsystems/%s/namespaces/1/device_path", "/dev/sda\n",
	  NULL, "echo\t/sys/kernel/config/nvmet/subsystems/%s/namespaces/1/enable", 2 },
	{ SDA PLAIN,
	  "sys/devices/pci0000:01/0000:01:00.0/host0/target0:0:0/0:0:0:0/block/sda/holders/md_%s",
	  "", NULL, "mdadm\t/dev/md_%s", 2 },
};

/* The template with the name in it. */
static char *with_name(const char *template, const char *name)
{
	_auto_free_ char *octal = escaped(name, "o"), *hex = escaped(name, "x");
	struct vh_strbuf sb = { 0 };

	for (const char *p = template; *p; p++) {
		if (*p == '%' && p[1])
			vh_strbuf_add(&sb, *++p == 's' ? name : *p == 'o' ? octal : hex);
		else
			vh_strbuf_add_mem(&sb, p, 1);
	}
	return vh_strbuf_steal(&sb);
}

/* The fix of the use that the place makes. A redirection becomes an argument. */
static char *fix_of(const struct place *at, const char *name)
{
	_auto_(scratch) struct scratch *s = scratch_new(at->machine);
	_auto_free_ char *path = with_name(at->path, name), *text = with_name(at->text, name);
	const char *tab = at->more ? strchr(at->more, '\t') : NULL;
	_auto_free_ char *more = tab ? vh_strndup(at->more, (size_t)(tab - at->more)) : NULL;
	const struct vh_host *h;
	struct vh_strbuf sb = { 0 };
	const char *fix, *to;

	put(s, path, text);
	if (more)
		put(s, more, tab + 1);
	h = read_host(s);
	fix = h->devs[0]->n_uses && h->devs[0]->uses[0].fix ? h->devs[0]->uses[0].fix : "none";
	to = vh_has_prefix(fix, "echo ") ? strstr(fix, " > ") : NULL;
	vh_strbuf_add_mem(&sb, fix, to ? (size_t)(to - fix) : strlen(fix));
	vh_strbuf_add(&sb, to ? to + 2 : "");
	vh_host_free((struct vh_host *)h);
	return vh_strbuf_steal(&sb);
}

/* What each stub was called as, with how many arguments but for "--", and the last of them. */
static const char stubs[] =
	"said() { printf '%s\\0' \"$1\"; local n=0 a last=; for a in \"${@:2}\"; do\n"
	"[ \"$a\" = -- ] && continue; n=$((n+1)); last=$a; done; printf '%s\\0' $n \"$last\"; }\n"
	"for c in umount swapoff cryptsetup dmsetup multipath zpool targetcli echo mdadm virsh none; do\n"
	"eval \"$c() { said $c \\\"\\$@\\\"; }\"; done\n";

static const char *next(const struct vh_strbuf *from, size_t *at)
{
	const char *word = *at < from->len ? from->data + *at : "";

	*at += strlen(word) + 1;
	return word;
}

static void compare(const struct vh_strbuf *said, size_t *at, const char *want, size_t args,
		    const char *name)
{
	_auto_free_ char *shown = vh_printable_line(name), *whole = with_name(want, name);
	char *tab = strchr(whole, '\t');
	const char *command = next(said, at), *count = next(said, at), *last = next(said, at);
	uint64_t n = 0;

	*tab = 0;
	VH_IGNORE(vh_parse_uint(count, 10, 99, &n)); /* 0 is wrong as well */
	if (!ok(!strcmp(command, whole) && n == args && !strcmp(last, tab + 1), "%s gets %.20s",
		whole, shown))
		diag("%s, %s arguments, the last '%s'", command, count, last);
}

static void test_names(void)
{
	char path[] = "/tmp/t-block-uses.XXXXXX";
	_auto_free_ char *command = NULL;
	_auto_close_ int fd = mkstemp(path);
	_auto_strbuf_ struct vh_strbuf script = { 0 }, said = { 0 };
	size_t at = 0;
	FILE *f;

	vh_strbuf_add(&script, stubs);
	for (size_t i = 0; i < VH_COUNT(places) * VH_COUNT(names); i++) {
		_auto_free_ char *fix = fix_of(&places[i / VH_COUNT(names)],
					       names[i % VH_COUNT(names)]);

		vh_strbuf_addf(&script, "%s\n", fix);
	}
	for (size_t i = 0; i < VH_COUNT(names); i++) {
		_auto_free_ char *domain = vh_wording_domain(names[i], NULL);
		_auto_free_ char *end = vh_wording_end_guest(domain);

		vh_strbuf_addf(&script, "%.*s\n", (int)strcspn(end, "\n"), end);
	}
	command = vh_printf("bash %s", path);
	if (fd < 0 || vh_write_all(fd, script.data, script.len) < 0 || !(f = popen(command, "r")))
		abort();
	ok(vh_strbuf_read_fd(&said, fileno(f), 1 << 22) == 0 && pclose(f) == 0, "the shell runs");
	unlink(path);
	for (size_t i = 0; i < VH_COUNT(places) * VH_COUNT(names); i++)
		compare(&said, &at, places[i / VH_COUNT(names)].want,
			places[i / VH_COUNT(names)].args, names[i % VH_COUNT(names)]);
	for (size_t i = 0; i < VH_COUNT(names); i++)
		compare(&said, &at, "virsh\t%s", 2, names[i]);
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++)
		test_case(i);
	test_names();
	return tap_done();
}
