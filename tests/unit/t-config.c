/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-config - vfio-hook.conf: what each key does, and that nothing wrong in it goes unnoticed. */
#include <fcntl.h>

#include "lib/base/strbuf.h"
#include "lib/config/config-file.h"
#include "lib/config/config.h"
#include "lib/config/effective.h"
#include "lib/domain/domain.h"
#include "tests/fake/fake-tree.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define LONG_49 "device 0000:03:00.0                              "
#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define LINE_150                                                      \
	"##################################################" /* 50 */ \
	"##################################################"          \
	"##################################################"

/* What the file says, in words: only what is not the default. */
static char *show(const struct vh_config *c)
{
	static const char *const balloon[] = { "refuse", "inflated", "warn" };
	static const char *const memory[] = { "refuse", "warn", "off" };
	struct vh_strbuf sb = { 0 };

	if (c->balloon != VH_BALLOON_REFUSE)
		vh_strbuf_addf(&sb, "balloon %s ", balloon[c->balloon]);
	if (c->memory != VH_MEMORY_REFUSE)
		vh_strbuf_addf(&sb, "memory %s ", memory[c->memory]);
	if (c->peers == VH_PEERS_REQUIRE)
		vh_strbuf_add(&sb, "peers require ");
	if (c->timeout_write != 30000 || c->timeout_group != 10000 || c->timeout_call != 60000)
		vh_strbuf_addf(&sb, "timeouts %d %d %d ", c->timeout_write, c->timeout_group,
			       c->timeout_call);
	for (size_t i = 0; i < c->n_devices; i++) {
		const struct vh_device_policy *d = &c->devices[i];

		vh_strbuf_addf(&sb, "%s%s%s%s%s%s%s%s%s%s%s", vh_pci_str(&d->addr).s,
			       d->allow_in_use & VH_USE_BLOCK ? " block" : "",
			       d->allow_in_use & VH_USE_NETWORK ? " network" : "",
			       d->allow_in_use & VH_USE_DISPLAY ? " display" : "",
			       d->allow_in_use & VH_USE_INPUT ? " input" : "",
			       d->allow_in_use & VH_USE_SOUND ? " sound" : "",
			       d->allow_in_use & VH_USE_SERIAL ? " serial" : "",
			       d->allow_in_use & VH_USE_COMPUTE ? " compute" : "",
			       d->allow_in_use & VH_USE_OTHER ? " other" : "",
			       d->allow_critical ? " critical" : "", d->protect ? " protect" : "");
		if (d->pin.set)
			vh_strbuf_addf(&sb, " is %04x:%04x", d->pin.id.vendor, d->pin.id.device);
		if (d->stop_units)
			vh_strbuf_addf(&sb, " stop '%s'", d->stop_units);
		if (d->release_console)
			vh_strbuf_add(&sb, " console");
		if (d->unload_modules)
			vh_strbuf_addf(&sb, " unload '%s'", d->unload_modules);
		vh_strbuf_add(&sb, " ");
	}
	for (size_t i = 0; i < c->n_domains; i++)
		vh_strbuf_addf(&sb, "%s '%s' ", c->domains[i].by_uuid ? "uuid" : "name",
			       c->domains[i].domain);
	if (sb.len)
		sb.data[sb.len - 1] = 0;
	return vh_strbuf_steal(&sb);
}

#define DEV "[device 0000:03:00.0]\n"

