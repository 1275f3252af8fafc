/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The struct itself; who fills it: sample.c from the machine, record.c from a file. */
#include <stdarg.h>

#include "sample/sample.h"

struct sample *sample_new(void)
{
	return calloc(1, sizeof(struct sample));
}

void sample_free(struct sample *s)
{
	if (!s)
		return;
	free(s->tiers);
	free(s->devices);
	free(s->jobs);
	free(s->procs);
	free(s->cgroups);
	free(s);
}

/* room for one more; the capacity is the power of two that holds @n */
static void *add(void **list, size_t *n, size_t elem)
{
	if ((*n & (*n - 1)) == 0) {
		void *bigger = realloc(*list, (*n ? 2 * *n : 1) * elem);

		if (!bigger)
			return NULL;
		*list = bigger;
	}
	return memset((char *)*list + (*n)++ * elem, 0, elem);
}

struct sample_tier *sample_add_tier(struct sample *s)
{
	struct sample_tier *t = add((void **)&s->tiers, &s->n_tiers, sizeof(*s->tiers));

	if (!t)
		return NULL;
	t->first = (uint32_t)s->n_devices;
	t->rank = SWAPADM_RANK_NONE;
	t->prio = SWAPADM_PRIO_NONE;
	t->demote_above_pct = t->demote_below_pct = SAMPLE_NO_PCT;
	return t;
}

struct sample_device *sample_add_device(struct sample *s)
{
	struct sample_device *d =
		add((void **)&s->devices, &s->n_devices, sizeof(*s->devices));

	if (!d)
		return NULL;
	d->tier = (uint32_t)s->n_tiers - 1;
	d->prio = SWAPADM_PRIO_NONE;
	s->tiers[d->tier].n_devices++;
	return d;
}

struct swapadm_progress *sample_add_job(struct sample *s)
{
	return add((void **)&s->jobs, &s->n_jobs, sizeof(*s->jobs));
}

struct sample_proc *sample_add_proc(struct sample *s)
{
	return add((void **)&s->procs, &s->n_procs, sizeof(*s->procs));
}

struct sample_cgroup *sample_add_cgroup(struct sample *s)
{
	return add((void **)&s->cgroups, &s->n_cgroups, sizeof(*s->cgroups));
}

void sample_note(struct sample *s, const char *fmt, ...)
{
	va_list ap;

	if (s->n_notes == SAMPLE_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(s->notes[s->n_notes++], sizeof(s->notes[0]), fmt, ap);
	va_end(ap);
}

static bool same_device(const struct sample_device *a, const struct sample_device *b)
{
	return streq(a->name, b->name) && streq(a->path, b->path);
}

int sample_find_device(const struct sample *s, const struct sample_device *like,
		       size_t hint)
{
	if (hint < s->n_devices && same_device(&s->devices[hint], like))
		return (int)hint;
	for (size_t i = 0; i < s->n_devices; i++) {
		if (same_device(&s->devices[i], like))
			return (int)i;
	}
	return -1;
}

int sample_find_tier(const struct sample *s, const char *name)
{
	for (size_t i = 0; i < s->n_tiers; i++) {
		if (streq(s->tiers[i].name, name))
			return (int)i;
	}
	return -1;
}

uint32_t sample_any_upkeep(const struct sample *s)
{
	uint32_t known = 0;

	for (size_t i = 0; i < s->n_devices; i++)
		known |= s->devices[i].upkeep.known;
	return known;
}

bool sample_any_latency(const struct sample *s)
{
	for (size_t i = 0; i < s->n_devices; i++) {
		if (s->devices[i].latency.known)
			return true;
	}
	return false;
}
