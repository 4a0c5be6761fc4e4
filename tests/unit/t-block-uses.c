/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-block-uses - what uses a disk, and the lines that end it: read from small machines with one
 * disk. Names that a shell would take apart: t-fixes.
 */
#include <errno.h>

#include "lib/base/strbuf.h"
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
#define VIRTUAL_PART(of, name, number)                                  \
	"f sys/devices/virtual/block/" of "/" name "/dev\t" number "\n" \
	"f sys/devices/virtual/block/" of "/" name "/partition\t1\n"    \
	"d sys/devices/virtual/block/" of "/" name "/holders\n"         \
	"l sys/class/block/" name "\tsys/devices/virtual/block/" of "/" name "\n"
#define HOLDS(disk, name) "l " AT disk "/holders/" name "\tsys/devices/virtual/block/" name "\n"
#define SDA CONTROLLER DISK("sda", "8:0")
#define SDA1 SDA PART("sda", "sda1", "8:1")
#define ROOT "20 1 9:9 / / rw - ext4 /dev/other rw"
#define MOUNTS(lines) "f proc/self/mountinfo\t" ROOT lines "\n"
#define SWAPS(lines) "f proc/swaps\tFilename\tType\\n" lines "\n"
#define UNRAID(state)                                                                          \
	"f proc/mdstat\tsbName=/boot/config/super.dat\\nmdState=" state                        \
	"\\ndiskName.0=\\nrdevName.0=sdf\\ndiskName.1=md1p1\\nrdevName.1=sda\\ndiskName.2=\\n" \
	"rdevName.2=\n"
#define FREE "f dev/sda\tfree\n"
#define HELD "f dev/sda\theld\n"
/* By who only looks, and opens nothing exclusively. */
#define LOOKS "# looks\n"
#define PLAIN MOUNTS("") SWAPS("")
#define UDEV(number, lines) "f run/udev/data/b" number "\tI:1\\n" lines "\n"
#define TANK UDEV("8:1", "E:ID_FS_LABEL=tank\\nE:ID_FS_TYPE=zfs_member")
#define PROCESS(pid, comm) \
	"f proc/" pid "/stat\t" pid " (" comm ") S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n"
#define QEMU(node)                                                                                     \
	"f proc/77/stat\t77 (qemu-system-x86) S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 500 0 0\n" \
	"f proc/77/cgroup\t0::/machine.slice/machine-qemu\\\\x2d1\\\\x2dvm.scope\n"                    \
	"l proc/77/fd/9\t" node "\n"
#define NVMET "f sys/kernel/config/nvmet/subsystems/"
#define LVMID TEN TEN TEN TEN TEN TEN "aaaa"
#define TEN "aaaaaaaaaa"
#define CUT "/" TEN TEN TEN TEN TEN TEN TEN "aaaaaaaaa..."
#define LONG "/" TEN TEN TEN TEN TEN TEN TEN TEN
#define CUTS "   # cuts off whoever works with it"
#define LIO "f sys/kernel/config/target/core/"

