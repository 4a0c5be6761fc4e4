/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-address - the PCI addresses of domain XML: as libvirt reads them, and what was meant. */
#include "lib/base/strbuf.h"
#include "lib/domain/domain.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

static void check(const char *have, const char *want, const char *name)
{
	if (!ok(vh_streq(have, want), "%s", name))
		diag("have: %s", have ? have : "(nothing)");
}

/* The device with this <source>; NULL and a diagnostic when the domain is refused. */
static struct vh_domain *with_source(const char *source)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_free_ char *xml = vh_printf("<domain type='kvm'><devices><hostdev type='pci'>"
					  "<source>%s</source></hostdev></devices></domain>",
					  source);
	struct vh_domain *d = vh_domain_parse(xml, strlen(xml), &err);

	if (!d)
		diag("%s", err.what);
	return d;
}

/* want: the address, " hex " and another reading, "none" where that is none; or the problem,
 * " meant " and the guess. */
static const struct {
	const char *attributes, *want;
} addresses[] = {
	{ "domain='0x0000' bus='0x03' slot='0x1f' function='0x7'", "0000:03:1f.7" },
	{ "domain='0' bus='3' slot='0' function='0'", "0000:03:00.0" },
	{ "bus='0x03'", "0000:03:00.0" },
	{ "", "0000:00:00.0" },
	{ "domain='0x0' bus='0x0' slot='0x0' function='0x0'", "0000:00:00.0" },
	{ "domain='0xffffffff' bus='0xff' slot='0x1f' function='0x7'", "ffffffff:ff:1f.7" },
	{ "domain='0x10000' bus='0XE1'", "10000:e1:00.0" },
	/* decimal and octal, and what they look like */
	{ "bus='14'", "0000:0e:00.0 hex 0000:14:00.0" },
	{ "bus='0x14'", "0000:14:00.0" },
	{ "bus='10' slot='10'", "0000:0a:0a.0 hex 0000:10:10.0" },
	{ "bus='010'", "0000:08:00.0 hex 0000:10:00.0" },
	{ "bus='007'", "0000:07:00.0" },
	{ "bus='00'", "0000:00:00.0" },
	{ "bus='222' slot='31'", "0000:de:1f.0 hex none" },
	{ "bus='14' slot='0x1f'", "0000:0e:1f.0 hex 0000:14:1f.0" },
	{ "bus='14' slot='25'", "0000:0e:19.0 hex none" },
	{ "bus='08'", "bus '08' is not a number that libvirt reads meant 0000:08:00.0" },
	/* as strtoul() takes it */
	{ "bus=' 3'", "0000:03:00.0" },
	{ "bus='+3'", "0000:03:00.0" },
	{ "bus=' +0x3'", "0000:03:00.0" },
	{ "bus='&#9;3'", "0000:03:00.0" },
	{ "bus='3 '", "bus '3 ' is not a number that libvirt reads meant 0000:03:00.0" },
	{ "bus='-1'", "bus '-1' is not a number that libvirt reads" },
	{ "bus='+-1'", "bus '+-1' is not a number that libvirt reads" },
	{ "bus='- 1'", "bus '- 1' is not a number that libvirt reads" },
	{ "bus='++1'", "bus '++1' is not a number that libvirt reads" },
	{ "bus='0x'", "bus '0x' is not a number that libvirt reads" },
	{ "bus='x3'", "bus 'x3' is not a number that libvirt reads" },
	{ "bus=''", "bus '' is not a number that libvirt reads" },
	{ "bus='3,0'", "bus '3,0' is not a number that libvirt reads" },
	{ "bus='pci_0'", "bus 'pci_0' is not a number that libvirt reads" },
	{ "bus='18446744073709551619'",
	  "bus '18446744073709551619' is not a number that libvirt reads" },
	{ "bus='&#10;'", "bus '\\x0a' is not a number that libvirt reads" },
	/* out of range */
	{ "domain='0x100000000'", "domain '0x100000000' is above 0xffffffff" },
	{ "bus='0x100'", "bus '0x100' is above 0xff" },
	{ "bus='256'", "bus '256' is above 0xff" },
	{ "slot='0x20'", "slot '0x20' is above 0x1f" },
	{ "slot='32'", "slot '32' is above 0x1f" },
	{ "function='8'", "function '8' is above 7" },
	{ "function='0xffffffffffffffff'", "function '0xffffffffffffffff' is above 7" },
	{ "bus='300' slot='99'", "bus '300' is above 0xff" },
	/* what was meant */
	{ "slot='1f'", "slot '1f' is not a number that libvirt reads meant 0000:00:1f.0" },
	{ "bus='0a' slot='10' function='1'",
	  "bus '0a' is not a number that libvirt reads meant 0000:0a:10.1" },
	{ "bus='1f' slot='2f'", "bus '1f' is not a number that libvirt reads" },
	{ "domain='0001:000:000:0'",
	  "domain '0001:000:000:0' is not a number that libvirt reads meant 0001:00:00.0" },
	{ "bus='03:00.0'", "bus '03:00.0' is not a number that libvirt reads meant 0000:03:00.0" },
	{ "domain='0000:0A:1f.7'",
	  "domain '0000:0A:1f.7' is not a number that libvirt reads meant 0000:0a:1f.7" },
	{ "bus='03:00.8'", "bus '03:00.8' is not a number that libvirt reads" },
	{ "bus='03:00'", "bus '03:00' is not a number that libvirt reads" },
	{ "bus='1:2:3:4:5'", "bus '1:2:3:4:5' is not a number that libvirt reads" },
	{ "bus=':::'", "bus ':::' is not a number that libvirt reads" },
	/* others have no say */
	{ "type='pci' multifunction='on' reg='7' bus='1'", "0000:01:00.0" },
	{ "Bus='1'", "0000:00:00.0" },
};

