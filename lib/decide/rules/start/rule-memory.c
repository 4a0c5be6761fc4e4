/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule-memory - is there the memory that passthrough pins when the guest starts, and is it below
 * the limit of the domain. Huge pages have a file of their own.
 */
#include "lib/base/size.h"
#include "lib/decide/memory-need.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* Leaves out what is 0, with the words around it. */
static void add_size(struct vh_strbuf *sb, const char *before, uint64_t kib, enum vh_unit unit,
		     const char *after)
{
	_auto_free_ char *size = vh_size_text(kib, unit);

	if (kib)
		vh_strbuf_addf(sb, "%s%s%s", before, size, after);
}

/* --- ordinary memory ---------------------------------------------------------------------- */

/* More than QEMU can allocate, pinned or not. Of memory in several pieces the kernel looks at each. */
static bool is_refused(const struct vh_case *c, const struct vh_memory_need_sums *s)
{
	const struct vh_guest_memory *g = &c->domain->memory;
	const struct vh_memory *m = &c->memory;
	uint64_t elsewhere = vh_size_add(vh_size_add(s->huge, s->backed), s->unplugged);

	return m->limited && m->read == VH_YES && !g->n_cells && !g->n_devices &&
	       vh_size_sub(s->guest, elsewhere) > vh_size_add(m->total_kib, m->swap_kib);
}

static const char *what_is_pinned(const struct vh_case *c, const struct vh_memory_need_sums *s)
{
	if (is_refused(c, s))
		return ": QEMU cannot allocate more than the host has with its swap";
	if (vh_memory_need_is_later(c))
		return ": the guest may map all of it for its devices, and that is pinned";
	if (s->need > vh_size_add(s->have, c->memory.swap_free_kib))
		return ": passthrough pins all of it when the guest starts";
	return ": passthrough pins all of it, so that others have to be swapped out";
}

static char *memory_message(const struct vh_case *c, const struct vh_memory_need_sums *s,
			    enum vh_unit unit)
{
	const struct vh_memory *m = &c->memory;
	_auto_strbuf_ struct vh_strbuf less = { 0 };
	struct vh_strbuf sb = { 0 };

	add_size(&less, "", s->huge, unit, " of it on huge pages");
	add_size(&less, less.len ? ", " : "", s->backed, unit, " in files or devices of its own");
	add_size(&less, less.len ? ", " : "", s->unplugged, unit, " of virtio-mem not requested");
	add_size(&sb, "guest memory ", s->guest, unit, "");
	if (less.len)
		vh_strbuf_addf(&sb, " (%s)", less.data);
	add_size(&sb, " + ", s->overhead, unit, " overhead");
	add_size(&sb, " + ", s->made, unit, " for huge pages that are not there yet");
	vh_strbuf_add(&sb, m->available_kib ? "" : ", nothing available");
	add_size(&sb, ", ", m->available_kib, unit, " available");
	add_size(&sb, " + ", m->own == VH_YES ? m->own_kib : 0, unit, " that it holds now");
	add_size(&sb, " + ", m->arc_kib, unit, " that ZFS gives back");
	if (!m->swap_free_kib)
		vh_strbuf_add(&sb, m->swap_kib ? ", no free swap" : ", no swap");
	add_size(&sb, ", ", m->swap_free_kib, unit, " free swap");
	vh_strbuf_add(&sb, what_is_pinned(c, s));
	return vh_strbuf_steal(&sb);
}

/* How much the guest could have, in whole MiB; 0: it is not that simple. */
static uint64_t fitting_mib(const struct vh_case *c, const struct vh_memory_need_sums *s)
{
	const struct vh_guest_memory *g = &c->domain->memory;
	uint64_t room = vh_size_sub(s->have, VH_MEMORY_NEED_OVERHEAD_KIB), fits;

	if (g->n_cells || g->n_devices || s->huge)
		return 0;
	fits = room / (VH_MEMORY_NEED_OVERHEAD_PART + 1) * VH_MEMORY_NEED_OVERHEAD_PART;
	fits -= fits % (fits < 2 * GIB ? 64 * MIB : 512 * MIB);
	return fits / MIB;
}