static const struct {
	const char *name, *machine;
	const char *uses;  /* separated by "; " */
	const char *fixes; /* of each, with blanks and "; " between them */
} cases[] = {
	{ "nothing", SDA PLAIN FREE UDEV("8:0", ""), "", "" },
	{ "mounted", SDA SWAPS("") MOUNTS("\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw"),
	  "sda is mounted at /srv", "umount /srv" },
	{ "mounted at a folder that was deleted",
	  SDA SWAPS("") MOUNTS("\\n21 20 8:0 / /srv//deleted rw - ext4 /dev/sda rw"),
	  "sda is mounted at /srv//deleted", "none" },
	{ "a swap file that was deleted",
	  SDA MOUNTS("\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw")
		  SWAPS("/srv/s\\\\040(deleted) file"),
	  "vital sda holds the swap file /srv/s (deleted); sda is mounted at /srv",
	  "none; umount /srv" },
	{ "swap on a node that was deleted",
	  SDA MOUNTS("") SWAPS("/dev/sda\\\\040(deleted) partition"), "vital sda is swap",
	  "swapoff /dev/sda" },
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
	{ "stacked: each is unmounted once, the later one first",
	  SDA1 SWAPS("") MOUNTS("\\n21 20 8:1 / /srv rw - ext4 /dev/sda1 rw"
				"\\n22 21 0:40 / /srv rw - tmpfs none rw"
				"\\n23 22 8:2 / /srv rw - ext4 /dev/sda2 rw"
				"\\n24 23 8:3 / /srv/x rw - ext4 /dev/sda3 rw")
		  PART("sda", "sda2", "8:2") PART("sda", "sda3", "8:3"),
	  "sda3 is mounted at /srv/x; sda2 is mounted at /srv; sda1 is mounted at /srv",
	  "umount /srv/x; umount /srv; umount /srv, umount /srv" },
	{ "stacked: what covers a swap file goes before it",
	  SDA1 MOUNTS("\\n21 20 8:1 / /srv rw - ext4 /dev/sda1 rw"
		      "\\n22 21 8:2 / /srv/x rw - ext4 /dev/sda2 rw"
		      "\\n23 21 8:2 / /srv/x rw - ext4 /dev/sda2 rw") SWAPS("/srv/x/swap file")
		  PART("sda", "sda2", "8:2"),
	  "vital sda2 holds the swap file /srv/x/swap; sda2 is mounted at /srv/x; "
	  "sda2 is mounted at /srv/x; sda1 is mounted at /srv",
	  "swapoff /srv/x/swap; umount /srv/x; umount /srv/x; umount /srv" },
	{ "stacked in another namespace",
	  SDA1 PLAIN PART("sda", "sda2", "8:2")
		  PROCESS("7", "tool") "f proc/7/mountinfo\t21 20 8:1 / /d rw - ext4 /dev/sda1 rw"
				       "\\n22 21 8:2 / /d rw - ext4 /dev/sda2 rw\n",
	  "sda2 is mounted at /d in the mount namespace of process 7 (tool); "
	  "sda1 is mounted at /d in the mount namespace of process 7 (tool)",
	  "umount -N 7 /d, or end process 7 (tool); umount -N 7 /d, or end process 7 (tool)" },
	{ "two places whose names are cut to the same",
	  SDA SWAPS("") MOUNTS("\\n21 20 8:0 / " LONG "1 rw - ext4 /dev/sda rw"
			       "\\n22 20 8:0 / " LONG "2 rw - ext4 /dev/sda rw"),
	  "sda is mounted at " CUT "; sda is mounted at " CUT, "umount " LONG "1; umount " LONG "2" },
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
	{ "btrfs, both of its disks: said once",
	  SDA SWAPS("") MOUNTS("\\n21 20 0:50 / /srv rw - btrfs /dev/sdb rw")
		  DISK("sdb", "8:16") "d sys/fs/btrfs/1/devices/sda\nd sys/fs/btrfs/1/devices/sdb\n",
	  "sda (also sdb) is mounted at /srv", "umount /srv" },
	{ "the system on all disks of btrfs",
	  SDA SWAPS("") DISK("sdb", "8:16") DISK(
		  "sdc",
		  "8:32") "f proc/self/mountinfo\t20 1 0:50 / / rw - btrfs /dev/sdc rw\n"
			  "d sys/fs/btrfs/1/devices/sda\nd sys/fs/btrfs/1/devices/sdb\nd sys/fs/btrfs/1/devices/sdc\n",
	  "vital sda (also sdb, sdc) is mounted at /", "none" },
	{ "two disks at one place, one over the other",
	  SDA SWAPS("") MOUNTS("\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw"
			       "\\n22 21 8:16 / /srv rw - ext4 /dev/sdb rw") DISK("sdb", "8:16"),
	  "sdb is mounted at /srv; sda is mounted at /srv", "umount /srv; umount /srv" },
	{ "a mirror of both disks",
	  SDA SWAPS("") MOUNTS("\\n21 20 9:0 / /srv rw - ext4 /dev/md0 rw") DISK("sdb", "8:16")
		  VIRTUAL("md0", "9:0") HOLDS("sda", "md0") HOLDS("sdb", "md0"),
	  "md0 is mounted at /srv; sda (also sdb) is held by md0",
	  "umount /srv; mdadm --stop /dev/md0" },
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
	  "maybe vital sda1 is a member of the ZFS pool 'unknown'", "none" },
	{ "ZFS, swap on some volume",
	  SDA1 SWAPS("/dev/zd0 x") MOUNTS("") HELD
	  "f dev/sda1\theld\n" UDEV("8:1", "E:ID_FS_LABEL=tank\\nE:ID_FS_TYPE=zfs_member"),
	  "vital sda1 is a member of the ZFS pool 'tank'", "none" },
	{ "ZFS, swap on a volume of another pool",
	  SDA1 SWAPS("/dev/zd0 x") MOUNTS("") HELD "f dev/sda1\theld\n" UDEV(
		  "8:1",
		  "E:ID_FS_LABEL=tank\\nE:ID_FS_TYPE=zfs_member") "d sys/block/zd0\n" VIRTUAL("zd0",
											      "230:0")
		  UDEV("230:0", "S:zvol/rpool/swap"),
	  "sda1 is a member of the ZFS pool 'tank'", "zpool export tank" },
	{ "ZFS, the system on a volume of the pool",
	  SDA1 SWAPS("") "f proc/self/mountinfo\t20 1 230:1 / / rw - ext4 /dev/zd0p1 rw\n" HELD "f dev/sda1\theld\n" UDEV(
		  "8:1",
		  "E:ID_FS_LABEL=my tank\\nE:ID_FS_TYPE=zfs_member") "d sys/block/zd0\n" VIRTUAL("zd0",
												 "230:0")
		  UDEV("230:0", "S:zvol/my+tank/root"),
	  "vital sda1 is a member of the ZFS pool 'my tank'", "none" },
	{ "ZFS, a cache, which has no name on it",
	  SDA1 PLAIN HELD "f dev/sda1\theld\n" UDEV(
		  "8:1", "E:ID_PART_ENTRY_TYPE=6a898cc3-1dd2-11b2-99a6-080020736631"),
	  "sda1 is a member of the ZFS pool 'unknown'",
	  "zpool status   # names it; then zpool export" },
	{ "ZFS, a guest on a volume of the pool",
	  SDA1 PLAIN HELD "f dev/sda1\theld\n" UDEV(
		  "8:1",
		  "E:ID_FS_LABEL=tank\\nE:ID_FS_TYPE=zfs_member") "d sys/block/zd0\n" VIRTUAL("zd0",
											      "230:0")
		  UDEV("230:0", "S:zvol/tank/vm") QEMU("/dev/block/230:0"),
	  "domain 'vm', process 77 (qemu-system-x86), has /dev/zd0 open; "
	  "sda1 is a member of the ZFS pool 'tank'",
	  "virsh shutdown vm; zpool export tank" },
	{ "btrfs, named by a link",
	  SDA SWAPS("") MOUNTS("\\n21 20 0:50 / /srv rw - btrfs /dev/vg/x rw") HOLDS("sda", "dm-0")
		  VIRTUAL("dm-0", "253:0") "l dev/vg/x\t../dm-0\nf dev/dm-0\theld\n"
					   "d sys/fs/btrfs/1/devices/dm-0\n",
	  "dm-0 is mounted at /srv; sda is held by dm-0", "umount /srv; none" },
	{ "btrfs, mounted by the kernel as /dev/root",
	  SDA SWAPS("") "f proc/self/mountinfo\t20 1 0:50 / / rw - btrfs /dev/root rw\n"
			"d sys/fs/btrfs/1/devices/sda\n" HELD,
	  "vital sda is mounted at /", "none" },
	{ "btrfs, named by a link that is not there",
	  SDA SWAPS("") "f proc/self/mountinfo\t20 1 0:50 / / rw - btrfs /dev/disk/by-uuid/1 rw\n"
			"d sys/fs/btrfs/1/devices/sda\n" HELD,
	  "vital sda is mounted at /", "none" },
	{ "btrfs, named by what another disk has",
	  SDA SWAPS("") MOUNTS("\\n21 20 0:50 / /srv rw - btrfs /dev/mapper/x rw") FREE
	  "d sys/fs/btrfs/1/devices/sdb\n" UDEV("8:0", ""),
	  "", "" },
	{ "btrfs, mounted out of sight",
	  SDA PLAIN HELD "d sys/fs/btrfs/1/devices/sda\n" UDEV("8:0", "E:ID_FS_TYPE=btrfs"),
	  "vital sda is a member of a btrfs that is mounted where it cannot be seen",
	  "fuser -v /dev/sda; grep -l ' 8:0 ' /proc/[0-9]*/mountinfo   # names who" },
	{ "ZFS, exported", SDA1 PLAIN FREE UDEV("8:0", "") UDEV("8:1", "E:ID_FS_TYPE=zfs_member"),
	  "peer sda1 holds data (zfs_member)", "none" },
	{ "an external journal", SDA PLAIN HELD UDEV("8:0", "E:ID_FS_TYPE=jbd"),
	  "maybe vital sda is the journal of a file system on another disk", "none" },
	{ "nobody knows who", SDA PLAIN HELD UDEV("8:0", ""),
	  "vital sda is opened exclusively, and it cannot be told by whom",
	  "fuser -v /dev/sda; grep -l ' 8:0 ' /proc/[0-9]*/mountinfo   # names who" },
	{ "nobody knows who: that a process has it open proves nothing",
	  SDA PLAIN HELD UDEV("8:0", "") PROCESS("7", "tool") "l proc/7/fd/3\t/dev/sda\n",
	  "vital sda is opened exclusively, and it cannot be told by whom; "
	  "process 7 (tool) has /dev/sda open",
	  "fuser -v /dev/sda; grep -l ' 8:0 ' /proc/[0-9]*/mountinfo   # names who; "
	  "end process 7 (tool)" },
	{ "Ceph, which opens it exclusively",
	  SDA PLAIN HELD UDEV("8:0", "") PROCESS("7", "ceph-osd") "l proc/7/fd/3\t/dev/sda\n",
	  "process 7 (ceph-osd) has /dev/sda open", "end process 7 (ceph-osd)" },
	{ "nobody knows who, but what is on it",
	  SDA1 PLAIN HELD "f dev/sda1\theld\n" UDEV("8:1", "E:ID_FS_TYPE=drbd"),
	  "vital sda1 (drbd) is opened exclusively, and it cannot be told by whom",
	  "fuser -v /dev/sda1; grep -l ' 8:1 ' /proc/[0-9]*/mountinfo   # names who" },
	{ "mounted in another namespace",
	  SDA1 PLAIN PROCESS("7", "tool") "f proc/7/mountinfo\t" ROOT
					  "\\n21 20 8:1 / /a\\\\040b rw - ext4 /dev/sda1 rw"
					  "\\n22 21 0:50 / /a\\\\040b/x rw - tmpfs none rw\n",
	  "sda1 is mounted at /a b in the mount namespace of process 7 (tool)",
	  "umount -N 7 '/a b/x', umount -N 7 '/a b', or end process 7 (tool)" },
	{ "mounted in another namespace, one in the other",
	  SDA1 PLAIN PART("sda", "sda2", "8:2")
		  PROCESS("7", "tool") "f proc/7/mountinfo\t21 20 8:1 / /d rw - ext4 /dev/sda1 rw"
				       "\\n22 21 8:2 / /d/x rw - ext4 /dev/sda2 rw\n",
	  "sda2 is mounted at /d/x in the mount namespace of process 7 (tool); "
	  "sda1 is mounted at /d in the mount namespace of process 7 (tool)",
	  "umount -N 7 /d/x, or end process 7 (tool); umount -N 7 /d, or end process 7 (tool)" },
	{ "mounted in a container",
	  SDA PLAIN PROCESS("7", "tool") "f proc/7/cgroup\t0::/docker-web.scope\n"
					 "f proc/7/mountinfo\t21 20 8:0 / / rw - ext4 /dev/sda rw\n",
	  "sda is mounted at / in the mount namespace of process 7 (tool) of container 'web'",
	  "docker stop web" },
	{ "mounted by the host, where we are not",
	  SDA PLAIN PROCESS("1", "systemd") PROCESS(
		  "7", "tool") "f proc/1/mountinfo\t21 20 8:0 / /boot rw - ext4 /dev/sda rw\n"
			       "f proc/7/mountinfo\t21 20 8:0 / /boot rw - ext4 /dev/sda rw\n",
	  "vital sda is mounted at /boot in the mount namespace of process 1 (systemd)", "none" },
	{ "mounted by the host, the system after something else",
	  SDA PLAIN PROCESS("1",
			    "systemd") "f proc/1/mountinfo\t21 20 8:0 / /home rw - ext4 /dev/sda rw"
				       "\\n20 1 8:0 / / rw - ext4 /dev/sda rw\n",
	  "sda is mounted at /home in the mount namespace of process 1 (systemd); "
	  "vital sda is mounted at / in the mount namespace of process 1 (systemd)",
	  "umount -N 1 /home; none" },
	{ "mounted in two namespaces, twice in one",
	  SDA PLAIN PROCESS("7", "tool")
		  PROCESS("8", "app") "f proc/7/mountinfo\t20 1 8:0 / /a rw - ext4 /dev/sda rw"
				      "\\n21 1 8:0 / /b rw - ext4 /dev/sda rw\n"
				      "f proc/8/mountinfo\t20 1 8:0 / /a rw - ext4 /dev/sda rw\n",
	  "sda is mounted at /a in the mount namespace of process 7 (tool); "
	  "sda is mounted at /b in the mount namespace of process 7 (tool); "
	  "sda is mounted at /a in the mount namespace of process 8 (app)",
	  "umount -N 7 /a, or end process 7 (tool); umount -N 7 /b, or end process 7 (tool); "
	  "umount -N 8 /a, or end process 8 (app)" },
	{ "mounted by all, and told once",
	  SDA SWAPS("") MOUNTS("\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw")
		  PROCESS("7", "tool") "f proc/7/mountinfo\t21 20 8:0 / /srv rw - ext4 /dev/sda rw\n",
	  "sda is mounted at /srv", "umount /srv" },
	{ "beside a mount, in another namespace",
	  SDA1 SWAPS("") MOUNTS("\\n21 20 8:1 / /srv rw - ext4 /dev/sda1 rw") PART("sda", "sda2",
										   "8:2")
		  PROCESS("7", "tool") "f proc/7/mountinfo\t21 20 8:2 / /d rw - ext4 /dev/sda2 rw\n",
	  "sda1 is mounted at /srv; sda2 is mounted at /d in the mount namespace of process 7 (tool)",
	  "umount /srv; umount -N 7 /d, or end process 7 (tool)" },
	{ "btrfs in another namespace, by its other disk",
	  SDA PLAIN PROCESS("7",
			    "tool") "d sys/fs/btrfs/1/devices/sda\nd sys/fs/btrfs/1/devices/sdx\n"
				    "f proc/7/mountinfo\t21 20 0:9 / /d rw - btrfs /dev/sdx rw\n",
	  "sda is mounted at /d in the mount namespace of process 7 (tool)",
	  "umount -N 7 /d, or end process 7 (tool)" },
	{ "bcachefs and XFS in another namespace",
	  SDA1 PLAIN PART("sda", "sda2", "8:2") PROCESS(
		  "7", "tool") "f proc/7/mountinfo\t21 20 0:50 / /b rw - bcachefs /dev/sdx:/dev/sda1 rw"
			       "\\n22 21 9:1 / /x rw - xfs /dev/md1 rw,logdev=/dev/sda2\n",
	  "sda1 is mounted at /b in the mount namespace of process 7 (tool); "
	  "sda2 is mounted at /x in the mount namespace of process 7 (tool)",
	  "umount -N 7 /b, or end process 7 (tool); umount -N 7 /x, or end process 7 (tool)" },
	{ "unmounted lazily", SDA1 PLAIN "d sys/fs/ext4/sda1\n",
	  "maybe vital sda1 has a file system (ext4) that is mounted where it cannot be seen",
	  "none" },
	{ "XFS, mounted nowhere", SDA PLAIN "d sys/fs/xfs/sda\n",
	  "maybe vital sda has a file system (xfs) that is mounted where it cannot be seen", "none" },
	{ "a journal that is in use", SDA PLAIN "d proc/fs/jbd2/sda\n",
	  "maybe vital sda is the journal of a file system on another disk", "none" },
	{ "ZFS, imported, and nobody tries",
	  SDA1 LOOKS PLAIN "f proc/spl/kstat/zfs/tank/state\tONLINE\n" TANK,
	  "sda1 is a member of the ZFS pool 'tank'", "zpool export tank" },
	{ "ZFS, mounted, and nobody tries",
	  SDA1 LOOKS SWAPS("") MOUNTS("\\n21 20 0:50 / /p rw - zfs tank rw") TANK,
	  "sda1 is a member of the ZFS pool 'tank'", "zpool export tank" },
	{ "ZFS, another pool, and nobody tries",
	  SDA1 LOOKS PLAIN "f proc/spl/kstat/zfs/other/state\tONLINE\n" UDEV("8:0", "") TANK,
	  "peer sda1 holds data (zfs_member)", "none" },
	{ "ZFS, imported, and it is no member any more",
	  SDA1 PLAIN FREE "f proc/spl/kstat/zfs/tank/state\tONLINE\n" UDEV("8:0", "") TANK,
	  "peer sda1 holds data (zfs_member)", "none" },
	{ "nobody knows who, and nobody tries", SDA LOOKS PLAIN HELD UDEV("8:0", ""), "", "" },
	{ "LVM, its swap and its crypt",
	  SDA MOUNTS("") SWAPS("/dev/dm-1 x") HOLDS("sda", "dm-0") VIRTUAL("dm-0", "253:0") VIRTUAL(
		  "dm-1",
		  "253:1") "l sys/devices/virtual/block/dm-0/holders/dm-1\tsys/devices/virtual/block/dm-1\n"
			   "f sys/devices/virtual/block/dm-0/dm/name\tmy--vg-lv--1\nf sys/devices/virtual/block/dm-0/dm/uuid\tLVM-x\n"
			   "f sys/devices/virtual/block/dm-1/dm/name\tcrypt\nf sys/devices/virtual/block/dm-1/dm/uuid\tCRYPT-x\n",
	  "vital dm-1 is swap (through crypt); dm-0 is held by crypt (through my--vg-lv--1); "
	  "sda is held by my--vg-lv--1",
	  "swapoff /dev/dm-1; cryptsetup close crypt; lvchange -an my-vg/lv-1" },
	{ "LVM, what a thin pool is made of",
	  SDA PLAIN HOLDS("sda", "dm-0") VIRTUAL("dm-0", "253:0") VIRTUAL("dm-1", "253:1") VIRTUAL(
		  "dm-2",
		  "253:2") "l sys/devices/virtual/block/dm-0/holders/dm-1\t"
			   "sys/devices/virtual/block/dm-1\n"
			   "l sys/devices/virtual/block/dm-1/holders/dm-2\t"
			   "sys/devices/virtual/block/dm-2\n"
			   "f dev/dm-2\tfree\n"
			   "f sys/devices/virtual/block/dm-0/dm/name\tvg-po--ol_tdata_rimage_0\n"
			   "f sys/devices/virtual/block/dm-0/dm/uuid\tLVM-" LVMID "\n"
			   "f sys/devices/virtual/block/dm-1/dm/name\tvg-po--ol-tpool\n"
			   "f sys/devices/virtual/block/dm-1/dm/uuid\tLVM-" LVMID "-tpool\n"
			   "f sys/devices/virtual/block/dm-2/dm/name\tvg-th--in\n"
			   "f sys/devices/virtual/block/dm-2/dm/uuid\tLVM-" LVMID "\n",
	  "dm-1 is held by vg-th--in (through vg-po--ol-tpool); dm-0 is held by vg-po--ol-tpool "
	  "(through vg-po--ol_tdata_rimage_0); sda is held by vg-po--ol_tdata_rimage_0",
	  "lvchange -an vg/th-in; lvchange -an vg/po-ol; lvchange -an vg/po-ol" },
	{ "md", SDA PLAIN HOLDS("sda", "md127") VIRTUAL("md127", "9:127") "f dev/md127\tfree\n",
	  "sda is held by md127", "mdadm --stop /dev/md127" },
	{ "md, by the metadata of the firmware: the container last",
	  SDA PLAIN HOLDS("sda", "md126") HOLDS("sda", "md127") VIRTUAL("md126", "9:126") VIRTUAL(
		  "md127",
		  "9:127") "f sys/devices/virtual/block/md126/md/metadata_version\texternal:imsm\n"
			   "f sys/devices/virtual/block/md127/md/metadata_version\texternal:/md126/0\n"
			   "f dev/md126\tfree\nf dev/md127\tfree\n",
	  "sda is held by md127; sda is held by md126",
	  "mdadm --stop /dev/md127; mdadm --stop /dev/md126" },
	{ "DRBD", SDA PLAIN HOLDS("sda", "drbd3") VIRTUAL("drbd3", "147:3") "f dev/drbd3\tfree\n",
	  "sda is held by drbd3", "drbdsetup detach 3" },
	{ "a guest on a volume of LVM, before the group",
	  SDA PLAIN HOLDS("sda", "dm-0") VIRTUAL(
		  "dm-0",
		  "253:0") "f sys/devices/virtual/block/dm-0/dm/name\tvg-vm\n"
			   "f sys/devices/virtual/block/dm-0/dm/uuid\tLVM-x\nf dev/dm-0\tfree\n" QEMU(
				   "/dev/block/253:0"),
	  "domain 'vm', process 77 (qemu-system-x86), has /dev/dm-0 open; sda is held by vg-vm",
	  "virsh shutdown vm; lvchange -an vg/vm" },
	{ "bcache, without its cache", SDA PLAIN HELD UDEV("8:0", "E:ID_FS_TYPE=bcache"),
	  "sda is registered with bcache", "echo 1 > /sys/class/block/sda/bcache/stop" },
	{ "bcache, behind it",
	  SDA SWAPS("") MOUNTS("\\n21 20 252:0 / /srv rw - ext4 /dev/bcache0 rw") VIRTUAL(
		  "bcache0", "252:0") "l " AT "sda/bcache/dev\tsys/devices/virtual/block/bcache0\n",
	  "bcache0 is mounted at /srv; sda is held by bcache0",
	  "umount /srv; echo 1 > /sys/block/bcache0/bcache/stop" },
	{ "bcache, the cache of the system",
	  SDA SWAPS("") "f proc/self/mountinfo\t20 1 252:0 / / rw - ext4 /dev/bcache0 rw\n" VIRTUAL(
		  "bcache0",
		  "252:0") "l " AT "sda/bcache/set\tsys/fs/bcache/7a\n"
			   "l sys/fs/bcache/7a/bdev0\tsys/devices/virtual/block/sdx/bcache\n"
			   "l sys/class/block/sdx\tsys/devices/virtual/block/sdx\n"
			   "l sys/devices/virtual/block/sdx/bcache/dev\tsys/devices/virtual/block/bcache0\n",
	  "vital bcache0 is mounted at /; sda is a cache of bcache",
	  "none; echo 1 > /sys/fs/bcache/7a/stop" },
	{ "bcache, a volume of the cache",
	  SDA SWAPS("") MOUNTS("\\n21 20 252:1 / /srv rw - ext4 /dev/bcache1 rw") VIRTUAL(
		  "bcache1",
		  "252:1") "l " AT "sda/bcache/set\tsys/fs/bcache/7a\n"
			   "d sys/devices/virtual/block/bcache1/bcache\n"
			   "l sys/fs/bcache/7a/volume0\tsys/devices/virtual/block/bcache1/bcache\n",
	  "bcache1 is mounted at /srv; sda is a cache of bcache",
	  "umount /srv; echo 1 > /sys/fs/bcache/7a/stop" },
	{ "nvmet",
	  SDA PLAIN NVMET "n/namespaces/1/device_path\t/dev/sda\n" NVMET "n/namespaces/1/enable\t1\n",
	  "sda is exported by the NVMe target (/sys/kernel/config/nvmet/subsystems/n/namespaces/1)",
	  "echo 0 > /sys/kernel/config/nvmet/subsystems/n/namespaces/1/enable" CUTS },
	{ "nvmet, let go",
	  SDA PLAIN FREE UDEV("8:0", "") NVMET "n/namespaces/1/device_path\t/dev/sda\n" NVMET
					       "n/namespaces/1/enable\t0\n",
	  "", "" },
	{ "nvmet, by a link",
	  SDA PLAIN "l dev/disk/by-id/x\t../../sda\n" NVMET
		    "n/namespaces/1/device_path\t/dev/disk/by-id/x\n" NVMET
		    "n/namespaces/1/enable\t1\n",
	  "sda is exported by the NVMe target (/sys/kernel/config/nvmet/subsystems/n/namespaces/1)",
	  "echo 0 > /sys/kernel/config/nvmet/subsystems/n/namespaces/1/enable" CUTS },
	{ "nvmet, a file",
	  SDA SWAPS("") MOUNTS("\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw") NVMET
	  "n/namespaces/1/device_path\t/srv/d.img\n" NVMET "n/namespaces/1/enable\t1\n",
	  "sda holds the file /srv/d.img, exported by the NVMe target "
	  "(/sys/kernel/config/nvmet/subsystems/n/namespaces/1); sda is mounted at /srv",
	  "echo 0 > /sys/kernel/config/nvmet/subsystems/n/namespaces/1/enable" CUTS "; umount /srv" },
	{ "LIO", SDA PLAIN LIO "iblock_0/d/udev_path\t/dev/sda\n",
	  "sda is exported by the target LIO (d)", "targetcli /backstores/block delete d" CUTS },
	{ "LIO, by its numbers",
	  SDA PLAIN LIO
	  "iblock_0/d/udev_path\t\n" LIO
	  "iblock_0/d/info\tStatus: ACTIVATED\\n        Major: 8 Minor: 0  CLAIMED: IBLOCK\n",
	  "sda is exported by the target LIO (d)", "targetcli /backstores/block delete d" CUTS },
	{ "LIO, as a file", SDA PLAIN LIO "fileio_1/d/udev_path\t/dev/sda\n",
	  "sda is exported by the target LIO (d)", "targetcli /backstores/fileio delete d" CUTS },
	{ "LIO, as a SCSI device", SDA PLAIN LIO "pscsi_1/d/udev_path\t/dev/sda\n",
	  "sda is exported by the target LIO (d)", "targetcli /backstores/pscsi delete d" CUTS },
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
	  "vital loop0 is mounted at /; "
	  "sda holds the file /host/disk, held by loop0; sda is mounted at /host",
	  "none; losetup --detach /dev/loop0; umount /host" },
	{ "a file deep down, its file system near the top",
	  SDA SWAPS("") MOUNTS(
		  "\\n21 20 8:0 / /a/b/c rw - ext4 /dev/sda rw"
		  "\\n22 20 7:0 / /x rw - ext4 /dev/loop0 rw") "f sys/block/loop0/loop/backing_file\t/a/b/c/disk\n" VIRTUAL("loop0",
															    "7:0"),
	  "loop0 is mounted at /x; sda holds the file /a/b/c/disk, held by loop0; "
	  "sda is mounted at /a/b/c",
	  "umount /x; losetup --detach /dev/loop0; umount /a/b/c" },
	{ "a live system, whose layers are out of sight",
	  SDA SWAPS("") "f proc/self/mountinfo\t20 1 0:30 / / rw - overlay /cow "
			"rw,lowerdir=/small.squashfs,upperdir=/cow/upper\\n"
			"21 20 8:0 / /cdrom rw - iso9660 /dev/sda rw\n"
			"f sys/block/loop0/loop/backing_file\t/cdrom/small.squashfs\n" VIRTUAL(
				"loop0", "7:0"),
	  "maybe vital sda holds the file /cdrom/small.squashfs, held by loop0, maybe a part of the root "
	  "file system; sda is mounted at /cdrom",
	  "none; umount /cdrom" },
	{ "md, the system on its partition",
	  SDA SWAPS("") "f proc/self/mountinfo\t20 1 259:1 / / rw - ext4 /dev/md126p1 rw\n" HOLDS(
		  "sda", "md126") VIRTUAL("md126", "9:126") VIRTUAL_PART("md126", "md126p1", "259:1"),
	  "vital md126p1 is mounted at / (through md126); sda is held by md126",
	  "none; mdadm --stop /dev/md126" },
	{ "md, a guest on its partition",
	  SDA PLAIN HOLDS("sda", "md126") VIRTUAL("md126", "9:126") VIRTUAL_PART(
		  "md126", "md126p1", "259:1") "f dev/md126\tfree\n" QEMU("/dev/block/259:1"),
	  "domain 'vm', process 77 (qemu-system-x86), has /dev/md126p1 open; sda is held by md126",
	  "virsh shutdown vm; mdadm --stop /dev/md126" },
	{ "md, a volume on its partition",
	  SDA MOUNTS("") SWAPS("/dev/dm-0 x") HOLDS("sda", "md126") VIRTUAL("md126", "9:126")
		  VIRTUAL_PART("md126", "md126p1", "259:1") VIRTUAL(
			  "dm-0", "253:0") "l sys/devices/virtual/block/md126/md126p1/holders/dm-0\t"
					   "sys/devices/virtual/block/dm-0\n"
					   "f sys/devices/virtual/block/dm-0/dm/name\tswap\n",
	  "vital dm-0 is swap (through swap); md126p1 is held by swap (through md126); "
	  "sda is held by md126",
	  "swapoff /dev/dm-0; dmsetup remove swap; mdadm --stop /dev/md126" },
	{ "md, one partition mounted, another in another namespace",
	  SDA SWAPS("") MOUNTS("\\n21 20 259:1 / /srv rw - ext4 /dev/md126p1 rw") HOLDS(
		  "sda", "md126") VIRTUAL("md126", "9:126") VIRTUAL_PART("md126", "md126p1", "259:1")
		  VIRTUAL_PART("md126", "md126p2", "259:2") PROCESS(
			  "7", "tool") "f proc/7/mountinfo\t21 20 259:2 / /d rw - ext4 /dev/x rw\n",
	  "md126p1 is mounted at /srv (through md126); "
	  "md126p2 is mounted at /d in the mount namespace of process 7 (tool); "
	  "sda is held by md126",
	  "umount /srv; umount -N 7 /d, or end process 7 (tool); mdadm --stop /dev/md126" },
	{ "md, its partition opened by nobody who is seen",
	  SDA PLAIN HOLDS("sda", "md126") VIRTUAL("md126", "9:126") VIRTUAL_PART(
		  "md126", "md126p1", "259:1") "f dev/md126\theld\nf dev/md126p1\theld\n",
	  "vital md126p1 is opened exclusively, and it cannot be told by whom; "
	  "sda is held by md126",
	  "fuser -v /dev/md126p1; grep -l ' 259:1 ' /proc/[0-9]*/mountinfo   # names who; "
	  "mdadm --stop /dev/md126" },
	{ "bcache, the system on a partition behind it",
	  SDA SWAPS("") "f proc/self/mountinfo\t20 1 252:1 / / rw - ext4 /dev/bcache0p1 rw\n" VIRTUAL(
		  "bcache0", "252:0")
		  VIRTUAL_PART("bcache0", "bcache0p1",
			       "252:1") "l " AT "sda/bcache/dev\tsys/devices/virtual/block/bcache0\n",
	  "vital bcache0p1 is mounted at / (through bcache0); sda is held by bcache0",
	  "none; echo 1 > /sys/block/bcache0/bcache/stop" },
	{ "bcache, the cache of a partition of the system",
	  SDA SWAPS("") "f proc/self/mountinfo\t20 1 252:1 / / rw - ext4 /dev/bcache0p1 rw\n" VIRTUAL(
		  "bcache0", "252:0")
		  VIRTUAL_PART(
			  "bcache0", "bcache0p1",
			  "252:1") "l " AT "sda/bcache/set\tsys/fs/bcache/7a\n"
				   "l sys/fs/bcache/7a/bdev0\tsys/devices/virtual/block/sdx/bcache\n"
				   "l sys/class/block/sdx\tsys/devices/virtual/block/sdx\n"
				   "l sys/devices/virtual/block/sdx/bcache/dev\tsys/devices/virtual/block/bcache0\n",
	  "vital bcache0p1 is mounted at / (through bcache0); sda is a cache of bcache",
	  "none; echo 1 > /sys/fs/bcache/7a/stop" },
	{ "a loop, and its partition",
	  SDA SWAPS("")
		  MOUNTS("\\n21 20 259:1 / /srv rw - ext4 /dev/loop0p1 rw") "f sys/block/loop0/loop/backing_file\t/dev/sda\n" VIRTUAL(
			  "loop0", "7:0") VIRTUAL_PART("loop0", "loop0p1", "259:1"),
	  "loop0p1 is mounted at /srv (through loop0); sda is held by loop0",
	  "umount /srv; losetup --detach /dev/loop0" },
	{ "a loop of a file, and its partition",
	  SDA SWAPS("") MOUNTS(
		  "\\n21 20 8:0 / /a/b/c rw - ext4 /dev/sda rw"
		  "\\n22 20 259:1 / /x rw - ext4 /dev/loop0p1 rw") "f sys/block/loop0/loop/backing_file\t/a/b/c/disk\n" VIRTUAL("loop0",
																"7:0")
		  VIRTUAL_PART("loop0", "loop0p1", "259:1"),
	  "loop0p1 is mounted at /x (through loop0); sda holds the file /a/b/c/disk, held by loop0; "
	  "sda is mounted at /a/b/c",
	  "umount /x; losetup --detach /dev/loop0; umount /a/b/c" },
	{ "shown by USB",
	  SDA PLAIN
	  "f sys/kernel/config/usb_gadget/g/functions/mass_storage.0/lun.0/file\t/dev/sda\n",
	  "sda is shown to another machine as a USB stick "
	  "(/sys/kernel/config/usb_gadget/g/functions/mass_storage.0/lun.0)",
	  "echo > /sys/kernel/config/usb_gadget/g/functions/mass_storage.0/lun.0/file" CUTS },
	{ "a disk below the disk, as eMMC has it",
	  SDA SWAPS("") MOUNTS("\\n21 20 8:16 / /u rw - ext2 /dev/sdaboot0 rw") FREE UDEV(
		  "8:0", "") "f " AT "sda/sdaboot0/dev\t8:16\nf " AT "sda/sdaboot0/size\t9\nd " AT
			     "sda/sdaboot0/holders\nl sys/class/block/sdaboot0\t" AT "sda/sdaboot0\n",
	  "sdaboot0 is mounted at /u", "umount /u" },
	{ "zram writes back",
	  SDA MOUNTS("") SWAPS(
		  "/dev/zram0 x") "f sys/block/zram0/backing_dev\t/dev/sda\n"
				  "f sys/block/zram1/backing_dev\tnone\n" VIRTUAL("zram0", "251:0"),
	  "vital zram0 is swap; sda is what zram0 writes back to",
	  "swapoff /dev/zram0; echo 1 > /sys/block/zram0/reset" },
	{ "a disk of Unraid's array",
	  SDA MOUNTS("\\n21 20 9:1 / /mnt/disk1 rw - xfs /dev/md1p1 rw") SWAPS("") UNRAID("STARTED")
		  VIRTUAL("md1p1", "9:1"),
	  "md1p1 is mounted at /mnt/disk1; sda is a disk of Unraid's array",
	  "umount /mnt/disk1; stop the array: Main, Array Operation, in Unraid's web page" },
	{ "its parity",
	  SDA MOUNTS("\\n21 20 9:1 / /mnt/disk1 rw - xfs /dev/md1p1 rw")
		  SWAPS("") "f proc/mdstat\tmdVersion=2.9.25\\nmdState=STARTED\\ndiskName.0=\\n"
			    "rdevName.0=sda\n",
	  "sda is a disk of Unraid's array",
	  "stop the array: Main, Array Operation, in Unraid's web page" },
	{ "that is stopped", SDA PLAIN FREE UNRAID("STOPPED") UDEV("8:0", ""), "", "" },
	{ "NVMe, the whole controller",
	  "pci 0000:01:00.0 class=010802 id=144d:a808 group=2 driver=nvme\n"
	  "f @0000:01:00.0/nvme/nvme3/nvme3n1/dev\t259:0\nf @0000:01:00.0/nvme/nvme3/nvme3n1/size\t9\n"
	  "l sys/class/block/nvme3n1\t@0000:01:00.0/nvme/nvme3/nvme3n1\n" PLAIN NVMET
	  "n/passthru/device_path\t/dev/nvme3\n" NVMET "n/passthru/enable\t1\n",
	  "nvme3 is exported by the NVMe target (/sys/kernel/config/nvmet/subsystems/n/passthru)",
	  "echo 0 > /sys/kernel/config/nvmet/subsystems/n/passthru/enable" CUTS },
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

