/* SPDX-License-Identifier: GPL-2.0-or-later */
/* render - what text and JSON share: the facts about a plan, claims, and a start. */
#include "cli/render/render.h"

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

bool vh_render_is_detached(const struct vh_plan_dev *pd)
{
	return pd->action == VH_UNBIND || pd->action == VH_BIND;
}

const char *vh_render_verdict(const struct vh_findings *f)
{
	return vh_findings_number(f, VH_ERROR) ? "refuse" : "ok";
}

const char *vh_render_plural(size_t n)
{
	return n == 1 ? "" : "s";
}

bool vh_render_is_groupless(const struct vh_host *h, const struct vh_pci_dev *d)
{
	return !vh_host_group(h, d->group);
}

bool vh_render_is_unclaimed(const struct vh_status *s, const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < s->count; i++)
		if (vh_claim_find(s->rows[i].claim, &d->addr))
			return false;
	return d->on_vfio || d->override;
}

/* --- what a start would do ------------------------------------------------------------------ */

static const struct vh_plan_dev *planned(const struct vh_shown *s, const struct vh_pci_dev *d)
{
	const struct vh_plan *p = s->start->plan;

	for (size_t i = 0; p && i < p->count; i++)
		if (p->devs[i].dev == d)
			return &p->devs[i];
	return NULL;
}

static char *refusal(const struct vh_findings *f)
{
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < f->count; i++) {
		_auto_free_ char *one = NULL;

		if (f->list[i].severity != VH_ERROR)
			continue;
		one = vh_printf("%s%s [%s]", sb.len ? "" : "would be refused: ", f->list[i].message,
				f->list[i].rule->name);
		vh_strbuf_join(&sb, "; ", one);
	}
	return vh_strbuf_steal(&sb);
}

char *vh_render_start(const struct vh_shown *s)
{
	const struct vh_plan *p = s->start->plan;
	struct vh_strbuf sb = { 0 }, peers = { 0 };
	size_t n = 0;

	if (vh_findings_number(&s->start->findings, VH_ERROR))
		return refusal(&s->start->findings);
	if (!s->dev->driver)
		vh_strbuf_add(&sb, "would take it as it is, without a driver");
	else if (s->dev->on_vfio)
		vh_strbuf_addf(&sb, "would take it as it is, on '%s'", s->dev->driver);
	else
		vh_strbuf_addf(&sb, "would take it from '%s'", s->dev->driver);
	for (size_t i = 0; p && i < p->count; i++) {
		const struct vh_plan_dev *pd = &p->devs[i];
		_auto_free_ char *one = NULL;

		if (pd->role != VH_PEER || !vh_render_is_detached(pd))
			continue;
		one = pd->dev->driver ? vh_printf("%s from '%s'", vh_pci_str(&pd->dev->addr).s,
						  pd->dev->driver)
				      : vh_strdup(vh_pci_str(&pd->dev->addr).s);
		vh_strbuf_join(&peers, ", ", one);
		n++;
	}
	if (n)
		vh_strbuf_addf(&sb, ", with %zu peer%s: %s", n, vh_render_plural(n), peers.data);
	vh_strbuf_clear(&peers);
	return vh_strbuf_steal(&sb);
}

/* The rules that refuse because of this member. */
static char *blocked_by(const struct vh_shown *s, const struct vh_pci_dev *m)
{
	const struct vh_findings *f = &s->start->findings;
	const struct vh_rule *last = NULL;
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < f->count; i++) {
		const struct vh_finding *e = &f->list[i];

		if (e->severity != VH_ERROR || !e->has_addr || vh_pci_cmp(&e->addr, &m->addr) != 0)
			continue;
		if (e->rule != last) /* one stands there once for each use */
			vh_strbuf_join(&sb, ", ", e->rule->name);
		last = e->rule;
	}
	return sb.data;
}

char *vh_render_member(const struct vh_shown *s, const struct vh_pci_dev *m)
{
	_auto_free_ char *rules = blocked_by(s, m);
	const struct vh_plan_dev *pd = planned(s, m);

	if (rules)
		return vh_printf("blocks the start: %s", rules);
	if (m == s->dev)
		return vh_strdup("this device");
	if (!vh_plan_can_pass(s->dev)) /* no start looks at the group */
		return vh_strdup("another member");
	if (pd && vh_render_is_detached(pd))
		return vh_strdup("moves with it");
	if (!vh_host_is_tolerated(m))
		return vh_printf("would stay on '%s', which VFIO does not allow beside a guest",
				 m->driver);
	if (vh_host_is_bridge(m))
		return vh_strdup("stays: bridges do not go to guests and are no obstacle");
	if (m->on_vfio)
		return vh_strdup("stays on its VFIO driver");
	if (m->driver)
		return vh_printf("stays on '%s', which VFIO allows", m->driver);
	return vh_strdup(vh_host_is_chipset(m) ? "stays: part of the chipset, without a driver"
					       : "stays without a driver, which VFIO allows");
}
