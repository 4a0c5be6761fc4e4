/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-rows - the rows of tables of what the host uses, each said once more, as a row that goes from
 * its table is to be missed: by a machine made of each, or asked for by its name. Subsystems are in
 * t-nodes, kernel users and holders of disks in t-block-uses.
 */
#include "lib/base/strbuf.h"
#include "lib/host/processes/holder.h"
#include "lib/host/read.h"
#include "lib/host/uses/subsystem.h"
#include "lib/host/uses/ties.h"
#include "lib/host/uses/use.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

static const struct vh_host *read_card(const struct scratch *s)
{
	const struct vh_pci_addr addr = { .bus = 1 };

	return vh_host_read(&s->root, &addr, 1, VH_HOST_USES, INT64_MAX);
}

static const char *use_with(const struct vh_host *h, const char *words, const char **ret_fix)
{
	const struct vh_pci_dev *d = h->devs[0];

	for (size_t i = 0; i < d->n_uses; i++)
		if (strstr(d->uses[i].text, words)) {
			*ret_fix = d->uses[i].fix;
			return d->uses[i].text;
		}
	return NULL;
}

/* --- processes ---------------------------------------------------------------------------------- */

/* With a star: whatever follows. */
static const struct {
	enum vh_holder_rank rank;
	const char *names[48];
} ranks[] = {
	{ VH_HOLDER_GUEST,
	  { "qemu-system-x86", "qemu-system-aar", "qemu-kvm", "qemu-kvm-spice", "qemu", "kvm",
	    "cloud-hyperviso", "firecracker", "crosvm", "lkvm", "stratovirt", "VBoxHeadless",
	    "VirtualBoxVM", "vmware-vmx" } },
	{ VH_HOLDER_DESKTOP, { "Xorg",      "Xorg.bin",      "X",
			       "Xwayland",  "gnome-shell",   "kwin_wayland",
			       "kwin_x11",  "gnome-kiosk",   "mutter-x11-fram",
			       "mutter",    "budgie-wm",     "enlightenment",
			       "sway",      "weston",        "Hyprland",
			       "labwc",     "wayfire",       "river",
			       "niri",      "cosmic-comp",   "gamescope-wl",
			       "cage",      "phoc",          "muffin",
			       "cinnamon",  "gala",          "miriway",
			       "plymouthd", ".sway-wrapped", ".gnome-shell-wr" } },
	{ VH_HOLDER_HANDS_OUT, { "systemd-logind", "elogind", "seatd" } },
	{ VH_HOLDER_LOOKS,
	  { "systemd-udevd",   "(udev-worker)",   "udevd",           "udevadm",
	    "smartd",          "smartctl",        "multipathd",      "tuned",
	    "upowerd",         "rtkit-daemon",    "wireplumber",     "pipewire-media-",
	    "udisksd",         "fwupd",           "colord",          "boltd",
	    "thermald",        "irqbalance",      "power-profiles-", "switcheroo-cont",
	    "iio-sensor-prox", "usbguard-daemon", "hddtemp",         "hd-idle",
	    "lvmpolld",        "dmeventd",        "mdmon",           "mdadm",
	    "blkid",           "lsblk",           "lspci",           "lsusb",
	    "libvirtd",        "virtqemud",       "virtnodedevd",    "virtstoraged",
	    "node_exporter",   "prometheus-node", "telegraf",        "vfio-hook" } },
	{ VH_HOLDER_PLAIN,
	  { "qemu-nbd", "qemu-ga", "kvmtool", "Xvfb", "swayidle", "smartd2", "python3" } },
};

static void test_rank(const char *name, enum vh_holder_rank rank)
{
	_auto_free_ char *text = vh_printf(
		"f proc/7/stat\t7 (%s) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n", name);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_holder_ struct vh_holder h = { 0 };

	vh_holder_read(&s->root, 7, &h);
	ok(h.rank == rank, "what a process called %s is", name);
}

/* --- disks --------------------------------------------------------------------------------------- */

#define CONTROLLER "pci 0000:01:00.0 class=010700 id=1000:0097 group=2 driver=mpt3sas\n"
#define AT "@0000:01:00.0/host0/target0:0:0/0:0:0:0/block/sda/"
#define SDA                                                                                      \
	CONTROLLER "f " AT "dev\t8:0\nf " AT "size\t9\nd " AT "holders\nl sys/class/block/sda\t" \
		   "@0000:01:00.0/host0/target0:0:0/0:0:0:0/block/sda\nf proc/swaps\tFilename\n"
