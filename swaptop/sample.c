/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only reader of the machine: fills a struct sample through libswapadm. */
#include <errno.h>
#include <pwd.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "fmt.h"
#include "reader.h"

/*
 * Scans of all page tables are dear, so they are rarer than samples where they have to be:
 * one takes at most this share of a core's time. The screen shows how old the numbers are.
 */
#define SCAN_SHARE 0.015

#define USERS 64

struct user {
	uid_t uid;
	char name[32];
};

/* the last scan; lists are as in struct sample */
struct scan {
	struct swapadm_procs *procs;
	struct swapadm_cgroups *cgroups;
	uint64_t at_ns, cost_ns;
	int procs_result, cgroups_result;
	bool done, with_cgroups;
	char procs_why[SAMPLE_PATH], cgroups_why[SAMPLE_PATH];
};

struct reader {
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf;
	struct swapadm_model *model; /* of the sample at hand */
	struct scan scan;
	struct user users[USERS];
	size_t n_users;
	uint64_t seq;
	char host[SAMPLE_NAME], kernel[SAMPLE_NAME];
	char conf_problem[SAMPLE_PATH];
	bool has_root;
};

static const char *root_name(const char *root)
{
	const char *slash = strrchr(root, '/');

	return slash && slash[1] ? slash + 1 : root;
}

static void name_machine(struct reader *r, const char *root)
{
	struct utsname u;

	if (root) {
		snprintf(r->host, sizeof(r->host), "%s (capture)", root_name(root));
	} else if (uname(&u) == 0) {
		copy_text(r->host, u.nodename);
		copy_text(r->kernel, u.release);
	}
}

static int load_conf(struct reader *r, const char *config, char *problem, size_t size)
{
	int ret = swapadm_conf_load(r->ctx, config, &r->conf);

	if (ret == 0)
		return 0;
	copy_str(problem, size, swapadm_get_error(r->ctx));
	if (ret == -ENOMEM || (config && ret == -ENOENT))
		return ret;
	copy_text(r->conf_problem, problem);
	return 0;
}

