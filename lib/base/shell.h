/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shell - names as words of a line that is to be typed. Names come from USB sticks and guests:
 * whatever is inserted into a fix goes through here, and nothing of it is cut.
 */
#ifndef VH_SHELL_H
#define VH_SHELL_H

#include "lib/base/util.h"

/* `text` as one word of a shell's line: as it is where that is safe, else in '...', and by
 * "$(printf '...')" what could not be printed on one line. Caller frees. */
char *vh_shell_quote(const char *text) VH_CHECK;
/* The same behind "-- " where the tool would take the word for an option. */
char *vh_shell_operand(const char *text) VH_CHECK;
/* An interface for `ip link set`, where some names are keywords. */
char *vh_shell_interface(const char *name) VH_CHECK;
/* A domain for virsh: its UUID, if that is known, where the name would be taken for an option or an
 * ID, or is hard to type. */
char *vh_shell_domain(const char *name, const char *uuid) VH_CHECK;

#endif
