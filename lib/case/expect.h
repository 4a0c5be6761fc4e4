/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expect - which device is meant at an address: pinned by the configuration or by the domain,
 * else the one that stood there when the domain last ran; and where that one is now.
 */
#ifndef VH_EXPECT_H
#define VH_EXPECT_H

#include "lib/config/config.h"
#include "lib/domain/domain.h"
#include "lib/host/host.h"
#include "lib/state/identity.h"

enum vh_expect_by { VH_BY_CONFIG, VH_BY_DOMAIN, VH_BY_RECORD };

struct vh_expect {
	enum vh_expect_by by;
	struct vh_sighting seen; /* pinned: only address and id */
	int line;                /* of the pin in the XML, 0: none */
};

/* Those that hold for an address: pins, which are newer than any record, or else the record.
 * `d` and `last` may be NULL. Returns how many. */
#define VH_EXPECT_MAX 2
size_t vh_expect_at(const struct vh_pci_addr *addr, const struct vh_config *c,
		    const struct vh_domain *d, const struct vh_identity *last,
		    struct vh_expect ret[VH_EXPECT_MAX]);
/* Is the device that one? */
bool vh_expect_is_met(const struct vh_expect *e, const struct vh_sighting *s);

/* The devices, wherever they are, that are like those which were expected at an address and are
 * not there. */
struct vh_sightings {
	struct vh_sighting *list;
	size_t count;
};
/* Looks through the whole machine, but only where an expectation is not met. `d` and `last` may be
 * NULL; the caller frees ret->list. */
void vh_expect_look(struct vh_sightings *ret, const struct vh_root *root, const struct vh_host *h,
		    const struct vh_config *c, const struct vh_domain *d,
		    const struct vh_identity *last, struct vh_names *unseen);

/* What stands at these addresses now; of `old` (or NULL) what stood at those that are empty. */
struct vh_identity *vh_expect_see(const struct vh_root *root, const char *uuid, const char *name,
				  const struct vh_pci_addr *addrs, size_t count,
				  const struct vh_identity *old) VH_CHECK;

#endif
