/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * apply: what makes the machine match the configuration.
 *
 * One device that is missing must not keep the others from being attached at boot: its
 * refusal becomes a WARN step, which fails when the plan is run, beside the steps of the
 * others. A device that is there and is refused is a mistake in the configuration (or
 * names that have shifted): then nothing is done at all.
 */
#include "layer/direct/direct.h"
#include "plan/planner.h"
#include "device/zram.h"
#include "model/zram.h"

/* ---- what is active ------------------------------------------------------------------ */

static int plan_rerank(struct planner *planner, struct plan_unit *unit,
		       const struct area *area)
{
	int r;

	if (!(planner->plan->flags & SWAPADM_PLAN_RERANK))
		return plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"active with priority %d instead of %d; apply --rerank drains it and activates it again",
			area->prio, unit->prio);
	r = plan_fits(planner->ctx, planner->conf, area->path, planner->plan->flags);
	if (r)
		return r;
	unit->kind = UNIT_RERANK;
	unit->old_prio = area->prio;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_RERANK, NULL,
			     area->used_bytes,
			     "drains it and activates it again, priority was %d",
			     area->prio);
}

static int plan_keep(struct planner *planner, struct plan_unit *unit,
		     const struct area *area)
{
	char job[16];

	if (plan_is_draining(planner->ctx, area->path, job))
		return plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, area->used_bytes,
			"is being drained by job %s; apply again when that has ended or was cancelled",
			job);
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_KEEP, NULL,
			     area->used_bytes, "is active");
}

/* @note: what differs from the configuration, or NULL */
static int plan_active(struct planner *planner, const struct planned_tier *tier,
		       const struct swapadm_devspec *spec, size_t index, const char *note)
{
	const struct area *area = &planner->check.areas.items[index];
	struct plan_unit *unit;
	int r;

	if (planner->claimed[index])
		return ctx_fail(
			planner->ctx, -EINVAL,
			"%s: add: the configuration names it twice (%s); leave one out",
			area->path, spec->word);
	planner->claimed[index] = true;
	r = plan_new_unit(planner->plan, UNIT_NOTE, tier->name, &unit);
	if (r)
		return r;
	unit->prio = swapadm_rank_to_prio(tier->rank);
	unit->path = strdup(area->path);
	unit->spec_text = spec_print(spec);
	if (!unit->path || !unit->spec_text)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: plan: %s", area->path,
				strerror(ENOMEM));
	r = swapadm_devspec_parse(planner->ctx, unit->spec_text, &unit->spec);
	if (!r && note)
		r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0, "%s",
				  note);
	if (r)
		return r;
	unit->rank = tier->rank;
	if (planner->plan->tswap.wanted && planner_leaf(planner, index))
		return plan_leaf(planner, unit, index);
	if (planner_leaf(planner, index))
		return plan_back_leaf(planner, unit, index);
	if (planner->plan->tswap.wanted)
		return plan_leaf_convert(planner, unit, index);
	if (area->prio != unit->prio)
		return plan_rerank(planner, unit, area);
	return plan_keep(planner, unit, area);
}

/* ---- which zram is which -------------------------------------------------------------- */

/* an unclaimed area that a line of @tier may mean */
static bool find_zram(struct planner *planner, const char *tier,
		      const struct swapadm_devspec *spec, enum zram_pass pass,
		      size_t *index)
{
	const struct area_list *areas = &planner->check.areas;

	for (size_t i = 0; i < areas->n; i++) {
		const struct area *area = &areas->items[i];

		if (planner->claimed[i] ||
		    !zram_matches(planner->ctx, pass, tier, spec, area,
				  state_find_device(&planner->state, area->path)))
			continue;
		if (pass == ZRAM_OTHERS_AS_WANTED && plan_tiers_name_area(planner, area))
			continue;
		*index = i;
		return true;
	}
	return false;
}

static int apply_zrams(struct planner *planner, const struct planned_tier *tier,
		       const struct swapadm_conf_tier *conf, bool *done)
{
	int r = 0;

	for (enum zram_pass pass = 0; pass < ZRAM_PASSES; pass++)
		for (size_t i = 0; !r && i < conf->n_devices; i++) {
			const struct swapadm_devspec *spec = conf->devices[i];
			size_t index;

			if (!zram_is_line(spec) || done[i] ||
			    !find_zram(planner, conf->name, spec, pass, &index))
				continue;
			done[i] = true;
			r = plan_active(
				planner, tier, spec, index,
				pass == ZRAM_OURS
					? "differs from the configuration in size or algorithm; remove it, then apply again"
					: NULL);
		}
	return r;
}

/* ---- one tier --------------------------------------------------------------------------- */

/* not there, or nothing that this kernel has */
static bool is_absence(int err)
{
	return err == -ENOENT || err == -ENODEV || err == -ENOMEDIUM ||
	       err == -EPROTONOSUPPORT;
}

