/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-conf - see qemu-conf.h. The file is small, and reading it does not block. */
#include "lib/host/libvirt/qemu-conf.h"

#include "lib/base/banned.h"

/* Of a key that is set twice the first counts (virConfGetValue()). A list of several lines does not
 * come up where one value is meant. */
char *vh_qemu_conf_value(const struct vh_root *root, const char *key)
{
	_auto_free_ char *text = vh_root_read(root, "etc/libvirt/qemu.conf");
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " \t");
		if (!vh_has_prefix(line, key))
			continue;
		line += strlen(key);
		line += strspn(line, " \t");
		if (*line == '=')
			return vh_strdup(line + 1 + strspn(line + 1, " \t"));
	}
	return NULL;
}

char *vh_qemu_conf_quoted(char **at)
{
	char *from = strpbrk(*at, "\"'"), *to = from ? strchr(from + 1, *from) : NULL;

	if (!to)
		return NULL;
	*to = 0;
	*at = to + 1;
	return from + 1;
}
