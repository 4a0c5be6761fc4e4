/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule-table - every rule, in the order in which findings of one severity come. `vfio-hook check`
 * prints the same rules on which the hook refuses: one table, one path.
 *
 * A new rule is a struct vh_rule beside its function, in the rule-*.c that is nearest, and a line
 * here.
 */
#ifndef VH_RULE_TABLE_H
#define VH_RULE_TABLE_H

#include "lib/decide/findings.h"

/* peer-detached looks at what the others found: it stays last. */
#define VH_RULE_TABLE(RULE)                    \
	RULE(vh_rule_iommu_off)                \
	RULE(vh_rule_vfio_unavailable)         \
	RULE(vh_rule_unit_hardened)            \
	RULE(vh_rule_address_invalid)          \
	RULE(vh_rule_device_absent)            \
	RULE(vh_rule_identity_changed)         \
	RULE(vh_rule_group_grew)               \
	RULE(vh_rule_device_duplicate)         \
	RULE(vh_rule_device_not_endpoint)      \
	RULE(vh_rule_device_claimed)           \
	RULE(vh_rule_device_protected)         \
	RULE(vh_rule_needs_taken)              \
	RULE(vh_rule_device_in_use)            \
	RULE(vh_rule_peer_in_use)              \
	RULE(vh_rule_unit_unfit)               \
	RULE(vh_rule_device_critical)          \
	RULE(vh_rule_peer_critical)            \
	RULE(vh_rule_peer_not_listed)          \
	RULE(vh_rule_group_not_viable)         \
	RULE(vh_rule_group_divided)            \
	RULE(vh_rule_unmanaged_on_host_driver) \
	RULE(vh_rule_pf_with_vfs)              \
	RULE(vh_rule_reserved_region)          \
	RULE(vh_rule_interrupts_unsafe)        \
	RULE(vh_rule_vf_interface)             \
	RULE(vh_rule_network_missing)          \
	RULE(vh_rule_network_function)         \
	RULE(vh_rule_driver_choice)            \
	RULE(vh_rule_guest_address)            \
	RULE(vh_rule_setting_refused)          \
	RULE(vh_rule_bound_nowhere)            \
	RULE(vh_rule_iommufd_unavailable)      \
	RULE(vh_rule_rom_file)                 \
	RULE(vh_rule_memory_unpinnable)        \
	RULE(vh_rule_viommu)                   \
	RULE(vh_rule_confidential)             \
	RULE(vh_rule_qemu_set)                 \
	RULE(vh_rule_balloon)                  \
	RULE(vh_rule_memory_short)             \
	RULE(vh_rule_hugepages_short)          \
	RULE(vh_rule_hugetlbfs_missing)        \
	RULE(vh_rule_hard_limit_low)           \
	RULE(vh_rule_managed_missing)          \
	RULE(vh_rule_ignored_element)          \
	RULE(vh_rule_address_decimal)          \
	RULE(vh_rule_function_left_out)        \
	RULE(vh_rule_reset_missing)            \
	RULE(vh_rule_reset_known_bad)          \
	RULE(vh_rule_big_bar)                  \
	RULE(vh_rule_boot_display)             \
	RULE(vh_rule_input_lost)               \
	RULE(vh_rule_twin_by_id)               \
	RULE(vh_rule_boot_binding)             \
	RULE(vh_rule_acs_override)             \
	RULE(vh_rule_numa_remote)              \
	RULE(vh_rule_qemu_commandline)         \
	RULE(vh_rule_hook_conflict)            \
	RULE(vh_rule_hook_not_active)          \
	RULE(vh_rule_power_state)              \
	RULE(vh_rule_unsaved_at_shutdown)      \
	RULE(vh_rule_start_slow)               \
	RULE(vh_rule_peer_detached)            \
	RULE(vh_rule_handed_over)

#define VH_RULE_DECLARE(rule) extern const struct vh_rule rule;
VH_RULE_TABLE(VH_RULE_DECLARE)
#undef VH_RULE_DECLARE

extern const struct vh_rules vh_rule_table;

/* NULL: there is none of that name. */
const struct vh_rule *vh_rule_table_find(const char *name);

/* Runs every rule of which a scope bit is in `scopes`; appends to out, errors first. */
void vh_rule_table_run(const struct vh_case *c, unsigned int scopes, struct vh_findings *out);

#endif
