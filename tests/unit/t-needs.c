/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-needs - what a domain has of the host by other elements than those of its PCI devices, and
 * whether it lies on what the start takes: each kind of element on a small machine on which it
 * does, and on one on which it does not.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/base/strbuf.h"
#include "lib/config/config.h"
#include "lib/decide/rules/rule-table.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

/* 01:00.0 is what the domain names, 01:00.1 its peer, 02:00.0 stays with the host. */
#define TAKEN "0000:01:00.0"
#define PEER "0000:01:00.1"
#define STAYS "0000:02:00.0"
#define FUNCTION(addr, group, class, driver) \
	"pci " addr " class=" class " id=8086:1521 group=" group " driver=" driver "\n"
#define MACHINE(class, driver)              \
	FUNCTION(TAKEN, "1", class, driver) \
	FUNCTION(PEER, "1", class, driver) FUNCTION(STAYS, "2", class, driver)
#define SCSI MACHINE("010700", "mpt3sas")
#define USB MACHINE("0c0330", "xhci_hcd")
#define NIC MACHINE("020000", "igb")
#define GPU MACHINE("030000", "amdgpu")
#define SERIAL MACHINE("070002", "serial")

#define AT_A "@" TAKEN "/host6/target6:0:0/6:0:0:1/block/"
#define AT_B "@" PEER "/host6/target6:0:0/6:0:0:2/block/"
#define AT_C "@" STAYS "/host6/target6:0:0/6:0:0:3/block/"
#define DISK(at, name, number)                                   \
	"f " at name "/dev\t" number "\nf " at name "/size\t9\n" \
	"d " at name "/holders\nl sys/class/block/" name "\t" at name "\n"
#define HELD_SDA SCSI DISK(AT_A, "sda", "8:0")
#define SDA HELD_SDA "f dev/sda\tfree\n"
#define SDB SCSI DISK(AT_B, "sdb", "8:16") "f dev/sdb\tfree\n"
#define SDC SCSI DISK(AT_C, "sdc", "8:32") "f dev/sdc\tfree\n"
#define SDA1 SDA DISK(AT_A "sda/", "sda1", "8:1") "f " AT_A "sda/sda1/partition\t1\n"
#define VIRTUAL "sys/devices/virtual/block/"
#define HELD_BY(name, number)                                                       \
	"f " VIRTUAL name "/dev\t" number "\nd " VIRTUAL name "/holders\n"          \
	"l sys/class/block/" name "\t" VIRTUAL name "\nl " AT_A "sda/holders/" name \
	"\t" VIRTUAL name "\n"
#define DM(name) HELD_BY("dm-3", "253:3") "f " VIRTUAL "dm-3/dm/name\t" name "\n"
#define MOUNTED(lines) "f proc/self/mountinfo\t20 1 9:9 / / rw - ext4 /dev/other rw" lines "\n"
#define AT_SRV "\\n21 20 8:0 / /srv rw - ext4 /dev/sda rw"

#define BLOCK(path) "<disk type='block'><source dev='" path "'/></disk>"
#define IMAGE(path) "<disk type='file'><source file='" path "'/></disk>"
#define USB_AT(addr, bus, port) "@" addr "/usb" bus "/" bus "-" port
#define USB_THERE(addr, bus, port, ids)                               \
	"f " USB_AT(addr, bus, port) "/idVendor\t" ids "\nf " USB_AT( \
		addr, bus, port) "/idProduct\t6001"                   \
				 "\nf " USB_AT(addr, bus, port) "/devnum\t4\n"
#define USB_DEVICE(addr, bus, port, ids) \
	USB_THERE(addr, bus, port, ids)  \
	"l sys/bus/usb/devices/" bus "-" port "\t" USB_AT(addr, bus, port) "\n"
#define BY_ID(more)                                                                                \
	"<hostdev type='usb'><source" more "><vendor id='0x0403'/><product id='0x6001'/></source>" \
	"</hostdev>"
#define BY_BOTH(more, number)                                                             \
	"<hostdev type='usb'><source" more "><vendor id='0x0403'/><product id='0x6001'/>" \
	"<address bus='3' device='" number "'/></source></hostdev>"
#define BY_PLACE(place) "<hostdev type='usb'><source><address " place "/></source></hostdev>"
#define NET(addr, name) \
	"f @" addr "/net/" name "/flags\t0x1002\nl sys/class/net/" name "\t@" addr "/net/" name "\n"
#define VIRTUAL_NET(name)                                    \
	"f sys/devices/virtual/net/" name "/flags\t0x1003\n" \
	"l sys/class/net/" name "\tsys/devices/virtual/net/" name "\n"
#define LOWER(name, below) \
	"l sys/devices/virtual/net/" name "/lower_" below "\tsys/class/net/" below "\n"
#define ROUTE                                                                             \
	"f proc/net/route\tIface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask" \
	"\\neno2\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n"
#define SESSION "sys/devices/platform/host9/session1"
#define CONNECTION SESSION "/connection1:0/iscsi_connection/connection1:0"
#define ISCSI_DISK                                                                     \
	"f " SESSION "/iscsi_session/session1/targetname\tiqn.2001-04.com.example:x\n" \
	"l sys/class/iscsi_session/session1\t" SESSION "/iscsi_session/session1\n"     \
	"l " SESSION "/iscsi_session/session1/device\t" SESSION "\n"                   \
	"f " CONNECTION "/persistent_address\t192.0.2.9\n"                             \
	"l sys/class/iscsi_connection/connection1:0\t" CONNECTION                      \
	"\n" DISK(SESSION "/target9:0:0/9:0:0:0/block/", "sdx", "65:112")
#define DIRECT(dev) "<interface type='direct'><source dev='" dev "' mode='bridge'/></interface>"
#define BRIDGE(name) "<interface type='bridge'><source bridge='" name "'/></interface>"
#define NETWORK "<interface type='network'><source network='lan'/></interface>"
#define DEFINED(forward) \
	"f etc/libvirt/qemu/networks/lan.xml\t<network><name>lan</name>" forward "</network>\n"
