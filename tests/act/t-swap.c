/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another device at the address: what started notes and the next prepare says; killed while it
 * notes; and what the configuration and the domain itself ask for. */
#include <signal.h>

#include "lib/act/release.h"
#include "lib/act/started.h"
#include "lib/config/config-file.h"
#include "lib/state/record.h"
#include "tests/fake/fake-kernel.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define DEVICE(addr) "sys/bus/pci/devices/" addr
#define RECORD VH_RECORD_DIR "/" VM1 ".devices"
#define HEAD "vfio-hook-devices 2\ndomain " VM1 "\nname vm-4dea\n"
#define MEMBERS "member 0000:00:02.0\nmember " ALONE "\n"
#define LINE(id, class) "device " ALONE " 8086:" id " sub=0000:0000 class=" class "\n"

static bool recorded(const struct stage *st, const char *devices)
{
	_auto_free_ char *have = vh_root_read(st->root, RECORD);
	_auto_free_ char *want = vh_printf(HEAD "%s" MEMBERS "end", devices);

	if (vh_streq(have, want))
		return true;
	diag("%s", have ? have : "no record");
	return false;
}

/* The rule's severity among the findings of the last operation, or -1. */
static int found(const struct stage *st)
{
	for (size_t i = 0; i < st->findings.count; i++)
		if (!strcmp(st->findings.list[i].rule->name, "identity-changed"))
			return st->findings.list[i].severity;
	return -1;
}

/* As another card would say it. The kernel's modalias, which says it too, follows. */
static void set_id(struct stage *st, const char *attribute, const char *value)
{
	_auto_free_ char *path = vh_printf(DEVICE(ALONE) "/%s", attribute);

	fake_remove(st->root, DEVICE(ALONE) "/modalias");
	fake_put(st->root, path, "%s", value);
}

static void test_swap(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE " 0000:1f:00.0");
	int rc;

	d->n_devices = 1;
	ok(stage_run(st, d) == 0 && recorded(st, LINE("1521", "020000")),
	   "started notes the device");
	ok(stage_end(st, d) == 0 && stage_run(st, d) == 0 && found(st) == -1 && stage_end(st, d) == 0,
	   "the same one starts without a word");
	set_id(st, "device", "0x1533\n");
	ok(stage_prepare(st, d) == 0 && found(st) == VH_WARNING, "a like one starts with a warning");
	ok(recorded(st, LINE("1521", "020000")), "which stands until it has run");
	ok(stage_release(st, d) == 0 && stage_run(st, d) == 0 &&
		   recorded(st, LINE("1533", "020000")) && stage_end(st, d) == 0,
	   "then it is the one that is meant");
	set_id(st, "class", "0x010802\n");
	rc = stage_prepare(st, d);
	ok(rc < 0 && st->err.code == VH_E_REFUSED && found(st) == VH_ERROR && stage_is_home(st),
	   "one of another class is refused");
	ok(vh_started_record(st->root, d, &st->err) == 0 && stage_run(st, d) == 0 &&
		   found(st) == -1 && stage_end(st, d) == 0 && stage_is_home(st),
	   "until it is accepted");
	d->n_devices = 2;
	ok(vh_started_record(st->root, d, &st->err) == 0 && recorded(st, LINE("1533", "010802")),
	   "what is not there is not noted");
	fake_unplug(st->root, ALONE);
	ok(vh_started_record(st->root, d, &st->err) == 0 && recorded(st, LINE("1533", "010802")),
	   "and what has gone is not forgotten");
	d->n_devices = 0;
	ok(vh_started_record(st->root, d, &st->err) == 0 && !vh_root_exists(st->root, RECORD),
	   "a domain without devices has no record");
	d->n_devices = 2;
}

static void test_moved(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, IDLE);

	if (stage_run(st, d) != 0 || stage_end(st, d) < 0)
		diag("does not run");
	fake_unplug(st->root, IDLE);
	ok(stage_prepare(st, d) < 0 && stage_found(st, "device-absent") &&
		   strstr(st->findings.list[0].message,
			  "when 'vm-4dea' last ran it was NVMe controller 144d:a808; moved? devices "
			  "like that are now at 0000:01:00.0, 0000:05:00.0, 0000:08:00.1"),
	   "one that has gone is looked for");
}

