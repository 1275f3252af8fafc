/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/redirect/ownmove.h"

#include "layer/redirect/kernelrun.h"
#include "module/map.h"
#include "module/snapshot.h"

#define LOOKS_MAX   16
#define ENOUGH_PART 100 /* what a later look finds of what has moved, at most: the end */

static uint64_t page_bytes(void)
{
	return own_page_bytes();
}

/* ---- who --------------------------------------------------------------------------- */

/* the end of a long path says more than its beginning */
static const char *tail_of(const char *path, size_t room)
{
	while (strlen(path) > room) {
		const char *next = strchr(path + 1, '/');

		if (!next)
			break;
		path = next;
	}
	return path;
}

static void name_owner(struct ownmove *m)
{
	char *owner = m->job.owner;
	const size_t size = sizeof(m->job.owner);
	const char *path = m->pages.cgroup;
	struct proc_status st;

	if (!m->pages.pid)
		snprintf(owner, size, "cgroup %s",
			 tail_of(path, size - sizeof("cgroup ")));
	else if (proc_status_read(m->pages.ctx, m->pages.pid, &st) == 0)
		snprintf(owner, size, "pid %d (%.40s)", (int)m->pages.pid, st.comm);
	m->job.present |= TSWAP_BIT(TSWAP_A_JOB_OWNER);
}

int ownmove_check(struct swapadm_ctx *ctx)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	int r = tswap_client_open(ctx, &client);

	return r ? r : tswap_can_pick_slots(client);
}

int ownmove_open(struct swapadm_ctx *ctx, const struct op_req *req, const char *area,
		 struct ownmove *out)
{
	int r;

	if (req->pid && req->cgroup)
		return ctx_fail(ctx, -EINVAL, "%s: migrate: one process or one cgroup",
				req->cgroup);
	r = ownmove_check(ctx);
	if (!r)
		r = wbpages_open(ctx, req, area, &out->pages);
	if (!r)
		name_owner(out);
	return r;
}

void ownmove_close(struct ownmove *m)
{
	wbpages_close(&m->pages);
}

/* ---- one look ---------------------------------------------------------------------- */

/**
 * struct look - their pages as they lie when @clock was read
 * @list:     slots of pages to be moved, room for TSWAP_SLOTS_LIST; NULL: only count
 * @n_found:  pages that are to be moved
 * @n_fresh:  and those that are too young for this look
 */
struct look {
	struct ownmove *m;
	struct tswap_client *client;
	struct leafmap *map;
	uint32_t clock;
	struct tswap_slots *list;
	size_t n;
	uint64_t n_found, n_fresh;
};

static void look_end(struct look *look)
{
	leafmap_close(look->map);
	tswap_client_close(look->client);
	free(look->list);
}

static int read_clock(struct look *look, uint32_t *clock)
{
	const struct tswap_device_msg req = { .present = TSWAP_BIT(TSWAP_A_DEVICE_ID),
					      .id = look->m->job.device };
	struct tswap_device_msg reply;
	int r = tswap_call(look->client, TSWAP_CMD_DEVICE_GET, &tswap_device_table, &req,
			   &reply, "tswap: read the clock");

	if (!r)
		*clock = reply.clock;
	return r;
}

static int find_sources(struct look *look)
{
	const struct tswap_job_msg *job = &look->m->job;
	_cleanup_free_ struct tswap_leaf_msg *leaves = NULL;
	size_t n = 0;
	int r = tswap_dump(look->client, TSWAP_CMD_LEAF_GET, &tswap_leaf_table, NULL,
			   &leaves, &n);

	memset(look->m->sources, 0, sizeof(look->m->sources));
	for (size_t i = 0; i < n; i++)
		if (leaves[i].device == job->device && leaves[i].id <= TSWAP_LEAF_MAX &&
		    (*job->src_tier ? streq(leaves[i].tier, job->src_tier)
				    : leaves[i].id == job->src_leaf))
			look->m->sources[leaves[i].id] = true;
	return r;
}

/* the clock first, then the slots, then where they lie */
static int look_begin(struct look *look)
{
	struct ownmove *m = look->m;
	char name[32];
	int r = look->client ? 0 : tswap_client_open(m->pages.ctx, &look->client);

	if (!r)
		r = find_sources(look);
	if (!r)
		r = read_clock(look, &look->clock);
	if (!r)
		r = wbpages_look(&m->pages, 0);
	if (r)
		return r;
	look->n = 0;
	look->n_found = look->n_fresh = 0;
	look->map = leafmap_close(look->map); /* what it has read is old */
	snprintf(name, sizeof(name), "tswap%u", m->job.device);
	r = leafmap_open(m->pages.ctx, name, &look->map);
	return r ? ctx_fail(m->pages.ctx, r, "%s: map: %s", name, strerror(-r)) : 0;
}

