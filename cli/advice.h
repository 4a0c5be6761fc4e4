/* SPDX-License-Identifier: GPL-2.0-or-later */
/* advice - what we tell to type, for the host that is looked at: a command that only looks gets the
 * --host or --connect that was given. */
#ifndef VH_ADVICE_H
#define VH_ADVICE_H

#include "cli/cli.h"
#include "lib/decide/findings.h"

/* A copy of a text in which commands of ours may stand. The caller frees. */
char *vh_advice_text(const struct vh_cli *cli, const char *text) VH_CHECK;
void vh_advice_findings(const struct vh_cli *cli, struct vh_findings *f);

#endif
