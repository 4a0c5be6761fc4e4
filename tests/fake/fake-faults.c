/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-faults - what goes wrong in the fake kernel: errors and deaths at a counted write or
 * step, and processes that do not die.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/strbuf.h"
#include "tests/fake/fake-impl.h"

#define BLOCK_MAX 60000 /* ms; a forgotten fake_resume() must not last for ever */

void fake_fault(const struct vh_root *root, const char *fmt, ...)
{
	_auto_free_ char *text = NULL, *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	line = vh_printf("%s\n", text);
	fake_append(root, FAKE "/faults", line);
}

void fake_reset(const struct vh_root *root)
{
	static const char *const files[] = { "faults", "writes", "steps", "log", "resume" };

	for (size_t i = 0; i < VH_COUNT(files); i++)
		fake_remove(root, FAKE "/%s", files[i]);
}

void fake_resume(const struct vh_root *root)
{
	fake_put(root, FAKE "/resume", "%s", "");
}

int fake_between_writes(const struct vh_root *root)
{
	return fake_lock(root, FAKE_BUSY);
}

static int counted(const struct vh_root *root, const char *what)
{
	int64_t n = vh_root_read_int(root, FAKE "/%s", what);

	return n < 0 ? 0 : (int)n;
}

int fake_writes(const struct vh_root *root)
{
	return counted(root, "writes");
}

int fake_steps(const struct vh_root *root)
{
	return counted(root, "steps");
}

char *fake_log(const struct vh_root *root)
{
	char *text = vh_root_read(root, FAKE "/log");

	return text ? text : vh_strdup("");
}

/* _exit() rather than a signal would be reported as an ordinary result. The lock is held until
 * we are gone: whoever dies with us is in the middle of no write. */
void fake_end(const struct vh_root *root, const char *how)
{
	_auto_close_ int busy = fake_lock(root, FAKE_BUSY);
	pid_t victim = !strcmp(how, "group") ? 0 : !strcmp(how, "parent") ? getppid() : getpid();

	kill(victim, SIGKILL);
	pause(); /* the parent's death is ours a moment later */
}

/* The same for somebody else, who has died when this returns, and his children with him. */
static void end_other(const struct vh_root *root, pid_t victim)
{
	_auto_close_ int busy = fake_lock(root, FAKE_BUSY);
	_auto_close_ int pid = (int)syscall(SYS_pidfd_open, victim, 0);
	struct pollfd p = { .fd = pid, .events = POLLIN };

	kill(victim, SIGKILL);
	poll(&p, 1, pid < 0 ? 100 : -1);
}

struct fault {
	char what[8]; /* write, step, path, at */
	char which[128];
	char how[16];
	char arg[16];
};

/* The n-th fault in `list`, which is cut up; false at its end. */
static bool next_fault(char **list, struct fault *f)
{
	char *line;

	while ((line = strsep(list, "\n"))) {
		memset(f, 0, sizeof(*f));
		if (sscanf(line, "%7s %127s %15s %15s", f->what, f->which, f->how, f->arg) >= 3)
			return true;
		if (*line)
			fprintf(stderr, "test harness: fault '%s'\n", line), abort();
	}
	return false;
}

static int number_of(const char *s)
{
	uint64_t n;

	if (vh_parse_uint(s, 10, 4096, &n) < 0)
		fprintf(stderr, "test harness: '%s' is no number\n", s), abort();
	return (int)n;
}

static void judge(const struct fault *f, struct fake_verdict *v)
{
	if (!strcmp(f->how, "errno"))
		v->error = number_of(f->arg);
	else if (!strcmp(f->how, "hang") || !strcmp(f->how, "hold"))
		v->hang = true;
	else if (!strcmp(f->how, "late"))
		v->late = true;
	else if (!strcmp(f->arg, "after"))
		snprintf(v->after, sizeof(v->after), "%.7s", f->how);
	else
		snprintf(v->now, sizeof(v->now), "%.7s", f->how);
}

/* Is it meant for this `what`, the n-th? */
static bool is_meant(const struct fault *f, const char *what, int n, const char *path)
{
	if (!strcmp(f->what, what))
		return number_of(f->which) == n;
	return !strcmp(f->what, strcmp(what, "write") ? "at" : "path") && strstr(path, f->which);
}

/* Counts one `what` and applies the faults that are meant for it. */
static struct fake_verdict look_up(const struct vh_root *root, const char *what, const char *path)
{
	_auto_close_ int lock = fake_lock(root, FAKE_LOCK);
	_auto_free_ char *counter = vh_printf(FAKE "/%ss", what);
	_auto_free_ char *faults = NULL;
	struct fake_verdict v = { 0 };
	int n = fake_count_up(root, counter);
	char *list;
	struct fault f;

	faults = vh_root_read(root, FAKE "/faults");
	list = faults;
	while (next_fault(&list, &f))
		if (is_meant(&f, what, n, path))
			judge(&f, &v);
	return v;
}

