/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-libvirt - what libvirt and QEMU do to the devices of a domain between the hook's
 * prepare and its release (virhostdev.c, virpci.c of 9.0), on the fake kernel: bind what is
 * managed and not on a VFIO driver yet, open the groups, write the status file; and give back
 * afterwards exactly what libvirt has bound itself.
 */
#ifndef FAKE_LIBVIRT_H
#define FAKE_LIBVIRT_H

#include "lib/domain/domain.h"
#include "tests/fake/fake-kernel.h"

/* libvirt's name for the domain: its UUID. The process that runs it has this pid in the tree,
 * which is above PID_MAX_LIMIT: a test's own processes, which are in the tree too, never have it. */
#define FAKE_QEMU_PID 4194305

/*
 * Between the hook's prepare and started. 0, or -1 with the reason in `why` (of `size` bytes)
 * and everything that libvirt did undone; the hook's release is then the caller's to run.
 */
int fake_libvirt_prepare(const struct vh_root *root, const struct vh_domain *d, char *why,
			 size_t size);

/* QEMU ends; libvirt gives back. Before the hook's release. Also where nothing was prepared. */
void fake_libvirt_release(const struct vh_root *root, const struct vh_domain *d);

/* The two halves of it: the guest is gone, but libvirt has not noticed; and then it does. */
void fake_qemu_end(const struct vh_root *root, const struct vh_domain *d);
void fake_libvirt_reattach(const struct vh_root *root, const struct vh_domain *d);

/* In this process: each write of giving back is announced as a step, for actors. */
void fake_libvirt_announce(void);

/* Hot-unplug of one device, while the guest goes on: no hook is called. Hot-plug of a domain's
 * devices is fake_libvirt_prepare(). */
void fake_libvirt_unplug(const struct vh_root *root, const struct vh_domain *d, const char *addr);

#endif
