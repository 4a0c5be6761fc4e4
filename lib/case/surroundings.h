/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * surroundings - what libvirt and QEMU will find around the devices when they start this domain, as
 * far as a start fails of it: the files with ROMs, the file system for shared memory.
 */
#ifndef VH_SURROUNDINGS_H
#define VH_SURROUNDINGS_H

#include "lib/domain/domain.h"
#include "lib/host/backing.h"
#include "lib/host/host.h"
#include "lib/host/libvirt/ownership.h"
#include "lib/host/libvirt/saving.h"

/* The file that QEMU is to read as the ROM of a device. */
struct vh_rom_file {
	const struct vh_hostdev *element; /* borrowed from the domain */
	enum vh_tri there;
	char *closed;         /* itself, or the directory above it, that only its owner may read or
				 enter; NULL: none */
	const char *unusable; /* why it is none, whatever is in it, or NULL; static */
	bool confined;        /* AppArmor's profile for the domain does not let QEMU read it */
	enum vh_tri is_rom;   /* it begins as a ROM does */
	bool has_ids;         /* and says which device it is for */
	uint16_t vendor, device;
};

/* Can the kernel have the driver that a device is to have? */
struct vh_model {
	const struct vh_hostdev *element; /* borrowed from the domain */
	enum vh_tri there;
};

struct vh_surroundings {
	struct vh_model *models;
	size_t n_models;
	struct vh_rom_file *roms;
	size_t n_roms;
	char *memory_dir; /* where libvirt makes files for the memory of this domain; NULL: none */
	struct vh_huge_mounts huge; /* where huge pages are mounted */
	enum vh_tri huge_read;      /* YES: those are all */
	enum vh_tri vfio_groups;    /* VFIO has nodes of IOMMU groups, or will when it is loaded */
	enum vh_tri vfio_node;      /* /dev/vfio/vfio is there; only where VFIO has no groups */
	enum vh_tri iommufd; /* the kernel has it, or can load it; only where it is asked for */
	enum vh_tri iommufd_node; /* and it is loaded: /dev/iommu is there; likewise */
	unsigned int libvirt;     /* its version: 11003 is 11.3; 0: unknown, or of no interest */
	unsigned int qemu; /* its version: 10001000 is 10.1.0; 0: unknown, or of no interest */
	unsigned int iommu_bits; /* of the addresses of the host's IOMMU; 0: likewise */
	bool vga_off; /* vfio-pci has disable_vga; only where a device is to have x-vga */
	bool in_words; /* libvirt gives QEMU devices as words, not as JSON; only where -set is used */
	uint64_t dma_entries; /* how many mappings VFIO allows a container; 0: likewise */
	char *memory_fs;      /* of what type its file system is; NULL: unknown */
	char *path_fs;        /* the same of shared_path; NULL: unknown, or there is none */
	struct vh_ownership ownership; /* whether QEMU may open the nodes of VFIO */
	struct vh_saving saving;       /* who would save its guest when the host shuts down */
};

/* `pool`: a network gives it a virtual function. `unseen`: what could not be told. */
void vh_surroundings_read(struct vh_surroundings *ret, const struct vh_root *root,
			  const struct vh_host *h, const struct vh_domain *d, bool pool,
			  struct vh_names *unseen);
void vh_surroundings_clear(struct vh_surroundings *s);

#endif
