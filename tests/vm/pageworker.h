/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PAGEWORKER_H
#define PAGEWORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* the memory whose every page is known */
struct worker {
	unsigned char *mem;
	uint32_t *generation; /* locked in memory; 0: not filled */
	size_t pages;
	size_t page_bytes;
	uint64_t seed;
	uint64_t random;
	unsigned int zeros;
	bool thp;
};

extern struct worker w;

uint64_t next_random(uint64_t *state);
/* ends the program if @p is not what @page is to hold */
void check_content(size_t page, const uint64_t *p, const char *doing);

/* the commands of these names, which print their answer */
void locate(char *args);
void where(const char *map);
/* of another pageworker, whatever it does meanwhile */
void where_of(const char *pid, const char *map);

#endif
