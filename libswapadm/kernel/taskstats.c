/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time that processes wait for pages from swap: the family TASKSTATS, a request each. */
#include "kernel/taskstats.h"

#include <linux/taskstats.h>
#include <netlink/attr.h>

#include "kernel/genl.h"

#define VERSION_MOVED 15 /* fields in the middle, taken back in 16 */

struct swapadm_delays {
	struct swapadm_ctx *ctx;
	struct genl *genl;
};

/*
 * A process that began before accounting was switched on is not accounted (the kernel
 * decides in kernel/delayacct.c:__delayacct_tsk_init), and all its delays are 0. One that
 * is accounted has waited for something since: if for nothing else, for the copies of
 * pages after fork(2).
 */
static bool is_accounted(const struct taskstats *ts)
{
	return ts->swapin_count || ts->thrashing_count || ts->freepages_count ||
	       ts->blkio_count || ts->compact_count || ts->wpcopy_count;
}

int taskstats_parse(const void *stats, size_t len, struct swapadm_delay *out)
{
	struct taskstats ts = {};

	if (len < offsetof(struct taskstats, thrashing_delay_total) + sizeof(__u64))
		return -EBADMSG;
	memcpy(&ts, stats, len < sizeof(ts) ? len : sizeof(ts));
	if (ts.version == VERSION_MOVED)
		return -EPROTONOSUPPORT;
	*out = (struct swapadm_delay){
		.known = is_accounted(&ts),
		.swapin_count = ts.swapin_count,
		.swapin_ns = ts.swapin_delay_total,
		.thrashing_count = ts.thrashing_count,
		.thrashing_ns = ts.thrashing_delay_total,
	};
	return 0;
}

/* 0: accounting is on */
static int check_switch(struct swapadm_ctx *ctx)
{
	uint64_t on;
	int r = ctx_read_u64(ctx, "/proc/sys/kernel/task_delayacct", &on);

	if (r == -ENOENT)
		return ctx_fail(ctx, -EPROTONOSUPPORT,
				"delays: this kernel does not account them");
	if (r)
		return ctx_fail(ctx, r, "/proc/sys/kernel/task_delayacct: read: %s",
				strerror(-r));
	if (!on)
		return ctx_fail(
			ctx, -ENODATA,
			"delays: not accounted; sysctl kernel.task_delayacct=1, for processes that begin afterwards");
	return 0;
}

SWAPADM_API int swapadm_delays_open(struct swapadm_ctx *ctx, struct swapadm_delays **out)
{
	struct swapadm_delays *delays;
	CTX_CALL(ctx);
	int r;

	if (!ctx || !out)
		return -EINVAL;
	if (ctx->foreign_root)
		return ctx_fail(ctx, -EPROTONOSUPPORT, "delays: not in a capture");
	r = check_switch(ctx);
	if (r)
		return r;
	delays = calloc(1, sizeof(*delays));
	if (!delays)
		return -ENOMEM;
	r = genl_open(TASKSTATS_GENL_NAME, TASKSTATS_GENL_VERSION, &delays->genl);
	if (r) {
		free(delays);
		return ctx_fail(ctx, r, "delays: netlink: %s", strerror(-r));
	}
	delays->ctx = swapadm_ref(ctx);
	*out = delays;
	return 0;
}

SWAPADM_API struct swapadm_delays *swapadm_delays_free(struct swapadm_delays *delays)
{
	if (!delays)
		return NULL;
	genl_close(delays->genl);
	swapadm_unref(delays->ctx);
	free(delays);
	return NULL;
}

struct reply {
	struct swapadm_delay delay;
	bool found;
};

static int on_reply(void *data, int cmd, const struct nlattr *attrs, int len)
{
	struct reply *reply = data;
	const struct nlattr *process = nla_find(attrs, len, TASKSTATS_TYPE_AGGR_TGID);
	const struct nlattr *stats;
	int r;

	if (!process)
		return 0;
	stats = nla_find(nla_data(process), nla_len(process), TASKSTATS_TYPE_STATS);
	if (!stats)
		return -EBADMSG;
	r = taskstats_parse(nla_data(stats), (size_t)nla_len(stats), &reply->delay);
	reply->found = r == 0;
	return r;
}

SWAPADM_API int swapadm_delays_get_sized(struct swapadm_delays *delays, pid_t pid,
					 struct swapadm_delay *out, size_t size)
{
	struct reply reply = { .found = false };
	struct nl_msg *msg;
	CTX_CALL(delays ? delays->ctx : NULL);
	int r;

	if (!delays || !out)
		return -EINVAL;
	msg = genl_message(delays->genl, TASKSTATS_CMD_GET, 0, 0);
	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, TASKSTATS_CMD_ATTR_TGID, (uint32_t)pid) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	r = genl_request(delays->genl, msg, on_reply, &reply);
	if (r == 0 && !reply.found)
		r = -EBADMSG;
	if (r)
		return ctx_fail(delays->ctx, r, "delays: process %d: %s", (int)pid,
				strerror(-r));
	return sized_put(out, size, &reply.delay, sizeof(reply.delay));
}

SWAPADM_API int swapadm_delay_rates(const struct swapadm_delay *before,
				    const struct swapadm_delay *now, uint64_t interval_ns,
				    uint64_t *in_bytes_per_s, uint64_t *wait_centipct)
{
	double per_s;

	if (!before || !now)
		return -EINVAL;
	if (!before->known || !now->known || !interval_ns ||
	    now->swapin_count < before->swapin_count ||
	    now->swapin_ns < before->swapin_ns)
		return -ENODATA;
	per_s = 1e9 / (double)interval_ns;
	if (in_bytes_per_s)
		*in_bytes_per_s =
			u64_of((double)(now->swapin_count - before->swapin_count) *
			       (double)own_page_bytes() * per_s);
	if (wait_centipct)
		*wait_centipct = u64_of((double)(now->swapin_ns - before->swapin_ns) *
					10000 / (double)interval_ns);
	return 0;
}
