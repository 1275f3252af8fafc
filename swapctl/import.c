/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl import, and what `apply --take-over` shares with it. */
#include "import.h"

#include "commands.h"
#include "plan.h"

static void print_changes(const struct swapadm_import *import)
{
	for (size_t i = 0; i < swapadm_import_n_changes(import); i++) {
		const struct swapadm_import_change *change =
			swapadm_import_change(import, i);

		cli_say("take over: %s: %s (to undo: %s)", change->object, change->text,
			change->undo);
	}
}

/* what is refused is not announced; with --dry-run that is all */
static int take_over(const struct cli *cli, struct swapadm_import *import)
{
	int r = swapadm_import_check(import);

	if (!r)
		print_changes(import);
	if (!r && !cli_has(cli, OPT_DRY_RUN))
		r = swapadm_import_take_over(import);
	return r ? cli_fail(cli, r, "take over") : CLI_DONE;
}

/* the running areas, as save prints them without a configuration */
static int import_running(struct cli *cli)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_free_ char *text = NULL;
	int r = swapadm_model_load(cli->ctx, NULL, SWAPADM_LOAD_BLKID, &model);

	if (!r)
		r = swapadm_model_save(model, &text);
	if (r)
		return cli_fail(cli, r, "import");
	fputs(text, stdout);
	return CLI_DONE;
}

static int apply_now(struct cli *cli)
{
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	struct swapadm_conf *conf;
	int r = cli_conf(cli, &conf);

	if (!r)
		r = swapadm_plan_apply(cli->ctx, conf, SWAPADM_PLAN_LOAD, &plan);
	if (r)
		return cli_fail(cli, r, "apply");
	r = plan_print_and_run(cli, plan);
	plan_keep_conf(cli, conf, r);
	return r;
}

int cmd_import(struct cli *cli)
{
	_cleanup_(import_unrefp) struct swapadm_import *import = NULL;
	const char *source = cli->n_operands ? cli->operands[0] : NULL;
	bool running = source && !strcmp(source, "running");
	int r;

	if (running && cli_has(cli, OPT_TAKE_OVER))
		return cli_usage(
			cli,
			"running: nobody is there to take over from; `swapctl save --write`");
	if (running)
		return import_running(cli);
	r = swapadm_import_new(cli->ctx, source, &import);
	if (r == -EINVAL) /* the word itself */
		return cli_usage(cli, "%s", swapadm_get_error(cli->ctx));
	if (r)
		return cli_fail(cli, r, "import");
	fputs(swapadm_import_text(import), stdout);
	fflush(stdout);
	if (!cli_has(cli, OPT_TAKE_OVER) && !cli_has(cli, OPT_DRY_RUN))
		return CLI_DONE;
	r = take_over(cli, import);
	return r || cli_has(cli, OPT_DRY_RUN) ? r : apply_now(cli);
}

int import_end_conflicts(struct cli *cli, struct swapadm_import *import)
{
	if (!cli_has(cli, OPT_TAKE_OVER)) {
		for (size_t i = 0; import && i < swapadm_import_n_changes(import); i++)
			cli_say("apply: %s activates a device of the configuration too, at boot; `swapctl apply --take-over` ends that",
				swapadm_import_change(import, i)->object);
		return CLI_DONE;
	}
	return take_over(cli, import);
}
