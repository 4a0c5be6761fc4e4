/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host - the facts about the devices concerned: PCI functions, IOMMU groups, drivers, what
 * the host uses them for. Read once, then immutable. What the source could not give is
 * VH_UNKNOWN or NULL and stands in `not_checked`; it is never guessed.
 *
 * Only what is asked for is read (and the other members of its IOMMU groups): the cost does
 * not depend on the size of the host.
 */
#ifndef VH_HOST_H
#define VH_HOST_H

#include "lib/base/bits.h"
#include "lib/host/bootloader.h"
#include "lib/config/config.h"

enum vh_input {
	VH_INPUT_NONE = 0,
	VH_INPUT_KEYBOARD = 1,
	VH_INPUT_MOUSE = 2,
	VH_INPUT_BLUETOOTH = 4, /* by a program of the host, which shows no adapter */
};

/* One use of a device by the host. */
struct vh_use {
	enum vh_use_kind kind;
	bool vital;         /* root, boot or swap: no configuration allows it */
	bool guess;         /* that it is vital, or of this device at all, is not certain */
	bool peer_only;     /* counts against a peer, not against a device that was named */
	bool weak;          /* a warning for a device that was named, in full for a peer */
	bool looked;        /* somebody only looks at it: never more than a warning */
	unsigned int input; /* of enum vh_input: what it lets people type or point with */
	unsigned int rank;  /* those of a higher one have to end before */
	char *text;         /* "nvme1n1p2 is mounted at /srv" */
	char *fix;          /* what to type to end the use, or NULL */
	/* "/dev/dm-1": all that is known is that it is open exclusively; NULL: more is */
	char *unexplained;
	/* What would end it, if it is only that the host can do without (lib/decide/lending.h): a
	 * line for each who uses it, with the words of which any does. A word is a systemd unit,
	 * "pid:812" (the unit of which that is the main process), "console:" or "module:NAME".
	 * NULL, or an empty line: nothing of that kind does. */
	char *by;
	const void *one; /* several disks may have it: what it is, while it is looked for */
};

/* A node below /dev by which processes use a device; who has it open is a use. */
struct vh_devnode {
	char *path;      /* "/dev/dri/card1" */
	char *subsystem; /* of its kernel object, or a name of ours (subsystem.h) */
	unsigned int major, minor;
	bool numbered; /* by them it is found in containers too; else by its path alone */
	bool block;
	bool above; /* of what lies on a disk of the device: a volume, a zvol, a session's disk */
};

/* What hangs on a function, beside its nodes, under a name that a domain may give. */
enum vh_thing_kind {
	VH_THING_NODE = 0,  /* "/dev/dm-0": one that is not among the nodes above */
	VH_THING_MOUNT,     /* "/srv": the file system there lies on it */
	VH_THING_POOL,      /* a pool of ZFS */
	VH_THING_INTERFACE, /* "eno2" */
	VH_THING_USB,       /* "5-1" */
	VH_THING_SCSI,      /* "6:0:0:1": host, bus, target, unit */
	VH_THING_MEDIATED,  /* its UUID */
};
struct vh_thing {
	enum vh_thing_kind kind;
	char *name;
	unsigned int major, minor; /* of a node, if `numbered` */
	bool numbered, block;
	unsigned int vendor, product, number; /* of USB; the last is its address on the bus */
};

/* A mount point of the host. */
struct vh_host_mount {
	char *at;
	bool waits; /* to look up a name there may wait for a server or a program */
};

/* Another function that belongs to a device in some way. */
enum vh_mate_kind {
	VH_MATE_SLOT = 1, /* a function of the same slot */
	VH_MATE_BUS = 2,  /* below the same bridge: a reset of the bus takes it along */
	VH_MATE_LINK = 4, /* the kernel links them: one cannot work without the other */
};
struct vh_mate {
	struct vh_pci_dev *dev; /* as vh_function_read() sees it; owned */
	unsigned int kinds;     /* of enum vh_mate_kind */
};

