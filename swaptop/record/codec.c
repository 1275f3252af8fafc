/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "record/codec.h"

/* ---- a sample, field by field ---------------------------------------------------- */

/*
 * One walk over the fields serves writing and reading, so that the two can't disagree.
 * @out set: writing; @in set: reading, @end is the end of the record at hand, and what is
 * beyond it reads as 0.
 */
struct walk {
	struct numbers *out;
	const struct numbers *in;
	size_t at, end;
	struct names *names;
	int error;
};

static uint64_t walk_number(struct walk *w, uint64_t v)
{
	if (w->out) {
		if (w->error == 0)
			w->error = number_add(w->out, v);
		return v;
	}
	return w->at < w->end ? w->in->v[w->at++] : 0;
}

#define NUM(w, field)  ((field) = (__typeof__(field))walk_number((w), (uint64_t)(field)))
#define FLAG(w, field) ((field) = walk_number((w), (field)) != 0)
/* enums index tables of names: what is out of range becomes 0 */
#define ENUM(w, field, last)                                                    \
	do {                                                                    \
		uint64_t v_ = walk_number((w), (uint64_t)(field));              \
		(field) = (__typeof__(field))(v_ <= (uint64_t)(last) ? v_ : 0); \
	} while (0)

static uint64_t find_name(struct walk *w, const char *text)
{
	for (size_t i = w->names->n; i > 0; i--) {
		if (streq(w->names->v[i - 1], text))
			return i;
	}
	w->error = w->error ? w->error : name_add(w->names, text, strlen(text));
	return w->names->n;
}

/* 0: empty, else its place in the table, from 1 */
static void walk_text(struct walk *w, char *text, size_t size)
{
	uint64_t i = walk_number(w, w->out && *text ? find_name(w, text) : 0);

	if (!w->out)
		copy_str(text, size, i && i <= w->names->n ? w->names->v[i - 1] : "");
}
#define TEXT(w, field) walk_text((w), (field), sizeof(field))

static void walk_usage(struct walk *w, struct swapadm_usage *u)
{
	NUM(w, u->known);
	NUM(w, u->size_bytes);
	NUM(w, u->used_bytes);
	NUM(w, u->stored_bytes);
	NUM(w, u->ram_bytes);
	NUM(w, u->disk_bytes);
}

static void walk_psi(struct walk *w, struct swapadm_psi *psi)
{
	struct swapadm_psi_line *lines[] = { &psi->some, &psi->full };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		FLAG(w, lines[i]->known);
		NUM(w, lines[i]->avg10_centipct);
		NUM(w, lines[i]->avg60_centipct);
		NUM(w, lines[i]->avg300_centipct);
		NUM(w, lines[i]->total_us);
	}
}

static void walk_memory(struct walk *w, struct sample *s)
{
	NUM(w, s->mem.known);
	NUM(w, s->mem.total_bytes);
	NUM(w, s->mem.free_bytes);
	NUM(w, s->mem.available_bytes);
	NUM(w, s->mem.swap_total_bytes);
	NUM(w, s->mem.swap_free_bytes);
	NUM(w, s->mem.swap_cached_bytes);
	NUM(w, s->mem.zswap_bytes);
	NUM(w, s->mem.zswapped_bytes);
	NUM(w, s->mem.shmem_bytes);
	NUM(w, s->vm.known);
	NUM(w, s->vm.pswpin_pages);
	NUM(w, s->vm.pswpout_pages);
	NUM(w, s->vm.zswpin_pages);
	NUM(w, s->vm.zswpout_pages);
	NUM(w, s->vm.zswpwb_pages);
	NUM(w, s->vm.swpin_zero_pages);
	NUM(w, s->vm.swpout_zero_pages);
	NUM(w, s->vm.swap_ra_pages);
	NUM(w, s->vm.swap_ra_hit_pages);
	NUM(w, s->vm.oom_kills);
}

static void walk_zswap(struct walk *w, struct swapadm_zswap_stats *z)
{
	NUM(w, z->known);
	FLAG(w, z->enabled);
	FLAG(w, z->shrinker);
	TEXT(w, z->compressor);
	NUM(w, z->max_pool_pct);
	NUM(w, z->accept_threshold_pct);
	NUM(w, z->pool_bytes);
	NUM(w, z->stored_bytes);
	NUM(w, z->written_back_pages);
	NUM(w, z->pool_limit_hits);
	NUM(w, z->rejects);
}

