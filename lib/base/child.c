/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child - see child.h. */
#include "lib/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/banned.h"

#define KILLED 126
#define KILL_GRACE 200 /* ms that a killed child gets to disappear */
#define LOOK_EVERY 250 /* ms between two looks at a child that says nothing */
#define ASLEEP_MAX 12  /* looks in a row that find it asleep: it hangs */
#define WAKE_MAX 16    /* answers that are taken one by one, before they are let gather */
#define GATHER 300     /* microseconds for that */
#define FD_MAX 65536   /* where there is no close_range(2): Linux before 5.9 */

static void detach_stdio(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

static void close_between(int first, int last)
{
#ifdef SYS_close_range
	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
#endif
	for (int fd = first; fd <= last && fd < FD_MAX; fd++)
		close(fd);
}

void vh_child_close_others(const int *keep, size_t n_keep)
{
	for (int from = 3;;) {
		int next = INT_MAX;

		for (size_t i = 0; i < n_keep; i++)
			if (keep[i] >= from && keep[i] < next)
				next = keep[i];
		close_between(from, next == INT_MAX ? next : next - 1);
		if (next == INT_MAX)
			return;
		from = next + 1;
	}
}

int vh_child_start(struct vh_child *child, int (*fn)(void *), void *arg, const int *keep,
		   size_t n_keep)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -1;
	if (pid > 0) {
		*child = (struct vh_child){ .pid = pid, .state = VH_CHILD_RUNNING };
		return 0;
	}
	/* without its parent nobody would undo what this child does */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(KILLED);
	vh_child_close_others(keep, n_keep);
	detach_stdio();
	_exit(fn(arg));
}

