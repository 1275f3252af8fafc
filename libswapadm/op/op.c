/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "op/op.h"

#include <stdarg.h>

int op_new(struct swapadm_ctx *ctx, const struct op_kind *kind,
	   enum swapadm_op_kind number, struct swapadm_op **out)
{
	struct swapadm_op *op = calloc(1, sizeof(*op));

	if (!op)
		return -ENOMEM;
	op->refs = 1;
	op->ctx = swapadm_ref(ctx);
	op->kind = kind;
	op->verb = kind->verb;
	op->plan.kind = number;
	*out = op;
	return 0;
}

SWAPADM_API struct swapadm_op *swapadm_op_ref(struct swapadm_op *op)
{
	if (op)
		op->refs++;
	return op;
}

static void free_op(struct swapadm_op *op)
{
	char **texts[] = {
		&op->req.source,   &op->req.to,       &op->req.emergency,
		&op->req.cgroup,   &op->limit_object, &op->tight_group,
		&op->largest_comm, &op->cgroup,       &op->refusal,
	};

	if (op->ops && op->ops->release)
		op->ops->release(op);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(*texts[i]);
	free(op->devices);
	free(op->from);
	free(op->dests);
	swapadm_model_unref(op->model);
	swapadm_unref(op->ctx);
	free(op);
}

SWAPADM_API struct swapadm_op *swapadm_op_unref(struct swapadm_op *op)
{
	if (op && !--op->refs)
		free_op(op);
	return NULL;
}

/* ---- parameters -------------------------------------------------------------------- */

#define TEXT(member)                                           \
	{                                                      \
#member, offsetof(struct op_req, member), true \
	}
#define NUMBER(member)                                          \
	{                                                       \
#member, offsetof(struct op_req, member), false \
	}

static const struct field {
	const char *key; /* in a request */
	size_t offset;
	bool is_text;
} fields[] = {
	[SWAPADM_PARAM_SOURCE] = TEXT(source),
	[SWAPADM_PARAM_DEST] = TEXT(to),
	[SWAPADM_PARAM_EMERGENCY] = TEXT(emergency),
	[SWAPADM_PARAM_CGROUP] = TEXT(cgroup),
	[SWAPADM_PARAM_PID] = NUMBER(pid),
	[SWAPADM_PARAM_AMOUNT_BYTES] = NUMBER(amount_bytes),
	[SWAPADM_PARAM_AMOUNT_PCT] = NUMBER(amount_pct),
	[SWAPADM_PARAM_OLDER_S] = NUMBER(older_s),
	[SWAPADM_PARAM_RATE_BYTES_PER_S] = NUMBER(rate_bytes_per_s),
	[SWAPADM_PARAM_TIMEOUT_S] = NUMBER(timeout_s),
	[SWAPADM_PARAM_FORCE] = NUMBER(force),
	[SWAPADM_PARAM_BACKGROUND] = NUMBER(background),
	[SWAPADM_PARAM_PERSIST] = NUMBER(persist),
	[SWAPADM_PARAM_NO_FREEZE] = NUMBER(no_freeze),
};

/* where the parameter is kept; NULL, with the sentence: not a parameter of it */
static void *field_of(struct swapadm_op *op, enum swapadm_param param, bool is_text)
{
	if (op->prepared) {
		ctx_fail(op->ctx, -EINVAL, "%s: it is planned already", op->verb);
		return NULL;
	}
	if ((unsigned)param >= ARRAY_SIZE(fields) || fields[param].is_text != is_text ||
	    !(op->kind->takes & 1u << param)) {
		ctx_fail(op->ctx, -EINVAL, "%s: parameter %u: it has no such one",
			 op->verb, (unsigned)param);
		return NULL;
	}
	return (char *)&op->req + fields[param].offset;
}

