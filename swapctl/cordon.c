/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl cordon and uncordon. */
#include "commands.h"
#include "jsonout.h"
#include "text.h"

static void print_plan(const char *verb, const struct swapadm_op_plan *plan)
{
	struct buf used, room;

	if (!plan->n_devices) {
		text_print(stdout, "%s %s: it is so already", verb, plan->source);
		putchar('\n');
		return;
	}
	text_print(stdout, "%s %s: ", verb, plan->source);
	for (size_t i = 0; i < plan->n_devices; i++)
		text_print(stdout, "%s%s", i ? ", " : "", plan->devices[i]->name);
	printf(plan->kind == SWAPADM_OP_CORDON
		       ? "; %s in use stay there, %s of room less\n"
		       : "; %s in use there, %s of room more\n",
	       text_amount(&used, plan->used_bytes),
	       text_amount(&room, plan->room_bytes));
	for (size_t i = 0; i < plan->n_dests; i++)
		printf("  new pages to %s: %s free\n", plan->dests[i].name,
		       text_amount(&room, plan->dests[i].bytes));
	if (!plan->n_dests)
		puts("  new pages to nothing");
}

static int cordon(struct cli *cli, enum swapadm_op_kind kind)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	const char *word = cli->operands[0];
	const struct swapadm_op_plan *plan;
	struct swapadm_job *job;
	int r = cli_model_strict(cli, 0, &model);

	if (!r)
		r = swapadm_op_new(cli->ctx, kind, &op);
	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_SOURCE, word);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_FORCE, cli_has(cli, OPT_FORCE));
	if (!r)
		r = swapadm_op_prepare(op, model);
	if (r)
		return cli_fail(cli, r, word);
	plan = swapadm_op_get_plan(op);
	if (cli_has(cli, OPT_JSON))
		json_plan(plan);
	else if (cli_has(cli, OPT_DRY_RUN))
		print_plan(cli->cmd->name, plan);
	if (cli_has(cli, OPT_DRY_RUN))
		return cli_refusal(plan->refusal);
	r = swapadm_op_start(op, &job); /* it is done at once: no job */
	return r ? cli_fail(cli, r, word) : CLI_DONE;
}

int cmd_cordon(struct cli *cli)
{
	return cordon(cli, SWAPADM_OP_CORDON);
}

int cmd_uncordon(struct cli *cli)
{
	return cordon(cli, SWAPADM_OP_UNCORDON);
}
