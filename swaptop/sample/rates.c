/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>

#include "sample/rates.h"

/* an interval outside says that a clock or the replay jumped */
#define DT_MIN_S 0.001
#define DT_MAX_S 86400.0

/* the last and the first sixteenth of a counter's range: crossing means it wrapped */
static bool wrapped(uint64_t prev, uint64_t cur, unsigned bits)
{
	uint64_t max = bits == 64 ? UINT64_MAX : (1ULL << bits) - 1;

	return prev <= max && prev > max - max / 16 && cur < max / 16;
}

bool counter_delta(uint64_t prev, uint64_t cur, uint64_t *delta)
{
	if (cur >= prev) {
		*delta = cur - prev;
		return true;
	}
	if (wrapped(prev, cur, 32)) {
		*delta = (uint32_t)(cur - prev);
		return true;
	}
	if (wrapped(prev, cur, 64)) {
		*delta = cur - prev;
		return true;
	}
	return false;
}

static double delta_of(bool known, uint64_t prev, uint64_t cur)
{
	uint64_t d;

	return known && counter_delta(prev, cur, &d) ? (double)d : NAN;
}

/* differences of counters that were not read at one instant; NAN stays */
static double above_0(double v)
{
	return v < 0 ? 0 : v;
}

static double interval_s(const struct sample *prev, const struct sample *cur)
{
	double dt;

	if (!prev || cur->mono_ns <= prev->mono_ns)
		return NAN;
	dt = (double)(cur->mono_ns - prev->mono_ns) / NSEC_PER_SEC;
	return dt < DT_MIN_S || dt > DT_MAX_S ? NAN : dt;
}

/* fmin() would make 100 of an absent value */
static double at_most_100(double v)
{
	return v > 100 ? 100 : v;
}

static const struct io_rates no_rates = {
	NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
};

/* upper edge of the bucket that the 99th percentile of the interval's requests is in */
static double p99_of(const uint64_t *a, const uint64_t *b)
{
	uint64_t n[SWAPADM_LATENCY_BUCKETS], sum = 0, seen = 0;

	for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
		if (!counter_delta(a[i], b[i], &n[i]))
			return NAN;
		sum += n[i];
	}
	for (size_t i = 0; sum && i < ARRAY_SIZE(n); i++) {
		seen += n[i];
		if (seen * 100 >= sum * 99)
			return ldexp(1000, (int)i);
	}
	return NAN;
}

static void device_rates(const struct sample_device *a, const struct sample_device *b,
			 double dt, struct io_rates *r)
{
	bool known = a->io.known & b->io.known & SWAPADM_IO_ALL;
	bool moves = a->moves.known && b->moves.known;
	double reads = delta_of(known, a->io.reads, b->io.reads);
	double writes = delta_of(known, a->io.writes, b->io.writes);
	double busy = delta_of(known, a->io.busy_ns, b->io.busy_ns);

	r->in_bps = delta_of(known, a->io.read_bytes, b->io.read_bytes) / dt;
	r->out_bps = delta_of(known, a->io.write_bytes, b->io.write_bytes) / dt;
	r->in_ops = reads / dt;
	r->out_ops = writes / dt;
	if (reads > 0)
		r->read_ns = delta_of(known, a->io.read_ns, b->io.read_ns) / reads;
	if (writes > 0)
		r->write_ns = delta_of(known, a->io.write_ns, b->io.write_ns) / writes;
	if (a->latency.known && b->latency.known) {
		r->read_p99_ns = p99_of(a->latency.reads, b->latency.reads);
		r->write_p99_ns = p99_of(a->latency.writes, b->latency.writes);
	}
	if (!isnan(busy))
		r->busy_pct = at_most_100(busy / (dt * NSEC_PER_SEC) * 100);
	r->moved_in_bps = delta_of(moves, a->moves.in_bytes, b->moves.in_bytes) / dt;
	r->moved_out_bps = delta_of(moves, a->moves.out_bytes, b->moves.out_bytes) / dt;
	/* what was moved was read or written too: it is told apart from swapping */
	if (!isnan(r->moved_out_bps))
		r->in_bps = above_0(r->in_bps - r->moved_out_bps);
	if (!isnan(r->moved_in_bps))
		r->out_bps = above_0(r->out_bps - r->moved_in_bps);
}

