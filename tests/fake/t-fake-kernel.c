/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake kernel answers as Linux does; the other tests stand on that. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/base/child.h"
#include "tests/fake/fake-libvirt.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#define NIC "0000:01:00.0"
#define MATE "0000:01:00.1"
#define DISK "0000:02:00.0"
#define BRIDGE "0000:00:01.0"
#define STUB "0000:03:00.0"
#define BARE "0000:04:00.0"
#define PF "0000:05:00.0"
#define LONE "0000:06:00.0"
#define GPU "0000:07:00.0"
#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define OTHER "b0000000-0000-0000-0000-000000000002"

static const char machine[] =
	"pci 0000:00:01.0 class=060400 id=8086:1901 group=1 driver=pcieport\n"
	"pci 0000:01:00.0 class=020000 id=8086:1521 group=2 driver=igb parent=0000:00:01.0\n"
	"pci 0000:01:00.1 class=040300 id=8086:a348 group=2 driver=snd_hda_intel "
	"parent=0000:00:01.0\n"
	"pci 0000:02:00.0 class=010802 id=144d:a808 group=3 driver=nvme\n"
	"pci 0000:03:00.0 class=020000 id=8086:1521 group=4 driver=pci-stub override=pci-stub "
	"probes=igb\n"
	"pci 0000:04:00.0 class=078000 id=8086:a360 group=5\n"
	"pci 0000:05:00.0 class=020000 id=8086:1521 group=6 driver=igb totalvfs=7 numvfs=1\n"
	"pci 0000:06:00.0 class=020000 id=8086:1521 driver=igb\n"
	"pci 0000:07:00.0 class=030000 id=10de:1b80 group=7 probes=nouveau,nvidia driver=nvidia\n"
	"f @0000:01:00.0/net/eth0/flags\t0x1003\n"
	"f proc/sys/kernel/osrelease\t6.1.0\n"
	"f lib/modules/6.1.0/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n";

#define DEVICE "sys/bus/pci/devices/"
#define DRIVER "sys/bus/pci/drivers/"

static int put(const struct scratch *s, const char *path, const char *value)
{
	return vh_root_write(&s->root, value, "%s", path);
}

static int load(const struct scratch *s)
{
	return s->root.ops->load_module(&s->root, "vfio-pci", true);
}

/* "NAME DRIVER OVERRIDE" of a device, compared. */
static bool is(const struct scratch *s, const char *addr, const char *want)
{
	_auto_free_ char *now = scratch_device(s, addr);

	if (!vh_streq(now, want))
		diag("%s is '%s', not '%s'", addr, now ? now : "(none)", want ? want : "(none)");
	return vh_streq(now, want);
}

/* The NIC or the disk on vfio-pci, as the programs would put them there. */
static struct scratch *with_vfio(const char *addr, const char *driver)
{
	struct scratch *s = scratch_new(machine);
	_auto_free_ char *override = vh_printf(DEVICE "%s/driver_override", addr);
	_auto_free_ char *unbind = vh_printf(DRIVER "%s/unbind", driver);

	if (load(s) || put(s, override, "vfio-pci") || put(s, unbind, addr) ||
	    put(s, DRIVER "vfio-pci/bind", addr))
		diag("cannot set up %s on vfio-pci", addr);
	return s;
}

static void test_override(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	_auto_free_ char *longest = vh_alloc(4096);

	ok(put(s, DEVICE NIC "/driver_override", "vfio-pci") == 0 && is(s, NIC, "igb vfio-pci"),
	   "an override does not unbind");
	ok(put(s, DEVICE NIC "/driver_override", "") == 0 && is(s, NIC, "igb vfio-pci"),
	   "an empty write does not reach it");
	ok(put(s, DEVICE NIC "/driver_override", "a\nb") == 0 && is(s, NIC, "igb a"),
	   "what follows a newline is ignored");
	ok(put(s, DEVICE NIC "/driver_override", "\n") == 0 && is(s, NIC, "igb -"),
	   "a newline clears it");
	memset(longest, 'x', 4095);
	ok(put(s, DEVICE NIC "/driver_override", longest) == -EINVAL, "a page is too long");
	longest[4094] = 0;
	ok(put(s, DEVICE NIC "/driver_override", longest) == 0, "a byte less is not");
	ok(put(s, DEVICE "0000:09:00.0/driver_override", "x") == -ENOENT, "no device, no attribute");
}

