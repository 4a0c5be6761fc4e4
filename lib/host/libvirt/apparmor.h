/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apparmor - may QEMU read a file, where libvirt's AppArmor driver confines guests? It makes the
 * profile of a domain from /etc/apparmor.d/libvirt/TEMPLATE.qemu and adds what virt-aa-helper finds
 * in the XML: disks, firmware, folders, but not the <rom file=> of a device.
 */
#ifndef VH_APPARMOR_H
#define VH_APPARMOR_H

#include "lib/base/root.h"

/* NO: the profile of the domain (`uuid`, or NULL) has no rule for this absolute path. YES: it has
 * one, or may have one, or nothing confines guests. UNKNOWN: it could not be read. */
enum vh_tri vh_apparmor_allows(const struct vh_root *root, const char *uuid, const char *path);

#endif
