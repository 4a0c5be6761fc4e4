/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-fixes - what a finding tells to type is run in shells, with a stub for every command: each
 * setting (what of a host or a domain makes the line, and where a name stands in it) once with a
 * plain name, and then with each of those that a shell would take apart. The stub has to get the
 * same arguments, with the whole name in the place of the plain one. t-fix-words holds that every
 * command which the sources can write with a name in it is in the table of those that are run.
 */
#include <unistd.h>

#include "lib/base/printable.h"
#include "lib/base/strbuf.h"
#include "lib/decide/rules/rule-table.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"
#include "tests/unit/fix-commands.h"

#define PLAIN "plainname"
#define UUID "11111111-2222-4333-8444-555566667777"

/* Which names can stand there at all. */
enum allowed {
	A_FILE,   /* all */
	A_LINE,   /* none with a newline */
	A_IFNAME, /* net/core/dev.c:dev_valid_name() */
	A_XML,
	A_LVM,
};

#define SIXTY "sixty characters make a name that a message would cut, here "

static const char *const names[] = {
	PLAIN, /* the first: what the others are compared with */
	"two words",  "it's",
	"\"quoted\"", "$(id)",
	"`id`",       "a;b&c|d",
	"*?[a]",      "~",
	"#none",      "back\\slash",
	"\\040\\x2d", "$HOME",
	"new\nline",  "ends with one\n",
	"tab\there",  "\033[1m",
	"f\303\274r", "\342\200\256",
	"\377",       "-rf",
	"--",         "=x",
	"'",          "(x)",
	"!x\n%s",     " ",
	"x ",         "a{b,c}d",
	"up",         "7",
	"a.b+c_d",    SIXTY SIXTY SIXTY SIXTY,
};

/* --- where names stand -------------------------------------------------------------------------- */

#define FN "@0000:01:00.0/"
#define AT FN "host0/target0:0:0/0:0:0:0/block/sda"
#define VIRTUAL(name, number)                                                                     \
	"f sys/devices/virtual/block/" name "/dev\t" number "\nd sys/devices/virtual/block/" name \
	"/holders\nl sys/class/block/" name "\tsys/devices/virtual/block/" name "\n"
#define DISK                                                                                \
	"pci 0000:01:00.0 class=010700 id=1000:0097 group=2 driver=mpt3sas\n"               \
	"f " AT "/dev\t8:0\nf " AT "/size\t9\nd " AT "/holders\nl sys/class/block/sda\t" AT \
	"\nf dev/sda\tfree\nf proc/self/mountinfo\t20 1 9:9 / / rw - ext4 /dev/other rw\n"  \
	"f proc/swaps\tFilename\n"
#define DM DISK VIRTUAL("dm-0", "253:0") "l " AT "/holders/dm-0\tsys/devices/virtual/block/dm-0\n"
#define DM_NAME "sys/devices/virtual/block/dm-0/dm/name\t%s\n"
#define DM_UUID "sys/devices/virtual/block/dm-0/dm/uuid\t"
#define NIC                                                               \
	"pci 0000:01:00.0 class=020000 id=8086:1521 group=2 driver=igb\n" \
	"f proc/self/mountinfo\t20 1 9:9 / / rw - ext4 /dev/other rw\nf proc/swaps\t-\n"
#define PORT(name) "sys/devices/pci0000:01/0000:01:00.0/net/" name "/"
#define FCOE_DISK(name) PORT(name) "ctlr_0/host9/target9:0:0/9:0:0:0/block/sdg/"
#define UP PORT("%s") "flags\t0x1003\n", PORT("%s") "ifindex\t3\n"
#define CARD                                                                 \
	"pci 0000:01:00.0 class=030000 id=1234:5678 group=2 driver=amdgpu\n" \
	"f " FN "drm/card0/dev\t226:0\nf proc/self/mountinfo\t-\n"           \
	"l proc/7/fd/7\t/dev/dri/card0\n"
