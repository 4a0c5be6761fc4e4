/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lookup - see lookup.h. */
#include "cli/devices/lookup.h"

#include <ctype.h>
#include <limits.h>

#include "cli/suggest.h"
#include "lib/base/strbuf.h"
#include "lib/domain/address.h"

#include "lib/base/banned.h"

#define FORMS                                                                           \
	"give an address as 'vfio-hook list' shows it, 0000:03:00.0, or the name of a " \
	"network interface or block device"

enum hang { NOWHERE, ON_FUNCTION, ON_USB };

static bool is_usb_bus(const char *name)
{
	return vh_has_prefix(name, "usb") && isdigit((unsigned char)name[3]);
}

/* The last PCI function in a link like ../../devices/pci0000:00/0000:00:1d.0/0000:3e:00.0/...,
 * and whether there is a USB device between it and the end. */
static enum hang function_of(const char *link, struct vh_pci_addr *ret)
{
	enum hang found = NOWHERE;

	while (*link) {
		size_t n = strcspn(link, "/");
		_auto_free_ char *part = vh_strndup(link, n);

		if (vh_pci_parse(part, ret) == 0)
			found = ON_FUNCTION;
		else if (found != NOWHERE && is_usb_bus(part))
			found = ON_USB;
		link += n + (link[n] == '/');
	}
	return found;
}

/* An NVMe disk with several paths stands below a virtual device; the paths are the links
 * nvme0, nvme1, ... beside it. Only a single one is unambiguous. */
static enum hang nvme_path(const struct vh_root *root, const char *name, struct vh_pci_addr *ret)
{
	_auto_names_ struct vh_names names = { 0 };
	enum hang found = NOWHERE;

	if (vh_root_list(root, &names, "sys/class/block/%s/device", name) < 0)
		return NOWHERE;
	for (size_t i = 0; i < names.count; i++) {
		const char *s = names.name[i];
		_auto_free_ char *link = NULL;

		if (!vh_has_prefix(s, "nvme") || !s[4] || s[4 + strspn(s + 4, "0123456789")])
			continue;
		link = vh_root_readlink(root, "sys/class/block/%s/device/%s", name, s);
		if (found != NOWHERE)
			return NOWHERE;
		found = link ? function_of(link, ret) : NOWHERE;
	}
	return found;
}

static enum hang look(const struct vh_root *root, const char *name, bool *ret_exists,
		      struct vh_pci_addr *ret)
{
	static const struct {
		const char *class, *below;
	} places[] = { { "net", "" }, { "net", "/device" }, { "block", "" } };
	enum hang found = NOWHERE;

	*ret_exists = false;
	for (size_t i = 0; i < VH_COUNT(places) && found == NOWHERE; i++) {
		_auto_free_ char *link = vh_root_readlink(root, "sys/class/%s/%s%s",
							  places[i].class, name, places[i].below);

		*ret_exists |= link != NULL;
		if (link)
			found = function_of(link, ret);
	}
	return found != NOWHERE ? found : nvme_path(root, name, ret);
}

/* Adds what has the same place in another domain: 0001:00:00.0, 0002:00:00.0. */
static void add_others(const struct vh_root *root, const struct vh_pci_addr *addr,
		       struct vh_strbuf *to)
{
	_auto_names_ struct vh_names names = { 0 };
	struct vh_pci_addr other;

	if (vh_root_list(root, &names, "sys/bus/pci/devices") < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		if (vh_pci_parse(names.name[i], &other) < 0)
			continue;
		other.domain = addr->domain;
		if (!vh_pci_cmp(&other, addr))
			vh_strbuf_join(to, ", ", names.name[i]);
	}
}

/* lspci leaves the domain out where it is 0000 everywhere, and people do elsewhere. What is in
 * no domain is still an address, of a device that is absent. */
static int check_domain(const struct vh_root *root, const char *text,
			const struct vh_pci_addr *addr, struct vh_error *err)
{
	struct vh_pci_name name = vh_pci_str(addr);
	_auto_strbuf_ struct vh_strbuf others = { 0 };

	if (strchr(text, ':') && strchr(text, ':') == strrchr(text, ':') &&
	    !vh_root_exists(root, "sys/bus/pci/devices/%s", name.s))
		add_others(root, addr, &others);
	if (!others.len)
		return 0;
	return vh_fail(err, VH_E_INPUT, 0, "give the whole address",
		       "no device at %s, which '%s' stands for; in another PCI domain: %s", name.s,
		       text, others.data);
}

