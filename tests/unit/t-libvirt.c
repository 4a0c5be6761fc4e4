/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-libvirt - what is read from libvirt's own files: networks, and which domains run. */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/host/libvirt/libvirt-files.h"
#include "tests/fake/fake-tree.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define NETS "etc/libvirt/qemu/networks"
#define LIVE_NETS "run/libvirt/network"
#define STATUS "run/libvirt/qemu"
#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define CUT "dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define CAPITALS "4DEA22B3-1D52-D8F3-2516-782E98AB3FA0"
#define DENSE "4dea22b31d52d8f32516782e98ab3fa0"
#define OLD_STATUS "var/run/libvirt/qemu"
#define OTHER "11111111-1d52-d8f3-2516-782e98ab3fa0"

#define HOSTDEV_NET(name) \
	"<network><name>" name "</name><forward mode='hostdev' managed='yes'/></network>\n"
#define NAT_NET(name) "<network><name>" name "</name><forward mode='nat'/></network>\n"
#define DOMSTATUS(uuid)                                                                  \
	"<domstatus state='running' reason='booted' pid='4711'>\n<monitor path='/x'/>\n" \
	"<domain type='kvm' id='1'>\n<name>vm</name>\n<uuid>" uuid                       \
	"</uuid>\n</domain>\n</domstatus>\n"

static const char *const words[] = {
	[VH_UNKNOWN] = "unknown",
	[VH_NO] = "no",
	[VH_YES] = "yes",
};

static struct vh_root root;

struct file {
	const char *path, *text; /* text NULL: a directory; beginning with '>': a link to it */
};

struct test_case {
	const char *name;
	struct file files[4];
	enum vh_tri want;
};

/* Is there a network "pool&1", and does it run? */
static const struct state_case {
	const char *name;
	struct file files[4];
	enum vh_libvirt_network want;
} states[] = {
	{ "no directories", { { 0 } }, VH_LIBVIRT_NETWORK_UNTOLD },
	{ "no directory of those that run", { { NETS, NULL } }, VH_LIBVIRT_NETWORK_UNTOLD },
	{ "none", { { NETS, NULL }, { LIVE_NETS, NULL } }, VH_LIBVIRT_NETWORK_NONE },
	{ "another one",
	  { { NETS, NULL }, { LIVE_NETS "/a.xml", NAT_NET("pool") } },
	  VH_LIBVIRT_NETWORK_NONE },
	{ "one that runs",
	  { { LIVE_NETS "/a.xml", "<networkstatus>" NAT_NET("pool&amp;1") "</networkstatus>" } },
	  VH_LIBVIRT_NETWORK_THERE },
	{ "one that does not run",
	  { { LIVE_NETS, NULL }, { NETS "/a.xml", NAT_NET("pool&amp;1") } },
	  VH_LIBVIRT_NETWORK_STOPPED },
	{ "one that starts with libvirt, just now",
	  { { LIVE_NETS, NULL },
	    { NETS "/a.xml", NAT_NET("pool&amp;1") },
	    { NETS "/autostart/pool&1.xml", NAT_NET("pool&amp;1") } },
	  VH_LIBVIRT_NETWORK_UNTOLD },
	{ "one that starts with libvirt, and does not run",
	  { { LIVE_NETS, NULL },
	    { NETS "/a.xml", NAT_NET("pool&amp;1") },
	    { NETS "/autostart/pool&1.xml", NAT_NET("pool&amp;1") },
	    { LIVE_NETS, "@" } },
	  VH_LIBVIRT_NETWORK_STOPPED },
	{ "another one that starts with libvirt",
	  { { LIVE_NETS, NULL },
	    { NETS "/a.xml", NAT_NET("pool&amp;1") },
	    { NETS "/autostart/pool.xml", NAT_NET("pool") } },
	  VH_LIBVIRT_NETWORK_STOPPED },
	{ "one that cannot be understood",
	  { { LIVE_NETS "/a.xml", "<network><name>pool&amp;1</nam" } },
	  VH_LIBVIRT_NETWORK_UNTOLD },
};

