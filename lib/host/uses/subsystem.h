/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * subsystem - the table of what it means that a process has a node open, by the subsystem of the
 * node's kernel object. What is not in it is an error that names the subsystem.
 */
#ifndef VH_SUBSYSTEM_H
#define VH_SUBSYSTEM_H

#include "lib/config/config.h"

enum vh_measure {
	VH_MEASURE_ERROR = 0,
	VH_MEASURE_WARNING, /* of a named device; in full for a peer */
	VH_MEASURE_PEER,    /* it counts against a peer alone */
	VH_MEASURE_GUEST,   /* only a guest that has it open counts; others are told of elsewhere */
};

struct vh_subsystem {
	const char *name;
	enum vh_use_kind kind;
	enum vh_measure measure;
	const char *what;        /* "a tape drive"; NULL: its node says it */
	const char *dir;         /* of its nodes below /dev, with a slash; NULL: /dev itself */
	const char *const *only; /* nodes that begin so; NULL: all of them */
};

/* Below a USB device, of which uses->usb.c tells by itself. */
#define VH_SUBSYSTEM_USB_INPUT "input of usb"

/* What draws on the framebuffer that the firmware left, wherever it hangs. */
#define VH_SUBSYSTEM_BOOT_SCREEN "framebuffer of the firmware"

/* The line of a subsystem; NULL: none. */
const struct vh_subsystem *vh_subsystem_find(const char *name);
/* All of them, for tests. */
const struct vh_subsystem *vh_subsystem_table(size_t *ret_count);
/* Does an open node of this name mean something? */
bool vh_subsystem_counts(const struct vh_subsystem *s, const char *name);
/* What a kernel object is called below /dev: sysfs writes a slash as an exclamation mark
 * (drivers/base/core.c). Caller frees. */
char *vh_subsystem_file_name(const char *name) VH_CHECK;
/* The node of a kernel object for which the kernel gives no DEVNAME: "/dev/dri/card0". Caller
 * frees. */
char *vh_subsystem_node(const char *subsystem, const char *name) VH_CHECK;

#endif