#define STAT(comm) "proc/7/stat\t7 (" comm ") S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n"
#define QUIET "pci 0000:01:00.0 class=040100 id=8086:1521 group=2\n"
#define MOUNTED "proc/self/mountinfo\t21 20 8:0 / /mnt rw - ext4 /dev/sda rw\n"
#define HOOKS "etc/libvirt/hooks/"

struct setting {
	const char *name, *machine;
	enum allowed allowed;
	/* PATH TAB TEXT, or PATH TAB -> TARGET; %s: the name; %o, %x: as mountinfo and udev write
	 * it, %e: as XML does */
	const char *files[5];
	void (*spoil)(struct vh_domain *d, const char *name);
	const char *prose; /* that is all there is: nothing to be run with the name */
	bool whole;        /* the host is judged, without a domain */
};

/* A domain of that name, with too little memory, and a balloon. */
static void make_large(struct vh_domain *d, const char *name)
{
	free(d->name);
	d->name = vh_strdup(name);
	d->memory_kib = d->current_kib = d->memory.total_kib = 8ull << 30;
	d->memory.hard_limit_kib = 1024;
	d->balloon = VH_BALLOON_PRESENT;
}

static const struct setting settings[] = {
	{ "a mount", DISK, A_FILE,
	  .files = { "proc/self/mountinfo\t21 20 8:0 / /mnt/%o rw - ext4 /dev/sda rw\n" } },
	{ "mounts, one in the other", DISK, A_FILE,
	  .files = { "proc/self/mountinfo\t21 20 8:0 / /m/%o rw - ext4 /dev/sda rw\n"
		     "22 21 0:9 / /m/%o/in/%o rw - tmpfs none rw\n" } },
	{ "mounts in another namespace", DISK, A_FILE,
	  .files = { STAT("x"), "dev/sda\theld\n",
		     "proc/7/mountinfo\t21 20 8:0 / /m/%o rw - ext4 /dev/sda rw\n"
		     "22 21 0:9 / /m/%o/in rw - tmpfs none rw\n" } },
	{ "a swap file", DISK, A_FILE, .files = { "proc/swaps\tFilename\n/mnt/%o file\n", MOUNTED } },
	{ "swap by a name", DM, A_FILE,
	  .files = { "proc/swaps\tFilename\n/dev/mapper/%o x\n", DM_NAME } },
	{ "the file of a loop", DISK, A_FILE,
	  .files = { MOUNTED, "sys/block/loop0/loop/backing_file\t/mnt/%s\n" }, .prose = "losetup" },
	{ "dm-crypt", DM, A_FILE, .files = { DM_NAME, DM_UUID "CRYPT-x\n" } },
	{ "dm", DM, A_FILE, .files = { DM_NAME } },
	{ "multipath", DM, A_FILE, .files = { DM_NAME, DM_UUID "mpath-x\n" } },
	{ "LVM", DM, A_LVM,
	  .files = { "sys/devices/virtual/block/dm-0/dm/name\t%s-lv\n", DM_UUID "LVM-x\n" } },
	{ "md", DISK, A_FILE, .files = { AT "/holders/md_%s\t" } },
	{ "ZFS", DISK, A_FILE,
	  .files = { "run/udev/data/b8:0\tI:1\nE:ID_FS_LABEL_ENC=%x\nE:ID_FS_TYPE=zfs_member\n",
		     "dev/sda\theld\n" } },
	{ "LIO", DISK, A_FILE,
	  .files = { "sys/kernel/config/target/core/iblock_0/%s/udev_path\t/dev/sda\n" } },
	{ "LIO, a file", DISK, A_FILE,
	  .files = { MOUNTED, "sys/kernel/config/target/core/fileio_0/%s/udev_path\t/mnt/f\n" } },
	{ "LIO, passed on", DISK, A_FILE,
	  .files = { "sys/kernel/config/target/core/pscsi_0/%s/udev_path\t/dev/sda\n" } },
	{ "the NVMe target", DISK, A_FILE,
	  .files = { "sys/kernel/config/nvmet/subsystems/%s/namespaces/1/device_path\t/dev/sda\n" } },
	{ "a cache of bcache", DISK, A_FILE, .files = { AT "/bcache/set\t-> sys/fs/bcache/%s" } },
	{ "a share", NIC "f routes\t254 10.8.0.0/24 - eth0\nf " FN "net/eth0/flags\t0x1003\n", A_FILE,
	  .files = { "proc/self/mountinfo\t30 1 0:44 / /mnt/%o rw - nfs4 s:/ rw,addr=10.8.0.9\n" } },

	{ "an interface that is up", NIC, A_IFNAME,
	  .files = { UP, "routes\t254 10.8.0.0/24 - %s\n" } },
	{ "the default route", NIC, A_IFNAME,
	  .files = { UP, "routes\t254 0.0.0.0/0 10.8.0.1 %s\n" } },
	{ "an interface of NetworkManager", NIC "f run/NetworkManager/devices/3\tmanaged=true\n",
	  A_IFNAME, .files = { UP, "routes\t254 10.8.0.0/24 - %s\n" } },
	{ "a port of a bridge", NIC "f routes\t-\n", A_IFNAME,
	  .files = { UP, PORT("%s") "master\t-> sys/devices/virtual/net/br0" } },
	{ "a port of Open vSwitch", NIC "f routes\t-\n", A_IFNAME,
	  .files = { UP, PORT("%s") "master\t-> sys/devices/virtual/net/ovs-system" } },
	{ "Fibre Channel over it", NIC "f routes\t-\n", A_IFNAME,
	  .files = { UP, FCOE_DISK("%s") "dev\t8:96\n", "sys/block/sdg\t-> " FCOE_DISK("%s"),
		     "sys/class/block/sdg\t-> " FCOE_DISK("%s") } },
	{ "a VLAN on it", NIC "f routes\t-\nf " FN "net/eth0/flags\t0x1003\n", A_IFNAME,
	  .files = { PORT("eth0") "upper_%s\t-> sys/devices/virtual/net/%s",
		     "sys/devices/virtual/net/%s/flags\t0x1003\n",
		     "sys/class/net/%s\t-> sys/devices/virtual/net/%s" } },

	{ "a service", CARD, A_LINE,
	  .files = { STAT("x"), "proc/7/cgroup\t0::/system.slice/%s.service\n" } },
	{ "a container", CARD, A_LINE,
	  .files = { STAT("x"), "proc/7/cgroup\t0::/docker-%s.scope\n" } },
	{ "a container of podman", CARD, A_LINE,
	  .files = { STAT("x"), "proc/7/cgroup\t0::/libpod-%s.scope\n" } },
	{ "a container of a user", CARD, A_LINE,
	  .files = { STAT("x"), "proc/7/cgroup\t0::/user.slice/user-5.slice/u/libpod-%s.scope\n" } },
	{ "a container of Kubernetes", CARD, A_LINE,
	  .files = { STAT("x"), "proc/7/cgroup\t0::/crio-%s.scope\n" } },
	{ "a machine", CARD, A_FILE,
	  .files = { STAT("x"), "proc/7/cgroup\t0::/machine-%x.scope\n" } },
	{ "a container of LXC", CARD, A_LINE,
	  .files = { STAT("x"), "proc/7/cgroup\t0::/lxc.payload.%s/x\n" },
	  .prose = "stop the container" },
	{ "a process", CARD, A_FILE, .files = { STAT("%s") }, .prose = "end process 7" },
	{ "a guest by its scope", CARD, A_FILE,
	  .files = { STAT("qemu-kvm"), "proc/7/cgroup\t0::/machine-qemu\\x2d3\\x2d%x.scope\n" } },
	{ "a guest by its status", CARD, A_XML,
	  .files = { STAT("qemu-kvm"),
		     "run/libvirt/qemu/a.xml\t<domstatus pid='7'><domain><name>%e</name>"
		     "<uuid>" UUID "</uuid></domain></domstatus>\n" } },
	{ "a guest with a mediated device", CARD, A_XML,
	  .files = { FN UUID "/mdev_type/name\tx\n",
		     "run/libvirt/qemu/a.xml\t<domstatus pid='7'><domain><name>%e</name><uuid>" UUID
		     "</uuid><devices><hostdev type='mdev'><source><address uuid='" UUID
		     "'/></source></hostdev></devices></domain></domstatus>\n" } },

	{ "the domain, too large",
	  QUIET "f proc/meminfo\tMemTotal: 9000 kB\\nMemAvailable: 9000 kB\n", A_FILE,
	  .spoil = make_large },
	{ "a driver on a bridge",
	  QUIET "pci 0000:01:01.0 class=060400 id=8086:1901 header=01 group=2\n"
		"f proc/sys/kernel/osrelease\t6.1\n",
	  A_FILE,
	  .files = { "sys/devices/pci0000:01/0000:01:01.0/driver\t-> sys/bus/pci/drivers/%s",
		     "sys/bus/pci/drivers/%s/bind\t" } },
	{ "the kernel's release", QUIET "d lib/modules\n", A_LINE,
	  .files = { "proc/sys/kernel/osrelease\t%s\n",
		     "lib/modules/%s/modules.dep\tkernel/vfio-pci.ko:\n" } },
	{ "a file that forbids vfio-pci", QUIET, A_FILE,
	  .files = { "proc/sys/kernel/osrelease\t6.1\n",
		     "lib/modules/6.1/modules.dep\tkernel/vfio-pci.ko:\n",
		     "lib/modules/6.1/modules.alias\t-\n",
		     "etc/modprobe.d/%s.conf\tinstall vfio-pci /bin/false\n" },
	  .prose = "remove the line" },
	{ "a second link to the hook", QUIET, A_FILE,
	  .files = { "usr/sbin/vfio-hook-qemu\t\177ELF",
		     HOOKS "qemu.d/a%s\t-> usr/sbin/vfio-hook-qemu",
		     HOOKS "qemu.d/0\t-> usr/sbin/vfio-hook-qemu" },
	  .whole = true },
};

