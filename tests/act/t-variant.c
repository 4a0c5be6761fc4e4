/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices for which the kernel has a VFIO driver of their own: what we bind goes to the one that
 * libvirt would take, and comes home from there.
 */
#include <signal.h>

#include "lib/host/libvirt/variant.h"
#include "tests/fake/fake-kernel.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define NAMED "0000:0c:00.0"
#define PEER "0000:0c:00.1"
#define EARLY "0000:0e:00.0"
#define ALIASES "lib/modules/6.12.0/modules.alias"

/* Ids and patterns of Linux (drivers/vfio/pci). */
static const struct {
	const char *module, *id, *class, *alias;
} drivers[] = {
	{ "mlx5_vfio_pci", "15b3:101e", "020000", "v000015B3d0000101Esv*sd*bc*sc*i*" },
	{ "nvgrace_gpu_vfio_pci", "10de:2342", "0b4000", "v000010DEd00002342sv*sd*bc*sc*i*" },
	{ "hisi_acc_vfio_pci", "19e5:a251", "120000", "v000019E5d0000A251sv*sd*bc*sc*i*" },
	{ "qat_vfio_pci", "8086:4941", "0b4000", "v00008086d00004941sv*sd*bc*sc*i*" },
	{ "pds_vfio_pci", "1dd8:1003", "020000", "v00001DD8d00001003sv*sd*bc*sc*i*" },
	{ "virtio_vfio_pci", "1af4:1041", "020000", "v00001AF4d00001041sv*sd*bc*sc*i*" },
};

/* A machine with a network card whose second function is of `n`. */
static struct stage *machine(size_t n)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	vh_strbuf_addf(&sb,
		       "pci " NAMED " class=020000 id=8086:1521 group=5 driver=igb\n"
		       "pci " PEER " class=%s id=%s group=5 driver=native probes=native\n"
		       "pci 0000:0d:00.0 class=%s id=%s group=6 driver=native probes=native\n"
		       "pci " EARLY " class=%s id=%s group=7 driver=vfio-pci override=vfio-pci "
		       "probes=native\n"
		       "d sys/class/iommu/dmar0\n"
		       "f proc/self/mountinfo\t26 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		       "f proc/swaps\tFilename\nf proc/net/route\tIface\n"
		       "f proc/cpuinfo\tvendor_id\t: GenuineIntel\nf proc/cmdline\tro\n"
		       "f proc/sys/kernel/osrelease\t6.12.0\n"
		       "f lib/modules/6.12.0/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n"
		       "f " ALIASES "\talias pci:v*d*sv*sd*bc*sc*i* native\\n",
		       drivers[n].class, drivers[n].id, drivers[n].class, drivers[n].id,
		       drivers[n].class, drivers[n].id);
	for (size_t i = 0; i < VH_COUNT(drivers); i++)
		vh_strbuf_addf(&sb, "alias vfio_pci:%s %s\\n", drivers[i].alias, drivers[i].module);
	vh_strbuf_add(&sb, "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n");
	for (size_t i = 0; i < VH_COUNT(drivers); i++)
		vh_strbuf_addf(&sb, "f fake-kernel/modules/%s\t\n", drivers[i].module);
	return stage_new(sb.data);
}

static bool is_on(struct stage *st, const char *addr, const char *driver)
{
	_auto_free_ char *want = vh_printf("%s %s", driver, driver);

	return stage_is(st, addr, want);
}

static bool says(const struct stage *st, const char *words)
{
	for (size_t i = 0; i < st->findings.count; i++)
		if (strstr(st->findings.list[i].message, words))
			return true;
	return false;
}

static void test_peer(size_t n)
{
	_auto_(stage) struct stage *st = machine(n);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, NAMED);
	_auto_free_ char *words = vh_printf("moves with it, to %s: ", drivers[n].module);

	ok(stage_prepare(st, d) == 0 && says(st, words) && stage_release(st, d) == 0,
	   "a peer goes to %s: it is said", drivers[n].module);
	ok(stage_run(st, d) == 0 && is_on(st, PEER, drivers[n].module) &&
		   is_on(st, NAMED, "vfio-pci"),
	   "a peer goes to %s", drivers[n].module);
	ok(stage_end(st, d) == 0 && stage_is_home(st), "and comes home");
}

/* Early binding, driverctl: it was on vfio-pci before, and libvirt leaves it to its host driver. */
static void test_early(size_t n)
{
	_auto_(stage) struct stage *st = machine(n);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, EARLY);

	fake_put(st->root, "fake-kernel/variant", "%s\n", drivers[n].module);
	if (fake_kernel_ops.load_module(st->root, drivers[n].module, true) < 0)
		diag("no module");
	ok(stage_run(st, d) == 0 && is_on(st, EARLY, drivers[n].module),
	   "on vfio-pci before: libvirt takes it to %s", drivers[n].module);
	ok(stage_end(st, d) == 0 && stage_is_home(st), "and it comes back to vfio-pci");
	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	stage_new_daemon(st);
	ok(stage_is(st, EARLY, "native -") && stage_run(st, d) == 0 && stage_end(st, d) == 0 &&
		   stage_is_home(st),
	   "also where libvirt ended before release, and the domain starts again");
}

