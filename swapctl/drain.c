/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl drain and remove: the plan, then the job. */
#include "drain.h"

#include "commands.h"
#include "jsonout.h"
#include "progress.h"
#include "text.h"
#include "wayback.h"

#define NS_WORTH_TELLING 500000000u /* of a delay */

/* ---- the plan */

static const char *limit_text(const struct swapadm_op_plan *plan)
{
	switch (plan->limit) {
	case SWAPADM_LIMIT_CGROUP:
		return "the limit of memory cgroup";
	case SWAPADM_LIMIT_DEST:
		return plan->limit_object ? "the room in" : "the room in the other tiers";
	case SWAPADM_LIMIT_RULE:
		return "the room in the tiers of cgroup";
	case SWAPADM_LIMIT_COMMIT:
		return "vm.overcommit_memory=2 (swapoff needs the whole area below CommitLimit):";
	default:
		return "memory and the other areas together";
	}
}

static void print_verdict(FILE *out, const struct swapadm_op_plan *plan)
{
	struct buf a;

	if (plan->short_bytes) {
		text_print(out, "  does not fit: %s short, because of %s%s%s",
			   text_amount(&a, plan->short_bytes), limit_text(plan),
			   plan->limit_object ? " " : "",
			   plan->limit_object ? plan->limit_object : "");
		fputc('\n', out);
		return;
	}
	fputs("  fits", out);
	if (plan->tight_group)
		text_print(
			out,
			", but slowly: cgroup %s is at its memory limit and pushes %s out to other areas for it",
			plan->tight_group, text_amount(&a, plan->pushed_bytes));
	if (plan->predicted_ns < NS_PER_S)
		fputs("; takes less than 1 s", out);
	else
		fprintf(out, "; takes about %s", text_duration(&a, plan->predicted_ns));
	if (plan->strategy)
		fprintf(out, " (by %s)", swapadm_strategy_name(plan->strategy));
	fputc('\n', out);
}

/* what is on a zram's write-back device that was pulled out is lost already */
static void print_gone(FILE *out, const struct swapadm_device *dev)
{
	struct buf a;

	if (!dev->backing_dev || !text_is_deleted(dev->backing_dev) ||
	    !dev->usage.disk_bytes)
		return;
	text_print(
		out,
		"  %s of %s are on %s: if it was pulled out they can't be read, and a process that needs one is killed",
		text_amount(&a, dev->usage.disk_bytes), dev->name, dev->backing_dev);
	fputc('\n', out);
}

static void print_plan(FILE *out, const char *verb, const struct swapadm_op_plan *plan)
{
	/* --amount counts, --older is not known yet */
	bool part = streq(verb, "migrate");
	struct buf a;

	text_print(out, "%s %s: %s%s%s%s%s", verb, plan->source, part ? "at most " : "",
		   text_amount(&a, plan->used_bytes), part ? "" : " in use",
		   plan->owner ? " of " : "", plan->owner ? plan->owner : "");
	for (size_t i = 0; plan->n_devices > 1 && i < plan->n_devices; i++)
		text_print(out, "%s%s", i ? ", " : " on ", plan->devices[i]->name);
	fputc('\n', out);
	for (size_t i = 0; i < plan->n_dests; i++) {
		text_print(out, "  to %s: %s free", plan->dests[i].name,
			   text_amount(&a, plan->dests[i].bytes));
		fputc('\n', out);
	}
	for (size_t i = 0; !part && i < plan->n_devices; i++)
		print_gone(out, plan->devices[i]);
	if (plan->shared_bytes)
		fprintf(out,
			"  shared memory and tmpfs in swap: %s, which is in no page table and stays\n",
			text_amount(&a, plan->shared_bytes));
	fprintf(out, "  memory available: %s\n",
		text_amount(&a, plan->ram_available_bytes));
	print_verdict(out, plan);
	if (plan->rate_unkept)
		fputs("  --rate can't be kept: swapoff(2) does not stop for it\n", out);
	if (!plan->largest_pid)
		return;
	text_print(out, "  largest process there: %d (%s), %s", (int)plan->largest_pid,
		   plan->largest_comm ? plan->largest_comm : "?",
		   text_amount(&a, plan->largest_bytes));
	if (plan->cancel_delay_ns >= NS_WORTH_TELLING)
		fprintf(out, "; a cancel may take %s once swapoff(2) runs",
			text_duration(&a, plan->cancel_delay_ns));
	fputc('\n', out);
}

