/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan of a swap-in or swap-out: what there is, where it lies or would go, what fits.
 */
#include <stdarg.h>

#include "kernel/area.h"
#include "model/model.h"
#include "plan/plan.h"
#include "paging/paging.h"

#define MARGIN_BYTES (UINT64_C(32) << 20)

static void procs_unrefp(struct swapadm_procs **procs)
{
	swapadm_procs_unref(*procs);
}

static int add_tier(struct swapadm_pull *pull, const char *name, uint64_t bytes)
{
	struct swapadm_pull_plan *plan = &pull->plan;

	if (!bytes)
		return 0;
	if (!array_grow(&pull->tiers, plan->n_tiers))
		return -ENOMEM;
	pull->tiers[plan->n_tiers++] = (struct swapadm_pull_tier){ name, bytes };
	plan->tiers = pull->tiers;
	return 0;
}

/* ---- in: where the pages lie ----------------------------------------------------- */

static bool is_meant(const struct swapadm_pull *pull, const struct swapadm_proc *p)
{
	if (pull->pid)
		return p->pid == pull->pid;
	return p->cgroup && paging_has_cgroup(pull, p->cgroup);
}

/* the types of pages are told apart by all processes together: so all are looked at */
static int plan_from(struct swapadm_pull *pull)
{
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	struct swapadm_pull_plan *plan = &pull->plan;
	uint64_t sum = 0;
	int r = swapadm_procs_load(pull->ctx, pull->model,
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
		r = add_tier(pull, swapadm_procs_tier(procs, t), bytes);
	}
	plan->other_bytes = u64_minus(plan->swapped_bytes, sum);
	return r;
}

/* ---- out: what could go, and where ----------------------------------------------- */

struct sum_arg {
	struct swapadm_pull *pull;
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
 * the root group of version 2 does not tell its use, and version 1 goes by process anyway
 */
static void plan_resident(struct swapadm_pull *pull)
{
	struct swapadm_pull_plan *plan = &pull->plan;
	struct sum_arg arg = { .pull = pull };
	struct memcg cg = { 0 };

	if (*pull->cgroup)
		memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg);
	if (pull->pid)
		add_process(&arg, pull->pid);
	else
		procs_each(pull->ctx, add_process, &arg);
	plan->resident_bytes = cg.known & MEMCG_USAGE ? cg.usage_bytes : arg.rss_bytes;
	plan->movable_bytes = pull->mount.version == 2 && cg.known & MEMCG_STAT
				      ? cg.anon_bytes + cg.shmem_bytes
				      : arg.anon_bytes;
}

static int plan_to(struct swapadm_pull *pull)
{
	int r = 0;

	for (size_t t = 0; !r && t < swapadm_model_n_tiers(pull->model); t++) {
		const struct swapadm_tier *tier = swapadm_model_tier(pull->model, t);
		uint64_t room = 0;

		for (size_t i = 0; i < tier->n_devices; i++)
			room += device_room_bytes(tier->devices[i]);
		r = add_tier(pull, tier->name, room);
	}
	return r;
}

static int plan_areas(struct swapadm_pull *pull)
{
	struct area_list areas = { 0 };
	int r = areas_load(pull->ctx, &areas);

	pull->plan.swap_free_bytes = 0;
	for (size_t i = 0; !r && i < areas.n; i++)
		pull->plan.swap_free_bytes +=
			u64_minus(areas.items[i].size_bytes, areas.items[i].used_bytes);
	areas_free(&areas);
	return r;
}

/* ---- what fits ------------------------------------------------------------------- */

/* 0, or -ENOMEM */
_printf_(3, 4) static int refuse(struct swapadm_pull *pull, uint64_t short_bytes,
				 const char *fmt, ...)
{
	va_list ap;
	int n;

	if (short_bytes <= pull->plan.short_bytes)
		return 0;
	free(pull->refusal);
	va_start(ap, fmt);
	n = vasprintf(&pull->refusal, fmt, ap);
	va_end(ap);
	if (n < 0)
		pull->refusal = NULL;
	pull->plan.refusal = pull->refusal;
	pull->plan.short_bytes = short_bytes;
	return n < 0 ? -ENOMEM : 0;
}

static unsigned count_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

static int note_tightest(struct swapadm_pull *pull, const char *path, uint64_t room_bytes)
{
	struct swapadm_pull_plan *plan = &pull->plan;

	if (room_bytes == MEMCG_NO_LIMIT ||
	    (plan->cgroup && plan->cgroup_room_bytes <= room_bytes))
		return 0;
	free(pull->tightest);
	pull->tightest = strdup(path);
	plan->cgroup = pull->tightest;
	plan->cgroup_room_bytes = room_bytes;
	return pull->tightest ? 0 : -ENOMEM;
}

