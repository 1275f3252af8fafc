/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nothing in the kernel announces a job's state, memory pressure or a cordon: they are
 * looked at, and what is reported is the difference from the look before, so that nothing
 * is reported twice. What one look could not read is taken from the look before.
 */
#include "events/look.h"

#include <stdarg.h>
#include <time.h>

/* per cent x 100 of the last ten seconds; falling back needs half of it */
static const unsigned levels[] = { 0, 100, 1000, 5000 };

struct telling {
	swapadm_event_fn fn;
	void *data;
	uint64_t time_ns;
};

uint64_t realtime_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int look_take(struct swapadm_ctx *ctx, struct swapadm_conf *conf, struct look *out)
{
	struct look look = {};
	int r = swapadm_model_load(ctx, conf, 0, &look.model);

	if (r)
		return r;
	swapadm_jobs_load(ctx, &look.jobs);
	look.has_psi = !swapadm_psi_get(ctx, "memory", &look.psi);
	r = swapadm_balance_get_last(ctx, &look.round);
	look.has_round = !r || r == -ENOENT;
	*out = look;
	return 0;
}

void look_free(struct look *look)
{
	swapadm_model_unref(look->model);
	swapadm_jobs_free(look->jobs);
	*look = (struct look){};
}

/* ---- areas ----------------------------------------------------------------------- */

static const struct swapadm_device *find(const struct look *look, const char *name,
					 const struct swapadm_tier **tier)
{
	for (size_t i = 0; i < swapadm_model_n_tiers(look->model); i++) {
		*tier = swapadm_model_tier(look->model, i);
		for (size_t k = 0; k < (*tier)->n_devices; k++)
			if (streq((*tier)->devices[k]->name, name))
				return (*tier)->devices[k];
	}
	return NULL;
}

static void append(char *text, size_t size, const char *fmt, ...) _printf_(3, 4);

static void append(char *text, size_t size, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, size - n, fmt, ap);
	va_end(ap);
}

static void tell_area(struct telling *t, const char *what,
		      const struct swapadm_tier *tier, const struct swapadm_device *dev)
{
	char text[256], size[32];
	struct swapadm_event event = {
		.source = "areas",
		.kind = "area",
		.object = dev->name,
		.what = what,
		.text = text,
		.time_ns = t->time_ns,
		.device = dev,
		.tier = tier,
	};
	bool gone = streq(what, "gone");

	snprintf(text, sizeof(text), "tier %s", tier->name);
	if (!gone)
		append(text, sizeof(text), ", %s", swapadm_state_name(dev->state));
	if (!gone && dev->prio != SWAPADM_PRIO_NONE)
		append(text, sizeof(text), ", priority %d", dev->prio);
	if (dev->usage.known & SWAPADM_USAGE_SIZE)
		append(text, sizeof(text), ", %s",
		       words_size(dev->usage.size_bytes, size, sizeof(size)));
	t->fn(t->data, &event);
}

static void compare_area(struct telling *t, const struct look *before,
			 const struct swapadm_tier *tier,
			 const struct swapadm_device *dev)
{
	const struct swapadm_tier *other;
	const struct swapadm_device *old = before->model ? find(before, dev->name, &other)
							 : NULL;

	if (!before->model)
		tell_area(t, "present", tier, dev);
	else if (!old)
		tell_area(t, "new", tier, dev);
	else if (old->state != dev->state || old->prio != dev->prio ||
		 old->usage.size_bytes != dev->usage.size_bytes)
		tell_area(t, "changed", tier, dev);
}

static void compare_areas(struct telling *t, const struct look *before,
			  const struct look *now)
{
	const struct swapadm_tier *tier, *other;
	size_t n = before->model ? swapadm_model_n_tiers(before->model) : 0;

	for (size_t i = 0; i < n; i++) {
		tier = swapadm_model_tier(before->model, i);
		for (size_t k = 0; k < tier->n_devices; k++)
			if (!find(now, tier->devices[k]->name, &other))
				tell_area(t, "gone", tier, tier->devices[k]);
	}
	for (size_t i = 0; i < swapadm_model_n_tiers(now->model); i++) {
		tier = swapadm_model_tier(now->model, i);
		for (size_t k = 0; k < tier->n_devices; k++)
			compare_area(t, before, tier, tier->devices[k]);
	}
}

/* ---- jobs ------------------------------------------------------------------------ */