/* As of a running system that is only looked at (lib/base/root-systems.c). */
static int refuse(const struct vh_root *root, const char *name)
{
	(void)root, (void)name;
	return -EOPNOTSUPP;
}

/* What was not tried is said, and nothing worse. */
static void test_untried(const struct vh_host *h)
{
	static const char want[] = "exclusive openers of /dev/sda: only a start or detach tries that";

	ok(vh_names_has(&h->not_checked, want) && h->devs[0]->uses_read == VH_YES, "%s", want);
}

static void test_case(size_t n)
{
	_auto_(scratch) struct scratch *s = scratch_new(cases[n].machine);
	bool looks = strstr(cases[n].machine, LOOKS);
	struct vh_root_ops ops = *s->root.ops;
	_auto_(vh_host) const struct vh_host *h = NULL;
	const struct vh_pci_dev *d;
	_auto_strbuf_ struct vh_strbuf uses = { 0 }, fixes = { 0 };

	if (looks)
		ops.try_exclusive = refuse;
	s->root.ops = &ops;
	h = read_host(s);
	d = h->devs[0];
	if (looks && !d->n_uses)
		test_untried(h);
	vh_strbuf_add(&uses, "");
	vh_strbuf_add(&fixes, "");
	for (size_t i = 0; i < d->n_uses; i++) {
		const struct vh_use *u = &d->uses[i];

		vh_strbuf_addf(&uses, "%s%s%s%s%s", i ? "; " : "", u->guess ? "maybe " : "",
			       u->vital ? "vital " : "", u->peer_only ? "peer " : "", u->text);
		vh_strbuf_add(&fixes, i ? "; " : "");
		add_fix(&fixes, u->fix ? u->fix : "none");
	}
	if (!ok(!strcmp(uses.data, cases[n].uses), "%s", cases[n].name))
		diag("have: %s", uses.data);
	if (!ok(!strcmp(fixes.data, cases[n].fixes), "%s: how to end it", cases[n].name))
		diag("have: %s", fixes.data);
}

