/* SPDX-License-Identifier: GPL-2.0-or-later */
/* More parsers of what the kernel hands out; the first byte says which one. */
#include <string.h>

#include "fuzz.h"
#include "kernel/blockdev.h"
#include "kernel/freezer.h"
#include "kernel/ktiers.h"
#include "kernel/stats.h"
#include "kernel/taskstats.h"
#include "kernel/uevent.h"
#include "module/sysfs.h"
#include "state/identity.h"

#define MUST_END(array) MUST(strnlen(array, sizeof(array)) < sizeof(array))

static void parse_bytes(char which, const uint8_t *data, size_t size)
{
	unsigned char page[4096] = { 0 };
	struct swapadm_delay delay = { 0 };
	struct identity identity = { 0 };

	if (which == 't') {
		taskstats_parse(data, size, &delay);
		return;
	}
	memcpy(page, data, size < sizeof(page) ? size : sizeof(page));
	if (identity_parse_header(page, sizeof(page), &identity))
		MUST_END(identity.uuid);
}

static void parse_uevent(const char *text, size_t size)
{
	struct uevent ev = { 0 };

	/* the receiver puts the zero there */
	if (uevent_parse(text, size + 1, &ev) == 0)
		MUST(ev.action && strlen(ev.action) <= size);
}

static void parse_tiers(char which, char *text)
{
	struct ktier_masks masks = { 0 };
	struct ktiers tiers = { 0 };

	if (which == 'k' && ktiers_parse(text, &tiers) == 0)
		MUST(tiers.n <= KTIERS_MAX);
	if (which == 'm') {
		ktier_masks_parse(text, &masks);
		ktier_masks_free(&masks);
	}
}

static void parse_line(char which, const char *text)
{
	uint64_t buckets[SWAPADM_LATENCY_BUCKETS];
	struct swapadm_io_stats io = { 0 };
	struct blockdev bd = { 0 };
	struct zram_page page;

	switch (which) {
	case 'l':
		latency_parse(text, buckets);
		break;
	case 's':
		blockdev_parse_stat(text, &io);
		break;
	case 'n':
		if (blockdev_parse_link(text, &bd) == 0) {
			MUST_END(bd.name);
			MUST_END(bd.disk);
		}
		break;
	case 'z':
		zram_parse_state(text, &page);
		break;
	case 'f':
		freezer_parse_events(text);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;
	char which;

	if (!size)
		return 0;
	which = (char)*data++;
	size--;
	text = malloc(size + 1);
	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (which == 't' || which == 'i')
		parse_bytes(which, data, size);
	else if (which == 'u')
		parse_uevent(text, size);
	else if (which == 'k' || which == 'm')
		parse_tiers(which, text);
	else
		parse_line(which, text);
	return 0;
}