#define ROOT "f proc/self/mountinfo\t20 1 9:9 / / rw - ext4 /dev/other rw"
#define DM "sys/devices/virtual/block/dm-0/"
#define TEN "aaaaaaaaaa"

/* What looks up names without waiting for anybody. */
static void test_local(void)
{
	static const struct {
		const char *type;
		bool local;
	} types[] = {
		{ "ext2", true },     { "ext3", true },      { "ext4", true },
		{ "xfs", true },      { "btrfs", true },     { "zfs", true },
		{ "bcachefs", true }, { "f2fs", true },      { "jfs", true },
		{ "vfat", true },     { "exfat", true },     { "ntfs3", true },
		{ "iso9660", true },  { "udf", true },       { "squashfs", true },
		{ "erofs", true },    { "tmpfs", true },     { "devtmpfs", true },
		{ "overlay", true },  { "rootfs", true },    { "nfs", false },
		{ "nfs4", false },    { "cifs", false },     { "autofs", false },
		{ "fuse.x", false },  { "fuseblk", false },  { "ceph", false },
		{ "9p", false },      { "virtiofs", false }, { "ext5", false },
	};

	for (size_t i = 0; i < VH_COUNT(types); i++) {
		_auto_free_ char *text = vh_printf(SDA ROOT "\\n21 20 0:77 / /m rw - %s x rw\n",
						   types[i].type);
		_auto_(scratch) struct scratch *s = scratch_new(text);
		_auto_(vh_host) const struct vh_host *h = read_card(s);
		bool right = h->n_mounts == 2 && h->mounts[1].waits == !types[i].local;

		ok(right, "a name in a file system of type %s is looked up %s", types[i].type,
		   types[i].local ? "here" : "elsewhere, maybe");
	}
}

/* The inner volumes of LVM end with the one that has a name. */
static void test_parts(void)
{
	static const char *const parts[] = { "tdata",   "tmeta",  "rimage_1", "rmeta_0", "mimage_0",
					     "mlog",    "cdata",  "cmeta",    "corig",   "cvol",
					     "vdata",   "wcorig", "iorig",    "imeta",   "pmspare",
					     "vorigin", "cpool" };

	for (size_t i = 0; i < VH_COUNT(parts); i++) {
		_auto_free_ char *text = vh_printf(
			SDA ROOT "\nl " AT "holders/dm-0\tsys/devices/virtual/block/dm-0\n"
				 "f " DM "dev\t253:0\nd " DM "holders\nf " DM "dm/name\tvg-pool_%s\n"
				 "f " DM "dm/uuid\tLVM-" TEN TEN TEN TEN TEN TEN "aaaa-x\n"
				 "l sys/class/block/dm-0\tsys/devices/virtual/block/dm-0\n",
			parts[i]);
		_auto_(scratch) struct scratch *s = scratch_new(text);
		_auto_(vh_host) const struct vh_host *h = read_card(s);
		const char *fix = NULL;

		if (!ok(use_with(h, "is held by vg-pool", &fix) &&
				vh_streq(fix, "lvchange -an vg/pool"),
			"the volume to end is the one of vg/pool_%s", parts[i]))
			diag("%s", fix ? fix : "-");
	}
}

static void test_file_systems(void)
{
	static const char *const places[] = { "sys/fs/ext4",   "sys/fs/xfs",   "sys/fs/f2fs",
					      "sys/fs/nilfs2", "sys/fs/erofs", "proc/fs/ntfs3" };

	for (size_t i = 0; i < VH_COUNT(places); i++) {
		_auto_free_ char *text = vh_printf(
			SDA ROOT "\nd %s/sda\nf run/udev/data/b8:0\tI:1\n", places[i]);
		_auto_(scratch) struct scratch *s = scratch_new(text);
		_auto_(vh_host) const struct vh_host *h = read_card(s);
		const char *fix;

		ok(use_with(h, "is mounted where it cannot be seen", &fix) != NULL,
		   "a file system that lives in %s", places[i]);
	}
}

