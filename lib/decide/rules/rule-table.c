/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-table - the list that rule-table.h describes, and the look-ups in it. */
#include "lib/decide/rules/rule-table.h"

#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

#define POINTER(rule) &rule,
static const struct vh_rule *const rules[] = { VH_RULE_TABLE(POINTER) };

const struct vh_rules vh_rule_table = { rules, VH_COUNT(rules) };

const struct vh_rule *vh_rule_table_find(const char *name)
{
	for (size_t i = 0; i < VH_COUNT(rules); i++)
		if (vh_streq(name, rules[i]->name))
			return rules[i];
	return NULL;
}

void vh_rules_run(const struct vh_case *c, unsigned int scopes, struct vh_findings *out)
{
	out->rules = &vh_rule_table;
	vh_rule_run_all(c, scopes, out);
}
