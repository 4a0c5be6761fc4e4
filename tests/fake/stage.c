/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stage - see stage.h. */
#include "tests/fake/stage.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "tests/fake/fake-tree.h"
#include "tests/tap.h"

static const char machine[] =
	"pci 0000:00:01.0 class=060400 id=8086:1901 group=1 driver=pcieport\n"
	"pci 0000:01:00.0 class=010802 id=144d:a808 group=2 driver=nvme parent=0000:00:01.0\n"
	"pci 0000:01:00.1 class=040300 id=8086:a348 group=2 driver=snd_hda_intel "
	"parent=0000:00:01.0\n"
	"pci 0000:01:00.2 class=0c0330 id=8086:a36d group=2 driver=xhci_hcd parent=0000:00:01.0\n"
	"pci 0000:01:00.3 class=010601 id=8086:a352 group=2 driver=ahci parent=0000:00:01.0\n"
	"pci 0000:00:02.0 class=060400 id=8086:1901 group=3 driver=pcieport\n"
	"pci 0000:02:00.0 class=020000 id=8086:1521 group=3 driver=igb parent=0000:00:02.0\n"
	"pci 0000:00:03.0 class=060400 id=8086:1901 group=20 driver=pcieport\n"
	"pci 0000:03:00.0 class=020000 id=8086:1521 group=4 driver=igb parent=0000:00:03.0\n"
	"pci 0000:03:00.1 class=020000 id=8086:1521 group=4 driver=pci-stub override=pci-stub "
	"probes=igb parent=0000:00:03.0\n"
	"pci 0000:03:00.2 class=110000 id=8086:0001 group=4 parent=0000:00:03.0\n"
	"pci 0000:04:00.0 class=010802 id=144d:a808 group=5 probes=nvme\n"
	"pci 0000:05:00.0 class=010802 id=144d:a808 group=6 driver=nvme override=nvme\n"
	"pci 0000:05:00.1 class=040300 id=8086:a348 group=6 driver=snd_hda_intel "
	"override=snd_hda_intel\n"
	"pci 0000:06:00.0 class=020000 id=8086:1521 group=7 driver=vfio-pci override=vfio-pci "
	"probes=igb\n"
	"pci 0000:06:00.1 class=020000 id=8086:1521 group=7 driver=igb\n"
	"pci 0000:07:00.0 class=0c0330 id=1b21:2142 group=8 driver=xhci_hcd\n"
	"pci 0000:07:00.1 class=040300 id=10de:10f0 group=8 driver=nvidia probes=nouveau,nvidia\n"
	"pci 0000:00:1a.0 class=0c0320 id=8086:1c26 group=9 driver=ehci-pci\n"
	"pci 0000:00:1a.1 class=110000 id=8086:0002 group=9\n"
	"pci 0000:00:1a.2 class=0c0500 id=8086:0003 group=9\n"
	"pci 0000:08:00.0 class=020000 id=8086:1521 group=10 driver=igb\n"
	"pci 0000:08:00.1 class=010802 id=144d:a808 group=11 driver=nvme\n"
	"pci 0000:09:00.0 class=020000 id=8086:1521 group=12 driver=igb override=nobody\n"
	"pci 0000:09:00.1 class=040300 id=8086:a348 group=12 driver=snd_hda_intel override=nobody\n"
	"pci 0000:0a:00.0 class=030000 id=1002:73bf group=13 driver=amdgpu vga=1\n"
	"pci 0000:0a:00.1 class=040300 id=1002:ab28 group=13 driver=snd_hda_intel\n"
	"pci 0000:0b:00.0 class=020000 id=8086:1521 group=14 driver=igb totalvfs=7 numvfs=1\n"
	"pci 0000:0b:10.0 class=020000 id=8086:1520 group=15 driver=igbvf physfn=0000:0b:00.0\n"
	"f @0000:0b:00.0/net/eth1/flags\t0x1003\n"
	"f @0000:0b:10.0/net/eth2/flags\t0x1002\n"
	"f @0000:0b:10.0/net/eth2/address\t02:00:00:00:01:00\n"
	"f @0000:0a:00.0/drm/card0/dev\t226:0\n"
	"f @0000:0a:00.0/graphics/fb0/dev\t29:0\n"
	"f @0000:01:00.0/nvme/nvme0/model\tnothing\n"
	"f @0000:02:00.0/net/eth0/flags\t0x1002\n"
	"f proc/self/mountinfo\t26 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	"f proc/swaps\tFilename\n"
	"f proc/net/route\tIface\n"
	"f proc/cpuinfo\tvendor_id\t: GenuineIntel\n"
	"f proc/cmdline\tro intel_iommu=on\n"
	"f proc/sys/kernel/osrelease\t6.1.0\n"
	"f lib/modules/6.1.0/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n"
	"f lib/modules/6.1.0/modules.alias\talias x y\n"
	"d sys/class/iommu/dmar0\n";

