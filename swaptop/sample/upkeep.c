/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "sample/upkeep.h"

#define COUNT_EVERY_NS (10 * NSEC_PER_SEC)
#define COUNT_SHARE    0.005 /* of a core's time, at most */

static struct upkeep_item *find_item(struct upkeep *up, const char *name)
{
	for (size_t i = 0; i < up->n; i++)
		if (streq(up->items[i].name, name))
			return &up->items[i];
	if (up->n == UPKEEP_ZRAMS)
		return NULL;
	copy_text(up->items[up->n].name, name);
	return &up->items[up->n++];
}

/* idle is what balance goes by: an age; where the kernel has none, its marks */
static void count(struct upkeep_item *item, struct swapadm_ctx *ctx, uint64_t older_s)
{
	uint64_t begin_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	item->result = swapadm_zram_get_idle(ctx, item->name, older_s, &item->idle);
	if (item->result == -ENODATA)
		item->result = swapadm_zram_get_idle(ctx, item->name, 0, &item->idle);
	item->at_ns = clock_ns(CLOCK_MONOTONIC);
	item->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns;
}

static bool is_due(const struct upkeep_item *item, bool rarely)
{
	double rest_ns = (double)item->cost_ns / COUNT_SHARE;

	if (rest_ns < (double)COUNT_EVERY_NS)
		rest_ns = (double)COUNT_EVERY_NS;
	return !item->at_ns || (double)(clock_ns(CLOCK_MONOTONIC) - item->at_ns) >=
				       (rarely ? 10 * rest_ns : rest_ns);
}

void upkeep_device(struct upkeep *up, struct swapadm_ctx *ctx,
		   const struct swapadm_device *from,
		   const struct swapadm_conf_tier *tier, bool rarely,
		   struct sample_device *d)
{
	bool backed = from->backing_dev && *from->backing_dev;
	bool again = from->recompress && *from->recompress;
	struct sample_upkeep *u = &d->upkeep;
	struct upkeep_item *item;

	if (from->kind != SWAPADM_KIND_ZRAM || (!backed && !again))
		return;
	if (from->zram_known & SWAPADM_ZRAM_HUGE)
		u->known |= SAMPLE_UPKEEP_HUGE;
	u->huge_bytes = from->huge_bytes;
	if (backed && from->zram_known & SWAPADM_ZRAM_BD)
		u->known |= SAMPLE_UPKEEP_WRITTEN;
	u->written_back_bytes = from->written_back_bytes;
	if (tier && !swapadm_balance_budget_left(ctx, tier, &u->budget_left_bytes))
		u->known |= SAMPLE_UPKEEP_BUDGET;
	item = find_item(up, from->name);
	if (!item)
		return;
	if (is_due(item, rarely))
		count(item, ctx,
		      !tier                  ? 0
		      : tier->demote_older_s ? tier->demote_older_s
					     : tier->recompress_older_s);
	if (item->result)
		return;
	u->known |= SAMPLE_UPKEEP_IDLE;
	u->idle_bytes = item->idle.idle_bytes;
	u->recompressed_bytes = item->idle.recompressed_bytes;
}
