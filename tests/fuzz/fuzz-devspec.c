/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/devspec.h"
#include "files.h"
#include "fuzz.h"

/* printed, and then understood the same */
static void print_again(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec)
{
	_cleanup_free_ char *first = NULL, *second = NULL;
	struct swapadm_devspec *again = NULL, *copy = NULL;

	MUST(devspec_print(spec, &first) == 0);
	MUST(swapadm_devspec_parse(ctx, first, &again) == 0);
	MUST(devspec_print(again, &second) == 0);
	MUST(streq(first, second));
	MUST(devspec_copy(spec, &copy) == 0);
	MUST(strpbrk(copy->word, "/=") || streq(copy->word, "zram"));
	swapadm_devspec_free(copy);
	swapadm_devspec_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct swapadm_ctx *ctx = files_ctx();
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct swapadm_devspec *spec = NULL;
	int r;

	MUST(text);
	ctx->error[0] = '\0';
	r = swapadm_devspec_parse(ctx, text, &spec);
	MUST(r == 0 || r == -EINVAL);
	if (r) {
		MUST(!spec && *swapadm_get_error(ctx));
		return 0;
	}
	MUST(*spec->word && !strchr(spec->word, ','));
	MUST(spec->size.unit != SWAPADM_SIZE_PCT);
	MUST(streq(spec->word, "zram") || (!spec->algorithm && !spec->writeback));
	print_again(ctx, spec);
	swapadm_devspec_free(spec);
	return 0;
}