#define NODE(addr, at, numbers, subsystem)                                                        \
	"f @" addr "/" at "/dev\t" numbers "\nl @" addr "/" at "/subsystem\tsys/class/" subsystem \
	"\n"
#define POOL(target)                                                                              \
	"f etc/libvirt/storage/data.xml\t<pool type='dir'><name>data</name><target><path>" target \
	"</path></target></pool>\n"
#define VOLUME "<disk type='volume'><source pool='data' volume='a.img'/></disk>"
#define UUID "8a1b6c0e-03d5-4a59-9c7e-0f5a5d3e9b10"

#define GL(more) "<graphics type='spice'><gl enable='yes'" more "/></graphics>"
#define CHOSEN "the <graphics> of line 3 needs a render node, and "

/* Each finding: E or W, the own thing and where it is; separated by "; ". */
static const struct {
	const char *name, *machine, *devices, *want;
} cases[] = {
	/* disks by their nodes */
	{ "a disk", SDA, BLOCK("/dev/sda"), "E disk /dev/sda is on " TAKEN },
	{ "a disk of a peer", SDB, BLOCK("/dev/sdb"), "E disk /dev/sdb is on " PEER },
	{ "a disk elsewhere", SDC, BLOCK("/dev/sdc"), "" },
	{ "another disk", SDA, BLOCK("/dev/sdaa"), "" },
	{ "by a link of udev", SDA "l dev/disk/by-id/wwn-1\t../../sda\n",
	  BLOCK("/dev/disk/by-id/wwn-1"), "E disk /dev/disk/by-id/wwn-1 (/dev/sda) is on " TAKEN },
	{ "by a link elsewhere", SDA DISK(AT_C, "sdc", "8:32") "l dev/disk/by-id/wwn-1\t../../sdc\n",
	  BLOCK("/dev/disk/by-id/wwn-1"), "" },
	{ "by a link with dots", SDA, BLOCK("/dev/./disk/..//sda"),
	  "E disk /dev/./disk/..//sda (/dev/sda) is on " TAKEN },
	{ "links in circles", SDA "l dev/one\ttwo\nl dev/two\tone\n", BLOCK("/dev/one"), "" },
	{ "a partition", SDA1, BLOCK("/dev/sda1"), "E disk /dev/sda1 is on " TAKEN },
	{ "as a file", SDA, IMAGE("/dev/sda"), "E disk /dev/sda is on " TAKEN },
	{ "a disk without a type", SDA, "<disk><source file='/dev/sda'/></disk>",
	  "E disk /dev/sda is on " TAKEN },
	{ "for SCSI commands", SDA, "<disk type='block' device='lun'><source dev='/dev/sda'/></disk>",
	  "E disk /dev/sda is on " TAKEN },
	{ "below an image", SDA,
	  "<disk type='file'><source file='/a'/><backingStore type='block'>"
	  "<source dev='/dev/sda'/></backingStore></disk>",
	  "E disk /dev/sda is on " TAKEN },
	{ "beside an image", SDA,
	  "<disk type='file'><source file='/a'><dataStore type='block'><source dev='/dev/sda'/>"
	  "</dataStore></source></disk>",
	  "E disk /dev/sda is on " TAKEN },
	{ "twice", SDA, BLOCK("/dev/sda") BLOCK("/dev/sda"), "E disk /dev/sda is on " TAKEN },
	{ "a software array on it", SDA HELD_BY("md0", "9:0"), BLOCK("/dev/md0"),
	  "E disk /dev/md0 is on " TAKEN },
	{ "another array", SDA HELD_BY("md0", "9:0"), BLOCK("/dev/md1"), "" },
	{ "multipath", SDA DM("mpatha"), BLOCK("/dev/mapper/mpatha"),
	  "E disk /dev/mapper/mpatha is on " TAKEN },
	{ "a volume of LVM", SDA DM("v--g-my--lv"), BLOCK("/dev/v-g/my-lv"),
	  "E disk /dev/v-g/my-lv is on " TAKEN },
	{ "a volume of LVM elsewhere", SDA DM("vg-data"), BLOCK("/dev/vg/root"), "" },
	{ "a drive", SCSI NODE(TAKEN, "host6/6:0:0:1/scsi_generic/sg3", "21:3", "scsi_generic"),
	  "<hostdev type='scsi'><source><adapter name='scsi_host6'/><address bus='0' target='0' "
	  "unit='1'/></source></hostdev>",
	  "E SCSI device 6:0:0:1 is on " TAKEN },
	{ "another drive", SCSI NODE(TAKEN, "host6/6:0:0:1/scsi_generic/sg3", "21:3", "scsi_generic"),
	  "<hostdev type='scsi'><source><adapter name='scsi_host6'/><address bus='0' target='0' "
	  "unit='2'/></source></hostdev>",
	  "" },
	{ "by iSCSI of QEMU", SDA,
	  "<hostdev type='scsi'><source protocol='iscsi' name='x/1'><host name='sda'/></source>"
	  "</hostdev>",
	  "" },

	/* images */
	{ "an image", SDA MOUNTED(AT_SRV), IMAGE("/srv/a.img"),
	  "E disk /srv/a.img is in the file system at /srv, on " TAKEN },
	{ "an image elsewhere", SDA MOUNTED(AT_SRV), IMAGE("/srvx/a.img"), "" },
	{ "an image in an inner file system",
	  SDA MOUNTED(AT_SRV "\\n22 21 9:8 / /srv/vm rw - ext4 /dev/other2 rw"),
	  IMAGE("/srv/vm/a.img"), "" },
	{ "a file system under another one",
	  SDA MOUNTED(AT_SRV "\\n22 21 9:8 / /srv rw - ext4 /dev/other2 rw"), IMAGE("/srv/a.img"),
	  "" },
	{ "a link into it", SDA MOUNTED(AT_SRV) "l var/lib/vm\t../../srv/vm\n",
	  IMAGE("/var/lib/vm/a.img"),
	  "E disk /var/lib/vm/a.img is in the file system at /srv, on " TAKEN },
	{ "a link out of it", SDA MOUNTED(AT_SRV) "l srv/vm\t../data\n", IMAGE("/srv/vm/a.img"), "" },
	{ "a link where to look may wait",
	  SDA MOUNTED(AT_SRV "\\n23 20 0:50 / /net rw - autofs auto rw") "l net/vm\t../srv\n",
	  IMAGE("/net/vm/a.img"), "" },
	{ "the system itself: another rule says that",
	  SDA "f proc/self/mountinfo\t20 1 8:0 / / rw - ext4 /dev/sda rw\n", IMAGE("/a.img"), "" },
	{ "a folder", SDA MOUNTED(AT_SRV),
	  "<filesystem type='mount'><source dir='/srv'/><target dir='x'/></filesystem>",
	  "E folder /srv is in the file system at /srv, on " TAKEN },
	{ "a folder as a disk", SDA MOUNTED(AT_SRV), "<disk type='dir'><source dir='/srv/x'/></disk>",
	  "E disk /srv/x is in the file system at /srv, on " TAKEN },
	{ "memory in a file", SDA MOUNTED(AT_SRV),
	  "<memory model='nvdimm'><source><path>/srv/nv</path></source></memory>",
	  "E memory /srv/nv is in the file system at /srv, on " TAKEN },
	{ "a volume of a pool", SDA MOUNTED(AT_SRV) POOL("/srv/pool"), VOLUME,
	  "E disk data/a.img is in the file system at /srv, on " TAKEN },
	{ "a volume elsewhere", SDA MOUNTED(AT_SRV) POOL("/data"), VOLUME, "" },
	{ "a volume of a pool that is not known", SDA MOUNTED(AT_SRV), VOLUME, "" },
	{ "a pool of ZFS",
	  HELD_SDA MOUNTED(
		  "") "f run/udev/data/b8:0\tI:1\\nE:ID_FS_TYPE=zfs_member\\nE:ID_FS_LABEL=tank\n"
		      "f dev/sda\theld\n",
	  BLOCK("/dev/zvol/tank/vm/a"),
	  "E disk /dev/zvol/tank/vm/a is in the ZFS pool tank, on " TAKEN },
	{ "another pool of ZFS",
	  HELD_SDA MOUNTED(
		  "") "f run/udev/data/b8:0\tI:1\\nE:ID_FS_TYPE=zfs_member\\nE:ID_FS_LABEL=tank\n"
		      "f dev/sda\theld\n",
	  BLOCK("/dev/zvol/tank2/a"), "" },
	{ "an image by NFS through the card",
	  NIC NET(TAKEN, "eno2")
		  ROUTE MOUNTED("\\n30 20 0:60 / /nfs rw - nfs4 s:/x rw,addr=192.0.2.9"),
	  IMAGE("/nfs/a.img"), "E disk /nfs/a.img is in the file system at /nfs, on " TAKEN },

	{ "a disk by iSCSI through the card", NIC NET(TAKEN, "eno2") ROUTE ISCSI_DISK,
	  BLOCK("/dev/sdx"), "E disk /dev/sdx is on " TAKEN },
	{ "a disk by iSCSI through another card",
	  NIC NET(TAKEN, "eno3") NET(STAYS, "eno2") ROUTE ISCSI_DISK, BLOCK("/dev/sdx"), "" },

	{ "a network of two cards, both taken",
	  NIC NET(TAKEN, "eno2") NET(PEER, "eno3") DEFINED(
		  "<forward mode='private'><interface dev='eno2'/><interface dev='eno3'/></forward>"),
	  NETWORK, "E interface by network lan (eno2) is on " TAKEN },

	/* USB */
	{ "a USB device by its id", USB USB_DEVICE(TAKEN, "3", "1.2", "0403"), BY_ID(""),
	  "E USB device 0403:6001 (3-1.2) is on " TAKEN },
	{ "a USB device elsewhere", USB USB_DEVICE(STAYS, "3", "1", "0403"), BY_ID(""), "" },
	{ "another USB device", USB USB_DEVICE(TAKEN, "3", "1", "0404"), BY_ID(""), "" },
	{ "two with the id, both taken",
	  USB USB_DEVICE(TAKEN, "3", "1", "0403") USB_DEVICE(PEER, "4", "1", "0403"), BY_ID(""),
	  "E USB device 0403:6001 (3-1) is on " TAKEN },
	{ "two with the id, one elsewhere",
	  USB USB_DEVICE(TAKEN, "3", "1", "0403") USB_DEVICE(STAYS, "4", "2", "0403"), BY_ID(""),
	  "W USB device 0403:6001 (3-1) is on " TAKEN },
	{ "one elsewhere, in a tree without the bus",
	  USB USB_THERE(TAKEN, "3", "1", "0403") USB_THERE(STAYS, "4", "2", "0403"), BY_ID(""),
	  "W USB device 0403:6001 (3-1) is on " TAKEN },
	{ "none elsewhere, in a tree without the bus",
	  USB USB_THERE(TAKEN, "3", "1", "0403") USB_THERE(STAYS, "4", "2", "0404"), BY_ID(""),
	  "E USB device 0403:6001 (3-1) is on " TAKEN },
	{ "a USB device that may be missing", USB USB_DEVICE(TAKEN, "3", "1", "0403"),
	  BY_ID(" startupPolicy='optional'"), "W USB device 0403:6001 (3-1) is on " TAKEN },
	{ "a USB device by its address", USB USB_DEVICE(TAKEN, "3", "1", "0403"),
	  BY_PLACE("bus='3' device='4'"), "E USB device 3-1 is on " TAKEN },
	{ "by its address on another bus", USB USB_DEVICE(TAKEN, "3", "1", "0403"),
	  BY_PLACE("bus='1' device='4'"), "" },
	{ "by another address", USB USB_DEVICE(TAKEN, "3", "1", "0403"),
	  BY_PLACE("bus='3' device='5'"), "" },
	{ "a USB device by its port", USB USB_DEVICE(TAKEN, "3", "1.2", "0403"),
	  BY_PLACE("bus='3' port='1.2'"), "E USB device 3-1.2 is on " TAKEN },
	{ "by another port", USB USB_DEVICE(TAKEN, "3", "1.2", "0403"),
	  BY_PLACE("bus='3' port='1'"), "" },
	{ "a redirection of SPICE", USB USB_DEVICE(TAKEN, "3", "1", "0403"),
	  "<redirdev bus='usb' type='spicevmc'/>", "" },

	/* interfaces */
	{ "macvtap", NIC NET(TAKEN, "eno2"), DIRECT("eno2"), "E interface eno2 is on " TAKEN },
	{ "macvtap elsewhere", NIC NET(TAKEN, "eno2") NET(STAYS, "eno3"), DIRECT("eno3"), "" },
	{ "macvtap on a VLAN", NIC NET(TAKEN, "eno2") VIRTUAL_NET("lan7") LOWER("lan7", "eno2"),
	  DIRECT("lan7"), "E interface by lan7 (eno2) is on " TAKEN },
	{ "a bridge",
	  NIC NET(TAKEN, "eno2") VIRTUAL_NET("br0") VIRTUAL_NET("vnet0") LOWER("br0", "eno2")
		  LOWER("br0", "vnet0"),
	  BRIDGE("br0"), "E interface by br0 (eno2) is on " TAKEN },
	{ "a bridge with another port",
	  NIC NET(TAKEN, "eno2") NET(STAYS, "eno3") VIRTUAL_NET("br0") LOWER("br0", "eno2")
		  LOWER("br0", "eno3"),
	  BRIDGE("br0"), "" },
	{ "a bridge with a port of a peer",
	  NIC NET(TAKEN, "eno2") NET(PEER, "eno3") VIRTUAL_NET("br0") LOWER("br0", "eno2")
		  LOWER("br0", "eno3"),
	  BRIDGE("br0"), "E interface by br0 (eno2) is on " TAKEN },
	{ "a bridge over a bond",
	  NIC NET(TAKEN, "eno2") VIRTUAL_NET("bond0") VIRTUAL_NET("br0") LOWER("br0", "bond0")
		  LOWER("bond0", "eno2"),
	  BRIDGE("br0"), "E interface by br0 (eno2) is on " TAKEN },
	{ "a bridge whose ports alone say so",
	  NIC NET(TAKEN, "eno2")
		  VIRTUAL_NET("br0") "l @" TAKEN "/net/eno2/master\tsys/devices/virtual/net/br0\n",
	  BRIDGE("br0"), "E interface by br0 (eno2) is on " TAKEN },
	{ "a bridge without a port", NIC NET(TAKEN, "eno2") VIRTUAL_NET("virbr0"), BRIDGE("virbr0"),
	  "" },
	{ "an interface with a slash", NIC NET(TAKEN, "eno2"), DIRECT("../net/eno2"), "" },
	{ "a network on a bridge",
	  NIC NET(TAKEN, "eno2") VIRTUAL_NET("br0") LOWER("br0", "eno2")
		  DEFINED("<forward mode='bridge'/><bridge name='br0'/>"),
	  NETWORK, "E interface by network lan (eno2) is on " TAKEN },
	{ "a network by macvtap",
	  NIC NET(TAKEN, "eno2") DEFINED(
		  "<forward mode='passthrough' dev='eno2'><interface dev='eno2'/></forward>"),
	  NETWORK, "E interface by network lan (eno2) is on " TAKEN },
	{ "a network by macvtap, with another interface",
	  NIC NET(TAKEN, "eno2") NET(STAYS, "eno3")
		  DEFINED("<forward mode='private'><interface dev='eno2'/><interface dev='eno3'/>"
			  "</forward>"),
	  NETWORK, "W interface by network lan (eno2) is on " TAKEN },
	{ "a network of its own",
	  NIC NET(TAKEN, "eno2") DEFINED("<forward mode='nat' dev='eno2'/><bridge name='virbr0'/>"),
	  NETWORK, "" },

	/* nodes */
	{ "a keyboard by evdev",
	  USB USB_DEVICE(TAKEN, "3", "1", "0403") NODE(
		  TAKEN, "usb3/3-1/3-1:1.0/0003:1/input/input5/event5", "13:69",
		  "input") "l dev/input/by-id/usb-k-event-kbd\t../event5\nf dev/input/event5\t\n",
	  "<input type='evdev'><source dev='/dev/input/by-id/usb-k-event-kbd'/></input>",
	  "E input device /dev/input/by-id/usb-k-event-kbd (/dev/input/event5) is on " TAKEN },
	{ "a keyboard by virtio",
	  USB NODE(TAKEN, "usb3/3-1/3-1:1.0/0003:1/input/input5/event5", "13:69", "input"),
	  "<input type='passthrough' bus='virtio'><source evdev='/dev/input/event5'/></input>",
	  "E input device /dev/input/event5 is on " TAKEN },
	{ "a keyboard elsewhere",
	  USB NODE(STAYS, "usb3/3-1/3-1:1.0/0003:1/input/input5/event5", "13:69", "input"),
	  "<input type='evdev'><source dev='/dev/input/event5'/></input>", "" },
	{ "a keyboard of a tree that is written by hand",
	  USB "d @" TAKEN "/usb3/3-1/3-1:1.0/0003:1/input/input5/event5\n"
	      "l dev/input/by-id/k\tdev/input/event5\n",
	  "<input type='evdev'><source dev='/dev/input/by-id/k'/></input>",
	  "E input device /dev/input/by-id/k (/dev/input/event5) is on " TAKEN },
	{ "a serial adapter on USB",
	  USB NODE(TAKEN, "usb3/3-1/3-1:1.0/ttyUSB0/tty/ttyUSB0", "188:0",
		   "tty") "l dev/serial/by-id/usb-x\t../../ttyUSB0\nf dev/ttyUSB0\t\n",
	  "<serial type='dev'><source path='/dev/serial/by-id/usb-x'/></serial>",
	  "E serial port /dev/serial/by-id/usb-x (/dev/ttyUSB0) is on " TAKEN },
	{ "a serial port, which is a console too", SERIAL NODE(TAKEN, "tty/ttyS4", "4:68", "tty"),
	  "<serial type='dev'><source path='/dev/ttyS4'/></serial>"
	  "<console type='dev'><source path='/dev/ttyS4'/></console>",
	  "E serial port /dev/ttyS4 is on " TAKEN },
	{ "a serial port of another kind", SERIAL NODE(TAKEN, "tty/ttyS4", "4:68", "tty"),
	  "<serial type='pty'><source path='/dev/ttyS4'/></serial>", "" },
	{ "a parallel port", SERIAL NODE(TAKEN, "ppdev/parport1", "99:1", "ppdev"),
	  "<parallel type='dev'><source path='/dev/parport1'/></parallel>",
	  "E parallel port /dev/parport1 is on " TAKEN },
	{ "a render node", GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm"),
	  "<graphics type='egl-headless'><gl rendernode='/dev/dri/renderD129'/></graphics>",
	  "E render node /dev/dri/renderD129 is on " TAKEN },
	{ "a render node elsewhere",
	  GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm")
		  NODE(STAYS, "drm/renderD128", "226:128", "drm"),
	  "<graphics type='spice'><gl enable='yes' rendernode='/dev/dri/renderD128'/></graphics>",
	  "" },
	{ "vDPA", NIC NODE(TAKEN, "vdpa0/vhost-vdpa-0", "240:0", "vhost-vdpa"),
	  "<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>",
	  "E interface /dev/vhost-vdpa-0 is on " TAKEN },
	{ "vDPA as a disk", NIC NODE(TAKEN, "vdpa0/vhost-vdpa-0", "240:0", "vhost-vdpa"),
	  "<disk type='vhostvdpa'><source dev='/dev/vhost-vdpa-0'/></disk>",
	  "E disk /dev/vhost-vdpa-0 is on " TAKEN },
	{ "a source of random numbers", SERIAL NODE(TAKEN, "misc/hwrng1", "10:183", "misc"),
	  "<rng model='virtio'><backend model='random'>/dev/hwrng1</backend></rng>",
	  "E source of random numbers /dev/hwrng1 is on " TAKEN },
	{ "a TPM", SERIAL NODE(TAKEN, "tpm/tpm0", "10:224", "tpm"),
	  "<tpm><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>",
	  "E TPM /dev/tpm0 is on " TAKEN },
	{ "a TPM of software", SERIAL NODE(TAKEN, "tpm/tpm0", "10:224", "tpm"),
	  "<tpm><backend type='emulator'><device path='/dev/tpm0'/></backend></tpm>", "" },
	{ "a TPM of software, by its state", SDA MOUNTED(AT_SRV),
	  "<tpm><backend type='emulator'><source type='dir' path='/srv/tpm'/></backend></tpm>",
	  "E TPM /srv/tpm is in the file system at /srv, on " TAKEN },
	{ "QEMU itself", SDA MOUNTED(AT_SRV), "<emulator>/srv/bin/qemu</emulator>",
	  "E QEMU /srv/bin/qemu is in the file system at /srv, on " TAKEN },
	{ "a render node for vhost-user", GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm"),
	  "<video><model type='virtio'><acceleration accel3d='yes' "
	  "rendernode='/dev/dri/renderD129'/></model></video>",
	  "E render node /dev/dri/renderD129 is on " TAKEN },
	{ "a render node that libvirt chooses, the only one",
	  GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm"), GL(""),
	  "E " CHOSEN "/dev/dri/renderD129 is on " TAKEN },
	{ "of the peer", GPU NODE(PEER, "drm/renderD129", "226:129", "drm"), GL(""),
	  "E " CHOSEN "/dev/dri/renderD129 is on " PEER },
	{ "one of two",
	  GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm")
		  NODE(STAYS, "drm/renderD128", "226:128", "drm"),
	  GL(""), "" },
	{ "two, both taken",
	  GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm")
		  NODE(PEER, "drm/renderD128", "226:128", "drm"),
	  GL(""), "E " CHOSEN "/dev/dri/renderD129 is on " TAKEN },
	{ "beside a card that has none",
	  GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm")
		  NODE(STAYS, "drm/card0", "226:0", "drm"),
	  GL(""), "" },
	{ "of another kind of card",
	  GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm") "d sys/class/drm/renderD128\n",
	  GL(""), "" },
	{ "elsewhere", GPU NODE(STAYS, "drm/renderD128", "226:128", "drm"), GL(""), "" },
	{ "that the domain names", GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm"),
	  GL(" rendernode='/dev/dri/renderD128'"), "" },
	{ "for a display that does not draw", GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm"),
	  "<graphics type='spice'><gl enable='no'/></graphics>", "" },
	{ "for VNC, which has none", GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm"),
	  "<graphics type='vnc'><gl enable='yes'/></graphics>", "" },
	{ "without a window", GPU NODE(TAKEN, "drm/renderD129", "226:129", "drm"),
	  "<graphics type='egl-headless'/>", "E " CHOSEN "/dev/dri/renderD129 is on " TAKEN },
	{ "a mediated device", GPU "d @" TAKEN "/" UUID "\n",
	  "<hostdev type='mdev' model='vfio-pci'><source><address uuid='" UUID
	  "'/></source></hostdev>",
	  "E mediated device " UUID " is on " TAKEN },
	{ "a mediated device elsewhere", GPU "d @" STAYS "/" UUID "\n",
	  "<hostdev type='mdev' model='vfio-pci'><source><address uuid='" UUID
	  "'/></source></hostdev>",
	  "" },
};

