/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics on request: the cgroups and processes with most in swap. */
#include <inttypes.h>

#include "metrics.h"

static void procs_unrefp(struct swapadm_procs **procs)
{
	swapadm_procs_unref(*procs);
}

static void cgroups_unrefp(struct swapadm_cgroups **cgroups)
{
	swapadm_cgroups_free(*cgroups);
}

/* who: labels of each, made once */
struct users {
	struct metrics *w;
	const struct swapadm_procs *procs; /* for the names of tiers */
	char **labels;
	size_t n;
};

static void users_free(struct users *u)
{
	for (size_t i = 0; i < u->n; i++)
		free(u->labels[i]);
	free(u->labels);
}

static bool add_labels(struct users *u, char *labels)
{
	char **all = labels ? reallocarray(u->labels, u->n + 1, sizeof(*all)) : NULL;

	if (!all) {
		free(labels);
		u->w->no_memory = true;
		return false;
	}
	u->labels = all;
	u->labels[u->n++] = labels;
	return true;
}

static void write_tier_split(struct users *u, size_t i, const uint64_t *bytes,
			     uint64_t other)
{
	size_t n = swapadm_procs_n_tiers(u->procs);

	for (size_t t = 0; bytes && t <= n; t++) {
		const char *tier = t < n ? swapadm_procs_tier(u->procs, t) : "";
		_cleanup_free_ char *labels =
			metric_more_labels(u->labels[i], "tier", tier, NULL);

		if (t < n || other)
			metric_u64(u->w, labels, t < n ? bytes[t] : other);
	}
}

/* ---- processes */

static void write_processes(struct metrics *w, const struct swapadm_procs *procs,
			    const struct metrics_top *top)
{
	static const struct family swap =
		GAUGE("process_swap_bytes", "bytes", "Pages of the process in swap.");
	static const struct family split = GAUGE(
		"process_tier_bytes", "bytes",
		"The same by tier; without a name: areas that can't be told apart.");
	_cleanup_(users_free) struct users u = { .w = w, .procs = procs };
	char pid[24];

	for (size_t i = 0; i < swapadm_procs_n(procs) && i < top->n_processes; i++) {
		const struct swapadm_proc *p = swapadm_procs_get(procs, i);

		if (p->swap_bytes <= top->above_bytes) /* the largest come first */
			break;
		snprintf(pid, sizeof(pid), "%d", (int)p->pid);
		if (!add_labels(&u, metric_labels("pid", pid, "command", p->comm, NULL)))
			return;
	}
	metric_begin(w, &swap);
	for (size_t i = 0; i < u.n; i++)
		metric_u64(w, u.labels[i], swapadm_procs_get(procs, i)->swap_bytes);
	metric_begin(w, &split);
	for (size_t i = 0; i < u.n; i++) {
		const struct swapadm_proc *p = swapadm_procs_get(procs, i);

		write_tier_split(&u, i, p->tier_bytes, p->other_bytes);
	}
}

/* ---- cgroups */

struct group_family {
	struct family family;
	bool (*get)(const struct swapadm_cgroup *cg, uint64_t *value);
};

static bool get_swap(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->swap_bytes;
	return cg->known & SWAPADM_CGROUP_SWAP;
}

static bool get_swap_limit(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->swap_limit_bytes;
	return *value != UINT64_MAX;
}

static bool get_memory(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->usage_bytes;
	return cg->known & SWAPADM_CGROUP_USAGE;
}

static bool get_memory_limit(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->limit_bytes;
	return (cg->known & SWAPADM_CGROUP_USAGE) && *value != UINT64_MAX;
}

static bool get_zswap(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->zswap_bytes;
	return cg->known & SWAPADM_CGROUP_ZSWAP;
}

static bool get_zswapped(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->zswapped_bytes;
	return cg->known & SWAPADM_CGROUP_ZSWAP;
}

static bool get_swapin(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->swapin_bytes;
	return cg->known & SWAPADM_CGROUP_MOVES;
}

static bool get_swapout(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->swapout_bytes;
	return cg->known & SWAPADM_CGROUP_MOVES;
}

static bool get_refault(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->refault_bytes;
	return cg->known & SWAPADM_CGROUP_REFAULTS;
}

static bool get_processes(const struct swapadm_cgroup *cg, uint64_t *value)
{
	*value = cg->n_procs;
	return true;
}

static const struct group_family group_families[] = {
	{ GAUGE("cgroup_swap_bytes", "bytes", "Swap of the cgroup and those below."),
	  get_swap },
	{ GAUGE("cgroup_swap_limit_bytes", "bytes",
		"Limit of swap (cgroup v1: of memory and swap); absent: none."),
	  get_swap_limit },
	{ GAUGE("cgroup_memory_bytes", "bytes", "Memory of the cgroup."), get_memory },
	{ GAUGE("cgroup_memory_limit_bytes", "bytes", "Limit of memory; absent: none."),
	  get_memory_limit },
	{ GAUGE("cgroup_zswap_bytes", "bytes", "Memory of its pages in zswap."),
	  get_zswap },
	{ GAUGE("cgroup_zswapped_bytes", "bytes", "Its pages in zswap, uncompressed."),
	  get_zswapped },
	{ COUNTER("cgroup_swapin_bytes", "bytes",
		  "Read from swap areas, in the cgroup and below."),
	  get_swapin },
	{ COUNTER("cgroup_swapout_bytes", "bytes",
		  "Written to swap areas, in the cgroup and below."),
	  get_swapout },
	{ COUNTER("cgroup_refault_bytes", "bytes",
		  "Pages that came back soon after they were swapped out."),
	  get_refault },
	{ GAUGE("cgroup_swapped_processes", NULL,
		"Processes of it and below with pages in swap."),
	  get_processes },
};

