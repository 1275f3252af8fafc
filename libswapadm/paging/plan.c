/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan of a swap-in or swap-out: what there is, where it lies or would go, what fits.
 */
#include "paging/paging.h"

#define MARGIN_BYTES (UINT64_C(32) << 20)
/* with less the kernel hardly looks for pages: mem_cgroup_get_nr_swap_pages() */
#define LIMIT_ROOM_BYTES (UINT64_C(1) << 20)

static void procs_unrefp(struct swapadm_procs **procs)
{
	swapadm_procs_unref(*procs);
}

/* ---- in: where the pages lie ----------------------------------------------------- */

static bool is_meant(const struct paging *pull, const struct swapadm_proc *p)
{
	if (pull->pid)
		return p->pid == pull->pid;
	return p->cgroup && paging_has_cgroup(pull, p->cgroup);
}

/* the types of pages are told apart by all processes together: so all are looked at */
static int plan_from(struct paging *pull)
{
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	struct swapadm_op_plan *plan = &pull->op->plan;
	uint64_t sum = 0;
	int r = swapadm_procs_load(pull->ctx, pull->op->model,
				   SWAPADM_PROCS_SPLIT | SWAPADM_PROCS_CGROUP, &procs);

	for (size_t t = 0; !r && t < swapadm_procs_n_tiers(procs); t++) {
		uint64_t bytes = 0;

		for (size_t i = 0; i < swapadm_procs_n(procs); i++) {
			const struct swapadm_proc *p = swapadm_procs_get(procs, i);

			if (p->tier_bytes && is_meant(pull, p))
				bytes += p->tier_bytes[t];
		}
		sum += bytes;
		/* the names are the model's, which outlives the plan */
		if (bytes)
			r = op_add_from(pull->op, swapadm_procs_tier(procs, t), bytes);
	}
	plan->other_bytes = u64_minus(plan->total_bytes, sum);
	return r;
}

/* ---- out: what could go ----------------------------------------------- */

struct sum_arg {
	struct paging *pull;
	uint64_t rss_bytes, anon_bytes;
};

static int add_process(void *data, pid_t pid)
{
	struct sum_arg *arg = data;
	struct proc_status st;

	if (!paging_member_status(arg->pull, pid, &st))
		return 0;
	arg->rss_bytes += st.rss_bytes;
	arg->anon_bytes += st.anon_bytes;
	return 0;
}

/*
 * the root group of version 2 does not show its use, and version 1 goes by process anyway
 */
static void plan_resident(struct paging *pull)
{
	struct swapadm_op_plan *plan = &pull->op->plan;
	struct sum_arg arg = { .pull = pull };
	struct memcg cg = { 0 };

	if (*pull->cgroup)
		memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg);
	if (pull->pid)
		add_process(&arg, pull->pid);
	else
		procs_each(pull->ctx, add_process, &arg);
	plan->total_bytes = cg.known & MEMCG_USAGE ? cg.usage_bytes : arg.rss_bytes;
	plan->movable_bytes =
		pull->mount.version == 2 && cg.known & MEMCG_STAT
			? memcg_resident_bytes(&cg) + paging_elsewhere_bytes(pull)
			: arg.anon_bytes;
}

/* ---- what fits ------------------------------------------------------------------- */

static int note_tightest(struct paging *pull, const char *path, uint64_t room_bytes)
{
	struct swapadm_op_plan *plan = &pull->op->plan;

	if (room_bytes == MEMCG_NO_LIMIT ||
	    (plan->cgroup && plan->cgroup_room_bytes <= room_bytes))
		return 0;
	free(pull->op->cgroup);
	pull->op->cgroup = strdup(path);
	plan->cgroup = pull->op->cgroup;
	plan->cgroup_room_bytes = room_bytes;
	return plan->cgroup ? 0 : -ENOMEM;
}

/*
 * What comes in at the limit pushes other pages of the group out, to any area: nothing is
 * taken away from the free slots, but pages read in keep theirs for a while.
 */
static bool can_push_out(struct paging *pull, const struct memcg *cg)
{
	struct swapadm_vm_params vm;
	uint64_t bytes;

	if (!swapadm_vm_params_get(pull->ctx, &vm) &&
	    (vm.known & SWAPADM_VM_SWAPPINESS) && !vm.swappiness)
		return false;
	return memcg_pushes_out(cg, pull->amount_bytes) &&
	       !paging_free_bytes(pull, &bytes) &&
	       bytes >= memcg_margin_bytes(pull->amount_bytes);
}

/* what the command line offers where it does not fit */
static const char *advice(const struct paging *pull)
{
	if (op_is(pull->op, SWAPADM_OP_WAKE))
		return "--force reads back what fits and thaws";
	return "give a smaller --amount";
}

