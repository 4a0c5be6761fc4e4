/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule - the functions of the rule table and what they share. Only for lib/decide. */
#ifndef VH_RULE_H
#define VH_RULE_H

#include "lib/decide/findings.h"
#include "lib/decide/rules/wording.h"

/*
 * Walks: start with NULL (or an index of 0) and go on until NULL. Only devices that can pass
 * come up, and only groups that such a named device is in; fake groups do not.
 */
const struct vh_plan_dev *vh_next_dev(const struct vh_case *c, const struct vh_plan_dev *pd);
const struct vh_plan_dev *vh_next_named(const struct vh_case *c, const struct vh_plan_dev *pd);
const struct vh_plan_dev *vh_next_peer(const struct vh_case *c, const struct vh_plan_dev *pd);
const struct vh_group *vh_next_group(const struct vh_case *c, size_t *index);

/* Is there anything to judge: the bare host, or a domain or a detach that names devices. */
bool vh_is_concerned(const struct vh_case *c);
bool vh_is_named(const struct vh_case *c, const struct vh_pci_dev *d);
/* The device that brought this group in, for messages; never NULL for a group concerned. */
const struct vh_plan_dev *vh_named_in(const struct vh_case *c, int group);
/* The line of its element: where to look for what a peer does. 0: none. */
int vh_group_line(const struct vh_case *c, int group);

/* The valid elements of a domain by address, and for each address by line. Caller frees. */
const struct vh_hostdev **vh_elements_sorted(const struct vh_domain *d, size_t *ret_count) VH_CHECK;

/* Is the release of a kernel ("6.1.0-56-amd64") at least that? Unknown without one. */
enum vh_tri vh_release_at_least(const char *release, unsigned int major, unsigned int minor);

/* Beside each function its explanation: for an administrator, lines of at most 76 columns
 * between \n; printed by --explain, and a paragraph of the man page. */
typedef void vh_check_fn(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out);

/* rules-host.c */
vh_check_fn vh_check_iommu, vh_check_vfio;
extern const char vh_explain_iommu[], vh_explain_vfio[];
/* rules-device.c */
vh_check_fn vh_check_address, vh_check_absent, vh_check_duplicate, vh_check_endpoint;
vh_check_fn vh_check_unmanaged, vh_check_sriov, vh_check_decimal;
extern const char vh_explain_address[], vh_explain_absent[], vh_explain_duplicate[];
extern const char vh_explain_endpoint[], vh_explain_unmanaged[], vh_explain_sriov[];
extern const char vh_explain_decimal[];
/* rules-identity.c */
vh_check_fn vh_check_identity;
extern const char vh_explain_identity[];
/* rules-use.c */
vh_check_fn vh_check_device_use, vh_check_peer_use, vh_check_protected, vh_check_claims;
extern const char vh_explain_device_use[], vh_explain_peer_use[], vh_explain_protected[];
extern const char vh_explain_claims[];
/* rules-group.c */
vh_check_fn vh_check_critical, vh_check_listed, vh_check_viable, vh_check_peers;
extern const char vh_explain_critical[], vh_explain_listed[], vh_explain_viable[];
extern const char vh_explain_peers[];
/* rules-network.c */
vh_check_fn vh_check_network_function;
extern const char vh_explain_network_function[];
/* rules-domain.c */
vh_check_fn vh_check_balloon, vh_check_managed;
extern const char vh_explain_balloon[], vh_explain_managed[];
/* rules-memory.c */
vh_check_fn vh_check_memory, vh_check_hard_limit;
extern const char vh_explain_memory[], vh_explain_hard_limit[];
/* rules-hugepages.c */
vh_check_fn vh_check_huge_pages;
extern const char vh_explain_huge_pages[];
/* rules-topology.c */
vh_check_fn vh_check_left_out, vh_check_reset, vh_check_vf_interface, vh_check_numa;
extern const char vh_explain_left_out[], vh_explain_reset[], vh_explain_vf_interface[];
extern const char vh_explain_numa[];
/* rules-platform.c */
vh_check_fn vh_check_reserved, vh_check_interrupts, vh_check_acs, vh_check_twin;
extern const char vh_explain_reserved[], vh_explain_interrupts[], vh_explain_acs[];
extern const char vh_explain_twin[];
/* rules-display.c */
vh_check_fn vh_check_boot_display, vh_check_input;
extern const char vh_explain_boot_display[], vh_explain_input[];
/* rules-boot.c */
vh_check_fn vh_check_early;
extern const char vh_explain_early[];
/* rules-bypass.c */
vh_check_fn vh_check_qemu, vh_check_hook;
extern const char vh_explain_qemu[], vh_explain_hook[];

#endif
