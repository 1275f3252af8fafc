/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of operations: what they may and must be given, and who plans them. */
#include "layer/layer.h"
#include "paging/paging.h"
#include "park/park.h"

#define P(name) (1u << SWAPADM_PARAM_##name)
#define JOB     (P(RATE_BYTES_PER_S) | P(BACKGROUND))
#define DRAIN   (P(SOURCE) | P(DEST) | P(EMERGENCY) | P(TIMEOUT_S) | P(FORCE) | JOB)
#define MIGRATE                                                               \
	(P(SOURCE) | P(DEST) | P(AMOUNT_BYTES) | P(AMOUNT_PCT) | P(OLDER_S) | \
	 P(TIMEOUT_S) | P(PID) | P(CGROUP) | JOB)
#define CORDON (P(SOURCE) | P(FORCE))
#define PAGING (P(PID) | P(CGROUP) | P(AMOUNT_BYTES) | JOB)
#define PARK   (P(PID) | P(CGROUP) | P(FORCE) | JOB)

static const struct op_kind kinds[] = {
	[SWAPADM_OP_DRAIN] = { "drain", DRAIN, P(SOURCE), layer_prepare },
	[SWAPADM_OP_REMOVE] = { "remove", DRAIN | P(PERSIST), P(SOURCE), layer_prepare },
	[SWAPADM_OP_MIGRATE] = { "migrate", MIGRATE, P(SOURCE) | P(DEST), layer_prepare },
	[SWAPADM_OP_CORDON] = { "cordon", CORDON, P(SOURCE), layer_prepare },
	[SWAPADM_OP_UNCORDON] = { "uncordon", CORDON, P(SOURCE), layer_prepare },
	[SWAPADM_OP_SWAPIN] = { "swap-in", PAGING, 0, paging_prepare },
	[SWAPADM_OP_SWAPOUT] = { "swap-out", PAGING, 0, paging_prepare },
	[SWAPADM_OP_PARK] = { "park", PARK | P(DEST) | P(NO_FREEZE), 0, park_prepare },
	[SWAPADM_OP_WAKE] = { "wake", PARK, 0, wake_prepare },
};

SWAPADM_API int swapadm_op_new(struct swapadm_ctx *ctx, enum swapadm_op_kind kind,
			       struct swapadm_op **out)
{
	CTX_CALL(ctx);

	if (!ctx || !out)
		return -EINVAL;
	if ((unsigned)kind >= ARRAY_SIZE(kinds))
		return ctx_fail(ctx, -EINVAL, "operation %u: there is no such kind",
				(unsigned)kind);
	return op_new(ctx, &kinds[kind], kind, out);
}
