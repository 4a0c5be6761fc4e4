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
	{ "format", "text|json|dot", "how the answer is written; dot: list alone", READING,
	  CLI(WORD, format),
	  .excludes = { { "format=dot !@list", "'--format dot' is for 'list' alone" } } },
	{ "host", "MANIFEST", "look at the machine in this file", READING " snapshot handover",
	  CLI(TEXT, host), .excludes = { { "sysroot", NULL }, { "connect", NULL } } },
	{ "sysroot", "DIR", "look at the system below this directory", READING " snapshot handover",
	  CLI(TEXT, sysroot), .excludes = { { "host", NULL }, { "connect", NULL } } },
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
	{ "all", NULL, "every domain that is defined", "check", OF(check, FLAG, all),
	  .excludes = { { "ARGUMENT",
			  "'--all' stands for every domain of libvirt: it excludes other arguments" },
			{ "fix",
			  "'--all' stands for every domain of libvirt: it excludes '--fix'" } } },
	{ "verbose", NULL, "with --all: all that is found", "check", OF(check, FLAG, verbose),
	  .excludes = { { "!all", "'--verbose' is for '--all'" } } },
	{ "tree", NULL, "show which device is behind which bridge", "list", OF(list, FLAG, tree) },
	{ "group", "NUMBER", "the devices of this IOMMU group", "xml", OF(xml, TEXT, group),
	  .excludes = { { "ARGUMENT", XML_USAGE } } },
	{ "into", "FILE|-|DOMAIN", "put them into this domain, which is printed", "xml",
	  OF(xml, TEXT, into) },
	{ "with-identifiers", NULL, "IP addresses and the like as they are", "snapshot",
	  OF(snapshot, FLAG, identifiers) },
	{ "by", "address|id", "boot: how devices are told apart (address)", "boot",
	  OF(boot, WORD, by) },
	{ "initramfs", "SYSTEM", "boot: auto, initramfs-tools, dracut or mkinitcpio", "boot",
	  OF(boot, TEXT, initramfs) },
	{ "dry-run", NULL, "boot: print the files, write nothing", "boot", OF(boot, FLAG, dry_run) },
	{ "no-rebuild", NULL, "boot: print the command that makes the images", "boot",
	  OF(boot, FLAG, no_rebuild) },
	{ "strict", NULL, "warnings count as errors", "check", CLI(FLAG, strict) },
	{ "color", "auto|always|never", "colours; auto: on a terminal", "*", CLI(WORD, color) },
	{ "all-stale", NULL, "every claim whose domain is gone", "reattach",
	  OF(reattach, FLAG, all_stale), .excludes = { { "ARGUMENT", REATTACH_USAGE } } },
	{ "fix", "[=unassigned|guest]", "write the corrected XML", "check", OF(check, WORD, fix),
	  .excludes = { { "!ARGUMENT", FIX_ONE },
			{ "ARGUMENT+", FIX_ONE },
			{ "format=json", "'--fix' writes XML: it excludes '--format json'" } } },
	{ "explain", "[RULE]", "say what a rule of 'check' means", "check --explain",
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
	  "With --all it judges every domain that is defined, in a line each, and then what they\n"
	  "mean for each other: groups that two of them want, memory, what autostart will meet.\n"
	  "With --fix it writes the one domain to standard output, with what a change of the\n"
	  "XML can cure corrected and everything else byte for byte as it was; what it did and\n"
	  "what it finds then go to standard error. Missing members of IOMMU groups are added\n"
	  "as 'unassigned': taken from the host, not given to the guest; with --fix=guest the\n"
	  "guest gets them.",
	  0, INT_MAX, 0, .run = vh_cmd_check,
	  .examples = "vfio-hook check vm\n"
		      "vfio-hook check --fix vm.xml >vm-fixed.xml\n"
		      "vfio-hook check --all\n"
		      "vfio-hook --host other.host check vm.xml\n",
	  .options_size = sizeof(struct vh_opt_check) },
	{ "list", "", "IOMMU groups, devices, drivers, uses",
	  "Lists every PCI device in its IOMMU group, with its driver and with what this host\n"
	  "uses it for; with --tree, which device is behind which bridge. With --format dot as a\n"
	  "picture for graphviz: vfio-hook list --format dot | dot -Tsvg >host.svg. Without an\n"
	  "IOMMU the group is '-' and the exit status 1.",
	  0, 0, 0, .run = vh_cmd_list,
	  .examples = "vfio-hook list\n"
		      "vfio-hook list --tree\n"
		      "vfio-hook list --format dot | dot -Tsvg >host.svg\n",
	  .options_size = sizeof(struct vh_opt_list),
	  .excludes = { { "connect+", "'list' looks at one host: give '--connect' once" } } },
	{ "show", "ADDRESS...", "everything about a device",
	  "Shows names, drivers and the kernel modules that claim the device, link, resets,\n"
	  "virtual functions, what this host uses it for, what becomes of every member of its\n"
	  "IOMMU group, and what 'virsh start' of a domain with this device alone would do.\n"
	  "ADDRESS is 0000:03:00.0, 03:00.0, pci_0000_03_00_0, or the name of a network\n"
	  "interface or block device. The exit status is 1 when there is no such device.",
	  1, 64, 0, .run = vh_cmd_show,
	  .examples = "vfio-hook show 03:00.0\n"
		      "vfio-hook show eno1 nvme0n1\n",
	  .excludes = { { "connect+", "'show' looks at one host: give '--connect' once" } } },
	{ "xml", "ADDRESS...|--group NUMBER", "<hostdev> elements for the complete group",
	  "Prints what to paste below <devices>: these devices and every other member of their\n"
	  "IOMMU groups that a guest can have, functions of a card on one slot of the guest.\n"
	  "A comment says what was left out and why. With --into the whole domain, with the\n"
	  "devices added and the balloon off, the rest byte for byte as it was.\n"
	  "ADDRESS as for 'show'.",
	  0, 64, 0, .run = vh_cmd_xml,
	  .examples = "vfio-hook xml 03:00.0 >devices.xml\n"
		      "vfio-hook xml --group 14 --into vm | virsh define /dev/stdin\n",
	  .options_size = sizeof(struct vh_opt_xml),
	  .excludes = { { "connect+", "'xml' looks at one host: give '--connect' once" },
			{ "!ARGUMENT !group", XML_USAGE } } },
	{ "status", "", "claims: who holds which devices",
	  "Shows which devices domains hold, which driver each had, and what comes back where;\n"
	  "why a domain was not started the last time; and which devices are on vfio-pci, or\n"
	  "have a driver_override, without vfio-hook having anything to do with it.",
	  0, 0, 0, .run = vh_cmd_status,
	  .examples = "sudo vfio-hook status\n"
		      "sudo vfio-hook --format json status\n" },
	{ "why", "DOMAIN", "why a domain did not start, and what changed since",
	  "One screen for one domain: its last refusal, its last start, what changed since then\n"
	  "(devices, its definition, the configuration, a boot), the last entries of the journal,\n"
	  "and whether it would start now. DOMAIN is a name or UUID. The exit status is 1 where\n"
	  "it would be refused now. Needs root to see the claims.",
	  1, 1, 0, .run = vh_cmd_why, .examples = "sudo vfio-hook why vm\n" },
	{ "detach", "ADDRESS...", "hand devices to vfio-pci",
	  "Detaches these devices and every other member of their IOMMU groups from their\n"
	  "drivers. ADDRESS is 0000:03:00.0, 03:00.0, pci_0000_03_00_0, or the name of a\n"
	  "network interface or block device. Needs root. 'reattach' gives them back.",
	  1, 64, VH_CMD_ROOT | VH_CMD_MOVES, .run = vh_cmd_detach,
	  .examples = "sudo vfio-hook detach 03:00.0\n"
		      "sudo vfio-hook detach eno1\n" },
	{ "reattach", "ADDRESS...|--all-stale", "give devices back to their drivers",
	  "Gives these devices and the others of their IOMMU groups back to the drivers that\n"
	  "their claims name, those of a domain or of 'detach', unless they are in use.\n"
	  "ADDRESS as for 'detach'. With --all-stale instead: those of every domain that neither\n"
	  "runs nor is being started. Needs root.",
	  0, 64, VH_CMD_ROOT | VH_CMD_MOVES, .run = vh_cmd_reattach,
	  .examples = "sudo vfio-hook reattach 03:00.0\n"
		      "sudo vfio-hook reattach --all-stale\n",
	  .options_size = sizeof(struct vh_opt_reattach),
	  .excludes = { { "!ARGUMENT !all-stale", REATTACH_USAGE } } },
	{ "handover", "ADDRESS...", "print what to configure so that a guest can have the device",
	  "Prints the lines of the configuration with which a guest can have these devices although\n"
	  "the host uses them now: the units that would be stopped, the console, the modules, and\n"
	  "as comments who uses what. It says what cannot be handed over; the exit status is 1\n"
	  "then. ADDRESS as for 'show'. Changes nothing.",
	  1, 64, 0, .run = vh_cmd_handover, .examples = "vfio-hook handover 01:00.0\n" },
	{ "accept", "DOMAIN", "accept the devices now at the domain's addresses",
	  "Notes the devices that stand at the addresses of a domain now, as a start of it does:\n"
	  "rule identity-changed then compares with these. DOMAIN is an XML file ('-' is standard\n"
	  "input), or the name or UUID of a domain that libvirt knows or that ran here. Needs "
	  "root.",
	  1, 1, VH_CMD_ROOT, .run = vh_cmd_accept,
	  .examples = "sudo vfio-hook accept vm\n"
		      "sudo vfio-hook accept vm.xml\n" },
	{ "snapshot", "", "this host as one text file, for 'check --host'",
	  "Prints what vfio-hook reads of this host as a file that --host takes: to judge domains\n"
	  "elsewhere, and for bug reports. Serial numbers, MAC addresses and the host's name are\n"
	  "not in it; IP addresses and the like are replaced, unless --with-identifiers is given.\n"
	  "Its head says what else was kept: read it before you publish the file. Root sees more;\n"
	  "what could not be read is in the file as such, and then in 'not checked'.",
	  0, 0, 0, .run = vh_cmd_snapshot,
	  .examples = "sudo vfio-hook snapshot >this.host\n"
		      "ssh root@other vfio-hook snapshot >other.host\n",
	  .options_size = sizeof(struct vh_opt_snapshot) },
	{ "boot", "generate ADDRESS...|FILE, verify, remove", "devices for vfio-pci from boot on",
	  "generate: gives these devices, or those of a domain's XML file, and the others of their\n"
	  "IOMMU groups to vfio-pci at every boot, before the host's own drivers see them: writes\n"
	  "files for the initramfs, and rebuilds it for all kernels. At boot each device\n"
	  "is compared with the one that stands there now. By the rules of 'check'; what carries\n"
	  "the root, boot or swap device is refused. With --by id: by vendor and device id, only\n"
	  "if no other device has it. verify: are they in the image, and on vfio-pci? remove takes\n"
	  "the files back. What was generated before is replaced. Needs root. With --sysroot the\n"
	  "files are written below that directory, and the command for the images is printed.",
	  1, 64, 0, .run = vh_boot_command,
	  .examples = "sudo vfio-hook boot generate 03:00.0\n"
		      "vfio-hook boot --dry-run generate vm.xml\n"
		      "vfio-hook boot verify\n",
	  .options_size = sizeof(struct vh_opt_boot),
	  .excludes = { { "host ARGUMENT !dry-run !ARGUMENT=verify",
			  "'--host' shows a copy of a machine: only with --dry-run, or verify" },
			{ "format=json ARGUMENT !ARGUMENT=verify",
			  "only 'boot verify' has an answer as JSON" } } },
	{ "config", "[FILE|-|DOMAIN]", "the settings in effect and where each comes from",
	  "Prints the settings of /etc/libvirt/vfio-hook.conf in effect, with the defaults, and for\n"
	  "each the line that it comes from. With a domain (an XML file, '-' for standard input, or a\n"
	  "name or UUID that libvirt knows) the settings for this one, with its own section and\n"
	  "metadata. The exit status is 2 if the file is invalid.",
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

/* All of them, or those of a command. */
static void put_options(FILE *f, const struct vh_command *cmd)
{
	fputs("\nOptions:\n", f);
	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *o = &vh_command_table_options[i];
		_auto_free_ char *left = NULL;

		if (cmd && !vh_command_table_takes(cmd, o))
			continue;
		left = vh_printf("--%s%s%s", o->name, o->arg && o->arg[1] != '=' ? " " : "",
				 o->arg ? o->arg : "");
		put_row(f, left, o->help);
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

static void put_exit(FILE *f)
{
	fputs("\nExit status:\n"
	      "  0  fine, warnings included\n"
	      "  1  errors found (with --strict: or warnings)\n"
	      "  2  wrong usage, or input that cannot be read\n"
	      "  3  an action failed and was undone\n"
	      "  4  an action failed and left something; 'vfio-hook status' shows it\n",
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
	put_exit(f);
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
		put_exit(f);
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
