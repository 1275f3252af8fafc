/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * apply: what makes the machine match the configuration.
 *
 * One device that is missing or wrong must not keep the others from being attached, at
 * boot least of all: its refusal becomes a WARN step, which fails when the plan is run,
 * next to the steps of the others.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/quote.h"
#include "device/swapfile.h"
#include "device/zram.h"
#include "model/zram.h"
#include "kernel/stats.h"
#include "plan/planner.h"
#include "plan/record.h"

/* ---- what is active -------------------------------------------------------------- */

static int plan_rerank(struct planner *planner, struct plan_unit *unit,
		       const struct swapadm_device *area)
{
	int r;

	if (!(planner->plan->flags & SWAPADM_PLAN_RERANK))
		return plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"active with priority %d instead of %d; apply --rerank drains it and activates it again",
			area->prio, unit->prio);
	r = plan_fitness(planner, area->path);
	if (!r)
		r = plan_fits(planner->ctx, planner->conf, area->path,
			      planner->plan->flags);
	if (r)
		return r;
	unit->kind = UNIT_RERANK;
	unit->old_prio = area->prio;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_RERANK, NULL,
			     area->usage.used_bytes,
			     "drains it and activates it again, priority was %d",
			     area->prio);
}

static int plan_keep(struct planner *planner, struct plan_unit *unit,
		     const struct swapadm_device *area)
{
	unsigned lacking = 0;
	char job[16], list[256];

	if (plan_is_draining(planner->ctx, area->path, job))
		return plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL,
			area->usage.used_bytes,
			"is being drained by job %s; apply again when that has ended or was cancelled",
			job);
	if (zram_is_line(unit->spec) && unit->spec->optional)
		lacking = zram_lacking(planner->ctx, zram_number(area->path), unit->spec);
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_KEEP, NULL,
			     area->usage.used_bytes, "is active%s%s%s",
			     lacking ? ", without " : "",
			     zram_print_options(lacking, list, sizeof(list)),
			     lacking ? ", which this kernel's zram lacks" : "");
}

/* what an active device that a line means needs, by the layer that it is on */
static int plan_state(struct planner *planner, struct plan_unit *unit,
		      const struct active *active)
{
	bool redirect = planner->plan->tswap.wanted;
	const struct swapadm_device *area = &active->dev->pub;

	if (active->leaf)
		return redirect ? plan_leaf(planner, unit, active)
				: plan_back_leaf(planner, unit, active);
	if (redirect)
		return plan_leaf_convert(planner, unit, active);
	if (area->prio != unit->prio)
		return plan_rerank(planner, unit, area);
	return plan_keep(planner, unit, area);
}

/* a limit that somebody else has set is not taken away */
static bool is_our_limit(struct planner *planner, const struct active *active)
{
	_cleanup_(devspec_freep) struct swapadm_devspec *was = NULL;
	uint64_t bytes;

	return active->record &&
	       swapadm_devspec_parse(planner->ctx, active->record->spec, &was) == 0 &&
	       plan_limit(planner->ctx, was, &bytes) == 0 &&
	       bytes == active->dev->pub.mem_limit_bytes;
}

static int set_zram(struct planner *planner, const struct swapadm_devspec *spec,
		    const struct active *active, const char *attr, uint64_t value,
		    uint64_t old)
{
	const struct swapadm_device *dev = &active->dev->pub;
	char path[112], text[32], old_text[32];
	int r;

	snprintf(path, sizeof(path), "/sys/block/%.64s/%s", dev->name, attr);
	snprintf(text, sizeof(text), "%ju", (uintmax_t)value);
	snprintf(old_text, sizeof(old_text), "%ju", (uintmax_t)old);
	r = plan_set(planner, path, text, old_text);
	return r || !active->record ? r : plan_set_record(planner, dev->path, spec);
}

static int plan_zram_limit(struct planner *planner, struct plan_unit *unit,
			   const struct swapadm_devspec *spec,
			   const struct active *active)
{
	const struct swapadm_device *dev = &active->dev->pub;
	size_t n_units = planner->plan->n_units;
	uint64_t limit;
	char size[32];
	int r = plan_limit(planner->ctx, spec, &limit);

	if (r)
		return plan_refused(planner, n_units, unit->tier, dev->path, r);
	if (limit == dev->mem_limit_bytes)
		return 0;
	if (!limit && !is_our_limit(planner, active))
		return plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"has a memory limit of %s that neither the configuration nor swapadm gave it, which stays; name it with mem-limit=, or write 0 to /sys/block/%.64s/mem_limit",
			words_size(dev->mem_limit_bytes, size, sizeof(size)), dev->name);
	return set_zram(planner, spec, active, "mem_limit", limit, dev->mem_limit_bytes);
}

