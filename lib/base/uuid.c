/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uuid - a UUID in any form that libvirt takes, made the one form in which we keep it. */
#include "lib/base/uuid.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/banned.h"

/* libvirt's virUUIDParse(): 32 hex digits; blanks around them, blanks and hyphens between
 * the pairs. */
int vh_uuid_parse(const char *s, char ret[37])
{
	char uuid[37];
	size_t at = 0;

	while (isspace((unsigned char)*s))
		s++;
	while (at < 36) {
		if (*s == '-' || *s == ' ') {
			s++;
			continue;
		}
		if (!isxdigit((unsigned char)s[0]) || !isxdigit((unsigned char)s[1]))
			return -1;
		uuid[at++] = (char)tolower((unsigned char)*s++);
		uuid[at++] = (char)tolower((unsigned char)*s++);
		if (at == 8 || at == 13 || at == 18 || at == 23)
			uuid[at++] = '-';
	}
	while (isspace((unsigned char)*s))
		s++;
	if (*s)
		return -1;
	uuid[36] = 0;
	memcpy(ret, uuid, sizeof(uuid));
	return 0;
}
