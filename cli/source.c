/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source - a manifest is expanded, and looked at, in a child; the tree is removed however that
 * ends. */
#include "cli/source.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cli/command-table.h"
#include "cli/input.h"
#include "cli/libvirt/ask.h"
#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "lib/base/backend.h"
#include "lib/manifest/manifest.h"

#include "lib/base/banned.h"

static int run_in(struct vh_cli *cli, const char *dir, vh_command_fn *fn, char **args, int count)
{
	_auto_error_ struct vh_error err = { 0 };
	bool moves = cli->command->flags & VH_CMD_MOVES;
	int rc;

	rc = dir ? vh_root_open_tree(&cli->root, dir, &err)
		 : vh_backend_open(&cli->root, moves, &err);
	if (rc < 0) {
		vh_error_report(cli, NULL, &err);
		return VH_EXIT_USAGE;
	}
	if (dir && !vh_root_exists(&cli->root, "sys")) {
		vh_error(cli, "'%s' is not the root of a system: it has no folder sys", cli->source);
		vh_root_close(&cli->root);
		return VH_EXIT_USAGE;
	}
	cli->root.ordinary = !dir && !vh_backend_privileged();
	vh_pci_ids_of(cli->names, &cli->root);
	rc = fn(cli, args, count);
	vh_root_close(&cli->root);
	return rc;
}

/* A file that went through Windows: its lines end with CR LF, and no value has a CR. */
static void drop_returns(struct vh_strbuf *text)
{
	const char *end = memchr(text->data, '\n', text->len);
	size_t n = 0;

	if (!end || end == text->data || end[-1] != '\r')
		return;
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] != '\r' || text->data[i + 1] != '\n')
			text->data[n++] = text->data[i];
	text->data[n] = 0;
	text->len = n;
}

/* The manifest of the host that is looked at. 0, or -1 after an error line. */
static int describe(const struct vh_cli *cli, struct vh_strbuf *ret)
{
	_auto_error_ struct vh_error err = { 0 };
	struct vh_question q = { .uri = cli->source, .wants = VH_WANT_HOST };
	struct vh_answer_of a;
	int rc = 0;

	if (cli->host) {
		rc = vh_input_read(ret, cli->host, VH_MANIFEST_MAX, &err);
		if (rc < 0 && err.sys == EISDIR)
			vh_error(cli,
				 "%s is a directory; '--host' takes a file that 'vfio-hook "
				 "snapshot' wrote, '--sysroot' a directory",
				 cli->host);
		else if (rc < 0)
			vh_error_report(cli, cli->host, &err);
		else
			drop_returns(ret);
		return rc;
	}
	vh_libvirt_ask(&q, 1, cli->timeout, &a);
	if (a.err.what) {
		vh_error_report(cli, a.uri, &a.err);
		rc = -1;
	} else {
		vh_from_libvirt_manifest(&a.told, ret);
	}
	vh_ask_clear(&a, 1);
	return rc;
}

