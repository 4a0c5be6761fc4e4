/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-unseen - a disk whose users cannot be seen goes only where its use as a disk is allowed, and
 * the refusal says why of this device, not of another one.
 */
#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define DISK SPLIT "1/nvme/nvme0/nvme0n1/"
#define DEVICES "sys/bus/pci/devices/"

/* Neither a route nor a mount can be seen: the network card comes first among what was not
 * checked. */
static struct stage *blind_stage(unsigned int allowed)
{
	struct stage *st = stage_new(NULL);
	struct vh_device_policy *p;

	fake_put(st->root, DEVICES DISK "dev", "259:9\n");
	fake_put(st->root, DEVICES DISK "size", "9\n");
	fake_put(st->root, "run/udev/data/b259:9", "I:1\n");
	fake_put(st->root, "dev/nvme0n1", "free\n");
	fake_remove(st->root, "proc/swaps");
	fake_remove(st->root, "proc/self/mountinfo");
	p = VH_APPEND(st->config.devices, st->config.n_devices);
	if (vh_pci_parse(SPLIT "1", &p->addr) < 0)
		abort();
	p->allow_in_use = allowed;
	return st;
}

static bool says(const struct vh_findings *found, const char *rule, const char *words)
{
	for (size_t i = 0; i < found->count; i++)
		if (!strcmp(found->list[i].rule->name, rule) && strstr(found->list[i].message, words))
			return true;
	return false;
}

int main(void)
{
	for (unsigned int kind = 0; kind <= VH_USE_OTHER; kind = kind ? kind << 1 : 1) {
		_auto_(stage) struct stage *st = blind_stage(kind);
		_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, SPLIT "1");
		int rc = stage_prepare(st, d);

		if (kind == VH_USE_BLOCK)
			ok(rc == 0, "a disk that is not fully seen goes where that is allowed");
		else
			ok(rc < 0 && stage_is(st, SPLIT "1", "nvme -") &&
				   says(&st->findings, "device-in-use", "mounts and swap"),
			   "it stays, with kind %u allowed: %s", kind,
			   st->err.what ? st->err.what : "no reason");
	}
	return tap_done();
}
