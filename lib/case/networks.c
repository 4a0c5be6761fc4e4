/* SPDX-License-Identifier: GPL-2.0-or-later */
/* networks - see networks.h. */
#include "lib/case/networks.h"

#include "lib/base/printable.h"
#include "lib/domain/domain.h"

#include "lib/base/banned.h"

void vh_networks_find(struct vh_names *ret, struct vh_facts *facts, const struct vh_root *root,
		      const struct vh_domain *d, struct vh_names *unseen)
{
	enum vh_tri pool = VH_NO;

	for (size_t i = 0; i < d->networks.count; i++) {
		const char *name = d->networks.name[i];
		bool is_first = !i || strcmp(name, d->networks.name[i - 1]) != 0;
		_auto_free_ char *shown = vh_printable(name, 256);

		if (is_first)
			pool = vh_facts_network(facts, root, name);
		if (pool == VH_YES)
			*VH_APPEND(ret->name, ret->count) = vh_strdup(name);
		else if (pool == VH_UNKNOWN && is_first)
			vh_names_note(unseen, "whether network '%s' hands out virtual functions",
				      shown);
	}
}

void vh_networks_read(struct vh_vfpools *ret, const struct vh_root *root,
		      const struct vh_names *names, const char *owner, int64_t deadline,
		      struct vh_names *unseen)
{
	for (size_t i = 0; i < names->count; i++)
		if (!i || !vh_streq(names->name[i], names->name[i - 1]))
			vh_vfpool_read(root, names->name[i], owner, deadline,
				       VH_APPEND(ret->list, ret->count), unseen);
}
