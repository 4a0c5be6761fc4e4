/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock-holder - finds the file in /proc/locks, by file system and inode, and there the process. */
#include "lib/base/lock-holder.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/base/printable.h"

#include "lib/base/banned.h"

#define COMMAND_MAX 80 /* bytes of it that are shown */

/* "1: FLOCK  ADVISORY  WRITE 812 00:1a:567 0 EOF"; those who wait have "->" behind the number
 * (fs/locks.c:lock_get_status()). */
static long pid_in(const char *line, const struct stat *st)
{
	unsigned int major, minor;
	unsigned long long inode;
	long pid;

	if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%llu ", &pid, &major, &minor, &inode) != 4)
		return 0;
	return inode == st->st_ino && makedev(major, minor) == st->st_dev ? pid : 0;
}

static long find(const struct vh_root *root, const struct stat *st)
{
	_auto_free_ char *text = vh_root_read(root, "proc/locks");
	char *rest = text, *line;
	long pid = 0;

	while (!pid && rest && (line = strsep(&rest, "\n")))
		pid = pid_in(line, st);
	return pid;
}

/* With its arguments, which name the domain of a hook; NULL: it has ended. */
static char *command_of(const struct vh_root *root, long pid)
{
	char text[1024];
	ssize_t n = vh_root_read_bytes(root, text, sizeof(text) - 1, "proc/%ld/cmdline", pid);

	while (n > 0 && !text[n - 1])
		n--;
	if (n <= 0)
		return NULL;
	for (ssize_t i = 0; i < n; i++)
		text[i] = text[i] ? text[i] : ' ';
	text[n] = 0;
	return vh_printable(text, COMMAND_MAX);
}

char *vh_lock_holder(const struct vh_root *root, int fd)
{
	_auto_free_ char *command = NULL;
	struct stat st;
	long pid;

	if (fstat(fd, &st) < 0 || (pid = find(root, &st)) <= 0)
		return NULL;
	command = command_of(root, pid);
	/* a child of it that writes to a driver has inherited the lock */
	return vh_printf("process %ld (%s)", pid,
			 command ? command : "ended; a write to a driver that it began has not");
}
