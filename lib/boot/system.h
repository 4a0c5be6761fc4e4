/* SPDX-License-Identifier: GPL-2.0-or-later */
/* system - how this system makes its initramfs: by which tool, for which kernels, into what. */
#ifndef VH_BOOT_SYSTEM_H
#define VH_BOOT_SYSTEM_H

#include "lib/host/boot-binding.h"

/* The one whose tool is installed; NONE where it is none, or more than one. */
enum vh_initramfs vh_system_initramfs_detect(const struct vh_root *root);
/* What rebuilds the images of all kernels, for people to type. */
const char *vh_system_initramfs_command(enum vh_initramfs i);
/* The tool that lists what is in an image. */
const char *vh_system_initramfs_lister(enum vh_initramfs i);

/* The image of a kernel, below the root; NULL: at no place where we look. The caller frees. */
char *vh_system_image(const struct vh_root *root, const char *release) VH_CHECK;
/* The module is part of that kernel (modules.builtin); its name with - or _. */
bool vh_system_is_builtin(const struct vh_root *root, const char *release, const char *module);
/* The module that a driver is of, by sysfs, else its own name. NULL without a driver. */
char *vh_system_module(const struct vh_root *root, const char *driver) VH_CHECK;

#endif