/* 1: the next of their slots; 0: none is left; -errno */
static int next_slot(struct wbpages *pages, uint64_t *slot)
{
	int r = wbpages_refill(pages);
	const struct swap_run *run;

	if (r <= 0)
		return r;
	run = &pages->map.runs.runs[pages->at];
	*slot = (uint64_t)run->offset + pages->done++;
	if (pages->done == run->n_pages) {
		pages->done = 0;
		pages->at++;
	}
	return 1;
}

static void add_slot(struct look *look, uint64_t slot)
{
	struct tswap_slots *last = look->n ? &look->list[look->n - 1] : NULL;

	if (last && (uint64_t)last->first + last->nr == slot)
		last->nr++;
	else
		look->list[look->n++] = (struct tswap_slots){ (uint32_t)slot, 1 };
}

static bool is_meant(struct look *look, uint64_t slot)
{
	uint64_t word = leafmap_word(look->map, slot);
	uint32_t leaf = TSWAP_SLOT_LEAF(word), age = TSWAP_SLOT_AGE(word, look->clock);

	if (leaf > TSWAP_LEAF_MAX || !look->m->sources[leaf] ||
	    age < look->m->job.older_s)
		return false;
	if (age)
		return true;
	look->n_fresh++;
	return false;
}

/* go on until the list is full: 1; 0: all were seen; -errno */
static int look_on(struct look *look)
{
	uint64_t slot;
	int r;

	look->n = 0;
	while (!look->list || look->n < TSWAP_SLOTS_LIST) {
		r = next_slot(&look->m->pages, &slot);
		if (r <= 0)
			return r;
		if (!is_meant(look, slot))
			continue;
		look->n_found++;
		if (look->list)
			add_slot(look, slot);
	}
	return 1;
}

int ownmove_count(struct ownmove *m, uint64_t *n_pages)
{
	_cleanup_(look_end) struct look look = { .m = m };
	int r = look_begin(&look);

	if (!r)
		r = look_on(&look);
	if (!r)
		*n_pages = look.n_found + look.n_fresh;
	return r;
}

/* ---- the move ---------------------------------------------------------------------- */

static bool is_limit_reached(const struct ownmove *m)
{
	return m->job.limit_pages && m->moved_pages >= m->job.limit_pages;
}

static int move_list(struct look *look, struct jobrun *job, const char *object)
{
	struct tswap_job_msg msg = look->m->job;

	if (!look->n || is_limit_reached(look->m))
		return 0;
	if (jobrun_sit_out_pause(job) || jobrun_check(job))
		return job->timed_out ? -ETIME : -ECANCELED;
	msg.present |= TSWAP_BIT(TSWAP_A_JOB_SLOTS) | TSWAP_BIT(TSWAP_A_JOB_CLOCK);
	msg.slots = (struct tswap_slot_list){ look->list, look->n };
	msg.clock = look->clock;
	if (msg.limit_pages)
		msg.limit_pages -= look->m->moved_pages;
	return kernelrun(job, &msg, object, &look->m->moved_pages);
}

static int move_found(struct look *look, struct jobrun *job, const char *object)
{
	int more, r;

	do {
		more = look_on(look);
		r = more < 0 ? more : move_list(look, job, object);
	} while (!r && more);
	return r;
}

/* until the pages of this look's second are old enough for the next */
static int await_tick(struct look *look, struct jobrun *job)
{
	uint32_t now = look->clock;
	int r = 0;

	while (!r && now == look->clock) {
		jobrun_wait(job, -1, JOBRUN_TICK_MS);
		if (jobrun_sit_out_pause(job) || jobrun_check(job))
			return job->timed_out ? -ETIME : -ECANCELED;
		r = read_clock(look, &now);
	}
	return r;
}

/* they write more than a move takes away: that is for a person to know */
static void say_what_came(struct jobrun *job, uint64_t n_pages)
{
	struct swapadm_progress *p = &job->rec->p;
	char text[32];

	snprintf(p->message, sizeof(p->message),
		 "%s were there at the last look: they are being swapped out meanwhile",
		 words_size(n_pages * page_bytes(), text, sizeof(text)));
}

int ownmove_run(struct ownmove *m, struct jobrun *job, const char *object)
{
	_cleanup_(look_end) struct look look = { .m = m };

	look.list = malloc(TSWAP_SLOTS_LIST * sizeof(*look.list));
	if (!look.list)
		return -ENOMEM;
	for (unsigned i = 0; i < LOOKS_MAX; i++) {
		uint64_t before = m->moved_pages, rest;
		int r = look_begin(&look);

		if (!r)
			r = move_found(&look, job, object);
		if (r || is_limit_reached(m))
			return r;
		rest = look.n_found + look.n_fresh;
		if (!rest || (i && rest * ENOUGH_PART <= m->moved_pages))
			return 0;
		if (i && m->moved_pages == before && !look.n_fresh)
			return 0; /* rules hold them back, or errors: the job says so */
		r = await_tick(&look, job);
		if (r)
			return r;
	}
	say_what_came(job, look.n_found + look.n_fresh);
	return 0;
}

/* ---- all to one tier --------------------------------------------------------------- */

