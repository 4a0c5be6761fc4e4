/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-ties - what the host has by a network, generated: (transport) x (root, data) x (the way) x
 * (IPv4, IPv6). The card eth0 at 0000:01:00.0 is the way; eth1 at 0000:02:00.0 is not, and must not
 * be said to be. Then what has no way: Fibre Channel, virtio, other tables, names in lines to type.
 */
#include "lib/base/strbuf.h"
#include "lib/host/host.h"
#include "lib/host/read.h"
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
	  .routes = "", .recorded = true },
	{ "PPPoE in a VLAN, renamed", "dsl",
	  VIRTUAL("dsl", "512") VIRTUAL("eth0.7", "1") ON_PORT(
		  "eth0.7") "f proc/net/pppoe\tId       Address              Device\\n00000A5D 02:00:00:00:00:09    eth0.7\n",
	  .routes = "" },
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

/* --- default routes -------------------------------------------------------------------------------- */

static void test_default_by(const struct way *w)
{
	_auto_free_ char *text = vh_printf("%s%s%sf routes\t%s254 0.0.0.0/0 10.8.0.1 %s\n",
					   MACHINE NO_SWAP, PORTS, w->files, w->routes, w->top);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_(vh_host) const struct vh_host *h = read_host(s);
	const struct vh_use *u = use_with(card(h, 1), "default route");
	bool right = u && u->weak == w->unsure && !u->vital && u->fix &&
		     vh_has_prefix(u->fix, "give the host another way out first");

	if (!ok(right && !use_with(card(h, 2), "default route"), "default route by %s", w->name))
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
	{ "without a gateway", "254 0.0.0.0/0 - eth0", "eth0: default route" },
	{ "no default route", "254 10.0.0.0/8 192.0.2.1 eth0\\n254 192.0.2.0/24 - eth0", NULL },
	{ "that of another card", "254 0.0.0.0/0 192.0.2.1 eth1\\n254 192.0.2.0/24 - eth0", NULL },
	{ "an address of the host's own", "255 0.0.0.0/32 local eth0", NULL },
	{ "lines that are none",
	  "x\\n254\\n254 0.0.0.0 - eth0\\n254 0.0.0.0/99 - eth0\\n254 z/0 - eth0", NULL },
};

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
#define LAN "f routes\t254 10.8.0.0/24 - eth0\\n255 10.8.0.2/32 local eth0\n"

static const struct {
	const char *name, *files;
	const char *says; /* of 0000:01:00.0; NULL: nothing at all, but that it is up */
	bool vital;
	const char *fix; /* in any line */
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
	{ "an NFS server nobody knows: root", "$R" PORTS LAN MOUNT("nfs4 s:/x rw"),
	  .says = "may be reached", .vital = true },
	{ "swap in a file on NFS",
	  "$D" PORTS LAN
	  "f proc/swaps\tFilename\\n/srv/it/swap file 1 0 -2\n" MOUNT("nfs4 s:/x rw,addr=10.8.0.9"),
	  .says = "NFS", .vital = true },
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

	if (others[n].fix)
		right &= has_fix(d, others[n].fix);
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

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(transports); i++)
		test_ways(&transports[i]);
	for (size_t w = 0; w < VH_COUNT(ways); w++)
		test_default_by(&ways[w]);
	for (size_t i = 0; i < VH_COUNT(routes); i++)
		test_route(i);
	for (size_t i = 0; i < VH_COUNT(others); i++)
		test_other(i);
	test_names();
	return tap_done();
}