/* --- one setting with one name ------------------------------------------------------------------- */

static bool all_in(const char *name, const char *chars)
{
	return !name[strspn(name, chars)];
}

static bool is_possible(enum allowed a, const char *name)
{
	_auto_free_ char *line = vh_printable_line(name);

	switch (a) {
	case A_FILE:
		break;
	case A_LINE:
		return !strchr(name, '\n');
	case A_IFNAME:
		return strlen(name) < 16 && !strpbrk(name, "/: \t\n\v\f\r");
	case A_XML: /* libvirt takes no others; blanks at the ends are lost in no place */
		return !strcmp(line, name);
	case A_LVM:
		return *name != '-' && all_in(name, "abcdefghijklmnopqrstuvwxyz0123456789+_.");
	}
	return true;
}

static void add_escaped(struct vh_strbuf *to, const char *name, char how)
{
	for (const char *p = name; *p; p++) {
		if ((*p >= 'a' && *p <= 'z') || (how == 'o' && *p == '-'))
			vh_strbuf_add_mem(to, p, 1);
		else
			vh_strbuf_addf(to, how == 'o' ? "\\%03o" : "\\x%02x", (unsigned char)*p);
	}
}

static void add_xml(struct vh_strbuf *to, const char *name)
{
	for (const char *p = name; *p; p++) {
		if (strchr("<>&'\" ", *p))
			vh_strbuf_addf(to, "&#%d;", *p);
		else
			vh_strbuf_add_mem(to, p, 1);
	}
}