/* Is the network "pool&1" one of virtual functions? */
static const struct test_case networks[] = {
	{ "no directories", { { 0 } }, VH_NO },
	{ "empty directories", { { NETS, NULL }, { LIVE_NETS, NULL } }, VH_NO },
	{ "a pool, defined", { { NETS "/pool.xml", HOSTDEV_NET("pool&amp;1") } }, VH_YES },
	{ "a pool that runs",
	  { { LIVE_NETS "/x.xml", "<networkstatus><class_id bitmap='0-2'/>" HOSTDEV_NET(
					  "pool&amp;1") "</networkstatus>" } },
	  VH_YES },
	{ "its name written otherwise", { { NETS "/a.xml", HOSTDEV_NET("pool&#38;1") } }, VH_YES },
	{ "libvirt's comment above",
	  { { NETS "/a.xml", "<!--\nWARNING: overwritten\n-->\n\n" HOSTDEV_NET("pool&amp;1") } },
	  VH_YES },
	{ "another pool", { { NETS "/pool.xml", HOSTDEV_NET("pool") } }, VH_NO },
	{ "another pool, and a name that begins alike",
	  { { NETS "/pool&1.xml", HOSTDEV_NET("pool&amp;11") } },
	  VH_NO },
	{ "the network, forwarded otherwise",
	  { { NETS "/a.xml", NAT_NET("pool&amp;1") }, { NETS "/b.xml", HOSTDEV_NET("hostdev") } },
	  VH_NO },
	{ "no forward at all",
	  { { NETS "/a.xml", "<network><name>pool&amp;1</name>hostdev</network>" } },
	  VH_NO },
	{ "hostdev elsewhere in it",
	  { { NETS "/a.xml", "<network><name>pool&amp;1</name><metadata><forward mode='hostdev'/>"
			     "</metadata><forward mode='nat'/></network>" } },
	  VH_NO },
	{ "the second file",
	  { { NETS "/a.xml", NAT_NET("a") }, { NETS "/b.xml", HOSTDEV_NET("pool&amp;1") } },
	  VH_YES },
	{ "not an XML file", { { NETS "/a.xml.bak", HOSTDEV_NET("pool&amp;1") } }, VH_NO },
	{ "links to nowhere in autostart/ are not looked at",
	  { { NETS "/autostart/pool.xml", ">etc/nowhere" } },
	  VH_NO },
	{ "broken XML that may be it", { { NETS "/a.xml", "<network>hostdev" } }, VH_UNKNOWN },
	{ "broken XML that cannot be it", { { NETS "/a.xml", "<network>" } }, VH_NO },
	{ "broken XML beside it",
	  { { NETS "/a.xml", "<network>hostdev" }, { NETS "/b.xml", HOSTDEV_NET("pool&amp;1") } },
	  VH_YES },
	{ "a file that cannot be read", { { NETS "/a.xml", NULL } }, VH_UNKNOWN },
	{ "a directory that cannot be read", { { NETS, "" } }, VH_UNKNOWN },
	{ "with a DOCTYPE",
	  { { NETS "/a.xml", "<!DOCTYPE network>" HOSTDEV_NET("pool&amp;1") } },
	  VH_UNKNOWN },
};

