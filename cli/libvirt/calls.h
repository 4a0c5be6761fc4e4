/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calls - everything that is ever asked of libvirt. The library is loaded when this is
 * called, in a child that may hang in it: see ask.h, which is what commands use. Nothing is
 * changed through a connection; it is read-only but where secrets are wanted.
 */
#ifndef VH_CALLS_H
#define VH_CALLS_H

#include "cli/libvirt/ask.h"

/* What the child writes: one of these letters, then two strings, each behind its length. */
enum vh_tale {
	VH_TALE_URI = 'U',          /* of the connection, as libvirt names it */
	VH_TALE_DOMAIN = 'D',       /* name; XML, inactive; before the name a letter for each of the
				       following that applies, and a blank: r(uns), a(utostart) */
	VH_TALE_RUNNING = 'R',      /* UUID, XML of a domain that runs, as it runs */
	VH_TALE_DEVICE = 'N',       /* name, XML of a node device */
	VH_TALE_NETWORK = 'W',      /* name, XML */
	VH_TALE_CAPABILITIES = 'C', /* "", XML */
	VH_TALE_MEMORY = 'M',       /* name of a number, the number in KiB */
	VH_TALE_PAGES = 'P',        /* "", a line of free pages (free-pages.h) */
	VH_TALE_VERSION = 'V',      /* "libvirt" or "qemu", its version as libvirt has it */
	VH_TALE_ERROR = 'E',        /* what, fix: nothing comes after it */
	VH_TALE_END = '.',          /* all has been told */
};

/* Answers on `fd`; 0, or 1 when nobody reads it any more. */
int vh_calls_tell(const struct vh_question *q, int fd) VH_CHECK;

#endif
