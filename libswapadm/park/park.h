/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Park and wake: a process or a cgroup is frozen and its memory pushed out; later it is
 * read back, and then thawed.
 *
 * The record (state/parkrec.h) is there before anything is frozen and goes when
 * everything runs again, so a worker that is killed in between leaves what wake can free.
 */
#ifndef SWAPADM_PARK_H
#define SWAPADM_PARK_H

#include "paging/paging.h"
#include "state/parks.h"
#include "state/state.h"

/**
 * struct park - one park or wake
 * @pull:  who is meant, how much; .amount_bytes of a wake may be 0
 * @rec:   its record
 * @gathers: on the redirect layer, what other tiers have of it is moved to the named one
 * @n_forgotten: records of groups that had its path and were removed
 * @unmoved: why not all of it went there, "" all of it did
 */
struct park {
	struct paging pull;
	struct parkrec rec;
	bool gathers;
	size_t n_forgotten;
	char unmoved[192];
};

/* what op_kind.prepare() is, of park and wake */
int park_prepare(struct swapadm_op *op);
int wake_prepare(struct swapadm_op *op);

/* what workers do for them */
extern const struct job_work park_work, wake_work;

/* ---- what the two share; job.c */

/* .priv of an operation that is planned here; NULL: out of memory */
struct park *park_begin(struct swapadm_op *op);

/* start a worker for it */
int park_start(struct swapadm_op *op, struct swapadm_job **out);

/* what a worker was given */
int park_load(struct swapadm_ctx *ctx, const struct request *req, void **arg);

/* write the record with the job that works on it now; 0; -errno with the sentence */
int park_write(struct park *park, enum swapadm_park_state state);

/* ---- target.c */

/*
 * May it be frozen? Not the root group, init, who asks, or one that who asks descends
 * from: 0; -EPERM, -EINVAL with the sentence.
 */
int park_check_target(struct paging *pull);

/* ---- plan.c; 0; -errno with the sentence */

int park_make_plan(struct park *park);
int wake_make_plan(struct park *park);

/* ---- freeze.c */

/* how it would be kept from running: fills .rec.freezer and .group; 0; -errno */
int park_choose_freezer(struct park *park);

/**
 * park_freeze() - keep it from running
 *
 * Return: 0, nothing of it runs; -ECANCELED; -EBUSY it does not stop; else -errno with
 * the sentence. On failure park_thaw() undoes what was done.
 */
int park_freeze(struct park *park);

/**
 * park_thaw() - let it run again, what we have frozen of it and nothing else
 * @said:  "" or what was different from how it was left, for a person
 *
 * Return: 0; -errno with the sentence: it may be frozen still.
 */
int park_thaw(struct swapadm_ctx *ctx, const struct parkrec *rec, char *said,
	      size_t size);

/* ---- namesake.c */

/*
 * Drop the records of groups that had its path and were removed: nobody could name them
 * any more. 0; -errno with the sentence.
 */
int park_forget_namesakes(struct park *park);

/* and say so behind the message of the job */
void park_say_forgotten(struct park *park);

/* ---- push.c */

/*
 * push it out, and say in the record how much went and stays: 0; -ECANCELED;
 * -SWAPADM_ENOROOM so little goes that it would be frozen for nothing; else -errno with
 * the sentence
 */
int park_push(struct park *park);

struct park_range {
	uint64_t vpn, n; /* pages */
};

struct park_ranges {
	struct park_range *items; /* sorted */
	size_t n;
};

/* drop.c: pages of one process that are in swap now; 0; -errno */
int park_swapped_before(struct park *park, pid_t pid, struct park_ranges *out);
void park_ranges_free(struct park_ranges *ranges);

/* until what is being written is little, or does not get less: 0; -ECANCELED */
int park_await_writes(struct park *park);

/*
 * have the pages that went to swap since then leave the swap cache; 0, also where it is
 * not worth it; -ECANCELED; -errno with the sentence
 */
int park_drop_cached(struct park *park, pid_t pid, const struct park_ranges *before);

#endif
