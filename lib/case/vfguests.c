/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfguests - see vfguests.h. */
#include "lib/case/vfguests.h"

#include "lib/case/holdings.h"
#include "lib/host/function.h"
#include "lib/host/processes/process.h"

#include "lib/base/banned.h"

void vh_vfguests_clear(struct vh_vf_guests *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->list[i].uuid);
		free(g->list[i].domain);
		free(g->list[i].process);
	}
	free(g->list);
	memset(g, 0, sizeof(*g));
}

static const struct vh_holding *holding_of(const struct vh_holdings *held,
					   const struct vh_pci_addr *vf)
{
	for (size_t i = 0; i < held->count; i++)
		if (!vh_pci_cmp(&held->list[i].addr, vf))
			return &held->list[i];
	return NULL;
}

/* Only what is on a VFIO driver has a node that a guest could have open. */
static char *holder_of(const struct vh_root *root, const struct vh_pci_addr *vf)
{
	_auto_free_ char *driver = NULL;
	bool on_vfio = false;
	char *who = NULL;
	int group;

	if (vh_function_driver(root, vf, &driver, &on_vfio) < 0 || !on_vfio)
		return NULL;
	group = vh_function_group(root, vf);
	if (group < 0 || vh_process_holding_group(root, group, &who, NULL) != VH_YES)
		return NULL;
	return who;
}

static void look_at(const struct vh_root *root, const struct vh_holdings *held,
		    const struct vh_pci_addr *pf, const struct vh_pci_addr *vf,
		    struct vh_vf_guests *to)
{
	const struct vh_holding *h = holding_of(held, vf);
	char *process = h ? NULL : holder_of(root, vf);

	if (!h && !process)
		return;
	*VH_APPEND(to->list, to->count) = (struct vh_vf_guest){
		.pf = *pf,
		.vf = *vf,
		.uuid = h ? vh_strdup(h->uuid) : NULL,
		.domain = h ? vh_strdup(h->domain) : NULL,
		.process = process,
	};
}

void vh_vfguests_read(const struct vh_root *root, const struct vh_host *h, struct vh_vf_guests *ret)
{
	_auto_holdings_ struct vh_holdings held = { 0 };
	bool is_read = false;

	*ret = (struct vh_vf_guests){ 0 };
	for (size_t i = 0; i < h->n_devs; i++) {
		const struct vh_pci_dev *pf = h->devs[i];
		struct vh_pci_addr vf;

		if (pf->numvfs && !is_read)
			vh_holdings_read(root, &held);
		is_read |= pf->numvfs > 0;
		for (unsigned int n = 0; n < pf->numvfs; n++) {
			_auto_free_ char *name = vh_root_link_name(root, "%s/virtfn%u", pf->path, n);

			if (name && vh_pci_parse(name, &vf) == 0)
				look_at(root, &held, &pf->addr, &vf, ret);
		}
	}
}
