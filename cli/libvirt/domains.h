/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domains - what an argument stands for: a file, standard input, or a domain that libvirt has. An
 * existing file wins; --domain forces the other. Each libvirt is asked once for all of them, and
 * only when there is one; of several --connect the first that has a domain gives its XML.
 */
#ifndef VH_DOMAINS_H
#define VH_DOMAINS_H

#include "cli/cli.h"
#include "cli/libvirt/ask.h"
#include "lib/base/strbuf.h"

struct vh_domains {
	/* set by who asks */
	const struct vh_cli *cli;
	const char **forced; /* these are domains, whatever files there are: each --domain */
	size_t n_forced;
	unsigned int wants; /* of enum vh_want */

	struct vh_answer_of *answers; /* of each --connect in turn, or of the default */
	size_t count;
};

/* Asks for those that are forced, for those of the arguments that are domains, and with `wants` for
 * more. What goes wrong is told by vh_domains_take(). */
void vh_domains_ask(struct vh_domains *d, char *const *args, int count);
void vh_domains_clear(struct vh_domains *d);
#define _auto_domains_ __attribute__((cleanup(vh_domains_clear)))

/* The XML that `arg` stands for; *ret_label is what to call it (borrowed, or a literal). With
 * `force` it is a domain, whatever files there are. */
int vh_domains_take(struct vh_domains *d, const char *arg, bool force, struct vh_strbuf *ret,
		    const char **ret_label, struct vh_error *err) VH_CHECK;

#endif
