/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-child - what runs in a child: what it holds, how long it is waited for. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/base/reader.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

/* --- what it holds --------------------------------------------------------------------------- */

/* How many descriptors above 2 are open; 100 more if one that is to be kept is not. */
static int count_open(void *arg)
{
	const int *kept = arg;
	int n = 0;

	for (int fd = 3; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	for (int i = 0; i < 2; i++)
		if (kept[i] >= 0 && fcntl(kept[i], F_GETFD) < 0)
			n += 100;
	return n;
}

static int result_of(int (*fn)(void *), void *arg, const int *keep, size_t n_keep)
{
	struct vh_child c;

	if (vh_child_start(&c, fn, arg, keep, n_keep) < 0)
		return -1;
	return vh_child_wait(&c, 1, vh_now_ms() + 60000) ? c.result : -1;
}

static void test_descriptors(void)
{
	int fd[5], none[] = { -1, -1 }, high;

	for (size_t i = 0; i < VH_COUNT(fd); i++)
		fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	high = fcntl(fd[0], F_DUPFD_CLOEXEC, 900);
	ok(result_of(count_open, none, NULL, 0) == 0, "a child holds nothing of ours");
	ok(result_of(count_open, none, none, 2) == 0, "-1 is no descriptor to keep");
	ok(result_of(count_open, &fd[1], &fd[1], 2) == 2, "but what it is to keep");
	ok(result_of(count_open, (int[]){ high, fd[0] }, (int[]){ high, fd[0] }, 2) == 2,
	   "in any order, and beyond a gap");
	close(high);
	for (size_t i = 0; i < VH_COUNT(fd); i++)
		close(fd[i]);
}

static int is_silent(void *arg)
{
	char c;

	(void)arg;
	return read(0, &c, 1) == 0 && write(1, "x", 1) == 1 && write(2, "x", 1) == 1;
}

/* --- how long --------------------------------------------------------------------------------- */

static int end_with(void *arg)
{
	return *(int *)arg;
}

static int end_by_signal(void *arg)
{
	(void)arg;
	return raise(SIGTERM);
}

static int sleep_on(void *arg)
{
	(void)arg;
	return pause(); /* until a signal, which ends it */
}

static void test_results(void)
{
	struct vh_child c[2];
	int seven = 7;

	ok(result_of(is_silent, NULL, NULL, 0) == 1, "0 to 2 are /dev/null");
	ok(result_of(end_with, &seven, NULL, 0) == 7, "what it returns");
	ok(result_of(end_by_signal, NULL, NULL, 0) == 126, "a signal ended it");
	VH_IGNORE(vh_child_start(&c[0], sleep_on, NULL, NULL, 0));
	VH_IGNORE(vh_child_start(&c[1], end_with, &seven, NULL, 0));
	ok(vh_child_wait(&c[1], 1, vh_now_ms() + 60000) && c[0].state == VH_CHILD_RUNNING &&
		   c[1].state == VH_CHILD_DONE && c[1].result == 7,
	   "one of two ends");
	ok(!vh_child_wait(c, 2, vh_now_ms()) && c[0].state == VH_CHILD_DONE, "the other is killed");
}

/* --- asking ------------------------------------------------------------------------------------- */

#define LONG 100000 /* bytes: more than a pipe holds */

/*
 * A parent in vfork() sleeps in state D until its child has ended: for those who look, a reader
 * that waits for a driver. The grandchild ends when its parent has been killed.
 */
static void hang(void)
{
	pid_t me = getpid();

	if (vfork() == 0) {
		while (getppid() == me)
			poll(NULL, 0, 10);
		_exit(0);
	}
}

static void answer(void *ctx, size_t i, struct vh_strbuf *to)
{
	const char *what = ((const char *const *)ctx)[i];

	if (!strcmp(what, "hang")) {
		hang();
	} else if (!strcmp(what, "wait")) {
		pause();
	} else if (!strcmp(what, "spin")) {
		for (volatile bool on = true; on;)
			;
	} else if (!strcmp(what, "die")) {
		_exit(1);
	} else if (!strcmp(what, "long")) {
		for (int n = 0; n < LONG; n++)
			vh_strbuf_add(to, "x");
	} else {
		vh_strbuf_add(to, what);
	}
}

static void ask(const char *const *things, size_t count, int timeout, struct vh_strbuf *ret)
{
	vh_reader_ask(answer, (void *)things, count, -1, timeout, ret);
}

static bool is(const struct vh_strbuf *sb, const char *want)
{
	return vh_streq(sb->data, want);
}

static void test_asking(void)
{
	static const char *const easy[] = { "one", "", "long", "two" };
	static const char *const deadly[] = { "one", "die", "two" };
	static const char *const waiting[] = { "one", "wait", "two" };
	static const char *const busy[] = { "one", "spin", "two" };
	struct vh_strbuf ret[5];

	ask(easy, 4, 60000, ret);
	ok(is(&ret[0], "one") && is(&ret[1], "") && ret[2].len == LONG && is(&ret[3], "two"),
	   "answers, short and long");
	for (size_t i = 0; i < 4; i++)
		vh_strbuf_clear(&ret[i]);
	ask(deadly, 3, 60000, ret);
	ok(is(&ret[0], "one") && !ret[1].data && is(&ret[2], "two"), "one of which the child died");
	for (size_t i = 0; i < 3; i++)
		vh_strbuf_clear(&ret[i]);
	ask(waiting, 3, 60000, ret);
	ok(is(&ret[0], "one") && !ret[1].data && is(&ret[2], "two"),
	   "one that waits for something: the others are answered");
	vh_strbuf_clear(&ret[0]);
	vh_strbuf_clear(&ret[2]);
	ask(busy, 3, 4000, ret);
	ok(is(&ret[0], "one") && !ret[1].data && !ret[2].data,
	   "one that is busy is waited for, until all time is used up");
	vh_strbuf_clear(&ret[0]);
	ask(easy, 0, 300, ret);
	ok(true, "nothing to ask");
}

static void test_hanging(void)
{
	static const char *const hanging[] = { "one", "hang", "two", "hang", "three" };
	struct vh_strbuf ret[5];

	if (tap_under_valgrind()) {
		ok(true, "two that hang # SKIP valgrind makes a fork of vfork");
		return;
	}
	ask(hanging, 5, 60000, ret);
	ok(is(&ret[0], "one") && !ret[1].data && is(&ret[2], "two") && !ret[3].data &&
		   is(&ret[4], "three"),
	   "two that hang: the others are answered");
	for (size_t i = 0; i < 5; i++)
		vh_strbuf_clear(&ret[i]);
}

int main(void)
{
	test_descriptors();
	test_results();
	test_asking();
	test_hanging();
	return tap_done();
}