SWAPADM_API int swapadm_op_set(struct swapadm_op *op, enum swapadm_param param,
			       const char *text)
{
	CTX_CALL(op ? op->ctx : NULL);
	char *copy = NULL, **at = op ? field_of(op, param, true) : NULL;

	if (!at)
		return -EINVAL;
	if (text && !(copy = strdup(text)))
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

SWAPADM_API int swapadm_op_set_u64(struct swapadm_op *op, enum swapadm_param param,
				   uint64_t value)
{
	CTX_CALL(op ? op->ctx : NULL);
	uint64_t *at = op ? field_of(op, param, false) : NULL;

	if (!at)
		return -EINVAL;
	*at = value;
	return 0;
}

static bool is_given(const struct swapadm_op *op, unsigned param)
{
	const char *at = (const char *)&op->req + fields[param].offset;

	return fields[param].is_text ? *(char *const *)at != NULL
				     : *(const uint64_t *)at != 0;
}

/* ---- for a worker ------------------------------------------------------------------ */

static int add_device(struct request *req, const struct swapadm_device *dev)
{
	const struct model_device *m = (const struct model_device *)dev;
	const struct swapadm_usage *use = &dev->usage;
	_cleanup_free_ char *text = NULL;

	if (asprintf(&text, "%u %u %u %u %ju %ju %ju %s", (unsigned)dev->state,
		     use->known, m->leaf_id, m->tswap_id, (uintmax_t)use->size_bytes,
		     (uintmax_t)use->used_bytes, (uintmax_t)use->ram_bytes,
		     dev->path ? dev->path : "") < 0)
		return -ENOMEM;
	return request_add(req, "op-device", text);
}

/* which tier an area is in, to say where pages went */
static int save_tiers(const struct swapadm_model *model, struct request *req)
{
	int r = 0;

	for (size_t i = 0; !r && i < model->n_tiers; i++) {
		const struct swapadm_tier *tier = &model->tiers[i]->pub;

		r = request_add(req, "op-tier", tier->name);
		for (size_t k = 0; !r && k < tier->n_devices; k++) {
			r = request_add(req, "op-area-tier", tier->name);
			if (!r)
				r = request_add(req, "op-area",
						tier->devices[k]->path
							? tier->devices[k]->path
							: "");
		}
	}
	if (!r && model->redirect.active)
		r = request_add(req, "op-tswap", model->redirect.name);
	return r ? r : request_add(req, "op-tswap-path", model->tswap.pub.path);
}

static int restore_area(struct swapadm_model *model, const char *name, const char *path)
{
	struct model_tier *tier = name ? model_find_tier(model, name) : NULL;
	struct model_device *dev;
	int r;

	if (!tier)
		return -EBADMSG;
	r = model_new_device(model, &dev);
	if (!r)
		r = arena_set(&model->arena, &dev->pub.path, path);
	return r ? r : model_tier_add(tier, dev);
}

static int restore_tiers(struct swapadm_model *model, const struct request *req)
{
	size_t at = 0, name_at = 0, path_at = 0;
	const char *text, *path;
	struct model_tier *tier;
	int r = 0;

	while (!r && (text = request_next(req, "op-tier", &at)))
		r = model_add_tier(model, text, SWAPADM_RANK_NONE, SWAPADM_PRIO_NONE,
				   false, &tier);
	while (!r && (path = request_next(req, "op-area", &path_at)))
		r = restore_area(model, request_next(req, "op-area-tier", &name_at),
				 path);
	text = request_get(req, "op-tswap");
	snprintf(model->redirect.name, sizeof(model->redirect.name), "%s",
		 text ? text : "");
	if (!r)
		r = arena_set(&model->arena, &model->tswap.pub.path,
			      request_get(req, "op-tswap-path"));
	if (!r)
		model_finish(model);
	return r;
}

int op_save(const struct swapadm_op *op, struct request *req)
{
	int r = request_add(req, "op-kind", swapadm_op_name(op->plan.kind));

	for (size_t i = 0; !r && i < ARRAY_SIZE(fields); i++) {
		const char *at = (const char *)&op->req + fields[i].offset;

		r = fields[i].is_text
			    ? request_add(req, fields[i].key, *(char *const *)at)
			    : request_add_u64(req, fields[i].key, *(const uint64_t *)at);
	}
	for (size_t i = 0; !r && i < op->plan.n_devices; i++)
		r = add_device(req, op->devices[i]);
	return r || !op->model ? r : save_tiers(op->model, req);
}

static int restore_device(struct swapadm_op *op, const char *text)
{
	uint64_t n[7]; /* as add_device() wrote them */
	struct model_device *dev;
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(n); i++)
		r = next_u64(&text, &n[i]);
	if (r || *text != ' ')
		return -EBADMSG;
	r = model_new_device(op->model, &dev);
	if (!r)
		r = arena_set(&op->model->arena, &dev->pub.path, text + 1);
	if (r)
		return r;
	dev->pub.state = (enum swapadm_state)n[0];
	dev->pub.usage.known = (uint32_t)n[1];
	dev->leaf_id = (uint32_t)n[2];
	dev->tswap_id = (uint32_t)n[3];
	dev->pub.usage.size_bytes = n[4];
	dev->pub.usage.used_bytes = n[5];
	dev->pub.usage.ram_bytes = n[6];
	return op_add_device(op, &dev->pub);
}

