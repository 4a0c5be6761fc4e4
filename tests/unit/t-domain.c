/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-domain - what is read from domain XML, and what is refused. */
#include "lib/base/printable.h"
#include "lib/base/strbuf.h"
#include "lib/base/uuid.h"
#include "lib/domain/domain.h"
#include "lib/xml/xml.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

static void check(const char *have, const char *want, const char *name)
{
	if (!ok(vh_streq(have, want), "%s", name))
		diag("have: %s", have ? have : "(nothing)");
}

/* A domain around what stands in <devices>, on line 2; NULL and a diagnostic when refused. */
static struct vh_domain *with_devices(const char *devices)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_free_ char *xml = vh_printf("<domain type='kvm'><name>vm</name>\n<devices>%s</devices>"
					  "</domain>",
					  devices);
	struct vh_domain *d = vh_domain_parse(xml, strlen(xml), &err);

	if (!d)
		diag("%s", err.what);
	return d;
}

/* --- devices ----------------------------------------------------------------------------- */

#define ADDR(bus) "<address domain='0' bus='" #bus "' slot='0' function='0'/>"
#define PCI(bus) "<address type='pci' domain='0' bus='" #bus "' slot='0' function='0'/>"
#define HOSTDEV(bus) "<hostdev type='pci'><source>" ADDR(bus) "</source></hostdev>"
#define NVME(ns, bus) "<source type='pci' namespace='" #ns "'>" ADDR(bus) "</source>"