static void test_unbind(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);

	ok(put(s, DRIVER "nvme/unbind", NIC) == -ENODEV && is(s, NIC, "igb -"),
	   "another driver's unbind: ENODEV");
	ok(put(s, DRIVER "igb/unbind", "0000:09:00.0") == -ENODEV, "no such device: ENODEV");
	ok(put(s, DRIVER "igb/unbind", "rubbish") == -ENODEV, "no address: ENODEV");
	ok(put(s, DRIVER "absent/unbind", NIC) == -ENOENT, "no such driver: ENOENT");
	ok(put(s, DRIVER "igb/unbind", NIC "\n") == 0 && is(s, NIC, "- -"), "unbound");
	ok(!vh_root_exists(&s->root, DRIVER "igb/" NIC), "the driver has no link to it any more");
	ok(!vh_root_exists(&s->root, DEVICE NIC "/net"), "its interface has gone");
	ok(put(s, DRIVER "igb/unbind", NIC) == -ENODEV, "twice: ENODEV");
	ok(put(s, DEVICE NIC "/driver/unbind", NIC) == -ENOENT, "nor is there a driver link");
	ok(put(s, DEVICE MATE "/driver/unbind", MATE) == 0 && is(s, MATE, "- -"),
	   "unbound through the device");
}

static void test_bind(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);

	ok(put(s, DRIVER "igb/bind", NIC) == -EBUSY, "bound already: EBUSY");
	ok(put(s, DRIVER "nvme/bind", NIC) == -ENODEV, "a driver that does not match: ENODEV");
	(void)!put(s, DRIVER "igb/unbind", NIC);
	ok(put(s, DRIVER "nvme/bind", NIC) == -ENODEV && is(s, NIC, "- -"), "unbound, too");
	ok(put(s, DRIVER "igb/bind", NIC) == 0 && is(s, NIC, "igb -"), "its own driver binds it");
	ok(vh_root_exists(&s->root, DEVICE NIC "/net/eth0"), "its interface is back");
	(void)!put(s, DRIVER "igb/unbind", NIC);
	(void)!put(s, DEVICE NIC "/driver_override", "nvme");
	ok(put(s, DRIVER "igb/bind", NIC) == -ENODEV, "an override shuts its driver out");
	ok(put(s, DRIVER "nvme/bind", NIC) == -ENODEV && is(s, NIC, "- nvme"),
	   "and the other one does not know the device");
	fake_put(&s->root, "fake-kernel/fails/" DISK, "%d\n", ENOMEM);
	(void)!put(s, DRIVER "nvme/unbind", DISK);
	ok(put(s, DRIVER "nvme/bind", DISK) == -ENOMEM, "bind tells the driver's error");
	ok(put(s, "sys/bus/pci/drivers_probe", DISK) == 0 && is(s, DISK, "- -"), "probing does not");
}

