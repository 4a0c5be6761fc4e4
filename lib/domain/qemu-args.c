/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-args - see qemu-args.h. */
#include "lib/domain/qemu-args.h"

#include "lib/base/printable.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"
#define SHOWN_MAX 80

void vh_qemu_args_clear(struct vh_smuggled_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->list[i].host);
	free(l->list);
	memset(l, 0, sizeof(*l));
}

/* Where the value of `key` begins in key=value,key=value, or in "key":"value"; NULL: nowhere. */
static const char *value_of(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = text; (p = strstr(p, key)); p += n) {
		const char *after = p + n;

		if (p != text && (p[-1] == ',' || p[-1] == ' ') && *after == '=')
			return after + 1;
		if (p == text || p[-1] != '"' || *after != '"')
			continue;
		after++;
		after += strspn(after, " \t:");
		return *after == '"' ? after + 1 : NULL;
	}
	return NULL;
}

/* vfio-pci and its kin: vfio-pci-nohotplug, vfio-pci-igd-lpc-bridge */
static bool is_vfio(const char *device)
{
	const char *driver = device;

	if (*device == '{')
		driver = value_of(device, "driver");
	else if (vh_has_prefix(device, "driver="))
		driver += strlen("driver=");
	return driver && vh_has_prefix(driver, "vfio-pci");
}

static void read_device(struct vh_smuggled_list *to, const char *device, int line)
{
	const char *host = value_of(device, "host");
	_auto_free_ char *value = NULL;
	struct vh_smuggled *s;

	if (!is_vfio(device))
		return;
	if (!host)
		host = value_of(device, "sysfsdev");
	value = host ? vh_strndup(host, strcspn(host, ",\"")) : vh_strdup("a device");
	s = VH_APPEND(to->list, to->count);
	s->line = line;
	s->host = vh_printable(value, SHOWN_MAX);
}

void vh_qemu_args_read(struct vh_smuggled_list *ret, const xmlNode *domain)
{
	for (const xmlNode *c = vh_xml_child_in(domain, NAMESPACE, "commandline"); c;
	     c = vh_xml_next_in(c, NAMESPACE, "commandline")) {
		bool device = false;

		for (const xmlNode *a = vh_xml_child_in(c, NAMESPACE, "arg"); a;
		     a = vh_xml_next_in(a, NAMESPACE, "arg")) {
			const char *value = vh_xml_attr(a, "value");

			if (device && value)
				read_device(ret, value, vh_xml_line(a));
			device = vh_streq(value, "-device") || vh_streq(value, "--device");
		}
	}
}
