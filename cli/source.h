/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source - which system a command looks at: this machine, a directory (--sysroot), or a manifest
 * expanded into a temporary tree: a file (--host), or made from what a libvirt tells (--connect).
 */
#ifndef VH_SOURCE_H
#define VH_SOURCE_H

#include "cli/cli.h"

/*
 * Opens cli->root, or with several --connect cli->remotes, and calls fn. With --host and --connect
 * fn runs in a child, and the parent does nothing
 * but wait and remove the tree: so it is gone after every end, also by a signal or a crash.
 */
int vh_source_run(struct vh_cli *cli, vh_command_fn *fn, char **args, int count);

#endif