static void walk_scan(struct walk *w, struct sample_scan *scan)
{
	ENUM(w, scan->state, SAMPLE_LIST_FAILED);
	NUM(w, scan->age_ns);
	NUM(w, scan->cost_ns);
	TEXT(w, scan->why);
}

static void walk_redirect(struct walk *w, struct swapadm_redirect *r)
{
	TEXT(w, r->name);
	FLAG(w, r->active);
	FLAG(w, r->overcommit);
	NUM(w, r->prio);
	NUM(w, r->size_bytes);
	NUM(w, r->used_bytes);
	NUM(w, r->area_used_bytes);
	NUM(w, r->room_bytes);
	NUM(w, r->short_bytes);
	NUM(w, r->meta_bytes);
	NUM(w, r->lost_writes);
}

static void walk_machine(struct walk *w, struct sample *s)
{
	NUM(w, s->seq);
	NUM(w, s->mono_ns);
	NUM(w, s->realtime_ns);
	NUM(w, s->page_bytes);
	TEXT(w, s->host);
	TEXT(w, s->kernel);
	ENUM(w, s->layer, SWAPADM_LAYER_REDIRECT);
	FLAG(w, s->privileged);
	walk_memory(w, s);
	walk_psi(w, &s->psi_mem);
	walk_psi(w, &s->psi_io);
	walk_zswap(w, &s->zswap);
	walk_usage(w, &s->total);
	walk_scan(w, &s->proc_scan);
	walk_scan(w, &s->cgroup_scan);
	FLAG(w, s->has_redirect);
	walk_redirect(w, &s->redirect);
	/* from here on what came later: older recordings end before it */
	NUM(w, s->vm.refault_anon_pages);
	TEXT(w, s->delays_why);
}

static void walk_tier(struct walk *w, struct sample_tier *t)
{
	TEXT(w, t->name);
	ENUM(w, t->kind, SWAPADM_KIND_MIXED);
	NUM(w, t->rank);
	NUM(w, t->prio);
	FLAG(w, t->is_auto);
	FLAG(w, t->is_zswap);
	NUM(w, t->demote_above_pct);
	NUM(w, t->demote_below_pct);
	NUM(w, t->demote_older_s);
	walk_usage(w, &t->usage);
}

static void walk_io(struct walk *w, struct swapadm_io_stats *io)
{
	NUM(w, io->known);
	NUM(w, io->reads);
	NUM(w, io->read_bytes);
	NUM(w, io->read_ns);
	NUM(w, io->writes);
	NUM(w, io->write_bytes);
	NUM(w, io->write_ns);
	NUM(w, io->in_flight);
	NUM(w, io->busy_ns);
}

static void walk_device(struct walk *w, struct sample_device *d)
{
	TEXT(w, d->name);
	TEXT(w, d->path);
	TEXT(w, d->disk);
	TEXT(w, d->model);
	TEXT(w, d->algorithm);
	TEXT(w, d->backing);
	NUM(w, d->tier);
	ENUM(w, d->kind, SWAPADM_KIND_MIXED);
	ENUM(w, d->state, SWAPADM_STATE_FAILED);
	ENUM(w, d->discard, SWAPADM_DISCARD_BOTH);
	NUM(w, d->prio);
	FLAG(w, d->is_file);
	FLAG(w, d->deleted);
	FLAG(w, d->managed);
	walk_usage(w, &d->usage);
	walk_io(w, &d->io);
	FLAG(w, d->moves.known);
	NUM(w, d->moves.in_bytes);
	NUM(w, d->moves.out_bytes);
	FLAG(w, d->latency.known);
	for (size_t i = 0; i < SWAPADM_LATENCY_BUCKETS; i++)
		NUM(w, d->latency.reads[i]);
	for (size_t i = 0; i < SWAPADM_LATENCY_BUCKETS; i++)
		NUM(w, d->latency.writes[i]);
	/* later than the first recordings */
	NUM(w, d->upkeep.known);
	NUM(w, d->upkeep.huge_bytes);
	NUM(w, d->upkeep.written_back_bytes);
	NUM(w, d->upkeep.idle_bytes);
	NUM(w, d->upkeep.recompressed_bytes);
	NUM(w, d->upkeep.budget_left_bytes);
}

