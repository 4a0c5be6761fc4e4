/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host - see host.h: finding what was read, and what can be told from it alone. */
#include "lib/host/host.h"

#include <stdarg.h>

#include "lib/base/banned.h"

#define VENDOR_INTEL 0x8086

void vh_host_clear_use(struct vh_use *u)
{
	free(u->text);
	free(u->fix);
	free(u->unexplained);
	free(u->by);
	*u = (struct vh_use){ 0 };
}

void vh_host_not_checked(struct vh_host *h, const char *fmt, ...)
{
	_auto_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vh_vprintf(fmt, ap);
	va_end(ap);
	vh_names_note(&h->not_checked, "%s", text);
}

static int dev_order(const void *a, const void *b)
{
	const struct vh_pci_dev *const *x = a, *const *y = b;

	return vh_pci_cmp(&(*x)->addr, &(*y)->addr);
}

static int group_order(const void *a, const void *b)
{
	const struct vh_group *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

const struct vh_pci_dev *vh_host_dev(const struct vh_host *h, const struct vh_pci_addr *addr)
{
	struct vh_pci_dev key = { .addr = *addr }, *k = &key, **found = NULL;

	if (h->n_devs)
		found = bsearch(&k, h->devs, h->n_devs, sizeof(*h->devs), dev_order);
	return found ? *found : NULL;
}

const struct vh_group *vh_host_group(const struct vh_host *h, int number)
{
	struct vh_group key = { .number = number }, *k = &key, **found = NULL;

	if (h->n_groups)
		found = bsearch(&k, h->groups, h->n_groups, sizeof(*h->groups), group_order);
	return found ? *found : NULL;
}

bool vh_host_is_bridge(const struct vh_pci_dev *d)
{
	switch (VH_PCI_CLASS(d->class)) {
	case VH_PCI_CLASS_BRIDGE_PCI:
	case VH_PCI_CLASS_BRIDGE_CARDBUS:
	case VH_PCI_CLASS_BRIDGE_SEMI:
		return true;
	default:
		return false;
	}
}

/* Intel's controllers of I2C, UART and SPI for touchpads and sensors (LPSS, THC, ISH) have the
 * class of the controller of the firmware's flash. They are told by their driver, or, on
 * another or none, by their slots, where the flash's is not: that is in 1f, or in 0d (Apollo and
 * Gemini Lake). */
static bool is_low_power(const struct vh_pci_dev *d)
{
	static const uint8_t slots[] = { 0x10, 0x11, 0x12, 0x13, 0x15, 0x16,
					 0x17, 0x18, 0x19, 0x1a, 0x1e };

	if (vh_streq(d->driver, "intel-lpss"))
		return true;
	for (size_t i = 0; i < VH_COUNT(slots); i++)
		if (d->vendor == VENDOR_INTEL && d->addr.slot == slots[i])
			return !vh_streq(d->driver, "intel-spi");
	return false;
}

/* The SPI controller of the chipset holds the firmware's flash, whether or not its driver shows it. */
static bool is_spi_controller(const struct vh_pci_dev *d)
{
	return VH_PCI_CLASS(d->class) == VH_PCI_CLASS_SERIAL_OTHER && !is_low_power(d);
}

bool vh_host_is_chipset(const struct vh_pci_dev *d)
{
	uint32_t base = VH_PCI_BASE_CLASS(d->class);

	if (vh_host_is_bridge(d))
		return false;
	if (d->firmware_flash)
		return true;
	return d->root_bus &&
	       (base == VH_PCI_BASE_CLASS_MEMORY || base == VH_PCI_BASE_CLASS_BRIDGE ||
		base == VH_PCI_BASE_CLASS_SYSTEM ||
		VH_PCI_CLASS(d->class) == VH_PCI_CLASS_SERIAL_SMBUS || is_spi_controller(d));
}

bool vh_host_is_seen_enough(const struct vh_pci_dev *d, unsigned int allowed)
{
	if (d->uses_read == VH_UNKNOWN)
		return d->unseen_kinds && !(d->unseen_kinds & ~allowed);
	return d->uses_read == VH_YES;
}

bool vh_host_is_host_bridge(const struct vh_pci_dev *d)
{
	return d->root_bus && VH_PCI_CLASS(d->class) == VH_PCI_CLASS_BRIDGE_HOST;
}

bool vh_host_is_vendor_vfio(const struct vh_pci_dev *d)
{
	return d->on_vfio && d->driver && !strstr(d->driver, "vfio");
}

bool vh_host_is_tolerated(const struct vh_pci_dev *d)
{
	return !d->driver || d->on_vfio || !strcmp(d->driver, "pci-stub") ||
	       !strcmp(d->driver, "pcieport");
}

struct vh_sighting vh_host_sighting(const struct vh_pci_dev *d)
{
	return (struct vh_sighting){
		.addr = d->addr,
		.id = { d->vendor, d->device },
		.subsystem = { d->subvendor, d->subdevice },
		.class = d->class,
	};
}

static bool is_one(uint32_t wanted, uint32_t is)
{
	return wanted == ~0u || wanted == is;
}

bool vh_host_bind_id_matches(const struct vh_bind_id *id, const struct vh_pci_dev *d)
{
	return is_one(id->vendor, d->vendor) && is_one(id->device, d->device) &&
	       is_one(id->subvendor, d->subvendor) && is_one(id->subdevice, d->subdevice) &&
	       !((id->class ^ d->class) & id->class_mask);
}
