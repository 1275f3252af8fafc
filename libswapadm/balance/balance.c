/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "balance/balance.h"

#include "balance/direct.h"
#include "balance/zram.h"
#include "job/job.h"
#include "state/jobnote.h"
#include "base/privilege.h"
#include "state/jobs.h"
#include "op/op.h"

#define NS_PER_S UINT64_C(1000000000)
#define REST_NS  (60 * NS_PER_S) /* after a round that found nothing old enough */

SWAPADM_API int swapadm_balance_new(struct swapadm_ctx *ctx, struct swapadm_balance **out)
{
	CTX_CALL(ctx);
	struct swapadm_balance *balance;

	if (!ctx || !out)
		return -EINVAL;
	balance = calloc(1, sizeof(*balance));
	if (!balance)
		return -ENOMEM;
	balance->ctx = swapadm_ref(ctx);
	balance->stop_fd = -1;
	*out = balance;
	return 0;
}

SWAPADM_API int swapadm_balance_set_stop_fd(struct swapadm_balance *balance, int fd)
{
	CTX_CALL(balance ? balance->ctx : NULL);

	if (!balance)
		return -EINVAL;
	balance->stop_fd = fd;
	return 0;
}

SWAPADM_API int swapadm_balance_begin(struct swapadm_balance *balance)
{
	CTX_CALL(balance ? balance->ctx : NULL);
	int r, zrams;

	if (!balance)
		return -EINVAL;
	if (balance->ctx->foreign_root)
		return 0; /* it will only be looked at */
	balance->may_try = true;
	r = balance_budget_carry(balance->ctx);
	if (r) /* whatever is charged later carries it as well */
		log_warning(balance->ctx, "write budget: carry to this boot: %s",
			    strerror(-r));
	r = balance_zswap_begin(balance->ctx);
	zrams = jobs_put_limits_back(balance->ctx);
	r = r ? r : zrams;
	if (r == -EPERM || r == -EACCES) /* perhaps there are none */
		return ctx_fail(balance->ctx, r, "balance: begin: %s",
				PRIVILEGE_REMEDY("CAP_DAC_OVERRIDE"));
	if (r)
		return ctx_fail(balance->ctx, r,
				"limits that a killed job of balance left: put back: %s",
				strerror(-r));
	return 0;
}

SWAPADM_API struct swapadm_balance *swapadm_balance_free(struct swapadm_balance *balance)
{
	if (!balance)
		return NULL;
	free(balance->memories);
	free(balance->decisions);
	swapadm_unref(balance->ctx);
	free(balance);
	return NULL;
}

/* ---- a tier as the decision sees it ---------------------------------------------- */

static bool names_tier(const char *word, const struct swapadm_tier *tier)
{
	if (streq(word, tier->name))
		return true;
	for (size_t i = 0; i < tier->n_devices; i++)
		if (streq_null(tier->devices[i]->name, word) ||
		    streq_null(tier->devices[i]->path, word))
			return true;
	return false;
}

