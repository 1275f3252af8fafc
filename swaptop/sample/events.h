/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened: found by the difference of two samples, the last 500 kept. */
#ifndef SWAPTOP_EVENTS_H
#define SWAPTOP_EVENTS_H

#include "sample/rates.h"

#define EVENTS_MAX 500

enum severity {
	EVENT_INFO,
	EVENT_GOOD,
	EVENT_WARN,
	EVENT_BAD,
};

struct event {
	uint64_t realtime_ns;
	enum severity severity;
	char object[SAMPLE_NAME];
	char text[160];
};

/**
 * struct event_log - the ring, and what was reported and is not over yet
 * @total:    events ever; the ring holds the last EVENTS_MAX
 * @full:     hashes of the names of tiers reported as nearly full
 * @stalled:  memory pressure was reported
 */
#define EVENTS_FULL_MAX 32
struct event_log {
	uint64_t total;
	uint64_t full[EVENTS_FULL_MAX];
	size_t n_full;
	bool stalled;
	struct event ring[EVENTS_MAX];
};

void events_add(struct event_log *log, uint64_t realtime_ns, enum severity severity,
		const char *object, const char *fmt, ...) _printf_(5, 6);
/* append what changed from @prev (NULL: nothing is reported) to @cur */
void events_derive(struct event_log *log, const struct sample *prev,
		   const struct sample *cur, const struct rates *rates);
size_t events_count(const struct event_log *log);
/* @i: 0 is the newest */
const struct event *events_get(const struct event_log *log, size_t i);

#endif
