/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <unistd.h>

#include "canvas/canvas.h"
#include "sample/json.h"

typedef struct json_object jobj;

static void add(jobj *o, const char *key, jobj *value)
{
	json_object_object_add(o, key, value);
}

/* empty texts are null, and what is not UTF-8 is '?', as in swapctl */
static void put_text(jobj *o, const char *key, const char *text)
{
	_cleanup_free_ char *copy = text && *text ? strdup(text) : NULL;
	const char *in = copy;
	char *to = copy, one[5];
	uint32_t ch;

	while (copy && (ch = utf8_next(&in))) {
		int n = utf8_encode(ch == REPLACEMENT ? '?' : ch, one);

		memcpy(to, one, (size_t)n); /* never longer than what was read */
		to += n;
	}
	if (copy)
		*to = '\0';
	add(o, key, copy ? json_object_new_string(copy) : NULL);
}

static void put_u64(jobj *o, const char *key, bool known, uint64_t v)
{
	add(o, key, known ? json_object_new_uint64(v) : NULL);
}

static void put_i64(jobj *o, const char *key, bool known, int64_t v)
{
	add(o, key, known ? json_object_new_int64(v) : NULL);
}

static void put_bool(jobj *o, const char *key, bool v)
{
	add(o, key, json_object_new_boolean(v));
}

/* whole numbers; NAN is null */
static void put_whole(jobj *o, const char *key, double v)
{
	add(o, key, isnan(v) ? NULL : json_object_new_int64((int64_t)llround(v)));
}

static void put_decimal(jobj *o, const char *key, bool known, double v)
{
	char text[32];

	snprintf(text, sizeof(text), "%.2f", v);
	add(o, key, known && !isnan(v) ? json_object_new_double_s(v, text) : NULL);
}

static void put_usage(jobj *o, const struct swapadm_usage *u)
{
	put_u64(o, "size", u->known & SWAPADM_USAGE_SIZE, u->size_bytes);
	put_u64(o, "used", u->known & SWAPADM_USAGE_USED, u->used_bytes);
	put_u64(o, "stored", u->known & SWAPADM_USAGE_STORED, u->stored_bytes);
	put_u64(o, "ram", u->known & SWAPADM_USAGE_RAM, u->ram_bytes);
	put_u64(o, "disk", u->known & SWAPADM_USAGE_DISK, u->disk_bytes);
}

static void put_rates(jobj *o, const struct io_rates *r)
{
	put_whole(o, "in_per_s", r->in_bps);
	put_whole(o, "out_per_s", r->out_bps);
	put_whole(o, "reads_per_s", r->in_ops);
	put_whole(o, "writes_per_s", r->out_ops);
	put_whole(o, "read_ns", r->read_ns);
	put_whole(o, "write_ns", r->write_ns);
	put_whole(o, "read_p99_ns", r->read_p99_ns);
	put_whole(o, "write_p99_ns", r->write_p99_ns);
	put_decimal(o, "busy_pct", true, r->busy_pct);
	put_whole(o, "moved_in_per_s", r->moved_in_bps);
	put_whole(o, "moved_out_per_s", r->moved_out_bps);
}

