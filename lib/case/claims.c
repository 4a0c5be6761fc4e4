/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claims - claims from the store; who holds a group from /proc and from libvirt's files. */
#include "lib/case/claims.h"

#include <errno.h>

#include "lib/base/printable.h"
#include "lib/case/holdings.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/host/processes/process.h"

#include "lib/base/banned.h"

void vh_claims_clear(struct vh_claims *c)
{
	for (size_t i = 0; i < c->count; i++) {
		vh_claim_free(c->list[i].claim);
		free(c->list[i].why);
	}
	for (size_t i = 0; i < c->n_groups; i++) {
		free(c->groups[i].holder);
		free(c->groups[i].nodes);
		free(c->groups[i].domain);
	}
	free(c->list);
	free(c->groups);
	free(c->problem);
	free(c->fix);
	memset(c, 0, sizeof(*c));
}

const struct vh_group_view *vh_claims_group(const struct vh_claims *c, int number)
{
	static const struct vh_group_view unknown = { .number = -1 };

	for (size_t i = 0; i < c->n_groups; i++)
		if (c->groups[i].number == number)
			return &c->groups[i];
	return &unknown;
}

void vh_claims_close(struct vh_claims *c, int number)
{
	for (size_t i = 0; i < c->n_groups; i++)
		if (c->groups[i].number == number)
			c->groups[i].open = VH_NO;
}

static void add_groups(struct vh_claims *c, const struct vh_host *h)
{
	for (size_t i = 0; i < h->n_groups; i++)
		VH_APPEND(c->groups, c->n_groups)->number = h->groups[i]->number;
}

static bool is_asked(const struct vh_host *h, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < h->n_asked; i++)
		if (!vh_pci_cmp(&h->asked[i], addr))
			return true;
	return false;
}

/* Is this a device of the host's groups, or one that was asked for? It may have gone. */
bool vh_claims_concerns(const struct vh_record *r, const struct vh_host *h)
{
	const struct vh_pci_dev *d = vh_host_dev(h, &r->addr);

	return (d && !d->hinted) || vh_host_group(h, r->group) || is_asked(h, &r->addr);
}

static bool concerns(const struct vh_claim *c, const struct vh_host *h)
{
	for (size_t i = 0; i < c->count; i++)
		if (vh_claims_concerns(&c->records[i], h))
			return true;
	/* what has not come back, though the device is home */
	for (size_t i = 0; i < c->loans.count; i++) {
		const struct vh_pci_addr *addr = &c->loans.list[i].addr;
		const struct vh_pci_dev *d = vh_host_dev(h, addr);

		if ((d && !d->hinted) || is_asked(h, addr))
			return true;
	}
	return false;
}

/* Why a domain counts as one that runs, or NULL. */
static char *why_running(const struct vh_root *root, const char *uuid)
{
	_auto_free_ char *unclear = NULL;
	enum vh_tri runs = vh_libvirt_files_is_running(root, uuid, &unclear);

	if (runs != VH_UNKNOWN)
		return runs == VH_YES ? vh_strdup("it is running") : NULL;
	return vh_printf("it may be running: '/%s' cannot be understood",
			 unclear ? unclear : "run/libvirt/qemu");
}

bool vh_claims_is_orphan(const struct vh_root *root, const struct vh_claim *c, enum vh_claims_by by,
			 char **ret_why)
{
	struct vh_process daemon = { c->daemon_pid, c->daemon_start };

	*ret_why = NULL;
	if (!strcmp(c->owner, VH_MANUAL))
		*ret_why = vh_strdup("detached by hand");
	else if ((*ret_why = why_running(root, c->owner)))
		return false;
	else if (c->released || by == VH_CLAIMS_BY_HAND || (c->ran && by == VH_CLAIMS_BY_ALL) ||
		 vh_process_is_gone(root, &daemon))
		return true;
	else if (c->ran)
		*ret_why = vh_strdup("it was started, and its release has not been called");
	else
		*ret_why = vh_printf("it is being started by process %lld",
				     (long long)c->daemon_pid);
	return false;
}

/* Of one that had no driver it cannot be told: while libvirt gives it back it stands as it did
 * before, until libvirt has probed. */
static bool is_given(const struct vh_record *r, const struct vh_standing *s)
{
	return s->place == VH_PLACE_HOME && r->driver;
}

bool vh_claims_gave_back(const struct vh_claim *c, const struct vh_standing *standing, int group)
{
	bool any = false;

	for (size_t i = 0; c->ran && i < c->count; i++) {
		if (c->records[i].group != group || c->records[i].role != VH_NAMED)
			continue;
		if (!is_given(&c->records[i], &standing[i]))
			return false;
		any = true;
	}
	return any;
}

/* Are all groups that are wanted ones that its guest has given back? */
static bool is_given_back(const struct vh_store *s, const struct vh_claim *c,
			  const struct vh_host *h)
{
	struct vh_standing *standing;
	bool all = true;

	if (!c->ran || vh_store_lock_is_free(s, c->owner) != VH_YES)
		return false;
	standing = vh_standing_read(s->root, c);
	for (size_t i = 0; all && i < c->count; i++)
		if (vh_claims_concerns(&c->records[i], h))
			all = vh_claims_gave_back(c, standing, c->records[i].group);
	vh_standing_free(standing, c->count);
	return all;
}

