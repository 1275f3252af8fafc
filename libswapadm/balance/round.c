/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the last round of balance went: a line below /run/swapadm, for who looks from
 * outside.
 */
#include <fcntl.h>
#include <inttypes.h>

#include "balance/balance.h"
#include "base/atomic.h"
#include "state/state.h"

#define ROUND_DIR  "/run/swapadm"
#define ROUND_NAME "balance-round"
#define ROUND_PATH ROUND_DIR "/" ROUND_NAME
#define ROUND_TMP  ".balance-round.new"

SWAPADM_API int swapadm_balance_set_last_sized(struct swapadm_ctx *ctx,
					       const struct swapadm_balance_round *from,
					       size_t size)
{
	struct swapadm_balance_round round = { 0 };
	CTX_CALL(ctx);
	_cleanup_close_ int lock = -1, dirfd = -1;
	char text[256];
	int n, r;

	if (!ctx || !from)
		return -EINVAL;
	lock = state_lock(ctx, "balance");
	if (lock < 0)
		return lock;
	sized_put(&round, sizeof(round), from, size);
	round.why[sizeof(round.why) - 1] = '\0';
	round.why[strcspn(round.why, "\n")] = '\0';
	n = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %u %d%s%s\n",
		     round.ended_s, round.moved_bytes, round.waiting, round.failed,
		     *round.why ? " " : "", round.why);
	dirfd = ctx_open(ctx, ROUND_DIR, O_RDONLY | O_DIRECTORY);
	r = dirfd < 0 ? dirfd
		      : atomic_stage(ctx, dirfd, ROUND_TMP, 0644, text, (size_t)n);
	if (!r)
		r = atomic_commit(dirfd, ROUND_TMP, ROUND_NAME);
	return r ? ctx_fail(ctx, r, ROUND_PATH ": write: %s", strerror(-r)) : 0;
}

SWAPADM_API int swapadm_balance_get_last_sized(struct swapadm_ctx *ctx,
					       struct swapadm_balance_round *out,
					       size_t size)
{
	CTX_CALL(ctx);
	struct swapadm_balance_round round = { 0 };
	char text[256];
	int failed, r, at = 0;

	if (!ctx || !out)
		return -EINVAL;
	r = ctx_read_line(ctx, ROUND_PATH, text, sizeof(text));
	if (r)
		return r;
	if (sscanf(text, "%" SCNu64 " %" SCNu64 " %u %d%n", &round.ended_s,
		   &round.moved_bytes, &round.waiting, &failed, &at) != 4)
		return ctx_fail(ctx, -EBADMSG, ROUND_PATH ": not a record of balance");
	round.failed = failed != 0;
	if (text[at] == ' ')
		snprintf(round.why, sizeof(round.why), "%s", text + at + 1);
	return sized_put(out, size, &round, sizeof(round));
}
