/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-parts - uses that hang on a part of a function or on its memory: consoles, mediated and vDPA
 * devices, the firmware's framebuffer, Bluetooth, flash; and what is not seen, by kind.
 */
#include "lib/base/strbuf.h"
#include "lib/case/vfguests.h"
#include "lib/host/read.h"
#include "lib/host/uses/use.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define FN "0000:01:00.0"
#define AT "@" FN "/"
#define PORT "pci 0000:00:01.0 class=060400 id=8086:1901 group=1 driver=pcieport header=01\n"
#define FUNCTION(class, driver) \
	PORT "pci " FN " class=" class " id=10de:1b80 group=2 parent=0000:00:01.0" driver "\n"
#define SERIAL FUNCTION("070002", " driver=serial")
#define GPU FUNCTION("030000", " driver=i915")
#define BARE_GPU FUNCTION("030000", "")
#define USB FUNCTION("0c0330", " driver=xhci_hcd")
#define NIC FUNCTION("020000", " driver=mlx5_core")
#define PROCESS(pid, comm, file)                                                                  \
	"f proc/" pid "/stat\t" pid " (" comm ") S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0\n" \
	"l proc/" pid "/fd/7\t" file "\n"
#define VIRTIO_CONSOLE                                                    \
	FUNCTION("078000", " driver=virtio-pci")                          \
	"f proc/consoles\thvc0 -W- (EC) 229:0\n"                          \
	"l " AT "virtio0/driver\tsys/bus/virtio/drivers/virtio_console\n" \
	"d sys/bus/virtio/drivers/virtio_console\n"
#define VIRTIO_PORT(number) "f " AT "virtio0/virtio-ports/vport0p" number "/dev\t250:" number "\n"
#define UUID "8a1b6c0e-03d5-4a59-9c7e-0f5a5d3e9b10"
#define MDEV                                                      \
	"d " AT UUID "\n"                                         \
	"l " AT UUID "/iommu_group\tsys/kernel/iommu_groups/40\n" \
	"l sys/kernel/iommu_groups/40/devices/" UUID "\t" AT UUID "\n"
#define STATUS(device)                                                                         \
	"f run/libvirt/qemu/win10.xml\t<domstatus state='running' pid='9'><domain type='kvm'>" \
	"<name>win 10</name><uuid>5b0c0f5e-66a4-4d9c-8f5d-0d9a3f6d5f01</uuid><devices>"        \
	"<hostdev mode='subsystem' type='mdev'><source><address uuid='" device "'/></source>"  \
	"</hostdev></devices></domain></domstatus>\n"
#define BARS "f " AT "resource\t0x0000000090000000 0x000000009fffffff 0x000000000014220c\n"
#define SCREEN "sys/devices/platform/simple-framebuffer.0/"
#define OLD_SCREEN                                                                           \
	"d " SCREEN "drm/card0\nd " SCREEN "graphics/fb0\nl sys/class/graphics/fb0\t" SCREEN \
	"graphics/fb0\n"
#define NEW_SCREEN                                    \
	"d " AT "simple-framebuffer.0/drm/card0\n"    \
	"d " AT "simple-framebuffer.0/graphics/fb0\n" \
	"l sys/class/graphics/fb0\t" AT "simple-framebuffer.0/graphics/fb0\n"
#define FBCON(bound)                                                   \
	"f sys/class/vtconsole/vtcon1/name\t(M) frame buffer device\n" \
	"f sys/class/vtconsole/vtcon1/bind\t" bound "\n"
#define IOMEM(name) "f proc/iomem\t90000000-9fffffff : " FN "\\n  91000000-917e8fff : " name "\n"
#define LETTERS "ffffffffffffffff fffffffffffffffe"
#define KEYBOARD(place) "f proc/bus/input/devices\tS: Sysfs=/" place "\\nB: KEY=" LETTERS "\\n\n"
#define ADAPTER "d " AT "usb3/3-4/3-4:1.0/bluetooth/hci0\n"
#define SHOT " is in use by process 4711 (qemu-system-x86)"

