/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-use - uses, claims, peers and groups. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

#define PEER "info peer-detached 0000:01:00.1:10"

static void mounted(struct world *w)
{
	alone(w);
	world_use(&w->dev[1], VH_USE_BLOCK, "nvme1n1p2 is mounted at /srv")->fix = S("umount /srv");
}
CASE("in-use", mounted, .want = "error device-in-use 0000:01:00.0:10",
     .says = "0000:01:00.0 is used by the host: nvme1n1p2 is mounted at /srv", .fix = "umount /srv");
CASE("scope-policy-alone", mounted, .want = "", .silent = "device-in-use",
     .scopes = VH_SCOPE_POLICY);

static void mounted_by_hand(struct world *w)
{
	mounted(w);
	w->by_hand = true;
}
CASE("in-use-by-hand", mounted_by_hand, .want = "error device-in-use 0000:01:00.0",
     .scopes = VH_SCOPE_DEVICE);

static void use_without_fix(struct world *w)
{
	alone(w);
	world_use(&w->dev[1], VH_USE_NETWORK, "eth0: default route");
}
CASE("in-use-without-fix", use_without_fix, .want = "error device-in-use 0000:01:00.0:10",
     .fix = "in /etc/libvirt/vfio-hook.conf:\n[device 0000:01:00.0]\nallow-in-use = network");

static void use_allowed(struct world *w)
{
	use_without_fix(w);
	world_policy(w, "0000:01:00.0")->allow_in_use = VH_USE_NETWORK | VH_USE_BLOCK;
}
CASE("in-use-allowed", use_allowed, .want = "info peer-detached 0000:01:00.0:10",
     .silent = "device-in-use",
     .says = "the host loses 0000:01:00.0 while the guest runs: eth0: default route");

static void other_use_allowed(struct world *w)
{
	use_without_fix(w);
	world_policy(w, "0000:01:00.0")->allow_in_use = VH_USE_BLOCK;
}
CASE("in-use-other-allowed", other_use_allowed, .want = "error device-in-use 0000:01:00.0:10");

static void vital_allowed(struct world *w)
{
	use_without_fix(w);
	w->dev[1].uses[0].vital = true;
	world_policy(w, "0000:01:00.0")->allow_in_use = VH_USE_NETWORK;
}
CASE("in-use-vital", vital_allowed, .want = "error device-in-use 0000:01:00.0:10",
     .fix = "cannot run without");

static void perhaps_vital(struct world *w)
{
	use_without_fix(w);
	w->dev[1].uses[0].vital = w->dev[1].uses[0].guess = true;
}
CASE("in-use-vital-perhaps", perhaps_vital, .want = "error device-in-use 0000:01:00.0:10",
     .fix = "choose another device: the host may need this one");

static void ended_beside_a_guess(struct world *w)
{
	alone(w);
	world_use(&w->dev[1], VH_USE_BLOCK, "sda1 is mounted at /srv")->fix = S("umount /srv");
	world_use(&w->dev[1], VH_USE_BLOCK, "sda2 is the journal of a file system")->vital = true;
	w->dev[1].uses[1].guess = true;
}
CASE("in-use-beside-a-guess", ended_beside_a_guess,
     .want = "error device-in-use 0000:01:00.0:10, error device-in-use 0000:01:00.0:10",
     .says = "/srv", .fix = "umount /srv");

static void holds_the_root(struct world *w)
{
	alone(w);
	world_use(&w->dev[1], VH_USE_BLOCK, "sda2 is held by root_crypt")->fix = S(
		"cryptsetup close root_crypt");
	world_use(&w->dev[1], VH_USE_BLOCK, "dm-0 is mounted at /")->vital = true;
}
CASE("in-use-below-the-root", holds_the_root,
     .want = "error device-in-use 0000:01:00.0:10, error device-in-use 0000:01:00.0:10",
     .says = "root_crypt", .fix = "choose another device");

static void peer_only_use(struct world *w)
{
	alone(w);
	world_use(&w->dev[1], VH_USE_NETWORK, "eth0 is up")->peer_only = true;
}
CASE("in-use-as-a-peer-only", peer_only_use, .want = "info peer-detached 0000:01:00.0:10",
     .silent = "device-in-use");