static int restore_params(struct swapadm_op *op, const struct request *req)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(fields); i++) {
		char *at = (char *)&op->req + fields[i].offset;
		const char *text = request_get(req, fields[i].key);

		if (!fields[i].is_text)
			r = request_get_u64(req, fields[i].key, UINT64_MAX,
					    (uint64_t *)at);
		else if (text && !(*(char **)at = strdup(text)))
			r = -ENOMEM;
	}
	return r;
}

static int find_kind(const char *name, enum swapadm_op_kind *kind)
{
	for (int i = SWAPADM_OP_DRAIN; name && i <= SWAPADM_OP_WAKE; i++)
		if (streq(name, swapadm_op_name((enum swapadm_op_kind)i))) {
			*kind = (enum swapadm_op_kind)i;
			return 0;
		}
	return -EBADMSG;
}

int op_restore(struct swapadm_ctx *ctx, const struct request *req,
	       struct swapadm_op **out)
{
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	struct op_kind row = { .verb = request_get(req, "op-kind") };
	enum swapadm_op_kind kind;
	const char *text;
	size_t at = 0;
	int r = find_kind(row.verb, &kind);

	if (!r)
		r = op_new(ctx, &row, kind, &op);
	if (r)
		return r;
	op->kind = NULL; /* it is planned: nothing can be set any more */
	op->verb = swapadm_op_name(kind);
	op->prepared = true;
	r = model_new(ctx, NULL, 0, &op->model);
	if (!r)
		r = restore_params(op, req);
	if (!r)
		r = restore_tiers(op->model, req);
	while (!r && (text = request_next(req, "op-device", &at)))
		r = restore_device(op, text);
	if (r)
		return r;
	op->plan.source = op->req.source;
	*out = steal_ptr(&op);
	return 0;
}

/* ---- the plan ---------------------------------------------------------------------- */

int op_add_device(struct swapadm_op *op, const struct swapadm_device *dev)
{
	if (!array_grow(&op->devices, op->plan.n_devices))
		return -ENOMEM;
	op->devices[op->plan.n_devices++] = dev;
	op->plan.devices = op->devices;
	op->plan.used_bytes += dev->usage.used_bytes;
	return 0;
}

static int add_tier(struct swapadm_op_tier **tiers, size_t *n, const char *name,
		    uint64_t bytes)
{
	if (!array_grow(tiers, *n))
		return -ENOMEM;
	(*tiers)[(*n)++] = (struct swapadm_op_tier){ name, bytes };
	return 0;
}

