/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-nodes - a node below a function that a process has open is a use of it: of every subsystem of
 * the table the right kind, as bad as it is for a named device and for a peer; who is named, and
 * the line that ends it.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/base/strbuf.h"
#include "lib/host/read.h"
#include "lib/host/processes/scan.h"
#include "lib/host/uses/subsystem.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define FUNCTION(class, driver) \
	"pci 0000:01:00.0 class=" class " id=1234:5678 group=2 driver=" driver "\n"
#define AT "@0000:01:00.0/"
#define CARD FUNCTION("030000", "amdgpu") "f " AT "drm/card0/dev\t226:0\n"
#define STAT(pid, comm) \
	"f proc/" pid "/stat\t" pid " (" comm ") S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n"
#define PROCESS(pid, comm, file) STAT(pid, comm) "l proc/" pid "/fd/7\t" file "\n"
#define HIDDEN STAT("7", "x") "f proc/7/fd/3\t?\n"
#define NODE(subsystem, name, numbers) \
	"f " AT name "/dev\t" numbers "\nl " AT name "/subsystem\tsys/class/" subsystem "\n"
#define CGROUP(pid, path) "f proc/" pid "/cgroup\t0::" path "\n"

/* Kind, how bad ("error", "warning" or "peer" for a named device), and the text. */
static char *uses_in(const struct vh_root *root, char **ret_fix)
{
	static const char *const kinds[] = { "block", "network", "display", "input",
					     "sound", "serial",  "compute", "other" };
	struct vh_pci_addr addr = { .bus = 1 };
	_auto_(vh_host)
		const struct vh_host *h = vh_host_read(root, &addr, 1, VH_HOST_USES, INT64_MAX);
	const struct vh_pci_dev *d = vh_host_dev(h, &addr);
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	if (ret_fix)
		*ret_fix = vh_strdup(d->n_uses && d->uses[0].fix ? d->uses[0].fix : "none");
	for (size_t i = 0; i < d->n_uses; i++) {
		const struct vh_use *u = &d->uses[i];

		if (vh_has_prefix(u->text, "it is a display"))
			continue;
		vh_strbuf_addf(&sb, "%s%s %s: %s", sb.len ? "; " : "", kinds[__builtin_ctz(u->kind)],
			       u->looked      ? "looked"
			       : u->peer_only ? "peer"
			       : u->weak      ? "warning"
					      : "error",
			       u->text);
	}
	if (d->uses_read != VH_YES)
		vh_strbuf_add(&sb,
			      d->unseen_kinds == VH_USE_BLOCK ? " (block unseen)" : " (unseen)");
	return sb.data ? vh_strbuf_steal(&sb) : vh_strdup("");
}

static char *uses_of(const char *machine, char **ret_fix)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);

	return uses_in(&s->root, ret_fix);
}

/* --- the table ----------------------------------------------------------------------------------- */

/* What an open node of each subsystem is to a named device, and how its node is called. Said once
 * more, as a line that goes from the table is to be missed. */
static const struct {
	const char *subsystem, *object, *node, *is;
} rows[] = {
	{ "nvme", "nvme3", "nvme3", "block error" },
	{ "nvme-generic", "ng3n1", "ng3n1", "block error" },
	{ "scsi_generic", "sg4", "sg4", "block error" },
	{ "scsi_tape", "nst0", "nst0", "block error" },
	{ "scsi_changer", "sch0", "sch0", "block error" },
	{ "bsg", "0:0:0:0", "bsg/0:0:0:0", "block error" },
	{ "mmc_rpmb", "mmcblk0rpmb", "mmcblk0rpmb", "block error" },
	{ "dax", "dax0.0", "dax0.0", "block error" },
	{ "drm", "renderD128", "dri/renderD128", "display error" },
	{ "drm", "card1", "dri/card1", "display error" },
	{ "drm", "controlD64", "dri/controlD64", "display error" },
	{ "graphics", "fb1", "fb1", "display error" },
	{ "drm_dp_aux_dev", "drm_dp_aux0", "drm_dp_aux0", "display warning" },
	{ "accel", "accel0", "accel/accel0", "compute error" },
	{ "apex", "apex_0", "apex_0", "compute error" },
	{ "habanalabs", "hl0", "hl0", "compute error" },
	{ "uacce", "hisi_zip-0", "hisi_zip-0", "compute error" },
	{ "dsa", "wq0.0", "dsa/wq0.0", "compute error" },
	{ "iax", "wq1.0", "iax/wq1.0", "compute error" },
	{ "sound", "pcmC1D0p", "snd/pcmC1D0p", "sound error" },
	{ "sound", "midiC1D0", "snd/midiC1D0", "sound error" },
	{ "sound", "comprC1D0", "snd/comprC1D0", "sound error" },
	{ "sound", "dsp1", "snd/dsp1", "sound error" },
	{ "sound", "adsp1", "snd/adsp1", "sound error" },
	{ "sound", "audio1", "snd/audio1", "sound error" },
	{ "ptp", "ptp0", "ptp0", "network error" },
	{ "infiniband_verbs", "uverbs0", "infiniband/uverbs0", "network error" },
	{ "infiniband_mad", "umad0", "infiniband/umad0", "network error" },
	{ "infiniband_cm", "ucm0", "infiniband/ucm0", "network error" },
	{ "hfi1", "hfi1_0", "hfi1_0", "network error" },
	{ "hfi1_user", "hfi1_1", "hfi1_1", "network error" },
	{ "wwan", "wwan0at0", "wwan0at0", "network error" },
	{ "vhost-vdpa", "vhost-vdpa-0", "vhost-vdpa-0", "network error" },
	{ "tty", "ttyS4", "ttyS4", "serial error" },
	{ "virtio-ports", "vport1p1", "vport1p1", "serial error" },
	{ "input", "event3", "input/event3", "input peer" },
	{ "input", "mouse1", "input/mouse1", "input peer" },
	{ "input", "js0", "input/js0", "input peer" },
	{ "hidraw", "hidraw0", "hidraw0", "input warning" },
	{ "usb", "usb3", "bus/usb/usb3", "other error" },
	{ "usbmisc", "hiddev0", "usb/hiddev0", "other error" },
	{ "uio", "uio0", "uio0", "other error" },
	{ "vfio-dev", "vfio7", "vfio/devices/vfio7", "other error" },
	{ "dvb", "dvb1.demux0", "dvb/adapter1/demux0", "other error" },
	{ "video4linux", "video0", "video0", "other error" },
	{ "media", "media0", "media0", "other error" },
	{ "cec", "cec0", "cec0", "other error" },
	{ "lirc", "lirc0", "lirc0", "other error" },
	{ "firewire", "fw0", "fw0", "other error" },
	{ "i2c-dev", "i2c-4", "i2c-4", "other error" },
	{ "spidev", "spidev0.0", "spidev0.0", "other error" },
	{ "gpio", "gpiochip0", "gpiochip0", "other error" },
	{ "mtd", "mtd0", "mtd0", "other error" },
	{ "watchdog", "watchdog0", "watchdog0", "other error" },
	{ "mei", "mei0", "mei0", "other error" },
	{ "ipmi", "ipmi0", "ipmi0", "other error" },
	{ "tpm", "tpm0", "tpm0", "other error" },
	{ "tpmrm", "tpmrm0", "tpmrm0", "other error" },
	{ "rtc", "rtc1", "rtc1", "other error" },
	{ "pps", "pps0", "pps0", "other error" },
	{ "printer", "lp0", "lp0", "other error" },
	{ "ppdev", "parport0", "parport0", "other error" },
	{ "switchtec", "switchtec0", "switchtec0", "other error" },
	{ "cxl", "mem0", "cxl/mem0", "other error" },
	{ "a-new-one", "new0", "new0", "other error" },
};

