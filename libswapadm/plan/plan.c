/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

#include <stdarg.h>
#include <sys/swap.h>

#include "conf/devspec.h"

static void free_unit(struct plan_unit *unit)
{
	if (!unit)
		return;
	swapadm_devspec_free(unit->spec);
	target_free(unit->target);
	switch (unit->kind) {
	case UNIT_ZRAM:
		target_free(unit->zram.backing);
		break;
	case UNIT_FILE:
		closep(&unit->file.fd);
		closep(&unit->file.folder_fd);
		break;
	case UNIT_PRUNE:
		if (unit->leaf.deletes) {
			closep(&unit->leaf.fd);
			closep(&unit->leaf.folder_fd);
		}
		break;
	case UNIT_SET:
		free(unit->setting.value);
		free(unit->setting.zram);
		break;
	case UNIT_RULE:
		free(unit->rule.msg);
		break;
	case UNIT_MASK:
		free(unit->mask.cgroup);
		break;
	case UNIT_REFUSED:
		free(unit->refused.sentence);
		break;
	default:
		break;
	}
	free(unit->tier);
	free(unit->spec_text);
	free(unit->path);
	free(unit->replaces);
	free(unit);
}

static void free_step(struct plan_step *step)
{
	free((void *)step->pub.object);
	free((void *)step->pub.tier);
	free((void *)step->pub.text);
}

int plan_new(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	     const char *holder, struct swapadm_plan **out)
{
	struct swapadm_plan *plan = calloc(1, sizeof(*plan));
	char *copy = strdup(holder);

	if (!plan || !copy) {
		free(plan);
		free(copy);
		return ctx_fail(ctx, -ENOMEM, "%s: plan: %s", holder, strerror(ENOMEM));
	}
	plan->refs = 1;
	plan->flags = flags;
	plan->holder = copy;
	plan->ctx = swapadm_ref(ctx);
	plan->conf = conf ? swapadm_conf_ref(conf) : NULL;
	*out = plan;
	return 0;
}

SWAPADM_API struct swapadm_plan *swapadm_plan_ref(struct swapadm_plan *plan)
{
	if (plan)
		plan->refs++;
	return plan;
}

SWAPADM_API struct swapadm_plan *swapadm_plan_unref(struct swapadm_plan *plan)
{
	if (!plan || --plan->refs)
		return NULL;
	plan_drop_units(plan, 0);
	free(plan->units);
	free(plan->steps);
	free(plan->holder);
	free(plan->degraded);
	swapadm_plan_unref(plan->replaced);
	if (plan->conf)
		swapadm_conf_unref(plan->conf);
	swapadm_unref(plan->ctx);
	free(plan);
	return NULL;
}

int plan_new_unit(struct swapadm_plan *plan, enum unit_kind kind, const char *tier,
		  struct plan_unit **out)
{
	struct plan_unit *unit = calloc(1, sizeof(*unit));

	if (unit && tier)
		unit->tier = strdup(tier);
	if (!unit || (tier && !unit->tier) || !array_grow(&plan->units, plan->n_units)) {
		free(unit ? unit->tier : NULL);
		free(unit);
		return ctx_fail(plan->ctx, -ENOMEM, "%s: plan: %s", plan->holder,
				strerror(ENOMEM));
	}
	unit->kind = kind;
	unit->prio = unit->old_prio = SWAPADM_PRIO_NONE;
	unit->new_rank = SWAPADM_RANK_NONE;
	unit->line = -1;
	if (kind == UNIT_ZRAM)
		unit->zram.number = -1;
	if (kind == UNIT_FILE)
		unit->file.fd = unit->file.folder_fd = -1;
	plan->units[plan->n_units++] = unit;
	*out = unit;
	return 0;
}

int plan_new_device(struct swapadm_plan *plan, enum unit_kind kind,
		    const struct planned_tier *tier, const struct swapadm_devspec *spec,
		    struct plan_unit **out)
{
	struct plan_unit *unit;
	int r = plan_new_unit(plan, kind, tier->name, &unit);

	if (r)
		return r;
	if (devspec_copy(spec, &unit->spec) ||
	    devspec_print(unit->spec, &unit->spec_text))
		return ctx_fail(plan->ctx, -ENOMEM, "%s: plan: %s", spec->word,
				strerror(ENOMEM));
	/* the self-test's areas are filled before all others, those of rank 0 too */
	unit->prio = tier_is_selftest(tier->name) ? SWAP_FLAG_PRIO_MASK
						  : swapadm_rank_to_prio(tier->rank);
	unit->rank = tier->rank;
	*out = unit;
	return 0;
}

int plan_add_step(struct swapadm_plan *plan, struct plan_unit *unit,
		  enum swapadm_action action, const char *object, uint64_t bytes,
		  const char *fmt, ...)
{
	struct plan_step step = { .unit = unit };
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!object)
		object = unit->path ? unit->path : unit->spec_text;
	step.pub = (struct swapadm_step){
		.action = action,
		.object = strdup(object),
		.tier = unit->tier ? strdup(unit->tier) : NULL,
		.text = strdup(text),
		.prio = unit->prio,
		.bytes = bytes,
	};
	if (!step.pub.object || !step.pub.text || (unit->tier && !step.pub.tier) ||
	    !array_grow(&plan->steps, plan->n_steps)) {
		free_step(&step);
		return ctx_fail(plan->ctx, -ENOMEM, "%s: plan: %s", plan->holder,
				strerror(ENOMEM));
	}
	plan->steps[plan->n_steps++] = step;
	return 0;
}

void plan_drop_units(struct swapadm_plan *plan, size_t n_units)
{
	while (plan->n_units > n_units) {
		struct plan_unit *unit = plan->units[--plan->n_units];

		while (plan->n_steps && plan->steps[plan->n_steps - 1].unit == unit)
			free_step(&plan->steps[--plan->n_steps]);
		free_unit(unit);
	}
}

/* ---- what users of a plan see ------------------------------------------------------ */

SWAPADM_API size_t swapadm_plan_n_steps(const struct swapadm_plan *plan)
{
	return plan->n_steps;
}

SWAPADM_API const struct swapadm_step *swapadm_plan_step(const struct swapadm_plan *plan,
							 size_t i)
{
	return i < plan->n_steps ? &plan->steps[i].pub : NULL;
}

static bool changes(const struct swapadm_step *step)
{
	return step->action != SWAPADM_ACTION_KEEP && step->action != SWAPADM_ACTION_WARN;
}

SWAPADM_API size_t swapadm_plan_n_changes(const struct swapadm_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_steps; i++)
		n += changes(&plan->steps[i].pub);
	return n;
}

SWAPADM_API size_t swapadm_plan_n_refused(const struct swapadm_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_units; i++)
		n += plan->units[i]->kind == UNIT_REFUSED;
	return n;
}
