/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What processes and cgroups have in common: swap, split by tier. */
#ifndef SWAPTOP_VIEW_USE_H
#define SWAPTOP_VIEW_USE_H

#include "view/view.h"

#define USE_TIERS 6 /* columns of single tiers */

/* one of them; its heading is use_tier_title() */
#define USE_TIER_COLUMN(id, rank)                                    \
	{                                                            \
		id, "", "bytes of it in that tier", 6, 8, rank, true \
	}

/* single tiers have columns only where there is more than one; "": none */
const char *use_tier_title(const struct ui *ui, size_t tier);
/* what is to be said in place of a list that is not there */
void use_empty(const struct sample_scan *scan, const char *what, char *buf, size_t size);

#endif
