/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-vfpool - which virtual functions a network hands out, and which of them are given away. */
#include "lib/case/vfpool.h"
#include "lib/base/strbuf.h"
#include "tests/fake/fake-tree.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define DEFINED "etc/libvirt/qemu/networks/pool.xml"
#define RUNNING "run/libvirt/network/pool.xml"
#define OWN "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define OTHER "11111111-1d52-d8f3-2516-782e98ab3fa0"
#define CARD "sys/devices/pci0000:00/0000:17:00.0"

#define VF(n) "<address type='pci' domain='0x0000' bus='0x17' slot='0x02' function='0x" #n "'/>"
#define NETWORK(attributes, inside)                                               \
	"<network><name>pool</name><forward mode='hostdev'" attributes ">" inside \
	"</forward></network>\n"
#define LIVE(inside) "<networkstatus>" NETWORK(" managed='yes'", inside) "</networkstatus>\n"
#define GIVEN(n)                                                                                \
	"<interface type='network'><source network='pool'/><actual type='hostdev'><source>" VF( \
		n) "</source></actual></interface>"
#define NAMED(element, n) "<" element " type='hostdev'><source>" VF(n) "</source></" element ">"
#define DOMAIN(uuid, devices)                                               \
	"<domstatus pid='1'><domain><uuid>" uuid "</uuid><devices>" devices \
	"</devices></domain></domstatus>\n"

struct test_case {
	const char *name;
	const char *defined, *running; /* the network; NULL: not there */
	const char *own, *other;       /* domains that run, or NULL */
	const char *want; /* "managed: " and the functions; +: given to another, *: to its own */
};

static const struct test_case cases[] = {
	{ "no such network", NULL, NULL, NULL, NULL, "" },
	{ "a list, in its order", NETWORK(" managed='yes'", VF(2) VF(0)), NULL, NULL, NULL,
	  "managed: 0000:17:02.2 0000:17:02.0" },
	{ "managed is no by default", NETWORK("", VF(0)), NULL, NULL, NULL, "0000:17:02.0" },
	{ "managed no", NETWORK(" managed='no'", VF(0)), NULL, NULL, NULL, "0000:17:02.0" },
	{ "by the physical function: in the order of the kernel",
	  NETWORK(" managed='yes'", "<pf dev='eth0'/>"), NULL, NULL, NULL,
	  "managed: 0000:17:02.1 0000:17:02.0" },
	{ "an interface that is not there", NETWORK("", "<pf dev='eth1'/>"), NULL, NULL, NULL, "" },
	{ "a name is no path", NETWORK("", "<pf dev='../net/eth0'/>"), NULL, NULL, NULL, "" },
	{ "an interface that is not of a card", NETWORK("", "<pf dev='lo'/>"), NULL, NULL, NULL, "" },
	{ "one that runs says what it has", NETWORK("", VF(0)), LIVE("<pf dev='eth0'/>" VF(3)),
	  NULL, NULL, "managed: 0000:17:02.3" },
	{ "what is no address",
	  NETWORK("", "<address type='usb'/><address type='pci' bus='0x17'/>"
		      "<address type='pci' domain='0' bus='0x100' slot='0' "
		      "function='0'/>" VF(1)),
	  NULL, NULL, NULL, "0000:17:02.1" },
	{ "given to another domain", NETWORK("", VF(0) VF(1)), NULL, NULL, DOMAIN(OTHER, GIVEN(1)),
	  "0000:17:02.0 0000:17:02.1+" },
	{ "given, as libvirt tells it", NETWORK("", VF(0) VF(1)), NULL, NULL,
	  DOMAIN(OTHER, NAMED("interface", 0)), "0000:17:02.0+ 0000:17:02.1" },
	{ "a hostdev has it: the network does not know", NETWORK("", VF(0)), NULL, NULL,
	  DOMAIN(OTHER, NAMED("hostdev", 0)), "0000:17:02.0" },
	{ "given to its own domain", NETWORK("", VF(0) VF(1)), NULL, DOMAIN(OWN, GIVEN(0)),
	  DOMAIN(OTHER, GIVEN(1)), "0000:17:02.0* 0000:17:02.1+" },
	{ "a domain file that is none", NETWORK("", VF(0)), NULL, "<domstatus", "<x/>",
	  "0000:17:02.0" },
};

static void put(const struct vh_root *root, const char *path, const char *text)
{
	if (text)
		fake_put(root, path, "%s", text);
}

static char *show(const struct vh_vfpool *p)
{
	struct vh_strbuf sb = { 0 };

	vh_strbuf_add(&sb, p->managed ? "managed:" : "");
	for (size_t i = 0; i < p->count; i++)
		vh_strbuf_addf(&sb, "%s%s%s%s", sb.len ? " " : "", vh_pci_str(&p->vfs[i].addr).s,
			       p->vfs[i].given ? "+" : "", p->vfs[i].own ? "*" : "");
	return vh_strbuf_steal(&sb);
}

static void run(const struct vh_root *root, const struct test_case *t)
{
	_auto_vfpools_ struct vh_vfpools pools = { 0 };
	_auto_names_ struct vh_names unseen = { 0 };
	_auto_free_ char *have = NULL;

	put(root, DEFINED, t->defined);
	put(root, RUNNING, t->running);
	put(root, "run/libvirt/qemu/own.xml", t->own);
	put(root, "run/libvirt/qemu/other.xml", t->other);
	vh_vfpool_read(root, "pool", OWN, INT64_MAX, VH_APPEND(pools.list, pools.count), &unseen);
	have = show(&pools.list[0]);
	if (!ok(vh_streq(have ? have : "", t->want), "%s", t->name))
		diag("have: %s", have ? have : "");
	fake_remove(root, "etc");
	fake_remove(root, "run");
}

int main(void)
{
	char dir[] = "/tmp/vfio-hook-t-vfpool.XXXXXX";
	struct vh_root root;

	if (!mkdtemp(dir) || vh_root_open_tree(&root, dir, NULL) < 0) {
		printf("Bail out! no temporary directory\n");
		return 99;
	}
	fake_mkdirs(&root, CARD "/net/eth0");
	fake_mkdirs(&root, "sys/devices/virtual/net/lo");
	fake_link(&root, "sys/class/net/eth0", CARD "/net/eth0");
	fake_link(&root, "sys/class/net/lo", "sys/devices/virtual/net/lo");
	fake_link(&root, "sys/bus/pci/devices/0000:17:00.0", CARD);
	fake_link(&root, CARD "/virtfn0", "sys/devices/pci0000:00/0000:17:02.1");
	fake_link(&root, CARD "/virtfn1", "sys/devices/pci0000:00/0000:17:02.0");
	for (size_t i = 0; i < VH_COUNT(cases); i++)
		run(&root, &cases[i]);
	fake_remove(&root, "sys");
	vh_root_close(&root);
	ok(rmdir(dir) == 0, "cleaned up");
	return tap_done();
}