/* Does a domain with UUID run? */
static const struct test_case domains[] = {
	{ "no directory", { { 0 } }, VH_NO },
	{ "nothing runs", { { STATUS "/autostart", NULL }, { STATUS "/driver.pid", "812" } }, VH_NO },
	{ "it runs", { { STATUS "/vm.xml", DOMSTATUS(UUID) } }, VH_YES },
	{ "under any name", { { STATUS "/ a%s\n.xml", DOMSTATUS(UUID) } }, VH_YES },
	{ "its file is being written", { { STATUS "/vm.xml.new", DOMSTATUS(UUID) } }, VH_YES },
	{ "its name has .xml in it", { { STATUS "/a.xml.b.xml", DOMSTATUS(UUID) } }, VH_YES },
	{ "others run",
	  { { STATUS "/vm.xml", DOMSTATUS(OTHER) }, { STATUS "/b.xml", DOMSTATUS(OTHER) } },
	  VH_NO },
	{ "it runs beside another",
	  { { STATUS "/a.xml", DOMSTATUS(OTHER) }, { STATUS "/b.xml", DOMSTATUS(UUID) } },
	  VH_YES },
	{ "its UUID in the metadata of another",
	  { { STATUS "/a.xml", "<domstatus><domain><metadata><uuid>" UUID
			       "</uuid></metadata><uuid>" OTHER "</uuid></domain></domstatus>" } },
	  VH_NO },
	{ "its UUID in a comment",
	  { { STATUS "/a.xml", "<!-- " UUID " -->" DOMSTATUS(OTHER) } },
	  VH_NO },
	{ "a definition is no status",
	  { { "etc/libvirt/qemu/vm.xml", "<domain type='kvm'><uuid>" UUID "</uuid></domain>" } },
	  VH_NO },
	{ "its UUID in capitals", { { STATUS "/a.xml", DOMSTATUS(CAPITALS) } }, VH_YES },
	{ "its UUID without dashes", { { STATUS "/a.xml", DOMSTATUS(DENSE) } }, VH_YES },
	{ "its UUID with references in it", { { STATUS "/a.xml", DOMSTATUS("&#52;" CUT) } }, VH_YES },
	{ "its UUID elsewhere than expected",
	  { { STATUS "/a.xml", "<domstatus><domain uuid='" UUID "'/></domstatus>" } },
	  VH_UNKNOWN },
	{ "its UUID in a state of another shape",
	  { { STATUS "/a.xml", "<vmstatus><vm><uuid>" UUID "</uuid></vm></vmstatus>" } },
	  VH_UNKNOWN },
	{ "its domain in another namespace",
	  { { STATUS "/a.xml",
	      "<domstatus><domain xmlns='urn:x'><uuid>" UUID "</uuid></domain></domstatus>" } },
	  VH_UNKNOWN },
	{ "a state without a UUID",
	  { { STATUS "/a.xml", "<domstatus><domain/></domstatus>" } },
	  VH_UNKNOWN },
	{ "an empty state", { { STATUS "/a.xml", "" } }, VH_UNKNOWN },
	{ "a state that was not written to its end", { { STATUS "/a.xml", "<domstat" } }, VH_UNKNOWN },
	{ "a new one that was not, of a domain that is known",
	  { { STATUS "/a.xml", DOMSTATUS(OTHER) }, { STATUS "/a.xml.new", "<domstat" } },
	  VH_NO },
	{ "a new one that was not, of who knows whom",
	  { { STATUS "/a.xml", DOMSTATUS(OTHER) }, { STATUS "/b.xml.new", "" } },
	  VH_UNKNOWN },
	{ "/var/run is a directory of its own", { { OLD_STATUS "/a.xml", DOMSTATUS(UUID) } }, VH_YES },
	{ "/var/run is one, and others run there",
	  { { OLD_STATUS "/a.xml", DOMSTATUS(OTHER) }, { STATUS "/a.xml", DOMSTATUS(OTHER) } },
	  VH_NO },
	{ "/var/run leads to /run",
	  { { STATUS "/a.xml", DOMSTATUS(OTHER) }, { "var/run", ">run" } },
	  VH_NO },
	{ "broken XML with its UUID", { { STATUS "/a.xml", "<domstatus>" UUID } }, VH_UNKNOWN },
	{ "a file that cannot be read", { { STATUS "/a.xml", NULL } }, VH_UNKNOWN },
	{ "a file that cannot be read beside it",
	  { { STATUS "/a.xml", NULL }, { STATUS "/b.xml", DOMSTATUS(UUID) } },
	  VH_YES },
	{ "a file that goes whenever it is opened",
	  { { STATUS "/a.xml", ">etc/nowhere" } },
	  VH_UNKNOWN },
	{ "a directory that cannot be read", { { STATUS, "" } }, VH_UNKNOWN },
};

#define DEFINED "etc/libvirt/qemu"
#define DOMAIN(name, uuid) "<domain type='kvm'><name>" name "</name><uuid>" uuid "</uuid></domain>"

/* Is there a definition of "vm&1"? */
static const struct test_case definitions[] = {
	{ "no directory", { { 0 } }, VH_NO },
	{ "defined", { { DEFINED "/x.xml", "<!-- x -->\n" DOMAIN("vm&amp;1", UUID) } }, VH_YES },
	{ "others", { { DEFINED "/vm&1.xml", DOMAIN("vm", UUID) } }, VH_NO },
	{ "its name in capitals", { { DEFINED "/x.xml", DOMAIN("VM&amp;1", UUID) } }, VH_NO },
	{ "a network", { { DEFINED "/x.xml", "<network><name>vm&amp;1</name></network>" } }, VH_NO },
	{ "no XML file", { { DEFINED "/x.bak", DOMAIN("vm&amp;1", UUID) } }, VH_NO },
	{ "broken XML", { { DEFINED "/x.xml", "<domain>" } }, VH_UNKNOWN },
	{ "a file that cannot be read", { { DEFINED "/x.xml", NULL } }, VH_UNKNOWN },
	{ "a directory that cannot be read", { { DEFINED, "" } }, VH_UNKNOWN },
	{ "broken XML beside it",
	  { { DEFINED "/a.xml", "<domain>" }, { DEFINED "/b.xml", DOMAIN("vm&amp;1", UUID) } },
	  VH_YES },
};

