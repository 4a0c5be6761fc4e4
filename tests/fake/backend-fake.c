/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend-fake - the backend of the test programs: the tree in VH_TEST_ROOT with the fake
 * kernel. Root unless VH_TEST_UNPRIVILEGED is set. The log is fake-kernel/syslog of the tree.
 *
 * With VH_TEST_MARKS what the fake kernel does itself stands between two calls that strace shows,
 * access("kernel: write") and access("kernel: ends"), so that a trace tells it from the program's
 * own calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/backend.h"
#include "tests/fake/fake-kernel.h"
#include "tests/fake/fake-tree.h"

/* Read before main(): the hook clears its environment. */
static char test_root[4096];
static bool unprivileged, marks;

__attribute__((constructor)) static void read_environment(void)
{
	const char *dir = getenv("VH_TEST_ROOT");

	snprintf(test_root, sizeof(test_root), "%s", dir ? dir : "");
	unprivileged = getenv("VH_TEST_UNPRIVILEGED");
	marks = getenv("VH_TEST_MARKS");
}

/* --- marks ------------------------------------------------------------------------------------ */

static void mark(const char *what)
{
	int saved = errno;

	if (marks)
		(void)!access(what, F_OK);
	errno = saved;
}

static int marked_write(const struct vh_root *root, const char *path, const char *value)
{
	int rc;

	mark("kernel: write");
	rc = fake_kernel_ops.write(root, path, value);
	mark("kernel: ends");
	return rc;
}

static int marked_load_module(const struct vh_root *root, const char *name, bool anyway)
{
	int rc;

	mark("kernel: load");
	rc = fake_kernel_ops.load_module(root, name, anyway);
	mark("kernel: ends");
	return rc;
}

static int marked_try_group(const struct vh_root *root, int group)
{
	int rc;

	mark("kernel: try");
	rc = fake_kernel_ops.try_group(root, group);
	mark("kernel: ends");
	return rc;
}

static int marked_hold(const struct vh_root *root, const char *name)
{
	int rc;

	mark("kernel: hold");
	rc = fake_kernel_ops.hold(root, name);
	mark("kernel: ends");
	return rc;
}

static int marked_try_exclusive(const struct vh_root *root, const char *name)
{
	int rc;

	mark("kernel: try");
	rc = fake_kernel_ops.try_exclusive(root, name);
	mark("kernel: ends");
	return rc;
}

static void marked_step(const struct vh_root *root, const char *what)
{
	mark("kernel: step");
	fake_kernel_ops.step(root, what);
	mark("kernel: ends");
}

static const struct vh_root_ops marked_ops = {
	.write = marked_write,
	.load_module = marked_load_module,
	.try_group = marked_try_group,
	.try_exclusive = marked_try_exclusive,
	.hold = marked_hold,
	.step = marked_step,
};

/* --- the backend ------------------------------------------------------------------------------ */

static int open_root(struct vh_root *ret, struct vh_error *err)
{
	int fd = open(test_root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "VH_TEST_ROOT names no directory");
	*ret = (struct vh_root){ .fd = fd, .ops = marks ? &marked_ops : &fake_kernel_ops };
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

	if (open_root(ret, err) < 0)
		return -1;
	look = *ret->ops;
	look.try_exclusive = look_try_exclusive;
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

	mark("kernel: log");
	if (open_root(&root, &err) < 0)
		return;
	fake_append(&root, "fake-kernel/syslog", line);
	vh_journal_format(&fields, e);
	vh_strbuf_add(&fields, "\n");
	fake_append(&root, "fake-kernel/journal", fields.data);
	vh_root_close(&root);
	mark("kernel: ends");
}
