/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci-ids - see pci-ids.h. */
#include "cli/devices/pci-ids.h"

#include <pci/pci.h>
#include <setjmp.h>

#include "lib/base/banned.h"

struct vh_pci_ids {
	struct pci_access *pci; /* NULL: not wanted yet */
	char *path;             /* of pci.ids; NULL: that of this machine */
	bool failed;            /* libpci reported an error: it is not called again */
};

/* libpci's error function must not return and gets no argument of ours: hence the one
 * variable of the program that is neither constant nor passed down. */
static jmp_buf on_error;

static void __attribute__((noreturn)) failed(char *msg, ...)
{
	(void)msg;
	longjmp(on_error, 1);
}

static void ignored(char *msg, ...)
{
	(void)msg;
}

struct vh_pci_ids *vh_pci_ids_new(void)
{
	return vh_alloc(sizeof(struct vh_pci_ids));
}

void vh_pci_ids_free(struct vh_pci_ids *n)
{
	if (!n)
		return;
	if (n->pci && !n->failed)
		pci_cleanup(n->pci);
	free(n->path);
	free(n);
}

void vh_pci_ids_of(struct vh_pci_ids *n, const struct vh_root *root)
{
	static const char path[] = "usr/share/misc/pci.ids";

	if (!root->live && !n->path && vh_root_exists(root, path))
		n->path = vh_printf("/proc/self/fd/%d/%s", root->fd, path);
}

/* No pci_init(): it would look for devices; names need none. */
static void start(struct vh_pci_ids *n)
{
	n->pci = pci_alloc();
	n->pci->error = failed;
	n->pci->warning = ignored;
	n->pci->debug = ignored;
	if (n->path)
		pci_set_name_list_path(n->pci, vh_strdup(n->path), 1);
	n->pci->id_lookup_mode = 0; /* not even the file of earlier answers from the network */
}

/* One name, NULL when the file does not give it: of a class, of a vendor and device, or of a
 * subsystem, which takes the ids of vendor and device first. Caller frees. */
static char *lookup(struct vh_pci_ids *n, int what, const int ids[4])
{
	char buf[512];

	if (n->failed)
		return NULL;
	if (setjmp(on_error)) {
		n->failed = true;
		return NULL;
	}
	if (!n->pci)
		start(n);
	if (pci_lookup_name(n->pci, buf, sizeof(buf),
			    what | PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB, ids[0], ids[1],
			    ids[2], ids[3]) != buf)
		return NULL;
	return vh_strdup(buf);
}

/* "Intel Corporation Wireless 8260", or as much of it as there are names for. */
static char *join(const char *vendor, const char *device, int vendor_id, int device_id)
{
	if (!vendor)
		return vh_printf("Device %04x:%04x", vendor_id, device_id);
	if (!device)
		return vh_printf("%s Device %04x", vendor, device_id);
	return vh_printf("%s %s", vendor, device);
}

char *vh_pci_ids_device(struct vh_pci_ids *n, const struct vh_pci_dev *d)
{
	const int ids[4] = { d->vendor, d->device };
	_auto_free_ char *vendor = lookup(n, PCI_LOOKUP_VENDOR, ids);
	_auto_free_ char *device = lookup(n, PCI_LOOKUP_DEVICE, ids);

	return join(vendor, device, d->vendor, d->device);
}

char *vh_pci_ids_class(struct vh_pci_ids *n, const struct vh_pci_dev *d)
{
	char *name = lookup(n, PCI_LOOKUP_CLASS, (const int[4]){ (int)(d->class >> 8) });

	return name ? name : vh_printf("Class %04x", d->class >> 8);
}

char *vh_pci_ids_title(struct vh_pci_ids *n, const struct vh_pci_dev *d)
{
	_auto_free_ char *class = vh_pci_ids_class(n, d);
	_auto_free_ char *number = vh_printf("%04x", d->class >> 8);

	/* without a name, and in libpci's word for ffff, the number is there already */
	return strstr(class, number) ? VH_STEAL(class) : vh_printf("%s [%s]", class, number);
}

char *vh_pci_ids_subsystem(struct vh_pci_ids *n, const struct vh_pci_dev *d)
{
	const int ids[4] = { d->vendor, d->device, d->subvendor, d->subdevice };
	_auto_free_ char *vendor = lookup(n, PCI_LOOKUP_VENDOR, (const int[4]){ d->subvendor });
	_auto_free_ char *device = lookup(n, PCI_LOOKUP_DEVICE | PCI_LOOKUP_SUBSYSTEM, ids);

	if (!d->subvendor && !d->subdevice)
		return NULL;
	return join(vendor, device, d->subvendor, d->subdevice);
}
