/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench - what the programs of make bench share: time, and one line "NAME;VALUE" per figure. */
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <time.h>

/* Microseconds. */
static inline double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static inline void bench_figure(const char *name, double value)
{
	printf("%s;%.0f\n", name, value);
}

#endif
