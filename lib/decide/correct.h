/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correct - what a change of the XML can cure, as edits of its text. Pure, as the rules are.
 *
 * It never hides harm: a group member is not added if the host's use of it would refuse a named
 * device too, if it belongs to the chipset, is protected or could not be judged; the finding stays.
 */
#ifndef VH_CORRECT_H
#define VH_CORRECT_H

#include "lib/decide/findings.h"
#include "lib/xml/edit.h"

enum vh_members {
	VH_MEMBERS_UNASSIGNED = 0, /* missing group members are taken, not given to the guest */
	VH_MEMBERS_GUEST,
};

/*
 * Collects in `e` the edits that these findings ask for; c->domain was read from its tree. What
 * each does is added to `done`, a sentence that begins with the line. After an edit others may
 * become necessary or possible: to be called with the new text until there is none.
 */
void vh_correct(struct vh_edit *e, const struct vh_case *c, const struct vh_findings *found,
		enum vh_members members, struct vh_names *done);

#endif