static jobj *device_object(const struct sample_device *d, const struct io_rates *r)
{
	const struct sample_upkeep *up = &d->upkeep;
	jobj *o = json_object_new_object();
	bool io = d->io.known & SWAPADM_IO_ALL;

	put_text(o, "device", d->name);
	put_text(o, "kind", swapadm_kind_name(d->kind));
	put_text(o, "type", d->is_file ? "file" : "block");
	put_text(o, "state", swapadm_state_name(d->state));
	put_i64(o, "prio", d->prio != SWAPADM_PRIO_NONE, d->prio);
	put_usage(o, &d->usage);
	put_text(o, "path", d->path);
	put_text(o, "drive", d->disk);
	put_text(o, "model", d->model);
	put_text(o, "algorithm", d->algorithm);
	put_text(o, "backing", d->backing);
	put_u64(o, "huge_bytes", up->known & SAMPLE_UPKEEP_HUGE, up->huge_bytes);
	put_u64(o, "written_back_bytes", up->known & SAMPLE_UPKEEP_WRITTEN,
		up->written_back_bytes);
	put_u64(o, "idle_bytes", up->known & SAMPLE_UPKEEP_IDLE, up->idle_bytes);
	put_u64(o, "recompressed_bytes", up->known & SAMPLE_UPKEEP_IDLE,
		up->recompressed_bytes);
	put_u64(o, "budget_left_bytes", up->known & SAMPLE_UPKEEP_BUDGET,
		up->budget_left_bytes);
	put_text(o, "discard", swapadm_discard_name(d->discard));
	put_bool(o, "managed", d->managed);
	put_bool(o, "deleted", d->deleted);
	put_u64(o, "reads", io, d->io.reads);
	put_u64(o, "writes", io, d->io.writes);
	put_u64(o, "read_bytes", io, d->io.read_bytes);
	put_u64(o, "write_bytes", io, d->io.write_bytes);
	put_u64(o, "in_flight", io, d->io.in_flight);
	put_rates(o, r);
	return o;
}

static jobj *tier_object(const struct sample *s, const struct rates *r, size_t i)
{
	const struct sample_tier *t = &s->tiers[i];
	jobj *o = json_object_new_object(), *devices = json_object_new_array();

	put_text(o, "tier", t->name);
	put_i64(o, "rank", t->rank != SWAPADM_RANK_NONE, t->rank);
	put_text(o, "kind", t->is_zswap ? "zswap" : swapadm_kind_name(t->kind));
	put_bool(o, "auto", t->is_auto);
	put_usage(o, &t->usage);
	put_i64(o, "demote_above_pct", t->demote_above_pct >= 0, t->demote_above_pct);
	put_i64(o, "demote_below_pct", t->demote_below_pct >= 0, t->demote_below_pct);
	put_rates(o, &r->tiers[i]);
	for (uint32_t d = t->first; d < t->first + t->n_devices; d++)
		json_object_array_add(devices,
				      device_object(&s->devices[d], &r->devices[d]));
	add(o, "devices", devices);
	return o;
}

static jobj *memory_object(const struct swapadm_mem_stats *m)
{
	jobj *o = json_object_new_object();

	put_u64(o, "total", m->known & SWAPADM_MEM_TOTAL, m->total_bytes);
	put_u64(o, "available", m->known & SWAPADM_MEM_AVAILABLE, m->available_bytes);
	put_u64(o, "swap_cached", m->known & SWAPADM_MEM_SWAP_CACHED,
		m->swap_cached_bytes);
	return o;
}

static jobj *zswap_object(const struct swapadm_zswap_stats *z, uint64_t page_bytes)
{
	jobj *o;

	if (!z->known)
		return NULL;
	o = json_object_new_object();
	put_bool(o, "enabled", (z->known & SWAPADM_ZSWAP_ENABLED) && z->enabled);
	put_text(o, "compressor",
		 z->known & SWAPADM_ZSWAP_COMPRESSOR ? z->compressor : NULL);
	put_u64(o, "stored", z->known & SWAPADM_ZSWAP_STORED, z->stored_bytes);
	put_u64(o, "ram", z->known & SWAPADM_ZSWAP_POOL, z->pool_bytes);
	put_u64(o, "max_pool_pct", z->known & SWAPADM_ZSWAP_MAX_POOL, z->max_pool_pct);
	put_u64(o, "written_back", z->known & SWAPADM_ZSWAP_WRITTEN_BACK,
		z->written_back_pages * page_bytes);
	return o;
}

