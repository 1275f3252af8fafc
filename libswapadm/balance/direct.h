/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What balance does on the direct layer: upkeep of zram and zswap. */
#ifndef SWAPADM_BALANCE_DIRECT_H
#define SWAPADM_BALANCE_DIRECT_H

#include "balance/balance.h"

/**
 * struct balance_memory - what is remembered from one look to the next
 * @name:           of a tier; of a zram device, behind a slash
 * @descending:     of a tier: a descent is under way
 * @rest_until_ns:  nothing old enough was found: not looked at before
 * @ages:           of a zram: the kernel tracks ages; @asked: that is known
 * @recompress_ns:  of a zram: when it may be recompressed again
 */
struct balance_memory {
	char name[72];
	bool descending, asked, ages;
	uint64_t rest_until_ns, recompress_ns;
};

struct swapadm_balance {
	struct swapadm_ctx *ctx;
	struct balance_memory *memories;
	size_t n_memories;
};

/* NULL: no memory */
struct balance_memory *balance_recall(struct swapadm_balance *balance, const char *name);

/**
 * balance_decide_direct() - what to do now
 * @tiers:  the model's, in its order; .descending is brought up to date
 * @out:    room for two decisions a tier and one more; @n of them
 *
 * Return: 0; -EPROTONOSUPPORT nothing of what is configured can be done; -ENOMEM; -errno.
 */
int balance_decide_direct(struct swapadm_balance *balance, struct swapadm_conf *conf,
			  const struct swapadm_model *model, struct balance_tier *tiers,
			  struct swapadm_balance_decision *out, size_t *n);

/* a write-back, ready to be started */
int balance_prepare_direct(struct swapadm_balance *balance, struct swapadm_model *model,
			   const struct swapadm_balance_decision *decision,
			   struct swapadm_drain **out);

/* any other decision; *out stays NULL when it is done at once */
int balance_act_direct(struct swapadm_balance *balance, struct swapadm_model *model,
		       const struct swapadm_balance_decision *decision,
		       struct swapadm_job **out);

#endif