static bool is_running(const struct swapadm_progress *p)
{
	return p->state == SWAPADM_JOB_RUNNING || p->state == SWAPADM_JOB_PAUSED ||
	       p->state == SWAPADM_JOB_NO_SPACE;
}

static const struct swapadm_progress *find_job(const struct look *look, const char *id)
{
	size_t n = look->jobs ? swapadm_jobs_n(look->jobs) : 0;

	for (size_t i = 0; i < n; i++)
		if (streq(swapadm_jobs_get(look->jobs, i)->id, id))
			return swapadm_jobs_get(look->jobs, i);
	return NULL;
}

static void tell_job(struct telling *t, const char *what,
		     const struct swapadm_progress *p)
{
	const struct swapadm_event event = {
		.source = "jobs",
		.kind = "job",
		.object = p->id,
		.what = what,
		.text = p->message,
		.time_ns = t->time_ns,
		.job = p,
	};

	t->fn(t->data, &event);
}

static void compare_jobs(struct telling *t, const struct look *before,
			 const struct look *now)
{
	size_t n = now->jobs ? swapadm_jobs_n(now->jobs) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct swapadm_progress *p = swapadm_jobs_get(now->jobs, i),
					      *old = find_job(before, p->id);
		bool running = is_running(p);

		if (!before->jobs) {
			if (running) /* else it ended before we came */
				tell_job(t, "present", p);
		} else if (!old) {
			tell_job(t, running ? "started" : "ended", p);
		} else if (old->state != p->state) {
			tell_job(t, running ? "changed" : "ended", p);
		}
	}
}

/* ---- pressure, balance ----------------------------------------------------------- */

static unsigned level_of(unsigned before, unsigned centipct)
{
	unsigned level = before;

	while (level + 1 < ARRAY_SIZE(levels) && centipct >= levels[level + 1])
		level++;
	while (level && centipct < levels[level] / 2)
		level--;
	return level;
}

static void compare_pressure(struct telling *t, const struct look *before,
			     struct look *now)
{
	const struct swapadm_psi_line *some = &now->psi.some, *full = &now->psi.full;
	char text[128];
	struct swapadm_event event = {
		.source = "memory",
		.kind = "pressure",
		.object = "memory",
		.text = text,
		.time_ns = t->time_ns,
		.psi = &now->psi,
	};

	now->level = before->level;
	if (!now->has_psi || !some->known)
		return;
	now->level = level_of(before->level, some->avg10_centipct);
	if (now->level == before->level)
		return;
	event.what = now->level > before->level ? "rising" : "falling";
	snprintf(text, sizeof(text), "some %u.%02u%% full %u.%02u%% of the last 10 s",
		 some->avg10_centipct / 100, some->avg10_centipct % 100,
		 full->avg10_centipct / 100, full->avg10_centipct % 100);
	t->fn(t->data, &event);
}

/* a round that moved nothing and did not fail is not worth a line */
static void compare_round(struct telling *t, const struct look *before,
			  const struct look *now)
{
	const struct swapadm_balance_round *round = &now->round;
	char text[128], size[32];
	struct swapadm_event event = {
		.source = "balance",
		.kind = "round",
		.object = "balance",
		.what = round->failed ? "failed" : "done",
		.text = text,
		.time_ns = t->time_ns,
		.round = round,
	};

	if (!before->has_round || !now->has_round ||
	    before->round.ended_s == round->ended_s ||
	    (!round->moved_bytes && !round->failed))
		return;
	snprintf(text, sizeof(text), "%s moved",
		 words_size(round->moved_bytes, size, sizeof(size)));
	if (round->waiting)
		append(text, sizeof(text),
		       ", %u tiers above their watermark have to wait", round->waiting);
	t->fn(t->data, &event);
}

/* a part that @now lacks, so that the next look is compared with what was seen last */
static void keep_known(struct look *before, struct look *now)
{
	if (!now->jobs) {
		now->jobs = before->jobs;
		before->jobs = NULL;
	}
	if (!now->has_round) {
		now->round = before->round;
		now->has_round = before->has_round;
	}
}

void look_compare(struct look *before, struct look *now, swapadm_event_fn fn, void *data)
{
	struct telling t = { fn, data, realtime_ns() };

	compare_areas(&t, before, now);
	compare_jobs(&t, before, now);
	compare_pressure(&t, before, now);
	compare_round(&t, before, now);
	keep_known(before, now);
}
