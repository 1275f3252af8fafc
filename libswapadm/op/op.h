/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An operation: what drain, remove, migrate, cordon, swap-in and swap-out have in common.
 *
 * The table of kinds (layer/kinds.c) says which parameters a kind takes and who prepares
 * it. Preparing fills the plan and sets the ops that start what was planned. The plan's
 * strings belong to the operation, its devices to the model that it holds.
 */
#ifndef SWAPADM_OP_H
#define SWAPADM_OP_H

#include "job/request.h"
#include "model/model.h"

/* the parameters, as they were given; 0 and NULL: not given */
struct op_req {
	char *source, *to, *emergency, *cgroup;
	uint64_t pid, amount_bytes, amount_pct, older_s;
	uint64_t rate_bytes_per_s, timeout_s;
	uint64_t force, background, persist, no_freeze;
};

struct op_ops {
	int (*start)(struct swapadm_op *op, struct swapadm_job **out);
	void (*release)(struct swapadm_op *op); /* what .priv holds; or NULL */
};

/**
 * struct op_kind - one row of the table of kinds
 * @verb:     for sentences
 * @takes:    bit 1 << SWAPADM_PARAM_* of what it may be given
 * @needs:    of what it must be given
 * @prepare:  fills .plan and .ops: 0; -errno with the sentence
 */
struct op_kind {
	const char *verb;
	uint32_t takes, needs;
	int (*prepare)(struct swapadm_op *op);
};

struct swapadm_op {
	unsigned refs;
	struct swapadm_ctx *ctx;
	struct swapadm_model *model; /* NULL before it is prepared */
	const struct op_kind *kind;
	const char *verb; /* of .kind */
	const struct op_ops *ops;
	bool prepared;
	struct op_req req;
	struct swapadm_op_plan plan;
	const struct swapadm_device **devices; /* what plan.devices points to */
	struct swapadm_op_tier *from, *dests;  /* what plan.from and .dests point to */
	char *limit_object, *tight_group, *largest_comm, *cgroup, *refusal;
	void *priv;
	/*
	 * of balance: its reason, and that what is to go is marked idle already, so that
	 * nothing is marked
	 */
	const char *service_why;
	bool marked;
};

/* a new operation of a row of the table; 0; -ENOMEM */
int op_new(struct swapadm_ctx *ctx, const struct op_kind *kind,
	   enum swapadm_op_kind number, struct swapadm_op **out);

static inline bool op_is(const struct swapadm_op *op, enum swapadm_op_kind kind)
{
	return op->plan.kind == kind;
}

/* add to the plan; 0; -ENOMEM */
int op_add_device(struct swapadm_op *op, const struct swapadm_device *dev);
int op_add_from(struct swapadm_op *op, const char *name, uint64_t bytes);
int op_add_dest(struct swapadm_op *op, const char *name, uint64_t bytes);

/* is @dev one of those that the plan names? */
bool op_has_device(const struct swapadm_op *op, const struct swapadm_device *dev);

/* say what is short; @object (or NULL) is copied; 0; -ENOMEM */
int op_set_short(struct swapadm_op *op, enum swapadm_limit limit, uint64_t short_bytes,
		 const char *object);

/* how much of @all_bytes is to be moved at most, by AMOUNT_BYTES and AMOUNT_PCT */
uint64_t op_amount(const struct swapadm_op *op, uint64_t all_bytes);

/* the sentence that starting it fails with; 0; -ENOMEM */
int op_refuse(struct swapadm_op *op, const char *fmt, ...) _printf_(2, 3);

/**
 * op_save() - write down what a worker has to know of an operation
 *
 * Parameters, and of the devices what their path does not say. What else the job needs of
 * its plan is for the kind to add.
 * Return: 0; -ENOMEM.
 */
int op_save(const struct swapadm_op *op, struct request *req);

/**
 * op_restore() - in the worker: an operation that is prepared, without .ops and .priv
 * Return: 0; -EBADMSG; -ENOMEM.
 */
int op_restore(struct swapadm_ctx *ctx, const struct request *req,
	       struct swapadm_op **out);

static inline void op_unrefp(struct swapadm_op **op)
{
	swapadm_op_unref(*op);
}

#endif
