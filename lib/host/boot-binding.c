/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot-binding - see boot-binding.h. */
#include "lib/host/boot-binding.h"

#include <errno.h>

#include "lib/base/banned.h"

#define FIX "vfio-hook boot remove, and 'vfio-hook boot generate' again"

static const char *const names[] = {
	[VH_INITRAMFS_NONE] = "none",
	[VH_INITRAMFS_TOOLS] = "initramfs-tools",
	[VH_INITRAMFS_DRACUT] = "dracut",
	[VH_INITRAMFS_MKINITCPIO] = "mkinitcpio",
};

const char *vh_boot_binding_initramfs_str(enum vh_initramfs i)
{
	return names[i];
}

enum vh_initramfs vh_boot_binding_initramfs_of(const char *name)
{
	for (size_t i = 1; i < VH_COUNT(names); i++)
		if (vh_streq(name, names[i]))
			return (enum vh_initramfs)i;
	return VH_INITRAMFS_NONE;
}

void vh_boot_binding_free(struct vh_boot_binding *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->count; i++)
		free(e->devs[i].module);
	free(e->devs);
	free(e);
}

/* --- writing ------------------------------------------------------------------------------ */

static bool is_first_module(const struct vh_boot_binding *e, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (vh_streq(e->devs[k].module, e->devs[i].module))
			return false;
	return e->devs[i].module != NULL;
}

static bool is_first_id(const struct vh_boot_binding *e, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (e->devs[k].vendor == e->devs[i].vendor && e->devs[k].device == e->devs[i].device)
			return false;
	return true;
}

void vh_boot_binding_format(const struct vh_boot_binding *e, struct vh_strbuf *to)
{
	_auto_strbuf_ struct vh_strbuf ids = { 0 };

	vh_strbuf_addf(to,
		       "# " VH_BOOT_BINDING_MARK "; 'vfio-hook boot remove' takes it away.\n"
		       "# by %s, %s\n",
		       e->by_id ? "id" : "address", vh_boot_binding_initramfs_str(e->initramfs));
	for (size_t i = 0; i < e->count; i++) {
		const struct vh_boot_binding_dev *d = &e->devs[i];
		char id[16];

		vh_strbuf_addf(to, "# device %s %04x:%04x %04x:%04x %06x %s\n",
			       vh_pci_str(&d->addr).s, d->vendor, d->device, d->subvendor,
			       d->subdevice, d->class, d->module ? d->module : "-");
		snprintf(id, sizeof(id), "%04x:%04x", d->vendor, d->device);
		if (is_first_id(e, i))
			vh_strbuf_join(&ids, ",", id);
	}
	if (e->by_id)
		vh_strbuf_addf(to, "options vfio-pci ids=%s\n", ids.data);
	for (size_t i = 0; i < e->count; i++)
		if (is_first_module(e, i))
			vh_strbuf_addf(to, "softdep %s pre: vfio-pci\n", e->devs[i].module);
}

/* --- reading ------------------------------------------------------------------------------ */

/* by address, dracut */
static bool read_head(struct vh_boot_binding *e, const char *line)
{
	if (vh_has_prefix(line, "# by id, "))
		e->by_id = true;
	else if (!vh_has_prefix(line, "# by address, "))
		return false;
	e->initramfs = vh_boot_binding_initramfs_of(strchr(line, ',') + 2);
	return e->initramfs != VH_INITRAMFS_NONE;
}

static bool read_device(struct vh_boot_binding *e, const char *line)
{
	char addr[32], module[64];
	unsigned int v[5];
	struct vh_boot_binding_dev *d;
	struct vh_pci_addr a;

	if (sscanf(line, "# device %31s %4x:%4x %4x:%4x %6x %63s", addr, &v[0], &v[1], &v[2], &v[3],
		   &v[4], module) != 7 ||
	    vh_pci_parse(addr, &a) < 0)
		return false;
	d = VH_APPEND(e->devs, e->count);
	*d = (struct vh_boot_binding_dev){
		a, (uint16_t)v[0], (uint16_t)v[1], (uint16_t)v[2], (uint16_t)v[3], v[4], NULL
	};
	d->module = strcmp(module, "-") ? vh_strdup(module) : NULL;
	return true;
}

/* What was read counts only if it gives the same text again. */
static bool is_ours(const struct vh_boot_binding *e, const char *text)
{
	_auto_strbuf_ struct vh_strbuf again = { 0 };

	if (!e->count)
		return false;
	vh_boot_binding_format(e, &again);
	again.data[again.len - 1] = 0; /* reading takes the last newline away */
	return vh_streq(again.data, text);
}

int vh_boot_binding_read(const struct vh_root *root, struct vh_boot_binding **ret,
			 struct vh_error *err)
{
	_auto_free_ char *text = vh_root_read(root, VH_BOOT_BINDING_PATH);
	_auto_free_ char *copy = NULL;
	_auto_(vh_boot_binding) struct vh_boot_binding *e = NULL;
	char *rest, *line;
	bool good = true, head = false;

	*ret = NULL;
	if (!text && errno == ENOENT)
		return 0;
	if (!text)
		return vh_fail(err, VH_E_SYS, errno, NULL,
			       "cannot read '/" VH_BOOT_BINDING_PATH "'");
	e = vh_alloc(sizeof(*e));
	copy = vh_strdup(text);
	rest = copy;
	while (good && (line = strsep(&rest, "\n"))) {
		if (vh_has_prefix(line, "# by "))
			good = head = read_head(e, line);
		else if (vh_has_prefix(line, "# device "))
			good = read_device(e, line);
	}
	if (!good || !head || !is_ours(e, text))
		return vh_fail(err, VH_E_INPUT, 0, FIX,
			       "'/" VH_BOOT_BINDING_PATH "' is not as 'vfio-hook boot generate' wrote it");
	*ret = VH_STEAL(e);
	return 0;
}

char *vh_boot_binding_at_boot(const struct vh_root *root, const struct vh_pci_addr *addr)
{
	_auto_free_ char *text = vh_root_read(root, VH_BOOT_BINDING_RECORD);
	_auto_free_ char *start = vh_printf("%s ", addr ? vh_pci_str(addr).s : "-");
	char *rest = text, *line, *found = NULL;

	while ((line = strsep(&rest, "\n"))) {
		if (!vh_has_prefix(line, start))
			continue;
		line += strlen(start);
		free(found); /* the last word counts */
		found = vh_strndup(line, strcspn(line, " "));
	}
	return found;
}
