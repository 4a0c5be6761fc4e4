/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child - see child.h. */
#include "lib/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/banned.h"

#define KILLED 126
#define KILL_GRACE 200 /* ms that a killed child gets to disappear */
#define FD_MAX 65536   /* where there is no close_range(2): Linux before 5.9 */

/* Descriptors 0 to 2 are closed: the first that is opened is 0. */
static void open_stdio(void)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		if (fd != null)
			dup2(null, fd);
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

static void close_from(int from, const int *keep, size_t n_keep)
{
	for (;;) {
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

void vh_child_close_others(const int *keep, size_t n_keep)
{
	close_from(3, keep, n_keep);
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
	close_from(0, keep, n_keep);
	open_stdio();
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

static bool any_runs(struct vh_child *children, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		poll_child(&children[i]);
		any |= children[i].state == VH_CHILD_RUNNING;
	}
	return any;
}

/* Waits while one of them runs. */
static void wait_until(struct vh_child *children, size_t count, int64_t deadline)
{
	sigset_t chld, old;

	/* blocked before the first look: a child that ends in between leaves it pending */
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	while (any_runs(children, count)) {
		int64_t left = deadline - vh_now_ms();
		struct timespec ts = { left / 1000, left % 1000 * 1000000 };

		if (left <= 0)
			break;
		(void)sigtimedwait(&chld, NULL, &ts); /* whatever it says, we look again */
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
}

bool vh_child_wait(struct vh_child *children, size_t count, int64_t deadline)
{
	wait_until(children, count, deadline);
	if (!any_runs(children, count))
		return true;
	for (size_t i = 0; i < count; i++)
		if (children[i].state == VH_CHILD_RUNNING)
			kill(children[i].pid, SIGKILL);
	wait_until(children, count, vh_now_ms() + KILL_GRACE);
	for (size_t i = 0; i < count; i++)
		if (children[i].state == VH_CHILD_RUNNING)
			children[i].state = VH_CHILD_STUCK;
	return false;
}

void vh_child_end(struct vh_child *c)
{
	/* it holds nothing whose closing could take long, and sleeps in recv(2): it dies at once */
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->state = VH_CHILD_DONE;
	c->result = KILLED;
}
