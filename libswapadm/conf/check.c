/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only all files together show: ranks, and objects that contradict each other. */
#include "conf/conf.h"

/* a tier without a rank comes behind every tier that was named before it */
static int give_ranks(struct swapadm_ctx *ctx, struct swapadm_conf *conf)
{
	int slowest = -1;

	for (size_t i = 0; i < conf->n_tiers; i++) {
		struct swapadm_conf_tier *tier = &conf->tiers[i]->pub;

		if (!tier->rank_given)
			tier->rank = slowest + 1;
		if (tier->rank > SWAPADM_RANK_MAX)
			return ctx_fail(
				ctx, -EBADMSG,
				"%s:%u: [tier %s]: comes behind rank %d, which is the last; give ranks from 0 to %d",
				tier->file, tier->line, tier->name, SWAPADM_RANK_MAX,
				SWAPADM_RANK_MAX);
		if (tier->rank > slowest)
			slowest = tier->rank;
	}
	return 0;
}

/* the module knows one tier a rank; apply would refuse all of it */
static int check_ranks(struct swapadm_ctx *ctx, const struct swapadm_conf *conf)
{
	if (conf->layer != SWAPADM_LAYER_REDIRECT)
		return 0;
	for (size_t i = 0; i < conf->n_tiers; i++)
		for (size_t j = 0; j < i; j++) {
			const struct swapadm_conf_tier *a = &conf->tiers[j]->pub;
			const struct swapadm_conf_tier *b = &conf->tiers[i]->pub;

			if (a->rank == b->rank)
				return ctx_fail(
					ctx, -EBADMSG,
					"%s:%u: [tier %s] rank: %d is that of [tier %s] at %s:%u too; with layer = redirect give each tier a rank of its own",
					b->file, b->line, b->name, b->rank, a->name,
					a->file, a->line);
		}
	return 0;
}

static int check_watermarks(struct swapadm_ctx *ctx, const struct conf_tier *tier)
{
	const struct swapadm_conf_tier *pub = &tier->pub;
	bool above = pub->demote_above_pct != SWAPADM_PCT_NONE;

	if (pub->demote_below_pct != SWAPADM_PCT_NONE && !above)
		return ctx_fail(
			ctx, -EBADMSG,
			"%s:%u: [tier %s] demote-below: nothing starts without demote-above; give both",
			tier->below_at.file, tier->below_at.line, pub->name);
	if (tier->older_at.file && !above)
		return ctx_fail(
			ctx, -EBADMSG,
			"%s:%u: [tier %s] demote-older: nothing starts without demote-above; give both",
			tier->older_at.file, tier->older_at.line, pub->name);
	if (above && pub->demote_below_pct >= pub->demote_above_pct)
		return ctx_fail(
			ctx, -EBADMSG,
			"%s:%u: [tier %s] demote-below: %d%% is not below demote-above, %d%% at %s:%u; lower it",
			tier->below_at.file, tier->below_at.line, pub->name,
			pub->demote_below_pct, pub->demote_above_pct, tier->above_at.file,
			tier->above_at.line);
	return 0;
}

static int check_pool_marks(struct swapadm_ctx *ctx, const struct swapadm_conf *conf)
{
	const struct swapadm_conf_zswap *zswap = &conf->zswap;

	if (zswap->demote_below_pct == SWAPADM_PCT_NONE ||
	    zswap->demote_below_pct < zswap->demote_above_pct)
		return 0;
	return ctx_fail(ctx, -EBADMSG, "%s:%u: [zswap] demote-below: %d%% %s; %s",
			conf->pool_below_at.file, conf->pool_below_at.line,
			zswap->demote_below_pct,
			zswap->demote_above_pct == SWAPADM_PCT_NONE
				? "starts nothing without demote-above"
				: "is not below demote-above",
			zswap->demote_above_pct == SWAPADM_PCT_NONE ? "give both"
								    : "lower it");
}

/* a word that stands for one device, and where it is */
struct use {
	const char *word;
	const char *tier, *key;
	struct conf_origin at;
	size_t order;
};

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int r = strcmp(x->word, y->word);

	return r ? r : (x->order > y->order) - (x->order < y->order);
}

static size_t tier_uses(const struct conf_tier *tier, struct use *uses, size_t n)
{
	for (size_t i = 0; i < tier->pub.n_devices; i++) {
		const struct swapadm_devspec *spec = tier->devices[i];
		struct use use = { .tier = tier->pub.name, .at = tier->device_at[i] };

		if (!streq(spec->word, "zram")) { /* each one is another */
			use.word = spec->word;
			use.key = "device";
			use.order = n;
			uses[n++] = use;
		}
		if (spec->writeback) {
			use.word = spec->writeback;
			use.key = "writeback";
			use.order = n;
			uses[n++] = use;
		}
	}
	return n;
}

