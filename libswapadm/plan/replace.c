/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replace and resize: the new device first, in the tier of the old one; then the old
 * one's pages, on the redirect layer straight to the new one; then the old one goes. At
 * no moment is there less room than before. A run that was killed is completed by the
 * same command: the record of the new device says whose place it takes, until the old one
 * has gone. A sibling that happens to have the same options is not the new one.
 */
#include <inttypes.h>
#include <limits.h>

#include "base/quote.h"
#include "conf/devspec.h"
#include "conf/persist.h"
#include "device/swapfile.h"
#include "kernel/pagesize.h"
#include "layer/direct/direct.h"
#include "model/zram.h"
#include "plan/planner.h"

/* on the layer that runs, whatever the configuration wants */
/* @verb: "replace" or "resize" */
static int begin(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		 const char *verb, const char *word, struct planner *planner,
		 struct swapadm_model **model)
{
	bool redirect = plan_has_tswap(ctx);
	int r = ctx_may_change(ctx, word);
	char holder[64];

	snprintf(holder, sizeof(holder), "%s %.31s", verb, word);
	if (!r)
		r = planner_begin(ctx, conf, flags, holder, redirect, planner);
	if (r)
		return r;
	planner->plan->tswap.wanted = redirect;
	return swapadm_model_load(ctx, conf, 0, model);
}

/**
 * struct old - what is to go
 * @dev:     of the model
 * @active:  NULL: a run that was killed has drained it
 * @record:  NULL: not attached by swapadm
 * @path:    as its record has it, else as /proc/swaps does
 * @taker:   takes its place already, or NULL: no run before this one
 */
struct old {
	const struct swapadm_device *dev;
	const struct active *active, *taker;
	const struct state_device *record;
	const char *path;
	struct planned_tier tier;
};

static const struct active *find_active(const struct planner *planner, const char *path)
{
	for (size_t i = 0; i < planner->load.n_active; i++)
		if (streq(planner->load.active[i].dev->pub.path, path))
			return &planner->load.active[i];
	return NULL;
}

/* the tier of a device of a model */
static const struct swapadm_tier *tier_of(const struct swapadm_model *model,
					  const struct swapadm_device *dev)
{
	for (size_t t = 0; t < swapadm_model_n_tiers(model); t++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, t);

		for (size_t i = 0; i < tier->n_devices; i++)
			if (tier->devices[i] == dev)
				return tier;
	}
	return NULL;
}

static int refuse_old(struct planner *planner, const char *word, const char *why)
{
	return ctx_fail(planner->ctx, -EINVAL, "%s: %s: %s", word,
			plan_verb(planner->plan), why);
}

/* an active device whose record says that it takes the place of @path */
static const struct active *find_taker(const struct planner *planner, const char *path)
{
	for (size_t i = 0; i < planner->load.n_active; i++) {
		const struct active *active = &planner->load.active[i];

		if (active->record && streq_null(active->record->replaces, path))
			return active;
	}
	return NULL;
}

static void fill_old(const struct planner *planner, const struct swapadm_device *dev,
		     struct old *old)
{
	old->dev = dev;
	old->active = find_active(planner, dev->path);
	old->record = old->active ? old->active->record
				  : state_find_device(&planner->load.state, dev->path);
	old->path = old->record ? old->record->path : dev->path;
	old->taker = find_taker(planner, old->path);
}

static int find_old(struct planner *planner, const struct swapadm_model *model,
		    const char *word, struct old *old)
{
	const struct swapadm_tier *tier;
	const struct swapadm_device *dev;
	int r = swapadm_model_find(model, word, &tier, &dev);

	if (r)
		return r;
	if (!dev)
		return refuse_old(planner, word, "is a tier; name a device of it");
	tier = dev->path ? tier_of(model, dev) : NULL;
	if (tier)
		fill_old(planner, dev, old);
	if (!tier || (!old->active && !(old->record && old->taker)))
		return refuse_old(
			planner, word,
			"is not in use as a device of a tier; `swapctl list` shows those that are");
	if (tier->is_auto)
		return refuse_old(
			planner, word,
			"is in no tier of a configuration; `swapctl save --write` makes one of what runs");
	r = plan_tiers_resolve(planner, tier->name, SWAPADM_RANK_NONE, &old->tier);
	if (!r)
		old->tier.name = tier->name;
	return r;
}

/* ---- the new one ----------------------------------------------------------------- */

