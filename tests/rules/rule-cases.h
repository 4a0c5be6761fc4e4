/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule-cases - the cases of t-rules, a file for each question: what a domain names, what its
 * networks give it, who else has a stake in it, where it stands, what it was before, how the hook
 * is installed, memory, and huge pages. A case is a fine machine on which one thing is made wrong:
 * its setting, and behind it what is found.
 */
#ifndef VH_TEST_RULE_CASES_H
#define VH_TEST_RULE_CASES_H

#include "lib/base/strbuf.h"
#include "tests/fake/world.h"

struct rule_case {
	const char *name;
	void (*setup)(struct world *w);
	const char *want;    /* everything that is found, in order: severity rule address:line */
	const char *silent;  /* the rule of which this is the silent case, or NULL */
	const char *says;    /* in the first message, or NULL */
	const char *fix;     /* in the first fix, or NULL */
	unsigned int scopes; /* 0: all */
};

/*
 * CASE(name, setup, .want = ...); stands behind its setting, and that is all: where the case lies,
 * the linker puts a pointer to it among those that t-rules walks.
 */
#define CASE(...) CASE_AT(__LINE__, __VA_ARGS__)
#define CASE_AT(...) CASE_NAMED(__VA_ARGS__)
#define CASE_NAMED(line, ...)                                        \
	static const struct rule_case case_##line = { __VA_ARGS__ }; \
	static const struct rule_case *const listed_##line CASE_LISTED = &case_##line
#ifdef __clang__ /* no red zones between them; gcc leaves sections alone */
#define CASE_LISTED __attribute__((used, section("rule_cases"), no_sanitize("address")))
#else
#define CASE_LISTED __attribute__((used, section("rule_cases")))
#endif

#define NIC 0x020000
#define AUDIO 0x040300
#define USB 0x0c0330
#define NVME 0x010802
#define BRIDGE 0x060400
#define VGA 0x030000
#define CARDBUS 0x060700
#define SMBUS 0x0c0500

static inline void alone(struct world *w)
{
	world_dev(w, "0000:00:01.0", BRIDGE, 1, "pcieport");
	world_dev(w, "0000:01:00.0", NIC, 1, "e1000e");
	world_name(w, "0000:01:00.0");
}

/* w->dev[2] is the peer */
static inline void with_peer(struct world *w)
{
	alone(w);
	world_dev(w, "0000:01:00.1", AUDIO, 1, "snd_hda_intel");
}

#define MIB UINT64_C(1024)
#define GIB (1024 * MIB)

/* A guest of 16 GiB with a device, where `available` GiB are, without swap. */
static inline void big_guest(struct world *w, uint64_t available)
{
	struct vh_memory *m = &w->c.memory;

	alone(w);
	w->domain.memory.total_kib = w->domain.memory_kib = w->domain.current_kib = 16 * GIB;
	w->domain.memory.n_vfio = 1;
	w->domain.memory.pages_line = 6;
	w->domain.memory.hard_limit_line = 7;
	m->read = VH_YES;
	m->own = VH_NO;
	m->total_kib = 32 * GIB;
	m->available_kib = available * GIB;
	m->huge_default_kib = 2 * MIB;
}

#endif