static int expand(const struct vh_cli *cli, const char *dir)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_strbuf_ struct vh_strbuf text = { 0 };

	if (describe(cli, &text) < 0)
		return -1;
	if (!vh_manifest_has_lines(text.data, text.len)) {
		vh_error(cli,
			 "'%s' has no line of a snapshot; 'vfio-hook snapshot' writes such files",
			 cli->source);
		return -1;
	}
	if (vh_manifest_expand(text.data, text.len, cli->source, dir, &err) < 0) {
		vh_error_report(cli, NULL, &err); /* it names file and line itself */
		return -1;
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Waits for the child and passes on to it what is meant for us. Returns its wait status. */
static int wait_for(pid_t pid, const sigset_t *set)
{
	int status, sig;

	while (waitpid(pid, &status, WNOHANG) != pid)
		if (sigwait(set, &sig) == 0 && sig != SIGCHLD)
			kill(pid, sig);
	return status;
}

/* The child's end becomes ours, also when it was a signal (without a second core file). */
static int end_as(int status, const sigset_t *old)
{
	struct rlimit none = { 0, 0 };

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	(void)setrlimit(RLIMIT_CORE, &none); /* at worst there are two */
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	sigprocmask(SIG_SETMASK, old, NULL);
	return 128 + WTERMSIG(status);
}

/* One of several hosts: its tree below `dir`. What goes wrong stands in its error. */
static void settle(struct vh_remote *h, struct vh_answer_of *a, const char *dir, size_t number)
{
	_auto_free_ char *tree = vh_printf("%s/%zu", dir, number);
	_auto_strbuf_ struct vh_strbuf text = { 0 };

	h->root.fd = -1;
	if (a->err.what) {
		h->err = a->err;
		a->err = (struct vh_error){ 0 };
		return;
	}
	vh_from_libvirt_manifest(&a->told, &text);
	if (mkdir(tree, 0700) < 0)
		(void)vh_fail(&h->err, VH_E_SYS, errno, NULL, "cannot make '%s'", tree);
	else if (vh_manifest_expand(text.data, text.len, h->uri, tree, &h->err) == 0 &&
		 vh_root_open_tree(&h->root, tree, &h->err) == 0)
		return;
	if (!h->err.what)
		(void)vh_fail(&h->err, VH_E_INPUT, 0, NULL, "cannot be understood");
}

/* All hosts are asked at once. */
static int run_in_several(struct vh_cli *cli, const char *dir, vh_command_fn *fn, char **args,
			  int count)
{
	size_t n = cli->n_connect;
	_auto_free_ struct vh_question *q = vh_alloc(n * sizeof(*q));
	_auto_free_ struct vh_answer_of *a = vh_alloc(n * sizeof(*a));
	_auto_free_ struct vh_remote *hosts = vh_alloc(n * sizeof(*hosts));
	int rc;

	for (size_t i = 0; i < n; i++)
		q[i] = (struct vh_question){ .uri = cli->connect[i], .wants = VH_WANT_HOST };
	vh_libvirt_ask(q, n, cli->timeout, a);
	for (size_t i = 0; i < n; i++) {
		hosts[i].uri = cli->connect[i];
		settle(&hosts[i], &a[i], dir, i);
	}
	vh_ask_clear(a, n);
	cli->remotes = hosts;
	rc = fn(cli, args, count);
	cli->remotes = NULL;
	for (size_t i = 0; i < n; i++) {
		vh_root_close(&hosts[i].root);
		vh_error_clear(&hosts[i].err);
	}
	return rc;
}

static int run_in_manifest(struct vh_cli *cli, vh_command_fn *fn, char **args, int count)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = vh_printf("%s/vfio-hook.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	static const int ours[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set, old;
	int status;
	pid_t pid;

	sigemptyset(&set);
	for (size_t i = 0; i < VH_COUNT(ours); i++)
		sigaddset(&set, ours[i]);
	signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
	sigprocmask(SIG_BLOCK, &set, &old);
	if (!mkdtemp(dir)) {
		vh_error(cli, "cannot make the directory '%s': %s", dir, strerror(errno));
		free(dir);
		return VH_EXIT_USAGE;
	}
	pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		if (cli->n_connect > 1)
			status = run_in_several(cli, dir, fn, args, count);
		else if (expand(cli, dir) < 0)
			status = VH_EXIT_USAGE;
		else
			status = run_in(cli, dir, fn, args, count);
		free(dir);
		return status;
	}
	if (pid < 0)
		vh_error(cli, "cannot start a process: %s", strerror(errno));
	status = pid < 0 ? VH_EXIT_USAGE << 8 : wait_for(pid, &set);
	if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		vh_note("cannot remove '%s': %s", dir, strerror(errno));
	free(dir); /* before a signal ends us */
	return end_as(status, &old);
}

int vh_source_run(struct vh_cli *cli, vh_command_fn *fn, char **args, int count)
{
	if (cli->host || cli->n_connect) {
		cli->source = cli->host ? cli->host : cli->connect[0];
		return run_in_manifest(cli, fn, args, count);
	}
	if (cli->sysroot)
		cli->source = cli->sysroot;
	return run_in(cli, cli->sysroot, fn, args, count);
}
