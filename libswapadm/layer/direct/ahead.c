/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a drain's worker does ahead of swapoff(2) and next to it: reading and mapping. */
#include "layer/direct/run.h"

#include <stdarg.h>

#include "kernel/area.h"
#include "kernel/pagewatch.h"
#include "kernel/tmpfs.h"
#include "prefetch/leaforder.h"

#define TMPFS_WORTH_BYTES (UINT64_C(4) << 20)
#define MAP_WORTH_PAGES   1024

void drain_say(struct drain_run *run, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(run->job.rec->p.message, sizeof(run->job.rec->p.message), fmt, ap);
	va_end(ap);
}

bool drain_area_used(struct swapadm_ctx *ctx, const char *path, uint64_t *used_bytes)
{
	struct area_list areas = { 0 };
	const struct area *area;

	if (areas_load(ctx, &areas))
		return true; /* unreadable for a moment: keep the last figure */
	area = areas_find(&areas, path);
	if (area)
		*used_bytes = area->used_bytes;
	areas_free(&areas);
	return area != NULL;
}

static bool is_to_stop(const struct drain_run *run)
{
	return run->job.cancelled || run->job.pause_wanted || *run->why;
}

bool drain_maps_well(void)
{
	return feeder_processors() > 1;
}

/* one processor is the child's; while a disk is read, it has work for half of one */
void drain_start_mapper(struct drain_run *run)
{
	unsigned n = feeder_processors() - 1;

	if (run->maps)
		mapper_start(run->mapper, n ? n : 1);
}

/*
 * It follows what has been read ahead. A group at its limit has the child in it, to be
 * ended for what comes in: a touch from elsewhere would have another process ended.
 */
void drain_lead_mapper(struct drain_run *run)
{
	bool stop = is_to_stop(run);

	if (stop)
		preread_rest_hold(run->pre);
	if (run->maps)
		mapper_allow(run->mapper,
			     stop || run->host ? 0 : preread_rest_pages(run->pre));
}

/* the mapper has the map that the rest of the pre-read is about */
void drain_drop_mapper(struct drain_run *run)
{
	if (run->maps)
		mapper_allow(run->mapper, 0);
	if (preread_rest_end(run->pre))
		mapper_end(run->mapper);
	run->mapper = NULL;
	run->maps = false;
}

/* read everything ahead, as much of the area at a time as the map holds */
static int preread_passes(struct drain_run *run, struct preread *pre)
{
	struct swapmap *map = &run->mapper->map;
	uint64_t page_bytes = own_page_bytes(), next;
	int r;

	jobrun_phase(&run->job, SWAPADM_PHASE_PREREAD);
	for (;;) {
		r = leaforder_apply(run->ctx, pre->path, &map->runs);
		if (r)
			return r;
		run->seen_bytes += map->runs.n_pages * page_bytes;
		r = preread_feed(pre, map, run->done_bytes + run->ahead_bytes);
		run->ahead_bytes = pre->fed_pages * page_bytes;
		next = map->runs.end_offset;
		if (r || pre->verdict != PREREAD_FASTER || next > UINT32_MAX)
			return r;
		swapmap_free(map);
		r = swapmap_load(run->ctx, pre->type, next, 0, map);
		if (r)
			return r == -ENOMEM ? r : 0;
	}
}

/* is this the only area with pages on it? */
static bool is_only_area(struct swapadm_ctx *ctx, const char *path)
{
	struct area_list areas = { 0 };
	bool only = true;

	if (areas_load(ctx, &areas))
		return false;
	for (size_t i = 0; i < areas.n; i++)
		if (areas.items[i].used_bytes && !streq(areas.items[i].path, path))
			only = false;
	areas_free(&areas);
	return only;
}

