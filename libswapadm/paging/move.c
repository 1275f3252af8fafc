/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The work of swap-in and swap-out. */
#include <fcntl.h>
#include <sys/mman.h>

#include "base/privilege.h"
#include "kernel/area.h"
#include "kernel/pagewatch.h"
#include "prefetch/feeder.h"
#include "prefetch/leaforder.h"
#include "paging/paging.h"

#define BATCH_PAGES    UINT64_C(2048)
#define MAP_PAGES      UINT64_C(256)
#define MAP_THREADS    1
#define LOOK_MS        20
#define STEP_BYTES     (UINT64_C(8) << 20)
#define STEP_MIN_BYTES (UINT64_C(1) << 20)
#define IDLE_MAX       4 /* of seconds each */
#define IN_VAIN_BYTES  (UINT64_C(512) << 20)

static uint64_t page_size(void)
{
	return own_page_bytes();
}

static int stopped(struct paging *pull)
{
	return pull->job.timed_out ? -ETIME : -ECANCELED;
}

static int move_failed(struct paging *pull, int64_t err)
{
	const char *source = pull->job.rec->p.source;

	if (err == -EPERM || err == -EACCES)
		return ctx_fail(pull->ctx, (int)err, "%s: %s", source,
				PRIVILEGE_REMEDY("CAP_SYS_PTRACE or CAP_SYS_NICE"));
	return ctx_fail(pull->ctx, (int)err, "%s: %s%s", source, strerror((int)-err),
			err == -ENOSYS ? "; it needs process_madvise(2)" : "");
}

/* ---- in -------------------------------------------------------------------------- */

/*
 * What is read is only in the swap cache: each page would still cost its process a fault.
 * Of processes that do not run a thread maps pages meanwhile, behind the reader.
 */
static int begin_to_map(struct paging *pull, const struct swapmap *map,
			struct feeder *mapper)
{
	int r = pull->maps ? feeder_init(mapper, map, FEEDER_MAP) : 0;

	if (!r && pull->maps && feeder_start(mapper, MAP_THREADS))
		feeder_free(mapper); /* the process does it then */
	return r;
}

/* for what has been asked for by now; @all: and wait until it is mapped: 0; -errno */
static int map_on(struct paging *pull, struct feeder *mapper, uint64_t pages, bool all)
{
	struct feeder_count count;

	if (!mapper->pidfds)
		return 0;
	feeder_allow(mapper, pages, MAP_PAGES);
	while (all && feeder_look(mapper, &count) > 0 && count.done_pages < pages) {
		jobrun_wait(&pull->job, mapper->event_fd, LOOK_MS);
		if (jobrun_check(&pull->job))
			return stopped(pull);
	}
	return 0;
}

static int feed(struct paging *pull, struct feeder *f, struct feeder *mapper,
		uint64_t *moved_bytes)
{
	uint64_t before = *moved_bytes;

	while (*moved_bytes < pull->amount_bytes) {
		uint64_t pages = (pull->amount_bytes - *moved_bytes) / page_size() + 1;
		int64_t n = feeder_next(f, pages < BATCH_PAGES ? pages : BATCH_PAGES);

		if (n == 0)
			break;
		if (n < 0)
			return move_failed(pull, n);
		map_on(pull, mapper, f->count.done_pages, false);
		*moved_bytes = before + f->count.fed_pages * page_size();
		jobrun_moved(&pull->job, *moved_bytes);
		if (paging_keep_to_rate(pull, *moved_bytes))
			return stopped(pull);
	}
	return map_on(pull, mapper, f->count.done_pages, true);
}

/* one swap type: 1 when the amount is reached */
static int feed_type(struct paging *pull, const struct swapmap *map,
		     uint64_t *moved_bytes)
{
	struct feeder f, mapper = { 0 };
	int r = feeder_init(&f, map, MADV_WILLNEED);

	if (!r)
		r = begin_to_map(pull, map, &mapper);
	if (!r)
		r = feed(pull, &f, &mapper, moved_bytes);
	feeder_free(&mapper);
	feeder_free(&f);
	if (r)
		return r;
	return *moved_bytes >= pull->amount_bytes;
}

/* which area has the type; false: that is not known */
static bool area_of_type(struct paging *pull, const struct type_stats *stats, int type,
			 char path[4096])
{
	struct area_list areas = { 0 };
	bool found = false;

	if (areas_load(pull->ctx, &areas))
		return false;
	for (size_t i = 0; !found && i < areas.n; i++) {
		int fits;

		found = !swaptype_fit(&areas, stats, i, &fits) && fits == type;
		if (found)
			snprintf(path, 4096, "%s", areas.items[i].path);
	}
	areas_free(&areas);
	return found;
}