/* of a drain, where its pages went so far: "memory,hdd" */
static bool list_names_tier(const char *list, const struct swapadm_tier *tier)
{
	char word[sizeof(((struct swapadm_progress *)NULL)->dest)];

	while (*list) {
		size_t len = strcspn(list, ",");

		snprintf(word, sizeof(word), "%.*s", (int)len, list);
		if (names_tier(word, tier))
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

/* the kernel's drains may choose any tier; those of the direct layer push out to areas */
static bool may_choose(const struct swapadm_progress *job)
{
	return !*job->dest || (*job->id != 'd' && (job->kind == SWAPADM_JOB_DRAIN ||
						   job->kind == SWAPADM_JOB_REMOVE));
}

bool balance_is_touched(const struct swapadm_tier *tier,
			const struct swapadm_progress *job)
{
	if (job->state >= SWAPADM_JOB_DONE)
		return false;
	return may_choose(job) || names_tier(job->source, tier) ||
	       list_names_tier(job->dest, tier);
}

static int fill_budget(struct swapadm_ctx *ctx, const struct swapadm_conf_tier *conf,
		       struct balance_tier *out)
{
	uint64_t used, budget = conf ? conf->write_budget_bytes_per_day : 0;
	int r;

	out->budget_bytes = UINT64_MAX;
	if (!budget)
		return 0;
	r = balance_budget_used(ctx, out->name, &used);
	if (!r)
		out->budget_bytes = used < budget ? budget - used : 0;
	return r;
}

SWAPADM_API int swapadm_balance_budget_left(struct swapadm_ctx *ctx,
					    const struct swapadm_conf_tier *tier,
					    uint64_t *bytes)
{
	CTX_CALL(ctx);
	struct balance_tier filled = { 0 };
	int r;

	if (!ctx || !tier || !tier->name || !bytes)
		return -EINVAL;
	filled.name = tier->name;
	r = fill_budget(ctx, tier, &filled);
	if (r)
		return r;
	if (filled.budget_bytes == UINT64_MAX)
		return -ENODATA;
	*bytes = filled.budget_bytes;
	return 0;
}

static int fill_tier(struct swapadm_balance *balance, struct swapadm_conf *conf,
		     const struct swapadm_tier *tier, struct balance_tier *out)
{
	const struct swapadm_conf_tier *wanted =
		conf ? swapadm_conf_find_tier(conf, tier->name) : NULL;
	const struct balance_memory *m = balance_recall(balance, tier->name);

	if (!m)
		return -ENOMEM;
	*out = (struct balance_tier){
		.name = tier->name,
		.size_bytes = tier->usage.size_bytes,
		.used_bytes = tier->usage.used_bytes,
		.above_pct = wanted ? wanted->demote_above_pct : SWAPADM_PCT_NONE,
		.below_pct = wanted ? wanted->demote_below_pct : SWAPADM_PCT_NONE,
		.older_s = wanted ? wanted->demote_older_s : 0,
		.descending = m->descending,
		.resting = monotonic_ns() < m->rest_until_ns,
	};
	for (size_t i = 0; i < tier->n_devices; i++) {
		const struct swapadm_device *dev = tier->devices[i];

		if (dev->state == SWAPADM_STATE_ACTIVE && device_is_leaf(dev))
			out->free_bytes +=
				u64_minus(dev->usage.size_bytes, dev->usage.used_bytes);
	}
	return fill_budget(balance->ctx, wanted, out);
}

/* zswap is in front of either layer */
static size_t decide_redirect(struct swapadm_balance *balance, struct swapadm_conf *conf,
			      const struct swapadm_model *model,
			      struct balance_tier *tiers,
			      struct swapadm_balance_decision *out)
{
	size_t n = balance_decide(tiers, swapadm_model_n_tiers(model), out);

	if (conf && balance_decide_zswap(balance, conf, model, tiers, &out[n]) == 2)
		n++;
	return n;
}

SWAPADM_API int swapadm_balance_decide(struct swapadm_balance *balance,
				       struct swapadm_conf *conf,
				       const struct swapadm_model *model, size_t *n_out)
{
	_cleanup_free_ struct swapadm_balance_decision *decisions = NULL;
	_cleanup_(jobs_freep) struct swapadm_jobs *jobs = NULL;
	_cleanup_free_ struct balance_tier *tiers = NULL;
	size_t n, n_devices = 0, n_decided = 0;
	CTX_CALL(balance ? balance->ctx : NULL);
	int r;

	if (!balance || !model || !n_out)
		return -EINVAL;
	n = swapadm_model_n_tiers(model);
	tiers = calloc(n + 1, sizeof(*tiers));
	/* at most one of a tier, one of each zram in it, and one of zswap */
	for (size_t i = 0; i < n; i++)
		n_devices += swapadm_model_tier(model, i)->n_devices;
	decisions = calloc(n + n_devices + 1, sizeof(*decisions));
	if (!tiers || !decisions)
		return -ENOMEM;
	r = swapadm_jobs_load(balance->ctx, &jobs);
	for (size_t i = 0; !r && i < n; i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);

		r = fill_tier(balance, conf, tier, &tiers[i]);
		for (size_t k = 0; !r && k < swapadm_jobs_n(jobs); k++) {
			const struct swapadm_progress *job = swapadm_jobs_get(jobs, k);

			if (balance_is_touched(tier, job))
				memcpy(tiers[i].job, job->id, sizeof(tiers[i].job));
		}
	}
	if (r)
		return r;
	if (swapadm_model_layer(model) == SWAPADM_LAYER_REDIRECT)
		n_decided = decide_redirect(balance, conf, model, tiers, decisions);
	else
		r = balance_decide_direct(balance, conf, model, tiers, decisions,
					  &n_decided);
	if (r)
		return r;
	for (size_t i = 0; i < n; i++)
		balance_recall(balance, tiers[i].name)->descending = tiers[i].descending;
	free(balance->decisions);
	balance->decisions = steal_ptr(&decisions);
	balance->n_decisions = *n_out = n_decided;
	return 0;
}

/* a zram's own write-back is on the budget of its tier */
static const char *budget_of(const struct swapadm_balance_decision *decision)
{
	return streq(decision->dest, "backing") ? decision->tier : decision->dest;
}

SWAPADM_API const struct swapadm_balance_decision *
swapadm_balance_get(const struct swapadm_balance *balance, size_t i)
{
	return i < balance->n_decisions ? &balance->decisions[i] : NULL;
}

/* ---- doing it -------------------------------------------------------------------- */

/* without it nothing is wrong but that nobody knows why this job is there */
static void leave_note(struct swapadm_balance *balance, struct swapadm_job *job,
		       const struct swapadm_balance_decision *decision)
{
	struct jobnote note;

	snprintf(note.job, sizeof(note.job), "%s", job->id);
	snprintf(note.source, sizeof(note.source), "%s", decision->tier);
	snprintf(note.dest, sizeof(note.dest), "%s", decision->dest);
	snprintf(note.why, sizeof(note.why), "%s", decision->why);
	if (jobnote_write(balance->ctx, &note))
		log_warning(balance->ctx, "%s", balance->ctx->error);
}

static int new_move(struct swapadm_balance *balance,
		    const struct swapadm_balance_decision *decision,
		    struct swapadm_op **out)
{
	const char *source = *decision->device ? decision->device : decision->tier;
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	int r = swapadm_op_new(balance->ctx, SWAPADM_OP_MIGRATE, &op);

	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_SOURCE, source);
	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_DEST, decision->dest);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_AMOUNT_BYTES, decision->bytes);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_OLDER_S, decision->older_s);
	if (r)
		return r;
	if (*decision->device)
		balance_set_direct(balance, decision, op);
	*out = steal_ptr(&op);
	return 0;
}

