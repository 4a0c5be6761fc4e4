/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-ties - what the host has by a network, generated: (transport) x (root, data) x (the way) x
 * (IPv4, IPv6). The card eth0 at 0000:01:00.0 is the way; eth1 at 0000:02:00.0 is not, and must not
 * be said to be. Then what has no way: Fibre Channel, virtio, other tables, names in lines to type.
 */
#include "lib/base/strbuf.h"
#include "lib/host/host.h"
#include "lib/host/read.h"
#include "lib/host/uses/ties.h"
#include "lib/host/uses/ways.h"
#include "lib/snapshot/snapshot.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define MACHINE                                                                               \
	"pci 0000:00:01.0 class=060400 id=8086:1901 group=1 driver=pcieport header=01\n"      \
	"pci 0000:00:02.0 class=060400 id=8086:1901 group=2 driver=pcieport header=01\n"      \
	"pci 0000:01:00.0 class=020000 id=8086:1521 group=3 driver=igb parent=0000:00:01.0\n" \
	"pci 0000:02:00.0 class=020000 id=8086:1521 group=4 driver=igb parent=0000:00:02.0\n"
#define NO_SWAP "f proc/swaps\t-\n"
#define PORTS PORT("01", "eth0", "3") PORT("02", "eth1", "4")
#define PORT(bus, name, index)                                   \
	"f @0000:" bus ":00.0/net/" name "/flags\t0x1003\n"      \
	"f @0000:" bus ":00.0/net/" name "/ifindex\t" index "\n" \
	"f @0000:" bus ":00.0/net/" name "/type\t1\n"            \
	"l sys/class/net/" name "\t@0000:" bus ":00.0/net/" name "\n"
/* One made by software, with its kind; the one below it. */
#define VIRTUAL(name, kind)                                       \
	"f sys/devices/virtual/net/" name "/flags\t0x1003\n"      \
	"f sys/devices/virtual/net/" name "/ifindex\t1" kind "\n" \
	"f sys/devices/virtual/net/" name "/type\t" kind "\n"     \
	"l sys/class/net/" name "\tsys/devices/virtual/net/" name "\n"
#define ON_PORT(upper)                                                                  \
	"l @0000:01:00.0/net/eth0/upper_" upper "\tsys/devices/virtual/net/" upper "\n" \
	"l sys/devices/virtual/net/" upper "/lower_eth0\t@0000:01:00.0/net/eth0\n"
#define MASTER(upper) \
	ON_PORT(upper) "l @0000:01:00.0/net/eth0/master\tsys/devices/virtual/net/" upper "\n"
#define ON(lower, upper)                                                                           \
	"l sys/devices/virtual/net/" lower "/upper_" upper "\tsys/devices/virtual/net/" upper "\n" \
	"l sys/devices/virtual/net/" upper "/lower_" lower "\tsys/devices/virtual/net/" lower "\n"

static const struct way {
	const char *name, *top, *files;
	const char *routes; /* beside those to the server */
	bool unsure;        /* the other card may be it as well */
	bool recorded;      /* the snapshot of it is looked at */
	bool session;       /* no link of sysfs says that it is on top */
} ways[] = {
	{ "the card", "eth0", "", .routes = "", .recorded = true },
	{ "a VLAN", "eth0.7", VIRTUAL("eth0.7", "1") ON_PORT("eth0.7"), .routes = "" },
	{ "a macvlan", "mv0", VIRTUAL("mv0", "1") ON_PORT("mv0"), .routes = "" },
	{ "a bond", "bond0", VIRTUAL("bond0", "1") MASTER("bond0"), .routes = "" },
	{ "a team", "team0", VIRTUAL("team0", "1") MASTER("team0"), .routes = "" },
	{ "a bridge", "br0", VIRTUAL("br0", "1") MASTER("br0"), .routes = "" },
	{ "a VRF", "eth0", VIRTUAL("blue", "1") MASTER("blue"), .routes = "" },
	{ "a bridge on a VLAN on a bond", "br7",
	  VIRTUAL("bond0", "1") MASTER("bond0") VIRTUAL("bond0.7", "1") ON("bond0", "bond0.7")
		  VIRTUAL("br7", "1") ON("bond0.7", "br7"),
	  .routes = "", .recorded = true },
	{ "Open vSwitch", "br-int",
	  VIRTUAL("ovs-system", "1") MASTER("ovs-system") VIRTUAL("br-int", "1"), .routes = "",
	  .recorded = true },
	{ "PPPoE", "ppp3",
	  VIRTUAL("ppp3",
		  "512") "f proc/net/pppoe\tId       Address              Device\\n00000A5D 02:00:00:00:00:09    eth0\n",
	  .routes = "", .recorded = true, .session = true },
	{ "PPPoE in a VLAN, renamed", "dsl",
	  VIRTUAL("dsl", "512") VIRTUAL("eth0.7", "1") ON_PORT(
		  "eth0.7") "f proc/net/pppoe\tId       Address              Device\\n00000A5D 02:00:00:00:00:09    eth0.7\n",
	  .routes = "", .session = true },
	{ "GRE by its other end", "gre1",
	  VIRTUAL("gre1", "778") "f sys/devices/virtual/net/gre1/broadcast\tc6:33:64:09\n",
	  .routes = "254 198.51.100.0/24 192.0.2.1 eth0\\n", .recorded = true },
	{ "IPv6 in IPv6 by its other end", "ip6tnl1",
	  VIRTUAL("ip6tnl1",
		  "769") "f sys/devices/virtual/net/ip6tnl1/broadcast\tfd:00:00:99:00:00:00:00:00:00:00:00:00:00:00:09\n",
	  .routes = "254 fd00:99::/64 fe80::1 eth0\\n" },
	{ "SIT bound to its interface", "sit1",
	  VIRTUAL("sit1", "776") "f sys/devices/virtual/net/sit1/iflink\t3\n", .routes = "" },
	{ "WireGuard", "wg0", VIRTUAL("wg0", "65534"),
	  .routes = "254 198.51.100.9/32 192.0.2.1 eth0\\n", .unsure = true },
	{ "tap", "vpn0", VIRTUAL("vpn0", "1") "f sys/devices/virtual/net/vpn0/tun_flags\t0x1002\n",
	  .routes = "254 198.51.100.9/32 192.0.2.1 eth0\\n", .unsure = true },
	{ "a tunnel that has Ethernet in GRE", "gretap1",
	  VIRTUAL("gretap1", "1") "f sys/devices/virtual/net/gretap1/iflink\t0\n",
	  .routes = "254 198.51.100.9/32 192.0.2.1 eth0\\n", .unsure = true },
	{ "L2TP", "l2tpeth0",
	  VIRTUAL("l2tpeth0", "1") "f sys/devices/virtual/net/l2tpeth0/uevent\tDEVTYPE=l2tpeth\n",
	  .routes = "254 198.51.100.9/32 192.0.2.1 eth0\\n", .unsure = true },
	{ "PPP by a tunnel", "ppp0", VIRTUAL("ppp0", "512"),
	  .routes = "254 198.51.100.9/32 192.0.2.1 eth0\\n", .unsure = true },
	{ "a pair into a bridge", "veth1",
	  VIRTUAL("br0", "1") MASTER("br0")
		  VIRTUAL("veth1", "1") "f sys/devices/virtual/net/veth1/iflink\t99\n",
	  .routes = "", .unsure = true },
	{ "VXLAN", "vx9", VIRTUAL("vx9", "1") "f sys/devices/virtual/net/vx9/uevent\tDEVTYPE=vxlan\n",
	  .routes = "254 198.51.100.9/32 192.0.2.1 eth0\\n", .unsure = true },
};

