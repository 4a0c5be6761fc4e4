/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What domains mean for each other: groups, memory, autostart. */
#include "lib/decide/together.h"
#include "lib/base/strbuf.h"
#include "tests/tap.h"

#define GIB (UINT64_C(1) << 20)
#define MEMBERS 3

struct member {
	const char *name;
	bool autostart, refused;
	int groups[3]; /* up to the first 0 */
	uint64_t need_kib;
};

static const struct {
	const char *name;
	struct member members[MEMBERS];
	uint64_t total_kib;
	const char *want; /* all that is said, a line each */
} cases[] = {
	{ "nothing in common",
	  { { "a", true, false, { 1 }, GIB }, { "b", true, false, { 2 }, GIB } },
	  4 * GIB,
	  "" },
	{ "a group of two",
	  { { "a", false, false, { 1, 7 }, 0 }, { "b", true, false, { 7 }, 0 } },
	  0,
	  "info: IOMMU group 7 is wanted by 'a', 'b': only one of them can run\n" },
	{ "a group of two that start with the host",
	  { { "a", true, false, { 7 }, 0 }, { "b", true, false, { 7 }, 0 } },
	  0,
	  "warning: IOMMU group 7 is wanted by 'a', 'b', of which 2 start with the host: only one "
	  "of "
	  "them can run\n" },
	{ "a group of three is said once",
	  { { "a", false, false, { 7 }, 0 },
	    { "b", false, false, { 7 }, 0 },
	    { "c", false, false, { 7 }, 0 } },
	  0,
	  "info: IOMMU group 7 is wanted by 'a', 'b', 'c': only one of them can run\n" },
	{ "memory that is not there for both",
	  { { "a", true, false, { 1 }, 3 * GIB }, { "b", true, false, { 2 }, 2 * GIB } },
	  4 * GIB,
	  "warning: 'a', 'b' start with the host and pin 5 GiB of memory together: it has 4 "
	  "GiB\n" },
	{ "memory: who does not start by himself does not count",
	  { { "a", true, false, { 1 }, 3 * GIB }, { "b", false, false, { 2 }, 2 * GIB } },
	  4 * GIB,
	  "" },
	{ "memory: the host's is not known",
	  { { "a", true, false, { 1 }, 3 * GIB }, { "b", true, false, { 2 }, 2 * GIB } },
	  0,
	  "" },
	{ "memory: exactly as much as there is",
	  { { "a", true, false, { 1 }, 2 * GIB }, { "b", true, false, { 2 }, 2 * GIB } },
	  4 * GIB,
	  "" },
	{ "autostart of one that is refused",
	  { { "why", true, true, { 0 }, 0 }, { "b", false, true, { 0 }, 0 } },
	  0,
	  "warning: 'why' is to start with the host, and will be refused: no group\n" },
	{ "autostart of two that are refused",
	  { { "a", true, true, { 0 }, 0 }, { "b", true, true, { 0 }, 0 } },
	  0,
	  "warning: 'a' is to start with the host, and will be refused\n"
	  "warning: 'b' is to start with the host, and will be refused\n" },
	{ "a name that steers a terminal",
	  { { "a\x1b[m", true, true, { 0 }, 0 }, { "b", false, true, { 0 }, 0 } },
	  0,
	  "warning: 'a\\x1b[m' is to start with the host, and will be refused\n" },
};

static size_t fill(const struct member *from, struct vh_member *to)
{
	size_t n = 0;

	for (; n < MEMBERS && from[n].name; n++) {
		to[n] = (struct vh_member){
			.name = (char *)from[n].name,
			.autostart = from[n].autostart,
			.refused = from[n].refused,
			.groups = (int *)from[n].groups,
			.need_kib = from[n].need_kib,
			.why = strcmp(from[n].name, "why") ? NULL : (char *)"no group",
		};
		while (from[n].groups[to[n].n_groups])
			to[n].n_groups++;
	}
	return n;
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		_auto_remarks_ struct vh_remarks said = { 0 };
		_auto_strbuf_ struct vh_strbuf got = { 0 };
		struct vh_member list[MEMBERS];
		size_t n = fill(cases[i].members, list);

		vh_together(list, n, cases[i].total_kib, &said);
		vh_strbuf_add(&got, "");
		for (size_t k = 0; k < said.count; k++)
			vh_strbuf_addf(&got, "%s: %s\n",
				       vh_finding_severity_str(said.list[k].severity),
				       said.list[k].message);
		if (!ok(!strcmp(got.data, cases[i].want), "%s", cases[i].name))
			diag("got: %s", got.data);
	}
	return tap_done();
}