/* want, joined by "; ": element:line address managed?, and ABSENT, NO or YES as written */
static const struct {
	const char *name, *devices, *want;
} elements[] = {
	{ "nothing", "", "" },
	{ "a hostdev: libvirt's default is unmanaged", HOSTDEV(1),
	  "hostdev:2 0000:01:00.0 no ABSENT" },
	{ "mode and managed='yes'",
	  "\n\n<hostdev mode='subsystem' type='pci' managed='yes'><source>" ADDR(
		  1) "</source></hostdev>",
	  "hostdev:4 0000:01:00.0 yes YES" },
	{ "managed='no'", "<hostdev type='pci' managed='no'><source>" ADDR(1) "</source></hostdev>",
	  "hostdev:2 0000:01:00.0 no NO" },
	{ "managed='on' is no answer",
	  "<hostdev type='pci' managed='on'><source>" ADDR(1) "</source></hostdev>",
	  "hostdev:2 0000:01:00.0 no ABSENT" },
	{ "hostdevs that are no PCI device",
	  "<hostdev type='usb'><source>" ADDR(
		  1) "</source></hostdev>"
		     "<hostdev type='mdev' model='vfio-pci'><source><address uuid='x'/></source></hostdev>"
		     "<hostdev mode='capabilities' type='pci'><source>" ADDR(
			     1) "</source></hostdev>"
				"<hostdev><source><address uuid='x'/></source></hostdev>",
	  "" },
	{ "hostdevs of no kind, with the address of a PCI device",
	  "<hostdev><source>" ADDR(1) "</source></hostdev>"
				      "<hostdev type='PCI'><source>" ADDR(
					      1) "</source></hostdev>"
						 "<hostdev mode='host' type='pci'><source>" ADDR(
							 1) "</source></hostdev>",
	  "hostdev:2 it has no type no ABSENT; hostdev:2 its type is not 'pci' no ABSENT; "
	  "hostdev:2 its mode is not 'subsystem' no ABSENT" },
	{ "the address in the guest is not the source",
	  "<hostdev type='pci'>" PCI(9) "<source>" ADDR(1) "</source></hostdev>",
	  "hostdev:2 0000:01:00.0 no ABSENT" },
	{ "bound and not given to the guest",
	  "<hostdev type='pci'><source>" ADDR(1) "</source><address type='unassigned'/></hostdev>",
	  "hostdev:2 0000:01:00.0 no ABSENT unassigned" },
	{ "type='unassigned' in the source means nothing",
	  "<hostdev type='pci'><source><address type='unassigned' bus='1'/></source></hostdev>",
	  "hostdev:2 0000:01:00.0 no ABSENT" },
	{ "no source", "<hostdev type='pci'/>", "hostdev:2 no <source> no ABSENT" },
	{ "no address in the source", "<hostdev type='pci'>" PCI(1) "<source/></hostdev>",
	  "hostdev:2 no <address> in <source> no ABSENT" },
	{ "the first source counts",
	  "<hostdev type='pci'><source>" ADDR(1) "</source><source>" ADDR(2) "</source></hostdev>",
	  "hostdev:2 0000:01:00.0 no ABSENT" },
	{ "an element in a namespace is another one",
	  "<x:hostdev xmlns:x='urn:x' type='pci'><source>" ADDR(
		  1) "</source></x:hostdev>"
		     "<hostdev xmlns='urn:x' type='pci'><source>" ADDR(2) "</source></hostdev>",
	  "" },
	{ "the same hostdev twice is two", HOSTDEV(1) HOSTDEV(1),
	  "hostdev:2 0000:01:00.0 no ABSENT; hostdev:2 0000:01:00.0 no ABSENT" },
	{ "deeper than /domain/devices does not count",
	  "<controller>" HOSTDEV(1) "</controller><hostdev type='usb'>" HOSTDEV(2) "</hostdev>", "" },
	{ "comments, CDATA and instructions are no elements",
	  "<!-- " HOSTDEV(1) " --><![CDATA[" HOSTDEV(2) "]]><?x " HOSTDEV(3) "?>", "" },
	/* interfaces */
	{ "interface type='hostdev'",
	  "<interface type='hostdev' managed='yes'><source>" PCI(
		  1) "</source></interface>"
		     "<interface type='hostdev'><source>" PCI(2) "</source></interface>",
	  "interface:2 0000:01:00.0 yes YES; interface:2 0000:02:00.0 no ABSENT" },
	{ "an interface's address needs a type",
	  "<interface type='hostdev'><source>" ADDR(14) "</source></interface>",
	  "interface:2 no type='pci' on <address> in <source> no ABSENT" },
	{ "an interface on USB",
	  "<interface type='hostdev'><source><address type='usb' bus='1'/></source></interface>"
	  "<interface type='hostdev'><source><vendor id='0x1'/></source></interface>",
	  "" },
	{ "an interface without an address", "<interface type='hostdev'><source/></interface>",
	  "interface:2 no <address> in <source> no ABSENT" },
	{ "other interfaces",
	  "<interface type='bridge'><source bridge='br0'/>" PCI(
		  1) "</interface>"
		     "<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>",
	  "" },
	{ "networks by name, one for each interface",
	  "<interface type='network'><source network='pool'/></interface>"
	  "<interface type='network'><source network='a&amp;b'/></interface>"
	  "<interface type='network'><source network='pool'/></interface>"
	  "<interface type='bridge'><source network='no'/></interface>"
	  "<interface type='network'><source/></interface>",
	  "network a&b; network pool; network pool" },
	{ "a network stays one, whatever stands in <actual>",
	  "<interface type='network'><source network='pool'/><actual type='hostdev'><source>" PCI(
		  1) "</source></actual></interface>",
	  "network pool" },
	/* disks */
	{ "an nvme disk: libvirt's default is managed", "<disk type='nvme'>" NVME(1, 1) "</disk>",
	  "disk:2 0000:01:00.0 yes ABSENT" },
	{ "an unmanaged nvme disk",
	  "<disk type='nvme'><source type='pci' managed='no'>" ADDR(1) "</source></disk>",
	  "disk:2 0000:01:00.0 no NO" },
	{ "managed stands on the source of a disk",
	  "<disk type='nvme' managed='no'><source>" ADDR(1) "</source></disk>",
	  "disk:2 0000:01:00.0 yes ABSENT" },
	{ "several namespaces are one controller",
	  "<disk type='nvme'>" NVME(1, 1) "</disk>\n<disk type='nvme'>" NVME(
		  2, 1) "</disk>"
			"<disk type='nvme'>" NVME(1, 2) "</disk>",
	  "disk:2 0000:01:00.0 yes ABSENT; disk:3 0000:02:00.0 yes ABSENT" },
	{ "as hostdev and as disk it is two", HOSTDEV(1) "<disk type='nvme'>" NVME(1, 1) "</disk>",
	  "hostdev:2 0000:01:00.0 no ABSENT; disk:2 0000:01:00.0 yes ABSENT" },
	{ "two disks without an address are two problems",
	  "<disk type='nvme'><source/></disk><disk type='nvme'/>",
	  "disk:2 no <address> in <source> yes ABSENT; disk:2 no <source> yes ABSENT" },
	{ "nvme deep in the backing chain, and in the mirror",
	  "<disk type='file'><source file='/a'/>\n<backingStore type='block'><source dev='/b'/>\n"
	  "<backingStore type='nvme'>" NVME(1, 1) "\n<backingStore/></backingStore></backingStore>"
						  "\n<mirror type='nvme' job='copy'>" NVME(
							  1, 2) "</mirror></disk>",
	  "disk:4 0000:01:00.0 yes ABSENT; disk:6 0000:02:00.0 yes ABSENT" },
	{ "other disks",
	  "<disk type='network'><source protocol='nvme'>" ADDR(
		  1) "</source></disk>"
		     "<disk type='block'>" NVME(1, 2) "</disk>",
	  "" },
	{ "all in the order of the document",
	  "<disk type='nvme'>" NVME(1, 3) "</disk>"
					  "<interface type='hostdev'><source>" PCI(
						  2) "</source></interface>" HOSTDEV(1),
	  "disk:2 0000:03:00.0 yes ABSENT; interface:2 0000:02:00.0 no ABSENT; "
	  "hostdev:2 0000:01:00.0 no ABSENT" },
};

