/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calls - see calls.h. The only file that knows libvirt's functions. */
#include "cli/libvirt/calls.h"

#include <dlfcn.h>
#include <limits.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "cli/libvirt/unreached.h"
#include "lib/base/strbuf.h"
#include "lib/manifest/free-pages.h"

#include "lib/base/banned.h"

#define LIBRARY "libvirt.so.0"
#define DEFAULT_URI "qemu:///system"

/* The functions that are used, by libvirt's own names and types. */
/* clang-format off */
#define FUNCTIONS(X)                                                                       \
	X(virSetErrorFunc) X(virGetLastErrorMessage) X(virGetLastErrorCode)                \
	X(virConnectOpen) X(virConnectOpenReadOnly) X(virConnectClose) X(virConnectGetURI) \
	X(virConnectListAllDomains) X(virDomainLookupByName)                               \
	X(virDomainLookupByUUIDString) X(virDomainGetName) X(virDomainGetXMLDesc)          \
	X(virDomainGetUUIDString) X(virDomainIsActive) X(virDomainGetAutostart)            \
	X(virDomainFree) X(virConnectListAllNodeDevices) X(virNodeDeviceGetName)           \
	X(virNodeDeviceGetXMLDesc) X(virNodeDeviceFree) X(virConnectListAllNetworks)       \
	X(virNetworkGetName) X(virNetworkGetXMLDesc) X(virNetworkFree)                     \
	X(virConnectGetLibVersion) X(virConnectGetVersion)                                 \
	X(virConnectGetCapabilities) X(virNodeGetMemoryStats) X(virNodeGetFreePages)
/* clang-format on */

struct teller {
#define FIELD(name) __typeof__(&name) name;
	FUNCTIONS(FIELD)
#undef FIELD
	const struct vh_question *q;
	int fd;
	bool deaf; /* nobody listens any more */
	virConnectPtr conn;
};

/* --- telling ---------------------------------------------------------------------------------- */

static void add_text(struct vh_strbuf *sb, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	vh_strbuf_add_mem(sb, &n, sizeof(n));
	vh_strbuf_add_mem(sb, s ? s : "", n);
}

static void tell(struct teller *t, enum vh_tale kind, const char *a, const char *b)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	char letter = (char)kind;

	vh_strbuf_add_mem(&sb, &letter, 1);
	add_text(&sb, a);
	add_text(&sb, b);
	if (!t->deaf && vh_write_all(t->fd, sb.data, sb.len) < 0)
		t->deaf = true;
}

/* The last thing that is sent. */
static int tell_error(struct teller *t, const char *fix, const char *what)
{
	tell(t, VH_TALE_ERROR, what, fix);
	return -1;
}

static int tell_last_error(struct teller *t, const char *fix, const char *what)
{
	_auto_free_ char *text = vh_printf("%s: %s", what, t->virGetLastErrorMessage());

	return tell_error(t, fix, text);
}

/* --- the library ------------------------------------------------------------------------------ */

