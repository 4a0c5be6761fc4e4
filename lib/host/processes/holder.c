/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holder - see holder.h. */
#include "lib/host/processes/holder.h"

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/host/processes/process.h"
#include "lib/host/systemd/session.h"

#include "lib/base/banned.h"

#define NAME_MAX_SHOWN 60
#define ID_SHOWN 12 /* of a container's id, as its tools show it */

/* Names of processes are cut to 15 characters (TASK_COMM_LEN). With a star, others begin so too:
 * not all that QEMU brings along is a guest (qemu-ga, qemu-nbd). */
static const struct {
	enum vh_holder_rank rank;
	const char *comm;
} known[] = {
	{ VH_HOLDER_GUEST, "qemu-system*" },
	{ VH_HOLDER_GUEST, "qemu-kvm*" },
	{ VH_HOLDER_GUEST, "qemu" },
	{ VH_HOLDER_GUEST, "kvm" },
	{ VH_HOLDER_GUEST, "cloud-hyperviso" },
	{ VH_HOLDER_GUEST, "firecracker" },
	{ VH_HOLDER_GUEST, "crosvm" },
	{ VH_HOLDER_GUEST, "lkvm" },
	{ VH_HOLDER_GUEST, "stratovirt" },
	{ VH_HOLDER_GUEST, "VBoxHeadless" },
	{ VH_HOLDER_GUEST, "VirtualBoxVM" },
	{ VH_HOLDER_GUEST, "vmware-vmx" },
	{ VH_HOLDER_DESKTOP, "Xorg" },
	{ VH_HOLDER_DESKTOP, "Xorg.bin" },
	{ VH_HOLDER_DESKTOP, "X" },
	{ VH_HOLDER_DESKTOP, "Xwayland" },
	{ VH_HOLDER_DESKTOP, "gnome-shell" },
	{ VH_HOLDER_DESKTOP, "kwin_*" },
	{ VH_HOLDER_DESKTOP, "gnome-kiosk" },
	{ VH_HOLDER_DESKTOP, "mutter*" },
	{ VH_HOLDER_DESKTOP, "budgie-wm" },
	{ VH_HOLDER_DESKTOP, "enlightenment" },
	{ VH_HOLDER_DESKTOP, "sway" },
	{ VH_HOLDER_DESKTOP, "weston" },
	{ VH_HOLDER_DESKTOP, "Hyprland" },
	{ VH_HOLDER_DESKTOP, "labwc" },
	{ VH_HOLDER_DESKTOP, "wayfire" },
	{ VH_HOLDER_DESKTOP, "river" },
	{ VH_HOLDER_DESKTOP, "niri" },
	{ VH_HOLDER_DESKTOP, "cosmic-comp" },
	{ VH_HOLDER_DESKTOP, "gamescope*" },
	{ VH_HOLDER_DESKTOP, "cage" },
	{ VH_HOLDER_DESKTOP, "phoc" },
	{ VH_HOLDER_DESKTOP, "muffin" },
	{ VH_HOLDER_DESKTOP, "cinnamon" },
	{ VH_HOLDER_DESKTOP, "gala" },
	{ VH_HOLDER_DESKTOP, "miriway" },
	{ VH_HOLDER_DESKTOP, "plymouthd" },
	{ VH_HOLDER_HANDS_OUT, "systemd-logind" },
	{ VH_HOLDER_HANDS_OUT, "elogind" },
	{ VH_HOLDER_HANDS_OUT, "seatd" },
	{ VH_HOLDER_LOOKS, "systemd-udevd" },
	{ VH_HOLDER_LOOKS, "(udev-worker)" },
	{ VH_HOLDER_LOOKS, "udevd" },
	{ VH_HOLDER_LOOKS, "udevadm" },
	{ VH_HOLDER_LOOKS, "smartd" },
	{ VH_HOLDER_LOOKS, "smartctl" },
	{ VH_HOLDER_LOOKS, "multipathd" },
	{ VH_HOLDER_LOOKS, "tuned" },
	{ VH_HOLDER_LOOKS, "upowerd" },
	{ VH_HOLDER_LOOKS, "rtkit-daemon" },
	/* they watch cameras and controls; the sound itself goes by pipewire */
	{ VH_HOLDER_LOOKS, "wireplumber" },
	{ VH_HOLDER_LOOKS, "pipewire-media-" },
	{ VH_HOLDER_LOOKS, "udisksd" },
	{ VH_HOLDER_LOOKS, "fwupd" },
	{ VH_HOLDER_LOOKS, "colord" },
	{ VH_HOLDER_LOOKS, "boltd" },
	{ VH_HOLDER_LOOKS, "thermald" },
	{ VH_HOLDER_LOOKS, "irqbalance" },
	{ VH_HOLDER_LOOKS, "power-profiles-" },
	{ VH_HOLDER_LOOKS, "switcheroo-cont" },
	{ VH_HOLDER_LOOKS, "iio-sensor-prox" },
	{ VH_HOLDER_LOOKS, "usbguard-daemon" },
	{ VH_HOLDER_LOOKS, "hddtemp" },
	{ VH_HOLDER_LOOKS, "hd-idle" },
	{ VH_HOLDER_LOOKS, "lvmpolld" },
	{ VH_HOLDER_LOOKS, "dmeventd" },
	{ VH_HOLDER_LOOKS, "mdmon" }, /* it serves the array, which is a use of its own */
	{ VH_HOLDER_LOOKS, "mdadm" },
	{ VH_HOLDER_LOOKS, "blkid" },
	{ VH_HOLDER_LOOKS, "lsblk" },
	{ VH_HOLDER_LOOKS, "lspci" },
	{ VH_HOLDER_LOOKS, "lsusb" },
	{ VH_HOLDER_LOOKS, "libvirtd" },
	{ VH_HOLDER_LOOKS, "virtqemud" },
	{ VH_HOLDER_LOOKS, "virtnodedevd" },
	{ VH_HOLDER_LOOKS, "virtstoraged" },
	{ VH_HOLDER_LOOKS, "node_exporter" },
	{ VH_HOLDER_LOOKS, "prometheus-node" },
	{ VH_HOLDER_LOOKS, "telegraf" },
	{ VH_HOLDER_LOOKS, "vfio-hook" },
};

