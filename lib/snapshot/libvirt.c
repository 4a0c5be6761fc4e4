/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt - what is kept of libvirt's XML files and of our configuration: which domains run and
 * with which functions, which networks are pools. Nothing else of the XML.
 */
#include "lib/base/uuid.h"
#include "lib/snapshot/kept.h"

#include "lib/base/strbuf.h"
#include "lib/domain/address.h"
#include "lib/host/libvirt/hook-scripts.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

/* Addresses as libvirt writes them, of which it takes the parts alone. */
static void add_address(struct vh_strbuf *to, const struct vh_pci_addr *a)
{
	vh_strbuf_addf(to,
		       "<address type='pci' domain='0x%04x' bus='0x%02x' slot='0x%02x' "
		       "function='0x%x'/>",
		       a->domain, a->bus, a->slot, a->function);
}

static void add_dev(struct vh_strbuf *to, const char *dev)
{
	_auto_free_ char *safe = dev ? vh_xml_escape(dev) : NULL;

	if (safe)
		vh_strbuf_addf(to, "<interface dev='%s'/>", safe);
}

/* By which interface or bridge of the host guests go out; "": by none. */
static char *way_out(const xmlNode *net, const xmlNode *forward)
{
	static const char *const modes[] = { "bridge", "private", "vepa", "passthrough" };
	const char *bridge = vh_xml_attr(vh_xml_child(net, "bridge"), "name");
	_auto_free_ char *name = bridge ? vh_xml_escape(bridge) : NULL;
	struct vh_strbuf text = { 0 };
	const char *mode = NULL;

	for (size_t i = 0; i < VH_COUNT(modes); i++)
		if (vh_xml_attr_is(forward, "mode", modes[i]))
			mode = modes[i];
	vh_strbuf_add(&text, "");
	if (!mode)
		return vh_strbuf_steal(&text);
	vh_strbuf_addf(&text, "<forward mode='%s'>", mode);
	/* libvirt repeats the first one as an attribute of its own */
	add_dev(&text, vh_xml_child(forward, "interface") ? NULL : vh_xml_attr(forward, "dev"));
	for (const xmlNode *n = vh_xml_child(forward, "interface"); n;
	     n = vh_xml_next(n, "interface"))
		add_dev(&text, vh_xml_attr(n, "dev"));
	vh_strbuf_add(&text, "</forward>");
	if (name)
		vh_strbuf_addf(&text, "<bridge name='%s'/>", name);
	return vh_strbuf_steal(&text);
}

/* A pool of virtual functions, by its name, with what it hands out; one that has a bridge or an
 * interface of the host, with that; of others the name. */
static bool network(const xmlNode *root, struct vh_taken *t)
{
	const xmlNode *net = vh_xml_is(root, "network") ? root : vh_xml_child(root, "network");
	const xmlNode *forward = vh_xml_child(net, "forward");
	const xmlNode *address = vh_xml_child(forward, "address");
	const char *pf = vh_xml_attr(vh_xml_child(forward, "pf"), "dev");
	_auto_free_ char *name = vh_xml_text(vh_xml_child(net, "name"));
	_auto_free_ char *safe = name ? vh_xml_escape(name) : NULL,
			 *dev = pf ? vh_xml_escape(pf) : NULL;
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	struct vh_pci_addr addr;

	if (!safe)
		return false;
	if (!vh_xml_attr_is(forward, "mode", "hostdev")) {
		_auto_free_ char *way = way_out(net, forward);

		vh_kept_put(t, vh_printf("<network><name>%s</name>%s</network>", safe, way));
		return true;
	}
	vh_strbuf_addf(&text, "<network><name>%s</name><forward mode='hostdev'%s>", safe,
		       vh_xml_attr_is(forward, "managed", "yes") ? " managed='yes'" : "");
	if (dev)
		vh_strbuf_addf(&text, "<pf dev='%s'/>", dev);
	for (; address; address = vh_xml_next(address, "address"))
		if (vh_address_is_whole(address, &addr))
			add_address(&text, &addr);
	vh_strbuf_add(&text, "</forward></network>");
	vh_kept_put(t, vh_strbuf_steal(&text));
	return true;
}

/* The functions that it has, named or given by a network. */
static void add_functions(struct vh_strbuf *to, const xmlNode *devices)
{
	const xmlNode *d = vh_xml_child(devices, NULL);

	for (; d; d = vh_xml_next(d, NULL)) {
		const char *element = vh_xml_is(d, "interface") ? "interface" : "hostdev";
		const xmlNode *actual = vh_xml_child(d, "actual");
		const xmlNode *source = vh_xml_child(actual ? actual : d, "source");
		const char *mdev = vh_xml_attr_is(d, "type", "mdev")
					   ? vh_xml_attr(vh_xml_child(source, "address"), "uuid")
					   : NULL;
		struct vh_pci_addr addr;
		char canonical[37];

		if (mdev && vh_uuid_parse(mdev, canonical) == 0)
			vh_strbuf_addf(to,
				       "<hostdev type='mdev'><source><address uuid='%s'/></source>"
				       "</hostdev>",
				       canonical);
		if (!vh_address_is_whole(vh_xml_child(source, "address"), &addr))
			continue;
		vh_strbuf_addf(to, "<%s><source>", element);
		add_address(to, &addr);
		vh_strbuf_addf(to, "</source></%s>", element);
	}
}