/*
 * What comes in at the limit pushes other pages of the group out, to any area: nothing is
 * taken away from the free slots, but pages read in keep theirs for a while.
 */
static bool can_push_out(struct swapadm_pull *pull, const struct memcg *cg)
{
	struct swapadm_vm_params vm;

	if (!swapadm_vm_params_get(pull->ctx, &vm) &&
	    (vm.known & SWAPADM_VM_SWAPPINESS) && !vm.swappiness)
		return false;
	if (cg->kills_all) /* then the worker as victim would take the group with it */
		return false;
	return memcg_pushes_out(cg, pull->amount_bytes) && !plan_areas(pull) &&
	       pull->plan.swap_free_bytes >= memcg_margin_bytes(pull->amount_bytes);
}

/* of the groups that the pages are charged to: the group itself and its ancestors */
static int plan_group(struct swapadm_pull *pull, const struct memcg *cg)
{
	uint64_t need = pull->amount_bytes, lacks;
	char text[32];
	int r;

	if (pull->out) {
		uint64_t room = memcg_swap_room_bytes(cg);

		r = note_tightest(pull, cg->path, room);
		if (r || room)
			return r;
		return refuse(
			pull, need,
			"%s: swap-out: cgroup %s is at its limit of swap; raise its memory.swap.max",
			pull->source, cg->path);
	}
	r = note_tightest(pull, cg->path, memcg_room_bytes(cg));
	if (r)
		return r;
	lacks = memcg_short_bytes(cg, need, count_cpus());
	if (lacks && can_push_out(pull, cg)) {
		if (lacks > pull->plan.pushed_bytes)
			pull->plan.pushed_bytes = lacks;
		return 0;
	}
	return refuse(
		pull, lacks,
		"%s: swap-in: cgroup %s would go past its memory limit by %s; raise it or give a smaller --amount",
		pull->source, cg->path, words_size(lacks, text, sizeof(text)));
}

static int plan_groups(struct swapadm_pull *pull)
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

static int plan_memory(struct swapadm_pull *pull)
{
	uint64_t need = pull->amount_bytes + MARGIN_BYTES;
	struct swapadm_mem_stats mem;
	char wants[32], has[32];
	int r = swapadm_mem_get_stats(pull->ctx, &mem);

	if (r)
		return r;
	pull->plan.ram_available_bytes = mem.available_bytes;
	if (!pull->amount_bytes || need <= mem.available_bytes)
		return 0;
	return refuse(
		pull, need - mem.available_bytes,
		"%s: swap-in: %s do not fit into the %s of memory available; give a smaller --amount",
		pull->source, words_size(pull->amount_bytes, wants, sizeof(wants)),
		words_size(mem.available_bytes, has, sizeof(has)));
}

static int plan_out(struct swapadm_pull *pull)
{
	struct swapadm_zswap_stats zswap;
	int r = plan_areas(pull);

	if (!r)
		pull->plan.zswap = !swapadm_zswap_get_stats(pull->ctx, &zswap) &&
				   zswap.enabled;
	if (!r && pull->model)
		r = plan_to(pull);
	if (!r && !pull->plan.swap_free_bytes)
		r = refuse(pull, pull->amount_bytes,
			   "%s: swap-out: there is no room in swap; add a device",
			   pull->source);
	return r;
}

static int plan_in(struct swapadm_pull *pull)
{
	int r = plan_memory(pull);

	return !r && pull->model ? plan_from(pull) : r;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void plan_fits(struct swapadm_pull_plan *plan)
{
	if (plan->refusal)
		return;
	plan->fits_bytes = plan->amount_bytes;
	if (!plan->out)
		return;
	plan->fits_bytes = min_u64(plan->fits_bytes, plan->movable_bytes);
	plan->fits_bytes = min_u64(plan->fits_bytes, plan->swap_free_bytes);
	if (plan->cgroup)
		plan->fits_bytes = min_u64(plan->fits_bytes, plan->cgroup_room_bytes);
}

int paging_make_plan(struct swapadm_pull *pull, uint64_t wanted_bytes)
{
	struct swapadm_pull_plan *plan = &pull->plan;
	int r;

	plan->source = pull->source;
	plan->comm = pull->pid ? pull->comm : NULL;
	plan->out = pull->out;
	if (pull->out)
		plan_resident(pull);
	else
		plan->swapped_bytes = paging_swapped_bytes(pull);
	pull->amount_bytes = pull->out ? plan->resident_bytes : plan->swapped_bytes;
	if (wanted_bytes && wanted_bytes < pull->amount_bytes)
		pull->amount_bytes = wanted_bytes;
	plan->amount_bytes = pull->amount_bytes;
	r = pull->out ? plan_out(pull) : plan_in(pull);
	if (!r)
		r = plan_groups(pull);
	if (!r)
		plan_fits(plan);
	return r;
}
