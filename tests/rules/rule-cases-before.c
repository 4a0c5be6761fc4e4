/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-before - hooks of the user's that run before ours, and change what check sees now. See
 * rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

static void hook(struct world *w, enum vh_hook_deed deed)
{
	static struct vh_hook_line line;
	static char *any;

	line = (struct vh_hook_line){ .file = S("/etc/libvirt/hooks/qemu"),
				      .line = 4,
				      .deed = deed,
				      .what = "systemctl stop gdm",
				      .before = { &any, 1 } };
	any = S("");
	w->c.scripts.list = &line;
	w->c.scripts.count = 1;
}

static void desktop(struct world *w)
{
	alone(w);
	world_use(&w->dev[1], VH_USE_DISPLAY, "process 812 (Xorg) has /dev/dri/card0 open")->by = S(
		"gdm.service session-2.scope\nuser@1000.service");
	hook(w, VH_DEED_DESKTOP);
}
CASE("in-use-until-a-hook-ends-it", desktop,
     .want = "warning device-in-use 0000:01:00.0:10, info peer-detached 0000:01:00.0:10",
     .says = "card0 open; /etc/libvirt/hooks/qemu:4 ('systemctl stop gdm') runs before vfio-hook looks");

static void when_it_starts(struct world *w)
{
	desktop(w);
	w->c.starting = true;
}
CASE("in-use-after-the-hook", when_it_starts, .want = "error device-in-use 0000:01:00.0:10");

static void hook_behind(struct world *w)
{
	desktop(w);
	w->c.scripts.list[0].before.count = 0;
}
CASE("in-use-and-the-hook-is-behind", hook_behind, .want = "error device-in-use 0000:01:00.0:10");

static void service_as_well(struct world *w)
{
	desktop(w);
	w->dev[1].uses[0].by = S("gdm.service\nollama.service");
}
CASE("in-use-by-more-than-the-hook-ends", service_as_well,
     .want = "error device-in-use 0000:01:00.0:10");

static void console(struct world *w)
{
	desktop(w);
	w->dev[1].uses[0].by = S("console:");
}
CASE("in-use-by-the-console-too", console, .want = "error device-in-use 0000:01:00.0:10");

static void console_goes(struct world *w)
{
	console(w);
	hook(w, VH_DEED_CONSOLE);
}
CASE("in-use-until-a-hook-takes-the-console", console_goes,
     .want = "warning device-in-use 0000:01:00.0:10, info peer-detached 0000:01:00.0:10");

static void driver_goes(struct world *w)
{
	console(w);
	w->dev[1].uses[0].by = S("module:nvidia_drm");
	hook(w, VH_DEED_DRIVER);
}
CASE("in-use-until-a-hook-unloads-it", driver_goes,
     .want = "warning device-in-use 0000:01:00.0:10, info peer-detached 0000:01:00.0:10");

static void vital(struct world *w)
{
	desktop(w);
	w->dev[1].uses[0].vital = true;
}
CASE("in-use-vital-whatever-hooks-do", vital, .want = "error device-in-use 0000:01:00.0:10");

static void peer(struct world *w)
{
	with_peer(w);
	world_use(&w->dev[2], VH_USE_SOUND, "process 9 (pipewire) has it open")->by = S(
		"user@1000.service");
	hook(w, VH_DEED_DESKTOP);
}
CASE("peer-in-use-until-a-hook-ends-it", peer,
     .want = "warning peer-in-use 0000:01:00.1:10, info peer-detached 0000:01:00.1:10");

static void unmanaged(struct world *w)
{
	alone(w);
	w->element[0].managed = false;
	w->element[0].written_managed = VH_MANAGED_NO;
	hook(w, VH_DEED_BIND);
}
CASE("unmanaged-until-a-hook-binds", unmanaged,
     .want = "warning unmanaged-on-host-driver 0000:01:00.0:10, warning hook-conflict",
     .says = "may change that");

static void pages(struct world *w)
{
	big_guest(w, 1);
	w->requests[0].everywhere = true;
	w->domain.memory.n_pages = 1;
	w->c.memory.pools_read = w->c.memory.nodes_read = VH_YES;
	w->pools[w->c.memory.n_pools++] = (struct vh_huge_pool){ 2 * MIB, -1, 0, 0, 0 };
	hook(w, VH_DEED_PAGES);
}
CASE("huge-short-until-a-hook-makes-them", pages, .want = "warning hugepages-short:6");

/* No hook makes a pool of a size that the host does not have. */
static void no_pool(struct world *w)
{
	pages(w);
	w->c.memory.n_pools = 0;
}
CASE("huge-of-no-size-whatever-hooks-do", no_pool, .want = "error hugepages-short:6");

static void virsh(struct world *w)
{
	unmanaged(w);
	w->c.scripts.list[0].deed = VH_DEED_NODEDEV;
}
CASE("unmanaged-and-a-hook-calls-virsh", virsh,
     .want = "error unmanaged-on-host-driver 0000:01:00.0:10, warning hook-conflict");

static void binds_another(struct world *w)
{
	unmanaged(w);
	w->c.scripts.list[0].before.name[0] = S("0000:09:00.0");
}
CASE("unmanaged-and-a-hook-binds-another", binds_another,
     .want = "error unmanaged-on-host-driver 0000:01:00.0:10, warning hook-conflict");