/* By its path, by its number where a container calls it otherwise, with the kernel's own name, and
 * in a tree without the links of sysfs. */
static void test_row(size_t n)
{
	const char *sub = rows[n].subsystem, *object = rows[n].object;
	_auto_free_ char *plain = vh_printf(
		FUNCTION("030000", "some-driver") "f " AT "x/%s/dev\t240:3\n"
						  "l " AT "x/%s/subsystem\tsys/class/%s\n",
		object, object, sub);
	_auto_free_ char *bare = vh_printf(
		FUNCTION("030000", "some-driver") "f " AT "y/%s/%s/dev\t240:3\n" PROCESS("7", "tool",
											 "/dev/%s"),
		sub, object, rows[n].node);
	_auto_free_ char *path = vh_printf("%s" PROCESS("7", "tool", "/dev/%s"), plain,
					   rows[n].node);
	_auto_free_ char *number = vh_printf("%s" PROCESS("7", "tool", "/dev/char/240:3"), plain);
	_auto_free_ char *other = vh_printf("%s" PROCESS("7", "tool", "/dev/char/240:4"), plain);
	_auto_free_ char *named = vh_printf(
		"%sf " AT
		"x/%s/uevent\tMAJOR=240\\nDEVNAME=its/own\n" PROCESS("7", "tool", "/dev/its/own"),
		plain, object);
	_auto_free_ char *begin = vh_printf("%s: process 7 (tool) has /dev/%s", rows[n].is,
					    rows[n].node);
	_auto_free_ char *by_path = uses_of(path, NULL), *by_number = uses_of(number, NULL),
			 *by_other = uses_of(other, NULL), *by_name = uses_of(named, NULL),
			 *by_class = uses_of(bare, NULL);

	if (!ok(vh_has_prefix(by_path, begin) && !strcmp(by_path, by_number) &&
			strstr(by_name, "has /dev/its/own") && vh_has_prefix(by_class, begin) &&
			!*by_other,
		"%s: %s", sub, rows[n].is))
		diag("'%s' '%s' '%s' '%s' '%s'", by_path, by_number, by_name, by_class, by_other);
}

/* Of a line, and of each name that nodes have there. */
static size_t count_cases(const char *subsystem, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < VH_COUNT(rows); i++)
		n += !strcmp(rows[i].subsystem, subsystem) && vh_has_prefix(rows[i].object, name);
	return n;
}

/* block, the nodes without kernel objects and those that another one tells of have their cases
 * below. */
static void test_all_told(void)
{
	static const char *const elsewhere[] = { "block", "nvidia", "nvidia-nvswitch",
						 VH_SUBSYSTEM_USB_INPUT, VH_SUBSYSTEM_BOOT_SCREEN };
	size_t count, told = 0, missing = 0;
	const struct vh_subsystem *table = vh_subsystem_table(&count);

	for (size_t i = 0; i < count; i++) {
		static const char *const any[] = { "", NULL };
		size_t cases = count_cases(table[i].name, "");
		bool other = false;

		for (size_t k = 0; k < VH_COUNT(elsewhere); k++)
			other |= !strcmp(elsewhere[k], table[i].name);
		for (const char *const *o = table[i].only ? table[i].only : any; *o && !other; o++) {
			if (!count_cases(table[i].name, *o)) {
				diag("no case for %s %s", table[i].name, *o);
				missing++;
			}
		}
		told += cases;
	}
	ok(!missing && told + count_cases("a-new-one", "") == VH_COUNT(rows),
	   "every line of the table, and every name in it, has its case, every case its line");
}