static char *with_name(const char *template, const char *name)
{
	struct vh_strbuf sb = { 0 };

	vh_strbuf_add(&sb, "");
	for (const char *p = template; *p; p++) {
		if (*p == '@')
			vh_strbuf_add(&sb, "sys/bus/pci/devices/");
		else if (*p != '%')
			vh_strbuf_add_mem(&sb, p, 1);
		else if (*++p == 's')
			vh_strbuf_add(&sb, name);
		else if (*p == 'e')
			add_xml(&sb, name);
		else
			add_escaped(&sb, name, *p);
	}
	return vh_strbuf_steal(&sb);
}

static void put_files(const struct vh_root *root, const struct setting *s, const char *name)
{
	for (size_t i = 0; i < VH_COUNT(s->files) && s->files[i]; i++) {
		const char *tab = strchr(s->files[i], '\t');
		_auto_free_ char *template = vh_strndup(s->files[i], (size_t)(tab - s->files[i]));
		_auto_free_ char *path = with_name(template, name);
		_auto_free_ char *text = with_name(tab + 1, name);

		if (vh_has_prefix(text, "-> "))
			fake_link(root, path, text + 3);
		else
			fake_put(root, path, "%s", text);
	}
}

/* All that is found, as `check` finds it. */
static void judge(const struct setting *s, const char *name, struct vh_findings *ret)
{
	_auto_(scratch) struct scratch *tree = scratch_new(s->machine);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, "0000:01:00.0");
	struct vh_config config = { 0 };
	struct vh_case_ask ask = { .root = &tree->root,
				   .domain = s->whole ? NULL : d,
				   .whole = s->whole,
				   .deadline = INT64_MAX };
	_auto_(vh_plan) struct vh_plan *plan = NULL;
	_auto_case_ struct vh_case c = { 0 };

	put_files(&tree->root, s, name);
	if (s->spoil)
		s->spoil(d, name);
	vh_config_defaults(&config);
	ask.config = &config;
	VH_IGNORE(vh_case_read(&c, &ask, NULL)); /* only what acts fails */
	if (c.host && !s->whole) {
		plan = vh_plan_make(d, c.host, &config);
		c.plan = plan;
	}
	if (c.host)
		vh_rule_table_run(&c,
				  s->whole ? VH_SCOPE_HOST
					   : VH_SCOPE_DEVICE | VH_SCOPE_DOMAIN | VH_SCOPE_POLICY,
				  ret);
	vh_config_clear(&config);
}

