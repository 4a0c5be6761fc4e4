/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-kernel - what Linux does when somebody writes to sysfs, done on an expanded host
 * manifest: bind, unbind, drivers_probe and driver_override with the kernel's error codes and
 * refusals, the nodes of VFIO groups, and modprobe vfio-pci. All of its state stands in the
 * tree, in fake-kernel/, because those who write are forked children:
 *
 *	probe/ADDR       the drivers that match a function, in the kernel's order
 *	held/N           somebody has VFIO group N open (his name); its DMA is his
 *	delay/DRIVER     milliseconds that it takes to bind or unbind
 *	fails/ADDR       errno with which every host driver's probe of it fails
 *	opens/N          milliseconds that it takes to open the node of group N; `opened`: it did
 *	late/ADDR        the group that it joins when a driver is bound to it (ARM64 before 6.15)
 *	no-groups        VFIO has no nodes of groups (CONFIG_VFIO_GROUP=n)
 *	modules/DRIVER   may be loaded
 *	blacklist/NAME   a module that modprobe -b passes over; "install": and modprobe runs true
 *	variant          the VFIO driver that libvirt prefers to vfio-pci
 *	libvirt-9        it knows vfio-pci alone
 *	parked/ADDR/DRIVER/...   what the driver made below the function: net, nvme, usb1 ...
 *	faults           what to do wrong; see fake_fault()
 *	writes, steps    how many there have been
 *	log              what was written, and what came of it
 *
 * Followed: drivers/base/bus.c, dd.c, driver.c, drivers/pci/pci-driver.c, drivers/vfio/ of
 * Linux 6.1 and 6.12.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include "lib/base/pci.h"
#include "lib/base/root.h"

extern const struct vh_root_ops fake_kernel_ops;

/*
 * One line:
 *	write N errno E          the N-th write (from 0; loading a module counts) does nothing
 *	                         and fails with the number E
 *	write N HOW [after]      the N-th write ends it, before or after it has taken effect
 *	write N hang             the N-th write begins and does not return, not even when killed,
 *	                         until fake_resume()
 *	step N HOW               the same at the N-th step (vh_root_step(); every write is one)
 *	path TEXT errno E        every write to a path that contains TEXT; or: path TEXT hang
 *	at TEXT hold             at every step that has TEXT in its name it waits for fake_resume()
 * HOW: kill (the process that writes), parent (the one that started it), group (both, and
 * all others of the process group).
 */
void fake_fault(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3);
/* No faults, nothing counted, an empty log. */
void fake_reset(const struct vh_root *root);
void fake_resume(const struct vh_root *root);
/* May this machine make a process hang beyond SIGKILL? (By ptrace; a container may not.) */
bool fake_can_hang(void);

/* While its descriptor is open no write is half done: for those who kill. */
int fake_between_writes(const struct vh_root *root);

int fake_writes(const struct vh_root *root);
int fake_steps(const struct vh_root *root);
/* The log, never NULL; caller frees. */
char *fake_log(const struct vh_root *root);

void fake_hold(const struct vh_root *root, int group, const char *holder);
void fake_let_go(const struct vh_root *root, int group);

/* One write without faults, counting or log: the doings of others than the program. */
int fake_write(const struct vh_root *root, const char *value, const char *fmt, ...) VH_PRINTF(3, 4);

/* Mounts a disk that is "free": false, and nothing done, where somebody has it exclusively. */
bool fake_mount(const struct vh_root *root, const char *name, const char *mountinfo);

/* Hot-unplug: the function is gone from everywhere. */
void fake_unplug(const struct vh_root *root, const char *addr);

/* It has no driver, and gets its group when one is bound. */
void fake_make_late(const struct vh_root *root, const char *addr);

/* The driver's module is unloaded: its devices have none. It may be loaded again. */
void fake_unload(const struct vh_root *root, const char *driver);

bool fake_is_vfio(const char *driver);

/* A unit of systemd that is active, with its processes: "812 813" (fake-systemd.c). */
void fake_add_unit(const struct vh_root *root, const char *name, const char *pids);

#endif
