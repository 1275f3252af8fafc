/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What balance does on the direct layer: upkeep of zram and zswap. */
#ifndef SWAPADM_BALANCE_DIRECT_H
#define SWAPADM_BALANCE_DIRECT_H

#include "balance/balance.h"

#define ZSWAP_MEMORY "/zswap" /* a tier may be called zswap */

/**
 * struct balance_memory - what is remembered from one look to the next
 * @name:           of a tier; of a zram device or zswap, behind a slash
 * @descending:     of a tier: a descent is under way
 * @rest_until_ns:  nothing old enough was found: not looked at before
 * @ages:           of a zram: the kernel tracks ages; @asked: that is known
 * @recompress_ns:  of a zram: when it may be recompressed again; @recompressing: the last
 *                  step made it smaller, so there may be more
 * @n_vain:         of zswap: so many times in a row next to nothing was written back
 * @why:            of zswap: what a long rest is for
 * @kept_file:      of zswap: that file of a cgroup says that it is
 * @cost:           of zswap: bytes that the last step wrote for each by which the pool
 *                  became smaller; 0: not known
 */
struct balance_memory {
	char name[72];
	bool descending, asked, ages, recompressing;
	unsigned n_vain;
	double cost;
	uint64_t pool_bytes; /* of zswap when it was decided */
	uint64_t rest_until_ns, recompress_ns;
	char why[96], kept_file[512];
};

struct swapadm_balance {
	struct swapadm_ctx *ctx;
	bool may_try;         /* what the kernel knows is found out by trying */
	int stop_fd;          /* readable: to stop; -1 */
	uint64_t moved_bytes; /* by the last step that made no job */
	struct balance_memory *memories;
	size_t n_memories;
	struct swapadm_balance_decision *decisions;
	size_t n_decisions;
};

/* NULL: no memory */
struct balance_memory *balance_recall(struct swapadm_balance *balance, const char *name);

/**
 * balance_decide_direct() - what to do now
 * @tiers:  the model's, in its order; .descending is brought up to date
 * @out:    room for a decision a tier, one a device and one more; @n of them
 *
 * Return: 0; -EPROTONOSUPPORT nothing of what is configured can be done; -ENOMEM; -errno.
 */
int balance_decide_direct(struct swapadm_balance *balance, struct swapadm_conf *conf,
			  const struct swapadm_model *model, struct balance_tier *tiers,
			  struct swapadm_balance_decision *out, size_t *n);

/* what a write-back has that other moves have not: its reason, and its marks */
void balance_set_direct(struct swapadm_balance *balance,
			const struct swapadm_balance_decision *decision,
			struct swapadm_op *op);

/**
 * balance_decide_zswap() - is zswap's pool above its mark?
 * @tiers:  the model's, with their budgets
 *
 * Return: 0 nothing is configured, zswap is off, or this kernel can't be asked; 1 nothing
 * to do; 2 @out says what.
 */
int balance_decide_zswap(struct swapadm_balance *balance, struct swapadm_conf *conf,
			 const struct swapadm_model *model,
			 const struct balance_tier *tiers,
			 struct swapadm_balance_decision *out);

/* what a service that was killed has left is put back. 0; -errno. */
int balance_zswap_begin(struct swapadm_ctx *ctx);

/* how long zswap is left alone after a step that was to make its pool smaller */
void balance_zswap_rest(struct balance_memory *m, uint64_t asked_bytes,
			uint64_t moved_bytes);

/* have that done; .moved_bytes of @balance is what went to the areas. Return: -errno */
int balance_act_zswap(struct swapadm_balance *balance, const struct swapadm_model *model,
		      const struct swapadm_balance_decision *decision);

/* any other decision; *out stays NULL when it is done at once */
int balance_act_direct(struct swapadm_balance *balance, struct swapadm_model *model,
		       const struct swapadm_balance_decision *decision,
		       struct swapadm_job **out);

#endif
