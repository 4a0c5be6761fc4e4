/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule - see rule.h: the walks and the texts that the rules share. */
#include "lib/decide/rules/rule.h"

#include "lib/base/printable.h"

#include "lib/base/banned.h"

/* A peer that does not answer is still taken from its driver, so it is judged as any other. */
static bool is_judged(const struct vh_plan_dev *pd)
{
	return pd->role == VH_PEER || vh_can_pass(pd->dev);
}

const struct vh_plan_dev *vh_next_dev(const struct vh_case *c, const struct vh_plan_dev *pd)
{
	const struct vh_plan_dev *end;

	if (!c->plan || !c->plan->count)
		return NULL;
	end = c->plan->devs + c->plan->count;
	for (pd = pd ? pd + 1 : c->plan->devs; pd < end; pd++) {
		if (is_judged(pd))
			return pd;
	}
	return NULL;
}

static const struct vh_plan_dev *next_of(const struct vh_case *c, const struct vh_plan_dev *pd,
					 enum vh_role role)
{
	do
		pd = vh_next_dev(c, pd);
	while (pd && pd->role != role);
	return pd;
}

const struct vh_plan_dev *vh_next_named(const struct vh_case *c, const struct vh_plan_dev *pd)
{
	return next_of(c, pd, VH_NAMED);
}

const struct vh_plan_dev *vh_next_peer(const struct vh_case *c, const struct vh_plan_dev *pd)
{
	return next_of(c, pd, VH_PEER);
}

const struct vh_plan_dev *vh_named_in(const struct vh_case *c, int group)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_next_named(c, pd))) {
		if (pd->dev->group == group)
			return pd;
	}
	return NULL;
}

int vh_group_line(const struct vh_case *c, int group)
{
	const struct vh_plan_dev *pd = vh_named_in(c, group);

	return pd && pd->element ? pd->element->line : 0;
}

const struct vh_group *vh_next_group(const struct vh_case *c, size_t *index)
{
	while (*index < c->host->n_groups) {
		const struct vh_group *g = c->host->groups[(*index)++];

		if (!g->noiommu && vh_named_in(c, g->number))
			return g;
	}
	return NULL;
}

bool vh_is_concerned(const struct vh_case *c)
{
	if (c->domain)
		return vh_domain_has_pci(c->domain);
	return !c->plan || c->plan->count;
}

bool vh_is_named(const struct vh_case *c, const struct vh_pci_dev *d)
{
	for (size_t i = 0; c->plan && i < c->plan->count; i++) {
		if (c->plan->devs[i].dev == d && c->plan->devs[i].role == VH_NAMED)
			return true;
	}
	return false;
}

/* Elements lie in one array in the order of the document. */
static int by_addr(const void *a, const void *b)
{
	const struct vh_hostdev *const *x = a, *const *y = b;
	int order = vh_pci_cmp(&(*x)->addr, &(*y)->addr);

	return order ? order : (*x > *y) - (*x < *y);
}

const struct vh_hostdev **vh_elements_sorted(const struct vh_domain *d, size_t *ret_count)
{
	const struct vh_hostdev **list = NULL;
	size_t n = 0;

	for (size_t i = 0; d && i < d->n_devices; i++) {
		if (!d->devices[i].problem)
			*VH_APPEND(list, n) = &d->devices[i];
	}
	if (n)
		qsort(list, n, sizeof(*list), by_addr);
	*ret_count = n;
	return list;
}

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
		if (classes[i].class == d->class >> 8)
			return vh_strdup(classes[i].name);
	}
	return vh_printf("device of class %04x", d->class >> 8);
}

char *vh_text_device(const struct vh_pci_dev *d)
{
	_auto_free_ char *class = class_text(d);

	if (!d->driver)
		return vh_printf("%s %04x:%04x, no driver", class, d->vendor, d->device);
	return vh_printf("%s %04x:%04x, driver '%s'", class, d->vendor, d->device, d->driver);
}

char *vh_text_kind(uint32_t class, const struct vh_pci_id *id)
{
	const struct vh_pci_dev d = { .class = class };
	_auto_free_ char *name = class_text(&d);

	return vh_printf("%s %04x:%04x", name, id->vendor, id->device);
}

char *vh_text_with(const struct vh_case *c, const struct vh_pci_dev *d)
{
	const struct vh_plan_dev *pd = vh_named_in(c, d->group);

	if (!pd)
		return vh_printf("in IOMMU group %d", d->group);
	return vh_printf("in IOMMU group %d with %s", d->group, vh_pci_str(&pd->dev->addr).s);
}

/* Only <interface> wants the type written. */
char *vh_text_address(const struct vh_pci_addr *a, enum vh_element e)
{
	return vh_printf("<address %sdomain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>",
			 e == VH_INTERFACE ? "type='pci' " : "", a->domain, a->bus, a->slot,
			 a->function);
}

char *vh_text_hostdev(const struct vh_pci_addr *a)
{
	_auto_free_ char *address = vh_text_address(a, VH_HOSTDEV);

	return vh_printf("<hostdev mode='subsystem' type='pci' managed='yes'><source>%s</source>"
			 "</hostdev>",
			 address);
}

char *vh_text_config(const struct vh_pci_addr *a, const char *key, const char *value)
{
	return vh_printf("in /" VH_CONFIG_PATH ":\n[device %s]\n%s = %s", vh_pci_str(a).s, key,
			 value);
}

enum vh_tri vh_release_at_least(const char *release, unsigned int major, unsigned int minor)
{
	unsigned int have_major, have_minor;

	if (!release || sscanf(release, "%u.%u", &have_major, &have_minor) != 2)
		return VH_UNKNOWN;
	return have_major > major || (have_major == major && have_minor >= minor) ? VH_YES : VH_NO;
}

static bool is_plain(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789._+:@%-")];
}

char *vh_text_domain(const char *name, const char *uuid)
{
	_auto_free_ char *printable = vh_printable(name, 256);
	struct vh_strbuf sb = { 0 };

	/* A leading '-' is an option, a number an ID; the rest did not survive printing. */
	if (!vh_streq(printable, name) || strchr(name, '\\') || *name == '-' ||
	    !name[strspn(name, "0123456789")]) {
		if (uuid)
			return vh_strdup(uuid);
	}
	if (is_plain(printable))
		return vh_strdup(printable);
	vh_strbuf_add(&sb, "'");
	for (const char *p = printable; *p; p++)
		vh_strbuf_add_mem(&sb, *p == '\'' ? "'\\''" : p, *p == '\'' ? 4 : 1);
	vh_strbuf_add(&sb, "'");
	return vh_strbuf_steal(&sb);
}