static void test_damaged(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);

	fake_mkdirs(st->root, VH_RECORD_DIR);
	fake_put(st->root, RECORD, "garbage\n");
	fake_put(st->root, VH_RECORD_DIR "/new", "half a rec"); /* of somebody who was killed */
	ok(stage_prepare(st, d) == 0 && st->told.data &&
		   strstr(st->told.data,
			  "warning: not checked: whether these are the devices it last "
			  "ran with: '/var/lib/vfio-hook/" VM1 ".devices': line 1: "),
	   "a damaged record is said, and stops nothing");
	ok(stage_started(st, d) == 0 && recorded(st, LINE("1521", "020000")), "and is written anew");
	if (stage_release(st, d) < 0)
		diag("%s", st->err.what);
	fake_remove(st->root, "var");
	fake_put(st->root, "var", "a file\n");
	ok(stage_prepare(st, d) == 0 && stage_started(st, d) < 0 && st->err.what &&
		   stage_has_claim(st, VM1),
	   "one that cannot be written leaves the claim as it is");
	ok(stage_release(st, d) == 0 && stage_is_home(st), "and everything comes home");
}

/* Whoever is killed while he notes leaves the old record or the new one. */
static void test_killed(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);
	int steps, bad = 0;

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_reset(st->root);
	set_id(st, "device", "0x1533\n");
	if (stage_started(st, d) < 0)
		diag("%s", st->err.what);
	steps = fake_steps(st->root);
	for (int n = 0; n < steps; n++) {
		const char *next = n % 2 ? "0x1533\n" : "0x1521\n";

		set_id(st, "device", next);
		fake_reset(st->root);
		fake_fault(st->root, "step %d group", n);
		bad += stage_fork(st, stage_started, d) != SIGKILL;
		fake_reset(st->root);
		bad += !recorded(st, n % 2 ? LINE("1521", "020000") : LINE("1533", "020000")) &&
		       !recorded(st, n % 2 ? LINE("1533", "020000") : LINE("1521", "020000"));
		bad += stage_started(st, d) < 0 || vh_root_exists(st->root, VH_RECORD_DIR "/new") ||
		       !recorded(st, n % 2 ? LINE("1533", "020000") : LINE("1521", "020000"));
	}
	ok(!bad && steps > 5, "killed at each of %d steps of started: nothing is lost", steps);
	ok(stage_end(st, d) == 0 && stage_is_home(st), "and everything comes home");
}

/* --- policy ----------------------------------------------------------------------------------- */

static void test_config(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *one = scratch_vm(VM1, TWO "0");
	_auto_(vh_domain) struct vh_domain *two = scratch_vm(VM2, TWO "0");

	vh_config_clear(&st->config);
	if (vh_config_file_parse(&st->config, "[domain vm-4dea]\npeers = require\n", "conf",
				 &st->err) < 0)
		diag("%s", st->err.what);
	ok(stage_prepare(st, one) < 0 && stage_found(st, "peer-not-listed") && stage_is_home(st),
	   "a section for one domain");
	ok(stage_prepare(st, two) == 0 && stage_release(st, two) == 0, "is not for the other one");
	vh_config_clear(&st->config);
	if (vh_config_file_parse(&st->config, "[device " TWO "1]\nid = 10de:10f1\n", "conf",
				 &st->err) < 0)
		diag("%s", st->err.what);
	ok(stage_prepare(st, one) < 0 && found(st) == VH_ERROR && stage_is_home(st),
	   "a pinned peer");
	ok(stage_detach(st, TWO "0") < 0 && found(st) == VH_ERROR && stage_is_home(st),
	   "also where it is detached by hand");
}

static void test_metadata(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");
	struct vh_domain_pin *pin;

	d->policy.require_peers = true;
	ok(stage_prepare(st, d) < 0 && stage_found(st, "peer-not-listed") && stage_is_home(st),
	   "a domain that wants its peers listed");
	d->policy.require_peers = false;
	pin = VH_APPEND(d->policy.pins, d->policy.n_pins);
	*pin = (struct vh_domain_pin){ { 0, 7, 0, 0 }, { 0x1b21, 0x2142 }, 3 };
	ok(stage_prepare(st, d) == 0 && stage_release(st, d) == 0, "a pin that holds");
	pin->id.device++;
	ok(stage_prepare(st, d) < 0 && found(st) == VH_ERROR && stage_is_home(st),
	   "a pin that does not");
}

int main(void)
{
	test_swap();
	test_moved();
	test_damaged();
	test_killed();
	test_config();
	test_metadata();
	return tap_done();
}
