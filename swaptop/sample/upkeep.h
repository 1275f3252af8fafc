/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is looked after in zrams: how much is idle and recompressed. Counting it reads a
 * line for each page, so what was counted is used again until that was cheap enough.
 */
#ifndef SWAPTOP_UPKEEP_H
#define SWAPTOP_UPKEEP_H

#include "sample/sample.h"

#define UPKEEP_ZRAMS 16 /* later ones are not counted */

struct upkeep {
	struct upkeep_item {
		char name[SAMPLE_NAME];
		uint64_t at_ns, cost_ns; /* CLOCK_MONOTONIC, of the last count */
		int result;
		struct swapadm_zram_idle idle;
	} items[UPKEEP_ZRAMS];
	size_t n;
};

/**
 * upkeep_device() - fill sample_device.upkeep
 * @up:      counts of before, zeroed at first
 * @tier:    of the configuration, or NULL
 * @rarely:  at a tenth of the usual cost
 */
void upkeep_device(struct upkeep *up, struct swapadm_ctx *ctx,
		   const struct swapadm_device *from,
		   const struct swapadm_conf_tier *tier, bool rarely,
		   struct sample_device *d);

#endif
