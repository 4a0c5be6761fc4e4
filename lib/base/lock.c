/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock - a timer's signal interrupts who sleeps in flock(2). */
#include "lib/base/lock.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>
#include <time.h>

#include "lib/base/banned.h"

#define FIRST 5  /* ms */
#define MOST 320 /* ms; then whoever waits looks whether its time is up */
#define AGAIN 10 /* ms, after which an alarm that came too early comes again */

static void wake(int number)
{
	(void)number;
}

static bool set_timer(int ms)
{
	const struct itimerval t = {
		.it_value = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L },
		/* one that comes before we sleep would be lost */
		.it_interval = { .tv_usec = ms ? AGAIN * 1000L : 0 },
	};

	return setitimer(ITIMER_REAL, &t, NULL) == 0;
}

/* With the alarm handled, without SA_RESTART: it ends the call. 0 or an errno. *ret_quiet: no alarm
 * comes any more. */
static int sleep_in_lock(int fd, int ms, bool *ret_quiet)
{
	int error = ENOTSUP;

	if (set_timer(ms))
		error = flock(fd, LOCK_EX) == 0 ? 0 : errno;
	*ret_quiet = set_timer(0);
	return error;
}

bool vh_lock_take(int fd, int ms)
{
	const struct timespec pause = { .tv_nsec = FIRST * 1000000L };
	const struct sigaction action = { .sa_handler = wake };
	struct sigaction before;
	sigset_t alarm, mask;
	bool quiet;
	int error;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (!ms || sigaction(SIGALRM, &action, &before) < 0) {
		if (ms)
			nanosleep(&pause, NULL);
		return false;
	}
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, &mask);
	error = sleep_in_lock(fd, ms, &quiet);
	if (quiet) {
		sigprocmask(SIG_SETMASK, &mask, NULL);
		(void)!sigaction(SIGALRM, &before, NULL);
	}
	if (error && error != EINTR) /* there are no locks now, or no timers */
		nanosleep(&pause, NULL);
	errno = EWOULDBLOCK;
	return !error;
}

int vh_lock_next(int ms, int64_t deadline)
{
	int64_t left = deadline - vh_now_ms(), next = ms ? 2 * (int64_t)ms : FIRST;

	next = next < MOST ? next : MOST;
	next = next < left ? next : left;
	return next > 1 ? (int)next : 1;
}