static char *show_devices(const struct vh_domain *d)
{
	static const char *const written[] = { "ABSENT", "NO", "YES" };
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *dev = &d->devices[i];
		_auto_free_ char *one = NULL;

		one = vh_printf("%s:%d %s %s %s%s", vh_address_element_str(dev->element), dev->line,
				dev->problem ? dev->problem : vh_pci_str(&dev->addr).s,
				dev->managed ? "yes" : "no", written[dev->written_managed],
				dev->unassigned ? " unassigned" : "");
		vh_strbuf_join(&sb, "; ", one);
	}
	for (size_t i = 0; i < d->networks.count; i++) {
		_auto_free_ char *one = vh_printf("network %s", d->networks.name[i]);

		vh_strbuf_join(&sb, "; ", one);
	}
	return vh_strbuf_steal(&sb);
}

static void test_elements(void)
{
	for (size_t i = 0; i < VH_COUNT(elements); i++) {
		_auto_(vh_domain) struct vh_domain *d = with_devices(elements[i].devices);
		_auto_free_ char *have = d ? show_devices(d) : NULL;

		check(have, elements[i].want, elements[i].name);
		if (d && vh_domain_has_pci(d) != (d->n_devices > 0))
			ok(false, "%s: has_pci", elements[i].name);
	}
}

/* --- whole documents --------------------------------------------------------------------- */

#define LAUGH(name, of) "<!ENTITY " name " '&" of ";&" of ";&" of ";&" of ";&" of ";&" of ";'>"

