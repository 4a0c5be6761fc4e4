/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reattach - reattach: ends claims on demand, never one whose guest may still run. */
#include "lib/act/act.h"

#include <errno.h>

#include "lib/act/asking.h"
#include "lib/act/home.h"
#include "lib/act/release.h"
#include "lib/act/groups.h"
#include "lib/host/processes/process.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

/* Looks once more, with the claim's lock held, so that no domain can come after us unseen; a
 * domain that prepares from now on sees the lock. */
static int see_no_domain(const struct vh_act *act, const struct vh_store *s,
			 const struct vh_host *h, struct vh_error *err)
{
	_auto_(vh_host) const struct vh_host *now = vh_host_read(act->root, h->asked, h->n_asked, 0,
								 act->deadline);
	_auto_close_ int global = vh_store_lock_global(s, act->deadline, err);
	_auto_claims_ struct vh_claims claims = { 0 };

	if (global < 0 || vh_claims_read(&claims, s, now, VH_MANUAL, err) < 0)
		return -1;
	if (!claims.count)
		return 0;
	return vh_fail(err, VH_E_REFUSED, 0, NULL, "domain '%s' has just claimed these devices",
		       claims.list[0].claim->name);
}

static int is_open(const struct vh_act *act, int group, struct vh_error *err)
{
	_auto_free_ char *nodes = NULL, *fix = NULL;
	_auto_free_ char *holder = vh_process_behind_group(act->root, group, &nodes);

	fix = vh_printf("fuser -v %s   # names it; then stop it", nodes ? nodes : "");
	return vh_fail(err, VH_E_REFUSED, 0, nodes ? fix : "end the guest that uses it first",
		       "IOMMU group %d is open%s%s", group, holder ? ": " : "",
		       holder ? holder : "");
}

static int end_manual_locked(const struct vh_act *act, const struct vh_store *s,
			     const struct vh_host *h, int lock, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *all = NULL;
	int group;

	if (see_no_domain(act, s, h, err) < 0 || vh_store_load(s, VH_MANUAL, &all, err) < 0)
		return -1;
	if (!all)
		return 0;
	vh_claim_unstick(all);
	for (size_t i = 0; i < all->count; i++)
		all->records[i].now = vh_claims_concerns(&all->records[i], h);
	group = vh_groups_leave_open(act->root, all);
	if (vh_home_bring(act, s, all, lock, err) < 0)
		return -1;
	if (group < 0)
		return 0;
	return is_open(act, group, err);
}

static int end_manual(const struct vh_act *act, const struct vh_store *s, const struct vh_host *h,
		      struct vh_error *err)
{
	int lock = vh_store_lock_claim(s, VH_MANUAL, act->deadline, err), rc;

	if (lock < 0)
		return -1;
	rc = end_manual_locked(act, s, h, lock, err);
	vh_store_unlock_claim(s, VH_MANUAL, lock);
	return rc;
}

/* Claims of domains first: where one may not be ended, the manual one is not touched. */
static int end_claims(const struct vh_act *act, const struct vh_store *s, const struct vh_host *h,
		      const struct vh_claims *claims, struct vh_error *err)
{
	bool manual = false;

	if (!claims->count)
		return vh_fail(err, VH_E_REFUSED, 0,
			       "vfio-hook status   # how to give back what no claim holds",
			       "no claim holds these devices: there is nothing to give back");
	for (size_t i = 0; i < claims->count; i++) {
		const char *owner = claims->list[i].claim->owner;

		if (!strcmp(owner, VH_MANUAL))
			manual = true;
		else if (vh_release_claim(act, s, owner, VH_CLAIMS_BY_HAND, h, err) < 0)
			return -1;
	}
	return manual ? end_manual(act, s, h, err) : 0;
}

/* An operation that was killed before its claim existed leaves files, and no device. */
static void sweep(const struct vh_store *s)
{
	_auto_names_ struct vh_names owners = { 0 };

	if (vh_store_list_locks(s, &owners) < 0)
		return;
	for (size_t i = 0; i < owners.count; i++)
		vh_store_sweep(s, owners.name[i]);
}

static int reattach(const struct vh_act *act, const struct vh_pci_addr *addrs, size_t count,
		    struct vh_error *err)
{
	_auto_(vh_host)
		const struct vh_host *h = vh_host_read(act->root, addrs, count, 0, act->deadline);
	_auto_claims_ struct vh_claims claims = { 0 };
	struct vh_store s = { .dir = -1 };
	int rc = -1;

	/* without the directory there is no claim either */
	if (vh_store_open(&s, act->root, false, err) == 0 &&
	    vh_claims_read(&claims, &s, h, NULL, err) == 0)
		rc = end_claims(act, &s, h, &claims, err);
	sweep(&s);
	vh_store_close(&s);
	return rc;
}

int vh_reattach(const struct vh_act *act, const struct vh_pci_addr *addrs, size_t count,
		struct vh_error *err)
{
	struct vh_asking asking;
	int rc = reattach(vh_asking_begin(&asking, act), addrs, count, err);

	vh_asking_end(&asking);
	return rc;
}

/* Of one owner: ended, or none of our business. Each has all the time of a call. */
static int end_if_stale(const struct vh_act *all, const struct vh_store *s, const char *owner,
			size_t *ended, struct vh_error *err)
{
	struct vh_act act = *all;
	_auto_(vh_claim) struct vh_claim *c = NULL;
	_auto_free_ char *why = NULL;

	act.deadline = vh_now_ms() + act.config->timeout_call;
	if (vh_store_load(s, owner, &c, err) < 0)
		return -1;
	if (!c || !strcmp(owner, VH_MANUAL) || vh_store_lock_is_free(s, owner) != VH_YES ||
	    !vh_claims_is_orphan(act.root, c, VH_CLAIMS_BY_ALL, &why))
		return 0;
	if (vh_release_claim(&act, s, owner, VH_CLAIMS_BY_ALL, NULL, err) < 0)
		return -1;
	(*ended)++;
	return 0;
}

static int reattach_stale(const struct vh_act *act, size_t *ret_ended, struct vh_error *err)
{
	_auto_names_ struct vh_names owners = { 0 };
	struct vh_store s = { .dir = -1 };
	int rc = 0;

	*ret_ended = 0;
	if (vh_store_open(&s, act->root, false, err) < 0)
		return -1;
	if (vh_store_list(&s, &owners) < 0)
		rc = vh_fail(err, VH_E_SYS, errno, NULL, "cannot read '/" VH_STORE_DIR "'");
	/* one that fails does not keep the others; the first failure is told */
	for (size_t i = 0; i < owners.count; i++) {
		_auto_error_ struct vh_error why = { 0 };

		if (end_if_stale(act, &s, owners.name[i], ret_ended, &why) == 0 || rc < 0)
			continue;
		rc = -1;
		*err = why;
		why = (struct vh_error){ 0 };
	}
	sweep(&s);
	vh_store_close(&s);
	return rc;
}

int vh_reattach_stale(const struct vh_act *act, size_t *ret_ended, struct vh_error *err)
{
	struct vh_asking asking;
	int rc = reattach_stale(vh_asking_begin(&asking, act), ret_ended, err);

	vh_asking_end(&asking);
	return rc;
}