static const struct {
	const char *name, *text, *want;
} good[] = {
	{ "nothing", "", "" },
	{ "only comments", "# a\n; b\n\n   # c\n", "" },
	{ "empty sections", "[defaults]\n" DEV, "0000:03:00.0" },
	{ "every default as it is",
	  "[defaults]\nballoon = refuse\npeers = detach\ntimeout-write = 30\ntimeout-group = 10\n"
	  "timeout-call = 60\nmemory = refuse\n",
	  "" },
	{ "every default otherwise",
	  "[defaults]\nballoon=warn\npeers=require\ntimeout-write=1\ntimeout-group=3600\n"
	  "timeout-call=007\n",
	  "balloon warn peers require timeouts 1000 3600000 7000" },
	{ "inflated", "[defaults]\nballoon = inflated", "balloon inflated" },
	{ "memory = warn", "[defaults]\nmemory = warn", "memory warn" },
	{ "memory = off", "[defaults]\nmemory = off", "memory off" },
	{ "one timeout only", "[defaults]\ntimeout-call = 61\n", "timeouts 30000 10000 61000" },
	{ "a colon, as in Python", "[defaults]\nballoon: warn\n", "balloon warn" },
	{ "a device", DEV "allow-in-use = network\nallow-critical = yes\nprotect = yes\n",
	  "0000:03:00.0 network critical protect" },
	{ "no", DEV "allow-critical = no\nprotect = no\n", "0000:03:00.0" },
	{ "kinds with blanks", DEV "allow-in-use = network display\tinput   block\n",
	  "0000:03:00.0 block network display input" },
	{ "kinds with commas", DEV "allow-in-use = block,input , display\n",
	  "0000:03:00.0 block display input" },
	{ "kinds of nodes", DEV "allow-in-use = sound serial compute other\n",
	  "0000:03:00.0 sound serial compute other" },
	{ "no kinds", DEV "allow-in-use =\n", "0000:03:00.0" },
	{ "an address as people write it", "[device 0A:1F.7]\nprotect = yes\n",
	  "0000:0a:1f.7 protect" },
	{ "blanks in a section", "[device  0000:03:00.0]\nprotect = yes\n", "0000:03:00.0 protect" },
	{ "sections of one device are one",
	  DEV "protect = yes\n[defaults]\nballoon = warn\n[device 03:00.0]\nallow-in-use = block\n",
	  "balloon warn 0000:03:00.0 block protect" },
	{ "two devices", DEV "protect = yes\n[device 0000:04:00.0]\nprotect = yes\n",
	  "0000:03:00.0 protect 0000:04:00.0 protect" },
	{ "DOS lines", "[defaults]\r\nballoon = warn\r\n\r\n", "balloon warn" },
	{ "a byte order mark", "\xef\xbb\xbf[defaults]\nballoon = warn\n", "balloon warn" },
	{ "a comment behind a value", "[defaults] ; x\nballoon = warn ; x\n", "balloon warn" },
	{ "an indented key is a key", "[defaults]\n  balloon = warn\n\tpeers = require\n",
	  "balloon warn peers require" },
	{ "an indented section", "  [defaults]\nballoon = warn\n", "balloon warn" },
	{ "a long comment", "# " LINE_150 LINE_150 "\n[defaults]\nballoon = warn\n", "balloon warn" },
	{ "a section of 49 bytes", "[" LONG_49 "]\n", NULL },
	{ "a pinned id", DEV "id = 8086:24F3\n", "0000:03:00.0 is 8086:24f3" },
	{ "hand-over",
	  DEV "stop-units = display-manager.service  nvidia-persistenced.service\n"
	      "release-console = yes\nunload-modules = nvidia_drm nvidia-modeset,nvidia\n",
	  "0000:03:00.0 stop 'display-manager.service nvidia-persistenced.service' console unload "
	  "'nvidia_drm nvidia_modeset nvidia'" },
	{ "units of every kind that starts again",
	  DEV "stop-units = srv-my\\x20data.mount, dev-nvme1n1p3.swap a@b.service x.socket y.timer\n",
	  "0000:03:00.0 stop 'srv-my\\x20data.mount dev-nvme1n1p3.swap a@b.service x.socket y.timer'" },
	{ "no units, no modules", DEV "stop-units =\nunload-modules =\nrelease-console = no\n",
	  "0000:03:00.0" },
	{ "domains by name and UUID",
	  "[domain vm]\nballoon = warn\n[domain \tmy vm \t]\n[domain " UUID "]\npeers = require\n"
	  "[domain 4DEA22B31D52D8F32516782E98AB3FA0]\nballoon = warn\n[domain vm]\npeers = detach\n",
	  "name 'vm' name 'my vm' uuid '" UUID "'" },
};

static void test_good(void)
{
	for (size_t i = 0; i < VH_COUNT(good); i++) {
		_auto_error_ struct vh_error err = { 0 };
		struct vh_config c = { 0 };
		_auto_free_ char *have = NULL;

		if (vh_config_file_parse(&c, good[i].text, "conf", &err) == 0)
			have = show(&c);
		if (!ok(!good[i].want || vh_streq(have, good[i].want), "%s", good[i].name))
			diag("have: %s", have ? have : err.what);
		vh_config_clear(&c);
	}
}