static struct vh_domain *domain_of(const char *devices)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_free_ char *xml = vh_printf(
		"<domain type='kvm'><name>vm</name><memory>1024</memory>"
		"<devices><memballoon model='none'/>\n<hostdev type='pci' managed='yes'><source>"
		"<address bus='1'/></source></hostdev>\n%s</devices></domain>",
		devices);
	struct vh_domain *d = vh_domain_parse(xml, strlen(xml), &err);

	if (!d)
		diag("%s", err.what);
	return d;
}

/* The findings of the rule, without the words that are the same in all. */
static char *judged_by(const struct vh_rule *rule, const struct vh_root *root, const char *devices,
		       struct vh_findings *found)
{
	static const char before[] = "the domain's own ", behind[] = ", which this start";
	_auto_(vh_domain) struct vh_domain *d = domain_of(devices);
	_auto_(vh_plan) struct vh_plan *plan = NULL;
	struct vh_strbuf sb = { 0 };
	struct vh_config config;
	struct vh_case_ask ask = { .root = root, .config = &config, .domain = d };
	_auto_case_ struct vh_case c = { 0 };
	_auto_error_ struct vh_error err = { 0 };

	vh_config_defaults(&config);
	ask.deadline = INT64_MAX;
	vh_strbuf_add(&sb, "");
	if (!d || vh_case_read(&c, &ask, &err) < 0)
		return vh_strbuf_steal(&sb);
	c.plan = plan = vh_plan_make(d, c.host, &config);
	rule->check(&c, rule, found);
	for (size_t i = 0; i < found->count; i++) {
		const struct vh_finding *f = &found->list[i];
		const char *text = f->message, *end = strstr(text, behind);

		text += vh_has_prefix(text, before) ? strlen(before) : 0;
		vh_strbuf_addf(&sb, "%s%s %.*s", i ? "; " : "", f->severity == VH_ERROR ? "E" : "W",
			       (int)(end ? (size_t)(end - text) : strlen(text)), text);
	}
	vh_config_clear(&config);
	return vh_strbuf_steal(&sb);
}