/* a sum whose unknown parts are left out; unknown when all are */
static void add_known(double *sum, double v)
{
	if (!isnan(v))
		*sum = isnan(*sum) ? v : *sum + v;
}

static void add_weighted(double *sum, double *weight, double ns, double ops)
{
	if (!isnan(ns) && ops > 0) {
		*sum += ns * ops;
		*weight += ops;
	}
}

static void tier_rates(const struct sample_tier *t, const struct io_rates *devices,
		       struct io_rates *r)
{
	double rd = 0, rd_ops = 0, wr = 0, wr_ops = 0;

	for (uint32_t i = t->first; i < t->first + t->n_devices; i++) {
		const struct io_rates *d = &devices[i];

		add_known(&r->in_bps, d->in_bps);
		add_known(&r->out_bps, d->out_bps);
		add_known(&r->in_ops, d->in_ops);
		add_known(&r->out_ops, d->out_ops);
		add_known(&r->moved_in_bps, d->moved_in_bps);
		add_known(&r->moved_out_bps, d->moved_out_bps);
		add_weighted(&rd, &rd_ops, d->read_ns, d->in_ops);
		add_weighted(&wr, &wr_ops, d->write_ns, d->out_ops);
		/* fmax() leaves out what is unknown */
		r->read_p99_ns = fmax(r->read_p99_ns, d->read_p99_ns);
		r->write_p99_ns = fmax(r->write_p99_ns, d->write_p99_ns);
		r->busy_pct = fmax(r->busy_pct, d->busy_pct);
	}
	if (rd_ops > 0)
		r->read_ns = rd / rd_ops;
	if (wr_ops > 0)
		r->write_ns = wr / wr_ops;
}

static double pages_bps(const struct sample *a, const struct sample *b, uint32_t bit,
			uint64_t prev, uint64_t cur, double dt)
{
	return delta_of(a->vm.known & b->vm.known & bit, prev, cur) *
	       (double)b->page_bytes / dt;
}

static double stall_pct(const struct swapadm_psi_line *a,
			const struct swapadm_psi_line *b, double dt)
{
	return at_most_100(delta_of(a->known && b->known, a->total_us, b->total_us) /
			   (dt * 1e6) * 100);
}

/*
 * A swap file has no counters of its own. What the machine swapped and the areas with
 * counters did not is the share of those without: of the one, or of the tier that all of
 * them are in.
 */
static void infer_the_rest(const struct sample *s, struct rates *r)
{
	double in = r->swapin_bps, out = r->swapout_bps;
	struct io_rates *to = NULL;
	uint32_t tier = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->n_devices; i++) {
		const struct sample_device *d = &s->devices[i];

		if (d->prio == SWAPADM_PRIO_NONE)
			continue; /* not active */
		if (!isnan(r->devices[i].in_bps)) {
			in -= r->devices[i].in_bps;
			out -= r->devices[i].out_bps;
			continue;
		}
		if (!d->is_file || (n && d->tier != tier))
			return;
		tier = d->tier;
		to = n++ ? &r->tiers[tier] : &r->devices[i];
	}
	if (!to)
		return;
	/* a tier may have devices with counters too, which are added to it afterwards */
	to->in_bps = above_0(in);
	to->out_bps = above_0(out);
}

static void machine_rates(const struct sample *a, const struct sample *b, double dt,
			  struct rates *r)
{
	const struct swapadm_vmstat *p = &a->vm, *c = &b->vm;
	uint32_t both = p->known & c->known;
	double ra = delta_of(both & SWAPADM_VMSTAT_SWAP_RA, p->swap_ra_pages,
			     c->swap_ra_pages);

