/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * root-open - owns every open of the project. Inside a root no link leads out of it and no magic
 * link is followed (openat2); where that call is missing (Linux before 5.6, or a seccomp filter)
 * plain openat() serves, with the same result on the live system.
 */
#include "lib/base/root-open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#define RETRIES 64

/* In a tree that is not a live system, a link to itself stands for what its source could not read
 * (lib/manifest/manifest.h). */
static int note_unread(const struct vh_root *root, int fd)
{
	if (fd < 0 && errno == ELOOP && !root->live)
		errno = EACCES;
	return fd;
}

int vh_root_open_at(const struct vh_root *root, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

#ifndef VH_NO_OPENAT2
	/* EAGAIN: a rename or mount elsewhere while a ".." was looked up; see openat2(2) */
	for (int i = 0; i < RETRIES; i++) {
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return note_unread(root, fd);
#endif
	return note_unread(root, openat(root->fd, path, (int)how.flags));
}
