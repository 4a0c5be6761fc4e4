/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How one function and its group are read: from its own directory, with little said twice. */
#include "lib/host/detail.h"

#include <errno.h>

#include "lib/base/reader.h"
#include "lib/host/read.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#define VFIO "0000:01:00.0"
#define CARD "0000:02:00.0"
#define MANIFEST                                                                            \
	"pci 0000:09:00.0 class=020000 id=8086:10d3 group=12 driver=e1000e\n"               \
	"pci " CARD " class=010802 id=144d:a808 sub=144d:a801 rev=03 group=7 driver=nvme\n" \
	"pci " VFIO " class=020000 id=8086:10d3 sub=8086:a01f rev=1f group=3 driver=vfio-pci\n"

static struct vh_pci_addr at(const char *text)
{
	struct vh_pci_addr addr = { 0 };

	if (vh_pci_parse(text, &addr) < 0)
		abort();
	return addr;
}

static const struct vh_host *read_all(const struct scratch *s)
{
	return vh_host_read(&s->root, NULL, 0, VH_HOST_ALL, INT64_MAX);
}

static const struct vh_pci_dev *dev(const struct vh_host *h, const char *text)
{
	struct vh_pci_addr addr = at(text);

	return vh_host_dev(h, &addr);
}

static bool is_read(const struct vh_pci_dev *d)
{
	return d && d->class == 0x010802 && d->vendor == 0x144d && d->device == 0xa808 &&
	       d->subvendor == 0x144d && d->subdevice == 0xa801;
}

static void test_modalias(void)
{
	static const char *const wrong[] = {
		"pci:v0000144Dd0000A808",
		"pci:v0000144dd0000a808sv0000144dsd0000a801bc01sc08i02",
		"usb:v0000144Dd0000A808sv0000144Dsd0000A801bc01sc08i02",
		"pci:v0000144Dd0000A808sv0000144Dsd0000A801bc01sc08i02x",
		"",
	};

	for (size_t i = 0; i < VH_COUNT(wrong); i++) {
		_auto_free_ char *text = vh_printf(MANIFEST "f @" CARD "/modalias\t%s\n", wrong[i]);
		_auto_(scratch) struct scratch *s = scratch_new(text);
		_auto_(vh_host) const struct vh_host *h = read_all(s);

		ok(is_read(dev(h, CARD)), "modalias '%s': the other attributes tell", wrong[i]);
	}
}

static void test_order(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(MANIFEST);
	_auto_(vh_host) const struct vh_host *h = read_all(s);

	ok(is_read(dev(h, CARD)), "a function is read from its modalias");
	ok(h->n_devs == 3 && vh_pci_cmp(&h->devs[0]->addr, &h->devs[1]->addr) < 0 &&
		   vh_pci_cmp(&h->devs[1]->addr, &h->devs[2]->addr) < 0,
	   "devices are in order");
	ok(h->n_groups == 3 && h->groups[0]->number == 3 && h->groups[1]->number == 7 &&
		   h->groups[2]->number == 12,
	   "groups are in order");
}

static void test_fake_group(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(
		MANIFEST "f sys/kernel/iommu_groups/3/name\tvfio-noiommu\n"
			 "f sys/kernel/iommu_groups/12/name\tsomething\n");
	_auto_(vh_host) const struct vh_host *h = read_all(s);

	ok(vh_host_group(h, 3) && vh_host_group(h, 3)->noiommu, "a group of vfio-noiommu is fake");
	ok(vh_host_group(h, 12) && !vh_host_group(h, 12)->noiommu, "another name does not matter");
}