static char *memory_fix(const struct vh_case *c, const struct vh_memory_need_sums *s,
			enum vh_unit unit)
{
	unsigned long long fits = fitting_mib(c, s);
	_auto_free_ char *name = vh_wording_domain(c->domain->name, c->domain->uuid);
	_auto_free_ char *less = vh_size_text(vh_size_sub(s->need, s->have), unit);

	if (!fits)
		return vh_printf("give the guest %s less, or stop other guests that hold as much",
				 less);
	return vh_printf(
		"write <memory unit='MiB'>%llu</memory> or less, or stop other guests that hold %s\nor: virt-xml %s --edit --memory %llu",
		fits, less, name, fits);
}

static enum vh_severity severity_of(const struct vh_case *c, enum vh_severity s)
{
	return vh_memory_need_is_later(c) ? VH_WARNING : vh_memory_need_severity(c, s);
}

/* Of a host that does not say what is available: pinned memory goes to no swap. */
static void beyond_all(const struct vh_case *c, const struct vh_memory_need_sums *s,
		       const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *need = vh_size_text(s->need, VH_TENTHS);
	_auto_free_ char *all = vh_size_text(c->memory.total_kib, VH_TENTHS);
	struct vh_finding *f;

	f = vh_finding_add(out, r, NULL, "give the guest less",
			   "the guest needs %s of memory, the host has %s in all%s", need, all,
			   what_is_pinned(c, s));
	f->severity = severity_of(c, VH_ERROR);
	vh_finding_about(f, NULL, c->domain->memory.line);
}

/* libvirt binds it strictly: the kernel takes no page from elsewhere, and ends QEMU. */
static void beyond_nodes(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_memory *m = &c->memory;
	_auto_free_ char *need = vh_size_text(m->bound_kib, VH_TENTHS);
	_auto_free_ char *all = vh_size_text(m->nodes_kib, VH_TENTHS);
	bool several = strpbrk(m->nodes, ",-");
	struct vh_finding *f;

	f = vh_finding_add(
		out, r, NULL, "bind it to more nodes in <numatune>, or give the guest less",
		"%s of the guest's memory is bound to NUMA node%s %s, which %s %s in all: passthrough pins all of it when the guest starts",
		need, several ? "s" : "", m->nodes, several ? "have" : "has", all);
	f->severity = severity_of(c, VH_ERROR);
	vh_finding_about(f, NULL, c->domain->memory.line);
}

static void check_memory_short(const struct vh_case *c, const struct vh_rule *r,
			       struct vh_findings *out)
{
	const struct vh_memory *m = &c->memory;
	_auto_free_ char *message = NULL, *fix = NULL;
	struct vh_finding *f;
	enum vh_unit unit = VH_TENTHS;
	struct vh_memory_need_sums s;

	if (!vh_memory_need_is_judged(c))
		return;
	if (m->bound_kib)
		beyond_nodes(c, r, out);
	s = vh_memory_need_sums(c);
	if (m->read != VH_YES && m->total_kib && s.need > m->total_kib)
		beyond_all(c, &s, r, out);
	if (m->read != VH_YES || m->own == VH_UNKNOWN)
		return;
	if (s.need <= s.have)
		return;
	if (s.need - s.have < GIB / 4)
		unit = VH_EXACT;
	else if (s.guest < GIB)
		unit = VH_BEST;
	message = memory_message(c, &s, unit);
	fix = memory_fix(c, &s, unit);
	f = vh_finding_add(out, r, NULL, fix, "%s", message);
	if (is_refused(c, &s))
		f->severity = vh_memory_need_severity(c, VH_ERROR);
	else
		f->severity = severity_of(
			c, s.need > vh_size_add(s.have, m->swap_free_kib) ? VH_ERROR : VH_WARNING);
	vh_finding_about(f, NULL, c->domain->memory.line);
}

