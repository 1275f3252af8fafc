/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which zram device does a line "zram, size=..." of a tier mean?
 *
 * It has no name of its own: what swapadm attached is in its state, with its tier, and
 * one that others made, or whose record was lost, is taken for ours only if it is as
 * wanted.
 */
#ifndef SWAPADM_ZRAM_MATCH_H
#define SWAPADM_ZRAM_MATCH_H

#include "conf/devspec.h"
#include "state/state.h"

/* gone through one after the other, so that of two lines each gets its own */
enum zram_pass {
	ZRAM_OURS_AS_WANTED,
	ZRAM_OURS, /* what is left: a line that was changed */
	ZRAM_OTHERS_AS_WANTED,
	ZRAM_PASSES,
};

/* does the line mean a zram that swapadm makes, not one by its path? */
bool zram_is_line(const struct swapadm_devspec *spec);

/**
 * zram_matches() - may the line be this device?
 * @dev:     an active zram device that no other line has
 * @record:  of it in the state, or NULL
 *
 * For OTHERS_AS_WANTED the caller also sees to it that no line names the device by its
 * path. Kernel ABI: /sys/block/zram<N>/comp_algorithm.
 */
bool zram_matches(struct swapadm_ctx *ctx, enum zram_pass pass, const char *tier,
		  const struct swapadm_devspec *spec, const struct swapadm_device *dev,
		  const struct state_device *record);

/**
 * zram_differing() - in what is an active device not as its line wants it?
 *
 * Only what can't be changed in use, and not what this kernel lacks.
 * @record:  of it in the state, or NULL
 * Return: 1u << ZRAM_* of device/zram.h, or'ed.
 */
unsigned zram_differing(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
			const struct swapadm_device *dev,
			const struct state_device *record);

/**
 * zram_wanted_bytes() - the size that a line asks for, before it is made a whole page
 * Return: 0; -ERANGE more than a number holds; -EIO memory is not known. No sentence.
 */
int zram_wanted_bytes(struct swapadm_ctx *ctx, const struct swapadm_size *size,
		      uint64_t *bytes);

/**
 * zram_to_spec() - the options of a zram in use
 * @asked: what it was asked to be, or NULL: levels can't be read back from the kernel,
 *         and a batch size that nobody gave is the kernel's own
 * @spec:  gets all but word, size and discard; the strings are of @dev or @asked. What an
 *         optional line asks for and this kernel lacks is in it
 */
void zram_to_spec(struct swapadm_ctx *ctx, const struct swapadm_device *dev,
		  const struct swapadm_devspec *asked, struct swapadm_devspec *spec);

#endif
