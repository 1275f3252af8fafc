/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fuzz target is one function. With libFuzzer it is given new inputs for ever; else
 * runner.c gives it the kept corpus, every beginning of each input, and each input with
 * single bytes changed. A target aborts when a promise of the library does not hold.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                              \
	do {                                                                    \
		if (!(cond)) {                                                  \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, \
				__LINE__, #cond);                               \
			abort();                                                \
		}                                                               \
	} while (0)

/*
 * For what is done with some inputs only. Of all bytes: libFuzzer keeps the inputs with
 * which most is done, and could choose a single byte.
 */
static inline unsigned fuzz_dice(const uint8_t *data, size_t size)
{
	unsigned h = 2166136261u;

	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * 16777619u;
	return h >> 8;
}

#endif