/*
 * the id of a background job is what stdout is for then: the plan goes to standard error
 */
static void show_plan(struct cli *cli, const char *verb,
		      const struct swapadm_op_plan *plan)
{
	if (cli_has(cli, OPT_JSON))
		json_plan(plan);
	else
		print_plan(cli_has(cli, OPT_BACKGROUND) ? stderr : stdout, verb, plan);
	fflush(stdout);
}

static bool is_source(const struct swapadm_op_plan *plan,
		      const struct swapadm_device *dev)
{
	for (size_t i = 0; i < plan->n_devices; i++)
		if (plan->devices[i] == dev)
			return true;
	return false;
}

/* what is cordoned in the place with too little room: a tier, a device or all others */
static const char *cordoned_in(const struct move *move,
			       const struct swapadm_op_plan *plan)
{
	const char *only = plan->limit_object;

	for (size_t t = 0; t < swapadm_model_n_tiers(move->model); t++) {
		const struct swapadm_tier *tier = swapadm_model_tier(move->model, t);

		for (size_t i = 0; i < tier->n_devices; i++) {
			const struct swapadm_device *dev = tier->devices[i];

			if (dev->state != SWAPADM_STATE_CORDONED || is_source(plan, dev))
				continue;
			if (!only || streq(tier->name, only) || streq(dev->name, only))
				return dev->name;
		}
	}
	return NULL;
}

static int refuse(const struct move *move, const struct swapadm_op_plan *plan,
		  bool dry_run)
{
	const char *remedy = "; add a device or free memory first";
	bool commit = plan->limit == SWAPADM_LIMIT_COMMIT;
	const char *cordoned = NULL;
	struct buf a, b;

	if (!plan->short_bytes)
		return CLI_DONE;
	if (plan->limit == SWAPADM_LIMIT_DEST)
		cordoned = cordoned_in(move, plan);
	if (plan->limit == SWAPADM_LIMIT_DEST) /* memory would not help */
		remedy = "; add a device first";
	if (plan->limit == SWAPADM_LIMIT_RULE)
		remedy = "; add a device to them, or give it more in [cgroup]";
	if (commit)
		remedy = "; `sysctl vm.overcommit_memory=0` until it is done";
	if (streq(move->verb, "migrate"))
		remedy = "; add a device, or move less with --amount";
	cli_say("%s: %s: needs %s, and is %s short because of %s%s%s%s%s", plan->source,
		move->verb, text_amount(&a, plan->used_bytes),
		text_amount(&b, plan->short_bytes), limit_text(plan),
		plan->limit_object ? " " : "",
		plan->limit_object ? plan->limit_object : "", dry_run ? "" : remedy,
		dry_run || commit || streq(move->verb, "migrate")
			? ""
			: ", or insist with --force");
	if (cordoned)
		cli_say("%s is cordoned and takes no pages until `swapctl uncordon %s`",
			cordoned, cordoned);
	return CLI_NO_ROOM;
}

/* ---- the job */

static int start(struct cli *cli, struct swapadm_op *op, const struct move *move)
{
	_cleanup_(job_unrefp) struct swapadm_job *job = NULL;
	const struct swapadm_op_plan *plan = swapadm_op_get_plan(op);
	struct follow how = { .on_interrupt = INTERRUPT_CANCELS,
			      .timeout_s = move->timeout_s,
			      .cancel_on_timeout = true,
			      .cancel_delay_ns = plan->cancel_delay_ns,
			      .largest_pid = plan->largest_pid };
	struct swapadm_progress p;
	int r = swapadm_op_start(op, &job);

	if (r)
		return cli_fail(cli, r, move->source);
	if (swapadm_job_outlives(job))
		how.on_interrupt = INTERRUPT_DETACHES;
	r = swapadm_job_get_progress(job, &p);
	if (!cli_has(cli, OPT_BACKGROUND)) {
		if (!r && !cli_has(cli, OPT_JSON))
			printf("  job %s\n", p.id);
		fflush(stdout);
		return progress_follow(cli, job, &how);
	}
	if (r)
		return cli_fail(cli, r, move->source);
	if (cli_has(cli, OPT_JSON))
		return progress_json("started", &p);
	puts(p.id);
	return CLI_DONE;
}

static bool means(const struct swapadm_op_plan *plan, const char *source)
{
	if (streq(plan->source, source))
		return true;
	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct swapadm_device *dev = plan->devices[i];

		if (streq(dev->name, source) || (dev->path && streq(dev->path, source)) ||
		    (dev->tier && streq(dev->tier, source)))
			return true;
	}
	return false;
}

