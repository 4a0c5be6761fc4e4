/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-run - the programs that `boot` runs: how they end, and what is no success. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "cli/boot/boot.h"
#include "lib/boot/system.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

static const struct {
	const char *name, *script; /* NULL: there is no such program */
	int rc, sys;
} cases[] = {
	{ "a program that is fine", "exit 0", 0, 0 },
	{ "one that fails", "exit 3", 3, 0 },
	{ "one that a signal ends", "kill -TERM $$; exit 0", -1, EINTR },
	/* rebuild_or_undo() ignores it: who interrupts means the program */
	{ "one that is interrupted while we are not", "kill -INT $$; exit 0", -1, EINTR },
	{ "one that is not there", NULL, -1, ENOENT },
};

static void test_ends(void)
{
	signal(SIGINT, SIG_IGN);
	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		const char *const sh[] = { "/bin/sh", "-c", cases[i].script, NULL };
		const char *const nothing[] = { "/nonexistent/program", NULL };
		int rc;

		errno = 0;
		rc = vh_run(cases[i].script ? sh : nothing, NULL);
		if (!ok(rc == cases[i].rc && (rc >= 0 || errno == cases[i].sys), "%s", cases[i].name))
			diag("%d, %s", rc, strerror(errno));
	}
	signal(SIGINT, SIG_DFL);
}

/* The image of this kernel, if it has one, stands where nobody looks. */
static void test_no_image(void)
{
	_auto_(scratch) struct scratch *s = scratch_new("d lib/modules/6.1.0\nd boot/loader\n");
	_auto_error_ struct vh_error err = { 0 };
	struct vh_cli cli = { .root = s->root };

	ok(vh_boot_run_rebuild(&cli, VH_INITRAMFS_DRACUT, &err) < 0 &&
		   strstr(err.what, "no image") && strstr(err.fix, "--no-rebuild"),
	   "no image that could be made anew is no success");
}

/* A lister says what is in an image; this one says the same of all. */
static bool finds(const struct vh_root *root, const char *script)
{
	char path[] = "/tmp/vfio-hook-lister.XXXXXX";
	int fd = mkstemp(path);
	_auto_free_ char *found = NULL;

	if (fd < 0 || dprintf(fd, "#!/bin/sh\n%s\n", script) < 0 || fchmod(fd, 0700) < 0)
		abort();
	close(fd);
	found = vh_boot_run_image_with_script(root, VH_INITRAMFS_MKINITCPIO, path);
	(void)unlink(path);
	return vh_streq(found, "/boot/initramfs-linux.img");
}

/* What was taken back may be in an image: mkinitcpio fails for whatever it complains of. */
static void test_left(void)
{
	_auto_(scratch) struct scratch *s = scratch_new("f lib/modules/6.9.0/pkgbase\tlinux\n"
							"d lib/modules/6.1.0\n"
							"f boot/initramfs-linux.img\tx\n");

	ok(finds(&s->root, "echo hooks/vfio-hook"), "an image that holds the boot script");
	ok(!finds(&s->root, "echo hooks/udev"), "one that does not");
	ok(!finds(&s->root, "echo hooks/vfio-hook; exit 1"), "one that cannot be read");
}

static bool has_command(const struct scratch *s, enum vh_initramfs by, const char *want)
{
	_auto_free_ char *command = vh_system_rebuild_command(&s->root, by);

	return vh_streq(command, want);
}

/* IBM Z */
static void test_zipl(void)
{
	_auto_(scratch) struct scratch *s = scratch_new("f usr/sbin/zipl\tx\n");

	ok(has_command(s, VH_INITRAMFS_TOOLS, "update-initramfs -u -k all"),
	   "zipl without a configuration is not how this machine boots");
	fake_put(&s->root, "etc/zipl.conf", "%s", "");
	ok(has_command(s, VH_INITRAMFS_DRACUT, "dracut --regenerate-all --force && zipl"),
	   "zipl follows what makes the images");
	ok(vh_streq(vh_system_zipl(&s->root), "/usr/sbin/zipl"), "it is found");
}

/* What makes an image, for t-terminal.sh: it ends when somebody writes into the pipe. */
static int build(const char *pipe)
{
	const char *const sh[] = { "/bin/sh", "-c", "echo one; read -r x <\"$0\"; echo two; exit 3",
				   pipe, NULL };

	return vh_run_shown(sh, "makes the initramfs");
}

/* What lists one. */
static int list(const char *pipe)
{
	const char *const sh[] = { "/bin/sh", "-c", "echo one; read -r x <\"$0\"; exit 4", pipe,
				   NULL };
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	int rc = vh_run(sh, &text);

	return vh_streq(text.data, "one\n") ? rc : -1;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return !strcmp(argv[1], "build") ? build(argv[2]) : list(argv[2]);
	test_ends();
	test_no_image();
	test_left();
	test_zipl();
	return tap_done();
}
