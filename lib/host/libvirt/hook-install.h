/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hook-install - how the hook is installed, and whether libvirtd runs it. */
#ifndef VH_HOOK_INSTALL_H
#define VH_HOOK_INSTALL_H

#include "lib/base/root.h"

struct vh_host;

/* A place in which libvirtd looks for hooks. */
struct vh_hook_place {
	char *path;          /* "/etc/libvirt/hooks/qemu"; NULL: nothing is there */
	bool ours;           /* a link to our program, wherever it is */
	char *target;        /* where that leads; NULL: not ours */
	bool missing;        /* the target is not there */
	bool overwritten;    /* it is, and is not a program of ours any more */
	bool executable;
};

struct vh_hook_install {
	struct vh_hook_place main;    /* hooks/qemu */
	struct vh_hook_place drop_in; /* ours in hooks/qemu.d; the first one */
	char *second;                 /* the path of the second one there; NULL: none */
	char *daemon;                 /* "libvirtd" or "virtqemud", if it runs */
	/*
	 * Does that daemon run hooks of QEMU? It remembers from its start, or its last reload,
	 * whether there was one, and then runs whatever is there at each call (src/util/virhook.c:
	 * virHookCall()). YES: one is older than the daemon, or ours has left a trace since it
	 * was installed. NO: all are newer. A reload without a start of a domain leaves no trace.
	 */
	enum vh_tri found;
	/* Where SELinux enforces with a policy that knows hooks of libvirt: */
	bool selinux_off;             /* its boolean lets no hook leave the daemon's domain */
	char *mislabelled;            /* a file that is not labelled as a hook; NULL: none is known */
	char *label;                  /* how it is labelled */
};

/* NULL: it cannot be seen, and host->not_checked says so. */
struct vh_hook_install *vh_hook_install_read(const struct vh_root *root, struct vh_host *h) VH_CHECK;
void vh_hook_install_free(struct vh_hook_install *i);

#endif