/* Somebody has bound it to that driver, which libvirt 9.0 does not know. */
static void test_early_for_old(size_t n)
{
	_auto_(stage) struct stage *st = machine(n);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, EARLY);
	const char *driver = drivers[n].module;

	if (fake_kernel_ops.load_module(st->root, driver, true) < 0 ||
	    fake_write(st->root, driver, "sys/bus/pci/devices/" EARLY "/driver_override") < 0 ||
	    fake_write(st->root, EARLY, "sys/bus/pci/drivers/vfio-pci/unbind") < 0 ||
	    fake_write(st->root, EARLY, "sys/bus/pci/drivers_probe") < 0)
		diag("not bound");
	free(st->before);
	st->before = scratch_state(st->s);
	fake_put(st->root, "fake-kernel/libvirt-9", "%s", "");
	ok(is_on(st, EARLY, driver) && stage_run(st, d) == 0 && is_on(st, EARLY, "vfio-pci"),
	   "on %s before: libvirt 9.0 takes it to vfio-pci", driver);
	ok(stage_end(st, d) == 0 && stage_is_home(st), "and it comes back");
	/* killed before and after libvirt gave it back */
	for (int given = 0; given < 2; given++) {
		if (stage_run(st, d) != 0)
			diag("does not run");
		fake_qemu_end(st->root, d);
		if (given)
			fake_libvirt_reattach(st->root, d);
		else
			fake_remove(st->root, "run/libvirt/qemu/" VM1 ".xml");
		stage_new_daemon(st);
		fake_remove(st->root, "fake-kernel/libvirt/" VM1);
		ok(stage_run(st, d) == 0 && stage_end(st, d) == 0 && stage_is_home(st),
		   "the next start finds it%s", given ? " on its host driver" : "");
	}
}

static void test_by_hand(size_t n)
{
	_auto_(stage) struct stage *st = machine(n);

	ok(stage_detach(st, "0000:0d:00.0") == 0 && is_on(st, "0000:0d:00.0", drivers[n].module),
	   "by hand: to %s", drivers[n].module);
	ok(stage_reattach(st, "0000:0d:00.0") == 0 && stage_is_home(st), "and comes home");
}

static void test_without(void)
{
	_auto_(stage) struct stage *st = machine(0);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, NAMED);

	fake_remove(st->root, "fake-kernel/modules/mlx5_vfio_pci");
	ok(stage_run(st, d) == 0 && is_on(st, PEER, "vfio-pci"),
	   "a module that cannot be loaded: vfio-pci takes the device");
	ok(stage_end(st, d) == 0 && stage_is_home(st), "and it comes home");
}

static void test_old_libvirt(void)
{
	_auto_(stage) struct stage *st = machine(0);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, NAMED);

	fake_mkdirs(st->root, "usr/lib/x86_64-linux-gnu");
	if (symlinkat("libvirt.so.0.9000.0", st->root->fd,
		      "usr/lib/x86_64-linux-gnu/libvirt.so.0") < 0)
		abort();
	ok(stage_run(st, d) == 0 && is_on(st, PEER, "vfio-pci"),
	   "libvirt 9.0 takes vfio-pci for everything, and so do we");
	ok(stage_end(st, d) == 0 && stage_is_home(st), "home");
}

/* The override names it, and the device is on no driver yet. */
static void test_killed(void)
{
	_auto_(stage) struct stage *st = machine(0);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, NAMED);

	fake_fault(st->root,
		   "write 5 group"); /* a module, two overrides, two unbinds; not the bind */
	ok(stage_fork(st, stage_prepare, d) == SIGKILL && stage_is(st, PEER, "- mlx5_vfio_pci"),
	   "killed before the bind");
	fake_reset(st->root);
	stage_wait_for_writers(st, VM1);
	stage_new_daemon(st);
	ok(stage_reattach(st, NAMED) == 0 && stage_is_home(st), "by hand it comes home");
}

static const struct {
	const char *name, *aliases, *want;
} choices[] = {
	{ "none", "alias pci:v000015B3d*sv*sd*bc*sc*i* mlx5_core\n", NULL },
	{ "vfio-pci alone", "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n", NULL },
	{ "fewest wildcards, whatever comes first",
	  "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
	  "alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* wide_vfio_pci\n"
	  "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* close_vfio_pci\n"
	  "alias vfio_pci:v000015B3d*sv*sd*bc02sc*i* other_vfio_pci\n",
	  "close_vfio_pci" },
	{ "of two as close the first",
	  "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* one_vfio_pci\n"
	  "alias vfio_pci:v000015B3d*sv*sd*bc02sc*i* two_vfio_pci\n",
	  "one_vfio_pci" },
	{ "of another device", "alias vfio_pci:v000015B3d0000101Fsv*sd*bc*sc*i* x_vfio_pci\n", NULL },
	{ "a line that is cut", "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*", NULL },
	{ "a comment", "#alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* x_vfio_pci\n", NULL },
};

int main(void)
{
	const struct vh_pci_dev d = { .vendor = 0x15b3, .device = 0x101e, .class = 0x020000 };

	for (size_t i = 0; i < VH_COUNT(choices); i++) {
		_auto_free_ char *have = vh_variant_in(choices[i].aliases, &d);

		ok(vh_streq(have, choices[i].want), "%s", choices[i].name);
	}
	for (size_t i = 0; i < VH_COUNT(drivers); i++) {
		test_peer(i);
		test_by_hand(i);
		test_early(i);
		test_early_for_old(i);
	}
	test_without();
	test_old_libvirt();
	test_killed();
	return tap_done();
}
