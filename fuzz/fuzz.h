/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz - one hostile input in, nothing but an answer out. Each fuzz-*.c defines the function
 * that libFuzzer calls; replay.c calls it with the files of the corpus for `make check`.
 */
#ifndef VH_FUZZ_H
#define VH_FUZZ_H

#include "lib/base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is; ends the process if it does not. */
#define FUZZ_ASSERT(condition)                                                      \
	do {                                                                        \
		if (!(condition)) {                                                 \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                    \
		}                                                                   \
	} while (0)

#endif