/* --- the shell ------------------------------------------------------------------------------------ */

static bool seen[VH_COUNT(fix_commands)]; /* with a name */

/* It names a device, and stands there where the name can be that of a unit. */
static bool is_handover(const char *command)
{
	return command && vh_has_prefix(command, "vfio-hook handover ");
}

/* A redirection becomes an argument. */
static void add_line(struct vh_strbuf *script, const char *line)
{
	const char *command = fix_command_in(line), *to;

	if (!command || is_handover(command))
		return;
	to = vh_has_prefix(command, "echo ") ? strstr(command, " > ") : NULL;
	if (to)
		vh_strbuf_addf(script, "said %.*s %s\n", (int)(to - command), command, to + 3);
	else
		vh_strbuf_addf(script, "said %s\n", command);
}

static void add_fixes(struct vh_strbuf *script, const struct vh_findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		_auto_free_ char *copy = vh_strdup(f->list[i].fix);
		char *rest = copy, *line;

		while ((line = strsep(&rest, "\n")))
			add_line(script, line);
	}
	vh_strbuf_add(script, "said\n");
}

/* Nothing that is not a builtin can be run. Each call: the number of arguments, and these. */
static const char prelude[] =
	"PATH=/nonexistent\n"
	"said() { printf '%d\\0' $#; for a in \"$@\"; do printf '%s\\0' \"$a\"; done; }\n"
	"for c in restorecon virsh umount systemctl modprobe; do eval \"$c() { said $c \\\"\\$@\\\"; }\"\n"
	"done\n";