/* want: "ok NAME UUID ARCH DEVICES", or the error */
static const struct {
	const char *name, *xml, *want;
} documents[] = {
	{ "smallest", "<domain type='qemu'/>", "ok '' - - 0" },
	{ "name, uuid, arch",
	  "<domain "
	  "type='kvm'><name>a&lt;b\nc</name><uuid>4DEA22B3-1d52-d8f3-2516-782e98ab3fa0</uuid>"
	  "<os><type arch='aarch64'>hvm</type></os></domain>",
	  "ok 'a<b\nc' 4dea22b3-1d52-d8f3-2516-782e98ab3fa0 aarch64 0" },
	{ "a declaration and comments first",
	  "<?xml version='1.0' encoding='UTF-8'?>\n<!-- x -->\n<domain type='hvf'/>\n<!-- y -->\n",
	  "ok '' - - 0" },
	{ "look-alikes in metadata",
	  "<domain type='kvm'><metadata><domain type='lxc'><uuid>x</uuid><devices>" HOSTDEV(
		  1) "</devices></domain><devices>" HOSTDEV(1) "</devices></metadata><devices/></"
							       "domain>",
	  "ok '' - - 0" },
	{ "two <devices>",
	  "<domain type='kvm'><devices>" HOSTDEV(1) "</devices><devices>" HOSTDEV(
		  2) "</devices></domain>",
	  "ok '' - - 2" },
	{ "an undeclared prefix is libvirt's business",
	  "<domain type='kvm'><metadata><x:y z:a='1'/></metadata></domain>", "ok '' - - 0" },
	{ "type='lxc'", "<domain type='lxc'/>", "domain type 'lxc' is not run by QEMU" },
	{ "type='xen'", "<domain type='xen'/>", "domain type 'xen' is not run by QEMU" },
	{ "type='KVM'", "<domain type='KVM'/>", "domain type 'KVM' is not run by QEMU" },
	{ "a type with an escape", "<domain type='a&#10;b'/>",
	  "domain type 'a\\x0ab' is not run by QEMU" },
	{ "no type", "<!-- -->\n<domain/>", "line 2: <domain> has no type" },
	{ "a status file", "<domstatus><domain type='kvm'/></domstatus>",
	  "line 1: this is not a domain: its root element is <domstatus>" },
	{ "a domain of another namespace", "<domain xmlns='urn:x' type='kvm'/>",
	  "line 1: <domain> is of a namespace, and libvirt's is of none" },
	{ "a UUID that is none", "<domain type='kvm'>\n<uuid>4dea</uuid></domain>",
	  "line 2: '4dea' is not a UUID" },
	{ "an empty UUID", "<domain type='kvm'><uuid/></domain>", "ok '' - - 0" },
	{ "nothing", "", "line 1: Document is empty" },
	{ "no XML", "hello", "line 1: Start tag expected, '<' not found" },
	{ "wrong end tag", "<domain type='kvm'>\n<a>\n<b>\n</a></domain>",
	  "line 4: Opening and ending tag mismatch: b line 3 and a" },
	{ "the first of two errors", "<domain type='kvm'>\n<a></b>\n<c></d></domain>",
	  "line 2: Opening and ending tag mismatch: a line 2 and b" },
	{ "a DOCTYPE", "<?xml version='1.0'?>\n<!DOCTYPE domain>\n<domain type='kvm'/>",
	  "line 2: the document has a DOCTYPE, which libvirt's never have" },
	{ "an external DTD", "<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain type='kvm'/>",
	  "line 1: the document has a DOCTYPE, which libvirt's never have" },
	{ "an external entity",
	  "<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
	  "<domain type='kvm'><name>&x;</name></domain>",
	  "line 1: the document has a DOCTYPE, which libvirt's never have" },
	{ "a billion laughs in text",
	  "<!DOCTYPE domain [<!ENTITY a 'ha'>" LAUGH("b", "a") LAUGH("c", "b") LAUGH("d", "c")
		  LAUGH("e", "d") LAUGH("f", "e") LAUGH("g", "f") LAUGH("h", "g") LAUGH("i", "h")
			  LAUGH("j", "i") LAUGH("k", "j")
				  LAUGH("l", "k") "]>"
						  "<domain type='kvm'><name>&l;</name></domain>",
	  "line 1: the document has a DOCTYPE, which libvirt's never have" },
	{ "a billion laughs in an attribute",
	  "<!DOCTYPE domain [<!ENTITY a 'ha'>" LAUGH("b", "a") LAUGH("c", "b") LAUGH("d", "c")
		  LAUGH("e", "d") LAUGH("f", "e") LAUGH("g", "f") LAUGH("h", "g") LAUGH("i", "h")
			  LAUGH("j", "i") LAUGH("k", "j") LAUGH("l", "k") "]>"
									  "<domain type='&l;'/>",
	  "line 1: the document has a DOCTYPE, which libvirt's never have" },
	{ "a parameter entity", "<!DOCTYPE domain [<!ENTITY % x SYSTEM 'http://localhost/x'> %x;]>",
	  "line 1: the document has a DOCTYPE, which libvirt's never have" },
	{ "an entity without a DTD", "<domain type='kvm'><name>&x;</name></domain>",
	  "line 1: Entity 'x' not defined" },
	{ "memory without a number", "<domain type='kvm'>\n<memory>lots</memory></domain>",
	  "line 2: <memory> is 'lots' 'KiB', which is not a size" },
};

