/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input - what an argument holds: a file, a pipe, standard input; or the domain that it names. */
#ifndef VH_INPUT_H
#define VH_INPUT_H

#include "lib/base/root.h"
#include "lib/base/strbuf.h"

/*
 * Reads a whole file, or standard input when path is "-", of at most `max` bytes. Directories
 * are refused; pipes are fine: <(virsh dumpxml vm).
 */
int vh_input_read(struct vh_strbuf *ret, const char *path, size_t max,
		  struct vh_error *err) VH_CHECK;

/* The XML of a domain for commands that ask no libvirt: of a file or standard input, or else what
 * libvirt has in its files below `root` by this name or UUID. 1: it is neither. */
int vh_input_domain(struct vh_strbuf *ret, const struct vh_root *root, const char *arg,
		    struct vh_error *err) VH_CHECK;

#endif