static void test_probe(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);

	ok(put(s, "sys/bus/pci/drivers_probe", BARE) == 0 && is(s, BARE, "- -"),
	   "nothing matches: success");
	ok(put(s, "sys/bus/pci/drivers_probe", NIC) == 0 && is(s, NIC, "igb -"),
	   "bound already: success");
	ok(put(s, "sys/bus/pci/drivers_probe", "0000:09:00.0") == -ENODEV, "no such device: ENODEV");
	(void)!put(s, DRIVER "nvidia/unbind", GPU);
	ok(put(s, "sys/bus/pci/drivers_probe", GPU) == 0 && is(s, GPU, "nouveau -"),
	   "the first driver that matches takes it");
	(void)!put(s, DRIVER "nouveau/unbind", GPU);
	ok(put(s, DRIVER "nvidia/bind", GPU) == 0 && is(s, GPU, "nvidia -"),
	   "by name, the other one");
	(void)!put(s, DRIVER "pci-stub/unbind", STUB);
	ok(put(s, "sys/bus/pci/drivers_probe", STUB) == 0 && is(s, STUB, "pci-stub pci-stub"),
	   "an override decides");
	(void)!put(s, DRIVER "pci-stub/unbind", STUB);
	(void)!put(s, DEVICE STUB "/driver_override", "\n");
	ok(put(s, "sys/bus/pci/drivers_probe", STUB) == 0 && is(s, STUB, "igb -"),
	   "without it the host driver");
	ok(put(s, "sys/bus/pci/rescan", "1") == -ENOENT, "another attribute: ENOENT");
}

static void test_vfio(void)
{
	_auto_(scratch) struct scratch *s = with_vfio(NIC, "igb");
	const struct vh_root_ops *ops = s->root.ops;

	ok(is(s, NIC, "vfio-pci vfio-pci"), "bound to vfio-pci");
	ok(ops->try_group(&s->root, 2) == 0, "its group can be opened");
	ok(ops->try_group(&s->root, 3) == -ENOENT, "another one is not there");
	ok(vh_root_exists(&s->root, DEVICE NIC "/vfio-dev"), "it has a vfio-dev");
	fake_hold(&s->root, 2, "qemu");
	ok(ops->try_group(&s->root, 2) == -EBUSY, "held: EBUSY");
	(void)!put(s, DRIVER "snd_hda_intel/unbind", MATE);
	ok(put(s, DRIVER "snd_hda_intel/bind", MATE) == -EBUSY && is(s, MATE, "- -"),
	   "a host driver may not bind in an owned group: EBUSY");
	ok(put(s, "sys/bus/pci/drivers_probe", MATE) == -EINVAL && is(s, MATE, "- -"),
	   "nor by probing: EINVAL");
	(void)!put(s, DEVICE MATE "/driver_override", "vfio-pci");
	ok(put(s, "sys/bus/pci/drivers_probe", MATE) == 0 && is(s, MATE, "vfio-pci vfio-pci"),
	   "vfio-pci may");
	fake_let_go(&s->root, 2);
	ok(put(s, DRIVER "vfio-pci/unbind", NIC) == 0 && ops->try_group(&s->root, 2) == 0,
	   "the node stays as long as a member is there");
	ok(put(s, DRIVER "vfio-pci/unbind", MATE) == 0 && ops->try_group(&s->root, 2) == -ENOENT,
	   "and goes with the last one");
	(void)!put(s, DEVICE NIC "/driver_override", "\n");
	ok(put(s, DRIVER "vfio-pci/bind", NIC) == -ENODEV,
	   "without an override vfio-pci takes nothing");
}

static void test_vfio_refuses(void)
{
	static const struct {
		const char *addr, *driver;
		int error;
		const char *name;
	} cases[] = {
		{ BRIDGE, "pcieport", -EINVAL, "a bridge" },
		{ PF, "igb", -EBUSY, "a function with VFs" },
		{ LONE, "igb", -EINVAL, "a function without a group" },
	};

	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(machine);
		_auto_free_ char *override = vh_printf(DEVICE "%s/driver_override", cases[i].addr);
		_auto_free_ char *unbind = vh_printf(DRIVER "%s/unbind", cases[i].driver);

		if (load(s) || put(s, override, "vfio-pci") || put(s, unbind, cases[i].addr))
			diag("set-up failed");
		ok(put(s, DRIVER "vfio-pci/bind", cases[i].addr) == cases[i].error,
		   "vfio-pci refuses %s", cases[i].name);
		ok(put(s, "sys/bus/pci/drivers_probe", cases[i].addr) == 0 &&
			   is(s, cases[i].addr, "- vfio-pci"),
		   "and says nothing when probed");
	}
}

