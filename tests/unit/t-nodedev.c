/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host as its libvirt tells of it: what is understood, what is left out, and what is said not to
 * be known. */
#include "lib/act/act.h"
#include "lib/case/claims.h"
#include "lib/case/emulator.h"
#include "lib/case/start-memory.h"
#include "lib/host/host.h"
#include "lib/host/machine.h"
#include "lib/host/read.h"
#include "lib/manifest/from-libvirt.h"
#include "lib/base/bits.h"
#include "lib/domain/domain.h"
#include "lib/xml/xml.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

/* As libvirt 9.0 writes them. */
#define PCI(name, parent, driver, slot, class, id, more)                                            \
	"<device><name>" name "</name><parent>" parent "</parent>" driver                           \
	"<capability type='pci'><class>" class "</class><domain>0</domain>" slot "<product id='" id \
					       "'>x</product><vendor id='0x8086'>y</vendor>" more   \
					       "</capability></device>"
#define DRIVER(name) "<driver><name>" name "</name></driver>"
#define AT(bus, slot, function) \
	"<bus>" bus "</bus><slot>" slot "</slot><function>" function "</function>"
#define GROUP(number) "<iommuGroup number='" number "'/>"

static const char *const devices[] = {
	/* children come before their parents, VFs before their PF */
	PCI("pci_0000_03_10_0", "pci_0000_00_1c_0", DRIVER("igbvf"), AT("3", "16", "0"), "0x020000",
	    "0x1520",
	    "<capability type='phys_function'><address domain='0x0000' bus='0x03' slot='0x00' "
	    "function='0x0'/></capability>" GROUP("7")),
	PCI("pci_0000_03_00_0", "pci_0000_00_1c_0", DRIVER("igb"), AT("3", "0", "0"), "0x020000",
	    "0x1521",
	    "<capability type='virt_functions' maxCount='7'><address domain='0x0000' bus='0x03' "
	    "slot='0x10' function='0x0'/></capability>" GROUP("6") "<numa node='1'/>"),
	PCI("pci_0000_00_1c_0", "computer", DRIVER("pcieport"), AT("0", "28", "0"), "0x060400",
	    "0xa111", GROUP("5")),
	PCI("pci_0000_00_1d_0", "computer", DRIVER("vfio-pci"), AT("0", "29", "0"), "0x010802",
	    "0xa808", GROUP("8")),
	PCI("pci_0000_00_17_0", "computer", DRIVER("ahci"), AT("0", "23", "0"), "0x010601",
	    "0xa352", GROUP("9")),
	"<device><name>net_eth0</name><parent>pci_0000_03_00_0</parent><capability type='net'>"
	"<interface>eth0</interface><link speed='1000' state='up'/></capability></device>",
	"<device><name>net_eth1</name><parent>pci_0000_03_10_0</parent><capability type='net'>"
	"<interface>eth1</interface><link state='down'/></capability></device>",
	"<device><name>block_sda</name><path>/sys/devices/pci0000:00/0000:00:17.0/ata1/host0/"
	"target0:0:0/0:0:0:0/block/sda</path><parent>scsi_0_0_0_0</parent>"
	"<capability type='storage'><block>/dev/sda</block><size>500107862016</size></capability>"
	"</device>",
	/* what is no XML, no device, or lies */
	"<device",
	"<domain/>",
	PCI("a", "computer", "", AT("0", "99", "0"), "0x020000", "0x1", ""),
	PCI("a", "computer", "", AT("0", "1", "0"), "0x020000", "0x12345", ""),
	PCI("pci_0000_00_1d_0", "computer", "", AT("0", "29", "0"), "0x020000", "0x1", ""),
	PCI("pci_0000_00_02_0", "pci_0000_00_02_0", DRIVER("../../etc"), AT("0", "2", "0"),
	    "0x030000", "0x1", ""),
	"<device><parent>pci_0000_03_00_0</parent><capability type='net'><interface>../x"
	"</interface><link state='up'/></capability></device>",
	"<device><parent>pci_0000_03_00_0</parent><capability type='net'><interface>eth0"
	"</interface><link state='up'/></capability></device>",
	"<device><parent>pci_0000_0f_00_0</parent><capability type='net'><interface>eth9"
	"</interface></capability></device>",
};

static const char running[] =
	"<domain type='kvm' id='3'><name>holder</name>"
	"<uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid><devices>\n<hostdev mode='subsystem' "
	"type='pci'><source><address domain='0x0000' bus='0x00' slot='0x1d' "
	"function='0x0'/></source>"
	"</hostdev></devices></domain>";

