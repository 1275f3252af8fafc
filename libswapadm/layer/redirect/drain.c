/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drains of leaves: the kernel moves the pages from leaf to leaf, so no memory is needed,
 * only room on the other leaves, and the job is the kernel's.
 */
#include "layer/direct/drain.h"
#include "layer/redirect/redirect.h"
#include "kernel/cgroupid.h"
#include "prefetch/devsample.h"
#include "job/kernel.h"
#include "layer/redirect/leaf.h"
#include "layer/direct/direct.h"
#include "layer/redirect/ownmove.h"
#include "module/snapshot.h"

static const struct model_device *as_leaf(const struct swapadm_device *dev)
{
	return (const struct model_device *)dev; /* .pub is its first member */
}

/* room for pages that come from elsewhere */
static uint64_t leaf_room(const struct swapadm_op *op, const struct swapadm_device *dev)
{
	if (!device_is_leaf(dev) || op_has_device(op, dev))
		return 0;
	return device_room_bytes(dev);
}

static uint64_t tier_room(const struct swapadm_op *op, const struct swapadm_tier *tier)
{
	uint64_t room = 0;

	for (size_t i = 0; i < tier->n_devices; i++)
		room += leaf_room(op, tier->devices[i]);
	return room;
}

static int add_dest(struct swapadm_op *op, const char *name, uint64_t bytes,
		    uint64_t *room)
{
	*room += bytes;
	return op_add_dest(op, name, bytes);
}

static int add_tier(struct swapadm_op *op, size_t i, uint64_t *room)
{
	const struct swapadm_tier *tier = swapadm_model_tier(op->model, i);
	uint64_t bytes = tier_room(op, tier);

	return bytes ? add_dest(op, tier->name, bytes, room) : 0;
}

static size_t index_of(const struct swapadm_model *model, const char *tier)
{
	size_t i = 0;

	while (i < swapadm_model_n_tiers(model) &&
	       !streq(swapadm_model_tier(model, i)->name, tier))
		i++;
	return i;
}

/* the module's own order: siblings, slower tiers, faster ones from the slowest on */
static int plan_default(struct swapadm_op *op, uint64_t *room)
{
	const struct swapadm_model *model = op->model;
	size_t own = index_of(model, op->plan.devices[0]->tier);
	size_t n = swapadm_model_n_tiers(model);
	int r = 0;

	for (size_t i = own; !r && i < n; i++)
		r = add_tier(op, i, room);
	for (size_t i = own; !r && i-- > 0;)
		r = add_tier(op, i, room);
	return r;
}

/* the tier or leaf that everything goes to */
static int plan_to(struct swapadm_op *op, struct tswap_job_msg *job, uint64_t *room)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	const char *to = op->req.to;

	if (streq(to, "memory"))
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"%s: %s: to memory: on the redirect layer that is only possible for the whole layer; remove %s for that",
			op->req.source, op->verb, op->model->redirect.name);
	if (swapadm_model_find(op->model, to, &tier, &dev) ||
	    (dev && !device_is_leaf(dev)))
		return ctx_fail(op->ctx, -EINVAL,
				"%s: %s: to %s: no such tier or leaf; see `swapctl list`",
				op->req.source, op->verb, to);
	if (streq(to, op->req.source) || (dev && op_has_device(op, dev)))
		return ctx_fail(op->ctx, -EINVAL,
				"%s: %s: to %s: it is its own destination",
				op->req.source, op->verb, to);
	if (tier) {
		job->present |= TSWAP_BIT(TSWAP_A_JOB_DST_TIER);
		snprintf(job->dst_tier, sizeof(job->dst_tier), "%s", tier->name);
		return add_dest(op, tier->name, tier_room(op, tier), room);
	}
	job->present |= TSWAP_BIT(TSWAP_A_JOB_DST_LEAF);
	job->dst_leaf = as_leaf(dev)->leaf_id;
	return add_dest(op, dev->name, leaf_room(op, dev), room);
}