static void use_weak(struct world *w)
{
	alone(w);
	world_use(&w->dev[1], VH_USE_NETWORK, "eth0 has an address in 192.0.2.0/24")->weak = true;
}
CASE("in-use-weakly", use_weak,
     .want = "warning device-in-use 0000:01:00.0:10, info peer-detached 0000:01:00.0:10",
     .says = "eth0 has an address in 192.0.2.0/24");

static void peer_used_by_address(struct world *w)
{
	with_peer(w);
	world_use(&w->dev[2], VH_USE_NETWORK, "eth1 has an address in 192.0.2.0/24")->weak = true;
}
CASE("peer-in-use-though-weakly", peer_used_by_address, .want = "error peer-in-use 0000:01:00.1:10");

/* Nobody's start hangs on smartd. */
static void use_looked(struct world *w)
{
	alone(w);
	world_use(&w->dev[1], VH_USE_BLOCK, "smartd has /dev/sda open")->looked = true;
}
/* ... and the host loses nothing by it. */
CASE("in-use-by-who-looks", use_looked, .want = "warning device-in-use 0000:01:00.0:10",
     .silent = "peer-detached");

static void peer_looked(struct world *w)
{
	with_peer(w);
	world_use(&w->dev[2], VH_USE_OTHER, "fwupd has /dev/mei0 open")->looked = true;
}
CASE("peer-in-use-by-who-looks", peer_looked,
     .want = "warning peer-in-use 0000:01:00.1:10, info peer-detached 0000:01:00.1:10",
     .fix = "allow it in /etc/libvirt/vfio-hook.conf:\n[device 0000:01:00.1]\nallow-in-use = other");

/* What is used already is not told twice. */
static void carries(struct world *w)
{
	static char *names[] = { S("eth0 is up"), S("interface eth0") };

	peer_only_use(w);
	w->dev[1].carries = (struct vh_names){ names, VH_COUNT(names) };
}
CASE("carries", carries, .want = "info peer-detached 0000:01:00.0:10", .silent = "device-in-use",
     .says = "the host loses 0000:01:00.0 while the guest runs: eth0 is up, interface eth0");

static void peer_used(struct world *w)
{
	with_peer(w);
	world_use(&w->dev[2], VH_USE_BLOCK, "sda1 is mounted at /home")->fix = S("umount /home");
}
CASE("peer-in-use", peer_used, .want = "error peer-in-use 0000:01:00.1:10",
     .silent = "peer-detached",
     .says = "0000:01:00.1, in IOMMU group 1 with 0000:01:00.0, is used by the host: sda1 "
	     "is mounted",
     .fix = "umount /home\nor allow it in /etc/libvirt/vfio-hook.conf:\n[device "
	    "0000:01:00.1]\nallow-in-use = block");

static void peer_used_weakly(struct world *w)
{
	with_peer(w);
	world_use(&w->dev[2], VH_USE_INPUT, "a keyboard is attached")->peer_only = true;
}
CASE("peer-in-use-weakly", peer_used_weakly, .want = "error peer-in-use 0000:01:00.1:10",
     .fix = "pass it through too: <hostdev mode='subsystem' type='pci' "
	    "managed='yes'><source><address domain='0x0000' bus='0x01' slot='0x00' "
	    "function='0x1'/></source></hostdev>\nor allow it in");

static void peer_used_by_hand(struct world *w)
{
	peer_used_weakly(w);
	w->by_hand = true;
}
CASE("peer-in-use-by-hand", peer_used_by_hand, .want = "error peer-in-use 0000:01:00.1",
     .fix = "vfio-hook detach 0000:01:00.0 0000:01:00.1");

static void peer_vital(struct world *w)
{
	peer_used(w);
	w->dev[2].uses[0].vital = true;
	world_policy(w, "0000:01:00.1")->allow_in_use = VH_USE_BLOCK;
}
CASE("peer-in-use-vital", peer_vital, .want = "error peer-in-use 0000:01:00.1:10",
     .fix = "umount /home\nor choose a device of another IOMMU group");

static void peer_perhaps_vital(struct world *w)
{
	with_peer(w);
	world_use(&w->dev[2], VH_USE_BLOCK, "sda1 is the journal of a file system");
	w->dev[2].uses[0].vital = w->dev[2].uses[0].guess = true;
}
CASE("peer-in-use-vital-perhaps", peer_perhaps_vital, .want = "error peer-in-use 0000:01:00.1:10",
     .fix = "choose a device of another IOMMU group: the host may need this one to run");

