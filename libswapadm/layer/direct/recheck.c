/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A drain looks again before swapoff(2) and while it runs: what fitted may not fit now.
 */
#include "kernel/area.h"
#include "layer/direct/drain.h"

/* 0: it is not an area any more */
static uint64_t used_now(struct swapadm_ctx *ctx, const struct swapadm_device *dev)
{
	uint64_t used = dev->usage.used_bytes;
	struct area_list areas = { 0 };
	const struct area *area;

	if (areas_load(ctx, &areas))
		return used;
	area = areas_find(&areas, dev->path);
	used = area ? area->used_bytes : 0;
	areas_free(&areas);
	return used;
}

/* what the area holds and memory has not, against memory and what is free elsewhere */
static bool ram_fits_now(const struct swapadm_op *op, const struct swapadm_device *dev,
			 uint64_t used, uint64_t elsewhere, char *why, size_t size)
{
	struct swapadm_mem_stats mem;
	uint64_t need = used, ram = dev->usage.ram_bytes;
	char a[32], b[32];

	if (swapadm_mem_get_stats(op->ctx, &mem))
		return true;
	need -= mem.swap_cached_bytes < need ? mem.swap_cached_bytes : need;
	if ((dev->usage.known & SWAPADM_USAGE_RAM) && dev->usage.used_bytes)
		ram = u64_of((double)ram * (double)used / (double)dev->usage.used_bytes);
	else
		ram = 0;
	need -= ram < need ? ram : need;
	need += drain_ram_margin(mem.total_bytes) / 2;
	if (need <= mem.available_bytes + elsewhere)
		return true;
	snprintf(
		why, size,
		"memory became short meanwhile: %s are still to come in, %s are available",
		words_size(used, a, sizeof(a)),
		words_size(mem.available_bytes + elsewhere, b, sizeof(b)));
	return false;
}

enum drain_verdict drain_fits_now(const struct swapadm_op *op,
				  const struct swapadm_device *dev,
				  const struct drain_shares *shares, const char *in,
				  char *why, size_t size, char **host)
{
	struct drain_limits_req req = {
		.shares = shares,
		.used_bytes = used_now(op->ctx, dev),
		.under_way = true,
		.host = in,
	};
	struct drain_limits limits = { 0 };
	enum drain_verdict verdict = DRAIN_FITS;
	char lacks[32];

	*host = NULL;
	req.elsewhere_bytes = drain_elsewhere_bytes(op, &req.elsewhere_is_memory);
	/* in a group that is short the child would be killed again and again */
	if (!drain_limits_look(op->ctx, &req, &limits) &&
	    (limits.short_bytes ? !op->req.force : limits.pushed_bytes > 0))
		*host = steal_ptr(&limits.host_path);
	if (!ram_fits_now(op, dev, req.used_bytes, req.elsewhere_bytes, why, size)) {
		verdict = DRAIN_MEMORY_SHORT;
	} else if (limits.short_bytes) {
		verdict = DRAIN_GROUP_SHORT;
		snprintf(
			why, size,
			"cgroup %s would go past its memory limit by %s now, and its OOM killer act; raise the limit or stop a process in it",
			limits.short_path,
			words_size(limits.short_bytes, lacks, sizeof(lacks)));
	}
	drain_limits_free(&limits);
	return verdict;
}
