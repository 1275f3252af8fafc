/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys: one table says what each does; the help, the footer and the test of the manual
 * are made from it. */
#ifndef SWAPTOP_KEYS_H
#define SWAPTOP_KEYS_H

#include "ui/keycodes.h"
#include "ui/ui.h"

/**
 * struct key - what a key does
 * @codes:    keys, ended by 0
 * @names:    the same for a person
 * @group:    heading in the help
 * @place:    in the footer, from 1: what is asked for most comes first; 0: not there
 * @hint:     word in the footer
 * @help:     one line
 * @applies:  lists in which it means something, by bit of enum list_id; 0: everywhere
 * @where:    those lists, for who presses it elsewhere; NULL: everywhere
 * @exists:   NULL, or whether the key has this meaning now; a later entry may have
 *            another
 * @offered:  NULL, or whether it could do something now: else it is not in the footer
 */
struct key {
	int codes[5];
	const char *names, *group;
	uint8_t place;
	const char *hint, *help;
	uint32_t applies;
	const char *where;
	void (*fn)(struct ui *ui, int key);
	bool (*exists)(const struct ui *ui);
	bool (*offered)(const struct ui *ui);
};

extern const struct key keys[]; /* ended by one without names */

/* do what @key means now; unknown keys do nothing */
void keys_press(struct ui *ui, int key);
/* a click on a place of the screen */
void keys_click(struct ui *ui, int x, int y, bool twice);
/* @k means something, and is worth a place in the footer */
bool key_offered(const struct key *k, const struct ui *ui);

#endif