static jobj *psi_line_object(const struct swapadm_psi_line *l, double now)
{
	jobj *o;

	if (!l->known)
		return NULL;
	o = json_object_new_object();
	put_decimal(o, "avg10_pct", true, l->avg10_centipct / 100.0);
	put_decimal(o, "avg60_pct", true, l->avg60_centipct / 100.0);
	put_decimal(o, "avg300_pct", true, l->avg300_centipct / 100.0);
	put_u64(o, "total_ns", true, l->total_us * 1000);
	put_decimal(o, "now_pct", true, now);
	return o;
}

static jobj *pressure_object(const struct sample *s, const struct rates *r)
{
	jobj *o;

	if (!s->psi_mem.some.known && !s->psi_mem.full.known)
		return NULL;
	o = json_object_new_object();
	add(o, "some", psi_line_object(&s->psi_mem.some, r->stall_some_pct));
	add(o, "full", psi_line_object(&s->psi_mem.full, r->stall_full_pct));
	return o;
}

static jobj *redirect_object(const struct sample *s)
{
	const struct swapadm_redirect *r = &s->redirect;
	jobj *o;

	if (!s->has_redirect)
		return NULL;
	o = json_object_new_object();
	put_text(o, "device", r->name);
	put_bool(o, "active", r->active);
	put_bool(o, "overcommit", r->overcommit);
	put_i64(o, "prio", r->active, r->prio);
	put_u64(o, "size", true, r->size_bytes);
	put_u64(o, "area_used", true, r->area_used_bytes);
	put_u64(o, "used", true, r->used_bytes);
	put_u64(o, "room", true, r->room_bytes);
	put_u64(o, "short", true, r->short_bytes);
	put_u64(o, "ram", true, r->meta_bytes);
	put_u64(o, "lost_writes", true, r->lost_writes);
	return o;
}

static jobj *swap_object(const struct sample *s, const struct rates *r)
{
	jobj *o = json_object_new_object();

	put_usage(o, &s->total);
	put_whole(o, "in_per_s", r->swapin_bps);
	put_whole(o, "out_per_s", r->swapout_bps);
	put_whole(o, "refault_per_s", r->refault_bps);
	put_decimal(o, "readahead_hit_pct", true, r->readahead_hit_pct);
	return o;
}

static jobj *job_object(const struct swapadm_progress *j)
{
	jobj *o = json_object_new_object();

	put_text(o, "job", j->id);
	put_text(o, "kind", swapadm_job_kind_name(j->kind));
	put_text(o, "state", swapadm_job_state_name(j->state));
	put_text(o, "source", j->source);
	put_text(o, "dest", j->dest);
	put_text(o, "phase", swapadm_phase_name(j->phase));
	put_u64(o, "total", true, j->total_bytes);
	put_u64(o, "moved", true, j->moved_bytes);
	put_u64(o, "left", true, j->left_bytes);
	put_u64(o, "rate", true, j->rate_bytes_per_s);
	put_u64(o, "elapsed_ns", true, j->elapsed_ns);
	put_u64(o, "eta_ns", j->eta_ns, j->eta_ns);
	put_u64(o, "needed", j->needed_bytes, j->needed_bytes);
	put_i64(o, "pid", j->pid, j->pid);
	put_text(o, "message", j->message);
	return o;
}

static void put_use(jobj *o, const struct sample *s, const struct sample_use *u)
{
	jobj *tiers = u->split_known ? json_object_new_object() : NULL;

	put_u64(o, "swap", true, u->swap_bytes);
	put_u64(o, "zswap", u->zswap_known, u->zswap_bytes);
	for (size_t i = 0; tiers && i < s->n_tiers && i < SAMPLE_SPLIT; i++) {
		if (!s->tiers[i].is_zswap)
			put_u64(tiers, s->tiers[i].name, true, u->tier_bytes[i]);
	}
	add(o, "tiers", tiers);
}