bool vh_claims_is_stale(const struct vh_store *s, const struct vh_claim *c, char **ret_why)
{
	if (vh_store_lock_is_free(s, c->owner) == VH_YES)
		return vh_claims_is_orphan(s->root, c, VH_CLAIMS_BY_START, ret_why);
	*ret_why = vh_strdup("another vfio-hook is at work on it");
	return false;
}

static bool is_idle_manual(const struct vh_store *s, const struct vh_claim *c)
{
	return !strcmp(c->owner, VH_MANUAL) && vh_store_lock_is_free(s, c->owner) == VH_YES;
}

static int read_claims(struct vh_claims *ret, const struct vh_store *s, const struct vh_host *h,
		       const char *owner, struct vh_error *err)
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
		if (!c || !concerns(c, h) || (owner && is_idle_manual(s, c))) {
			vh_claim_free(c);
			continue;
		}
		stale = vh_claims_is_stale(s, c, &why) || is_given_back(s, c, h);
		v = VH_APPEND(ret->list, ret->count);
		*v = (struct vh_claim_view){ .claim = c, .stale = stale, .why = why };
	}
	return 0;
}

int vh_claims_read(struct vh_claims *ret, const struct vh_store *s, const struct vh_host *h,
		   const char *owner, struct vh_error *err)
{
	*ret = (struct vh_claims){ 0 };
	add_groups(ret, h);
	return read_claims(ret, s, h, owner, err);
}

/* --- who is seen to hold a group -------------------------------------------------------------- */

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
static void look_at_domains(const struct vh_holdings *held, const struct vh_group *g,
			    const char *owner, struct vh_group_view *v)
{
	const struct vh_holding *h = holding_in(held, g, owner);
	_auto_free_ char *shown = NULL;

	if (!h)
		return;
	v->domain = vh_strdup(h->domain);
	shown = vh_printable(v->domain, 60);
	v->holder = vh_printf("domain '%s'", shown);
	v->open = VH_YES;
}

static bool has_vfio_member(const struct vh_group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->members[i]->on_vfio)
			return true;
	return false;
}

/* Fills in the groups that may be open, in their order; the others are closed. Returns how many. */
static size_t find_suspects(struct vh_claims *c, const struct vh_root *root,
			    const struct vh_host *h, struct vh_group_holder *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n_groups; i++) {
		struct vh_group_view *v = &c->groups[i];

		v->hidden = !vh_root_exists(root, "dev/vfio/%d", v->number) &&
			    vh_process_has_groups(root) != VH_NO;
		if (!v->hidden || has_vfio_member(h->groups[i])) {
			ret[n++].group = v->number;
			continue;
		}
		v->hidden = false;
		v->open = VH_NO;
	}
	return n;
}

static void look_for_holders(struct vh_claims *c, const struct vh_root *root,
			     const struct vh_host *h, const char *owner, struct vh_names *unseen)
{
	_auto_free_ struct vh_group_holder *seen = vh_alloc(h->n_groups * sizeof(*seen));
	size_t n = find_suspects(c, root, h, seen);
	_auto_holdings_ struct vh_holdings held = { 0 };
	bool is_read = false;

	vh_process_holding_groups(root, seen, n);
	for (size_t i = 0, k = 0; k < n; i++) {
		struct vh_group_view *v = &c->groups[i];

		if (v->number != seen[k].group)
			continue;
		v->open = seen[k].open;
		v->holder = seen[k].who;
		v->nodes = seen[k++].nodes;
		/* as lib/act/groups.c: what cannot be tried may be open */
		if (v->hidden && root->live && v->open == VH_NO)
			v->open = VH_YES;
		if (v->open != VH_YES && !is_read) {
			vh_holdings_read(root, &held);
			is_read = true;
		}
		if (v->open != VH_YES)
			look_at_domains(&held, h->groups[i], owner, v);
		if (v->open == VH_UNKNOWN || !(root->live || v->holder)) {
			v->open = VH_UNKNOWN;
			vh_names_note(unseen, "who has IOMMU group %d open", v->number);
		}
	}
}

/* What a guest has given back and still has open, it uses: it found it on a VFIO driver. */
static void weigh_given(struct vh_claims *c, const struct vh_host *h)
{
	for (size_t i = 0; i < c->count; i++) {
		struct vh_claim_view *v = &c->list[i];

		for (size_t k = 0; v->stale && v->why && k < v->claim->count; k++) {
			const struct vh_record *r = &v->claim->records[k];

			if (vh_claims_concerns(r, h) && vh_claims_group(c, r->group)->open != VH_NO)
				v->stale = false;
		}
	}
}

void vh_claims_look(struct vh_claims *ret, const struct vh_root *root, const struct vh_host *h,
		    const char *owner, struct vh_names *unseen)
{
	_auto_error_ struct vh_error err = { 0 };
	struct vh_store s = { .dir = -1 };

	*ret = (struct vh_claims){ 0 };
	add_groups(ret, h);
	if (vh_store_open(&s, root, false, &err) < 0 ||
	    read_claims(ret, &s, h, owner ? owner : "", &err) < 0) {
		if (err.sys == EACCES || err.sys == EPERM) {
			vh_names_note(unseen, "claims of other domains: %s", err.what);
		} else {
			ret->problem = VH_STEAL(err.what);
			ret->fix = VH_STEAL(err.fix);
		}
	}
	vh_store_close(&s);
	look_for_holders(ret, root, h, owner, unseen);
	weigh_given(ret, h);
}
