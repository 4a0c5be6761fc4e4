/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * element - what the element of a PCI device says beside the address of that device: the file with
 * its ROM, its driver, its name. As libvirt reads it.
 */
#ifndef VH_ELEMENT_H
#define VH_ELEMENT_H

#include "lib/domain/address.h"

/* `node` is the element that `dev` was read from. */
void vh_element_read(struct vh_hostdev *dev, const struct _xmlNode *node);
/* Has it a name of the user's (ua-...), so that libvirt gives it none? */
bool vh_element_is_named(const struct _xmlNode *node);
void vh_element_clear(struct vh_hostdev *dev);

#endif
