/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * present - which of the host's devices beside those of PCI a need of the domain can be met with,
 * and whether there are any: USB devices, mediated ones, render nodes. A tree does not always tell.
 */
#ifndef VH_PRESENT_H
#define VH_PRESENT_H

#include "lib/case/whereabouts.h"

struct vh_root;

#define VH_PRESENT_RENDER "/dev/dri/renderD" /* what a render node is called, up to its number */

/* Each fills in `absent`, `others` and `all`; `unseen` as of vh_whereabouts_read(). */
void vh_present_usb(struct vh_whereabout *w, const struct vh_root *root, struct vh_names *unseen);
void vh_present_mediated(struct vh_whereabout *w, const struct vh_root *root,
			 struct vh_names *unseen);
void vh_present_render(struct vh_whereabout *w, const struct vh_root *root);

/* Is it at that place? "5-1.2": bus 5, port 1.2; `number`: its address on the bus. */
bool vh_present_is_at(const struct vh_need *n, const char *name, unsigned int number);

#endif