static const struct {
	const char *name, *machine, *want, *fix;
} cases[] = {
	{ "a port that is no console", SERIAL "d " AT "tty/ttyS4\nf proc/consoles\ttty0\n", "",
	  NULL },
	{ "another port's number begins like it",
	  SERIAL "d " AT "tty/ttyS4\nf proc/consoles\tttyS41 -W- (EC) 4:9\n", "", NULL },
	{ "named by the firmware", SERIAL "d " AT "tty/ttyS4\nf proc/consoles\tttyS4 -W- (EC) 4:68\n",
	  "32 the console of the machine is on it (ttyS4)",
	  "add console=tty0 to the kernel command line and reboot" },
	{ "a virtio console",
	  FUNCTION("078000",
		   " driver=virtio-pci") "f proc/consoles\thvc0 -W- (EC) 229:0\n"
					 "l " AT
					 "virtio0/driver\tsys/bus/virtio/drivers/virtio_console\n"
					 "d sys/bus/virtio/drivers/virtio_console\n",
	  "32 the console of the machine is on it (hvc0)", NULL },
	{ "a virtio console among channels", VIRTIO_CONSOLE VIRTIO_PORT("0") VIRTIO_PORT("1"),
	  "32 the console of the machine is on it (hvc0)", NULL },
	{ "hvc0, and channels alone", VIRTIO_CONSOLE VIRTIO_PORT("1"), "", NULL },
	{ "hvc0, and virtio is no console",
	  FUNCTION("020000",
		   " driver=virtio-pci") "f proc/consoles\thvc0 -W- (EC) 229:0\n"
					 "l " AT "virtio0/driver\tsys/bus/virtio/drivers/virtio_net\n"
					 "d sys/bus/virtio/drivers/virtio_net\n",
	  "", NULL },
	{ "a port by its address",
	  FUNCTION("070002",
		   "") "f proc/consoles\tttyS2 -W- (EC) 4:66\n"
		       "f " AT "resource\t0x000000000000f0e0 0x000000000000f0e7 0x0000000000040101\n"
		       "f proc/tty/driver/serial\tserinfo:1.0\\n0: uart:16550A port:000003F8 irq:4\\n"
		       "2: uart:16550A port:0000F0E0 irq:19 tx:2 rx:0\n",
	  "32 the console of the machine is on it (ttyS2)", NULL },
	{ "a port by its address in memory",
	  FUNCTION("070002",
		   "") "f proc/consoles\tttyS2 -W- (EC) 4:66\n"
		       "f " AT "resource\t0x00000000fe000000 0x00000000fe000fff 0x0000000000040200\n"
		       "f proc/tty/driver/serial\t2: uart:16550A mmio:0xFE000000 irq:19 tx:2\n",
	  "32 the console of the machine is on it (ttyS2)", NULL },
	{ "a port by another address",
	  FUNCTION("070002",
		   "") "f proc/consoles\tttyS0 -W- (EC) 4:64\n"
		       "f " AT "resource\t0x000000000000f0e0 0x000000000000f0e7 0x0000000000040101\n"
		       "f proc/tty/driver/serial\t0: uart:16550A port:000003F8 irq:4\n",
	  "", NULL },

	{ "a mediated device that nobody has", GPU MDEV,
	  "weak 128 the mediated device " UUID " is made of it, and goes with it, "
	  "peer 4 it is a display of the host",
	  NULL },
	{ "a mediated device in a guest, by its group",
	  GPU MDEV PROCESS("4711", "qemu-system-x86", "/dev/vfio/40"),
	  "128 its mediated device " UUID SHOT ", peer 4 it is a display of the host",
	  "shut the guest down that has it: process 4711 (qemu-system-x86)" },
	{ "a mediated device in a guest, by libvirt", GPU MDEV STATUS(UUID),
	  "128 its mediated device " UUID " is in the running guest 'win 10', "
	  "peer 4 it is a display of the host",
	  "virsh shutdown 'win 10'" },
	{ "another mediated device in a guest",
	  GPU MDEV STATUS("00000000-0000-4000-8000-000000000001"),
	  "weak 128 the mediated device " UUID " is made of it, and goes with it, "
	  "peer 4 it is a display of the host",
	  NULL },

	{ "simpledrm below the function", BARE_GPU NEW_SCREEN PROCESS("90", "sway", "/dev/dri/card0"),
	  "4 process 90 (sway) has /dev/dri/card0 (the firmware's framebuffer in its memory) "
	  "open",
	  "end process 90 (sway), or the desktop: systemctl stop display-manager" },
	{ "simpledrm in the memory of the function",
	  BARE_GPU BARS IOMEM("simple-framebuffer.0")
		  OLD_SCREEN PROCESS("90", "Xorg", "/dev/dri/card0"),
	  "4 process 90 (Xorg) has /dev/dri/card0 (the firmware's framebuffer in its memory) "
	  "open",
	  NULL },
	{ "simpledrm in the memory of another one",
	  BARE_GPU
	  "f " AT "resource\t0x00000000a0000000 0x00000000afffffff 0x000000000014220c\n" IOMEM(
		  "simple-framebuffer.0") OLD_SCREEN PROCESS("90", "Xorg", "/dev/dri/card0"),
	  "", NULL },
	{ "simpledrm, by number, and who hands it out",
	  BARE_GPU NEW_SCREEN "f " AT "simple-framebuffer.0/drm/card0/dev\t226:0\n" PROCESS(
		  "80", "systemd-logind", "/dev/dri/card0")
		  PROCESS("90", "gnome-shell", "/dev/char/226:0"),
	  "4 process 90 (gnome-shell) and others have /dev/dri/card0 (the firmware's framebuffer "
	  "in its memory) open",
	  "end process 90 (gnome-shell), or the desktop: systemctl stop display-manager" },
	{ "efifb that a process draws on",
	  BARE_GPU BARS
		  IOMEM("efifb") "d sys/devices/platform/efi-framebuffer.0/graphics/fb0\n" PROCESS(
			  "90", "Xorg", "/dev/fb0"),
	  "4 process 90 (Xorg) has /dev/fb0 (the firmware's framebuffer in its memory) open", NULL },
	{ "nobody draws on simpledrm", BARE_GPU NEW_SCREEN FBCON("0"), "", NULL },
	{ "the console is drawn on simpledrm", BARE_GPU NEW_SCREEN FBCON("1"),
	  "4 the console is drawn on it (fb0)",
	  "echo 0 > /sys/class/vtconsole/vtcon1/bind   # 1 brings it back" },
	{ "the console is drawn below a virtio device",
	  FUNCTION("038000", " driver=virtio-pci") FBCON("1") "d " AT "virtio0/graphics/fb0\n"
							      "l sys/class/graphics/fb0\t" AT
							      "virtio0/graphics/fb0\n",
	  "4 the console is drawn on it (fb0), peer 4 it is a display of the host", NULL },
	{ "the console is drawn by an adapter on a USB port",
	  USB FBCON("1") "d " AT "usb3/3-4/3-4:1.0/graphics/fb0\nl sys/class/graphics/fb0\t" AT
			 "usb3/3-4/3-4:1.0/graphics/fb0\n",
	  "peer 8 USB device 'unnamed' (3-4), 4 the console is drawn on it (fb0)", NULL },
	{ "the console is mapped to another framebuffer",
	  GPU FBCON("1") "d " AT "graphics/fb0\nl sys/class/graphics/fb0\t" AT "graphics/fb0\n"
			 "f proc/cmdline\tquiet fbcon=font:TER16x32,map:1 splash\n",
	  "peer 4 it is a display of the host", NULL },
	{ "the console is mapped to this framebuffer",
	  GPU FBCON("1") "d " AT "graphics/fb1\nd sys/class/graphics/fb0\n"
			 "f proc/cmdline\tfbcon=map:0 fbcon=rotate:1,map:21\n",
	  "4 the console is drawn on it (fb1), peer 4 it is a display of the host", NULL },
	{ "efifb beside a driver that has none",
	  FUNCTION("030000", " driver=nvidia") BARS IOMEM("BOOTFB") FBCON(
		  "1") "d sys/devices/platform/efi-framebuffer.0/graphics/fb0\n"
		       "l sys/class/graphics/fb0\tsys/devices/platform/efi-framebuffer.0/graphics/fb0\n",
	  "4 the console is drawn on it (fb0), peer 4 it is a display of the host", NULL },
	{ "on vfio-pci already, and the console still there",
	  FUNCTION("030000", " driver=vfio-pci") NEW_SCREEN FBCON("1"),
	  "weak 4 the console is drawn on it (fb0)", NULL },

	{ "a keyboard by Bluetooth",
	  USB ADAPTER KEYBOARD("devices/virtual/misc/uhid/0005:046D:B35B.0007/input/input30"),
	  "peer 8 USB device 'unnamed' (3-4), peer K 8 keyboard by Bluetooth (hci0)", NULL },
	{ "a keyboard below the adapter",
	  USB ADAPTER KEYBOARD("devices/pci0000:00/0000:00:01.0/" FN
			       "/usb3/3-4/3-4:1.0/bluetooth/hci0/hci0:256/0005:1:2.7/input/input30"),
	  "peer 8 USB device 'unnamed' (3-4), peer K 8 keyboard by Bluetooth (hci0)", NULL },
	{ "an adapter on PCI",
	  FUNCTION("0d1100", " driver=btintel_pcie") "d " AT "bluetooth/hci0\n" KEYBOARD(
		  "devices/virtual/misc/uhid/0005:046D:B35B.0007/input/input30"),
	  "peer K 8 keyboard by Bluetooth (hci0)", NULL },
	{ "an adapter, and a keyboard by wire",
	  USB ADAPTER KEYBOARD("devices/pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0/input/input3"),
	  "peer 8 USB device 'unnamed' (3-4)", NULL },

	{ "a flash is no disk",
	  FUNCTION("0c8000", " driver=spi") "f " AT "spi_master/spi0/spi0.0/mtd/mtd0/dev\t90:0\n"
					    "f " AT "spi_master/spi0/spi0.0/mtd/mtd0/size\t33554432\n"
					    "f " AT "spi_master/spi0/spi0.0/mtd/mtd0/name\tBIOS\n",
	  "flash", NULL },
	{ "the firmware's flash, by another name",
	  NIC "f " AT "mtd/mtd0/dev\t90:0\nf " AT "mtd/mtd0/size\t4096\n"
	      "f " AT "mtd/mtd0/name\tUEFI volume\n",
	  "flash", NULL },
	{ "and by a third",
	  NIC "f " AT "mtd/mtd0/dev\t90:0\nf " AT "mtd/mtd0/size\t4096\n"
	      "f " AT "mtd/mtd0/name\tCOREBOOT\n",
	  "flash", NULL },
	{ "a card's own flash",
	  NIC "f " AT "mtd/mtd0/dev\t90:0\nf " AT "mtd/mtd0/size\t4096\n"
	      "f " AT "mtd/mtd0/name\teth0 sfc_mcfw:06\n",
	  "", NULL },

	{ "mounts that cannot be read",
	  FUNCTION("010802", " driver=nvme") "f " AT "nvme/nvme0/nvme0n1/dev\t259:9\n"
					     "f " AT
					     "nvme/nvme0/nvme0n1/size\t9\nf dev/nvme0n1\tfree\n"
					     "f run/udev/data/b259:9\tI:1\n",
	  "unseen 1: mounts and swap: /proc is not readable", NULL },
	{ "openers that cannot be seen",
	  FUNCTION("010802",
		   " driver=nvme") "f " AT "nvme/nvme0/nvme0n1/dev\t259:9\n"
				   "f " AT "nvme/nvme0/nvme0n1/size\t9\nf run/udev/data/b259:9\tI:1\n"
				   "f proc/swaps\t-\nf proc/self/mountinfo\t20 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
	  "unseen 1: exclusive openers of /dev/nvme0n1: Permission denied", NULL },
	{ "routes that cannot be read", NIC "f " AT "net/eth0/flags\t0x1002\n",
	  "unseen 2: default routes: /proc/net/route is not readable", NULL },
};

