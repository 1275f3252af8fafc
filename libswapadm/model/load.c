/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model of both layers: areas and leaves are sorted into tiers, by what is known
 * best.
 *
 * 1. The configuration: a device that it names is in that tier, with whatever priority it
 *    runs now; one that is not active is listed as inactive.
 * 2. The kernel, for leaves, and the state: what swapadm attached from a command line is
 *    in the tier named there.
 * 3. All other areas belong to others, and are grouped by priority into automatic tiers.
 */
#include "model/load.h"
#include "conf/conf.h"
#include "model/leaf.h"
#include "model/tags.h"

void load_end(struct load *load)
{
	state_free(&load->state);
	fsdev_free(&load->fsdevs);
	free(load->active);
}

/* the leaves take the pages, so the tswap area itself is only looked at */
static bool is_tswap_area(const struct load *load, const struct area *area)
{
	const char *name = str_after(area->path, "/dev/");

	return load->redirect && streq_null(name, load->redirect->device.name);
}

static void note_tswap_area(struct load *load, const struct area *area)
{
	load->model->redirect.prio = area->prio;
	load->model->redirect.active = true;
	load->model->redirect.area_used_bytes = area->used_bytes;
}

static int fill_areas(struct load *load, const struct area_list *areas)
{
	int r = 0;

	for (size_t i = 0; !r && i < areas->n; i++) {
		if (is_tswap_area(load, &areas->items[i])) {
			note_tswap_area(load, &areas->items[i]);
			continue;
		}
		r = load_fill_area(load, &areas->items[i], &load->active[load->n_active]);
		load->n_active += !r;
	}
	return r;
}

static int fill_leaves(struct load *load)
{
	size_t n = load->redirect ? load->redirect->n_leaves : 0;
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		r = load_fill_leaf(load, &load->redirect->leaves[i],
				   &load->active[load->n_active]);
		load->n_active += !r;
	}
	return r;
}

static int fill_active(struct load *load)
{
	size_t n_leaves = load->redirect ? load->redirect->n_leaves : 0;
	struct area_list areas = { 0 };
	int r = areas_load(load->ctx, &areas);

	if (r)
		return r;
	load->active = calloc(areas.n + n_leaves + 1, sizeof(*load->active));
	r = load->active ? fill_areas(load, &areas) : -ENOMEM;
	areas_free(&areas);
	return r ? r : fill_leaves(load);
}

/* ---- whose they are --------------------------------------------------------------- */

/* by its path, or as another node of the same device */
static const struct active *find_path(const struct load *load, const char *path)
{
	struct stat st;
	bool node;

	for (size_t i = 0; i < load->n_active; i++)
		if (streq(load->active[i].dev->pub.path, path))
			return &load->active[i];
	node = !load->ctx->foreign_root && ctx_stat(load->ctx, path, &st) == 0 &&
	       S_ISBLK(st.st_mode);
	for (size_t i = 0; node && i < load->n_active; i++)
		if (!load->active[i].dev->pub.is_file &&
		    load->active[i].dev->pub.dev == st.st_rdev)
			return &load->active[i];
	return NULL;
}

/*
 * What runs counts, whatever the page says by now; 0 is unknown. Of a file the kernel may
 * use less than the signature says: pages whose blocks do not lie in a row are lost.
 */
static uint64_t size_that_runs(const struct active *active,
			       const struct state_device *record)
{
	const struct swapadm_device *dev = &active->dev->pub;

	if (active->leaf || dev->deleted ||
	    (dev->is_file && dev->usage.size_bytes < record->identity.size_bytes))
		return 0;
	return dev->usage.size_bytes;
}

/*
 * A name may lead to something else by now. The first page of an area, which says most,
 * is read only when a change is planned: a disk need not wake up for a list. That of a
 * leaf is a page like others.
 */
