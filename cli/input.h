/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input - what a path on the command line holds: a file, a pipe, or standard input. */
#ifndef VH_INPUT_H
#define VH_INPUT_H

#include "lib/base/error.h"
#include "lib/base/strbuf.h"

/*
 * Reads a whole file, or standard input when path is "-", of at most `max` bytes. Directories
 * are refused; pipes are fine: <(virsh dumpxml vm).
 */
int vh_input_read(struct vh_strbuf *ret, const char *path, size_t max,
		  struct vh_error *err) VH_CHECK;

#endif
