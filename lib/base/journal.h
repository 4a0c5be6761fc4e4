/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal - one entry of the system's log, with fields where journald takes them: its native
 * protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), a datagram of KEY=value lines. What such a
 * program finds in the journal by these fields is documented: vfio-hook-qemu(8).
 */
#ifndef VH_JOURNAL_H
#define VH_JOURNAL_H

#include "lib/base/strbuf.h"

#define VH_JOURNAL_SOCKET "/run/systemd/journal/socket"

/* What an entry is about; journal.c has the MESSAGE_ID of each. */
enum vh_event {
	VH_EVENT_TAKEN,    /* a device left its driver for a guest */
	VH_EVENT_RETURNED, /* a device came back */
	VH_EVENT_REFUSED,  /* a domain was not started */
	VH_EVENT_FINDING,  /* what was found about a domain that is started or refused */
	VH_EVENT_FAILED,   /* something went wrong that refuses nothing */
};

/* Everything but the first three may be NULL: there is no such field then. Borrowed. */
struct vh_entry {
	enum vh_event event;
	int priority;          /* as of syslog(3) */
	const char *text;      /* complete, for people */
	const char *domain;    /* its name; may hold anything */
	const char *device;    /* a PCI address */
	const char *from, *to; /* drivers; "-" for none */
	const char *rule;
};

/* The datagram. */
void vh_journal_format(struct vh_strbuf *ret, const struct vh_entry *e);
/* Sends it without waiting; false: there is no such socket, or it did not take it. */
bool vh_journal_send(const char *socket_path, const struct vh_entry *e);

#endif