/* ".sway-wrapped", ".gnome-shell-wr": how NixOS calls a program that it starts by a script. Caller
 * frees. */
static char *unwrapped(const char *comm)
{
	static const char end[] = "-wrapped";
	const char *dash = strrchr(comm, '-');

	if (*comm != '.')
		return vh_strdup(comm);
	if (dash && vh_has_prefix(end, dash))
		return vh_strndup(comm + 1, dash - comm - 1);
	return vh_strdup(comm + 1);
}

static bool is_called(const char *comm, const char *name)
{
	size_t n = strcspn(name, "*");

	if (name[n])
		return !strncmp(comm, name, n);
	return !strcmp(comm, name);
}

static enum vh_holder_rank rank_of(const char *comm)
{
	_auto_free_ char *name = comm ? unwrapped(comm) : NULL;

	for (size_t i = 0; name && i < VH_COUNT(known); i++)
		if (is_called(name, known[i].comm))
			return known[i].rank;
	return VH_HOLDER_PLAIN;
}

/* No descriptor tells that it was opened exclusively: the kernel forgets O_EXCL (fs/open.c:
 * do_dentry_open()). These always ask for it, and do not run without it (src/blk/kernel/
 * KernelDevice.cc). */
static bool opens_exclusively(const char *comm)
{
	static const char *const programs[] = { "ceph-osd" };

	for (size_t i = 0; comm && i < VH_COUNT(programs); i++)
		if (!strcmp(comm, programs[i]))
			return true;
	return false;
}

/* --- control groups --------------------------------------------------------------------------- */

/* How the managers of containers name the group of one: its own name stands between. */
static const struct {
	const char *begin, *end;
	const char *fix; /* before the name; NULL: there are several tools, or none */
} containers[] = {
	{ "docker-", ".scope", "docker stop" },
	{ "libpod-", ".scope", "podman stop" },
	{ "nerdctl-", ".scope", "nerdctl stop" },
	{ "cri-containerd-", ".scope", "crictl stop" },
	{ "crio-", ".scope", "crictl stop" },
	{ "lxc.payload.", "", NULL },
	{ "machine-", ".scope", "machinectl poweroff" },
};

#define GUEST_SCOPE "machine-qemu"

static bool has_ends(const char *name, const char *begin, const char *end)
{
	size_t n = strlen(name), b = strlen(begin), e = strlen(end);

	return n > b + e && vh_has_prefix(name, begin) && !strcmp(name + n - e, end);
}