/* the pages that lie on the area of one type, in its order, or in that of its leaves */
static int pull_in_type(struct paging *pull, const struct type_stats *stats, int type,
			uint64_t *moved_bytes)
{
	char path[4096];
	bool known = area_of_type(pull, stats, type, path);
	uint64_t begin = 0;
	int r = 0;

	while (!r && begin <= UINT32_MAX) {
		struct proc_swap_list procs;
		struct swapmap map = { 0 };

		r = paging_procs(pull, true, &procs);
		if (!r)
			r = swapmap_load_list(pull->ctx, type, begin, &procs, &map);
		if (!r && known)
			r = leaforder_apply(pull->ctx, path, &map.runs);
		if (r) {
			swapmap_free(&map);
			return move_failed(pull, r);
		}
		begin = map.runs.end_offset;
		r = feed_type(pull, &map, moved_bytes);
		swapmap_free(&map);
	}
	return r;
}

/* what a process kept from us is not read, and a job that read less is not done */
static int hung(struct paging *pull)
{
	char text[256];

	if (!pagewatch_news(pull->ctx, text, sizeof(text)))
		return 0;
	return ctx_fail(pull->ctx, -EBUSY, "%s: %s", pull->job.rec->p.source, text);
}

/* process_madvise(2) knows the first thread alone, and that has no memory any more */
static int unreached(struct paging *pull, uint64_t moved_bytes)
{
	struct proc_status st;

	if (moved_bytes || !pull->pid || proc_status_read(pull->ctx, pull->pid, &st) ||
	    st.task == pull->pid || !st.swap_bytes)
		return 0;
	return ctx_fail(
		pull->ctx, -ESRCH,
		"%s: its first thread has ended: the kernel gives no access to the memory of the others",
		pull->job.rec->p.source);
}

int paging_in(struct paging *pull)
{
	struct proc_swap_list procs;
	struct swapmap map = { 0 };
	uint64_t moved_bytes = 0;
	int r = paging_procs(pull, true, &procs);

	/* which types there are; more pages than fit in the map do not matter for that */
	if (!r)
		r = swapmap_load_list(pull->ctx, SWAPMAP_ANY_TYPE, 0, &procs, &map);
	if (r)
		return move_failed(pull, r);
	runset_free(&map.runs);
	for (int type = 0; r == 0 && type < PAGEMAP_TYPES; type++)
		if (map.stats.n_pages[type])
			r = pull_in_type(pull, &map.stats, type, &moved_bytes);
	swapmap_free(&map);
	r = r < 0 ? r : hung(pull);
	return r ? r : unreached(pull, moved_bytes);
}

/* ---- out, process by process ----------------------------------------------------- */

/* a private mapping without a file: what can go to swap */
static bool parse_mapping(const char *line, uint64_t *start, uint64_t *end)
{
	unsigned long long from, to, inode;
	char perms[8] = "";

	if (sscanf(line, "%llx-%llx %7s %*s %*s %llu", &from, &to, perms, &inode) != 4)
		return false;
	*start = from;
	*end = to;
	return perms[3] == 'p' && !inode &&
	       !strstr(line, "[v"); /* vdso, vvar, vsyscall */
}

static int load_mappings(struct paging *pull, pid_t pid, struct swapmap *out)
{
	_cleanup_free_ char *text = NULL;
	char path[64];
	int r;

	*out = (struct swapmap){ 0 };
	runset_init(&out->runs, 0, 0);
	out->procs.items = calloc(1, sizeof(*out->procs.items));
	if (!out->procs.items)
		return -ENOMEM;
	out->procs.items[0].pid = pid;
	out->procs.n = 1;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	r = ctx_read_file(pull->ctx, path, &text, NULL);
	if (r == -ENOENT || r == -ESRCH) /* ended */
		return 0;
	for (char *line = text; !r && line && *line;) {
		char *next = strchr(line, '\n');
		uint64_t start, end;

		if (next)
			*next++ = '\0';
		if (parse_mapping(line, &start, &end))
			r = runset_add(&out->runs,
				       &(struct swap_span){ 0, 0, start / page_size(),
							    (end - start) / page_size() },
				       0);
		line = next;
	}
	return r;
}

uint64_t paging_swapped_of(struct paging *pull, pid_t pid)
{
	struct proc_status st;

	return proc_status_read(pull->ctx, pid, &st) ? 0 : st.swap_bytes;
}