const struct vh_rule vh_rule_memory_short = {
	.name = "memory-short",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN | VH_SCOPE_POLICY,
	.title = "there is not enough memory for what the guest pins",
	.check = check_memory_short,
	.explain = "With passthrough all memory of the guest is allocated and pinned when it\n"
		   "starts: a device may write to any page of it at any time. A host that does\n"
		   "not have that much kills something, most likely the guest itself. The start\n"
		   "needs <memory>, without the parts on huge pages, in nvdimms and in\n"
		   "virtio-mem that is not requested, plus 128 MiB and a 64th for QEMU and page\n"
		   "tables. If that is more than MemAvailable and what ZFS can release, it is a\n"
		   "warning: other programs will be swapped out. If it is also more than these\n"
		   "and the free swap together, it is an error. Give the guest less, or stop\n"
		   "something; set 'memory = warn' or 'off' in the configuration if you know\n"
		   "better. Of single NUMA nodes only what they have in all is looked at.\n"
		   "On IBM Z only what the guest maps for its devices is pinned, while it runs:\n"
		   "there it is a warning, unless QEMU could not even allocate it.",
};

/* --- hard_limit --------------------------------------------------------------------------- */

/* libvirt computes otherwise there (getPPC64MemLockLimitBytes()). */
static bool has_formula(const struct vh_domain *d)
{
	return !d->arch || !vh_has_prefix(d->arch, "ppc64");
}

/*
 * How many times QEMU locks the guest's memory for certain: the devices share one container, but
 * for a guest with an IOMMU, which has one for each address space; an NVMe controller always has
 * one. The kernel adds them up for the process (vfio_lock_acct()), and vDPA devices apart from them
 * (vhost_vdpa_pa_map()).
 */
static uint64_t times_locked(const struct vh_case *c)
{
	const struct vh_domain *d = c->domain;
	uint64_t shared = c->networks.pools.count + vh_rule_address_spaces(c), alone = 0;

	for (size_t i = 0; i < d->n_devices; i++)
		alone += d->devices[i].element == VH_DISK;
	if (shared && !d->memory.iommu && !d->iommu.by_args)
		shared = 1;
	return shared + alone > d->memory.n_vdpa ? shared + alone : d->memory.n_vdpa;
}

/* Beside its memory a guest has ROMs, which are locked as well: a guest of 64 MiB locks 256 KiB
 * more. On ppc64 they are not counted. */
static bool is_too_low(const struct vh_domain *d, uint64_t limit_kib, uint64_t locked)
{
	return has_formula(d) ? limit_kib <= locked : limit_kib < locked;
}

static char *times_text(uint64_t times, uint64_t kib, enum vh_unit unit)
{
	_auto_free_ char *memory = vh_size_text(kib, unit);

	if (times == 1)
		return vh_strdup(memory);
	return vh_printf("%llu times %s", (unsigned long long)times, memory);
}

static void check_hard_limit_low(const struct vh_case *c, const struct vh_rule *r,
				 struct vh_findings *out)
{
	const struct vh_guest_memory *g = c->domain ? &c->domain->memory : NULL;
	_auto_free_ char *limit = NULL, *all = NULL, *fix = NULL, *name = NULL, *text = NULL;
	uint64_t factor, allowed, there, locked;
	struct vh_finding *f;
	enum vh_unit unit;

	if (!g || !vh_memory_need_is_judged(c) || !g->hard_limit_kib)
		return;
	factor = vh_guest_memory_factor(g, c->networks.pools.count);
	if (!factor) /* libvirt does not know of what QEMU gets past it */
		return;
	allowed = vh_size_add(vh_size_mul(factor, g->total_kib), GIB);
	there = vh_size_sub(g->total_kib, vh_guest_memory_unplugged(g));
	locked = vh_size_mul(times_locked(c), there);
	if (!is_too_low(c->domain, g->hard_limit_kib, locked) &&
	    (!has_formula(c->domain) || g->hard_limit_kib >= allowed))
		return;
	unit = g->hard_limit_kib % GIB ? VH_EXACT : VH_BEST;
	limit = vh_size_text(g->hard_limit_kib, unit);
	all = vh_size_text(allowed, unit);
	name = vh_wording_domain(c->domain->name, c->domain->uuid);
	if (c->domain->iommu.by_args)
		fix = vh_strdup(
			"remove <hard_limit>, and write an <iommu> into <devices> instead of the argument, of which libvirt does not know");
	else
		fix = vh_printf("remove <hard_limit>: libvirt then allows %s\n"
				"or: virsh memtune %s --hard-limit -1 --config",
				all, name);
	if (is_too_low(c->domain, g->hard_limit_kib, locked)) {
		text = times_text(times_locked(c), there, unit);
		f = vh_finding_add(out, r, NULL, fix,
				   "hard_limit %s is %s the guest memory that passthrough %s, %s",
				   limit, g->hard_limit_kib < locked ? "below" : "no more than",
				   vh_memory_need_is_later(c) ? "may lock" : "locks", text);
	} else {
		text = times_text(factor, g->total_kib, unit);
		f = vh_finding_add(
			out, r, NULL, fix,
			"hard_limit %s is less than the %s that libvirt would let QEMU lock (%s + 1 GiB)",
			limit, all, text);
	}
	f->severity = severity_of(c, is_too_low(c->domain, g->hard_limit_kib, locked) ? VH_ERROR
										      : VH_WARNING);
	vh_finding_about(f, NULL, g->hard_limit_line);
}

