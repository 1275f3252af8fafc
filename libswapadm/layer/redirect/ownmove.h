/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pages of one process, or of the processes of one cgroup, from leaf to leaf.
 *
 * The module knows slots, not owners; page tables know owners and slots. So a worker
 * looks up their slots, has the kernel move the pages of these that are on the source,
 * and looks again, until there is nothing left to be moved.
 *
 * Their own paging goes on meanwhile. The look begins with the map's clock, and the
 * kernel moves only pages that were swapped out before: a slot that has been freed and
 * has the page of somebody else since then is left alone. What was swapped out in the
 * same second waits for the next look.
 */
#ifndef SWAPADM_OWNMOVE_H
#define SWAPADM_OWNMOVE_H

#include "job/work.h"
#include "job/worker.h"
#include "op/wbpages.h"
#include "module/msg.h"

/**
 * struct ownmove - .priv of the operation
 * @job:          of the kernel, without slots; first, where the plan of any migrate looks
 *                for it
 * @sources:      by id: leaves that the pages are to leave
 * @moved_pages:  so far
 */
struct ownmove {
	struct tswap_job_msg job;
	struct wbpages pages;
	bool sources[TSWAP_LEAF_MAX + 1];
	uint64_t moved_pages;
};

/**
 * ownmove_open() - find out who is meant
 * @req:   .pid or .cgroup
 * @area:  "/dev/tswap0"
 * @out:   .job is left as it is; close with ownmove_close()
 *
 * Return: 0; -EINVAL both; -EPROTONOSUPPORT the module can't do it; else as
 * wbpages_open().
 */
int ownmove_open(struct swapadm_ctx *ctx, const struct op_req *req, const char *area,
		 struct ownmove *out);
void ownmove_close(struct ownmove *m);

/* how many of their pages the job would move now; 0; as wbpages_look() */
int ownmove_count(struct ownmove *m, uint64_t *n_pages);

/* in a worker: move them; 0; -ECANCELED; -ETIME; else -errno with the sentence */
int ownmove_run(struct ownmove *m, struct jobrun *job, const char *object);

/**
 * ownmove_gather() - in a worker: all that they have on other tiers, to one tier
 * @moved_bytes:  is added to
 *
 * Return: as ownmove_run().
 */
int ownmove_gather(struct jobrun *job, const struct op_req *req, const char *tier,
		   uint64_t *moved_bytes);

/* may park do that here? 0; -EPROTONOSUPPORT with the sentence */
int ownmove_check(struct swapadm_ctx *ctx);

/* op_ops.start of a migrate with an owner, and what its worker does */
int ownmove_start(struct swapadm_op *op, struct swapadm_job **out);
extern const struct job_work ownmove_work;

static inline struct ownmove *ownmove_of(const struct swapadm_op *op)
{
	return op->priv;
}

#endif
