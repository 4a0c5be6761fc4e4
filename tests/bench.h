/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench - times in microseconds, and their median, 10th and 90th percentile. */
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static inline int bench_order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static inline void bench_print(const char *name, double *times, size_t n)
{
	qsort(times, n, sizeof(*times), bench_order);
	printf("%s%.0f %.0f %.0f\n", name, times[n / 2], times[n / 10], times[n - 1 - n / 10]);
}

#endif
