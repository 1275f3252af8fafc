/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readers of /proc, /sys, cgroups and of our own small records below /run; the first byte
 * says which one. A byte of 1 parts the files that are read one after the other.
 */
#include "files.h"
#include "fuzz.h"

#include "balance/balance.h"
#include "kernel/memcg.h"
#include "kernel/pagemap.h"
#include "kernel/smaps.h"
#include "kernel/stats.h"
#include "kernel/sysvshm.h"
#include "state/jobnote.h"
#include "state/marks.h"
#include "state/zswaplimits.h"

#define MUST_END(array) MUST(strnlen(array, sizeof(array)) < sizeof(array))

static void read_group(struct swapadm_ctx *ctx, int version)
{
	/* the root folder is one, as a mount point has to be */
	const struct memcg_mount mount = { .version = version, .path = "" };
	struct memcg cg;

	if (memcg_read(ctx, &mount, "/", &cg))
		return;
	MUST(cg.limit_bytes <= cg.max_bytes || version == 1);
	memcg_room_bytes(&cg);
	memcg_swap_room_bytes(&cg);
	memcg_short_bytes(&cg, 1 << 20, 4);
}

static int take_range(void *data, const struct smaps_range *range)
{
	MUST(range->size_bytes && (range->inode || str_after(range->name, "/SYSV")));
	return strlen(range->name) > 4096;
}

static int take_shm(void *data, const struct sysvshm *shm)
{
	return shm->id == *(int *)data;
}

static void read_swapped(const char *text)
{
	const char *maps = text;
	uint64_t start, end;

	while (smaps_next_swapped(&text, &start, &end))
		MUST(start < end);
	while (maps_next_private(&maps, 1 << 17, &start, &end))
		MUST(start < end);
}

static void read_text(char which, char *text)
{
	int id = 77;

	if (which == 's')
		smaps_each_shared(text, take_range, NULL);
	else if (which == 'v')
		sysvshm_each(text, take_shm, &id);
	else
		read_swapped(text);
}

static void read_run(struct swapadm_ctx *ctx, char which)
{
	struct swapadm_balance_round round = { 0 };
	struct zswap_limits old, low;
	struct jobnote note;
	uint64_t bytes;

	switch (which) {
	case 'k':
		zram_marked_s(ctx, "zram0");
		break;
	case 'n':
		if (jobnote_read(ctx, &note) == 0)
			MUST_END(note.why);
		break;
	case 'z':
		if (zswaplimits_read(ctx, &old, &low) == 0)
			MUST(old.max_pct <= 100 && old.accept_pct <= 100);
		break;
	case 'b':
		balance_budget_used(ctx, "hdd", &bytes);
		break;
	case 'r':
		if (swapadm_balance_get_last(ctx, &round) == 0)
			MUST_END(round.why);
		break;
	}
}

static void read_files(char which, const uint8_t *data, size_t size)
{
	struct swapadm_zswap_stats zswap = { 0 };
	struct swapadm_ctx *ctx = files_ctx();

	files_clear();
	files_set_rest(data, size);
	if (which == 'm' || which == 'M')
		read_group(ctx, which == 'm' ? 2 : 1);
	else if (which == 'Z')
		zswap_read_stats(ctx, &zswap);
	else
		read_run(ctx, which);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;

	if (!size)
		return 0;
	if (!strchr("svp", *data)) {
		read_files((char)*data, data + 1, size - 1);
		return 0;
	}
	text = strndup((const char *)data + 1, size - 1);
	MUST(text);
	read_text((char)*data, text);
	return 0;
}