/* error: after "'conf' "; fix: as it is */
static const struct {
	const char *name, *text, *error, *fix;
} bad[] = {
	{ "a mistyped key", "[defaults]\nballoon = warn\n\n# x\nbaloon = warn\n",
	  "line 5: unknown key 'baloon' in [defaults]",
	  "the keys of [defaults] are balloon, memory, peers, timeout-write, timeout-group, "
	  "timeout-call" },
	{ "a key of the other section", DEV "balloon = warn\n",
	  "line 2: unknown key 'balloon' in [device 0000:03:00.0]",
	  "the keys of [device 0000:03:00.0] are allow-in-use, allow-critical, protect, id, "
	  "stop-units, release-console, unload-modules" },
	{ "a key in upper case", "[defaults]\nBalloon = warn\n",
	  "line 2: unknown key 'Balloon' in [defaults]", NULL },
	{ "an empty key", "[defaults]\n= warn\n", "line 2: unknown key '' in [defaults]", NULL },
	{ "a key above the sections", "balloon = warn\n[defaults]\n",
	  "line 1: a key above the first section", "write [defaults] above it" },
	{ "an unknown section", "[default]\nballoon = warn\n", "line 1: unknown section [default]",
	  "the sections are [defaults], [device ADDRESS] and [domain NAME-or-UUID]" },
	{ "an unknown section without keys", "[defaults]\n[devices 0000:03:00.0]\n",
	  "line 2: unknown section [devices 0000:03:00.0]", NULL },
	{ "a section in upper case", "[Defaults]\n", "line 1: unknown section [Defaults]", NULL },
	{ "a device without an address", "[device]\n", "line 1: unknown section [device]", NULL },
	{ "a device with another name", "[device eth0]\n",
	  "line 1: [device eth0] names no PCI address", "write it like [device 0000:03:00.0]" },
	{ "a slot that does not exist", "[device 0000:03:20.0]\nprotect = yes\n",
	  "line 1: [device 0000:03:20.0] names no PCI address", NULL },
	{ "a section without its end", "[defaults\nballoon = warn\n",
	  "line 1: '[defaults' has no ']'", NULL },
	{ "a key beside its section", DEV "[device 0000:04:00.0] protect = yes\n",
	  "line 2: more than [device 0000:04:00.0] on the line", "write keys on lines of their own" },
	{ "a line that is nothing", "[defaults]\nballoon\npeers = require\n",
	  "line 2: neither a section nor KEY = VALUE", "write KEY = VALUE below a [section]" },
	{ "the first of two errors", "[defaults]\nnothing\nbaloon = warn\n",
	  "line 2: neither a section nor KEY = VALUE", NULL },
	{ "the first of two errors", "[defaults]\nbaloon = warn\nnothing\n",
	  "line 2: unknown key 'baloon' in [defaults]", NULL },
	{ "a key twice", "[defaults]\nballoon = warn\nballoon = warn\n",
	  "line 3: 'balloon' is given twice in [defaults]", "keep one of the two lines" },
	{ "a key twice in two sections of one device",
	  DEV "protect = yes\n[defaults]\n[device 03:00.0]\nprotect = no\n",
	  "line 5: 'protect' is given twice in [device 03:00.0]", NULL },
	{ "a section of 50 bytes", "\n[" LONG_49 "x]\nprotect = yes\n",
	  "line 2: a section name of more than 49 bytes", "name a device by its address" },
	{ "a section cut to a right one", "[" LONG_49 "1234567890]\nprotect = yes\n",
	  "line 1: a section name of more than 49 bytes", NULL },
	{ "a domain's name that libinih would cut",
	  "[domain a-name-of-forty-three-bytes-is-one-too-many]\nballoon = warn\n",
	  "line 1: a section name of more than 49 bytes", "name the domain by its UUID" },
	{ "no domain", "[domain  ]\n", "line 1: [domain  ] names no domain",
	  "write it like [domain vm], or with the UUID" },
	{ "a key twice for one domain",
	  "[domain " UUID "]\npeers = require\n[domain 4DEA22B31D52D8F32516782E98AB3FA0]\n"
	  "peers = detach\n",
	  "line 4: 'peers' is given twice in [domain 4DEA22B31D52D8F32516782E98AB3FA0]", NULL },
	{ "a device's key for a domain", "[domain vm]\nprotect = yes\n",
	  "line 2: unknown key 'protect' in [domain vm]",
	  "the keys of [domain vm] are balloon, memory, peers, timeout-write, timeout-group, "
	  "timeout-call" },
	{ "a name for an id", DEV "id = e1000e\n",
	  "line 2: 'e1000e' is not a value of 'id' in [device 0000:03:00.0]",
	  "write vendor and device like 8086:10d3" },
	{ "an id without its zeros", DEV "id = 8086:4f3\n",
	  "line 2: '8086:4f3' is not a value of 'id' in [device 0000:03:00.0]", NULL },
	{ "a line that libinih would split",
	  "[defaults]\nballoon = " LINE_150
	  "                                                  warn\n",
	  "line 2: the line is longer than 198 bytes", NULL },
	/* values */
	{ "no such policy", "[defaults]\nballoon = ignore\n",
	  "line 2: 'ignore' is not a value of 'balloon' in [defaults]",
	  "write refuse, inflated or warn" },
	{ "no such policy", "[defaults]\npeers = \n",
	  "line 2: '' is not a value of 'peers' in [defaults]", "write detach or require" },
	{ "a policy in quotes", "[defaults]\npeers = \"detach\"\n",
	  "line 2: '\"detach\"' is not a value of 'peers' in [defaults]", NULL },
	{ "a comment that is none", "[defaults]\npeers = require # x\n",
	  "line 2: 'require # x' is not a value of 'peers' in [defaults]", NULL },
	{ "no time at all", "[defaults]\ntimeout-call = 0\n",
	  "line 2: '0' is not a value of 'timeout-call' in [defaults]",
	  "write whole seconds from 1 to 3600" },
	{ "more than an hour", "[defaults]\ntimeout-call = 3601\n",
	  "line 2: '3601' is not a value of 'timeout-call' in [defaults]", NULL },
	{ "far more", "[defaults]\ntimeout-write = 99999999999999999999\n",
	  "line 2: '99999999999999999999' is not a value of 'timeout-write' in [defaults]", NULL },
	{ "time runs backwards", "[defaults]\ntimeout-group = -1\n",
	  "line 2: '-1' is not a value of 'timeout-group' in [defaults]", NULL },
	{ "a unit", "[defaults]\ntimeout-group = 10s\n",
	  "line 2: '10s' is not a value of 'timeout-group' in [defaults]", NULL },
	{ "half a second", "[defaults]\ntimeout-group = 0.5\n",
	  "line 2: '0.5' is not a value of 'timeout-group' in [defaults]", NULL },
	{ "an unknown kind", DEV "allow-in-use = network, usb\n",
	  "line 2: 'network, usb' is not a value of 'allow-in-use' in [device 0000:03:00.0]",
	  "write a list of network, display, input, block, sound, serial, compute and other" },
	{ "true is not yes", DEV "protect = true\n",
	  "line 2: 'true' is not a value of 'protect' in [device 0000:03:00.0]", "write yes or no" },
	{ "Yes is not yes", DEV "allow-critical = Yes\n",
	  "line 2: 'Yes' is not a value of 'allow-critical' in [device 0000:03:00.0]", NULL },
	{ "a unit without its type", DEV "stop-units = display-manager\n",
	  "line 2: 'display-manager' is not a value of 'stop-units' in [device 0000:03:00.0]",
	  "write systemd units with their type, such as display-manager.service or srv.mount; no "
	  "scope, slice or device" },
	{ "a command for a unit", DEV "stop-units = /usr/bin/true; reboot\n",
	  "line 2: '/usr/bin/true; reboot' is not a value of 'stop-units' in [device 0000:03:00.0]",
	  NULL },
	{ "an option for a unit", DEV "stop-units = --force.service\n",
	  "line 2: '--force.service' is not a value of 'stop-units' in [device 0000:03:00.0]", NULL },
	{ "what cannot be started again", DEV "stop-units = session-2.scope\n",
	  "line 2: 'session-2.scope' is not a value of 'stop-units' in [device 0000:03:00.0]", NULL },
	{ "a template", DEV "stop-units = getty@.service\n",
	  "line 2: 'getty@.service' is not a value of 'stop-units' in [device 0000:03:00.0]", NULL },
	{ "a unit twice", DEV "stop-units = a.service b.service a.service\n",
	  "line 2: 'a.service b.service a.service' is not a value of 'stop-units' in [device "
	  "0000:03:00.0]",
	  "write each of them once" },
	{ "units for all devices", "[defaults]\nstop-units = a.service\n",
	  "line 2: unknown key 'stop-units' in [defaults]", NULL },
	{ "a path for a module", DEV "unload-modules = ../nvidia\n",
	  "line 2: '../nvidia' is not a value of 'unload-modules' in [device 0000:03:00.0]",
	  "write names of kernel modules, such as nvidia_drm" },
	{ "an option for a module", DEV "unload-modules = -f\n",
	  "line 2: '-f' is not a value of 'unload-modules' in [device 0000:03:00.0]", NULL },
	{ "what has to stay", DEV "unload-modules = nvidia vfio-pci\n",
	  "line 2: 'nvidia vfio-pci' is not a value of 'unload-modules' in [device 0000:03:00.0]",
	  "write modules of the host's drivers: those of VFIO have to stay" },
	{ "a module twice", DEV "unload-modules = nvidia-drm nvidia_drm\n",
	  "line 2: 'nvidia-drm nvidia_drm' is not a value of 'unload-modules' in [device "
	  "0000:03:00.0]",
	  NULL },
	{ "which console", DEV "release-console = vtcon1\n",
	  "line 2: 'vtcon1' is not a value of 'release-console' in [device 0000:03:00.0]",
	  "write yes or no" },
	{ "an escape sequence", "[defaults]\nballoon = \x1b[m\n",
	  "line 2: '\\x1b[m' is not a value of 'balloon' in [defaults]", NULL },
};

