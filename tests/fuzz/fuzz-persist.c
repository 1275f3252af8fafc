/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device added to a file that loads, and taken out again, leaves it as it was. */
#include "conf/conf.h"
#include "conf/persist.h"
#include "files.h"
#include "fuzz.h"

#define DEVICE "/fuzz/device"

static struct swapadm_conf *load(struct swapadm_ctx *ctx, const char *text, size_t len)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = conf_new();

	MUST(conf);
	if (conf_parse_text(ctx, conf, "fuzz.conf", text, len) || conf_finish(ctx, conf))
		return NULL;
	return steal_ptr(&conf);
}

static unsigned line_of_device(const struct swapadm_conf *conf, const char *name)
{
	const struct conf_tier *tier = conf_find_tier(conf, name);
	size_t n;

	MUST(tier && tier->pub.n_devices);
	n = tier->pub.n_devices - 1;
	MUST(streq(tier->devices[n]->word, DEVICE));
	return tier->device_at[n].line;
}

static void check(struct swapadm_ctx *ctx, const char *text, size_t len, const char *tier,
		  bool is_new)
{
	int rank = is_new && len % 2 ? SWAPADM_RANK_MAX : SWAPADM_RANK_NONE;
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL, *again = NULL;
	_cleanup_free_ char *added = NULL, *removed = NULL;
	size_t added_len, removed_len;

	MUST(persist_text_add(ctx, text, len, tier, rank, DEVICE, &added, &added_len) ==
	     0);
	MUST(added_len > len);
	conf = load(ctx, added, added_len);
	MUST(conf);
	MUST(persist_text_remove(ctx, added, added_len, line_of_device(conf, tier), false,
				 &removed, &removed_len) == 0);
	again = load(ctx, removed, removed_len);
	MUST(again);
	/*
	 * a section of blank lines goes, one with a rank stays; a new file has a comment
	 */
	if (!is_new || !len || rank != SWAPADM_RANK_NONE)
		return;
	MUST(removed_len == len || (removed_len == len + 1 && text[len - 1] != '\n'));
	MUST(memcmp(text, removed, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	struct swapadm_ctx *ctx = files_ctx();
	const char *text = (const char *)data;

	conf = load(ctx, text, size);
	if (!conf || conf_find_tier(conf, "fuzz") || memmem(text, size, "/fuzz", 5))
		return 0;
	for (size_t i = 0; i < conf->n_tiers; i++)
		if (conf->tiers[i]->pub.rank == SWAPADM_RANK_MAX)
			return 0; /* no rank is left for another tier */
	check(ctx, text, size, "fuzz", true);
	for (size_t i = 0; i < conf->n_tiers; i++)
		check(ctx, text, size, conf->tiers[i]->pub.name, false);
	return 0;
}