static char *judged(const struct vh_root *root, const char *devices, struct vh_findings *found)
{
	return judged_by(&vh_rule_needs_taken, root, devices, found);
}

static void test_cases(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(cases[i].machine);
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *have = judged(&s->root, cases[i].devices, &found);

		if (!ok(!strcmp(have, cases[i].want), "%s", cases[i].name))
			diag("have: %s", have);
	}
}

#define FOUND_ON "remove the <disk> at line 3: the guest finds it on "
#define ANOTHER_SOURCE "give the <disk> at line 3 another source\n"

/* The guest finds a disk on the device that it gets, but not what the host makes of the disk, nor
 * what the host reaches by a card. */
static const struct {
	const char *name, *machine, *devices, *fix;
} first_fixes[] = {
	{ "a disk", SDA, BLOCK("/dev/sda"), FOUND_ON TAKEN "\n" },
	{ "a partition", SDA1, BLOCK("/dev/sda1"), FOUND_ON TAKEN "\n" },
	{ "a disk of a peer", SDB, BLOCK("/dev/sdb"), "remove the <disk> at line 3\n" },
	{ "a volume", SDA DM("vg-data"), BLOCK("/dev/vg/data"), ANOTHER_SOURCE },
	{ "a volume by its node", SDA DM("vg-data"), BLOCK("/dev/dm-3"), ANOTHER_SOURCE },
	{ "an array by its node", SDA HELD_BY("md127", "9:127"), BLOCK("/dev/md127"),
	  ANOTHER_SOURCE },
	{ "a disk by iSCSI", NIC NET(TAKEN, "eno2") ROUTE ISCSI_DISK, BLOCK("/dev/sdx"),
	  ANOTHER_SOURCE },
};