/* what all leaves but those of the drain can hold */
static uint64_t room_without(const struct swapadm_op *op)
{
	uint64_t room = op->model->redirect.room_bytes;

	for (size_t i = 0; i < op->plan.n_devices; i++) {
		uint64_t bytes = op->devices[i]->usage.size_bytes;

		if (op->devices[i]->state != SWAPADM_STATE_FAILED)
			room -= bytes < room ? bytes : room;
	}
	return room;
}

/* what the module asks of those that stay: all pages in use, and a reserve */
static uint64_t removal_short(const struct swapadm_op *op)
{
	uint64_t room = room_without(op);
	uint64_t needed = op->model->redirect.used_bytes + room / TSWAP_RESERVE;

	return needed > room ? needed - room : 0;
}

/* may pages of a drain go there? */
static bool is_dest(const struct swapadm_op *op, const struct swapadm_device *dev)
{
	const struct swapadm_device *to_dev = NULL;
	const struct swapadm_tier *to_tier = NULL;

	if (op->req.to)
		swapadm_model_find(op->model, op->req.to, &to_tier, &to_dev);
	return to_dev ? dev == to_dev : !to_tier || streq(dev->tier, to_tier->name);
}

/* room that a rule leaves for a drain in its tier @i, which is @tier of the model */
static uint64_t rule_room(const struct swapadm_op *op,
			  const struct tswap_cgroup_msg *rule, size_t i,
			  const struct swapadm_tier *tier)
{
	uint64_t page_bytes = own_page_bytes(), room = 0, used, limit;

	used = rule->used[i] * page_bytes;
	limit = rule->limit[i] ? rule->limit[i] * page_bytes : UINT64_MAX;
	for (size_t d = 0; d < tier->n_devices; d++) {
		const struct swapadm_device *dev = tier->devices[d];

		if (op_has_device(op, dev)) /* what leaves makes room for the rule */
			used = u64_minus(used, rule->leaves[as_leaf(dev)->leaf_id] *
						       page_bytes);
		else if (is_dest(op, dev))
			room += leaf_room(op, dev);
	}
	limit = limit > used ? limit - used : 0;
	return room < limit ? room : limit;
}

/* how much of a strict rule's pages has no room in its tiers */
static uint64_t rule_short(const struct swapadm_op *op,
			   const struct tswap_cgroup_msg *rule)
{
	uint64_t page_bytes = own_page_bytes(), need = 0, room = 0;
	const char *name = rule->tiers;

	if (rule->mode != TSWAP_CGROUP_STRICT)
		return 0;
	for (size_t i = 0; i < op->plan.n_devices; i++)
		need += rule->leaves[as_leaf(op->plan.devices[i])->leaf_id] * page_bytes;
	for (size_t i = 0; i < TSWAP_CGROUP_TIERS && name; i++) {
		char tier[TSWAP_NAME_MAX];
		size_t n = strcspn(name, ","), t;

		snprintf(tier, sizeof(tier), "%.*s", (int)n, name);
		t = index_of(op->model, tier);
		if (t < swapadm_model_n_tiers(op->model))
			room += rule_room(op, rule, i, swapadm_model_tier(op->model, t));
		name = name[n] ? name + n + 1 : NULL;
	}
	return need > room ? need - room : 0;
}

/* the cgroup whose rule is hurt most; where the module can't be asked the job waits */
static int plan_rules(struct swapadm_op *op)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	struct snapshot state = { .device.id = as_leaf(op->plan.devices[0])->tswap_id };
	uint64_t worst = 0, id = 0;
	char path[512];

	if (tswap_client_open(op->ctx, &client) || snapshot_read_rules(client, &state))
		return 0;
	for (size_t i = 0; i < state.n_rules; i++) {
		uint64_t lacks = rule_short(op, &state.rules[i]);

		if (lacks <= worst)
			continue;
		worst = lacks;
		id = state.rules[i].id;
	}
	snapshot_free(&state);
	if (worst <= op->plan.short_bytes)
		return 0;
	cgroupid_name(op->ctx, id, path, sizeof(path));
	return op_set_short(op, SWAPADM_LIMIT_RULE, worst, path);
}

