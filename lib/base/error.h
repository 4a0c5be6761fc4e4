/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error - the one channel for failures. A function returns 0 or -1; the reason stands in a
 * struct vh_error that the caller owns. Nothing in lib/ prints.
 *
 *	_auto_error_ struct vh_error err = { 0 };
 *	if (vh_root_write(root, value, &err, "sys/...") < 0)
 *		return vh_wrap(&err, "cannot take '%s' from its driver", addr);
 */
#ifndef VH_ERROR_H
#define VH_ERROR_H

#include "lib/base/util.h"

enum vh_code {
	VH_E_NONE = 0,
	VH_E_SYS,     /* a system call failed; sys holds errno */
	VH_E_INPUT,   /* what was given cannot be understood */
	VH_E_REFUSED, /* understood, and not done: rules, holders, ownership */
	VH_E_TIMEOUT, /* a bounded wait ran out; nothing is known to be lost */
	VH_E_LEFT,    /* not fully undone, see the claim: a kernel write that has not returned, or a
			 device that would not come home */
};

struct vh_error {
	enum vh_code code;
	int sys;    /* errno of the failing call, or 0 */
	char *what; /* one line, lower case, no full stop */
	char *fix;  /* what to type, or NULL */
};

/* Both return -1, so that they can be returned. err may be NULL. An error that is already
 * set is replaced by vh_fail() and given context by vh_wrap(). */
int vh_fail(struct vh_error *err, enum vh_code code, int sys, const char *fix, const char *fmt,
	    ...) VH_PRINTF(5, 6);
int vh_wrap(struct vh_error *err, const char *fmt, ...) VH_PRINTF(2, 3);
void vh_error_clear(struct vh_error *err);

#define _auto_error_ __attribute__((cleanup(vh_error_clear)))

#endif
