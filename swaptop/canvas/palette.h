/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a role looks like where there are 256 colours, 8, or none. */
#ifndef SWAPTOP_PALETTE_H
#define SWAPTOP_PALETTE_H

#include "canvas/canvas.h"

enum colours {
	COLOURS_NONE,
	COLOURS_8,
	COLOURS_256,
};

/**
 * struct paint - how to show a cell
 * @fg:    colour number, -1: that of the terminal; the background is always the
 *         terminal's
 * @flags: STYLE_*
 * @faint: less than normal, where the terminal can
 */
struct paint {
	short fg;
	uint8_t flags;
	bool faint;
};

struct paint palette_get(struct style st, enum colours colours);

#endif