/* --- who, where, and how it ends ------------------------------------------------------------------ */

#define DISK                                               \
	FUNCTION("010601", "ahci")                         \
	"f " AT "ata1/host0/block/sdb/dev\t8:16\n"         \
	"f " AT "ata1/host0/block/sdb/size\t4096\n"        \
	"f " AT "ata1/host0/block/sdb/sdb1/dev\t8:17\n"    \
	"f " AT "ata1/host0/block/sdb/sdb1/size\t2048\n"   \
	"f " AT "ata1/host0/block/sdb/sdb1/partition\t1\n" \
	"f dev/sdb\tfree\n"                                \
	"f run/udev/data/b8:16\tI:1\n"                     \
	"f run/udev/data/b8:17\tI:1\n"                     \
	"f proc/self/mountinfo\t-\n"
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "0123456789ab0000000000000000000000000000000000000000000000000000"
#define LONG "a-name-of-sixty-characters-which-is-where-a-message-cuts-one" /* 60, as is shown */
#define USB FUNCTION("0c0330", "xhci_hcd")
#define KEYBOARD                                                          \
	USB "f " AT "usb1/1-3/product\tKeys\n"                            \
	    "f " AT "usb1/1-3/dev\t189:2\n"                               \
	    "l " AT "usb1/1-3/subsystem\tsys/bus/usb\n"                   \
	    "f " AT "usb1/1-3/1-3:1.0/bInterfaceClass\t03\n"              \
	    "f " AT "usb1/1-3/1-3:1.0/bInterfaceProtocol\t01\n"           \
	    "f " AT "usb1/1-3/1-3:1.0/h/input/input5/event4/dev\t13:68\n" \
	    "l " AT "usb1/1-3/1-3:1.0/h/input/input5/event4/subsystem\tsys/class/input\n"
#define USB_INPUT(node)                                                     \
	USB "f " AT "usb1/1-3/1-3:1.0/h/input/input5/" node "/dev\t13:33\n" \
	    "l " AT "usb1/1-3/1-3:1.0/h/input/input5/" node                 \
	    "/subsystem\tsys/class/input\n" PROCESS("9", "qemu-kvm", "/dev/char/13:33")
#define SWITCHES FUNCTION("068000", "nvidia-nvswitch")
#define GPU                          \
	FUNCTION("030200", "nvidia") \
	"f proc/driver/nvidia/gpus/0000:01:00.0/information\tDevice Minor: \\t 2\n"

