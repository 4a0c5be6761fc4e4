/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ties - disks and file systems that reach the host through a network interface: an NFS
 * root, iSCSI sessions.
 */
#include "lib/host/uses/use.h"

#include <arpa/inet.h>

#include "lib/base/printable.h"

#include "lib/base/banned.h"

#define SESSIONS "sys/class/iscsi_session"

/* The interface through which an IPv4 address is reached: the longest prefix wins; NULL: none,
 * or not an IPv4 address. */
static const char *interface_to(const struct vh_usage *usage, const char *server)
{
	const struct vh_route *best = NULL;
	struct in_addr addr;

	if (inet_pton(AF_INET, server, &addr) != 1)
		return NULL;
	for (size_t i = 0; i < usage->n_routes4; i++) {
		const struct vh_route *r = &usage->routes4[i];

		if ((addr.s_addr & r->mask) != r->dest)
			continue;
		if (!best || ntohl(r->mask) > ntohl(best->mask))
			best = r;
	}
	return best ? best->interface : NULL;
}

/* Through which interface a server is reached that cannot be told may be any that is up. */
static bool is_way_to(struct vh_uses_ctx *ctx, const char *server, const char *interface,
		      const char *what)
{
	const char *way = interface_to(ctx->usage, server);
	_auto_free_ char *path = vh_printf("sys/class/net/%s", interface);

	if (way)
		return !strcmp(way, interface);
	if (vh_use_net_is_up(ctx->root, path) == VH_NO)
		return false;
	vh_use_unseen(ctx, VH_USE_BLOCK, "through which interface %s is reached (%s)", server, what);
	return false;
}

static void look_at_nfs_root(struct vh_uses_ctx *ctx, const char *interface)
{
	const char *server = ctx->usage->nfs_root;

	if (server && is_way_to(ctx, server, interface, "the root file system is on NFS"))
		vh_use_add(ctx, VH_USE_NETWORK, "%s: the root file system is on the NFS server %s",
			   interface, server)
			->vital = true;
}

/* .../session1/target3:0:0/3:0:0:1/block/sdb */
static void look_at_disks(struct vh_uses_ctx *ctx, const char *session)
{
	_auto_names_ struct vh_names targets = { 0 };

	VH_IGNORE(vh_root_list(ctx->root, &targets, SESSIONS "/%s/device", session));
	for (size_t i = 0; i < targets.count; i++) {
		_auto_names_ struct vh_names units = { 0 };

		if (!vh_has_prefix(targets.name[i], "target"))
			continue;
		VH_IGNORE(vh_root_list_dirs(ctx->root, &units, SESSIONS "/%s/device/%s", session,
					    targets.name[i]));
		for (size_t k = 0; k < units.count; k++) {
			_auto_names_ struct vh_names disks = { 0 };

			VH_IGNORE(vh_root_list(ctx->root, &disks, SESSIONS "/%s/device/%s/%s/block",
					       session, targets.name[i], units.name[k]));
			for (size_t n = 0; n < disks.count; n++) {
				_auto_free_ char *path = vh_printf("sys/class/block/%s",
								   disks.name[n]);

				vh_block_look(ctx, path, disks.name[n]);
			}
		}
	}
}

/* connectionS:C is a connection of sessionS (drivers/scsi/scsi_transport_iscsi.c). */
static void look_at_iscsi(struct vh_uses_ctx *ctx, const char *interface)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(ctx->root, &names, "sys/class/iscsi_connection"));
	for (size_t i = 0; i < names.count; i++) {
		unsigned int number;
		_auto_free_ char *session = NULL, *target = NULL, *shown = NULL;
		_auto_free_ char *server = vh_root_read(ctx->root,
							"sys/class/iscsi_connection/%s/"
							"persistent_address",
							names.name[i]);

		if (!server || sscanf(names.name[i], "connection%u:", &number) != 1 ||
		    !is_way_to(ctx, server, interface, "an iSCSI session"))
			continue;
		session = vh_printf("session%u", number);
		target = vh_root_read(ctx->root, SESSIONS "/%s/targetname", session);
		shown = vh_printable(target ? target : server, 100);
		look_at_disks(ctx, session); /* they have to be unmounted first */
		vh_use_add(ctx, VH_USE_NETWORK, "%s carries the iSCSI session to %s", interface,
			   shown)
			->fix = vh_printf("iscsiadm -m session -r %u -u", number);
	}
}

void vh_ties_look(struct vh_uses_ctx *ctx, const char *interface)
{
	look_at_nfs_root(ctx, interface);
	look_at_iscsi(ctx, interface);
}