/* a device that was named and is in use in that tier, whoever attached it */
static int find_named(struct planner *planner, const struct swapadm_model *model,
		      const struct old *old, const struct swapadm_devspec *spec,
		      const struct active **out)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier;
	const struct active *active;

	if (streq(spec->word, "zram") ||
	    swapadm_model_find(model, spec->word, &tier, &dev) || !dev || !dev->path)
		return 0;
	active = find_active(planner, dev->path);
	if (!active)
		return 0;
	tier = tier_of(model, dev);
	if (!tier || !streq(tier->name, old->tier.name))
		return ctx_fail(planner->ctx, -EBUSY,
				"%s: %s: it is in use already, in tier %s", dev->path,
				plan_verb(planner->plan), tier ? tier->name : "none");
	*out = active;
	return 0;
}

/*
 * A run that died between the record and swapon(2) has made a file that is not in use:
 * the record says that it was to take the place of @path.
 */
static const struct state_device *find_made(const struct planner *planner,
					    const char *path)
{
	for (size_t i = 0; i < planner->load.state.n_devices; i++)
		if (streq_null(planner->load.state.devices[i].replaces, path))
			return &planner->load.state.devices[i];
	return NULL;
}

/* of another size than is asked for now: it can't be used */
static int check_made(struct planner *planner, const struct old *old,
		      const struct swapadm_devspec *spec, const char *text)
{
	const struct state_device *made = find_made(planner, old->path);
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const char *word;
	struct stat st;

	if (!made || !streq(made->path, spec->word) || streq(made->spec, text) ||
	    ctx_stat(planner->ctx, made->path, &st))
		return 0;
	word = quote_word(&q, made->path);
	return ctx_fail(
		planner->ctx, -EEXIST,
		"%s: resize: a run that has not ended has made %s for it; wait for its end, or if it was interrupted, give the size of that again to complete it, or give it up: `swapctl remove %s && rm %s`",
		old->path, made->spec, word, word);
}

/* what is in use already: a run before this one has attached it, or somebody else */
static int find_new(struct planner *planner, const struct swapadm_model *model,
		    const struct old *old, const struct swapadm_devspec *spec,
		    const char *text, const struct active **out)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const struct active *taker = old->taker;

	if (!taker) {
		int r = check_made(planner, old, spec, text);

		return r ? r : find_named(planner, model, old, spec, out);
	}
	if (!streq(taker->record->spec, text))
		return ctx_fail(
			planner->ctx, -EEXIST,
			"%s: %s: %s takes its place already, as %s, in a run that has not ended; wait for its end, or if it was interrupted, give the same again to complete it, or give it up: `swapctl remove %s`",
			old->path, plan_verb(planner->plan), taker->dev->pub.path,
			taker->record->spec, quote_word(&q, taker->dev->pub.path));
	*out = taker;
	return 0;
}

static int keep_new(struct planner *planner, const struct old *old,
		    const struct swapadm_devspec *spec, const struct active *active,
		    struct plan_unit **out)
{
	int r;

	if (active == old->active)
		return refuse_old(planner, active->dev->pub.path, "is the same device");
	r = plan_new_device(planner->plan, UNIT_NOTE, &old->tier, spec, out);
	if (r)
		return r;
	(*out)->path = strdup(active->dev->pub.path);
	if (!(*out)->path)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: memory is short",
				plan_verb(planner->plan));
	r = plan_add_step(planner->plan, *out, SWAPADM_ACTION_KEEP, NULL,
			  active->dev->pub.usage.used_bytes, "is in use already");
	return r ? r : plan_drop_in(planner, &old->tier, active, spec);
}

static int plan_new_one(struct planner *planner, const struct swapadm_model *model,
			const struct old *old, const struct swapadm_devspec *spec,
			struct plan_unit **out)
{
	_cleanup_free_ char *text = NULL;
	const struct active *active = NULL;
	size_t n = planner->plan->n_units;
	int r = devspec_print(spec, &text);

	if (r)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: memory is short",
				plan_verb(planner->plan));
	r = find_new(planner, model, old, spec, text, &active);
	if (active)
		return keep_new(planner, old, spec, active, out);
	if (!r)
		r = plan_device(planner, &old->tier, spec);
	for (size_t i = n; !r && i < planner->plan->n_units; i++)
		if (planner->plan->units[i]->spec)
			*out = planner->plan->units[i];
	if (r || !*out)
		return r ? r : -EINVAL;
	(*out)->replaces = strdup(old->path);
	return (*out)->replaces ? 0
				: ctx_fail(planner->ctx, -ENOMEM, "%s: memory is short",
					   plan_verb(planner->plan));
}

