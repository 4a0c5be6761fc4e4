/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan - which devices a start concerns and what has to be done to each. Pure.
 *
 * A named, managed device on a host driver is only unbound: libvirt binds it, and so gives it
 * back by itself. A peer, which libvirt does not know of, is bound to vfio-pci by us.
 */
#ifndef VH_PLAN_H
#define VH_PLAN_H

#include "lib/domain/address.h"
#include "lib/domain/domain.h"
#include "lib/host/host.h"
#include "lib/state/claim.h"

/*
 * Not dead, and not a bridge. For a device that cannot pass, nothing else is judged, neither the
 * device nor its group: rules device-absent and device-not-endpoint say why, and the plan leaves it.
 */
bool vh_plan_can_pass(const struct vh_pci_dev *d);

struct vh_plan_dev {
	const struct vh_pci_dev *dev;     /* borrowed from the host */
	const struct vh_hostdev *element; /* the first element that names it; NULL: a peer */
	enum vh_role role;
	enum vh_action action;
};

struct vh_plan {
	struct vh_plan_dev *devs; /* sorted by address: named ones, and peers that are touched */
	size_t count;
	bool keep_peers; /* peers = require: none is touched */
};

/* Is this use of the device allowed by the configuration? And if not, does it refuse a start, or is
 * it only told? */
bool vh_plan_allows(const struct vh_config *c, const struct vh_pci_dev *d, const struct vh_use *use);
bool vh_plan_is_refused_by(const struct vh_config *c, const struct vh_pci_dev *d,
			   const struct vh_use *use, enum vh_role role);

/* Every device of the domain that is on the host, once, and the peers to be bound. */
struct vh_plan *vh_plan_make(const struct vh_domain *d, const struct vh_host *h,
			     const struct vh_config *c) VH_CHECK;
/* The plan of `vfio-hook detach`: the same for addresses, and named devices are bound too. */
struct vh_plan *vh_plan_detach(const struct vh_pci_addr *addrs, size_t count,
			       const struct vh_host *h) VH_CHECK;
void vh_plan_free(struct vh_plan *p);
VH_DEFINE_AUTO(vh_plan, vh_plan_free)

#endif
