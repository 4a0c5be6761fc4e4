/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule-cases - the cases of t-rules, in three files: what a domain names, who else has a stake
 * in it, and where it stands. A case is a fine machine on which one thing is made wrong.
 */
#ifndef VH_TEST_RULE_CASES_H
#define VH_TEST_RULE_CASES_H

#include "lib/base/strbuf.h"
#include "tests/world.h"

struct rule_case {
	const char *name;
	void (*setup)(struct world *w);
	const char *want;   /* everything that is found, in order: severity rule address:line */
	const char *silent; /* the rule of which this is the silent case, or NULL */
	const char *says;   /* in the first message, or NULL */
	const char *fix;    /* in the first fix, or NULL */
	unsigned int scopes; /* 0: all */
};

extern const struct rule_case device_cases[], use_cases[], place_cases[];
extern const size_t n_device_cases, n_use_cases, n_place_cases;

#define NIC 0x020000
#define AUDIO 0x040300
#define USB 0x0c0330
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

#endif