/* that there will be; the room of a device that is kept is there already */
static uint64_t room_of(const struct plan_unit *unit)
{
	if (unit->kind == UNIT_NOTE)
		return 0;
	return unit->target ? unit->target->size_bytes : unit->size_bytes;
}

/* ---- the old one ----------------------------------------------------------------- */

/*
 * On the redirect layer the pages go to the new device, and only there: what does not fit
 * is refused before that device is formatted or attached.
 */
static int check_new_holds(struct planner *planner, const struct old *old,
			   const struct plan_unit *unit)
{
	uint64_t used = old->dev->usage.used_bytes, room = room_of(unit);
	const struct active *kept =
		unit->kind == UNIT_NOTE ? find_active(planner, unit->path) : NULL;
	char holds[32], lacks[32];

	if (!old->active || !old->active->leaf ||
	    planner->plan->flags & SWAPADM_PLAN_FORCE)
		return 0;
	if (kept)
		room = kept->dev->pub.usage.size_bytes - kept->dev->pub.usage.used_bytes;
	room -= room && !kept ? ctx_page_bytes(planner->ctx) : 0; /* its header */
	if (used <= room)
		return 0;
	return ctx_fail(
		planner->ctx, -SWAPADM_ENOROOM,
		"%s: %s: %s would hold %s and is %s short of its pages; use a larger device, or move pages elsewhere first (swapctl migrate)",
		old->path, plan_verb(planner->plan),
		unit->path ? unit->path : "the new device",
		words_size(room, holds, sizeof(holds)),
		words_size(used - room, lacks, sizeof(lacks)));
}

static int check_persist(struct planner *planner, const struct old *old,
			 const struct plan_unit *new_unit)
{
	if (!(planner->plan->flags & SWAPADM_PLAN_PERSIST))
		return 0;
	return direct_persist_forget_check(planner->ctx, old->dev->tier, old->dev->path,
					   old->record ? old->record->spec : NULL,
					   new_unit->spec_text);
}

static int plan_drain_step(struct planner *planner, const struct old *old,
			   struct plan_unit *unit, const struct plan_verdict *verdict)
{
	char time[64] = "", job[16];
	int r = plan_check_claim(planner->ctx, old->dev->path);

	if (r)
		return r;
	if (plan_is_draining(planner->ctx, old->dev->path, job))
		snprintf(time, sizeof(time), "; first the end of job %s is waited for",
			 job);
	else if (verdict->predicted_ns)
		snprintf(time, sizeof(time), ", about %" PRIu64 " s",
			 (verdict->predicted_ns + 999999999) / 1000000000);
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_DRAIN, NULL,
			     old->dev->usage.used_bytes, "%s%s",
			     old->active->leaf
				     ? "its pages go to the new device"
				     : "its pages go to memory and the other areas",
			     time);
}

/* only what swapadm made is deleted: the file of its record, and nothing else */
static void hold_file(struct planner *planner, const struct old *old,
		      struct plan_unit *unit)
{
	const struct state_device *record = old->record;
	_cleanup_close_ int folder = -1, fd = -1;
	struct stat st;

	if (!old->dev->is_file || !record || !record->created || !record->identity.ino ||
	    swapfile_open(planner->ctx, record->path, &folder, &fd) ||
	    fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_dev != record->identity.dev || st.st_ino != record->identity.ino)
		return;
	unit->leaf.folder_fd = steal_fd(&folder);
	unit->leaf.fd = steal_fd(&fd);
	unit->leaf.deletes = true;
}

