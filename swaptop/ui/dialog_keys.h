/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys while something is asked; opening what asks. */
#ifndef SWAPTOP_DIALOG_KEYS_H
#define SWAPTOP_DIALOG_KEYS_H

#include "ui/ui.h"

void dialog_press(struct ui *ui, int key);
void dialog_ask_filter(struct ui *ui);
void dialog_ask_search(struct ui *ui);
void dialog_ask_time(struct ui *ui);
void dialog_ask_sort(struct ui *ui);
void dialog_ask_columns(struct ui *ui);
/* the next row of the list in focus that contains @text, from the selected one on */
bool search_next(struct ui *ui, const char *text, bool from_next);

#endif
