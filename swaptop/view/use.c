/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/use.h"

const char *use_tier_title(const struct ui *ui, size_t tier)
{
	const char *name;
	size_t n = 0;

	if (!ui->s)
		return "";
	for (size_t i = 0; i < ui->s->n_tiers; i++)
		n += !ui->s->tiers[i].is_zswap;
	if (n < 2 || tier >= ui->s->n_tiers || ui->s->tiers[tier].is_zswap)
		return "";
	name = ui->s->tiers[tier].name;
	return name + tier_prefix(name);
}

void use_empty(const struct sample_scan *scan, const char *what, char *buf, size_t size)
{
	switch (scan->state) {
	case SAMPLE_LIST_NOT_READ:
		snprintf(buf, size, "%s: reading...", what);
		break;
	case SAMPLE_LIST_READ:
		snprintf(buf, size, "no %s has pages in swap", what);
		break;
	default:
		snprintf(buf, size, "%s: %s", what, scan->why);
	}
}
