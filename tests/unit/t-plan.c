/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-plan - which devices a start concerns, and what is to be done to each. */
#include "lib/base/strbuf.h"
#include "tests/tap.h"
#include "tests/fake/world.h"

#include "lib/base/banned.h"

#define NIC 0x020000
#define AUDIO 0x040300
#define GPU 0x030000
#define USB 0x0c0330
#define BRIDGE 0x060400
#define SMBUS 0x0c0500

static void nothing(struct world *w)
{
	world_dev(w, "0000:01:00.0", NIC, 1, "e1000e");
}

static void managed(struct world *w)
{
	nothing(w);
	world_name(w, "0000:01:00.0");
}

static void unmanaged(struct world *w)
{
	managed(w);
	w->element[0].managed = false;
}

static void on_vfio(struct world *w)
{
	world_dev(w, "0000:01:00.0", NIC, 1, "vfio-pci");
	world_name(w, "0000:01:00.0");
}

static void on_stub(struct world *w)
{
	world_dev(w, "0000:01:00.0", NIC, 1, "pci-stub");
	world_name(w, "0000:01:00.0");
}

static void driverless(struct world *w)
{
	world_dev(w, "0000:01:00.0", NIC, 1, NULL);
	world_name(w, "0000:01:00.0");
}

static void absent_and_invalid(struct world *w)
{
	managed(w);
	world_name(w, "0000:07:00.0");
	world_name(w, "0000:01:00.0")->problem = S("bus '300' is above 255");
	w->element[2].line = 5;
}

static void dead(struct world *w)
{
	managed(w);
	w->dev[0].dead = true;
	world_dev(w, "0000:01:00.1", AUDIO, 1, "snd_hda_intel");
}

static void bridge_named(struct world *w)
{
	world_dev(w, "0000:00:01.0", BRIDGE, 1, "shpchp");
	world_dev(w, "0000:01:00.0", NIC, 1, "e1000e");
	world_name(w, "0000:00:01.0");
}

static void no_group(struct world *w)
{
	managed(w);
	w->dev[0].group = -1;
	world_dev(w, "0000:02:00.0", NIC, -1, "e1000e");
}

static void twice(struct world *w)
{
	managed(w);
	w->element[0].managed = false;
	world_name(w, "0000:01:00.0");
}

/* The devices and the elements are given in no order. */
static void unsorted(struct world *w)
{
	world_dev(w, "0000:02:00.0", NIC, 2, "igb");
	world_dev(w, "0000:01:00.0", NIC, 1, "e1000e");
	world_dev(w, "0000:03:00.0", NIC, 1, "igb");
	world_name(w, "0000:02:00.0");
	world_name(w, "0000:01:00.0");
}

static void peers(struct world *w)
{
	managed(w);
	world_dev(w, "0000:01:00.1", AUDIO, 1, "snd_hda_intel");
	world_dev(w, "0000:01:00.2", USB, 1, "vfio-pci");
	world_dev(w, "0000:01:00.3", USB, 1, "pci-stub");
	world_dev(w, "0000:00:01.0", BRIDGE, 1, "pcieport");
	world_dev(w, "0000:02:00.0", NIC, 2, "igb");
}

static void bridge_on_driver(struct world *w)
{
	managed(w);
	world_dev(w, "0000:00:01.0", BRIDGE, 1, "shpchp");
}

static void peers_kept(struct world *w)
{
	peers(w);
	w->config.peers = VH_PEERS_REQUIRE;
}

static void variant_driver(struct world *w)
{
	managed(w);
	world_dev(w, "0000:01:00.1", NIC, 1, "mlx5_vfio_pci")->on_vfio = true;
}

static void driverless_peers(struct world *w)
{
	managed(w);
	world_dev(w, "0000:01:00.1", AUDIO, 1, NULL);
	world_dev(w, "0000:01:00.2", SMBUS, 1, NULL);
	world_dev(w, "0000:02:00.0", NIC, 1, NULL)->bridge = world_addr("0000:00:02.0");
	world_dev(w, "0000:00:14.2", 0x050000, 1, NULL);
}

static void driverless_on_root_bus(struct world *w)
{
	world_dev(w, "0000:00:1b.0", AUDIO, 1, "snd_hda_intel");
	world_dev(w, "0000:00:1b.1", NIC, 1, NULL);
	world_name(w, "0000:00:1b.0");
}

/* A dead peer is not bound for a reset, and a bus on which only a dead device is named does not
 * get one. */
static void dead_and_driverless(struct world *w)
{
	managed(w);
	world_dev(w, "0000:01:00.1", AUDIO, 1, NULL)->dead = true;
	world_dev(w, "0000:02:00.0", NIC, 1, "igb")->dead = true;
	world_dev(w, "0000:02:00.1", NIC, 1, NULL);
	w->dev[2].bridge = w->dev[3].bridge = world_addr("0000:00:02.0");
	world_name(w, "0000:02:00.0");
}

static void both_named(struct world *w)
{
	peers(w);
	world_name(w, "0000:01:00.1")->managed = false;
}

static void two_in_one_group(struct world *w)
{
	peers(w);
	world_dev(w, "0000:04:00.0", NIC, 1, "igb");
	world_name(w, "0000:04:00.0");
}

