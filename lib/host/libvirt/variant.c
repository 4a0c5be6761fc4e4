/* SPDX-License-Identifier: GPL-2.0-or-later */
/* variant - see variant.h. */
#include "lib/host/libvirt/variant.h"

#include <fnmatch.h>

#include "lib/host/machine.h"
#include "lib/host/modules.h"

#include "lib/base/banned.h"

#define LINE "alias vfio_pci:"
#define SINCE 10000 /* libvirt 10.0; before it takes vfio-pci for everything */

static unsigned int wildcards(const char *pattern)
{
	unsigned int n = 0;

	for (; *pattern; pattern++)
		n += *pattern == '*';
	return n;
}

static char *modalias(const struct vh_pci_dev *d)
{
	return vh_printf("v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", d->vendor, d->device,
			 d->subvendor, d->subdevice, d->class >> 16 & 0xff, d->class >> 8 & 0xff,
			 d->class & 0xff);
}

/* Of two with as many wildcards libvirt keeps the first. */
char *vh_variant_in(const char *aliases, const struct vh_pci_dev *d)
{
	_auto_free_ char *want = modalias(d), *best = NULL;
	unsigned int lowest = 0;

	for (const char *line = aliases; (line = strstr(line, LINE)); line++) {
		const char *rest = line + strlen(LINE);
		size_t n = strcspn(rest, " \n");
		_auto_free_ char *pattern = vh_strndup(rest, n);
		unsigned int count = wildcards(pattern);

		if ((line != aliases && line[-1] != '\n') || rest[n] != ' ' ||
		    fnmatch(pattern, want, 0) != 0 || (best && count >= lowest))
			continue;
		free(best);
		rest += n + 1;
		best = vh_strndup(rest, strcspn(rest, " \n"));
		lowest = count;
	}
	return vh_streq(best, "vfio_pci") || (best && !strstr(best, "vfio")) ? NULL : VH_STEAL(best);
}

/* By us, or, what is asked for and on vfio-pci, by libvirt, which takes it from there. */
static bool may_bind(const struct vh_host *h, const struct vh_pci_dev *d, bool named)
{
	bool asked = false;

	if (d->hinted || d->group < 0)
		return false;
	for (size_t i = 0; i < h->n_asked; i++)
		asked |= !vh_pci_cmp(&h->asked[i], &d->addr);
	if (d->on_vfio)
		return asked && vh_streq(d->driver, "vfio-pci");
	return named || !asked;
}

void vh_variant_read(const struct vh_root *root, struct vh_host *h, bool named)
{
	_auto_free_ char *aliases = NULL;
	unsigned int libvirt = 0;
	bool any = false;

	for (size_t i = 0; i < h->n_devs; i++)
		any = any || may_bind(h, h->devs[i], named);
	if (!any || !h->release)
		return;
	aliases = vh_modules_read(root, h->release, "modules.alias");
	for (size_t i = 0; aliases && i < h->n_devs; i++) {
		struct vh_pci_dev *d = h->devs[i];
		char *variant = may_bind(h, d, named) ? vh_variant_in(aliases, d) : NULL;

		if (variant && !libvirt)
			libvirt = vh_machine_libvirt(root);
		if (!libvirt || libvirt >= SINCE)
			d->variant = VH_STEAL(variant);
		free(variant);
	}
}