static int plan_room(struct swapadm_op *op)
{
	struct swapadm_op_plan *plan = &op->plan;
	struct swapadm_mem_stats mem;
	uint64_t room = 0, lacks = 0;
	int r = op->req.to ? plan_to(op, op->priv, &room) : plan_default(op, &room);

	if (swapadm_mem_get_stats(op->ctx, &mem) == 0)
		plan->ram_available_bytes = mem.available_bytes;
	if (!r && plan->used_bytes > room)
		lacks = plan->used_bytes - room;
	if (!r && op_is(op, SWAPADM_OP_REMOVE) && removal_short(op) > lacks)
		lacks = removal_short(op);
	if (!r && lacks)
		r = op_set_short(op, SWAPADM_LIMIT_DEST, lacks, op->req.to);
	return r || op_is(op, SWAPADM_OP_MIGRATE) ? r : plan_rules(op);
}

/* the kernel's own cost of a page, measured on 6.1, 6.12 and 7.3 */
#define MOVED_PAGE_NS       UINT64_C(10000)
#define BANDWIDTH_BUDGET_NS UINT64_C(30000000)

/* what reading the devices takes, and what the kernel does meanwhile */
static uint64_t predict_ns(const struct swapadm_op *op)
{
	const struct swapadm_op_plan *plan = &op->plan;
	uint64_t rate = op->req.rate_bytes_per_s, per_s = 0;
	uint64_t pages = plan->used_bytes / own_page_bytes();

	if (!plan->used_bytes)
		return 0;
	if (plan->devices[0]->path)
		devsample_bandwidth(op->ctx, plan->devices[0]->path, 1, plan->used_bytes,
				    BANDWIDTH_BUDGET_NS, &per_s);
	if (rate && (!per_s || rate < per_s))
		per_s = rate;
	return pages * MOVED_PAGE_NS +
	       (per_s ? u64_of((double)plan->used_bytes * 1e9 / (double)per_s) : 0);
}

/* what the kernel is asked for, without the destination; @size: of all of .priv */
static int make_job(struct swapadm_op *op, enum tswap_job_kind kind, size_t size)
{
	const struct swapadm_device *first = op->plan.devices[0];
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	struct tswap_job_msg *job = calloc(1, size);

	op->priv = job;
	if (!job)
		return -ENOMEM;
	job->present = TSWAP_BIT(TSWAP_A_JOB_DEVICE) | TSWAP_BIT(TSWAP_A_JOB_KIND);
	job->device = as_leaf(first)->tswap_id;
	job->kind = kind;
	swapadm_model_find(op->model, op->req.source, &tier, &dev);
	if (tier) {
		job->present |= TSWAP_BIT(TSWAP_A_JOB_SRC_TIER);
		snprintf(job->src_tier, sizeof(job->src_tier), "%s", tier->name);
	} else {
		job->present |= TSWAP_BIT(TSWAP_A_JOB_SRC_LEAF);
		job->src_leaf = as_leaf(first)->leaf_id;
	}
	if (op->req.rate_bytes_per_s) {
		job->present |= TSWAP_BIT(TSWAP_A_JOB_RATE);
		job->rate_bytes_per_s = op->req.rate_bytes_per_s;
	}
	return 0;
}

/* ---- start ------------------------------------------------------------------------ */

