/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook-scripts - what other hooks for QEMU do that fights with ours, or goes before it: hooks/qemu,
 * the scripts in hooks/qemu.d, and those in a folder for each domain there, which the dispatcher of
 * many tutorials runs; and the scripts that these call by their paths, as those of many single-card
 * setups do. Shell is not interpreted: a line counts by the command that stands in it.
 */
#ifndef VH_HOOK_SCRIPTS_H
#define VH_HOOK_SCRIPTS_H

#include "lib/base/root.h"

enum vh_hook_deed {
	VH_DEED_NONE = 0,
	VH_DEED_NODEDEV, /* virsh nodedev-detach and the like */
	VH_DEED_VIRSH,   /* another call of libvirt */
	VH_DEED_DAEMON,  /* stops or restarts libvirt */
	VH_DEED_BIND,    /* binds or unbinds PCI devices */
	VH_DEED_UNLOAD,  /* unloads VFIO */
	VH_DEED_LOAD,    /* loads VFIO */
	VH_DEED_DESKTOP, /* ends the desktop */
	VH_DEED_CONSOLE, /* takes the console from its screen */
	VH_DEED_DRIVER,  /* unloads what draws on a card */
	VH_DEED_PAGES,   /* makes huge pages */
};

struct vh_hook_line {
	char *file; /* "/etc/libvirt/hooks/qemu.d/vm/prepare/begin/start.sh", as it is */
	int line;
	enum vh_hook_deed deed;
	const char *what; /* the command: static */
	size_t more;      /* further lines of the file that do such a thing */
	char *caller; /* "/etc/libvirt/hooks/qemu:7", which calls the file; NULL: libvirt does */
	struct vh_names before; /* of the lines that do so for a guest that is to start, before our
				   own hook: the device that each names, or "" */
};

struct vh_hook_scripts {
	struct vh_hook_line *list; /* one for each file and deed, as they stand there */
	size_t count;
	struct vh_names idle; /* scripts that are not executable: libvirt does not run them */
	char *maker; /* "/etc/libvirt/hooks/qemu.d/20-usb": another hook that may make devices
		      * that are not there yet, or let QEMU have a node: a program, or a
		      * script that has or calls such a command. Or NULL */
};

/* `domain`: of whom a folder counts; NULL: of all. */
void vh_hook_scripts_read(struct vh_hook_scripts *ret, const struct vh_root *root,
			  const char *domain, struct vh_names *unseen);
void vh_hook_scripts_clear(struct vh_hook_scripts *s);

/* What a line of a script does, and the command by which it does: a line that has that alone does
 * the same. */
enum vh_hook_deed vh_hook_scripts_deed(const char *line, const char **ret_what);
/* The next program that a line calls, or file that it reads as a script, by an absolute path. *at
 * is the line to begin with, *within false. Caller frees; NULL: none any more. */
char *vh_hook_scripts_call(const char **at, bool *within) VH_CHECK;

#endif