int reader_open(struct reader **out, const char *root, const char *config, char *problem,
		size_t size)
{
	struct reader *r = calloc(1, sizeof(*r));
	int ret;

	*problem = '\0';
	if (!r)
		return -ENOMEM;
	ret = swapadm_new(&r->ctx, root);
	if (ret < 0) {
		snprintf(problem, size, "%s: %s", root ? root : "/", strerror(-ret));
		free(r);
		return ret;
	}
	ret = load_conf(r, config, problem, size);
	if (ret < 0) {
		reader_close(r);
		return ret;
	}
	r->has_root = root != NULL;
	name_machine(r, root);
	*out = r;
	return 0;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	swapadm_cgroups_unref(r->scan.cgroups);
	swapadm_procs_unref(r->scan.procs);
	swapadm_model_unref(r->model);
	swapadm_conf_unref(r->conf);
	swapadm_unref(r->ctx);
	free(r);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void read_clocks(struct reader *r, struct sample *s)
{
	s->seq = r->seq++;
	s->mono_ns = clock_ns(CLOCK_MONOTONIC);
	if (!r->has_root) /* a capture has no time */
		s->realtime_ns = clock_ns(CLOCK_REALTIME);
	s->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	copy_text(s->host, r->host);
	copy_text(s->kernel, r->kernel);
	s->privileged = geteuid() == 0;
}

/* ---- tiers and devices ---------------------------------------------------------- */

static int add_zswap(struct sample *s)
{
	const struct swapadm_zswap_stats *z = &s->zswap;
	struct sample_tier *t;

	if (!(z->known & SWAPADM_ZSWAP_ENABLED))
		return 0;
	if (!z->enabled && !((z->known & SWAPADM_ZSWAP_STORED) && z->stored_bytes))
		return 0;
	t = sample_add_tier(s);
	if (!t)
		return -ENOMEM;
	copy_text(t->name, "zswap");
	t->is_zswap = t->is_auto = true;
	if (z->known & SWAPADM_ZSWAP_STORED) {
		t->usage.known |= SWAPADM_USAGE_USED;
		t->usage.used_bytes = z->stored_bytes;
	}
	if (z->known & SWAPADM_ZSWAP_POOL) {
		t->usage.known |= SWAPADM_USAGE_STORED | SWAPADM_USAGE_RAM;
		t->usage.stored_bytes = t->usage.ram_bytes = z->pool_bytes;
	}
	return 0;
}

static int add_device(struct sample *s, const struct swapadm_device *from)
{
	struct sample_device *d = sample_add_device(s);

	if (!d)
		return -ENOMEM;
	copy_text(d->name, from->name);
	copy_text(d->path, from->path ? from->path : from->name);
	copy_text(d->disk, from->disk);
	copy_text(d->model, from->model);
	copy_text(d->algorithm, from->algorithm);
	copy_text(d->backing, from->backing_dev);
	d->kind = from->kind;
	d->state = from->state;
	d->discard = from->discard;
	d->prio = from->prio;
	d->is_file = from->is_file;
	d->deleted = from->deleted;
	d->managed = from->managed;
	d->usage = from->usage;
	d->io = from->io;
	d->moves.known = from->moves.known;
	d->moves.in_bytes = from->moves.in_bytes;
	d->moves.out_bytes = from->moves.out_bytes;
	return 0;
}

static void set_marks(struct reader *r, struct sample_tier *t)
{
	const struct swapadm_conf_tier *conf =
		r->conf ? swapadm_conf_find_tier(r->conf, t->name) : NULL;

	if (!conf)
		return;
	t->demote_above_pct = conf->demote_above_pct;
	t->demote_below_pct = conf->demote_below_pct;
	t->demote_older_s = conf->demote_older_s;
}

static int add_tier(struct reader *r, struct sample *s, const struct swapadm_tier *from)
{
	struct sample_tier *t = sample_add_tier(s);
	int ret = 0;

	if (!t)
		return -ENOMEM;
	copy_text(t->name, from->name);
	t->kind = from->kind;
	t->rank = from->rank;
	t->prio = from->prio;
	t->is_auto = from->is_auto;
	t->usage = from->usage;
	set_marks(r, t);
	for (size_t i = 0; i < from->n_devices && ret == 0; i++)
		ret = add_device(s, from->devices[i]);
	return ret;
}

static int read_model(struct reader *r, struct sample *s)
{
	struct swapadm_model *m;
	int ret;

	swapadm_model_unref(r->model);
	r->model = NULL;
	ret = swapadm_model_load(r->ctx, r->conf, SWAPADM_LOAD_IO, &r->model);

	if (ret == -ENOMEM)
		return ret;
	if (ret < 0) {
		sample_note(s, "swap areas: %s", swapadm_get_error(r->ctx));
		return 0;
	}
	m = r->model;
	s->layer = swapadm_model_layer(m);
	s->total = *swapadm_model_total(m);
	s->has_redirect = swapadm_model_redirect(m) != NULL;
	if (s->has_redirect)
		s->redirect = *swapadm_model_redirect(m);
	for (size_t i = 0; i < swapadm_model_n_tiers(m) && ret == 0; i++)
		ret = add_tier(r, s, swapadm_model_tier(m, i));
	return ret;
}

/* ---- counters, jobs -------------------------------------------------------------- */

static void read_counters(struct reader *r, struct sample *s)
{
	if (swapadm_mem_get_stats(r->ctx, &s->mem) < 0)
		sample_note(s, "memory: %s", swapadm_get_error(r->ctx));
	if (swapadm_vmstat_get(r->ctx, &s->vm) < 0)
		sample_note(s, "rates: %s", swapadm_get_error(r->ctx));
	swapadm_psi_get(r->ctx, "memory", &s->psi_mem);
	swapadm_psi_get(r->ctx, "io", &s->psi_io);
	swapadm_zswap_get_stats(r->ctx, &s->zswap);
}

static int read_jobs(struct reader *r, struct sample *s)
{
	_cleanup_free_ struct swapadm_progress *jobs = NULL;
	size_t n;
	int ret = swapadm_jobs_list(r->ctx, &jobs, &n);

	if (ret == -ENOMEM)
		return ret;
	if (ret < 0) {
		sample_note(s, "jobs: %s", swapadm_get_error(r->ctx));
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct swapadm_progress *j = sample_add_job(s);

		if (!j)
			return -ENOMEM;
		*j = jobs[i];
	}
	return 0;
}

/* ---- processes and cgroups ------------------------------------------------------- */

static const char *user_name(struct reader *r, uid_t uid)
{
	struct user *u;
	struct passwd *pw;

	for (size_t i = 0; i < r->n_users; i++) {
		if (r->users[i].uid == uid)
			return r->users[i].name;
	}
	u = &r->users[r->n_users < USERS ? r->n_users++ : uid % USERS];
	u->uid = uid;
	/* names of this machine mean nothing in a capture of another */
	pw = r->has_root ? NULL : getpwuid(uid);
	if (pw)
		copy_text(u->name, pw->pw_name);
	else
		snprintf(u->name, sizeof(u->name), "%u", (unsigned)uid);
	return u->name;
}

static void describe_scan(struct reader *r)
{
	struct scan *scan = &r->scan;
	uint64_t unseen;

	*scan->procs_why = *scan->cgroups_why = '\0';
	if (scan->procs_result < 0) {
		copy_text(scan->procs_why, swapadm_get_error(r->ctx));
		return;
	}
	unseen = swapadm_procs_unseen_bytes(scan->procs);
	if (unseen == UINT64_MAX)
		copy_text(scan->procs_why, "by tier only as root");
	else if (unseen >= 1 << 20)
		snprintf(scan->procs_why, sizeof(scan->procs_why),
			 "%s more in shared memory", fmt_bytes(unseen).s);
}

static void scan_now(struct reader *r, bool cgroups)
{
	struct scan *scan = &r->scan;
	uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	swapadm_cgroups_unref(scan->cgroups);
	swapadm_procs_unref(scan->procs);
	*scan = (struct scan){ .done = true, .with_cgroups = cgroups };
	scan->procs_result = swapadm_procs_load(
		r->ctx, r->model, SWAPADM_PROCS_SPLIT | SWAPADM_PROCS_CGROUP,
		&scan->procs);
	describe_scan(r);
	if (cgroups && scan->procs_result == 0) {
		scan->cgroups_result =
			swapadm_cgroups_load(r->ctx, scan->procs, &scan->cgroups);
		copy_text(scan->cgroups_why, scan->cgroups_result < 0
						     ? swapadm_get_error(r->ctx)
						     : scan->procs_why);
	} else {
		scan->cgroups_result = scan->procs_result;
		copy_text(scan->cgroups_why, scan->procs_why);
	}
	scan->at_ns = clock_ns(CLOCK_MONOTONIC);
	scan->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
}

static bool scan_is_due(const struct scan *scan, uint64_t now_ns, bool cgroups)
{
	if (!scan->done || (cgroups && !scan->with_cgroups))
		return true;
	return (double)(now_ns - scan->at_ns) * SCAN_SHARE >= (double)scan->cost_ns;
}

/* index of the sample's tier for each of the scan's */
static void map_tiers(const struct reader *r, const struct sample *s, uint8_t *map,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int at = sample_find_tier(s, swapadm_procs_tier(r->scan.procs, i));

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

static int add_procs(struct reader *r, struct sample *s, const uint8_t *map,
		     size_t n_tiers)
{
	for (size_t i = 0; i < swapadm_procs_n(r->scan.procs); i++) {
		const struct swapadm_proc *from = swapadm_procs_get(r->scan.procs, i);
		struct sample_proc *p = sample_add_proc(s);

		if (!p)
			return -ENOMEM;
		p->pid = from->pid;
		p->ppid = from->ppid;
		copy_text(p->comm, from->comm);
		copy_text(p->cgroup, from->cgroup);
		copy_text(p->user, user_name(r, from->uid));
		p->rss_bytes = from->rss_bytes;
		p->use.swap_bytes = from->swap_bytes;
		set_split(&p->use, from->tier_bytes, map, n_tiers);
	}
	return 0;
}

static int add_cgroups(struct reader *r, struct sample *s, const uint8_t *map,
		       size_t n_tiers)
{
	for (size_t i = 0; i < swapadm_cgroups_n(r->scan.cgroups); i++) {
		const struct swapadm_cgroup *from =
			swapadm_cgroups_get(r->scan.cgroups, i);
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

static int read_users(struct reader *r, struct sample *s, unsigned flags)
{
	uint8_t map[256];
	struct scan *scan = &r->scan;
	size_t n;
	int ret = 0;

	if (!(flags & (READ_PROCS | READ_CGROUPS)) || !r->model)
		return 0;
	if (scan_is_due(scan, s->mono_ns, flags & READ_CGROUPS))
		scan_now(r, flags & READ_CGROUPS);
	if (flags & READ_PROCS)
		describe(scan, scan->procs_result, scan->procs_why, s->mono_ns,
			 &s->proc_scan);
	if (flags & READ_CGROUPS)
		describe(scan, scan->cgroups_result, scan->cgroups_why, s->mono_ns,
			 &s->cgroup_scan);
	if (scan->procs_result < 0)
		return scan->procs_result == -ENOMEM ? -ENOMEM : 0;
	n = MIN(ARRAY_SIZE(map), swapadm_procs_n_tiers(scan->procs));
	map_tiers(r, s, map, n);
	if (flags & READ_PROCS)
		ret = add_procs(r, s, map, n);
	if (ret == 0 && flags & READ_CGROUPS && scan->cgroups_result == 0)
		ret = add_cgroups(r, s, map, n);
	return ret;
}

static void note_privilege(struct reader *r, struct sample *s)
{
	if (!s->privileged && !r->has_root)
		sample_note(s, "root sees who is in which tier, and may act");
	if (*r->conf_problem)
		sample_note(s, "configuration: %s", r->conf_problem);
}

int reader_sample(struct reader *r, unsigned flags, struct sample **out)
{
	_cleanup_(sample_freep) struct sample *s = sample_new();
	int ret;

	if (!s)
		return -ENOMEM;
	read_clocks(r, s);
	read_counters(r, s);
	ret = add_zswap(s);
	if (ret == 0)
		ret = read_model(r, s);
	if (ret == 0)
		ret = read_jobs(r, s);
	if (ret == 0)
		ret = read_users(r, s, flags);
	if (ret < 0)
		return ret;
	note_privilege(r, s);
	*out = s;
	s = NULL;
	return 0;
}
