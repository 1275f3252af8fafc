/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl cordon and uncordon. */
#include "commands.h"
#include "jsonout.h"
#include "text.h"

static void print_plan(const char *verb, const struct swapadm_cordon_plan *plan)
{
	struct buf used, room;

	if (!plan->n_devices) {
		printf("%s %s: it is so already\n", verb, plan->target);
		return;
	}
	printf("%s %s: ", verb, plan->target);
	for (size_t i = 0; i < plan->n_devices; i++)
		printf("%s%s", i ? ", " : "", plan->devices[i]->name);
	printf(plan->on ? "; %s in use stay there, %s of room less\n"
			: "; %s in use there, %s of room more\n",
	       text_amount(&used, plan->used_bytes),
	       text_amount(&room, plan->room_bytes));
	for (size_t i = 0; i < plan->n_dests; i++)
		printf("  new pages to %s: %s free\n", plan->dests[i].name,
		       text_amount(&room, plan->dests[i].free_bytes));
	if (!plan->n_dests)
		puts("  new pages to nothing");
}

static int print_plan_json(const char *verb, const struct swapadm_cordon_plan *plan)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "event", "plan");
	json_text(o, "kind", verb);
	json_text(o, "target", plan->target);
	json_devices(o, plan->devices, plan->n_devices);
	json_u64(o, "used", plan->used_bytes);
	json_u64(o, "room", plan->room_bytes);
	json_dests(o, plan->dests, plan->n_dests);
	json_text(o, "refusal", plan->refusal);
	return json_print(o, false);
}

static int cordon(struct cli *cli, bool on)
{
	_cleanup_(cordon_unrefp) struct swapadm_cordon *cordon = NULL;
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	const char *word = cli->operands[0];
	const struct swapadm_cordon_plan *plan;
	int r = cli_model_strict(cli, 0, &model);

	if (!r)
		r = swapadm_cordon_prepare(cli->ctx, model, word, on, &cordon);
	if (r)
		return cli_fail(cli, r, word);
	plan = swapadm_cordon_get_plan(cordon);
	if (cli_has(cli, OPT_JSON))
		print_plan_json(cli->cmd->name, plan);
	else if (cli_has(cli, OPT_DRY_RUN))
		print_plan(cli->cmd->name, plan);
	if (cli_has(cli, OPT_DRY_RUN))
		return cli_refusal(plan->refusal);
	r = swapadm_cordon_run(cordon, cli_has(cli, OPT_FORCE));
	return r ? cli_fail(cli, r, word) : CLI_DONE;
}

int cmd_cordon(struct cli *cli)
{
	return cordon(cli, true);
}

int cmd_uncordon(struct cli *cli)
{
	return cordon(cli, false);
}