static int refuse_short(struct swapadm_op *op)
{
	const struct swapadm_op_plan *plan = &op->plan;
	char lacks[32];

	if (plan->limit == SWAPADM_LIMIT_RULE)
		return op_refuse(
			op,
			"%s: %s: the tiers of cgroup %s are %s short of room for its pages; add a device to them, give it more in [cgroup], or use --force to move what fits and wait for room",
			op->req.source, op->verb, plan->limit_object,
			words_size(plan->short_bytes, lacks, sizeof(lacks)));
	return plan->short_bytes
		       ? op_refuse(
				 op,
				 "%s: %s: %s is %s short of room; add a device, or use --force to move what fits and wait for room",
				 op->req.source, op->verb,
				 plan->limit_object ? plan->limit_object
						    : "the other tiers together",
				 words_size(plan->short_bytes, lacks, sizeof(lacks)))
		       : 0;
}

static int start_remove(struct swapadm_op *op, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_(request_free) struct request req = { 0 };
	const struct swapadm_op_plan *plan = &op->plan;
	char area[32], left[32];
	int r = 0;

	rec.p.kind = SWAPADM_JOB_REMOVE;
	rec.p.state = SWAPADM_JOB_RUNNING;
	rec.p.total_bytes = rec.p.left_bytes = plan->used_bytes;
	snprintf(rec.p.source, sizeof(rec.p.source), "%s", plan->source);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "%s", op->req.to ? op->req.to : "");
	for (size_t i = 0; !r && i < plan->n_devices; i++)
		r = jobrec_add_device(&rec, plan->devices[i]->path);
	if (!r && room_without(op) < op->model->redirect.size_bytes)
		log_warning(
			op->ctx,
			"%s: remove: the area %s of %s is larger than what is left of its devices (%s); pages beyond that stay in memory; add a device",
			plan->source, op->model->redirect.name,
			words_size(op->model->redirect.size_bytes, area, sizeof(area)),
			words_size(room_without(op), left, sizeof(left)));
	/* always in the background: the kernel's job would go on without us as well */
	if (!r)
		r = redirect_remove_save(op, &req);
	return r ? r
		 : job_start(op->ctx, &rec, true, redirect_remove_work.name, &req, out);
}

static int redirect_start(struct swapadm_op *op, struct swapadm_job **out)
{
	if (op_is(op, SWAPADM_OP_REMOVE))
		return start_remove(op, out);
	if (op->req.background && op->req.timeout_s)
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"%s: %s: a job of the kernel has no time limit of its own; leave out --background or --timeout",
			op->req.source, op->verb);
	return redirect_job_begin(op, out);
}

static void release(struct swapadm_op *op)
{
	free(op->priv);
}

static const struct op_ops redirect_ops = {
	.start = redirect_start,
	.release = release,
};

/* the tswap device, and an area next to it, are drained as on the direct layer */
static int prepare_area(struct swapadm_op *op)
{
	int r = direct_drain_plan(op);

	if (!r && op_has_device(op, &op->model->tswap.pub))
		drain_of(op)->work = redirect_drain_work.name;
	return r;
}

int redirect_drain_prepare(struct swapadm_op *op)
{
	int r = drain_find_source(op);

	if (r)
		return r;
	if (!device_is_leaf(op->plan.devices[0]))
		return prepare_area(op);
	op->ops = &redirect_ops;
	r = make_job(op, TSWAP_JOB_DRAIN, sizeof(struct tswap_job_msg));
	if (!r)
		r = plan_room(op);
	if (r)
		return r;
	op->plan.strategy = SWAPADM_STRATEGY_REDIRECT;
	op->plan.predicted_ns = predict_ns(op);
	return refuse_short(op);
}

/* ---- migrate ----------------------------------------------------------------------- */

/* the filters of a migrate: how much at most, how old at least */
static void set_filters(struct swapadm_op *op)
{
	uint64_t page_bytes = own_page_bytes();
	uint64_t bytes = op_amount(op, op->plan.used_bytes);
	struct tswap_job_msg *job = op->priv;

	if (op->req.amount_bytes || op->req.amount_pct) {
		job->present |= TSWAP_BIT(TSWAP_A_JOB_LIMIT);
		job->limit_pages = bytes / page_bytes ? bytes / page_bytes : 1;
	}
	if (op->req.older_s) {
		job->present |= TSWAP_BIT(TSWAP_A_JOB_OLDER);
		job->older_s = op->req.older_s < UINT32_MAX ? (uint32_t)op->req.older_s
							    : UINT32_MAX;
	}
	op->plan.used_bytes = bytes;
}

