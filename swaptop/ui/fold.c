/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/fold.h"

static int find_fold(const struct ui *ui, uint64_t id)
{
	for (size_t i = 0; i < ui->n_folds; i++) {
		if (ui->folds[i] == id)
			return (int)i;
	}
	return -1;
}

bool ui_folded(const struct ui *ui, uint64_t id)
{
	return find_fold(ui, id) >= 0;
}

void ui_fold(struct ui *ui, uint64_t id, bool folded)
{
	int at = find_fold(ui, id);

	if (folded && at < 0 && ui->n_folds < FOLDS_MAX)
		ui->folds[ui->n_folds++] = id;
	if (!folded && at >= 0)
		ui->folds[at] = ui->folds[--ui->n_folds];
}
