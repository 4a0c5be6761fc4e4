/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ties - see ties.h. */
#include "lib/host/uses/ties.h"

#include <errno.h>

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/host/uses/ways.h"

#include "lib/base/banned.h"

#define SESSIONS "sys/class/iscsi_session"

/* --- what there is ----------------------------------------------------------------------------- */

static struct vh_tie *add(struct vh_ties *to, enum vh_tie_kind kind, const char *name)
{
	struct vh_tie *t = VH_APPEND(to->list, to->count);

	t->kind = kind;
	t->name = vh_strdup(name);
	return t;
}

/* None are there, or they cannot be read. */
static void list(const struct vh_root *root, const char *dir, struct vh_names *ret,
		 struct vh_ties *to)
{
	if (vh_root_list(root, ret, "%s", dir) < 0 && errno != ENOENT)
		vh_names_note(&to->blind, "%s: %s", dir, strerror(errno));
}

/* An iface record of open-iscsi may bind a session to an interface: .../host6/session1 */
static void read_binding(const struct vh_root *root, struct vh_tie *t)
{
	_auto_free_ char *device = vh_root_readlink(root, SESSIONS "/%s", t->name);
	char *host = device ? strstr(device, "/host") : NULL;
	_auto_free_ char *netdev = NULL;

	if (!host)
		return;
	host++;
	host[strcspn(host, "/")] = 0;
	netdev = vh_root_read(root, "sys/class/iscsi_host/%s/netdev", host);
	if (netdev && *netdev && !strchr(netdev, '/') &&
	    vh_root_read_int(root, "sys/class/net/%s/ifindex", netdev) > 0)
		vh_names_note(&t->interfaces, "%s", netdev);
}

/* Where a connection leads; a portal may have sent it on to another address. */
static char *portal_of(const struct vh_root *root, const char *connection)
{
	char *server = vh_root_read(root, "sys/class/iscsi_connection/%s/address", connection);

	if (server && strcspn(server, "<("))
		return server;
	free(server);
	return vh_root_read(root, "sys/class/iscsi_connection/%s/persistent_address", connection);
}

/* Below a PCI function the tree shows whose it is: adapters that speak iSCSI themselves, and iSER.
 * The routes of the host do not matter to them. */
static bool is_of_adapter(const struct vh_root *root, const char *session)
{
	_auto_free_ char *device = vh_root_readlink(root, SESSIONS "/%s", session);

	return device && strstr(device, "/devices/pci");
}

/* connectionS:C is a connection of sessionS (drivers/scsi/scsi_transport_iscsi.c) */
static void read_iscsi(const struct vh_root *root, struct vh_ties *to)
{
	_auto_names_ struct vh_names names = { 0 };

	list(root, "sys/class/iscsi_connection", &names, to);
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *session = NULL, *server = NULL, *target = NULL, *shown = NULL;
		unsigned int number;
		struct vh_tie *t;

		if (sscanf(names.name[i], "connection%u:", &number) != 1)
			continue;
		session = vh_printf("session%u", number);
		server = portal_of(root, names.name[i]);
		if (is_of_adapter(root, session))
			continue;
		t = add(to, VH_TIE_ISCSI, session);
		t->server = VH_STEAL(server);
		target = vh_root_read(root, SESSIONS "/%s/targetname", session);
		shown = vh_printable(target ? target : t->server ? t->server : session, 223);
		t->what = vh_printf("the iSCSI session to %s", shown);
		t->fix = vh_printf("iscsiadm -m session -r %u -u", number);
		read_binding(root, t);
	}
}

/* qemu-nbd has it in a URL; a file lies on a disk of this host. */
static char *qemu_server(const char *args, const char *end)
{
	for (const char *a = args; a < end; a += strlen(a) + 1) {
		const char *at = strstr(a, "nbd://");

		if (at)
			return vh_strndup(at + 6, strcspn(at + 6, "/"));
		if (vh_has_prefix(a, "nbd:") && !vh_has_prefix(a, "nbd:unix"))
			return vh_strdup(a + 4);
		if ((strstr(a, "://") && !strstr(a, "+unix://") && !strstr(a, "file://")) ||
		    vh_has_prefix(a, "rbd:") || vh_has_prefix(a, "json:"))
			return vh_strdup("");
	}
	return NULL;
}