static char *show_document(const char *xml, size_t len)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(xml, len, &err);

	if (!d && err.code != VH_E_INPUT)
		return vh_printf("code %d", err.code);
	if (!d)
		return vh_strdup(err.what);
	return vh_printf("ok '%s' %s %s %zu", d->name, d->uuid ? d->uuid : "-",
			 d->arch ? d->arch : "-", d->n_devices);
}

static void test_documents(void)
{
	static const char nul[] = "<domain type='kvm'/>\n\0<domain type='lxc'/>";
	static const char foreign[] = "<domain type='kvm'><name>\x9b</name></domain>";
	_auto_free_ char *with_nul = show_document(nul, sizeof(nul) - 1);
	_auto_free_ char *not_utf8 = show_document(foreign, sizeof(foreign) - 1);

	for (size_t i = 0; i < VH_COUNT(documents); i++) {
		_auto_free_ char *have = show_document(documents[i].xml, strlen(documents[i].xml));

		check(have, documents[i].want, documents[i].name);
	}
	check(with_nul, "line 2: a NUL byte", "a NUL byte");
	/* libxml2 2.15 says it otherwise than 2.9 */
	check(not_utf8,
	      vh_has_prefix(not_utf8, "line 1: Input")
		      ? "line 1: Input is not proper UTF-8, indicate encoding !"
		      : "line 1: Invalid bytes in character encoding",
	      "bytes that are not UTF-8");
	ok(!vh_domain_parse("x", 1, NULL), "nobody needs to hear why");
	vh_domain_free(NULL);
}

/* A document of exactly `size` bytes, most of it a comment. */
static void try_size(size_t size, const char *want, const char *name)
{
	static const char head[] = "<domain type='kvm'/><!--", tail[] = "-->";
	_auto_free_ char *xml = vh_alloc(size + 1), *have = NULL;

	memset(xml, ' ', size);
	memcpy(xml, head, sizeof(head) - 1);
	memcpy(xml + size - sizeof(tail) + 1, tail, sizeof(tail) - 1);
	have = show_document(xml, size);
	check(have, want, name);
}

static void try_many(size_t count, const char *element, const char *want, const char *name)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	_auto_free_ char *have = NULL;

	vh_strbuf_add(&sb, "<domain type='kvm'><devices>");
	for (size_t i = 0; i < count; i++)
		vh_strbuf_add(&sb, element);
	vh_strbuf_add(&sb, "</devices></domain>");
	have = show_document(sb.data, sb.len);
	check(have, want, name);
}

