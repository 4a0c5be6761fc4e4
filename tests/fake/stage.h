/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage - a machine for the operations of lib/act, the domains that use it, and what libvirt
 * does with them: prepare, start, end and release, in this process or in one that dies.
 */
#ifndef STAGE_H
#define STAGE_H

#include "lib/act/act.h"
#include "lib/base/strbuf.h"
#include "tests/fake/fake-libvirt.h"
#include "tests/fake/scratch.h"

#define VM1 "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define VM2 "b0000000-0000-0000-0000-000000000002"

/* In one group: four functions with four drivers. */
#define FOUR "0000:01:00."
/* Alone in its group. */
#define ALONE "0000:02:00.0"
/* With a peer on pci-stub (.1) and one without a driver (.2), which shares its bus. */
#define MIXED "0000:03:00."
/* Has no driver, though nvme would take it. */
#define IDLE "0000:04:00.0"
/* Named (.0) and peer (.1), each with an override of its own driver. */
#define PINNED "0000:05:00."
/* On vfio-pci before anybody came (.0), with a peer on its host driver (.1). */
#define READY "0000:06:00."
/* A peer (.1) that probing would give to another driver. */
#define TWO "0000:07:00."
/* On the root bus, with a peer without a driver (.1), and a chipset one (.2). */
#define ONBOARD "0000:00:1a."
/* Named (.0) and peer (.1), each with an override that is not its driver. */
#define LOCKED "0000:09:00."
/* Two functions of one slot: .0 alone in its group, .1 in another one. */
#define SPLIT "0000:08:00."
/* The only display (.0), with a desktop on it that is handed over: a display manager and a service
 * that have it open, the socket that starts this one, a console, and the module of its driver. Its
 * sound (.1) is alone. */
#define DESKTOP "0000:0a:00."

/* A virtual function with an interface, alone in its group; its physical function is alone, too. */
#define VF "0000:0b:10.0"
#define PF "0000:0b:00.0"

/* What domains name: a word for it, and the devices as scratch_vm() takes them. */
struct stage_scene {
	const char *name, *devices;
};
extern const struct stage_scene stage_scenes[];
extern const size_t stage_n_scenes;

/* Of tests that die or fail at every point: at every one with VH_TEST_LONG, else at every third
 * one; under sanitizers at every eighth, and under valgrind, which takes thirty times as long, at
 * every fourteenth. */
int stage_stride(void);

struct stage {
	struct scratch *s;
	const struct vh_root *root;
	struct vh_config config;
	struct vh_reporter reporter;
	struct vh_findings findings; /* of the last operation */
	struct vh_error err;         /* of the last operation */
	struct vh_strbuf told;       /* transitions and warnings since the stage was set */
	char *before;                /* scratch_state() at its beginning */
	int daemon;                  /* when libvirtd was started */
};

/* `host`: NULL for the machine above, or as for scratch_new(). A libvirtd is running. */
struct stage *stage_new(const char *host);
/* Of the machine above the slots of these devices, its bridges, and READY and SPLIT as bystanders
 * (without them no vfio-pci is loaded, and no nvme): a small tree, for those who need thousands. */
struct stage *stage_new_near(const char *devices);
void stage_free(struct stage *st);
VH_DEFINE_AUTO(stage, stage_free)

/* A process that has the node of DESKTOP open, in this group: "system.slice/gpu.service". */
void stage_add_user(struct stage *st, int pid, const char *comm, const char *cgroup);

int stage_prepare(struct stage *st, const struct vh_domain *d);
int stage_started(struct stage *st, const struct vh_domain *d);
int stage_release(struct stage *st, const struct vh_domain *d);
int stage_detach(struct stage *st, const char *addrs);
int stage_reattach(struct stage *st, const char *addrs);
int stage_reattach_stale(struct stage *st);

/* Prepare, libvirt and QEMU, started: 0, or the number of the step that failed. */
int stage_run(struct stage *st, const struct vh_domain *d);
/* The guest ends, libvirt gives back, release. */
int stage_end(struct stage *st, const struct vh_domain *d);

/* The operation in a process of its own (and a group: fault "step N group" ends it). Returns
 * what it returned (0 or -1), or the signal that ended it. */
int stage_fork(struct stage *st, int (*op)(struct stage *, const struct vh_domain *),
	       const struct vh_domain *d);

/* This process, forked from the one that set the stage, calls operations in processes of its
 * own: they find the daemon above it. */
void stage_add_process(struct stage *st);

/* Children of an operation that was killed may take a moment to end; the claim's lock, which
 * those that write hold, ends with the last of them. */
void stage_wait_for_writers(struct stage *st, const char *owner);

/* The daemon that called prepare has been restarted. */
void stage_new_daemon(struct stage *st);

/* Is everything as it was at the beginning? Tells what is not. */
bool stage_is_home(struct stage *st);
/* "ADDR DRIVER OVERRIDE" is so? Tells if not. */
bool stage_is(struct stage *st, const char *addr, const char *want);
/* Is there a finding of this rule? */
bool stage_found(const struct stage *st, const char *rule);
bool stage_has_claim(const struct stage *st, const char *owner);

#endif
