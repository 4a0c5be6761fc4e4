/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend-fake - the backend of the test programs: the tree in VH_TEST_ROOT with the fake
 * kernel. Root unless VH_TEST_UNPRIVILEGED is set. The log is fake-kernel/syslog of the tree.
 */
#include <errno.h>
#include <fcntl.h>

#include "lib/base/backend.h"
#include "tests/fake/fake-kernel.h"
#include "tests/fake/fake-tree.h"

/* Read before main(): the hook clears its environment. */
static char test_root[4096];
static bool unprivileged;

__attribute__((constructor)) static void read_environment(void)
{
	const char *dir = getenv("VH_TEST_ROOT");

	snprintf(test_root, sizeof(test_root), "%s", dir ? dir : "");
	unprivileged = getenv("VH_TEST_UNPRIVILEGED");
}

static int open_root(struct vh_root *ret, struct vh_error *err)
{
	int fd = open(test_root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "VH_TEST_ROOT names no directory");
	*ret = (struct vh_root){ .fd = fd, .ops = &fake_kernel_ops };
	return 0;
}

/* As of the machine itself (root-systems.c): who only looks does not try. */
static int look_try_exclusive(const struct vh_root *root, const char *name)
{
	(void)root, (void)name;
	return -EOPNOTSUPP;
}

int vh_backend_open(struct vh_root *ret, bool acts, struct vh_error *err)
{
	static struct vh_root_ops look;

	look = fake_kernel_ops;
	look.try_exclusive = look_try_exclusive;
	if (open_root(ret, err) < 0)
		return -1;
	if (!acts)
		ret->ops = &look;
	return 0;
}

bool vh_backend_privileged(void)
{
	return !unprivileged;
}

/* What journald would get is in fake-kernel/journal, entry by entry; up to a name with a newline. */
void vh_backend_log(const struct vh_entry *e)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_free_ char *line = vh_printf("<%d> %s\n", e->priority, e->text);
	_auto_strbuf_ struct vh_strbuf fields = { 0 };
	struct vh_root root = { .fd = -1 };

	if (open_root(&root, &err) < 0)
		return;
	fake_append(&root, "fake-kernel/syslog", line);
	vh_journal_format(&fields, e);
	vh_strbuf_add(&fields, "\n");
	fake_append(&root, "fake-kernel/journal", fields.data);
	vh_root_close(&root);
}
