/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loan - what the host gave up so that a guest can have a device, and gets back when that is home:
 * lines of a claim (claim.h), in the order in which they went, written before the first of them
 * does.
 *
 *	loan 0000:01:00.0 unit display-manager.service out
 *	loan 0000:01:00.0 console vtcon1 out
 *	loan 0000:01:00.0 framebuffer efi-framebuffer.0@efi-framebuffer out
 *	loan 0000:01:00.0 module nvidia_drm out
 *	loan 0000:01:00.0 driver nvidia failed          (the module that drives the device)
 *
 * Only what was there is lent: a unit that was active, a console that was bound, a module that was
 * loaded. "failed": it did not come back when it was to.
 */
#ifndef VH_LOAN_H
#define VH_LOAN_H

#include "lib/base/pci.h"
#include "lib/base/strbuf.h"

enum vh_loan_kind {
	VH_LOAN_UNIT,
	VH_LOAN_CONSOLE,     /* of sys/class/vtconsole */
	VH_LOAN_FRAMEBUFFER, /* of the platform: its device and its driver */
	VH_LOAN_MODULE,
	VH_LOAN_DRIVER, /* a module without which the device cannot come home */
};

struct vh_loan {
	struct vh_pci_addr addr; /* it goes back when this device is home */
	enum vh_loan_kind kind;
	char *name;
	bool failed;
};

struct vh_loans {
	struct vh_loan *list;
	size_t count;
};

void vh_loans_clear(struct vh_loans *l);
/* Unless the same thing is lent already, for whichever device. */
void vh_loans_add(struct vh_loans *l, const struct vh_pci_addr *addr, enum vh_loan_kind kind,
		  const char *name);
void vh_loans_remove(struct vh_loans *l, size_t i);

/* " 0000:01:00.0 unit ..." of its line, behind "loan". And that read again; cuts `text`. -1: it is
 * none. */
void vh_loan_format(const struct vh_loan *l, struct vh_strbuf *to);
int vh_loan_parse(struct vh_loan *ret, char *text) VH_CHECK;
const char *vh_loan_kind_str(enum vh_loan_kind kind);

#endif
