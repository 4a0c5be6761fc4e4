/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What identifies is replaced: the same by the same, networks by networks. */
#include <arpa/inet.h>

#include "lib/snapshot/scrub.h"
#include "tests/tap.h"

static uint32_t mapped(uint64_t key, const char *text)
{
	struct vh_scrub s = { .key = key };
	struct in_addr addr;

	if (inet_pton(AF_INET, text, &addr) != 1)
		abort();
	return ntohl(vh_scrub_ip4(&s, addr).s_addr);
}

/* How many bits two addresses have in common. */
static int common(uint32_t a, uint32_t b)
{
	return a == b ? 32 : __builtin_clz(a ^ b);
}

static void test_networks(void)
{
	static const char *const texts[] = { "10.0.0.1",      "10.0.0.2",   "10.0.1.1",
					     "10.128.0.1",    "192.0.2.77", "192.0.2.78",
					     "203.0.113.255", "169.1.2.3",  "169.254.9.9" };
	bool kept = true, same = true, link_local = true;
	int moved = 0;

	for (uint64_t key = 1; key <= 50; key++) {
		for (size_t i = 0; i < VH_COUNT(texts); i++) {
			uint32_t a = mapped(key, texts[i]);

			same = same && a == mapped(key, texts[i]);
			moved += a != mapped(0, texts[i]);
			if (!strcmp(texts[i], "169.1.2.3"))
				link_local = link_local && a >> 16 != 0xa9fe;
			for (size_t k = 0; k < VH_COUNT(texts); k++) {
				struct in_addr x, y;

				inet_pton(AF_INET, texts[i], &x);
				inet_pton(AF_INET, texts[k], &y);
				if (i < 7 && k < 7)
					kept = kept &&
					       common(a, mapped(key, texts[k])) ==
						       common(ntohl(x.s_addr), ntohl(y.s_addr));
			}
		}
	}
	ok(kept, "what shares a network shares as much of one afterwards, and no more");
	ok(same, "the same address becomes the same one");
	ok(moved > 300, "another key gives other addresses: %d of 450", moved);
	ok(link_local, "no address becomes one that a host gives itself");
	ok(mapped(7, "127.0.0.1") == 0x7f000001 && mapped(7, "169.254.1.2") == 0xa9fe0102 &&
		   mapped(7, "0.0.0.0") == 0,
	   "addresses that mean something stay");
}

static bool is(char *have, const char *want)
{
	_auto_free_ char *text = have;

	if (!vh_streq(text, want))
		diag("'%s', not '%s'", text ? text : "(none)", want ? want : "(none)");
	return vh_streq(text, want);
}

static void test_names(void)
{
	struct vh_scrub s = { .key = 1 }, off = { .off = true };

	ok(is(vh_scrub_server(&s, "nas.example.com"), "server1.invalid"), "a server's name");
	ok(is(vh_scrub_server(&s, "other"), "server2.invalid"), "another one");
	ok(is(vh_scrub_server(&s, "nas.example.com"), "server1.invalid"), "the first one again");
	ok(is(vh_scrub_server(&s, "2a00:1450::5"), "2001:db8::1"), "an address of IPv6");
	ok(is(vh_scrub_target(&s, "iqn.2021-05.net.example:x"), "iqn.2000-01.invalid:target1"),
	   "an iSCSI target");
	ok(is(vh_scrub_path(&s, "/home/joe/disk"), "/home/1/2"), "a path below /home");
	ok(is(vh_scrub_path(&s, "/home/joe"), "/home/1"), "and one above it");
	ok(is(vh_scrub_path(&s, "/media/disk"), "/media/2"), "the same name elsewhere");
	ok(is(vh_scrub_path(&s, "/srv/images"), "/srv/images"), "a path that stays");
	ok(is(vh_scrub_path(&s, "/home"), "/home"), "/home itself");
	ok(is(vh_scrub_place(&s, "sys/kernel/config/usb_gadget/joe/functions/mass_storage.sue/lun.0"),
	      "sys/kernel/config/usb_gadget/gadget1/functions/mass_storage.function1/lun.0") &&
		   is(vh_scrub_place(&s, "sys/kernel/config/usb_gadget"),
		      "sys/kernel/config/usb_gadget") &&
		   is(vh_scrub_place(&s, "sys/kernel/config/target/core/iblock_0/joe/enable"),
		      "sys/kernel/config/target/core/iblock_0/store1/enable") &&
		   is(vh_scrub_place(&s, "sys/kernel/config/target/core/"),
		      "sys/kernel/config/target/core/"),
	   "names that people gave, in paths");
	ok(is(vh_scrub_interfaces(&s, "enx0123456789ab wlxba9876543210\\nenx0123456789ab"),
	      "enx000000000001 wlx000000000002\\nenx000000000001"),
	   "interfaces that are named by their MAC address");
	ok(is(vh_scrub_interfaces(&s, "eno1 enx0123456789abc enx0123456789a enx000000000007 x"),
	      "eno1 enx0123456789abc enx0123456789a enx000000000007 x"),
	   "and those that are not, or are numbered");
	ok(is(vh_scrub_server(&off, "203.0.113.7"), "203.0.113.7") &&
		   is(vh_scrub_path(&off, "/home/joe"), "/home/joe") &&
		   is(vh_scrub_target(&off, "iqn.x"), "iqn.x"),
	   "nothing is replaced where that is said");
	vh_scrub_clear(&s);
}

static void test_cmdline(void)
{
	static const char *const cases[][2] = {
		{ "root=UUID=5ec2 ro quiet", "root= ro quiet" },
		{ "intel_iommu=on iommu=pt", "intel_iommu=on iommu=pt" },
		{ "vfio-pci.ids=8086:1521 vfio_pci.disable_vga=1",
		  "vfio-pci.ids=8086:1521 vfio_pci.disable_vga=1" },
		{ "pcie_acs_override=downstream pci=noaer",
		  "pcie_acs_override=downstream pci=noaer" },
		{ "ip=10.0.0.1::10.0.0.2:::eth0 rd.luks.uuid=77 systemd.machine_id=9",
		  "ip= rd.luks.uuid= systemd.machine_id=" },
		{ "nouveau.modeset=0", "nouveau.modeset=0" },
		{ "quiet -- --token secret", "quiet" },
		{ "rd.luks.key=\"my secret phrase\" ro", "rd.luks.key= ro" },
		{ "kvm.x=\"a b\" root=\"LABEL=my disk", "kvm.x=\"a b\" root=" },
		{ "pcixx=\"secret phrase\" memo=secret kvmhost=secret", "pcixx= memo= kvmhost=" },
		{ "pci=noaer mem=4G hugepagesz=1G hugepages=4",
		  "pci=noaer mem=4G hugepagesz=1G hugepages=4" },
		{ "", "" },
	};
	struct vh_scrub s = { .key = 1 }, off = { .off = true };

	for (size_t i = 0; i < VH_COUNT(cases); i++)
		ok(is(vh_scrub_cmdline(&s, cases[i][0]), cases[i][1]), "command line '%s'",
		   cases[i][0]);
	ok(is(vh_scrub_cmdline(&off, cases[0][0]), cases[0][0]), "command line as it is");
}

int main(void)
{
	test_networks();
	test_names();
	test_cmdline();
	return tap_done();
}
