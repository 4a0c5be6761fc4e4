/* SPDX-License-Identifier: GPL-2.0-or-later */
/* groups - see groups.h. */
#include "lib/act/groups.h"

#include <errno.h>
#include <time.h>

#include "lib/base/printable.h"
#include "lib/case/holdings.h"
#include "lib/host/libvirt-files.h"
#include "lib/host/function.h"
#include "lib/host/process.h"

#include "lib/base/banned.h"

#define POLL_NS 50000000 /* between two looks at an open group: QEMU takes its time to die */

/* --- groups ------------------------------------------------------------------------------------- */

static bool has_vfio_member(const struct vh_root *root, int number)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(root, &names, "sys/kernel/iommu_groups/%d/devices", number) < 0)
		return errno != ENOENT; /* a group that is gone has no members */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *driver = NULL;
		struct vh_pci_addr addr;
		bool vfio = true; /* what cannot be told counts as one */

		if (vh_pci_parse(names.name[i], &addr) == 0)
			VH_IGNORE(vh_pci_read_driver(root, &addr, &driver, &vfio));
		if (vfio)
			return true;
	}
	return false;
}

enum vh_tri vh_group_is_closed(const struct vh_root *root, int number)
{
	int rc;

	if (number < 0)
		return VH_YES;
	rc = root->ops->try_group(root, number);
	if (rc == -ENOENT || rc == -ENODEV)
		return has_vfio_member(root, number) ? VH_NO : VH_YES;
	return rc == 0 ? VH_YES : VH_NO;
}

/* A device that was removed and found again may be in another group by now. */
static int group_now(const struct vh_root *root, const struct vh_record *r)
{
	int group = vh_pci_read_group(root, &r->addr);

	return group < 0 ? r->group : group;
}

int vh_claim_open_group(const struct vh_root *root, const struct vh_claim *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct vh_record *r = &c->records[i];
		int now = group_now(root, r);
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= c->records[k].group == r->group;
		if (!seen && vh_group_is_closed(root, r->group) != VH_YES)
			return r->group;
		if (now != r->group && vh_group_is_closed(root, now) != VH_YES)
			return now;
	}
	return -1;
}

int vh_claim_wait_closed(const struct vh_root *root, const struct vh_claim *c, int64_t deadline)
{
	static const struct timespec pause = { 0, POLL_NS };
	int group;

	while ((group = vh_claim_open_group(root, c)) >= 0 && vh_now_ms() < deadline) {
		vh_root_step(root, "wait for a group");
		nanosleep(&pause, NULL);
	}
	return group;
}

void vh_views_try_groups(const struct vh_root *root, struct vh_host *h)
{
	for (size_t i = 0; i < h->n_groups; i++) {
		struct vh_group *g = h->groups[i];

		g->open = vh_group_is_closed(root, g->number) == VH_YES ? VH_NO : VH_YES;
		if (g->open == VH_YES)
			g->holder = vh_process_behind_group(root, g->number);
	}
}

/* --- claims --------------------------------------------------------------------------------------- */

bool vh_claim_concerns(const struct vh_claim *c, const struct vh_host *h)
{
	for (size_t i = 0; i < c->count; i++)
		if (vh_host_dev(h, &c->records[i].addr) || vh_host_group(h, c->records[i].group))
			return true;
	for (size_t i = 0; i < h->n_asked; i++) /* a device may have gone */
		if (vh_claim_find(c, &h->asked[i]))
			return true;
	return false;
}

bool vh_claim_is_orphan(const struct vh_root *root, const struct vh_claim *c, bool by_hand,
			char **ret_why)
{
	struct vh_process daemon = { c->daemon_pid, c->daemon_start };

	*ret_why = NULL;
	if (!strcmp(c->owner, VH_MANUAL))
		*ret_why = vh_strdup("detached by hand");
	else if (vh_domain_is_running(root, c->owner) != VH_NO)
		*ret_why = vh_strdup("it is running");
	else if (c->state == VH_PREPARED && !vh_process_is_gone(root, &daemon))
		*ret_why = vh_printf("it is being started by process %lld", (long long)c->daemon_pid);
	else if (c->state == VH_STARTED && !by_hand && !vh_process_is_gone(root, &daemon))
		*ret_why = vh_strdup("it was started, and its release has not been called");
	return !*ret_why;
}