static const struct {
	const char *name, *machine, *want, *fix;
} cases[] = {
	{ "nobody", CARD PROCESS("7", "tool", "/dev/null"), "", NULL },
	{ "a process", CARD PROCESS("7", "tool", "/dev/dri/card0"),
	  "display error: process 7 (tool) has /dev/dri/card0 open",
	  "end process 7 (tool), or the desktop: systemctl stop display-manager" },
	{ "a USB device that another machine has", KEYBOARD "f " AT "usb1/1-3/usbip_status\t2\n",
	  "other error: USB device 'Keys' (1-3) is in use by another machine, by usbip; input peer: keyboard 'Keys' (1-3)",
	  "usbip unbind -b 1-3   # cuts off whoever works with it" },
	{ "a USB device that another machine may have",
	  KEYBOARD "f " AT "usb1/1-3/usbip_status\t1\n", "input peer: keyboard 'Keys' (1-3)", NULL },
	{ "a service",
	  CARD PROCESS("7", "tool", "/dev/dri/card0") CGROUP("7", "/system.slice/a tool.service"),
	  "display error: process 7 (tool) of a tool.service has /dev/dri/card0 open",
	  "systemctl stop 'a tool.service'" },
	{ "a user's service",
	  CARD PROCESS("7", "tool", "/dev/dri/card0")
		  CGROUP("7", "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service"),
	  "display error: process 7 (tool) has /dev/dri/card0 open",
	  "end process 7 (tool), or the desktop: systemctl stop display-manager" },
	{ "a container",
	  CARD PROCESS("7", "tool", "/dev/char/226:0")
		  CGROUP("7", "/system.slice/docker-" ID ".scope"),
	  "display error: process 7 (tool) of container '0123456789ab' has /dev/dri/card0 open",
	  "docker stop 0123456789ab" },
	{ "a container of a user",
	  CARD PROCESS("7", "tool", "/dev/char/226:0")
		  CGROUP("7", "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID
			      ".scope/c"),
	  "display error: process 7 (tool) of container '0123456789ab' has /dev/dri/card0 open",
	  "podman stop 0123456789ab   # as user 1000" },
	{ "a container without systemd",
	  CARD PROCESS("7", "tool", "/dev/char/226:0") "f proc/7/cgroup\t9:pids:/docker/" ID
						       "\\n0::/\n",
	  "display error: process 7 (tool) of container '0123456789ab' has /dev/dri/card0 open",
	  "docker stop 0123456789ab" },
	{ "a container of podman without systemd",
	  CARD PROCESS("7", "tool", "/dev/char/226:0")
		  CGROUP("7", "/libpod_parent/libpod-" ID "/container"),
	  "display error: process 7 (tool) of container '0123456789ab' has /dev/dri/card0 open",
	  "podman stop 0123456789ab" },
	{ "a container of nerdctl",
	  CARD PROCESS("7", "tool", "/dev/char/226:0")
		  CGROUP("7", "/system.slice/nerdctl-" ID ".scope"),
	  "display error: process 7 (tool) of container '0123456789ab' has /dev/dri/card0 open",
	  "nerdctl stop 0123456789ab" },
	{ "a pod",
	  CARD PROCESS("7", "tool", "/dev/char/226:0")
		  CGROUP("7", "/kubepods.slice/kubepods-podx.slice/cri-containerd-" ID ".scope"),
	  "display error: process 7 (tool) of container '0123456789ab' has /dev/dri/card0 open",
	  "crictl stop 0123456789ab" },
	{ "a pod without systemd",
	  CARD PROCESS("7", "tool", "/dev/char/226:0")
		  CGROUP("7", "/kubepods/besteffort/pod8b1c0e0e-1111-2222-3333-444455556666/" ID),
	  "display error: process 7 (tool) of container '0123456789ab' has /dev/dri/card0 open",
	  "crictl stop 0123456789ab" },
	{ "a container of LXC",
	  CARD PROCESS("7", "tool", "/dev/char/226:0")
		  CGROUP("7", "/lxc.payload.web/system.slice/x.service"),
	  "display error: process 7 (tool) of container 'web' has /dev/dri/card0 open",
	  "stop the container 'web'" },
	{ "a machine",
	  CARD PROCESS("7", "tool", "/dev/char/226:0")
		  CGROUP("7", "/machine.slice/machine-a\\\\x20box.scope/payload"),
	  "display error: process 7 (tool) of container 'a box' has /dev/dri/card0 open",
	  "machinectl poweroff 'a box'" },
	{ "a desktop before logind",
	  CARD PROCESS("5", "systemd-logind", "/dev/dri/card0")
		  PROCESS("7", "gnome-shell", "/dev/dri/card0"),
	  "display error: process 7 (gnome-shell) and others have /dev/dri/card0 open",
	  "end process 7 (gnome-shell), or the desktop: systemctl stop display-manager" },
	{ "a desktop before logind, and what that keeps with process 1",
	  CARD PROCESS("1", "systemd", "/dev/dri/card0")
		  PROCESS("5", "systemd-logind", "/dev/dri/card0")
			  PROCESS("7", "gnome-shell", "/dev/dri/card0"),
	  "display error: process 7 (gnome-shell) and others have /dev/dri/card0 open",
	  "end process 7 (gnome-shell), or the desktop: systemctl stop display-manager" },
	{ "a desktop of NixOS",
	  CARD PROCESS("5", "systemd-logind", "/dev/dri/card0")
		  PROCESS("7", ".gnome-shell-wr", "/dev/dri/card0"),
	  "display error: process 7 (.gnome-shell-wr) and others have /dev/dri/card0 open",
	  "end process 7 (.gnome-shell-wr), or the desktop: systemctl stop display-manager" },
	{ "another",
	  CARD PROCESS("5", "elogind", "/dev/dri/card0")
		  PROCESS("7", ".sway-wrapped", "/dev/dri/card0"),
	  "display error: process 7 (.sway-wrapped) and others have /dev/dri/card0 open",
	  "end process 7 (.sway-wrapped), or the desktop: systemctl stop display-manager" },
	{ "logind alone", CARD PROCESS("5", "systemd-logind", "/dev/dri/card0"),
	  "display error: process 5 (systemd-logind) has /dev/dri/card0 open",
	  "loginctl list-sessions   # then end the one that draws on it" },
	{ "what logind keeps for a compositor of whatever name",
	  CARD PROCESS("1", "systemd", "/dev/dri/card0") PROCESS(
		  "5", "systemd-logind", "/dev/dri/card0") PROCESS("7", "dwl", "/dev/dri/card0"),
	  "display error: process 7 (dwl) has /dev/dri/card0 open",
	  "end process 7 (dwl), or the desktop: systemctl stop display-manager" },
	{ "who looks at what logind keeps is not the one that it is kept for",
	  CARD PROCESS("5", "systemd-logind", "/dev/dri/card0")
		  PROCESS("7", "switcheroo-cont", "/dev/dri/card0"),
	  "display error: process 5 (systemd-logind) has /dev/dri/card0 open",
	  "loginctl list-sessions   # then end the one that draws on it" },
	{ "who looks",
	  DISK PROCESS("5", "smartd", "/dev/sdb") CGROUP("5", "/system.slice/smartd.service"),
	  "block looked: process 5 (smartd) of smartd.service has /dev/sdb open, and is taken to "
	  "look at it only",
	  "none" },
	{ "udevd, without which nothing is found",
	  DISK PROCESS("5", "systemd-udevd", "/dev/sdb")
		  CGROUP("5", "/system.slice/systemd-udevd.service/udev"),
	  "block looked: process 5 (systemd-udevd) of systemd-udevd.service has /dev/sdb open, and is "
	  "taken to look at it only",
	  "none" },
	{ "services whose names begin alike",
	  DISK PROCESS("5", "a", "/dev/sdb") CGROUP("5", "/system.slice/" LONG "1.service")
		  PROCESS("7", "a", "/dev/sdb") CGROUP("7", "/system.slice/" LONG "2.service"),
	  "block error: process 5 (a) of " LONG "... has /dev/sdb open; "
	  "block error: process 7 (a) of " LONG "... has /dev/sdb open",
	  "systemctl stop " LONG "1.service" },
	{ "containers whose names begin alike",
	  DISK PROCESS("5", "a", "/dev/sdb") CGROUP("5", "/lxc.payload." LONG "1")
		  PROCESS("7", "a", "/dev/sdb") CGROUP("7", "/lxc.payload." LONG "2"),
	  "block error: process 5 (a) of container '" LONG "...' has /dev/sdb open; "
	  "block error: process 7 (a) of container '" LONG "...' has /dev/sdb open",
	  "stop the container '" LONG "1'" },
	{ "containers whose numbers begin alike",
	  DISK PROCESS("5", "a", "/dev/sdb") CGROUP("5", "/system.slice/docker-" ID ".scope")
		  PROCESS("7", "a", "/dev/sdb") CGROUP("7", "/system.slice/docker-" ID2 ".scope"),
	  "block error: process 5 (a) of container '0123456789ab' has /dev/sdb open; "
	  "block error: process 7 (a) of container '0123456789ab' has /dev/sdb open",
	  "docker stop 0123456789ab" },
	{ "guests whose names begin alike",
	  DISK PROCESS("5", "kvm", "/dev/sdb")
		  CGROUP("5", "/machine.slice/machine-qemu\\\\x2d3\\\\x2d" LONG
			      "1.scope/l") PROCESS("7", "kvm", "/dev/sdb")
			  CGROUP("7", "/machine.slice/machine-qemu\\\\x2d4\\\\x2d" LONG "2.scope/l"),
	  "block error: domain '" LONG "...', process 5 (kvm), has /dev/sdb open; "
	  "block error: domain '" LONG "...', process 7 (kvm), has /dev/sdb open",
	  "virsh shutdown " LONG "1" },
	{ "containers of two users, of one name",
	  DISK PROCESS("5", "a", "/dev/sdb") CGROUP(
		  "5", "/user.slice/user-1000.slice/user@1000.service/lxc.payload.web")
		  PROCESS("7", "a", "/dev/sdb") CGROUP(
			  "7", "/user.slice/user-1001.slice/user@1001.service/lxc.payload.web"),
	  "block error: process 5 (a) of container 'web' has /dev/sdb open; "
	  "block error: process 7 (a) of container 'web' has /dev/sdb open",
	  "stop the container 'web'   # as user 1000" },
	{ "processes of one service",
	  DISK PROCESS("5", "a", "/dev/sdb") CGROUP("5", "/system.slice/" LONG "1.service")
		  PROCESS("7", "b", "/dev/sdb") CGROUP("7", "/system.slice/" LONG "1.service"),
	  "block error: process 5 (a) and others of " LONG "... have /dev/sdb open",
	  "systemctl stop " LONG "1.service" },
	{ "nodes of two subsystems, of which one is explained",
	  FUNCTION("088000", "wdt") NODE("watchdog", "watchdog0", "240:1")
		  NODE("tpm", "tpm0", "10:224")
			  STAT("5", "a") "l proc/5/fd/7\t/dev/watchdog0\nl proc/5/fd/8\t/dev/tpm0\n",
	  "other error: process 5 (a) has /dev/watchdog0 and /dev/tpm0 open", "end process 5 (a)" },
	{ "nodes of two subsystems that are one thing",
	  FUNCTION("048000", "cx") NODE("video4linux", "video0", "81:0")
		  NODE("media", "media0", "240:0")
			  STAT("5", "a") "l proc/5/fd/7\t/dev/video0\nl proc/5/fd/8\t/dev/media0\n",
	  "other error: process 5 (a) has /dev/video0 and /dev/media0 (a video device) open",
	  "end process 5 (a)" },
	{ "nodes of two subsystems that nobody knows",
	  FUNCTION("048000", "cx") NODE("foo", "foo0", "240:1") NODE("bar", "bar0", "240:2")
		  STAT("5", "a") "l proc/5/fd/7\t/dev/foo0\nl proc/5/fd/8\t/dev/bar0\n",
	  "other error: process 5 (a) has /dev/foo0 and /dev/bar0 open", "end process 5 (a)" },
	{ "who looks beside one that works",
	  DISK PROCESS("5", "smartd", "/dev/sdb") PROCESS("7", "dd", "/dev/sdb1"),
	  "block error: process 7 (dd) has /dev/sdb1 open", "end process 7 (dd)" },
	{ "init",
	  FUNCTION("088000", "wdt") "f " AT "watchdog/watchdog0/dev\t240:1\n" PROCESS(
		  "1", "systemd", "/dev/watchdog0"),
	  "other error: process 1 (systemd) has /dev/watchdog0 (a watchdog, without which the host "
	  "may restart) open",
	  "none" },

	{ "a guest's disk", DISK PROCESS("9", "qemu-system-x86", "/dev/sdb"),
	  "block error: a running guest, process 9 (qemu-system-x86), has /dev/sdb open",
	  "shut its guest down; virsh list shows those of libvirt" },
	{ "a guest by its scope",
	  DISK PROCESS("9", "qemu-system-x86", "/dev/block/8:17") CGROUP(
		  "9", "/machine.slice/machine-qemu\\\\x2d3\\\\x2dweb\\\\x20it\\\\x27s.scope/l"),
	  "block error: domain 'web it's', process 9 (qemu-system-x86), has /dev/sdb1 open",
	  "virsh shutdown 'web it'\\''s'" },
	{ "a guest by its status",
	  DISK PROCESS(
		  "9",
		  "qemu-kvm",
		  "/dev/sdb") "f run/libvirt/qemu/a.xml\t<domstatus pid='9'><domain><name>--all</name>"
			      "<uuid>11111111-2222-4333-8444-555566667777</uuid></domain></domstatus>\n",
	  "block error: domain '--all', process 9 (qemu-kvm), has /dev/sdb open",
	  "virsh shutdown 11111111-2222-4333-8444-555566667777" },
	{ "a guest of KubeVirt",
	  DISK PROCESS("9", "qemu-kvm", "/dev/block/8:16")
		  CGROUP("9", "/kubepods.slice/kubepods-podx.slice/crio-" ID ".scope"),
	  "block error: container '0123456789ab', process 9 (qemu-kvm), has /dev/sdb open",
	  "crictl stop 0123456789ab" },
	{ "a guest of a unit",
	  DISK PROCESS("9", "cloud-hyperviso", "/dev/sdb")
		  CGROUP("9", "/system.slice/ch@web.service"),
	  "block error: ch@web.service, process 9 (cloud-hyperviso), has /dev/sdb open",
	  "systemctl stop ch@web.service" },
	{ "a guest without machined",
	  DISK PROCESS("9", "qemu-system-x86", "/dev/sdb")
		  CGROUP("9", "/system.slice/libvirtd.service"),
	  "block error: a running guest, process 9 (qemu-system-x86), has /dev/sdb open",
	  "shut its guest down; virsh list shows those of libvirt" },
	{ "a guest of NixOS", DISK PROCESS("9", ".qemu-system-x8", "/dev/sdb"),
	  "block error: a running guest, process 9 (.qemu-system-x8), has /dev/sdb open",
	  "shut its guest down; virsh list shows those of libvirt" },
	{ "a guest of VirtualBox", DISK PROCESS("9", "VirtualBoxVM", "/dev/sdb"),
	  "block error: a running guest, process 9 (VirtualBoxVM), has /dev/sdb open", NULL },
	{ "the agent in a guest, which this is",
	  FUNCTION("078000", "virtio-pci") "f " AT "virtio2/virtio-ports/vport2p1/dev\t250:1\n" PROCESS(
		  "9", "qemu-ga", "/dev/vport2p1")
		  CGROUP("9", "/system.slice/qemu-guest-agent.service"),
	  "serial error: process 9 (qemu-ga) of qemu-guest-agent.service has /dev/vport2p1 "
	  "(a virtio port) open",
	  "systemctl stop qemu-guest-agent.service" },
	{ "an export by QEMU's server", DISK PROCESS("9", "qemu-nbd", "/dev/sdb"),
	  "block error: process 9 (qemu-nbd) has /dev/sdb open", "end process 9 (qemu-nbd)" },
	{ "who watches a camera",
	  USB "f " AT "usb1/1-4/1-4:1.0/video4linux/video0/dev\t81:0\n" PROCESS("9", "wireplumber",
										"/dev/video0"),
	  "other looked: process 9 (wireplumber) has /dev/video0 (a video device) open, and is "
	  "taken to look at it only; input peer: USB device 'unnamed' (1-4)",
	  NULL },
	{ "a program of QEMU's that is no guest",
	  DISK PROCESS("9", "qemu-storage-da", "/dev/sdb")
		  CGROUP("9", "/system.slice/export.service"),
	  "block error: process 9 (qemu-storage-da) of export.service has /dev/sdb open",
	  "systemctl stop export.service" },
	{ "a guest's USB device", KEYBOARD PROCESS("9", "qemu-kvm", "/dev/char/189:2"),
	  "other error: a running guest, process 9 (qemu-kvm), has /dev/bus/usb/1-3 (a USB device) "
	  "open; input peer: keyboard 'Keys' (1-3)",
	  "shut its guest down; virsh list shows those of libvirt" },
	{ "a guest's input", KEYBOARD PROCESS("9", "qemu-kvm", "/dev/char/13:68"),
	  "input error: a running guest, process 9 (qemu-kvm), has /dev/input/event4 (an input device) "
	  "open; input peer: keyboard 'Keys' (1-3)",
	  "shut its guest down; virsh list shows those of libvirt" },
	{ "a guest's mouse", USB_INPUT("mouse1"),
	  "input error: a running guest, process 9 (qemu-kvm), has /dev/input/mouse1 (an input device) "
	  "open; input peer: USB device 'unnamed' (1-3)",
	  "shut its guest down; virsh list shows those of libvirt" },
	{ "a guest's joystick", USB_INPUT("js0"),
	  "input error: a running guest, process 9 (qemu-kvm), has /dev/input/js0 (an input device) "
	  "open; input peer: USB device 'unnamed' (1-3)",
	  "shut its guest down; virsh list shows those of libvirt" },
	{ "a desktop's input", KEYBOARD PROCESS("7", "Xorg", "/dev/char/13:68"),
	  "input peer: keyboard 'Keys' (1-3)", "none" },

	{ "a control node",
	  FUNCTION("040300", "snd_hda_intel") "d " AT "sound/card1/controlC1\nd " AT
					      "sound/card1/pcmC1D0p\n" PROCESS("7", "pipewire",
									       "/dev/snd/controlC1"),
	  "", NULL },
	{ "a card that is deeper",
	  FUNCTION("040100", "sof-audio-pci") "d " AT "machine/sound/card1/pcmC1D0p\n" PROCESS(
		  "7", "pipewire", "/dev/snd/pcmC1D0p"),
	  "sound error: process 7 (pipewire) has /dev/snd/pcmC1D0p open",
	  "end process 7 (pipewire)" },
	{ "an accelerator's card",
	  FUNCTION("120000", "amdgpu") "d " AT "drm/renderD128\n" PROCESS("7", "python3",
									  "/dev/dri/renderD128"),
	  "compute error: process 7 (python3) has /dev/dri/renderD128 open",
	  "end process 7 (python3)" },
	{ "a card that a process computes on",
	  FUNCTION("030000", "amdgpu") "d " AT "drm/renderD128\n" PROCESS("7", "python3",
									  "/dev/dri/renderD128"),
	  "display error: process 7 (python3) has /dev/dri/renderD128 open",
	  "end process 7 (python3)" },
	{ "a card of which a desktop has the render node",
	  FUNCTION("030000", "amdgpu") "d " AT "drm/renderD128\n" PROCESS("7", "sway",
									  "/dev/dri/renderD128"),
	  "display error: process 7 (sway) has /dev/dri/renderD128 open",
	  "end process 7 (sway), or the desktop: systemctl stop display-manager" },
	{ "NVIDIA's", GPU PROCESS("7", "python3", "/dev/nvidia2"),
	  "display error: process 7 (python3) has /dev/nvidia2 open", NULL },
	{ "NVIDIA's that is everybody's", GPU PROCESS("7", "python3", "/dev/nvidiactl"), "", NULL },
	{ "a switch of NVIDIA's", SWITCHES PROCESS("7", "fabric", "/dev/nvidia-nvswitch1"),
	  "compute error: process 7 (fabric) has /dev/nvidia-nvswitch1 (the switch between GPUs) "
	  "open",
	  NULL },
	{ "the control of NVIDIA's switches",
	  SWITCHES PROCESS("7", "fabric", "/dev/nvidia-nvswitchctl"), "", NULL },
	{ "a mapped part",
	  FUNCTION("020000", "uio_pci_generic") "f " AT "uio/uio0/dev\t240:0\n" PROCESS(
		  "7", "dpdk", "/sys/devices/pci0000:01/0000:01:00.0/resource2_wc"),
	  "other error: process 7 (dpdk) has "
	  "/sys/devices/pci0000:01/0000:01:00.0/resource2_wc (a part of its memory) open",
	  "end process 7 (dpdk)" },
	{ "a mapped part, without a node and a driver",
	  "pci 0000:01:00.0 class=118000 id=1234:5678 group=2\n" PROCESS(
		  "7", "tool", "/sys/devices/pci0000:01/0000:01:00.0/resource0"),
	  "other error: process 7 (tool) has /sys/devices/pci0000:01/0000:01:00.0/resource0 "
	  "(a part of its memory) open",
	  "end process 7 (tool)" },
	{ "a mapped part, without a node",
	  FUNCTION("118000", "intel-pmt")
		  PROCESS("7", "tool", "/sys/devices/pci0000:01/0000:01:00.0/resource0"),
	  "other error: process 7 (tool) has /sys/devices/pci0000:01/0000:01:00.0/resource0 "
	  "(a part of its memory) open",
	  "end process 7 (tool)" },
	{ "a mapped part of a network card without a node, of which processes are not asked",
	  FUNCTION("020000", "igb")
		  PROCESS("7", "tool", "/sys/devices/pci0000:01/0000:01:00.0/resource0"),
	  "", NULL },
	{ "its configuration space",
	  FUNCTION("020000", "uio_pci_generic") "f " AT "uio/uio0/dev\t240:0\n" PROCESS(
		  "7", "setpci", "/proc/bus/pci/01/00.0"),
	  "other warning: process 7 (setpci) has /proc/bus/pci/01/00.0 (its configuration space) "
	  "open",
	  "end process 7 (setpci)" },

	{ "an I2C client",
	  FUNCTION("0c8000", "nvidia-gpu") "l " AT "i2c-6/6-0008/subsystem\tsys/bus/i2c\n", "",
	  NULL },
	{ "a mediated device", FUNCTION("030000", "i915") "d " AT "5bf05d6d-7c8e-4d4c-9f2b-1\n", "",
	  NULL },
	{ "a Thunderbolt router",
	  FUNCTION("0c0340", "thunderbolt") "f " AT "domain0/0-0/0-1/device_name\tDock\n"
					    "l " AT "domain0/0-0/subsystem\tsys/bus/thunderbolt\n"
					    "l " AT
					    "domain0/0-0/0-1/subsystem\tsys/bus/thunderbolt\n",
	  "other peer: Thunderbolt device 'Dock' (0-1)", NULL },
	{ "flash memory",
	  FUNCTION("0c8000", "intel-spi") "f " AT "spi0/mtd/mtd0/dev\t90:0\nf " AT
					  "spi0/mtd/mtd0/size\t33554432\n"
					  "l " AT "spi0/mtd/mtd0/subsystem\tsys/class/mtd\n",
	  "", NULL },
	{ "a process that may not be looked at", CARD STAT("7", "x") "f proc/7/fd/3\t?\n",
	  " (unseen)", NULL },
	{ "the same, and a disk, of which others tell", DISK STAT("7", "x") "f proc/7/fd/3\t?\n",
	  "", NULL },
	{ "the same, and it is a guest: it has no other witness",
	  DISK STAT("7", "x") "f proc/7/fd/3\t?\n" STAT("8", "qemu-system-x86") "f proc/8/fd/3\t?\n",
	  " (block unseen)", NULL },
	{ "the same, by its control group alone",
	  DISK STAT("7", "x") "f proc/7/fd/3\t?\n" CGROUP(
		  "7", "/machine.slice/machine-qemu\\\\x2d3\\\\x2dweb.scope/l"),
	  " (block unseen)", NULL },
	{ "the same, and a network card",
	  FUNCTION("020000", "igb") NODE("ptp", "ptp0", "243:1")
		  STAT("8", "qemu-system-x86") "f proc/8/fd/3\t?\n",
	  "", NULL },
	{ "the same, and what has other witnesses",
	  FUNCTION("010802", "nvme") HIDDEN NODE("nvme", "nvme3", "240:1")
		  NODE("nvme-generic", "ng3n1", "241:1") NODE("bsg", "0:0:0:0", "242:1")
			  NODE("scsi_generic", "sg4", "21:4") NODE("usb", "usb3", "189:9")
				  NODE("ptp", "ptp0", "243:1"),
	  "", NULL },
	{ "the same, and a tape, which has none",
	  FUNCTION("010700", "mpt3sas") HIDDEN NODE("scsi_tape", "nst0", "9:128"), " (unseen)",
	  NULL },
	{ "the same, without a node", FUNCTION("020000", "igb") STAT("7", "x") "f proc/7/fd/3\t?\n",
	  "", NULL },
};

