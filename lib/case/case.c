/* SPDX-License-Identifier: GPL-2.0-or-later */
/* case - reads it in this order: networks, record, machine and claims, pools, memory, devices that
 * have moved. For a domain without passthrough it reads nothing of the machine. */
#include "lib/case/case.h"

#include "lib/base/printable.h"
#include "lib/case/standing.h"
#include "lib/case/start-memory.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/host/read.h"
#include "lib/state/record.h"

#include "lib/base/banned.h"

void vh_case_clear(struct vh_case *c)
{
	vh_networks_clear(&c->networks);
	vh_vfpools_clear(&c->pools);
	vh_memory_clear(&c->memory);
	vh_identity_free(c->last);
	free(c->last_problem);
	free(c->elsewhere.list);
	vh_whereabouts_clear(&c->lies);
	vh_surroundings_clear(&c->around);
	vh_handed_clear(&c->handed);
	vh_hook_scripts_clear(&c->scripts);
	vh_names_clear(&c->unseen);
	vh_facts_clear(&c->here);
	memset(c, 0, sizeof(*c));
}

struct vh_claims *vh_case_own_claims(struct vh_case *c)
{
	return &c->here.hosts[0]->claims;
}

/* --- the machine ------------------------------------------------------------------------------ */

/* Which devices are read: those that are named; hints: what their addresses would be in hex, or
 * were meant to be, so that rules can say what stands there; and those that QEMU is given past
 * libvirt: whether they are there, and on which drivers they and their groups are. */
struct wanted {
	struct vh_pci_addr *addrs, *hints, *beside;
	size_t count, n_hints, n_beside;
};

static void wanted_clear(struct wanted *w)
{
	free(w->addrs);
	free(w->hints);
	free(w->beside);
}

static struct wanted wanted_by(const struct vh_domain *d)
{
	struct wanted w = { 0 };
	struct vh_pci_addr meant;

	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *e = &d->devices[i];

		if (!e->problem)
			*VH_APPEND(w.addrs, w.count) = e->addr;
		if (!e->problem && e->decimal && e->hex_valid)
			*VH_APPEND(w.hints, w.n_hints) = e->hex;
		if (e->problem && e->meant && vh_pci_parse(e->meant, &meant) == 0)
			*VH_APPEND(w.hints, w.n_hints) = meant;
	}
	for (size_t i = 0; i < d->smuggled.count; i++)
		if (d->smuggled.list[i].has_addr)
			*VH_APPEND(w.beside, w.n_beside) = d->smuggled.list[i].addr;
	return w;
}

static unsigned int flags_of(const struct vh_case_ask *ask, size_t count)
{
	if (ask->policy)
		return 0;
	if (ask->whole)
		return VH_HOST_ALL | VH_HOST_RULES;
	return VH_HOST_RULES | (count ? VH_HOST_USES : 0) | (ask->store ? VH_HOST_OVERRIDES : 0) |
	       (ask->domain ? 0 : VH_HOST_BINDS);
}

/* The host with the devices of the own claim as they were before it: a start continues where an
 * accident ended one, and a domain that runs is judged as if it were stopped. */
static const struct vh_host *read_host(const struct vh_case_ask *ask, const struct vh_claim *own,
				       const struct vh_standing *standing, const struct wanted *w)
{
	size_t n = 0;
	_auto_free_ struct vh_was *was = own ? vh_standing_before(own, standing, &n) : NULL;
	struct vh_host_ask wanted = {
		.addrs = w->addrs,
		.count = w->count,
		.hints = w->hints,
		.n_hints = w->n_hints,
		.beside = w->beside,
		.n_beside = w->n_beside,
		.flags = flags_of(ask, w->count),
		.deadline = ask->deadline,
		.was = was,
		.n_was = n,
	};

	return vh_host_read_as(ask->root, &wanted);
}

static void use(struct vh_case *c, struct vh_facts_host *f)
{
	c->host = f->host;
	c->claims = &f->claims;
	c->vf_guests = &f->vf_guests;
	vh_names_note_all(&c->unseen, &f->unseen);
}

/* The owner's claim, where nobody has read it yet, and where its devices stand. */
static struct vh_claim *read_own(const struct vh_case_ask *ask, const char *owner,
				 struct vh_standing **ret_standing)
{
	_auto_error_ struct vh_error ignored = { 0 };
	struct vh_store s = { .dir = -1 };
	struct vh_claim *own = NULL;

	/* vh_claims_look() says what cannot be read */
	if (vh_store_open(&s, ask->root, false, &ignored) == 0)
		VH_IGNORE(vh_store_load(&s, owner, &own, &ignored));
	vh_store_close(&s);
	if (own)
		*ret_standing = vh_standing_read(ask->root, own);
	return own;
}

