/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-handover - what the host gives up for a guest. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

#define HANDED "info handed-over 0000:01:00.0:10"
#define UNFIT "error unit-unfit 0000:01:00.0:10"
#define USED "error device-in-use 0000:01:00.0:10"

/* One list for each case; what it lists stays as it is written down here. */
static struct handed {
	struct vh_handed_dev dev;
	struct vh_unit_facts units[3];
	char *listed[2], *names[2], *with[1], *modules[2];
	enum vh_module_state states[2];
} handed;

/* A display manager that is listed, runs and has the device open; another unit that may stop. */
static void desktop(struct world *w)
{
	struct vh_handed_dev *d = &handed.dev;

	handed = (struct handed){
		.units = { { .name = S("display-manager.service"),
			     .load = VH_UNIT_LOADED,
			     .active = true,
			     .names = { handed.names, 2 } },
			   { .name = S("jobs.service"), .load = VH_UNIT_LOADED, .active = true },
			   { .name = S("libvirtd.service"), .load = VH_UNIT_LOADED, .active = true } },
		.listed = { S("display-manager.service") },
		.names = { S("gdm.service"), S("pid:812") },
		.with = { S("jobs.service") },
	};
	alone(w);
	*d = (struct vh_handed_dev){ .dev = &w->dev[1],
				     .addr = w->dev[1].addr,
				     .units = { handed.listed, 1 },
				     .modules = { handed.modules, 0 },
				     .states = handed.states };
	w->c.handed = (struct vh_handed){ .devs = d, .count = 1, .units = { handed.units, 3, 1 } };
	world_use(&w->dev[1], VH_USE_DISPLAY, "process 812 (Xorg) has /dev/dri/card0 open")->by = S(
		"gdm.service session-2.scope");
}
CASE("handed-over", desktop, .want = HANDED, .silent = "device-in-use");

static void by_pid(struct world *w)
{
	desktop(w);
	w->dev[1].uses[0].by = S("pid:812\ngdm.service");
}
CASE("handed-over-by-its-main-process", by_pid, .want = HANDED, .silent = "peer-detached");

/* What the hand-over does not end is still lost; what it ends is told once. */
static void carries(struct world *w)
{
	static char *names[] = { S("process 812 (Xorg) has /dev/dri/card0 open"),
				 S("it is a display of the host") };

	desktop(w);
	w->dev[1].carries = (struct vh_names){ names, VH_COUNT(names) };
}
CASE("handed-over-and-lost", carries, .want = "info peer-detached 0000:01:00.0:10, " HANDED,
     .says = "the host loses 0000:01:00.0 while the guest runs: it is a display of the host");

static void one_more(struct world *w)
{
	desktop(w);
	w->dev[1].uses[0].by = S("gdm.service\nollama.service");
}
CASE("in-use-by-one-more-than-handed-over", one_more, .want = USED ", " HANDED,
     .says = "process 812 (Xorg)");

static void by_nobody(struct world *w)
{
	desktop(w);
	w->dev[1].uses[0].by = NULL;
}
CASE("in-use-by-no-unit", by_nobody, .want = USED ", " HANDED);

static void of_another(struct world *w)
{
	desktop(w);
	world_dev(w, "0000:02:00.0", NIC, 2, "igb");
	handed.dev.dev = &w->dev[2];
}
CASE("in-use-and-listed-for-a-device-that-stays", of_another, .want = USED, .silent = "handed-over");

static void done(struct world *w)
{
	desktop(w);
	w->c.handed.over = VH_HANDED_UNITS;
}
CASE("in-use-after-it-was-handed-over", done, .want = USED ", " HANDED);

static void peer_used(struct world *w)
{
	desktop(w);
	world_dev(w, "0000:01:00.1", AUDIO, 1, "snd_hda_intel");
	world_use(&w->dev[2], VH_USE_SOUND, "process 813 (pipewire) has /dev/snd/pcmC1D3p open")->by =
		S("gdm.service");
}
CASE("handed-over-with-a-peer", peer_used, .want = "info peer-detached 0000:01:00.1:10, " HANDED,
     .silent = "peer-in-use");