static void peer_allowed(struct world *w)
{
	peer_used(w);
	world_policy(w, "0000:01:00.1")->allow_in_use = VH_USE_BLOCK;
}
CASE("peer-in-use-allowed", peer_allowed, .want = PEER, .silent = "peer-in-use",
     .says = "without it the host loses: sda1 is mounted at /home");

static char mounts_gone[] = "mounts and swap: gone", routes_gone[] = "default routes: gone";
static char *no_mounts[] = { mounts_gone }, *no_routes[] = { routes_gone };

static void unjudged(struct world *w)
{
	alone(w);
	w->dev[1].uses_read = VH_UNKNOWN;
	w->dev[1].unseen_kinds = VH_USE_BLOCK;
	w->dev[1].unseen = (struct vh_names){ no_mounts, 1 };
}
CASE("in-use-unjudged", unjudged, .want = "error device-in-use 0000:01:00.0:10",
     .silent = "peer-detached",
     .says = "counts as used: what the host does with it by driver 'e1000e' could not be seen: "
	     "mounts and swap: gone",
     .fix = "choose another device, or allow what may be there in");

static void unjudged_allowed(struct world *w)
{
	unjudged(w);
	world_policy(w, "0000:01:00.0")->allow_in_use = VH_USE_BLOCK;
}
CASE("in-use-unjudged-allowed", unjudged_allowed, .want = "", .silent = "device-in-use");

static void unjudged_other(struct world *w)
{
	unjudged(w);
	world_policy(w, "0000:01:00.0")->allow_in_use = VH_USE_NETWORK;
}
CASE("in-use-unjudged-other", unjudged_other, .want = "error device-in-use 0000:01:00.0:10");

static void unread(struct world *w)
{
	unjudged(w);
	w->dev[1].uses_read = VH_NO;
	world_policy(w, "0000:01:00.0")->allow_in_use = VH_USE_BLOCK;
}
CASE("in-use-unread", unread, .want = "error device-in-use 0000:01:00.0:10",
     .fix = "choose another device");

static void untold(struct world *w)
{
	unjudged(w);
	w->host.uses_untold = true;
}
CASE("in-use-untold", untold, .want = "", .silent = "device-in-use");

/* A start is root's, and sees more. */
static void unjudged_by_a_user(struct world *w)
{
	unjudged(w);
	w->host.ordinary = true;
}
CASE("in-use-unjudged-by-a-user", unjudged_by_a_user, .want = "", .silent = "device-in-use");

static void used_seen_by_a_user(struct world *w)
{
	use_without_fix(w);
	w->host.ordinary = true;
}
CASE("in-use-seen-by-a-user", used_seen_by_a_user, .want = "error device-in-use 0000:01:00.0:10");

/* It stays where it is: nothing of it is taken. */
static void unjudged_on_vfio(struct world *w)
{
	static char driver[] = "vfio-pci";

	unjudged(w);
	w->dev[1].driver = driver;
	w->dev[1].on_vfio = true;
}
CASE("in-use-unjudged-on-vfio", unjudged_on_vfio, .want = "", .silent = "device-in-use");

static void peer_unjudged(struct world *w)
{
	with_peer(w);
	w->dev[2].uses_read = VH_UNKNOWN;
}
CASE("peer-in-use-unjudged", peer_unjudged, .want = "error peer-in-use 0000:01:00.1:10",
     .says = "counts as used: what the host does with driver 'snd_hda_intel' could not be "
	     "seen",
     .fix = "choose a device of another IOMMU group");

static void peer_unjudged_by_a_user(struct world *w)
{
	peer_unjudged(w);
	w->host.ordinary = true;
}
CASE("peer-in-use-unjudged-by-a-user", peer_unjudged_by_a_user, .want = PEER,
     .silent = "peer-in-use");

static void peer_unjudged_net(struct world *w)
{
	peer_unjudged(w);
	w->dev[2].unseen_kinds = VH_USE_NETWORK | VH_USE_SERIAL;
	w->dev[2].unseen = (struct vh_names){ no_routes, 1 };
}
CASE("peer-in-use-unjudged-kind", peer_unjudged_net, .want = "error peer-in-use 0000:01:00.1:10",
     .says = "could not be seen: default routes: gone", .fix = "allow-in-use = network serial");

