/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-args - VFIO devices that a domain gives to QEMU past libvirt, in <qemu:commandline>. */
#ifndef VH_QEMU_ARGS_H
#define VH_QEMU_ARGS_H

#include "lib/base/util.h"

struct _xmlNode; /* libxml2's xmlNode, for lib/domain/domain.c alone */

struct vh_smuggled {
	int line;
	char *host; /* as it stands there, printable: 01:00.0, or a path; never NULL */
};

struct vh_smuggled_list {
	struct vh_smuggled *list;
	size_t count;
};
void vh_qemu_args_clear(struct vh_smuggled_list *l);

void vh_qemu_args_read(struct vh_smuggled_list *ret, const struct _xmlNode *domain);

#endif
