/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim - who took which devices, and what they were before: text <-> struct, strict both
 * ways. Files and locks are store.h's.
 *
 *	vfio-hook-claim 2
 *	owner 4dea22b3-1d52-d8f3-2516-782e98ab3fa0      (or: manual)
 *	name vm                                         (printable form)
 *	since 1763707695.012345678                      (CLOCK_REALTIME; tells starts apart)
 *	daemon 812 1893                                 (pid and start time of the caller)
 *	ran no                                          (yes: its guest has run)
 *	device 0000:01:00.0 8086:10d3 group=12 named unbind driver=e1000e override=- taken
 *	device 0000:01:00.1 8086:10d3 group=12 peer bind driver=e1000e override=- stuck
 *	loan 0000:01:00.0 unit display-manager.service out         (loan.h; most have none)
 *	end
 *
 * "-" is none, group=-1 no group. In driver and override a byte that is none of A-Za-z0-9_.-
 * stands as %xx. A file without its last line is truncated. Version 1, which is still read, had
 * whole seconds and one state for all (prepared, started, released) and marked stuck devices with
 * that word. Version 3 is written only where a device has one word more, "power=auto".
 */
#ifndef VH_CLAIM_H
#define VH_CLAIM_H

#include "lib/base/error.h"
#include "lib/base/pci.h"
#include "lib/state/loan.h"

#define VH_CLAIM_VERSION 3
#define VH_MANUAL "manual"

enum vh_role { VH_NAMED, VH_PEER };
/* What was done to the device, or was about to be when the claim was written. */
enum vh_action {
	VH_KEEP,   /* managed='no': never written to, neither before nor after */
	VH_LEAVE,  /* nothing, but libvirt may; seen home afterwards */
	VH_UNBIND, /* override vfio-pci, taken from its driver; libvirt binds it. Where it stays
		    * noted libvirt does all of that */
	VH_BIND,   /* override vfio-pci, taken from its driver, bound to vfio-pci; both may be of
		    * the variant that is made for it */
};

/* How far the device is; lib/case/standing.h says what follows for where it may be. */
enum vh_record_state {
	VH_NOTED,     /* nothing is done to it by us; libvirt may move it */
	VH_TAKING,    /* writes to it may be in flight */
	VH_TAKEN,     /* it was seen where it should be */
	VH_RETURNING, /* on its way home: probing may have put it on any driver */
	VH_STUCK,     /* a write to it had not returned when the claim was last written */
};

struct vh_record {
	struct vh_pci_addr addr;
	uint16_t vendor, device;
	int group;
	enum vh_role role;
	enum vh_action action;
	char *driver;   /* before we came; NULL: none */
	char *override; /* before we came; NULL: unset */
	enum vh_record_state state;
	bool sleeps; /* it was allowed to sleep while idle: power/control was "auto" */
	bool now;    /* in memory alone: the call at work moves it */
	char *onto;  /* in memory alone: to which driver it binds it; NULL: vfio-pci */
};

struct vh_claim {
	char *owner; /* UUID of the domain, or "manual" */
	char *name;  /* of the domain, printable */
	int64_t since, since_ns;
	int64_t daemon_pid, daemon_start; /* of the daemon that called prepare; start in clock
					     ticks since boot (/proc/PID/stat field 22) */
	bool ran;                         /* the guest has run */
	bool released; /* its release has been called: a file beside the claim (store.h) */
	struct vh_record *records; /* sorted by address */
	size_t count;
	struct vh_loans loans; /* in the order in which they went; they outlive the records */
};

struct vh_claim *vh_claim_new(const char *owner, const char *name) VH_CHECK;
void vh_claim_free(struct vh_claim *c);
VH_DEFINE_AUTO(vh_claim, vh_claim_free)

/* A text is a claim only if vh_claim_format() writes that very text, or, of version 1, would have
 * written it; else VH_E_INPUT with the number of the line. */
struct vh_claim *vh_claim_parse(const char *text, size_t len, struct vh_error *err) VH_CHECK;
char *vh_claim_format(const struct vh_claim *c) VH_CHECK;

struct vh_record *vh_claim_find(const struct vh_claim *c, const struct vh_pci_addr *addr);
/* Adds a zeroed record, keeping the order; the one that is there if there is one. Records
 * move: earlier pointers to them are no longer valid. */
struct vh_record *vh_claim_add(struct vh_claim *c, const struct vh_pci_addr *addr);
void vh_claim_remove(struct vh_claim *c, const struct vh_pci_addr *addr);
void vh_claim_copy_record(struct vh_record *to, const struct vh_record *from);

/* Does it hold anything still? */
bool vh_claim_is_empty(const struct vh_claim *c);

/* Are both, of one owner, of the same start? */
bool vh_claim_is_same(const struct vh_claim *a, const struct vh_claim *b);

/* For who holds the lock of the claim: the children that wrote, and had it too, have ended. What
 * was stuck may be anywhere on its way. */
void vh_claim_unstick(struct vh_claim *c);

const char *vh_claim_role_str(enum vh_role r);
const char *vh_claim_state_str(enum vh_record_state s);

#endif
