/* SPDX-License-Identifier: GPL-2.0-or-later */
/* batch - a lane for each slot, in which one write at a time is made, up to its deadline. */
#include "lib/act/batch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>

#include "lib/act/hold.h"
#include "lib/act/writer.h"

#include "lib/base/banned.h"

void vh_batch_add(struct vh_batch *b, const struct vh_pci_addr *addr, const char *value,
		  const char *fmt, ...)
{
	struct vh_write *w = VH_APPEND(b->writes, b->count);
	va_list ap;

	va_start(ap, fmt);
	w->path = vh_vprintf(fmt, ap);
	va_end(ap);
	w->addr = *addr;
	w->value = vh_strdup(value);
}

void vh_batch_clear(struct vh_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->writes[i].path);
		free(b->writes[i].value);
		vh_names_clear(&b->writes[i].disks);
	}
	free(b->writes);
	memset(b, 0, sizeof(*b));
}

/* The writes to one slot. */
struct lane {
	struct vh_pci_addr slot;
	size_t writer; /* of the slot */
	size_t at;     /* the write that is made, or the next one to look for */
	bool busy;
	int64_t deadline;
};

struct run {
	const struct vh_act *act;
	struct vh_writers *writers;
	struct vh_batch *batch;
	struct lane *lanes;
	size_t n_lanes;
};

static bool is_stuck(const struct vh_batch *b, size_t before, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < before; i++)
		if (b->writes[i].result == VH_WRITE_STUCK && !vh_pci_cmp(&b->writes[i].addr, addr))
			return true;
	return false;
}

/* The next write of an idle lane, or NULL. */
static struct vh_write *next_write(const struct run *r, struct lane *lane)
{
	for (; lane->at < r->batch->count; lane->at++) {
		struct vh_write *w = &r->batch->writes[lane->at];

		if (!vh_pci_same_slot(&w->addr, &lane->slot))
			continue;
		if (!is_stuck(r->batch, lane->at, &w->addr))
			return w;
		w->result = VH_WRITE_STUCK;
	}
	return NULL;
}

static void finish(const struct run *r, struct lane *lane, int result)
{
	r->batch->writes[lane->at++].result = result;
	lane->busy = false;
}

static void begin(const struct run *r, struct lane *lane)
{
	int error;

	lane->deadline = vh_now_ms() + r->act->config->timeout_write;
	if (lane->deadline > r->act->deadline)
		lane->deadline = r->act->deadline;
	lane->busy = true;
	error = vh_writer_tell(r->writers, lane->writer, r->act, &r->batch->writes[lane->at]);
	if (error)
		finish(r, lane, error);
}

/* Begins the next write of every idle lane. Those that a guard looks at before are looked at right
 * now, all that are ready at once. Is there any that ended already? */
static bool advance(const struct run *r)
{
	_auto_free_ struct vh_write **looked = vh_alloc(r->n_lanes * sizeof(struct vh_write *));
	_auto_free_ struct lane **lanes = vh_alloc(r->n_lanes * sizeof(struct lane *));
	bool ended = false;
	size_t n = 0;

	for (size_t i = 0; i < r->n_lanes; i++) {
		struct lane *lane = &r->lanes[i];
		struct vh_write *w = lane->busy ? NULL : next_write(r, lane);

		if (!w)
			continue;
		if (w->guard == VH_GUARD_UNUSED) {
			looked[n] = w;
			lanes[n++] = lane;
			continue;
		}
		begin(r, lane);
		ended |= !lane->busy;
	}
	if (n)
		vh_hold_look(r->act, looked, n);
	for (size_t i = 0; i < n; i++) {
		if (looked[i]->result)
			finish(r, lanes[i], looked[i]->result);
		else
			begin(r, lanes[i]);
		ended |= !lanes[i]->busy;
	}
	return ended;
}

/* "driver nvme to release 0000:06:00.0"; of several lanes the one whose time is up first. */
static void tell_waiting(const struct run *r, const struct lane *lane, size_t others)
{
	const struct vh_write *w = &r->batch->writes[lane->at];
	const char *driver = strstr(w->path, "/drivers/"), *what = strrchr(w->path, '/');
	_auto_free_ char *name = NULL, *more = others ? vh_printf(" (and %zu more)", others) : NULL;

	if (driver && what > driver + strlen("/drivers"))
		name = vh_strndup(driver + strlen("/drivers/"),
				  (size_t)(what - driver) - strlen("/drivers/"));
	if (name)
		vh_root_waits(r->act->root, "driver %s to %s %s%s", name,
			      strcmp(what, "/unbind") != 0 ? "take" : "release",
			      vh_pci_str(&w->addr).s, more ? more : "");
	else
		vh_root_waits(r->act->root, "the driver of %s%s", vh_pci_str(&w->addr).s,
			      more ? more : "");
}

/* Waits until a write has ended, or its time is up. false: none is being made. */
static bool settle(const struct run *r)
{
	_auto_free_ struct pollfd *fds = vh_alloc(r->n_lanes * sizeof(*fds));
	const struct lane *first = NULL;
	int64_t soonest = INT64_MAX, left;
	size_t busy = 0;

	for (size_t i = 0; i < r->n_lanes; i++) {
		const struct lane *lane = &r->lanes[i];

		fds[i].fd = lane->busy ? r->writers->list[lane->writer].fd : -1;
		fds[i].events = POLLIN;
		busy += lane->busy;
		if (lane->busy && lane->deadline < soonest) {
			soonest = lane->deadline;
			first = lane;
		}
	}
	if (!first)
		return false;
	if (r->act->root->listener)
		tell_waiting(r, first, busy - 1);
	left = soonest - vh_now_ms();
	/* a signal: once more. More lanes than RLIMIT_NOFILE (EINVAL): each until its time is up */
	if (poll(fds, r->n_lanes, left < 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX) < 0 &&
	    errno == EINTR)
		return true;
	for (size_t i = 0; i < r->n_lanes; i++) {
		struct lane *lane = &r->lanes[i];

		if (lane->busy && fds[i].revents)
			finish(r, lane, vh_writer_hear(&r->writers->list[lane->writer]));
		else if (lane->busy && vh_now_ms() >= lane->deadline)
			finish(r, lane, vh_writer_stop(&r->writers->list[lane->writer]));
	}
	return true;
}

static size_t make_lanes(const struct vh_batch *b, struct vh_writers *ws, struct lane *lanes)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		size_t k = 0;

		while (k < n && !vh_pci_same_slot(&lanes[k].slot, &b->writes[i].addr))
			k++;
		if (k == n)
			lanes[n++] = (struct lane){
				.slot = b->writes[i].addr,
				.writer = vh_writer_find(ws, &b->writes[i].addr),
				.at = i,
			};
	}
	return n;
}

void vh_batch_run(const struct vh_act *act, struct vh_writers *ws, struct vh_batch *b)
{
	_auto_free_ struct lane *lanes = vh_alloc(b->count * sizeof(*lanes));
	struct run r = { act, ws, b, lanes, make_lanes(b, ws, lanes) };

	while (advance(&r) || settle(&r))
		;
}
