/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics as text, in the classic format of Prometheus (0.0.4) or in OpenMetrics 1.0.
 *
 * The same series come in both. The classic format knows neither infos nor sets of states
 * nor units: infos are gauges there, and sets of states are gauges in both, so that a
 * query fits both. A sample that the kernel does not report is left out, and so is a
 * family without samples.
 */
#ifndef SWAPCTL_METRICS_H
#define SWAPCTL_METRICS_H

#include "machine.h"

enum metric_type {
	METRIC_GAUGE,
	METRIC_COUNTER, /* its samples end in _total */
	METRIC_INFO,    /* its samples end in _info */
	METRIC_HISTOGRAM,
};

struct family {
	const char *name; /* without _total or _info */
	enum metric_type type;
	const char *unit; /* that the name ends in, or NULL */
	const char *help;
};

/* writes one family after the other, its head before its first sample */
struct metrics {
	FILE *out;
	bool openmetrics;
	const struct family *family;
	bool open;
	bool no_memory; /* labels are missing: throw it away */
};

void metric_begin(struct metrics *w, const struct family *family);

/*
 * Samples of the family that was begun. Labels are what metric_labels() made, "" none; a
 * NULL, which means no memory, is remembered.
 */
void metric_u64(struct metrics *w, const char *labels, uint64_t value);
/* @value in units of 1/@per, which is a power of 10 */
void metric_fraction(struct metrics *w, const char *labels, uint64_t value, uint64_t per);
/*
 * metric_histogram() - requests by how long they took
 * @counts:  as of struct swapadm_latency
 *
 * Bounds are powers of two from 16 us to 4 s. The sum of all times is not known, so _sum
 * is left out, and _count in OpenMetrics, which wants both or none.
 */
void metric_histogram(struct metrics *w, const char *labels, const uint64_t *counts);

/* a family with one sample */
void metric_one(struct metrics *w, bool known, const struct family *family,
		uint64_t value);

/* name, value pairs until NULL, to `name="value",...`; to be freed; NULL: no memory */
char *metric_labels(const char *name, ...) __attribute__((sentinel));
/* the same behind the labels that are there already */
char *metric_more_labels(const char *labels, const char *name, ...)
	__attribute__((sentinel));

/* ---- what is written, a file each */

/* @zram_idle: also what takes a line for each page to find out */
void metrics_devices(struct metrics *w, const struct machine *m, bool zram_idle);
void metrics_machine(struct metrics *w, const struct machine *m);
void metrics_findings(struct metrics *w, const struct machine *m);

/* at most so many, those with most in swap and with more than @above_bytes; 0: none */
struct metrics_top {
	unsigned n_cgroups, n_processes;
	uint64_t above_bytes;
};

/**
 * metrics_users() - who is in swap
 *
 * Return: 0; -EPROTONOSUPPORT cgroups are wanted and no memory controller is mounted;
 * else -errno.
 */
int metrics_users(struct metrics *w, const struct machine *m,
		  const struct metrics_top *top);

/* a struct metric of ours */
#define GAUGE(name, unit, help)                           \
	{                                                 \
		"swapadm_" name, METRIC_GAUGE, unit, help \
	}
#define COUNTER(name, unit, help)                           \
	{                                                   \
		"swapadm_" name, METRIC_COUNTER, unit, help \
	}

#endif
