/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files - which files have to stand where, and what is in them, for devices to be on vfio-pci
 * from the first moment of a boot. Pure: nothing is read or written here. Every file is ours
 * alone; none of another package is touched.
 *
 * The same shell function does the work in all three systems (templates/bind.sh), wrapped in
 * what each of them calls before it starts udev:
 *	initramfs-tools	scripts/init-top, by name before all others without prerequisites
 *	dracut		hook pre-udev, of a module of its own
 *	mkinitcpio	run_earlyhook, of a hook that stands before `udev` or `systemd`
 */
#ifndef VH_BOOT_FILES_H
#define VH_BOOT_FILES_H

#include "lib/host/boot-binding.h"

struct vh_boot_file {
	const char *path; /* below the root; static */
	unsigned int mode;
	char *content;    /* NULL: must not be there */
	int64_t when;     /* modified then, in seconds; 0: now */
};

struct vh_boot_files {
	struct vh_boot_file *list;
	size_t count;
};
void vh_boot_files_clear(struct vh_boot_files *f);
#define _auto_boot_files_ __attribute__((cleanup(vh_boot_files_clear)))

/* Every file that could be ours, and what it has to hold; `e` NULL: none is to be there. */
void vh_boot_files_make(const struct vh_boot_binding *e, struct vh_boot_files *ret);

/* The name inside an image by which our script is found there. */
const char *vh_boot_files_in_image(enum vh_initramfs i);

#endif