/* $S is the server, $U the server as in a URL, $L the host's own address, $T the interface on top,
 * $M where it is mounted. */
#define DISK(at, name, dev)                                                                   \
	"f " at "/" name "/dev\t" dev "\nf " at "/" name "/size\t2000\n"                      \
	"l sys/block/" name "\t" at "/" name "\n"                                             \
	"l sys/class/block/" name "\t" at "/" name "\n"                                       \
	"f dev/" name "\theld\nf proc/self/mountinfo\t30 1 " dev " / $M rw - ext4 /dev/" name \
	" rw\n"
#define MOUNT(what) "f proc/self/mountinfo\t30 1 0:44 / $M rw - " what "\n"
#define FABRIC "sys/devices/virtual/nvme-fabrics/ctl/nvme0"
#define HEAD "sys/devices/virtual/nvme-subsystem/nvme-subsys0"
#define NVME(transport, address)                                                     \
	"f " FABRIC "/transport\t" transport "\nf " FABRIC "/address\t" address "\n" \
	"f " FABRIC "/nvme0c0n1/dev\t259:9\nf " FABRIC "/nvme0c0n1/size\t2000\n"     \
	"l sys/class/nvme/nvme0\t" FABRIC "\n" DISK(HEAD, "nvme0n1", "259:0")
#define SESSION "sys/devices/platform/host9/session1"
#define ISCSI(address)                                                                 \
	"f " SESSION "/iscsi_session/session1/targetname\tiqn.2001-04.com.example:x\n" \
	"l sys/class/iscsi_session/session1\t" SESSION "/iscsi_session/session1\n"     \
	"l " SESSION "/iscsi_session/session1/device\t" SESSION "\n"                   \
	"f " SESSION "/connection1:0/iscsi_connection/connection1:0/" address "\n"     \
	"l sys/class/iscsi_connection/connection1:0\t" SESSION                         \
	"/connection1:0/iscsi_connection/connection1:0\n" DISK(                        \
		SESSION "/target9:0:0/9:0:0:0/block", "sda", "8:0")
#define NBD "sys/devices/virtual/block"

static const struct transport {
	const char *name, *files, *says;
	int family; /* 4 or 6: of that one alone; 0: both */
} transports[] = {
	{ "NFS", MOUNT("nfs4 srv:/x rw,vers=4.2,addr=$S"), .says = "NFS" },
	{ "NFS 3", MOUNT("nfs srv:/x rw,mountaddr=203.0.113.7,addr=$S"), .says = "NFS" },
	{ "SMB 3", MOUNT("smb3 //srv/x rw,addr=$S"), .says = "smb3" },
	{ "CIFS", MOUNT("cifs //srv/x rw,addr=$S"), .says = "cifs" },
	{ "Ceph", MOUNT("ceph $U:6789,$U:6790:/ rw"), .says = "ceph" },
	{ "Ceph, the newer way", MOUNT("ceph me@1-2.fs=/ rw,mon_addr=$U:3300"), .says = "ceph" },
	{ "Lustre", MOUNT("lustre $S@o2ib,$S@tcp1:$S@o2ib:/x rw"), .says = "lustre", .family = 4 },
	{ "Gluster", MOUNT("fuse.glusterfs $U:/vol rw"), .says = "fuse.glusterfs" },
	{ "9p by TCP", MOUNT("9p $S rw,trans=tcp,port=564"), .says = "9p" },
	{ "iSCSI", ISCSI("persistent_address\t$S"), .says = "iSCSI" },
	{ "iSCSI, sent on",
	  ISCSI("address\t$S") "f " SESSION
			       "/connection1:0/iscsi_connection/connection1:0/persistent_address\t203.0.113.7\n",
	  .says = "iSCSI" },
	{ "iSCSI, bound",
	  ISCSI("persistent_address\t203.0.113.7") "f sys/class/iscsi_host/host9/netdev\t$T\n",
	  .says = "iSCSI" },
	{ "NVMe/TCP", NVME("tcp", "traddr=$S,trsvcid=4420"), .says = "NVMe over TCP" },
	{ "NVMe/TCP, bound", NVME("tcp", "traddr=203.0.113.7,trsvcid=4420,host_iface=$T"),
	  .says = "NVMe over TCP" },
	{ "NVMe/RDMA", NVME("rdma", "traddr=$S,trsvcid=4420"), .says = "NVMe over RDMA" },
	{ "NVMe/RDMA by its own address",
	  NVME("rdma", "traddr=203.0.113.7,trsvcid=4420,host_traddr=$L"), .says = "NVMe over RDMA" },
	{ "nbd",
	  DISK(NBD, "nbd0",
	       "43:0") "f " NBD "/nbd0/pid\t77\n"
		       "f proc/77/cmdline\tnbd-client\\x00-b\\x00512\\x00$S\\x0010809\\x00/dev/nbd0\n",
	  .says = "nbd0, from" },
	{ "rbd", DISK(NBD, "rbd0", "251:0") "f sys/bus/rbd/devices/0/client_addr\t$U:0/77\n",
	  .says = "disk of Ceph" },
	{ "ATA over Ethernet", DISK(NBD, "etherd!e1.1", "152:0") "f " NBD "/etherd!e1.1/netif\t$T\n",
	  .says = "ATA over Ethernet", .family = 4 },
};

