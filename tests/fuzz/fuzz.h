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

#endif
