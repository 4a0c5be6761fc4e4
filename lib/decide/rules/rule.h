/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule - what the rules share. Only for lib/decide. */
#ifndef VH_RULE_H
#define VH_RULE_H

#include "lib/decide/findings.h"
#include "lib/decide/rules/rule-table.h"
#include "lib/decide/rules/wording.h"

/*
 * Walks: start with NULL (or an index of 0) and go on until NULL. Only devices that can pass
 * come up, and only groups that such a named device is in; fake groups do not.
 */
const struct vh_plan_dev *vh_rule_next_dev(const struct vh_case *c, const struct vh_plan_dev *pd);
const struct vh_plan_dev *vh_rule_next_named(const struct vh_case *c, const struct vh_plan_dev *pd);
const struct vh_plan_dev *vh_rule_next_peer(const struct vh_case *c, const struct vh_plan_dev *pd);
const struct vh_group *vh_rule_next_group(const struct vh_case *c, size_t *index);

#define VH_RULE_IOMMUFD_SINCE 12001 /* libvirt 12.1, the first that passes devices by iommufd */

/* Is there anything to judge: the bare host, or a domain or a detach that names devices. */
bool vh_rule_is_concerned(const struct vh_case *c);
/* Are its devices passed by iommufd? UNKNOWN: no domain says how. Of one that has both, YES. */
enum vh_tri vh_rule_by_iommufd(const struct vh_case *c);
bool vh_rule_is_named(const struct vh_case *c, const struct vh_pci_dev *d);
/* The device that brought this group in, for messages; never NULL for a group concerned. */
const struct vh_plan_dev *vh_rule_named_in(const struct vh_case *c, int group);
/* The line of its element: where to look for what a peer does. 0: none. */
int vh_rule_group_line(const struct vh_case *c, int group);

/* The valid elements of a domain by address, and for each address by line. Caller frees. */
const struct vh_hostdev **vh_rule_elements_sorted(const struct vh_domain *d,
						  size_t *ret_count) VH_CHECK;

/* What the domain has of the host on top of that device, by uses of this kind: it has to be moved
 * before they are ended. NULL: nothing. */
const struct vh_need *vh_rule_needs_on(const struct vh_case *c, const struct vh_plan_dev *pd,
				       enum vh_use_kind kind);
/* How many of those that would do stay with the host (`all` of a whereabout). */
size_t vh_rule_needs_left(const struct vh_case *c, const struct vh_whereabout *w,
			  enum vh_thing_kind kind);

/* Are huge pages wanted that libvirt has to make files for, and no file system for them is mounted? */
bool vh_rule_hugepages_are_unmounted(const struct vh_case *c);
/* Can all devices of the domain be passed by iommufd, as far as that is known for certain? */
bool vh_rule_driver_all_by_iommufd(const struct vh_case *c);
/* Do they go both ways, or all of them one that there is not? */
bool vh_rule_driver_must_turn(const struct vh_case *c);

/* Of a guest with an IOMMU: how many address spaces its devices certainly have, for each of which QEMU
 * locks the guest's memory. All that are or may be behind a bridge to PCI are taken to share one. */
uint64_t vh_rule_address_spaces(const struct vh_case *c);

/* Why QEMU ends when this device is to have x-vga; NULL: it need not (vfio_populate_vga()). */
const char *vh_rule_why_no_vga(const struct vh_case *c, const struct vh_pci_dev *d);

/* A hook of the user's that does such a thing before ours looks, to this device if it names one:
 * what is found now need not be so then. `addr` NULL: it is about no device. NULL: there is none, or
 * the start is under way. */
const struct vh_hook_line *vh_rule_hook_before(const struct vh_case *c, enum vh_hook_deed deed,
					       const struct vh_pci_addr *addr);
/* Appends to the message of `f` what it may change, and makes it a warning. */
void vh_rule_told_by_hook(struct vh_finding *f, const struct vh_hook_line *l);

/* Is the release of a kernel ("6.1.0-56-amd64") at least that? Unknown without one. */
enum vh_tri vh_rule_release_at_least(const char *release, unsigned int major, unsigned int minor);

/* Has it no group yet, and gets one when a driver is bound to it, vfio-pci too? On ARM until Linux
 * 6.15 a device is given to its SMMU only then. */
bool vh_rule_gets_group_later(const struct vh_host *h, const struct vh_pci_dev *d);

/* Runs the rules of out->rules of which a scope bit is in `scopes`; appends, errors first. For
 * rules that judge a case of their own; others call vh_rule_table_run(). */
void vh_rule_run_all(const struct vh_case *c, unsigned int scopes, struct vh_findings *out);

#endif
