/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl park and wake: the plan, then the job. */
#include "commands.h"
#include "jsonout.h"
#include "parked.h"
#include "progress.h"
#include "text.h"

#define STAYS_BYTES (UINT64_C(1) << 20) /* less is nothing to speak of */

/* ---- the plan */

static void print_head(FILE *out, const struct swapadm_op_plan *plan)
{
	bool park = plan->kind == SWAPADM_OP_PARK;
	struct buf a;

	text_print(out, "%s %s%s%s%s: %s", park ? "park" : "wake", plan->source,
		   plan->comm ? " (" : "", plan->comm ? plan->comm : "",
		   plan->comm ? ")" : "", text_amount(&a, plan->used_bytes));
	fputs(park ? " of memory to push out\n" : " in swap\n", out);
}

/* has it been let run by others since it was parked? */
static bool was_thawed(struct cli *cli, const struct swapadm_op_plan *plan)
{
	_cleanup_(parked_freep) struct swapadm_parked_list *list = NULL;

	if (plan->kind != SWAPADM_OP_WAKE || swapadm_parked_load(cli->ctx, &list))
		return false;
	for (size_t i = 0; i < swapadm_parked_n(list); i++) {
		const struct swapadm_parked *p = swapadm_parked_get(list, i);

		if (strcmp(p->source, plan->source) == 0 && !p->gone)
			return !p->frozen;
	}
	return false;
}

static void print_freezer(struct cli *cli, FILE *out, const struct swapadm_op_plan *plan)
{
	bool park = plan->kind == SWAPADM_OP_PARK, thawed;

	switch (plan->freezer) {
	case SWAPADM_FREEZER_NONE:
		fputs(park ? "  it is not frozen and runs on\n" : "  it was not frozen\n",
		      out);
		break;
	case SWAPADM_FREEZER_FOREIGN:
		fputs(park ? "  somebody else has frozen it already; wake will leave it so\n"
			   : "  somebody else had frozen it before: it stays frozen\n",
		      out);
		break;
	default:
		thawed = was_thawed(cli, plan);
		fprintf(out, "  %sfrozen by %s%s\n",
			park     ? ""
			: thawed ? "it was "
				 : "it is ",
			swapadm_freezer_name(plan->freezer),
			thawed ? ", and others have thawed it" : "");
	}
}

static void print_tiers(FILE *out, const struct swapadm_op_plan *plan)
{
	struct buf a;

	for (size_t i = 0; i < plan->n_from; i++) {
		text_print(out, "  from %s: %s", plan->from[i].name,
			   text_amount(&a, plan->from[i].bytes));
		fputc('\n', out);
	}
	for (size_t i = 0; i < plan->n_dests; i++) {
		text_print(out, "  to %s: %s free", plan->dests[i].name,
			   text_amount(&a, plan->dests[i].bytes));
		fputc('\n', out);
	}
	if (plan->zswap)
		fputs("  zswap is on: it takes pages first and keeps them in memory, compressed\n",
		      out);
}

static void print_room(FILE *out, const struct swapadm_op_plan *plan)
{
	bool park = plan->kind == SWAPADM_OP_PARK;
	struct buf a;

	if (park)
		fprintf(out, "  room in swap: %s\n",
			text_amount(&a, plan->swap_free_bytes));
	else
		fprintf(out, "  memory available: %s\n",
			text_amount(&a, plan->ram_available_bytes));
	if (!plan->cgroup)
		return;
	text_print(out, "  room below the %s limit of cgroup %s: %s",
		   park ? "swap" : "memory", plan->cgroup,
		   text_amount(&a, plan->cgroup_room_bytes));
	fputc('\n', out);
}

/* 0: not known */
static bool print_time(FILE *out, uint64_t ns, const char *what)
{
	struct buf a;

	if (ns)
		fprintf(out, "; %s to %s",
			ns < NS_PER_S ? "less than 1 s" : text_duration(&a, ns), what);
	return ns;
}

static void print_times(FILE *out, const struct swapadm_op_plan *plan)
{
	bool is_park = plan->kind == SWAPADM_OP_PARK, known;

	fputs("  fits", out);
	known = print_time(out, is_park ? plan->predicted_ns : 0, "push out");
	known |= print_time(out, plan->back_ns, "read back");
	fputs(known ? "\n" : "; how long it takes is not known\n", out);
}

static void print_verdict(FILE *out, const struct swapadm_op_plan *plan)
{
	struct buf a, b;

	if (plan->short_bytes) {
		fprintf(out, "  does not fit: %s short\n",
			text_amount(&a, plan->short_bytes));
		return;
	}
	if (plan->pushed_bytes) {
		text_print(
			out,
			"  does not fit below the memory limit of cgroup %s, which pushes other pages out: %s are read, half of the room there; %s stay in swap, and the process itself reads them when it needs them",
			plan->cgroup ? plan->cgroup : "?",
			text_amount(&a, plan->fits_bytes),
			text_amount(&b, plan->used_bytes - plan->fits_bytes));
		fputc('\n', out);
		return;
	}
	if (!plan->used_bytes)
		fputs("  nothing has to be moved\n", out);
	else
		print_times(out, plan);
}

