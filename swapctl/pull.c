/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl swapin and swapout. */
#include <stdarg.h>

#include "commands.h"
#include "jsonout.h"
#include "progress.h"
#include "text.h"

/* less than asked for, as far as a kernel that moves in batches can be held to it */
static bool fell_short(const struct cli *cli, const struct swapadm_progress *p)
{
	return cli_has(cli, OPT_AMOUNT) && p->moved_bytes < p->total_bytes / 10 * 9;
}

/* names of processes and cgroups are others' */
_printf_(1, 2) static void print_line(const char *fmt, ...)
{
	char line[4608];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	puts(text_defuse(line));
}

static void print_head(const char *verb, const struct swapadm_op_plan *plan)
{
	bool out = plan->kind == SWAPADM_OP_SWAPOUT;
	bool part = plan->used_bytes < plan->total_bytes;
	struct buf a, b, c;

	print_line("%s %s%s%s%s: %s%s%s in %s%s%s", verb, plan->source,
		   plan->comm ? " (" : "", plan->comm ? plan->comm : "",
		   plan->comm ? ")" : "", part ? text_amount(&a, plan->used_bytes) : "",
		   part ? " of " : "", text_amount(&b, plan->total_bytes),
		   out ? "memory, " : "swap",
		   out ? text_amount(&c, plan->movable_bytes) : "",
		   out ? " of it can go" : "");
}

static void print_plan(const char *verb, const struct swapadm_op_plan *plan)
{
	bool out = plan->kind == SWAPADM_OP_SWAPOUT;
	struct buf a;

	print_head(verb, plan);
	if (plan->zswap)
		print_line(
			"  zswap is on: it takes pages first and keeps them in memory, compressed");
	for (size_t i = 0; i < plan->n_from; i++)
		print_line("  from %s: %s", plan->from[i].name,
			   text_amount(&a, plan->from[i].bytes));
	for (size_t i = 0; i < plan->n_dests; i++)
		print_line("  to %s: %s free", plan->dests[i].name,
			   text_amount(&a, plan->dests[i].bytes));
	if (plan->other_bytes)
		print_line("  from tiers that are not known: %s",
			   text_amount(&a, plan->other_bytes));
	if (out)
		print_line("  room in swap: %s", text_amount(&a, plan->swap_free_bytes));
	else
		print_line("  memory available: %s",
			   text_amount(&a, plan->ram_available_bytes));
	if (plan->cgroup)
		print_line("  room below the limit of cgroup %s: %s", plan->cgroup,
			   text_amount(&a, plan->cgroup_room_bytes));
	if (plan->short_bytes)
		print_line("  does not fit: %s short",
			   text_amount(&a, plan->short_bytes));
	else if (plan->pushed_bytes)
		print_line(
			"  slow: its cgroup is at its memory limit, %s go out again for what comes in",
			text_amount(&a, plan->pushed_bytes));
	else if (plan->fits_bytes)
		print_line("  fits: %s", text_amount(&a, plan->fits_bytes));
	else
		print_line("  nothing to move");
}

static int follow(struct cli *cli, struct swapadm_op *op)
{
	_cleanup_(job_unrefp) struct swapadm_job *job = NULL;
	struct follow how = { .on_interrupt = INTERRUPT_CANCELS };
	struct swapadm_progress p;
	struct buf a, b;
	int r = swapadm_op_start(op, &job);

	if (r)
		return cli_fail(cli, r, cli->cmd->name);
	r = progress_follow(cli, job, &how);
	if (r != CLI_DONE || swapadm_job_get_progress(job, &p) || !fell_short(cli, &p))
		return r;
	cli_say("%s: %s of %s: there was no more that could be moved", p.source,
		text_amount(&a, p.moved_bytes), text_amount(&b, p.total_bytes));
	return CLI_PARTLY;
}

/* the parser has checked them */
static int set_params(struct cli *cli, struct swapadm_op *op)
{
	const char *const *v = cli->values;
	struct swapadm_size size = { 0 };
	uint64_t pid = v[OPT_PID] ? (uint64_t)strtoll(v[OPT_PID], NULL, 10) : 0;
	int r = swapadm_op_set_u64(op, SWAPADM_PARAM_PID, pid);

	if (v[OPT_AMOUNT])
		swapadm_parse_size(v[OPT_AMOUNT], &size);
	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_CGROUP, v[OPT_CGROUP]);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_AMOUNT_BYTES, size.value);
	return r;
}

static int pull(struct cli *cli, enum swapadm_op_kind kind)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	bool dry_run = cli_has(cli, OPT_DRY_RUN);
	const struct swapadm_op_plan *plan;
	int r = swapadm_op_new(cli->ctx, kind, &op);

	if (!r)
		r = set_params(cli, op);
	/* where pages lie takes a while to find; areas that take none are no room */
	if (!r && (dry_run || kind == SWAPADM_OP_SWAPOUT))
		r = cli_model(cli, 0, &model);
	if (!r)
		r = swapadm_op_prepare(op, model);
	if (r)
		return cli_fail(cli, r, cli->cmd->name);
	if (!dry_run)
		return follow(cli, op);
	plan = swapadm_op_get_plan(op);
	if (cli_has(cli, OPT_JSON))
		json_plan(plan);
	else
		print_plan(cli->cmd->name, plan);
	return cli_refusal(plan->refusal);
}

int cmd_swapin(struct cli *cli)
{
	return pull(cli, SWAPADM_OP_SWAPIN);
}

int cmd_swapout(struct cli *cli)
{
	return pull(cli, SWAPADM_OP_SWAPOUT);
}