static void test_first_fixes(void)
{
	for (size_t i = 0; i < VH_COUNT(first_fixes); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(first_fixes[i].machine);
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *have = judged(&s->root, first_fixes[i].devices, &found);
		const char *fix = found.count == 1 ? found.list[0].fix : NULL;

		if (!ok(fix && vh_has_prefix(fix, first_fixes[i].fix), "the first line for: %s",
			first_fixes[i].name))
			diag("%s: %s", have, fix ? fix : "-");
	}
}

#define OFFER "\nor hand it over while the guest runs: vfio-hook handover " TAKEN

/* Whoever ends the host's use first finds nothing that speaks against the start any more. */
static void test_order(void)
{
	static const struct {
		const char *name, *machine, *devices, *fix;
	} orders[] = {
		{ "an image", SDA MOUNTED(AT_SRV), IMAGE("/srv/a.img"),
		  "first move what the domain itself has on " TAKEN
		  " (the <disk> at line 3)\nthen umount /srv" },
		{ "a volume", SDA DM("vg-data") "f " VIRTUAL "dm-3/dm/uuid\tLVM-x\n" MOUNTED(""),
		  BLOCK("/dev/vg/data"),
		  "first move what the domain itself has on " TAKEN
		  " (the <disk> at line 3)\nthen lvchange -an vg/data" },
		{ "an image elsewhere", SDA MOUNTED(AT_SRV), IMAGE("/home/a.img"),
		  "umount /srv" OFFER },
		{ "the disk itself", SDA MOUNTED(AT_SRV), BLOCK("/dev/sda"), "umount /srv" OFFER },
		{ "one that may be missing", SDA MOUNTED(AT_SRV),
		  "<disk type='file'><source file='/srv/a.img' startupPolicy='optional'/></disk>",
		  "umount /srv" OFFER },
	};

	for (size_t i = 0; i < VH_COUNT(orders); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(orders[i].machine);
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *have = judged_by(&vh_rule_device_in_use, &s->root,
						   orders[i].devices, &found);
		const char *fix = found.count ? found.list[0].fix : NULL;

		if (!ok(vh_streq(fix, orders[i].fix), "what to do first: %s", orders[i].name))
			diag("%s: %s", have, fix ? fix : "-");
	}
}