/* The first operand of nbd-client. */
static char *client_server(const char *args, const char *end)
{
	static const char *const with_value[] = { "-N", "-b", "-t",    "-T",          "-C",
						  "-i", "-S", "-name", "-block-size", "-timeout" };

	for (const char *a = args + strlen(args) + 1; a < end; a += strlen(a) + 1) {
		bool skip = false;

		if (*a != '-')
			return *a == '/' ? NULL : vh_strdup(a);
		for (size_t i = 0; i < VH_COUNT(with_value); i++)
			skip |= !strcmp(a, with_value[i]);
		if (skip)
			a += strlen(a) + 1;
		if (a >= end)
			break;
	}
	return NULL;
}

/* In an initramfs the first letter may be '@' (systemd: "Storage Daemons for the Root File System").
 * "-" is what a snapshot makes of a server that is this host. */
char *vh_ties_nbd_server(const char *args, size_t len)
{
	const char *name = strrchr(args, '/');

	name = name ? name + 1 : args;
	if (!strcmp(name, "-"))
		return NULL;
	if (vh_has_prefix(name, "qemu-nbd") || vh_has_prefix(name, "@emu-nbd") ||
	    vh_has_prefix(name, "nbdublk"))
		return qemu_server(args, args + len);
	if (vh_has_prefix(name, "nbd-client") || vh_has_prefix(name, "@bd-client"))
		return client_server(args, args + len);
	return vh_strdup("");
}

/* The process that serves it knows the server; it may be a file of this host (qemu-nbd). */
static void read_nbd(const struct vh_root *root, const char *name, struct vh_ties *to)
{
	int64_t pid = vh_root_read_int(root, "sys/block/%s/pid", name);
	char args[4096] = "";
	_auto_free_ char *server = NULL, *shown = NULL;
	struct vh_tie *t;
	ssize_t n;

	if (pid <= 0)
		return; /* nothing is connected */
	n = vh_root_read_bytes(root, args, sizeof(args) - 1, "proc/%lld/cmdline", (long long)pid);
	server = n > 0 ? vh_ties_nbd_server(args, (size_t)n) : NULL;
	if (n > 0 && !server)
		return;
	t = add(to, VH_TIE_BLOCK, name);
	if (server && !*server)
		free(VH_STEAL(server));
	shown = vh_printable(server ? server : "a server", 223);
	t->what = vh_printf("%s, from %s", name, shown);
	t->fix = vh_printf("nbd-client -d /dev/%s", name);
	t->server = VH_STEAL(server);
}

/* 10.0.0.5:0/2834: ours (drivers/block/rbd.c:rbd_client_addr_show()) */
static void read_rbd(const struct vh_root *root, const char *name, struct vh_ties *to)
{
	struct vh_tie *t;

	if (vh_root_read_int(root, "sys/block/%s/size", name) < 0)
		return;
	t = add(to, VH_TIE_BLOCK, name);
	t->local = vh_root_read(root, "sys/bus/rbd/devices/%s/client_addr", name + 3);
	t->what = vh_printf("%s, a disk of Ceph", name);
	t->fix = vh_printf("rbd unmap /dev/%s", name);
}

/* eth0,eth1 (drivers/block/aoe/aoeblk.c:aoedisk_show_netif()) */
static void read_aoe(const struct vh_root *root, const char *name, struct vh_ties *to)
{
	_auto_free_ char *text = vh_root_read(root, "sys/block/%s/netif", name);
	struct vh_tie *t = add(to, VH_TIE_BLOCK, name);
	char *rest = text, *word;

	while ((word = strsep(&rest, ", \n")))
		if (*word)
			vh_names_note(&t->interfaces, "%s", word);
	t->what = vh_printf("the disk %s (ATA over Ethernet)", name + strlen("etherd!"));
}

/* Below an interface, or a VLAN of it: .../net/eth1.100/ctlr_0/host9/.../block/sdc */
static void read_fcoe(const struct vh_root *root, const char *name, struct vh_ties *to)
{
	_auto_free_ char *device = vh_root_readlink(root, "sys/block/%s", name);
	char *at = device ? strstr(device, "/net/") : NULL;
	_auto_free_ char *word = NULL, *interface = NULL;
	struct vh_tie *t;

	if (!at)
		return;
	at += strlen("/net/");
	interface = vh_strndup(at, strcspn(at, "/"));
	t = add(to, VH_TIE_BLOCK, name);
	vh_names_note(&t->interfaces, "%s", interface);
	t->what = vh_printf("%s (Fibre Channel over Ethernet)", name);
	word = vh_shell_operand(interface);
	t->fix = vh_printf("fcoeadm -d %s", word);
}