static void test_case(size_t n)
{
	_auto_free_ char *fix = NULL, *uses = uses_of(cases[n].machine, &fix);

	if (!ok(!strcmp(uses, cases[n].want) && (!cases[n].fix || vh_streq(fix, cases[n].fix)),
		"%s", cases[n].name))
		diag("'%s', '%s'", uses, fix);
}

/* A user who is not root is told once, by a snapshot of his too, and not of each device. */
static void test_ordinary(void)
{
	static const char machine[] = CARD HIDDEN
		"f ordinary-user\t\n"
		"pci 0000:02:00.0 class=030000 id=1002:73bf group=3 driver=amdgpu\n"
		"f @0000:02:00.0/drm/card2/dev\t226:2\n"
		"pci 0000:03:00.0 class=010700 id=1000:0097 group=4 driver=mpt3sas\n"
		"f @0000:03:00.0/scsi_tape/nst0/dev\t9:128\n";
	static const char text[] = "only root sees that, so run it as root";
	const struct vh_pci_addr asked[] = { { .bus = 1 }, { .bus = 2 }, { .bus = 3 } };
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	_auto_(vh_host) const struct vh_host *h = vh_host_read(&s->root, asked, VH_COUNT(asked),
							       VH_HOST_USES, INT64_MAX);
	size_t said = 0, open = 0;

	for (size_t i = 0; i < h->not_checked.count; i++) {
		said += strstr(h->not_checked.name[i], text) != NULL;
		open += strstr(h->not_checked.name[i], "who has ") != NULL;
	}
	ok(h->ordinary && said == 1 && !open, "a user who is not root is told so once");
}

