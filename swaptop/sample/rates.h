/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rates from two samples, by a pure function. Counters may wrap (32 or 64 bits), begin
 * anew (a device that went and came back) or be missing in one of the samples; clocks may
 * stand still or run backwards. Whatever is not known is absent (NAN), never 0 and never
 * a spike.
 */
#ifndef SWAPTOP_RATES_H
#define SWAPTOP_RATES_H

#include "sample/sample.h"

/* all NAN when unknown */
struct io_rates {
	double in_bps, out_bps;           /* read from, written to the device, bytes/s */
	double in_ops, out_ops;           /* requests/s */
	double read_ns, write_ns;         /* average time of a request in the interval */
	double read_p99_ns, write_p99_ns; /* of a tier: that of its slowest device */
	double busy_pct;
	double moved_in_bps, moved_out_bps;
};

struct rates {
	double dt_s; /* NAN: no usable interval */
	double swapin_bps, swapout_bps;
	double zswapin_bps, zswapout_bps, zswap_written_bps;
	double refault_bps; /* of what came back, what had gone not long before */
	double stall_some_pct, stall_full_pct; /* memory, of the interval */
	double readahead_hit_pct;
	double oom_kills;                 /* in the interval */
	struct io_rates *devices, *tiers; /* by index of the newer sample */
	size_t n_devices, n_tiers;
};

/**
 * rates_compute() - rates between two samples
 * @prev:  the older, or NULL
 * @cur:   the newer
 * @out:   its lists are used again or made; release with rates_done()
 *
 * Return: 0; -ENOMEM.
 */
int rates_compute(const struct sample *prev, const struct sample *cur, struct rates *out);
void rates_done(struct rates *r);

/**
 * counter_delta() - how far a counter went
 *
 * Return: false when it is not known: the counter began anew.
 */
bool counter_delta(uint64_t prev, uint64_t cur, uint64_t *delta);

#endif
