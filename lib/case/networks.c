/* SPDX-License-Identifier: GPL-2.0-or-later */
/* networks - see networks.h. */
#include "lib/case/networks.h"

#include "lib/base/printable.h"
#include "lib/domain/domain.h"

#include "lib/base/banned.h"

void vh_networks_clear(struct vh_networks *n)
{
	vh_names_clear(&n->pools);
	vh_names_clear(&n->missing);
	vh_names_clear(&n->stopped);
}

static void add(struct vh_names *to, const char *name)
{
	*VH_APPEND(to->name, to->count) = vh_strdup(name);
}

/* A network that is there and is not a pool has no note. */
static void note(struct vh_networks *to, const struct vh_facts_network *n, const char *name,
		 struct vh_names *unseen)
{
	_auto_free_ char *shown = vh_printable(name, 256);

	if (n->hostdev == VH_UNKNOWN)
		vh_names_note(unseen, "whether network '%s' hands out virtual functions", shown);
	if (n->hostdev != VH_NO)
		return;
	if (n->state == VH_LIBVIRT_NETWORK_NONE)
		add(&to->missing, name);
	else if (n->state == VH_LIBVIRT_NETWORK_STOPPED)
		add(&to->stopped, name);
	else if (n->state == VH_LIBVIRT_NETWORK_UNTOLD)
		vh_names_note(
			unseen,
			"whether there is a network '%s', and whether it hands out virtual functions",
			shown);
}

void vh_networks_find(struct vh_networks *ret, struct vh_facts *facts, const struct vh_root *root,
		      const struct vh_domain *d, struct vh_names *unseen)
{
	bool is_pool = false;

	for (size_t i = 0; i < d->networks.count; i++) {
		const char *name = d->networks.name[i];

		if (!i || strcmp(name, d->networks.name[i - 1]) != 0) {
			const struct vh_facts_network *n = vh_facts_network(facts, root, name);

			is_pool = n->hostdev == VH_YES;
			note(ret, n, name, unseen);
		}
		if (is_pool)
			add(&ret->pools, name);
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