/* Unknown is per kind: only what is allowed may be there unseen. */
static void peer_unjudged_allowed(struct world *w)
{
	peer_unjudged_net(w);
	world_policy(w, "0000:01:00.1")->allow_in_use = VH_USE_NETWORK | VH_USE_SERIAL;
}
CASE("peer-in-use-unjudged-allowed", peer_unjudged_allowed, .want = PEER, .silent = "peer-in-use");

static void peer_unjudged_other(struct world *w)
{
	peer_unjudged_net(w);
	world_policy(w, "0000:01:00.1")->allow_in_use = VH_USE_NETWORK;
}
CASE("peer-in-use-unjudged-other", peer_unjudged_other, .want = "error peer-in-use 0000:01:00.1:10");

static void peer_driverless(struct world *w)
{
	peer_unjudged(w);
	w->dev[2].driver = NULL;
}
CASE("peer-in-use-driverless", peer_driverless, .want = PEER, .silent = "peer-in-use",
     .says = "no driver");

/* Named, the same use is none, and the second finding of a peer is none either. */
static void peer_named(struct world *w)
{
	peer_used_weakly(w);
	world_name(w, "0000:01:00.1");
}
CASE("peer-in-use-named", peer_named, .want = "info peer-detached 0000:01:00.1:20",
     .silent = "peer-in-use");

static void protected_named(struct world *w)
{
	alone(w);
	world_policy(w, "0000:01:00.0")->protect = true;
}
CASE("protected", protected_named, .want = "error device-protected 0000:01:00.0:10",
     .says = "0000:01:00.0 is protected", .fix = "[device 0000:01:00.0]");

static void protected_peer(struct world *w)
{
	with_peer(w);
	world_policy(w, "0000:01:00.1")->protect = true;
}
CASE("protected-peer", protected_peer, .want = "error device-protected 0000:01:00.1:10",
     .says = "0000:01:00.1, in IOMMU group 1 with 0000:01:00.0, is protected");

static void protected_untouched(struct world *w)
{
	with_peer(w);
	w->dev[2].driver = S("vfio-pci");
	w->dev[2].on_vfio = true;
	world_policy(w, "0000:01:00.1")->protect = true;
	world_policy(w, "0000:00:01.0")->protect = true;
}
CASE("protected-untouched", protected_untouched, .want = "", .silent = "device-protected");

static void claimed(struct world *w)
{
	alone(w);
	w->dev[1].driver = S("vfio-pci");
	w->dev[1].on_vfio = true;
	world_claim(w, "0000:01:00.0");
	world_view(w, 1)->open = VH_YES;
}
CASE("claimed", claimed, .want = "error device-claimed 0000:01:00.0:10",
     .says = "0000:01:00.0 belongs to domain 'other vm': it runs",
     .fix = "virsh shutdown 'other vm'   # and wait until it has ended\nor, if it never does, "
	    "pull its plug: virsh destroy 'other vm'\nor, when it does not run any more: vfio-hook "
	    "reattach 0000:01:00.0");

static void claimed_released(struct world *w)
{
	claimed(w);
	w->claim[0].released = true;
	w->view[0].why = NULL;
}
CASE("claimed-released", claimed_released, .want = "error device-claimed 0000:01:00.0:10",
     .says = "belongs to domain 'other vm'", .fix = "vfio-hook reattach 0000:01:00.0");

/* Only a member that this start would not touch. */
static void claimed_mate(struct world *w)
{
	with_peer(w);
	w->dev[2].driver = S("vfio-pci");
	w->dev[2].on_vfio = true;
	world_claim(w, "0000:01:00.1");
}
CASE("claimed-mate", claimed_mate, .want = "error device-claimed 0000:01:00.1:10",
     .says = "0000:01:00.1, in IOMMU group 1 with 0000:01:00.0, belongs to domain 'other "
	     "vm'");

static void claim_stale(struct world *w)
{
	claimed_mate(w);
	w->view[0].stale = true;
}
CASE("claim-stale", claim_stale, .want = "", .silent = "device-claimed");

