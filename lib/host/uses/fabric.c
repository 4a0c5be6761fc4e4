/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fabric - NVMe over Fabrics: controllers live below sys/devices/virtual, and their disks too;
 * `address` says by which of the host's ports or addresses they are reached
 * (drivers/nvme/host/fabrics.c:nvmf_get_address()).
 */
#include "lib/host/uses/ties.h"

#include <errno.h>

#include "lib/base/printable.h"

#include "lib/base/banned.h"

/* One of traddr=...,trsvcid=...,host_traddr=...; NULL: it is not there. */
static char *option(const char *address, const char *key)
{
	size_t n = strlen(key);

	while (*address) {
		size_t len = strcspn(address, ", \n");

		if (len > n && !strncmp(address, key, n) && address[n] == '=')
			return vh_strndup(address + n + 1, len - n - 1);
		address += len;
		address += strspn(address, ", \n");
	}
	return NULL;
}

static void read_controller(const struct vh_root *root, const char *name, const char *transport,
			    struct vh_ties *to)
{
	_auto_free_ char *address = vh_root_read(root, "sys/class/nvme/%s/address", name);
	_auto_free_ char *target = address ? option(address, "traddr") : NULL;
	_auto_free_ char *bound = address ? option(address, "host_iface") : NULL;
	_auto_free_ char *shown = vh_printable(target ? target : "a target", 223);
	struct vh_tie *t = VH_APPEND(to->list, to->count);
	bool fc = !strcmp(transport, "fc");

	t->kind = fc ? VH_TIE_NVME_FC : VH_TIE_NVME;
	t->name = vh_strdup(name);
	t->what = fc ? vh_printf("%s (NVMe over Fibre Channel)", name)
		     : vh_printf("%s (NVMe over %s, at %s)", name,
				 !strcmp(transport, "rdma") ? "RDMA" : "TCP", shown);
	t->fix = vh_printf("nvme disconnect -d %s", name);
	if (address && fc)
		t->port = option(address, "host_traddr");
	if (!address || fc)
		return;
	t->local = option(address, "src_addr");
	if (!t->local)
		t->local = option(address, "host_traddr");
	/* RDMA goes by the device that has the address, wherever the route leads */
	if (!t->local || strcmp(transport, "rdma") != 0)
		t->server = VH_STEAL(target);
	if (bound)
		vh_names_note(&t->interfaces, "%s", bound);
}

void vh_fabric_read(const struct vh_root *root, struct vh_ties *to)
{
	static const char *const fabrics[] = { "fc", "tcp", "rdma" };
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(root, &names, "sys/class/nvme") < 0 && errno != ENOENT)
		vh_names_note(&to->blind, "sys/class/nvme: %s", strerror(errno));
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *transport = vh_root_read(root, "sys/class/nvme/%s/transport",
							   names.name[i]);

		for (size_t k = 0; transport && k < VH_COUNT(fabrics); k++)
			if (!strcmp(transport, fabrics[k]))
				read_controller(root, names.name[i], transport, to);
	}
}

/* nvme0n1, or nvme0c1n1, a path to it (drivers/nvme/host/core.c:nvme_alloc_ns()) */
void vh_fabric_disks(const struct vh_root *root, const char *controller, struct vh_names *ret)
{
	_auto_names_ struct vh_names dirs = { 0 };

	VH_IGNORE(vh_root_list(root, &dirs, "sys/class/nvme/%s", controller));
	for (size_t i = 0; i < dirs.count; i++) {
		unsigned int subsystem, path, ns;
		int end = 0;

		if (sscanf(dirs.name[i], "nvme%uc%un%u%n", &subsystem, &path, &ns, &end) == 3 &&
		    !dirs.name[i][end])
			vh_names_note(ret, "nvme%un%u", subsystem, ns);
		else if (sscanf(dirs.name[i], "nvme%un%u%n", &subsystem, &ns, &end) == 2 &&
			 !dirs.name[i][end])
			vh_names_note(ret, "%s", dirs.name[i]);
	}
}
