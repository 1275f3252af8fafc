/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/planner.h"

#include "model/leaf.h"

int planner_begin(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		  const char *holder, struct planner *planner)
{
	int r;

	*planner = (struct planner){ .ctx = ctx, .conf = conf };
	r = plan_new(ctx, conf, flags, holder, &planner->plan);
	if (!r)
		r = check_load(ctx, &planner->check);
	if (!r)
		r = state_load(ctx, &planner->state);
	if (r)
		return r;
	planner->check.state = &planner->state;
	planner->claimed = calloc(planner->check.areas.n + 1, sizeof(bool));
	return planner->claimed ? 0 : ctx_fail(ctx, -ENOMEM, "plan: out of memory");
}

void planner_end(struct planner *planner)
{
	swapadm_plan_unref(planner->plan);
	check_done(&planner->check);
	state_free(&planner->state);
	snapshot_free(&planner->redirect);
	free(planner->claimed);
}

int plan_refused(struct planner *planner, size_t n_units, const char *tier,
		 const char *object, int err)
{
	static const char action[] = ": add: ";
	struct plan_unit *unit;
	char *sentence, *cause;
	int r;

	sentence = strdup(planner->ctx->error);
	plan_drop_units(planner->plan, n_units);
	r = plan_new_unit(planner->plan, UNIT_REFUSED, tier, &unit);
	if (r || !sentence) {
		free(sentence);
		return r ? r : -ENOMEM;
	}
	unit->err = err;
	unit->sentence = sentence;
	cause = strstr(sentence, action);
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_WARN, object, 0, "%s",
			     cause ? cause + strlen(action) : sentence);
}

const struct tswap_leaf_msg *planner_leaf(const struct planner *planner, size_t index)
{
	size_t n_areas = planner->check.areas.n - planner->redirect.n_leaves;

	return index < n_areas ? NULL : &planner->redirect.leaves[index - n_areas];
}

/* the leaves behind the areas: a device that is one is in use, and has its tier */
static int append_leaves(struct planner *planner)
{
	struct area_list *list = &planner->check.areas;
	size_t n = list->n + planner->redirect.n_leaves;
	struct area *items = reallocarray(list->items, n + 1, sizeof(*items));
	bool *claimed;

	if (!items)
		return -ENOMEM;
	list->items = items;
	for (size_t i = 0; i < planner->redirect.n_leaves; i++) {
		int r = leaf_as_area(&planner->redirect.leaves[i], &items[list->n]);

		if (r)
			return r;
		list->n++;
	}
	claimed = reallocarray(planner->claimed, n + 1, sizeof(*claimed));
	if (!claimed)
		return -ENOMEM;
	memset(claimed, 0, (n + 1) * sizeof(*claimed));
	planner->claimed = claimed;
	return 0;
}

int planner_read_module(struct planner *planner)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	struct plan_tswap *tswap = &planner->plan->tswap;
	int r = tswap_client_open(planner->ctx, &client);

	if (!r)
		r = snapshot_read(client, &planner->redirect);
	if (r == -ENODEV)
		return 0;
	if (!r)
		r = snapshot_read_tiers(client, &planner->redirect);
	if (r)
		return r;
	tswap->exists = true;
	tswap->id = planner->redirect.device.id;
	tswap->slots = planner->redirect.device.slots;
	snprintf(planner->tswap_path, sizeof(planner->tswap_path), "/dev/%s",
		 planner->redirect.device.name);
	r = append_leaves(planner);
	return r ? ctx_fail(planner->ctx, r, "plan: out of memory") : 0;
}