static int tmpfs_piece(void *data, uint64_t bytes)
{
	struct drain_run *run = data;
	uint64_t rate = run->op->req.rate_bytes_per_s;
	uint64_t wait_ms = rate ? bytes * 1000 / rate : 0;

	run->ahead_bytes += bytes;
	jobrun_moved(&run->job, run->done_bytes + run->ahead_bytes);
	while (wait_ms && !run->job.cancelled) {
		uint64_t before_ns = monotonic_ns(), slept_ms;

		jobrun_wait(&run->job, -1, wait_ms < 200 ? (int)wait_ms : 200);
		slept_ms = (monotonic_ns() - before_ns) / 1000000 + 1;
		wait_ms -= slept_ms < wait_ms ? slept_ms : wait_ms;
	}
	return jobrun_sit_out_pause(&run->job) || jobrun_check(&run->job) ? -ECANCELED
									  : 0;
}

/*
 * What no pagemap shows is shared memory, and the files of tmpfs among it can be read
 * ahead, too. Worth a look when it is more than what is on its way at any time, and no
 * longer than swapoff(2) would take for it: it may be no file, or one of very many.
 */
static int preread_tmpfs(struct drain_run *run, const struct swapadm_device *dev,
			 const struct preread *pre)
{
	uint64_t used = 0, seen = run->seen_bytes, patience_ns;

	if (!drain_of(run->op)->fits_ram ||
	    !drain_area_used(run->ctx, dev->path, &used) ||
	    used < seen + TMPFS_WORTH_BYTES || !is_only_area(run->ctx, dev->path))
		return 0;
	patience_ns = (used - seen) / own_page_bytes() *
		      (pre->plain_page_ns ? pre->plain_page_ns : UNSAMPLED_PAGE_NS);
	jobrun_phase(&run->job, SWAPADM_PHASE_PREREAD);
	return tmpfs_preread(run->ctx, patience_ns, tmpfs_piece, run);
}

/*
 * The last pages that were looked at are mapped by threads, too, once swapoff(2) runs:
 * when they are in memory, or on a device that is as fast, with a processor to spare.
 */
static bool is_for_mapper(const struct drain_run *run, const struct preread *pre)
{
	if (!drain_of(run->op)->fits_ram || drain_of(run->op)->to_tier ||
	    run->mapper->map.runs.n_pages < MAP_WORTH_PAGES)
		return false;
	return pre->verdict == PREREAD_FASTER ||
	       (pre->verdict == PREREAD_SLOWER && !pre->fed_pages && drain_maps_well());
}

int drain_preread(struct drain_run *run, const struct swapadm_device *dev,
		  const struct drain_look *look, struct preread *pre)
{
	struct swapmap map = { 0 };
	int r;

	run->ahead_bytes = run->seen_bytes = 0;
	jobrun_phase(&run->job, SWAPADM_PHASE_SAMPLE);
	r = preread_begin(pre, &map, !look->plain);
	if (!r && pre->verdict != PREREAD_IMPOSSIBLE) {
		run->mapper = mapper_new(&map, pre->verdict == PREREAD_SLOWER);
		r = run->mapper ? 0 : -ENOMEM;
	}
	if (!r && pre->verdict == PREREAD_FASTER && drain_of(run->op)->fits_ram)
		r = preread_passes(run, pre);
	if (!r && pre->verdict != PREREAD_SLOWER)
		r = preread_tmpfs(run, dev, pre);
	run->maps = !r && run->mapper && !look->alone && is_for_mapper(run, pre);
	if (!run->maps && !pre->rest)
		drain_drop_mapper(run);
	if ((pre->verdict == PREREAD_IMPOSSIBLE && pre->type != SWAPTYPE_NONE) ||
	    (pre->verdict == PREREAD_SLOWER && pre->fed_pages)) /* given up on the way */
		drain_say(run, "%.120s: plain swapoff: %.80s", pre->path, pre->why);
	if (pagewatch_news(run->ctx, run->hung, sizeof(run->hung)))
		drain_say(run, "%s", run->hung);
	return r;
}
