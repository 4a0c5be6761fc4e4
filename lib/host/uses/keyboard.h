/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keyboard - what people type with. */
#ifndef VH_KEYBOARD_H
#define VH_KEYBOARD_H

#include "lib/host/host.h"

/* Fills host->keyboards. */
void vh_keyboard_read(const struct vh_root *root, struct vh_host *h);

/* Does the bit map of keys of an input device, as sysfs and procfs print it, have all letters and
 * digits? What has some keys only is a power button, a mouse, a remote control. */
bool vh_keyboard_has_letters(const char *bits);

/* Does a keyboard of this place come by Bluetooth, made by a program? */
bool vh_keyboard_is_bluetooth(const char *path);

#endif