struct fake_verdict fake_judge_write(const struct vh_root *root, const char *path)
{
	return look_up(root, "write", path);
}

void fake_judge_step(const struct vh_root *root, const char *what)
{
	struct fake_verdict v = look_up(root, "step", what);

	if (v.hang)
		fake_hold_up(root);
	if (*v.now)
		fake_end(root, v.now);
}

void fake_hold_up(const struct vh_root *root)
{
	int64_t end = vh_now_ms() + BLOCK_MAX;

	while (vh_root_exists(root, FAKE_LOCK) && !vh_root_exists(root, FAKE "/resume") &&
	       vh_now_ms() < end)
		poll(NULL, 0, 5);
}

/* --- beyond kill --------------------------------------------------------------------------- */

/*
 * A helper traces the blocked process. When that is killed, the kernel stops it once more on
 * its way out (PTRACE_EVENT_EXIT), before its descriptors are closed, and there the helper
 * keeps it: for everybody else it is a process that SIGKILL does not end.
 */
static bool trace(pid_t victim)
{
	return ptrace(PTRACE_SEIZE, victim, NULL, (void *)PTRACE_O_TRACEEXIT) == 0;
}

/* Lets the victim go on after any stop but the one on its way out. */
static void pass_stops(pid_t victim)
{
	int status;

	while (waitpid(victim, &status, WNOHANG | __WALL) == victim && WIFSTOPPED(status)) {
		int event = status >> 16, sig = event ? 0 : WSTOPSIG(status);

		if (event == PTRACE_EVENT_EXIT)
			return;
		ptrace(PTRACE_CONT, victim, NULL, (void *)(intptr_t)sig);
	}
}

static void close_all_but(const int *keep, size_t count)
{
	for (int fd = 0; fd < 256; fd++) {
		bool wanted = false;

		for (size_t i = 0; i < count; i++)
			wanted |= keep[i] == fd;
		if (!wanted)
			close(fd);
	}
}

struct block {
	const struct vh_root *root;
	const char *gone, *there;
	int (*finish)(void *);
	void *arg;
	pid_t victim, parent;
};

static bool is_over(const struct block *b)
{
	return (b->gone && !vh_root_exists(b->root, "%s", b->gone)) ||
	       (b->there && vh_root_exists(b->root, "%s", b->there));
}

/* The helper. Ends with the tree too: a test that failed has removed it. */
static int wait_and_finish(const struct block *b)
{
	int64_t end = vh_now_ms() + BLOCK_MAX;

	while (!is_over(b)) {
		pass_stops(b->victim);
		if (vh_now_ms() > end || !vh_root_exists(b->root, FAKE_LOCK))
			_exit(0);
		poll(NULL, 0, 5);
	}
	return b->finish(b->arg);
}

int fake_block(const struct vh_root *root, const char *gone, const char *there, int keep_fd,
	       bool orphan, int (*finish)(void *), void *arg)
{
	struct block b = { root, gone, there, finish, arg, getpid(), getppid() };
	int result = -EINTR, fds[2];
	char ready;
	pid_t helper;

	if (pipe2(fds, O_CLOEXEC) < 0 || (helper = fork()) < 0)
		return -errno;
	if (helper == 0) {
		int keep[] = { root->fd, keep_fd, fds[1] };

		close_all_but(keep, VH_COUNT(keep));
		setpgid(0, 0); /* who kills the group means the others */
		prctl(PR_SET_PDEATHSIG, 0);
		poll(NULL, 0, 1);
		for (int tries = 0; !trace(b.victim) && tries < 100; tries++)
			poll(NULL, 0, 1); /* until it has allowed us, below */
		(void)!write(fds[1], "r", 1);
		if (orphan)
			end_other(root, b.parent); /* the victim's death, as far as it can die */
		result = wait_and_finish(&b);
		(void)!write(fds[1], &result, sizeof(result));
		_exit(0); /* which lets the victim go */
	}
	close(fds[1]);
	prctl(PR_SET_PTRACER, helper);
	while (read(fds[0], &ready, 1) < 0 && errno == EINTR)
		;
	while (read(fds[0], &result, sizeof(result)) < 0 && errno == EINTR)
		;
	close(fds[0]);
	waitpid(helper, NULL, 0);
	return result;
}

bool fake_can_hang(void)
{
	int fds[2], status;
	pid_t victim, helper;
	char yes = 'n';

	if (pipe(fds) < 0 || (victim = fork()) < 0)
		return false;
	if (victim == 0) {
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	helper = fork();
	if (helper == 0) {
		poll(NULL, 0, 20);
		yes = trace(victim) ? 'y' : 'n';
		(void)!write(fds[1], &yes, 1);
		_exit(0);
	}
	close(fds[1]);
	(void)!read(fds[0], &yes, 1);
	close(fds[0]);
	waitpid(helper, &status, 0);
	kill(victim, SIGKILL);
	waitpid(victim, &status, 0);
	return yes == 'y';
}
