/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table's columns with one more for each tier, as ps and cgroups have. */
#ifndef SWAPCTL_TIERCOLS_H
#define SWAPCTL_TIERCOLS_H

#include "table.h"

/**
 * struct tier_row - a row of such a table
 * @item:        what the fixed columns look at
 * @tier_bytes:  NULL: not known
 * @flat:        a tree is not drawn as one
 * @delay:       of a process, @psi: of a cgroup; NULL: not asked for, or not known
 * @before:      what @delay was @interval_ns ago; NULL as above
 * @group_before: likewise the cgroup in @item
 */
struct tier_row {
	const void *item;
	const uint64_t *tier_bytes;
	bool flat;
	const struct swapadm_delay *delay, *before;
	const struct swapadm_cgroup *group_before;
	uint64_t interval_ns;
	const struct swapadm_psi *psi;
};

/* of a column's .load, next to SWAPADM_PROCS_*: .delay or .psi of the row */
#define LOAD_WAITS (1u << 31)
/* .before or .group_before, and .interval_ns, which takes --interval */
#define LOAD_RATES (1u << 30)

/* the heading and the name in JSON of a tier's column */
struct tiercol {
	char name[40], json[40];
};

/**
 * struct tiercols - columns made for one run, one for each tier that there is
 * @cols:  names of tier columns are the tiers' in capitals, with TIER_ before those that
 *         a fixed column has; in JSON "tier_NAME"
 * @sel:   those that are shown; .load: SWAPADM_PROCS_* that they need
 */
struct tiercols {
	struct columns cols;
	struct column *items;
	struct tiercol *tiers;
	char *defaults;
	struct selection sel;
};

/**
 * tiercols_select() - the fixed columns and those of the tiers; which of them to show
 * @out:     released with tiercols_free(), also after a failure
 * @before:  default columns before those of the tiers, @after: behind them
 *
 * Return: CLI_DONE; CLI_USAGE with the unknown name reported; CLI_FAILED (memory).
 */
int tiercols_select(struct tiercols *out, const struct cli *cli,
		    const struct columns *fixed, const char *before, const char *after,
		    const struct swapadm_model *model);
void tiercols_free(struct tiercols *cols);

/* print @rows; NULL: there was no memory for them */
int tiercols_print(const struct tiercols *cols, const struct cli *cli,
		   const struct tier_row *rows, size_t n);

#endif
