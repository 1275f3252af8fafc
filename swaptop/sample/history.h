/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last values of what is drawn over time: rings of fixed length, so that an hour of
 * samples takes no more room than a minute. */
#ifndef SWAPTOP_HISTORY_H
#define SWAPTOP_HISTORY_H

#include "sample/rates.h"

#define HISTORY_LEN 1024

enum metric {
	METRIC_USED_PCT, /* of a tier; of all swap for the machine */
	METRIC_IN_BPS,
	METRIC_OUT_BPS,
	METRIC_MOVED_BPS, /* of a tier in and out; of the machine by all jobs */
	METRIC_STALL_PCT, /* machine only */
	METRIC_FULL_PCT,
	METRIC_MEM_PCT,
	N_METRICS,
};

struct series {
	char name[SAMPLE_NAME]; /* of the tier; "" the machine */
	uint64_t last_seen;     /* value of history.pushes */
	float v[N_METRICS][HISTORY_LEN];
};

struct history {
	struct series *machine;
	struct series **tiers;
	size_t n_tiers;
	uint64_t pushes;
};

int history_init(struct history *h);
void history_done(struct history *h);
/* 0; -ENOMEM: this sample is not in the history of a new tier */
int history_push(struct history *h, const struct sample *s, const struct rates *r);
/**
 * history_get() - the last @n values, the oldest first
 * @tier:  name, or NULL for the machine
 *
 * What is older than the history, and all of an unknown tier, is NAN.
 */
void history_get(const struct history *h, const char *tier, enum metric m, float *out,
		 int n);

#endif