static jobj *proc_object(const struct sample *s, const struct sample_proc *p)
{
	jobj *o = json_object_new_object();

	put_i64(o, "pid", true, p->pid);
	put_text(o, "user", p->user);
	put_text(o, "command", p->comm);
	put_text(o, "cgroup", p->cgroup);
	put_u64(o, "rss", true, p->rss_bytes);
	put_u64(o, "swapin_delay_ns", p->delay.known, p->delay.total_ns);
	put_decimal(o, "swapin_delay_pct", p->delay.share_known,
		    (double)p->delay.share_centipct / 100);
	put_u64(o, "in_bytes_per_s", p->delay.rate_known, p->delay.in_bytes_per_s);
	put_use(o, s, &p->use);
	return o;
}

static jobj *cgroup_object(const struct sample *s, const struct sample_cgroup *g)
{
	jobj *o = json_object_new_object();

	put_text(o, "cgroup", g->path);
	put_u64(o, "memory", g->mem_known, g->mem_bytes);
	put_u64(o, "swap_max", g->swap_max_bytes != UINT64_MAX, g->swap_max_bytes);
	put_u64(o, "waited_ns", g->delay.known, g->delay.total_ns);
	put_decimal(o, "wait_pct", g->delay.share_known,
		    (double)g->delay.share_centipct / 100);
	put_u64(o, "in_bytes_per_s", g->delay.rate_known, g->delay.in_bytes_per_s);
	put_text(o, "tiers_allowed", g->tiers);
	put_text(o, "tiers_mode",
		 !*g->tiers        ? ""
		 : g->tiers_prefer ? "prefer"
				   : "strict");
	put_text(o, "tiers_from", g->tiers_from);
	put_use(o, s, &g->use);
	return o;
}

static void put_lists(jobj *o, const struct sample *s, const struct rates *r)
{
	jobj *tiers = json_object_new_array(), *jobs = json_object_new_array();

	for (size_t i = 0; i < s->n_tiers; i++)
		json_object_array_add(tiers, tier_object(s, r, i));
	for (size_t i = 0; i < s->n_jobs; i++)
		json_object_array_add(jobs, job_object(&s->jobs[i]));
	add(o, "tiers", tiers);
	add(o, "jobs", jobs);
	if (s->proc_scan.state == SAMPLE_LIST_READ) {
		jobj *list = json_object_new_array();

		for (size_t i = 0; i < s->n_procs; i++)
			json_object_array_add(list, proc_object(s, &s->procs[i]));
		add(o, "processes", list);
	}
	if (s->cgroup_scan.state == SAMPLE_LIST_READ) {
		jobj *list = json_object_new_array();

		for (size_t i = 0; i < s->n_cgroups; i++)
			json_object_array_add(list, cgroup_object(s, &s->cgroups[i]));
		add(o, "cgroups", list);
	}
}

int json_write(FILE *f, const struct sample *s, const struct rates *r)
{
	jobj *o = json_object_new_object(), *missing = json_object_new_array();
	const char *text;
	int ret = -ENOMEM;

	put_u64(o, "time_ns", true, s->realtime_ns);
	put_text(o, "host", s->host);
	put_text(o, "kernel", s->kernel);
	put_decimal(o, "interval_s", true, r->dt_s);
	put_text(o, "layer", swapadm_layer_name(s->layer));
	add(o, "redirect", redirect_object(s));
	add(o, "memory", memory_object(&s->mem));
	add(o, "swap", swap_object(s, r));
	add(o, "zswap", zswap_object(&s->zswap, s->page_bytes));
	add(o, "pressure", pressure_object(s, r));
	put_lists(o, s, r);
	for (size_t i = 0; i < s->n_notes; i++)
		json_object_array_add(missing, json_object_new_string(s->notes[i]));
	add(o, "missing", missing);
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
							 JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		ret = fprintf(f, "%s\n", text) < 0 || fflush(f) != 0 ? -EIO : 0;
	json_object_put(o);
	return ret;
}
