/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "devspec.h"

#include <inttypes.h>

#include "util.h"

/* with the largest unit that loses nothing */
static void print_size(FILE *f, const struct swapadm_size *size)
{
	static const char units[] = "\0KMGT";
	uint64_t v = size->value;
	unsigned unit = 0;

	switch (size->unit) {
	case SWAPADM_SIZE_NONE:
		return;
	case SWAPADM_SIZE_PCT:
		fprintf(f, ",size=%" PRIu64 "%%", v);
		return;
	case SWAPADM_SIZE_PCT_RAM:
		fprintf(f, ",size=%" PRIu64 "%%ram", v);
		return;
	case SWAPADM_SIZE_BYTES:
		break;
	}
	for (; unit < 4 && v && v % 1024 == 0; unit++)
		v /= 1024;
	fprintf(f, ",size=%" PRIu64 "%.1s", v, &units[unit]);
}

int devspec_print(const struct swapadm_devspec *spec, char **out)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	bool failed;

	if (!f)
		return -ENOMEM;
	fputs(spec->word, f);
	print_size(f, &spec->size);
	if (spec->algorithm)
		fprintf(f, ",algorithm=%s", spec->algorithm);
	if (spec->writeback)
		fprintf(f, ",writeback=%s", spec->writeback);
	if (spec->discard == SWAPADM_DISCARD_BOTH)
		fputs(",discard", f);
	else if (spec->discard)
		fprintf(f, ",discard=%s", swapadm_discard_name(spec->discard));
	if (spec->allow_loop)
		fputs(",allow-loop", f);
	failed = ferror(f);
	if (fclose(f) || failed) {
		free(text);
		return -ENOMEM;
	}
	*out = text;
	return 0;
}