/* @deletes: its swap file, if swapadm made it */
static int plan_old_one(struct planner *planner, const struct old *old,
			const struct plan_unit *new_unit, bool deletes)
{
	struct plan_verdict verdict = { .extra_bytes = room_of(new_unit) };
	struct plan_unit *unit;
	int r = old->active ? plan_fits_with(planner->ctx, planner->conf, old->dev->path,
					     planner->plan->flags, &verdict)
			    : 0;

	if (!r)
		r = check_new_holds(planner, old, new_unit);
	if (!r)
		r = check_persist(planner, old, new_unit);
	if (!r)
		r = plan_new_unit(planner->plan, UNIT_PRUNE, old->tier.name, &unit);
	if (r)
		return r;
	unit->path = strdup(old->dev->path);
	if (!unit->path)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: memory is short",
				plan_verb(planner->plan));
	unit->prio = old->dev->prio;
	unit->leaf.id = old->active && old->active->leaf ? old->active->leaf->id : 0;
	unit->leaf.into = new_unit;
	if (deletes)
		hold_file(planner, old, unit);
	if (old->active)
		r = plan_drain_step(planner, old, unit, &verdict);
	if (r)
		return r;
	return plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_DETACH, NULL, 0, "%s%s",
		unit->leaf.deletes ? "is taken out and deleted" : "is taken out",
		planner->plan->flags & SWAPADM_PLAN_PERSIST ? "; also of " PERSIST_FILE
							    : "");
}

/* pages that leave a disk for a zram come into memory, compressed */
static int warn_memory(struct planner *planner, const struct old *old,
		       struct plan_unit *unit)
{
	uint64_t used = old->dev->usage.used_bytes, room = room_of(unit);
	char holds[32], has[32];

	if (unit->kind != UNIT_ZRAM || old->dev->kind == SWAPADM_KIND_ZRAM || !used)
		return 0;
	return plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_WARN, NULL, room,
		"is in memory, and %s of pages come there%s%s%s",
		words_size(used, holds, sizeof(holds)), used > room ? ": it holds " : "",
		used > room ? words_size(room, has, sizeof(has)) : "",
		used > room ? ", the rest goes to memory and the other areas" : "");
}

static int plan_pair(struct planner *planner, const struct swapadm_model *model,
		     const struct old *old, const struct swapadm_devspec *spec,
		     bool deletes)
{
	struct plan_unit *unit = NULL;
	int r = plan_new_one(planner, model, old, spec, &unit);

	if (!r)
		r = warn_memory(planner, old, unit);
	return r ? r : plan_old_one(planner, old, unit, deletes);
}

SWAPADM_API int swapadm_plan_replace(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
				     const char *word, const struct swapadm_devspec *spec,
				     unsigned flags, struct swapadm_plan **out)
{
	CTX_CALL(ctx);
	_cleanup_(planner_end) struct planner planner = { 0 };
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(plan_name_done) struct plan_name name = { 0 };
	struct old old = { 0 };
	int r;

	if (!ctx || !word || !spec || !out || flags & ~PLAN_FLAGS)
		return -EINVAL;
	r = begin(ctx, conf, flags, "replace", word, &planner, &model);
	if (!r)
		r = find_old(&planner, model, word, &old);
	if (!r)
		r = plan_name(&planner, spec, &name);
	if (!r)
		r = plan_pair(&planner, model, &old, &name.spec, false);
	if (!r)
		*out = steal_ptr(&planner.plan);
	return r;
}

/* ---- resize ---------------------------------------------------------------------- */

/*
 * A name for the file of the new size: the kernel lets nobody rename or delete a file
 * that is in use as swap, so the old name is not free yet. FILE, FILE.2, FILE.3 ...
 */
static int free_name(struct planner *planner, const char *path, char *buf, size_t size)
{
	size_t len = strlen(path);
	const char *dot = strrchr(path, '.');
	struct stat st;
	uint64_t n;

	if (dot && parse_u64(dot + 1, &n) == 0 && n > 1)
		len = (size_t)(dot - path);
	for (unsigned i = 1; i < 100; i++) {
		snprintf(buf, size, i == 1 ? "%.*s" : "%.*s.%u", (int)len, path, i);
		if (ctx_stat(planner->ctx, buf, &st) == -ENOENT)
			return 0;
	}
	return ctx_fail(planner->ctx, -EEXIST,
			"%s: resize: no name is free for the new file", path);
}

/* @base: the line of the old one, or NULL: the kernel knows some of its options */
static int zram_spec(struct planner *planner, const struct old *old,
		     const struct swapadm_devspec *base, struct swapadm_devspec *spec)
{
	const struct swapadm_device *dev = old->dev;

	if ((dev->backing_dev && *dev->backing_dev) || (base && base->writeback))
		return ctx_fail(
			planner->ctx, -EBUSY,
			"%s: resize: its write-back device %s can't serve two zrams at once; remove the zram, then add it with the new size",
			dev->path,
			base && base->writeback ? base->writeback : dev->backing_dev);
	if (!base || !zram_is_line(base)) {
		*spec = (struct swapadm_devspec){ 0 };
		zram_to_spec(planner->ctx, dev, base, spec);
	}
	spec->word = "zram";
	return 0;
}

