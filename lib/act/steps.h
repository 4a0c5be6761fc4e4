/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steps - single writes to sysfs, as take.c and home.c put them together, and what is told of
 * them. What a device needs is found by reading it again, not from notes of how far we came: so
 * both can be repeated, and continue what a crash interrupted.
 */
#ifndef VH_STEPS_H
#define VH_STEPS_H

#include "lib/act/act.h"
#include "lib/act/batch.h"

/* NULL clears it. */
void vh_steps_add_override(struct vh_batch *b, const struct vh_pci_addr *addr, const char *value);
/* To the recorded driver's own file: if the device has another by now, the kernel answers
 * ENODEV instead of taking it from a driver that we have not judged. */
void vh_steps_add_unbind(struct vh_batch *b, const struct vh_pci_addr *addr, const char *driver);
/* The same from a driver of the host, whose use of it is looked at once more, right before; and
 * from a VFIO driver, if its group is still closed then. */
void vh_steps_add_taking(struct vh_batch *b, const struct vh_record *r, const char *driver);
void vh_steps_add_leaving(struct vh_batch *b, const struct vh_record *r, const char *driver);
void vh_steps_add_bind(struct vh_batch *b, const struct vh_pci_addr *addr, const char *driver);
/* The same of what the host may use without a driver, looked at right before. */
void vh_steps_add_giving(struct vh_batch *b, const struct vh_record *r, const char *driver);
void vh_steps_add_probe(struct vh_batch *b, const struct vh_pci_addr *addr);
/* May it sleep while it is idle; and lets it. */
bool vh_steps_may_sleep(const struct vh_root *root, const struct vh_pci_addr *addr);
void vh_steps_add_sleep(struct vh_batch *b, const struct vh_pci_addr *addr);
/* Marks the records whose write has not returned. */
void vh_steps_mark_stuck(struct vh_claim *c, const struct vh_batch *b);

/* Tells who listens. */
void vh_steps_report(const struct vh_act *act, const struct vh_claim *c,
		     const struct vh_pci_addr *addr, const char *from, const char *to);
void vh_steps_warn(const struct vh_act *act, const struct vh_claim *c, const char *text);
/* A write failed: what the user is told, unless reading again shows that it did not matter. */
int vh_steps_failed(const struct vh_write *w, const char *doing, struct vh_error *err);

#endif
