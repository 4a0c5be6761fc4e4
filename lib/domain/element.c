/* SPDX-License-Identifier: GPL-2.0-or-later */
/* element - see element.h. */
#include "lib/domain/element.h"

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

void vh_element_read(struct vh_hostdev *dev, const xmlNode *node)
{
	if (dev->element == VH_DISK)
		return;
	dev->alias = vh_strdup(vh_xml_attr(vh_xml_child(node, "alias"), "name"));
	read_rom(dev, vh_xml_child(node, "rom"));
}

void vh_element_clear(struct vh_hostdev *dev)
{
	free(dev->rom);
	free(dev->alias);
}
