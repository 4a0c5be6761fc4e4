/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch - see scratch.h. */
#include "tests/fake/scratch.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/base/strbuf.h"
#include "lib/manifest/manifest.h"
#include "lib/manifest/parse.h"
#include "tests/fake/fake-kernel.h"
#include "tests/fake/fake-tree.h"

static void give_up(const char *what, const char *why)
{
	printf("Bail out! %s: %s\n", what, why);
	exit(99);
}

static const char *source_dir(void)
{
	const char *dir = getenv("abs_top_srcdir");

	if (!dir)
		dir = getenv("srcdir");
	return dir ? dir : ".";
}

char *scratch_source(const char *path, size_t *ret_len)
{
	_auto_free_ char *full = vh_printf("%s/%s", source_dir(), path);
	_auto_close_ int fd = open(full, O_RDONLY | O_CLOEXEC);
	struct vh_strbuf text = { 0 };

	if (fd < 0 || vh_strbuf_read_fd(&text, fd, VH_MANIFEST_MAX) != 0)
		give_up(full, strerror(errno));
	if (ret_len)
		*ret_len = text.len;
	return vh_strbuf_steal(&text);
}

/* Trees are small, many and short-lived: in memory they take a twentieth of the time. */
static const char *temp_dir(void)
{
	const char *dir = getenv("TMPDIR");

	if (dir && *dir)
		return dir;
	return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

struct scratch *scratch_new(const char *host)
{
	struct scratch *s = vh_alloc(sizeof(*s));
	_auto_free_ char *path = vh_printf("tests/fixtures/hosts/%s.host", host);
	_auto_error_ struct vh_error err = { 0 };
	_auto_free_ char *text = NULL;

	text = strchr(host, '\n') ? vh_strdup(host) : scratch_source(path, NULL);
	s->dir = vh_printf("%s/vfio-hook-test.XXXXXX", temp_dir());
	if (!mkdtemp(s->dir))
		give_up(s->dir, strerror(errno));
	if (vh_manifest_expand(text, strlen(text), strchr(host, '\n') ? "manifest" : host, s->dir,
			       &err) < 0)
		give_up(host, err.what);
	s->root = (struct vh_root){ .fd = open(s->dir, O_PATH | O_DIRECTORY | O_CLOEXEC),
				    .ops = &fake_kernel_ops };
	if (s->root.fd < 0)
		give_up(s->dir, strerror(errno));
	fake_mkdirs(&s->root, "var/lib");
	return s;
}

/* Of AddressSanitizer, where that is: memory that was freed is kept from being used again, up to
 * 256 MiB, and every fork copies the page tables of it. Between two cases nothing of it matters. */
void __sanitizer_purge_allocator(void) __attribute__((weak));

static void purge(void)
{
	if (__sanitizer_purge_allocator)
		__sanitizer_purge_allocator();
}

void scratch_free(struct scratch *s)
{
	_auto_names_ struct vh_names names = { 0 };

	if (!s)
		return;
	if (vh_root_list(&s->root, &names, ".") == 0)
		for (size_t i = 0; i < names.count; i++)
			fake_remove(&s->root, "%s", names.name[i]);
	(void)rmdir(s->dir);
	vh_root_close(&s->root);
	free(s->dir);
	free(s);
	purge();
}

char *scratch_device(const struct scratch *s, const char *addr)
{
	_auto_free_ char *driver = NULL, *override = NULL;

	if (!vh_root_exists(&s->root, "sys/bus/pci/devices/%s/config", addr))
		return vh_strdup("gone");
	driver = vh_root_link_name(&s->root, "sys/bus/pci/devices/%s/driver", addr);
	override = vh_root_read(&s->root, "sys/bus/pci/devices/%s/driver_override", addr);
	return vh_printf("%s %s", driver ? driver : "-",
			 override && strcmp(override, "(null)") != 0 ? override : "-");
}

/* What is handed over with a device: units, consoles, modules. */
static void add_host(const struct scratch *s, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names units = { 0 }, consoles = { 0 }, modules = { 0 };

	VH_IGNORE(vh_root_list(&s->root, &units, "units")); /* most have none */
	for (size_t i = 0; i < units.count; i++) {
		_auto_free_ char *text = vh_root_read(&s->root, "units/%s", units.name[i]);
		const char *state = text ? strstr(text, "ActiveState=") : NULL;

		vh_strbuf_addf(to, "%s %.*s\n", units.name[i],
			       state ? (int)strcspn(state, "\n") : 0, state ? state : "");
	}
	VH_IGNORE(vh_root_list(&s->root, &consoles, "sys/class/vtconsole"));
	for (size_t i = 0; i < consoles.count; i++)
		vh_strbuf_addf(to, "%s %lld\n", consoles.name[i],
			       (long long)vh_root_read_int(&s->root, "sys/class/vtconsole/%s/bind",
							   consoles.name[i]));
	VH_IGNORE(vh_root_list(&s->root, &modules, "sys/module"));
	for (size_t i = 0; i < modules.count; i++)
		vh_strbuf_addf(to, "module %s\n", modules.name[i]);
}

char *scratch_state(const struct scratch *s)
{
	_auto_names_ struct vh_names devices = { 0 }, claims = { 0 }, nodes = { 0 };
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	if (vh_root_list(&s->root, &devices, "sys/bus/pci/devices") < 0)
		give_up("sys/bus/pci/devices", strerror(errno));
	for (size_t i = 0; i < devices.count; i++) {
		_auto_free_ char *device = scratch_device(s, devices.name[i]);

		vh_strbuf_addf(&sb, "%s %s\n", devices.name[i], device);
	}
	if (vh_root_list(&s->root, &nodes, "dev/vfio") == 0)
		for (size_t i = 0; i < nodes.count; i++)
			if (strcmp(nodes.name[i], "vfio") != 0)
				vh_strbuf_addf(&sb, "node %s\n", nodes.name[i]);
	if (vh_root_list(&s->root, &claims, "run/vfio-hook") == 0)
		for (size_t i = 0; i < claims.count; i++)
			if (strstr(claims.name[i], ".claim"))
				vh_strbuf_addf(&sb, "%s\n", claims.name[i]);
	add_host(s, &sb);
	return vh_strbuf_steal(&sb);
}

static struct vh_domain *parse(const char *name, const char *xml, size_t len)
{
	_auto_error_ struct vh_error err = { 0 };
	struct vh_domain *d = vh_domain_parse(xml, len, &err);

	if (!d)
		give_up(name, err.what);
	return d;
}

struct vh_domain *scratch_domain(const char *path)
{
	size_t len;
	_auto_free_ char *text = scratch_source(path, &len);

	return parse(path, text, len);
}

struct vh_domain *scratch_vm(const char *uuid, const char *addrs)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_free_ char *copy = vh_strdup(addrs);
	char *rest = copy, *word;

	vh_strbuf_addf(&xml,
		       "<domain type='kvm'>\n<name>vm-%.4s</name>\n<uuid>%s</uuid>\n"
		       "<memory>1048576</memory>\n<os><type arch='x86_64'>hvm</type></os>\n"
		       "<devices>\n<memballoon model='none'/>\n",
		       uuid, uuid);
	while ((word = strsep(&rest, " "))) {
		bool managed = *word != '!', interface = *word == '@';
		struct vh_pci_addr a;

		if (vh_pci_parse(word + (!managed || interface), &a) < 0)
			give_up(word, "not an address");
		vh_strbuf_addf(&xml,
			       "<%s managed='%s'>\n<source><address %s"
			       "domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>"
			       "</source>\n</%s>\n",
			       interface ? "interface type='hostdev'"
					 : "hostdev mode='subsystem' type='pci'",
			       managed ? "yes" : "no", interface ? "type='pci' " : "", a.domain,
			       a.bus, a.slot, a.function, interface ? "interface" : "hostdev");
	}
	vh_strbuf_add(&xml, "</devices>\n</domain>\n");
	return parse("scratch_vm", xml.data, xml.len);
}
