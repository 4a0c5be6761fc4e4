/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress - see progress.h. What the child is told crosses as one message for each line. */
#include "cli/progress.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/base/printable.h"

#include "lib/base/banned.h"

#define CLEAR "\r\033[K"
#define WHAT_MAX 512
#define FIRST 1000 /* ms until something is shown */

/* --- the line --------------------------------------------------------------------------------- */

/* The words that fit, and "..." for the others; of a single long word its beginning. */
static char *shorten(const char *what, size_t room)
{
	size_t n = room > 3 ? room - 3 : 0, words = n;

	if (strlen(what) <= room)
		return vh_strdup(what);
	while (words && what[words] != ' ')
		words--;
	if (words < n / 2) {
		words = n;
		while (words && ((unsigned char)what[words] & 0xc0) == 0x80) /* inside a character */
			words--;
	}
	return vh_printf("%.*s...", (int)words, what);
}

char *vh_progress_line(const char *what, int seconds, int limit, size_t columns)
{
	_auto_free_ char *time = vh_printf(": %d s", seconds), *some = NULL;
	_auto_free_ char *most = limit ? vh_printf("%s, at most %d s", time, limit) : NULL;
	size_t len = strlen("vfio-hook: ") + strlen(what);

	if (most && len + strlen(most) < columns)
		return vh_printf("vfio-hook: %s%s", what, most);
	if (len + strlen(time) < columns)
		return vh_printf("vfio-hook: %s%s", what, time);
	some = shorten(what, columns > strlen(time) + 1 ? columns - strlen(time) - 1 : 0);
	return vh_printf("%s%s", some, time);
}

/* --- the child -------------------------------------------------------------------------------- */

struct shown {
	char what[WHAT_MAX];
	int64_t begin;
	int limit; /* seconds */
	int tty, talk;
};

/* Takes the newest text. false: there will be no other. */
static bool hear(struct shown *s)
{
	char text[WHAT_MAX];
	ssize_t n;

	while ((n = recv(s->talk, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = 0;
		memcpy(s->what, text, (size_t)n + 1);
	}
	return n < 0;
}

static int put(const struct shown *s)
{
	struct winsize size;
	_auto_free_ char *line = NULL, *all = NULL;

	if (ioctl(s->tty, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		size.ws_col = 80;
	line = vh_progress_line(s->what, (int)((vh_now_ms() - s->begin) / 1000), s->limit,
				size.ws_col);
	all = vh_printf(CLEAR "%s", line);
	return write(s->tty, all, strlen(all)) < 0 ? -1 : 0;
}

/* It is killed, or ends with its parent. */
static int show(void *arg)
{
	struct shown *s = arg;
	int64_t next = s->begin + FIRST;

	for (;;) {
		struct pollfd talk = { .fd = s->talk, .events = POLLIN };
		int64_t now = vh_now_ms();

		if (now < next && poll(&talk, 1, (int)(next - now)) > 0 && !hear(s))
			return 0;
		now = vh_now_ms();
		if (now < next)
			continue;
		next += 1000;
		if (put(s) < 0)
			return 1;
	}
}

/* --- with us ---------------------------------------------------------------------------------- */

static bool start(struct vh_progress *p, struct shown *s)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	s->tty = p->tty;
	s->talk = pair[1];
	p->talk = pair[0];
	if (vh_child_start(&p->child, show, s, (int[]){ s->tty, s->talk }, 2) < 0) {
		close(pair[0]);
		close(pair[1]);
		return false;
	}
	close(pair[1]);
	return true;
}

void vh_progress_begin(struct vh_progress *p, const char *what, int limit_ms)
{
	struct shown s = { .begin = vh_now_ms(), .limit = limit_ms / 1000 };

	*p = (struct vh_progress){ .tty = -1, .talk = -1, .owner = getpid(), .begin = s.begin };
	if (!isatty(STDERR_FILENO))
		return;
	(void)snprintf(s.what, sizeof(s.what), "%s", what); /* its beginning will do */
	p->tty = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (p->tty >= 0 && !start(p, &s)) {
		close(p->tty);
		p->tty = -1;
	}
}

/* A child of ours has closed what is talked through. */
static bool is_on(const struct vh_progress *p)
{
	return p->tty >= 0 && p->owner == getpid();
}

static void tell(const struct vh_progress *p, const char *text)
{
	_auto_free_ char *line = vh_printable(text, WHAT_MAX - 8);

	/* where there is no room the child has been told enough for now */
	(void)!send(p->talk, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void vh_progress_say(struct vh_progress *p, const char *fmt, ...)
{
	va_list ap;

	if (!is_on(p))
		return;
	free(p->doing);
	va_start(ap, fmt);
	p->doing = vh_vprintf(fmt, ap);
	va_end(ap);
	tell(p, p->doing);
}

static void waits(void *ctx, const char *what)
{
	const struct vh_progress *p = ctx;
	_auto_free_ char *text = NULL;

	if (!is_on(p))
		return;
	text = vh_printf("%s%swaiting for %s", p->doing ? p->doing : "", p->doing ? ", " : "", what);
	tell(p, text);
}

void vh_progress_listen(struct vh_progress *p, struct vh_root *root)
{
	if (p->tty < 0)
		return;
	p->listener = (struct vh_root_listener){ .waits = waits, .ctx = p };
	p->root = root;
	root->listener = &p->listener;
}

void vh_progress_read(struct vh_progress *p, struct vh_root *root)
{
	vh_progress_begin(p, "reading the host", 0);
	vh_progress_listen(p, root);
}

void vh_progress_hide(const struct vh_progress *p)
{
	if (p->tty >= 0 && vh_now_ms() - p->begin >= FIRST) /* else nothing is there */
		(void)!write(p->tty, CLEAR, strlen(CLEAR)); /* only for looks */
}

void vh_progress_end(struct vh_progress *p)
{
	if (p->root)
		p->root->listener = NULL;
	p->root = NULL;
	if (p->tty < 0)
		return;
	free(p->doing);
	p->doing = NULL;
	(void)vh_child_wait(&p->child, 1, 0); /* kills it */
	vh_progress_hide(p);
	close(p->talk);
	close(p->tty);
	p->tty = -1;
}