static void with_more(struct world *w)
{
	desktop(w);
	handed.units[0].with = (struct vh_names){ handed.with, 1 };
	handed.dev.console = true;
	handed.dev.consoles = (struct vh_names){ handed.names, 1 };
	handed.modules[0] = S("nvidia_drm");
	handed.modules[1] = S("nvidia");
	handed.dev.modules.count = 2;
	handed.states[0] = handed.states[1] = VH_MODULE_IN;
	w->dev[1].uses[0].by = S("console:");
	world_use(&w->dev[1], VH_USE_DISPLAY, "nvidia_drm holds it")->by = S("module:nvidia_drm");
}
CASE("handed-over-all-kinds", with_more, .want = HANDED ", " HANDED ", " HANDED);

/* A socket starts the display manager. */
static void woken(struct world *w)
{
	desktop(w);
	handed.with[0] = S("jobs.socket");
	handed.units[0].waking = (struct vh_names){ handed.with, 1 };
	handed.units[1].name = S("jobs.socket");
}
CASE("unit-unfit-woken", woken, .want = "warning unit-unfit 0000:01:00.0:10, " HANDED,
     .says = "stops, but jobs.socket is active and may start it again while the guest runs",
     .fix = "add jobs.socket to stop-units of [device 0000:01:00.0]");

static void woken_by_none(struct world *w)
{
	woken(w);
	handed.units[1].active = false;
}
CASE("handed-over-and-woken-by-none-that-is-active", woken_by_none, .want = HANDED,
     .silent = "unit-unfit");

static void woken_by_listed(struct world *w)
{
	woken(w);
	handed.listed[1] = S("jobs.socket");
	handed.dev.units.count = 2;
	w->c.handed.units.asked = 2;
}
CASE("handed-over-with-what-starts-it", woken_by_listed, .want = HANDED ", " HANDED,
     .silent = "unit-unfit");

static void stops_libvirt(struct world *w)
{
	desktop(w);
	handed.with[0] = S("libvirtd.service");
	handed.units[0].with = (struct vh_names){ handed.with, 1 };
}
CASE("unit-unfit-stops-libvirt", stops_libvirt, .want = UNFIT ", " HANDED,
     .says = "libvirt needs libvirtd.service", .fix = "take it out of stop-units");

/* More units than are read: of those at the end, only the name is known. */
static void stops_unread_libvirt(struct world *w)
{
	stops_libvirt(w);
	w->c.handed.units.count = 2;
}
CASE("unit-unfit-stops-libvirt-unread", stops_unread_libvirt, .want = UNFIT ", " HANDED,
     .says = "libvirt needs libvirtd.service", .fix = "take it out of stop-units");

static void stops_unread(struct world *w)
{
	stops_unread_libvirt(w);
	handed.with[0] = S("smbd.service");
}
CASE("unit-unfit-stops-one-unread", stops_unread, .want = UNFIT ", " HANDED,
     .says = "whether smbd.service runs, which stops with it, cannot be seen",
     .fix = "take it out of stop-units");

static void stops_silent(struct world *w)
{
	with_more(w);
	handed.units[1].load = VH_UNIT_UNKNOWN;
}
CASE("unit-unfit-stops-one-that-systemd-does-not-tell", stops_silent,
     .want = UNFIT ", " HANDED ", " HANDED ", " HANDED,
     .says = "whether jobs.service runs, which stops with it, cannot be seen");

static void calls_libvirt(struct world *w)
{
	desktop(w);
	handed.units[0].calls_libvirt = true;
}
CASE("unit-unfit-calls-virsh", calls_libvirt, .want = UNFIT ", " HANDED, .says = "it calls virsh");

