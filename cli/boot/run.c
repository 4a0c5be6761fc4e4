/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run - puts the files into place, and has the tool of this host rebuild the images. */
#include "cli/boot/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/wrap.h"
#include "lib/base/backend.h"
#include "lib/boot/system.h"

#include "lib/base/banned.h"

#define LIST_MAX (64u << 20)

/* The signals by which a terminal ends all that runs in it. */
static void from_terminal(void (*handler)(int))
{
	signal(SIGINT, handler);
	signal(SIGHUP, handler);
}

/* `err`: standard error goes to `out` too. */
static void become(const char *const *argv, int out, bool err)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *environment[] = { path, locale, NULL };

	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	from_terminal(SIG_DFL); /* what is ignored stays so behind execve() */
	if (out < 0 || (dup2(out, STDOUT_FILENO) >= 0 && (!err || dup2(out, STDERR_FILENO) >= 0)))
		execve(argv[0], (char *const *)argv, environment);
	_exit(127);
}

/* Its exit status, or -1, errno set. */
static int wait_for(pid_t pid, int rc)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (rc == 0 && WIFEXITED(status) && WEXITSTATUS(status) != 127)
		return WEXITSTATUS(status);
	errno = WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ENOENT : EINTR;
	return -1;
}

static int run(const char *const *argv, struct vh_strbuf *out)
{
	int pipe[2] = { -1, -1 }, rc = 0;
	pid_t pid;

	(void)fflush(stdout); /* keeps the order; a failure is seen at the end */
	if (out && pipe2(pipe, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		become(argv, pipe[1], false);
	if (pipe[1] >= 0)
		close(pipe[1]);
	if (pid > 0 && out)
		rc = vh_strbuf_read_fd(out, pipe[0], LIST_MAX);
	if (pipe[0] >= 0)
		close(pipe[0]);
	return pid < 0 ? -1 : wait_for(pid, rc);
}

/* errno is the program's. */
static void end_progress(struct vh_progress *p)
{
	int saved = errno;

	vh_progress_end(p);
	errno = saved;
}

int vh_run(const char *const *argv, struct vh_strbuf *out)
{
	struct vh_progress progress;
	int rc;

	if (!out)
		return run(argv, NULL);
	vh_progress_begin(&progress, "", 0);
	vh_progress_say(&progress, "waiting for %s", argv[0]);
	rc = run(argv, out);
	end_progress(&progress);
	return rc;
}

/* What the tool says, up to the last whole line: the progress is written on a line of its own. */
static size_t put_lines(const struct vh_progress *p, const char *text, size_t len)
{
	while (len && text[len - 1] != '\n')
		len--;
	if (!len)
		return 0;
	vh_progress_hide(p);
	fwrite(text, 1, len, stdout);
	(void)fflush(stdout); /* before the line comes back */
	return len;
}

static void pass_on(const struct vh_progress *p, int fd)
{
	char buf[4096];
	size_t kept = 0, put;
	ssize_t n;

	while ((n = read(fd, buf + kept, sizeof(buf) - kept)) > 0 || (n < 0 && errno == EINTR)) {
		kept += n > 0 ? (size_t)n : 0;
		put = put_lines(p, buf, kept);
		if (!put && kept == sizeof(buf)) { /* one long line */
			fwrite(buf, 1, kept, stdout);
			put = kept;
		}
		kept -= put;
		memmove(buf, buf + put, kept);
	}
	vh_progress_hide(p);
	fwrite(buf, 1, kept, stdout);
}

/* It takes a minute or more, in which mkinitramfs says one line for each kernel. */
int vh_run_shown(const char *const *argv, const char *purpose)
{
	struct vh_progress progress;
	int pipe[2], rc;
	pid_t pid;

	if (!isatty(STDOUT_FILENO) || !isatty(STDERR_FILENO))
		return run(argv, NULL);
	(void)fflush(stdout);
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return -1;
	vh_progress_begin(&progress, "", 0);
	vh_progress_say(&progress, "waiting for %s, which %s", argv[0], purpose);
	pid = fork();
	if (pid == 0)
		become(argv, pipe[1], true);
	close(pipe[1]);
	if (pid > 0)
		pass_on(&progress, pipe[0]);
	close(pipe[0]);
	rc = pid < 0 ? -1 : wait_for(pid, 0);
	end_progress(&progress);
	return rc;
}

static int run_tool(const char *const *argv, struct vh_error *err)
{
	int rc = vh_run_shown(argv, "makes the initramfs");

	if (rc == 0)
		return 0;
	if (rc < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "'%s' did not run to its end", argv[0]);
	return vh_fail(err, VH_E_SYS, 0, "its own messages stand above",
		       "'%s' ended with status %d", argv[0], rc);
}

/*
 * dracut copies a new image over the old one, byte by byte (dracut.sh), so it gets another
 * name to write to. One image at a time: /boot is small.
 */
static int run_dracut(const struct vh_root *root, const char *release, const char *image,
		      struct vh_error *err)
{
	_auto_free_ char *path = vh_printf("/%s", image);
	_auto_free_ char *temp = vh_printf("%s.vfio-hook.new", path);
	const char *argv[] = { "/usr/bin/dracut", "--force", temp, release, NULL };

	printf("%s %s %s %s\n", argv[0], argv[1], path, release);
	if (run_tool(argv, err) == 0 && renameat(root->fd, temp + 1, root->fd, image) == 0)
		return 0;
	if (!err->what)
		vh_fail(err, VH_E_SYS, errno, NULL, "cannot put the new image in place of '%s'",
			path);
	(void)unlinkat(root->fd, temp + 1, 0);
	return -1;
}

static int run_dracut_all(const struct vh_root *root, struct vh_error *err)
{
	_auto_names_ struct vh_names releases = { 0 };
	size_t made = 0;

	if (vh_root_list(root, &releases, "lib/modules") < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot list '/lib/modules'");
	for (size_t i = 0; i < releases.count; i++) {
		_auto_free_ char *image = vh_system_image(root, releases.name[i]);

		if (!image)
			continue; /* a kernel that is not booted by an image of its own */
		if (run_dracut(root, releases.name[i], image, err) < 0)
			return -1;
		made++;
	}
	if (made)
		return 0;
	/* a unified kernel image, for one: files alone have no effect */
	return vh_fail(err, VH_E_SYS, 0,
		       "the same with --no-rebuild, then make the image as this system makes it",
		       "no image of an installed kernel stands where distributions have it");
}

int vh_boot_run_rebuild(struct vh_cli *cli, enum vh_initramfs initramfs, struct vh_error *err)
{
	/* makes IMAGE.new and renames it */
	static const char *const tools[] = { "/usr/sbin/update-initramfs", "-u", "-k", "all", NULL };
	static const char *const mkinitcpio[] = { "/usr/bin/mkinitcpio", "-P", NULL };

	if (initramfs == VH_INITRAMFS_DRACUT)
		return run_dracut_all(&cli->root, err);
	printf("%s\n", vh_system_initramfs_command(initramfs));
	return run_tool(initramfs == VH_INITRAMFS_TOOLS ? tools : mkinitcpio, err);
}

static int run_zipl(const struct vh_root *root, struct vh_error *err)
{
	const char *argv[] = { vh_system_zipl(root), NULL };
	int rc;

	if (!argv[0])
		return 0;
	printf("zipl\n");
	rc = vh_run_shown(argv, "writes the boot record");
	if (rc == 0)
		return 0;
	return vh_fail(err, VH_E_SYS, rc < 0 ? errno : 0,
		       "zipl   # before the next boot: until then the new images are not found",
		       "'%s' has not written where kernel and images lie", argv[0]);
}

static void put_files(const struct vh_boot_files *files, const struct vh_boot_files *before)
{
	for (size_t i = 0; i < files->count; i++) {
		if (files->list[i].content)
			printf("wrote /%s\n", files->list[i].path);
		else if (before->list[i].content)
			printf("removed /%s\n", files->list[i].path);
	}
}

static void put_dry(const struct vh_boot_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct vh_boot_file *f = &files->list[i];

		vh_wrap_document(stdout);
		if (f->content)
			printf("==> /%s (mode %04o)\n%s\n", f->path, f->mode, f->content);
	}
}

char *vh_boot_run_image_with_script(const struct vh_root *root, enum vh_initramfs initramfs,
				    const char *lister)
{
	_auto_names_ struct vh_names releases = { 0 };

	VH_IGNORE(vh_root_list(root, &releases, "lib/modules")); /* none, then */
	for (size_t i = 0; i < releases.count; i++) {
		_auto_strbuf_ struct vh_strbuf list = { 0 };
		_auto_free_ char *image = vh_system_image(root, releases.name[i]);
		_auto_free_ char *path = vh_printf("/%s", image ? image : "");
		const char *argv[] = { lister, path, NULL };

		if (image && vh_run(argv, &list) == 0 && list.data &&
		    strstr(list.data, vh_boot_files_in_image(initramfs)))
			return VH_STEAL(path);
	}
	return NULL;
}

/* mkinitcpio ends with an error for whatever one of its hooks has complained of, with images that
 * are whole and hold what was taken back: so they, and not its status, say how it is. */
static int undone(struct vh_cli *cli, enum vh_initramfs initramfs)
{
	const char *lister = vh_system_initramfs_lister(initramfs);
	_auto_free_ char *command = vh_system_rebuild_command(&cli->root, initramfs);
	_auto_free_ char *image = initramfs == VH_INITRAMFS_MKINITCPIO
					  ? vh_boot_run_image_with_script(&cli->root, initramfs,
									  lister)
					  : NULL;

	if (!image) {
		vh_note("the files are as they were; if an image was rebuilt already, rebuild it "
			"with: %s",
			command);
		return VH_EXIT_UNDONE;
	}
	vh_note("the files are as they were, but '%s' holds the boot script; rebuild it with: %s",
		image, command);
	vh_note("if its message has nothing to do with vfio-hook, keep both: the same with "
		"--no-rebuild, then: %s",
		command);
	return VH_EXIT_LEFT;
}

/* The images go with the files: where they cannot be made, neither stays. */
static int rebuild_or_undo(struct vh_cli *cli, enum vh_initramfs initramfs,
			   const struct vh_boot_written *before)
{
	_auto_error_ struct vh_error err = { 0 }, second = { 0 };
	int rc;

	/* an interrupt or a hangup ends the tool, and we clean up; killed alone, we leave new files
	 * beside the image as it was, which `boot verify` tells */
	from_terminal(SIG_IGN);
	rc = vh_boot_run_rebuild(cli, initramfs, &err);
	if (rc == 0 && run_zipl(&cli->root, &err) < 0) {
		/* the images are good, and the list that finds them is of the old ones */
		from_terminal(SIG_DFL);
		vh_error_report(cli, NULL, &err);
		return VH_EXIT_LEFT;
	}
	from_terminal(SIG_DFL);
	if (rc == 0)
		return VH_EXIT_OK;
	vh_error_report(cli, NULL, &err);
	if (vh_boot_write_undo(before, &second) == 0)
		return undone(cli, initramfs);
	vh_error_report(cli, NULL, &second);
	return VH_EXIT_LEFT;
}

bool vh_boot_run_has_files(const struct vh_root *root)
{
	_auto_boot_files_ struct vh_boot_files files = { 0 };

	vh_boot_files_make(NULL, &files);
	for (size_t i = 0; i < files.count; i++)
		if (vh_root_exists(root, "%s", files.list[i].path))
			return true;
	return false;
}

int vh_boot_run_apply(struct vh_cli *cli, const struct vh_boot_binding *e,
		      enum vh_initramfs initramfs)
{
	_auto_boot_files_ struct vh_boot_files files = { 0 };
	_auto_boot_written_ struct vh_boot_written before = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	const struct vh_opt_boot *options = cli->options;
	bool rebuilds = cli->root.live && !options->no_rebuild;
	_auto_free_ char *command = vh_system_rebuild_command(&cli->root, initramfs);

	vh_boot_files_make(e, &files);
	if (options->dry_run) {
		put_dry(&files);
		printf("then: %s\n", command);
		return VH_EXIT_OK;
	}
	if (cli->root.live && !vh_backend_privileged()) {
		vh_error(cli, "'boot' needs root, or --dry-run");
		return VH_EXIT_USAGE;
	}
	if (vh_boot_write(&cli->root, &files, &before, &err) < 0) {
		vh_error_report(cli, NULL, &err);
		return err.code == VH_E_REFUSED ? VH_EXIT_FINDINGS : VH_EXIT_UNDONE;
	}
	put_files(&files, &before.before);
	if (rebuilds)
		return rebuild_or_undo(cli, initramfs, &before);
	printf("to be run now: %s\n", command);
	return VH_EXIT_OK;
}