/* --- a running system ------------------------------------------------------------------------------ */

/* Devices are found by their numbers, whatever their node is called here. */
static void test_live(void)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_root_ struct vh_root root = { .fd = -1 };
	struct vh_devnode nodes[] = {
		{ .path = (char[]){ "/dev/elsewhere" },
		  .subsystem = (char[]){ "x" },
		  .numbered = true,
		  .major = 1,
		  .minor = 3 },
		{ .path = (char[]){ "/dev/null" },
		  .subsystem = (char[]){ "x" },
		  .numbered = true,
		  .major = 1,
		  .minor = 99 },
	};
	struct vh_pci_dev d = { .path = (char[]){ "sys/devices/none" },
				.devnodes = nodes,
				.n_devnodes = VH_COUNT(nodes) };
	struct vh_pci_dev *devs[] = { &d };
	struct vh_host h = { .devs = devs, .n_devs = 1 };
	int ready[2];
	struct vh_hits hits;
	bool found = false, mistaken = false;
	pid_t child;
	char c;

	if (pipe(ready) < 0 || vh_root_open_live(&root, false, &err) < 0)
		abort();
	child = fork();
	if (child == 0) {
		int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (fd < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (child < 0 || read(ready[0], &c, 1) != 1)
		abort();
	vh_scan(&root, &h, &hits);
	for (size_t i = 0; i < hits.count; i++) {
		found |= hits.list[i].pid == child && !strcmp(hits.list[i].path, "/dev/elsewhere");
		mistaken |= hits.list[i].node == 1;
	}
	ok(found && !mistaken, "a running system: by numbers, not by names");
	vh_scan_clear(&hits);
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

/* What comes to pass between the two looks. */
static void close_it(const struct vh_root *root, const char *what)
{
	if (strstr(what, "close it"))
		(void)unlinkat(root->fd, "proc/5/fd/7", 0);
}

static void pass_it_on(const struct vh_root *root, const char *what)
{
	if (strstr(what, "close it"))
		(void)renameat(root->fd, "proc/5/fd/7", root->fd, "proc/6/fd/7");
}

static void test_brief(void)
{
#define HAS(pid, comm) "other error: process " pid " (" comm ") has /dev/i2c-4711 (an I2C bus) open"
	static const struct {
		const char *name, *want;
		void (*step)(const struct vh_root *root, const char *what);
	} looks[] = {
		{ "who keeps it open", HAS("5", "asks"), NULL },
		{ "who has it open for a moment", "", close_it },
		{ "and the next one", HAS("6", "follows"), pass_it_on },
	};

	for (size_t i = 0; i < VH_COUNT(looks); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(
			FUNCTION("030000", "nouveau") NODE("i2c-dev", "i2c-4711", "511:4711")
				PROCESS("5", "asks", "/dev/i2c-4711")
					PROCESS("6", "follows", "/dev/null"));
		struct vh_root_ops ops = *s->root.ops;
		_auto_free_ char *got = NULL;

		ops.step = looks[i].step;
		s->root.ops = &ops;
		s->root.live = true;
		got = uses_in(&s->root, NULL);
		if (!ok(!strcmp(got, looks[i].want), "a running system: %s", looks[i].name))
			diag("got %s", got);
	}
}

int main(void)
{
	test_brief();
	test_ordinary();
	test_live();
	for (size_t i = 0; i < VH_COUNT(rows); i++)
		test_row(i);
	test_all_told();
	for (size_t i = 0; i < VH_COUNT(cases); i++)
		test_case(i);
	return tap_done();
}