/* a group and its place in what was loaded; @bytes: in swap, as far as that is known */
struct ranked {
	const struct swapadm_cgroup *cg;
	size_t at;
	uint64_t bytes;
};

static int by_swap(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->cg->path, y->cg->path);
}

/* without the kernel's sum: what its processes have */
static uint64_t bytes_in_swap(const struct swapadm_cgroup *cg, size_t n_tiers)
{
	uint64_t sum = cg->other_bytes;

	if (cg->known & SWAPADM_CGROUP_SWAP)
		return cg->swap_bytes;
	for (size_t t = 0; cg->tier_bytes && t < n_tiers; t++)
		sum += cg->tier_bytes[t];
	return sum;
}

/* one without the kernel's sum may have any; the root group is the machine */
static bool is_listed(const struct ranked *group, uint64_t above_bytes)
{
	if (group->cg->known & SWAPADM_CGROUP_SWAP)
		return group->bytes > above_bytes;
	return group->cg->depth && group->cg->n_procs;
}

/* those to be shown to the front, the largest first; how many there are */
static size_t rank_groups(const struct swapadm_cgroups *cgroups, size_t n_tiers,
			  uint64_t above_bytes, struct ranked *out)
{
	size_t n = 0;

	for (size_t i = 0; i < swapadm_cgroups_n(cgroups); i++) {
		const struct swapadm_cgroup *cg = swapadm_cgroups_get(cgroups, i);

		out[n] = (struct ranked){ cg, i, bytes_in_swap(cg, n_tiers) };
		n += is_listed(&out[n], above_bytes);
	}
	qsort(out, n, sizeof(*out), by_swap);
	return n;
}

/* escaped names may collide, and a reader drops all when a series comes twice */
static char *group_labels(const struct users *u, const char *path)
{
	char *labels = metric_labels("cgroup", path, NULL);

	for (size_t i = 0, n = 2; labels && i < u->n; i++) {
		_cleanup_free_ char *other = NULL;

		if (!streq(labels, u->labels[i]))
			continue;
		free(labels);
		if (asprintf(&other, "%s#%zu", path, n++) < 0) {
			other = NULL;
			return NULL;
		}
		labels = metric_labels("cgroup", other, NULL);
		i = (size_t)-1;
	}
	return labels;
}

/*
 * the delay that swapping costs them is in it, with that of reclaim and refaults of
 * files
 */
static void write_stalls(struct users *u, const struct machine *m,
			 const struct swapadm_cgroups *cgroups,
			 const struct ranked *groups)
{
	static const struct family family = {
		"swapadm_cgroup_stalled_seconds", METRIC_COUNTER, "seconds",
		"Time in which some or all tasks of the cgroup waited for memory."
	};

	metric_begin(u->w, &family);
	for (size_t i = 0; i < u->n; i++) {
		_cleanup_free_ char *some =
			metric_more_labels(u->labels[i], "tasks", "some", NULL);
		_cleanup_free_ char *full =
			metric_more_labels(u->labels[i], "tasks", "full", NULL);
		struct swapadm_psi psi;

		if (swapadm_cgroups_get_psi(m->ctx, cgroups, groups[i].at, &psi))
			continue;
		if (psi.some.known)
			metric_fraction(u->w, some, psi.some.total_us, 1000000);
		if (psi.full.known)
			metric_fraction(u->w, full, psi.full.total_us, 1000000);
	}
}

static void write_groups(struct users *u, const struct ranked *groups)
{
	static const struct family split =
		GAUGE("cgroup_tier_bytes", "bytes",
		      "Swap by tier; without a name: areas that can't be told apart.");

	for (size_t f = 0; f < ARRAY_SIZE(group_families); f++) {
		metric_begin(u->w, &group_families[f].family);
		for (size_t i = 0; i < u->n; i++) {
			uint64_t value;

			if (group_families[f].get(groups[i].cg, &value))
				metric_u64(u->w, u->labels[i], value);
		}
	}
	metric_begin(u->w, &split);
	for (size_t i = 0; i < u->n; i++)
		write_tier_split(u, i, groups[i].cg->tier_bytes,
				 groups[i].cg->other_bytes);
}

static int write_cgroups(struct metrics *w, const struct machine *m,
			 struct swapadm_procs *procs, const struct metrics_top *top)
{
	_cleanup_(cgroups_unrefp) struct swapadm_cgroups *cgroups = NULL;
	_cleanup_(users_free) struct users u = { .w = w, .procs = procs };
	_cleanup_free_ struct ranked *sorted = NULL;
	int r = swapadm_cgroups_load(m->ctx, procs, &cgroups);
	size_t n;

	if (r)
		return r;
	sorted = calloc(swapadm_cgroups_n(cgroups) + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	n = rank_groups(cgroups, swapadm_procs_n_tiers(procs), top->above_bytes, sorted);
	for (size_t i = 0; i < n && i < top->n_cgroups; i++)
		if (!add_labels(&u, group_labels(&u, sorted[i].cg->path)))
			return -ENOMEM;
	write_groups(&u, sorted);
	write_stalls(&u, m, cgroups, sorted);
	return 0;
}

int metrics_users(struct metrics *w, const struct machine *m,
		  const struct metrics_top *top)
{
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	unsigned flags = SWAPADM_PROCS_SPLIT |
			 (top->n_cgroups ? SWAPADM_PROCS_CGROUP : 0);
	int r;

	if (!top->n_cgroups && !top->n_processes)
		return 0;
	r = swapadm_procs_load(m->ctx, m->model, flags, &procs);
	if (r)
		return r;
	if (top->n_processes)
		write_processes(w, procs, top);
	return top->n_cgroups ? write_cgroups(w, m, procs, top) : 0;
}