static char *show(const struct vh_pci_dev *d)
{
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < d->n_uses; i++) {
		const struct vh_use *u = &d->uses[i];

		vh_strbuf_addf(&sb, "%s%s%s%s%u %s", sb.len ? ", " : "", u->weak ? "weak " : "",
			       u->peer_only ? "peer " : "",
			       u->input & VH_INPUT_KEYBOARD ? "K " : "", u->kind, u->text);
	}
	if (d->firmware_flash)
		vh_strbuf_join(&sb, ", ", "flash");
	if (d->unseen_kinds)
		vh_strbuf_addf(&sb, "%sunseen %u: %s", sb.len ? ", " : "", d->unseen_kinds,
			       d->unseen.count ? d->unseen.name[0] : "?");
	return sb.data ? vh_strbuf_steal(&sb) : vh_strdup("");
}

/* Reads as the rules do; `fix` is that of the first use. */
static void expect(const char *name, const char *machine, const char *want, const char *fix)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	_auto_(vh_host) const struct vh_host *h = NULL;
	const struct vh_pci_dev *d;
	struct vh_pci_addr addr;
	_auto_free_ char *have = NULL;

	if (vh_pci_parse(FN, &addr) < 0)
		abort();
	h = vh_host_read(&s->root, &addr, 1, VH_HOST_RULES | VH_HOST_USES, INT64_MAX);
	d = vh_host_dev(h, &addr);
	have = d ? show(d) : vh_strdup("no device");
	if (!ok(vh_streq(have, want) && (!fix || (d->n_uses && vh_streq(d->uses[0].fix, fix))),
		"%s", name))
		diag("have: %s; fix: %s", have,
		     d && d->n_uses && d->uses[0].fix ? d->uses[0].fix : "none");
}