static void test_detail(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(
		MANIFEST "f @" CARD "/reset_method\t\n"
			 "f @" CARD "/current_link_speed\tUnknown\n"
			 "f @" CARD "/max_link_speed\t8.0 GT/s PCIe\n"
			 "f @" CARD "/numa_node\t1\n"
			 "f @" CARD "/resource\t0x0 0x0 0x0\\n0x1000 0x1fff 0x40200\n"
			 "f @" CARD "/resource1_resize\t0000000000000005\n"
			 "f @" CARD "/resource2_resize\tjunk\n");
	_auto_(vh_host) const struct vh_host *h = read_all(s);
	_auto_(vh_detail) struct vh_detail *card = vh_detail_read(&s->root, h, dev(h, CARD));
	_auto_(vh_detail) struct vh_detail *vfio = vh_detail_read(&s->root, h, dev(h, VFIO));

	ok(card->answered && card->revision == 3 && card->numa_node == 1, "numbers are read");
	ok(!card->override && card->totalvfs == -1, "what is not there or not set is neither");
	ok(!card->speed && vh_streq(card->max_speed, "8.0 GT/s PCIe"), "'Unknown' is unknown");
	ok(vh_streq(card->reset, "") && vh_streq(vfio->reset, "flr bus"),
	   "no reset method, and two");
	ok(vfio->numa_node == -1, "node -1 is none");
	ok(card->bars.count == 1 &&
		   vh_streq(card->bars.name[0], "BAR 1: 4 KiB, can be 1 MiB to 4 MiB"),
	   "a BAR that can be resized");
	ok(card->regions.count == 1, "the reserved regions of the group");
	ok(!card->modules_read, "without modules.alias nobody knows the modules");
}

static void hang_at_card(const struct vh_root *root, enum vh_asked asked, const char *path,
			 int error, const void *data, size_t len)
{
	(void)asked, (void)error, (void)data, (void)len;
	while (root->place && strstr(root->place, CARD) && !strcmp(path, "reset_method"))
		pause();
}

/* One child is asked about all functions, and another one after it hangs. */
static void test_one_reader(void)
{
	static const struct vh_root_watch watch = { .saw = hang_at_card };
	_auto_(scratch) struct scratch *s = scratch_new(MANIFEST);
	_auto_(vh_host) const struct vh_host *h = read_all(s);
	struct vh_reader reader = { 0 };
	struct vh_root root = s->root;
	pid_t first;

	root.reader = &reader;
	root.watch = &watch;
	{
		_auto_(vh_detail) struct vh_detail *one = vh_detail_read(&root, h, dev(h, VFIO));

		first = reader.child.pid;
		ok(one->answered && one->revision == 0x1f && first > 0, "one that stays is asked");
	}
	{
		_auto_(vh_detail) struct vh_detail *other = vh_detail_read(&root, h, h->devs[2]);

		ok(other->answered && other->revision == 0 && reader.child.pid == first,
		   "and asked again of another function");
	}
	{
		_auto_(vh_detail) struct vh_detail *card = vh_detail_read(&root, h, dev(h, CARD));

		ok(!card->answered && card->revision == 3 && !card->reset,
		   "it hangs: what was said before that is known");
	}
	{
		_auto_(vh_detail) struct vh_detail *vfio = vh_detail_read(&root, h, dev(h, VFIO));

		ok(vfio->answered && vh_streq(vfio->reset, "flr bus") && reader.child.pid != first,
		   "and another one is asked of the next function");
	}
	vh_reader_end(&reader);
}

static void test_root(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(
		MANIFEST "f etc/number\t12345678901234567890123456789012345678901234567890123456789"
			 "01234567890\n"
			 "l etc/nowhere\tnothing\nl etc/up\t../etc/number\n");
	_auto_root_ struct vh_root etc = { .fd = -1 };
	_auto_free_ char *link = NULL;
	struct vh_root none = { .fd = -1 };

	ok(vh_root_enter(&s->root, &none, "nosuch") < 0 && errno == ENOENT, "enter: nothing there");
	ok(vh_root_enter(&s->root, &none, "etc/number") < 0 && errno == ENOTDIR, "enter: a file");
	if (!ok(vh_root_enter(&s->root, &etc, "etc") == 0, "enter: a directory"))
		return;
	ok(vh_root_exists(&etc, "number") && !vh_root_exists(&etc, "nosuch"), "exists");
	ok(!vh_root_exists(&etc, "nowhere"), "a link to nothing does not exist");
	ok(vh_root_read_int(&etc, "number") < 0 && errno == EINVAL, "too long for a number");
	link = vh_root_readlink(&etc, "up");
	ok(vh_streq(link, "../etc/number"), "what a link says that leads out");
	ok(!vh_root_readlink(&etc, "number") && errno == EINVAL, "a file is no link");
	ok(!vh_root_readlink(&etc, "nosuch") && errno == ENOENT, "no link there");
}

int main(void)
{
	test_order();
	test_modalias();
	test_fake_group();
	test_detail();
	test_root();
	if (!tap_under_valgrind())
		test_one_reader();
	return tap_done();
}