/*
 * How much is old enough is not known before, so the worst case refuses nothing: then at
 * most what has room is moved.
 */
static void cap_to_room(struct swapadm_op *op)
{
	struct swapadm_op_plan *plan = &op->plan;
	uint64_t page_bytes = own_page_bytes();
	struct tswap_job_msg *job = op->priv;

	if (!job->older_s || plan->short_bytes >= plan->used_bytes)
		return;
	plan->used_bytes -= plan->short_bytes;
	op_set_short(op, SWAPADM_LIMIT_NONE, 0, NULL);
	job->present |= TSWAP_BIT(TSWAP_A_JOB_LIMIT);
	job->limit_pages = plan->used_bytes / page_bytes;
}

static void release_owned(struct swapadm_op *op)
{
	if (op->priv)
		ownmove_close(ownmove_of(op));
	free(op->priv);
}

static const struct op_ops owned_ops = {
	.start = ownmove_start,
	.release = release_owned,
};

/*
 * What a cgroup has in swap and no page table names: shared memory and tmpfs. The page
 * tables of all areas count here, and what is in the swap cache is in them.
 */
static uint64_t unseen_bytes(const struct ownmove *m)
{
	struct memcg cg = { 0 };
	uint64_t seen = 0;

	if (m->pages.pid || m->pages.mount.version != 2 ||
	    memcg_read(m->pages.ctx, &m->pages.mount, m->pages.cgroup, &cg) ||
	    !(cg.known & MEMCG_SWAP))
		return 0;
	for (size_t i = 0; i < PAGEMAP_TYPES; i++)
		seen += m->pages.map.stats.n_pages[i];
	return u64_minus(u64_minus(cg.swap_bytes, cg.swap_cached_bytes),
			 seen * own_page_bytes());
}

/* of the source, only what is theirs */
static int plan_owned(struct swapadm_op *op)
{
	struct ownmove *m = ownmove_of(op);
	char area[64];
	uint64_t n = 0;
	int r;

	snprintf(area, sizeof(area), "/dev/%s", op->model->redirect.name);
	if (op->req.older_s)
		m->job.older_s = (uint32_t)u64_min(op->req.older_s, UINT32_MAX);
	r = ownmove_open(op->ctx, &op->req, area, m);
	if (!r)
		r = ownmove_count(m, &n);
	if (r)
		return r;
	op->plan.used_bytes = n * own_page_bytes();
	op->plan.shared_bytes = unseen_bytes(m);
	op->plan.owner = m->job.owner;
	return 0;
}

int redirect_migrate_prepare(struct swapadm_op *op)
{
	bool owned = op->req.pid || op->req.cgroup;
	int r;

	if (streq(op->req.to, "backing")) /* a leaf's or an area's: the zram does it */
		return direct_migrate_prepare(op);
	r = drain_find_source(op);
	if (r)
		return r;
	if (!device_is_leaf(op->plan.devices[0]))
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"%s: migrate: it is not on the tswap device; only leaves can be moved from",
			op->req.source);
	op->ops = owned ? &owned_ops : &redirect_ops;
	r = make_job(op, TSWAP_JOB_MIGRATE,
		     owned ? sizeof(struct ownmove) : sizeof(struct tswap_job_msg));
	if (!r && owned)
		r = plan_owned(op);
	if (r)
		return r;
	set_filters(op);
	r = plan_room(op);
	if (r)
		return r;
	cap_to_room(op);
	op->plan.strategy = SWAPADM_STRATEGY_REDIRECT;
	op->plan.predicted_ns = predict_ns(op);
	return refuse_short(op);
}
