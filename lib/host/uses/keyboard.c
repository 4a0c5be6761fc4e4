/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keyboard - what has letters among its keys, from /proc/bus/input/devices. */
#include "lib/host/uses/keyboard.h"

#include "lib/base/banned.h"

bool vh_keyboard_has_letters(const char *bits)
{
	const char *last = strrchr(bits, ' ');
	uint64_t v;

	last = last ? last + 1 : bits;
	return vh_parse_uint(last, 16, UINT64_MAX, &v) == 0 && (v & 0xfffffffe) == 0xfffffffe;
}

bool vh_keyboard_is_bluetooth(const char *path)
{
	return strstr(path, "/uhid/0005:") != NULL; /* BUS_BLUETOOTH */
}

/* Paragraphs of "S: Sysfs=/devices/..." and "B: KEY=..." (drivers/input/input.c). What a program
 * made up is not a keyboard, but what Bluetooth gives is made by one (uhid). */
void vh_keyboard_read(const struct vh_root *root, struct vh_host *h)
{
	_auto_free_ char *text = vh_root_read(root, "proc/bus/input/devices");
	const char *path = NULL;
	char *rest = text, *line;

	h->keyboards_read = text != NULL;
	while ((line = strsep(&rest, "\n"))) {
		if (vh_has_prefix(line, "S: Sysfs=/"))
			path = line + strlen("S: Sysfs=/");
		if (!path || !vh_has_prefix(line, "B: KEY=") || !vh_keyboard_has_letters(line + 7) ||
		    (vh_has_prefix(path, "devices/virtual/") && !strstr(path, "/uhid/")))
			continue;
		*VH_APPEND(h->keyboards.name, h->keyboards.count) = vh_printf("sys/%s", path);
	}
}