static char *fill_in(const char *text, const char *const (*pairs)[2], size_t count)
{
	struct vh_strbuf sb = { 0 };

	while (*text) {
		size_t i = 0;

		while (i < count && strncmp(text, pairs[i][0], 2) != 0)
			i++;
		if (i < count) {
			vh_strbuf_add(&sb, pairs[i][1]);
			text += 2;
		} else {
			vh_strbuf_add_mem(&sb, text++, 1);
		}
	}
	return vh_strbuf_steal(&sb);
}

static const struct vh_host *read_host(const struct scratch *s)
{
	const struct vh_pci_addr cards[] = { { .bus = 1 }, { .bus = 2 } };

	return vh_host_read(&s->root, cards, 2, VH_HOST_USES, INT64_MAX);
}

static const struct vh_pci_dev *card(const struct vh_host *h, unsigned int bus)
{
	const struct vh_pci_addr addr = { .bus = (uint8_t)bus };

	return vh_host_dev(h, &addr);
}

static const struct vh_use *use_with(const struct vh_pci_dev *d, const char *words)
{
	for (size_t i = 0; i < d->n_uses; i++)
		if (strstr(d->uses[i].text, words))
			return &d->uses[i];
	return NULL;
}

static bool has_fix(const struct vh_pci_dev *d, const char *line)
{
	for (size_t i = 0; i < d->n_uses; i++)
		if (d->uses[i].fix && strstr(d->uses[i].fix, line))
			return true;
	return false;
}

static void tell(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_uses; i++)
		diag("%s %s%s: %s", vh_pci_str(&d->addr).s, d->uses[i].vital ? "vital " : "",
		     d->uses[i].text, d->uses[i].fix ? d->uses[i].fix : "-");
}

/* A snapshot says the same, with the addresses replaced. */
static void test_recorded(const struct transport *t, const struct way *w, const struct scratch *s,
			  bool root)
{
	struct vh_snapshot_options options = { .strict = true, .key = 42, .date = "today" };
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	_auto_root_ struct vh_root tree = { .fd = -1 };
	_auto_(scratch) struct scratch *again = NULL;
	_auto_(vh_host) const struct vh_host *h = NULL;
	const struct vh_use *u;

	if (vh_root_open_tree(&tree, s->dir, &err) < 0 ||
	    vh_snapshot_take(&tree, &options, &text, &err) < 0) {
		ok(false, "%s by %s: recorded", t->name, w->name);
		diag("%s", err.what);
		return;
	}
	again = scratch_new(text.data);
	h = read_host(again);
	u = use_with(card(h, 1), t->says);
	if (!ok(u && u->vital == root && !use_with(card(h, 2), t->says), "%s by %s: recorded",
		t->name, w->name)) {
		tell(card(h, 1));
		tell(card(h, 2));
		diag("%s", text.data);
	}
}

static void test_way(const struct transport *t, const struct way *w, bool six, bool root)
{
	const char *at = root ? "/" : "/srv/it";
	const char *pairs[][2] = {
		{ "$S", six ? "fd00:8::9" : "10.8.0.9" },
		{ "$U", six ? "[fd00:8::9]" : "10.8.0.9" },
		{ "$L", six ? "fd00:8::2" : "10.8.0.2" },
		{ "$T", w->top },
		{ "$M", at },
	};
	_auto_free_ char *files = fill_in(t->files, pairs, VH_COUNT(pairs));
	_auto_free_ char *text = vh_printf(
		"%s%s%s%sf routes\t254 0.0.0.0/0 192.0.2.1 eth1\\n254 ::/0 fe80::1 eth1\\n"
		"%s254 %s - %s\\n255 %s/%d local %s\n",
		MACHINE NO_SWAP, PORTS, w->files, files, w->routes,
		six ? "fd00:8::/64" : "10.8.0.0/24", w->top, six ? "fd00:8::2" : "10.8.0.2",
		six ? 128 : 32, w->top);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_(vh_host) const struct vh_host *h = read_host(s);
	const struct vh_pci_dev *d = card(h, 1), *other = card(h, 2);
	const struct vh_use *u = use_with(d, t->says);
	bool right = u && u->vital == root && !u->weak && !u->peer_only;

	if (!root)
		right &= has_fix(d, "umount /srv/it");
	if (!w->unsure)
		right &= !use_with(other, t->says) && !use_with(other, "mounted at");
	if (!ok(right, "%s by %s, IPv%d, %s", t->name, w->name, six ? 6 : 4,
		root ? "root" : "data")) {
		tell(d);
		tell(other);
	}
	if (w->recorded)
		test_recorded(t, w, s, root);
}

/* --- by rules that are not read, and by ways that are not sure ------------------------------------- */

#define MAIN "254 0.0.0.0/0 192.0.2.1 eth1\\n"