/* Wherever a port hangs, and whoever tells of the console. */
static void test_consoles(void)
{
	static const struct {
		const char *name, *function, *dir, *tty;
	} places[] = {
		{ "of a serial card", SERIAL, "", "ttyS4" },
		{ "below the serial core", SERIAL, FN ":0/" FN ":0.3/", "ttyS7" },
		{ "of the chipset", FUNCTION("078000", " driver=intel-lpss"), "dw-apb-uart.5/",
		  "ttyS4" },
		{ "on USB", USB, "usb1/1-3:1.0/ttyUSB0/", "ttyUSB0" },
		{ "on USB, a modem", USB, "usb1/1-3:1.1/", "ttyACM0" },
	};
	static const struct {
		const char *name, *file, *before, *after, *fix;
	} tellers[] = {
		{ "the table", "proc/consoles", "", " -W- (EC p a)    4:68", "add console=tty0" },
		{ "the table's second line", "proc/consoles", "tty0 -WU (E  p  )    4:1\\n",
		  " -W- (EC p a)    4:68", "add console=tty0" },
		{ "the attribute", "sys/class/tty/console/active", "tty0 ", "", "add console=tty0" },
		{ "the command line", "proc/cmdline", "ro console=tty0 console=", ",115200n8 quiet",
		  "remove console=" },
		{ "the end of the command line", "proc/cmdline", "console=", "", "remove console=" },
	};

	for (size_t i = 0; i < VH_COUNT(places) * VH_COUNT(tellers); i++) {
		size_t p = i / VH_COUNT(tellers), t = i % VH_COUNT(tellers);
		_auto_free_ char *name = vh_printf("a console %s, by %s", places[p].name,
						   tellers[t].name);
		_auto_free_ char *machine = vh_printf("%sd " AT "%stty/%s\nf %s\t%s%s%s\n",
						      places[p].function, places[p].dir,
						      places[p].tty, tellers[t].file,
						      tellers[t].before, places[p].tty,
						      tellers[t].after);
		_auto_free_ char *want = vh_printf("32 the console of the machine is on it (%s)",
						   places[p].tty);
		bool is_option = vh_has_prefix(tellers[t].fix, "remove");
		_auto_free_ char *fix = vh_printf(
			"%s%s%s%s", tellers[t].fix, is_option ? places[p].tty : "",
			is_option && *tellers[t].after ? ",115200n8" : "",
			is_option ? " from the kernel command line and reboot"
				  : " to the kernel command line and reboot");

		expect(name, machine, want, fix);
	}
}

