/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main - the vfio-hook program: its tables of commands and options, and what is done before
 * and after a command. Commands live in cmd-*.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>

#include "cli/cli.h"
#include "cli/libvirt/ask.h"
#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "cli/source.h"

#include "lib/base/banned.h"

#define TIMEOUT_MAX 3600 /* seconds */

const struct vh_option vh_options[] = {
	{ VH_OPT_FORMAT, "format", "text|json|dot", "how the answer is written; dot: list alone" },
	{ VH_OPT_HOST, "host", "MANIFEST", "look at the machine in this file" },
	{ VH_OPT_SYSROOT, "sysroot", "DIR", "look at the system below this directory" },
	{ VH_OPT_CONNECT, "connect", "URI", "look at the host of this libvirt; check takes several" },
	{ VH_OPT_TIMEOUT, "timeout", "SECONDS", "how long a libvirt may be silent (10)" },
	{ VH_OPT_DOMAIN, "domain", "NAME", "a domain of libvirt, even if a file has its name" },
	{ VH_OPT_ALL, "all", NULL, "every domain that is defined" },
	{ VH_OPT_VERBOSE, "verbose", NULL, "with --all: all that is found" },
	{ VH_OPT_TREE, "tree", NULL, "show which device is behind which bridge" },
	{ VH_OPT_GROUP, "group", "NUMBER", "the devices of this IOMMU group" },
	{ VH_OPT_INTO, "into", "FILE|-|DOMAIN", "put them into this domain, which is printed" },
	{ VH_OPT_IDENTIFIERS, "with-identifiers", NULL, "IP addresses and the like as they are" },
	{ VH_OPT_BY, "by", "address|id", "boot: how devices are told apart (address)" },
	{ VH_OPT_INITRAMFS, "initramfs", "SYSTEM",
	  "boot: auto, initramfs-tools, dracut or mkinitcpio" },
	{ VH_OPT_DRY_RUN, "dry-run", NULL, "boot: print the files, write nothing" },
	{ VH_OPT_NO_REBUILD, "no-rebuild", NULL, "boot: print the command that makes the images" },
	{ VH_OPT_STRICT, "strict", NULL, "warnings count as errors" },
	{ VH_OPT_COLOR, "color", "auto|always|never", "colours; auto: on a terminal" },
	{ VH_OPT_ALL_STALE, "all-stale", NULL, "every claim whose domain is gone" },
	{ VH_OPT_FIX, "fix", "[=unassigned|guest]", "write the corrected XML" },
	{ VH_OPT_EXPLAIN, "explain", "[RULE]", "say what a rule of 'check' means" },
	{ VH_OPT_HELP, "help", NULL, "show this help, or that of a command" },
	{ VH_OPT_VERSION, "version", NULL, "show the version" },
};
const size_t vh_n_options = VH_COUNT(vh_options);

