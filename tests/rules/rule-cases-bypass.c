/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-bypass - what a domain has past libvirt: arguments of QEMU. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

static struct vh_smuggled past[2];

static void past_libvirt(struct world *w, const char *addr, size_t count)
{
	alone(w);
	for (size_t i = 0; i < count; i++)
		past[i] = (struct vh_smuggled){ .line = 40 + (int)i,
						.host = S(addr),
						.has_addr = true,
						.addr = world_addr(addr) };
	w->domain.smuggled.list = past;
	w->domain.smuggled.count = count;
}

static void past_absent(struct world *w)
{
	past_libvirt(w, "0000:07:00.0", 1);
}
CASE("commandline-absent", past_absent, .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "and ends: this host has no such device", .fix = "<hostdev");

static void past_unreadable(struct world *w)
{
	past_absent(w);
	w->host.failed = 5;
}
CASE("commandline-absent-maybe", past_unreadable,
     .want = "warning qemu-commandline 0000:07:00.0:40");

static void past_on_driver(struct world *w)
{
	past_libvirt(w, "0000:07:00.0", 1);
	world_dev(w, "0000:07:00.0", AUDIO, 7, "snd_hda_intel");
}
CASE("commandline-on-host-driver", past_on_driver, .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "it is on 'snd_hda_intel'");

static void past_without_driver(struct world *w)
{
	past_libvirt(w, "0000:07:00.0", 1);
	world_dev(w, "0000:07:00.0", AUDIO, 7, NULL);
}
CASE("commandline-without-driver", past_without_driver,
     .want = "error qemu-commandline 0000:07:00.0:40", .says = "it is on no driver");

static void past_on_vfio(struct world *w)
{
	past_without_driver(w);
	w->dev[2].driver = S("vfio-pci");
	w->dev[2].on_vfio = true;
}
CASE("commandline-on-vfio", past_on_vfio, .want = "warning qemu-commandline 0000:07:00.0:40",
     .silent = "qemu-set");

static void past_with_a_peer(struct world *w)
{
	past_on_vfio(w);
	world_dev(w, "0000:07:00.1", AUDIO, 7, "snd_hda_intel");
}
CASE("commandline-peer-on-driver", past_with_a_peer,
     .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "0000:07:00.1 of its IOMMU group is on 'snd_hda_intel', and nobody takes it");

static void past_with_a_bridge(struct world *w)
{
	past_on_vfio(w);
	world_dev(w, "0000:07:00.1", BRIDGE, 7, "pcieport");
	world_dev(w, "0000:07:01.0", AUDIO, 7, NULL);
}
CASE("commandline-peers-tolerated", past_with_a_bridge,
     .want = "warning qemu-commandline 0000:07:00.0:40");

static void past_in_use(struct world *w)
{
	past_on_vfio(w);
	world_view(w, 7)->open = VH_YES;
	world_view(w, 7)->holder = S("process 812 (qemu-system-x86)");
}
CASE("commandline-group-open", past_in_use, .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "its IOMMU group is in use by process 812");

static void past_of_itself(struct world *w)
{
	past_in_use(w);
	w->c.running = true;
}
CASE("commandline-group-open-by-itself", past_of_itself,
     .want = "warning qemu-commandline 0000:07:00.0:40");

static void past_misspelt(struct world *w)
{
	past_on_vfio(w);
	past[0].misspelt = true;
}
CASE("commandline-one-argument", past_misspelt, .want = "error qemu-commandline 0000:07:00.0:40",
     .says = "are two arguments of QEMU's, and this is one");

static void past_beside_a_hook(struct world *w)
{
	static struct vh_hook_line line = { .file = S("/etc/libvirt/hooks/qemu.d/bind"),
					    .line = 3,
					    .deed = VH_DEED_BIND,
					    .what = "driver_override" };

	past_without_driver(w);
	w->c.scripts.list = &line;
	w->c.scripts.count = 1;
}
CASE("commandline-bound-by-a-hook", past_beside_a_hook,
     .want = "warning qemu-commandline 0000:07:00.0:40, warning hook-conflict");

static void past_with_peer(struct world *w)
{
	past_libvirt(w, "0000:01:00.1", 1);
	world_dev(w, "0000:01:00.1", AUDIO, 1, "snd_hda_intel");
}
CASE("commandline-of-the-group", past_with_peer,
     .want = "warning qemu-commandline 0000:01:00.1:40, info peer-detached 0000:01:00.1:10");

static void past_and_named(struct world *w)
{
	past_libvirt(w, "0000:01:00.0", 1);
}
CASE("commandline-named-too", past_and_named, .want = "error qemu-commandline 0000:01:00.0:40",
     .says = "it is named twice, and the <hostdev> of line 10 has it already",
     .fix = "remove the two <qemu:arg>");

static void past_and_unassigned(struct world *w)
{
	past_and_named(w);
	w->element[0].unassigned = true;
	w->dev[1].driver = S("vfio-pci");
	w->dev[1].on_vfio = true;
}
CASE("commandline-named-unassigned", past_and_unassigned,
     .want = "warning qemu-commandline 0000:01:00.0:40");

static void past_twice(struct world *w)
{
	past_libvirt(w, "0000:07:00.0", 2);
	world_dev(w, "0000:07:00.0", AUDIO, 7, "vfio-pci");
}
CASE("commandline-twice", past_twice,
     .want = "error qemu-commandline 0000:07:00.0:41, warning qemu-commandline 0000:07:00.0:40",
     .says = "the argument of line 40 has it already");

static struct vh_qemu_set set;

static void sets(struct world *w, const char *id, const char *property, const char *value)
{
	alone(w);
	set = (struct vh_qemu_set){ 50, S(id), S(property), S(value) };
	w->domain.smuggled.sets = &set;
	w->domain.smuggled.n_sets = 1;
}

static void set_of_hostdev(struct world *w)
{
	sets(w, "hostdev0", "x-vga", "on");
}
CASE("qemu-set", set_of_hostdev, .want = "error qemu-set:50",
     .says = "there is no device \"hostdev0\" defined",
     .fix = "<qemu:override><qemu:device alias='hostdev0'><qemu:frontend><qemu:property name='x-vga' "
	    "type='bool' value='true'/></qemu:frontend></qemu:device></qemu:override>");

static void set_of_old_qemu(struct world *w)
{
	set_of_hostdev(w);
	w->dev[1].class = VGA;
	w->c.around.qemu = 6001000;
}
CASE("qemu-set-before-6.2", set_of_old_qemu, .want = "", .silent = "qemu-set");

static void set_of_video(struct world *w)
{
	sets(w, "video0", "vgamem_mb", "64");
}
CASE("qemu-set-of-another-device", set_of_video, .want = "error qemu-set:50",
     .fix = "<qemu:device alias='video0'>");

static void set_of_guest_alone(struct world *w)
{
	set_of_video(w);
	w->domain.n_devices = 0;
}
CASE("qemu-set-without-passthrough", set_of_guest_alone, .want = "", .silent = "qemu-set");

static void set_of_alias(struct world *w)
{
	sets(w, "ua-gpu", "x-pci-sub-device-id", "0x1234");
	w->element[0].alias = S("ua-gpu");
	w->c.around.qemu = 8002000;
}
CASE("qemu-set-of-an-alias", set_of_alias, .want = "error qemu-set:50",
     .fix = "type='unsigned' value='4660'");

static void set_to_text(struct world *w)
{
	sets(w, "hostdev12", "romfile", "/opt/it's.rom");
}
CASE("qemu-set-to-a-text", set_to_text, .want = "error qemu-set:50",
     .fix = "type='string' value='/opt/it");