static const struct reach {
	const char *name, *routes;
	enum vh_lead lead[2]; /* of 10.9.0.5 by eth0, and by eth1 */
	const char *files;
} reaches[] = {
	{ "main and another table alike", MAIN "100 0.0.0.0/0 192.0.2.1 eth0",
	  .lead = { VH_LEAD_RULE, VH_LEAD_YES } },
	{ "main nearer than another table",
	  MAIN "254 10.9.0.0/16 192.0.2.1 eth1\\n100 10.0.0.0/8 192.0.2.1 eth0",
	  .lead = { VH_LEAD_RULE, VH_LEAD_YES } },
	{ "one table nearer than main", MAIN "100 10.9.0.0/16 192.0.2.1 eth0",
	  .lead = { VH_LEAD_YES, VH_LEAD_YES } },
	{ "two tables nearer than main, of which one is the nearest",
	  MAIN "100 10.9.0.0/16 192.0.2.1 eth0\\n200 10.9.0.0/24 192.0.2.1 eth1",
	  .lead = { VH_LEAD_RULE, VH_LEAD_YES } },
	{ "three tables beside main",
	  "254 0.0.0.0/0 192.0.2.1 eth9\\n100 0.0.0.0/0 192.0.2.1 eth0\\n"
	  "200 0.0.0.0/0 192.0.2.1 eth1\\n300 10.0.0.0/8 192.0.2.1 eth9",
	  .lead = { VH_LEAD_RULE, VH_LEAD_RULE } },
	{ "no route but in tables that differ",
	  "100 0.0.0.0/0 192.0.2.1 eth0\\n200 0.0.0.0/0 192.0.2.1 eth1",
	  .lead = { VH_LEAD_UNKNOWN, VH_LEAD_UNKNOWN } },
	{ "no route but in tables that agree",
	  "100 0.0.0.0/0 192.0.2.1 eth0\\n200 10.0.0.0/8 192.0.2.1 eth0",
	  .lead = { VH_LEAD_YES, VH_LEAD_NO } },
	{ "no route but in one table", "100 0.0.0.0/0 192.0.2.1 eth0",
	  .lead = { VH_LEAD_YES, VH_LEAD_NO } },
	{ "a next hop of another table that is not told",
	  MAIN "254 10.9.0.0/16 192.0.2.1 eth1\\n100 10.0.0.0/8 - ?",
	  .lead = { VH_LEAD_RULE, VH_LEAD_YES } },
	{ "one that is not told, nearer than main", MAIN "100 10.0.0.0/8 - ?",
	  .lead = { VH_LEAD_UNKNOWN, VH_LEAD_UNKNOWN } },
	{ "a table for other networks", MAIN "100 10.8.0.0/16 192.0.2.1 eth0",
	  .lead = { VH_LEAD_NO, VH_LEAD_YES } },
	{ "a tunnel that may run over it", MAIN "254 10.9.0.0/24 - wg0",
	  .lead = { VH_LEAD_NO, VH_LEAD_MAY }, .files = VIRTUAL("wg0", "65534") },
	{ "a tunnel whose other end a rule may send by it",
	  MAIN "100 198.51.100.0/24 192.0.2.1 eth0\\n200 198.51.100.0/24 192.0.2.1 eth1\\n"
	       "254 10.9.0.0/24 - gre1",
	  .lead = { VH_LEAD_MAY, VH_LEAD_YES },
	  .files = VIRTUAL("gre1", "778") "f sys/devices/virtual/net/gre1/broadcast\tc6:33:64:09\n" },
};

/* A card in a switch of software does not carry what has no medium. */
#define SWITCH "254 0.0.0.0/0 192.0.2.1 eth1\\n254 10.9.0.0/24 - "
#define SWITCHED VIRTUAL("ovs-system", "1") MASTER("ovs-system")
#define LONELY(name, flags)                                                                        \
	"f sys/devices/virtual/net/" name "/ifindex\t77\n" flags "f sys/devices/virtual/net/" name \
	"/type\t1\n"                                                                               \
	"l sys/class/net/" name "\tsys/devices/virtual/net/" name "\n"
static const struct reach switched[] = {
	{ "a bridge of Open vSwitch", SWITCH "br-int", .lead = { VH_LEAD_YES, VH_LEAD_NO },
	  .files = SWITCHED VIRTUAL("br-int", "1") },
	{ "a bridge of Open vSwitch of an older snapshot", SWITCH "br-int",
	  .lead = { VH_LEAD_YES, VH_LEAD_NO }, .files = SWITCHED LONELY("br-int", "") },
	{ "a dummy beside Open vSwitch", SWITCH "lonely", .lead = { VH_LEAD_NO, VH_LEAD_NO },
	  .files = SWITCHED LONELY("lonely", "f sys/devices/virtual/net/lonely/flags\t0x83\n") },
	{ "a dummy of an older snapshot", SWITCH "dummy0", .lead = { VH_LEAD_NO, VH_LEAD_NO },
	  .files = SWITCHED LONELY("dummy0", "") },
	{ "a bridge that is called like a dummy", SWITCH "dummy0",
	  .lead = { VH_LEAD_YES, VH_LEAD_NO }, .files = SWITCHED VIRTUAL("dummy0", "1") },
};

/* The system counts where it may be so; data where something says so. */
static bool is_reached(const struct vh_host *h, unsigned int bus, enum vh_lead lead, bool root)
{
	const struct vh_pci_dev *d = card(h, bus);
	const struct vh_use *u = use_with(d, "NFS");
	const char *end = lead == VH_LEAD_YES
				  ? "is on the NFS server 10.9.0.5"
				  : "is on the NFS server 10.9.0.5, which may be reached by it";

	if (root && lead != VH_LEAD_NO)
		return u && u->vital && vh_streq(strstr(u->text, "is on the"), end);
	if (lead >= VH_LEAD_MAY)
		return u && !u->vital && vh_streq(u->fix, "umount /srv/it") &&
		       !strstr(u->text, " may carry ") == (lead == VH_LEAD_YES);
	return !u && (d->uses_read == VH_UNKNOWN) == (lead == VH_LEAD_UNKNOWN);
}

static void test_reach(const struct reach *r, bool root)
{
	_auto_free_ char *text = vh_printf(
		"%s%s%sf routes\t%s\nf proc/self/mountinfo\t30 1 0:44 / %s rw "
		"- nfs4 s:/x rw,addr=10.9.0.5\n",
		MACHINE NO_SWAP, PORTS, r->files ? r->files : "", r->routes, root ? "/" : "/srv/it");
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_(vh_host) const struct vh_host *h = read_host(s);
	bool rule = r->lead[0] == VH_LEAD_RULE || r->lead[1] == VH_LEAD_RULE, said = false;

	for (size_t i = 0; i < h->not_checked.count; i++)
		said |= vh_has_prefix(h->not_checked.name[i], "routing rules, which may send");
	if (!ok(is_reached(h, 1, r->lead[0], root) && is_reached(h, 2, r->lead[1], root) &&
			said == (rule && !root),
		"%s, %s", r->name, root ? "root" : "data")) {
		tell(card(h, 1));
		tell(card(h, 2));
	}
}

/* Of a server that only has a name: may it be behind eth0? */
static void test_by_name(void)
{
	static const struct {
		const char *name, *routes;
		bool unknown;
	} cards[] = {
		{ "without routes", "254 0.0.0.0/0 192.0.2.1 eth1", false },
		{ "with what each has",
		  "254 0.0.0.0/0 192.0.2.1 eth1\\n254 fe80::/64 - eth0\\n"
		  "255 ff00::/8 - eth0\\n254 169.254.0.0/16 - eth0\\n"
		  "255 10.8.0.2/32 local eth0",
		  false },
		{ "with a network", "254 0.0.0.0/0 192.0.2.1 eth1\\n254 10.8.0.0/24 - eth0", true },
		{ "with an IPv6 network", "254 0.0.0.0/0 192.0.2.1 eth1\\n254 fd00:8::/64 - eth0",
		  true },
		{ "beside a hop that is not told",
		  "254 0.0.0.0/0 192.0.2.1 eth1\\n100 10.0.0.0/8 - ?", true },
		{ "of a host without routes", "255 127.0.0.0/8 local lo", true },
	};

	for (size_t i = 0; i < VH_COUNT(cards); i++) {
		_auto_free_ char *text = vh_printf(
			"%s%s%sf routes\t%s\n" MOUNT("fuse.glusterfs server1:/v rw"),
			MACHINE NO_SWAP, PORTS, "", cards[i].routes);
		const char *pairs[][2] = { { "$M", "/srv/it" } };
		_auto_free_ char *files = fill_in(text, pairs, VH_COUNT(pairs));
		_auto_(scratch) struct scratch *s = scratch_new(files);
		_auto_(vh_host) const struct vh_host *h = read_host(s);

		if (!ok((card(h, 1)->uses_read == VH_UNKNOWN) == cards[i].unknown,
			"a server by name, and a card %s", cards[i].name))
			tell(card(h, 1));
	}
}