const struct vh_command vh_commands[] = {
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
	  0, INT_MAX,
	  VH_OPT_READING | VH_OPT_STRICT | VH_OPT_FIX | VH_OPT_EXPLAIN | VH_OPT_DOMAIN |
		  VH_OPT_LIBVIRT | VH_OPT_ALL | VH_OPT_VERBOSE,
	  0,
	  vh_cmd_check },
	{ "list", "", "IOMMU groups, devices, drivers, uses",
	  "Lists every PCI device in its IOMMU group, with its driver and with what this host\n"
	  "uses it for; with --tree, which device is behind which bridge. With --format dot as a\n"
	  "picture for graphviz: vfio-hook list --format dot | dot -Tsvg >host.svg. Without an\n"
	  "IOMMU the group is '-' and the exit status 1.",
	  0, 0, VH_OPT_READING | VH_OPT_TREE | VH_OPT_LIBVIRT, 0, vh_cmd_list },
	{ "show", "ADDRESS...", "everything about a device",
	  "Shows names, drivers and the kernel modules that claim the device, link, resets,\n"
	  "virtual functions, what this host uses it for, what becomes of every member of its\n"
	  "IOMMU group, and what 'virsh start' of a domain with this device alone would do.\n"
	  "ADDRESS is 0000:03:00.0, 03:00.0, pci_0000_03_00_0, or the name of a network\n"
	  "interface or block device. The exit status is 1 when there is no such device.",
	  1, 64, VH_OPT_READING | VH_OPT_LIBVIRT, 0, vh_cmd_show },
	{ "xml", "ADDRESS...|--group NUMBER", "<hostdev> elements for the complete group",
	  "Prints what to paste below <devices>: these devices and every other member of their\n"
	  "IOMMU groups that a guest can have, functions of a card on one slot of the guest.\n"
	  "A comment says what was left out and why. With --into the whole domain, with the\n"
	  "devices added and the balloon off, the rest byte for byte as it was.\n"
	  "ADDRESS as for 'show'.",
	  0, 64, VH_OPT_READING | VH_OPT_GROUP | VH_OPT_INTO | VH_OPT_LIBVIRT, 0, vh_cmd_xml },
	{ "status", "", "claims: who holds which devices",
	  "Shows which devices domains hold, which driver each had, and what comes back where;\n"
	  "why a domain was not started the last time; and which devices are on vfio-pci, or\n"
	  "have a driver_override, without vfio-hook having anything to do with it.",
	  0, 0, VH_OPT_READING, 0, vh_cmd_status },
	{ "detach", "ADDRESS...", "hand devices to vfio-pci",
	  "Detaches these devices and every other member of their IOMMU groups from their\n"
	  "drivers. ADDRESS is 0000:03:00.0, 03:00.0, pci_0000_03_00_0, or the name of a\n"
	  "network interface or block device. Needs root. 'reattach' gives them back.",
	  1, 64, VH_OPT_ACTING, VH_CMD_ROOT, vh_cmd_detach },
	{ "reattach", "ADDRESS...|--all-stale", "give devices back to their drivers",
	  "Gives these devices and the others of their IOMMU groups back to the drivers that\n"
	  "their claims name, be they a domain's or made by 'detach', unless they are in use.\n"
	  "ADDRESS as for 'detach'. With --all-stale instead: those of every domain that neither\n"
	  "runs nor is being started. Needs root.",
	  0, 64, VH_OPT_ACTING | VH_OPT_ALL_STALE, VH_CMD_ROOT, vh_cmd_reattach },
	{ "accept", "DOMAIN", "the devices there now are the ones meant",
	  "Notes the devices that stand at the addresses of a domain now, as a start of it does:\n"
	  "rule identity-changed then compares with these. DOMAIN is an XML file ('-' is standard\n"
	  "input), or the name or UUID of a domain that libvirt knows or that ran here. Needs "
	  "root.",
	  1, 1, VH_OPT_ACTING, VH_CMD_ROOT, vh_cmd_accept },
	{ "snapshot", "", "this host as one text file, for 'check --host'",
	  "Prints what vfio-hook reads of this host as a file that --host takes: to judge domains\n"
	  "elsewhere, and for bug reports. Serial numbers, MAC addresses and the host's name are\n"
	  "not in it; IP addresses and the like are replaced, unless --with-identifiers is given.\n"
	  "Its head says what else was kept: read it before you publish the file. Root sees more;\n"
	  "what could not be read is in the file as such, and then in 'not checked'.",
	  0, 0, VH_OPT_HOST | VH_OPT_SYSROOT | VH_OPT_IDENTIFIERS | VH_OPT_COLOR | VH_OPT_HELP, 0,
	  vh_cmd_snapshot },
	{ "boot", "generate ADDRESS...|FILE, verify, remove", "devices for vfio-pci from boot on",
	  "generate: gives these devices, or those of a domain's XML file, and the others of their\n"
	  "IOMMU groups to vfio-pci at every boot, before the host's own drivers see them: writes\n"
	  "files for the initramfs, and makes the images of all kernels anew. At boot each device\n"
	  "is compared with the one that stands there now. By the rules of 'check'; what carries\n"
	  "the root, boot or swap device is refused. With --by id: by vendor and device id, only\n"
	  "if no other device has it. verify: are they in the image, and on vfio-pci? remove takes\n"
	  "the files back. What was generated before is replaced. Needs root. With --sysroot the\n"
	  "files are written below that directory, and the command for the images is printed.",
	  1, 64,
	  VH_OPT_READING | VH_OPT_BY | VH_OPT_INITRAMFS | VH_OPT_DRY_RUN | VH_OPT_NO_REBUILD, 0,
	  vh_cmd_boot },
	{ "config", "[FILE|-|DOMAIN]", "the configuration that holds, and where from",
	  "Prints /etc/libvirt/vfio-hook.conf as it holds, with the defaults, and for each value\n"
	  "the line that it comes from. With a domain (an XML file, '-' for standard input, or a\n"
	  "name or UUID that libvirt knows) what holds for this one, with its own section and\n"
	  "metadata. The exit status is 2 when the file cannot be understood.",
	  0, 1, VH_OPT_READING, 0, vh_cmd_config },
	{ "help", "[COMMAND]", "show help", NULL, 0, 1, VH_OPT_COLOR | VH_OPT_HELP, VH_CMD_PLAIN,
	  vh_cmd_help },
};
const size_t vh_n_commands = VH_COUNT(vh_commands);