static void print_plan(struct cli *cli, FILE *out, const struct swapadm_op_plan *plan)
{
	struct buf a;

	print_head(out, plan);
	if (plan->is_gone) {
		fputs("  it has ended while it was parked: only its record is left\n",
		      out);
		return;
	}
	if (plan->shared_bytes)
		fprintf(out, "  shared memory of it: %s, which may stay\n",
			text_amount(&a, plan->shared_bytes));
	print_freezer(cli, out, plan);
	print_tiers(out, plan);
	print_room(out, plan);
	print_verdict(out, plan);
}

/*
 * the id of a background job is what stdout is for then: the plan goes to standard error
 */
static void show_plan(struct cli *cli, const struct swapadm_op_plan *plan)
{
	if (cli_has(cli, OPT_JSON))
		json_plan(plan);
	else
		print_plan(cli, cli_has(cli, OPT_BACKGROUND) ? stderr : stdout, plan);
	fflush(stdout);
}

/* ---- the job */

/*
 * is much of it in memory still? What others share may stay, and what was out before is
 * parked as well
 */
static bool stays_in_memory(struct cli *cli, const struct swapadm_op_plan *plan)
{
	_cleanup_(parked_freep) struct swapadm_parked_list *list = NULL;

	if (swapadm_parked_load(cli->ctx, &list))
		return false;
	for (size_t i = 0; i < swapadm_parked_n(list); i++) {
		const struct swapadm_parked *p = swapadm_parked_get(list, i);
		uint64_t stays = p->stays_bytes;

		if (strcmp(p->source, plan->source) != 0 || p->gone ||
		    p->freezer == SWAPADM_FREEZER_NONE)
			continue;
		if (p->pid)
			stays -= plan->shared_bytes < stays ? plan->shared_bytes : stays;
		return stays >= STAYS_BYTES && stays > (stays + p->out_bytes) / 10;
	}
	return false;
}

static int start(struct cli *cli, struct swapadm_op *op)
{
	const struct swapadm_op_plan *plan = swapadm_op_get_plan(op);
	_cleanup_(job_unrefp) struct swapadm_job *job = NULL;
	struct follow how = { .on_interrupt = INTERRUPT_CANCELS };
	struct swapadm_progress p;
	int r = swapadm_op_start(op, &job);

	if (r)
		return cli_fail(cli, r, cli->cmd->name);
	if (!cli_has(cli, OPT_BACKGROUND))
		r = progress_follow(cli, job, &how);
	if (!cli_has(cli, OPT_BACKGROUND))
		return r == CLI_DONE && plan->kind == SWAPADM_OP_PARK &&
				       stays_in_memory(cli, plan)
			       ? CLI_PARTLY
			       : r;
	r = swapadm_job_get_progress(job, &p);
	if (r)
		return cli_fail(cli, r, cli->cmd->name);
	if (cli_has(cli, OPT_JSON))
		return progress_json("started", &p);
	puts(p.id);
	return CLI_DONE;
}

/* the parser has checked them */
static int set_params(struct cli *cli, struct swapadm_op *op, bool park)
{
	const char *const *v = cli->values;
	uint64_t pid = v[OPT_PID] ? (uint64_t)strtoll(v[OPT_PID], NULL, 10) : 0, rate = 0;
	int r = swapadm_op_set_u64(op, SWAPADM_PARAM_PID, pid);

	if (v[OPT_RATE])
		swapadm_parse_rate(v[OPT_RATE], &rate);
	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_CGROUP, v[OPT_CGROUP]);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_RATE_BYTES_PER_S, rate);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_BACKGROUND,
				       cli_has(cli, OPT_BACKGROUND));
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_FORCE, cli_has(cli, OPT_FORCE));
	if (r || !park)
		return r;
	r = swapadm_op_set(op, SWAPADM_PARAM_DEST, v[OPT_TO]);
	return r ? r
		 : swapadm_op_set_u64(op, SWAPADM_PARAM_NO_FREEZE,
				      cli_has(cli, OPT_NO_FREEZE));
}

static int park_or_wake(struct cli *cli, enum swapadm_op_kind kind)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	bool dry_run = cli_has(cli, OPT_DRY_RUN);
	const struct swapadm_op_plan *plan;
	int r = swapadm_op_new(cli->ctx, kind, &op);

	if (!r)
		r = set_params(cli, op, kind == SWAPADM_OP_PARK);
	if (!r)
		r = cli_model(cli, 0, &model);
	if (!r)
		r = swapadm_op_prepare(op, model);
	if (r)
		return cli_fail(cli, r, cli->cmd->name);
	plan = swapadm_op_get_plan(op);
	show_plan(cli, plan);
	if (dry_run || (plan->refusal && !cli_has(cli, OPT_FORCE)))
		return cli_refusal(plan->refusal);
	return start(cli, op);
}

int cmd_park(struct cli *cli)
{
	return park_or_wake(cli, SWAPADM_OP_PARK);
}

int cmd_wake(struct cli *cli)
{
	return park_or_wake(cli, SWAPADM_OP_WAKE);
}