/* Reaps a child that has ended. One that cannot be waited for (SIGCHLD ignored) has ended too. */
static void poll_child(struct vh_child *c)
{
	int status = 0;
	pid_t pid;

	if (c->state != VH_CHILD_RUNNING)
		return;
	pid = waitpid(c->pid, &status, WNOHANG);
	if (pid == 0 || (pid < 0 && errno != ECHILD))
		return;
	c->state = VH_CHILD_DONE;
	c->result = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

static size_t count_running(const struct vh_child *children, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += children[i].state == VH_CHILD_RUNNING;
	return n;
}

static size_t running(struct vh_child *children, size_t count)
{
	for (size_t i = 0; i < count; i++)
		poll_child(&children[i]);
	return count_running(children, count);
}

/* Waits while more than `enough` of them run. */
static void wait_until(struct vh_child *children, size_t count, int64_t deadline, size_t enough)
{
	sigset_t chld, old;

	/* blocked before the first look: a child that ends in between leaves it pending */
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	while (running(children, count) > enough) {
		int64_t left = deadline - vh_now_ms();
		struct timespec ts = { left / 1000, left % 1000 * 1000000 };

		if (left <= 0)
			break;
		(void)sigtimedwait(&chld, NULL, &ts); /* whatever it says, we look again */
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
}

void vh_child_wait_any(struct vh_child *children, size_t count, int64_t deadline)
{
	/* counted before the first look: a child that has ended by now is one */
	size_t n = count_running(children, count);

	if (n)
		wait_until(children, count, deadline, n - 1);
}

bool vh_child_wait(struct vh_child *children, size_t count, int64_t deadline)
{
	wait_until(children, count, deadline, 0);
	if (!running(children, count))
		return true;
	for (size_t i = 0; i < count; i++)
		if (children[i].state == VH_CHILD_RUNNING)
			kill(children[i].pid, SIGKILL);
	wait_until(children, count, vh_now_ms() + KILL_GRACE, 0);
	for (size_t i = 0; i < count; i++)
		if (children[i].state == VH_CHILD_RUNNING)
			children[i].state = VH_CHILD_STUCK;
	return false;
}

/* --- bounded asking ------------------------------------------------------------------------ */

/* Answers come through a pipe: the length, then as many bytes. The child writes each at once,
 * for the next one may hang; the parent reads what there is into `in`. */
struct asking {
	vh_answer *answer;
	void *ctx;
	size_t from, count;
	int pipe[2];
	char in[16384];
	size_t in_at, in_len, fills;
};

static int answer_all(void *arg)
{
	struct asking *a = arg;

	for (size_t i = a->from; i < a->count; i++) {
		_auto_strbuf_ struct vh_strbuf sb = { 0 }, out = { 0 };

		a->answer(a->ctx, i, &sb);
		vh_strbuf_add_mem(&out, &sb.len, sizeof(sb.len));
		vh_strbuf_add_mem(&out, sb.data ? sb.data : "", sb.len);
		if (vh_write_all(a->pipe[1], out.data, out.len) < 0)
			return 1;
	}
	return 0;
}

/* Is it anything but running or waiting for a processor? pid (comm) STATE ...; the name may hold
 * brackets, so the last one counts (proc(5)). */
static bool is_asleep(pid_t pid)
{
	_auto_free_ char *path = vh_printf("/proc/%d/stat", (int)pid);
	_auto_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[256], *end;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = 0;
	end = strrchr(text, ')');
	return end && strncmp(end, ") R", 3) != 0;
}

/* Waits until there is something to read. false: it will not come. */
static bool wait_for_bytes(int fd, pid_t pid, int64_t deadline)
{
	for (int asleep = 0; asleep < ASLEEP_MAX;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - vh_now_ms();

		if (left <= 0)
			return false;
		if (poll(&p, 1, (int)(left < LOOK_EVERY ? left : LOOK_EVERY)) > 0)
			return true;
		asleep = is_asleep(pid) ? asleep + 1 : 0;
	}
	return false;
}

/* Waits for more in a->in, which is empty. */
static bool fill(struct asking *a, pid_t pid, int64_t deadline)
{
	ssize_t n;

	/* being woken costs more than an answer */
	if (a->fills++ >= WAKE_MAX)
		(void)usleep(GATHER);
	do
		n = wait_for_bytes(a->pipe[0], pid, deadline)
			    ? read(a->pipe[0], a->in, sizeof(a->in))
			    : 0;
	while (n < 0 && errno == EINTR);
	a->in_at = 0;
	a->in_len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool read_bytes(struct asking *a, pid_t pid, int64_t deadline, void *to, size_t len)
{
	for (char *p = to; len;) {
		size_t n = a->in_len - a->in_at;

		if (!n && !fill(a, pid, deadline))
			return false;
		n = a->in_len - a->in_at;
		n = n < len ? n : len;
		memcpy(p, a->in + a->in_at, n);
		a->in_at += n;
		p += n;
		len -= n;
	}
	return true;
}

/* Takes answers from the child; returns the first that does not come. */
static size_t collect(struct asking *a, pid_t pid, int64_t deadline, struct vh_strbuf *ret)
{
	size_t at = a->from, len;

	for (; at < a->count; at++) {
		_auto_free_ char *data = NULL;

		if (!read_bytes(a, pid, deadline, &len, sizeof(len)))
			break;
		data = vh_alloc(len + 1);
		if (!read_bytes(a, pid, deadline, data, len))
			break;
		vh_strbuf_add_mem(&ret[at], data, len);
	}
	return at;
}

void vh_child_ask(vh_answer *answer, void *ctx, size_t count, int fd, int timeout_ms,
		  struct vh_strbuf *ret)
{
	struct asking a = { .answer = answer, .ctx = ctx, .count = count };
	int64_t deadline = vh_now_ms() + timeout_ms;

	memset(ret, 0, count * sizeof(*ret));
	while (a.from < count && vh_now_ms() < deadline) {
		struct vh_child child;
		int started;

		if (pipe2(a.pipe, O_CLOEXEC) < 0)
			return;
		started = vh_child_start(&child, answer_all, &a, (int[]){ fd, a.pipe[1] }, 2);
		close(a.pipe[1]);
		a.in_at = a.in_len = 0;
		if (started == 0) {
			a.from = collect(&a, child.pid, deadline, ret);
			/* one that has answered all ends at once; one that hangs is left */
			(void)vh_child_wait(&child, 1, a.from < count ? 0 : deadline);
		}
		close(a.pipe[0]);
		if (started < 0)
			return;
		a.from++; /* the one that hangs stays unknown; the others get a new child */
	}
}