static const char capabilities[] =
	"<capabilities><host><cpu><arch>x86_64</arch><vendor>Intel</vendor></"
	"cpu><topology><cells num='2'><cell id='0'>"
	"<pages unit='KiB' size='4'>9</pages><pages unit='KiB' "
	"size='2048'>5</pages><pages unit='KiB' size='1048576'>0</pages>"
	"<cpus><cpu id='0'/><cpu id='1'/></cpus></cell><cell "
	"id='1'><pages unit='KiB' size='4'>9</pages><pages unit='KiB' "
	"size='2048'>3</pages><pages unit='KiB' size='1048576'>1</pages>"
	"<pages unit='KiB' size='2048'>99</pages><pages size='16'>1</pages>"
	"<pages unit='KiB' size='0'>1</pages><pages unit='KiB' size='32'>x"
	"</pages><cpus><cpu id='2'/></cpus></cell><cell id='9999'/>"
	"</cells></topology></host>"
	"<guest><arch name='i686'><emulator>/usr/bin/other</emulator></arch></guest>"
	"<guest><arch name='x86_64'><emulator>/opt/qemu</emulator></arch></guest></capabilities>";

/* All that is said of one device that a guest is to have. */
static const char *const not_checked[] = {
	"what the host uses its devices for: mounts, swap, routes, consoles, open files",
	"claims of vfio-hook there, and which processes beside libvirt's have a group open",
	"whether the devices answer",
	"whether these are the devices that the domains last ran with",
	"the configuration of vfio-hook there: judged by the defaults",
	"whether vfio-pci can be loaded there, and its options",
	"interrupt remapping, reserved regions, and how devices can be reset",
	"the release of the kernel, and its command line",
	"which display the host boots with, and where its keyboard is",
};

static const char *const free_pages[] = {
	"0 2048 4", "1 2048 1", "1 2048 77", "0 1048576 0", "1 1048576 1", "1 1048576", "", "x",
};

static struct scratch *told_host(size_t lines)
{
	_auto_strbuf_ struct vh_strbuf manifest = { 0 };
	struct vh_told t = { .capabilities = vh_strdup(capabilities),
			     .total_kib = 4096,
			     .libvirt = 12001003,
			     .qemu = 10001002 };
	struct scratch *s;

	for (size_t i = 0; i < VH_COUNT(devices); i++)
		*VH_APPEND(t.devices.name, t.devices.count) = vh_strdup(devices[i]);
	for (size_t i = 0; i < lines; i++)
		*VH_APPEND(t.free_pages.name, t.free_pages.count) = vh_strdup(free_pages[i]);
	*VH_APPEND(t.running.name, t.running.count) = vh_strdup(running);
	vh_from_libvirt_manifest(&t, &manifest);
	s = scratch_new(manifest.data);
	vh_from_libvirt_clear(&t);
	return s;
}

static void test_devices(const struct scratch *s)
{
	_auto_(vh_host) const struct vh_host *h = vh_host_read(
		&s->root, NULL, 0, VH_HOST_ALL | VH_HOST_USES | VH_HOST_RULES, INT64_MAX);
	struct vh_pci_addr pf = { 0, 3, 0, 0 }, vf = { 0, 3, 16, 0 }, bridge = { 0, 0, 28, 0 };
	struct vh_pci_addr disk = { 0, 0, 23, 0 }, odd = { 0, 0, 2, 0 };
	const struct vh_pci_dev *d = vh_host_dev(h, &pf);

	ok(h->n_devs == 6, "what is a device and no other: %zu", h->n_devs);
	ok(d && d->vendor == 0x8086 && d->device == 0x1521 && d->class == 0x020000 &&
		   d->group == 6 && vh_streq(d->driver, "igb"),
	   "ids, class, group and driver");
	ok(d && !d->root_bus && !vh_pci_cmp(&d->bridge, &bridge), "the bridge above");
	ok(d && d->numvfs == 1, "virtual functions");
	ok(d && d->n_uses == 1 && vh_streq(d->uses[0].text, "eth0 is up"),
	   "an interface that is up");
	ok(d && d->uses_read == VH_UNKNOWN, "what it is used for is not known");
	d = vh_host_dev(h, &vf);
	ok(d && d->is_vf && !vh_pci_cmp(&d->pf, &pf), "the physical function");
	ok(d && !d->n_uses && d->carries.count == 1,
	   "of an interface that is not up nothing is said");
	d = vh_host_dev(h, &disk);
	ok(d && !d->n_uses && d->carries.count == 1 &&
		   vh_streq(d->carries.name[0], "disk sda (465.8 GiB)"),
	   "a disk, of which no use is said");
	d = vh_host_dev(h, &odd);
	ok(d && !d->driver && d->root_bus, "a driver that is a path, a parent that is itself");
	ok(h->cpu == VH_CPU_INTEL && h->n_nodes == 2 && vh_bits_has(&h->nodes[1].cpus, 2),
	   "processor and NUMA nodes");
	ok(h->iommu && h->remapping == VH_UNKNOWN && h->vfio_pci == VH_MODULE_LOADED,
	   "the platform");
}

