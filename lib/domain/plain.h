/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plain - domains that surely have nothing to do with passthrough, seen without parsing them. */
#ifndef VH_PLAIN_H
#define VH_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Most domains have no passthrough, and loading a parser to learn that costs twice as much as
 * all the rest of a hook call. For a text as libvirt writes it a search for words will do:
 *
 *   - its characters are ASCII, and no declaration names an encoding: the text is read as it
 *     stands (no UTF-16, no UTF-7, no EBCDIC);
 *   - it has no DOCTYPE and no numeric character reference, and the entities that XML predefines
 *     stand for < > & ' " alone: the name of an element, or the value of an attribute, that holds
 *     a word of letters has it letter by letter in the text;
 *   - it begins with <domain and ends with </domain>: nothing is cut off.
 *
 * true: whatever a parser makes of the text, there is no hostdev element or type, no NVMe disk
 * and no vDPA device in it. Networks that hand out devices are not seen, for their names say
 * nothing. false: it may be so, or not; parse.
 */
bool vh_text_is_plain(const char *xml, size_t len);

#endif
