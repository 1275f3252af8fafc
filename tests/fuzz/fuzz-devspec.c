/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/ctx.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = NULL;
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct swapadm_devspec *spec = NULL;
	int r;

	MUST(swapadm_new(&ctx, NULL) == 0 && text);
	r = swapadm_devspec_parse(ctx, text, &spec);
	MUST(r == 0 || r == -EINVAL);
	if (r) {
		MUST(!spec && *swapadm_get_error(ctx));
		return 0;
	}
	MUST(*spec->word && !strchr(spec->word, ','));
	MUST(spec->size.unit != SWAPADM_SIZE_PCT);
	MUST(streq(spec->word, "zram") || (!spec->algorithm && !spec->writeback));
	swapadm_devspec_free(spec);
	return 0;
}