/* @path: the group itself or one above it */
static int refuse_swap_limit(struct paging *pull, const char *path, uint64_t room,
			     uint64_t lacks)
{
	char has[32], missing[32];

	if (!room)
		return paging_refuse(
			pull, SWAPADM_LIMIT_CGROUP, lacks, path,
			"%s: %s: cgroup %s is at its limit of swap; raise its memory.swap.max",
			pull->source, pull->op->verb, path);
	return paging_refuse(
		pull, SWAPADM_LIMIT_CGROUP, lacks, path,
		"%s: %s: cgroup %s may put %s more into swap, %s less than it takes; raise its memory.swap.max, or --force pushes out what fits",
		pull->source, pull->op->verb, path, words_size(room, has, sizeof(has)),
		words_size(lacks, missing, sizeof(missing)));
}

/* of the groups that the pages are charged to: the group itself and its ancestors */
static int plan_group(struct paging *pull, const struct memcg *cg)
{
	uint64_t need = pull->amount_bytes, lacks;
	char text[32];
	int r;

	if (pull->out) {
		uint64_t room = memcg_swap_room_bytes(cg);

		r = note_tightest(pull, cg->path, room);
		lacks = pull->whole && room < LIMIT_ROOM_BYTES
				? u64_minus(need, room)
				: paging_lacks_room(pull, room);
		if (r || !lacks)
			return r;
		return refuse_swap_limit(pull, cg->path, room, lacks);
	}
	r = note_tightest(pull, cg->path, memcg_room_bytes(cg));
	if (r)
		return r;
	lacks = memcg_short_bytes(cg, need, memcg_stock_bytes(pull->ctx));
	if (lacks && can_push_out(pull, cg)) {
		if (lacks > pull->op->plan.pushed_bytes)
			pull->op->plan.pushed_bytes = lacks;
		return 0;
	}
	return paging_refuse(
		pull, SWAPADM_LIMIT_CGROUP, lacks, cg->path,
		"%s: %s: cgroup %s would go past its memory limit by %s; raise it, or %s",
		pull->source, pull->op->verb, cg->path,
		words_size(lacks, text, sizeof(text)), advice(pull));
}

static int plan_groups(struct paging *pull)
{
	char path[4096];
	int r = 0;

	if (!pull->mount.version)
		return 0;
	if (*pull->cgroup)
		snprintf(path, sizeof(path), "%s", pull->cgroup);
	else if (memcg_of_pid(pull->ctx, &pull->mount, pull->pid, path, sizeof(path)))
		return 0;
	for (;;) {
		char *slash = strrchr(path, '/');
		struct memcg cg;

		if (!memcg_read(pull->ctx, &pull->mount, path, &cg))
			r = plan_group(pull, &cg);
		if (r || !slash || !path[1])
			return r;
		slash[slash == path] = '\0'; /* "/a" is below "/" */
	}
}

static int plan_memory(struct paging *pull)
{
	uint64_t need = pull->amount_bytes + MARGIN_BYTES;
	struct swapadm_mem_stats mem;
	char wants[32], has[32];
	int r = swapadm_mem_get_stats(pull->ctx, &mem);

	if (r)
		return r;
	pull->op->plan.ram_available_bytes = mem.available_bytes;
	if (!pull->amount_bytes || need <= mem.available_bytes)
		return 0;
	return paging_refuse(pull, SWAPADM_LIMIT_RAM, need - mem.available_bytes, NULL,
			     "%s: %s: %s do not fit into the %s of memory available; %s",
			     pull->source, pull->op->verb,
			     words_size(pull->amount_bytes, wants, sizeof(wants)),
			     words_size(mem.available_bytes, has, sizeof(has)),
			     advice(pull));
}

static int plan_in(struct paging *pull)
{
	int r = plan_memory(pull);

	return !r && pull->op->model ? plan_from(pull) : r;
}

static void plan_fits(struct swapadm_op_plan *plan)
{
	if (plan->refusal)
		return;
	plan->fits_bytes = plan->used_bytes;
	if (plan->kind == SWAPADM_OP_SWAPIN || plan->kind == SWAPADM_OP_WAKE)
		return;
	plan->fits_bytes = u64_min(plan->fits_bytes, plan->movable_bytes);
	plan->fits_bytes = u64_min(plan->fits_bytes, plan->swap_free_bytes);
	if (plan->cgroup)
		plan->fits_bytes = u64_min(plan->fits_bytes, plan->cgroup_room_bytes);
}

int paging_make_plan(struct paging *pull)
{
	struct swapadm_op_plan *plan = &pull->op->plan;
	int r;

	plan->source = pull->source;
	plan->comm = pull->pid ? pull->comm : NULL;
	if (pull->out)
		plan_resident(pull);
	else
		plan->total_bytes = paging_swapped_bytes(pull);
	pull->amount_bytes = op_amount(pull->op, pull->whole ? plan->movable_bytes
							     : plan->total_bytes);
	plan->used_bytes = pull->amount_bytes;
	r = pull->out ? paging_plan_room(pull) : plan_in(pull);
	if (!r)
		r = plan_groups(pull);
	if (!r)
		plan_fits(plan);
	return r;
}
