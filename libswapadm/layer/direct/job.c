/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The start of a drain: what its worker has to know, written down and read back. */
#include "layer/direct/drain.h"

#include "base/privilege.h"
#include "layer/direct/direct.h"

static int fill_record(const struct swapadm_op *op, struct jobrec *rec)
{
	const struct swapadm_op_plan *plan = &op->plan;
	const char *to = op->req.to ? op->req.to : "memory";

	rec->p.kind = op_is(op, SWAPADM_OP_REMOVE) ? SWAPADM_JOB_REMOVE
						   : SWAPADM_JOB_DRAIN;
	rec->p.state = SWAPADM_JOB_RUNNING;
	rec->p.total_bytes = rec->p.left_bytes = plan->used_bytes;
	snprintf(rec->p.source, sizeof(rec->p.source), "%s", plan->source);
	snprintf(rec->p.dest, sizeof(rec->p.dest), "%s", to);
	for (size_t i = 0; i < plan->n_devices; i++) {
		int r = jobrec_add_device(rec, plan->devices[i]->path);

		if (r)
			return r;
	}
	return 0;
}

static int save_emergency(const struct emergency *spare, struct request *req)
{
	int r = request_add(req, "spare", spare->path);

	if (!r)
		r = request_add_u64(req, "spare-dev", spare->id.st_dev);
	if (!r)
		r = request_add_u64(req, "spare-ino", spare->id.st_ino);
	return r ? r : request_add_u64(req, "spare-rdev", spare->id.st_rdev);
}

static int load_emergency(struct swapadm_ctx *ctx, const struct request *req,
			  struct emergency *spare)
{
	const char *path = request_get(req, "spare");
	uint64_t dev, ino, rdev;

	if (request_get_u64(req, "spare-dev", UINT64_MAX, &dev) ||
	    request_get_u64(req, "spare-ino", UINT64_MAX, &ino) ||
	    request_get_u64(req, "spare-rdev", UINT64_MAX, &rdev))
		return -EBADMSG;
	spare->ctx = ctx;
	spare->path = path ? strdup(path) : NULL;
	spare->id.st_dev = dev;
	spare->id.st_ino = ino;
	spare->id.st_rdev = rdev;
	return path && !spare->path ? -ENOMEM : 0;
}

#define SEEN_PIDS_MAX 100000 /* a request has a limit; so many are read again */

/* a plan that was made a while ago says nothing any more */
static int save_seen(const struct swapadm_op *op, struct request *req)
{
	const struct drain *drain = drain_of(op);
	char line[64];
	int r = 0;

	for (size_t i = 0; !r && i < op->plan.n_devices; i++) {
		const struct preread_seen *seen = &drain->seen[i].pages;

		snprintf(line, sizeof(line), "%d %ju %d", seen->type,
			 (uintmax_t)seen->plain_page_ns, seen->waits);
		r = request_add(req, "seen", line);
	}
	for (size_t i = 0; !r && i < drain->n_pids; i++)
		r = request_add_u64(req, "pid", (uint64_t)drain->pids[i]);
	return r ? r : request_add_u64(req, "seen-at", drain->seen_ns);
}

int drain_save(const struct swapadm_op *op, struct request *req)
{
	const struct drain *drain = drain_of(op);
	int r = op_save(op, req);

	if (!r)
		r = request_add_u64(req, "fits-ram", drain->fits_ram);
	if (!r)
		r = request_add_u64(req, "to-tier", drain->to_tier);
	if (!r)
		r = save_emergency(&drain->emergency, req);
	for (size_t i = 0; !r && i < op->plan.n_devices; i++)
		r = request_add(req, "plain", drain->seen[i].plain ? "1" : "0");
	if (!r && drain->n_pids && drain->n_pids < SEEN_PIDS_MAX &&
	    monotonic_ns() - drain->seen_ns < DRAIN_SEEN_NS)
		r = save_seen(op, req);
	return r;
}