static void claim_elsewhere(struct world *w)
{
	alone(w);
	world_dev(w, "0000:02:00.0", NIC, 2, "vfio-pci");
	world_view(w, 2)->open = VH_YES;
	world_claim(w, "0000:02:00.0");
}
CASE("claim-elsewhere", claim_elsewhere, .want = "", .silent = "device-claimed");

static void claims_damaged(struct world *w)
{
	claim_elsewhere(w);
	w->claims.problem = S("'/run/vfio-hook/x.claim': line 8: unexpected line");
	w->claims.fix = S("rm /run/vfio-hook/x.claim");
}
CASE("claims-damaged", claims_damaged, .want = "error device-claimed", .says = "x.claim': line 8",
     .fix = "rm /run");

static void claim_manual(struct world *w)
{
	claimed(w);
	w->claim[0].owner = S("manual");
	world_view(w, 1)->open = VH_NO;
}
CASE("claim-manual", claim_manual, .want = "error device-claimed 0000:01:00.0:10",
     .says = "detached or reattached by hand");

static void hidden_node(struct world *w)
{
	alone(w);
	w->dev[1].driver = S("nvidia");
	w->dev[1].on_vfio = true;
	w->element[0].managed = false;
	w->element[0].written_managed = VH_MANAGED_NO;
	world_view(w, 1)->open = VH_YES;
	world_view(w, 1)->hidden = true;
}
CASE("group-hidden", hidden_node, .want = "error device-claimed 0000:01:00.0:10",
     .says = "/dev/vfio/1 is not there: who has 0000:01:00.0 cannot be seen");

static void open_by_domain(struct world *w)
{
	alone(w);
	world_view(w, 1)->open = VH_YES;
	world_view(w, 1)->holder = S("domain 'other vm'");
	world_view(w, 1)->domain = S("other vm");
}
CASE("group-open-by-domain", open_by_domain, .want = "error device-claimed 0000:01:00.0:10",
     .says = "is in use by domain 'other vm'", .fix = "virsh shutdown 'other vm'");

static void open_group(struct world *w)
{
	alone(w);
	world_view(w, 1)->open = VH_YES;
	world_view(w, 1)->holder = S("process 812 (qemu-system-x86)");
}
CASE("group-open", open_group, .want = "error device-claimed 0000:01:00.0:10",
     .says = "IOMMU group 1 of 0000:01:00.0 is in use by process 812 (qemu-system-x86)",
     .fix = "/dev/vfio/1");

static void open_group_unseen(struct world *w)
{
	alone(w);
	world_view(w, 1)->open = VH_YES;
}
CASE("group-open-unseen", open_group_unseen, .want = "error device-claimed 0000:01:00.0:10",
     .says = "could not be seen");

static void unlisted(struct world *w)
{
	with_peer(w);
	world_dev(w, "0000:01:00.2", USB, 1, "pci-stub");
	world_dev(w, "0000:01:00.3", USB, 1, NULL);
	w->config.peers = VH_PEERS_REQUIRE;
}
CASE("not-listed", unlisted, .want = "error peer-not-listed 0000:01:00.1:10",
     .silent = "peer-detached",
     .says = "0000:01:00.1, in IOMMU group 1 with 0000:01:00.0, is not in the domain",
     .fix = "<hostdev mode='subsystem'");

static void listed(struct world *w)
{
	unlisted(w);
	world_name(w, "0000:01:00.1");
}
CASE("listed", listed, .want = "", .silent = "peer-not-listed");

static void shpchp(struct world *w)
{
	alone(w);
	w->dev[0].driver = S("shpchp");
}
CASE("shpchp", shpchp, .want = "error group-not-viable 0000:00:01.0:10", .says = "'shpchp'",
     .fix = "echo 0000:00:01.0 > /sys/bus/pci/drivers/shpchp/unbind");

static void shpchp_5_19(struct world *w)
{
	shpchp(w);
	w->host.release = S("5.19.0");
}
CASE("shpchp-5.19", shpchp_5_19, .want = "error group-not-viable 0000:00:01.0:10");

static void shpchp_unknown(struct world *w)
{
	shpchp(w);
	w->host.release = NULL;
}
CASE("shpchp-unknown", shpchp_unknown, .want = "", .silent = "group-not-viable");

static void shpchp_5_18(struct world *w)
{
	shpchp(w);
	w->host.release = S("5.18.19");
}
CASE("shpchp-5.18", shpchp_5_18, .want = "", .silent = "group-not-viable");

