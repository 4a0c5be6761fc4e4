/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release - the end of a claim: when its guest has gone, and what happens to it before. */
#include "lib/act/release.h"

#include "lib/act/home.h"
#include "lib/case/expect.h"
#include "lib/state/record.h"
#include "lib/act/groups.h"
#include "lib/host/process.h"

#include "lib/base/banned.h"

#define TRY_MS 50 /* for the lock of another claim: somebody may just be asking for it */

/* Loads a claim whose lock we hold: a write that was stuck has ended, or the lock, which its
 * child inherited, would not be ours. */
static int load(const struct vh_store *s, const char *owner, struct vh_claim **ret,
		struct vh_error *err)
{
	if (vh_store_load(s, owner, ret, err) < 0)
		return -1;
	for (size_t i = 0; *ret && i < (*ret)->count; i++)
		(*ret)->records[i].stuck = false;
	return 0;
}

static int still_open(const struct vh_act *act, int group, struct vh_error *err)
{
	_auto_free_ char *holder = vh_process_behind_group(act->root, group);
	_auto_free_ char *fix = NULL;

	fix = vh_printf("end %s, then run 'vfio-hook reattach' for these devices",
			holder && !vh_has_prefix(holder, "perhaps") ? holder
								    : "the process that has it open");
	return vh_fail(err, VH_E_TIMEOUT, 0, fix, "IOMMU group %d is still open%s%s", group,
		       holder ? ": " : "", holder ? holder : "");
}

/* Brings home the devices of a claim that nobody uses any more; the claim's lock is held. */
static int end_locked(const struct vh_act *act, const struct vh_store *s, struct vh_claim *c,
		      int lock, struct vh_error *err)
{
	_auto_error_ struct vh_error why = { 0 };
	int64_t until = vh_now_ms() + act->config->timeout_group;
	int group, rc;

	if (until > act->deadline)
		until = act->deadline;
	group = vh_groups_wait_closed(act->root, c, until);
	if (group >= 0)
		return still_open(act, group, err);
	rc = vh_home_bring(act, c, lock, err);
	if (vh_store_save(s, c, act->deadline, &why) < 0 && rc == 0)
		return vh_fail(err, why.code, 0, NULL, "%s", why.what);
	return rc;
}

int vh_release_open(const struct vh_act *act, const char *owner, struct vh_store *ret_store,
		    int *ret_lock, struct vh_claim **ret_claim, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *seen = NULL;

	*ret_lock = -1;
	*ret_claim = NULL;
	if (vh_store_open(ret_store, act->root, false, err) < 0 ||
	    vh_store_load(ret_store, owner, &seen, err) < 0)
		return -1;
	if (!seen) {
		vh_store_sweep(ret_store, owner);
		return 0;
	}
	*ret_lock = vh_store_lock_claim(ret_store, owner, act->deadline, err);
	return *ret_lock < 0 ? -1 : load(ret_store, owner, ret_claim, err);
}

int vh_release(const struct vh_act *act, const char *uuid, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *c = NULL;
	struct vh_store s = { .dir = -1 };
	int lock, rc = vh_release_open(act, uuid, &s, &lock, &c, err);

	if (c) {
		c->state = VH_RELEASED;
		rc = vh_store_save(&s, c, act->deadline, err);
		/* where that cannot be written (/run is full), the claim that is there serves as
		 * well; but a lock that was never free has used up the time to write anything */
		if (rc == 0 || !err || err->code != VH_E_TIMEOUT) {
			if (err)
				vh_error_clear(err);
			rc = end_locked(act, &s, c, lock, err);
		}
	}
	vh_store_unlock_claim(&s, uuid, lock);
	vh_store_close(&s);
	return rc;
}

static int end_orphan(const struct vh_act *act, const struct vh_store *s, struct vh_claim *c,
		      int lock, bool by_hand, struct vh_error *err)
{
	_auto_free_ char *why = NULL, *fix = NULL;
	int group;

	if (!vh_claims_is_orphan(s->root, c, by_hand, &why)) {
		fix = vh_printf("virsh shutdown %s   # and wait until it has ended\n"
				"or, if it never does, pull its plug: virsh destroy %s",
				c->owner, c->owner);
		return vh_fail(err, VH_E_REFUSED, 0, fix, "domain '%s' holds these devices: %s",
			       c->name, why);
	}
	group = vh_groups_first_open(act->root, c);
	return group >= 0 ? still_open(act, group, err) : end_locked(act, s, c, lock, err);
}

int vh_release_claim(const struct vh_act *act, const struct vh_store *s, const char *owner,
		     bool by_hand, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *c = NULL;
	int lock = vh_store_lock_claim(s, owner, vh_now_ms() + TRY_MS, err), rc;

	if (lock < 0)
		return -1;
	rc = load(s, owner, &c, err);
	if (c)
		rc = end_orphan(act, s, c, lock, by_hand, err);
	vh_store_unlock_claim(s, owner, lock);
	return rc;
}