static int load(struct teller *t)
{
	static const char fix[] = "install libvirt0 (Debian, Ubuntu) or libvirt-libs (Fedora), or "
				  "give an XML file";
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	_auto_free_ char *why = NULL;

	if (!library) {
		why = vh_printf("libvirt's library cannot be loaded: %s", dlerror());
		return tell_error(t, fix, why);
	}
#define LOAD(name)                                                     \
	*(void **)&t->name = dlsym(library, #name);                    \
	if (!t->name)                                                  \
		return tell_error(t, "install libvirt 1.2.6 or newer", \
				  "libvirt's library " LIBRARY " has no '" #name "'");
	FUNCTIONS(LOAD)
#undef LOAD
	return 0;
}

static void silent(void *data, virErrorPtr err)
{
	(void)data;
	(void)err; /* it stays there for virGetLastErrorMessage() */
}

static const char *wanted_uri(const struct vh_question *q)
{
	const char *uri = q->uri ? q->uri : getenv("LIBVIRT_DEFAULT_URI");

	return uri && *uri ? uri : DEFAULT_URI;
}

static int open_connection(struct teller *t)
{
	const char *uri = wanted_uri(t->q);
	bool secure = t->q->wants & VH_WANT_SECURE;
	_auto_free_ char *fix = vh_unreached_fix(uri);
	char *said;

	tell(t, VH_TALE_URI, uri, NULL);
	t->virSetErrorFunc(NULL, silent);
	t->conn = secure ? t->virConnectOpen(uri) : t->virConnectOpenReadOnly(uri);
	if (!t->conn && secure)
		return tell_last_error(
			t,
			"run it as root, or as a user who may change domains, or give "
			"a file from: virsh dumpxml --inactive --security-info DOMAIN",
			"the XML with its secrets needs a connection that may write");
	if (!t->conn)
		return tell_last_error(t, fix, "cannot connect");
	said = t->virConnectGetURI(t->conn);
	if (said)
		tell(t, VH_TALE_URI, said, NULL);
	free(said);
	return 0;
}

/* --- domains ---------------------------------------------------------------------------------- */

/* A domain that goes while it is asked about is one that is not there. */
static bool is_gone(const struct teller *t)
{
	return t->virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
}

static int tell_domain(struct teller *t, virDomainPtr d)
{
	unsigned int flags = VIR_DOMAIN_XML_INACTIVE;
	const char *name = t->virDomainGetName(d);
	_auto_free_ char *xml = NULL, *told = NULL, *what = NULL;
	int autostart = 0;

	if (t->q->wants & VH_WANT_SECURE)
		flags |= VIR_DOMAIN_XML_SECURE;
	xml = t->virDomainGetXMLDesc(d, flags);
	if (!xml && is_gone(t))
		return 0;
	if (!xml) {
		what = vh_printf("the XML of domain '%s'", name);
		return tell_last_error(t, NULL, what);
	}
	if (t->virDomainGetAutostart(d, &autostart) < 0)
		autostart = 0; /* a domain that is not defined, but runs, has none */
	told = vh_printf("%s%s %s", t->virDomainIsActive(d) == 1 ? "r" : "", autostart ? "a" : "",
			 name);
	tell(t, VH_TALE_DOMAIN, told, xml);
	return 0;
}

static int tell_all(struct teller *t)
{
	_auto_free_ virDomainPtr *list = NULL;
	int n = t->virConnectListAllDomains(t->conn, &list, VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
	int rc = n < 0 ? tell_last_error(t, NULL, "the list of domains") : 0;

	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = tell_domain(t, list[i]);
		t->virDomainFree(list[i]);
	}
	return rc;
}

/* As virsh does: what reads as a UUID may still be a name. */
static virDomainPtr look_up(const struct teller *t, const char *domain)
{
	virDomainPtr d = t->virDomainLookupByUUIDString(t->conn, domain);

	return d ? d : t->virDomainLookupByName(t->conn, domain);
}

static int tell_named(struct teller *t)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->q->domains.count; i++) {
		virDomainPtr d = look_up(t, t->q->domains.name[i]);

		if (d) {
			rc = tell_domain(t, d);
			t->virDomainFree(d);
		} else if (!is_gone(t)) {
			rc = tell_last_error(t, NULL, "the domain cannot be looked up");
		}
	}
	return rc;
}

/* --- the host --------------------------------------------------------------------------------- */