/* --- how deep ------------------------------------------------------------------------------------ */

/* Layers of dm on a disk; the root file system is on the uppermost. */
static void test_deep(int layers)
{
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	_auto_(scratch) struct scratch *s = NULL;
	_auto_(vh_host) const struct vh_host *h = NULL;
	bool vital = false, seen;

	vh_strbuf_add(&text, SDA SWAPS("") HOLDS("sda", "dm-1"));
	for (int i = 1; i <= layers; i++) {
		vh_strbuf_addf(&text, VIRTUAL("dm-%d", "253:%d"), i, i, i, i, i);
		if (i < layers)
			vh_strbuf_addf(&text,
				       "l sys/devices/virtual/block/dm-%d/holders/dm-%d\t"
				       "sys/devices/virtual/block/dm-%d\n",
				       i, i + 1, i + 1);
	}
	vh_strbuf_addf(&text, "f proc/self/mountinfo\t20 1 253:%d / / rw - ext4 /dev/dm-%d rw\n",
		       layers, layers);
	s = scratch_new(text.data);
	h = read_host(s);
	for (size_t i = 0; i < h->devs[0]->n_uses; i++)
		vital |= h->devs[0]->uses[i].vital;
	seen = !(h->devs[0]->unseen_kinds & VH_USE_BLOCK);
	ok(layers <= 16 ? vital && seen : !seen, "%d layers: %s", layers,
	   layers <= 16 ? "the system is seen" : "it is unknown what lies on the disk");
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++)
		test_case(i);
	test_deep(12);
	test_deep(20);
	return tap_done();
}