static void test_module(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	_auto_(scratch) struct scratch *without = scratch_new("# no modules\n");

	ok(load(without) == -ENOENT, "no vfio-pci to load");
	ok(s->root.ops->load_module(&s->root, "nonsense", true) == -ENOENT, "no such module");
	ok(put(s, DRIVER "vfio-pci/bind", NIC) == -ENOENT, "not loaded, not there");
	(void)!put(s, DEVICE NIC "/driver_override", "vfio-pci");
	(void)!put(s, DEVICE DISK "/driver_override", "vfio-pci");
	(void)!put(s, DRIVER "igb/unbind", NIC);
	ok(load(s) == 0 && is(s, NIC, "vfio-pci vfio-pci") && is(s, DISK, "nvme vfio-pci"),
	   "loading takes what has the override and no driver");
	ok(load(s) == 0, "loaded already: fine");
}

static void test_exclusive(void)
{
	_auto_(scratch) struct scratch *s = scratch_new("f dev/sda\theld\nf dev/sdb\tfree\n");
	const struct vh_root_ops *ops = s->root.ops;

	ok(ops->try_exclusive(&s->root, "sda") == -EBUSY, "a disk that is held");
	ok(ops->try_exclusive(&s->root, "sdb") == 0, "a disk that is free");
	ok(ops->try_exclusive(&s->root, "sdc") == -EACCES, "a disk of which nothing is said");
}

/* --- faults ----------------------------------------------------------------------------------- */

static void test_errors(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	_auto_free_ char *log = NULL;

	fake_fault(&s->root, "write 1 errno %d", EIO);
	fake_fault(&s->root, "path nvme/unbind errno %d", EPERM);
	ok(put(s, DRIVER "igb/unbind", NIC) == 0, "write 0 goes through");
	ok(put(s, DRIVER "igb/bind", NIC) == -EIO && is(s, NIC, "- -"), "write 1 fails");
	ok(put(s, DRIVER "igb/bind", NIC) == 0 && is(s, NIC, "igb -"), "write 2 goes through");
	ok(put(s, DRIVER "nvme/unbind", DISK) == -EPERM && is(s, DISK, "nvme -"),
	   "a path that fails");
	ok(put(s, DRIVER "nvme/unbind", DISK) == -EPERM, "always");
	ok(fake_writes(&s->root) == 5 && fake_steps(&s->root) == 10,
	   "five writes, a step before and after each");
	log = fake_log(&s->root);
	ok(vh_has_prefix(log, DRIVER "igb/unbind = " NIC ": 0\n" DRIVER "igb/bind = " NIC ": -5\n"),
	   "the log tells");
	fake_reset(&s->root);
	ok(put(s, DRIVER "nvme/unbind", DISK) == 0 && fake_writes(&s->root) == 1, "reset");
	ok(fake_write(&s->root, DISK, DRIVER "nvme/bind") == 0 && fake_writes(&s->root) == 1,
	   "the doings of others do not count");
}

struct job {
	const struct scratch *s;
	const char *path, *value;
};

static int do_put(void *arg)
{
	const struct job *j = arg;

	return -put(j->s, j->path, j->value);
}

static struct vh_child start(const struct scratch *s, const char *path, const char *value)
{
	struct job j = { s, path, value };
	struct vh_child c = { 0 };

	if (vh_child_start(&c, do_put, &j, &s->root.fd, 1) < 0)
		abort();
	return c;
}

static void test_deaths(void)
{
	static const struct {
		const char *fault, *state;
	} cases[] = {
		{ "write 0 kill", "igb -" },
		{ "write 0 kill after", "- -" },
		{ "step 0 kill", "igb -" },
	};

	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(machine);
		struct vh_child c;

		fake_fault(&s->root, "%s", cases[i].fault);
		c = start(s, DRIVER "igb/unbind", NIC);
		ok(vh_child_wait(&c, 1, vh_now_ms() + 10000) && c.result == 126 &&
			   is(s, NIC, cases[i].state),
		   "%s", cases[i].fault);
	}
}

