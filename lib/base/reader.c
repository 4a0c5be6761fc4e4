/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader - a socket between us and the child; answers come one by one, as the next may hang. */
#include "lib/base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/base/banned.h"

#define LOOK_EVERY 250 /* ms between two looks at a child that says nothing */
#define ASLEEP_MAX 12  /* looks in a row that find it asleep: it hangs */
#define WAKE_MAX 16    /* answers that are taken one by one, before they are let gather */
#define GATHER 300     /* microseconds for that */

/* A question as it crosses; `flat` bytes of its ctx follow. */
struct asked {
	vh_answer *answer;
	size_t from, count, flat;
};

/* --- the child -------------------------------------------------------------------------------- */

/* Each answer is its length, then as many bytes. */
static int answer_from(int fd, vh_answer *answer, void *ctx, size_t from, size_t count)
{
	for (size_t i = from; i < count; i++) {
		_auto_strbuf_ struct vh_strbuf sb = { 0 }, out = { 0 };

		answer(ctx, i, &sb);
		vh_strbuf_add_mem(&out, &sb.len, sizeof(sb.len));
		vh_strbuf_add_mem(&out, sb.data ? sb.data : "", sb.len);
		if (vh_write_all(fd, out.data, out.len) < 0)
			return -1;
	}
	return 0;
}

static bool receive(int fd, void *to, size_t len)
{
	for (char *p = to; len;) {
		ssize_t n = recv(fd, p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* What the child begins with, and answers first. */
struct beginning {
	struct vh_reader *reader; /* or NULL */
	const struct vh_question *q;
	size_t from;
	int fd;
};

static int answer_all(void *arg)
{
	const struct beginning *b = arg;
	struct asked asked;

	if (b->reader)
		b->reader->here = true;
	if (answer_from(b->fd, b->q->answer, b->q->ctx, b->from, b->q->count) < 0)
		return 1;
	while (b->reader && receive(b->fd, &asked, sizeof(asked))) {
		_auto_free_ void *ctx = vh_alloc(asked.flat + 1);

		if (!receive(b->fd, ctx, asked.flat) ||
		    answer_from(b->fd, asked.answer, ctx, asked.from, asked.count) < 0)
			return 1;
	}
	return 0;
}

/* --- with us ---------------------------------------------------------------------------------- */

struct asking {
	const struct vh_question *q;
	size_t from;
	struct vh_child child;
	int fd;
	int64_t deadline;
	char in[16384];
	size_t in_at, in_len, fills;
};

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
static bool fill(struct asking *a)
{
	ssize_t n;

	/* being woken costs more than an answer */
	if (a->fills++ >= WAKE_MAX)
		(void)usleep(GATHER);
	do
		n = wait_for_bytes(a->fd, a->child.pid, a->deadline)
			    ? recv(a->fd, a->in, sizeof(a->in), 0)
			    : 0;
	while (n < 0 && errno == EINTR);
	a->in_at = 0;
	a->in_len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool read_bytes(struct asking *a, void *to, size_t len)
{
	for (char *p = to; len;) {
		size_t n = a->in_len - a->in_at;

		if (!n && !fill(a))
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

/* Takes answers from the child up to the first that does not come. */
static void collect(struct asking *a)
{
	size_t len;

	for (; a->from < a->q->count; a->from++) {
		_auto_strbuf_ struct vh_strbuf said = { 0 };
		_auto_free_ char *data = NULL;

		if (!read_bytes(a, &len, sizeof(len)))
			return;
		data = vh_alloc(len + 1);
		if (!read_bytes(a, data, len))
			return;
		vh_strbuf_add_mem(&said, data, len);
		a->q->heard(a->q->hearer, a->from, &said);
	}
}

static bool start(struct asking *a, struct vh_reader *r, int fd)
{
	struct beginning b = { .reader = r, .q = a->q, .from = a->from };
	int pair[2], started;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	b.fd = pair[1];
	started = vh_child_start(&a->child, answer_all, &b, (int[]){ fd, pair[1] }, 2);
	close(pair[1]);
	a->fd = pair[0];
	if (started < 0)
		close(pair[0]);
	return started == 0;
}

/* Of the one that is there, if it is and can be asked this. */
static bool tell(struct asking *a, struct vh_reader *r)
{
	struct asked asked = { a->q->answer, a->from, a->q->count, a->q->flat };
	_auto_strbuf_ struct vh_strbuf out = { 0 };

	if (!r || r->child.state != VH_CHILD_RUNNING)
		return false;
	if (a->q->flat) {
		vh_strbuf_add_mem(&out, &asked, sizeof(asked));
		vh_strbuf_add_mem(&out, a->q->ctx, a->q->flat);
		if (send(r->fd, out.data, out.len, MSG_NOSIGNAL) == (ssize_t)out.len) {
			a->child = r->child;
			a->fd = r->fd;
			return true;
		}
	}
	vh_reader_end(r);
	return false;
}

/* It stays with `r`, or ends. One that hangs is left behind. */
static void leave(struct asking *a, struct vh_reader *r)
{
	bool hangs = a->from < a->q->count;

	if (r && !hangs) {
		r->child = a->child;
		r->fd = a->fd;
		return;
	}
	/* one that has answered all ends at once */
	(void)vh_child_wait(&a->child, 1, hangs ? 0 : a->deadline);
	close(a->fd);
	if (r)
		r->child.state = VH_CHILD_IDLE;
}

/* In the child that is asked for others. */
static void answer_here(const struct vh_question *q)
{
	for (size_t i = 0; i < q->count; i++) {
		_auto_strbuf_ struct vh_strbuf said = { 0 };

		vh_strbuf_add(&said, "");
		q->answer(q->ctx, i, &said);
		q->heard(q->hearer, i, &said);
	}
}

void vh_reader_put(struct vh_reader *r, const struct vh_question *q, int fd, int timeout_ms)
{
	static const struct vh_strbuf nothing;
	struct asking a = { .q = q, .deadline = vh_now_ms() + timeout_ms };

	if (r && r->here) {
		answer_here(q);
		return;
	}
	while (a.from < q->count) {
		if (vh_now_ms() < a.deadline && (tell(&a, r) || start(&a, r, fd))) {
			a.in_at = a.in_len = 0;
			collect(&a);
			leave(&a, r);
		} else {
			a.deadline = 0; /* no more time, or no child: nor for the others */
		}
		/* the one that hangs stays unknown; the others get a new child */
		if (a.from < q->count)
			q->heard(q->hearer, a.from++, &nothing);
	}
}

static void keep(void *hearer, size_t i, const struct vh_strbuf *said)
{
	struct vh_strbuf *ret = hearer;

	if (said->data)
		vh_strbuf_add_mem(&ret[i], said->data, said->len);
}

void vh_reader_ask(vh_answer *answer, void *ctx, size_t count, int fd, int timeout_ms,
		   struct vh_strbuf *ret)
{
	struct vh_question q = {
		.answer = answer,
		.ctx = ctx,
		.count = count,
		.heard = keep,
		.hearer = ret,
	};

	memset(ret, 0, count * sizeof(*ret));
	vh_reader_put(NULL, &q, fd, timeout_ms);
}

void vh_reader_end(struct vh_reader *r)
{
	if (r->child.state != VH_CHILD_RUNNING)
		return;
	close(r->fd);
	vh_child_end(&r->child);
	r->child.state = VH_CHILD_IDLE;
}
