/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-hook - how the hook itself stands. See rule-cases.h. */
#include "lib/host/libvirt/hook-install.h"
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

static struct vh_hook_install hook;

static void hook_fine(struct world *w)
{
	hook = (struct vh_hook_install){
		.main = { S("/etc/libvirt/hooks/qemu"), true, S("/usr/sbin/vfio-hook-qemu"),
			  .executable = true },
		.daemon = S("libvirtd"),
		.found = VH_YES,
	};
	w->host.hook = &hook;
	w->host_only = true;
}
CASE("hook", hook_fine, .want = "", .silent = "hook-not-active");

static void hook_absent(struct world *w)
{
	hook_fine(w);
	memset(&hook.main, 0, sizeof(hook.main));
}
CASE("hook-absent", hook_absent, .want = "warning hook-not-active", .says = "is not installed in ");

static void hook_of_another(struct world *w)
{
	hook_fine(w);
	hook.main.ours = false;
}
CASE("hook-of-another", hook_of_another, .want = "warning hook-not-active",
     .says = "/etc/libvirt/hooks/qemu is another hook");

static void hook_beside_another(struct world *w)
{
	hook_fine(w);
	hook.drop_in = hook.main;
	hook.main.ours = false;
}
CASE("hook-beside-another", hook_beside_another, .want = "", .silent = "hook-not-active");

static void hook_overwritten(struct world *w)
{
	hook_fine(w);
	hook.main.overwritten = true;
}
CASE("hook-overwritten", hook_overwritten, .want = "warning hook-not-active",
     .says = "/usr/sbin/vfio-hook-qemu, which has been overwritten");

static void hook_gone(struct world *w)
{
	hook_fine(w);
	hook.main.missing = true;
}
CASE("hook-gone", hook_gone, .want = "warning hook-not-active", .says = "which is not there");

static void hook_not_executable(struct world *w)
{
	hook_fine(w);
	hook.main.executable = false;
}
CASE("hook-not-executable", hook_not_executable, .want = "warning hook-not-active",
     .fix = "chmod +x /usr/sbin/vfio-hook-qemu");

static void hook_newer(struct world *w)
{
	hook_fine(w);
	hook.found = VH_NO;
}
CASE("hook-newer", hook_newer, .want = "warning hook-not-active",
     .says = "newer than the running libvirtd", .fix = "systemctl reload libvirtd");

static void hook_newer_without_daemon(struct world *w)
{
	hook_newer(w);
	hook.daemon = NULL;
}
CASE("hook-newer-without-daemon", hook_newer_without_daemon, .want = "",
     .silent = "hook-not-active");

static void hook_twice(struct world *w)
{
	hook_fine(w);
	hook.drop_in = hook.main;
	hook.drop_in.path = S("/etc/libvirt/hooks/qemu.d/50-vfio-hook");
}
CASE("hook-twice", hook_twice, .want = "warning hook-not-active", .says = "judged twice",
     .fix = "rm /etc/libvirt/hooks/qemu.d/50-vfio-hook");

static void hook_twice_in_drop_ins(struct world *w)
{
	hook_twice(w);
	memset(&hook.main, 0, sizeof(hook.main));
	hook.second = S("/etc/libvirt/hooks/qemu.d/60-vfio-hook");
}
CASE("hook-twice-in-drop-ins", hook_twice_in_drop_ins, .want = "warning hook-not-active",
     .says = "50-vfio-hook and /etc/libvirt/hooks/qemu.d/60-vfio-hook lead to vfio-hook",
     .fix = "rm /etc/libvirt/hooks/qemu.d/60-vfio-hook");

static void hook_of_another_broken_beside(struct world *w)
{
	hook_twice(w);
	hook.main.ours = false;
	hook.drop_in.overwritten = true;
}
CASE("hook-of-another-broken-beside", hook_of_another_broken_beside,
     .want = "warning hook-not-active", .says = "50-vfio-hook leads to ");

static void hook_selinux(struct world *w)
{
	hook_fine(w);
	hook.selinux_off = true;
}
CASE("hook-selinux", hook_selinux, .want = "warning hook-not-active", .fix = "setsebool");

static void hook_mislabelled(struct world *w)
{
	hook_fine(w);
	hook.mislabelled = S("/usr/sbin/vfio-hook-qemu");
	hook.label = S("system_u:object_r:bin_t:s0");
}
CASE("hook-mislabelled", hook_mislabelled, .want = "warning hook-not-active",
     .says = "vfio-hook-qemu is labelled 'system_u:object_r:bin_t:s0', not as a hook",
     .fix = "semanage fcontext -a -t virt_hook_t /usr/sbin/vfio-hook-qemu");

static void hook_link_mislabelled(struct world *w)
{
	hook_fine(w);
	hook.mislabelled = hook.main.path;
	hook.label = S("unconfined_u:object_r:etc_t:s0");
}
CASE("hook-link-mislabelled", hook_link_mislabelled, .want = "warning hook-not-active",
     .says = "hooks/qemu is labelled 'unconfined_u:object_r:etc_t:s0'",
     .fix = "restorecon -R /etc/libvirt/hooks");

static void hook_of_no_interest(struct world *w)
{
	hook_absent(w);
	w->host_only = false;
	alone(w);
}
CASE("hook-of-no-interest", hook_of_no_interest, .want = "", .silent = "hook-not-active");