static void chipset_peer(struct world *w)
{
	managed(w);
	world_dev(w, "0000:00:1f.4", SMBUS, 1, "i801_smbus");
}

static void hand(struct world *w)
{
	peers(w);
	w->by_hand = true;
}

static void hand_driverless(struct world *w)
{
	driverless_peers(w);
	w->dev[0].driver = NULL;
	w->by_hand = true;
}

static void hand_on_vfio(struct world *w)
{
	on_vfio(w);
	world_dev(w, "0000:01:00.1", AUDIO, 1, "snd_hda_intel");
	world_name(w, "0000:09:00.0");
	w->by_hand = true;
}

static void hand_dead(struct world *w)
{
	dead(w);
	w->by_hand = true;
}

/* What: named or peer, what is done, the line of the element. */
static const struct {
	const char *name;
	void (*setup)(struct world *w);
	const char *want;
} cases[] = {
	{ "no-element", nothing, "" },
	{ "managed", managed, "0000:01:00.0 named unbind 10" },
	{ "unmanaged", unmanaged, "0000:01:00.0 named keep 10" },
	{ "on-vfio", on_vfio, "0000:01:00.0 named leave 10" },
	{ "on-pci-stub", on_stub, "0000:01:00.0 named unbind 10" },
	{ "driverless", driverless, "0000:01:00.0 named leave 10" },
	{ "absent-and-invalid", absent_and_invalid, "0000:01:00.0 named unbind 10" },
	{ "dead", dead, "0000:01:00.0 named leave 10" },
	{ "bridge-named", bridge_named, "0000:00:01.0 named leave 10" },
	{ "no-group", no_group, "0000:01:00.0 named unbind 10" },
	{ "first-element-speaks", twice, "0000:01:00.0 named keep 10" },
	{ "sorted", unsorted,
	  "0000:01:00.0 named unbind 20, 0000:02:00.0 named unbind 10, "
	  "0000:03:00.0 peer bind 0" },
	{ "peers", peers, "0000:01:00.0 named unbind 10, 0000:01:00.1 peer bind 0" },
	{ "bridge-on-driver", bridge_on_driver, "0000:01:00.0 named unbind 10" },
	{ "peers-require", peers_kept, "0000:01:00.0 named unbind 10" },
	{ "variant-driver", variant_driver, "0000:01:00.0 named unbind 10" },
	{ "driverless-peers", driverless_peers,
	  "0000:01:00.0 named unbind 10, 0000:01:00.1 peer bind 0, 0000:01:00.2 peer bind 0" },
	{ "driverless-on-root-bus", driverless_on_root_bus, "0000:00:1b.0 named unbind 10" },
	{ "dead-and-driverless", dead_and_driverless,
	  "0000:01:00.0 named unbind 10, 0000:02:00.0 named leave 20" },
	{ "both-named", both_named, "0000:01:00.0 named unbind 10, 0000:01:00.1 named keep 20" },
	{ "two-in-one-group", two_in_one_group,
	  "0000:01:00.0 named unbind 10, 0000:01:00.1 peer bind 0, 0000:04:00.0 named unbind 20" },
	{ "chipset-peer", chipset_peer, "0000:00:1f.4 peer bind 0, 0000:01:00.0 named unbind 10" },
	{ "by-hand", hand, "0000:01:00.0 named bind 0, 0000:01:00.1 peer bind 0" },
	{ "by-hand-driverless", hand_driverless,
	  "0000:01:00.0 named bind 0, 0000:01:00.1 peer bind 0, 0000:01:00.2 peer bind 0" },
	{ "by-hand-on-vfio", hand_on_vfio, "0000:01:00.0 named leave 0, 0000:01:00.1 peer bind 0" },
	{ "by-hand-dead", hand_dead, "0000:01:00.0 named leave 0" },
};

static char *show(const struct vh_plan *p)
{
	static const char *const action[] = {
		[VH_KEEP] = "keep",
		[VH_LEAVE] = "leave",
		[VH_UNBIND] = "unbind",
		[VH_BIND] = "bind",
	};
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < p->count; i++) {
		const struct vh_plan_dev *pd = &p->devs[i];

		vh_strbuf_addf(&sb, "%s%s %s %s %d", i ? ", " : "", vh_pci_str(&pd->dev->addr).s,
			       pd->role == VH_PEER ? "peer" : "named", action[pd->action],
			       pd->element ? pd->element->line : 0);
	}
	return vh_strbuf_steal(&sb);
}

int main(void)
{
	static struct world w;

	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		struct vh_pci_addr asked[WORLD_MAX];
		_auto_(vh_plan) struct vh_plan *plan = NULL;
		_auto_free_ char *have = NULL;

		world_init(&w);
		cases[i].setup(&w);
		plan = world_plan(&w, asked);
		have = show(plan);
		if (!ok(!strcmp(have, cases[i].want), "%s", cases[i].name))
			diag("have: %s", have);
		if (plan->keep_peers != (w.config.peers == VH_PEERS_REQUIRE))
			ok(false, "%s: keep_peers", cases[i].name);
	}
	vh_plan_free(NULL);
	return tap_done();
}