static int read_claims(struct vh_facts_host *f, const struct vh_case_ask *ask, const char *owner,
		       struct vh_error *err)
{
	vh_names_note_all(&f->unseen, &f->host->not_checked);
	if (ask->policy || ask->whole)
		return 0;
	vh_vfguests_read(ask->root, f->host, &f->vf_guests);
	if (ask->store)
		return vh_claims_read(&f->claims, ask->store, f->host, owner, err);
	vh_claims_look(&f->claims, ask->root, f->host, owner, &f->unseen);
	return 0;
}

/* For this domain alone: the host looks different to it, or nobody else asks. */
static int read_here(struct vh_case *c, const struct vh_case_ask *ask, const char *owner,
		     const struct wanted *w, struct vh_error *err)
{
	struct vh_standing *seen = NULL;
	_auto_(vh_claim) struct vh_claim *read = owner && !ask->starts && !ask->store
							 ? read_own(ask, owner, &seen)
							 : NULL;
	const struct vh_claim *own = read ? read : ask->own;
	const struct vh_standing *standing = read ? seen : ask->standing;
	struct vh_facts_host *f = vh_facts_add(&c->here, w->addrs, w->count,
					       read_host(ask, own, standing, w));
	int rc = read_claims(f, ask, owner, err);

	for (size_t i = 0; c->running && own && i < own->count; i++)
		vh_claims_close(&f->claims, own->records[i].group);
	use(c, f);
	vh_standing_free(seen, read ? read->count : 0);
	return rc;
}

/* What others have read of the same devices, or read for them to come. */
static int read_shared(struct vh_case *c, const struct vh_case_ask *ask, const struct wanted *w,
		       struct vh_error *err)
{
	struct vh_facts_host *f = vh_facts_find(ask->facts, w->addrs, w->count);
	int rc = 0;

	if (!f) {
		f = vh_facts_add(ask->facts, w->addrs, w->count, read_host(ask, NULL, NULL, w));
		rc = read_claims(f, ask, NULL, err);
	}
	use(c, f);
	return rc;
}

/* *ret_runs: does the domain run? */
static int read_machine(struct vh_case *c, const struct vh_case_ask *ask, const char *owner,
			const struct wanted *w, enum vh_tri *ret_runs, struct vh_error *err)
{
	*ret_runs = VH_NO;
	/* hints are a domain's own: others do not ask for them */
	if (ask->facts && !w->n_hints && !w->n_beside &&
	    !(owner && vh_facts_is_moved(ask->facts, ask->root, owner))) {
		if (owner && !ask->facts->running_seen)
			*ret_runs = VH_UNKNOWN;
		return read_shared(c, ask, w, err);
	}
	if (owner && c->domain && !ask->starts)
		*ret_runs = vh_libvirt_files_is_running(ask->root, owner, NULL);
	c->running = *ret_runs == VH_YES;
	return read_here(c, ask, owner, w, err);
}

/* --- what the domain adds --------------------------------------------------------------------- */

/* Nobody is refused over a record that is damaged, and an ordinary user does not see it. */
static void read_record(struct vh_case *c, const struct vh_case_ask *ask)
{
	_auto_error_ struct vh_error err = { 0 };

	if (ask->before) {
		c->last = VH_STEAL(ask->before->last);
		c->last_problem = VH_STEAL(ask->before->last_problem);
	} else if (c->domain->uuid &&
		   vh_record_load(ask->root, c->domain->uuid, &c->last, &err) < 0) {
		c->last_problem = VH_STEAL(err.what);
	}
	if (c->last_problem)
		vh_names_note(&c->unseen, "whether these are the devices that it last ran with: %s",
			      c->last_problem);
}

static void read_memory(struct vh_case *c, const struct vh_case_ask *ask, enum vh_tri runs)
{
	if (c->config->memory == VH_MEMORY_OFF ||
	    !vh_domain_pins(c->domain, c->networks.pools.count > 0))
		return;
	vh_start_memory_read(ask->root, c->host, c->domain, &c->memory, &c->unseen);
	if (runs != VH_NO && c->memory.own == VH_NO)
		vh_start_memory_read_own(ask->root, c->domain, &c->memory, &c->unseen);
}

/* Nothing of a PCI device, and nothing that could become one. */
static bool is_plain(const struct vh_domain *d)
{
	return !vh_domain_has_pci(d) && !d->networks.count && !d->memory.n_vdpa &&
	       !d->smuggled.count && !d->slots.n_misplaced;
}

static bool is_concerned(const struct vh_case *c)
{
	return vh_domain_has_pci(c->domain) || c->domain->smuggled.count ||
	       c->networks.missing.count || c->networks.stopped.count ||
	       c->domain->slots.n_misplaced ||
	       vh_domain_pins(c->domain, c->networks.pools.count > 0);
}

