/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * act RUNS DEVICES DELAY - prepare and release of a domain with so many devices, each in a slot
 * and a group of its own, on the fake kernel whose driver needs DELAY ms to let go of a device
 * and as long to take it. libvirt does nothing in between, so that release brings all home, too.
 * Prints "prepare N;MICROSECONDS" and "release N;..." for each run.
 */
#include "tests/bench/bench.h"
#include "tests/fake/stage.h"

#define HOST                                                                                  \
	"f proc/self/mountinfo\t26 1 8:1 / / rw - ext4 /dev/sda1 rw\n"                        \
	"f proc/swaps\tFilename\nf proc/net/route\tIface\nf proc/cpuinfo\tvendor_id\t: AMD\n" \
	"f proc/cmdline\tro\nf proc/sys/kernel/osrelease\t6.1.0\n"                            \
	"f lib/modules/6.1.0/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n"             \
	"f lib/modules/6.1.0/modules.alias\talias x y\nd sys/class/iommu/ivhd0\n"

static struct stage *make_stage(unsigned int devices, unsigned int delay, struct vh_strbuf *names)
{
	_auto_strbuf_ struct vh_strbuf host = { 0 };

	vh_strbuf_addf(&host, HOST "f fake-kernel/delay/ahci\t%u\n", delay);
	for (unsigned int i = 1; i <= devices; i++) {
		vh_strbuf_addf(
			&host,
			"pci 0000:%02x:00.0 class=010601 id=8086:a352 group=%u driver=ahci\n", i, i);
		vh_strbuf_addf(names, "%s0000:%02x:00.0", i > 1 ? " " : "", i);
	}
	return stage_new(host.data);
}

static int run(struct stage *st, const struct vh_domain *d, unsigned int devices)
{
	_auto_free_ char *prepare = vh_printf("prepare %u", devices);
	_auto_free_ char *release = vh_printf("release %u", devices);
	double begin = bench_now();

	if (stage_prepare(st, d) < 0)
		return -1;
	bench_figure(prepare, bench_now() - begin);
	begin = bench_now();
	if (stage_release(st, d) < 0)
		return -1;
	bench_figure(release, bench_now() - begin);
	return 0;
}

int main(int argc, char **argv)
{
	_auto_strbuf_ struct vh_strbuf names = { 0 };
	_auto_(vh_domain) struct vh_domain *d = NULL;
	_auto_(stage) struct stage *st = NULL;
	uint64_t runs, devices, delay;

	if (argc != 4 || vh_parse_uint(argv[1], 10, 100000, &runs) < 0 ||
	    vh_parse_uint(argv[2], 10, 64, &devices) < 0 ||
	    vh_parse_uint(argv[3], 10, 10000, &delay) < 0)
		return 2;
	st = make_stage((unsigned int)devices, (unsigned int)delay, &names);
	d = scratch_vm(VM1, names.data);
	for (uint64_t i = 0; i < runs; i++)
		if (run(st, d, (unsigned int)devices) < 0) {
			fprintf(stderr, "act: %s\n", st->err.what);
			return 1;
		}
	return 0;
}