int op_add_from(struct swapadm_op *op, const char *name, uint64_t bytes)
{
	int r = add_tier(&op->from, &op->plan.n_from, name, bytes);

	op->plan.from = op->from;
	return r;
}

int op_add_dest(struct swapadm_op *op, const char *name, uint64_t bytes)
{
	int r = add_tier(&op->dests, &op->plan.n_dests, name, bytes);

	op->plan.dests = op->dests;
	return r;
}

bool op_has_device(const struct swapadm_op *op, const struct swapadm_device *dev)
{
	for (size_t i = 0; i < op->plan.n_devices; i++)
		if (op->devices[i] == dev)
			return true;
	return false;
}

int op_set_short(struct swapadm_op *op, enum swapadm_limit limit, uint64_t short_bytes,
		 const char *object)
{
	char *copy = object ? strdup(object) : NULL;

	if (object && !copy)
		return -ENOMEM;
	free(op->limit_object);
	op->limit_object = copy;
	op->plan.limit_object = copy;
	op->plan.limit = limit;
	op->plan.short_bytes = short_bytes;
	return 0;
}

uint64_t op_amount(const struct swapadm_op *op, uint64_t all_bytes)
{
	uint64_t bytes = all_bytes;

	if (op->req.amount_pct && op->req.amount_pct < 100)
		bytes = bytes / 100 * op->req.amount_pct;
	if (op->req.amount_bytes && op->req.amount_bytes < bytes)
		bytes = op->req.amount_bytes;
	return bytes;
}

int op_refuse(struct swapadm_op *op, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	free(op->refusal);
	op->refusal = text;
	op->plan.refusal = text;
	return 0;
}

/* ---- prepare and start ------------------------------------------------------------- */

static int check_params(const struct swapadm_op *op)
{
	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
		if (op->kind->needs & 1u << i && !is_given(op, i))
			return ctx_fail(
				op->ctx, -EINVAL, "%s: its %s is missing", op->verb,
				i == SWAPADM_PARAM_DEST ? "destination" : "source");
	return 0;
}

static int unsaid(const struct swapadm_op *op, int err)
{
	const char *object = op->req.source   ? op->req.source
			     : op->req.cgroup ? op->req.cgroup
					      : op->verb;

	return ctx_fail_unsaid(op->ctx, err, object,
			       object == op->verb ? "failed" : op->verb);
}

SWAPADM_API int swapadm_op_prepare(struct swapadm_op *op, struct swapadm_model *model)
{
	CTX_CALL(op ? op->ctx : NULL);
	int r;

	if (!op)
		return -EINVAL;
	if (op->prepared || op->model)
		return ctx_fail(op->ctx, -EINVAL, "%s: it is planned already", op->verb);
	r = check_params(op);
	if (r)
		return r;
	op->model = swapadm_model_ref(model);
	r = op->kind->prepare(op);
	if (!r && !op->plan.source)
		op->plan.source = op->req.source;
	op->prepared = !r;
	return r ? unsaid(op, r) : 0;
}

SWAPADM_API const struct swapadm_op_plan *swapadm_op_get_plan(const struct swapadm_op *op)
{
	return op && op->prepared ? &op->plan : NULL;
}

SWAPADM_API int swapadm_op_start(struct swapadm_op *op, struct swapadm_job **out)
{
	CTX_CALL(op ? op->ctx : NULL);
	int r;

	if (!op || !out)
		return -EINVAL;
	if (!op->prepared)
		return ctx_fail(op->ctx, -EINVAL, "%s: start: it is not planned",
				op->verb);
	r = ctx_may_change(op->ctx, op->req.source ? op->req.source : op->verb);
	if (r)
		return r;
	if (op->refusal && (!op->req.force || op->plan.limit == SWAPADM_LIMIT_COMMIT))
		return ctx_fail(op->ctx, -SWAPADM_ENOROOM, "%s", op->refusal);
	*out = NULL;
	r = op->ops->start(op, out);
	return r ? unsaid(op, r) : 0;
}
