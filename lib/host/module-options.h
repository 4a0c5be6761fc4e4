/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module-options - the options of a kernel module that is not loaded yet, or does not show them:
 * what the kernel command line and modprobe.d(5) set, and whether the latter lets it be loaded.
 */
#ifndef VH_MODULE_OPTIONS_H
#define VH_MODULE_OPTIONS_H

#include "lib/base/root.h"

struct vh_module_option {
	char *value;
	char *where; /* "the kernel command line", "/etc/modprobe.d/vfio.conf" */
};

struct vh_module_options {
	struct vh_module_option *list; /* in the order in which the module sees them */
	size_t count;
};
void vh_module_options_clear(struct vh_module_options *v);
#define _auto_module_values_ __attribute__((cleanup(vh_module_options_clear)))

/* Every value given to `option` of `module` (- and _ are the same in its name). `cmdline` may be
 * NULL. What cannot be read gives nothing. */
void vh_module_options_read(const struct vh_root *root, const char *cmdline, const char *module,
			    const char *option, struct vh_module_options *ret);

/* Is this switch of a module (its name with _) on? While the module is not loaded: will it be? */
bool vh_module_options_is_on(const struct vh_root *root, const char *cmdline, const char *module,
			     const char *option);

/* Every command of modprobe.d in place of loading a module: "vfio-pci /bin/false". */
void vh_module_options_installs(const struct vh_root *root, struct vh_module_options *ret);
/* Does modprobe.d say how the module of this name is loaded (Debian's nvidia is in the file of
 * nvidia-current)? */
bool vh_module_options_is_led(const struct vh_root *root, const char *module);
/* The file of which the command for `module` does nothing; NULL: none. What another command does
 * cannot be known. Borrowed. */
const char *vh_module_options_forbidden_by(const struct vh_module_options *installs,
					   const char *module);

#endif