bool vh_claim_is_stale(const struct vh_store *s, const struct vh_claim *c, char **ret_why)
{
	if (vh_store_lock_is_free(s, c->owner) == VH_YES)
		return vh_claim_is_orphan(s->root, c, false, ret_why);
	*ret_why = vh_strdup("another vfio-hook is at work on it");
	return false;
}

static bool is_idle_manual(const struct vh_store *s, const struct vh_claim *c)
{
	return !strcmp(c->owner, VH_MANUAL) && vh_store_lock_is_free(s, c->owner) == VH_YES;
}

int vh_views_read(const struct vh_store *s, struct vh_host *h, const char *owner,
		  struct vh_error *err)
{
	_auto_names_ struct vh_names owners = { 0 };

	if (vh_store_list(s, &owners) < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot read '/" VH_STORE_DIR "'");
	for (size_t i = 0; i < owners.count; i++) {
		struct vh_claim_view *v;
		struct vh_claim *c;
		char *why = NULL;
		bool stale;

		if (vh_streq(owners.name[i], owner))
			continue;
		if (vh_store_load(s, owners.name[i], &c, err) < 0)
			return -1;
		if (!c || !vh_claim_concerns(c, h) || (owner && is_idle_manual(s, c))) {
			vh_claim_free(c);
			continue;
		}
		stale = vh_claim_is_stale(s, c, &why);
		v = VH_APPEND(h->claims, h->n_claims);
		*v = (struct vh_claim_view){ .claim = c, .stale = stale, .why = why };
	}
	return 0;
}

static const struct vh_holding *holding_in(const struct vh_holdings *held, const struct vh_group *g,
					   const char *owner)
{
	for (size_t i = 0; i < held->count; i++) {
		const struct vh_holding *h = &held->list[i];

		for (size_t k = 0; k < g->count && !vh_streq(h->uuid, owner); k++)
			if (!vh_pci_cmp(&g->members[k]->addr, &h->addr))
				return h;
	}
	return NULL;
}

/* Of another machine no processes are seen; its libvirt may know a domain that has a member. */
static void look_at_domains(const struct vh_holdings *held, struct vh_group *g, const char *owner)
{
	const struct vh_holding *h = holding_in(held, g, owner);
	_auto_free_ char *shown = NULL;

	if (!h)
		return;
	g->domain = vh_strdup(h->domain);
	shown = vh_printable(g->domain, 60);
	g->holder = vh_printf("domain '%s'", shown);
	g->open = VH_YES;
}

/* Who is seen to hold a group, for commands that must not open it. */
static void look_for_holders(const struct vh_root *root, struct vh_host *h, const char *owner)
{
	_auto_holdings_ struct vh_holdings held = { 0 };
	bool is_read = false;

	for (size_t i = 0; i < h->n_groups; i++) {
		struct vh_group *g = h->groups[i];

		if (!vh_root_exists(root, "dev/vfio/%d", g->number)) {
			g->open = VH_NO;
			continue;
		}
		g->open = vh_process_holding_group(root, g->number, &g->holder);
		if (g->open != VH_YES && !is_read) {
			vh_holdings_read(root, &held);
			is_read = true;
		}
		if (g->open != VH_YES)
			look_at_domains(&held, g, owner);
		if (g->open == VH_UNKNOWN || !(root->live || g->holder)) {
			g->open = VH_UNKNOWN;
			vh_host_not_checked(h, "who has IOMMU group %d open", g->number);
		}
	}
}

void vh_look_at_claims(const struct vh_root *root, struct vh_host *h, const char *owner)
{
	_auto_error_ struct vh_error err = { 0 };
	struct vh_store s = { .dir = -1 };

	if (vh_store_open(&s, root, false, &err) < 0 || vh_views_read(&s, h, owner ? owner : "", &err) < 0) {
		if (err.sys == EACCES || err.sys == EPERM) {
			vh_host_not_checked(h, "claims of other domains: %s", err.what);
		} else {
			h->claims_problem = VH_STEAL(err.what);
			h->claims_fix = VH_STEAL(err.fix);
		}
	}
	vh_store_close(&s);
	look_for_holders(root, h, owner);
}