static void cardbus(struct world *w)
{
	alone(w);
	world_dev(w, "0000:01:04.0", CARDBUS, 1, "yenta_cardbus");
}
CASE("cardbus", cardbus, .want = "error group-not-viable 0000:01:04.0:10",
     .says = "'yenta_cardbus'");

/* A disk behind VMD, and its controller. */
static void made(struct world *w)
{
	with_peer(w);
	w->dev[1].path = S("sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e1:00.0");
	w->dev[2].path = S("sys/devices/pci0000:00/0000:00:0e.0");
	w->dev[2].driver = S("vmd");
}
CASE("made-by-a-peer", made,
     .want = "error group-not-viable 0000:01:00.0:10, info peer-detached 0000:01:00.1:10",
     .says = "0000:01:00.0 is made by the driver 'vmd' of 0000:01:00.1",
     .fix = "switch VMD off in the firmware setup");

static void made_elsewhere(struct world *w)
{
	made(w);
	w->dev[2].path = S("sys/devices/pci0000:00/0000:00:0f.0");
}
CASE("beside-a-maker", made_elsewhere, .want = "info peer-detached 0000:01:00.1:10",
     .silent = "group-not-viable");

static void made_and_given(struct world *w)
{
	made(w);
	w->dev[2].driver = S("vfio-pci");
	w->dev[2].on_vfio = true;
}
CASE("maker-given-already", made_and_given, .want = "", .silent = "group-not-viable");

static void denied(struct world *w)
{
	alone(w);
	w->dev[1].vendor = 0x8086;
	w->dev[1].device = 0x37c8;
}
CASE("denied", denied, .want = "error group-not-viable 0000:01:00.0:10",
     .says = "vfio-pci refuses 0000:01:00.0: 8086:37c8", .fix = "disable_denylist=1");

static void denied_peer(struct world *w)
{
	with_peer(w);
	w->dev[2].vendor = 0x8086;
	w->dev[2].device = 0x0b25;
}
CASE("denied-peer", denied_peer, .want = "error group-not-viable 0000:01:00.1:10",
     .says = "8086:0b25");

static void denylist_off(struct world *w)
{
	denied(w);
	w->host.denylist = VH_NO;
}
CASE("denylist-off", denylist_off, .want = "", .silent = "group-not-viable");

static void denylist_unknown(struct world *w)
{
	denied(w);
	w->host.denylist = VH_UNKNOWN;
}
CASE("denylist-unknown", denylist_unknown, .want = "", .silent = "group-not-viable");

static void denied_but_bound(struct world *w)
{
	denied(w);
	w->dev[1].driver = S("vfio-pci");
	w->dev[1].on_vfio = true;
}
CASE("denied-but-bound", denied_but_bound, .want = "", .silent = "group-not-viable");

static void denied_id_of_another(struct world *w)
{
	denied(w);
	w->dev[1].vendor = 0x8087;
}
CASE("denied-id-of-another", denied_id_of_another, .want = "", .silent = "group-not-viable");

static void peer_allowed_and_driverless(struct world *w)
{
	peer_allowed(w);
	world_dev(w, "0000:01:00.2", USB, 1, NULL);
}
CASE("peers-allowed-and-driverless", peer_allowed_and_driverless,
     .want = PEER ", info peer-detached 0000:01:00.2:10");

/* Of each severity two, the second line before the first in the plan. */
static void order(struct world *w)
{
	world_dev(w, "0000:02:00.0", NIC, 1, "e1000e");
	world_dev(w, "0000:01:00.0", NIC, 1, "e1000e");
	world_dev(w, "0000:03:00.0", AUDIO, 1, "snd_hda_intel");
	world_dev(w, "0000:04:00.0", NIC, 4, "vfio-pci");
	world_name(w, "0000:02:00.0")->managed = false;
	world_name(w, "0000:01:00.0")->managed = false;
	world_name(w, "0000:04:00.0")->managed = false;
	w->element[2].written_managed = VH_MANAGED_ABSENT;
	world_use(&w->dev[0], VH_USE_NETWORK, "eth0: default route");
}
CASE("order", order,
     .want = "error device-in-use 0000:02:00.0:10, "
	     "error unmanaged-on-host-driver 0000:02:00.0:10, "
	     "error unmanaged-on-host-driver 0000:01:00.0:20, "
	     "warning managed-missing 0000:04:00.0:30, "
	     "info peer-detached 0000:03:00.0:20");

