/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdarg.h>

#include "common/fmt.h"
#include "sample/events.h"

/*
 * a tier is reported as nearly full above the first, again when it was below the second
 */
#define FULL_PCT       95.0
#define FULL_OVER_PCT  90.0
#define STALL_CENTIPCT 1000 /* PSI some avg10: 10 % */
#define STALL_OVER     500
#define CLOCK_JUMP_NS  (2 * NSEC_PER_SEC)

void events_add(struct event_log *log, uint64_t realtime_ns, enum severity severity,
		const char *object, const char *fmt, ...)
{
	struct event *e = &log->ring[log->total++ % EVENTS_MAX];
	va_list ap;

	e->realtime_ns = realtime_ns;
	e->severity = severity;
	copy_text(e->object, object);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
}

size_t events_count(const struct event_log *log)
{
	return MIN(log->total, EVENTS_MAX);
}

const struct event *events_get(const struct event_log *log, size_t i)
{
	return &log->ring[(log->total - 1 - i) % EVENTS_MAX];
}

static void device_events(struct event_log *log, const struct sample *prev,
			  const struct sample *cur)
{
	uint64_t now = cur->realtime_ns;

	for (size_t i = 0; i < cur->n_devices; i++) {
		const struct sample_device *d = &cur->devices[i];
		int old = sample_find_device(prev, d, i);
		const char *state = swapadm_state_name(d->state);

		if (old < 0)
			events_add(log, now, EVENT_INFO, d->name,
				   "appeared in tier %s, %s, %s",
				   cur->tiers[d->tier].name,
				   fmt_bytes(d->usage.size_bytes).s, state);
		else if (prev->devices[old].state != d->state)
			events_add(log, now,
				   d->state == SWAPADM_STATE_FAILED ? EVENT_BAD
								    : EVENT_INFO,
				   d->name, "is %s, was %s", state,
				   swapadm_state_name(prev->devices[old].state));
	}
	for (size_t i = 0; i < prev->n_devices; i++) {
		const struct sample_device *d = &prev->devices[i];

		if (sample_find_device(cur, d, i) < 0)
			events_add(log, now, EVENT_INFO, d->name,
				   "left tier %s, had %s in use",
				   prev->tiers[d->tier].name,
				   fmt_bytes(d->usage.used_bytes).s);
	}
}

static double full_pct(const struct sample_tier *t)
{
	const uint32_t both = SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED;

	if ((t->usage.known & both) != both || !t->usage.size_bytes)
		return NAN;
	return (double)MIN(t->usage.used_bytes, t->usage.size_bytes) /
	       (double)t->usage.size_bytes * 100;
}

/* the kernel reads the two one after the other, so that more than all may be used */
static uint64_t free_bytes(const struct swapadm_usage *u)
{
	return u->size_bytes - MIN(u->used_bytes, u->size_bytes);
}

static int find_full(const struct event_log *log, uint64_t name)
{
	for (size_t i = 0; i < log->n_full; i++) {
		if (log->full[i] == name)
			return (int)i;
	}
	return -1;
}

/* reported once above the first line, and again when it went below the second */
static void tier_events(struct event_log *log, const struct sample *cur, bool tell)
{
	for (size_t i = 0; i < cur->n_tiers; i++) {
		const struct sample_tier *t = &cur->tiers[i];
		uint64_t name = hash_text(t->name);
		int full = find_full(log, name);
		double pct = full_pct(t);

		if (full < 0 && pct >= FULL_PCT && log->n_full < EVENTS_FULL_MAX) {
			log->full[log->n_full++] = name;
			if (tell)
				events_add(log, cur->realtime_ns, EVENT_WARN, t->name,
					   "%.0f%% full, %s free", pct,
					   fmt_bytes(free_bytes(&t->usage)).s);
		} else if (full >= 0 && pct < FULL_OVER_PCT) {
			log->full[full] = log->full[--log->n_full];
			events_add(log, cur->realtime_ns, EVENT_GOOD, t->name,
				   "no longer full, %.0f%%", pct);
		}
	}
}

static const struct swapadm_progress *find_job(const struct sample *s, const char *id)
{
	for (size_t i = 0; i < s->n_jobs; i++) {
		if (streq(s->jobs[i].id, id))
			return &s->jobs[i];
	}
	return NULL;
}

static enum severity job_severity(enum swapadm_job_state state)
{
	switch (state) {
	case SWAPADM_JOB_FAILED:
	case SWAPADM_JOB_LOST:
		return EVENT_BAD;
	case SWAPADM_JOB_NO_SPACE:
		return EVENT_WARN;
	case SWAPADM_JOB_DONE:
		return EVENT_GOOD;
	default:
		return EVENT_INFO;
	}
}

