/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own tiers of swap areas, where a kernel has them (posted "for evaluation,
 * not a stable ABI", in no released kernel).
 *
 * A tier is all areas of one priority; its index is kept until its last area is off.
 * Kernel ABI, of debugfs: swap/tiers, a heading "Idx Prio" and a line of two numbers for
 * each tier; swap/memcg_tiers, lines "/batch 0x2", the path of a cgroup below the mount
 * point and the mask of the indexes that it may use. A line of the same form sets a mask;
 * one that allows all clears it. Groups below do not inherit it.
 */
#ifndef SWAPADM_KTIERS_H
#define SWAPADM_KTIERS_H

#include "base/ctx.h"

#define KTIERS_MAX   32
#define KTIERS_TIERS "/sys/kernel/debug/swap/tiers"
#define KTIERS_MASKS "/sys/kernel/debug/swap/memcg_tiers"

struct ktiers {
	struct ktier {
		unsigned index;
		int prio;
	} items[KTIERS_MAX];
	size_t n;
};

struct ktier_masks {
	struct ktier_mask {
		char *path;
		uint32_t mask;
	} * items;
	size_t n;
};

/* the text of swap/tiers; -EBADMSG it has another form */
int ktiers_parse(char *text, struct ktiers *out);

/* the text of swap/memcg_tiers; -EBADMSG, -ENOMEM; free it in any case */
int ktier_masks_parse(char *text, struct ktier_masks *out);
void ktier_masks_free(struct ktier_masks *masks);

/**
 * ktiers_load() - the tiers that there are
 * Return: 0; -ENOENT this kernel has none, or debugfs is not mounted; -EBADMSG; else
 * -errno of reading. No sentence.
 */
int ktiers_load(struct swapadm_ctx *ctx, struct ktiers *out);
int ktier_masks_load(struct swapadm_ctx *ctx, struct ktier_masks *out); /* likewise */

/* index of the tier with a priority; -1 */
int ktiers_index(const struct ktiers *tiers, int prio);

/* all indexes that are in use */
uint32_t ktiers_all(const struct ktiers *tiers);

/* of a cgroup; NULL: it may use all */
const struct ktier_mask *ktier_masks_find(const struct ktier_masks *masks,
					  const char *path);

/* 0; -errno of write(2), without a sentence but for -EROFS */
int ktier_mask_set(struct swapadm_ctx *ctx, const char *path, uint32_t mask);

#endif
