/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-act RUNS - the library's own time for prepare and for release of one device on the fake
 * kernel, which answers at once: median and the 10th and 90th percentile, in microseconds.
 */
#include "tests/bench.h"
#include "tests/stage.h"

int main(int argc, char **argv)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);
	_auto_free_ double *prepare = NULL, *release = NULL;
	uint64_t runs = 0;
	char why[200];

	if (argc != 2 || vh_parse_uint(argv[1], 10, 100000, &runs) < 0 || runs < 10)
		return 2;
	prepare = vh_alloc(runs * sizeof(*prepare));
	release = vh_alloc(runs * sizeof(*release));
	for (size_t i = 0; i < runs; i++) {
		double begin = bench_now();

		if (stage_prepare(st, d) < 0)
			return 1;
		prepare[i] = bench_now() - begin;
		if (fake_libvirt_prepare(st->root, d, why, sizeof(why)) < 0)
			return 1;
		fake_libvirt_release(st->root, d);
		begin = bench_now();
		if (stage_release(st, d) < 0)
			return 1;
		release[i] = bench_now() - begin;
	}
	bench_print("prepare ", prepare, runs);
	bench_print("release ", release, runs);
	return 0;
}
