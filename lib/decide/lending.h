/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lending - what the configuration lets the host give up for a guest: which uses it explains, and
 * what has to be lent. Pure. */
#ifndef VH_LENDING_H
#define VH_LENDING_H

#include "lib/case/case.h"
#include "lib/state/loan.h"

/* Does the use end by what is handed over? Not once that has been done. Vital uses stay, but for
 * swap that is listed. */
bool vh_lending_explains(const struct vh_case *c, const struct vh_use *use);

/* Could it end so, by the names of whoever uses it? What systemd knows of them is not asked. */
bool vh_lending_may_explain(const struct vh_use *use);

/* What this start hands over: what runs, is drawn and is loaded of what is listed for its devices,
 * in the order in which it goes. */
void vh_lending_loans(const struct vh_case *c, struct vh_loans *ret);

#endif