/*
 * 1: the amount is reached, or nothing more goes. The amount is of room in swap; what has
 * moved, and the rate, count what has left the process: after a wake pages have their
 * slots still, and swap does not grow by them.
 */
static int push_process(struct paging *pull, pid_t pid, uint64_t start_bytes)
{
	uint64_t moved = 0, told = 0, before_bytes = paging_swapped_of(pull, pid);
	uint64_t done_bytes = pull->done_bytes;
	struct swapmap map;
	struct feeder f = { 0 };
	int r = load_mappings(pull, pid, &map);

	if (r)
		r = move_failed(pull, r);
	else
		r = feeder_init(&f, &map, MADV_PAGEOUT);
	while (!r) {
		uint64_t left = (pull->amount_bytes - moved) / page_size() + 1, now;
		uint64_t step = STEP_BYTES / page_size();
		int64_t n = feeder_next(&f, left < step ? left : step);

		if (n == 0)
			break;
		if (n < 0) {
			r = move_failed(pull, n);
			break;
		}
		now = paging_swapped_bytes(pull);
		moved = now > start_bytes ? now - start_bytes : 0;
		told += (uint64_t)n * page_size();
		now = u64_minus(paging_swapped_of(pull, pid), before_bytes);
		pull->done_bytes = u64_max(pull->done_bytes, done_bytes + now);
		jobrun_moved(&pull->job, pull->done_bytes);
		if (moved >= pull->amount_bytes || paging_is_refused(pull))
			r = 1;
		else if (paging_keep_to_rate(pull, pull->done_bytes))
			r = stopped(pull);
	}
	log_debug(pull->ctx, "pid %d: %llu bytes looked at", (int)pid,
		  (unsigned long long)told);
	if (f.pidfds)
		feeder_free(&f);
	swapmap_free(&map);
	return r;
}

int paging_push_process(struct paging *pull, pid_t pid)
{
	int r = push_process(pull, pid, paging_swapped_bytes(pull));

	return r < 0 ? r : 0;
}

int paging_push_processes(struct paging *pull)
{
	uint64_t start_bytes = paging_swapped_bytes(pull);
	struct proc_swap_list procs = { 0 };
	int r = paging_procs(pull, false, &procs);

	for (size_t i = 0; !r && i < procs.n; i++)
		r = push_process(pull, procs.items[i].pid, start_bytes);
	proc_swap_list_free(&procs);
	return r < 0 ? r : 0;
}

/* ---- out, by the cgroup's own file ----------------------------------------------- */

/*
 * The kernel goes on until enough is free, and pages that are still being written are
 * not: of a slow disk more goes than was asked for. Small steps towards the end keep that
 * small.
 */
static uint64_t reclaim_step(uint64_t left)
{
	uint64_t step = left / 4;

	if (step < STEP_MIN_BYTES)
		step = STEP_MIN_BYTES;
	if (step > STEP_BYTES)
		step = STEP_BYTES;
	return left < step ? left : step;
}

/* a page that is still being written, or was out already, frees nothing yet */
static int push_cgroup(struct paging *pull)
{
	uint64_t start_bytes = paging_gone_bytes(pull), moved = 0;
	uint64_t in_vain = 0; /* page cache went, or as much came in meanwhile */
	unsigned n_idle = 0;

	while (moved < pull->amount_bytes && in_vain < IN_VAIN_BYTES) {
		uint64_t step = reclaim_step(pull->amount_bytes - moved);
		uint64_t before = moved, now;
		int r = paging_reclaim(pull, step);

		if (r && r != -EAGAIN && r != -ETIME)
			return r;
		now = paging_gone_bytes(pull);
		moved = now > start_bytes ? now - start_bytes : 0;
		jobrun_moved(&pull->job, moved);
		in_vain = moved > before ? 0 : in_vain + step;
		if (r == -EAGAIN && in_vain) /* nothing more to be had */
			return 0;
		n_idle = in_vain ? n_idle + 1 : 0;
		if ((r == -ETIME && n_idle >= IDLE_MAX) || paging_is_refused(pull))
			return 0;
		if (paging_keep_to_rate(pull, moved))
			return stopped(pull);
	}
	return 0;
}

int paging_out(struct paging *pull)
{
	int r = -EPROTONOSUPPORT;

	if (*pull->cgroup && pull->mount.version == 2)
		r = push_cgroup(pull);
	if (r == -EPROTONOSUPPORT)
		return paging_push_processes(pull);
	if (r && r != -ECANCELED && r != -ETIME)
		return ctx_fail(pull->ctx, r, "cgroup %s: memory.reclaim: %s",
				pull->cgroup, strerror(-r));
	return r;
}
