/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pushing out all of it: first process by process, in the order of addresses, which
 * becomes the order of the disk; then, of a cgroup, what processes share, and the pages
 * that have been written but stay in the swap cache until memory is wanted.
 */
#include "park/park.h"

#define STEP_BYTES  (UINT64_C(16) << 20)
#define WORTH_BYTES (UINT64_C(256) << 10)
#define LOOK_MS     100
#define LOOKS_IDLE  30 /* without progress: figures of version 1 are up to 2 s old */

struct sum_arg {
	struct paging *pull;
	uint64_t bytes;
};

static int add_process(void *data, pid_t pid)
{
	struct sum_arg *arg = data;
	struct proc_status st;

	if (paging_member_status(arg->pull, pid, &st))
		arg->bytes += st.anon_bytes + st.shmem_bytes;
	return 0;
}

/* of the pages in the swap cache only a cgroup's are known */
uint64_t park_resident_bytes(struct park *park)
{
	struct paging *pull = &park->pull;
	struct sum_arg arg = { .pull = pull };
	struct memcg cg = { 0 };

	if (*pull->cgroup)
		memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg);
	if (pull->mount.version == 2 && cg.known & MEMCG_STAT)
		return memcg_resident_bytes(&cg);
	if (pull->pid)
		add_process(&arg, pull->pid);
	else
		procs_each(pull->ctx, add_process, &arg);
	/* version 1 has no figure of what processes have mapped */
	return u64_max(arg.bytes, cg.inactive_anon_bytes + cg.active_anon_bytes);
}

/* version 1 knows only all of it: what the files of the group have cached goes too */
static int empty_group(struct paging *pull)
{
	char path[4608];

	snprintf(path, sizeof(path), "%s%s/memory.force_empty", pull->mount.path,
		 pull->cgroup);
	return ctx_write_line(pull->ctx, path, "0");
}

static void drop(struct paging *pull, uint64_t bytes)
{
	int r;

	if (pull->mount.version == 2)
		r = paging_reclaim(pull, bytes < STEP_BYTES ? bytes : STEP_BYTES);
	else
		r = empty_group(pull);
	if (r && r != -EAGAIN)
		log_debug(pull->ctx, "%s: reclaim: %s", pull->source, strerror(-r));
}

/* pages that are still being written can't go yet */
static int push_rest(struct park *park, uint64_t start_bytes)
{
	uint64_t left = park_resident_bytes(park);
	struct paging *pull = &park->pull;

	for (unsigned idle = 0; left > WORTH_BYTES && idle < LOOKS_IDLE;) {
		uint64_t before = left;

		drop(pull, left);
		left = park_resident_bytes(park);
		jobrun_moved(&pull->job, u64_minus(start_bytes, left));
		if (left + WORTH_BYTES > before) {
			idle++;
			jobrun_wait(&pull->job, -1, LOOK_MS);
		} else {
			idle = 0;
		}
		if (jobrun_sit_out_pause(&pull->job) || jobrun_check(&pull->job))
			return -ECANCELED;
	}
	return 0;
}

static int push_process(struct park *park)
{
	struct park_ranges before = { 0 };
	struct paging *pull = &park->pull;
	bool known = !park_swapped_before(park, &before);
	int r = paging_push_processes(pull);

	pull->done_bytes = pull->job.rec->p.moved_bytes;
	if (!r && known)
		r = park_drop_cached(park, &before);
	park_ranges_free(&before);
	return r;
}

int park_push(struct park *park)
{
	uint64_t start_bytes = park_resident_bytes(park);
	struct paging *pull = &park->pull;
	int r;

	pull->amount_bytes = UINT64_MAX;
	r = pull->pid ? push_process(park) : paging_push_processes(pull);
	if (!r && *pull->cgroup)
		r = push_rest(park, start_bytes);
	if (!r)
		jobrun_moved(&pull->job,
			     u64_minus(start_bytes, park_resident_bytes(park)));
	return r;
}
