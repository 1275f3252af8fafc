/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two looks at the machine, and what happened between them. */
#ifndef SWAPADM_LOOK_H
#define SWAPADM_LOOK_H

#include "base/ctx.h"

/* what was true at one time; zero-initialised: there was none before */
struct look {
	struct swapadm_model *model;
	struct swapadm_jobs *jobs; /* NULL: they can't be read */
	struct swapadm_psi psi;
	bool has_psi;
	unsigned level; /* of pressure */
	struct swapadm_balance_round round;
	bool has_round; /* ended_s 0: there was no round yet */
};

/*
 * Return: 0; else -errno of reading areas, with the sentence set; the rest may be absent
 */
int look_take(struct swapadm_ctx *ctx, struct swapadm_conf *conf, struct look *out);
void look_free(struct look *look);

/*
 * Hand the differences to @fn; of the first look (@before has no model) what there is.
 * @now->level is set from that of @before. Jobs and the round that @now could not read
 * move from @before to it.
 */
void look_compare(struct look *before, struct look *now, swapadm_event_fn fn, void *data);

uint64_t realtime_ns(void);

#endif
