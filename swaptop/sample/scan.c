/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <pwd.h>

#include "common/fmt.h"
#include "sample/delays.h"
#include "sample/reader.h"
#include "sample/scan.h"
#include "sample/stalls.h"

/*
 * Scans take at most this share of a core's time: the more expensive they are, the rarer.
 * The screen shows how old the numbers are. What runs all day in the background takes
 * less.
 */
#define SCAN_SHARE      0.015
#define SCAN_SHARE_RARE 0.0012

#define USERS 64

struct user {
	uid_t uid;
	char name[32];
};

struct scan {
	struct swapadm_ctx *ctx;
	bool capture;
	struct user users[USERS];
	size_t n_users;
	/* of the last time; lists are as in struct sample */
	struct swapadm_procs *procs;
	struct swapadm_cgroups *cgroups;
	struct delays delays;
	struct stalls stalls;
	uint64_t at_ns, cost_ns;
	int procs_result, cgroups_result;
	bool done, with_cgroups;
	char procs_why[SAMPLE_PATH], cgroups_why[SAMPLE_PATH];
};

struct scan *scan_new(struct swapadm_ctx *ctx, bool capture)
{
	struct scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return NULL;
	scan->ctx = swapadm_ref(ctx);
	scan->capture = capture;
	return scan;
}

static void forget(struct scan *scan)
{
	swapadm_cgroups_free(scan->cgroups);
	swapadm_procs_unref(scan->procs);
	scan->cgroups = NULL;
	scan->procs = NULL;
}

void scan_free(struct scan *scan)
{
	if (!scan)
		return;
	forget(scan);
	delays_done(&scan->delays);
	stalls_done(&scan->stalls);
	swapadm_unref(scan->ctx);
	free(scan);
}

/* ---- scanning -------------------------------------------------------------------- */

static void explain(struct scan *scan)
{
	uint64_t unseen;

	*scan->procs_why = *scan->cgroups_why = '\0';
	if (scan->procs_result < 0) {
		copy_text(scan->procs_why, swapadm_get_error(scan->ctx));
		return;
	}
	unseen = swapadm_procs_unseen_bytes(scan->procs);
	if (unseen == UINT64_MAX)
		copy_text(scan->procs_why, swapadm_virtual_slots(scan->ctx) > 0
						   ? "virtual slots: no split by tier"
						   : "split by tier needs root");
	else if (unseen >= 1 << 20)
		snprintf(scan->procs_why, sizeof(scan->procs_why),
			 "%s more: shared, or in memory again", fmt_bytes(unseen).s);
}

/* @stalls: what follows from two scans, which recordings do not have */
static int scan_cgroups(struct scan *scan, bool stalls)
{
	if (scan->procs_result < 0) {
		scan->cgroups_result = scan->procs_result;
		copy_text(scan->cgroups_why, scan->procs_why);
		return 0;
	}
	scan->cgroups_result =
		swapadm_cgroups_load(scan->ctx, scan->procs, &scan->cgroups);
	copy_text(scan->cgroups_why, scan->cgroups_result < 0
					     ? swapadm_get_error(scan->ctx)
					     : scan->procs_why);
	if (scan->cgroups_result < 0 || !stalls)
		return 0;
	return stalls_load(&scan->stalls, scan->ctx, scan->cgroups);
}

static int scan_now(struct scan *scan, struct swapadm_model *model, unsigned flags)
{
	/* of all threads: the library looks at many processes with several */
	uint64_t begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	int r = 0;

	forget(scan);
	scan->done = true;
	scan->with_cgroups = flags & READ_CGROUPS;
	scan->procs_result = swapadm_procs_load(
		scan->ctx, model, SWAPADM_PROCS_SPLIT | SWAPADM_PROCS_CGROUP,
		&scan->procs);
	explain(scan);
	if (scan->procs_result == 0 && flags & READ_PROCS)
		r = delays_load(&scan->delays, scan->ctx, scan->procs);
	else
		scan->delays.n = 0; /* those that were read are of other processes */
	if (r == 0 && scan->with_cgroups)
		r = scan_cgroups(scan, !(flags & READ_RARELY));
	scan->at_ns = clock_ns(CLOCK_MONOTONIC);
	scan->cost_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begin;
	return r;
}

