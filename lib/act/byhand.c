/* SPDX-License-Identifier: GPL-2.0-or-later */
/* byhand - reattach: ends claims on demand, never one whose guest may still run. */
#include "lib/act/act.h"

#include "lib/act/apply.h"
#include "lib/act/release.h"
#include "lib/act/views.h"

#include "lib/base/banned.h"

static bool is_asked(const struct vh_host *h, const struct vh_record *r)
{
	for (size_t i = 0; i < h->n_asked; i++)
		if (!vh_pci_cmp(&h->asked[i], &r->addr))
			return true;
	return vh_host_group(h, r->group) != NULL;
}

/* Moves from the manual claim the records in the groups that were asked for. */
static struct vh_claim *take_out(struct vh_claim *from, const struct vh_host *h)
{
	struct vh_claim *part = vh_claim_new(from->owner, from->name);

	for (size_t i = 0; i < from->count; i++) {
		const struct vh_record *r = &from->records[i];
		struct vh_record *mine;

		if (!is_asked(h, r))
			continue;
		mine = vh_claim_add(part, &r->addr);
		vh_record_copy(mine, r);
		mine->stuck = false; /* its writer held the lock that we hold now */
	}
	for (size_t i = 0; i < part->count; i++)
		vh_claim_remove(from, &part->records[i].addr);
	return part;
}

/* Looks once more, with the claim's lock held, so that no domain can come after us unseen; a
 * domain that prepares from now on sees the lock. */
static int see_no_domain(const struct vh_act *act, const struct vh_store *s,
			 const struct vh_host *h, struct vh_error *err)
{
	_auto_(vh_host) struct vh_host *now = vh_host_read(act->root, h->asked, h->n_asked, 0, -1);
	_auto_close_ int global = vh_store_lock_global(s, act->deadline, err);

	if (global < 0 || vh_views_read(s, now, VH_MANUAL, err) < 0)
		return -1;
	if (!now->n_claims)
		return 0;
	return vh_fail(err, VH_E_REFUSED, 0, NULL, "domain '%s' has claimed these devices meanwhile",
		       now->claims[0].claim->name);
}

static int end_manual_locked(const struct vh_act *act, const struct vh_store *s,
			     const struct vh_host *h, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *all = NULL;
	_auto_(vh_claim) struct vh_claim *part = NULL;
	int group, rc;

	if (see_no_domain(act, s, h, err) < 0 || vh_store_load(s, VH_MANUAL, &all, err) < 0)
		return -1;
	if (!all)
		return 0;
	part = take_out(all, h);
	group = vh_claim_open_group(act->root, part);
	if (group >= 0)
		return vh_fail(err, VH_E_REFUSED, 0, "end the guest that uses it first",
			       "IOMMU group %d is open", group);
	rc = vh_bring_home(act, part, err);
	for (size_t i = 0; i < part->count; i++)
		vh_record_copy(vh_claim_add(all, &part->records[i].addr), &part->records[i]);
	if (vh_store_save(s, all, act->deadline, rc ? NULL : err) < 0)
		return -1;
	return rc;
}

static int end_manual(const struct vh_act *act, const struct vh_store *s, const struct vh_host *h,
		      struct vh_error *err)
{
	int lock = vh_store_lock_claim(s, VH_MANUAL, act->deadline, err), rc;

	if (lock < 0)
		return -1;
	rc = end_manual_locked(act, s, h, err);
	vh_store_unlock_claim(s, VH_MANUAL, lock);
	return rc;
}

/* Claims of domains first: where one may not be ended, the manual one is not touched. */
static int end_claims(const struct vh_act *act, const struct vh_store *s, const struct vh_host *h,
		      struct vh_error *err)
{
	bool manual = false;

	if (!h->n_claims)
		return vh_fail(err, VH_E_REFUSED, 0, NULL,
			       "no claim holds these devices: there is nothing to give back");
	for (size_t i = 0; i < h->n_claims; i++) {
		const char *owner = h->claims[i].claim->owner;

		if (!strcmp(owner, VH_MANUAL))
			manual = true;
		else if (vh_end_claim(act, s, owner, true, err) < 0)
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

int vh_reattach(const struct vh_act *act, const struct vh_pci_addr *addrs, size_t count,
		struct vh_error *err)
{
	_auto_(vh_host) struct vh_host *h = vh_host_read(act->root, addrs, count, 0, -1);
	struct vh_store s = { .dir = -1 };
	int rc = -1;

	/* without the directory there is no claim either */
	if (vh_store_open(&s, act->root, false, err) == 0 && vh_views_read(&s, h, NULL, err) == 0)
		rc = end_claims(act, &s, h, err);
	sweep(&s);
	vh_store_close(&s);
	return rc;
}
