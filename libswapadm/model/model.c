/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/model.h"

#include <assert.h>

#define USAGE_ALL                                                         \
	(SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED | SWAPADM_USAGE_STORED | \
	 SWAPADM_USAGE_RAM | SWAPADM_USAGE_DISK | SWAPADM_USAGE_ORIG)

/* ---- building ------------------------------------------------------------------- */

int model_add_tier(struct swapadm_model *model, const char *name, int rank, int prio,
		   bool is_auto, struct model_tier **out)
{
	struct model_tier *tier = arena_alloc(&model->arena, sizeof(*tier));

	if (!tier || !array_grow(&model->tiers, model->n_tiers) ||
	    arena_set(&model->arena, &tier->pub.name, name))
		return -ENOMEM;
	tier->pub.rank = rank;
	tier->pub.prio = tier->order_prio = prio;
	tier->pub.is_auto = is_auto;
	tier->index = model->n_tiers;
	model->tiers[model->n_tiers++] = tier;
	*out = tier;
	return 0;
}

struct model_tier *model_find_tier(const struct swapadm_model *model, const char *name)
{
	for (size_t i = 0; i < model->n_tiers; i++)
		if (streq(model->tiers[i]->pub.name, name))
			return model->tiers[i];
	return NULL;
}

int model_new_device(struct swapadm_model *model, struct model_device **out)
{
	struct model_device *dev = arena_alloc(&model->arena, sizeof(*dev));

	if (!dev)
		return -ENOMEM;
	dev->pub.prio = SWAPADM_PRIO_NONE;
	dev->pub.state = SWAPADM_STATE_INACTIVE;
	*out = dev;
	return 0;
}

int model_tier_add(struct model_tier *tier, struct model_device *dev)
{
	if (!array_grow(&tier->devices, tier->pub.n_devices))
		return -ENOMEM;
	tier->devices[tier->pub.n_devices++] = dev;
	dev->pub.tier = tier->pub.name;
	return 0;
}

/* a sum knows only what all its members know */
static void usage_add(struct swapadm_usage *sum, const struct swapadm_usage *u)
{
	sum->known &= u->known;
	sum->size_bytes += u->size_bytes;
	sum->used_bytes += u->used_bytes;
	sum->stored_bytes += u->stored_bytes;
	sum->ram_bytes += u->ram_bytes;
	sum->disk_bytes += u->disk_bytes;
	sum->orig_bytes += u->orig_bytes;
}

/* what nobody knows is 0 and not half a sum */
static void usage_clear_unknown(struct swapadm_usage *sum)
{
	sum->size_bytes *= !!(sum->known & SWAPADM_USAGE_SIZE);
	sum->used_bytes *= !!(sum->known & SWAPADM_USAGE_USED);
	sum->stored_bytes *= !!(sum->known & SWAPADM_USAGE_STORED);
	sum->ram_bytes *= !!(sum->known & SWAPADM_USAGE_RAM);
	sum->disk_bytes *= !!(sum->known & SWAPADM_USAGE_DISK);
	sum->orig_bytes *= !!(sum->known & SWAPADM_USAGE_ORIG);
}

static bool is_attached(const struct swapadm_device *dev)
{
	return dev->state != SWAPADM_STATE_INACTIVE;
}

/* the kind that the devices share; those that are not attached count when none is */
static enum swapadm_kind common_kind(const struct model_tier *tier, bool attached)
{
	enum swapadm_kind kind = SWAPADM_KIND_UNKNOWN;
	bool any = false;

	for (size_t i = 0; i < tier->pub.n_devices; i++) {
		const struct swapadm_device *dev = &tier->devices[i]->pub;

		if (is_attached(dev) != attached || (!attached && !dev->kind))
			continue; /* of what is not there nothing is known */
		if (any && dev->kind != kind)
			return SWAPADM_KIND_MIXED;
		kind = dev->kind;
		any = true;
	}
	return kind;
}

