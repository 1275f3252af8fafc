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

SWAPADM_API struct swapadm_op *swapadm_op_unref(struct swapadm_op *op)
{
	char **texts[] = {
		&op->req.source,   &op->req.to,       &op->req.emergency,
		&op->req.cgroup,   &op->limit_object, &op->tight_group,
		&op->largest_comm, &op->cgroup,       &op->refusal,
	};

	if (!op || --op->refs)
		return NULL;
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
	return NULL;
}

/* ---- parameters -------------------------------------------------------------------- */

#define TEXT(member)                                  \
	{                                             \
		offsetof(struct op_req, member), true \
	}
#define NUMBER(member)                                 \
	{                                              \
		offsetof(struct op_req, member), false \
	}

static const struct field {
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
	char *copy = NULL, **at;

	CTX_CALL(op->ctx);
	at = field_of(op, param, true);
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
	uint64_t *at;

	CTX_CALL(op->ctx);
	at = field_of(op, param, false);
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

SWAPADM_API int swapadm_op_prepare(struct swapadm_op *op, struct swapadm_model *model)
{
	int r;

	CTX_CALL(op->ctx);
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
	return r;
}

SWAPADM_API const struct swapadm_op_plan *swapadm_op_get_plan(const struct swapadm_op *op)
{
	return op && op->prepared ? &op->plan : NULL;
}

SWAPADM_API int swapadm_op_start(struct swapadm_op *op, struct swapadm_job **out)
{
	int r;

	CTX_CALL(op->ctx);
	if (!op->prepared || !out)
		return ctx_fail(op->ctx, -EINVAL, "%s: start: it is not planned",
				op->verb);
	r = ctx_may_change(op->ctx, op->req.source ? op->req.source : op->verb);
	if (r)
		return r;
	if (op->refusal && (!op->req.force || op->plan.limit == SWAPADM_LIMIT_COMMIT))
		return ctx_fail(op->ctx, -SWAPADM_ENOROOM, "%s", op->refusal);
	*out = NULL;
	return op->ops->start(op, out);
}