static const struct test_case by_uuid[] = {
	{ "its UUID",
	  { { DEFINED "/x.xml", DOMAIN("x", "4DEA22B31D52D8F32516782E98AB3FA0") } },
	  VH_YES },
	{ "another UUID", { { DEFINED "/x.xml", DOMAIN("x", OTHER) } }, VH_NO },
	{ "a UUID for a name", { { DEFINED "/x.xml", DOMAIN(UUID, OTHER) } }, VH_NO },
	{ "no UUID", { { DEFINED "/x.xml", "<domain><name>x</name></domain>" } }, VH_NO },
};

static void make_old(const char *path)
{
	struct timespec t = { .tv_sec = time(NULL) - 600 };

	if (utimensat(root.fd, path, (struct timespec[]){ t, t }, 0) < 0)
		abort();
}

static void put(const struct file *f)
{
	if (!f->path)
		return;
	if (!f->text)
		fake_mkdirs(&root, "%s", f->path);
	else if (f->text[0] == '@')
		make_old(f->path);
	else if (f->text[0] == '>')
		fake_link(&root, f->path, f->text + 1);
	else
		fake_put(&root, f->path, "%s", f->text);
}

static enum vh_tri network(void)
{
	return vh_libvirt_files_is_pool(&root, "pool&1");
}

static enum vh_tri domain(void)
{
	return vh_libvirt_files_is_running(&root, UUID, NULL);
}

/* The same question to the list of all that run, in which unknown ones are not. */
static bool is_listed(void)
{
	_auto_names_ struct vh_names names = { 0 };
	bool listed = false;

	vh_libvirt_files_running(&root, &names);
	for (size_t i = 0; i < names.count; i++)
		listed |= !strcmp(names.name[i], UUID);
	return listed;
}

static enum vh_tri find(const char *name, const char *uuid)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_free_ char *xml = NULL;

	if (vh_libvirt_files_find_domain(&root, name, uuid, &xml, &err) < 0)
		return VH_UNKNOWN;
	return xml && strstr(xml, "<domain") ? VH_YES : VH_NO;
}

static enum vh_tri definition(void)
{
	return find("vm&1", NULL);
}

static enum vh_tri definition_by_uuid(void)
{
	return find(UUID, UUID);
}

static void run(const struct test_case *cases, size_t count, enum vh_tri (*ask)(void))
{
	for (size_t i = 0; i < count; i++) {
		enum vh_tri have;

		for (size_t f = 0; f < VH_COUNT(cases[i].files); f++)
			put(&cases[i].files[f]);
		have = ask();
		if (!ok(have == cases[i].want, "%s: %s", cases[i].name, words[cases[i].want]))
			diag("have: %s", words[have]);
		if (ask == domain)
			ok(is_listed() == (have == VH_YES), "%s: in the list", cases[i].name);
		fake_remove(&root, "etc");
		fake_remove(&root, "run");
		fake_remove(&root, "var");
	}
}

/* As of a system that runs. */
static void test_states(void)
{
	bool live = root.live;

	root.live = true;
	for (size_t i = 0; i < VH_COUNT(states); i++) {
		enum vh_libvirt_network have;

		for (size_t f = 0; f < VH_COUNT(states[i].files); f++)
			put(&states[i].files[f]);
		have = vh_libvirt_files_network_state(&root, "pool&1");
		ok(have == states[i].want, "state of a network: %s", states[i].name);
		fake_remove(&root, "etc");
		fake_remove(&root, "run");
	}
	root.live = live;
}

int main(void)
{
	char dir[] = "/tmp/vfio-hook-t-libvirt.XXXXXX";

	if (!mkdtemp(dir) || vh_root_open_tree(&root, dir, NULL) < 0) {
		printf("Bail out! no temporary directory\n");
		return 99;
	}
	test_states();
	run(networks, VH_COUNT(networks), network);
	run(domains, VH_COUNT(domains), domain);
	run(definitions, VH_COUNT(definitions), definition);
	run(by_uuid, VH_COUNT(by_uuid), definition_by_uuid);
	vh_root_close(&root);
	ok(rmdir(dir) == 0, "cleaned up");
	return tap_done();
}
