/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot - devices for vfio-pci from boot on: generate, verify, remove. */
#include "cli/boot/boot.h"
#include "cli/output.h"
#include "lib/boot/system.h"

#include "lib/base/banned.h"

static int remove_files(struct vh_cli *cli)
{
	const struct vh_opt_boot *options = cli->options;
	_auto_(vh_boot_binding) struct vh_boot_binding *e = NULL;
	_auto_error_ struct vh_error err = { 0 };
	enum vh_initramfs initramfs;
	int rc;

	/* an invalid file is removed too: it has our mark, or it stays */
	if (vh_boot_binding_read(&cli->root, &e, &err) < 0) {
		vh_error_report(cli, NULL, &err);
	} else if (!e && !vh_boot_run_has_files(&cli->root)) {
		vh_note("nothing is configured, and nothing was changed");
		return VH_EXIT_OK;
	} else if (!e) {
		vh_note("nothing is configured; what is left over is removed");
	}
	initramfs = e ? e->initramfs : vh_system_initramfs_detect(&cli->root);
	if (initramfs == VH_INITRAMFS_NONE)
		initramfs = options->initramfs;
	if (initramfs == VH_INITRAMFS_NONE) {
		vh_error(cli, "which program makes the initramfs here? name it with --initramfs");
		return VH_EXIT_USAGE;
	}
	rc = vh_boot_run_apply(cli, NULL, initramfs);
	if (rc == VH_EXIT_OK && !options->dry_run)
		puts("from the next boot on the host's own drivers have the devices");
	return rc;
}

int vh_boot_command(struct vh_cli *cli, char **args, int count)
{
	bool generates = vh_streq(args[0], "generate");

	if (generates && count >= 2)
		return vh_boot_generate(cli, args + 1, count - 1);
	if (vh_streq(args[0], "remove") && count == 1)
		return remove_files(cli);
	if (vh_streq(args[0], "verify") && count == 1)
		return vh_boot_verify(cli);
	vh_error(cli, "%s; usage: vfio-hook boot generate ADDRESS...|FILE, boot verify, boot remove",
		 generates ? "name the devices, or a file with a domain"
			   : "'boot' takes 'generate', 'verify' or 'remove'");
	return VH_EXIT_USAGE;
}
