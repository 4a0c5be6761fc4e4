/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-domain - domain XML through parsing, planning, all rules and what they correct, on one
 * host that has something of everything. */
#include "fuzz/fuzz.h"
#include "lib/base/printable.h"
#include "lib/decide/correct.h"
#include "lib/decide/rules/rule-table.h"
#include "tests/fake/world.h"

/* Little memory, two sizes of huge pages, two nodes: what is wanted is short in each way. */
static void make_memory(struct vh_memory *m)
{
	static struct vh_huge_pool pools[] = {
		{ 2048, -1, 512, 100, 0 }, { 1048576, -1, 2, 1, 4 }, { 2048, 0, 300, 100, 0 },
		{ 2048, 1, 212, 0, 0 },
	};

	m->read = m->pools_read = m->nodes_read = VH_YES;
	m->available_kib = 4 << 20;
	m->swap_free_kib = 1 << 20;
	m->huge_default_kib = 2048;
	m->own = VH_NO;
	m->pools = pools;
	m->n_pools = VH_COUNT(pools);
}

/* What is computed of the memory holds whatever stands in the XML. */
static void check_memory(const struct vh_guest_memory *g)
{
	size_t count;
	_auto_free_ struct vh_memory_part *parts = vh_guest_memory_parts(g, &count);

	FUZZ_ASSERT(count >= 1);
	for (size_t i = 0; i < count; i++)
		FUZZ_ASSERT(!parts[i].nodes || vh_bits_count(parts[i].nodes));
	FUZZ_ASSERT(vh_guest_memory_unplugged(g) <= g->total_kib || g->problem);
}

static void make_host(struct world *w)
{
	struct vh_pci_dev *d;

	world_init(w);
	world_dev(w, "0000:00:01.0", 0x060400, 1, "pcieport");
	d = world_dev(w, "0000:01:00.0", 0x010802, 12, "nvme");
	world_use(d, VH_USE_BLOCK, "nvme0n1p1 is mounted at /srv");
	world_dev(w, "0000:01:00.1", 0x040300, 12, "snd_hda_intel");
	world_dev(w, "0000:02:00.0", 0x030000, 13, NULL);
	d = world_dev(w, "0000:03:00.0", 0x020000, 14, "e1000e");
	d->numvfs = 2;
	d = world_dev(w, "0000:03:10.0", 0x020000, 15, "vfio-pci");
	d->is_vf = true;
	d->pf = world_addr("0000:03:00.0");
	world_dev(w, "0000:00:1f.0", 0x060100, 16, "lpc_ich");
	world_dev(w, "0000:00:1f.2", 0x010601, 16, "ahci");
	world_dev(w, "0001:00:00.0", 0x020000, -1, "mlx4_core");
	world_claim(w, "0000:02:00.0");
	make_memory(&w->c.memory);
}

/* One round of corrections: what comes out is a domain, and what was done does not come again. */
static void correct(const char *text, size_t size, const struct world *w, bool again)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_(vh_edit) struct vh_edit *e = vh_edit_open(text, size, &err);
	_auto_(vh_domain) struct vh_domain *d = e ? vh_domain_read(vh_edit_doc(e), &err) : NULL;
	_auto_(vh_plan) struct vh_plan *plan = d ? vh_plan_make(d, &w->host, &w->config) : NULL;
	_auto_findings_ struct vh_findings found = { 0 };
	_auto_names_ struct vh_names done = { 0 };
	_auto_strbuf_ struct vh_strbuf out = { 0 };
	struct vh_case c = w->c;

	if (!d) /* an encoding that cannot be edited */
		return;
	c.domain = d;
	c.plan = plan;
	c.domain = d;
	c.plan = plan;
	vh_rule_table_run(&c, VH_SCOPE_DEVICE | VH_SCOPE_DOMAIN, &found);
	vh_correct(e, &c, &found, size % 2 ? VH_MEMBERS_GUEST : VH_MEMBERS_UNASSIGNED, &done);
	FUZZ_ASSERT(!done.count == !vh_edit_has_edits(e));
	if (!done.count)
		return;
	FUZZ_ASSERT(vh_edit_apply(e, &out, &err) == 0);
	FUZZ_ASSERT(out.len != size || memcmp(out.data, text, size) != 0);
	if (again)
		correct(out.data, out.len, w, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_error_ struct vh_error err = { 0 }, uuid_err = { 0 };
	_auto_(vh_domain) struct vh_domain *d = vh_domain_parse((const char *)data, size, &err);
	_auto_findings_ struct vh_findings findings = { 0 };
	_auto_(vh_plan) struct vh_plan *plan = NULL;
	char uuid[37];
	struct world w;
	struct vh_case c;

	FUZZ_ASSERT(!d == (err.what != NULL));
	if (vh_domain_parse_uuid((const char *)data, size, uuid, &uuid_err) == 0)
		FUZZ_ASSERT(strlen(uuid) == 36);
	if (!d)
		return 0;
	check_memory(&d->memory);
	make_host(&w);
	vh_plan_free(world_plan(&w, NULL)); /* which sorts the host */
	plan = vh_plan_make(d, &w.host, &w.config);
	c = w.c;
	c.domain = d;
	c.plan = plan;
	vh_rule_table_run(&c, VH_SCOPE_HOST | VH_SCOPE_DEVICE | VH_SCOPE_DOMAIN | VH_SCOPE_POLICY,
		     &findings);
	for (size_t i = 0; i < findings.count; i++) {
		_auto_free_ char *safe = vh_printable_line(findings.list[i].message);

		FUZZ_ASSERT(*safe && !strchr(safe, '\033') && !strchr(safe, '\n'));
	}
	correct((const char *)data, size, &w, true);
	return 0;
}
