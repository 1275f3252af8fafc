/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What park and wake share: the way to their worker, and writing the record. */
#include "park/park.h"

static void release(struct swapadm_op *op)
{
	struct park *park = op->priv;

	if (park)
		parkrec_free(&park->rec);
	free(park);
}

static const struct op_ops park_ops = { .start = park_start, .release = release };

struct park *park_begin(struct swapadm_op *op)
{
	struct park *park = calloc(1, sizeof(*park));

	if (!park)
		return NULL;
	op->ops = &park_ops;
	op->priv = park;
	park->pull.ctx = op->ctx;
	park->pull.op = op;
	park->pull.out = park->pull.whole = op_is(op, SWAPADM_OP_PARK);
	park->pull.rate_bytes_per_s = op->req.rate_bytes_per_s;
	return park;
}

/* the record goes there as a text: who is meant is not looked for again */
static int save(const struct park *park, struct request *req)
{
	_cleanup_free_ char *rec = parkrec_format(&park->rec);
	int r = rec ? op_save(park->pull.op, req) : -ENOMEM;

	if (!r)
		r = request_add(req, "parked", rec);
	if (!r)
		r = request_add_u64(req, "gathers", park->gathers);
	return r ? r : request_add_u64(req, "found-bytes", park->pull.amount_bytes);
}

int park_start(struct swapadm_op *op, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_(request_free) struct request req = { 0 };
	struct park *park = op->priv;
	bool out_of_memory = park->pull.out;
	int r;

	if (geteuid() != 0)
		return ctx_fail(op->ctx, -EPERM, "%s: not permitted; run as root",
				op->verb);
	rec.p.kind = out_of_memory ? SWAPADM_JOB_PARK : SWAPADM_JOB_WAKE;
	rec.p.state = SWAPADM_JOB_RUNNING;
	snprintf(rec.p.source, sizeof(rec.p.source), "%.255s", park->pull.source);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "%.63s",
		 !out_of_memory ? "memory"
		 : op->req.to   ? op->req.to
				: "swap");
	rec.p.total_bytes = rec.p.left_bytes = park->pull.amount_bytes;
	/* nobody parks and wakes the same at once */
	r = jobrec_add_device(&rec, park->pull.source);
	if (!r)
		r = save(park, &req);
	return r ? r
		 : job_start(op->ctx, &rec, op->req.background,
			     out_of_memory ? "park" : "wake", &req, out);
}

int park_load(struct swapadm_ctx *ctx, const struct request *req, void **arg)
{
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	const char *text = request_get(req, "parked");
	struct park *park;
	uint64_t gathers;
	int r = op_restore(ctx, req, &op);

	if (r)
		return r;
	park = park_begin(op);
	if (!park)
		return -ENOMEM;
	if (!text || request_get_u64(req, "gathers", 1, &gathers) ||
	    request_get_u64(req, "found-bytes", UINT64_MAX, &park->pull.amount_bytes))
		return -EBADMSG;
	r = parkrec_parse(text, &park->rec);
	if (r)
		return r;
	park->gathers = gathers;
	park->pull.pid = park->rec.pid;
	strcpy(park->pull.cgroup, park->rec.cgroup);
	parkrec_source(&park->rec, park->pull.source, sizeof(park->pull.source));
	if (memcg_mount_find(ctx, &park->pull.mount))
		park->pull.mount.version = 0;
	*arg = park;
	steal_ptr(&op); /* park->pull.op */
	return 0;
}

int park_write(struct park *park, enum swapadm_park_state state)
{
	park->rec.state = state;
	return parks_write(park->pull.ctx, &park->rec);
}
