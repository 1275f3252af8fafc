/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is parked, for who looks at it. */
#include "park/damaged.h"
#include "park/park.h"
#include "state/jobs.h"

struct item {
	struct swapadm_parked pub;
	char source[4160];
};

struct swapadm_parked_list {
	struct parkrec_list recs; /* what the strings of .items belong to */
	struct item *items;
	size_t n;
	struct swapadm_parked_damaged *damaged;
	size_t n_damaged;
};

/* the record has it when all is done, the job has it at once */
static uint64_t pushed_bytes(struct swapadm_ctx *ctx, const struct parkrec *rec)
{
	_cleanup_(jobrec_free) struct jobrec job = { 0 };

	if (rec->state == SWAPADM_PARK_PARKING && !jobs_read(ctx, rec->job, &job))
		return job.p.moved_bytes;
	return rec->pushed_bytes;
}

static void fill(struct swapadm_ctx *ctx, const struct parkrec *rec, struct item *item)
{
	parkrec_source(rec, item->source, sizeof(item->source));
	item->pub = (struct swapadm_parked){
		.source = item->source,
		.comm = rec->pid ? rec->comm : NULL,
		.cgroup = *rec->cgroup ? rec->cgroup : NULL,
		.job = rec->job,
		.pid = rec->pid,
		.state = rec->state,
		.freezer = rec->freezer,
		.since_s = rec->since_s,
		.pushed_bytes = pushed_bytes(ctx, rec),
		.stays_bytes = rec->stays_bytes,
		.out_bytes = rec->out_bytes,
		.frozen = parkrec_is_frozen(ctx, rec),
		.unfinished = parkrec_is_unfinished(ctx, rec),
		.gone = parkrec_is_gone(ctx, rec),
		.elsewhere = parkrec_is_elsewhere(ctx, rec),
	};
}

SWAPADM_API struct swapadm_parked_list *
swapadm_parked_free(struct swapadm_parked_list *list)
{
	if (!list)
		return NULL;
	parkrec_list_free(&list->recs);
	for (size_t i = 0; i < list->n_damaged; i++) {
		free((char *)list->damaged[i].path);
		free((char *)list->damaged[i].remedy);
	}
	free(list->damaged);
	free(list->items);
	free(list);
	return NULL;
}

static void list_freep(struct swapadm_parked_list **list)
{
	swapadm_parked_free(*list);
}

SWAPADM_API int swapadm_parked_load(struct swapadm_ctx *ctx,
				    struct swapadm_parked_list **out)
{
	_cleanup_(list_freep) struct swapadm_parked_list *list = NULL;
	CTX_CALL(ctx);
	int r;

	if (!ctx || !out)
		return -EINVAL;
	list = calloc(1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	r = parks_read_all(ctx, &list->recs);
	if (r)
		return ctx_fail(ctx, r, PARKS_DIR ": read: %s", strerror(-r));
	list->items = calloc(list->recs.n + 1, sizeof(*list->items));
	if (!list->items)
		return -ENOMEM;
	for (size_t i = 0; i < list->recs.n; i++)
		fill(ctx, &list->recs.items[i], &list->items[i]);
	list->n = list->recs.n;
	list->damaged = calloc(list->recs.n_damaged + 1, sizeof(*list->damaged));
	if (!list->damaged)
		return -ENOMEM;
	for (size_t i = 0; i < list->recs.n_damaged; i++) {
		if (damaged_fill(ctx, list->recs.damaged[i], &list->damaged[i]))
			return -ENOMEM;
		list->n_damaged++;
	}
	*out = steal_ptr(&list);
	return 0;
}

SWAPADM_API size_t swapadm_parked_n(const struct swapadm_parked_list *list)
{
	return list ? list->n : 0;
}

SWAPADM_API const struct swapadm_parked *
swapadm_parked_get(const struct swapadm_parked_list *list, size_t i)
{
	return list && i < list->n ? &list->items[i].pub : NULL;
}

SWAPADM_API size_t swapadm_parked_n_damaged(const struct swapadm_parked_list *list)
{
	return list ? list->n_damaged : 0;
}

SWAPADM_API const struct swapadm_parked_damaged *
swapadm_parked_get_damaged(const struct swapadm_parked_list *list, size_t i)
{
	return list && i < list->n_damaged ? &list->damaged[i] : NULL;
}