/* As deep as one likes: refused, or read; not a crash. */
static void try_deep(size_t depth)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	_auto_free_ char *have = NULL;

	vh_strbuf_add(&sb, "<domain type='kvm'><devices><disk>");
	for (size_t i = 0; i < depth; i++)
		vh_strbuf_add(&sb, "<backingStore>");
	for (size_t i = 0; i < depth; i++)
		vh_strbuf_add(&sb, "</backingStore>");
	vh_strbuf_add(&sb, "</disk></devices></domain>");
	have = show_document(sb.data, sb.len);
	ok(depth < 200 ? vh_has_prefix(have, "ok ") : vh_has_prefix(have, "line 1: "),
	   "a backing chain of %zu", depth);
}

static void test_limits(void)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	_auto_(vh_domain) struct vh_domain *d = NULL;

	try_size(VH_XML_MAX, "ok '' - - 0", "8 MiB");
	try_size(VH_XML_MAX + 1, "the XML is longer than 8 MiB", "a byte more");
	try_many(4096, HOSTDEV(1), "ok '' - - 4096", "4096 devices");
	try_many(4097, HOSTDEV(1), "line 1: more than 4096 PCI devices", "and one more");
	try_many(50000, "<interface type='network'><source network='n'/></interface>",
		 "ok '' - - 0", "50000 interfaces of one network");
	try_deep(100);
	try_deep(100000);
	for (int i = 0; i < 70000; i++)
		vh_strbuf_add(&sb, "<x/>\n");
	vh_strbuf_add(&sb, "<hostdev type='pci'>\n<source/>\n</hostdev>");
	d = with_devices(sb.data);
	/* libxml2 remembers those of text only: the blanks in the element end on the next one */
	ok(d && d->n_devices == 1 && d->devices[0].line >= 70002 && d->devices[0].line <= 70003,
	   "line numbers beyond 65535");
}

/* --- memory and balloon ------------------------------------------------------------------ */

static const struct {
	const char *xml;
	bool good;
	uint64_t memory, current;
} sizes[] = {
	{ "", true, 0, 0 },
	{ "<memory>1024</memory>", true, 1024, 1024 },
	{ "<memory unit=''>1024</memory>", true, 1024, 1024 },
	{ "<memory unit='KiB'>1024</memory><currentMemory unit='b'>1024</currentMemory>", true,
	  1024, 1 },
	{ "<memory unit='bytes'>1025</memory>", true, 2, 2 },
	{ "<memory unit='B'>1</memory>", true, 1, 1 },
	{ "<memory unit='KB'>1024</memory>", true, 1000, 1000 },
	{ "<memory unit='k'>7</memory>", true, 7, 7 },
	{ "<memory unit='MB'>1</memory>", true, 977, 977 },
	{ "<memory unit='M'>1</memory>", true, 1024, 1024 },
	{ "<memory unit='mib'>2</memory>", true, 2048, 2048 },
	{ "<memory unit='GB'>1</memory>", true, 976563, 976563 },
	{ "<memory unit='GiB'>4</memory>", true, 4194304, 4194304 },
	{ "<memory unit='g'>4</memory>", true, 4194304, 4194304 },
	{ "<memory unit='TB'>1</memory>", true, 976562500, 976562500 },
	{ "<memory unit='TiB'>1</memory>", true, 1073741824, 1073741824 },
	{ "<memory unit='EiB'>15</memory>", true, 16888498602639360ull, 16888498602639360ull },
	{ "<memory>+5</memory>", true, 5, 5 },
	{ "<memory>010</memory>", true, 10, 10 },
	{ "<memory unit='bytes'>18446744073709551615</memory>", true, 1ull << 54, 1ull << 54 },
	{ "<memory>18014398509481983</memory>", true, 18014398509481983, 18014398509481983 },
	/* libvirt corrects these */
	{ "<memory>8</memory><currentMemory>4</currentMemory>", true, 8, 4 },
	{ "<memory>8</memory><currentMemory>9</currentMemory>", true, 8, 8 },
	{ "<memory>8</memory><currentMemory>0</currentMemory>", true, 8, 8 },
	{ "<memory>8</memory><memory>9</memory>", true, 8, 8 },
	/* and refuses these */
	{ "<memory>18014398509481984</memory>", false, 0, 0 },
	{ "<memory unit='EiB'>16</memory>", false, 0, 0 },
	{ "<memory unit='TiB'>18446744073709551615</memory>", false, 0, 0 },
	{ "<memory>18446744073709551616</memory>", false, 0, 0 },
	{ "<memory>-1</memory>", false, 0, 0 },
	{ "<memory>0x10</memory>", false, 0, 0 },
	{ "<memory>1.5</memory>", false, 0, 0 },
	{ "<memory>4 </memory>", false, 0, 0 },
	{ "<memory unit='Kib '>4</memory>", false, 0, 0 },
	{ "<memory unit='XiB'>4</memory>", false, 0, 0 },
	{ "<memory unit='iB'>4</memory>", false, 0, 0 },
	{ "<memory unit='KiBB'>4</memory>", false, 0, 0 },
	{ "<memory unit='K B'>4</memory>", false, 0, 0 },
	{ "<memory>8</memory><currentMemory unit='x'>4</currentMemory>", false, 0, 0 },
};

