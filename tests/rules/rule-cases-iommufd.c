/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-iommufd - devices by iommufd. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

static void iommufd(struct world *w)
{
	alone(w);
	w->element[0].iommufd = VH_YES;
	w->element[0].driver_line = 14;
	w->c.around.iommufd = w->c.around.iommufd_node = VH_YES;
}
CASE("iommufd", iommufd, .want = "", .silent = "iommufd-unavailable");

static void iommufd_missing(struct world *w)
{
	iommufd(w);
	w->c.around.iommufd = VH_NO;
}
CASE("iommufd-missing", iommufd_missing, .want = "error iommufd-unavailable 0000:01:00.0:14",
     .says = "which the running kernel does not have");

static void iommufd_not_loaded(struct world *w)
{
	iommufd(w);
	w->c.around.libvirt = 12008;
	w->c.around.iommufd_node = VH_NO;
}
CASE("iommufd-not-loaded", iommufd_not_loaded, .want = "error iommufd-unavailable 0000:01:00.0:14",
     .says = "/dev/iommu is not there",
     .fix = "modprobe iommufd && echo iommufd > /etc/modules-load.d/iommufd.conf");

static void iommufd_not_loaded_old_libvirt(struct world *w)
{
	iommufd_not_loaded(w);
	w->c.around.libvirt = 11003;
}
CASE("iommufd-not-loaded-before-12.1", iommufd_not_loaded_old_libvirt,
     .want = "warning iommufd-unavailable 0000:01:00.0:14", .says = "libvirt 11.3 reads past");

static void iommufd_of_old_libvirt(struct world *w)
{
	iommufd_missing(w);
	w->c.around.libvirt = 11003;
}
CASE("iommufd-before-12.1", iommufd_of_old_libvirt,
     .want = "warning iommufd-unavailable 0000:01:00.0:14", .says = "libvirt 11.3 reads past");

static void iommufd_of_old_qemu(struct world *w)
{
	iommufd(w);
	w->c.around.libvirt = 12001;
	w->c.around.qemu = 8002000;
}
CASE("iommufd-before-9.0", iommufd_of_old_qemu, .want = "error iommufd-unavailable 0000:01:00.0:14",
     .says = "QEMU knows from 9.0");

static void iommufd_for_one(struct world *w)
{
	iommufd(w);
	world_dev(w, "0000:02:00.0", NIC, 2, "e1000e");
	world_name(w, "0000:02:00.0");
}
CASE("iommufd-for-one-of-two", iommufd_for_one, .want = "error iommufd-unavailable 0000:01:00.0:14",
     .says = "the <hostdev> of line 20 by its group");

static void iommufd_for_all(struct world *w)
{
	iommufd_for_one(w);
	w->element[0].iommufd = VH_UNKNOWN;
	w->domain.iommufd = true;
}
CASE("iommufd-for-all", iommufd_for_all, .want = "", .silent = "iommufd-unavailable");

static void iommufd_but_one(struct world *w)
{
	iommufd_for_all(w);
	w->element[1].iommufd = VH_NO;
}
CASE("iommufd-for-all-but-one", iommufd_but_one,
     .want = "error iommufd-unavailable 0000:01:00.0:14");

static void vfio_without_groups(struct world *w)
{
	iommufd(w);
	w->c.around.vfio_groups = VH_NO;
}
CASE("vfio-without-groups", vfio_without_groups, .want = "", .silent = "iommufd-unavailable");

static void vfio_without_node(struct world *w)
{
	vfio_without_groups(w);
	w->c.around.libvirt = 12008;
	w->c.around.vfio_node = VH_NO;
}
CASE("vfio-without-groups-nor-node", vfio_without_node,
     .want = "error iommufd-unavailable 0000:01:00.0:14", .says = "not by iommufd either",
     .fix = "systemd-tmpfiles --create");

static void vfio_without_groups_by_group(struct world *w)
{
	vfio_without_groups(w);
	w->element[0].iommufd = VH_UNKNOWN;
}
CASE("vfio-without-groups-by-group", vfio_without_groups_by_group,
     .want = "error iommufd-unavailable 0000:01:00.0:14", .says = "no CONFIG_VFIO_GROUP",
     .fix = "write <driver iommufd='yes'/> into each <hostdev>");

static void vfio_without_groups_unassigned(struct world *w)
{
	iommufd_for_one(w);
	w->c.around.vfio_groups = VH_NO;
	w->element[1].unassigned = true;
}
CASE("vfio-without-groups-and-one-unassigned", vfio_without_groups_unassigned,
     .want = "error iommufd-unavailable 0000:02:00.0:20", .says = "no CONFIG_VFIO_GROUP");

static void iommufd_unassigned(struct world *w)
{
	iommufd_for_all(w);
	w->c.around.libvirt = 12008;
	w->element[1].unassigned = true;
}
CASE("iommufd-unassigned", iommufd_unassigned, .want = "error iommufd-unavailable 0000:02:00.0:20",
     .says = "waits for itself", .fix = "iommufd='no'");

static void iommufd_unassigned_by_group(struct world *w)
{
	iommufd_unassigned(w);
	w->element[1].iommufd = VH_NO;
}
CASE("iommufd-unassigned-by-group", iommufd_unassigned_by_group, .want = "",
     .silent = "iommufd-unavailable");

static void vfio_without_groups_old_libvirt(struct world *w)
{
	vfio_without_groups(w);
	w->c.around.libvirt = 11003;
}
CASE("vfio-without-groups-before-12.1", vfio_without_groups_old_libvirt,
     .want = "error iommufd-unavailable 0000:01:00.0:14, warning iommufd-unavailable 0000:01:00.0:14");

static void vfio_without_groups_disk(struct world *w)
{
	vfio_without_groups(w);
	w->element[0].element = VH_DISK;
	w->dev[1].class = NVME;
}
CASE("vfio-without-groups-disk", vfio_without_groups_disk,
     .want = "error iommufd-unavailable 0000:01:00.0:14", .says = "QEMU takes an NVMe disk");
