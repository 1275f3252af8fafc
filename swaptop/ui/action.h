/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SWAPTOP_UI_ACTION_H
#define SWAPTOP_UI_ACTION_H

#include <stdatomic.h>

#include "ui/ui.h"

/**
 * struct answer - what came of an action
 * @action:   what it answers; with .plan set @lines say what would be done
 * @ok:       done, or could be done
 * @message:  result, or why not
 * @handed:   set by the thread that filled it, when it has done: actor.c
 */
struct answer {
	struct action action;
	bool ok;
	char lines[DIALOG_LINES][DIALOG_WIDTH];
	uint8_t roles[DIALOG_LINES];
	int n_lines;
	char message[DIALOG_WIDTH];
	atomic_bool handed;
};

const char *action_verb(const struct action *a);

void ui_drain(struct ui *ui);
void ui_migrate(struct ui *ui);
bool ui_can_migrate(const struct ui *ui); /* what is selected, on this layer */
void ui_next_dest(struct ui *ui);         /* plan for the next destination in turn */
void ui_cordon(struct ui *ui);
void ui_swapin(struct ui *ui);
void ui_swapout(struct ui *ui);
void ui_park(struct ui *ui);
void ui_wake(struct ui *ui);
bool ui_has_open_job(const struct ui *ui);
bool ui_has_parked(const struct ui *ui);
/* the selected job; where no job is selected, the only one that is under way */
void ui_pause_job(struct ui *ui);
void ui_cancel_job(struct ui *ui);
void ui_shared(struct ui *ui); /* what shared memory in swap is */
/* show what came of ui->action */
void ui_answer(struct ui *ui, const struct answer *answer);

#endif