static void test_iommu(void)
{
	static const struct {
		const char *name, *machine;
		bool iommu, elsewhere;
	} boards[] = {
		{ "a group with a PCI function", NIC, true, false },
		{ "no group", "pci " FN " class=020000 id=8086:1521 driver=igb\n", false, false },
		{ "groups with parts of the board alone",
		  "pci " FN " class=020000 id=8086:1521 driver=igb\nd sys/devices/platform/fb.hvs\n"
		  "l sys/kernel/iommu_groups/0/devices/fb.hvs\tsys/devices/platform/fb.hvs\n",
		  false, true },
		{ "both",
		  NIC "d sys/devices/platform/fb.hvs\n"
		      "l sys/kernel/iommu_groups/0/devices/fb.hvs\tsys/devices/platform/fb.hvs\n",
		  true, false },
	};

	for (size_t i = 0; i < VH_COUNT(boards); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(boards[i].machine);
		_auto_(vh_host) const struct vh_host *h = vh_host_read(&s->root, NULL, 0,
								       VH_HOST_RULES, INT64_MAX);

		ok(h->iommu == boards[i].iommu && h->iommu_elsewhere == boards[i].elsewhere,
		   "IOMMU: %s", boards[i].name);
	}
}

/* Who has the virtual functions of a card. */
static void test_vf_guests(void)
{
#define CARD                                                                                  \
	PORT "pci " FN " class=020000 id=8086:1521 group=2 driver=igb parent=0000:00:01.0 "   \
	     "totalvfs=7 numvfs=2\n"                                                          \
	     "pci 0000:01:10.0 class=020000 id=8086:1520 group=28 driver=vfio-pci physfn=" FN \
	     " parent=0000:00:01.0\n"                                                         \
	     "pci 0000:01:10.4 class=020000 id=8086:1520 group=29 driver=igbvf physfn=" FN    \
	     " parent=0000:00:01.0\n"
#define RUNS(element)                                                                            \
	"f run/libvirt/qemu/web.xml\t<domstatus pid='9'><domain><name>web</name><uuid>5b0c0f5e-" \
	"66a4-4d9c-8f5d-0d9a3f6d5f01</uuid><devices>" element "</devices></domain></domstatus>\n"
#define SOURCE                                                                                \
	"<source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x0'/>" \
	"</source>"
	static const struct {
		const char *name, *machine, *want;
	} guests[] = {
		{ "nobody", CARD, "" },
		{ "a <hostdev>",
		  CARD RUNS("<hostdev mode='subsystem' type='pci'>" SOURCE "</hostdev>"),
		  "0000:01:10.0 web -" },
		{ "an <interface>", CARD RUNS("<interface type='hostdev'>" SOURCE "</interface>"),
		  "0000:01:10.0 web -" },
		{ "a process", CARD PROCESS("812", "qemu-kvm", "/dev/vfio/28"),
		  "0000:01:10.0 - process 812 (qemu-kvm)" },
		{ "a process that has another group",
		  CARD PROCESS("812", "qemu-kvm", "/dev/vfio/29"), "" },
	};

	for (size_t i = 0; i < VH_COUNT(guests); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(guests[i].machine);
		struct vh_pci_addr addr;
		_auto_(vh_host) const struct vh_host *h = NULL;
		_auto_strbuf_ struct vh_strbuf have = { 0 };
		struct vh_vf_guests g;

		if (vh_pci_parse(FN, &addr) < 0)
			abort();
		h = vh_host_read(&s->root, &addr, 1, 0, INT64_MAX);
		vh_vfguests_read(&s->root, h, &g);
		for (size_t k = 0; k < g.count; k++)
			vh_strbuf_addf(&have, "%s %s %s", vh_pci_str(&g.list[k].vf).s,
				       g.list[k].domain ? g.list[k].domain : "-",
				       g.list[k].process ? g.list[k].process : "-");
		if (!ok(vh_streq(have.data ? have.data : "", guests[i].want),
			"a virtual function has %s", guests[i].name))
			diag("have: %s", have.data ? have.data : "nothing");
		vh_vfguests_clear(&g);
	}
}

