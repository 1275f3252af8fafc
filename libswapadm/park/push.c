/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pushing out all of it: first process by process, in the order of addresses, which
 * becomes the order of the disk; then, of a cgroup, what processes share, and the pages
 * that have been written but stay in the swap cache until memory is wanted.
 */
#include "park/park.h"

#define STEP_BYTES  (UINT64_C(16) << 20)
#define WORTH_BYTES (UINT64_C(256) << 10)
#define STAYS_BYTES (UINT64_C(1) << 20) /* less says nothing */
#define LEAVE_BYTES (UINT64_C(2) << 20) /* the kernel goes by batches of up to 1 MiB */
#define LOOK_MS     100
#define IDLE_NS     UINT64_C(4000000000) /* figures of version 1 are up to 2 s old */

/* ---- how much is there still --------------------------------------------------- */

struct sum_arg {
	struct paging *pull;
	uint64_t anon_bytes, shmem_bytes;
};

static int add_process(void *data, pid_t pid)
{
	struct sum_arg *arg = data;
	struct proc_status st;

	if (paging_member_status(arg->pull, pid, &st)) {
		arg->anon_bytes += st.anon_bytes;
		arg->shmem_bytes += st.shmem_bytes;
	}
	return 0;
}

/* of the pages in the swap cache only a cgroup's are known */
static uint64_t group_bytes(struct paging *pull)
{
	struct sum_arg arg = { .pull = pull };
	struct memcg cg = { 0 };

	memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg);
	if (pull->mount.version == 2 && cg.known & MEMCG_STAT)
		return memcg_resident_bytes(&cg);
	if (pull->mount.version == 2) /* all of it is charged elsewhere */
		return 0;
	procs_each(pull->ctx, add_process, &arg);
	/* version 1 has no figure of what processes have mapped */
	return u64_max(arg.anon_bytes + arg.shmem_bytes,
		       cg.inactive_anon_bytes + cg.active_anon_bytes);
}

/* what of it should go: of a process nothing that others share by file */
static uint64_t goes_bytes(struct paging *pull)
{
	struct sum_arg arg = { .pull = pull };

	if (!pull->pid) /* of version 1 the processes' are in it */
		return group_bytes(pull) +
		       (pull->mount.version == 2 ? paging_elsewhere_bytes(pull) : 0);
	add_process(&arg, pull->pid);
	return arg.anon_bytes;
}

/* and what does not */
static uint64_t shared_bytes(struct paging *pull)
{
	struct sum_arg arg = { .pull = pull };

	if (pull->pid)
		add_process(&arg, pull->pid);
	return arg.shmem_bytes;
}

/* ---- by the group's own file --------------------------------------------------- */

static int drop(struct paging *pull, uint64_t bytes)
{
	int r;

	if (pull->mount.version == 2)
		r = paging_reclaim(pull, bytes < STEP_BYTES ? bytes : STEP_BYTES);
	else
		r = paging_empty_group(pull);
	if (r && r != -EAGAIN && r != -ETIME)
		log_debug(pull->ctx, "%s: reclaim: %s", pull->source, strerror(-r));
	return r;
}

/* pages that are still being written can't go yet */
static int push_rest(struct park *park, uint64_t start_bytes)
{
	struct paging *pull = &park->pull;
	uint64_t left = group_bytes(pull), least = left, moved_ns = monotonic_ns();

	while (left > WORTH_BYTES && monotonic_ns() - moved_ns < IDLE_NS &&
	       !paging_is_refused(pull)) {
		int r = drop(pull, left);

		if (r == -ECANCELED || jobrun_sit_out_pause(&pull->job) ||
		    jobrun_check(&pull->job))
			return -ECANCELED;
		if (r == -EPROTONOSUPPORT)
			return 0;
		left = group_bytes(pull);
		jobrun_moved(&pull->job, u64_minus(start_bytes, left));
		if (paging_keep_to_rate(pull, u64_minus(start_bytes, left)))
			return -ECANCELED;
		if (left + WORTH_BYTES <= least) {
			least = left;
			moved_ns = monotonic_ns();
		} else {
			jobrun_wait(&pull->job, -1, LOOK_MS);
		}
	}
	return 0;
}

/* ---- process by process -------------------------------------------------------- */

