/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cordon and uncordon of leaves: what changes, and where new pages go then. */
#include "layer/redirect/redirect.h"
#include "layer/redirect/leaf.h"

struct swapadm_cordon {
	struct swapadm_ctx *ctx;
	struct swapadm_model *model;
	char *word;
	struct swapadm_cordon_plan plan;
	const struct swapadm_device **devices; /* what plan.devices points to */
	struct swapadm_drain_dest *dests;      /* what plan.dests points to */
	char *refusal;                         /* what plan.refusal points to */
};

static const char *verb(const struct swapadm_cordon *cordon)
{
	return cordon->plan.on ? "cordon" : "uncordon";
}

/* what is drained or failed takes no pages already, and says more precisely why */
static bool changes(const struct swapadm_cordon *cordon, const struct swapadm_device *dev)
{
	return (dev->state == SWAPADM_STATE_ACTIVE) == cordon->plan.on;
}

static int add_device(struct swapadm_cordon *cordon, const struct swapadm_device *dev)
{
	struct swapadm_cordon_plan *plan = &cordon->plan;

	if (dev->state == SWAPADM_STATE_DRAINING)
		return ctx_fail(cordon->ctx, -EBUSY,
				"%s: %s: a drain of it is running; cancel its job first",
				dev->path, verb(cordon));
	if (!changes(cordon, dev))
		return 0;
	if (!array_grow(&cordon->devices, plan->n_devices))
		return -ENOMEM;
	cordon->devices[plan->n_devices++] = dev;
	plan->devices = cordon->devices;
	plan->used_bytes += dev->usage.used_bytes;
	plan->room_bytes += u64_minus(dev->usage.size_bytes, dev->usage.used_bytes);
	return 0;
}

static int find_devices(struct swapadm_cordon *cordon)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	size_t n_leaves = 0;
	int r = swapadm_model_find(cordon->model, cordon->word, &tier, &dev);

	if (r)
		return ctx_fail(cordon->ctx, r,
				"%s: %s: no such device or tier; see `swapctl list`",
				cordon->word, verb(cordon));
	for (size_t i = 0; !r && i < (tier ? tier->n_devices : 1); i++) {
		const struct swapadm_device *each = tier ? tier->devices[i] : dev;

		if (!device_is_leaf(each))
			continue;
		n_leaves++;
		r = add_device(cordon, each);
	}
	if (!r && !n_leaves)
		return ctx_fail(
			cordon->ctx, -EPROTONOSUPPORT,
			"%s: %s: it is no leaf of the tswap device; only the redirect layer can do it",
			cordon->word, verb(cordon));
	return r;
}

static bool has_device(const struct swapadm_cordon *cordon,
		       const struct swapadm_device *dev)
{
	for (size_t i = 0; i < cordon->plan.n_devices; i++)
		if (cordon->devices[i] == dev)
			return true;
	return false;
}

/* room of a leaf once all is done */
static uint64_t room_then(const struct swapadm_cordon *cordon,
			  const struct swapadm_device *dev)
{
	struct swapadm_device then = *dev;

	if (!device_is_leaf(dev))
		return 0;
	if (has_device(cordon, dev))
		then.state = cordon->plan.on ? SWAPADM_STATE_CORDONED
					     : SWAPADM_STATE_ACTIVE;
	return device_room_bytes(&then);
}

static int find_dests(struct swapadm_cordon *cordon)
{
	struct swapadm_cordon_plan *plan = &cordon->plan;

	for (size_t t = 0; t < swapadm_model_n_tiers(cordon->model); t++) {
		const struct swapadm_tier *tier = swapadm_model_tier(cordon->model, t);
		uint64_t room = 0;

		for (size_t i = 0; i < tier->n_devices; i++)
			room += room_then(cordon, tier->devices[i]);
		if (!room)
			continue;
		if (!array_grow(&cordon->dests, plan->n_dests))
			return -ENOMEM;
		cordon->dests[plan->n_dests++] =
			(struct swapadm_drain_dest){ tier->name, room };
		plan->dests = cordon->dests;
	}
	if (!plan->on || !plan->n_devices || plan->n_dests)
		return 0;
	if (asprintf(
		    &cordon->refusal,
		    "%s: cordon: nothing else takes new pages: they would stay in memory; add a device first, or insist with --force",
		    cordon->word) < 0) {
		cordon->refusal = NULL;
		return -ENOMEM;
	}
	plan->refusal = cordon->refusal;
	return 0;
}

static void cordon_unrefp(struct swapadm_cordon **cordon)
{
	swapadm_cordon_unref(*cordon);
}

int redirect_cordon_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
			    const char *word, bool on, struct swapadm_cordon **out)
{
	_cleanup_(cordon_unrefp) struct swapadm_cordon *cordon =
		calloc(1, sizeof(*cordon));
	int r;

	if (!cordon)
		return -ENOMEM;
	cordon->ctx = swapadm_ref(ctx);
	cordon->model = swapadm_model_ref(model);
	cordon->word = strdup(word);
	if (!cordon->word)
		return -ENOMEM;
	cordon->plan.target = cordon->word;
	cordon->plan.on = on;
	r = find_devices(cordon);
	if (!r)
		r = find_dests(cordon);
	if (r)
		return r;
	*out = steal_ptr(&cordon);
	return 0;
}

SWAPADM_API struct swapadm_cordon *swapadm_cordon_unref(struct swapadm_cordon *cordon)
{
	if (!cordon)
		return NULL;
	free(cordon->devices);
	free(cordon->dests);
	free(cordon->word);
	free(cordon->refusal);
	swapadm_model_unref(cordon->model);
	swapadm_unref(cordon->ctx);
	free(cordon);
	return NULL;
}

SWAPADM_API const struct swapadm_cordon_plan *
swapadm_cordon_get_plan(const struct swapadm_cordon *cordon)
{
	return &cordon->plan;
}

SWAPADM_API int swapadm_cordon_run(struct swapadm_cordon *cordon, bool force)
{
	const enum tswap_leaf_state state = cordon->plan.on ? TSWAP_LEAF_CORDONED
							    : TSWAP_LEAF_ACTIVE;
	int r = ctx_may_change(cordon->ctx, cordon->word);

	if (r)
		return r;
	if (cordon->refusal && !force)
		return ctx_fail(cordon->ctx, -ENOSPC, "%s", cordon->refusal);
	for (size_t i = 0; !r && i < cordon->plan.n_devices; i++)
		/* .pub is the first member */
		r = redirect_leaf_set_state(
			cordon->ctx, (const struct model_device *)cordon->devices[i],
			state, verb(cordon));
	return r;
}