static void job_events(struct event_log *log, const struct sample *prev,
		       const struct sample *cur)
{
	for (size_t i = 0; i < cur->n_jobs; i++) {
		const struct swapadm_progress *j = &cur->jobs[i];
		const struct swapadm_progress *old = find_job(prev, j->id);

		if (old && old->state == j->state)
			continue;
		events_add(log, cur->realtime_ns, job_severity(j->state), j->source,
			   "job %s: %s%s%s %s, %s of %s moved%s%s", j->id,
			   swapadm_job_kind_name(j->kind), *j->dest ? " to " : "",
			   j->dest, swapadm_job_state_name(j->state),
			   fmt_bytes(j->moved_bytes).s, fmt_bytes(j->total_bytes).s,
			   *j->message ? ": " : "", j->message);
	}
}

static void pressure_events(struct event_log *log, const struct sample *cur,
			    const struct rates *r)
{
	const struct swapadm_psi_line *is = &cur->psi_mem.some;

	if (r->oom_kills >= 1)
		events_add(log, cur->realtime_ns, EVENT_BAD, "memory",
			   "the OOM killer killed %.0f process%s", r->oom_kills,
			   r->oom_kills >= 2 ? "es" : "");
	if (!log->stalled && is->known && is->avg10_centipct >= STALL_CENTIPCT) {
		log->stalled = true;
		events_add(log, cur->realtime_ns, EVENT_WARN, "memory",
			   "pressure: some tasks stalled %u%% of the last 10 s",
			   is->avg10_centipct / 100);
	} else if (log->stalled && is->known && is->avg10_centipct < STALL_OVER) {
		log->stalled = false;
		events_add(log, cur->realtime_ns, EVENT_GOOD, "memory",
			   "pressure is below %d%% again", STALL_OVER / 100);
	}
}

static void clock_events(struct event_log *log, const struct sample *prev,
			 const struct sample *cur)
{
	int64_t wall = (int64_t)(cur->realtime_ns - prev->realtime_ns);
	int64_t mono = (int64_t)(cur->mono_ns - prev->mono_ns);
	int64_t jump = wall - mono;

	if (mono <= 0)
		events_add(log, cur->realtime_ns, EVENT_WARN, "clock",
			   "stood still: no rates for this interval");
	else if (jump > (int64_t)CLOCK_JUMP_NS || jump < -(int64_t)CLOCK_JUMP_NS)
		events_add(log, cur->realtime_ns, EVENT_INFO, "clock", "jumped %s by %s",
			   jump < 0 ? "back" : "ahead",
			   fmt_duration((uint64_t)(jump < 0 ? -jump : jump)).s);
}

static void zswap_events(struct event_log *log, const struct sample *prev,
			 const struct sample *cur)
{
	const struct swapadm_zswap_stats *was = &prev->zswap, *is = &cur->zswap;
	uint32_t both = was->known & is->known;
	uint64_t hits;

	if ((both & SWAPADM_ZSWAP_ENABLED) && was->enabled != is->enabled)
		events_add(log, cur->realtime_ns, EVENT_INFO, "zswap", "turned %s",
			   is->enabled ? "on" : "off");
	if ((both & SWAPADM_ZSWAP_LIMIT_HITS) &&
	    counter_delta(was->pool_limit_hits, is->pool_limit_hits, &hits) && hits)
		events_add(log, cur->realtime_ns, EVENT_WARN, "zswap",
			   "the pool reached its limit %s time%s", fmt_count(hits).s,
			   hits == 1 ? "" : "s");
}

static void redirect_events(struct event_log *log, const struct sample *prev,
			    const struct sample *cur)
{
	const struct swapadm_redirect *was = &prev->redirect, *is = &cur->redirect;
	uint64_t lost;

	if (!prev->has_redirect || !cur->has_redirect)
		return;
	if (!was->short_bytes && is->short_bytes)
		events_add(log, cur->realtime_ns, EVENT_WARN, is->name,
			   "is %s larger than its devices; pages beyond stay in memory",
			   fmt_bytes(is->short_bytes).s);
	if (was->short_bytes && !is->short_bytes)
		events_add(log, cur->realtime_ns, EVENT_GOOD, is->name,
			   "its devices hold all its pages again");
	if (counter_delta(was->lost_writes, is->lost_writes, &lost) && lost)
		events_add(log, cur->realtime_ns, EVENT_BAD, is->name,
			   "%s writes found no space; the pages stay in memory",
			   fmt_count(lost).s);
}

void events_derive(struct event_log *log, const struct sample *prev,
		   const struct sample *cur, const struct rates *rates)
{
	tier_events(log, cur, prev != NULL);
	if (!prev)
		return;
	clock_events(log, prev, cur);
	device_events(log, prev, cur);
	zswap_events(log, prev, cur);
	redirect_events(log, prev, cur);
	pressure_events(log, cur, rates);
	job_events(log, prev, cur);
}
