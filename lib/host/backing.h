/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backing - what the memory of guests can lie in: the file system of libvirt's directory for it,
 * and the mounts of huge pages; and what qemu.conf says of both.
 */
#ifndef VH_BACKING_H
#define VH_BACKING_H

#include "lib/base/root.h"

/* Where libvirt makes files for memory (memory_backing_dir). Caller frees. */
char *vh_backing_dir(const struct vh_root *root) VH_CHECK;
/* The type of the file system that this path is in ("ext4"); NULL: cannot tell. Caller frees. */
char *vh_backing_type(const struct vh_root *root, const char *path) VH_CHECK;

/* A mount of huge pages; page_kib 0: of the host's default size, or that cannot be told. */
struct vh_huge_mount {
	char *at;
	uint64_t page_kib;
};
struct vh_huge_mounts {
	struct vh_huge_mount *list;
	size_t count;
	bool configured; /* hugetlbfs_mount is set: libvirt takes those that stand there alone */
};
/* 0, or -1 where the mounts cannot be read. */
int vh_backing_huge_mounts(const struct vh_root *root, struct vh_huge_mounts *ret) VH_CHECK;
void vh_backing_huge_clear(struct vh_huge_mounts *m);

#endif