/* ... but that the file is not there. */
static void test_missing(void)
{
	static const struct {
		const char *name, *files, *devices, *want;
	} files[] = {
		{ "an image that is gone", "d srv\n", IMAGE("/srv/a.img"),
		  "W disk /srv/a.img is not there" },
		{ "an image whose folder is gone", "", IMAGE("/srv/a.img"),
		  "W disk /srv/a.img is not there" },
		{ "an image that is there", "f srv/a.img\tx\n", IMAGE("/srv/a.img"), "" },
		{ "an image that may be missing", "",
		  "<disk type='file'><source file='/srv/a.img' startupPolicy='optional'/></disk>",
		  "" },
		{ "a kernel that is gone", "", "</devices><os><kernel>/k</kernel></os><devices>",
		  "" },
		{ "of a server, which is not asked",
		  MOUNTED("\\n21 20 0:44 / /srv rw - nfs4 s:/ rw,addr=10.8.0.9"),
		  IMAGE("/srv/a.img"), "" },
	};

	for (size_t i = 0; i < VH_COUNT(files); i++) {
		_auto_free_ char *machine = vh_printf(
			"%s%s%s", SDA, strstr(files[i].files, "mountinfo") ? "" : MOUNTED(""),
			files[i].files);
		_auto_(scratch) struct scratch *s = scratch_new(machine);
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *have = NULL;

		s->root.live = true;
		have = judged(&s->root, files[i].devices, &found);
		if (!ok(!strcmp(have, files[i].want), "%s", files[i].name))
			diag("have: %s", have);
	}
}

