/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * whereabouts - where on the host lies what a domain has of it (lib/domain/needs): the node that a
 * link leads to, the file system that a file is in, the ports of a bridge. What hangs on a function
 * is among the facts about the host; these are the words in which the two are compared.
 */
#ifndef VH_WHEREABOUTS_H
#define VH_WHEREABOUTS_H

#include "lib/domain/needs.h"
#include "lib/host/host.h"

struct vh_whereabout {
	const struct vh_need *need; /* borrowed */
	char *given, *path; /* as written, and with links followed; NULL: it is of no path */
	const char *mount;  /* of the file system; NULL: none is known. Borrowed from the host */
	unsigned int major, minor; /* of a node, if `numbered` */
	bool numbered, block;
	bool missing;        /* a disk's file that is not there; only a running system tells that */
	bool absent;         /* a USB or a mediated device that is not there, and has to be */
	bool others; /* libvirt chooses one of several, whether it is there or not */
	struct vh_names all; /* which would do, one as well as the others: USB devices with its id,
				ports of a bridge, legs of a bond, render nodes. Empty: that is not
				known */
};

struct vh_whereabouts {
	struct vh_whereabout *list;
	size_t count;
};

/* Reads only what can matter for the devices of the host, and which devices of other kinds are
 * there. `unseen`: what could not be told. */
void vh_whereabouts_read(struct vh_whereabouts *ret, const struct vh_root *root,
			 const struct vh_host *host, const struct vh_needs *needs,
			 struct vh_names *unseen);
void vh_whereabouts_clear(struct vh_whereabouts *w);

/* May looking up this path wait for a server or a program? */
bool vh_whereabouts_waits(const struct vh_root *root, const struct vh_host *host, const char *path);

/* Is it that thing, or does it lie on it? */
bool vh_whereabouts_is_thing(const struct vh_whereabout *w, const struct vh_thing *t);
bool vh_whereabouts_is_node(const struct vh_whereabout *w, const struct vh_devnode *n);

#endif
