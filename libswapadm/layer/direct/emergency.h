/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An area named beforehand that a drain activates when memory runs out on the way: the
 * plan may have been overtaken by what others allocated since.
 */
#ifndef SWAPADM_EMERGENCY_H
#define SWAPADM_EMERGENCY_H

#include "base/ctx.h"

/**
 * struct emergency - the area, and whether it was needed
 * @path:    as /proc/swaps will name it
 * @id:      of what was checked, compared again when it is activated
 * @active:  it has been activated by us
 */
struct emergency {
	struct swapadm_ctx *ctx;
	char *path;
	struct stat id;
	uint64_t looked_ns;
	bool active, failed;
};

/**
 * emergency_check() - can it be activated, should it come to that?
 * @word:  path, kernel name or tag of a device or file with a swap signature
 * @out:   .path is to be freed
 *
 * Return: 0; -ENOMEM; else as check_resolve() and check_device(), with the sentence set.
 */
int emergency_check(struct swapadm_ctx *ctx, const char *word, struct emergency *out);

/**
 * emergency_look() - activate the area when memory is short
 *
 * At most twice a second: MemAvailable below 2 %, or all processes were held up by memory
 * for more than a fifth of the last 10 s.
 * Return: true when it has been activated just now.
 */
bool emergency_look(struct emergency *e);

/* deactivate it again when nothing has gone there; true when it stays */
bool emergency_end(struct emergency *e);

#endif
