/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>

#include "sample/history.h"

static struct series *series_new(const char *name)
{
	struct series *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	copy_text(s->name, name);
	s->last_seen = 0;
	for (size_t m = 0; m < N_METRICS; m++) {
		for (size_t i = 0; i < HISTORY_LEN; i++)
			s->v[m][i] = NAN;
	}
	return s;
}

int history_init(struct history *h)
{
	*h = (struct history){ .machine = series_new("") };
	return h->machine ? 0 : -ENOMEM;
}

void history_done(struct history *h)
{
	for (size_t i = 0; i < h->n_tiers; i++)
		free(h->tiers[i]);
	free(h->tiers);
	free(h->machine);
	*h = (struct history){ 0 };
}

static struct series *find(const struct history *h, const char *name)
{
	for (size_t i = 0; i < h->n_tiers; i++) {
		if (streq(h->tiers[i]->name, name))
			return h->tiers[i];
	}
	return NULL;
}

static struct series *find_or_add(struct history *h, const char *name)
{
	struct series *s = find(h, name), **list;

	if (s)
		return s;
	list = realloc(h->tiers, (h->n_tiers + 1) * sizeof(*list));
	if (!list)
		return NULL;
	h->tiers = list;
	s = series_new(name);
	if (s)
		h->tiers[h->n_tiers++] = s;
	return s;
}

static void set(struct history *h, struct series *s, enum metric m, double v)
{
	s->v[m][h->pushes % HISTORY_LEN] = (float)v;
}

static double pct_of(bool known, uint64_t part, uint64_t whole)
{
	return known && whole ? (double)part / (double)whole * 100 : NAN;
}

static double used_pct(const struct swapadm_usage *u)
{
	const uint32_t both = SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED;

	return pct_of((u->known & both) == both, MIN(u->used_bytes, u->size_bytes),
		      u->size_bytes);
}

/* of the jobs that are under way; NAN: none is */
static double jobs_bps(const struct sample *s)
{
	double sum = NAN;

	for (size_t i = 0; i < s->n_jobs; i++) {
		const struct swapadm_progress *j = &s->jobs[i];

		if (!sample_job_open(j))
			continue;
		sum = isnan(sum) ? 0 : sum;
		if (j->state == SWAPADM_JOB_RUNNING)
			sum += (double)j->rate_bytes_per_s;
	}
	return sum;
}

static void push_machine(struct history *h, const struct sample *s, const struct rates *r)
{
	const uint32_t ram = SWAPADM_MEM_TOTAL | SWAPADM_MEM_AVAILABLE;
	const struct swapadm_mem_stats *mem = &s->mem;

	set(h, h->machine, METRIC_USED_PCT, used_pct(&s->total));
	set(h, h->machine, METRIC_IN_BPS, r->swapin_bps);
	set(h, h->machine, METRIC_OUT_BPS, r->swapout_bps);
	set(h, h->machine, METRIC_MOVED_BPS, jobs_bps(s));
	set(h, h->machine, METRIC_STALL_PCT, r->stall_some_pct);
	set(h, h->machine, METRIC_FULL_PCT, r->stall_full_pct);
	set(h, h->machine, METRIC_MEM_PCT,
	    pct_of((mem->known & ram) == ram,
		   mem->total_bytes - MIN(mem->available_bytes, mem->total_bytes),
		   mem->total_bytes));
}

static void push_tier(struct history *h, struct series *series,
		      const struct sample_tier *t, const struct io_rates *r)
{
	double moved = r->moved_in_bps;

	if (!isnan(r->moved_out_bps))
		moved = isnan(moved) ? r->moved_out_bps : moved + r->moved_out_bps;
	set(h, series, METRIC_USED_PCT, used_pct(&t->usage));
	set(h, series, METRIC_IN_BPS, r->in_bps);
	set(h, series, METRIC_OUT_BPS, r->out_bps);
	set(h, series, METRIC_MOVED_BPS, moved);
	series->last_seen = h->pushes;
}

/* tiers that are not there: absent now, forgotten when nothing of them is left */
static void push_absent(struct history *h)
{
	for (size_t i = 0; i < h->n_tiers;) {
		struct series *s = h->tiers[i];

		if (h->pushes - s->last_seen >= HISTORY_LEN) {
			free(s);
			h->tiers[i] = h->tiers[--h->n_tiers];
			continue;
		}
		for (size_t m = 0; s->last_seen != h->pushes && m < N_METRICS; m++)
			set(h, s, (enum metric)m, NAN);
		i++;
	}
}

int history_push(struct history *h, const struct sample *s, const struct rates *r)
{
	int result = 0;

	push_machine(h, s, r);
	for (size_t i = 0; i < s->n_tiers; i++) {
		struct series *series = find_or_add(h, s->tiers[i].name);

		if (series)
			push_tier(h, series, &s->tiers[i], &r->tiers[i]);
		else
			result = -ENOMEM;
	}
	push_absent(h);
	h->pushes++;
	return result;
}

void history_get(const struct history *h, const char *tier, enum metric m, float *out,
		 int n)
{
	const struct series *s = tier ? find(h, tier) : h->machine;

	for (int i = 0; i < n; i++) {
		uint64_t back = (uint64_t)(n - i);

		if (!s || back > h->pushes || back > HISTORY_LEN)
			out[i] = NAN;
		else
			out[i] = s->v[m][(h->pushes - back) % HISTORY_LEN];
	}
}