static bool is_due(const struct scan *scan, uint64_t now_ns, unsigned flags)
{
	if (!scan->done || (flags & READ_CGROUPS && !scan->with_cgroups))
		return true;
	return (double)(now_ns - scan->at_ns) *
		       (flags & READ_RARELY ? SCAN_SHARE_RARE : SCAN_SHARE) >=
	       (double)scan->cost_ns;
}

/* ---- into the sample --------------------------------------------------------------- */

static const char *user_name(struct scan *scan, uid_t uid)
{
	struct user *u;
	struct passwd *pw;

	for (size_t i = 0; i < scan->n_users; i++) {
		if (scan->users[i].uid == uid)
			return scan->users[i].name;
	}
	u = &scan->users[scan->n_users < USERS ? scan->n_users++ : uid % USERS];
	u->uid = uid;
	/* names of this machine mean nothing in a capture of another */
	pw = scan->capture ? NULL : getpwuid(uid);
	if (pw)
		copy_text(u->name, pw->pw_name);
	else
		snprintf(u->name, sizeof(u->name), "%u", (unsigned)uid);
	return u->name;
}

/* index of the sample's tier for each of the scan's */
static void map_tiers(const struct scan *scan, const struct sample *s, uint8_t *map,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int at = sample_find_tier(s, swapadm_procs_tier(scan->procs, i));

		map[i] = (uint8_t)(at < 0 ? UINT8_MAX : MIN(at, SAMPLE_SPLIT - 1));
	}
}

static void set_split(struct sample_use *use, const uint64_t *tier_bytes,
		      const uint8_t *map, size_t n)
{
	use->split_known = tier_bytes != NULL;
	for (size_t i = 0; tier_bytes && i < n; i++) {
		if (map[i] != UINT8_MAX)
			use->tier_bytes[map[i]] += tier_bytes[i];
	}
}

static int add_procs(struct scan *scan, struct sample *s, const uint8_t *map,
		     size_t n_tiers)
{
	for (size_t i = 0; i < swapadm_procs_n(scan->procs); i++) {
		const struct swapadm_proc *from = swapadm_procs_get(scan->procs, i);
		struct sample_proc *p = sample_add_proc(s);

		if (!p)
			return -ENOMEM;
		p->pid = from->pid;
		p->ppid = from->ppid;
		copy_text(p->comm, from->comm);
		copy_text(p->cgroup, from->cgroup);
		copy_text(p->user, user_name(scan, from->uid));
		p->rss_bytes = from->rss_bytes;
		p->use.swap_bytes = from->swap_bytes;
		set_split(&p->use, from->tier_bytes, map, n_tiers);
		if (i < scan->delays.n)
			p->delay = scan->delays.items[i].delay;
	}
	copy_text(s->delays_why, scan->delays.why);
	return 0;
}

static int add_cgroups(struct scan *scan, struct sample *s, const uint8_t *map,
		       size_t n_tiers)
{
	for (size_t i = 0; i < swapadm_cgroups_n(scan->cgroups); i++) {
		const struct swapadm_cgroup *from = swapadm_cgroups_get(scan->cgroups, i);
		struct sample_cgroup *g = sample_add_cgroup(s);

		if (!g)
			return -ENOMEM;
		copy_text(g->path, from->path);
		g->mem_known = from->known & SWAPADM_CGROUP_USAGE;
		g->mem_bytes = from->usage_bytes;
		g->swap_max_bytes = from->swap_limit_bytes;
		g->use.swap_bytes = from->swap_bytes;
		g->use.zswap_known = from->known & SWAPADM_CGROUP_ZSWAP;
		g->use.zswap_bytes = from->zswapped_bytes;
		set_split(&g->use, from->tier_bytes, map, n_tiers);
		copy_text(g->tiers, from->tiers ? from->tiers : "");
		copy_text(g->tiers_from, from->tiers_from ? from->tiers_from : "");
		g->tiers_prefer = from->tiers_prefer;
		if (i < scan->stalls.n)
			g->delay = scan->stalls.items[i].delay;
	}
	return 0;
}