CASE("peer", with_peer, .want = PEER,
     .says = "0000:01:00.1, in IOMMU group 1 with 0000:01:00.0, moves with it: audio device "
	     "1af4:1000, driver 'snd_hda_intel'");

/* --- what the domain has of the host beside its devices ----------------------------------------- */

static struct vh_need own_need;
static struct vh_thing own_thing;
static struct vh_whereabout own_place;

static void own(struct world *w, struct vh_pci_dev *on, enum vh_need_kind need, const char *element,
		enum vh_thing_kind thing, const char *name)
{
	own_need = (struct vh_need){ .kind = need, .element = element, .line = 40, .name = S(name) };
	own_thing = (struct vh_thing){ .kind = thing, .name = S(name) };
	own_place = (struct vh_whereabout){ .need = &own_need, .path = S(name) };
	on->things = &own_thing;
	on->n_things = 1;
	w->c.lies = (struct vh_whereabouts){ &own_place, 1 };
}

static void own_disk(struct world *w)
{
	alone(w);
	own(w, &w->dev[1], VH_NEED_PATH, "disk", VH_THING_NODE, "/dev/sdb");
}
CASE("own-disk", own_disk, .want = "error needs-taken 0000:01:00.0:40",
     .says = "the domain's own disk /dev/sdb is on 0000:01:00.0, which this start takes",
     .fix = "remove the <disk> at line 40: the guest finds it on 0000:01:00.0\n"
	    "or remove the <hostdev> of 0000:01:00.0 at line 10");

/* What is made of its disks the guest does not find as such. */
static void own_volume(struct world *w)
{
	own_disk(w);
	own_thing.block = true;
}
CASE("own-volume", own_volume, .want = "error needs-taken 0000:01:00.0:40",
     .fix = "give the <disk> at line 40 another source\n"
	    "or remove the <hostdev> of 0000:01:00.0 at line 10");

static void own_disk_elsewhere(struct world *w)
{
	own_disk(w);
	own_place.path = S("/dev/sdc");
}
CASE("own-disk-elsewhere", own_disk_elsewhere, .want = "", .silent = "needs-taken");

static void own_disk_by_hand(struct world *w)
{
	own_disk(w);
	w->by_hand = true;
}
CASE("own-disk-by-hand", own_disk_by_hand, .want = "", .scopes = VH_SCOPE_POLICY);

/* Both are said: what the guest misses first, whatever is allowed of the other. */
static void own_image(struct world *w)
{
	alone(w);
	own(w, &w->dev[1], VH_NEED_PATH, "disk", VH_THING_MOUNT, "/srv");
	own_need.name = S("/srv/a.img");
	own_place.mount = "/srv";
	world_use(&w->dev[1], VH_USE_BLOCK, "sdb is mounted at /srv")->fix = S("umount /srv");
}
CASE("own-image", own_image,
     .want = "error needs-taken 0000:01:00.0:40, error device-in-use 0000:01:00.0:10",
     .says = "disk /srv/a.img is in the file system at /srv, on 0000:01:00.0",
     .fix = "move it to a disk that stays with the host\n"
	    "or remove the <hostdev> of 0000:01:00.0 at line 10");

static void own_image_allowed(struct world *w)
{
	own_image(w);
	world_policy(w, "0000:01:00.0")->allow_in_use = VH_USE_BLOCK;
}
CASE("own-image-allowed", own_image_allowed, .want = "error needs-taken 0000:01:00.0:40");

static void own_interface_of_a_peer(struct world *w)
{
	static char *legs[] = { S("eno2") };

	with_peer(w);
	own(w, &w->dev[2], VH_NEED_INTERFACE, "interface", VH_THING_INTERFACE, "eno2");
	own_place.path = NULL;
	own_place.all = (struct vh_names){ legs, 1 };
}
CASE("own-interface-of-a-peer", own_interface_of_a_peer, .want = "error needs-taken 0000:01:00.1:40",
     .fix = "give the <interface> at line 40 another source\n"
	    "or choose another device than 0000:01:00.0: 0000:01:00.1 moves with it");