static bool is_id(const char *name)
{
	return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

/* The managers without systemd have directories: /docker/ID, /kubepods/burstable/podUID/ID,
 * /libpod_parent/libpod-ID, /machine/qemu-1-NAME.libvirt-qemu */
static char *renamed(const char *above, const char *name)
{
	if (vh_streq(above, "docker") && strlen(name) >= ID_SHOWN)
		return vh_printf("docker-%s.scope", name);
	if (above && vh_has_prefix(above, "pod") && is_id(name))
		return vh_printf("cri-containerd-%s.scope", name);
	if (vh_has_prefix(name, "libpod-") && is_id(name + strlen("libpod-")))
		return vh_printf("%s.scope", name);
	if (vh_streq(above, "lxc"))
		return vh_printf("lxc.payload.%s", name);
	if (has_ends(name, "qemu-", ".libvirt-qemu"))
		return vh_printf("machine-%.*s.scope",
				 (int)(strlen(name) - strlen(".libvirt-qemu")), name);
	return vh_strdup(name);
}

/* The first part of a path that explains: what lies deeper is inside of the container. What a
 * user's own manager runs is not a service of the system. */
static char *explaining(char *path)
{
	const char *above = NULL;
	bool user = false;
	char *name;

	while ((name = strsep(&path, "/"))) {
		_auto_free_ char *part = renamed(above, name);

		for (size_t i = 0; i < VH_COUNT(containers); i++)
			if (has_ends(part, containers[i].begin, containers[i].end) &&
			    !vh_has_prefix(part, "libpod-conmon-"))
				return VH_STEAL(part);
		user |= vh_streq(name, "user.slice");
		if (!user && has_ends(part, "", ".service"))
			return VH_STEAL(part);
		above = name;
	}
	return NULL;
}

/* 0::/system.slice/smartd.service, or 1:name=systemd:/... before it (cgroups(7)) */
char *vh_holder_cgroup(const char *text)
{
	_auto_free_ char *copy = vh_strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *at = line + strspn(line, "0123456789");
		char *found;

		if (at == line || *at != ':' || !(at = strchr(at + 1, ':')) || at[1] != '/')
			continue;
		found = explaining(at + 2);
		if (found)
			return found;
	}
	return NULL;
}

const char *vh_holder_manager(const char *part)
{
	for (size_t i = 0; i < VH_COUNT(containers); i++)
		if (has_ends(part, containers[i].begin, containers[i].end))
			return containers[i].begin;
	return NULL;
}

/* machine-qemu\x2d3\x2dwin10.scope (src/util/virsystemd.c) */
static char *guest_of_scope(const char *part)
{
	_auto_free_ char *name = NULL;
	char *at;

	if (!part || !has_ends(part, GUEST_SCOPE, ".scope"))
		return NULL;
	name = vh_strndup(part, strlen(part) - strlen(".scope"));
	vh_printable_undo(name); /* systemd.unit(5), "String Escaping" */
	at = name + strlen(GUEST_SCOPE);
	if (*at != '-')
		return NULL;
	at++;
	at += strspn(at, "0123456789");
	return at[0] == '-' && at[1] ? vh_strdup(at + 1) : NULL;
}

/* --- what it belongs to ----------------------------------------------------------------------- */

/* Of a user's own manager: /user.slice/user-1000.slice/user@1000.service/user.slice/libpod-... His
 * containers are unknown to root's tool. Returns the number of the user, or NULL. */
static char *user_of(const char *cgroup)
{
	static const char slice[] = "/user.slice/user-";
	const char *at = strstr(cgroup, slice);
	size_t n = at ? strspn(at + strlen(slice), "0123456789") : 0;

	return n ? vh_strndup(at + strlen(slice), n) : NULL;
}

static void be_in_container(const char *part, const char *cgroup, size_t kind, struct vh_holder *ret)
{
	_auto_free_ char *user = user_of(cgroup);
	_auto_free_ char *as_user = user ? vh_printf("   # as user %s", user) : vh_strdup("");
	const char *begin = containers[kind].begin, *end = containers[kind].end;
	_auto_free_ char *name = vh_strndup(part + strlen(begin),
					    strlen(part) - strlen(begin) - strlen(end));
	_auto_free_ char *shown = NULL, *word = NULL, *line = NULL;

	if (!strcmp(begin, "machine-")) /* the others are no units of systemd's making */
		vh_printable_undo(name);
	ret->key = vh_printf("%s%s%s", begin, name, as_user);
	if (is_id(name))
		name[ID_SHOWN] = 0;
	shown = vh_printable(name, NAME_MAX_SHOWN);
	word = vh_shell_operand(name);
	ret->of = vh_printf("container '%s'", shown);
	line = vh_printable_line(name);
	ret->fix = containers[kind].fix ? vh_printf("%s %s%s", containers[kind].fix, word, as_user)
					: vh_printf("stop the container '%s'%s", line, as_user);
}

