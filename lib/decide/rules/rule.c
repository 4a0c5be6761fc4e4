/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule - the walks over a case that the rules share, and the engine that runs them: it knows none
 * of them, and takes the table from the findings. */
#include "lib/decide/rules/rule.h"

#include "lib/base/printable.h"

#include "lib/base/banned.h"

#define HOOK_SHOWN_MAX 200

/* A peer that does not answer is still taken from its driver, so it is judged as any other. */
static bool is_judged(const struct vh_plan_dev *pd)
{
	return pd->role == VH_PEER || vh_plan_can_pass(pd->dev);
}

const struct vh_plan_dev *vh_rule_next_dev(const struct vh_case *c, const struct vh_plan_dev *pd)
{
	const struct vh_plan_dev *end;

	if (!c->plan || !c->plan->count)
		return NULL;
	end = c->plan->devs + c->plan->count;
	for (pd = pd ? pd + 1 : c->plan->devs; pd < end; pd++) {
		if (is_judged(pd))
			return pd;
	}
	return NULL;
}

static const struct vh_plan_dev *next_of(const struct vh_case *c, const struct vh_plan_dev *pd,
					 enum vh_role role)
{
	do
		pd = vh_rule_next_dev(c, pd);
	while (pd && pd->role != role);
	return pd;
}

const struct vh_plan_dev *vh_rule_next_named(const struct vh_case *c, const struct vh_plan_dev *pd)
{
	return next_of(c, pd, VH_NAMED);
}

const struct vh_plan_dev *vh_rule_next_peer(const struct vh_case *c, const struct vh_plan_dev *pd)
{
	return next_of(c, pd, VH_PEER);
}

const struct vh_plan_dev *vh_rule_named_in(const struct vh_case *c, int group)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		if (pd->dev->group == group)
			return pd;
	}
	return NULL;
}

int vh_rule_group_line(const struct vh_case *c, int group)
{
	const struct vh_plan_dev *pd = vh_rule_named_in(c, group);

	return pd && pd->element ? pd->element->line : 0;
}

const struct vh_group *vh_rule_next_group(const struct vh_case *c, size_t *index)
{
	while (*index < c->host->n_groups) {
		const struct vh_group *g = c->host->groups[(*index)++];

		if (!g->noiommu && vh_rule_named_in(c, g->number))
			return g;
	}
	return NULL;
}

bool vh_rule_is_concerned(const struct vh_case *c)
{
	if (c->domain)
		return vh_domain_has_pci(c->domain);
	return !c->plan || c->plan->count;
}

/* libvirt before 12.1 reads past it. By hand there is no element yet, and no way. */
enum vh_tri vh_rule_by_iommufd(const struct vh_case *c)
{
	const struct vh_domain *d = c->domain;
	bool any = false;

	for (size_t i = 0; d && i < d->n_devices; i++) {
		any = any || d->devices[i].line;
		if (vh_domain_is_iommufd(d, &d->devices[i]) &&
		    (!c->around.libvirt || c->around.libvirt >= VH_RULE_IOMMUFD_SINCE))
			return VH_YES;
	}
	return any || (d && c->networks.pools.count) ? VH_NO : VH_UNKNOWN;
}

bool vh_rule_is_named(const struct vh_case *c, const struct vh_pci_dev *d)
{
	for (size_t i = 0; c->plan && i < c->plan->count; i++) {
		if (c->plan->devs[i].dev == d && c->plan->devs[i].role == VH_NAMED)
			return true;
	}
	return false;
}

/* Elements lie in one array in the order of the document. */
static int by_addr(const void *a, const void *b)
{
	const struct vh_hostdev *const *x = a, *const *y = b;
	int order = vh_pci_cmp(&(*x)->addr, &(*y)->addr);

	return order ? order : (*x > *y) - (*x < *y);
}

const struct vh_hostdev **vh_rule_elements_sorted(const struct vh_domain *d, size_t *ret_count)
{
	const struct vh_hostdev **list = NULL;
	size_t n = 0;

	for (size_t i = 0; d && i < d->n_devices; i++) {
		if (!d->devices[i].problem)
			*VH_APPEND(list, n) = &d->devices[i];
	}
	if (n)
		qsort(list, n, sizeof(*list), by_addr);
	*ret_count = n;
	return list;
}

enum vh_tri vh_rule_release_at_least(const char *release, unsigned int major, unsigned int minor)
{
	unsigned int have_major, have_minor;

	if (!release || sscanf(release, "%u.%u", &have_major, &have_minor) != 2)
		return VH_UNKNOWN;
	return have_major > major || (have_major == major && have_minor >= minor) ? VH_YES : VH_NO;
}

bool vh_rule_gets_group_later(const struct vh_host *h, const struct vh_pci_dev *d)
{
	return h->cpu == VH_CPU_ARM && h->iommu && d->group < 0 && !d->driver &&
	       vh_plan_can_pass(d) && vh_rule_release_at_least(h->release, 6, 15) == VH_NO;
}

/* --- the engine --------------------------------------------------------------------------- */

const struct vh_hook_line *vh_rule_hook_before(const struct vh_case *c, enum vh_hook_deed deed,
					       const struct vh_pci_addr *addr)
{
	for (size_t i = 0; !c->starting && i < c->scripts.count; i++) {
		const struct vh_hook_line *l = &c->scripts.list[i];

		if (l->deed == deed && (vh_names_has(&l->before, "") ||
					(addr && vh_names_has(&l->before, vh_pci_str(addr).s))))
			return l;
	}
	return NULL;
}

void vh_rule_told_by_hook(struct vh_finding *f, const struct vh_hook_line *l)
{
	_auto_free_ char *file = vh_printable(l->file, HOOK_SHOWN_MAX), *told = f->message;

	f->message = vh_printf("%s; %s:%d ('%s') runs before vfio-hook looks, and may change that",
			       told, file, l->line, l->what);
	f->severity = VH_WARNING;
}

/* A finding, the place of its rule in the table, and the place it was found at, which makes
 * qsort() stable. */
struct numbered {
	struct vh_finding f;
	size_t rule, n;
};

static int by_weight(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->f.severity != y->f.severity)
		return x->f.severity > y->f.severity ? -1 : 1;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	if (x->f.line != y->f.line)
		return x->f.line < y->f.line ? -1 : 1;
	return (x->n > y->n) - (x->n < y->n);
}

static size_t place_of(const struct vh_rules *rules, const struct vh_rule *r)
{
	size_t i = 0;

	while (i < rules->count && rules->list[i] != r)
		i++;
	return i;
}

static void sort(struct vh_findings *out)
{
	_auto_free_ struct numbered *list = NULL;

	if (out->count < 2)
		return;
	list = vh_realloc_array(NULL, out->count, sizeof(*list));
	for (size_t i = 0; i < out->count; i++)
		list[i] = (struct numbered){ out->list[i], place_of(out->rules, out->list[i].rule),
					     i };
	qsort(list, out->count, sizeof(*list), by_weight);
	for (size_t i = 0; i < out->count; i++)
		out->list[i] = list[i].f;
}

void vh_rule_run_all(const struct vh_case *c, unsigned int scopes, struct vh_findings *out)
{
	for (size_t i = 0; i < out->rules->count; i++) {
		const struct vh_rule *r = out->rules->list[i];

		/* of a lone element the rest of the domain is not known */
		if (c->domain && c->domain->lone && r->scopes & VH_SCOPE_POLICY)
			continue;
		if (r->scopes & scopes)
			r->check(c, r, out);
	}
	sort(out);
}