static int load_pids(const struct request *req, struct drain *drain)
{
	const char *text;
	uint64_t pid;
	size_t at = 0;

	while ((text = request_next(req, "pid", &at))) {
		if (parse_u64(text, &pid) || pid > INT32_MAX)
			return -EBADMSG;
		if (!array_grow(&drain->pids, drain->n_pids))
			return -ENOMEM;
		drain->pids[drain->n_pids++] = (pid_t)pid;
	}
	return 0;
}

static int parse_seen(const char *text, struct preread_seen *seen)
{
	uint64_t type, page_ns, waits;

	if (next_u64(&text, &type) || next_u64(&text, &page_ns) ||
	    next_u64(&text, &waits) || *text || type >= PAGEMAP_TYPES || waits > 1)
		return -EBADMSG;
	seen->type = (int)type;
	seen->plain_page_ns = page_ns;
	seen->waits = waits;
	return 0;
}

/* the clock is the same in both processes */
static int load_seen(const struct swapadm_op *op, const struct request *req,
		     struct drain *drain)
{
	const char *text;
	size_t at = 0;
	int r = load_pids(req, drain);

	for (size_t i = 0; !r && i < op->plan.n_devices; i++) {
		struct preread_seen *seen = &drain->seen[i].pages;

		text = request_next(req, "seen", &at);
		if (!text)
			return 0;
		r = parse_seen(text, seen);
		seen->pids = drain->pids;
		seen->n_pids = drain->n_pids;
	}
	return r ? r : request_get_u64(req, "seen-at", UINT64_MAX, &drain->seen_ns);
}

static int load_plain(const struct swapadm_op *op, const struct request *req,
		      struct drain *drain)
{
	size_t at = 0;

	drain->seen = calloc(op->plan.n_devices + 1, sizeof(*drain->seen));
	if (!drain->seen)
		return -ENOMEM;
	for (size_t i = 0; i < op->plan.n_devices; i++) {
		const char *text = request_next(req, "plain", &at);

		if (!text)
			return -EBADMSG;
		drain->seen[i].plain = streq(text, "1");
	}
	return 0;
}

static int load_drain(const struct swapadm_op *op, const struct request *req,
		      struct drain *drain)
{
	uint64_t fits_ram, to_tier;

	if (request_get_u64(req, "fits-ram", 1, &fits_ram) ||
	    request_get_u64(req, "to-tier", 1, &to_tier))
		return -EBADMSG;
	drain->fits_ram = fits_ram;
	drain->to_tier = to_tier;
	drain->detach = direct_detach;
	return load_emergency(op->ctx, req, &drain->emergency);
}

int drain_load(struct swapadm_ctx *ctx, const struct request *req, void **arg)
{
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	struct drain *drain;
	int r = op_restore(ctx, req, &op);

	if (r)
		return r;
	op->ops = &direct_drain_ops;
	op->priv = drain = calloc(1, sizeof(*drain));
	if (!drain)
		return -ENOMEM;
	r = load_drain(op, req, drain);
	if (!r)
		r = load_plain(op, req, drain);
	if (!r)
		r = load_seen(op, req, drain);
	if (!r)
		*arg = steal_ptr(&op);
	return r;
}

static int start(struct swapadm_op *op, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_(request_free) struct request req = { 0 };
	int r;

	if (geteuid() != 0)
		return ctx_fail(op->ctx, -EPERM, "%s: %s: %s", op->req.source, op->verb,
				PRIVILEGE_REMEDY("CAP_SYS_ADMIN"));
	r = fill_record(op, &rec);
	if (!r)
		r = drain_save(op, &req);
	return r ? r
		 : job_start(op->ctx, &rec, op->req.background, drain_of(op)->work, &req,
			     out);
}

static void release(struct swapadm_op *op)
{
	struct drain *drain = drain_of(op);

	if (!drain)
		return;
	free(drain->seen);
	free(drain->pids);
	free(drain->emergency.path);
	free(drain);
}

const struct op_ops direct_drain_ops = { .start = start, .release = release };

const struct job_work direct_drain_work = {
	.name = "drain",
	.load = drain_load,
	.run = drain_main,
};