static struct vh_ties *ties_of(const struct vh_root *root, const struct vh_usage *usage)
{
	struct vh_ties *to = usage->ties;
	_auto_names_ struct vh_names names = { 0 };

	if (to->asked)
		return to;
	to->asked = true;
	read_iscsi(root, to);
	vh_fabric_read(root, to);
	list(root, "sys/block", &names, to);
	for (size_t i = 0; i < names.count; i++) {
		if (vh_has_prefix(names.name[i], "nbd"))
			read_nbd(root, names.name[i], to);
		else if (vh_has_prefix(names.name[i], "rbd"))
			read_rbd(root, names.name[i], to);
		else if (vh_has_prefix(names.name[i], "etherd!"))
			read_aoe(root, names.name[i], to);
		else if (vh_has_prefix(names.name[i], "sd") || vh_has_prefix(names.name[i], "sr"))
			read_fcoe(root, names.name[i], to);
	}
	return to;
}

void vh_ties_free(struct vh_ties *ties)
{
	if (!ties)
		return;
	for (size_t i = 0; i < ties->count; i++) {
		struct vh_tie *t = &ties->list[i];

		free(t->name);
		free(t->what);
		free(t->fix);
		free(t->server);
		free(t->local);
		free(t->port);
		vh_names_clear(&t->interfaces);
	}
	vh_names_clear(&ties->blind);
	free(ties->list);
	free(ties);
}

/* --- what hangs on it --------------------------------------------------------------------------- */

/* .../session1/target3:0:0/3:0:0:1/block/sdb */
static void iscsi_disks(const struct vh_root *root, const char *session, struct vh_names *ret)
{
	_auto_names_ struct vh_names targets = { 0 };

	VH_IGNORE(vh_root_list(root, &targets, SESSIONS "/%s/device", session));
	for (size_t i = 0; i < targets.count; i++) {
		_auto_names_ struct vh_names units = { 0 };

		if (!vh_has_prefix(targets.name[i], "target"))
			continue;
		VH_IGNORE(vh_root_list_dirs(root, &units, SESSIONS "/%s/device/%s", session,
					    targets.name[i]));
		for (size_t k = 0; k < units.count; k++) {
			_auto_names_ struct vh_names disks = { 0 };

			VH_IGNORE(vh_root_list(root, &disks, SESSIONS "/%s/device/%s/%s/block",
					       session, targets.name[i], units.name[k]));
			vh_names_note_all(ret, &disks);
		}
	}
}

/* By another path it may have been looked at already. */
static bool is_known(const struct vh_uses_ctx *ctx, const char *disk)
{
	_auto_free_ char *entry = vh_printf("disk %s", disk);
	size_t n = strlen(entry);

	for (size_t i = 0; i < ctx->dev->carries.count; i++) {
		const char *have = ctx->dev->carries.name[i];

		if (vh_has_prefix(have, entry) && (!have[n] || have[n] == ' '))
			return true;
	}
	return false;
}

static void tied_disks(const struct vh_root *root, const struct vh_tie *tie, struct vh_names *ret)
{
	if (tie->kind == VH_TIE_ISCSI)
		iscsi_disks(root, tie->name, ret);
	else if (tie->kind == VH_TIE_BLOCK)
		vh_names_note(ret, "%s", tie->name);
	else
		vh_fabric_disks(root, tie->name, ret);
}

/* Adds the uses of its disks, and then its own, of that kind: "BY carries WHAT". Where nothing
 * tells that it is so, only if the system stands on it; false: it does not. */
