/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrap - a stream that breaks lines at words. Words are held back until it is known whether they
 * fit; marks that no text can contain (vh_printable_line()) say how a line is to be broken.
 */
#include "cli/wrap.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define MARK_HANG '\001'
#define MARK_COMMAND '\002'
#define MARK_DOCUMENT '\003'
#define ESCAPE '\033'

#define INDENT 4 /* of a continued line, beyond its first */
#define ROOM 24  /* columns that a continued line has at least, if the terminal has them */

struct wrapper {
	int fd;
	size_t width;
	bool document;

	/* of the line */
	size_t column; /* of what is written */
	size_t blanks; /* before the word */
	size_t indent; /* before the first word */
	size_t hang;
	bool begun, has_hang, escape;
	bool command, comment;
	char quote; /* within '...' or "...": of a command only */

	struct vh_strbuf word;
	size_t word_columns;
	struct vh_strbuf out;
};

/* --- words and lines -------------------------------------------------------------------------- */

static void put_blanks(struct wrapper *w, size_t n)
{
	while (n--)
		vh_strbuf_add_mem(&w->out, " ", 1);
}

/* Where the word goes in a new line. One that is too long for that gets as much as there is. */
static size_t hang_of(const struct wrapper *w)
{
	size_t hang = w->has_hang ? w->hang : w->indent + INDENT;

	if (hang + ROOM > w->width)
		hang = w->indent + INDENT;
	if (hang + w->word_columns > w->width)
		hang = w->word_columns < w->width ? w->width - w->word_columns : 0;
	return hang;
}

static void break_line(struct wrapper *w)
{
	size_t hang = hang_of(w);

	if (w->command && !w->comment)
		vh_strbuf_add(&w->out, " \\");
	vh_strbuf_add(&w->out, "\n");
	put_blanks(w, hang);
	w->column = hang;
	w->blanks = 0;
	if (!w->comment)
		return;
	vh_strbuf_add(&w->out, "# ");
	w->column += 2;
}

static void put_word(struct wrapper *w)
{
	size_t limit = w->width - (w->command && !w->comment ? 2 : 0);
	bool begins = w->word.len && w->word.data[0] == '#';

	if (!w->word.len)
		return;
	if (!w->begun)
		w->indent = w->blanks;
	else if (w->blanks && w->column + w->blanks + w->word_columns > limit)
		break_line(w);
	put_blanks(w, w->blanks);
	vh_strbuf_add_mem(&w->out, w->word.data, w->word.len);
	w->column += w->blanks + w->word_columns;
	w->begun |= w->word_columns > 0;
	w->comment |= w->command && begins;
	w->blanks = w->word_columns = w->word.len = 0;
}

static void end_line(struct wrapper *w)
{
	put_word(w);
	vh_strbuf_add(&w->out, "\n");
	w->column = w->blanks = w->indent = w->hang = 0;
	w->begun = w->has_hang = w->command = w->comment = false;
	w->quote = 0;
}

static void add_to_word(struct wrapper *w, char c)
{
	vh_strbuf_add_mem(&w->word, &c, 1);
	if (c == ESCAPE)
		w->escape = true;
	else if (w->escape)
		w->escape = c != 'm'; /* only colours are written */
	else
		w->word_columns += ((unsigned char)c & 0xc0) != 0x80;
	if (w->command && w->quote)
		w->quote = c == w->quote ? 0 : w->quote;
	else if (w->command && !w->comment && (c == '\'' || c == '"'))
		w->quote = c;
}

static void take(struct wrapper *w, char c)
{
	if (w->document) {
		vh_strbuf_add_mem(&w->out, &c, 1);
		return;
	}
	switch (c) {
	case MARK_HANG:
		w->hang = w->column + w->blanks + w->word_columns;
		w->has_hang = true;
		break;
	case MARK_COMMAND:
		w->hang = w->column + w->blanks + w->word_columns + 2;
		w->has_hang = w->command = true;
		break;
	case MARK_DOCUMENT:
		put_word(w);
		w->document = true;
		break;
	case '\n':
		end_line(w);
		break;
	case ' ':
		if (w->quote) {
			add_to_word(w, c);
			break;
		}
		put_word(w);
		w->blanks++;
		break;
	default:
		add_to_word(w, c);
	}
}