/* what starting it would meet; a job of balance makes way */
static int refuse_busy(const struct cli *cli, const struct move *move,
		       const struct swapadm_op_plan *plan)
{
	struct swapadm_jobs *jobs;
	int r = CLI_DONE;

	if (swapadm_jobs_load(cli->ctx, &jobs))
		return CLI_DONE;
	for (size_t i = 0; !r && i < swapadm_jobs_n(jobs); i++) {
		const struct swapadm_progress *job = swapadm_jobs_get(jobs, i);

		if (job->state >= SWAPADM_JOB_DONE || !means(plan, job->source) ||
		    job->makes_way)
			continue;
		cli_say("%s: %s: job %s (%s %s) has it; `swapctl wait %s` or `swapctl cancel %s` first",
			plan->source, move->verb, job->id,
			swapadm_job_kind_name(job->kind), job->source, job->id, job->id);
		r = CLI_FAILED;
	}
	swapadm_jobs_free(jobs);
	return r;
}

int move_run(struct cli *cli, const struct move *move, struct swapadm_op *op)
{
	const struct swapadm_op_plan *plan = swapadm_op_get_plan(op);
	bool dry_run = cli_has(cli, OPT_DRY_RUN);
	int r;

	show_plan(cli, move->verb, plan);
	if (dry_run || !move->force) {
		r = refuse(move, plan, dry_run);
		if (!r && dry_run)
			r = refuse_busy(cli, move, plan);
		if (r || dry_run)
			return r;
	}
	return start(cli, op, move);
}

/* ---- drain and remove */

/* the parser has checked them */
int move_params(struct cli *cli, struct swapadm_op *op, uint64_t *timeout_s)
{
	const char *const *v = cli->values;
	uint64_t rate = 0;
	int r = swapadm_op_set(op, SWAPADM_PARAM_SOURCE, cli->operands[0]);

	*timeout_s = 0;
	if (v[OPT_RATE])
		swapadm_parse_rate(v[OPT_RATE], &rate);
	if (v[OPT_TIMEOUT])
		swapadm_parse_age(v[OPT_TIMEOUT], timeout_s);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_RATE_BYTES_PER_S, rate);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_TIMEOUT_S, *timeout_s);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_BACKGROUND,
				       cli_has(cli, OPT_BACKGROUND));
	return r;
}

static int drain_params(struct cli *cli, struct swapadm_op *op, uint64_t *timeout_s)
{
	const char *const *v = cli->values;
	int r = move_params(cli, op, timeout_s);

	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_DEST, v[OPT_TO]);
	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_EMERGENCY, v[OPT_EMERGENCY]);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_FORCE, cli_has(cli, OPT_FORCE));
	if (!r && cli_has(cli, OPT_PERSIST))
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_PERSIST, 1);
	return r;
}

/* a drain says how the device comes back */
static bool needs_hint(struct cli *cli, enum swapadm_op_kind kind,
		       const struct swapadm_model *model)
{
	struct swapadm_conf *conf;

	return kind == SWAPADM_OP_REMOVE && !cli_has(cli, OPT_PERSIST) &&
	       !cli_has(cli, OPT_DRY_RUN) && cli_conf(cli, &conf) == 0 &&
	       wayback_names(conf, model, cli->operands[0]);
}

static int drain_or_remove(struct cli *cli, enum swapadm_op_kind kind)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	struct move move = { .verb = swapadm_op_name(kind),
			     .source = cli->operands[0],
			     .force = cli_has(cli, OPT_FORCE) };
	int r = cli_model_strict(cli, 0, &model);
	bool hint;

	if (!r)
		r = swapadm_op_new(cli->ctx, kind, &op);
	if (!r)
		r = drain_params(cli, op, &move.timeout_s);
	if (!r)
		r = swapadm_op_prepare(op, model);
	move.model = model;
	if (r)
		return cli_fail(cli, r, move.source);
	hint = needs_hint(cli, kind, model);
	r = move_run(cli, &move, op);
	if (!r && hint)
		wayback_hint(cli);
	return r;
}

int cmd_drain(struct cli *cli)
{
	return drain_or_remove(cli, SWAPADM_OP_DRAIN);
}

int cmd_remove(struct cli *cli)
{
	return drain_or_remove(cli, SWAPADM_OP_REMOVE);
}