static void test_flash(void)
{
	static const struct {
		const char *name;
		bool firmware;
	} names[] = {
		{ "BIOS", true },          { "bios", true },     { "Host UEFI", true },
		{ "uefi", true },          { "coreboot", true }, { "COREBOOT-A", true },
		{ "sfc_dig_ramp", false }, { "xe.nvm", false },
	};

	for (size_t i = 0; i < VH_COUNT(names); i++) {
		_auto_free_ char *text = vh_printf(
			"pci 0000:00:1c.0 class=060400 id=8086:a190 group=1 driver=pcieport header=01\n"
			"pci 0000:01:00.0 class=0c8000 id=8086:a324 group=2 driver=x parent=0000:00:1c.0\n"
			"f @0000:01:00.0/mtd/mtd0/name\t%s\nf @0000:01:00.0/mtd/mtd0/dev\t90:0\n",
			names[i].name);
		_auto_(scratch) struct scratch *s = scratch_new(text);
		_auto_(vh_host) const struct vh_host *h = read_card(s);
		const struct vh_pci_dev *d = vh_host_dev(h, &(struct vh_pci_addr){ .bus = 1 });

		ok(d->firmware_flash == names[i].firmware, "a flash called %s is the %s",
		   names[i].name, names[i].firmware ? "firmware's" : "card's own");
	}
}

/* --- what is asked for by its name -------------------------------------------------------------- */

static void test_names(void)
{
	static const char *const network[] = { "nfs",       "nfs4",   "cifs",           "smb3",
					       "ceph",      "lustre", "fuse.glusterfs", "afs",
					       "fuse.sshfs" };
	static const char *const vital[] = {
		"/",          "/boot",     "/boot/efi", "/boot/firmware",
		"/efi",       "/bin",      "/sbin",     "/lib",
		"/lib64",     "/sysroot",  "/boot/EFI", "/boot/grub2/x86_64-efi",
		"/usr",       "/var",      "/etc",      "/nix",
		"/nix/store", "/gnu/store"
	};
	static const char *const idle[] = { "/srv", "/home", "/var/lib/x", "/boot2", "" };
	static const struct {
		const char *subsystem, *name;
		bool counts;
	} nodes[] = {
		{ "drm", "card0", true },        { "drm", "renderD128", true },
		{ "drm", "controlD64", true },   { "drm", "version", false },
		{ "sound", "pcmC0D0p", true },   { "sound", "midiC1D0", true },
		{ "sound", "comprC0D1", true },  { "sound", "dsp", true },
		{ "sound", "adsp1", true },      { "sound", "audio", true },
		{ "sound", "controlC0", false }, { "sound", "hwC0D0", false },
		{ "sound", "timer", false },     { "graphics", "fb0", true },
		{ "graphics", "fbcon", true },
	};
	static const char *const keys[] = { "lowerdir", "lowerdir+", "datadir+", "upperdir" };
	static const char *const values[] = { "-N", "-b", "-t",    "-T",          "-C",
					      "-i", "-S", "-name", "-block-size", "-timeout" };

	for (size_t i = 0; i < VH_COUNT(network); i++)
		ok(vh_mounts_is_network(network[i]), "%s is of a server", network[i]);
	ok(!vh_mounts_is_network("ext4"), "ext4 is of no server");
	for (size_t i = 0; i < VH_COUNT(vital); i++)
		ok(vh_use_is_vital_mount(vital[i]), "%s is the system's", vital[i]);
	for (size_t i = 0; i < VH_COUNT(idle); i++)
		ok(!vh_use_is_vital_mount(idle[i]), "'%s' is not the system's", idle[i]);
	for (size_t i = 0; i < VH_COUNT(nodes); i++)
		ok(vh_subsystem_counts(vh_subsystem_find(nodes[i].subsystem), nodes[i].name) ==
			   nodes[i].counts,
		   "%s of %s %s", nodes[i].name, nodes[i].subsystem,
		   nodes[i].counts ? "counts" : "does not count");
	for (size_t i = 0; i < VH_COUNT(keys); i++) {
		_auto_free_ char *options = vh_printf("rw,%s=/a", keys[i]);
		struct vh_mount m = { .options = options };
		_auto_names_ struct vh_names layers = { 0 };

		vh_mounts_layers(&m, &layers);
		ok(layers.count == 1 && !strcmp(layers.name[0], "/a"), "a layer by %s", keys[i]);
	}
	for (size_t i = 0; i < VH_COUNT(values); i++) {
		_auto_strbuf_ struct vh_strbuf args = { 0 };
		_auto_free_ char *server = NULL;

		vh_strbuf_add_mem(&args, "nbd-client", strlen("nbd-client") + 1);
		vh_strbuf_add_mem(&args, values[i], strlen(values[i]) + 1);
		vh_strbuf_add_mem(&args, "value", strlen("value") + 1);
		vh_strbuf_add_mem(&args, "server", strlen("server") + 1);
		server = vh_ties_nbd_server(args.data, args.len);
		ok(vh_streq(server, "server"), "nbd-client %s VALUE SERVER", values[i]);
	}
}

/* --- tunnels -------------------------------------------------------------------------------------- */

