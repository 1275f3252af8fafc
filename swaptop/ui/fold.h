/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows are folded; of tiers, which differ from set.fold_tiers. */
#ifndef SWAPTOP_FOLD_H
#define SWAPTOP_FOLD_H

#include "ui/ui.h"

/* in place of a row: the list of jobs has its finished ones unfolded */
#define FOLD_JOBS UINT64_C(1)

bool ui_folded(const struct ui *ui, uint64_t id);
void ui_fold(struct ui *ui, uint64_t id, bool folded);

#endif
