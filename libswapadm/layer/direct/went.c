/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/direct/went.h"

#define NOISE 100 /* a part of what has moved */

void went_begin(struct swapadm_ctx *ctx, struct went *went)
{
	*went = (struct went){ 0 };
	went->known = areas_load(ctx, &went->before) == 0;
}

void went_end(struct went *went)
{
	areas_free(&went->before);
	*went = (struct went){ 0 };
}

static bool is_in(const struct swapadm_tier *tier, const char *path)
{
	for (size_t i = 0; i < tier->n_devices; i++)
		if (streq_null(tier->devices[i]->path, path))
			return true;
	return false;
}

/* an area that came meanwhile, such as an emergency one, is in no tier of the plan */
static const char *name_of(const struct swapadm_op *op, const char *path)
{
	for (size_t i = 0; i < swapadm_model_n_tiers(op->model); i++)
		if (is_in(swapadm_model_tier(op->model, i), path))
			return swapadm_model_tier(op->model, i)->name;
	return streq(path, op->model->tswap.pub.path ? op->model->tswap.pub.path : "")
		       ? op->model->redirect.name
		       : path;
}

static bool is_drained(const struct swapadm_op *op, const char *path)
{
	for (size_t i = 0; i < op->plan.n_devices; i++)
		if (streq_null(op->devices[i]->path, path))
			return true;
	return false;
}

static uint64_t growth(const struct went *went, const struct area *area)
{
	const struct area *before = areas_find(&went->before, area->path);

	return u64_minus(area->used_bytes, before ? before->used_bytes : 0);
}

/* what the areas of one name, that of areas->items[first], have more */
static uint64_t growth_of(const struct swapadm_op *op, const struct went *went,
			  const struct area_list *areas, size_t first)
{
	const char *name = name_of(op, areas->items[first].path);
	uint64_t sum = 0;

	for (size_t i = 0; i < areas->n; i++) {
		if (is_drained(op, areas->items[i].path) ||
		    !streq(name_of(op, areas->items[i].path), name))
			continue;
		if (i < first)
			return 0; /* counted there */
		sum += growth(went, &areas->items[i]);
	}
	return sum;
}

/* a name that is too long for the list is there as "..." */
static void append(char *text, size_t size, const char *name)
{
	size_t len = strlen(text);

	if (len + strlen(name) + 2 > size)
		name = "...";
	if (len + strlen(name) + 2 <= size)
		snprintf(text + len, size - len, "%s%s", len ? "," : "", name);
}

void went_say(const struct swapadm_op *op, const struct went *went, uint64_t moved_bytes,
	      char *dest, size_t size)
{
	struct area_list areas = { 0 };
	char tiers[64] = "", all[80] = "";
	uint64_t sum = 0;

	if (!went->known || !moved_bytes || areas_load(op->ctx, &areas))
		return;
	for (size_t i = 0; i < areas.n; i++) {
		uint64_t more = is_drained(op, areas.items[i].path)
					? 0
					: growth_of(op, went, &areas, i);

		sum += more;
		if (more > moved_bytes / NOISE)
			append(tiers, sizeof(tiers), name_of(op, areas.items[i].path));
	}
	areas_free(&areas);
	if (!*tiers || u64_minus(moved_bytes, sum) > moved_bytes / NOISE)
		append(all, sizeof(all), "memory");
	if (*tiers)
		append(all, sizeof(all), tiers);
	snprintf(dest, size, "%.*s", (int)size - 1, all);
}