static void test_sizes(void)
{
	for (size_t i = 0; i < VH_COUNT(sizes); i++) {
		_auto_error_ struct vh_error err = { 0 };
		_auto_free_ char *xml = vh_printf("<domain type='kvm'>%s</domain>", sizes[i].xml);
		_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(xml, strlen(xml), &err);
		bool good = sizes[i].good ? d && d->memory_kib == sizes[i].memory &&
						    d->current_kib == sizes[i].current
					  : !d && err.code == VH_E_INPUT && err.fix;

		if (!ok(good, "size %s", *sizes[i].xml ? sizes[i].xml : "absent") && d)
			diag("have: %llu %llu", (unsigned long long)d->memory_kib,
			     (unsigned long long)d->current_kib);
	}
}

/* want: has a balloon?, its line, and what it does */
static const struct {
	const char *arch, *devices, *want;
} balloons[] = {
	{ NULL, "", "yes 1" },
	{ "x86_64", "", "yes 1" },
	{ "i686", "", "yes 1" },
	{ "ppc64le", "", "yes 1" },
	{ "s390x", "", "yes 1" },
	{ "riscv64", "", "yes 1" },
	{ "aarch64", "", "no 1" },
	{ "armv7l", "", "no 1" },
	{ "loongarch64", "", "no 1" },
	{ "m68k", "", "no 1" },
	{ "x86_64", "\n<memballoon model='none'/>", "no 3" },
	{ "x86_64", "\n<memballoon model='virtio'/>", "yes 3" },
	{ "x86_64", "<memballoon model='virtio-transitional'/>", "yes 2" },
	{ "x86_64", "<memballoon/>", "yes 2" },
	{ "aarch64", "<memballoon model='virtio'/>", "yes 2" },
	{ "x86_64", "<memballoon model='virtio' autodeflate='on'/>", "yes 2 autodeflate" },
	{ "x86_64", "<memballoon model='virtio' autodeflate='off' freePageReporting='on'/>",
	  "yes 2 reporting" },
	{ "x86_64", "<memballoon model='none' autodeflate='on'/>", "no 2" },
	{ "x86_64", "<memballoon model='none'/><memballoon model='virtio'/>", "no 2" },
	{ "x86_64", "<x><memballoon model='none'/></x>", "yes 1" },
};

