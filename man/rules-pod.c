/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules-pod - the table of rules as the RULES section of vfio-hook-rules(7). Runs while the manual is
 * built, so that its paragraphs and --explain are one text. */
#include "lib/decide/rules/rule-table.h"

/* POD takes `<` after a capital letter for a code, and nothing else in these texts. */
static void put(const char *text)
{
	for (char before = 0; *text; before = *text++) {
		if (*text == '<' && before >= 'A' && before <= 'Z')
			fputs("E<lt>", stdout);
		else
			putchar(*text);
	}
}

int main(void)
{
	puts("=head1 RULES\n\nThe names are stable. After each stands the highest severity that it\n"
	     "reports, and what it says is wrong.\n\n=over 4\n");
	for (size_t i = 0; i < vh_rule_table.count; i++) {
		const struct vh_rule *r = vh_rule_table.list[i];

		printf("=item B<%s> (%s): %s\n\n", r->name, vh_finding_severity_str(r->severity), r->title);
		put(r->explain ? r->explain : "");
		puts("\n");
	}
	puts("=back\n");
	return fflush(stdout) != 0;
}