/* --- default routes -------------------------------------------------------------------------------- */

static void test_default_by(const struct way *w)
{
	_auto_free_ char *text = vh_printf("%s%s%sf routes\t%s254 0.0.0.0/0 10.8.0.1 %s\n",
					   MACHINE NO_SWAP, PORTS, w->files, w->routes, w->top);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_(vh_host) const struct vh_host *h = read_host(s);
	const struct vh_use *u = use_with(card(h, 1), "default route");
	_auto_free_ char *down = vh_printf("\nor, from its console: ip link set %s down   # cuts",
					   w->top);
	_auto_free_ char *under = vh_printf("eth0 is under %s, which is up", w->top);
	bool right = u && u->weak == w->unsure && !u->vital && u->fix &&
		     vh_has_prefix(u->fix, "give the host another way out first") &&
		     strstr(u->fix, down);

	if (!ok(right && !use_with(card(h, 2), "default route"), "default route by %s", w->name))
		tell(card(h, 1));
	if (w->session && !ok(use_with(card(h, 1), under) && !use_with(card(h, 2), under),
			      "%s, which is up", w->name))
		tell(card(h, 1));
}

static const struct {
	const char *name, *routes;
	const char *says; /* of eth0; NULL: nothing of a default route */
} routes[] = {
	{ "the second next hop", "254 0.0.0.0/0 192.0.2.1 eth1\\n254 0.0.0.0/0 192.0.2.1 eth0",
	  "eth0: default route" },
	{ "a policy table", "254 0.0.0.0/0 192.0.2.1 eth1\\n100 0.0.0.0/0 192.0.2.1 eth0",
	  "eth0: default route (table 100)" },
	{ "a policy table, IPv6", "4000000000 ::/0 fe80::1 eth0",
	  "eth0: default route (table 4000000000)" },
	{ "IPv6", "254 ::/0 fe80::1 eth0 1024", "eth0: default route" },
	{ "an IPv6 gateway of IPv4", "254 0.0.0.0/0 fe80::1 eth0", "eth0: default route" },
	{ "a lower one beside another",
	  "254 0.0.0.0/0 192.0.2.1 eth1 100\\n254 0.0.0.0/0 192.0.2.1 eth0 600",
	  "eth0: default route" },
	{ "two halves", "254 0.0.0.0/1 192.0.2.1 eth0\\n254 128.0.0.0/1 192.0.2.1 eth0",
	  "eth0: default route" },
	{ "all of IPv6 that is given out", "254 2000::/3 fe80::1 eth0", "eth0: default route" },
	{ "four quarters",
	  "254 0.0.0.0/2 192.0.2.1 eth0\\n254 64.0.0.0/2 192.0.2.1 eth0\\n"
	  "254 128.0.0.0/2 192.0.2.1 eth0\\n254 192.0.0.0/2 192.0.2.1 eth0",
	  "eth0: default route" },
	{ "half of what IPv6 gives out", "254 3000::/4 fe80::1 eth0", "eth0: default route" },
	{ "groups", "254 224.0.0.0/4 - eth0\\n254 ff00::/8 - eth0", NULL },
	{ "a private range of IPv6", "254 fc00::/7 fe80::1 eth0", NULL },
	{ "without a gateway", "254 0.0.0.0/0 - eth0", "eth0: default route" },
	{ "no default route", "254 10.0.0.0/8 192.0.2.1 eth0\\n254 192.0.2.0/24 - eth0", NULL },
	{ "that of another card", "254 0.0.0.0/0 192.0.2.1 eth1\\n254 192.0.2.0/24 - eth0", NULL },
	{ "an address of the host's own", "255 0.0.0.0/32 local eth0", NULL },
	{ "lines that are none",
	  "x\\n254\\n254 0.0.0.0 - eth0\\n254 0.0.0.0/99 - eth0\\n254 z/0 - eth0", NULL },
};

/* The line that is to be typed first, of routes by eth0. */
static const struct {
	const char *route, *line;
} first_lines[] = {
	{ "254 0.0.0.0/0 192.0.2.1 eth0", "ip route replace default via GATEWAY dev INTERFACE\n" },
	{ "100 0.0.0.0/0 192.0.2.1 eth0",
	  "ip route replace default via GATEWAY dev INTERFACE table 100\n" },
	{ "254 ::/0 fe80::1 eth0", "ip -6 route replace default via GATEWAY dev INTERFACE\n" },
	{ "9 128.0.0.0/1 192.0.2.1 eth0",
	  "ip route replace 128.0.0.0/1 via GATEWAY dev INTERFACE table 9\n" },
	{ "254 2000::/3 fe80::1 eth0", "ip -6 route replace 2000::/3 via GATEWAY dev INTERFACE\n" },
};

static void test_first_line(size_t n)
{
	_auto_free_ char *text = vh_printf("%s%sf routes\t%s\n", MACHINE NO_SWAP, PORTS,
					   first_lines[n].route);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_(vh_host) const struct vh_host *h = read_host(s);

	if (!ok(has_fix(card(h, 1), first_lines[n].line), "%s", first_lines[n].line))
		tell(card(h, 1));
}

static void test_route(size_t n)
{
	_auto_free_ char *text = vh_printf("%s%sf routes\t%s\n", MACHINE NO_SWAP, PORTS,
					   routes[n].routes);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_(vh_host) const struct vh_host *h = read_host(s);
	const struct vh_use *u = use_with(card(h, 1), "default route");

	if (!ok(routes[n].says ? u && vh_streq(u->text, routes[n].says) : !u, "%s", routes[n].name))
		tell(card(h, 1));
}

