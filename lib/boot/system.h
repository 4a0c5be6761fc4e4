/* SPDX-License-Identifier: GPL-2.0-or-later */
/* system - how this system makes its initramfs: by which tool, for which kernels, into what. */
#ifndef VH_BOOT_SYSTEM_H
#define VH_BOOT_SYSTEM_H

#include "lib/host/boot-binding.h"

/* The one whose tool is installed; NONE where it is none, or more than one. */
enum vh_initramfs vh_system_initramfs_detect(const struct vh_root *root);
/* What rebuilds the images of all kernels, as people type it. */
const char *vh_system_initramfs_command(enum vh_initramfs i);
/* The same with what has to follow. The caller frees. */
char *vh_system_rebuild_command(const struct vh_root *root, enum vh_initramfs i) VH_CHECK;
/* The program that has to run whenever an image was made, by its path, or NULL: IBM Z boots by a
 * list of the blocks where kernel and image lie, which zipl(8) writes. */
const char *vh_system_zipl(const struct vh_root *root);
/* The tool that lists what is in an image. */
const char *vh_system_initramfs_lister(enum vh_initramfs i);

/* The image of a kernel, below the root; NULL: at no place where we look. The caller frees. */
char *vh_system_image(const struct vh_root *root, const char *release) VH_CHECK;
/* The module is part of that kernel (modules.builtin); its name with - or _. */
bool vh_system_is_builtin(const struct vh_root *root, const char *release, const char *module);
/* The module that a driver is of, by sysfs, else its own name. NULL without a driver. */
char *vh_system_module(const struct vh_root *root, const char *driver) VH_CHECK;

#endif
