/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "sample/stalls.h"

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct stall_item *)a)->path,
		      ((const struct stall_item *)b)->path);
}

/* a count that fell is that of another group with this path */
static void compare(const struct stall_item *before, struct stall_item *item,
		    uint64_t interval_ns)
{
	struct sample_delay *d = &item->delay;

	if (!interval_ns)
		return;
	if (before->psi_known && item->psi_known &&
	    item->stalled_us >= before->stalled_us) {
		d->share_known = true;
		d->share_centipct =
			(uint64_t)((double)(item->stalled_us - before->stalled_us) * 1e7 /
				   (double)interval_ns);
	}
	if (before->in_known && item->in_known && item->in_bytes >= before->in_bytes) {
		d->rate_known = true;
		d->in_bytes_per_s =
			(uint64_t)((double)(item->in_bytes - before->in_bytes) * 1e9 /
				   (double)interval_ns);
	}
}

static void ask(struct stall_item *item, struct swapadm_ctx *ctx,
		const struct swapadm_cgroups *cgroups, size_t i)
{
	const struct swapadm_cgroup *g = swapadm_cgroups_get(cgroups, i);
	struct swapadm_psi psi;

	copy_text(item->path, g->path);
	item->in_known = g->known & SWAPADM_CGROUP_MOVES;
	item->in_bytes = g->swapin_bytes;
	item->psi_known = !swapadm_cgroups_get_psi(ctx, cgroups, i, &psi) &&
			  psi.some.known;
	if (!item->psi_known)
		return;
	item->stalled_us = psi.some.total_us;
	item->delay.known = true;
	item->delay.total_ns = psi.some.total_us * 1000;
}

/* what was read is what was before */
static void turn(struct stalls *st)
{
	free(st->before);
	st->before = st->items;
	st->n_before = st->n;
	st->items = NULL;
	st->n = 0;
	if (st->before)
		qsort(st->before, st->n_before, sizeof(*st->before), by_path);
}

int stalls_load(struct stalls *st, struct swapadm_ctx *ctx,
		const struct swapadm_cgroups *cgroups)
{
	size_t n = swapadm_cgroups_n(cgroups);
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC), interval_ns = now_ns - st->at_ns;

	turn(st);
	st->items = calloc(n + 1, sizeof(*st->items));
	if (!st->items)
		return -ENOMEM;
	st->n = n;
	st->at_ns = now_ns;
	for (size_t i = 0; i < n; i++) {
		struct stall_item *item = &st->items[i], *old;

		ask(item, ctx, cgroups, i);
		old = st->n_before ? bsearch(item, st->before, st->n_before,
					     sizeof(*st->before), by_path)
				   : NULL;
		if (old)
			compare(old, item, interval_ns);
	}
	return 0;
}

void stalls_done(struct stalls *st)
{
	free(st->items);
	free(st->before);
	*st = (struct stalls){ 0 };
}
