/* SPDX-License-Identifier: GPL-2.0-or-later */
/* caps - see caps.h. libpci runs in a child only: there it may exit as it likes, and write its
 * messages to stderr, which is /dev/null. */
#include "cli/devices/caps.h"

#include <pci/pci.h>

#include "lib/base/reader.h"

#include "lib/base/banned.h"

#define TIMEOUT 10000 /* ms */

/* Those that say something about passing a device through, or about what it can do there. */
static const struct {
	unsigned int type, id; /* type: of enum in pci/pci.h, normal or extended */
	const char *name;
} capabilities[] = {
	{ PCI_CAP_NORMAL, PCI_CAP_ID_PM, "power management" },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_VPD, "VPD" },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_MSI, "MSI" },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_VNDR, "vendor specific" },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_EXP, "PCI Express" },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_MSIX, "MSI-X" },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_SATA, "SATA" },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_AF, "advanced features (function level reset)" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_AER, "AER" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_DSN, "serial number" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_ACS, "ACS" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_ARI, "ARI" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_ATS, "ATS" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_SRIOV, "SR-IOV" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_PRI, "PRI" },
	{ PCI_CAP_EXTENDED, 0x15, "resizable BAR" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_LTR, "LTR" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_PASID, "PASID" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_DPC, "DPC" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_L1PM, "L1 substates" },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_PTM, "PTM" },
};

struct question {
	const struct vh_root *root;
	const struct vh_pci_dev *dev;
};

static const char *name_of(const struct pci_cap *c)
{
	for (size_t i = 0; i < VH_COUNT(capabilities); i++)
		if (capabilities[i].type == c->type && capabilities[i].id == c->id)
			return capabilities[i].name;
	return NULL;
}

/* Never another method than sysfs: the next ones would poke at the hardware of this machine. */
static struct pci_access *start(const struct vh_root *root)
{
	_auto_free_ char *path = vh_printf("/proc/self/fd/%d/sys/bus/pci", root->fd);
	_auto_free_ char *name = vh_strdup("sysfs.path");
	struct pci_access *pci = pci_alloc();

	pci->method = PCI_ACCESS_SYS_BUS_PCI;
	if (pci_set_param(pci, name, path) != 0)
		_exit(1);
	pci_init(pci);
	return pci;
}

/* "yes" when all could be seen, then the names; each ended by a NUL. */
static void answer(void *ctx, size_t i, struct vh_strbuf *to)
{
	const struct question *q = ctx;
	const struct vh_pci_addr *a = &q->dev->addr;
	struct pci_access *pci = start(q->root);
	struct pci_dev *d = pci_get_dev(pci, (int)a->domain, a->bus, a->slot, a->function);
	bool has_list;

	(void)i;
	has_list = pci_read_word(d, PCI_STATUS) & PCI_STATUS_CAP_LIST;
	pci_fill_info(d, PCI_FILL_CAPS | PCI_FILL_EXT_CAPS);
	vh_strbuf_add_mem(to, "yes", has_list && !d->first_cap ? 0 : 3);
	vh_strbuf_add_mem(to, "", 1);
	for (const struct pci_cap *c = d->first_cap; c; c = c->next) {
		const char *name = name_of(c);

		if (name)
			vh_strbuf_add_mem(to, name, strlen(name) + 1);
	}
	pci_free_dev(d);
	pci_cleanup(pci);
}

bool vh_caps_read(const struct vh_root *root, const struct vh_pci_dev *d, struct vh_names *ret)
{
	struct question q = { root, d };
	_auto_strbuf_ struct vh_strbuf said = { 0 };
	bool all;

	if (d->dead)
		return false;
	vh_reader_ask(answer, &q, 1, root->fd, TIMEOUT, &said);
	if (!said.len)
		return false;
	all = *said.data;
	for (size_t at = strlen(said.data) + 1; at < said.len; at += strlen(said.data + at) + 1)
		if (!vh_names_has(ret, said.data + at))
			*VH_APPEND(ret->name, ret->count) = vh_strdup(said.data + at);
	return all;
}