static int tell_running(struct teller *t)
{
	_auto_free_ virDomainPtr *list = NULL;
	int n = t->virConnectListAllDomains(t->conn, &list, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
	int rc = n < 0 ? tell_last_error(t, NULL, "the list of running domains") : 0;

	for (int i = 0; i < n; i++) {
		_auto_free_ char *xml = rc == 0 ? t->virDomainGetXMLDesc(list[i], 0) : NULL;
		char uuid[VIR_UUID_STRING_BUFLEN];

		if (xml && t->virDomainGetUUIDString(list[i], uuid) == 0)
			tell(t, VH_TALE_RUNNING, uuid, xml);
		else if (rc == 0 && !is_gone(t))
			rc = tell_last_error(t, NULL, "the XML of a running domain");
		t->virDomainFree(list[i]);
	}
	return rc;
}

static int tell_devices(struct teller *t)
{
	const unsigned int kinds = VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV |
				   VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET |
				   VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE;
	_auto_free_ virNodeDevicePtr *list = NULL;
	int n = t->virConnectListAllNodeDevices(t->conn, &list, kinds);
	int rc = n < 0 ? tell_last_error(t, NULL, "the list of its devices") : 0;

	for (int i = 0; i < n; i++) {
		_auto_free_ char *xml = t->virNodeDeviceGetXMLDesc(list[i], 0);

		if (xml) /* else it has just gone */
			tell(t, VH_TALE_DEVICE, t->virNodeDeviceGetName(list[i]), xml);
		t->virNodeDeviceFree(list[i]);
	}
	return rc;
}

/* Not every driver of libvirt has networks: then the domain names none that it could use. */
static void tell_networks(struct teller *t)
{
	_auto_free_ virNetworkPtr *list = NULL;
	int n = t->virConnectListAllNetworks(t->conn, &list, 0);

	for (int i = 0; i < n; i++) {
		_auto_free_ char *xml = t->virNetworkGetXMLDesc(list[i], 0);

		if (xml)
			tell(t, VH_TALE_NETWORK, t->virNetworkGetName(list[i]), xml);
		t->virNetworkFree(list[i]);
	}
}

/* What is not to be had is not told, and not checked. */
static void tell_memory(struct teller *t)
{
	const int all = VIR_NODE_MEMORY_STATS_ALL_CELLS;
	_auto_free_ virNodeMemoryStats *stats = NULL;
	int n = 0;

	if (t->virNodeGetMemoryStats(t->conn, all, NULL, &n, 0) < 0 || n <= 0)
		return;
	stats = vh_alloc((size_t)n * sizeof(*stats));
	if (t->virNodeGetMemoryStats(t->conn, all, stats, &n, 0) < 0)
		return;
	for (int i = 0; i < n; i++) {
		_auto_free_ char *kib = vh_printf("%llu", stats[i].value);

		tell(t, VH_TALE_MEMORY, stats[i].field, kib);
	}
}

/* The count says what there is: libvirt's test driver fills it in and returns 0. */
static void tell_pages(struct teller *t, const char *capabilities)
{
	_auto_free_ struct vh_told_pool *pools = NULL;
	size_t n = vh_free_pages_pools(capabilities, &pools);

	for (size_t i = 0; i < n; i++) {
		unsigned int size = (unsigned int)pools[i].page_kib;
		unsigned long long pages = ULLONG_MAX;
		_auto_free_ char *line = NULL;

		if (t->virNodeGetFreePages(t->conn, 1, &size, (int)pools[i].node, 1, &pages, 0) < 0 ||
		    pages == ULLONG_MAX)
			continue;
		line = vh_free_pages_line(&pools[i], pages);
		tell(t, VH_TALE_PAGES, NULL, line);
	}
}

/* Those by which domains will be run there: of the daemon, and of its usual QEMU. */
static void tell_versions(struct teller *t)
{
	unsigned long libvirt = 0, qemu = 0;
	_auto_free_ char *first = NULL, *second = NULL;

	if (t->virConnectGetLibVersion(t->conn, &libvirt) < 0)
		libvirt = 0;
	if (t->virConnectGetVersion(t->conn, &qemu) < 0)
		qemu = 0;
	first = vh_printf("%lu", libvirt);
	second = vh_printf("%lu", qemu);
	tell(t, VH_TALE_VERSION, "libvirt", first);
	tell(t, VH_TALE_VERSION, "qemu", second);
}

static int tell_host(struct teller *t)
{
	_auto_free_ char *capabilities = t->virConnectGetCapabilities(t->conn);

	if (!capabilities)
		return tell_last_error(t, NULL, "its capabilities");
	tell(t, VH_TALE_CAPABILITIES, NULL, capabilities);
	tell_memory(t);
	tell_pages(t, capabilities);
	tell_versions(t);
	tell_networks(t);
	return tell_devices(t) < 0 || tell_running(t) < 0 ? -1 : 0;
}

int vh_calls_tell(const struct vh_question *q, int fd)
{
	struct teller t = { .q = q, .fd = fd };
	int rc = load(&t) < 0 || open_connection(&t) < 0 ? -1 : 0;

	if (rc == 0 && q->wants & VH_WANT_HOST)
		rc = tell_host(&t);
	if (rc == 0 && q->wants & VH_WANT_ALL)
		rc = tell_all(&t);
	if (rc == 0)
		rc = tell_named(&t);
	if (rc == 0)
		tell(&t, VH_TALE_END, NULL, NULL);
	if (t.conn)
		t.virConnectClose(t.conn);
	return t.deaf;
}
