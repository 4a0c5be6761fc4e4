/* SPDX-License-Identifier: GPL-2.0-or-later */
/* saving - who would save the guests that run when this host shuts down, and do no more for one
 * that cannot be saved: it then ends with the host. */
#ifndef VH_SAVING_H
#define VH_SAVING_H

#include "lib/base/root.h"

enum vh_saver {
	VH_SAVER_NONE = 0, /* nobody, or somebody who shuts down what cannot be saved; or unknown */
	VH_SAVER_SCRIPT,   /* libvirt-guests.service */
	VH_SAVER_DAEMON,   /* libvirt's daemon itself, from libvirt 11.2 on */
};

struct vh_saving {
	enum vh_saver by;
	const char *file; /* of the script: where its action is set; static */
	bool unset;       /* and nothing is set there: it is the script's own default */
};

void vh_saving_read(const struct vh_root *root, struct vh_saving *ret);

#endif
