/* SPDX-License-Identifier: GPL-2.0-or-later */
/* batch - a lane for each slot, in which one child at a time writes, up to its deadline. */
#include "lib/act/batch.h"

#include <errno.h>
#include <stdarg.h>

#include "lib/act/hold.h"
#include "lib/base/child.h"

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
	}
	free(b->writes);
	memset(b, 0, sizeof(*b));
}

const struct vh_write *vh_batch_failed(const struct vh_batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->writes[i].result)
			return &b->writes[i];
	return NULL;
}

struct job {
	const struct vh_act *act;
	const struct vh_write *write;
};

/* In the child. The exit status is an errno; Linux has none above 133 and those below 126
 * are all that sysfs answers with. */
static int do_write(void *arg)
{
	const struct job *job = arg;
	const struct vh_write *w = job->write;
	int rc = vh_hold_for(job->act, w);

	/* what it holds is closed when this process ends, after the write */
	if (rc)
		return rc;
	rc = vh_root_write(job->act->root, w->value, "%s", w->path);
	return rc < -125 ? EIO : -rc;
}

/* The writes to one slot. */
struct lane {
	struct vh_pci_addr slot;
	size_t at; /* the write that runs, or the next one to look for */
	int64_t deadline;
};

static bool is_stuck(const struct vh_batch *b, size_t before, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < before; i++)
		if (b->writes[i].result == VH_WRITE_STUCK && !vh_pci_cmp(&b->writes[i].addr, addr))
			return true;
	return false;
}

/* Starts the next write of an idle lane; returns false when it has none left. */
static bool advance(const struct vh_act *act, struct vh_batch *b, struct lane *lane, int lock,
		    struct vh_child *child)
{
	const int keep[] = { act->root->fd, lock };

	for (; lane->at < b->count; lane->at++) {
		struct vh_write *w = &b->writes[lane->at];
		struct job job = { act, w };

		if (!vh_pci_same_slot(&w->addr, &lane->slot))
			continue;
		if (is_stuck(b, lane->at, &w->addr)) {
			w->result = VH_WRITE_STUCK;
			continue;
		}
		lane->deadline = vh_now_ms() + act->config->timeout_write;
		if (lane->deadline > act->deadline)
			lane->deadline = act->deadline;
		vh_root_step(act->root, "fork");
		if (vh_child_start(child, do_write, &job, keep, VH_COUNT(keep)) == 0) {
			vh_root_step(act->root, "forked");
			return true;
		}
		w->result = errno;
	}
	return false;
}

/* Takes the result of a write that has ended, or ends it when its time is up. */
static void settle(struct vh_batch *b, struct lane *lane, struct vh_child *child)
{
	struct vh_write *w = &b->writes[lane->at];

	if (child->state == VH_CHILD_RUNNING && vh_now_ms() >= lane->deadline)
		(void)vh_child_wait(child, 1, 0);
	if (child->state == VH_CHILD_RUNNING)
		return;
	if (child->state == VH_CHILD_STUCK)
		w->result = VH_WRITE_STUCK;
	else
		w->result = child->result > 125 ? EINTR : child->result;
	child->state = VH_CHILD_IDLE;
	lane->at++;
}

static size_t make_lanes(const struct vh_batch *b, struct lane *lanes)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		size_t k = 0;

		while (k < n && !vh_pci_same_slot(&lanes[k].slot, &b->writes[i].addr))
			k++;
		if (k == n)
			lanes[n++] = (struct lane){ .slot = b->writes[i].addr, .at = i };
	}
	return n;
}

void vh_batch_run(const struct vh_act *act, struct vh_batch *b, int lock)
{
	_auto_free_ struct lane *lanes = vh_alloc(b->count * sizeof(*lanes));
	_auto_free_ struct vh_child *children = vh_alloc(b->count * sizeof(*children));
	size_t n = make_lanes(b, lanes);

	for (;;) {
		int64_t soonest = INT64_MAX;

		for (size_t i = 0; i < n; i++) {
			if (children[i].state == VH_CHILD_RUNNING ||
			    advance(act, b, &lanes[i], lock, &children[i]))
				soonest = lanes[i].deadline < soonest ? lanes[i].deadline : soonest;
		}
		if (soonest == INT64_MAX)
			return;
		vh_child_wait_any(children, n, soonest);
		for (size_t i = 0; i < n; i++)
			if (children[i].pid && children[i].state != VH_CHILD_IDLE)
				settle(b, &lanes[i], &children[i]);
	}
}