const struct stage_scene stage_scenes[] = {
	{ "one device", ALONE },
	{ "one of four functions", FOUR "0" },
	{ "two of four functions", FOUR "1 " FOUR "3" },
	{ "pci-stub and driverless peers", MIXED "0" },
	{ "no driver", IDLE },
	{ "overrides", PINNED "0" },
	{ "overrides of other drivers", LOCKED "0" },
	{ "on vfio-pci before", READY "0" },
	{ "unmanaged", "!" READY "0" },
	{ "two drivers for a peer", TWO "0" },
	{ "two groups", ALONE " " TWO "0" },
	{ "a desktop", DESKTOP "0" },
	{ "an interface", "@" VF },
};
const size_t stage_n_scenes = VH_COUNT(stage_scenes);

int stage_stride(void)
{
	if (tap_under_valgrind())
		return 14;
	if (getenv("VH_TEST_LONG"))
		return 1;
#ifdef __SANITIZE_ADDRESS__
	return 8;
#else
	return 3;
#endif
}

/* --- the desktop ------------------------------------------------------------------------------ */

void stage_add_user(struct stage *st, int pid, const char *comm, const char *cgroup)
{
	_auto_free_ char *dir = vh_printf("proc/%d", pid);
	_auto_free_ char *stat = vh_printf("%s/stat", dir), *group = vh_printf("%s/cgroup", dir);
	_auto_free_ char *fd = vh_printf("%s/fd/7", dir);

	fake_put(st->root, stat, "%d (%s) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 900 0 0\n", pid,
		 comm);
	fake_put(st->root, group, "0::/%s\n", cgroup);
	fake_mkdirs(st->root, "%s/fd", dir);
	if (symlinkat("/dev/dri/card0", st->root->fd, fd) < 0)
		abort();
}