static int push_process(struct park *park, pid_t pid)
{
	struct park_ranges before = { 0 };
	bool known = !park_swapped_before(park, pid, &before);
	int r = paging_push_process(&park->pull, pid);

	if (!r && known)
		r = park_drop_cached(park, pid, &before);
	park_ranges_free(&before);
	return r;
}

/* of a group whose own files do not reach all of it */
static int push_each(struct park *park)
{
	struct proc_swap_list procs = { 0 };
	int r = paging_procs(&park->pull, false, &procs);

	for (size_t i = 0; !r && i < procs.n; i++)
		r = push_process(park, procs.items[i].pid);
	proc_swap_list_free(&procs);
	return r;
}

/* ---- all of it ----------------------------------------------------------------- */

/*
 * Below a limit of swap that is too small for all of it. At the limit the kernel looks
 * for no pages, not even for those that have been written and only have to be dropped
 * (mm/vmscan.c, can_reclaim_anon_pages()): some room is left until they are. What is
 * mapped and has its slot already, as after a wake, goes at the limit as well.
 */
static int push_below_limit(struct park *park, uint64_t start_bytes, uint64_t room_bytes)
{
	struct paging *pull = &park->pull;
	int r;

	pull->amount_bytes = room_bytes - LEAVE_BYTES;
	r = paging_push_processes(pull);
	if (!r)
		r = park_await_writes(park);
	if (!r)
		r = push_rest(park, start_bytes);
	if (r || paging_cached_bytes(pull) < WORTH_BYTES)
		return r;
	pull->amount_bytes = UINT64_MAX;
	pull->done_bytes = pull->job.rec->p.moved_bytes;
	return paging_push_processes(pull);
}

static int push(struct park *park, uint64_t start_bytes)
{
	struct paging *pull = &park->pull;
	uint64_t room_bytes;
	int r;

	if (pull->pid)
		return push_process(park, pull->pid);
	if (paging_elsewhere_bytes(pull)) {
		r = push_each(park);
		return r ? r : push_rest(park, start_bytes);
	}
	room_bytes = paging_swap_room_bytes(pull);
	if (room_bytes > LEAVE_BYTES && room_bytes < start_bytes)
		return push_below_limit(park, start_bytes, room_bytes);
	r = paging_push_processes(pull);
	return r ? r : push_rest(park, start_bytes);
}

/*
 * frozen for nothing? What was in swap before counts as well; what is forced is content
 * with less.
 */
static bool is_too_little(struct park *park, uint64_t went, uint64_t stays)
{
	if (park->rec.freezer == SWAPADM_FREEZER_NONE || stays < STAYS_BYTES ||
	    park->rec.out_bytes >= stays)
		return false;
	return !park->pull.op->req.force || went < STAYS_BYTES;
}

static int fail_for_nothing(struct park *park, uint64_t went, uint64_t stays)
{
	struct paging *pull = &park->pull;
	char a[32], b[32], why[192];

	if (!paging_why_stuck(pull, why, sizeof(why)))
		snprintf(why, sizeof(why), "it is locked, or shared with others");
	return ctx_fail(pull->ctx, -SWAPADM_ENOROOM,
			"%s of %s left memory: %s; not parked, it runs again",
			words_size(went, a, sizeof(a)),
			words_size(went + stays, b, sizeof(b)), why);
}

int park_push(struct park *park)
{
	struct paging *pull = &park->pull;
	uint64_t start_bytes = goes_bytes(pull), stays, went, out;
	uint64_t cached_bytes = paging_cached_bytes(pull), waits = 0;
	int r;

	pull->amount_bytes = UINT64_MAX;
	paging_refused_begin(pull);
	r = push(park, start_bytes);
	if (r)
		return r;
	stays = goes_bytes(pull);
	went = u64_minus(start_bytes, stays);
	if (pull->pid && paging_was_refused(pull)) {
		/* such pages have left the process, and wait in the swap cache */
		waits = u64_min(u64_minus(paging_cached_bytes(pull), cached_bytes), went);
		went -= waits;
		stays += waits;
	}
	jobrun_moved(&pull->job, went);
	park->rec.pushed_bytes = went;
	park->rec.stays_bytes = stays + shared_bytes(pull);
	out = pull->pid ? u64_minus(paging_swapped_bytes(pull), waits)
			: paging_gone_bytes(pull);
	/* of a group whose pages are charged to others some of it is not known */
	park->rec.out_bytes = u64_max(went, out);
	return is_too_little(park, went, stays) ? fail_for_nothing(park, went, stays) : 0;
}