/* only the words are compared: two names of one device meet when it is opened */
static int check_devices(struct swapadm_ctx *ctx, const struct swapadm_conf *conf)
{
	_cleanup_free_ struct use *uses = NULL;
	size_t n = 0;

	for (size_t i = 0; i < conf->n_tiers; i++)
		n += 2 * conf->tiers[i]->pub.n_devices;
	uses = calloc(n + 1, sizeof(*uses));
	if (!uses)
		return ctx_fail(ctx, -ENOMEM, "configuration: check: %s",
				strerror(ENOMEM));
	n = 0;
	for (size_t i = 0; i < conf->n_tiers; i++)
		n = tier_uses(conf->tiers[i], uses, n);
	qsort(uses, n, sizeof(*uses), compare_uses);
	for (size_t i = 1; i < n; i++) {
		const struct use *first = &uses[i - 1], *again = &uses[i];

		if (streq(first->word, again->word))
			return ctx_fail(
				ctx, -EBADMSG,
				"%s:%u: [tier %s] %s: %s is in use already by [tier %s] %s at %s:%u; leave one out",
				again->at.file, again->at.line, again->tier, again->key,
				again->word, first->tier, first->key, first->at.file,
				first->at.line);
	}
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	const struct conf_cgroup *x = *(struct conf_cgroup *const *)a;
	const struct conf_cgroup *y = *(struct conf_cgroup *const *)b;
	int r = strcmp(x->pub.path, y->pub.path);

	if (r)
		return r;
	r = strcmp(x->last.file, y->last.file);
	return r ? r : (x->last.line > y->last.line) - (x->last.line < y->last.line);
}

/* each has a path */
static int check_paths(struct swapadm_ctx *ctx, const struct swapadm_conf *conf)
{
	_cleanup_free_ struct conf_cgroup **sorted =
		calloc(conf->n_cgroups + 1, sizeof(*sorted));

	if (!sorted)
		return ctx_fail(ctx, -ENOMEM, "configuration: check: %s",
				strerror(ENOMEM));
	if (conf->n_cgroups)
		memcpy(sorted, conf->cgroups, conf->n_cgroups * sizeof(*sorted));
	qsort(sorted, conf->n_cgroups, sizeof(*sorted), compare_paths);
	for (size_t i = 1; i < conf->n_cgroups; i++) {
		const struct conf_cgroup *first = sorted[i - 1], *again = sorted[i];

		if (streq(first->pub.path, again->pub.path))
			return ctx_fail(
				ctx, -EBADMSG,
				"%s:%u: [cgroup %s] path: %s belongs to [cgroup %s] at %s:%u already; join them",
				again->last.file, again->last.line, again->pub.name,
				again->pub.path, first->pub.name, first->last.file,
				first->last.line);
	}
	return 0;
}

static int lost_key(struct swapadm_ctx *ctx, const struct conf_cgroup *cgroup,
		    const struct conf_origin *at, const char *key)
{
	return ctx_fail(
		ctx, -EBADMSG,
		"%s:%u: [cgroup %s] %s: says nothing without tiers; give tiers = ...",
		at->file, at->line, cgroup->pub.name, key);
}

static struct swapadm_conf_share *find_share(struct conf_cgroup *cgroup, const char *tier)
{
	for (size_t i = 0; i < cgroup->pub.n_tiers; i++)
		if (streq(cgroup->shares[i].tier, tier))
			return &cgroup->shares[i];
	return NULL;
}

/* the tiers are there, and tier-max speaks of none but them */
static int check_shares(struct swapadm_ctx *ctx, const struct swapadm_conf *conf,
			struct conf_cgroup *cgroup)
{
	struct swapadm_conf_cgroup *pub = &cgroup->pub;

	pub->tiers = pub->n_tiers ? cgroup->shares : NULL;
	if (!pub->n_tiers && cgroup->n_max)
		return lost_key(ctx, cgroup, &cgroup->max_at, "tier-max");
	if (!pub->n_tiers && cgroup->mode_at.line)
		return lost_key(ctx, cgroup, &cgroup->mode_at, "tiers-mode");
	for (size_t i = 0; i < pub->n_tiers; i++)
		if (!conf_find_tier(conf, pub->tiers[i].tier))
			return ctx_fail(
				ctx, -EBADMSG,
				"%s:%u: [cgroup %s] tiers: there is no [tier %s]; give names of tiers of the configuration",
				cgroup->tiers_at.file, cgroup->tiers_at.line, pub->name,
				pub->tiers[i].tier);
	for (size_t i = 0; i < cgroup->n_max; i++) {
		struct swapadm_conf_share *share =
			find_share(cgroup, cgroup->max[i].tier);

		if (!share)
			return ctx_fail(
				ctx, -EBADMSG,
				"%s:%u: [cgroup %s] tier-max: %s is not one of its tiers; add it to tiers, or leave it out",
				cgroup->max_at.file, cgroup->max_at.line, pub->name,
				cgroup->max[i].tier);
		share->max = cgroup->max[i].max;
	}
	return 0;
}

static int check_cgroups(struct swapadm_ctx *ctx, const struct swapadm_conf *conf)
{
	for (size_t i = 0; i < conf->n_cgroups; i++) {
		struct conf_cgroup *cgroup = conf->cgroups[i];
		int r = check_shares(ctx, conf, cgroup);

		if (r)
			return r;
		if (!cgroup->pub.path)
			return ctx_fail(
				ctx, -EBADMSG,
				"%s:%u: [cgroup %s]: has no path; give the path below the cgroup mount: path = /system.slice/batch.service",
				cgroup->last.file, cgroup->last.line, cgroup->pub.name);
	}
	return check_paths(ctx, conf);
}

int conf_finish(struct swapadm_ctx *ctx, struct swapadm_conf *conf)
{
	int r = give_ranks(ctx, conf);

	if (!r)
		r = check_ranks(ctx, conf);
	for (size_t i = 0; i < conf->n_tiers; i++)
		conf->tiers[i]->pub.devices =
			(const struct swapadm_devspec *const *)conf->tiers[i]->devices;
	for (size_t i = 0; i < conf->n_tiers && !r; i++)
		r = check_watermarks(ctx, conf->tiers[i]);
	if (!r)
		r = check_pool_marks(ctx, conf);
	if (!r)
		r = check_devices(ctx, conf);
	if (!r)
		r = check_cgroups(ctx, conf);
	return r;
}