/* --- addresses, and what could not be read ----------------------------------------------------------- */

#define MAIN4 "f proc/net/route\tIface\n"
#define UNTOLD "where a default route leads: its next hop could not be resolved"

static const struct {
	const char *name, *files;
	const char *says;   /* of eth0; NULL: no more than that it is up */
	const char *unseen; /* the reason; NULL: all was seen */
} states[] = {
	{ "an address alone", PORTS "f routes\t255 10.9.9.5/32 local eth0\n",
	  "eth0 has the address 10.9.9.5", NULL },
	{ "an address and its network",
	  PORTS "f routes\t255 10.9.9.5/32 local eth0\\n254 10.9.0.0/16 - eth0\n",
	  "eth0 has an address in 10.9.0.0/16", NULL },
	{ "an address that it gave itself",
	  PORTS "f routes\t255 169.254.9.5/32 local eth0\\n254 169.254.0.0/16 - eth0\n", NULL, NULL },
	{ "groups", PORTS "f routes\t254 224.0.0.0/4 - eth0\n", NULL, NULL },
	{ "a next hop that is not told", PORTS "f routes\t254 0.0.0.0/0 - ?\n", NULL, UNTOLD },
	{ "another one that is not told", PORTS "f routes\t254 10.9.0.0/16 - ?\n", NULL, NULL },
	{ "no IPv6", PORTS MAIN4, NULL, NULL },
	{ "IPv4 that cannot be read", PORTS "u proc/net/route\n", NULL,
	  "default routes: /proc/net/route is not readable" },
	{ "IPv6 that cannot be read", PORTS MAIN4 "u proc/net/ipv6_route\n", NULL,
	  "default routes: /proc/net/ipv6_route is not readable" },
	{ "addresses that cannot be read", PORTS MAIN4 "u proc/net/if_inet6\n", NULL,
	  "default routes: /proc/net/if_inet6 is not readable" },
	{ "an interface that cannot be read", "u @0000:01:00.0/net/eth0/flags\n" MAIN4, "",
	  "whether 'eth0' is up" },
	{ "an interface that cannot be read, with an address",
	  "u @0000:01:00.0/net/eth0/flags\nf routes\t255 10.9.9.5/32 local eth0\n",
	  "eth0 has the address 10.9.9.5", NULL },
};

static void test_state(size_t n)
{
	_auto_free_ char *text = vh_printf("%s%s", MACHINE NO_SWAP, states[n].files);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_(vh_host) const struct vh_host *h = read_host(s);
	const struct vh_pci_dev *d = card(h, 1);
	const char *want = states[n].says ? states[n].says : "eth0 is up";
	bool right = *want ? d->n_uses == 1 && vh_streq(d->uses[0].text, want) : !d->n_uses;

	if (states[n].unseen)
		right &= d->uses_read == VH_UNKNOWN && d->unseen_kinds == VH_USE_NETWORK &&
			 d->unseen.count == 1 && vh_has_prefix(d->unseen.name[0], states[n].unseen);
	else
		right &= d->uses_read == VH_YES;
	if (!ok(right, "%s", states[n].name)) {
		tell(d);
		for (size_t i = 0; i < d->unseen.count; i++)
			diag("unseen: %s", d->unseen.name[i]);
	}
}

/* --- Fibre Channel, virtio, other namespaces, what is not so ---------------------------------------- */

#define FC(host_port)                                                               \
	"f @0000:01:00.0/host1/fc_host/host1/node_name\t0x200000109b000001\n"       \
	"f @0000:01:00.0/host1/fc_host/host1/port_name\t0x100000109b000001\n"       \
	"l sys/class/fc_host/host1\t@0000:01:00.0/host1/fc_host/host1\n"            \
	"f @0000:02:00.0/host2/fc_host/host2/port_name\t0x100000109b000002\n" NVME( \
		"fc", "traddr=nn-0x1:pn-0x2,host_traddr=nn-0x200000109b000001:pn-0x" host_port)
#define VIRTIO(id) "f @0000:01:00.0/virtio5/device\t" id "\n"
#define TAG(tag) \
	"l sys/fs/virtiofs/2/device\t@0000:01:00.0/virtio5\nf sys/fs/virtiofs/2/tag\t" tag "\n"
#define SWAP "f proc/swaps\tFilename\\n/srv/it/file file 1 0 -2\n"
#define LAN "f routes\t254 10.8.0.0/24 - eth0\\n255 10.8.0.2/32 local eth0\n"

