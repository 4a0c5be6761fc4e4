/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli - one run of the vfio-hook program, passed down instead of globals: what every command may
 * want to know. The options of one command alone are in a struct of its own.
 */
#ifndef VH_CLI_H
#define VH_CLI_H

#include "lib/base/root.h"

/* The documented exit status. */
enum vh_exit {
	VH_EXIT_OK = 0,       /* warnings included */
	VH_EXIT_FINDINGS = 1, /* errors found; with --strict: or warnings */
	VH_EXIT_USAGE = 2,    /* usage, or input that cannot be read */
	VH_EXIT_UNDONE = 3,   /* an action failed and was undone */
	VH_EXIT_LEFT = 4,     /* an action failed and could not be fully undone: see the claim */
};

/* The words of --format, --color and --fix, in the order in which the help has them. */
enum vh_format { VH_FORMAT_TEXT = 0, VH_FORMAT_JSON, VH_FORMAT_DOT };
/* is the XML corrected, and where do missing group members go? */
enum vh_fix { VH_FIX_NOTHING = 0, VH_FIX_UNASSIGNED, VH_FIX_GUEST };
enum vh_color { VH_COLOR_AUTO = 0, VH_COLOR_ALWAYS, VH_COLOR_NEVER };

struct vh_command;
struct vh_pci_ids;

/* One of several hosts; `root` is its only where there is no error. */
struct vh_remote {
	const char *uri;
	struct vh_root root;
	struct vh_error err;
};

struct vh_cli {
	/* options that several commands take */
	enum vh_format format;
	enum vh_color color;
	bool strict;
	const char *host;     /* --host, or NULL */
	const char *sysroot;  /* --sysroot, or NULL */
	const char **connect; /* each --connect */
	size_t n_connect;
	int timeout; /* seconds to wait for libvirt */

	const struct vh_command *command;
	const void *options; /* of this command alone: the struct that it declares; or NULL */

	/* what is looked at: "live", or the value of --host, --sysroot or the first --connect */
	const char *source;
	struct vh_root root;
	struct vh_remote *remotes; /* n_connect of them, where there are several; or NULL */
	struct vh_pci_ids *names;
};

typedef int vh_command_fn(struct vh_cli *cli, char **args, int count); /* gives enum vh_exit */

#endif
