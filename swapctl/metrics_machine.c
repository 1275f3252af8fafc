/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics of the whole machine: tiers, traffic, pressure, jobs, balance, findings. */
#include "doctor/checks.h"
#include "metrics.h"

static void write_info(struct metrics *w, const struct machine *m)
{
	static const struct family family = { "swapadm", METRIC_INFO, NULL,
					      "Version and layer in use." };
	_cleanup_free_ char *labels =
		metric_labels("version", swapadm_version(), "layer",
			      swapadm_layer_name(swapadm_model_layer(m->model)), NULL);

	static const struct family degraded =
		GAUGE("layer_degraded", NULL,
		      "1: the direct layer runs in place of the redirect layer.");

	metric_begin(w, &family);
	metric_u64(w, labels, 1);
	metric_begin(w, &degraded);
	metric_u64(w, "", swapadm_model_degraded(m->model) != NULL);
}

/* ---- tiers */

static bool tier_value(const struct machine *m, const struct swapadm_tier *t, size_t what,
		       uint64_t *value)
{
	const struct swapadm_conf_tier *conf =
		m->conf ? swapadm_conf_find_tier(m->conf, t->name) : NULL;

	switch (what) {
	case 0:
		*value = t->usage.size_bytes;
		return usage_has(&t->usage, SWAPADM_USAGE_SIZE);
	case 1:
		*value = t->usage.used_bytes;
		return usage_has(&t->usage, SWAPADM_USAGE_USED);
	case 2:
		*value = (uint64_t)t->rank;
		return t->rank >= 0;
	case 3:
		*value = conf ? conf->write_budget_bytes_per_day : 0;
		return *value;
	default:
		return conf && !swapadm_balance_budget_left(m->ctx, conf, value);
	}
}

static void write_tiers(struct metrics *w, const struct machine *m)
{
	static const struct family families[] = {
		GAUGE("tier_size_bytes", "bytes", "Size of the tier's devices."),
		GAUGE("tier_used_bytes", "bytes", "Pages in the tier, uncompressed."),
		GAUGE("tier_rank", NULL, "Rank of the tier; 0 is the fastest."),
		GAUGE("tier_write_budget_bytes", "bytes",
		      "What balance may write to the tier in a day."),
		GAUGE("tier_write_budget_left_bytes", "bytes",
		      "What balance may still write to the tier today (UTC)."),
	};

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		metric_begin(w, &families[f]);
		for (size_t i = 0; i < swapadm_model_n_tiers(m->model); i++) {
			const struct swapadm_tier *t = swapadm_model_tier(m->model, i);
			_cleanup_free_ char *labels =
				metric_labels("tier", t->name, NULL);
			uint64_t value;

			if (tier_value(m, t, f, &value))
				metric_u64(w, labels, value);
		}
	}
}