static void run(const char *shell, const struct vh_strbuf *script, struct vh_strbuf *ret)
{
	char path[] = "/tmp/t-fixes.XXXXXX";
	_auto_close_ int fd = mkstemp(path);
	_auto_free_ char *command = vh_printf("%s %s 2>&1", shell, path);
	FILE *f;

	if (fd < 0 || vh_write_all(fd, prelude, strlen(prelude)) < 0 ||
	    vh_write_all(fd, script->data, script->len) < 0 || !(f = popen(command, "r")))
		abort();
	ok(vh_strbuf_read_fd(ret, fileno(f), 1 << 24) == 0 && pclose(f) == 0, "%s runs", shell);
	unlink(path);
}

/* One call; without arguments: the end of a setting. */
struct call {
	const char *args[12];
	size_t count;
};

static struct call next_call(const struct vh_strbuf *from, size_t *at)
{
	struct call c = { .count = 0 };
	uint64_t n = 0;

	for (size_t i = 0; *at < from->len && (!i || i <= n); i++) {
		const char *word = from->data + *at;

		*at += strlen(word) + 1;
		if (!i)
			VH_IGNORE(vh_parse_uint(word, 10, VH_COUNT(c.args), &n)); /* 0 is the end */
		else
			c.args[c.count++] = word;
	}
	return c;
}

/* --- what the stub gets ---------------------------------------------------------------------------- */

/* The argument of the plain name with the other one in its place. */
static bool is_as(const char *plain, const char *name, const char *arg, const char *command)
{
	const char *at;
	struct vh_strbuf sb = { 0 };
	bool same;

	if (strstr(plain, PLAIN) && !strcmp(command, "virsh") && !strcmp(arg, UUID))
		return true; /* the name would be taken for something else */
	if (strstr(plain, PLAIN) && !strcmp(arg, VM1) && strcmp(name, arg) != 0)
		return true;
	vh_strbuf_add(&sb, "");
	while ((at = strstr(plain, PLAIN))) {
		vh_strbuf_add_mem(&sb, plain, (size_t)(at - plain));
		vh_strbuf_add(&sb, name);
		plain = at + strlen(PLAIN);
	}
	vh_strbuf_add(&sb, plain);
	same = !strcmp(sb.data, arg);
	vh_strbuf_clear(&sb);
	return same;
}

/* What keeps a name from being an option or a keyword may stand before it. */
static bool is_guard(const struct call *c, size_t i)
{
	return i + 1 < c->count && (!strcmp(c->args[i], "--") ||
				    (!strcmp(c->args[i], "dev") && !strcmp(c->args[0], "ip")));
}

static bool is_same(const struct call *plain, const struct call *c, const char *name)
{
	size_t k = 0;

	for (size_t i = 0; i < plain->count; i++, k++) {
		if (k < c->count && strcmp(plain->args[i], c->args[k]) != 0 && is_guard(c, k))
			k++;
		if (k >= c->count || !is_as(plain->args[i], name, c->args[k], c->args[0]))
			return false;
		for (size_t n = 0; n < VH_COUNT(fix_commands); n++)
			seen[n] |= strstr(plain->args[i], PLAIN) &&
				   !strcmp(plain->args[0], fix_commands[n].name);
	}
	return k == c->count;
}

static void show(const struct call *c)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < c->count; i++) {
		_auto_free_ char *line = vh_printable_line(c->args[i]);

		vh_strbuf_addf(&sb, " [%s]", line);
	}
	diag("%s", sb.data ? sb.data : "no more");
}

/* ovs-vsctl and nmcli have no way to name what begins with '-': there is no line, or another one. */
static bool is_impossible(const struct call *plain, const char *name)
{
	return *name == '-' && plain->count &&
	       (!strcmp(plain->args[0], "ovs-vsctl") || !strcmp(plain->args[0], "nmcli"));
}