static void test_holder(const struct scratch *s)
{
	static const char own[] = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";
	struct vh_pci_addr addr = { 0, 0, 29, 0 };
	_auto_(vh_host) const struct vh_host *h = vh_host_read(
		&s->root, &addr, 1, VH_HOST_USES | VH_HOST_RULES, INT64_MAX);
	_auto_(vh_host) const struct vh_host *o = vh_host_read(
		&s->root, &addr, 1, VH_HOST_USES | VH_HOST_RULES, INT64_MAX);
	_auto_claims_ struct vh_claims seen = { 0 }, own_seen = { 0 };
	_auto_names_ struct vh_names unseen = { 0 };
	bool same = h->not_checked.count == VH_COUNT(not_checked);

	for (size_t i = 0; same && i < h->not_checked.count; i++)
		same = vh_streq(h->not_checked.name[i], not_checked[i]);
	if (!ok(same, "exactly this is not checked"))
		for (size_t i = 0; i < h->not_checked.count; i++)
			diag("%s", h->not_checked.name[i]);
	vh_claims_look(&seen, &s->root, h, NULL, &unseen);
	ok(seen.n_groups == 1 && seen.groups[0].open == VH_YES &&
		   vh_streq(seen.groups[0].holder, "domain 'holder'"),
	   "a domain that runs holds the group");
	vh_claims_look(&own_seen, &s->root, o, own, &unseen);
	ok(own_seen.n_groups == 1 && own_seen.groups[0].open == VH_UNKNOWN, "not against itself");
}

#define HUGE(size)                                                                                \
	"<domain type='kvm'><name>vm</name><memory>4096</memory><memoryBacking><hugepages><page " \
	"size='" size "'/></hugepages></memoryBacking><numatune><memory mode='strict' "           \
	"nodeset='1'/></numatune></domain>"

static bool has_pool(const struct vh_memory *m, uint64_t size, int node, uint64_t unused,
		     uint64_t total)
{
	const struct vh_huge_pool *p = vh_memory_pool(m, size, node);

	return p && p->free == unused && p->total == total && !p->overcommit;
}

static void test_pools(const struct scratch *s)
{
	_auto_(vh_host) const struct vh_host *h = vh_host_read(&s->root, NULL, 0, 0, INT64_MAX);
	_auto_xml_ xmlDoc *doc = vh_xml_parse(HUGE("2048"), strlen(HUGE("2048")), NULL);
	_auto_(vh_domain) struct vh_domain *d = vh_domain_read(doc, NULL);
	_auto_names_ struct vh_names unseen = { 0 };
	struct vh_memory memory = { 0 };
	const struct vh_memory *m = &memory;

	vh_start_memory_read(&s->root, h, d, &memory, &unseen);
	ok(m->pools_read == VH_YES && has_pool(m, 2048, -1, 5, 8), "the sum of a size");
	ok(has_pool(m, 2048, 0, 4, 5) && has_pool(m, 2048, 1, 1, 3), "each node, as told first");
	ok(has_pool(m, 1048576, -1, 1, 1) && !vh_memory_pool(m, 4, -1) &&
		   !vh_memory_pool(m, 16, -1) && !vh_memory_pool(m, 32, -1),
	   "other sizes, none of ordinary pages or of what is no number");
	ok(unseen.count && strstr(unseen.name[unseen.count - 1], "huge pages: how many are promised"),
	   "what is not told of pools");
	vh_memory_clear(&memory);
}

/* Of some pool the free pages are not told: then nothing may be missed in any. */
static void test_untold_pools(void)
{
	_auto_(scratch) struct scratch *s = told_host(4);
	_auto_(vh_host) const struct vh_host *h = vh_host_read(&s->root, NULL, 0, 0, INT64_MAX);
	_auto_xml_ xmlDoc *doc = vh_xml_parse(HUGE("2048"), strlen(HUGE("2048")), NULL);
	_auto_(vh_domain) struct vh_domain *d = vh_domain_read(doc, NULL);
	_auto_names_ struct vh_names unseen = { 0 };
	struct vh_memory memory = { 0 };

	vh_start_memory_read(&s->root, h, d, &memory, &unseen);
	ok(memory.pools_read != VH_YES && !memory.n_pools, "a pool that is not told");
	vh_memory_clear(&memory);
}

static void test_versions(const struct scratch *s)
{
	ok(vh_machine_libvirt(&s->root) == 12001, "the version of libvirt: %u",
	   vh_machine_libvirt(&s->root));
	ok(vh_emulator_version(&s->root, "/opt/qemu", NULL) == 10001002,
	   "that of the usual QEMU");
	ok(!vh_emulator_version(&s->root, "/usr/bin/other", NULL), "and of no other");
}

int main(void)
{
	_auto_(scratch) struct scratch *s = told_host(VH_COUNT(free_pages));

	test_devices(s);
	test_holder(s);
	test_pools(s);
	test_untold_pools();
	test_versions(s);
	return tap_done();
}