/* the options of a zram that can be changed while it is in use */
static int plan_zram_settings(struct planner *planner, struct plan_unit *unit,
			      const struct swapadm_devspec *spec,
			      const struct active *active, unsigned lacking)
{
	const struct swapadm_device *dev = &active->dev->pub;
	int r = 0;

	if (!(lacking & 1u << ZRAM_MEM_LIMIT))
		r = plan_zram_limit(planner, unit, spec, active);
	if (r || !spec->writeback_batch || !dev->writeback_batch ||
	    spec->writeback_batch == dev->writeback_batch)
		return r;
	return set_zram(planner, spec, active, "writeback_batch_size",
			spec->writeback_batch, dev->writeback_batch);
}

/* the options of a zram: those that it can't be given now, and those that it can */
static int plan_zram_options(struct planner *planner, struct plan_unit *unit,
			     const struct swapadm_devspec *spec,
			     const struct active *active)
{
	const struct swapadm_device *dev = &active->dev->pub;
	unsigned differing = zram_differing(planner->ctx, spec, dev, active->record);
	unsigned lacking = zram_lacking(planner->ctx, zram_number(dev->path), spec);
	size_t n_units = planner->plan->n_units;
	char list[256];
	uint64_t bytes;
	int r = 0;

	if (differing == 1u << ZRAM_SIZE && !dev->backing_dev &&
	    plan_size(planner->ctx, spec, &bytes) == 0)
		r = plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"differs from the configuration in size; `swapctl resize %.64s %ju` changes it while it is in use",
			dev->name, (uintmax_t)bytes);
	else if (differing)
		r = plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"differs from the configuration in %s; remove it, then apply again",
			zram_print_names(differing, list, sizeof(list)));
	if (!r && lacking && !spec->optional) {
		r = zram_check(planner->ctx, spec);
		if (r)
			r = plan_refused(planner, n_units, unit->tier, dev->path, r);
	}
	return r ? r : plan_zram_settings(planner, unit, spec, active, lacking);
}

/* a swap file in use whose line asks for another size */
static int warn_file_size(struct planner *planner, struct plan_unit *unit,
			  const struct swapadm_devspec *spec, const char *path)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	_cleanup_close_ int fd = -1;
	const char *word;
	uint64_t bytes;
	struct stat st;

	if (spec->size.unit == SWAPADM_SIZE_NONE || ctx_stat(planner->ctx, path, &st) ||
	    !S_ISREG(st.st_mode) || plan_size(planner->ctx, spec, &bytes))
		return 0;
	fd = ctx_open(planner->ctx, path, O_RDONLY);
	if (fd < 0 || swapfile_has_size(fd, (uint64_t)st.st_size, bytes))
		return 0;
	word = quote_word(&q, path);
	return plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
		"the file has %ju bytes instead of %ju; `swapctl remove %s && rm %s`, then apply again",
		(uintmax_t)st.st_size, (uintmax_t)bytes, word, word);
}

/* whoever activated it did not mind, the next boot by this configuration would */
static int warn_exposed(struct planner *planner, struct plan_unit *unit, const char *path)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	struct target target = { .is_file = true };
	struct stat *st = &target.st;
	const char *word;

	if (planner->ctx->foreign_root || ctx_stat(planner->ctx, path, st) ||
	    !S_ISREG(st->st_mode) || !check_file_is_exposed(&target))
		return 0;
	word = quote_word(&q, path);
	return plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
		"others than root may use the file (user %u, mode %04o), so the next boot would not attach it; `chown root %s && chmod 600 %s`",
		(unsigned)st->st_uid, (unsigned)(st->st_mode & 07777), word, word);
}

static int plan_active(struct planner *planner, const struct planned_tier *tier,
		       const struct swapadm_devspec *spec, const struct match *match)
{
	const char *path = match->active->dev->pub.path;
	struct plan_unit *unit;
	int r = plan_new_device(planner->plan, UNIT_NOTE, tier, spec, &unit);

	if (r)
		return r;
	unit->path = strdup(path);
	if (!unit->path)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: plan: %s", path,
				strerror(ENOMEM));
	if (zram_is_line(spec))
		r = plan_zram_options(planner, unit, spec, match->active);
	else
		r = warn_file_size(planner, unit, spec, path);
	if (!r)
		r = warn_exposed(planner, unit, path);
	return r ? r : plan_state(planner, unit, match->active);
}