/* by their words, which other versions know too */
static void walk_phase(struct walk *w, enum swapadm_phase *phase)
{
	char text[32];

	copy_text(text, swapadm_phase_name(*phase));
	TEXT(w, text);
	if (w->out)
		return;
	*phase = SWAPADM_PHASE_NONE;
	for (int i = SWAPADM_PHASE_SAMPLE; i <= SWAPADM_PHASE_THAW; i++) {
		if (streq(swapadm_phase_name((enum swapadm_phase)i), text))
			*phase = (enum swapadm_phase)i;
	}
}

static void walk_job(struct walk *w, struct swapadm_progress *j)
{
	TEXT(w, j->id);
	ENUM(w, j->kind, SWAPADM_JOB_WAKE);
	ENUM(w, j->state, SWAPADM_JOB_LOST);
	TEXT(w, j->source);
	TEXT(w, j->dest);
	walk_phase(w, &j->phase);
	NUM(w, j->total_bytes);
	NUM(w, j->moved_bytes);
	NUM(w, j->left_bytes);
	NUM(w, j->rate_bytes_per_s);
	NUM(w, j->elapsed_ns);
	NUM(w, j->eta_ns);
	NUM(w, j->needed_bytes);
	NUM(w, j->lost_race_pages);
	NUM(w, j->pid);
	NUM(w, j->error);
	TEXT(w, j->message);
}

static void walk_use(struct walk *w, struct sample_use *u)
{
	NUM(w, u->swap_bytes);
	FLAG(w, u->split_known);
	for (size_t i = 0; i < SAMPLE_SPLIT; i++)
		NUM(w, u->tier_bytes[i]);
	FLAG(w, u->zswap_known);
	NUM(w, u->zswap_bytes);
}

static void walk_proc(struct walk *w, struct sample_proc *p)
{
	NUM(w, p->pid);
	NUM(w, p->ppid);
	TEXT(w, p->comm);
	TEXT(w, p->user);
	TEXT(w, p->cgroup);
	NUM(w, p->rss_bytes);
	walk_use(w, &p->use);
	FLAG(w, p->delay.known);
	FLAG(w, p->delay.share_known);
	NUM(w, p->delay.total_ns);
	NUM(w, p->delay.share_centipct);
}

static void walk_cgroup(struct walk *w, struct sample_cgroup *g)
{
	TEXT(w, g->path);
	FLAG(w, g->mem_known);
	NUM(w, g->mem_bytes);
	NUM(w, g->swap_max_bytes);
	walk_use(w, &g->use);
	/* older recordings end here */
	TEXT(w, g->tiers);
	TEXT(w, g->tiers_from);
	FLAG(w, g->tiers_prefer);
}

/* ---- sections: (number of records, fields of each), then the records --------------- */

enum section {
	SECTION_MACHINE,
	SECTION_TIERS,
	SECTION_DEVICES,
	SECTION_JOBS,
	SECTION_PROCS,
	SECTION_CGROUPS,
	SECTION_NOTES,
	N_SECTIONS,
};

/* more than a machine has: a file made for it must not make us ask for all memory */
static const size_t records_max[N_SECTIONS] = {
	[SECTION_MACHINE] = 1,          [SECTION_TIERS] = 4096,
	[SECTION_DEVICES] = 4096,       [SECTION_JOBS] = 4096,
	[SECTION_PROCS] = 1u << 19,     [SECTION_CGROUPS] = 1u << 17,
	[SECTION_NOTES] = SAMPLE_NOTES,
};

/* the record @i of a section; reading: the one just added, NULL when memory is short */
static void walk_record(struct walk *w, enum section section, struct sample *s, size_t i)
{
	switch (section) {
	case SECTION_MACHINE:
		walk_machine(w, s);
		break;
	case SECTION_TIERS:
		walk_tier(w, &s->tiers[i]);
		break;
	case SECTION_DEVICES:
		walk_device(w, &s->devices[i]);
		break;
	case SECTION_JOBS:
		walk_job(w, &s->jobs[i]);
		break;
	case SECTION_PROCS:
		walk_proc(w, &s->procs[i]);
		break;
	case SECTION_CGROUPS:
		walk_cgroup(w, &s->cgroups[i]);
		break;
	case SECTION_NOTES:
		TEXT(w, s->notes[i]);
		break;
	case N_SECTIONS:
		break;
	}
}

