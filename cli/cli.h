/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli - what the parts of the vfio-hook program share: the options of one run, passed down
 * instead of globals, and the tables from which usage, help and argument counts are made.
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
	VH_EXIT_LEFT = 4,     /* an action failed and something is left in a claim */
};

enum vh_format { VH_FORMAT_TEXT = 0, VH_FORMAT_JSON, VH_FORMAT_DOT };
enum vh_fix { VH_FIX_UNASSIGNED = 0, VH_FIX_GUEST }; /* where missing group members go */
enum vh_color { VH_COLOR_AUTO = 0, VH_COLOR_ALWAYS, VH_COLOR_NEVER };

struct vh_command;
struct vh_pci_names;

/* One of several hosts; `root` is its only where there is no error. */
struct vh_remote {
	const char *uri;
	struct vh_root root;
	struct vh_error err;
};

struct vh_cli {
	const struct vh_command *command;
	enum vh_format format;
	enum vh_color color;
	bool strict;
	bool all_stale;
	bool fix;
	enum vh_fix fix_members;
	const char *explain; /* --explain=RULE, or NULL */
	const char *host;    /* --host, or NULL */
	const char *sysroot; /* --sysroot, or NULL */
	bool tree;
	bool identifiers;    /* --with-identifiers */
	bool by_id;          /* --by id */
	bool dry_run;
	bool no_rebuild;
	const char *initramfs; /* --initramfs, or NULL */
	const char *group;   /* --group, or NULL */
	const char *into;    /* --into, or NULL */
	const char **connect; /* each --connect */
	size_t n_connect;
	const char **domains; /* each --domain */
	size_t n_domains;
	struct vh_remote *remotes; /* n_connect of them, where there are several; or NULL */
	bool all, verbose;
	int timeout;         /* seconds that a libvirt may be silent */
	const char *source;  /* what is looked at: "live", or the value of one of these */
	struct vh_root root;
	struct vh_pci_names *names;
};

/* Options as bits, so that a command can say which ones mean something to it. */
enum vh_option_bit {
	VH_OPT_FORMAT = 1 << 0,
	VH_OPT_HOST = 1 << 1,
	VH_OPT_SYSROOT = 1 << 2,
	VH_OPT_TREE = 1 << 3,
	VH_OPT_GROUP = 1 << 4,
	VH_OPT_INTO = 1 << 5,
	VH_OPT_CONNECT = 1 << 6,
	VH_OPT_DOMAIN = 1 << 7,
	VH_OPT_ALL = 1 << 8,
	VH_OPT_VERBOSE = 1 << 9,
	VH_OPT_TIMEOUT = 1 << 10,
	VH_OPT_STRICT = 1 << 11,
	VH_OPT_COLOR = 1 << 12,
	VH_OPT_HELP = 1 << 13,
	VH_OPT_VERSION = 1 << 14,
	VH_OPT_ALL_STALE = 1 << 15,
	VH_OPT_EXPLAIN = 1 << 16,
	VH_OPT_FIX = 1 << 17,
	VH_OPT_IDENTIFIERS = 1 << 18,
	VH_OPT_BY = 1 << 19,
	VH_OPT_INITRAMFS = 1 << 20,
	VH_OPT_DRY_RUN = 1 << 21,
	VH_OPT_NO_REBUILD = 1 << 22,
	VH_OPT_LIBVIRT = VH_OPT_CONNECT | VH_OPT_TIMEOUT,
	VH_OPT_READING = VH_OPT_FORMAT | VH_OPT_HOST | VH_OPT_SYSROOT | VH_OPT_COLOR | VH_OPT_HELP,
	VH_OPT_ACTING = VH_OPT_COLOR | VH_OPT_HELP,
};

struct vh_option {
	enum vh_option_bit bit;
	const char *name;
	const char *arg; /* NULL: takes none; in brackets: may have one, behind a '=' */
	const char *help;
};

enum vh_command_flag {
	VH_CMD_ROOT = 1,  /* acts on this machine */
	VH_CMD_PLAIN = 2, /* looks at no system at all */
};

typedef int vh_command_fn(struct vh_cli *cli, char **args, int count); /* gives enum vh_exit */

/* summary is one line, details are for `help COMMAND`; flags of enum vh_command_flag */
struct vh_command {
	const char *name;
	const char *args;
	const char *summary;
	const char *details;
	int min, max;         /* number of arguments */
	unsigned int options; /* of enum vh_option_bit */
	unsigned int flags;
	vh_command_fn *run;
};

extern const struct vh_option vh_options[];
extern const size_t vh_n_options;
extern const struct vh_command vh_commands[];
extern const size_t vh_n_commands;
const struct vh_command *vh_command_find(const char *name);

/* help.c */
void vh_usage(FILE *f);
void vh_help_command(FILE *f, const struct vh_command *cmd);

/* explain.c: what --explain does, with what stands behind the options; gives enum vh_exit. */
int vh_explain(struct vh_cli *cli, unsigned int used, char **args, int count);

/* The commands. */
vh_command_fn vh_cmd_check, vh_cmd_list, vh_cmd_status, vh_cmd_detach, vh_cmd_reattach;
vh_command_fn vh_cmd_show, vh_cmd_xml, vh_cmd_accept, vh_cmd_snapshot, vh_cmd_boot;
vh_command_fn vh_cmd_config, vh_cmd_help;

#endif
