/* SPDX-License-Identifier: GPL-2.0-or-later */
/* element - see element.h. */
#include "lib/domain/element.h"

#include "lib/domain/slots.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

/* virDomainDeviceInfoParseXML(); with bar='off' QEMU takes the file in other ways, and not always */
static void read_rom(struct vh_hostdev *dev, const xmlNode *rom)
{
	const char *file = vh_xml_attr(rom, "file");

	if (!file || !*file || vh_xml_attr_is(rom, "enabled", "no") ||
	    vh_xml_attr_is(rom, "bar", "off"))
		return;
	dev->rom = vh_strdup(file);
	dev->rom_line = vh_xml_line(rom);
}

static void read_driver(struct vh_hostdev *dev, const xmlNode *driver)
{
	dev->driver = vh_strdup(vh_xml_attr(driver, "name"));
	dev->model = vh_strdup(vh_xml_attr(driver, "model"));
	dev->driver_line = vh_xml_line(driver);
	if (vh_xml_attr_is(driver, "iommufd", "yes"))
		dev->iommufd = VH_YES;
	else if (vh_xml_attr_is(driver, "iommufd", "no"))
		dev->iommufd = VH_NO;
}

void vh_element_read(struct vh_hostdev *dev, const xmlNode *node)
{
	if (dev->element == VH_DISK)
		return;
	read_driver(dev, vh_xml_child(node, "driver"));
	dev->alias = vh_strdup(vh_xml_attr(vh_xml_child(node, "alias"), "name"));
	read_rom(dev, vh_xml_child(node, "rom"));
	dev->placed = vh_slots_place(node, &dev->place);
	dev->transient = vh_xml_attr_is(vh_xml_child(node, "teaming"), "type", "transient");
}

/* virDomainDeviceInfoParseXML() drops others of a domain that does not run. */
bool vh_element_is_named(const xmlNode *node)
{
	const char *name = vh_xml_attr(vh_xml_child(node, "alias"), "name");

	return name && vh_has_prefix(name, "ua-");
}

void vh_element_clear(struct vh_hostdev *dev)
{
	free(dev->rom);
	free(dev->alias);
	free(dev->driver);
	free(dev->model);
}