/* What turned out not to be the function's leaves nothing behind, and what was there stays. */
static void test_forget(void)
{
	struct vh_pci_dev d = { 0 };
	struct vh_host h = { 0 };
	struct vh_uses_ctx ctx = { .host = &h, .dev = &d, .complete = true };
	struct vh_use_mark mark;

	vh_use_add(&ctx, VH_USE_BLOCK, "kept");
	vh_use_unseen(&ctx, VH_USE_NETWORK, "kept too");
	mark = vh_use_mark(&ctx);
	ctx.complete = true;
	vh_use_add(&ctx, VH_USE_BLOCK, "not its own");
	vh_names_note(&d.carries, "disk");
	vh_use_unseen(&ctx, VH_USE_BLOCK, "neither is this");
	vh_host_not_checked(&h, "nor this");
	vh_use_forget(&ctx, &mark);
	ok(d.n_uses == 1 && !d.carries.count && !ctx.complete, "uses that are taken back");
	ok(d.unseen.count == 1 && h.not_checked.count == 1 && d.unseen_kinds == VH_USE_NETWORK,
	   "what was not seen of them is taken back too");
	vh_host_clear_use(&d.uses[0]);
	free(d.uses);
	vh_names_clear(&d.carries);
	vh_names_clear(&d.unseen);
	vh_names_clear(&h.not_checked);
}

int main(void)
{
	test_forget();
	for (size_t i = 0; i < VH_COUNT(cases); i++)
		expect(cases[i].name, cases[i].machine, cases[i].want, cases[i].fix);
	test_consoles();
	test_iommu();
	test_vf_guests();
	return tap_done();
}