/* A parent that waits for a writing child, in a process group of its own. */
static int family(const struct scratch *s)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct vh_child c;

		setpgid(0, 0);
		c = start(s, DRIVER "igb/unbind", NIC);
		_exit(vh_child_wait(&c, 1, vh_now_ms() + 10000) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void test_family(void)
{
	static const char *const faults[] = { "write 0 group", "write 0 parent", "step 0 group" };

	for (size_t i = 0; i < VH_COUNT(faults); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(machine);

		fake_fault(&s->root, "%s", faults[i]);
		ok(family(s) == SIGKILL && is(s, NIC, "igb -"), "%s", faults[i]);
	}
}

static void test_parallel(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	struct vh_child c[2];

	fake_put(&s->root, "fake-kernel/delay/igb", "100\n");
	fake_put(&s->root, "fake-kernel/delay/nvme", "100\n");
	c[0] = start(s, DRIVER "igb/unbind", NIC);
	c[1] = start(s, DRIVER "nvme/unbind", DISK);
	ok(vh_child_wait(c, 2, vh_now_ms() + 10000) && !c[0].result && !c[1].result &&
		   is(s, NIC, "- -") && is(s, DISK, "- -"),
	   "two slow drivers at once");
	c[0] = start(s, DRIVER "igb/bind", NIC);
	c[1] = start(s, DRIVER "igb/bind", NIC);
	ok(vh_child_wait(c, 2, vh_now_ms() + 10000) && c[0].result + c[1].result == EBUSY,
	   "one device: the second has to wait, and finds it bound");
	ok(fake_writes(&s->root) == 4, "all of them counted");
}

/* --- beyond kill ------------------------------------------------------------------------------ */

static bool wait_gone(struct vh_child *c)
{
	c->state = VH_CHILD_RUNNING;
	return vh_child_wait(c, 1, vh_now_ms() + 5000);
}

static void test_hang(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	struct vh_child c;

	if (!fake_can_hang()) {
		ok(true, "hang # SKIP this machine allows no ptrace");
		return;
	}
	fake_fault(&s->root, "write 0 hang");
	c = start(s, DRIVER "igb/unbind", NIC);
	ok(!vh_child_wait(&c, 1, vh_now_ms() + 300) && c.state == VH_CHILD_STUCK,
	   "a write that hangs is not ended by SIGKILL");
	ok(is(s, NIC, "- -") && vh_root_exists(&s->root, DEVICE NIC "/net"), "it has begun");
	fake_resume(&s->root);
	ok(wait_gone(&c) && !vh_root_exists(&s->root, DEVICE NIC "/net"),
	   "when the driver answers, it is finished and the process ends");
	fake_reset(&s->root);
	fake_fault(&s->root, "write 0 hang");
	c = start(s, DRIVER "igb/bind", NIC);
	poll(NULL, 0, 50);
	ok(is(s, NIC, "- -"), "binding hangs");
	fake_resume(&s->root);
	ok(vh_child_wait(&c, 1, vh_now_ms() + 5000) && c.result == 0 && is(s, NIC, "igb -"),
	   "nobody killed it: it returns, and well");
}

static void test_held_unbind(void)
{
	_auto_(scratch) struct scratch *s = with_vfio(NIC, "igb");
	struct vh_child c, later;

	if (!fake_can_hang()) {
		ok(true, "held group # SKIP this machine allows no ptrace");
		return;
	}
	fake_hold(&s->root, 2, "qemu");
	c = start(s, DRIVER "vfio-pci/unbind", NIC);
	ok(!vh_child_wait(&c, 1, vh_now_ms() + 200) && c.state == VH_CHILD_STUCK,
	   "unbinding vfio-pci from a device in use: stuck beyond kill");
	ok(is(s, NIC, "- vfio-pci"), "the driver link is gone");
	later = start(s, DEVICE NIC "/driver_override", "\n");
	ok(!vh_child_wait(&later, 1, vh_now_ms() + 100) && later.state == VH_CHILD_DONE &&
		   is(s, NIC, "- vfio-pci"),
	   "a later write to the device waits");
	ok(s->root.ops->try_group(&s->root, 2) == -EBUSY, "the group is still there");
	fake_let_go(&s->root, 2);
	ok(wait_gone(&c) && s->root.ops->try_group(&s->root, 2) == -ENOENT,
	   "when the user has gone, it ends");
}

/* --- libvirt ---------------------------------------------------------------------------------- */

static bool starts(const struct scratch *s, const char *uuid, const char *addrs, const char *want)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(uuid, addrs);
	char why[200] = "";
	int r = fake_libvirt_prepare(&s->root, d, why, sizeof(why));

	if (!strstr(why, want) || (r < 0) != !!*want)
		diag("%d: %s", r, why);
	return strstr(why, want) && (r < 0) == !!*want;
}