/* What stands in a folder of sysfs. */
static void add_names(struct vh_suggest *s, const struct vh_root *root, const char *folder)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(root, &names, "%s", folder));
	for (size_t i = 0; i < names.count; i++)
		vh_suggest_add(s, names.name[i]);
}

static int unknown(const struct vh_root *root, const char *text, const char *name,
		   struct vh_error *err)
{
	struct vh_suggest s = { .word = name };
	_auto_free_ char *hint = NULL;

	add_names(&s, root, "sys/class/net");
	add_names(&s, root, "sys/class/block");
	add_names(&s, root, "sys/bus/pci/devices");
	hint = vh_suggest_text(&s, "");
	return vh_fail(err, VH_E_INPUT, 0, FORMS,
		       "'%s' is neither a PCI address nor an interface or block device here%s",
		       text, hint);
}

char *vh_lookup_absent(const struct vh_root *root, const struct vh_pci_addr *addr)
{
	struct vh_pci_name name = vh_pci_str(addr);
	struct vh_suggest s = { .word = name.s };
	_auto_free_ char *hint = NULL;

	add_names(&s, root, "sys/bus/pci/devices");
	if (s.distance > 1) { /* four slips are another device */
		free(s.closest);
		s.closest = NULL;
	}
	hint = vh_suggest_text(&s, "; 'vfio-hook list' shows all");
	return vh_printf("no device at %s%s", name.s, hint);
}

/* What is wrong with a word that was meant for an address; NULL: it was not. */
static const char *wrong_part(const char *text)
{
	const char *dot = strrchr(text, '.'), *colon = strrchr(text, ':');

	if (!colon || text[strspn(text, "0123456789abcdefABCDEF:.")])
		return NULL;
	if (!dot || dot < colon)
		return "the function is missing, as .0";
	if (strlen(dot) == 2 && dot[1] > '7')
		return "functions are 0 to 7";
	if (dot - colon == 3 && colon[1] > '1')
		return "slots are 00 to 1f";
	return "it is not of the form 0000:03:00.0";
}

/* IBM Z's documents write 0001:000:000:0. */
static bool is_of_z(const char *text)
{
	size_t colons = 0;

	for (const char *p = text; (p = strchr(p, ':')); p++)
		colons++;
	return colons == 3 && !strchr(text, '.');
}

int vh_lookup_address(const struct vh_root *root, const char *text, struct vh_pci_addr *ret,
		      struct vh_error *err)
{
	const char *name = vh_has_prefix(text, "/dev/") ? text + 5 : text;
	struct vh_pci_addr addr;
	const char *wrong = wrong_part(text);
	_auto_free_ char *meant = wrong && is_of_z(text) ? vh_address_meant(text) : NULL;
	bool exists;

	if (vh_pci_parse_loose(text, ret) == 0)
		return check_domain(root, text, ret, err);
	if (meant)
		return vh_fail(err, VH_E_INPUT, 0, "vfio-hook list   # shows all addresses",
			       "'%s' is not a PCI address; %s is one", text, meant);
	if (wrong)
		return vh_fail(err, VH_E_INPUT, 0, "vfio-hook list   # shows all addresses",
			       "'%s' is not a PCI address: %s", text, wrong);
	if (!*name || strlen(name) > NAME_MAX || strchr(name, '/') || name[0] == '.')
		return vh_fail(err, VH_E_INPUT, 0, FORMS, "'%s' is not a PCI address", text);
	switch (look(root, name, &exists, &addr)) {
	case ON_FUNCTION:
		*ret = addr;
		return 0;
	case ON_USB:
		return vh_fail(err, VH_E_INPUT, 0,
			       "give that address if the whole controller is meant",
			       "'%s' is a USB device; it hangs on %s", name, vh_pci_str(&addr).s);
	case NOWHERE:
		break;
	}
	if (exists)
		return vh_fail(err, VH_E_INPUT, 0, FORMS, "'%s' does not stand for one PCI device",
			       name);
	return unknown(root, text, name, err);
}
