/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holder - who a process is that has a device open: a guest, a desktop, a service, a container. */
#ifndef VH_HOLDER_H
#define VH_HOLDER_H

#include "lib/base/root.h"

/* The higher, the better it explains why the device is open. */
enum vh_holder_rank {
	VH_HOLDER_LOOKS,     /* udevd, smartd: they look at what is there */
	VH_HOLDER_HANDS_OUT, /* systemd-logind opens nodes for a session */
	VH_HOLDER_PLAIN,
	VH_HOLDER_DESKTOP, /* a compositor or an X server */
	VH_HOLDER_GUEST,   /* QEMU and the like */
};

struct vh_holder {
	int64_t pid;
	enum vh_holder_rank rank;
	bool opens_exclusively; /* what it has open on a disk nobody else has exclusively */
	char *who;              /* "process 812 (qemu-system-x86)", to be shown */
	char *of; /* what it belongs to, to be shown: "domain 'omv'", "bacula-sd.service"; or NULL */
	char *key; /* that, whole and unmistakable, to be compared; NULL exactly where `of` is */
	char *by;  /* words of which any ends it, as in `by` of a use (host.h); NULL: none does */
	char *fix; /* what ends that; NULL: ending the process does, or nothing */
};

void vh_holder_read(const struct vh_root *root, int64_t pid, struct vh_holder *ret);
void vh_holder_clear(struct vh_holder *h);
#define _auto_holder_ __attribute__((cleanup(vh_holder_clear)))

/* What of proc/PID/cgroup says to what a process belongs: "smartd.service", "docker-12ab.scope",
 * or NULL. Caller frees. */
char *vh_holder_cgroup(const char *text) VH_CHECK;
/* How such a part begins if it is a container's or a guest's ("docker-"): what is behind that is
 * its name. NULL: a service's. */
const char *vh_holder_manager(const char *part);

#endif
