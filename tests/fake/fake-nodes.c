/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake-nodes - what it is to open the node of a VFIO group, or of a disk; see fake-kernel.h. */
#include <errno.h>
#include <poll.h>

#include "tests/fake/fake-impl.h"

bool fake_is_held(const struct vh_root *root, int group)
{
	return group >= 0 && vh_root_exists(root, FAKE "/held/%d", group);
}

int fake_try_group(const struct vh_root *root, int group)
{
	int64_t ms = vh_root_read_int(root, FAKE "/opens/%d", group);

	if (!vh_root_exists(root, "dev/vfio/%d", group))
		return -ENOENT;
	if (ms > 0) {
		poll(NULL, 0, (int)ms);
		fake_append(root, FAKE "/opened", "late\n");
	}
	return fake_is_held(root, group) ? -EBUSY : 0;
}

/* The claim of an exclusive open is a lock on a file of the disk's. */
int fake_hold_disk(const struct vh_root *root, const char *name)
{
	_auto_free_ char *text = vh_root_read(root, "dev/%s", name);
	_auto_free_ char *path = vh_printf(FAKE "/exclusive/%s", name);

	if (vh_streq(text, "held"))
		return -EBUSY;
	return vh_streq(text, "free") ? fake_try_lock(root, path) : -EACCES;
}

int fake_try_exclusive(const struct vh_root *root, const char *name)
{
	int fd = fake_hold_disk(root, name);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

bool fake_mount(const struct vh_root *root, const char *name, const char *mountinfo)
{
	_auto_free_ char *path = vh_printf("dev/%s", name);
	_auto_close_ int fd = fake_hold_disk(root, name);

	if (fd < 0)
		return false;
	fake_put(root, "proc/self/mountinfo", "%s", mountinfo);
	fake_put(root, path, "held\n");
	return true;
}

void fake_hold(const struct vh_root *root, int group, const char *holder)
{
	_auto_free_ char *path = vh_printf(FAKE "/held/%d", group);

	fake_put(root, path, "%s\n", holder);
}

void fake_let_go(const struct vh_root *root, int group)
{
	fake_remove(root, FAKE "/held/%d", group);
}

void fake_make_late(const struct vh_root *root, const char *addr)
{
	_auto_free_ char *group = vh_root_link_name(root, "sys/bus/pci/devices/%s/iommu_group",
						    addr);
	_auto_free_ char *late = vh_printf(FAKE "/late/%s", addr);

	if (!group)
		abort();
	fake_put(root, late, "%s\n", group);
	fake_remove(root, "sys/kernel/iommu_groups/%s/devices/%s", group, addr);
	fake_remove(root, "sys/bus/pci/devices/%s/iommu_group", addr);
}
