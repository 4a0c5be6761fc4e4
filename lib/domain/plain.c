/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plain - see plain.h. */
#include "lib/domain/plain.h"

#include <string.h>

#include "lib/base/util.h"

#include "lib/base/banned.h"

static bool is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < ' ' || text[i] > '~') && text[i] != '\n' && text[i] != '\t')
			return false;
	return true;
}

bool vh_text_is_plain(const char *xml, size_t len)
{
	static const char begin[] = "<domain", end[] = "</domain>\n";
	static const char *const telling[] = {
		"<?",      "<!D",  "&#",   /* see plain.h */
		"hostdev", "nvme", "vdpa", /* domain.c, domain-memory.c; also vhostvdpa */
		"vfio",                    /* domain-qemu.c: what goes past libvirt */
	};
	size_t from = strlen(begin), tail = strlen(end);

	if (len < from + tail || memcmp(xml, begin, from) || memcmp(xml + len - tail, end, tail))
		return false;
	for (size_t i = 0; i < VH_COUNT(telling); i++)
		if (memmem(xml, len, telling[i], strlen(telling[i])))
			return false;
	return is_ascii(xml, len);
}
