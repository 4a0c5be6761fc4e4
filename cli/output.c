/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output - see output.h. */
#include "cli/output.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <time.h>

#include "cli/advice.h"
#include "cli/wrap.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

size_t vh_output_columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

char *vh_output_time(int64_t seconds)
{
	time_t t = seconds;
	char buf[64] = "?";
	struct tm tm;

	if (localtime_r(&t, &tm))
		(void)strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S %z", &tm); /* it fits */
	return vh_strdup(buf);
}

void vh_put(FILE *f, const char *s)
{
	vh_put_column(f, s, 0);
}

void vh_put_column(FILE *f, const char *s, size_t width)
{
	_auto_free_ char *safe = vh_printable_line(s);
	size_t n = vh_output_columns(safe);

	fputs(safe, f);
	if (n < width)
		fprintf(f, "%*s", (int)(width - n), "");
}

/* A line that may tell what to type. */
static void put_advice(FILE *f, const char *line)
{
	const char *command = vh_wrap_find_command(line);
	_auto_free_ char *before = vh_strndup(line, command ? command - line : 0);

	if (!command) {
		vh_put(f, line);
		return;
	}
	vh_put(f, before);
	vh_wrap_command(f);
	vh_put(f, command);
}

void vh_put_lines(FILE *f, const char *first, const char *s)
{
	int indent = (int)strlen(first);

	fputs(first, f);
	for (;;) {
		const char *end = strchrnul(s, '\n');
		_auto_free_ char *line = vh_strndup(s, end - s);

		vh_wrap_hang(f);
		put_advice(f, line);
		fputc('\n', f);
		if (!*end || !end[1])
			return;
		s = end + 1;
		fprintf(f, "%*s", indent, "");
	}
}

static bool colored(const struct vh_cli *cli, FILE *f)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (cli->color != VH_COLOR_AUTO)
		return cli->color == VH_COLOR_ALWAYS;
	return !(no_color && *no_color) && !vh_streq(term, "dumb") &&
	       (vh_wrap_is_on(f) || isatty(fileno(f)));
}

void vh_put_styled(const struct vh_cli *cli, FILE *f, enum vh_style style, const char *s,
		   size_t width)
{
	static const char *const sgr[] = {
		[VH_HEAD] = "1",   [VH_GOOD] = "32",     [VH_CAUTION] = "1;35",
		[VH_BAD] = "1;31", [VH_INFORM] = "1;36", [VH_IN_USE] = "33",
	};
	bool styled = style != VH_PLAIN && colored(cli, f);

	if (styled)
		fprintf(f, "\033[%sm", sgr[style]);
	vh_put_column(f, s, width);
	if (styled)
		fputs("\033[0m", f);
}

void vh_put_severity(const struct vh_cli *cli, FILE *f, const char *word)
{
	enum vh_style style = VH_INFORM;

	if (vh_streq(word, "error"))
		style = VH_BAD;
	else if (vh_streq(word, "warning"))
		style = VH_CAUTION;
	vh_put_styled(cli, f, style, word, 0);
}

static void error_line(const struct vh_cli *cli, const char *subject, const char *what)
{
	fputs("vfio-hook: ", stderr);
	vh_put_severity(cli, stderr, "error");
	fputs(": ", stderr);
	if (subject) {
		vh_put(stderr, subject);
		fputs(": ", stderr);
	}
	vh_put(stderr, what);
	fputc('\n', stderr);
}

void vh_error(const struct vh_cli *cli, const char *fmt, ...)
{
	_auto_free_ char *what = NULL, *said = NULL;
	va_list ap;

	va_start(ap, fmt);
	said = vh_vprintf(fmt, ap);
	va_end(ap);
	what = vh_advice_text(cli, said);
	error_line(cli, NULL, what);
}

void vh_note(const char *fmt, ...)
{
	_auto_free_ char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = vh_vprintf(fmt, ap);
	va_end(ap);
	fputs("vfio-hook: ", stderr);
	vh_put(stderr, what);
	fputc('\n', stderr);
}

void vh_error_report(const struct vh_cli *cli, const char *subject, const struct vh_error *err)
{
	_auto_free_ char *fix = err->fix ? vh_advice_text(cli, err->fix) : NULL;

	error_line(cli, subject, err->what ? err->what : "unknown error");
	if (fix)
		vh_put_lines(stderr, "  fix: ", fix);
}

void vh_put_prose(FILE *f, const char *text)
{
	bool begins = true;

	for (const char *p = text; *p; p++) {
		bool joined = *p == '\n' && p[1] && !strchr("\n ", p[1]) && vh_wrap_is_on(f);

		if (begins && *p != ' ')
			vh_wrap_hang(f);
		begins = *p == '\n' && !joined;
		fputc(joined ? ' ' : *p, f);
	}
	fputc('\n', f);
}

/* Who reads the answer has seen enough of it: `vfio-hook list | head -1`. */
static bool is_unread(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) > 0 && p.revents & POLLERR;
}

int vh_output_finish(const struct vh_cli *cli)
{
	bool failed = ferror(stdout);
	int sys;

	errno = 0;
	if (fflush(stdout) != 0)
		failed = true;
	sys = errno;
	if (!failed)
		return 0;
	if (is_unread())
		return -1;
	vh_error(cli, "the output could not be written%s%s", sys ? ": " : "",
		 sys ? strerror(sys) : "");
	return -1;
}
