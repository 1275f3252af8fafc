/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SWAPTOP_LIVE_H
#define SWAPTOP_LIVE_H

#include "options.h"

/* what the locale, the terminal and --ascii allow */
enum glyph_set glyphs_of(const struct options *o);

/* the terminal until q; an exit status */
int live_run(struct source *src, struct ui *ui, const struct options *o);

#endif