static void write_redirect(struct metrics *w, const struct machine *m)
{
	const struct swapadm_redirect *r = swapadm_model_redirect(m->model);

	if (!r)
		return;
	const struct {
		struct family family;
		uint64_t value;
	} all[] = {
		{ GAUGE("redirect_active", NULL, "1 when the tswap device is in use."),
		  r->active },
		{ GAUGE("redirect_overcommit", NULL,
			"1 when the area may be larger than its leaves."),
		  r->overcommit },
		{ GAUGE("redirect_size_bytes", "bytes", "Size of the area."),
		  r->size_bytes },
		{ GAUGE("redirect_used_bytes", "bytes", "Pages on the leaves."),
		  r->used_bytes },
		{ GAUGE("redirect_area_used_bytes", "bytes",
			"Used of the area, pages that zswap holds included."),
		  r->area_used_bytes },
		{ GAUGE("redirect_capacity_bytes", "bytes",
			"What the leaves can hold, failed ones excluded."),
		  r->room_bytes },
		{ GAUGE("redirect_uncovered_bytes", "bytes",
			"Part of the area for which the leaves have no space."),
		  r->short_bytes },
		{ GAUGE("redirect_metadata_bytes", "bytes",
			"Memory of the slot map and the leaves' bitmaps."),
		  r->meta_bytes },
		{ COUNTER("redirect_lost_writes", NULL,
			  "Writes that no leaf had space for; the pages stay in memory."),
		  r->lost_writes },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		metric_one(w, true, &all[i].family, all[i].value);
}

/* ---- traffic, zswap, pressure */

static void write_vmstat(struct metrics *w, const struct machine *m)
{
	const struct swapadm_vmstat *v = &m->vmstat;
	const unsigned known = m->has_vmstat ? v->known : 0;
	const struct {
		unsigned bit;
		uint64_t pages;
		struct family family;
	} all[] = {
		{ SWAPADM_VMSTAT_PSWPIN, v->pswpin_pages,
		  COUNTER("swapin_bytes", "bytes", "Read from swap areas.") },
		{ SWAPADM_VMSTAT_PSWPOUT, v->pswpout_pages,
		  COUNTER("swapout_bytes", "bytes", "Written to swap areas.") },
		{ SWAPADM_VMSTAT_ZSWPIN, v->zswpin_pages,
		  COUNTER("zswap_in_bytes", "bytes", "Pages read from zswap.") },
		{ SWAPADM_VMSTAT_ZSWPOUT, v->zswpout_pages,
		  COUNTER("zswap_out_bytes", "bytes", "Pages stored in zswap.") },
		{ SWAPADM_VMSTAT_ZSWPWB, v->zswpwb_pages,
		  COUNTER("zswap_writeback_bytes", "bytes",
			  "Pages that zswap wrote to swap areas.") },
		{ SWAPADM_VMSTAT_REFAULT, v->refault_anon_pages,
		  COUNTER("refault_bytes", "bytes",
			  "Pages that came back soon after they were swapped out.") },
	};
	static const struct family kills =
		COUNTER("oom_kills", NULL, "Processes that the OOM killer has killed.");

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		metric_one(w, known & all[i].bit, &all[i].family,
			   all[i].pages * swapadm_page_bytes(m->ctx));
	metric_one(w, known & SWAPADM_VMSTAT_OOM_KILL, &kills, v->oom_kills);
}

static void write_zswap(struct metrics *w, const struct machine *m)
{
	const struct swapadm_zswap_stats *z = &m->zswap;
	const unsigned known = m->has_zswap ? z->known : 0;
	const bool has_limit = (known & SWAPADM_ZSWAP_MAX_POOL) && m->has_mem &&
			       (m->mem.known & SWAPADM_MEM_TOTAL);
	static const struct family enabled =
		GAUGE("zswap_enabled", NULL, "1 when zswap takes pages.");
	static const struct family pool =
		GAUGE("zswap_pool_bytes", "bytes", "Memory of the pool.");
	static const struct family limit =
		GAUGE("zswap_pool_limit_bytes", "bytes",
		      "Limit of that memory: max_pool_percent of the machine's.");
	static const struct family stored =
		GAUGE("zswap_stored_bytes", "bytes", "Pages in the pool, uncompressed.");
	static const struct family hits =
		COUNTER("zswap_limit_hits", NULL, "Times that the pool was full.");

	metric_one(w, known & SWAPADM_ZSWAP_ENABLED, &enabled, z->enabled);
	metric_one(w, known & SWAPADM_ZSWAP_POOL, &pool, z->pool_bytes);
	metric_one(w, has_limit, &limit, m->mem.total_bytes / 100 * z->max_pool_pct);
	metric_one(w, known & SWAPADM_ZSWAP_STORED, &stored, z->stored_bytes);
	metric_one(w, known & SWAPADM_ZSWAP_LIMIT_HITS, &hits, z->pool_limit_hits);
}

static void write_window(struct metrics *w, const char *tasks, const char *window,
			 uint32_t centipct)
{
	_cleanup_free_ char *labels =
		metric_labels("tasks", tasks, "window", window, NULL);

	metric_fraction(w, labels, centipct, 10000);
}

static void write_psi(struct metrics *w, const struct machine *m)
{
	static const struct family ratio =
		GAUGE("pressure_ratio", "ratio",
		      "Share of time in which tasks waited for memory.");
	static const struct family total =
		COUNTER("pressure_stalled_seconds", "seconds",
			"Time in which tasks waited for memory.");
	const struct swapadm_psi_line *lines[] = { &m->psi.some, &m->psi.full };
	static const char *const names[] = { "some", "full" };

	if (!m->has_psi)
		return;
	metric_begin(w, &ratio);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!lines[i]->known)
			continue;
		write_window(w, names[i], "10s", lines[i]->avg10_centipct);
		write_window(w, names[i], "60s", lines[i]->avg60_centipct);
		write_window(w, names[i], "300s", lines[i]->avg300_centipct);
	}
	metric_begin(w, &total);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_free_ char *labels = metric_labels("tasks", names[i], NULL);

		if (lines[i]->known)
			metric_fraction(w, labels, lines[i]->total_us, 1000000);
	}
}

/* ---- jobs and balance */

/* how many of each kind and state, also none: ids as labels would never end */
static void write_job_counts(struct metrics *w, const struct machine *m)
{
	static const struct family family =
		GAUGE("jobs", NULL, "Jobs that run and the last that have finished.");

	metric_begin(w, &family);
	for (unsigned kind = 0; kind <= SWAPADM_JOB_WAKE; kind++)
		for (unsigned state = 0; state <= SWAPADM_JOB_LOST; state++) {
			_cleanup_free_ char *labels = metric_labels(
				"kind", swapadm_job_kind_name(kind), "state",
				swapadm_job_state_name(state), NULL);
			uint64_t n = 0;

			for (size_t i = 0; i < m->n_jobs; i++)
				n += m->jobs[i].kind == kind && m->jobs[i].state == state;
			metric_u64(w, labels, n);
		}
}

