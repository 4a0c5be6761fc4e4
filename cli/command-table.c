/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command-table - the tables of commands and options, and the usage and help that are made from
 * them. Nothing here reads a command line: options.c does, by these tables.
 */
#include "cli/command-table.h"

#include <limits.h>

#include "cli/boot/boot.h"
#include "cli/commands/commands.h"
#include "cli/output.h"
#include "cli/suggest.h"
#include "cli/wrap.h"

#include "lib/base/banned.h"

/* --- the options ------------------------------------------------------------------------------ */

/* The place of a value. That its type is the one which VH_PUT_* writes is held at compile time. */
#define IS_FLAG(p) _Generic((p), bool * : 0)
#define IS_TEXT(p) _Generic((p), const char ** : 0)
#define IS_LIST(p) _Generic((p), const char *** : 0)
#define IS_WORD(p) _Generic((p), unsigned int * : 0)
#define IS_SECONDS(p) _Generic((p), int * : 0)
#define PUT(how, type, member) \
	.put = VH_PUT_##how,   \
	.at = offsetof(type, member) + 0 * sizeof(IS_##how(&((type *)0)->member))
#define COUNT(type, member) .count_at = offsetof(type, n_##member)
/* For all commands, and for one. */
#define CLI(how, member) PUT(how, struct vh_cli, member)
#define OF(command, how, member) .of = #command, PUT(how, struct vh_opt_##command, member)

/* Which commands take it. */
#define READING "check list show xml status boot config"
#define LIBVIRT "check list show xml"

#define FIX_ONE "'--fix' takes one file or domain, or '-'"

#define XML_USAGE "name the devices, or one --group; usage: vfio-hook xml ADDRESS...|--group NUMBER"
#define REATTACH_USAGE \
	"name the devices, or --all-stale; usage: vfio-hook reattach ADDRESS...|--all-stale"

const struct vh_option vh_command_table_options[] = {
	{ "format", "text|json|dot", "how the answer is written; dot: only list", READING, "list",
	  CLI(WORD, format),
	  .excludes = { { "format=dot !@list", "'--format dot' is for 'list' alone" } } },
	{ "host", "FILE", "look at the host in this snapshot", READING " snapshot handover",
	  CLI(TEXT, host), .excludes = { { "sysroot", NULL }, { "connect", NULL } } },
	{ "sysroot", "DIR", "look at the host whose files are below this directory",
	  READING " snapshot handover", CLI(TEXT, sysroot),
	  .excludes = { { "host", NULL }, { "connect", NULL } } },
	{ "connect", "URI", "look at the host of this libvirt; check takes several", LIBVIRT,
	  CLI(LIST, connect), COUNT(struct vh_cli, connect),
	  .excludes = { { "host", NULL },
			{ "sysroot", NULL },
			{ "connect+ fix",
			  "several '--connect' judge domains that are named: no '--fix'" },
			{ "connect+ all",
			  "several '--connect' judge domains that are named: no '--all'" },
			{ "connect+ @check !ARGUMENT",
			  "several '--connect' judge domains that are named: name one" } } },
	{ "timeout", "SECONDS", "seconds to wait for libvirt (default 10)", LIBVIRT,
	  CLI(SECONDS, timeout) },
	{ "domain", "NAME", "a domain of libvirt, even if a file has its name", "check",
	  OF(check, LIST, domains), COUNT(struct vh_opt_check, domains), .is_argument = true },
	{ "all", NULL, "check every defined domain", "check", OF(check, FLAG, all),
	  .excludes = { { "ARGUMENT",
			  "'--all' stands for every domain of libvirt: it excludes other arguments" },
			{ "fix",
			  "'--all' stands for every domain of libvirt: it excludes '--fix'" } } },
	{ "verbose", NULL, "with --all: print every finding", "check", OF(check, FLAG, verbose),
	  .excludes = { { "!all", "'--verbose' is for '--all'" } } },
	{ "tree", NULL, "show which device is behind which bridge", "list", OF(list, FLAG, tree) },
	{ "group", "NUMBER", "the devices of this IOMMU group", "xml", OF(xml, TEXT, group),
	  .excludes = { { "ARGUMENT", XML_USAGE } } },
	{ "into", "FILE|-|DOMAIN", "print this domain with the devices in it", "xml",
	  OF(xml, TEXT, into) },
	{ "with-identifiers", NULL, "keep IP addresses and names as they are", "snapshot",
	  OF(snapshot, FLAG, identifiers) },
	{ "by", "address|id", "boot: select devices by address (default) or id", "boot",
	  OF(boot, WORD, by) },
	{ "initramfs", "auto|initramfs-tools|dracut|mkinitcpio", "boot: what makes the images",
	  "boot", OF(boot, WORD, initramfs) },
	{ "dry-run", NULL, "boot: print the files, write nothing", "boot", OF(boot, FLAG, dry_run) },
	{ "no-rebuild", NULL, "boot: print the command that makes the images", "boot",
	  OF(boot, FLAG, no_rebuild) },
	{ "strict", NULL, "warnings count as errors", "check", CLI(FLAG, strict) },
	{ "color", "auto|always|never", "colours; auto: on a terminal", "*", CLI(WORD, color) },
	{ "all-stale", NULL, "devices of all domains that no longer run", "reattach",
	  OF(reattach, FLAG, all_stale), .excludes = { { "ARGUMENT", REATTACH_USAGE } } },
	{ "fix", "[=unassigned|guest]", "print the corrected XML", "check", OF(check, WORD, fix),
	  .excludes = { { "!ARGUMENT", FIX_ONE },
			{ "ARGUMENT+", FIX_ONE },
			{ "format=json", "'--fix' writes XML: it excludes '--format json'" } } },
	{ "explain", "[RULE]", "explain a rule of 'check', or list all rules", "check --explain",
	  .of = "--explain", PUT(TEXT, struct vh_opt_explain, rule) },
	{ "help", NULL, "show this help, or that of a command", "*", .put = VH_PUT_NOTHING },
	{ "version", NULL, "show the version", "", .put = VH_PUT_NOTHING },
};
const size_t vh_command_table_n_options = VH_COUNT(vh_command_table_options);

/* --- the commands ----------------------------------------------------------------------------- */

static vh_command_fn help;

const struct vh_command vh_command_table[] = {
	{ "check", "[FILE|-|DOMAIN]...", "would these domains start on this host?",
	  "Judges domains by the rules on which the hook refuses a start: XML files, '-' for\n"
	  "standard input, or domains of libvirt by name or UUID, as they are defined. Without\n"
	  "arguments it judges the host itself. Changes nothing.\n"
	  "With --all it prints a line for each defined domain, then what they compete for: IOMMU\n"
	  "groups, memory, and which of them will be refused when all autostart together.\n"
	  "With --fix it prints one domain with corrected XML and leaves all other bytes as they\n"
	  "were. What it corrected and what it still finds go to standard error. It adds missing\n"
	  "members of IOMMU groups as 'unassigned': the host loses them and the guest does not\n"
	  "get them. With --fix=guest the guest gets them.",
	  0, INT_MAX, 0, .run = vh_cmd_check,
	  .examples = "vfio-hook check vm\n"
		      "vfio-hook check --fix vm.xml >vm-fixed.xml\n"
		      "vfio-hook check --all\n"
		      "vfio-hook --host other.host check vm.xml\n",
	  .options_size = sizeof(struct vh_opt_check) },
	{ "list", "", "IOMMU groups, devices, drivers, uses",
	  "Lists every PCI device in its IOMMU group, with its driver and with what the host\n"
	  "uses it for. --tree shows which device is behind which bridge. --format dot prints the\n"
	  "same for graphviz. Without an IOMMU the group is '-' and the exit status is 1.",
	  0, 0, 0, .run = vh_cmd_list,
	  .examples = "vfio-hook list\n"
		      "vfio-hook list --tree\n"
		      "vfio-hook list --format dot | dot -Tsvg >host.svg\n",
	  .options_size = sizeof(struct vh_opt_list),
	  .excludes = { { "connect+", "'list' looks at one host: give '--connect' once" } } },
	{ "show", "ADDRESS...", "everything about a device",
	  "Shows the names, the driver and the kernel modules that match the device, its link,\n"
	  "resets and virtual functions, what the host uses it for, what happens to each member of\n"
	  "its IOMMU group, and what 'virsh start' of a domain with only this device would do.\n"
	  "ADDRESS is 0000:03:00.0, 03:00.0, pci_0000_03_00_0, or the name of a network\n"
	  "interface or block device. The exit status is 1 if there is no such device.",
	  1, 64, 0, .run = vh_cmd_show,
	  .examples = "vfio-hook show 03:00.0\n"
		      "vfio-hook show eno1 nvme0n1\n",
	  .excludes = { { "connect+", "'show' looks at one host: give '--connect' once" } } },
	{ "xml", "ADDRESS...|--group NUMBER", "<hostdev> elements for the complete group",
	  "Prints what to paste below <devices>: these devices and every other member of their\n"
	  "IOMMU groups that a guest can have. Functions of one card share a slot of the guest.\n"
	  "A comment says what was left out and why. --into prints the whole domain, with the\n"
	  "devices added and the memory balloon off, and leaves all other bytes as they were.\n"
	  "ADDRESS as for 'show'.",
	  0, 64, 0, .run = vh_cmd_xml,
	  .examples = "vfio-hook xml 03:00.0 >devices.xml\n"
		      "vfio-hook xml --group 14 --into vm | virsh define /dev/stdin\n",
	  .options_size = sizeof(struct vh_opt_xml),
	  .excludes = { { "connect+", "'xml' looks at one host: give '--connect' once" },
			{ "!ARGUMENT !group", XML_USAGE } } },
	{ "status", "", "which domain has which devices, and the last refusals",
	  "Shows which devices each domain has, the driver that each had and the one that it\n"
	  "returns to, why a domain was not started the last time, and which other devices are on\n"
	  "vfio-pci or have a driver_override. Needs root to see the claims.",
	  0, 0, 0, .run = vh_cmd_status,
	  .examples = "sudo vfio-hook status\n"
		      "sudo vfio-hook --format json status\n" },
	{ "why", "DOMAIN", "why a domain did not start, and what changed since",
	  "One screen for one domain: its last refusal, its last start, what changed since then\n"
	  "(devices, its definition, the configuration, a boot), the last entries of the journal,\n"
	  "and whether it would start now. DOMAIN is a name or UUID. The exit status is 1 if it\n"
	  "would be refused now. Needs root to see the claims.",
	  1, 1, 0, .run = vh_cmd_why, .examples = "sudo vfio-hook why vm\n" },
	{ "detach", "ADDRESS...", "move devices to vfio-pci, with their IOMMU groups",
	  "Moves these devices and every other member of their IOMMU groups from their drivers\n"
	  "to vfio-pci. ADDRESS is 0000:03:00.0, 03:00.0, pci_0000_03_00_0, or the name of a\n"
	  "network interface or block device. 'reattach' returns them. Needs root.",
	  1, 64, VH_CMD_ROOT | VH_CMD_MOVES | VH_CMD_ACTS, .run = vh_cmd_detach,
	  .examples = "sudo vfio-hook detach 03:00.0\n"
		      "sudo vfio-hook detach eno1\n" },
	{ "reattach", "ADDRESS...|--all-stale", "return devices to their drivers",
	  "Returns these devices and the others of their IOMMU groups to the drivers that their\n"
	  "claims name (the claim of a domain, or of 'detach'), unless they are in use. ADDRESS as\n"
	  "for 'detach'. --all-stale returns the devices of every domain that neither runs nor is\n"
	  "being started. Needs root.",
	  0, 64, VH_CMD_ROOT | VH_CMD_MOVES | VH_CMD_ACTS, .run = vh_cmd_reattach,
	  .examples = "sudo vfio-hook reattach 03:00.0\n"
		      "sudo vfio-hook reattach --all-stale\n",
	  .options_size = sizeof(struct vh_opt_reattach),
	  .excludes = { { "!ARGUMENT !all-stale", REATTACH_USAGE } } },
	{ "handover", "ADDRESS...", "what to configure so that a guest can have what the host uses",
	  "Prints the lines of the configuration with which a guest can have these devices although\n"
	  "the host uses them now: the units to stop, the console, the modules, and as comments who\n"
	  "uses what. If something cannot be handed over, it says so and the exit status is 1.\n"
	  "ADDRESS as for 'show'. Changes nothing.",
	  1, 64, 0, .run = vh_cmd_handover, .examples = "vfio-hook handover 01:00.0\n" },
	{ "accept", "DOMAIN", "accept the devices now at the domain's addresses",
	  "Notes which devices are at the addresses of a domain now, as a start of it does. From\n"
	  "then on rule identity-changed compares with these. DOMAIN is an XML file ('-': standard\n"
	  "input), or the name or UUID of a domain that libvirt has or that ran here. Needs root.",
	  1, 1, VH_CMD_ROOT | VH_CMD_ACTS, .run = vh_cmd_accept,
	  .examples = "sudo vfio-hook accept vm\n"
		      "sudo vfio-hook accept vm.xml\n" },
	{ "snapshot", "", "this host as one text file, for 'check --host'",
	  "Prints what vfio-hook reads of this host, as a file that --host takes: to check domains\n"
	  "on another machine, and for bug reports. It contains no serial number, MAC address or\n"
	  "name of the host. IP addresses and some names are replaced, unless --with-identifiers is\n"
	  "given. The head of the file says what was kept: read it before you publish the file.\n"
	  "Root sees more: the file also lists what could not be read, and 'check' lists that under\n"
	  "'not checked'.",
	  0, 0, 0, .run = vh_cmd_snapshot,
	  .examples = "sudo vfio-hook snapshot >this.host\n"
		      "ssh root@other vfio-hook snapshot >other.host\n",
	  .options_size = sizeof(struct vh_opt_snapshot) },
	{ "boot", "generate ADDRESS...|FILE, verify, remove", "devices for vfio-pci from boot on",
	  "generate moves these devices (or those of a domain's XML file) and the others of their\n"
	  "IOMMU groups to vfio-pci at every boot, before their drivers see them. It writes files\n"
	  "for the initramfs, replaces those of an earlier generate, and rebuilds the initramfs of\n"
	  "all kernels. At boot a device is moved only if it is the one that is there now.\n"
	  "generate judges the devices by the rules of 'check'; it refuses what carries the root,\n"
	  "boot or swap device. --by id selects them by vendor and device id, and is refused if\n"
	  "another device has the same id.\n"
	  "verify says whether they are in the images, and on vfio-pci now. remove removes the\n"
	  "files and rebuilds the images. generate and remove need root. With --sysroot they write\n"
	  "below that directory, and print the command that rebuilds the images.",
	  1, 64, VH_CMD_ACTS, .run = vh_boot_command,
	  .examples = "sudo vfio-hook boot generate 03:00.0\n"
		      "vfio-hook boot --dry-run generate vm.xml\n"
		      "vfio-hook boot verify\n",
	  .options_size = sizeof(struct vh_opt_boot),
	  .excludes = { { "host ARGUMENT !dry-run !ARGUMENT=verify",
			  "'--host' shows a copy of a machine: only with --dry-run, or verify" },
			{ "format=json ARGUMENT !ARGUMENT=verify",
			  "only 'boot verify' has an answer as JSON" } } },
	{ "config", "[FILE|-|DOMAIN]", "the settings in effect and where each comes from",
	  "Prints the settings in effect, defaults included, and for each the line of\n"
	  "/etc/libvirt/vfio-hook.conf that it comes from. With a domain (an XML file, '-' for\n"
	  "standard input, or a name or UUID that libvirt has) it prints the settings for this one,\n"
	  "with its own section and metadata. The exit status is 2 if the file is invalid.",
	  0, 1, 0, .run = vh_cmd_config,
	  .examples = "vfio-hook config\n"
		      "vfio-hook config vm\n" },
	{ "help", "[COMMAND]", "show help", NULL, 0, 1, VH_CMD_PLAIN, .run = help,
	  .examples = "vfio-hook help check\n" },
};
const size_t vh_command_table_count = VH_COUNT(vh_command_table);

const struct vh_command vh_command_table_explain = {
	.name = "--explain",
	.args = "[RULE]",
	.max = INT_MAX,
	.flags = VH_CMD_PLAIN,
	.run = vh_explain,
	.options_size = sizeof(struct vh_opt_explain),
};

const struct vh_command *vh_command_table_find(const char *name)
{
	for (size_t i = 0; i < vh_command_table_count; i++)
		if (vh_streq(name, vh_command_table[i].name))
			return &vh_command_table[i];
	return NULL;
}

const struct vh_command *vh_command_table_ask(const struct vh_cli *cli, const char *name)
{
	const struct vh_command *cmd = vh_command_table_find(name);
	struct vh_suggest s = { .word = name };
	_auto_free_ char *hint = NULL;

	if (cmd)
		return cmd;
	for (size_t i = 0; i < vh_command_table_count; i++)
		vh_suggest_add(&s, vh_command_table[i].name);
	if (vh_streq(name, "explain")) {
		free(s.closest);
		s.closest = vh_strdup("--explain");
	}
	hint = vh_suggest_text(&s, "; 'vfio-hook --help' lists them");
	vh_error(cli, "unknown command '%s'%s", name, hint);
	return NULL;
}

/* Is this word in a list of words with blanks between them? */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && !strncmp(p, word, n))
			return true;
		p += n;
	}
	return false;
}

