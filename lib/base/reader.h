/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reader - asks a child what may block: one for each question, or one that stays and is asked
 * again. It holds no lock of ours, so that nobody has to wait for a reader that hangs.
 */
#ifndef VH_READER_H
#define VH_READER_H

#include "lib/base/child.h"

/* In the child: adds what is to be known of thing `i`. */
typedef void vh_answer(void *ctx, size_t i, struct vh_strbuf *to);
/* With us: the answer; `said->data` is NULL where there was no answer. */
typedef void vh_heard(void *ctx, size_t i, const struct vh_strbuf *said);

/* A reader that stays. */
struct vh_reader {
	struct vh_child child; /* RUNNING: it can be asked */
	int fd;                /* to talk with it */
	bool here;             /* this process is that child: it reads by itself */
};

struct vh_question {
	vh_answer *answer;
	void *ctx; /* of `answer` */
	/* Bytes of `ctx`, where they alone are what it has to know: then one that stays can be
	 * asked. It is a copy of us as we were when it began: addresses in them have to be of what
	 * was there then and has not changed. 0: a new child has all that `ctx` leads to. */
	size_t flat;
	size_t count; /* of the things */
	vh_heard *heard;
	void *hearer; /* ctx of `heard` */
};

/*
 * Asks for each of the things, in this order, and tells `heard` of each before a child is made for
 * what comes after it. `timeout_ms` bounds the whole call: the asking blocks on one of them (a
 * reader waits for the lock of a device whose driver hangs), and the others are asked in another
 * child. A child hangs that says nothing and sleeps for three seconds; one that a busy machine does
 * not run is waited for. The child keeps `fd` alone. `r`: it stays with that; NULL: it ends.
 */
void vh_reader_put(struct vh_reader *r, const struct vh_question *q, int fd, int timeout_ms);

/* The same of a child that ends; what it says becomes ret[i]. Caller clears the buffers. */
void vh_reader_ask(vh_answer *answer, void *ctx, size_t count, int fd, int timeout_ms,
		   struct vh_strbuf *ret);

/* Ends the one that stays. */
void vh_reader_end(struct vh_reader *r);

#endif
