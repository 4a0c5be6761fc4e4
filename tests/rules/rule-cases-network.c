/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-network - virtual functions that networks hand out. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

#define VF(n) "0000:01:10." #n

/* A card and three functions of it, in groups of their own, and a network of these that has the
 * last one last; `wanted` interfaces of the domain are of it. */
static void pool(struct world *w, size_t wanted)
{
	static const char *const addrs[] = { VF(0), VF(1), VF(2) };

	world_dev(w, "0000:00:01.0", BRIDGE, 1, "pcieport");
	world_dev(w, "0000:01:00.0", NIC, 2, "igb")->numvfs = VH_COUNT(addrs);
	for (size_t i = 0; i < VH_COUNT(addrs); i++) {
		struct vh_pci_dev *d = world_dev(w, addrs[i], NIC, 3 + (int)i, "igbvf");

		d->is_vf = true;
		d->pf = world_addr("0000:01:00.0");
		d->pf_net = S("eth0");
		d->pf_net_up = VH_YES;
		w->vfs[i].addr = d->addr;
	}
	w->pool = (struct vh_vfpool){
		.network = S("pool"),
		.managed = true,
		.vfs = w->vfs,
		.count = VH_COUNT(addrs),
		.host = &w->host,
	};
	for (size_t i = 0; i < wanted; i++)
		w->pool_names[i] = S("pool");
	w->c.networks.pools = (struct vh_names){ w->pool_names, wanted };
}

static struct vh_pci_dev *function(struct world *w, size_t i)
{
	return &w->dev[2 + i];
}

static void fine(struct world *w)
{
	pool(w, 3);
}
CASE("pool", fine, .want = "", .silent = "network-function");

static struct vh_network_line lines[] = { { "lan&1", 12 }, { "pool", 15 } };
static char *gone[] = { S("pool"), S("lan&1") };

static void missing(struct world *w)
{
	pool(w, 0);
	w->domain.networks = (struct vh_names){ gone, 2 };
	w->domain.network_lines = lines;
	w->c.networks.missing = (struct vh_names){ gone, 1 };
}
CASE("network-missing", missing, .want = "error network-missing:15",
     .says = "there is no network 'pool'", .fix = "virsh net-list --all");

static void stopped(struct world *w)
{
	missing(w);
	w->c.networks.missing.count = 0;
	w->c.networks.stopped = (struct vh_names){ gone + 1, 1 };
}
CASE("network-stopped", stopped, .want = "error network-missing:12",
     .says = "network 'lan&1' is not active", .fix = "virsh net-start 'lan&1'");

static void there(struct world *w)
{
	missing(w);
	w->c.networks.missing.count = 0;
}
CASE("network-there", there, .want = "", .silent = "network-missing");

static void used(struct world *w)
{
	pool(w, 1);
	world_use(function(w, 0), VH_USE_NETWORK, "eth1: default route");
}
CASE("pool-used", used, .want = "error network-function " VF(0),
     .says = "from network 'pool': " VF(0) " is used by the host: eth1: default route");

static void used_weakly(struct world *w)
{
	pool(w, 1);
	world_use(function(w, 0), VH_USE_NETWORK, "eth1 has an address")->weak = true;
}
CASE("pool-used-weakly", used_weakly, .want = "warning network-function " VF(0));

static void used_and_given(struct world *w)
{
	used(w);
	w->vfs[0].given = true;
}
CASE("pool-used-and-given", used_and_given, .want = "");

static void used_later(struct world *w)
{
	pool(w, 1);
	world_use(function(w, 1), VH_USE_NETWORK, "eth2: default route");
	world_use(function(w, 2), VH_USE_NETWORK, "eth3: default route");
}
CASE("pool-used-later", used_later, .want = "warning network-function " VF(1),
     .says = "later from network 'pool': " VF(1) " is used by the host: eth2: default route; "
						 "so with 1 more");

static void used_second(struct world *w)
{
	pool(w, 2);
	world_use(function(w, 1), VH_USE_NETWORK, "eth2: default route");
}
CASE("pool-used-second", used_second, .want = "error network-function " VF(1));

static void used_before_and_after(struct world *w)
{
	used(w);
	world_use(function(w, 2), VH_USE_NETWORK, "eth3: default route");
}
CASE("pool-used-before-and-after", used_before_and_after,
     .want = "error network-function " VF(0) ", warning network-function " VF(2));

static void pf_is_down(struct world *w)
{
	pool(w, 1);
	for (size_t i = 0; i < 3; i++)
		function(w, i)->pf_net_up = VH_NO;
}
CASE("pool-pf-down", pf_is_down,
     .want = "error network-function " VF(0) ", warning network-function " VF(1),
     .fix = "ip link set eth0 up");

static void with_a_peer(struct world *w, const char *driver)
{
	struct vh_pci_dev *d;

	pool(w, 1);
	w->pool.count = 1;
	d = world_dev(w, "0000:01:11.0", NIC, 3, driver);
	d->is_vf = true;
	d->pf = world_addr("0000:01:00.0");
}

static void peer_on_driver(struct world *w)
{
	with_a_peer(w, "igbvf");
}
CASE("pool-peer-on-driver", peer_on_driver, .want = "error network-function " VF(0),
     .says = "from network 'pool': 0000:01:11.0, in IOMMU group 3 with " VF(
	     0) ", is on driver "
		"'igbvf', and VFIO refuses the group",
     .fix = "vfio-hook detach " VF(0));

static void peer_driverless(struct world *w)
{
	with_a_peer(w, NULL);
}
CASE("pool-peer-driverless", peer_driverless, .want = "");

static void held_by_hand(struct world *w)
{
	pool(w, 1);
	world_view(w, 3)->open = VH_YES;
	world_view(w, 3)->holder = S("domain 'other'");
	world_view(w, 3)->domain = S("other");
}
CASE("pool-held-by-hostdev", held_by_hand, .want = "error network-function " VF(0),
     .fix = "virsh shutdown other");

static void named_as_well(struct world *w)
{
	pool(w, 1);
	world_name(w, VF(0));
}
CASE("pool-named-as-well", named_as_well, .want = "error network-function " VF(0) ":10",
     .says = "from network 'pool': it gives " VF(0) ", which the <hostdev> of line 10 is",
     .fix = "take the function out of the network");

static void named_and_later(struct world *w)
{
	pool(w, 1);
	world_name(w, VF(1));
}
CASE("pool-named-and-later", named_and_later, .want = "");

static void unmanaged(struct world *w)
{
	pool(w, 1);
	w->pool.managed = false;
	w->pool.count = 1;
}
CASE("pool-unmanaged", unmanaged, .want = "error network-function " VF(0),
     .fix = "virsh net-edit pool");

static void is_gone(struct world *w)
{
	pool(w, 1);
	w->vfs[0].addr = world_addr("0000:01:11.0");
}
CASE("pool-function-gone", is_gone, .want = "error network-function 0000:01:11.0");

static void none_left(struct world *w)
{
	pool(w, 1);
	for (size_t i = 0; i < 3; i++)
		w->vfs[i].given = true;
}
CASE("pool-none-left", none_left, .want = "error network-function",
     .says = "virtual functions left in network 'pool': 0 of 3; the domain takes 1");

static void too_few(struct world *w)
{
	pool(w, 3);
	w->vfs[1].given = true;
}
CASE("pool-too-few", too_few, .want = "error network-function",
     .says = "2 of 3; the domain takes 3");

static void not_known(struct world *w)
{
	pool(w, 1);
	w->pool.count = 0;
}
CASE("pool-not-known", not_known, .want = "");
