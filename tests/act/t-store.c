/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-store - claim files that cannot be trusted are named and never followed, those whose domain
 * is gone end with reattach --all-stale, refusals are kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/state/refusal.h"
#include "lib/state/store.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define BAD "11111111-2222-3333-4444-555555555555"
#define BAD_CLAIM "run/vfio-hook/" BAD ".claim"

/* --- claims that cannot be trusted ------------------------------------------------------------- */

static void set_mode(const struct stage *st, const char *path, mode_t mode)
{
	if (fchmodat(st->root->fd, path, mode, 0) < 0)
		abort();
}

static void damage_text(const struct stage *st, const char *text)
{
	fake_put(st->root, BAD_CLAIM, "%s", text);
	set_mode(st, BAD_CLAIM, 0600);
}

static void damage_cut(const struct stage *st)
{
	damage_text(st, "vfio-hook-claim 1\nowner " BAD "\nname vm\nsince 1\n");
}

static void damage_newer(const struct stage *st)
{
	damage_text(st, "vfio-hook-claim 4\n");
}

static void damage_owner(const struct stage *st)
{
	damage_text(st, "vfio-hook-claim 1\nowner " VM1 "\nname vm\nsince 1\ndaemon 1 1\n"
			"state prepared\nend\n");
}

static void damage_mode(const struct stage *st)
{
	damage_cut(st);
	set_mode(st, BAD_CLAIM, 0666);
}

static void damage_link(const struct stage *st)
{
	if (symlinkat("/etc/passwd", st->root->fd, BAD_CLAIM) < 0)
		abort();
}

static void damage_directory(const struct stage *st)
{
	fake_mkdirs(st->root, BAD_CLAIM);
}

static void damage_fifo(const struct stage *st)
{
	if (mkfifoat(st->root->fd, BAD_CLAIM, 0600) < 0)
		abort();
}

static void damage_size(const struct stage *st)
{
	_auto_close_ int fd = openat(st->root->fd, BAD_CLAIM, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, 64 << 20) < 0)
		abort();
}

static const struct {
	const char *name, *says;
	void (*make)(const struct stage *st);
} damages[] = {
	{ "truncated", "truncated", damage_cut },
	{ "of a newer version", "newer vfio-hook", damage_newer },
	{ "of another owner", "another owner", damage_owner },
	{ "that others may write", "was not written by vfio-hook", damage_mode },
	{ "that is a link", "cannot open", damage_link },
	{ "that is a directory", "was not written by vfio-hook", damage_directory },
	{ "that is a FIFO", "was not written by vfio-hook", damage_fifo },
	{ "of 64 MiB", "cannot read", damage_size },
};

static void test_damage(size_t n)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);
	_auto_(vh_domain) struct vh_domain *its = scratch_vm(BAD, ALONE);
	const char *name = damages[n].name;

	fake_mkdirs(st->root, "run/vfio-hook");
	set_mode(st, "run/vfio-hook", 0700);
	damages[n].make(st);
	ok(stage_prepare(st, d) < 0 && strstr(st->err.what, BAD) &&
		   strstr(st->err.what, damages[n].says) && st->err.fix &&
		   stage_is(st, ALONE, "igb -"),
	   "a claim %s: nothing starts, it is named, and how to go on", name);
	ok(stage_release(st, its) < 0 && strstr(st->err.what, BAD) && stage_is(st, ALONE, "igb -"),
	   "a claim %s: its release touches nothing", name);
	ok(stage_reattach(st, ALONE) < 0 && stage_is(st, ALONE, "igb -"),
	   "a claim %s: reattach touches nothing", name);
}

static void test_directory(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);

	fake_mkdirs(st->root, "run/vfio-hook");
	set_mode(st, "run/vfio-hook", 0777);
	ok(stage_prepare(st, d) < 0 && strstr(st->err.what, "may be written by others") &&
		   st->err.fix,
	   "a directory that others may write to");
	fake_remove(st->root, "run/vfio-hook");
	fake_mkdirs(st->root, "elsewhere");
	if (symlinkat("../elsewhere", st->root->fd, "run/vfio-hook") < 0)
		abort();
	ok(stage_prepare(st, d) < 0 && stage_is(st, ALONE, "igb -") &&
		   !vh_root_exists(st->root, "elsewhere/lock"),
	   "a link in its place is not followed");
}

/* --- stale ones ----------------------------------------------------------------------------------- */

static int end_stale(struct stage *st, size_t *ended)
{
	struct vh_act act = {
		.root = st->root,
		.config = &st->config,
		.reporter = &st->reporter,
		.deadline = vh_now_ms() + st->config.timeout_call,
	};

	vh_error_clear(&st->err);
	return vh_reattach_stale(&act, ended, &st->err);
}

static void test_all_stale(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *one = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *two = scratch_vm(VM2, TWO "0");
	size_t ended = 99;

	ok(end_stale(st, &ended) == 0 && ended == 0, "no claim at all");
	if (stage_run(st, one) != 0 || stage_run(st, two) != 0 || stage_detach(st, ALONE) < 0)
		diag("the scene cannot be set: %s", st->err.what);
	ok(end_stale(st, &ended) == 0 && ended == 0, "all of them run: nothing is stale");
	fake_libvirt_release(st->root, one);
	ok(end_stale(st, &ended) == 0 && ended == 1 && stage_is(st, FOUR "0", "nvme -") &&
		   stage_is(st, TWO "0", "vfio-pci vfio-pci") &&
		   stage_is(st, ALONE, "vfio-pci vfio-pci"),
	   "the one that ended comes home, those that run and what was detached by hand stay");
	damage_cut(st);
	fake_libvirt_release(st->root, two);
	ok(end_stale(st, &ended) < 0 && ended == 1 && strstr(st->err.what, BAD) &&
		   stage_is(st, TWO "0", "xhci_hcd -"),
	   "a damaged claim does not keep the others");
	fake_remove(st->root, BAD_CLAIM);
	ok(stage_reattach(st, ALONE) == 0 && stage_is_home(st), "home");
}

/* --- refusals --------------------------------------------------------------------------------------- */

static void test_refusals(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	struct vh_refusal out, in = { (char[]){ VM1 }, (char[]){ "a vm" }, 1763707695,
				      (char[]){ "first line\n  second\n" } };
	_auto_names_ struct vh_names uuids = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	struct vh_store s;

	if (vh_store_open(&s, st->root, true, &err) < 0)
		diag("%s", err.what);
	ok(vh_refusal_load(&s, VM1, &out, &err) == 0 && !out.uuid, "none");
	vh_refusal_save(&s, &in);
	ok(vh_refusal_load(&s, VM1, &out, &err) == 0 && vh_streq(out.name, "a vm") &&
		   out.when == 1763707695 && vh_streq(out.text, in.text),
	   "as it was written");
	vh_refusal_clear(&out);
	ok(vh_refusal_list(&s, &uuids) == 0 && uuids.count == 1 && !strcmp(uuids.name[0], VM1),
	   "listed");
	fake_put(st->root, "run/vfio-hook/" VM1 ".refusal", "garbage");
	ok(vh_refusal_load(&s, VM1, &out, &err) < 0 && strstr(err.what, VM1), "not ours");
	vh_refusal_forget(&s, VM1);
	ok(!vh_root_exists(st->root, "run/vfio-hook/" VM1 ".refusal"), "forgotten");
	vh_store_close(&s);
}

int main(void)
{
	umask(022);
	for (size_t i = 0; i < VH_COUNT(damages); i++)
		test_damage(i);
	test_directory();
	test_all_stale();
	test_refusals();
	return tap_done();
}
