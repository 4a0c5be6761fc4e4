/* SPDX-License-Identifier: GPL-2.0-or-later */
/* started - the guest runs: the claim says so, and the record which devices it runs with. */
#include "lib/act/started.h"

#include "lib/act/release.h"
#include "lib/case/expect.h"
#include "lib/state/record.h"
#include "lib/state/store.h"

#include "lib/base/banned.h"

static int mark_started(const struct vh_act *act, const char *uuid, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *c = NULL;
	struct vh_store s = { .dir = -1 };
	int lock, rc = vh_release_open(act, uuid, false, &s, &lock, &c, err);

	if (c) {
		c->ran = true;
		rc = vh_store_save(&s, c, act->deadline, err);
	}
	vh_store_unlock_claim(&s, uuid, lock);
	vh_store_close(&s);
	return rc;
}

int vh_started_record(const struct vh_root *root, const struct vh_domain *d, struct vh_error *err)
{
	_auto_(vh_identity) struct vh_identity *old = NULL, *now = NULL;
	_auto_error_ struct vh_error ignored = { 0 };
	struct vh_pci_addr *addrs = NULL;
	size_t n = 0;

	/* what cannot be read is written again */
	VH_IGNORE(vh_record_load(root, d->uuid, &old, &ignored));
	for (size_t i = 0; i < d->n_devices; i++)
		if (!d->devices[i].problem)
			*VH_APPEND(addrs, n) = d->devices[i].addr;
	now = vh_expect_see(root, d->uuid, d->name, addrs, n, old);
	free(addrs);
	return vh_record_save(root, now, err);
}

int vh_started(const struct vh_act *act, const char *uuid, const struct vh_domain *d,
	       struct vh_error *err)
{
	_auto_error_ struct vh_error why = { 0 };
	int rc = mark_started(act, uuid, err);

	/* the one does not wait for the other to succeed */
	if (!d || !vh_streq(d->uuid, uuid) || vh_started_record(act->root, d, &why) == 0)
		return rc;
	return rc < 0 ? rc : vh_fail(err, why.code, 0, why.fix, "%s", why.what);
}
