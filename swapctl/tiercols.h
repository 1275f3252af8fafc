/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table's columns with one more for each tier, as ps and cgroups have. */
#ifndef SWAPCTL_TIERCOLS_H
#define SWAPCTL_TIERCOLS_H

#include "table.h"

#define TIERCOLS_MAX 16

/* what the row of such a table begins with */
struct tier_row {
	const uint64_t *tier_bytes; /* NULL: not known */
};

/**
 * struct tiercols - columns made for one run
 * @cols:  for table_select(); names of tier columns are the tiers' in capitals, in JSON
 *         "tier_NAME"
 */
struct tiercols {
	struct columns cols;
	struct column items[64];
	char names[TIERCOLS_MAX][32], json[TIERCOLS_MAX][40];
	char defaults[1024];
};

/**
 * tiercols_make() - the fixed columns and those of the tiers
 * @before:  default columns before those of the tiers, @after: behind them
 */
void tiercols_make(struct tiercols *out, const struct columns *fixed, const char *before,
		   const char *after, const struct swapadm_procs *procs);

#endif