/* Is it told that something may not be there? */
static bool is_unseen(const struct vh_root *root, const char *devices)
{
	_auto_(vh_domain) struct vh_domain *d = domain_of(devices);
	struct vh_config config;
	struct vh_case_ask ask = { .root = root, .config = &config, .domain = d };
	_auto_case_ struct vh_case c = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	bool said = false;

	vh_config_defaults(&config);
	ask.deadline = INT64_MAX;
	VH_IGNORE(vh_case_read(&c, &ask, &err));
	for (size_t i = 0; i < c.unseen.count; i++)
		said |= strstr(c.unseen.name[i], "the USB device") ||
			strstr(c.unseen.name[i], "the mediated device");
	vh_config_clear(&config);
	return said;
}

/* What is named beside PCI devices, and is not there: device-absent. */
static void test_absent(void)
{
#define BUS "d sys/bus/usb/devices\n"
#define TWO(first, second) USB_DEVICE(first, "3", "1", "0403") USB_DEVICE(second, "4", "2", "0403")
#define SEVERAL "E 2 USB devices 0403:6001 on this host, and which is not said"
#define MEDIATED "<hostdev type='mdev'><source><address uuid='" UUID "'/></source></hostdev>"
#define MDEV "d sys/bus/mdev/devices\n"
#define HOOK(line) MDEV "f etc/libvirt/hooks/qemu\t#!/bin/sh\\n" line "\n"
#define NO_MEDIATED "E no mediated device " UUID " on this host"
	static const struct {
		const char *name, *machine, *devices, *want;
		bool unknown; /* it is among what was not checked */
	} absent[] = {
		{ "a USB device", BUS, BY_ID(""), "E no USB device 0403:6001 on this host", false },
		{ "a USB device that is there", USB_DEVICE(STAYS, "3", "1", "0403"), BY_ID(""), "",
		  false },
		{ "that is there, behind another", USB_DEVICE(STAYS, "3", "1.4.2", "0403"),
		  BY_ID(""), "", false },
		{ "another one", USB_DEVICE(STAYS, "3", "1", "0404"), BY_ID(""),
		  "E no USB device 0403:6001 on this host", false },
		{ "that may be missing", BUS, BY_ID(" startupPolicy='optional'"), "", false },
		{ "that has to be there at the first start", BUS, BY_ID(" startupPolicy='requisite'"),
		  "E no USB device 0403:6001 on this host", false },
		{ "by its ids and its number", USB_DEVICE(STAYS, "3", "1", "0403"),
		  BY_BOTH("", "4"), "", false },
		{ "by its ids and a number that it had", USB_DEVICE(STAYS, "3", "1", "0403"),
		  BY_BOTH("", "9"),
		  "E no USB device 0403:6001 at the <address> of its <source> on this host", false },
		{ "by its ids and a number that libvirt has written",
		  USB_DEVICE(STAYS, "3", "1", "0403"), BY_BOTH(" autoAddress='yes'", "9"), "",
		  false },
		{ "by its number", USB_DEVICE(STAYS, "3", "1", "0403"),
		  BY_PLACE("bus='3' device='5'"), "E no USB device 5 on bus 3 on this host", false },
		{ "by its number, there", USB_DEVICE(STAYS, "3", "1", "0403"),
		  BY_PLACE("bus='3' device='4'"), "", false },
		{ "by its port", USB_DEVICE(STAYS, "3", "1.2", "0403"),
		  BY_PLACE("bus='3' port='1.3'"), "E no USB device at port 3-1.3 on this host",
		  false },
		{ "by its port, there", USB_DEVICE(STAYS, "3", "1.2", "0403"),
		  BY_PLACE("bus='3' port='1.2'"), "", false },
		{ "two of its ids", TWO(STAYS, STAYS), BY_ID(""), SEVERAL, false },
		{ "two of its ids, and it may be missing", TWO(STAYS, STAYS),
		  BY_ID(" startupPolicy='optional'"), SEVERAL, false },
		{ "two of its ids, and the number of one", TWO(STAYS, STAYS), BY_BOTH("", "4"), "",
		  false },
		{ "two of its ids, one where libvirt had found it", TWO(STAYS, STAYS),
		  BY_BOTH(" autoAddress='yes'", "4"), "", false },
		{ "two of its ids, none where libvirt had found it", TWO(STAYS, STAYS),
		  BY_BOTH(" autoAddress='yes'", "9"), SEVERAL, false },
		{ "two of its ids, one on what the guest gets", TWO(STAYS, TAKEN), BY_ID(""), "",
		  false },
		{ "two of its ids, in a tree without the bus",
		  USB_THERE(STAYS, "3", "1", "0403") USB_THERE(STAYS, "4", "2", "0403"), BY_ID(""),
		  SEVERAL, false },
		{ "in a tree without the bus", "", BY_ID(""), "", true },
		{ "that is there, in a tree without the bus", USB_THERE(STAYS, "3", "1", "0403"),
		  BY_ID(""), "", false },
		{ "by its number, in a tree without the bus", USB_THERE(STAYS, "3", "1", "0403"),
		  BY_PLACE("bus='3' device='4'"), "", false },

		{ "a mediated device", MDEV, MEDIATED, NO_MEDIATED, false },
		{ "a mediated device that is there", "d sys/bus/mdev/devices/" UUID "\n", MEDIATED,
		  "", false },
		{ "of which the tree does not tell", "", MEDIATED, "", true },
		{ "that is there, in a tree without that bus", "d @" STAYS "/" UUID "\n", MEDIATED,
		  "", false },
		{ "that a hook makes", HOOK("mdevctl start -u $UUID"), MEDIATED, "", true },
		{ "that a hook makes by hand",
		  HOOK("echo $UUID > $GPU/mdev_supported_types/a/create"), MEDIATED, "", true },
		{ "that libvirt makes for a hook", HOOK("virsh nodedev-start mdev_x"), MEDIATED, "",
		  true },
		{ "and a hook that does something else", HOOK("echo 1 > /sys/kernel/mm/ksm/run"),
		  MEDIATED, NO_MEDIATED, false },
	};

	for (size_t i = 0; i < VH_COUNT(absent); i++) {
		_auto_free_ char *machine = vh_printf("%s%s", USB, absent[i].machine);
		_auto_(scratch) struct scratch *s = scratch_new(machine);
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *have = judged_by(&vh_rule_device_absent, &s->root,
						   absent[i].devices, &found);

		if (!ok(!strcmp(have, absent[i].want), "not there: %s", absent[i].name))
			diag("have: %s", have);
		ok(absent[i].unknown == is_unseen(&s->root, absent[i].devices), "%sknown: %s",
		   absent[i].unknown ? "not " : "", absent[i].name);
	}
}

