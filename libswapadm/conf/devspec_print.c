/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/devspec.h"

#include <inttypes.h>

#include "base/util.h"

/* with the largest unit that loses nothing */
static void print_size(const struct swapadm_size *size, char *buf, size_t room)
{
	static const char units[] = "\0KMGT";
	uint64_t v = size->value;
	unsigned unit = 0;

	switch (size->unit) {
	case SWAPADM_SIZE_NONE:
		*buf = '\0';
		return;
	case SWAPADM_SIZE_PCT:
		snprintf(buf, room, ",size=%" PRIu64 "%%", v);
		return;
	case SWAPADM_SIZE_PCT_RAM:
		snprintf(buf, room, ",size=%" PRIu64 "%%ram", v);
		return;
	case SWAPADM_SIZE_BYTES:
		break;
	}
	for (; unit < 4 && v && v % 1024 == 0; unit++)
		v /= 1024;
	snprintf(buf, room, ",size=%" PRIu64 "%.1s", v, &units[unit]);
}

static const char *print_discard(enum swapadm_discard discard, char *buf, size_t room)
{
	if (discard == SWAPADM_DISCARD_NONE)
		return "";
	if (discard == SWAPADM_DISCARD_BOTH)
		return ",discard";
	snprintf(buf, room, ",discard=%s", swapadm_discard_name(discard));
	return buf;
}

/* not by a memory stream, which clears 8 KiB for each: list prints one for every device */
int devspec_print(const struct swapadm_devspec *spec, char **out)
{
	const char *algorithm = spec->algorithm, *writeback = spec->writeback;
	char size[40], discard[40], *text;

	print_size(&spec->size, size, sizeof(size));
	if (asprintf(&text, "%s%s%s%s%s%s%s%s", spec->word, size,
		     algorithm ? ",algorithm=" : "", algorithm ? algorithm : "",
		     writeback ? ",writeback=" : "", writeback ? writeback : "",
		     print_discard(spec->discard, discard, sizeof(discard)),
		     spec->allow_loop ? ",allow-loop" : "") < 0)
		return -ENOMEM;
	*out = text;
	return 0;
}
