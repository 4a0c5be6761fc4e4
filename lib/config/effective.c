/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * effective - what is in effect for one domain: [defaults], over them its sections, the one of its
 * name and the one of its UUID, and what its own metadata tightens.
 */
#include "lib/config/effective.h"

#include "lib/config/keys.h"

#include "lib/base/banned.h"

/* Applies the sections of one domain, by UUID or by name. */
static void apply_sections(struct vh_config *to, const struct vh_config *from, bool by_uuid,
			   const char *domain)
{
	for (size_t i = 0; i < from->n_domains; i++) {
		const struct vh_domain_policy *p = &from->domains[i];

		if (!domain || p->by_uuid != by_uuid || strcmp(p->domain, domain))
			continue;
		for (size_t k = 0; k < vh_keys_count; k++) {
			const struct vh_config_key *key = &vh_keys[k];

			if (!p->values->lines[k])
				continue;
			memcpy(vh_keys_field(to, key->offset),
			       vh_keys_field(p->values, key->offset), key->size);
			to->lines[k] = p->values->lines[k];
		}
	}
}

struct vh_config vh_effective_for(const struct vh_config *c, const char *name, const char *uuid,
				  bool require_peers)
{
	struct vh_config effective = *c;

	effective.domains = NULL;
	effective.n_domains = 0;
	apply_sections(&effective, c, false, name);
	apply_sections(&effective, c, true, uuid);
	if (require_peers && effective.peers != VH_PEERS_REQUIRE) {
		effective.peers = VH_PEERS_REQUIRE;
		effective.lines[vh_keys_find(VH_IN_POLICY, "peers")] = VH_LINE_METADATA;
	}
	return effective;
}