static bool is_ours(const struct load *load, const struct state_device *record,
		    bool strict)
{
	const struct active *active = find_path(load, record->path);
	bool readable = strict && !(active && active->leaf);
	struct identity now;

	identity_get(load->ctx, record->path, readable ? IDENTITY_SIGNATURE : 0, &now);
	if (active && active->dev->pub.deleted) {
		/* its name is free, or another's */
		now.uuid[0] = '\0';
		now.diskseq = now.ino = 0;
	}
	now.size_bytes = active ? size_that_runs(active, record) : 0;
	return state_is_same(record, &now);
}

/* the records of what is not there any more, under whatever name it went */
static void drop_foreign(struct load *load, bool strict)
{
	for (size_t i = 0; i < load->state.n_devices;) {
		const struct state_device *record = &load->state.devices[i];

		if (is_ours(load, record, strict)) {
			i++;
			continue;
		}
		log_debug(load->ctx, "%s: is not what swapadm attached under that name",
			  record->path);
		state_drop_device(&load->state, record->path);
	}
}

static int attach_records(struct load *load)
{
	int r = 0;

	for (size_t i = 0; !r && i < load->n_active; i++)
		r = load_attach_record(load, &load->active[i]);
	return r;
}

int load_begin(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	       bool strict, const struct snapshot *redirect, struct swapadm_model *model,
	       struct load *load)
{
	int r;

	*load = (struct load){
		.ctx = ctx,
		.conf = conf,
		.model = model,
		.flags = flags,
		.redirect = redirect,
	};
	r = state_load(ctx, &load->state);
	if (r == -ENOMEM || (r && strict))
		return r;
	if (r)
		log_warning(ctx, "%s", swapadm_get_error(ctx));
	r = fill_active(load);
	if (r)
		return r;
	drop_foreign(load, strict);
	return attach_records(load);
}

struct active *load_of_record(const struct load *load, const struct state_device *record)
{
	for (size_t i = 0; i < load->n_active; i++)
		if (load->active[i].record == record)
			return &load->active[i];
	return NULL;
}

/* ---- configured ------------------------------------------------------------------- */

static int add_configured_device(struct load *load, struct model_tier *tier,
				 const struct swapadm_devspec *spec, const char *file,
				 const struct match *match)
{
	struct model_device *dev;
	int r;

	if (match->taken)
		return 0; /* a second name is not a second device */
	if (match->active) {
		dev = match->active->dev;
		r = load_set_spec(load, dev, spec);
	} else {
		r = load_inactive(load, spec, &dev);
	}
	if (r)
		return r;
	dev->line = spec;
	dev->file = file;
	return model_tier_add(tier, dev);
}

static int add_configured_tier(struct load *load, const struct swapadm_conf_tier *conf)
{
	/* .pub is the first member */
	const struct conf_tier *lines = (const struct conf_tier *)conf;
	_cleanup_free_ struct match *matches =
		calloc(conf->n_devices + 1, sizeof(*matches));
	struct model_tier *tier;
	int r;

	if (!matches)
		return -ENOMEM;
	r = model_add_tier(load->model, conf->name, conf->rank,
			   swapadm_rank_to_prio(conf->rank), false, &tier);
	if (r)
		return r;
	load_match(load, conf, matches);
	for (size_t i = 0; !r && i < conf->n_devices; i++)
		r = add_configured_device(load, tier, conf->devices[i],
					  lines->device_at[i].file, &matches[i]);
	return r;
}

static int add_configured(struct load *load)
{
	size_t n = load->conf ? swapadm_conf_n_tiers(load->conf) : 0;
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		r = add_configured_tier(load, swapadm_conf_tier(load->conf, i));
	return r;
}

/* ---- recorded --------------------------------------------------------------------- */

/* the tier of a leaf or of a record, made when the configuration lacks it */
static int recorded_tier(struct load *load, const struct active *active,
			 struct model_tier **out)
{
	const struct state_tier *known;
	const char *name = active->leaf ? active->leaf->tier : active->record->tier;