static int apply_device(struct planner *planner, const struct planned_tier *tier,
			const struct swapadm_devspec *spec)
{
	const struct area *area = NULL;
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int r;

	if (!zram_is_line(spec)) {
		r = check_resolve(planner->ctx, spec->word, &path);
		if (r)
			return r;
		if (ctx_stat(planner->ctx, path, &st) == 0)
			area = check_find_area(planner->ctx, &planner->check.areas, &st);
	}
	if (area)
		return plan_active(planner, tier, spec,
				   (size_t)(area - planner->check.areas.items), NULL);
	return plan_device(planner, tier, spec);
}

static int apply_tier(struct planner *planner, const struct swapadm_conf_tier *conf)
{
	_cleanup_free_ bool *done = calloc(conf->n_devices + 1, sizeof(*done));
	struct planned_tier tier;
	int r = plan_tiers_resolve(planner, conf->name, conf->rank, &tier);

	if (r)
		return r;
	if (!done)
		return ctx_fail(planner->ctx, -ENOMEM, "apply: out of memory");
	r = apply_zrams(planner, &tier, conf, done);
	for (size_t i = 0; !r && i < conf->n_devices; i++) {
		size_t n_units = planner->plan->n_units;

		if (done[i])
			continue;
		r = apply_device(planner, &tier, conf->devices[i]);
		if (is_absence(r))
			r = plan_refused(planner, n_units, conf->name,
					 conf->devices[i]->word, r);
	}
	return r;
}

/* ---- what the configuration no longer names --------------------------------------------- */

static int new_prune_unit(struct planner *planner, const struct state_device *dev,
			  struct plan_unit **out)
{
	struct plan_unit *unit;
	int r = plan_new_unit(planner->plan, UNIT_NOTE, dev->tier, &unit);

	if (r)
		return r;
	unit->path = strdup(dev->path);
	if (!unit->path)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: plan: %s", dev->path,
				strerror(ENOMEM));
	*out = unit;
	return 0;
}

static int prune_active(struct planner *planner, const struct state_device *dev,
			const struct area *area)
{
	struct plan_unit *unit;
	int r;

	if (planner->plan->flags & SWAPADM_PLAN_PRUNE) {
		r = plan_fits(planner->ctx, planner->conf, dev->path,
			      planner->plan->flags);
		if (r)
			return r;
	}
	r = new_prune_unit(planner, dev, &unit);
	if (r)
		return r;
	unit->prio = area->prio;
	if (!(planner->plan->flags & SWAPADM_PLAN_PRUNE))
		return plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, area->used_bytes,
			"was added by swapadm and no file names it; apply --prune drains and detaches it");
	unit->kind = UNIT_PRUNE;
	if (planner_leaf(planner, (size_t)(area - planner->check.areas.items)))
		unit->leaf_id =
			planner_leaf(planner, (size_t)(area - planner->check.areas.items))
				->id;
	r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_DRAIN, NULL,
			  area->used_bytes, "no file names it any more");
	if (r)
		return r;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_DETACH, NULL, 0, "%s",
			     dev->created ? "removes the zram device" : "forgets it");
}

/* a zram device that an interrupted run left, and that no line of the files wanted */
static int prune_left_over(struct planner *planner, const struct state_device *dev)
{
	int number = zram_number(dev->path);
	struct plan_unit *unit;
	int r;

	if (!dev->created || number < 0 || !zram_is_left_over(planner->ctx, number))
		return 0;
	for (size_t i = 0; i < planner->plan->n_units; i++)
		if (planner->plan->units[i]->zram == number)
			return 0;
	r = new_prune_unit(planner, dev, &unit);
	if (r)
		return r;
	if (!(planner->plan->flags & SWAPADM_PLAN_PRUNE))
		return plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"was made by swapadm and is not in use; apply --prune removes it");
	unit->kind = UNIT_PRUNE;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_DETACH, NULL, 0,
			     "removes the unused zram device");
}

static int apply_prune(struct planner *planner)
{
	const struct area_list *areas = &planner->check.areas;
	int r = 0;

	for (size_t i = 0; !r && i < planner->state.n_devices; i++) {
		const struct state_device *dev = &planner->state.devices[i];
		const struct area *area = areas_find(areas, dev->path);
		size_t n_units = planner->plan->n_units;

		if (!area)
			r = prune_left_over(planner, dev);
		else if (!planner->claimed[area - areas->items])
			r = prune_active(planner, dev, area);
		if (r && r != -ENOMEM)
			r = plan_refused(planner, n_units, dev->tier, dev->path, r);
	}
	return r;
}

/* ---- all of it ---------------------------------------------------------------------------- */

int plan_configuration(struct planner *planner)
{
	size_t n = swapadm_conf_n_tiers(planner->conf);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		r = apply_tier(planner, swapadm_conf_tier(planner->conf, i));
	if (!r && n)
		r = plan_tiers_check_order(planner,
					   swapadm_conf_tier(planner->conf, 0)->rank);
	if (!r)
		r = apply_prune(planner);
	return r ? r : plan_settings(planner);
}