/* By the kernel's word, or by the name where the source has no more than that. */
static void test_tunnels(void)
{
	static const struct {
		const char *name, *devtype;
		bool may;
	} tunnels[] = {
		{ "tun0", NULL, true },      { "tap0", NULL, true },    { "wg0", NULL, true },
		{ "gre1", NULL, true },      { "sit1", NULL, true },    { "ipip1", NULL, true },
		{ "vxlan7", NULL, true },    { "vti0", NULL, true },    { "ip6tnl1", NULL, true },
		{ "x0", "wireguard", true }, { "x0", "vxlan", true },   { "x0", "geneve", true },
		{ "x0", "gtp", true },       { "x0", "bareudp", true }, { "x0", "l2tpeth", true },
		{ "x0", "amneziawg", true }, { "eth7", NULL, false },
	};

	for (size_t i = 0; i < VH_COUNT(tunnels); i++) {
		const char *n = tunnels[i].name;
		_auto_free_ char *link =
			tunnels[i].devtype
				? vh_printf("f sys/devices/virtual/net/%s/type\t1\n"
					    "f sys/devices/virtual/net/%s/uevent\tDEVTYPE=%s\n"
					    "l sys/class/net/%s\tsys/devices/virtual/net/%s\n",
					    n, n, tunnels[i].devtype, n, n)
				: vh_strdup("");
		_auto_free_ char *text = vh_printf(
			"pci 0000:01:00.0 class=020000 id=8086:1521 group=2 driver=igb\n"
			"f @0000:01:00.0/net/eth0/flags\t0x1003\nf proc/swaps\tFilename\n" ROOT
			"\nf routes\t254 198.51.100.9/32 192.0.2.1 eth0\\n254 0.0.0.0/0 - %s\n%s",
			n, link);
		_auto_(scratch) struct scratch *s = scratch_new(text);
		_auto_(vh_host) const struct vh_host *h = read_card(s);
		const char *fix;

		ok(!use_with(h, "may carry", &fix) == !tunnels[i].may, "%s%s%s %s", n,
		   tunnels[i].devtype ? ", which the kernel calls " : "",
		   tunnels[i].devtype ? tunnels[i].devtype : "",
		   tunnels[i].may ? "may run over a card" : "runs over no card");
	}
}

/* A dummy has no medium, whatever routes it has. */
static void test_dummies(void)
{
	static const struct {
		const char *name, *flags;
		bool may;
	} all[] = {
		{ "dummy0", NULL, false }, { "ifb0", NULL, false },  { "br-ex", NULL, true },
		{ "x0", "0x83", false },   { "x0", "0x1003", true },
	};

	for (size_t i = 0; i < VH_COUNT(all); i++) {
		const char *n = all[i].name;
		_auto_free_ char *flags =
			all[i].flags ? vh_printf("f sys/devices/virtual/net/%s/flags\t%s\n", n,
						 all[i].flags)
				     : vh_strdup("");
		_auto_free_ char *text = vh_printf(
			"pci 0000:01:00.0 class=020000 id=8086:1521 group=2 driver=igb\n"
			"f @0000:01:00.0/net/eth0/flags\t0x1003\nf proc/swaps\tFilename\n" ROOT
			"\nf sys/devices/virtual/net/%s/type\t1\n%s"
			"f sys/devices/virtual/net/ovs-system/type\t1\n"
			"l sys/class/net/ovs-system\tsys/devices/virtual/net/ovs-system\n"
			"l @0000:01:00.0/net/eth0/upper_ovs-system\tsys/devices/virtual/net/ovs-system\n"
			"l @0000:01:00.0/net/eth0/master\tsys/devices/virtual/net/ovs-system\n"
			"l sys/class/net/%s\tsys/devices/virtual/net/%s\n"
			"f routes\t254 0.0.0.0/0 - %s\n",
			n, flags, n, n, n);
		_auto_(scratch) struct scratch *s = scratch_new(text);
		_auto_(vh_host) const struct vh_host *h = read_card(s);
		const char *fix;

		ok(!use_with(h, "which has the default route", &fix) == !all[i].may,
		   "%s with flags %s is %s of Open vSwitch", n,
		   all[i].flags ? all[i].flags : "unknown", all[i].may ? "a bridge" : "no bridge");
	}
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(ranks); i++)
		for (size_t k = 0; k < VH_COUNT(ranks[i].names) && ranks[i].names[k]; k++)
			test_rank(ranks[i].names[k], ranks[i].rank);
	test_local();
	test_parts();
	test_file_systems();
	test_flash();
	test_names();
	test_tunnels();
	test_dummies();
	return tap_done();
}