static void test_balloons(void)
{
	for (size_t i = 0; i < VH_COUNT(balloons); i++) {
		const char *arch = balloons[i].arch;
		_auto_free_ char *xml = vh_printf(
			"<domain type='kvm'><os><type %s%s%s>hvm</type></os>\n"
			"<devices>%s</devices></domain>",
			arch ? "arch='" : "", arch ? arch : "", arch ? "'" : "",
			balloons[i].devices);
		_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(xml, strlen(xml), NULL);
		_auto_free_ char *have = NULL, *name = NULL;

		if (d)
			have = vh_printf("%s %d%s%s", vh_domain_has_balloon(d) ? "yes" : "no",
					 d->balloon_line, d->autodeflate ? " autodeflate" : "",
					 d->free_page_reporting ? " reporting" : "");
		name = vh_printf("balloon on %s: %s", arch ? arch : "the host's architecture",
				 *balloons[i].devices == '\n' ? balloons[i].devices + 1
							      : balloons[i].devices);
		check(have, balloons[i].want, name);
	}
}

/* --- UUIDs ------------------------------------------------------------------------------- */

#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"

static const struct {
	const char *text;
	bool good;
} uuids[] = {
	{ UUID, true },
	{ "4DEA22B3-1D52-D8F3-2516-782E98AB3FA0", true },
	{ "4dea22b31d52d8f32516782e98ab3fa0", true },
	{ "4d-ea 22b31d52d8f32516782e98ab3fa0", true },
	{ " \n" UUID "\t ", true },
	{ "--" UUID, true },
	{ "", false },
	{ " ", false },
	{ "-", false },
	{ "4", false },
	{ "4dea22b3-1d52-d8f3-2516-782e98ab3fa", false },
	{ "4dea22b3-1d52-d8f3-2516-782e98ab3f", false },
	{ "4dea22b3-1d52-d8f3-2516-782e98ab3fa00", false },
	{ "4-dea22b31d52d8f32516782e98ab3fa0", false }, /* within a pair */
	{ UUID "-", false },
	{ "gdea22b3-1d52-d8f3-2516-782e98ab3fa0", false },
	{ "../../etc/passwd", false },
	{ "0x4dea22b31d52d8f32516782e98ab3f", false },
};

static void test_uuids(void)
{
	for (size_t i = 0; i < VH_COUNT(uuids); i++) {
		char have[37] = "untouched";
		int rc = vh_uuid_parse(uuids[i].text, have);
		_auto_free_ char *shown = vh_printable(uuids[i].text, 99);

		ok((rc == 0) == uuids[i].good && !strcmp(have, uuids[i].good ? UUID : "untouched"),
		   "UUID '%s' is %s", shown, uuids[i].good ? "one" : "none");
	}
}

/* What virsh attach-device takes; only where it is asked for is it a document. */
static void test_lone_elements(void)
{
	static const struct {
		const char *xml;
		bool is_one;
		size_t devices;
	} lone[] = {
		{ "<hostdev type='pci'><source><address bus='1'/></source></hostdev>", true, 1 },
		{ "<interface type='hostdev'><source><address type='pci'/></source></interface>",
		  true, 1 },
		{ "<disk type='nvme'><source><address/></source></disk>", true, 1 },
		{ "<hostdev type='usb'/>", true, 0 },
		{ "<memballoon model='virtio'/>", false, 0 },
		{ "<domain type='kvm'/>", false, 0 },
		{ "<x:hostdev xmlns:x='urn:x' type='pci'/>", false, 0 },
	};

	for (size_t i = 0; i < VH_COUNT(lone); i++) {
		_auto_xml_ xmlDoc *doc = vh_xml_parse(lone[i].xml, strlen(lone[i].xml), NULL);
		bool is_one = vh_domain_is_device(doc);
		_auto_(vh_domain) struct vh_domain *d = is_one ? vh_domain_read_device(doc) : NULL;

		ok(is_one == lone[i].is_one &&
			   (!d || (d->lone && d->name && d->n_devices == lone[i].devices)),
		   "a lone element: %s", lone[i].xml);
	}
	ok(!vh_domain_parse(lone[0].xml, strlen(lone[0].xml), NULL), "for the hook it is no domain");
}

int main(void)
{
	test_elements();
	test_lone_elements();
	test_documents();
	test_limits();
	test_sizes();
	test_balloons();
	test_uuids();
	return tap_done();
}