struct vh_pci_dev {
	struct vh_pci_addr addr;
	char *path;     /* below the root: sys/devices/pci0000:00/... */
	uint32_t class; /* 24 bits: base class, subclass, interface */
	uint16_t vendor, device, subvendor, subdevice;
	bool dead;                 /* its configuration space answers 0xff */
	bool on_vfio;              /* its driver is vfio-pci or a variant of it */
	bool hinted;               /* only meant, perhaps: what it is was read, and no more */
	int group;                 /* IOMMU group, or -1 */
	char *driver;              /* bound now; NULL: none */
	char *variant;             /* the VFIO driver made for it; NULL: vfio-pci (variant.h) */
	char *override;            /* driver_override; NULL: unset or unknown */
	enum vh_tri override_read; /* YES: `override` is what stands there */
	bool root_bus;             /* not behind a bridge */
	struct vh_pci_addr bridge; /* the bridge above, unless root_bus */
	bool is_vf;
	struct vh_pci_addr pf;
	unsigned int numvfs; /* virtual functions enabled on it */
	bool boot_vga;
	bool firmware_flash;       /* the machine's firmware lies in a flash below it */
	enum vh_tri uses_read;     /* YES: `uses` is complete; NO: nothing could be seen at all */
	unsigned int unseen_kinds; /* of enum vh_use_kind: which of them, where it is UNKNOWN */
	struct vh_names unseen;    /* and why: sentences */
	struct vh_use *uses;
	size_t n_uses;
	struct vh_devnode *devnodes;
	size_t n_devnodes;
	struct vh_thing *things;
	size_t n_things;
	struct vh_names carries; /* what the host has by it, used or not: "disk sda" */

	/* of the devices asked for, with VH_HOST_RULES (topology.h) */
	enum vh_tri can_reset; /* YES: `resets` says how */
	int numa_node;         /* -1: none is known */
	enum vh_tri pf_net_up;
	bool cold;             /* it is in D3cold: without power */
	bool express;          /* it is on a port of PCI Express; false: it may be */
	char *pf_net;          /* a VF's physical function: its network interface, or NULL */
	char *resets;          /* "flr bus", or NULL: by some method (Linux before 5.15) */
	uint64_t bar_bytes;    /* the largest of its windows of memory; 0: unknown */
	char *framebuffer;     /* what of the firmware draws in its memory: "BOOTFB", or NULL */
	struct vh_mate *mates; /* sorted by address */
	size_t n_mates;
};

struct vh_group {
	int number;
	bool noiommu;                /* a fake group without isolation (vfio-noiommu) */
	struct vh_pci_dev **members; /* sorted by address; borrowed from the host */
	size_t count;
	struct vh_names direct; /* its reserved regions of type `direct`: "0x..-0x.." */
};

/* The nodes of a NUMA machine. */
struct vh_node {
	unsigned int number;
	struct vh_bits cpus;
};

/* A value of vfio-pci's option `ids`: who matches is bound when the module is loaded. */
struct vh_bind_id {
	uint32_t vendor, device, subvendor, subdevice, class, class_mask; /* ~0u: any */
	char *text, *where;
};

/* What is taken away from libvirt's daemon, by its unit or by a container (hardening.h). */
struct vh_hardening {
	const char *daemon; /* "libvirtd"; static. NULL: none is known to run */
	bool no_modules;    /* it cannot load any */
	bool own_devices;   /* its /dev has not those of VFIO */
	bool read_only;     /* /sys is, to it */
	bool no_locking;    /* it may not let QEMU lock more memory than it may itself */
};

struct vh_hook_install;
struct vh_boot_binding;

enum vh_module {
	VH_MODULE_UNKNOWN = 0,
	VH_MODULE_MISSING,
	VH_MODULE_FORBIDDEN, /* modprobe.d(5), or the kernel command line, says that it is not loaded */
	VH_MODULE_LOADABLE,
	VH_MODULE_LOADED,
};
enum vh_cpu {
	VH_CPU_OTHER = 0,
	VH_CPU_INTEL,
	VH_CPU_AMD,
	VH_CPU_ARM, /* 64 bits; its IOMMU is called SMMU */
	VH_CPU_Z,   /* IBM Z: functions are configured one by one, each in a group of its own */
	VH_CPU_POWER,
};