static void finish_tier(struct model_tier *tier)
{
	struct swapadm_tier *pub = &tier->pub;

	pub->usage = (struct swapadm_usage){ .known = USAGE_ALL };
	/* the arrays hold the same pointers: pub is the first member of model_device */
	static_assert(offsetof(struct model_device, pub) == 0, "pub comes first");
	pub->devices = (const struct swapadm_device *const *)tier->devices;
	pub->kind = common_kind(tier, true);
	if (!pub->kind)
		pub->kind = common_kind(tier, false);
	for (size_t i = 0; i < pub->n_devices; i++) {
		const struct swapadm_device *dev = pub->devices[i];

		if (!is_attached(dev))
			continue;
		usage_add(&pub->usage, &dev->usage);
		if (dev->prio != tier->order_prio)
			pub->prio = SWAPADM_PRIO_NONE;
	}
	usage_clear_unknown(&pub->usage);
}

/* fastest first; of one priority, the configured ones as they were named */
static int compare_tiers(const void *a, const void *b)
{
	const struct model_tier *x = *(struct model_tier *const *)a;
	const struct model_tier *y = *(struct model_tier *const *)b;

	if (x->order_prio != y->order_prio)
		return x->order_prio < y->order_prio ? 1 : -1;
	return x->index < y->index ? -1 : x->index > y->index;
}

uint64_t device_room_bytes(const struct swapadm_device *dev)
{
	if (dev->state != SWAPADM_STATE_ACTIVE)
		return 0;
	return u64_minus(dev->usage.size_bytes, dev->usage.used_bytes);
}

void model_finish(struct swapadm_model *model)
{
	model->total = (struct swapadm_usage){ .known = USAGE_ALL };
	if (model->n_tiers)
		qsort(model->tiers, model->n_tiers, sizeof(*model->tiers), compare_tiers);
	for (size_t i = 0; i < model->n_tiers; i++) {
		finish_tier(model->tiers[i]);
		usage_add(&model->total, &model->tiers[i]->pub.usage);
	}
	usage_clear_unknown(&model->total);
}

/* ---- the object ----------------------------------------------------------------- */

int model_new(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	      struct swapadm_model **out)
{
	struct swapadm_model *model = calloc(1, sizeof(*model));

	if (!model)
		return ctx_fail(ctx, -ENOMEM, "swap areas: load: memory is short");
	model->refs = 1;
	model->ctx = swapadm_ref(ctx);
	model->conf = swapadm_conf_ref(conf);
	model->flags = flags;
	*out = model;
	return 0;
}

SWAPADM_API struct swapadm_model *swapadm_model_ref(struct swapadm_model *model)
{
	if (model)
		model->refs++;
	return model;
}

SWAPADM_API struct swapadm_model *swapadm_model_unref(struct swapadm_model *model)
{
	if (!model || --model->refs)
		return NULL;
	for (size_t i = 0; i < model->n_tiers; i++)
		free(model->tiers[i]->devices);
	free(model->tiers);
	arena_free(&model->arena);
	swapadm_conf_unref(model->conf);
	swapadm_unref(model->ctx);
	free(model);
	return NULL;
}

SWAPADM_API enum swapadm_layer swapadm_model_layer(const struct swapadm_model *model)
{
	return model->layer;
}

SWAPADM_API const char *swapadm_model_degraded(const struct swapadm_model *model)
{
	return model->degraded;
}

SWAPADM_API size_t swapadm_model_n_tiers(const struct swapadm_model *model)
{
	return model->n_tiers;
}

SWAPADM_API const struct swapadm_tier *
swapadm_model_tier(const struct swapadm_model *model, size_t i)
{
	return i < model->n_tiers ? &model->tiers[i]->pub : NULL;
}

SWAPADM_API const struct swapadm_usage *
swapadm_model_total(const struct swapadm_model *model)
{
	return &model->total;
}

SWAPADM_API const struct swapadm_redirect *
swapadm_model_redirect(const struct swapadm_model *model)
{
	return model->layer == SWAPADM_LAYER_REDIRECT ? &model->redirect : NULL;
}
