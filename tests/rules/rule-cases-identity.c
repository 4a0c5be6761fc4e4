/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-identity - the device that is meant, and the one that is there. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

#define ERROR "error identity-changed 0000:01:00.0:10"
#define WARNING "warning identity-changed 0000:01:00.0:10"

static struct vh_sighting seen[4], elsewhere[8];
static struct vh_identity last = { .devs = seen };
static struct vh_domain_pin pins[2];

static struct vh_sighting *saw(struct world *w, const char *addr, uint32_t class, uint16_t device)
{
	struct vh_sighting *s = &seen[last.count++];

	*s = (struct vh_sighting){ world_addr(addr), { 0x1af4, device }, { 0, 0 }, class };
	w->c.last = &last;
	return s;
}

/* The network card of the domain, and the record of one. */
static void recorded(struct world *w, uint32_t class, uint16_t device)
{
	alone(w);
	last.count = last.n_members = 0;
	(void)saw(w, "0000:01:00.0", class, device);
	w->c.elsewhere.list = elsewhere;
}

static void stands(struct world *w, const char *addr, uint16_t device)
{
	elsewhere[w->c.elsewhere.count++] =
		(struct vh_sighting){ world_addr(addr), { 0x1af4, device }, { 0, 0 }, NIC };
}

static void same(struct world *w)
{
	recorded(w, NIC, 0x1000);
}
CASE("identity-same", same, .want = "", .silent = "identity-changed");

/* AHCI and the older mode of one controller, say */
static void other_interface(struct world *w)
{
	recorded(w, NIC | 0x01, 0x1000);
}
CASE("identity-interface", other_interface, .want = "");

static void other_class(struct world *w)
{
	recorded(w, AUDIO, 0x1059);
}
CASE("identity-class", other_class, .want = ERROR,
     .says = "0000:01:00.0 is ethernet controller 1af4:1000; when 'vm' last ran it was audio "
	     "device 1af4:1059; no other device of this host is like that",
     .fix = "if 0000:01:00.0 is meant as it is now: vfio-hook accept vm");

static void other_ids(struct world *w)
{
	recorded(w, NIC, 0x1041);
}
CASE("identity-ids", other_ids, .want = WARNING);

static void other_subsystem(struct world *w)
{
	recorded(w, NIC, 0x1000);
	seen[0].subsystem = (struct vh_pci_id){ 0x15d9, 0x0001 };
}
CASE("identity-subsystem", other_subsystem, .want = WARNING,
     .says = "1af4:1000, subsystem 0000:0000; when 'vm' last ran it was ethernet controller "
	     "1af4:1000, subsystem 15d9:0001");

static void moved(struct world *w)
{
	other_ids(w);
	stands(w, "0000:01:00.0", 0x1041); /* not where it is looked for */
	stands(w, "0000:02:00.0", 0x1041);
	stands(w, "0000:02:00.1", 0x1042);
}
CASE("identity-moved", moved, .want = WARNING,
     .says = "; moved? a device like that is now at 0000:02:00.0",
     .fix = "if 0000:02:00.0 is meant: <address domain='0x0000' bus='0x02' slot='0x00' "
	    "function='0x0'/>\nif 0000:01:00.0");

/* Not the one on the other bus that the domain names as well. */
static void moved_to_named(struct world *w)
{
	moved(w);
	world_dev(w, "0000:02:00.0", NIC, 2, "e1000e")->device = 0x1041;
	world_name(w, "0000:02:00.0");
}
CASE("identity-moved-to-named", moved_to_named, .want = WARNING, .says = "no other device");

static void many(struct world *w)
{
	static const char *const addrs[] = { "0000:02:00.0", "0000:03:00.0", "0000:04:00.0",
					     "0000:05:00.0", "0000:06:00.0" };

	other_ids(w);
	for (size_t i = 0; i < VH_COUNT(addrs); i++)
		stands(w, addrs[i], 0x1041);
}
CASE("identity-many", many, .want = WARNING,
     .says = "devices like that are now at 0000:02:00.0, 0000:03:00.0, 0000:04:00.0, "
	     "0000:05:00.0 and 1 more");

/* The record is of what the domain named then; as a peer nobody looks at it. */
static void recorded_peer(struct world *w)
{
	recorded(w, NIC, 0x1000);
	world_dev(w, "0000:01:00.1", AUDIO, 1, "snd_hda_intel");
	(void)saw(w, "0000:01:00.1", USB, 0x1111);
}
CASE("identity-peer", recorded_peer, .want = "info peer-detached 0000:01:00.1:10");

static void pin(struct world *w, const char *addr, uint16_t device)
{
	world_policy(w, addr)->pin = (struct vh_pin){ true, { 0x1af4, device } };
}