const struct vh_command *vh_command_find(const char *name)
{
	for (size_t i = 0; i < vh_n_commands; i++)
		if (vh_streq(name, vh_commands[i].name))
			return &vh_commands[i];
	return NULL;
}

/* Looks a word up in a list; its place, or -1 after an error line. */
static int choose(const struct vh_cli *cli, const char *option, const char *const *words,
		  const char *value)
{
	for (int i = 0; words[i]; i++)
		if (vh_streq(words[i], value))
			return i;
	vh_error(cli, "option '--%s' does not know '%s'; see 'vfio-hook --help'", option, value);
	return -1;
}

static int set_timeout(struct vh_cli *cli, const char *value)
{
	uint64_t seconds;

	if (vh_parse_uint(value, 10, TIMEOUT_MAX, &seconds) < 0 || !seconds) {
		vh_error(cli, "'%s' is no number of seconds from 1 to %d", value, TIMEOUT_MAX);
		return -1;
	}
	cli->timeout = (int)seconds;
	return 0;
}

static int set_option(struct vh_cli *cli, const struct vh_option *o, const char *value)
{
	static const char *const formats[] = { "text", "json", "dot", NULL };
	static const char *const colors[] = { "auto", "always", "never", NULL };
	static const char *const bys[] = { "address", "id", NULL };
	static const char *const members[] = { "unassigned", "guest", NULL };
	int n = 0;

	switch (o->bit) {
	case VH_OPT_FORMAT:
		n = choose(cli, o->name, formats, value);
		cli->format = n < 0 ? VH_FORMAT_TEXT : (enum vh_format)n;
		break;
	case VH_OPT_COLOR:
		n = choose(cli, o->name, colors, value);
		cli->color = n < 0 ? VH_COLOR_AUTO : (enum vh_color)n;
		break;
	case VH_OPT_HOST:
		cli->host = value;
		break;
	case VH_OPT_TREE:
		cli->tree = true;
		break;
	case VH_OPT_BY:
		n = choose(cli, o->name, bys, value);
		cli->by_id = n == 1;
		break;
	case VH_OPT_INITRAMFS:
		cli->initramfs = value;
		break;
	case VH_OPT_DRY_RUN:
		cli->dry_run = true;
		break;
	case VH_OPT_NO_REBUILD:
		cli->no_rebuild = true;
		break;
	case VH_OPT_GROUP:
		cli->group = value;
		break;
	case VH_OPT_INTO:
		cli->into = value;
		break;
	case VH_OPT_IDENTIFIERS:
		cli->identifiers = true;
		break;
	case VH_OPT_SYSROOT:
		cli->sysroot = value;
		break;
	case VH_OPT_CONNECT:
		*VH_APPEND(cli->connect, cli->n_connect) = value;
		break;
	case VH_OPT_DOMAIN:
		*VH_APPEND(cli->domains, cli->n_domains) = value;
		break;
	case VH_OPT_ALL:
		cli->all = true;
		break;
	case VH_OPT_VERBOSE:
		cli->verbose = true;
		break;
	case VH_OPT_TIMEOUT:
		n = set_timeout(cli, value);
		break;
	case VH_OPT_STRICT:
		cli->strict = true;
		break;
	case VH_OPT_ALL_STALE:
		cli->all_stale = true;
		break;
	case VH_OPT_FIX:
		n = value ? choose(cli, o->name, members, value) : VH_FIX_UNASSIGNED;
		cli->fix_members = n < 0 ? VH_FIX_UNASSIGNED : (enum vh_fix)n;
		cli->fix = true;
		break;
	case VH_OPT_EXPLAIN:
		cli->explain = value;
		break;
	default: /* help and version: their bits are enough */
		break;
	}
	return n < 0 ? -1 : 0;
}

static int has_arg(const struct vh_option *o)
{
	if (!o->arg)
		return no_argument;
	return o->arg[0] == '[' ? optional_argument : required_argument;
}

/* Reads the options; *ret_used is which ones were there. Arguments move to the end of argv
 * and begin at optind. */
