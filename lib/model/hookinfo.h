/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hookinfo - how the hook is installed, and whether libvirtd runs it. Part of the host model. */
#ifndef VH_HOOKINFO_H
#define VH_HOOKINFO_H

#include "lib/base/root.h"

struct vh_host;

/* A place in which libvirtd looks for hooks. */
struct vh_hook_place {
	char *path;          /* "/etc/libvirt/hooks/qemu"; NULL: nothing is there */
	bool ours;           /* a link to our program, wherever it is */
	char *target;        /* where that leads; NULL: not ours */
	bool missing;        /* the target is not there */
	bool overwritten;    /* it is, and is no program of ours any more */
	bool executable;
	enum vh_tri newer;   /* than the daemon, which looks for hooks when it starts */
};

struct vh_hook_info {
	struct vh_hook_place main;    /* hooks/qemu */
	struct vh_hook_place drop_in; /* ours in hooks/qemu.d; the first one */
	char *daemon;                 /* "libvirtd" or "virtqemud", if it runs */
	bool selinux_off;             /* SELinux enforces, and lets no hook leave its domain */
};

/* NULL: it cannot be seen, and host->not_checked says so. */
struct vh_hook_info *vh_hook_info_read(const struct vh_root *root, struct vh_host *h) VH_CHECK;
void vh_hook_info_free(struct vh_hook_info *i);

#endif