static void put_desktop(struct stage *st)
{
	struct vh_device_policy *p = VH_APPEND(st->config.devices, st->config.n_devices);

	VH_IGNORE(vh_pci_parse(DESKTOP "0", &p->addr)); /* it is an address */
	p->stop_units = vh_strdup("display-manager.service gpu.socket gpu.service");
	p->unload_modules = vh_strdup("amdxcp amdgpu");
	p->release_console = true;
	stage_add_user(st, 4001, "Xorg", "system.slice/display-manager.service");
	stage_add_user(st, 4002, "gpud", "system.slice/gpu.service");
	fake_add_unit(st->root, "display-manager.service", "4001");
	fake_add_unit(st->root, "gpu.service", "4002");
	fake_append(st->root, "units/gpu.service", "TriggeredBy=gpu.socket\n");
	fake_add_unit(st->root, "gpu.socket", "");
	fake_put(st->root, "fake-kernel/unit/gpu.service.woken", "gpu.socket\n");
	fake_put(st->root, "sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	fake_put(st->root, "sys/class/vtconsole/vtcon1/bind", "1\n");
	fake_mkdirs(st->root, "sys/class/graphics/fb0");
	fake_put(st->root, "sys/module/amdgpu/refcnt", "0\n");
	fake_put(st->root, "sys/module/amdxcp/refcnt", "0\n");
	fake_put(st->root, "fake-kernel/module/amdgpu", "amdgpu\n");
	fake_link(st->root, "sys/bus/pci/drivers/amdgpu/module", "sys/module/amdgpu");
	fake_mkdirs(st->root, "proc/1");
}

static void note_transition(void *ctx, const char *domain, const struct vh_pci_addr *addr,
			    const char *from, const char *to)
{
	struct stage *st = ctx;

	vh_strbuf_addf(&st->told, "%s %s %s -> %s\n", domain, vh_pci_str(addr).s, from ? from : "-",
		       to ? to : "-");
}

static void note_warning(void *ctx, const char *domain, const char *text)
{
	struct stage *st = ctx;

	vh_strbuf_addf(&st->told, "%s warning: %s\n", domain, text);
}

/* This test stands for libvirtd's process that starts the hook: our parent is the daemon. */
static void put_process(struct stage *st, pid_t pid, const char *comm, pid_t parent, int start)
{
	_auto_free_ char *path = vh_printf("proc/%d/stat", (int)pid);

	fake_put(st->root, path, "%d (%s) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n",
		 (int)pid, comm, (int)parent, start);
}

void stage_new_daemon(struct stage *st)
{
	put_process(st, getppid(), "libvirtd", 1, st->daemon += 10);
}

void stage_add_process(struct stage *st)
{
	put_process(st, getpid(), "sh", getppid(), 1002);
}

struct stage *stage_new(const char *host)
{
	struct stage *st = vh_alloc(sizeof(*st));

	st->s = scratch_new(host ? host : machine);
	st->root = &st->s->root;
	st->reporter = (struct vh_reporter){
		.transition = note_transition,
		.warning = note_warning,
		.ctx = st,
	};
	vh_config_defaults(&st->config);
	st->config.timeout_write = 60000; /* a busy machine is no driver that hangs */
	st->config.timeout_group = 200;
	st->config.timeout_call = 120000;
	st->daemon = 1000;
	put_process(st, getppid(), "libvirtd", 1, st->daemon);
	put_process(st, getpid(), "sh", getppid(), 1001);
	if (vh_root_exists(st->root, "sys/bus/pci/devices/" DESKTOP "0"))
		put_desktop(st);
	st->before = scratch_state(st->s);
	return st;
}

/* The slot of a line's function, "0000:01:00.", or NULL: the line is about the machine. */
static const char *slot_of(const char *line)
{
	if (!strncmp(line, "pci ", 4))
		return line + 4;
	return line[0] && !strncmp(line + 1, " @", 2) ? line + 3 : NULL;
}

struct stage *stage_new_near(const char *devices)
{
	_auto_strbuf_ struct vh_strbuf text = { 0 };

	for (const char *line = machine, *end = NULL; *line; line = end) {
		const char *slot = slot_of(line);
		char word[sizeof("0000:01:00.")] = "";

		end = line + strcspn(line, "\n") + 1;
		if (slot)
			memcpy(word, slot, sizeof(word) - 1);
		if (!slot || strstr(devices, word) ||
		    (strstr(devices, VF) && !strncmp(PF, word, strlen(word))) ||
		    !strcmp(word, READY) || !strcmp(word, SPLIT) ||
		    memmem(line, end - line, "class=060400", strlen("class=060400")))
			vh_strbuf_addf(&text, "%.*s", (int)(end - line), line);
	}
	return stage_new(text.data);
}

void stage_free(struct stage *st)
{
	if (!st)
		return;
	scratch_free(st->s);
	vh_config_clear(&st->config);
	vh_findings_clear(&st->findings);
	vh_error_clear(&st->err);
	vh_strbuf_clear(&st->told);
	free(st->before);
	free(st);
}

/* What an operation gets, with nothing left of the one before. */
static struct vh_act fresh(struct stage *st)
{
	vh_findings_clear(&st->findings);
	vh_error_clear(&st->err);
	return (struct vh_act){
		.root = st->root,
		.config = &st->config,
		.reporter = &st->reporter,
		.deadline = vh_now_ms() + st->config.timeout_call,
	};
}

int stage_prepare(struct stage *st, const struct vh_domain *d)
{
	struct vh_act act = fresh(st);

	return vh_prepare(&act, d, &st->findings, &st->err);
}

int stage_started(struct stage *st, const struct vh_domain *d)
{
	struct vh_act act = fresh(st);

	return vh_started(&act, d->uuid, d, &st->err);
}

int stage_release(struct stage *st, const struct vh_domain *d)
{
	struct vh_act act = fresh(st);

	return vh_release(&act, d->uuid, &st->err);
}

static size_t parse_addrs(const char *text, struct vh_pci_addr *ret, size_t max)
{
	_auto_free_ char *copy = vh_strdup(text);
	char *rest = copy, *word;
	size_t n = 0;

	while (n < max && (word = strsep(&rest, " ")))
		if (vh_pci_parse(word, &ret[n++]) < 0)
			abort();
	return n;
}

int stage_detach(struct stage *st, const char *addrs)
{
	struct vh_act act = fresh(st);
	struct vh_pci_addr list[8];
	size_t n = parse_addrs(addrs, list, VH_COUNT(list));

	return vh_prepare_by_hand(&act, list, n, &st->findings, &st->err);
}

int stage_reattach(struct stage *st, const char *addrs)
{
	struct vh_act act = fresh(st);
	struct vh_pci_addr list[8];
	size_t n = parse_addrs(addrs, list, VH_COUNT(list));

	return vh_reattach(&act, list, n, &st->err);
}

int stage_reattach_stale(struct stage *st)
{
	struct vh_act act = fresh(st);
	size_t ended;

	return vh_reattach_stale(&act, &ended, &st->err);
}

int stage_run(struct stage *st, const struct vh_domain *d)
{
	char why[200] = "";

	if (stage_prepare(st, d) < 0) {
		printf("# prepare: %s\n", st->err.what);
		for (size_t i = 0; i < st->findings.count; i++)
			printf("#   %s\n", st->findings.list[i].message);
		return 1;
	}
	if (fake_libvirt_prepare(st->root, d, why, sizeof(why)) < 0) {
		printf("# libvirt: %s\n", why);
		return 2;
	}
	return stage_started(st, d) < 0 ? 3 : 0;
}

int stage_end(struct stage *st, const struct vh_domain *d)
{
	fake_libvirt_release(st->root, d);
	if (stage_release(st, d) == 0)
		return 0;
	printf("# release: %s\n", st->err.what);
	return -1;
}

void stage_wait_for_writers(struct stage *st, const char *owner)
{
	_auto_free_ char *lock = vh_printf("run/vfio-hook/%s.lock", owner);
	_auto_close_ int fd = openat(st->root->fd, lock, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		(void)flock(fd, LOCK_EX);
}

int stage_fork(struct stage *st, int (*op)(struct stage *, const struct vh_domain *),
	       const struct vh_domain *d)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		setpgid(0, 0);
		_exit(op(st, d) < 0 ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	stage_wait_for_writers(st, d->uuid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

bool stage_is_home(struct stage *st)
{
	_auto_free_ char *now = scratch_state(st->s);
	char *rest = now, *line;

	if (!strcmp(now, st->before))
		return true;
	while ((line = strsep(&rest, "\n"))) {
		const char *at = *line ? strstr(st->before, line) : line;

		if (!at || (*line && at[strlen(line)] != '\n'))
			printf("# now: %s\n", line);
	}
	return false;
}

bool stage_is(struct stage *st, const char *addr, const char *want)
{
	_auto_free_ char *now = scratch_device(st->s, addr);

	if (!vh_streq(now, want))
		printf("# %s is '%s', not '%s'\n", addr, now ? now : "(none)",
		       want ? want : "(none)");
	return vh_streq(now, want);
}

bool stage_found(const struct stage *st, const char *rule)
{
	for (size_t i = 0; i < st->findings.count; i++)
		if (!strcmp(st->findings.list[i].rule->name, rule))
			return true;
	return false;
}

bool stage_has_claim(const struct stage *st, const char *owner)
{
	return vh_root_exists(st->root, "run/vfio-hook/%s.claim", owner);
}