/* whose rest it is: the zram's, zswap's or the tier's; NULL: no memory */
static struct balance_memory *
recall_source(struct swapadm_balance *balance,
	      const struct swapadm_balance_decision *decision)
{
	char key[72];

	if (decision->kind == SWAPADM_BALANCE_ZSWAP)
		return balance_recall(balance, ZSWAP_MEMORY);
	snprintf(key, sizeof(key), "%s%s", *decision->device ? "/" : "",
		 *decision->device ? decision->device : decision->tier);
	return balance_recall(balance, key);
}

/* what failed would fail again at once, and others are waiting behind it */
static void rest_after_failure(struct swapadm_balance *balance,
			       const struct swapadm_balance_decision *decision)
{
	struct balance_memory *m = recall_source(balance, decision);
	uint64_t until_ns = monotonic_ns() + REST_NS;

	if (!m)
		return;
	if (decision->kind == SWAPADM_BALANCE_RECOMPRESS ||
	    decision->kind == SWAPADM_BALANCE_MARK)
		m->recompress_ns = until_ns;
	if (decision->kind != SWAPADM_BALANCE_RECOMPRESS)
		m->rest_until_ns = until_ns;
}

static int start(struct swapadm_balance *balance, struct swapadm_model *model,
		 const struct swapadm_balance_decision *decision,
		 struct swapadm_job **out)
{
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	bool direct = streq(decision->dest, "backing");
	int r;

	if (decision->kind != SWAPADM_BALANCE_DEMOTE)
		return balance_act_direct(balance, model, decision, out);
	r = new_move(balance, decision, &op);
	if (!r)
		r = swapadm_op_prepare(op, model);
	if (!r)
		r = balance_budget_charge(balance->ctx, budget_of(decision),
					  (int64_t)decision->bytes);
	if (r)
		return r;
	r = swapadm_op_start(op, out);
	if (!r && !direct)
		leave_note(balance, *out, decision);
	if (r) {
		char why[sizeof(balance->ctx->error)];

		snprintf(why, sizeof(why), "%s", balance->ctx->error);
		balance_budget_charge(balance->ctx, budget_of(decision),
				      -(int64_t)decision->bytes);
		return ctx_fail(balance->ctx, r, "%s", why);
	}
	return 0;
}

SWAPADM_API int swapadm_balance_start(struct swapadm_balance *balance,
				      struct swapadm_model *model,
				      const struct swapadm_balance_decision *decision,
				      struct swapadm_job **out)
{
	CTX_CALL(balance ? balance->ctx : NULL);
	int r;

	if (!balance || !model || !decision || !out)
		return -EINVAL;
	*out = NULL;
	balance->moved_bytes = 0;
	r = start(balance, model, decision, out);
	if (r)
		rest_after_failure(balance, decision);
	return r;
}

SWAPADM_API uint64_t swapadm_balance_moved(const struct swapadm_balance *balance)
{
	return balance ? balance->moved_bytes : 0;
}

SWAPADM_API int swapadm_balance_end(struct swapadm_balance *balance,
				    const struct swapadm_balance_decision *decision,
				    uint64_t moved_bytes)
{
	CTX_CALL(balance ? balance->ctx : NULL);
	struct balance_memory *m;
	bool direct;

	if (!balance || !decision)
		return -EINVAL;
	direct = streq(decision->dest, "backing");
	m = recall_source(balance, decision);
	if (!m)
		return -ENOMEM;
	if (decision->kind != SWAPADM_BALANCE_DEMOTE)
		return 0;
	if (moved_bytes < decision->bytes / 2)
		m->rest_until_ns = monotonic_ns() + REST_NS;
	if (direct && moved_bytes < decision->bytes)
		zram_unmark(balance->ctx, decision->device); /* what was cold has gone */
	if (moved_bytes >= decision->bytes)
		return 0;
	return balance_budget_charge(balance->ctx, budget_of(decision),
				     -(int64_t)(decision->bytes - moved_bytes));
}
