/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that are right and do nothing: here, or without another one. */
#include "conf/conf.h"
#include "kernel/stats.h"
#include "module/client.h"

struct look {
	struct swapadm_ctx *ctx;
	const struct swapadm_conf *conf;
	bool direct;
	unsigned n;
};

static void say(struct look *look, const struct conf_origin *at, const char *section,
		const char *key, const char *why)
{
	look->n++;
	log_warning(look->ctx, "%s:%u: [%s] %s has no effect: %s", at->file, at->line,
		    section, key, why);
}

static bool has_zram(const struct conf_tier *tier, bool writeback)
{
	for (size_t i = 0; i < tier->pub.n_devices; i++)
		if (writeback ? tier->devices[i]->writeback
			      : tier->devices[i]->recompress)
			return true;
	return false;
}

static bool has_disk(const struct conf_tier *tier)
{
	for (size_t i = 0; i < tier->pub.n_devices; i++)
		if (!streq(tier->devices[i]->word, "zram"))
			return true;
	return false;
}

static void look_at_tier(struct look *look, const struct conf_tier *tier)
{
	const struct swapadm_conf_tier *pub = &tier->pub;
	bool writes_back = has_zram(tier, true);
	bool zswap = look->conf->zswap.demote_above_pct != SWAPADM_PCT_NONE;
	bool above = pub->demote_above_pct != SWAPADM_PCT_NONE;
	char section[64];

	snprintf(section, sizeof(section), "tier %s", pub->name);
	if (pub->recompress_older_s && !has_zram(tier, false))
		say(look, &tier->recompress_at, section, "recompress-older",
		    "no zram of the tier has recompress=");
	if (!look->direct)
		return;
	if (above && !writes_back)
		say(look, &tier->above_at, section, "demote-above",
		    "on the direct layer only zrams with writeback= are written back, and the tier has none");
	if (pub->write_budget_bytes_per_day && !(writes_back && above) &&
	    !(zswap && has_disk(tier)))
		say(look, &tier->budget_at, section, "write-budget",
		    "on the direct layer balance writes for zrams with writeback= in a tier with demote-above, and for [zswap] with demote-above to disks");
}

static void look_at_zswap(struct look *look)
{
	const struct swapadm_conf_zswap *zswap = &look->conf->zswap;
	struct swapadm_zswap_stats st;

	if (!zswap->compressor && zswap->max_pool_pct == SWAPADM_PCT_NONE &&
	    zswap->accept_threshold_pct == SWAPADM_PCT_NONE &&
	    zswap->shrinker == SWAPADM_UNSET &&
	    zswap->demote_above_pct == SWAPADM_PCT_NONE)
		return;
	if (zswap->enabled == SWAPADM_NO)
		say(look, &look->conf->zswap_last, "zswap", "the rest of the section",
		    "it has enabled = no");
	else if (zswap->enabled == SWAPADM_UNSET &&
		 (zswap_read_stats(look->ctx, &st) || !st.enabled))
		say(look, &look->conf->zswap_last, "zswap", "the section",
		    "zswap is off; add enabled = yes");
}

SWAPADM_API int swapadm_conf_warn_idle(struct swapadm_conf *conf, struct swapadm_ctx *ctx)
{
	struct look look = { .ctx = ctx, .conf = conf };
	CTX_CALL(ctx);

	if (!conf || !ctx)
		return -EINVAL;
	look.direct = conf->layer == SWAPADM_LAYER_DIRECT ||
		      (conf->layer == SWAPADM_LAYER_AUTO && !tswap_loaded(ctx));
	for (size_t i = 0; i < conf->n_tiers; i++)
		if (conf->tiers[i]->pub.n_devices)
			look_at_tier(&look, conf->tiers[i]);
	if (conf->zswap.present)
		look_at_zswap(&look);
	return (int)look.n;
}