	*out = model_find_tier(load->model, name);
	if (*out)
		return 0;
	if (active->leaf)
		return model_add_tier(load->model, name, (int)active->leaf->rank,
				      active->dev->pub.prio, false, out);
	known = state_find_tier(&load->state, name);
	if (known)
		return model_add_tier(load->model, name, known->rank,
				      swapadm_rank_to_prio(known->rank), false, out);
	return model_add_tier(load->model, name, SWAPADM_RANK_NONE, active->dev->pub.prio,
			      false, out);
}

static int add_recorded(struct load *load)
{
	for (size_t i = 0; i < load->n_active; i++) {
		struct active *active = &load->active[i];
		struct model_tier *tier;
		int r;

		if (active->claimed || (!active->record && !active->leaf))
			continue;
		r = recorded_tier(load, active, &tier);
		if (!r)
			r = model_tier_add(tier, active->dev);
		if (r)
			return r;
		active->claimed = true;
	}
	return 0;
}

/* a zram device that the configuration wants and no area is, in the record's tier */
static bool is_wanted_zram(const struct model_device *dev,
			   const struct state_device *record)
{
	const char *rest = str_after(record->spec, "zram");

	return dev->pub.kind == SWAPADM_KIND_ZRAM && !dev->pub.path && rest &&
	       (!*rest || *rest == ',') && streq(dev->pub.tier, record->tier);
}

/* by path, by number, or as it was named: a tag need not lead anywhere just now */
static bool is_same(const struct load *load, const struct model_device *dev,
		    const struct state_device *record, const struct stat *st)
{
	dev_t number = S_ISBLK(st->st_mode) ? st->st_rdev : st->st_dev;

	if (streq_null(dev->pub.path, record->path))
		return true;
	if (streq_null(dev->pub.spec, record->spec))
		return streq(dev->pub.tier, record->tier);
	return !load->ctx->foreign_root && dev->pub.dev && dev->pub.dev == number &&
	       dev->ino == (S_ISBLK(st->st_mode) ? 0 : st->st_ino);
}

/*
 * The inactive device of the configuration that a record speaks of: a zram line with
 * other options only when no other device fits.
 */
static struct model_device *find_inactive(const struct load *load,
					  const struct state_device *record,
					  const struct stat *st)
{
	struct model_device *zram = NULL;

	for (size_t t = 0; t < load->model->n_tiers; t++)
		for (size_t i = 0; i < load->model->tiers[t]->pub.n_devices; i++) {
			struct model_device *dev = load->model->tiers[t]->devices[i];

			if (dev->pub.state != SWAPADM_STATE_INACTIVE || dev->pub.managed)
				continue;
			if (is_same(load, dev, record, st))
				return dev;
			if (!zram && is_wanted_zram(dev, record))
				zram = dev;
		}
	return zram;
}

static int add_detached(struct load *load, const struct state_device *record,
			const struct stat *st)
{
	const struct state_tier *known = state_find_tier(&load->state, record->tier);
	struct model_tier *tier = model_find_tier(load->model, record->tier);
	struct model_device *dev = find_inactive(load, record, st);
	int r;

	if (dev)
		return load_recorded(load, record, dev);
	if (!tier && !known)
		return 0; /* where it would stand is not known any more */
	r = model_new_device(load->model, &dev);
	if (!r)
		r = load_recorded(load, record, dev);
	if (!r && !tier)
		r = model_add_tier(load->model, known->name, known->rank,
				   swapadm_rank_to_prio(known->rank), false, &tier);
	return r ? r : model_tier_add(tier, dev);
}

/*
 * Is the recorded thing still there? A capture has no device nodes, but sysfs. A file
 * that can't be found may be on a file system that is not mounted now: its record is
 * shown, and remove drops it. A device that is gone has no number to come back as.
 */
static bool is_there(const struct load *load, const struct state_device *record,
		     struct stat *st)
{
	const char *name = str_after(record->path, "/dev/");
	struct blockdev bd;

