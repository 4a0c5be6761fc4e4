/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fix-commands - the commands that a finding may tell to type, for the test that runs them with
 * names that a shell would take apart, and for the one that looks into the sources for more.
 */
#ifndef FIX_COMMANDS_H
#define FIX_COMMANDS_H

#include "lib/base/util.h"

/* `named`: a name from outside can stand behind it, and t-fixes runs it with such. */
static const struct {
	const char *name;
	bool named;
} fix_commands[] = {
	{ "umount", true },       { "swapoff", true },
	{ "echo", true },         { "targetcli", true },
	{ "mdadm", true },        { "lvchange", true },
	{ "cryptsetup", true },   { "multipath", true },
	{ "dmsetup", true },      { "zpool", true },
	{ "ip", true },           { "nmcli", true },
	{ "ovs-vsctl", true },    { "virsh", true },
	{ "systemctl", true },    { "docker", true },
	{ "podman", true },       { "crictl", true },
	{ "machinectl", true },   { "rm", true },
	{ "depmod", true },       { "virt-xml", true },
	{ "fcoeadm", true },      { "drbdsetup", false }, /* drbd and a number */
	{ "install", false }, /* what may be read is in no tree: rules/rule-cases-start.c */
	{ "mkdir", false },   /* a size */
	{ "usbip", false },   /* no tree has a place on a bus by another name, nor a port */
	{ "chmod", false },   /* modes and labels are in no tree: rules/rule-cases-hook.c */
	{ "semanage", false },    { "restorecon", false },
	{ "losetup", false },    /* loop and a number */
	{ "nbd-client", false }, /* nbd and a number */
	{ "rbd", false },        /* rbd and a number */
	{ "nvme", false },       /* nvme and a number */
	{ "iscsiadm", false },   /* the number of a session */
	{ "vfio-hook", false },  /* an address */
	{ "fuser", false },      /* the number of a group */
	{ "numactl", false },    /* numbers of nodes */
	{ "chown", false },      /* a folder of ours */
	{ "setsebool", false },   { "loginctl", false },
	{ "ssh", false },         { "getent", false }, /* no tree has a URI: unit/t-unreached.c */
	{ "modprobe", false },    { "grep", false },   /* an address */
	{ "mdevctl", false },                          /* a UUID */
	{ "systemd-run", false },                      /* an address */
};

static inline size_t fix_command_at(const char *text)
{
	size_t n = strcspn(text, " ");

	for (size_t i = 0; i < VH_COUNT(fix_commands); i++)
		if (vh_is_word(text, n, fix_commands[i].name))
			return i;
	return VH_COUNT(fix_commands);
}

/* The command in a line, behind words of ours that end with a colon; NULL: it is prose. */
static inline const char *fix_command_in(const char *line)
{
	while (fix_command_at(line) == VH_COUNT(fix_commands)) {
		line = strstr(line, ": ");
		if (!line)
			return NULL;
		line += 2;
	}
	return line;
}

#endif