static void test_bad(void)
{
	for (size_t i = 0; i < VH_COUNT(bad); i++) {
		_auto_error_ struct vh_error err = { 0 };
		_auto_free_ char *want = vh_printf("'conf' %s", bad[i].error);
		struct vh_config c = { .timeout_write = 4711 };
		int rc = vh_config_file_parse(&c, bad[i].text, "conf", &err);

		if (!ok(rc == -1 && err.code == VH_E_INPUT && vh_streq(err.what, want) &&
				(!bad[i].fix || vh_streq(err.fix, bad[i].fix)) &&
				c.timeout_write == 4711 && !c.devices,
			"refused: %s", bad[i].name))
			diag("have: %d %s | %s", rc, err.what, err.fix);
		if (rc == 0)
			vh_config_clear(&c);
	}
}

static void test_lookup(void)
{
	struct vh_config c;
	struct vh_pci_addr addr = { 0, 3, 0, 0 };
	struct vh_device_policy other;

	if (!ok(vh_config_file_parse(&c, DEV "protect = yes\nallow-in-use = block\n", "conf",
				     NULL) == 0,
		"a device's policy"))
		return;
	ok(vh_config_device(&c, &addr).protect &&
		   vh_config_device(&c, &addr).allow_in_use == VH_USE_BLOCK,
	   "is found");
	addr.function = 1;
	other = vh_config_device(&c, &addr);
	ok(!other.protect && !other.allow_in_use && !vh_pci_cmp(&other.addr, &addr),
	   "and allows nothing to its neighbour");
	vh_config_clear(&c);
	ok(!c.devices && !c.n_devices, "cleared");
}

