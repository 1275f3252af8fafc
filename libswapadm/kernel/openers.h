/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has a file or block device open: for the sentence about a refusal. */
#ifndef SWAPADM_OPENERS_H
#define SWAPADM_OPENERS_H

#include "base/ctx.h"

struct opener {
	pid_t pid;
	char comm[64];
};

/**
 * opener_find() - the first other process that has it open
 * @st:  of the block device (compared by st_rdev) or file
 *
 * Sees only processes whose descriptors may be read. Kernel ABI: /proc/PID/fd.
 * Return: 0; -ENOENT none seen.
 */
int opener_find(struct swapadm_ctx *ctx, const struct stat *st, struct opener *out);

#endif