/* Another hook may make what is not there when the guest starts: ours is usually called first. */
static void expect_made(struct vh_case *c)
{
	_auto_free_ char *maker = c->scripts.maker ? vh_printable(c->scripts.maker, 120) : NULL;

	for (size_t i = 0; i < c->lies.count && maker; i++) {
		struct vh_whereabout *w = &c->lies.list[i];

		if (!w->absent)
			continue;
		w->absent = false;
		vh_names_note(&c->unseen,
			      "whether %s makes the %s of line %d when the guest starts", maker,
			      w->need->kind == VH_NEED_MEDIATED ? "mediated device" : "USB device",
			      w->need->line);
	}
}

static int read_domain(struct vh_case *c, const struct vh_case_ask *ask, struct vh_error *err)
{
	const char *owner = c->domain->uuid;
	__attribute__((cleanup(wanted_clear))) struct wanted w = { 0 };
	enum vh_tri runs;

	if (is_plain(c->domain))
		return 0;
	vh_networks_find(&c->networks, ask->facts ? ask->facts : &c->here, ask->root, c->domain,
			 &c->unseen);
	if (!is_concerned(c))
		return 0;
	if (!ask->policy) {
		w = wanted_by(c->domain);
		read_record(c, ask);
	}
	if (c->domain->lone)
		vh_names_note(&c->unseen, "the domain that this is for: its balloon, its memory, "
					  "and what else it names");
	if (read_machine(c, ask, owner, &w, &runs, err) < 0)
		return -1;
	vh_networks_read(&c->pools, ask->root, &c->networks.pools, owner, ask->deadline, &c->unseen);
	if (!c->domain->lone)
		read_memory(c, ask, runs);
	vh_whereabouts_read(&c->lies, ask->root, c->host, &c->domain->needs, &c->unseen);
	if (!ask->policy)
		vh_surroundings_read(&c->around, ask->root, c->host, c->domain,
				     c->networks.pools.count > 0, &c->unseen);
	if (!ask->policy && !c->domain->lone &&
	    (vh_domain_has_pci(c->domain) || c->domain->smuggled.count))
		vh_hook_scripts_read(&c->scripts, ask->root, c->domain->name, &c->unseen);
	expect_made(c);
	return 0;
}

/* systemd is not asked under the global lock: what was seen before is for the same devices, as far
 * as they are there. */
static void read_handed(struct vh_case *c, const struct vh_case_ask *ask)
{
	if (!ask->settled || !ask->before) {
		vh_handed_read(&c->handed, ask->root, c->host, c->config, &c->unseen);
		return;
	}
	c->handed = ask->before->handed;
	ask->before->handed = (struct vh_handed){ 0 };
	c->handed.over = ask->handed_over;
	for (size_t i = 0; i < c->handed.count; i++) {
		struct vh_handed_dev *d = &c->handed.devs[i];

		d->dev = vh_host_dev(c->host, &d->addr);
	}
}

int vh_case_read(struct vh_case *ret, const struct vh_case_ask *ask, struct vh_error *err)
{
	const struct wanted by_hand = { .addrs = (struct vh_pci_addr *)ask->addrs,
					.count = ask->count };
	enum vh_tri runs;
	int rc;

	*ret = (struct vh_case){ .domain = ask->domain,
				 .config = ask->config,
				 .starting = ask->starts };
	if (ask->domain)
		rc = read_domain(ret, ask, err);
	else
		rc = read_machine(ret, ask, ask->owner, &by_hand, &runs, err);
	if (ask->whole)
		vh_hook_scripts_read(&ret->scripts, ask->root, NULL, &ret->unseen);
	if (ret->host && !ask->whole && !ask->policy)
		read_handed(ret, ask);
	if (ret->host && !ask->whole && !ask->policy)
		vh_expect_look(&ret->elsewhere, ask->root, ret->host, ret->config, ret->domain,
			       ret->last, &ret->unseen);
	return rc;
}

int vh_case_read_again(struct vh_case *c, const struct vh_case_ask *ask, bool *ret_same,
		       struct vh_error *err)
{
	const char *owner = ask->domain ? ask->domain->uuid : ask->owner;
	struct vh_facts_host *f = c->here.n_hosts == 1 ? c->here.hosts[0] : NULL;

	*ret_same = f && !(ask->own && ask->own->count) && vh_host_read_again(ask->root, f->host);
	if (!*ret_same)
		return 0;
	vh_vfguests_clear(&f->vf_guests);
	vh_vfguests_read(ask->root, f->host, &f->vf_guests);
	vh_claims_clear(&f->claims);
	return vh_claims_read(&f->claims, ask->store, f->host, owner, err);
}
