/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-shutdown - libvirt's unit, and guests that run when the host ends. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

/* --- the daemon's unit ------------------------------------------------------------------------- */

static void hardened_modules(struct world *w)
{
	alone(w);
	w->host.vfio_pci = VH_MODULE_MISSING;
	w->host.hardening.no_modules = true;
}
CASE("hardened-modules", hardened_modules, .want = "error unit-hardened",
     .silent = "vfio-unavailable", .says = "ProtectKernelModules", .fix = "systemctl edit libvirtd");

static void hardened_modules_loaded(struct world *w)
{
	hardened_modules(w);
	w->host.vfio_pci = VH_MODULE_LOADED;
}
CASE("hardened-modules-loaded", hardened_modules_loaded, .want = "", .silent = "unit-hardened");

static void hardened_all(struct world *w)
{
	alone(w);
	w->host.hardening = (struct vh_hardening){ "virtqemud", false, true, true, true };
}
CASE("hardened", hardened_all,
     .want = "error unit-hardened, error unit-hardened, error unit-hardened",
     .says = "virtqemud does not see /dev/vfio: its unit is hardened (PrivateDevices)",
     .fix = "systemctl edit virtqemud");

static void not_given(struct world *w)
{
	alone(w);
	w->c.around.ownership = (struct vh_ownership){ true, S("cloud") };
}
CASE("unit-hardened-ownership", not_given, .want = "error unit-hardened",
     .says = "QEMU, which runs as 'cloud', may not open the group in /dev/vfio",
     .fix = "SUBSYSTEM==\"vfio\", OWNER=\"cloud\"");

static void not_given_perhaps(struct world *w)
{
	alone(w);
	w->c.around.ownership = (struct vh_ownership){ true, NULL };
}
CASE("unit-hardened-ownership-perhaps", not_given_perhaps, .want = "warning unit-hardened",
     .says = "unless it runs as root");

/* --- the end of the host ------------------------------------------------------------------------- */

static void saved_by_script(struct world *w)
{
	alone(w);
	w->c.around.saving = (struct vh_saving){ VH_SAVER_SCRIPT, "/etc/default/libvirt-guests",
						 false };
}
CASE("saved-by-script", saved_by_script, .want = "warning unsaved-at-shutdown",
     .says = "libvirt-guests saves the guests when the host shuts down (ON_SHUTDOWN): a guest with",
     .fix = "set ON_SHUTDOWN=shutdown in /etc/default/libvirt-guests");

static void saved_by_default(struct world *w)
{
	saved_by_script(w);
	w->c.around.saving.unset = true;
}
CASE("saved-by-default", saved_by_default, .want = "warning unsaved-at-shutdown",
     .says = "(ON_SHUTDOWN is not set)");

static void saved_by_daemon(struct world *w)
{
	alone(w);
	w->c.around.saving.by = VH_SAVER_DAEMON;
}
CASE("saved-by-daemon", saved_by_daemon, .want = "warning unsaved-at-shutdown",
     .says = "(auto_shutdown_try_save)", .fix = "auto_shutdown_try_shutdown = \"all\"");

static void saved_by_nobody(struct world *w)
{
	saved_by_script(w);
	w->c.around.saving.by = VH_SAVER_NONE;
}
CASE("saved-by-nobody", saved_by_nobody, .want = "", .silent = "unsaved-at-shutdown");

static void saved_with_state(struct world *w)
{
	saved_by_script(w);
	w->dev[1].variant = S("mlx5_vfio_pci");
}
CASE("saved-with-its-state", saved_with_state, .want = "", .silent = "unsaved-at-shutdown");

static void saved_without(struct world *w)
{
	saved_by_script(w);
	w->element[0].transient = true;
}
CASE("saved-without-the-device", saved_without, .want = "", .silent = "unsaved-at-shutdown");

static void saved_in_part(struct world *w)
{
	saved_without(w);
	world_dev(w, "0000:01:01.0", NIC, 2, "e1000e");
	world_name(w, "0000:01:01.0");
}
CASE("saved-in-part", saved_in_part, .want = "warning unsaved-at-shutdown");

static void saved_element(struct world *w)
{
	saved_by_script(w);
	w->domain.lone = true;
}
CASE("saved-lone-element", saved_element, .want = "", .silent = "unsaved-at-shutdown");

static void saved_by_hand(struct world *w)
{
	saved_by_script(w);
	w->by_hand = true;
}
CASE("saved-and-no-domain", saved_by_hand, .want = "", .silent = "unsaved-at-shutdown");