/* systemd sets a _ before what the kernel would take for a file of the group: _memory.service, and
 * before a name that begins with one (src/basic/cgroup-util.c:cg_escape()). */
static void be_in_unit(const char *group, struct vh_holder *ret)
{
	const char *unit = group + (*group == '_');
	_auto_free_ char *word = vh_shell_operand(unit);

	ret->key = vh_strdup(unit);
	ret->of = vh_printable(unit, NAME_MAX_SHOWN);
	ret->fix = vh_printf("systemctl stop %s", word);
}

/* false: its cgroup says nothing. */
static bool be_in(const char *part, const char *cgroup, struct vh_holder *ret)
{
	for (size_t i = 0; part && i < VH_COUNT(containers); i++) {
		if (!has_ends(part, containers[i].begin, containers[i].end))
			continue;
		be_in_container(part, cgroup, i, ret);
		return true;
	}
	if (part)
		be_in_unit(part, ret);
	return part;
}

static void be_guest(const struct vh_root *root, const char *part, const char *cgroup,
		     struct vh_holder *ret)
{
	_auto_free_ char *uuid = NULL, *name = vh_libvirt_files_name(root, ret->pid, &uuid);
	_auto_free_ char *shown = NULL, *word = NULL;
	/* guests do not end with libvirt's daemon */
	bool of_libvirt = part &&
			  (vh_has_prefix(part, GUEST_SCOPE) || !strcmp(part, "libvirtd.service") ||
			   !strcmp(part, "virtqemud.service"));

	ret->rank = VH_HOLDER_GUEST;
	if (!name)
		name = guest_of_scope(part);
	if (!name) { /* one of KubeVirt's, or of a unit somebody wrote */
		if (of_libvirt || !be_in(part, cgroup, ret))
			ret->fix = vh_strdup(
				"shut its guest down; virsh list shows those of libvirt");
		return;
	}
	shown = vh_printable(name, NAME_MAX_SHOWN);
	word = vh_shell_domain(name, uuid);
	ret->key = vh_printf("domain %s", uuid ? uuid : name);
	ret->of = vh_printf("domain '%s'", shown);
	ret->fix = vh_printf("virsh shutdown %s", word);
}

void vh_holder_read(const struct vh_root *root, int64_t pid, struct vh_holder *ret)
{
	_auto_free_ char *comm = vh_process_comm(root, pid);
	_auto_free_ char *cgroup = vh_root_read(root, "proc/%lld/cgroup", (long long)pid);
	_auto_free_ char *part = cgroup ? vh_holder_cgroup(cgroup) : NULL;
	_auto_free_ char *shown = comm ? vh_printable_line(comm) : NULL;

	/* process 1 keeps for systemd-logind what that opens, across a restart of it */
	*ret = (struct vh_holder){ .pid = pid,
				   .rank = pid == 1 ? VH_HOLDER_HANDS_OUT : rank_of(comm),
				   .opens_exclusively = opens_exclusively(comm) };
	ret->who = shown ? vh_printf("process %lld (%s)", (long long)pid, shown)
			 : vh_printf("process %lld", (long long)pid);
	if (ret->rank == VH_HOLDER_GUEST || (part && vh_has_prefix(part, GUEST_SCOPE))) {
		be_guest(root, part, cgroup, ret);
		return;
	}
	if (ret->rank == VH_HOLDER_HANDS_OUT) {
		ret->fix = vh_strdup("loginctl list-sessions   # then end the one that draws on it");
		return;
	}
	(void)be_in(part, cgroup, ret); /* else it is a process */
	if (cgroup && (!part || !vh_holder_manager(part)))
		ret->by = vh_session_enders(root, cgroup, ret->of ? ret->key : NULL,
					    ret->rank == VH_HOLDER_DESKTOP);
}

void vh_holder_clear(struct vh_holder *h)
{
	free(h->who);
	free(h->of);
	free(h->key);
	free(h->fix);
	free(h->by);
	*h = (struct vh_holder){ 0 };
}