bool vh_command_table_takes(const struct vh_command *cmd, const struct vh_option *o)
{
	return vh_streq(o->commands, "*") || has_word(o->commands, cmd->name);
}

/* --- help ------------------------------------------------------------------------------------- */

static void put_row(FILE *f, const char *left, const char *right)
{
	if (strlen(left) > 28) /* completion reads the rest by its column */
		fprintf(f, "  %s\n%31s", left, "");
	else
		fprintf(f, "  %-28s ", left);
	vh_wrap_hang(f);
	fprintf(f, "%s\n", right);
}

/* A value that is for another command is not offered. */
static void put_option(FILE *f, const struct vh_command *cmd, const struct vh_option *o)
{
	_auto_free_ char *left = vh_printf(
		"--%s%s%s", o->name, o->arg && o->arg[1] != '=' ? " " : "", o->arg ? o->arg : "");
	_auto_free_ char *help = vh_strdup(o->help);

	if (cmd && o->last_for) {
		help[strcspn(help, ";")] = 0;
		if (!vh_streq(cmd->name, o->last_for))
			*strrchr(left, '|') = 0;
	}
	put_row(f, left, help);
}

/* All of them, or those of a command. */
static void put_options(FILE *f, const struct vh_command *cmd)
{
	fputs("\nOptions:\n", f);
	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *o = &vh_command_table_options[i];

		if (!cmd || vh_command_table_takes(cmd, o))
			put_option(f, cmd, o);
	}
}

