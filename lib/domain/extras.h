/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extras - what a domain asks for a device of the host that libvirt has for others alone: a limit
 * of bandwidth, a filter, an MTU. libvirt refuses that when it defines the domain, or when it
 * starts it, which is later than the hook is called; some of it QEMU alone looks at.
 */
#ifndef VH_EXTRAS_H
#define VH_EXTRAS_H

#include "lib/base/util.h"

struct _xmlNode;

struct vh_extra {
	int line;            /* of the device */
	const char *element; /* "interface"; static */
	char *what;          /* "<bandwidth>", "the alias 'ua-x', which the <disk> of line 5 has" */
	const char *fix;     /* static; NULL: remove it */
	bool at_start;       /* it can be defined, and does not start */
	bool by_qemu;        /* which is then because QEMU ends */
	bool but_enic;       /* a card with the driver enic may have it */
	char *network;       /* only if this network gives it a device of the host; or NULL */
};

struct vh_extras {
	struct vh_extra *list;
	size_t count;
};

/* `root` is the domain, or the element of a lone device. */
void vh_extras_read(struct vh_extras *ret, const struct _xmlNode *root);
void vh_extras_clear(struct vh_extras *s);

#endif
