/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wording - how devices, addresses, sizes and domains are written in messages and fixes. */
#include "lib/decide/rules/wording.h"

#include "lib/base/shell.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* Names for what people pass through and what stands beside it; pci.ids has them all, but
 * only the command line may read that. */
static const struct {
	uint16_t class;
	const char *name;
} classes[] = {
	{ 0x0100, "SCSI controller" },
	{ 0x0104, "RAID controller" },
	{ 0x0106, "SATA controller" },
	{ 0x0107, "SAS controller" },
	{ 0x0108, "NVMe controller" },
	{ 0x0200, "ethernet controller" },
	{ 0x0207, "InfiniBand controller" },
	{ 0x0280, "network controller" },
	{ 0x0300, "VGA controller" },
	{ 0x0302, "3D controller" },
	{ 0x0380, "display controller" },
	{ 0x0400, "video controller" },
	{ 0x0401, "audio controller" },
	{ 0x0403, "audio device" },
	{ 0x0500, "RAM memory" },
	{ 0x0600, "host bridge" },
	{ 0x0601, "ISA bridge" },
	{ 0x0604, "PCI bridge" },
	{ 0x0607, "CardBus bridge" },
	{ 0x0700, "serial controller" },
	{ 0x0780, "communication controller" },
	{ 0x0880, "system peripheral" },
	{ 0x0c00, "FireWire controller" },
	{ 0x0c03, "USB controller" },
	{ 0x0c05, "SMBus" },
	{ 0x0c80, "serial bus controller" },
	{ 0x1180, "signal processing controller" },
};

static char *class_text(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < VH_COUNT(classes); i++) {
		if (classes[i].class == VH_PCI_CLASS(d->class))
			return vh_strdup(classes[i].name);
	}
	return vh_printf("device of class %04x", VH_PCI_CLASS(d->class));
}

char *vh_wording_device(const struct vh_pci_dev *d)
{
	_auto_free_ char *class = class_text(d);

	if (!d->driver)
		return vh_printf("%s %04x:%04x, no driver", class, d->vendor, d->device);
	return vh_printf("%s %04x:%04x, driver '%s'", class, d->vendor, d->device, d->driver);
}

char *vh_wording_kind(uint32_t class, const struct vh_pci_id *id)
{
	const struct vh_pci_dev d = { .class = class };
	_auto_free_ char *name = class_text(&d);

	return vh_printf("%s %04x:%04x", name, id->vendor, id->device);
}

char *vh_wording_with(const struct vh_case *c, const struct vh_pci_dev *d)
{
	const struct vh_plan_dev *pd = vh_rule_named_in(c, d->group);

	if (!pd)
		return vh_printf("in IOMMU group %d", d->group);
	return vh_printf("in IOMMU group %d with %s", d->group, vh_pci_str(&pd->dev->addr).s);
}

/* Only <interface> wants the type written. */
char *vh_wording_address(const struct vh_pci_addr *a, enum vh_element e)
{
	return vh_printf("<address %sdomain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>",
			 e == VH_INTERFACE ? "type='pci' " : "", a->domain, a->bus, a->slot,
			 a->function);
}

char *vh_wording_hostdev(const struct vh_pci_addr *a)
{
	_auto_free_ char *address = vh_wording_address(a, VH_HOSTDEV);

	return vh_printf(
		"<hostdev mode='subsystem' type='pci' managed='yes'><source>%s</source></hostdev>",
		address);
}

char *vh_wording_config(const struct vh_pci_addr *a, const char *key, const char *value)
{
	return vh_printf("in /" VH_CONFIG_PATH ":\n[device %s]\n%s = %s", vh_pci_str(a).s, key,
			 value);
}

char *vh_wording_domain(const char *name, const char *uuid)
{
	return vh_shell_domain(name, uuid);
}

char *vh_wording_end_guest(const char *domain)
{
	return vh_printf("virsh shutdown %s   # and wait until it has ended\n"
			 "or, if it never does, pull its plug: virsh destroy %s", domain, domain);
}
