/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expected - which device was expected at an address, by whom, and where it may be now: for
 * identity-changed and device-absent. */
#ifndef VH_EXPECTED_H
#define VH_EXPECTED_H

#include "lib/base/strbuf.h"
#include "lib/case/expect.h"
#include "lib/decide/findings.h"

/* ethernet controller 8086:1521, subsystem 15d9:1521 */
char *vh_expected_seen(const struct vh_sighting *s, bool with_subsystem) VH_CHECK;
/* Where the expected device may be by now: those like it that the domain does not name anyway.
 * "; moved? a device like that is now at 0000:04:00.0", and for each what to write. */
void vh_expected_add_elsewhere(const struct vh_case *c, const struct vh_expect *e,
			       enum vh_element as, struct vh_strbuf *message, struct vh_strbuf *fix);
/* What was expected: by whom, and what. */
void vh_expected_add_by(const struct vh_case *c, const struct vh_expect *e, bool with_subsystem,
			struct vh_strbuf *message);
/* Adds what was expected at an address where nothing is, and where that is now. */
void vh_expected_add(const struct vh_case *c, const struct vh_pci_addr *addr, enum vh_element as,
		     struct vh_strbuf *message, struct vh_strbuf *fix);

#endif
