/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills a struct sample through libswapadm. */
#include <errno.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sample/reader.h"
#include "sample/scan.h"
#include "sample/upkeep.h"

struct reader {
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf;
	struct swapadm_model *model; /* of the sample at hand */
	struct scan *scan;
	uint64_t seq;
	char host[SAMPLE_NAME], kernel[SAMPLE_NAME];
	char conf_problem[SAMPLE_PATH];
	bool has_root, rarely;
	struct upkeep upkeep;
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
	r->scan = scan_new(r->ctx, root != NULL);
	if (!r->scan) {
		reader_close(r);
		return -ENOMEM;
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
	scan_free(r->scan);
	swapadm_model_unref(r->model);
	swapadm_conf_unref(r->conf);
	swapadm_unref(r->ctx);
	free(r);
}

static void read_clocks(struct reader *r, struct sample *s)
{
	s->seq = r->seq++;
	s->mono_ns = clock_ns(CLOCK_MONOTONIC);
	if (!r->has_root) /* a capture has no time */
		s->realtime_ns = clock_ns(CLOCK_REALTIME);
	s->page_bytes = swapadm_page_bytes(r->ctx);
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

static int add_device(struct reader *r, struct sample *s,
		      const struct swapadm_device *from,
		      const struct swapadm_conf_tier *conf)
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
	d->moves = from->moves;
	d->latency = from->latency;
	upkeep_device(&r->upkeep, r->ctx, from, conf, r->rarely, d);
	return 0;
}

static void set_marks(const struct swapadm_conf_tier *conf, struct sample_tier *t)
{
	if (!conf)
		return;
	t->demote_above_pct = conf->demote_above_pct;
	t->demote_below_pct = conf->demote_below_pct;
	t->demote_older_s = conf->demote_older_s;
}

static int add_tier(struct reader *r, struct sample *s, const struct swapadm_tier *from)
{
	const struct swapadm_conf_tier *conf =
		r->conf ? swapadm_conf_find_tier(r->conf, from->name) : NULL;
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
	set_marks(conf, t);
	for (size_t i = 0; i < from->n_devices && ret == 0; i++)
		ret = add_device(r, s, from->devices[i], conf);
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
	struct swapadm_jobs *jobs;
	int ret = swapadm_jobs_load(r->ctx, &jobs);

	if (ret == -ENOMEM)
		return ret;
	if (ret < 0) {
		sample_note(s, "jobs: %s", swapadm_get_error(r->ctx));
		return 0;
	}
	for (size_t i = 0; !ret && i < swapadm_jobs_n(jobs); i++) {
		struct swapadm_progress *j = sample_add_job(s);

		if (j)
			*j = *swapadm_jobs_get(jobs, i);
		else
			ret = -ENOMEM;
	}
	swapadm_jobs_free(jobs);
	return ret;
}

static void note_privilege(struct reader *r, struct sample *s)
{
	if (!s->privileged && !r->has_root)
		sample_note(s, "split by tier, and changes (need root)");
	if (*r->conf_problem)
		sample_note(s, "configuration: %s", r->conf_problem);
}

int reader_sample(struct reader *r, unsigned flags, struct sample **out)
{
	_cleanup_(sample_freep) struct sample *s = sample_new();
	int ret;

	if (!s)
		return -ENOMEM;
	r->rarely = flags & READ_RARELY;
	read_clocks(r, s);
	read_counters(r, s);
	ret = add_zswap(s);
	if (ret == 0)
		ret = read_model(r, s);
	if (ret == 0)
		ret = read_jobs(r, s);
	if (ret == 0)
		ret = scan_read(r->scan, r->model, flags, s);
	if (ret < 0)
		return ret;
	note_privilege(r, s);
	*out = s;
	s = NULL;
	return 0;
}
