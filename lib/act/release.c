/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release - the end of a claim: when its guest has gone, and what happens to it before. */
#include "lib/act/release.h"

#include "lib/act/asking.h"
#include "lib/act/home.h"
#include "lib/case/expect.h"
#include "lib/state/record.h"
#include "lib/act/groups.h"
#include "lib/host/processes/process.h"

#include "lib/base/banned.h"

#define TRY_MS 50 /* for the lock of another claim: somebody may just be asking for it */

/* Loads a claim whose lock we hold. */
static int load(const struct vh_store *s, const char *owner, struct vh_claim **ret,
		struct vh_error *err)
{
	if (vh_store_load(s, owner, ret, err) < 0)
		return -1;
	if (*ret)
		vh_claim_unstick(*ret);
	return 0;
}

static int still_open(const struct vh_act *act, int group, struct vh_error *err)
{
	_auto_free_ char *holder = vh_process_behind_group(act->root, group, NULL);
	_auto_free_ char *fix = NULL;

	fix = vh_printf("end %s, then run 'vfio-hook reattach' for these devices",
			holder && !vh_has_prefix(holder, "perhaps")
				? holder
				: "the process that has it open");
	return vh_fail(err, VH_E_LEFT, 0, fix, "IOMMU group %d is still open%s%s", group,
		       holder ? ": " : "", holder ? holder : "");
}

/* Brings home what is marked, but for what is still open when its time is up; the claim's lock is
 * held. An open group is an error if it is one of these, or if there are none. */
static int end_marked(const struct vh_act *act, const struct vh_store *s, struct vh_claim *c,
		      int lock, const struct vh_host *h, bool wait, struct vh_error *err)
{
	int64_t until = wait ? vh_now_ms() + act->config->timeout_group : 0;
	int group, rc;

	group = vh_groups_wait_closed(act->root, c, until < act->deadline ? until : act->deadline);
	rc = vh_home_bring(act, s, c, lock, err);
	if (rc < 0 || group < 0 || (h && !vh_host_group(h, group)))
		return rc;
	return still_open(act, group, err);
}

static void mark_all(struct vh_claim *c)
{
	for (size_t i = 0; i < c->count; i++)
		c->records[i].now = true;
}

int vh_release_open(const struct vh_act *act, const char *owner, bool note,
		    struct vh_store *ret_store, int *ret_lock, struct vh_claim **ret_claim,
		    struct vh_error *err)
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
	if (note) /* where it cannot be noted the lock may still be free */
		VH_IGNORE(vh_store_note_released(ret_store, seen, NULL));
	*ret_lock = vh_store_lock_claim(ret_store, owner, act->deadline, err);
	if (*ret_lock < 0 || load(ret_store, owner, ret_claim, err) < 0)
		return -1;
	/* the next start has come first: this call was not about that one */
	if (*ret_claim && !vh_claim_is_same(*ret_claim, seen))
		vh_claim_free(VH_STEAL(*ret_claim));
	return 0;
}

static int release(const struct vh_act *act, const char *uuid, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *c = NULL;
	struct vh_store s = { .dir = -1 };
	int lock, rc = vh_release_open(act, uuid, true, &s, &lock, &c, err);

	if (c) {
		mark_all(c);
		rc = end_marked(act, &s, c, lock, NULL, true, err);
	}
	vh_store_unlock_claim(&s, uuid, lock);
	vh_store_close(&s);
	return rc;
}

int vh_release(const struct vh_act *act, const char *uuid, struct vh_error *err)
{
	struct vh_asking asking;
	int rc = release(vh_asking_begin(&asking, act), uuid, err);

	vh_asking_end(&asking);
	return rc;
}

/* --- of others -------------------------------------------------------------------------------- */

/* Marks what its guest has given back of these groups. false: it has some of them still. */
static bool mark_given_back(const struct vh_act *act, struct vh_claim *c, const struct vh_host *h)
{
	struct vh_standing *standing = vh_standing_read(act->root, c);
	bool all = true;

	for (size_t i = 0; i < c->count; i++) {
		struct vh_record *r = &c->records[i];

		if (!h || !vh_claims_concerns(r, h))
			continue;
		r->now = vh_claims_gave_back(c, standing, r->group);
		all = all && r->now;
	}
	vh_standing_free(standing, c->count);
	return all;
}

static int held(const struct vh_claim *c, const char *why, struct vh_error *err)
{
	_auto_free_ char *fix = NULL;

	fix = vh_printf("virsh shutdown %s   # and wait until it has ended\n"
			"or, if it never does, pull its plug: virsh destroy %s",
			c->owner, c->owner);
	return vh_fail(err, VH_E_REFUSED, 0, fix, "domain '%s' holds these devices: %s", c->name,
		       why);
}

static int end_locked(const struct vh_act *act, const struct vh_store *s, struct vh_claim *c,
		      int lock, enum vh_claims_by by, const struct vh_host *h, struct vh_error *err)
{
	_auto_free_ char *why = NULL;

	if (vh_claims_is_orphan(s->root, c, by, &why))
		mark_all(c);
	else if (!mark_given_back(act, c, h) || vh_groups_leave_open(act->root, c) >= 0)
		return held(c, why, err);
	return end_marked(act, s, c, lock, h, false, err);
}

int vh_release_claim(const struct vh_act *act, const struct vh_store *s, const char *owner,
		     enum vh_claims_by by, const struct vh_host *h, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *c = NULL;
	int lock = vh_store_lock_claim(s, owner, vh_now_ms() + TRY_MS, err), rc;

	if (lock < 0)
		return -1;
	rc = load(s, owner, &c, err);
	if (c)
		rc = end_locked(act, s, c, lock, by, h, err);
	vh_store_unlock_claim(s, owner, lock);
	return rc;
}