/* ---- one tier -------------------------------------------------------------------- */

static int plan_line(struct planner *planner, const struct planned_tier *tier,
		     const struct swapadm_devspec *spec, const struct match *match)
{
	if (match->taken)
		return ctx_fail(
			planner->ctx, -EINVAL,
			"%s: add: the configuration names it twice; leave one out",
			spec->word);
	if (match->active)
		return plan_active(planner, tier, spec, match);
	return plan_device(planner, tier, spec);
}

/* @line: of the tier */
static int apply_device(struct planner *planner, const struct planned_tier *tier,
			const struct swapadm_devspec *spec, const struct match *match,
			int line)
{
	size_t n_units = planner->plan->n_units;
	int r = plan_line(planner, tier, spec, match);

	if (r && r != -ENOMEM)
		return plan_refused(planner, n_units, tier->name, spec->word, r);
	for (size_t i = n_units; !r && i < planner->plan->n_units; i++)
		planner->plan->units[i]->line = line;
	return r;
}

static int apply_tier(struct planner *planner, const struct swapadm_conf_tier *conf)
{
	_cleanup_free_ struct match *matches =
		calloc(conf->n_devices + 1, sizeof(*matches));
	struct planned_tier tier;
	int r = plan_tiers_resolve(planner, conf->name, conf->rank, &tier);

	if (r)
		return r;
	if (!matches)
		return ctx_fail(planner->ctx, -ENOMEM, "apply: out of memory");
	load_match(&planner->load, conf, matches);
	for (size_t i = 0; !r && i < conf->n_devices; i++)
		r = apply_device(planner, &tier, conf->devices[i], &matches[i], (int)i);
	return r;
}

/* ---- what the configuration no longer names -------------------------------------- */

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

static int prune_active(struct planner *planner, const struct active *active)
{
	const struct swapadm_device *area = &active->dev->pub;
	const struct state_device *dev = active->record;
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
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL,
			area->usage.used_bytes,
			"was added by swapadm and no file names it; apply --prune drains and detaches it");
	unit->kind = UNIT_PRUNE;
	if (active->leaf)
		unit->leaf.id = active->leaf->id;
	r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_DRAIN, NULL,
			  area->usage.used_bytes, "no file names it any more");
	if (r)
		return r;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_DETACH, NULL, 0, "%s",
			     dev->created && zram_number(dev->path) >= 0
				     ? "removes the zram device"
				     : "forgets it");
}

/* a zram device that an interrupted run left, and that no line of the files wanted */
static int prune_left_over(struct planner *planner, const struct state_device *dev)
{
	int number = zram_number(dev->path);
	struct plan_unit *unit;
	int r;

	if (!dev->created || number < 0 || state_is_locked(planner->ctx) ||
	    !plan_is_left_over(planner->ctx, number))
		return 0;
	for (size_t i = 0; i < planner->plan->n_units; i++)
		if (plan_uses_zram(planner->plan->units[i], number))
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
	const struct state *state = &planner->load.state;
	int r = 0;

	for (size_t i = 0; !r && i < state->n_devices; i++) {
		const struct state_device *dev = &state->devices[i];
		const struct active *active = load_of_record(&planner->load, dev);
		size_t n_units = planner->plan->n_units;

		if (!active)
			r = prune_left_over(planner, dev);
		else if (!active->claimed)
			r = prune_active(planner, active);
		if (r && r != -ENOMEM)
			r = plan_refused(planner, n_units, dev->tier, dev->path, r);
	}
	return r;
}

/* ---- all of it ------------------------------------------------------------------- */

/*
 * an area that is not ours stands before all tiers: reported, and no reason to go without
 */
static int check_order(struct planner *planner, int rank)
{
	size_t n_units = planner->plan->n_units;
	int r = plan_tiers_check_order(planner, rank, 0);

	return r && r != -ENOMEM
		       ? plan_refused(planner, n_units, NULL, "order of tiers", r)
		       : r;
}

int plan_configuration(struct planner *planner)
{
	size_t n = swapadm_conf_n_tiers(planner->conf);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		r = apply_tier(planner, swapadm_conf_tier(planner->conf, i));
	if (!r && n)
		r = check_order(planner, swapadm_conf_tier(planner->conf, 0)->rank);
	if (!r)
		r = apply_prune(planner);
	return r ? r : plan_settings(planner);
}
