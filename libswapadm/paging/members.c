/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose pages are meant, how much of them is in swap, and how fast they may move. */
#include "kernel/pagewatch.h"
#include "paging/paging.h"

#define ELSEWHERE_WORTH_BYTES (UINT64_C(1) << 20)

struct members_arg {
	struct paging *pull;
	bool swapped;
	struct proc_swap_list list;
};

bool paging_has_cgroup(const struct paging *pull, const char *path)
{
	return path_is_in(path, pull->cgroup);
}

/* 1: it is one, 0 not, or it has ended; -errno: what it is can't be seen now */
static int member_status(struct paging *pull, pid_t pid, struct proc_status *st)
{
	char path[4096];
	int r = 0;

	if (*pull->cgroup)
		r = memcg_of_pid(pull->ctx, &pull->mount, pid, path, sizeof(path));
	if (!r && (*pull->cgroup ? !paging_has_cgroup(pull, path) : pid != pull->pid))
		return 0;
	if (!r)
		r = proc_status_read(pull->ctx, pid, st);
	if (r)
		return is_shortage(r) ? r : 0;
	return st->known_swap;
}

bool paging_member_status(struct paging *pull, pid_t pid, struct proc_status *st)
{
	return member_status(pull, pid, st) > 0;
}

static int add_member(void *data, pid_t pid)
{
	struct members_arg *arg = data;
	struct proc_status st;
	int r = member_status(arg->pull, pid, &st);

	if (r <= 0)
		return r;
	if (arg->swapped && !st.swap_bytes)
		return 0;
	return proc_swap_list_add(&arg->list, pid, &st);
}

int paging_procs(struct paging *pull, bool swapped, struct proc_swap_list *out)
{
	struct members_arg arg = { .pull = pull, .swapped = swapped };
	int r = pull->pid ? add_member(&arg, pull->pid)
			  : procs_each(pull->ctx, add_member, &arg);

	if (r) {
		proc_swap_list_free(&arg.list);
		return ctx_fail(pull->ctx, r, "%s: look at its processes: %s",
				pull->source, strerror(-r));
	}
	*out = arg.list;
	return 0;
}

/* ---- charged elsewhere ------------------------------------------------------------ */

/* each page once, however many of them have it; from 5.9 on, else each time */
static uint64_t own_anon_bytes(struct paging *pull, pid_t pid,
			       const struct proc_status *st)
{
	_cleanup_free_ char *text = NULL;
	const char *at;
	uint64_t kib;

	if (pagewatch_read(pull->ctx, pid, "smaps_rollup", &text))
		return st->anon_bytes;
	at = strstr(text, "\nPss_Anon:");
	if (!at)
		return st->anon_bytes;
	at += strlen("\nPss_Anon:");
	at += strspn(at, " ");
	return next_u64(&at, &kib) ? st->anon_bytes : kib << 10;
}

struct own_arg {
	struct paging *pull;
	uint64_t bytes;
};

static int add_own(void *data, pid_t pid)
{
	struct own_arg *arg = data;
	struct proc_status st;

	if (paging_member_status(arg->pull, pid, &st) && st.anon_bytes)
		arg->bytes += own_anon_bytes(arg->pull, pid, &st);
	return 0;
}

uint64_t paging_elsewhere_bytes(struct paging *pull)
{
	struct own_arg arg = { .pull = pull };
	struct memcg cg = { 0 };
	uint64_t bytes, charged;

	if (!*pull->cgroup)
		return 0;
	memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg);
	procs_each(pull->ctx, add_own, &arg);
	/* version 1 has it by list only, and some seconds old */
	charged = pull->mount.version == 2
			  ? cg.anon_bytes
			  : cg.inactive_anon_bytes + cg.active_anon_bytes;
	bytes = u64_minus(arg.bytes, charged);
	/* the two are read one after the other, and change meanwhile */
	return bytes > ELSEWHERE_WORTH_BYTES + charged / 16 ? bytes : 0;
}

/* ---- in swap ---------------------------------------------------------------------- */

uint64_t paging_swapped_bytes(struct paging *pull)
{
	struct proc_swap_list procs = { 0 };
	uint64_t bytes = 0;
	struct memcg cg;

	/* version 1 has it in memory.stat, which is up to some seconds old */
	if (*pull->cgroup && pull->mount.version == 2 &&
	    !memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg) &&
	    (cg.known & MEMCG_SWAP))
		return cg.swap_bytes;
	if (paging_procs(pull, true, &procs))
		return 0;
	for (size_t i = 0; i < procs.n; i++)
		bytes += procs.items[i].swap_bytes;
	proc_swap_list_free(&procs);
	return bytes;
}

uint64_t paging_cached_bytes(struct paging *pull)
{
	struct swapadm_mem_stats mem;
	struct memcg cg;

	/* of version 1 it may be some seconds old */
	if (*pull->cgroup && !memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg) &&
	    (cg.known & MEMCG_STAT))
		return cg.swap_cached_bytes;
	if (swapadm_mem_get_stats(pull->ctx, &mem) ||
	    !(mem.known & SWAPADM_MEM_SWAP_CACHED))
		return 0;
	return mem.swap_cached_bytes;
}

uint64_t paging_gone_bytes(struct paging *pull)
{
	return u64_minus(paging_swapped_bytes(pull), paging_cached_bytes(pull));
}

bool paging_keep_to_rate(struct paging *pull, uint64_t bytes)
{
	for (;;) {
		uint64_t elapsed_ns =
			monotonic_ns() - pull->job.start_ns - pull->job.paused_ns;
		uint64_t delay_ns =
			rate_delay_ns(pull->rate_bytes_per_s, bytes, elapsed_ns);

		if (jobrun_sit_out_pause(&pull->job) || jobrun_check(&pull->job))
			return true;
		if (!delay_ns)
			return false;
		jobrun_wait(&pull->job, -1,
			    (int)(delay_ns < 1000000000 ? delay_ns / 1000000 + 1 : 1000));
	}
}
