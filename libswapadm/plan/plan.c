/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

#include <stdarg.h>

#include "conf/devspec.h"
#include "layer/layer.h"

static void free_unit(struct plan_unit *unit)
{
	if (!unit)
		return;
	swapadm_devspec_free(unit->spec);
	target_free(unit->target);
	target_free(unit->backing);
	if (unit->file_fd >= 0)
		close(unit->file_fd);
	free(unit->tier);
	free(unit->spec_text);
	free(unit->path);
	free(unit->value);
	free(unit->sentence);
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
	plan_cut(plan, 0);
	free(plan->units);
	free(plan->steps);
	free(plan->holder);
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
	unit->zram = unit->file_fd = -1;
	plan->units[plan->n_units++] = unit;
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

void plan_cut(struct swapadm_plan *plan, size_t n_units)
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

/* ---- carrying it out --------------------------------------------------------------- */

/* the steps of one unit from @first on; how many there were goes to @n */
static int run_unit(struct swapadm_plan *plan, size_t first, size_t *n,
		    swapadm_plan_fn fn, void *data)
{
	struct plan_unit *unit = plan->steps[first].unit;
	char why[sizeof(plan->ctx->error)];
	_cleanup_close_ int lock = -1;
	size_t i;
	int r = 0;

	for (*n = 0, i = first; i < plan->n_steps && plan->steps[i].unit == unit; i++)
		++*n;
	for (i = first; !r && i < first + *n; i++) {
		r = plan_run_step(plan, &plan->steps[i], &lock);
		if (r) {
			snprintf(why, sizeof(why), "%s", plan->ctx->error);
			plan_undo_unit(plan, unit);
			ctx_fail(plan->ctx, r, "%s", why);
		}
		if (fn)
			fn(data, &plan->steps[i].pub, r);
	}
	return r;
}

SWAPADM_API int swapadm_plan_run(struct swapadm_plan *plan, swapadm_plan_fn fn,
				 void *data)
{
	char why[sizeof(plan->ctx->error)] = "";
	size_t n_failed = 0, n;
	int result = ctx_may_change(plan->ctx, plan->holder);

	if (result)
		return result;
	for (size_t i = 0; i < plan->n_steps; i += n) {
		int r = run_unit(plan, i, &n, fn, data);

		if (!r)
			continue;
		if (n_failed++)
			log_warning(plan->ctx, "%s", plan->ctx->error);
		else
			snprintf(why, sizeof(why), "%s", plan->ctx->error);
		result = result ? result : r;
		if (!plan->go_on)
			break;
	}
	return result ? ctx_fail(plan->ctx, result, "%s", why) : 0;
}

/* ---- which layer ------------------------------------------------------------------- */

static const struct layer_ops *layer_of(struct swapadm_ctx *ctx,
					struct swapadm_conf *conf)
{
	enum swapadm_layer layer = conf ? swapadm_conf_layer(conf) : SWAPADM_LAYER_AUTO;

	return layer == SWAPADM_LAYER_AUTO ? layer_running(ctx) : layer_get(layer);
}

static int no_layer(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *what)
{
	enum swapadm_layer layer = conf ? swapadm_conf_layer(conf) : SWAPADM_LAYER_AUTO;

	return ctx_fail(
		ctx, -EPROTONOSUPPORT,
		"%s: the %s layer is not there on this system; load its module, or "
		"set layer = direct",
		what, swapadm_layer_name(layer));
}

SWAPADM_API int swapadm_plan_add(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
				 const char *tier, int rank,
				 const struct swapadm_devspec *const *specs, size_t n,
				 unsigned flags, struct swapadm_plan **out)
{
	const struct layer_ops *layer = layer_of(ctx, conf);
	int r = ctx_may_change(ctx, tier);

	if (r)
		return r;
	if (!layer || !layer->plan_add)
		return no_layer(ctx, conf, tier);
	return layer->plan_add(ctx, conf, tier, rank, specs, n, flags, out);
}

SWAPADM_API int swapadm_plan_apply(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
				   unsigned flags, struct swapadm_plan **out)
{
	const struct layer_ops *layer = layer_of(ctx, conf);
	int r = ctx_may_change(ctx, "apply");

	if (r)
		return r;
	if (!layer || !layer->plan_apply)
		return no_layer(ctx, conf, "apply");
	return layer->plan_apply(ctx, conf, flags, out);
}

/* ---- words ------------------------------------------------------------------------- */

/* a kernel name becomes a path: only that means the same everywhere */
static bool is_kernel_name(const char *word)
{
	return !strchr(word, '/') && !strchr(word, '=') && !streq(word, "zram");
}

char *spec_print(const struct swapadm_devspec *spec)
{
	struct swapadm_devspec named = *spec;
	char word[128], *text;

	if (is_kernel_name(spec->word)) {
		snprintf(word, sizeof(word), "/dev/%s", spec->word);
		named.word = word;
	}
	return devspec_print(&named, &text) ? NULL : text;
}

const char *size_print(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1024 && i + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		i++;
	}
	snprintf(buf, size, value < 10 && i ? "%.1f %s" : "%.0f %s", value, units[i]);
	return buf;
}