/* what it works on, as a label: processes and cgroups come and go, devices stay */
static const char *job_source(const struct swapadm_progress *p)
{
	bool pull = p->kind == SWAPADM_JOB_SWAPIN || p->kind == SWAPADM_JOB_SWAPOUT ||
		    p->kind == SWAPADM_JOB_PARK || p->kind == SWAPADM_JOB_WAKE;

	if (!pull)
		return p->source;
	return strncmp(p->source, "pid ", 4) ? "cgroup" : "process";
}

static bool same_series(const struct swapadm_progress *a,
			const struct swapadm_progress *b)
{
	return a->kind == b->kind && streq(job_source(a), job_source(b));
}

static bool is_running(const struct swapadm_progress *p)
{
	return p->state == SWAPADM_JOB_RUNNING || p->state == SWAPADM_JOB_PAUSED ||
	       p->state == SWAPADM_JOB_NO_SPACE;
}

static bool seen_before(const struct machine *m, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (is_running(&m->jobs[i]) && same_series(&m->jobs[i], &m->jobs[at]))
			return true;
	return false;
}

static uint64_t job_sum(const struct machine *m, size_t at, bool left)
{
	uint64_t sum = 0;

	for (size_t i = at; i < m->n_jobs; i++)
		if (is_running(&m->jobs[i]) && same_series(&m->jobs[i], &m->jobs[at]))
			sum += left ? m->jobs[i].left_bytes : m->jobs[i].moved_bytes;
	return sum;
}

/* a series that comes and goes has no rate: idle kinds have one without a source */
static void write_idle_kinds(struct metrics *w, const struct machine *m)
{
	for (unsigned kind = 0; kind <= SWAPADM_JOB_WAKE; kind++) {
		_cleanup_free_ char *labels =
			metric_labels("kind", swapadm_job_kind_name(kind), NULL);
		bool runs = false;

		for (size_t i = 0; i < m->n_jobs; i++)
			runs |= m->jobs[i].kind == kind && is_running(&m->jobs[i]);
		if (!runs)
			metric_u64(w, labels, 0);
	}
}

static void write_jobs(struct metrics *w, const struct machine *m)
{
	static const struct family families[] = {
		GAUGE("job_moved_bytes", "bytes", "Bytes that running jobs have moved."),
		GAUGE("job_left_bytes", "bytes",
		      "Bytes that running jobs have yet to move."),
	};

	write_job_counts(w, m);
	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		metric_begin(w, &families[f]);
		for (size_t i = 0; i < m->n_jobs; i++) {
			const struct swapadm_progress *p = &m->jobs[i];
			_cleanup_free_ char *labels = NULL;

			if (!is_running(p) || seen_before(m, i))
				continue;
			labels = metric_labels("kind", swapadm_job_kind_name(p->kind),
					       "source", job_source(p), NULL);
			metric_u64(w, labels, job_sum(m, i, f));
		}
		write_idle_kinds(w, m);
	}
}

static void write_balance(struct metrics *w, const struct machine *m)
{
	static const struct family ended = GAUGE("balance_last_round_timestamp_seconds",
						 "seconds",
						 "When the last round of balance ended.");
	static const struct family success =
		GAUGE("balance_last_round_success", NULL, "1 when nothing in it failed.");
	static const struct family moved =
		GAUGE("balance_last_round_moved_bytes", "bytes", "What it moved.");
	static const struct family waiting =
		GAUGE("balance_last_round_waiting_tiers", NULL,
		      "Tiers above their watermark that nothing can be moved from.");
	struct swapadm_balance_round round = { 0 };
	bool known = !swapadm_balance_get_last(m->ctx, &round);

	metric_one(w, known, &ended, round.ended_s);
	metric_one(w, known, &success, !round.failed);
	metric_one(w, known, &moved, round.moved_bytes);
	metric_one(w, known, &waiting, round.waiting);
}

void metrics_machine(struct metrics *w, const struct machine *m)
{
	write_info(w, m);
	write_tiers(w, m);
	write_redirect(w, m);
	write_vmstat(w, m);
	write_zswap(w, m);
	write_psi(w, m);
	write_jobs(w, m);
	write_balance(w, m);
}

/* ---- findings of doctor */

static bool same_finding(const struct finding *a, const struct finding *b)
{
	return a->severity == b->severity && streq(a->check, b->check);
}

void metrics_findings(struct metrics *w, const struct machine *m)
{
	static const struct family family =
		GAUGE("doctor_findings", NULL, "Problems that swapctl doctor finds.");
	_cleanup_(findings_free) struct findings found = { 0 };

	checks_run(m, &found);
	w->no_memory = w->no_memory || found.no_memory;
	metric_begin(w, &family);
	for (size_t i = 0; i < found.n; i++) {
		const struct finding *f = &found.items[i];
		_cleanup_free_ char *labels = NULL;
		size_t before = 0, n = 0;

		for (size_t k = 0; k < found.n; k++) {
			n += same_finding(&found.items[k], f);
			before += k < i && same_finding(&found.items[k], f);
		}
		if (before)
			continue;
		labels = metric_labels("check", f->check, "severity",
				       severity_name(f->severity), NULL);
		metric_u64(w, labels, n);
	}
}