/* A domain that runs, by its UUID and its functions; its name is that of the file. */
static bool status(const xmlNode *root, struct vh_taken *t)
{
	const xmlNode *domain = vh_xml_child(root, "domain");
	_auto_free_ char *uuid = vh_xml_text(vh_xml_child(domain, "uuid"));
	const char *pid = vh_xml_attr(root, "pid");
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	char canonical[37];
	uint64_t n = 0;

	if (!uuid || vh_uuid_parse(uuid, canonical) < 0)
		return false;
	if (pid && vh_parse_uint(pid, 10, INT32_MAX, &n) < 0)
		n = 0;
	vh_strbuf_addf(&text, "<domstatus pid='%d'><domain><uuid>%s</uuid><devices>", (int)n,
		       canonical);
	add_functions(&text, vh_xml_child(domain, "devices"));
	vh_strbuf_add(&text, "</devices></domain></domstatus>");
	free(t->path);
	t->path = vh_printf("run/libvirt/qemu/%s.xml", canonical);
	vh_kept_put(t, vh_strbuf_steal(&text));
	return true;
}

/* What cannot be understood stays a riddle; the caller gives it a name that tells nothing. */
static void take(const char *text, size_t len,
		 bool (*understand)(const xmlNode *, struct vh_taken *), struct vh_taken *t)
{
	_auto_xml_ xmlDoc *doc = vh_xml_parse(text, len, NULL);

	if (!doc || !understand(vh_xml_root(doc), t))
		t->type = 'u';
}

void vh_libvirt_network(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	(void)k;
	take(text, len, network, t);
}

void vh_libvirt_status(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	(void)k;
	take(text, len, status, t);
}

/* Where packages and tutorials put programs; elsewhere the name may be somebody's own. */
static bool is_of_system(const char *path)
{
	static const char *const dirs[] = { "/bin/", "/sbin/", "/usr/", "/etc/libvirt/" };
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";

	for (size_t i = 0; i < VH_COUNT(dirs); i++)
		if (vh_has_prefix(path, dirs[i]))
			return !path[strspn(path, plain)];
	return false;
}

/* Of another hook the commands that count, each in its line, and what it calls. */
void vh_libvirt_script(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *copy = vh_strndup(text, len);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = copy, *line;

	(void)k;
	if (!vh_has_prefix(text, "#!"))
		return;
	(void)strsep(&rest, "\n");
	vh_strbuf_add(&to, "#!");
	while ((line = strsep(&rest, "\n"))) {
		const char *what = "", *at = line;
		enum vh_hook_deed deed;
		bool within = false;
		char *called;

		deed = vh_hook_scripts_deed(line, &what);
		vh_strbuf_addf(&to, "\n%s", what);
		for (; !deed && (called = vh_hook_scripts_call(&at, &within)); free(called))
			if (is_of_system(called))
				vh_strbuf_addf(&to, "%s%s", to.data[to.len - 1] == '\n' ? "" : "; ",
					       called);
	}
	while (to.len && to.data[to.len - 1] == '\n')
		to.data[--to.len] = 0;
	vh_kept_put(t, vh_strbuf_steal(&to));
}

/* Where a comment begins, as config-file.c and libinih find it, with the blanks before it. */
static size_t comment_of(const char *line)
{
	bool is_section = line[strspn(line, " \t")] == '[';
	size_t n = is_section ? strcspn(line, "]") : 0;

	for (; line[n]; n++)
		if (line[n] == ';' || (line[n] == '#' && is_section))
			if (n && strchr(" \t]", line[n - 1]))
				break;
	while (line[n] && n && strchr(" \t", line[n - 1]))
		n--;
	return n;
}

/* Lines keep their numbers, which errors name. */
void vh_libvirt_config(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *copy = vh_strndup(text, len - (len && text[len - 1] == '\n'));
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = copy, *line;
	const char *separator = "";

	while ((line = strsep(&rest, "\n"))) {
		bool is_comment = line[strspn(line, " \t")] == '#' ||
				  line[strspn(line, " \t")] == ';';

		if (!k->scrub.off && !is_comment)
			line[comment_of(line)] = 0;
		vh_strbuf_addf(&to, "%s%s", separator, is_comment && !k->scrub.off ? "#" : line);
		separator = "\n";
	}
	vh_kept_put(t, vh_strbuf_steal(&to));
}