static int parse_options(struct vh_cli *cli, int argc, char **argv, unsigned int *ret_used)
{
	struct option table[VH_COUNT(vh_options) + 1] = { 0 };
	unsigned int used = 0;
	int c, index = 0;

	for (size_t i = 0; i < vh_n_options; i++) {
		table[i].name = vh_options[i].name;
		table[i].has_arg = has_arg(&vh_options[i]);
	}
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", table, &index)) != -1) {
		if (c == 'h') {
			used |= VH_OPT_HELP;
			continue;
		}
		if (c == ':') {
			vh_error(cli, "option '%s' needs a value", argv[optind - 1]);
			return -1;
		}
		if (c == '?') {
			vh_error(cli, "unknown option '%s'; see 'vfio-hook --help'",
				 argv[optind - 1]);
			return -1;
		}
		used |= vh_options[index].bit;
		if (set_option(cli, &vh_options[index], optarg) < 0)
			return -1;
	}
	*ret_used = used;
	return 0;
}

/* Do options and arguments suit the command? 0 or -1 after an error line. */
static int check_usage(const struct vh_cli *cli, unsigned int used, int count)
{
	const struct vh_command *cmd = cli->command;

	for (size_t i = 0; i < vh_n_options; i++) {
		if (!(vh_options[i].bit & used & ~cmd->options))
			continue;
		vh_error(cli, "option '--%s' does not apply to '%s'%s", vh_options[i].name,
			 cmd->name, cmd->flags & VH_CMD_ROOT ? ", which acts on this machine" : "");
		return -1;
	}
	if (cli->format == VH_FORMAT_DOT && cmd->run != vh_cmd_list) {
		vh_error(cli, "'--format dot' is for 'list' alone");
		return -1;
	}
	if (!!cli->host + !!cli->sysroot + !!cli->n_connect > 1) {
		vh_error(cli, "'--host', '--sysroot' and '--connect' exclude each other");
		return -1;
	}
	if (cli->n_connect > 1 && cmd->run != vh_cmd_check) {
		vh_error(cli, "'%s' looks at one host: give '--connect' once", cmd->name);
		return -1;
	}
	if (count < cmd->min || count > cmd->max) {
		vh_error(cli, "too %s arguments; usage: vfio-hook %s%s%s",
			 count < cmd->min ? "few" : "many", cmd->name, *cmd->args ? " " : "",
			 cmd->args);
		return -1;
	}
	return 0;
}

/* A closed 0, 1 or 2 would be given to the next file that is opened. What we put there
 * fails on use, so that an answer that goes nowhere is noticed. */
static void keep_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(VH_EXIT_USAGE);
}

static int run_command(struct vh_cli *cli, char **args, int count)
{
	int rc = cli->command->run(cli, args, count);

	if (vh_output_finish(cli) < 0 && rc < VH_EXIT_USAGE)
		rc = VH_EXIT_USAGE;
	return rc;
}

static int run(struct vh_cli *cli, unsigned int used, char **args, int count)
{
	if (used & VH_OPT_VERSION) {
		fputs("vfio-hook " PACKAGE_VERSION "\n"
		      "License GPL-2.0-or-later; there is no warranty.\n",
		      stdout);
		return vh_output_finish(cli) < 0 ? VH_EXIT_USAGE : VH_EXIT_OK;
	}
	if (used & VH_OPT_EXPLAIN && !(used & VH_OPT_HELP)) {
		int rc = vh_explain(cli, used, args, count);

		return vh_output_finish(cli) < 0 ? VH_EXIT_USAGE : rc;
	}
	if (count == 0 && !(used & VH_OPT_HELP)) {
		vh_usage(stderr);
		return VH_EXIT_USAGE;
	}
	cli->command = count ? vh_command_find(args[0]) : vh_command_find("help");
	if (!cli->command) {
		vh_error(cli, "unknown command '%s'; 'vfio-hook --help' lists them", args[0]);
		return VH_EXIT_USAGE;
	}
	if (used & VH_OPT_HELP) {
		cli->command = vh_command_find("help");
		return run_command(cli, args, count ? 1 : 0);
	}
	args++;
	count--;
	if (check_usage(cli, used, count) < 0)
		return VH_EXIT_USAGE;
	if (cli->command->flags & VH_CMD_PLAIN)
		return run_command(cli, args, count);
	return vh_source_run(cli, run_command, args, count);
}

int main(int argc, char **argv)
{
	struct vh_cli cli = { .source = "live", .timeout = VH_SILENCE };
	unsigned int used;
	int rc;

	keep_standard_fds();
	signal(SIGCHLD, SIG_DFL); /* our children are waited for */
	signal(SIGPIPE, SIG_IGN);
	vh_oom_exit = VH_EXIT_USAGE;
	cli.names = vh_pci_names_new();
	rc = parse_options(&cli, argc, argv, &used);
	rc = rc < 0 ? VH_EXIT_USAGE : run(&cli, used, argv + optind, argc - optind);
	vh_pci_names_free(cli.names);
	free(cli.connect);
	free(cli.domains);
	return rc;
}
