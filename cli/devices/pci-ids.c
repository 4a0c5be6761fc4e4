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

static const char *ask(struct vh_pci_ids *n, char *buf, int size, int what, int id1, int id2)
{
	int flags = what | PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB;

	if (!n->pci)
		start(n);
	if (what == PCI_LOOKUP_DEVICE)
		return pci_lookup_name(n->pci, buf, size, flags, id1, id2);
	return pci_lookup_name(n->pci, buf, size, flags, id1);
}

static const char *ask_subsystem(struct vh_pci_ids *n, char *buf, int size,
				 const struct vh_pci_dev *d)
{
	int flags = PCI_LOOKUP_DEVICE | PCI_LOOKUP_SUBSYSTEM | PCI_LOOKUP_NO_NUMBERS |
		    PCI_LOOKUP_NO_HWDB;

	if (!n->pci)
		start(n);
	return pci_lookup_name(n->pci, buf, size, flags, d->vendor, d->device, d->subvendor,
			       d->subdevice);
}

static char *lookup_subsystem(struct vh_pci_ids *n, const struct vh_pci_dev *d)
{
	char buf[512];

	if (n->failed)
		return NULL;
	if (setjmp(on_error)) {
		n->failed = true;
		return NULL;
	}
	return ask_subsystem(n, buf, sizeof(buf), d) == buf ? vh_strdup(buf) : NULL;
}

/* One name, NULL when the file does not give it. Caller frees. */
static char *lookup(struct vh_pci_ids *n, int what, int id1, int id2)
{
	char buf[512];

	if (n->failed)
		return NULL;
	if (setjmp(on_error)) {
		n->failed = true;
		return NULL;
	}
	return ask(n, buf, sizeof(buf), what, id1, id2) == buf ? vh_strdup(buf) : NULL;
}

char *vh_pci_ids_device(struct vh_pci_ids *n, const struct vh_pci_dev *d)
{
	_auto_free_ char *vendor = lookup(n, PCI_LOOKUP_VENDOR, d->vendor, 0);
	_auto_free_ char *device = lookup(n, PCI_LOOKUP_DEVICE, d->vendor, d->device);

	if (!vendor)
		return vh_printf("Device %04x:%04x", d->vendor, d->device);
	if (!device)
		return vh_printf("%s Device %04x", vendor, d->device);
	return vh_printf("%s %s", vendor, device);
}

char *vh_pci_ids_class(struct vh_pci_ids *n, const struct vh_pci_dev *d)
{
	char *name = lookup(n, PCI_LOOKUP_CLASS, (int)(d->class >> 8), 0);

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
	_auto_free_ char *vendor = lookup(n, PCI_LOOKUP_VENDOR, d->subvendor, 0);
	_auto_free_ char *device = lookup_subsystem(n, d);

	if (!d->subvendor && !d->subdevice)
		return NULL;
	if (!vendor)
		return vh_printf("Device %04x:%04x", d->subvendor, d->subdevice);
	if (!device)
		return vh_printf("%s Device %04x", vendor, d->subdevice);
	return vh_printf("%s %s", vendor, device);
}
