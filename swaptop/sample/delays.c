/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "sample/delays.h"

static int by_pid(const void *a, const void *b)
{
	const struct delay_item *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static void compare(const struct swapadm_delay *before, struct delay_item *item,
		    uint64_t interval_ns)
{
	struct sample_delay *d = &item->delay;

	d->share_known = d->rate_known =
		swapadm_delay_rates(before, &item->got, interval_ns, &d->in_bytes_per_s,
				    &d->share_centipct) == 0;
}

/* 0: asked, whether answered or not */
static int ask(struct delays *d, struct delay_item *item)
{
	int r = swapadm_delays_get(d->kernel, item->pid, &item->got);

	if (r == -ESRCH) /* ended since the scan */
		return 0;
	if (r < 0)
		return r;
	item->delay.known = item->got.known;
	item->delay.total_ns = item->got.swapin_ns;
	return 0;
}

static int ask_all(struct delays *d, const struct swapadm_procs *procs)
{
	size_t n = swapadm_procs_n(procs);
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC), interval_ns = now_ns - d->at_ns;
	int r = 0;

	d->items = calloc(n + 1, sizeof(*d->items));
	if (!d->items)
		return -ENOMEM;
	d->n = n;
	d->at_ns = now_ns;
	for (size_t i = 0; i < n && r == 0; i++) {
		struct delay_item *item = &d->items[i], *old;

		item->pid = swapadm_procs_get(procs, i)->pid;
		r = ask(d, item);
		old = d->n_before ? bsearch(item, d->before, d->n_before,
					    sizeof(*d->before), by_pid)
				  : NULL;
		if (old)
			compare(&old->got, item, interval_ns);
	}
	return r;
}

/* what was read is what was before */
static void turn(struct delays *d)
{
	free(d->before);
	d->before = d->items;
	d->n_before = d->n;
	d->items = NULL;
	d->n = 0;
	if (d->before)
		qsort(d->before, d->n_before, sizeof(*d->before), by_pid);
}

int delays_load(struct delays *d, struct swapadm_ctx *ctx,
		const struct swapadm_procs *procs)
{
	int r = 0;

	turn(d);
	*d->why = '\0';
	if (!d->kernel)
		r = swapadm_delays_open(ctx, &d->kernel);
	if (r == 0)
		r = ask_all(d, procs);
	if (r == 0 || r == -ENOMEM)
		return r;
	if (r == -ENODATA)
		copy_text(d->why, "for waiting times: sysctl kernel.task_delayacct=1");
	else if (r == -EPERM)
		copy_text(d->why, "waiting times need root");
	d->kernel = swapadm_delays_free(d->kernel);
	free(d->items);
	d->items = NULL;
	d->n = 0;
	return 0;
}

void delays_done(struct delays *d)
{
	swapadm_delays_free(d->kernel);
	free(d->items);
	free(d->before);
	*d = (struct delays){ 0 };
}
