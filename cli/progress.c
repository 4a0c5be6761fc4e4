/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress - see progress.h. */
#include "cli/progress.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/banned.h"

#define CLEAR "\r\033[K"

/* Of the limit it is better to show nothing than a part: a second line could not be taken away. */
static int left(const struct winsize *size, const char *line, const struct vh_progress *p)
{
	bool room = strlen(line) + strlen(", at most 3600 s") < size->ws_col;

	return room && p->limit_ms ? 32 : 0;
}

/* In the child; it is killed, or ends with its parent. */
static int show(void *arg)
{
	const struct vh_progress *p = arg;
	struct winsize size;

	while (sleep(1) == 0) {
		int64_t seconds = (vh_now_ms() - p->begin) / 1000;
		_auto_free_ char *line = vh_printf("vfio-hook: %s: %d s", p->what, (int)seconds);
		_auto_free_ char *limit = vh_printf(", at most %d s", (int)(p->limit_ms / 1000));
		_auto_free_ char *all = NULL;

		if (ioctl(p->fd, TIOCGWINSZ, &size) < 0 || !size.ws_col)
			size.ws_col = 80;
		all = vh_printf(CLEAR "%.*s%.*s", size.ws_col - 1, line, left(&size, line, p), limit);
		if (write(p->fd, all, strlen(all)) < 0)
			return 1;
	}
	return 0;
}

void vh_progress_begin(struct vh_progress *p, const char *what, int limit_ms)
{
	*p = (struct vh_progress){
		.what = what, .begin = vh_now_ms(), .limit_ms = limit_ms, .fd = -1
	};
	if (!isatty(STDERR_FILENO))
		return;
	p->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (p->fd >= 0 && vh_child_start(&p->child, show, p, &p->fd, 1) < 0) {
		close(p->fd);
		p->fd = -1;
	}
}

void vh_progress_hide(const struct vh_progress *p)
{
	if (p->fd >= 0)
		(void)!write(p->fd, CLEAR, strlen(CLEAR)); /* only for looks */
}

void vh_progress_end(struct vh_progress *p)
{
	if (p->fd < 0)
		return;
	(void)vh_child_wait(&p->child, 1, 0); /* kills it */
	vh_progress_hide(p);
	close(p->fd);
	p->fd = -1;
}