/* --- the stream ------------------------------------------------------------------------------- */

#ifdef __GLIBC__ /* elsewhere stdout is a constant, and nothing is wrapped */

static ssize_t wrap_write(void *cookie, const char *data, size_t len)
{
	struct wrapper *w = cookie;

	w->out.len = 0;
	for (size_t i = 0; i < len; i++)
		take(w, data[i]);
	for (size_t done = 0; done < w->out.len;) {
		ssize_t n = write(w->fd, w->out.data + done, w->out.len - done);

		if (n <= 0)
			return 0; /* which is an error to the stream */
		done += (size_t)n;
	}
	return (ssize_t)len;
}

static int wrap_close(void *cookie)
{
	struct wrapper *w = cookie;

	vh_strbuf_clear(&w->word);
	vh_strbuf_clear(&w->out);
	free(w);
	return 0;
}

/* NULL: not a terminal, or one that does not say how wide it is. */
static FILE *wrapped(int fd)
{
	static const cookie_io_functions_t functions = { .write = wrap_write, .close = wrap_close };
	struct winsize size = { 0 };
	struct wrapper *w;
	FILE *f;

	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col < ROOM)
		return NULL;
	w = vh_alloc(sizeof(*w));
	w->fd = fd;
	w->width = size.ws_col;
	f = fopencookie(w, "w", functions);
	if (f)
		setvbuf(f, NULL, _IOLBF, 0);
	else
		free(w);
	return f;
}

void vh_wrap_begin(void)
{
	FILE *out = wrapped(STDOUT_FILENO), *err = wrapped(STDERR_FILENO);

	stdout = out ? out : stdout;
	stderr = err ? err : stderr;
}

bool vh_wrap_is_on(FILE *f)
{
	return fileno(f) < 0; /* no other stream of ours is without a descriptor */
}

#else

void vh_wrap_begin(void)
{
}

bool vh_wrap_is_on(FILE *f)
{
	(void)f;
	return false;
}

#endif

/* --- marks ------------------------------------------------------------------------------------ */

static void mark(FILE *f, int c)
{
	if (vh_wrap_is_on(f))
		fputc(c, f);
}

void vh_wrap_hang(FILE *f)
{
	mark(f, MARK_HANG);
}

void vh_wrap_command(FILE *f)
{
	mark(f, MARK_COMMAND);
}

void vh_wrap_document(FILE *f)
{
	mark(f, MARK_DOCUMENT);
}

/* --- commands --------------------------------------------------------------------------------- */

/* What findings tell to type: tests/unit/t-fix-words.c compares with fix-commands.h. */
static const char *const commands[] = {
	"chmod",     "chown",     "crictl",    "cryptsetup", "depmod",     "diff",
	"dmsetup",   "docker",    "drbdsetup", "echo",       "fcoeadm",    "fuser",
	"getent",    "grep",      "install",   "ip",         "iscsiadm",   "journalctl",
	"loginctl",  "losetup",   "lvchange",  "machinectl", "mdadm",      "mdevctl",
	"mkdir",     "modprobe",  "multipath", "nbd-client", "nmcli",      "numactl",
	"nvme",      "ovs-vsctl", "podman",    "rbd",        "restorecon", "rm",
	"semanage",  "setsebool", "ssh",       "swapoff",    "systemctl",  "systemd-run",
	"targetcli", "umount",    "usbip",     "vfio-hook",  "virsh",      "virt-xml",
	"zpool",
};

static bool is_command(const char *line)
{
	size_t n = strcspn(line, " ");

	for (size_t i = 0; i < VH_COUNT(commands); i++)
		if (line[n] && vh_is_word(line, n, commands[i]))
			return !vh_has_prefix(line, "install ") || line[n + 1] == '-';
	return false;
}

const char *vh_wrap_find_command(const char *line)
{
	while (!is_command(line)) {
		line = strstr(line, ": ");
		if (!line)
			return NULL;
		line += 2;
	}
	return line;
}