/* Numbers say it where both have them: a node may have any name. */
static void test_numbers(void)
{
	struct vh_need need = { .kind = VH_NEED_PATH };
	struct vh_whereabout w = { .need = &need, .path = (char *)"/dev/x", .major = 8, .minor = 1 };
	const struct vh_devnode block = {
		.path = (char *)"/dev/sda1", .major = 8, .minor = 1, .numbered = true, .block = true
	};
	struct vh_devnode other = block;

	w.numbered = w.block = true;
	ok(vh_whereabouts_is_node(&w, &block), "a node of the same numbers under another name");
	other.block = false;
	ok(!vh_whereabouts_is_node(&w, &other), "a character device of these numbers is another");
	other = block;
	other.path = w.path;
	other.minor = 2;
	ok(!vh_whereabouts_is_node(&w, &other), "the same name with other numbers is another");
	w.numbered = false;
	ok(vh_whereabouts_is_node(&w, &other), "without numbers the name says it");
}

/* On a running system a node is told by its numbers, whatever it is called and however one gets there. */
static void test_live_node(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(SDA "l dev/disk/by-id/wwn-1\t../../mine\n");
	_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
	_auto_free_ char *have = NULL;

	s->root.live = true;
	if (mknodat(s->root.fd, "dev/mine", S_IFBLK | 0600, makedev(8, 0)) < 0) {
		diag("only root makes nodes");
		return;
	}
	have = judged(&s->root, BLOCK("/dev/disk/by-id/wwn-1"), &found);
	if (!ok(!strcmp(have, "E disk /dev/disk/by-id/wwn-1 (/dev/sda) is on " TAKEN),
		"a node by its numbers"))
		diag("have: %s", have);
}

/* A snapshot has no links that tell serial numbers. */
static void test_unseen(void)
{
	static const struct {
		const char *path, *want;
	} paths[] = {
		{ "/dev/disk/by-id/wwn-9", "where /dev/disk/by-id/wwn-9 of line 3 lies" },
		{ "/dev/sdz", NULL },
		{ "/dev/vg/data", NULL },
	};
	_auto_(scratch) struct scratch *s = scratch_new(SDA);

	s->root.live = false;
	for (size_t i = 0; i < VH_COUNT(paths); i++) {
		_auto_free_ char *disk = vh_printf(BLOCK("%s"), paths[i].path);
		_auto_(vh_domain) struct vh_domain *d = domain_of(disk);
		struct vh_config config;
		struct vh_case_ask ask = { .root = &s->root, .config = &config, .domain = d };
		_auto_case_ struct vh_case c = { 0 };
		_auto_error_ struct vh_error err = { 0 };
		bool said = false;

		vh_config_defaults(&config);
		ask.deadline = INT64_MAX;
		VH_IGNORE(vh_case_read(&c, &ask, &err));
		for (size_t k = 0; k < c.unseen.count; k++)
			said |= vh_has_prefix(c.unseen.name[k], "where ") &&
				vh_streq(c.unseen.name[k], paths[i].want);
		for (size_t k = 0; !paths[i].want && k < c.unseen.count; k++)
			said |= vh_has_prefix(c.unseen.name[k], "where ");
		ok(said == (paths[i].want != NULL), "%s: %s", paths[i].path,
		   paths[i].want ? "where it lies is not told" : "nothing is unknown");
		vh_config_clear(&config);
	}
}

int main(void)
{
	test_cases();
	test_first_fixes();
	test_order();
	test_missing();
	test_absent();
	test_numbers();
	test_live_node();
	test_unseen();
	return tap_done();
}