struct vh_host {
	struct vh_pci_addr *asked; /* the addresses given to vh_host_read(), there or not */
	size_t n_asked;
	struct vh_pci_dev **devs; /* sorted by address; owned */
	size_t n_devs;
	struct vh_group **groups; /* sorted by number; owned */
	size_t n_groups;
	char *release;        /* of the kernel */
	bool iommu;           /* there are IOMMU groups with PCI devices */
	bool iommu_elsewhere; /* there are groups, and none has a PCI device */
	enum vh_cpu cpu;
	bool is_guest;              /* it is itself a guest of a hypervisor */
	bool under_xen;             /* it is not, and its kernel runs under Xen: no IOMMU for it */
	enum vh_tri firmware_iommu; /* the firmware describes one (ACPI DMAR or IVRS, an SMMU) */
	char *off_slots; /* IBM Z without groups: functions that are not switched on, "FID FID"; NULL */
	enum vh_module vfio_pci;
	char *cmdline;                /* of the kernel, or NULL */
	char *forbidden_by;           /* the file that forbids vfio-pci, or NULL */
	const char *forbidden;        /* what it forbids: vfio-pci, or a module that it needs */
	bool blacklisted;             /* the kernel command line forbids it; no file does */
	bool alias_missing;           /* lib/modules/RELEASE/modules.alias is not there */
	unsigned int libvirt_version; /* where modules.alias is missing: 11003 is 11.3; 0: unknown */
	enum vh_tri denylist; /* vfio-pci refuses what is on its list: not with disable_denylist */
	/* with VH_HOST_RULES (platform.h) */
	enum vh_tri remapping;         /* interrupts are remapped */
	enum vh_tri unsafe_interrupts; /* vfio is told to do without */
	enum vh_tri unsafe_iommufd;    /* and so is iommufd, for what is passed by that */
	struct vh_node *nodes;         /* empty: one, or unknown */
	size_t n_nodes;
	bool one_node;       /* it is one, 0 */
	struct vh_bits cpus; /* processors that are online; empty: unknown */
	struct vh_bind_id *bind_ids;
	size_t n_bind_ids;
	struct vh_pci_dev **on_vfio_pci; /* each that is on vfio-pci, if bind_ids is not empty */
	size_t n_on_vfio_pci;
	struct vh_names keyboards; /* of the machine: their places, sys/devices/... */
	struct vh_hardening hardening;
	struct vh_hook_install *hook; /* how the hook is installed; NULL: not looked at */
	struct vh_boot_binding
		*binding; /* with VH_HOST_ALL: what vfio-pci is to take at boot; NULL: nothing */
	struct vh_names not_checked;  /* sentences, each once */
	struct vh_host_mount *mounts; /* with VH_HOST_USES, in their order */
	size_t n_mounts;
	enum vh_bootloader loader; /* with VH_HOST_ALL, or without an IOMMU */
	bool keyboards_read;
	bool uses_untold; /* the source tells nothing of what the host uses, nor of its kernel and
			   * firmware: what it does not tell it has put into not_checked */
	bool ordinary;    /* seen by a user who is not root: much is missing that a start sees */
	int failed;       /* errno of a read by which a device looks driverless or absent and
			     may be neither: nothing may be done on these facts. 0: none */
};

const struct vh_pci_dev *vh_host_dev(const struct vh_host *h, const struct vh_pci_addr *addr);
const struct vh_group *vh_host_group(const struct vh_host *h, int number);
void vh_host_clear_use(struct vh_use *u);
/* Adds a sentence to not_checked unless it stands there. */
void vh_host_not_checked(struct vh_host *h, const char *fmt, ...) VH_PRINTF(2, 3);

/* What it says it is. */
struct vh_sighting vh_host_sighting(const struct vh_pci_dev *d);
/* Does this option of vfio-pci match? */
bool vh_host_bind_id_matches(const struct vh_bind_id *id, const struct vh_pci_dev *d);

/* Type 1 and 2 headers as far as VFIO is concerned: class 0604, 0607, 0609. */
bool vh_host_is_bridge(const struct vh_pci_dev *d);
/* What a host does not do without, which is a matter of place too: on a root bus host bridges and
 * data fabric, ISA bridge, memory, system peripherals, SMBus and SPI controllers (05xx, 06xx, 08xx,
 * 0c05, 0c80), and wherever it is what has the firmware's flash. On a card the same classes are
 * readers, accelerators and switches. */
bool vh_host_is_chipset(const struct vh_pci_dev *d);
/* Were all uses seen, or all but those of kinds that are allowed anyway? An allowance for the
 * network lets a device go of which the routes were not seen, but never a disk that may carry the
 * root file system for all we know. */
bool vh_host_is_seen_enough(const struct vh_pci_dev *d, unsigned int allowed);
/* The processor's own way to memory and buses; nobody may have it. */
bool vh_host_is_host_bridge(const struct vh_pci_dev *d);
/* Its driver is a VFIO driver of the vendor's that does more than that, as NVIDIA's for virtual
 * functions of a vGPU: no other can stand in for it. */
bool vh_host_is_vendor_vfio(const struct vh_pci_dev *d);
/* The driver lets VFIO own the group beside it: none, VFIO ones, pci-stub, pcieport
 * (driver_managed_dma, drivers/pci/pci-driver.c:pci_dma_configure() since Linux 5.19). */
bool vh_host_is_tolerated(const struct vh_pci_dev *d);

/* A file in the directory of a function whose driver did not answer: its uses are unknown. */
#define VH_MANIFEST_UNANSWERED "unanswered"
/* A file at the top of a tree: it was recorded by a user who is not root. */
#define VH_MANIFEST_ORDINARY "ordinary-user"

#endif