static char *show_address(const struct vh_hostdev *dev)
{
	struct vh_strbuf sb = { 0 };

	if (dev->problem) {
		vh_strbuf_add(&sb, dev->problem);
		if (dev->meant)
			vh_strbuf_addf(&sb, " meant %s", dev->meant);
		return vh_strbuf_steal(&sb);
	}
	vh_strbuf_add(&sb, vh_pci_str(&dev->addr).s);
	if (dev->decimal)
		vh_strbuf_addf(&sb, " hex %s", dev->hex_valid ? vh_pci_str(&dev->hex).s : "none");
	return vh_strbuf_steal(&sb);
}

static void test_addresses(void)
{
	for (size_t i = 0; i < VH_COUNT(addresses); i++) {
		_auto_free_ char *xml = vh_printf("<address %s/>", addresses[i].attributes);
		_auto_(vh_domain) struct vh_domain *d = with_source(xml);
		_auto_free_ char *have = NULL;

		if (d && d->n_devices == 1)
			have = show_address(&d->devices[0]);
		check(have, addresses[i].want, addresses[i].attributes);
	}
}

static void test_written(void)
{
	_auto_(vh_domain) struct vh_domain *d = with_source(
		"<address function='0x1' bus='&#10;[0m' domain='0'/>");
	_auto_free_ char *longish = vh_alloc(5000), *xml = NULL;
	_auto_(vh_domain) struct vh_domain *l = NULL;

	check(d ? d->devices[0].written : NULL, "domain='0' bus='\\x0a[0m' function='0x1'",
	      "the address as written, printable");
	memset(longish, '1', 4999);
	xml = vh_printf("<address bus='%s'/>", longish);
	l = with_source(xml);
	ok(l && strlen(l->devices[0].written) < 100 && strlen(l->devices[0].problem) < 200,
	   "and of bounded length");
}

/* On an interface the address needs a type; that being all that is wrong, it was meant. */
static void test_typeless(void)
{
	static const char xml[] = "<domain type='kvm'><devices><interface type='hostdev'><source>"
				  "<address bus='14'/></source></interface></devices></domain>";
	_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(xml, strlen(xml), NULL);
	_auto_free_ char *have = d && d->n_devices ? show_address(&d->devices[0]) : NULL;

	check(have, "no type='pci' on <address> in <source> meant 0000:0e:00.0",
	      "an interface's address without a type");
}

int main(void)
{
	test_addresses();
	test_written();
	test_typeless();
	return tap_done();
}
