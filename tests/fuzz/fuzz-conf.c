/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/conf.h"
#include "files.h"
#include "fuzz.h"

/* a refusal names the file, and is one line that a terminal can show */
static void check_error(const char *error)
{
	MUST(str_after(error, "fuzz.conf:"));
	for (; *error; error++)
		MUST((unsigned char)*error >= ' ' || *error == '\t');
}

static void check_conf(const struct swapadm_conf *conf)
{
	for (size_t i = 0; i < swapadm_conf_n_tiers(conf); i++) {
		const struct swapadm_conf_tier *tier = swapadm_conf_tier(conf, i);

		MUST(swapadm_tier_name_valid(tier->name));
		MUST(swapadm_conf_find_tier(conf, tier->name) == tier);
		MUST(tier->rank >= 0 && tier->rank <= SWAPADM_RANK_MAX);
		MUST(tier->line > 0);
		for (size_t j = 0; j < tier->n_devices; j++)
			MUST(*tier->devices[j]->word);
	}
	for (size_t i = 0; i < swapadm_conf_n_cgroups(conf); i++)
		MUST(swapadm_conf_cgroup(conf, i)->path[0] == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = conf_new();
	struct swapadm_ctx *ctx = files_ctx();
	int r;

	MUST(conf);
	files_clear();
	ctx->error[0] = '\0';
	r = conf_parse_text(ctx, conf, "fuzz.conf", (const char *)data, size);
	if (!r)
		r = conf_finish(ctx, conf);
	MUST(r == 0 || r == -EBADMSG);
	if (r)
		check_error(swapadm_get_error(ctx));
	else
		check_conf(conf);
	if (!r)
		MUST(swapadm_conf_warn_idle(conf, ctx) >= 0);
	return 0;
}
