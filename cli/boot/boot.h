/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot - the parts of `vfio-hook boot`: generate, verify, and the programs that both run. */
#ifndef VH_CLI_BOOT_H
#define VH_CLI_BOOT_H

#include "cli/cli.h"
#include "lib/base/strbuf.h"
#include "lib/boot/write.h"

/* In cli->options. */
struct vh_opt_boot {
	enum vh_boot_by { VH_BOOT_BY_ADDRESS = 0, VH_BOOT_BY_ID } by; /* the words of --by */
	enum vh_initramfs initramfs; /* the words of --initramfs; NONE: auto */
	bool dry_run;
	bool no_rebuild;
};
vh_command_fn vh_boot_command;

/* Both give enum vh_exit. */
int vh_boot_generate(struct vh_cli *cli, char **args, int count);
int vh_boot_verify(struct vh_cli *cli);

/* run.c */
/* Runs a program by its path, with an environment of its own; its
 * output is ours, or is added to `out` (at most 64 MiB) where that is not NULL. Its exit
 * status; -1 with errno set where it did not run. */
int vh_run(const char *const *argv, struct vh_strbuf *out) VH_CHECK;
/* Its output is ours, and on a terminal a line says that it is waited for, "which `purpose`". */
int vh_run_shown(const char *const *argv, const char *purpose) VH_CHECK;
/* Rebuilds the images of all kernels. Whoever kills us, or the tool: with initramfs-tools and
 * dracut each image is the old one or the new one, whole; mkinitcpio replaces images by its own
 * way. 0 or -1 with the reason in err. */
int vh_boot_run_rebuild(struct vh_cli *cli, enum vh_initramfs initramfs,
			struct vh_error *err) VH_CHECK;
/* The first image in which `lister` finds the boot script, as a path, or NULL. The caller frees. */
char *vh_boot_run_image_with_script(const struct vh_root *root, enum vh_initramfs initramfs,
				    const char *lister) VH_CHECK;
/* Is there a file, whosever, where ours would be? */
bool vh_boot_run_has_files(const struct vh_root *root);
/* Puts the files in place and rebuilds, or says how; what fails is undone. `initramfs` is of
 * the images to be made. Gives enum vh_exit. */
int vh_boot_run_apply(struct vh_cli *cli, const struct vh_boot_binding *e,
		      enum vh_initramfs initramfs);

#endif