const struct vh_rule vh_rule_hard_limit_low = {
	.name = "hard-limit-low",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN | VH_SCOPE_POLICY,
	.title = "hard_limit is too low for the memory that QEMU locks",
	.check = check_hard_limit_low,
	.explain = "<hard_limit> in <memtune> limits the memory that the QEMU process may use,\n"
		   "and libvirt also makes it the limit of locked memory. Passthrough locks the\n"
		   "memory of the guest: once for all its devices, or once for each if the guest\n"
		   "has an IOMMU, and once more for each NVMe disk. It locks the ROMs too, so a\n"
		   "limit that equals the memory is too low. Then the start fails with\n"
		   "'VFIO_MAP_DMA failed: Cannot allocate memory', or the process is killed at\n"
		   "the limit. Above it, but below what libvirt would allow without the element\n"
		   "(that and 1 GiB more, by the formula of libvirt 9.4 and later), the guest\n"
		   "starts with little room: a warning. Remove the element; libvirt's own\n"
		   "documentation advises against it. On IBM Z what the guest maps for its\n"
		   "devices is locked, while it runs: there it is a warning. By iommufd as much\n"
		   "is locked: libvirt has it counted for the process, as VFIO does.",
};

/* --- time --------------------------------------------------------------------------------- */

/*
 * A second for each 5 GiB: 1.2 TB took 253 seconds where it took 6 without VFIO
 * (https://cpaelzer.github.io/blogs/007-vfio-slow-startup/). A single thread of the kernel
 * allocates, clears and pins the pages, so it is linear.
 */
#define KIB_A_SECOND (5 * GIB)
#define SLOW_SECONDS 10

static void check_start_slow(const struct vh_case *c, const struct vh_rule *r,
			     struct vh_findings *out)
{
	const struct vh_guest_memory *g = c->domain ? &c->domain->memory : NULL;
	_auto_free_ char *size = NULL;
	unsigned long long seconds;
	struct vh_finding *f;
	uint64_t kib;

	if (!g || g->problem || !vh_domain_pins(c->domain, c->networks.pools.count > 0) ||
	    vh_memory_need_is_later(c))
		return;
	kib = vh_size_sub(g->total_kib, vh_guest_memory_unplugged(g));
	seconds = kib / KIB_A_SECOND;
	/* what the host does not have at all is memory-short's */
	if (seconds < SLOW_SECONDS || (c->memory.total_kib && kib > c->memory.total_kib))
		return;
	size = vh_size_text(kib, VH_BEST);
	f = vh_finding_add(
		out, r, NULL, NULL,
		"pinning %s takes about %llu seconds when the guest starts (a second for each 5 GiB)",
		size, seconds);
	vh_finding_about(f, NULL, g->line);
}

const struct vh_rule vh_rule_start_slow = {
	.name = "start-slow",
	.severity = VH_INFO,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "the guest takes long to start",
	.check = check_start_slow,
	.explain = "With passthrough all memory of the guest is allocated, cleared and pinned\n"
		   "before it runs. As a rule of thumb that takes a second for each 5 GiB; old\n"
		   "processors and memory of another NUMA node take longer. It is reported from\n"
		   "10 seconds on. No timeout ends such a start: timeout-call bounds the calls\n"
		   "of the hook, and QEMU pins the memory between two of them; libvirt waits for\n"
		   "QEMU a second for each GiB and more. 'virsh list' may wait as long. In\n"
		   "<memoryBacking>, <allocation mode='immediate' threads='8'/> lets several\n"
		   "threads clear the memory (libvirt 8.2 and later).",
};
