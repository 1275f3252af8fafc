/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage/lookers.h"

#include "kernel/pagewatch.h"
#include "kernel/proc.h"

#define PROCS_A_THREAD  512  /* 10 ms: less is not worth another one */
#define PAGES_A_PROC    4096 /* in swap, that take as long as a process */
#define LEFT_FOR_OTHERS 16   /* so that they don't wait for what the caller has at hand */

/* each has a process at a time: @at */
struct looker {
	struct lookers *l;
	struct watched_scan *scan;
	size_t at;
	unsigned number;
	int error; /* what ends all of it */
};

/* ---- a process --------------------------------------------------------------------- */

static char *cgroup_of(struct lookers *l, pid_t pid)
{
	char path[4096];

	if (!l->mount || memcg_of_pid(l->ctx, l->mount, pid, path, sizeof(path)))
		return NULL;
	return strdup(path);
}

static int look_at(struct lookers *l, size_t at)
{
	struct swapadm_proc *p = &l->items[at];
	struct proc_status st;
	int r = proc_status_read(l->ctx, l->pids[at], &st);

	if (is_shortage(r))
		return r; /* it has not ended: it must not be missing */
	if (r || !st.swap_bytes)
		return 0;
	*p = (struct swapadm_proc){
		.pid = l->pids[at],
		.ppid = st.ppid,
		.uid = st.uid,
		.comm = strdup(st.comm),
		.cgroup = cgroup_of(l, l->pids[at]),
		.swap_bytes = st.swap_bytes,
		.rss_bytes = st.rss_bytes,
	};
	return p->comm ? 0 : -ENOMEM;
}

/* ---- who has which ----------------------------------------------------------------- */

/* a process that nobody has looked at, before the last @n_left */
static bool take_pid(struct lookers *l, size_t n_left, size_t *at)
{
	bool found;

	pthread_mutex_lock(&l->lock);
	found = l->next + n_left < l->n;
	if (found)
		*at = l->next++;
	pthread_mutex_unlock(&l->lock);
	return found;
}

/* one that is in swap, and whose pages are to be looked at */
static bool take_todo(struct lookers *l, size_t *at)
{
	bool found;

	pthread_mutex_lock(&l->lock);
	found = l->n_taken < l->n_todo && l->by_pagemap;
	if (found)
		*at = l->todo[l->n_taken++];
	pthread_mutex_unlock(&l->lock);
	return found;
}

static void put_todo(struct lookers *l, size_t at)
{
	pthread_mutex_lock(&l->lock);
	l->todo[l->n_todo++] = at;
	pthread_mutex_unlock(&l->lock);
}

/* the caller's part: it must not wait for a process, so their pages are for the others */
static int look_at_some(struct lookers *l, size_t n_left)
{
	size_t at;

	while (take_pid(l, n_left, &at)) {
		int r = look_at(l, at);

		if (r)
			return r;
		if (l->by_pagemap && l->items[at].swap_bytes)
			put_todo(l, at);
	}
	return 0;
}

/* ---- the other threads ------------------------------------------------------------- */

static bool next_process(void *data, pid_t *pid, uint64_t *swap_bytes)
{
	struct looker *looker = data;
	struct lookers *l = looker->l;
	bool found = take_todo(l, &looker->at);

	while (!found && !looker->error && take_pid(l, 0, &looker->at)) {
		looker->error = look_at(l, looker->at);
		found = l->by_pagemap && l->items[looker->at].swap_bytes;
	}
	if (!found || looker->error)
		return false;
	*pid = l->pids[looker->at];
	*swap_bytes = l->items[looker->at].swap_bytes;
	return true;
}

static int pass_on(void *data, const struct swap_span *span)
{
	const struct looker *looker = data;

	looker->l->span(looker->l->data, looker->number, looker->at, span);
	return 0;
}

static unsigned count_threads(const struct lookers *l)
{
	uint64_t n_pages = l->by_pagemap ? l->n_pages : 0;
	uint64_t n = (l->n + n_pages / PAGES_A_PROC) / PROCS_A_THREAD + 1;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t max = cpus < 1 ? 1 : (uint64_t)cpus;

	if (max > LOOKERS_MAX)
		max = LOOKERS_MAX;
	return (unsigned)(n < max ? n : max);
}

/* page tables take longer than the rest: the caller waits for them in the end */
unsigned lookers_threads(const struct lookers *l)
{
	return count_threads(l) - !l->by_pagemap;
}

/* as many as there can be; with @by_pagemap one at least */
static int start(struct lookers *l, struct looker *lookers, unsigned n,
		 unsigned *n_started)
{
	int r = 0;

	for (*n_started = 0; !r && *n_started < n; *n_started += !r) {
		struct looker *looker = &lookers[*n_started];

		*looker = (struct looker){ .l = l, .number = *n_started };
		r = pagewatch_start_each(l->ctx, next_process, pass_on, looker,
					 &looker->scan);
	}
	return *n_started || !l->by_pagemap ? 0 : r;
}

static int finish(struct lookers *l, struct looker *looker)
{
	int r = pagewatch_finish_each(l->ctx, looker->scan);

	if (r == -EACCES || r == -EPERM) {
		l->by_pagemap = false; /* nobody's pages, but all the sums */
		return 0;
	}
	return looker->error ? looker->error : r;
}

/* with up to @n other threads; the last @n_left are for them, if there are any */
static int run(struct lookers *l, struct looker *lookers, unsigned n, size_t n_left)
{
	int r = start(l, lookers, n, &n);

	if (r)
		return r;
	r = look_at_some(l, n ? n_left : 0);
	for (unsigned i = 0; i < n; i++) {
		int r2 = finish(l, &lookers[i]);

		r = r ? r : r2;
	}
	return r;
}

int lookers_run(struct lookers *l, unsigned n_threads)
{
	_cleanup_free_ size_t *todo = calloc(l->n + 1, sizeof(*todo));
	struct looker lookers[LOOKERS_MAX];
	int r;

	l->todo = todo;
	if (!todo)
		return -ENOMEM;
	r = run(l, lookers, n_threads, LEFT_FOR_OTHERS);
	/* much is left when pages are denied, else what the caller was late with */
	if (!r)
		r = look_at_some(l, 0);
	if (!r && l->by_pagemap && l->n_taken < l->n_todo)
		r = run(l, lookers, 1, 0);
	return r;
}
