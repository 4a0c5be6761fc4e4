/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child - see child.h. */
#include "lib/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define KILLED 126
#define KILL_GRACE 200  /* ms that a killed child gets to disappear */
#define SILENCE_MS 3000 /* a reader that says nothing for so long hangs */

static void detach_stdio(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

int vh_child_start(struct vh_child *child, int (*fn)(void *), void *arg, int close_fd)
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
	if (close_fd >= 0)
		close(close_fd);
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

void vh_children_wait_any(struct vh_child *children, size_t count, int64_t deadline)
{
	/* counted before the first look: a child that has ended by now is one */
	size_t n = count_running(children, count);

	if (n)
		wait_until(children, count, deadline, n - 1);
}

bool vh_children_wait(struct vh_child *children, size_t count, int64_t deadline)
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

/* --- bounded reading ----------------------------------------------------------------------- */

struct reader {
	const struct vh_root *root;
	char *const *paths;
	size_t from, count;
	int pipe[2];
};

/* Writes for each path one line: "+text" or, where it cannot be read, "-". */
static int read_all(void *arg)
{
	struct reader *r = arg;

	for (size_t i = r->from; i < r->count; i++) {
		_auto_free_ char *text = vh_root_read(r->root, "%s", r->paths[i]);
		_auto_free_ char *line = vh_printf("%s%.*s\n", text ? "+" : "-",
						   text ? (int)strcspn(text, "\n") : 0, text ? text : "");

		if (write(r->pipe[1], line, strlen(line)) < 0)
			return 1;
	}
	return 0;
}

/* Takes lines from the child until it is silent for SILENCE_MS or the deadline has come;
 * returns the first path it has not answered for. */
static size_t collect(struct reader *r, int64_t deadline, char **ret)
{
	_auto_strbuf_ struct vh_strbuf line = { 0 };
	size_t at = r->from;
	char buf[512];

	while (at < r->count) {
		struct pollfd p = { .fd = r->pipe[0], .events = POLLIN };
		int64_t left = deadline - vh_now_ms();
		ssize_t n = -1;

		if (left > 0 && poll(&p, 1, (int)(left < SILENCE_MS ? left : SILENCE_MS)) > 0)
			n = read(r->pipe[0], buf, sizeof(buf));
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n && at < r->count; i++) {
			if (buf[i] != '\n') {
				vh_strbuf_add_mem(&line, &buf[i], 1);
				continue;
			}
			if (line.len && line.data[0] == '+')
				ret[at] = vh_strdup(line.data + 1);
			vh_strbuf_clear(&line);
			at++;
		}
	}
	return at;
}

void vh_read_bounded(const struct vh_root *root, char *const *paths, size_t count, int timeout_ms,
		     int close_fd, char **ret)
{
	struct reader r = { .root = root, .paths = paths, .count = count };
	int64_t deadline = vh_now_ms() + timeout_ms;

	memset(ret, 0, count * sizeof(*ret));
	while (r.from < count && vh_now_ms() < deadline) {
		struct vh_child child;

		if (pipe2(r.pipe, O_CLOEXEC) < 0)
			return;
		if (vh_child_start(&child, read_all, &r, close_fd) < 0) {
			close(r.pipe[0]);
			close(r.pipe[1]);
			return;
		}
		close(r.pipe[1]);
		r.from = collect(&r, deadline, ret);
		close(r.pipe[0]);
		/* a child that has answered for all ends at once; one that hangs is left */
		(void)vh_children_wait(&child, 1, r.from < count ? 0 : deadline);
		r.from++; /* the one that hangs stays unknown; the others get a new child */
	}
}
