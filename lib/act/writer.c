/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writer - see writer.h. A write crosses as one message of words: the path, the value, the device
 * whose group has to be closed (or none), then the disks that are to be held. */
#include "lib/act/writer.h"

#include <errno.h>
#include <sys/socket.h>

#include "lib/act/hold.h"

#include "lib/base/banned.h"

#define MESSAGE_MAX 65536

/* --- the child -------------------------------------------------------------------------------- */

static const char *take_word(const char **at, const char *end)
{
	const char *word = *at < end ? *at : "";

	*at += strlen(word) + 1;
	return word;
}

/* No errno that sysfs answers with is above 125, where our own results begin. */
static int write_one(const struct vh_root *root, const char *words, const char *end)
{
	const char *path = take_word(&words, end), *value = take_word(&words, end);
	const char *closed = take_word(&words, end);
	_auto_held_ struct vh_held held = { 0 };
	struct vh_pci_addr addr;
	int rc;

	while (words < end)
		if (vh_hold_disk(&held, root, take_word(&words, end)) < 0)
			return VH_WRITE_USED;
	if (*closed) {
		rc = vh_pci_parse(closed, &addr) < 0 ? EINVAL : vh_hold_see_closed(root, &addr);
		if (rc)
			return rc;
	}
	rc = vh_root_write(root, value, "%s", path);
	return rc < -125 ? EIO : -rc;
}

struct beginning {
	const struct vh_root *root;
	int fd;
};

static int work(void *arg)
{
	const struct beginning *b = arg;
	char text[MESSAGE_MAX + 1];
	ssize_t n;

	while ((n = recv(b->fd, text, MESSAGE_MAX, 0)) > 0 || (n < 0 && errno == EINTR)) {
		int rc;

		if (n < 0)
			continue;
		text[n] = 0;
		rc = write_one(b->root, text, text + n);
		if (send(b->fd, &rc, sizeof(rc), MSG_NOSIGNAL) != sizeof(rc))
			return 1;
	}
	return 0;
}

/* --- with us ---------------------------------------------------------------------------------- */

size_t vh_writer_find(struct vh_writers *ws, const struct vh_pci_addr *slot)
{
	for (size_t i = 0; i < ws->count; i++)
		if (vh_pci_same_slot(&ws->list[i].slot, slot))
			return i;
	VH_APPEND(ws->list, ws->count)->slot = *slot;
	return ws->count - 1;
}

static int start(struct vh_writer *w, const struct vh_root *root, int lock)
{
	int pair[2], keep[] = { root->fd, lock, -1 }, error;
	struct beginning b = { .root = root };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return errno;
	b.fd = keep[2] = pair[1];
	vh_root_step(root, "fork");
	error = vh_child_start(&w->child, work, &b, keep, VH_COUNT(keep)) < 0 ? errno : 0;
	vh_root_step(root, "forked");
	close(pair[1]);
	w->fd = pair[0];
	if (error)
		close(pair[0]);
	return error;
}

int vh_writer_tell(struct vh_writers *ws, size_t i, const struct vh_act *act,
		   const struct vh_write *write)
{
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	struct vh_writer *w = &ws->list[i];
	int error;

	vh_strbuf_add_word(&text, write->path);
	vh_strbuf_add_word(&text, write->value);
	vh_strbuf_add_word(&text, write->guard == VH_GUARD_CLOSED ? vh_pci_str(&write->addr).s : "");
	for (size_t k = 0; k < write->disks.count; k++)
		vh_strbuf_add_word(&text, write->disks.name[k]);
	if (text.len > MESSAGE_MAX)
		return EMSGSIZE;
	error = w->child.state == VH_CHILD_RUNNING ? 0 : start(w, act->root, ws->lock);
	if (error)
		return error;
	if (send(w->fd, text.data, text.len, MSG_NOSIGNAL) == (ssize_t)text.len)
		return 0;
	error = errno;
	VH_IGNORE(vh_writer_stop(w)); /* it was told nothing */
	return error;
}

int vh_writer_stop(struct vh_writer *w)
{
	bool stuck = !vh_child_wait(&w->child, 1, 0) && w->child.state == VH_CHILD_STUCK;

	close(w->fd);
	w->child.state = VH_CHILD_IDLE;
	return stuck ? VH_WRITE_STUCK : EINTR;
}

int vh_writer_hear(struct vh_writer *w)
{
	ssize_t n;
	int rc;

	do
		n = recv(w->fd, &rc, sizeof(rc), 0);
	while (n < 0 && errno == EINTR);
	/* it has died, or is taken for dead */
	return n == sizeof(rc) ? rc : vh_writer_stop(w);
}

void vh_writer_end(struct vh_writers *ws)
{
	for (size_t i = 0; i < ws->count; i++) {
		if (ws->list[i].child.state != VH_CHILD_RUNNING)
			continue;
		close(ws->list[i].fd);
		vh_child_end(&ws->list[i].child);
	}
	free(ws->list);
	*ws = (struct vh_writers){ .lock = ws->lock };
}
