/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table's columns with one more for each tier, as ps and cgroups have. */
#ifndef SWAPCTL_TIERCOLS_H
#define SWAPCTL_TIERCOLS_H

#include "table.h"

#define TIERCOLS_MAX 16

/**
 * struct tier_row - a row of such a table
 * @item:        what the fixed columns look at
 * @tier_bytes:  NULL: not known
 * @flat:        a tree is not drawn as one
 */
struct tier_row {
	const void *item;
	const uint64_t *tier_bytes;
	bool flat;
};

/**
 * struct tiercols - columns made for one run
 * @cols:  names of tier columns are the tiers' in capitals, in JSON "tier_NAME"
 * @sel:   those that are shown; .load: SWAPADM_PROCS_* that they need
 */
struct tiercols {
	struct columns cols;
	struct column items[64];
	char names[TIERCOLS_MAX][32], json[TIERCOLS_MAX][40];
	char defaults[1024];
	struct selection sel;
};

/**
 * tiercols_select() - the fixed columns and those of the tiers; which of them to show
 * @before:  default columns before those of the tiers, @after: behind them
 *
 * Return: CLI_DONE; CLI_USAGE with the unknown name told.
 */
int tiercols_select(struct tiercols *out, const struct cli *cli,
		    const struct columns *fixed, const char *before, const char *after,
		    const struct swapadm_model *model);

/* print @rows; NULL: there was no memory for them */
int tiercols_print(const struct tiercols *cols, const struct cli *cli,
		   const struct tier_row *rows, size_t n);

#endif