/* --- domains ------------------------------------------------------------------------------- */

static const struct {
	const char *name, *uuid, *want;
	bool tight;
} effective[] = {
	{ "vm", NULL, "balloon warn timeouts 30000 20000 60000", false },
	{ "vm", UUID, "peers require timeouts 30000 20000 7000", false },
	{ "other", UUID, "peers require timeouts 30000 10000 7000", false },
	{ "other", "b0000000-0000-0000-0000-000000000002", "balloon inflated", false },
	{ "VM", NULL, "balloon inflated", false },
	{ UUID, NULL, "balloon inflated", false }, /* a name is no UUID */
	{ "tight", NULL, "balloon inflated peers require", true },
	{ "loose", NULL, "balloon inflated peers require", true },
};

static void test_domains(void)
{
	static const char text[] = "[domain " UUID "]\nballoon = refuse\npeers = require\n"
				   "timeout-call = 7\n[defaults]\nballoon = inflated\n"
				   "[domain vm]\nballoon = warn\ntimeout-group = 20\n"
				   "[domain loose]\npeers = detach\n" DEV "protect = yes\n";
	struct vh_config c;

	if (!ok(vh_config_file_parse(&c, text, "conf", NULL) == 0, "sections of domains"))
		return;
	for (size_t i = 0; i < VH_COUNT(effective); i++) {
		struct vh_domain d = {
			.name = (char *)effective[i].name,
			.uuid = (char *)effective[i].uuid,
			.policy.require_peers = effective[i].tight,
		};
		struct vh_config e = vh_effective_for(&c, d.name, d.uuid, d.policy.require_peers);
		_auto_free_ char *want = NULL, *have = NULL;

		want = vh_printf("%s 0000:03:00.0 protect", effective[i].want);
		have = show(&e);
		if (!ok(!strcmp(have, want), "what holds for '%s' %s", d.name, d.uuid ? d.uuid : ""))
			diag("have: %s", have);
	}
	vh_config_clear(&c);
}