/* the file that an interrupted run has made already, or a name for a new one */
static int file_name(struct planner *planner, const struct old *old, char *path,
		     size_t size)
{
	const struct state_device *made = old->taker ? old->taker->record
						     : find_made(planner, old->path);

	if (!made)
		return free_name(planner, old->path, path, size);
	snprintf(path, size, "%s", made->path);
	return 0;
}

/* as the line of the old one, but of another size; @base: of that line, to be freed */
static int resize_spec(struct planner *planner, const struct old *old,
		       const struct swapadm_size *size, char path[PATH_MAX],
		       struct swapadm_devspec **base, struct swapadm_devspec *spec)
{
	const struct swapadm_device *dev = old->dev;
	const char *line = old->record ? old->record->spec : dev->spec;
	int r;

	if (dev->kind != SWAPADM_KIND_ZRAM && !dev->is_file)
		return ctx_fail(
			planner->ctx, -EPROTONOSUPPORT,
			"%s: resize: a block device is used whole; make another one of the size and use `swapctl replace`",
			dev->path);
	if (line && swapadm_devspec_parse(planner->ctx, line, base) == 0)
		*spec = **base;
	spec->word = path;
	r = dev->is_file ? file_name(planner, old, path, PATH_MAX)
			 : zram_spec(planner, old, *base, spec);
	spec->size = *size;
	return r;
}

/* is it of that size, with nothing left of a run before? An area lacks its header */
static bool has_size(struct planner *planner, const struct old *old,
		     const struct swapadm_devspec *spec)
{
	uint64_t page_bytes = ctx_page_bytes(planner->ctx), bytes;
	uint64_t now = old->dev->usage.size_bytes;

	return old->active && !old->taker && !find_made(planner, old->path) &&
	       !plan_size(planner->ctx, spec, &bytes) &&
	       (bytes == now || bytes == now + page_bytes);
}

static int plan_no_change(struct planner *planner, const struct old *old,
			  struct swapadm_devspec *spec)
{
	struct plan_unit *unit;
	int r;

	if (old->dev->is_file) /* not the name that a new one would get */
		spec->word = old->path;
	r = plan_new_device(planner->plan, UNIT_NOTE, &old->tier, spec, &unit);
	if (!r)
		r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_KEEP,
				  old->dev->path, old->dev->usage.used_bytes,
				  "has this size already");
	return r ? r : plan_drop_in(planner, &old->tier, old->active, spec);
}

static int is_tswap(struct planner *planner, const char *word)
{
	const char *name = str_after(word, "/dev/");

	if (!planner->plan->tswap.exists ||
	    !streq(name ? name : word, planner->redirect.device.name))
		return 0;
	return ctx_fail(
		planner->ctx, -EPROTONOSUPPORT,
		"%s: resize: the module can't change the size of an active area; set size in the configuration, then take the layer down and up: swapctl remove %s && swapctl apply",
		word, planner->redirect.device.name);
}

SWAPADM_API int swapadm_plan_resize(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
				    const char *word, const struct swapadm_size *size,
				    unsigned flags, struct swapadm_plan **out)
{
	CTX_CALL(ctx);
	_cleanup_(planner_end) struct planner planner = { 0 };
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(devspec_freep) struct swapadm_devspec *base = NULL;
	struct swapadm_devspec spec = { 0 };
	struct old old = { 0 };
	char path[PATH_MAX];
	int r;

	if (!ctx || !word || !size || !out || flags & ~PLAN_FLAGS ||
	    (size->unit != SWAPADM_SIZE_BYTES && size->unit != SWAPADM_SIZE_PCT_RAM))
		return -EINVAL;
	r = begin(ctx, conf, flags, "resize", word, &planner, &model);
	if (!r)
		r = is_tswap(&planner, word);
	if (!r)
		r = find_old(&planner, model, word, &old);
	if (!r)
		r = resize_spec(&planner, &old, size, path, &base, &spec);
	if (!r && has_size(&planner, &old, &spec))
		r = plan_no_change(&planner, &old, &spec);
	else if (!r)
		r = plan_pair(&planner, model, &old, &spec, true);
	if (!r)
		*out = steal_ptr(&planner.plan);
	return r;
}
