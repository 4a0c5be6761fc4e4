/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json - answers for programs: one document a run, "schema":1. Keys are added, never
 * changed or taken away, without a new schema number. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

/* json-c leaves DEL and the C1 controls as they are; a terminal would obey them. */
void vh_json_print(struct json_object *doc)
{
	const char *s = json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN |
								    JSON_C_TO_STRING_NOSLASHESCAPE);

	for (; *s; s++) {
		unsigned char c = s[0], next = s[1];

		if (c == 0x7f) {
			fputs("\\u007f", stdout);
		} else if (c == 0xc2 && next >= 0x80 && next <= 0x9f) {
			printf("\\u%04x", next);
			s++;
		} else {
			fputc(c, stdout);
		}
	}
	fputc('\n', stdout);
	json_object_put(doc);
}