static void describe(const struct scan *from, int result, const char *why,
		     uint64_t now_ns, struct sample_scan *to)
{
	to->state = result == 0                  ? SAMPLE_LIST_READ
		    : result == -EPROTONOSUPPORT ? SAMPLE_LIST_UNSUPPORTED
						 : SAMPLE_LIST_FAILED;
	to->age_ns = now_ns > from->at_ns ? now_ns - from->at_ns : 0;
	to->cost_ns = from->cost_ns;
	copy_text(to->why, why);
}

static bool is_in_group(const char *path, const char *group)
{
	size_t n = strlen(group);

	return strncmp(path, group, n) == 0 && (!path[n] || path[n] == '/');
}

/* one that has nothing in swap is not in the lists, but has to be found there */
static int add_parked_proc(struct sample *s, const struct swapadm_parked *one)
{
	struct sample_proc *p = sample_add_proc(s);

	if (!p)
		return -ENOMEM;
	p->pid = one->pid;
	copy_text(p->comm, one->comm ? one->comm : "");
	p->rss_bytes = one->stays_bytes;
	p->parked = true;
	return 0;
}

static int add_parked_cgroup(struct sample *s, const struct swapadm_parked *one)
{
	struct sample_cgroup *g = sample_add_cgroup(s);

	if (!g)
		return -ENOMEM;
	copy_text(g->path, one->cgroup);
	g->swap_max_bytes = UINT64_MAX;
	g->parked = true;
	return 0;
}

static int mark_one(struct sample *s, unsigned flags, const struct swapadm_parked *one)
{
	bool found = false;
	int r = 0;

	if (one->elsewhere) /* its name here is that of another one */
		return 0;
	for (size_t i = 0; i < s->n_procs; i++) {
		struct sample_proc *p = &s->procs[i];

		p->parked |= one->cgroup ? is_in_group(p->cgroup, one->cgroup)
					 : p->pid == one->pid;
		found |= p->pid == one->pid;
	}
	if (!one->cgroup)
		return found || !(flags & READ_PROCS) ? 0 : add_parked_proc(s, one);
	for (size_t i = 0; i < s->n_cgroups; i++) {
		s->cgroups[i].parked |= is_in_group(s->cgroups[i].path, one->cgroup);
		found |= strcmp(s->cgroups[i].path, one->cgroup) == 0;
	}
	if (!found && flags & READ_CGROUPS)
		r = add_parked_cgroup(s, one);
	return r;
}

static int mark_parked(struct swapadm_ctx *ctx, unsigned flags, struct sample *s)
{
	struct swapadm_parked_list *list;
	int r = 0;

	if (swapadm_parked_load(ctx, &list))
		return 0;
	for (size_t i = 0; !r && i < swapadm_parked_n(list); i++)
		if (!swapadm_parked_get(list, i)->gone)
			r = mark_one(s, flags, swapadm_parked_get(list, i));
	swapadm_parked_free(list);
	return r;
}

static int add_lists(struct scan *scan, unsigned flags, struct sample *s)
{
	uint8_t map[256];
	size_t n = MIN(ARRAY_SIZE(map), swapadm_procs_n_tiers(scan->procs));
	int r = 0;

	map_tiers(scan, s, map, n);
	if (flags & READ_PROCS)
		r = add_procs(scan, s, map, n);
	if (r == 0 && flags & READ_CGROUPS && scan->cgroups_result == 0)
		r = add_cgroups(scan, s, map, n);
	return r ? r : mark_parked(scan->ctx, flags, s);
}

int scan_read(struct scan *scan, struct swapadm_model *model, unsigned flags,
	      struct sample *s)
{
	int r = 0;

	if (!(flags & (READ_PROCS | READ_CGROUPS)) || !model)
		return 0;
	if (is_due(scan, s->mono_ns, flags))
		r = scan_now(scan, model, flags);
	if (r < 0)
		return r;
	if (flags & READ_PROCS)
		describe(scan, scan->procs_result, scan->procs_why, s->mono_ns,
			 &s->proc_scan);
	if (flags & READ_CGROUPS)
		describe(scan, scan->cgroups_result, scan->cgroups_why, s->mono_ns,
			 &s->cgroup_scan);
	if (scan->procs_result < 0)
		return scan->procs_result == -ENOMEM ? -ENOMEM : 0;
	return add_lists(scan, flags, s);
}
