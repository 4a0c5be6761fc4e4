/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-process - who has what open, from the descriptors in /proc. */
#include <sys/stat.h>

#include "lib/host/processes/process.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#define MACHINE                                                                           \
	"pci 0000:01:00.0 class=010802 id=144d:a808 group=2 driver=vfio-pci\n"            \
	"pci 0000:01:00.1 class=040300 id=8086:a348 group=2 driver=vfio-pci\n"            \
	"pci 0000:02:00.0 class=020000 id=8086:1521 group=3 driver=vfio-pci\n"            \
	"d @0000:01:00.1/vfio-dev/vfio5\n"                                                \
	"d proc/self\n"                                                                   \
	"f proc/77/stat\t77 (qemu (x) system) S 1 77 77 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " \
	"4711 0 0\n"                                                                      \
	"l proc/77/fd/0\t/dev/null\n"

#define EACH "/dev/vfio/devices/vfio256 /dev/vfio/devices/vfio257 /dev/vfio/devices/vfio5"
#define ALL "/dev/vfio/2 " EACH

static const struct {
	const char *name, *file, *holds, *behind, *nodes;
} cases[] = {
	{ "nobody", "/dev/vfio/vfio", NULL, NULL, ALL },
	{ "the group's own node", "/dev/vfio/2", "process 77 (qemu (x) system)",
	  "process 77 (qemu (x) system)", "/dev/vfio/2" },
	{ "the node of a member", "/dev/vfio/devices/vfio5", "process 77 (qemu (x) system)",
	  "process 77 (qemu (x) system)", "/dev/vfio/devices/vfio5" },
	{ "the node of another group", "/dev/vfio/3", NULL, NULL, ALL },
	{ "a longer name", "/dev/vfio/22", NULL, NULL, ALL },
	{ "iommufd", "/dev/iommu", NULL,
	  "perhaps process 77 (qemu (x) system), which has /dev/iommu open", "/dev/iommu" },
	{ "iommufd, of which the nodes of groups are not built in",
	  "/dev/vfio/devices/vfio5\nd sys/class/vfio-dev", "process 77 (qemu (x) system)",
	  "process 77 (qemu (x) system)", "/dev/vfio/devices/vfio5" },
	{ "nobody, of whom the nodes of groups are not built in", "/dev/null\nd sys/class/vfio-dev",
	  NULL, NULL, EACH },
};

static void test_group(size_t n)
{
	_auto_free_ char *text = vh_printf(MACHINE "l proc/77/fd/9\t%s\n", cases[n].file);
	_auto_(scratch) struct scratch *s = scratch_new(text);
	_auto_free_ char *who = NULL, *behind = NULL, *nodes = NULL;
	enum vh_tri answer = vh_process_holding_group(&s->root, 2, &who, NULL);

	behind = vh_process_behind_group(&s->root, 2, &nodes);
	ok(answer == (cases[n].holds ? VH_YES : VH_NO) && vh_streq(who, cases[n].holds) &&
		   vh_streq(behind, cases[n].behind) && vh_streq(nodes, cases[n].nodes),
	   "%s", cases[n].name);
}

static void test_denied(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(MACHINE);
	_auto_free_ char *who = NULL;
	enum vh_tri answer;

	if (geteuid() == 0) {
		ok(true, "a process that may not be looked at # SKIP root may");
		return;
	}
	if (fchmodat(s->root.fd, "proc/77/fd", 0, 0) < 0)
		diag("chmod");
	answer = vh_process_holding_group(&s->root, 2, &who, NULL);
	ok(answer == VH_UNKNOWN && !who, "a process that may not be looked at: unknown");
	if (fchmodat(s->root.fd, "proc/77/fd", 0700, 0) < 0)
		diag("chmod");
}

/* How often the processes were listed. */
static void count_looks(const struct vh_root *root, enum vh_asked asked, const char *path,
			int error, const void *data, size_t len)
{
	(void)error, (void)data, (void)len;
	*(int *)root->watch->data += asked == VH_ASKED_LIST && vh_streq(path, "proc");
}

static void test_several(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(
		MACHINE "l proc/77/fd/8\t/dev/vfio/3\nl proc/77/fd/9\t/dev/vfio/devices/vfio5\n");
	struct vh_group_holder list[] = { { .group = 2 }, { .group = 3 }, { .group = 4 } };
	int looks = 0;
	const struct vh_root_watch watch = { .saw = count_looks, .data = &looks };

	s->root.watch = &watch;
	vh_process_holding_groups(&s->root, list, VH_COUNT(list));
	s->root.watch = NULL;
	ok(list[0].open == VH_YES && vh_streq(list[0].nodes, "/dev/vfio/devices/vfio5") &&
		   list[1].open == VH_YES && vh_streq(list[1].nodes, "/dev/vfio/3") &&
		   vh_streq(list[1].who, "process 77 (qemu (x) system)"),
	   "several groups: each has its own answer");
	ok(list[2].open == VH_NO && !list[2].who && vh_streq(list[2].nodes, "/dev/vfio/4"),
	   "several groups: one that nobody has open");
	ok(looks == 1, "several groups: processes are looked at once");
	for (size_t i = 0; i < VH_COUNT(list); i++) {
		free(list[i].who);
		free(list[i].nodes);
	}
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++)
		test_group(i);
	test_denied();
	test_several();
	return tap_done();
}
