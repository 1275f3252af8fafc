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
 * @st:       of the block device (compared by st_rdev) or file
 * @writing:  only those that may write to it
 *
 * Sees only processes whose descriptors may be read. Kernel ABI: /proc/PID/fd.
 * Return: 0; -ENOENT none seen.
 */
int opener_find(struct swapadm_ctx *ctx, const struct stat *st, bool writing,
		struct opener *out);

/* has this process itself opened it for writing? */
bool opener_is_self(struct swapadm_ctx *ctx, const struct stat *st);

#endif
