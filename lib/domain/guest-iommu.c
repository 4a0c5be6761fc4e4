/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-iommu - see guest-iommu.h. */
#include "lib/domain/guest-iommu.h"

#include "lib/base/printable.h"
#include "lib/domain/address.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

void vh_guest_iommu_read(struct vh_guest_iommu *ret, const xmlNode *domain)
{
	const xmlNode *devices = vh_xml_child(domain, "devices"), *iommu = NULL, *driver;
	const xmlNode *features = vh_xml_child(domain, "features");
	const xmlNode *ioapic = vh_xml_child(features, "ioapic");
	const char *bits;

	ret->acpi = vh_xml_child(features, "acpi") != NULL;
	ret->ioapic = VH_UNKNOWN;
	if (vh_xml_attr(ioapic, "driver"))
		ret->ioapic = vh_xml_attr_is(ioapic, "driver", "qemu") ? VH_YES : VH_NO;
	for (; devices && !iommu; devices = vh_xml_next(devices, "devices"))
		iommu = vh_xml_child(devices, "iommu");
	if (!iommu || !vh_xml_attr(iommu, "model"))
		return;
	driver = vh_xml_child(iommu, "driver");
	bits = vh_xml_attr(driver, "aw_bits");
	ret->line = vh_xml_line(iommu);
	ret->more_line = vh_xml_line(vh_xml_next(iommu, "iommu"));
	ret->model = vh_printable(vh_xml_attr(iommu, "model"), VH_VALUE_MAX);
	ret->caching_mode = vh_xml_attr_is(driver, "caching_mode", "on");
	if (vh_xml_attr(driver, "intremap"))
		ret->intremap = vh_xml_attr_is(driver, "intremap", "on") ? VH_YES : VH_NO;
	ret->accel = vh_xml_attr_is(driver, "accel", "on");
	ret->one_bus = vh_xml_attr(driver, "pciBus") != NULL;
	if (bits && vh_address_uint(bits, 10, &ret->aw_bits) < 0)
		ret->aw_bits = 0; /* libvirt refuses it */
}

void vh_guest_iommu_clear(struct vh_guest_iommu *g)
{
	free(g->model);
	memset(g, 0, sizeof(*g));
}
