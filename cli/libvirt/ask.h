/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask - asks the libvirt of this machine or of others. Each is asked in a child of its own,
 * all at once; one that says nothing for the time given is ended and counts as silent, whatever
 * it is that hangs: the connection, ssh, the daemon. libvirt itself is loaded in the child alone,
 * so that the program runs without it.
 */
#ifndef VH_ASK_H
#define VH_ASK_H

#include "lib/base/error.h"
#include "lib/base/root.h"
#include "lib/manifest/from-libvirt.h"

#define VH_SILENCE 10 /* seconds, by default */

enum vh_want {
	VH_WANT_ALL = 1,    /* every domain that is defined */
	VH_WANT_SECURE = 2, /* domains with their secrets: needs the right to change them */
	VH_WANT_HOST = 4,   /* devices, networks, memory, who runs */
};

struct vh_question {
	const char *uri;         /* NULL: LIBVIRT_DEFAULT_URI, or else qemu:///system */
	unsigned int wants;      /* of enum vh_want */
	struct vh_names domains; /* names or UUIDs, borrowed; what is not there is not told */
};

struct vh_defined {
	char *name, *uuid; /* a UUID of 36 characters, lower case */
	char *xml;         /* inactive: what the next start takes */
	bool runs, autostart;
};

struct vh_answer_of {
	char *uri;           /* as libvirt names it, or as it was asked for */
	struct vh_error err; /* what: why there is no answer, or not a whole one */
	struct vh_defined *domains;
	size_t n_domains;
	struct vh_told told; /* with VH_WANT_HOST */
};
void vh_ask_clear(struct vh_answer_of *answers, size_t count);

/* Asks all of them; `ret` has room for as many answers. `silence` in seconds. */
void vh_libvirt_ask(const struct vh_question *questions, size_t count, int silence,
		    struct vh_answer_of *ret);

/* The domain of this name or UUID, as libvirt takes it; NULL: not told. */
const struct vh_defined *vh_ask_domain(const struct vh_answer_of *a, const char *domain);

#endif