static void compare(const struct setting *s, const char *name, const char *shell,
		    const struct vh_strbuf *said, size_t plain_at, size_t *at)
{
	_auto_free_ char *shown = vh_printable_line(name);
	bool named = s->prose, same = true, end = false;

	while (!end) {
		struct call plain = next_call(said, &plain_at);
		struct call have;

		if (is_impossible(&plain, name) && !strcmp(plain.args[0], "ovs-vsctl")) {
			plain = next_call(said, &plain_at);
			named = true;
		}
		have = next_call(said, at);
		for (size_t i = 0; i < plain.count; i++)
			named |= strstr(plain.args[i], PLAIN) != NULL;
		if (same && !is_same(&plain, &have, name) && !is_impossible(&plain, name)) {
			same = false;
			show(&plain);
			show(&have);
		}
		while (!plain.count && have.count) /* to where both end */
			have = next_call(said, at);
		end = !have.count;
	}
	ok(same && named, "%s, %s: %.20s", shell, s->name, shown);
}

/* Every line can be shown as it is, and a name makes no more of them. */
static void look_at_text(const struct setting *s, const char *name, const struct vh_findings *f,
			 size_t *lines)
{
	size_t n = 0;
	bool shows = true, prose = !s->prose;

	for (size_t i = 0; i < f->count; i++) {
		_auto_free_ char *copy = vh_strdup(f->list[i].fix);
		char *rest = copy, *line;

		while ((line = strsep(&rest, "\n"))) {
			_auto_free_ char *safe = vh_printable_line(line);

			shows &= !strcmp(safe, line);
			prose |= s->prose && strstr(line, s->prose);
			n += !is_handover(fix_command_in(line));
		}
	}
	if (!*lines)
		*lines = n;
	if (!shows || !prose || (n != *lines && *name != '-'))
		ok(false, "%s: the text with '%s', %zu lines", s->name, name, n);
}

/* The lines of every setting with every name: they are judged once, and run in each shell. */
static struct vh_strbuf scripts[VH_COUNT(settings)][VH_COUNT(names)];

static void judge_all(void)
{
	for (size_t i = 0; i < VH_COUNT(settings); i++) {
		size_t lines = 0;

		for (size_t k = 0; k < VH_COUNT(names); k++) {
			_auto_findings_ struct vh_findings found = { 0 };

			if (!is_possible(settings[i].allowed, names[k]))
				continue;
			judge(&settings[i], names[k], &found);
			look_at_text(&settings[i], names[k], &found, &lines);
			add_fixes(&scripts[i][k], &found);
		}
	}
}

static bool is_for(const char *name, const struct vh_strbuf *script, bool knows_ansi)
{
	return script->len && (knows_ansi || name[strlen(name) - 1] != '\n');
}

static void test_shell(const char *shell, bool knows_ansi)
{
	_auto_strbuf_ struct vh_strbuf script = { 0 }, said = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < VH_COUNT(settings); i++)
		for (size_t k = 0; k < VH_COUNT(names); k++)
			if (is_for(names[k], &scripts[i][k], knows_ansi))
				vh_strbuf_add(&script, scripts[i][k].data);
	run(shell, &script, &said);
	for (size_t i = 0; i < VH_COUNT(settings); i++) {
		size_t plain = at;

		for (size_t k = 0; k < VH_COUNT(names); k++)
			if (is_for(names[k], &scripts[i][k], knows_ansi))
				compare(&settings[i], names[k], shell, &said, plain, &at);
	}
}

/* The rest of the table is what a tree cannot make, or has no names. */
static void test_all_run(void)
{
	for (size_t i = 0; i < VH_COUNT(fix_commands); i++)
		if (fix_commands[i].named && !seen[i])
			ok(false, "%s was run with a name", fix_commands[i].name);
}

int main(void)
{
	judge_all();
	test_shell("sh", false);
	test_shell("bash", true);
	test_all_run();
	for (size_t i = 0; i < VH_COUNT(settings); i++)
		for (size_t k = 0; k < VH_COUNT(names); k++)
			vh_strbuf_clear(&scripts[i][k]);
	return tap_done();
}