static bool add_uses(struct vh_uses_ctx *ctx, const struct vh_tie *tie, enum vh_use_kind kind,
		     const char *by, enum vh_lead lead)
{
	struct vh_use_mark before = vh_use_mark(ctx);
	_auto_names_ struct vh_names disks = { 0 };
	bool vital = false, known = false, stays = false;
	struct vh_use *u;

	tied_disks(ctx->root, tie, &disks);
	for (size_t i = 0; i < disks.count; i++) {
		_auto_free_ char *path = vh_printf("sys/class/block/%s", disks.name[i]);

		if (is_known(ctx, disks.name[i])) {
			known = true; /* what is known of it stands before */
			continue;
		}
		vh_nodes_of_tied(ctx, path, disks.name[i]);
		vh_block_look(ctx, path, disks.name[i]); /* unmounted first */
	}
	for (size_t i = known ? 0 : before.uses; i < ctx->dev->n_uses; i++) {
		u = &ctx->dev->uses[i];
		u->guess |= lead != VH_LEAD_YES;
		vital |= u->vital;
		stays |= u->vital && !u->fix; /* swap can be ended, the system cannot */
	}
	if (lead < VH_LEAD_MAY && !vital) {
		vh_use_forget(ctx, &before);
		return false;
	}
	u = vh_use_add(ctx, kind, "%s %s %s", by, lead == VH_LEAD_YES ? "carries" : "may carry",
		       tie->what);
	u->vital = vital;
	u->guess = lead != VH_LEAD_YES;
	u->fix = stays ? NULL : vh_strdup(tie->fix);
	return true;
}

static enum vh_lead lead_to(const struct vh_uses_ctx *ctx, const struct vh_ways *ways,
			    const struct vh_tie *t)
{
	enum vh_lead lead = VH_LEAD_NO;
	const char *owner;

	for (size_t i = 0; i < t->interfaces.count; i++) {
		enum vh_lead one = vh_ways_lead_by(ways, t->interfaces.name[i]);

		lead = one > lead ? one : lead;
	}
	if (t->interfaces.count)
		return lead;
	owner = t->local ? vh_routes_owner(vh_routes_of(ctx->root, ctx->usage), t->local) : NULL;
	if (owner)
		lead = vh_ways_lead_by(ways, owner);
	if (lead != VH_LEAD_NO || (owner && !t->server))
		return lead;
	return t->server ? vh_ways_lead_to(ctx, ways, t->server) : VH_LEAD_UNKNOWN;
}

void vh_ties_look(struct vh_uses_ctx *ctx, const struct vh_ways *ways)
{
	const struct vh_ties *ties = ties_of(ctx->root, ctx->usage);
	const char *interface = ways->list[0].name;

	if (ties->blind.count && !vh_ways_is_down(ctx, ways))
		vh_use_unseen(ctx, VH_USE_BLOCK | VH_USE_NETWORK, "disks of the network: %s",
			      ties->blind.name[0]);
	for (size_t i = 0; i < ties->count; i++) {
		const struct vh_tie *t = &ties->list[i];
		enum vh_lead lead = t->kind == VH_TIE_NVME_FC ? VH_LEAD_NO : lead_to(ctx, ways, t);

		if (lead == VH_LEAD_NO || (lead < VH_LEAD_MAY && vh_ways_is_down(ctx, ways)))
			continue;
		if (!add_uses(ctx, t, VH_USE_NETWORK, interface, lead))
			vh_ways_untold(ctx, ways, lead, t->server ? t->server : t->name, t->what);
	}
}

/* `path` is a directory "fc_host" below the function: host1, host2 ... */
void vh_ties_look_fc(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_names_ struct vh_names hosts = { 0 };

	VH_IGNORE(vh_root_list_dirs(ctx->root, &hosts, "%s", path));
	for (size_t i = 0; i < hosts.count; i++) {
		const struct vh_ties *ties = ties_of(ctx->root, ctx->usage);
		_auto_free_ char *port = vh_root_read(ctx->root, "%s/%s/port_name", path,
						      hosts.name[i]);
		_auto_free_ char *end = port ? vh_printf(":pn-%s", port) : NULL;

		for (size_t k = 0; k < ties->count; k++) {
			const struct vh_tie *t = &ties->list[k];
			bool same = t->port && end && strcasestr(t->port, end);

			/* of one whose port is not told it may be any */
			if (t->kind != VH_TIE_NVME_FC || (!same && t->port && end))
				continue;
			if (!add_uses(ctx, t, VH_USE_BLOCK, hosts.name[i],
				      same ? VH_LEAD_YES : VH_LEAD_UNKNOWN))
				vh_use_unseen(ctx, VH_USE_BLOCK, "by which port %s is reached",
					      t->name);
		}
	}
}
