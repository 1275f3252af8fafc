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
 */
struct balance_memory {
	char name[72];
	bool descending, asked, ages, recompressing;
	uint64_t rest_until_ns, recompress_ns;
};

struct swapadm_balance {
	struct swapadm_ctx *ctx;
	bool may_try; /* what the kernel knows is found out by trying */
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
 * Return: 0 nothing is configured, or zswap is off; 1 nothing to do; 2 @out says what.
 */
int balance_decide_zswap(struct swapadm_balance *balance,
			 const struct swapadm_conf_zswap *conf,
			 struct swapadm_balance_decision *out);

/* does memory.reclaim take "source=zswap"? by trying it on a cgroup without processes */
bool balance_zswap_obeys(struct swapadm_ctx *ctx);

/* without trying: can it be tried at all? */
bool balance_zswap_may_obey(struct swapadm_ctx *ctx);

/* write @bytes of zswap's coldest pages to the disk; 0 also when fewer went */
int balance_zswap_reclaim(struct swapadm_ctx *ctx, uint64_t bytes);

/* any other decision; *out stays NULL when it is done at once */
int balance_act_direct(struct swapadm_balance *balance, struct swapadm_model *model,
		       const struct swapadm_balance_decision *decision,
		       struct swapadm_job **out);

#endif
