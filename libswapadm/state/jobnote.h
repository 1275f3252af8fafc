/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why the service that balances tiers started its last job: /run/swapadm/balance.
 *
 * The kernel's jobs do not show who began them, and this one has to make way for
 * people's.
 */
#ifndef SWAPADM_JOBNOTE_H
#define SWAPADM_JOBNOTE_H

#include "base/ctx.h"

/**
 * struct jobnote - a line "JOB SOURCE DEST WHY" of the file
 * @job:  id; the module counts from 1 again when it has been loaded anew, so that a job
 *        is only meant when source and destination are the same too
 */
struct jobnote {
	char job[16], source[32], dest[32];
	char why[160];
};

/* under state_lock(); 0; -errno with the sentence */
int jobnote_write(struct swapadm_ctx *ctx, const struct jobnote *note);

/* 0; -ENOENT none; else -errno without a sentence */
int jobnote_read(struct swapadm_ctx *ctx, struct jobnote *out);

/* is that job the one of the note? */
bool jobnote_means(const struct jobnote *note, const struct swapadm_progress *job);

#endif
