/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub - what identifies a host or its owner, replaced: the same value by the same, so that
 * what belongs together still does. IPv4 addresses keep their first number, and two that share
 * a network share it afterwards too.
 */
#ifndef VH_SCRUB_H
#define VH_SCRUB_H

#include <netinet/in.h>

#include "lib/base/root.h"

struct vh_scrub {
	bool off; /* values stay as they are */
	uint64_t key;
	struct vh_names known; /* "KIND VALUE", in the order in which they came */
};
void vh_scrub_clear(struct vh_scrub *s);

struct in_addr vh_scrub_ip4(const struct vh_scrub *s, struct in_addr addr);
struct in6_addr vh_scrub_ip6(struct vh_scrub *s, const struct in6_addr *addr);
/* Caller frees. A server by address or name; an iSCSI target; a mount point or file below a
 * folder that people name (/home, /media, /run/media). */
char *vh_scrub_server(struct vh_scrub *s, const char *server) VH_CHECK;
char *vh_scrub_target(struct vh_scrub *s, const char *name) VH_CHECK;
char *vh_scrub_path(struct vh_scrub *s, const char *path) VH_CHECK;
/* The name of a ZFS pool; a path of sysfs or configfs with a UUID or a chosen name in it. */
char *vh_scrub_pool(struct vh_scrub *s, const char *name) VH_CHECK;
char *vh_scrub_place(struct vh_scrub *s, const char *path) VH_CHECK;
/* Interfaces that are named by their MAC address (systemd.net-naming-scheme(7)) are numbered,
 * wherever they stand in the text. Also where all else stays: a snapshot holds no MAC address. */
char *vh_scrub_interfaces(struct vh_scrub *s, const char *text) VH_CHECK;
/* The kernel command line: options of the kernel that have to do with passthrough, and of
 * modules, are whole; of others only the key, of those without a value nothing. */
char *vh_scrub_cmdline(const struct vh_scrub *s, const char *cmdline) VH_CHECK;

#endif