static void ends(const struct scratch *s, const char *uuid, const char *addrs)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(uuid, addrs);

	fake_libvirt_release(&s->root, d);
}

static void test_libvirt(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(machine);
	_auto_free_ char *before = NULL, *after = NULL;

	(void)!load(s);
	before = scratch_state(s);
	ok(starts(s, UUID, DISK, "") && is(s, DISK, "vfio-pci vfio-pci"),
	   "a device alone in its group");
	ok(s->root.ops->try_group(&s->root, 3) == -EBUSY &&
		   vh_root_exists(&s->root, "run/libvirt/qemu/" UUID ".xml"),
	   "QEMU has its group open");
	ok(starts(s, OTHER, DISK, "in use by driver QEMU") && is(s, DISK, "vfio-pci vfio-pci") &&
		   s->root.ops->try_group(&s->root, 3) == -EBUSY,
	   "not for a second domain");
	ends(s, UUID, DISK);
	after = scratch_state(s);
	ok(vh_streq(before, after), "home again");
	ok(starts(s, UUID, NIC, "group 2 is not viable") && is(s, NIC, "igb -"),
	   "a mate on its host driver");
	ok(starts(s, UUID, "!" NIC, "must be manually detached"), "unmanaged, on its host driver");
	ok(starts(s, UUID, "0000:09:00.0", "no such host device"), "a device that is not there");
}

static void test_libvirt_found(void)
{
	_auto_(scratch) struct scratch *s = with_vfio(DISK, "nvme");

	ok(starts(s, UUID, DISK, ""), "a device that is on vfio-pci already");
	ends(s, UUID, DISK);
	ok(is(s, DISK, "vfio-pci vfio-pci"), "libvirt does not give it back");
	ok(starts(s, UUID, "!" DISK, ""), "unmanaged, too");
	ends(s, UUID, "!" DISK);
	(void)!put(s, DRIVER "igb/unbind", NIC);
	(void)!put(s, DRIVER "snd_hda_intel/unbind", MATE);
	ok(starts(s, UUID, NIC, "") && is(s, NIC, "vfio-pci vfio-pci"), "a device without a driver");
	ends(s, UUID, NIC);
	ok(is(s, NIC, "igb -"), "ends on its host driver");
}

static void test_unplug(void)
{
	_auto_(scratch) struct scratch *s = with_vfio(NIC, "igb");

	fake_unplug(&s->root, NIC);
	ok(is(s, NIC, "gone") && s->root.ops->try_group(&s->root, 2) == -ENOENT &&
		   !vh_root_exists(&s->root, DRIVER "vfio-pci/" NIC),
	   "unplugged");
	ok(is(s, MATE, "snd_hda_intel -"), "the other one is there");
}

int main(void)
{
	test_override();
	test_unbind();
	test_bind();
	test_probe();
	test_vfio();
	test_vfio_refuses();
	test_module();
	test_exclusive();
	test_errors();
	test_deaths();
	test_family();
	test_parallel();
	test_hang();
	test_held_unbind();
	test_libvirt();
	test_libvirt_found();
	test_unplug();
	return tap_done();
}