static void pinned(struct world *w)
{
	alone(w);
	w->c.elsewhere.list = elsewhere;
	pin(w, "0000:01:00.0", 0x1041);
	stands(w, "0000:02:00.0", 0x1041);
}
CASE("identity-pin", pinned, .want = ERROR,
     .says = "0000:01:00.0 is ethernet controller 1af4:1000; /etc/libvirt/vfio-hook.conf "
	     "wants 1af4:1041 there; moved? a device like that is now at 0000:02:00.0",
     .fix = "\n"
	    "in /etc/libvirt/vfio-hook.conf:\n[device 0000:01:00.0]\nid = 1af4:1000");

static void pin_holds(struct world *w)
{
	other_class(w); /* a record older than the pin */
	pin(w, "0000:01:00.0", 0x1000);
}
CASE("identity-pin-holds", pin_holds, .want = "", .silent = "identity-changed");

static void pinned_peer(struct world *w)
{
	with_peer(w);
	pin(w, "0000:01:00.1", 0x1059);
}
CASE("identity-pin-peer", pinned_peer, .want = "error identity-changed 0000:01:00.1:10");

static void pinned_by_hand(struct world *w)
{
	pinned(w);
	w->by_hand = true;
}
CASE("identity-pin-by-hand", pinned_by_hand, .want = "error identity-changed 0000:01:00.0");

static void domain_pin(struct world *w)
{
	alone(w);
	pins[0] = (struct vh_domain_pin){ world_addr("0000:01:00.0"), { 0x8086, 0x24f3 }, 4 };
	w->domain.policy.pins = pins;
	w->domain.policy.n_pins = 1;
}
CASE("identity-pin-domain", domain_pin, .want = ERROR,
     .says = "line 4 of the domain wants 8086:24f3 there",
     .fix = "in line 4: <vfio:device address='0000:01:00.0' id='1af4:1000'/>");

static void both_pins(struct world *w)
{
	domain_pin(w);
	pin(w, "0000:01:00.0", 0x1041);
}
CASE("identity-pins", both_pins, .want = ERROR ", " ERROR);

static void gone(struct world *w)
{
	recorded(w, NIC, 0x1000);
	world_name(w, "0000:05:00.0");
	(void)saw(w, "0000:05:00.0", NIC, 0x1041);
}
CASE("absent-recorded", gone, .want = "error device-absent 0000:05:00.0:20",
     .silent = "identity-changed",
     .says = "no device 0000:05:00.0 on this host; when 'vm' last ran it was ethernet "
	     "controller 1af4:1041; no other device of this host is like that",
     .fix = "vfio-hook list");

static void gone_and_moved(struct world *w)
{
	gone(w);
	stands(w, "0000:06:00.0", 0x1041);
	stands(w, "0000:07:00.0", 0x1041);
}
CASE("absent-moved", gone_and_moved, .want = "error device-absent 0000:05:00.0:20",
     .says = "moved? devices like that are now at 0000:06:00.0, 0000:07:00.0",
     .fix = "if 0000:06:00.0 is meant: <address");

static void gone_pinned(struct world *w)
{
	pinned(w);
	w->element[0].addr = world_addr("0000:05:00.0");
	w->policy[0].addr = world_addr("0000:05:00.0");
}
CASE("absent-pinned", gone_pinned, .want = "error device-absent 0000:05:00.0:10",
     .says = "vfio-hook.conf wants 1af4:1041 there; moved? a device like that is now at "
	     "0000:02:00.0");

/* --- the group ---------------------------------------------------------------------------------- */

static struct vh_pci_addr members[2];

static void grown(struct world *w, size_t known)
{
	with_peer(w);
	last.count = 0;
	(void)saw(w, "0000:01:00.0", w->dev[1].class, 0);
	seen[0] = vh_host_sighting(&w->dev[1]);
	members[0] = world_addr("0000:01:00.0");
	members[1] = world_addr("0000:01:00.1");
	last.members = members;
	last.n_members = known;
	w->c.elsewhere.list = elsewhere;
}

static void grew(struct world *w)
{
	grown(w, 1);
}
CASE("group-grew", grew,
     .want = "warning group-grew 0000:01:00.1:10, info peer-detached 0000:01:00.1:10",
     .says = "is in the IOMMU group of 0000:01:00.0 now, and was not when 'vm' last ran",
     .fix = "vfio-hook accept vm");

static void grew_required(struct world *w)
{
	grown(w, 1);
	w->config.peers = VH_PEERS_REQUIRE;
}
CASE("group-grew-required", grew_required,
     .want = "error group-grew 0000:01:00.1:10, error peer-not-listed 0000:01:00.1:10");

static void as_it_was(struct world *w)
{
	grown(w, 2);
}
CASE("group-as-it-was", as_it_was, .want = "info peer-detached 0000:01:00.1:10",
     .silent = "group-grew");

static void members_unknown(struct world *w)
{
	grown(w, 0);
}
CASE("group-unknown", members_unknown, .want = "info peer-detached 0000:01:00.1:10");