/* --- the file ---------------------------------------------------------------------------- */

static bool read_file(const struct vh_root *root, const char *want, struct vh_error *err)
{
	struct vh_config c = { 0 };
	_auto_free_ char *have = NULL;

	if (vh_config_file_read(&c, root, err) < 0)
		return false;
	have = show(&c);
	vh_config_clear(&c);
	if (strcmp(have, want))
		diag("have: %s", have);
	return !strcmp(have, want);
}

/* Replaces the file by `len` times `c`, behind `head`. */
static bool write_bytes(const struct vh_root *root, const char *head, char c, size_t len)
{
	_auto_free_ char *bytes = vh_alloc(len);
	_auto_close_ int fd = -1;

	fake_put(root, VH_CONFIG_PATH, "%s", head);
	fd = openat(root->fd, VH_CONFIG_PATH, O_WRONLY | O_APPEND | O_CLOEXEC);
	memset(bytes, c, len);
	return fd >= 0 && write(fd, bytes, len) == (ssize_t)len;
}

static void test_file(void)
{
	char dir[] = "/tmp/vfio-hook-t-config.XXXXXX";
	struct vh_root root;
	struct vh_error err = { 0 };

	if (!ok(mkdtemp(dir) && vh_root_open_tree(&root, dir, NULL) == 0, "a tree"))
		return;
	ok(read_file(&root, "", &err), "no file is the defaults");
	fake_put(&root, VH_CONFIG_PATH, "[defaults]\npeers = require\n");
	ok(read_file(&root, "peers require", &err), "a file");
	fake_put(&root, VH_CONFIG_PATH, "[defaults]\nbaloon = warn\n");
	ok(!read_file(&root, "", &err) && err.code == VH_E_INPUT &&
		   vh_streq(err.what, "'/etc/libvirt/vfio-hook.conf' line 2: unknown key 'baloon' in "
				      "[defaults]"),
	   "an invalid file is named with its line");
	ok(write_bytes(&root, "[defaults]\n#", ' ', 256 << 10) && !read_file(&root, "", &err) &&
		   vh_streq(err.what, "'/etc/libvirt/vfio-hook.conf' is longer than 256 KiB"),
	   "a file too long is not read in part");
	ok(write_bytes(&root, "", 0, 100) && !read_file(&root, "", &err) &&
		   vh_streq(err.what, "'/etc/libvirt/vfio-hook.conf' holds NUL bytes"),
	   "a file of NULs is not an empty one");
	ok(write_bytes(&root, "[defaults]\npeers = require\n", 0, 1) && !read_file(&root, "", &err),
	   "nor is one that ends in one");
	fake_remove(&root, "etc");
	fake_mkdirs(&root, VH_CONFIG_PATH);
	ok(!read_file(&root, "", &err) && err.code == VH_E_SYS && err.sys != 0,
	   "what cannot be read is not the defaults");
	vh_error_clear(&err);
	fake_remove(&root, "etc");
	vh_root_close(&root);
	ok(rmdir(dir) == 0, "cleaned up");
}

int main(void)
{
	test_good();
	test_bad();
	test_lookup();
	test_domains();
	test_file();
	return tap_done();
}