static const struct {
	const char *name, *files;
	const char *says; /* of 0000:01:00.0; NULL: nothing at all, but that it is up */
	bool vital;
	const char *fix;    /* in any line */
	const char *last;   /* of the use itself; NULL: whatever */
	const char *before; /* a use that stands behind it */
} others[] = {
	{ "NVMe/FC: root", "$R" FC("100000109b000001"), .says = "Fibre Channel", .vital = true },
	{ "NVMe/FC: data", "$D" FC("100000109B000001"), .says = "Fibre Channel",
	  .fix = "umount /srv/it" },
	{ "NVMe/FC: another port", "$D" FC("100000109b000002"), .says = NULL },
	{ "9p: root",
	  "$R" VIRTIO("0x0009") "f @0000:01:00.0/virtio5/mount_tag\tit\n" MOUNT(
		  "9p it rw,trans=virtio"),
	  .says = "9p", .vital = true },
	{ "9p: data",
	  "$D" VIRTIO("0x0009") "f @0000:01:00.0/virtio5/mount_tag\tit\n" MOUNT(
		  "9p it rw,trans=virtio"),
	  .says = "mounted at /srv/it", .fix = "umount /srv/it" },
	{ "9p: another tag",
	  "$D" VIRTIO("0x0009") "f @0000:01:00.0/virtio5/mount_tag\tthat\n" MOUNT(
		  "9p it rw,trans=virtio"),
	  .says = NULL },
	{ "virtiofs: root", "$R" VIRTIO("0x001a") TAG("it") MOUNT("virtiofs it rw"),
	  .says = "virtiofs", .vital = true },
	{ "virtiofs: data", "$D" VIRTIO("0x001a") TAG("it") MOUNT("virtiofs it rw"),
	  .says = "mounted at /srv/it", .fix = "umount /srv/it" },
	{ "virtiofs: another tag", "$D" VIRTIO("0x001a") TAG("that") MOUNT("virtiofs it rw"),
	  .says = NULL },
	{ "virtiofs of an older kernel", "$R" VIRTIO("0x001a") MOUNT("virtiofs it rw"),
	  .says = "may be", .vital = true },
	{ "a virtio device of another kind", "$R" VIRTIO("0x0001") MOUNT("virtiofs it rw"),
	  .says = NULL },
	{ "an interface elsewhere", "$Dd @0000:01:00.0/net\n", .says = "another network namespace" },
	{ "a guest's macvtap",
	  "$D" PORTS LAN VIRTUAL("macvtap3", "1") ON_PORT(
		  "macvtap3") "f run/libvirt/qemu/a.xml\t<domstatus pid='9'><domain><name>web it</name><uuid>"
			      "5b0c0f5e-66a4-4d9c-8f5d-0d9a3f6d5f01</uuid><devices><interface type='direct'><target "
			      "dev='macvtap3'/></interface></devices></domain></domstatus>\n",
	  .says = "eth0 is under macvtap3, which the running guest 'web it' has",
	  .fix = "virsh shutdown 'web it'" },
	{ "a macvtap of nobody", "$D" PORTS LAN VIRTUAL("macvtap3", "1") ON_PORT("macvtap3"),
	  .says = "eth0 is under macvtap3, which is up", .fix = "ip link set macvtap3 down" },
	{ "a radio elsewhere", "$Dd @0000:01:00.0/ieee80211\n",
	  .says = "its Wi-Fi radio is in another network namespace",
	  .fix = "ip netns exec NAMESPACE iw phy PHY set netns 1" },
	{ "a radio here", "$Dd @0000:01:00.0/ieee80211/phy0\n", .says = NULL },
	{ "an RDMA device elsewhere", "$Dd @0000:01:00.0/infiniband\n",
	  .says = "its RDMA device is in another network namespace",
	  .fix = "end the container that has it, or delete the network namespace that it is in" },
	{ "an RDMA device here", "$Dd @0000:01:00.0/infiniband/mlx5_0\n", .says = NULL },
	{ "no interface", "$D", .says = NULL },
	{ "nbd below an overlay that is the root",
	  PORTS LAN
	  "f " NBD "/nbd0/dev\t43:0\nf " NBD "/nbd0/size\t2000\nf " NBD "/nbd0/pid\t77\n"
	  "l sys/block/nbd0\t" NBD "/nbd0\nl sys/class/block/nbd0\t" NBD "/nbd0\n"
	  "f proc/77/cmdline\t/sbin/nbd-client\\x0010.8.0.9\\x00/dev/nbd0\n"
	  "f proc/self/mountinfo\t30 1 43:0 / /ro rw - squashfs /dev/nbd0 rw\\n31 1 0:9 / / rw - overlay o rw,lowerdir=/ro,upperdir=/rw\n",
	  .says = "eth0 carries nbd0", .vital = true },
	{ "nbd of a file of this host",
	  "$D" PORTS LAN DISK(
		  NBD, "nbd0",
		  "43:0") "f " NBD "/nbd0/pid\t77\n"
			  "f proc/77/cmdline\tqemu-nbd\\x00-c\\x00/dev/nbd0\\x00/srv/x.qcow2\n",
	  .says = "address" },
	{ "nbd whose server is a name: root",
	  "$R" PORTS LAN DISK(NBD, "nbd0",
			      "43:0") "f " NBD "/nbd0/pid\t77\n"
				      "f proc/77/cmdline\tnbd-client\\x00srv\\x00/dev/nbd0\n",
	  .says = "may carry nbd0", .vital = true },
	{ "NFS of this very host", "$D" PORTS LAN MOUNT("nfs4 me:/x rw,addr=10.8.0.2"),
	  .says = "address" },
	{ "NFS of this very host, by lo", "$D" PORTS LAN MOUNT("nfs4 me:/x rw,addr=127.0.0.1"),
	  .says = "address" },
	{ "NFS by the scope of its address",
	  "$D" PORTS "f routes\t-\n" MOUNT("nfs4 s:/x rw,addr=fe80::9%eth0"), .says = "NFS",
	  .fix = "umount /srv/it" },
	{ "sshfs", "$D" PORTS LAN MOUNT("fuse.sshfs me@10.8.0.9:/x rw"), .says = "fuse.sshfs",
	  .fix = "umount /srv/it" },
	{ "sshfs, as oneself", "$D" PORTS LAN MOUNT("fuse.sshfs 10.8.0.9:/x rw"),
	  .says = "fuse.sshfs", .fix = "umount /srv/it" },
	{ "an NFS server nobody knows: root", "$R" PORTS LAN MOUNT("nfs4 s:/x rw"),
	  .says = "may be reached", .vital = true },
	{ "swap in a file on NFS",
	  "$D" PORTS LAN "f proc/swaps\tFilename\\n/srv/it/a\\\\040file x 1 0 -2\n" MOUNT(
		  "nfs4 s:/x rw,addr=10.8.0.9"),
	  .says = "holds the swap file /srv/it/a file", .vital = true, .fix = "umount /srv/it",
	  .last = "swapoff '/srv/it/a file'", .before = "NFS" },
	{ "swap in a file of a disk that is mounted below NFS",
	  "$D" PORTS LAN "f proc/swaps\tFilename\\n/srv/it/disk/file x 1 0 -2\n"
	  "f proc/self/mountinfo\t30 1 0:44 / /srv/it rw - nfs4 s:/x rw,addr=10.8.0.9\\n"
	  "31 30 8:9 / /srv/it/disk rw - ext4 /dev/sdx rw\n",
	  .says = "NFS", .fix = "umount /srv/it/disk\numount /srv/it" },
	{ "a share in a share, the inner first",
	  "$D" PORTS LAN
	  "f proc/self/mountinfo\t30 1 0:44 / /srv/it rw - nfs4 s:/x rw,addr=10.8.0.9\\n"
	  "31 30 0:45 / /srv/it/in rw - cifs //10.8.0.9/y rw\n",
	  .says = "NFS", .fix = "umount /srv/it/in", .last = "umount /srv/it" },
	{ "iSCSI by the card with the default route, which goes after it",
	  "$D" PORTS "f routes\t254 0.0.0.0/0 10.8.0.9 eth0\n" ISCSI("address\t10.8.0.9"),
	  .says = "iSCSI", .fix = "umount /srv/it", .last = "iscsiadm -m session -r 1 -u",
	  .before = "default route" },
	{ "swap by NVMe/TCP", "$D" PORTS LAN NVME("tcp", "traddr=10.8.0.9") SWAP,
	  .says = "NVMe over TCP", .vital = true, .fix = "swapoff /srv/it/file",
	  .last = "nvme disconnect -d nvme0" },
	{ "swap by iSCSI", "$D" PORTS LAN ISCSI("address\t10.8.0.9") SWAP, .says = "iSCSI",
	  .vital = true, .fix = "swapoff /srv/it/file", .last = "iscsiadm -m session -r 1 -u" },
};