static bool is_first_of_tier(const struct snapshot *state, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (streq(state->leaves[k].tier, state->leaves[i].tier))
			return false;
	return true;
}

static void set_ends(struct tswap_job_msg *job, const struct snapshot *state,
		     const char *from, const char *to)
{
	job->present |= TSWAP_BIT(TSWAP_A_JOB_DEVICE) | TSWAP_BIT(TSWAP_A_JOB_KIND) |
			TSWAP_BIT(TSWAP_A_JOB_SRC_TIER) | TSWAP_BIT(TSWAP_A_JOB_DST_TIER);
	job->device = state->device.id;
	job->kind = TSWAP_JOB_MIGRATE;
	snprintf(job->src_tier, sizeof(job->src_tier), "%s", from);
	snprintf(job->dst_tier, sizeof(job->dst_tier), "%s", to);
}

static int gather(struct jobrun *job, const struct op_req *req,
		  const struct snapshot *state, const char *tier, uint64_t *moved_bytes)
{
	struct ownmove m = { .moved_pages = *moved_bytes / page_bytes() };
	char area[64], object[128];
	int r;

	snprintf(area, sizeof(area), "/dev/%s", state->device.name);
	if (req->rate_bytes_per_s >= TSWAP_RATE_MIN) {
		m.job.present |= TSWAP_BIT(TSWAP_A_JOB_RATE);
		m.job.rate_bytes_per_s = req->rate_bytes_per_s;
	}
	r = ownmove_open(job->ctx, req, area, &m);
	for (size_t i = 0; !r && i < state->n_leaves; i++) {
		const char *from = state->leaves[i].tier;
		uint64_t n = 0;

		if (streq(from, tier) || !is_first_of_tier(state, i))
			continue;
		set_ends(&m.job, state, from, tier);
		snprintf(object, sizeof(object), "%s: move to %s", from, tier);
		r = ownmove_count(&m, &n);
		job->rec->p.total_bytes += n * page_bytes();
		if (!r && n)
			r = ownmove_run(&m, job, object);
	}
	*moved_bytes = m.moved_pages * page_bytes();
	ownmove_close(&m);
	return r;
}

int ownmove_gather(struct jobrun *job, const struct op_req *req, const char *tier,
		   uint64_t *moved_bytes)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	struct snapshot state = { 0 };
	int r = tswap_client_open(job->ctx, &client);

	if (!r)
		r = snapshot_read(client, &state);
	if (!r)
		r = gather(job, req, &state, tier, moved_bytes);
	snapshot_free(&state);
	return r;
}

/* ---- the worker -------------------------------------------------------------------- */

int ownmove_start(struct swapadm_op *op, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_(request_free) struct request req = { 0 };
	const struct swapadm_op_plan *plan = &op->plan;
	struct ownmove *m = ownmove_of(op);
	int r = 0;

	rec.p.kind = SWAPADM_JOB_MIGRATE;
	rec.p.state = SWAPADM_JOB_RUNNING;
	rec.p.total_bytes = rec.p.left_bytes = plan->used_bytes;
	snprintf(rec.p.source, sizeof(rec.p.source), "%s", plan->source);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "%s", op->req.to);
	snprintf(rec.p.message, sizeof(rec.p.message), "pages of %s", m->job.owner);
	for (size_t i = 0; !r && i < plan->n_devices; i++)
		r = jobrec_add_device(&rec, plan->devices[i]->path);
	if (!r)
		r = op_save(op, &req);
	if (!r)
		r = kernelrun_save(&m->job, &req);
	if (!r)
		r = wbpages_save(&m->pages, &req);
	/* always in the background: the kernel's job would go on without us as well */
	return r ? r : job_start(op->ctx, &rec, true, ownmove_work.name, &req, out);
}

static void release(struct swapadm_op *op)
{
	if (op->priv)
		ownmove_close(ownmove_of(op));
	free(op->priv);
}

static int ownmove_load(struct swapadm_ctx *ctx, const struct request *req, void **arg)
{
	static const struct op_ops ops = { .release = release };
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	struct ownmove *m;
	int r = op_restore(ctx, req, &op);

	if (r)
		return r;
	op->ops = &ops;
	op->priv = m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	r = kernelrun_load(req, &m->job);
	if (!r)
		r = wbpages_load(ctx, req, &m->pages);
	if (!r)
		*arg = steal_ptr(&op);
	return r;
}

static int ownmove_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *arg)
{
	struct swapadm_op *op = arg;
	struct jobrun job;
	char object[320];
	int r = jobrun_begin(&job, ctx, rec, op->req.timeout_s);

	if (r)
		return r;
	jobrun_phase(&job, SWAPADM_PHASE_MOVE);
	snprintf(object, sizeof(object), "%s: migrate", op->req.source);
	r = ownmove_run(ownmove_of(op), &job, object);
	return jobrun_end(&job, r);
}

const struct job_work ownmove_work = {
	.name = "move-owned",
	.load = ownmove_load,
	.run = ownmove_main,
};