static size_t section_records(const struct sample *s, enum section section)
{
	const size_t n[N_SECTIONS] = { 1,          s->n_tiers,   s->n_devices, s->n_jobs,
				       s->n_procs, s->n_cgroups, s->n_notes };

	return n[section];
}

/* what is more than a reader takes is not written: the recording says so */
static void note_cut(struct sample *s, enum section section)
{
	static const char *const what[N_SECTIONS] = { "",     "tiers",     "devices",
						      "jobs", "processes", "cgroups",
						      "" };
	size_t n = section_records(s, section);

	if (n <= records_max[section])
		return;
	if (s->n_notes == SAMPLE_NOTES)
		s->n_notes--;
	sample_note(s, "recording: only %zu of %zu %s", records_max[section], n,
		    what[section]);
}

static int write_section(struct walk *w, enum section section, struct sample *s)
{
	size_t n = MIN(section_records(s, section), records_max[section]);
	size_t start, fields_at;

	note_cut(s, section);
	walk_number(w, n);
	fields_at = w->out->n;
	walk_number(w, 0);
	start = w->out->n;
	for (size_t i = 0; i < n && w->error == 0; i++)
		walk_record(w, section, s, i);
	if (w->error)
		return w->error;
	w->out->v[fields_at] = n ? (w->out->n - start) / n : 0;
	return 0;
}

int sample_to_numbers(const struct sample *s, struct numbers *out, struct names *names)
{
	struct walk w = { .out = out, .names = names };
	struct sample noted =
		*s; /* when writing the walk leaves the fields as they are */
	int r = 0;

	for (int section = 0; r == 0 && section < N_SECTIONS; section++)
		r = write_section(&w, (enum section)section, &noted);
	return r;
}

static bool add_record(struct sample *s, enum section section)
{
	switch (section) {
	case SECTION_TIERS:
		return sample_add_tier(s);
	case SECTION_DEVICES:
		return s->n_tiers && sample_add_device(s);
	case SECTION_JOBS:
		return sample_add_job(s);
	case SECTION_PROCS:
		return sample_add_proc(s);
	case SECTION_CGROUPS:
		return sample_add_cgroup(s);
	case SECTION_NOTES:
		return s->n_notes < SAMPLE_NOTES && ++s->n_notes;
	default:
		return true;
	}
}

/* devices lie by tier: @first and @n_devices of the tiers are counted anew */
static int link_devices(struct sample *s)
{
	uint32_t at = 0;

	for (uint32_t t = 0; t < s->n_tiers; t++) {
		s->tiers[t].first = at;
		while (at < s->n_devices && s->devices[at].tier == t)
			at++;
		s->tiers[t].n_devices = at - s->tiers[t].first;
	}
	return at == s->n_devices ? 0 : -EBADMSG;
}

static int read_section(struct walk *w, enum section section, struct sample *s)
{
	uint64_t n, fields;

	w->end = w->in->n;
	n = walk_number(w, 0);
	fields = walk_number(w, 0);
	if (n && (fields == 0 || n > (w->in->n - w->at) / fields))
		return -EBADMSG;
	if (n > records_max[section])
		return -EBADMSG;
	if (section == SECTION_MACHINE && n != 1)
		return -EBADMSG;
	for (uint64_t i = 0; i < n; i++) {
		size_t start = w->at;

		if (!add_record(s, section))
			return section == SECTION_DEVICES && !s->n_tiers ? -EBADMSG
									 : -ENOMEM;
		w->end = start + fields;
		walk_record(w, section, s, i);
		w->at = start + fields;
	}
	return 0;
}

int sample_from_numbers(struct sample *s, const struct numbers *in,
			const struct names *names)
{
	struct walk w = { .in = in, .names = (struct names *)names };

	for (int section = 0; section < N_SECTIONS; section++) {
		int r = read_section(&w, (enum section)section, s);

		if (r < 0)
			return r;
	}
	return link_devices(s);
}