static void put_examples(FILE *f, const char *lines)
{
	fputs("\nExamples:\n", f);
	for (; *lines; lines += strcspn(lines, "\n") + 1) {
		fputs("  ", f);
		vh_wrap_command(f);
		fprintf(f, "%.*s\n", (int)strcspn(lines, "\n"), lines);
	}
}

/* Those of all commands, or those that a command has. */
static void put_exit(FILE *f, const struct vh_command *cmd)
{
	bool is_strict = !cmd || vh_streq(cmd->name, "check");

	fprintf(f,
		"\nExit status:\n"
		"  0  fine, warnings included\n"
		"  1  errors found%s, refused, or no such device\n"
		"  2  wrong usage, or input that cannot be read\n",
		is_strict ? " (with --strict: or warnings)" : "");
	if (!cmd || cmd->flags & VH_CMD_ACTS)
		fputs("  3  an action failed and was undone\n"
		      "  4  an action failed and could not be fully undone: see 'vfio-hook status'\n",
		      f);
}

void vh_command_table_usage(FILE *f)
{
	fputs("usage: vfio-hook [OPTION]... COMMAND [ARGUMENT]...\n"
	      "PCI passthrough for libvirt: checks domains, shows groups, moves devices.\n"
	      "\nCommands:\n",
	      f);
	for (size_t i = 0; i < vh_command_table_count; i++) {
		const struct vh_command *c = &vh_command_table[i];
		_auto_free_ char *left = vh_printf("%s%s%s", c->name, *c->args ? " " : "", c->args);

		put_row(f, left, c->summary);
	}
	put_options(f, NULL);
	put_exit(f, NULL);
}

void vh_command_table_help(FILE *f, const struct vh_command *cmd)
{
	fprintf(f, "usage: vfio-hook %s [OPTION]...%s%s\n%s\n", cmd->name, *cmd->args ? " " : "",
		cmd->args, cmd->summary);
	if (cmd->details) {
		fputc('\n', f);
		vh_put_prose(f, cmd->details);
	}
	if (cmd->examples)
		put_examples(f, cmd->examples);
	put_options(f, cmd);
	if (!(cmd->flags & VH_CMD_PLAIN))
		put_exit(f, cmd);
}

static int help(struct vh_cli *cli, char **args, int count)
{
	const struct vh_command *cmd;

	if (count == 0) {
		vh_command_table_usage(stdout);
		return VH_EXIT_OK;
	}
	cmd = vh_command_table_ask(cli, args[0]);
	if (!cmd)
		return VH_EXIT_USAGE;
	vh_command_table_help(stdout, cmd);
	return VH_EXIT_OK;
}