	*st = (struct stat){};
	if (!name && !load->ctx->foreign_root) {
		ctx_stat(load->ctx, record->path, st);
		return true;
	}
	if (!load->ctx->foreign_root || !name)
		return ctx_stat(load->ctx, record->path, st) == 0;
	return blockdev_get_brief_by_name(load->ctx, name, &bd) == 0;
}

/* what swapadm attached and a drain, or someone's swapoff, took out of use */
static int add_inactive(struct load *load)
{
	int r = 0;

	for (size_t i = 0; !r && i < load->state.n_devices; i++) {
		const struct state_device *record = &load->state.devices[i];
		struct stat st;

		if (!load_of_record(load, record) && is_there(load, record, &st))
			r = add_detached(load, record, &st);
	}
	return r;
}

/* ---- foreign areas ----------------------------------------------------------- */

/* foreign areas: by priority, then in the kernel's order */
static int compare_active(const void *a, const void *b)
{
	const struct active *x = *(struct active *const *)a;
	const struct active *y = *(struct active *const *)b;

	if (x->dev->pub.prio != y->dev->pub.prio)
		return x->dev->pub.prio < y->dev->pub.prio ? 1 : -1;
	return x < y ? -1 : x > y;
}

static enum swapadm_kind group_kind(struct active *const *group, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (group[i]->dev->pub.kind != group[0]->dev->pub.kind)
			return SWAPADM_KIND_MIXED;
	return group[0]->dev->pub.kind;
}

/* "auto-ssd", "auto-ssd-2"...; @counts: how many of each kind there are already */
static int auto_tier(struct load *load, struct active *const *group, size_t n, int rank,
		     unsigned *counts)
{
	enum swapadm_kind kind = group_kind(group, n);
	struct model_tier *tier;
	char name[64];
	int r;

	/* no configured tier can have such a name */
	if (++counts[kind] == 1)
		snprintf(name, sizeof(name), "auto-%s", swapadm_kind_name(kind));
	else
		snprintf(name, sizeof(name), "auto-%s-%u", swapadm_kind_name(kind),
			 counts[kind]);
	r = model_add_tier(load->model, name, rank, group[0]->dev->pub.prio, true, &tier);
	for (size_t i = 0; !r && i < n; i++)
		r = model_tier_add(tier, group[i]->dev);
	return r;
}

static int add_others(struct load *load)
{
	_cleanup_free_ struct active **others = NULL;
	unsigned counts[SWAPADM_KIND_MIXED + 1] = {};
	bool ranked = load->model->n_tiers == 0;
	size_t n = 0;
	int rank = 0, r = 0;

	others = calloc(load->n_active + 1, sizeof(*others));
	if (!others)
		return -ENOMEM;
	for (size_t i = 0; i < load->n_active; i++)
		if (!load->active[i].claimed)
			others[n++] = &load->active[i];
	qsort(others, n, sizeof(*others), compare_active);
	for (size_t i = 0, end; !r && i < n; i = end, rank++) {
		for (end = i + 1;
		     end < n && others[end]->dev->pub.prio == others[i]->dev->pub.prio;)
			end++;
		r = auto_tier(load, others + i, end - i,
			      ranked ? rank : SWAPADM_RANK_NONE, counts);
	}
	return r;
}

static int fill_tags(struct load *load)
{
	_cleanup_free_ struct model_device **devices = NULL;

	devices = calloc(load->n_active + 1, sizeof(*devices));
	if (!devices)
		return -ENOMEM;
	for (size_t i = 0; i < load->n_active; i++)
		devices[i] = load->active[i].dev;
	return tags_fill(load->model, devices, load->n_active);
}

int load_model(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	       const struct snapshot *redirect, struct swapadm_model *model)
{
	_cleanup_(load_end) struct load load;
	int r = load_begin(ctx, conf, flags, false, redirect, model, &load);

	if (!r)
		r = add_configured(&load);
	if (!r)
		r = add_recorded(&load);
	if (!r)
		r = add_inactive(&load);
	if (!r)
		r = add_others(&load);
	if (!r && flags & SWAPADM_LOAD_BLKID)
		r = fill_tags(&load);
	return r;
}