static void test_other(size_t n)
{
	const char *pairs[][2] = {
		{ "$M", strstr(others[n].files, "$R") ? "/" : "/srv/it" },
		{ "$R", "" },
		{ "$D", "" },
	};
	_auto_free_ char *files = fill_in(others[n].files, pairs, VH_COUNT(pairs));
	_auto_free_ char *text = vh_printf("%s%s%s", MACHINE, files,
					   strstr(files, "proc/swaps") ? "" : NO_SWAP);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_(vh_host) const struct vh_host *h = read_host(s);
	const struct vh_pci_dev *d = card(h, 1);
	const struct vh_use *u = others[n].says ? use_with(d, others[n].says) : NULL;
	bool right = others[n].says ? u && u->vital == others[n].vital : !d->n_uses;

	/* what is told as a guess is one */
	right &= !u || !strstr(u->text, "carr") || u->guess == !!strstr(u->text, " may carry ");
	if (others[n].fix)
		right &= has_fix(d, others[n].fix);
	if (others[n].last)
		right &= u && vh_streq(u->fix, others[n].last);
	if (others[n].before)
		right &= u && u < use_with(d, others[n].before);
	if (!others[n].vital)
		for (size_t i = 0; i < d->n_uses; i++)
			right &= !d->uses[i].vital;
	if (!ok(right, "%s", others[n].name))
		tell(d);
}

/* What others name is one word of the line. */
static void test_names(void)
{
	static const char files[] = MACHINE NO_SWAP
		"f @0000:01:00.0/net/e$(id)'x/flags\t0x1003\n"
		"l @0000:01:00.0/net/e$(id)'x/master\tsys/devices/virtual/net/b\n"
		"f routes\t254 0.0.0.0/0 - e$(id)'x\\n254 10.8.0.0/24 - e$(id)'x\n"
		"f proc/self/mountinfo\t30 1 0:44 / /srv/a\\\\040b;c rw - nfs4 s:/ rw,addr=10.8.0.9\n";
	_auto_(scratch) struct scratch *s = scratch_new(files);
	_auto_(vh_host) const struct vh_host *h = read_host(s);
	const struct vh_pci_dev *d = card(h, 1);

	if (!ok(has_fix(d, "ip link set 'e$(id)'\\''x' down") &&
			has_fix(d, "ip link set 'e$(id)'\\''x' nomaster") &&
			has_fix(d, "umount '/srv/a b;c'"),
		"names are quoted"))
		tell(d);
}

/* Of the ways but the first each with one family, in turns: they do not know of addresses. */
static void test_ways(const struct transport *t)
{
	for (size_t w = 0; w < VH_COUNT(ways); w++) {
		for (int i = 0; i < 4; i++) {
			bool six = i & 1;

			if (t->family ? six == (t->family == 4) : w && six == (w & 1))
				continue;
			if (tap_under_valgrind() && w % 5)
				continue;
			test_way(t, &ways[w], six, i & 2);
		}
	}
}

/* --- who serves an nbd disk ----------------------------------------------------------------------- */

static const struct {
	const char *args;   /* with '|' between them */
	const char *server; /* "": it is not told; NULL: this host */
} servers[] = {
	{ "nbd-client|10.8.0.9|/dev/nbd0", "10.8.0.9" },
	{ "/usr/sbin/nbd-client|-N|root|-b|4096|fd00::9|/dev/nbd0", "fd00::9" },
	{ "@bd-client|10.8.0.9|10809|/dev/nbd0", "10.8.0.9" },
	{ "@usr/sbin/nbd-client|10.8.0.9", "10.8.0.9" },
	{ "nbd-client|-unix|/run/s|/dev/nbd0", NULL },
	{ "qemu-nbd|-c|/dev/nbd0|nbd://10.8.0.9/x", "10.8.0.9" },
	{ "qemu-nbd|-c|/dev/nbd0|/srv/x.qcow2", NULL },
	{ "qemu-nbd|-c|/dev/nbd0|nbd+unix:///x?socket=/run/s", NULL },
	{ "qemu-nbd|-c|/dev/nbd0|rbd:pool/image", "" },
	{ "qemu-nbd|-c|/dev/nbd0|ssh://root@nas/x.img", "" },
	{ "qemu-nbd|-c|/dev/nbd0|json:{\"driver\":\"rbd\"}", "" },
	{ "rbd-nbd|map|pool/image", "" },
	{ "own-thing", "" },
	{ "-", NULL },
};

static void test_server(size_t n)
{
	char args[256];
	size_t len = (size_t)snprintf(args, sizeof(args), "%s", servers[n].args);
	_auto_free_ char *server = NULL;

	for (char *p = args; *p; p++)
		*p = *p == '|' ? 0 : *p;
	server = vh_ties_nbd_server(args, len);
	if (!ok(vh_streq(server, servers[n].server) || server == servers[n].server, "served by: %s",
		servers[n].args))
		diag("have %s", server ? server : "this host");
}

int main(void)
{
	test_by_name();
	for (size_t i = 0; i < VH_COUNT(servers); i++)
		test_server(i);
	for (size_t i = 0; i < VH_COUNT(transports); i++)
		test_ways(&transports[i]);
	for (size_t i = 0; i < VH_COUNT(reaches); i++) {
		test_reach(&reaches[i], true);
		test_reach(&reaches[i], false);
	}
	for (size_t i = 0; i < VH_COUNT(switched); i++) {
		test_reach(&switched[i], true);
		test_reach(&switched[i], false);
	}
	for (size_t w = 0; w < VH_COUNT(ways); w++)
		test_default_by(&ways[w]);
	for (size_t i = 0; i < VH_COUNT(routes); i++)
		test_route(i);
	for (size_t i = 0; i < VH_COUNT(first_lines); i++)
		test_first_line(i);
	for (size_t i = 0; i < VH_COUNT(states); i++)
		test_state(i);
	for (size_t i = 0; i < VH_COUNT(others); i++)
		test_other(i);
	test_names();
	return tap_done();
}