	r->swapin_bps = pages_bps(a, b, SWAPADM_VMSTAT_PSWPIN, p->pswpin_pages,
				  c->pswpin_pages, dt);
	r->swapout_bps = pages_bps(a, b, SWAPADM_VMSTAT_PSWPOUT, p->pswpout_pages,
				   c->pswpout_pages, dt);
	r->zswapin_bps = pages_bps(a, b, SWAPADM_VMSTAT_ZSWPIN, p->zswpin_pages,
				   c->zswpin_pages, dt);
	r->zswapout_bps = pages_bps(a, b, SWAPADM_VMSTAT_ZSWPOUT, p->zswpout_pages,
				    c->zswpout_pages, dt);
	r->zswap_written_bps = pages_bps(a, b, SWAPADM_VMSTAT_ZSWPWB, p->zswpwb_pages,
					 c->zswpwb_pages, dt);
	r->refault_bps = pages_bps(a, b, SWAPADM_VMSTAT_REFAULT, p->refault_anon_pages,
				   c->refault_anon_pages, dt);
	r->oom_kills =
		delta_of(both & SWAPADM_VMSTAT_OOM_KILL, p->oom_kills, c->oom_kills);
	if (ra > 0)
		r->readahead_hit_pct =
			at_most_100(delta_of(both & SWAPADM_VMSTAT_SWAP_RA_HIT,
					     p->swap_ra_hit_pages, c->swap_ra_hit_pages) /
				    ra * 100);
	r->stall_some_pct = stall_pct(&a->psi_mem.some, &b->psi_mem.some, dt);
	r->stall_full_pct = stall_pct(&a->psi_mem.full, &b->psi_mem.full, dt);
}

static int lists_resize(struct rates *r, size_t n_devices, size_t n_tiers)
{
	if (n_devices > r->n_devices || !r->devices) {
		void *p = realloc(r->devices, MAX(1, n_devices) * sizeof(*r->devices));

		if (!p)
			return -ENOMEM;
		r->devices = p;
	}
	if (n_tiers > r->n_tiers || !r->tiers) {
		void *p = realloc(r->tiers, MAX(1, n_tiers) * sizeof(*r->tiers));

		if (!p)
			return -ENOMEM;
		r->tiers = p;
	}
	r->n_devices = n_devices;
	r->n_tiers = n_tiers;
	for (size_t i = 0; i < n_devices; i++)
		r->devices[i] = no_rates;
	for (size_t i = 0; i < n_tiers; i++)
		r->tiers[i] = no_rates;
	return 0;
}

int rates_compute(const struct sample *prev, const struct sample *cur, struct rates *out)
{
	double dt = interval_s(prev, cur);
	int r = lists_resize(out, cur->n_devices, cur->n_tiers);

	if (r < 0)
		return r;
	out->dt_s = dt;
	out->swapin_bps = out->swapout_bps = NAN;
	out->zswapin_bps = out->zswapout_bps = out->zswap_written_bps = NAN;
	out->stall_some_pct = out->stall_full_pct = NAN;
	out->refault_bps = out->readahead_hit_pct = out->oom_kills = NAN;
	if (isnan(dt))
		return 0;
	machine_rates(prev, cur, dt, out);
	for (size_t i = 0; i < cur->n_devices; i++) {
		int old = sample_find_device(prev, &cur->devices[i], i);

		if (old >= 0)
			device_rates(&prev->devices[old], &cur->devices[i], dt,
				     &out->devices[i]);
	}
	if (cur->layer == SWAPADM_LAYER_DIRECT)
		infer_the_rest(cur, out);
	for (size_t i = 0; i < cur->n_tiers; i++) {
		tier_rates(&cur->tiers[i], out->devices, &out->tiers[i]);
		if (cur->tiers[i].is_zswap) {
			out->tiers[i].in_bps = out->zswapin_bps;
			out->tiers[i].out_bps = out->zswapout_bps;
			out->tiers[i].moved_out_bps = out->zswap_written_bps;
		}
	}
	return 0;
}

void rates_done(struct rates *r)
{
	free(r->devices);
	free(r->tiers);
	*r = (struct rates){ 0 };
}