static void by_hand(struct world *w)
{
	desktop(w);
	handed.units[0].made_by_hand = true;
}
CASE("unit-unfit-made-by-hand", by_hand, .want = UNFIT ", " HANDED, .says = "was made by hand",
     .fix = "/etc/systemd/system");

static void with_by_hand(struct world *w)
{
	with_more(w);
	handed.units[1].made_by_hand = true;
}
CASE("unit-unfit-made-by-hand-with-it", with_by_hand,
     .want = UNFIT ", " HANDED ", " HANDED ", " HANDED, .says = "jobs.service was made by hand",
     .fix = "/etc/systemd/system");

static void with_mount(struct world *w)
{
	with_by_hand(w);
	handed.units[1].name = handed.with[0] = S("srv-merged.mount");
}
CASE("unit-unfit-container-with-it", with_mount,
     .want = "warning unit-unfit 0000:01:00.0:10, " HANDED ", " HANDED ", " HANDED,
     .says = "srv-merged.mount was made by hand", .fix = "/etc/fstab");

static void with_calls(struct world *w)
{
	with_more(w);
	handed.units[1].calls_libvirt = true;
}
CASE("unit-unfit-calls-virsh-with-it", with_calls,
     .want = UNFIT ", " HANDED ", " HANDED ", " HANDED, .says = "it calls virsh");

static void gone_file(struct world *w)
{
	desktop(w);
	handed.units[0].load = VH_UNIT_MISSING;
}
CASE("unit-unfit-runs-without-its-file", gone_file, .want = UNFIT ", " HANDED, .says = "or gone");

static void masked(struct world *w)
{
	desktop(w);
	handed.units[0].load = VH_UNIT_MASKED;
}
CASE("unit-unfit-masked", masked, .want = UNFIT ", " HANDED, .says = "is masked");

static void missing(struct world *w)
{
	desktop(w);
	handed.units[0].load = VH_UNIT_MISSING;
	handed.units[0].active = false;
	w->dev[1].n_uses = 0;
}
CASE("unit-unfit-missing", missing, .want = "warning unit-unfit 0000:01:00.0:10",
     .says = "systemd knows no such unit");

static void unknown(struct world *w)
{
	missing(w);
	handed.units[0].load = VH_UNIT_UNKNOWN;
}
CASE("unit-not-seen", unknown, .want = "", .silent = "unit-unfit");

static void built_in(struct world *w)
{
	desktop(w);
	handed.modules[0] = S("amdgpu");
	handed.dev.modules.count = 1;
	handed.states[0] = VH_MODULE_BUILT_IN;
}
CASE("unit-unfit-built-in", built_in, .want = UNFIT ", " HANDED, .says = "built into the kernel");

static void orphan(struct world *w)
{
	desktop(w);
	w->host.release = S("6.9.1-arch1-1");
	handed.modules[0] = S("amdgpu");
	handed.dev.modules.count = 1;
	handed.states[0] = VH_MODULE_ORPHAN;
}
CASE("unit-unfit-module-orphan", orphan, .want = UNFIT ", " HANDED,
     .says = "the kernel that runs, 6.9.1-arch1-1, has none of that name",
     .fix = "reboot, if the kernel has been updated since this one started; or take it out of unload-modules");

static void drives_another(struct world *w)
{
	static struct vh_handed_other others[2];

	desktop(w);
	world_dev(w, "0000:01:00.1", AUDIO, 1, "nvidia");
	world_dev(w, "0000:02:00.0", VGA, 2, "nvidia");
	handed.modules[0] = S("nvidia");
	handed.dev.modules.count = 1;
	others[0] = (struct vh_handed_other){ w->dev[2].addr, "nvidia" };
	others[1] = (struct vh_handed_other){ w->dev[3].addr, "nvidia" };
	handed.dev.others = others;
	handed.dev.n_others = 2;
}
CASE("unit-unfit-module-of-another", drives_another,
     .want = UNFIT ", info peer-detached 0000:01:00.1:10, " HANDED,
     .says = "it drives 0000:02:00.0 too", .fix = "take it out of unload-modules");
