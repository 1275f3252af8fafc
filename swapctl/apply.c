/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl apply: make the machine match its configuration. */
#include "commands.h"
#include "import.h"
#include "plan.h"

/* the boot reads the configuration in /etc and no other one */
static int check_options(struct cli *cli)
{
	if (cli_has(cli, OPT_EXIT_CODE) && !cli_has(cli, OPT_DRY_RUN))
		return cli_usage(cli, "--exit-code needs --dry-run");
	if (cli_has(cli, OPT_TAKE_OVER) && (cli->n_operands || cli_has(cli, OPT_CONFIG)))
		return cli_usage(
			cli,
			"--take-over: only with the configuration in /etc, which the boot reads");
	return 0;
}

/* who else activates the same devices; *@out may stay NULL without --take-over */
static int find_conflicts(struct cli *cli, struct swapadm_conf *conf,
			  struct swapadm_import **out)
{
	int r = swapadm_import_conflicts(cli->ctx, conf, out);

	if (!r || cli_has(cli, OPT_TAKE_OVER))
		return r;
	cli_say("apply: %s", swapadm_get_error(cli->ctx));
	return 0;
}

int cmd_apply(struct cli *cli)
{
	_cleanup_(import_unrefp) struct swapadm_import *import = NULL;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	unsigned flags = (cli_has(cli, OPT_PRUNE) ? SWAPADM_PLAN_PRUNE : 0) |
			 (cli_has(cli, OPT_RERANK) ? SWAPADM_PLAN_RERANK : 0) |
			 (cli_has(cli, OPT_DRY_RUN) ? 0 : SWAPADM_PLAN_LOAD);
	struct swapadm_conf *conf;
	int r = check_options(cli);

	if (!r)
		r = cli_conf_operand(cli, &conf);
	if (r > 0)
		return r;
	if (!r && !swapadm_conf_n_files(conf)) {
		cli_say("apply: there is no configuration: neither /etc/swapadm.conf nor a drop-in; `swapctl save --write` makes one of the running state");
		return CLI_FAILED;
	}
	if (!r && swapadm_conf_warn_idle(conf, cli->ctx) >= 0)
		r = find_conflicts(cli, conf, &import);
	if (!r) /* before anybody is turned off: a plan may be refused */
		r = swapadm_plan_apply(cli->ctx, conf, flags, &plan);
	if (r)
		return cli_fail(cli, r, "apply");
	r = plan_print(cli, plan);
	if (!r)
		r = import_end_conflicts(cli, import);
	if (!r && !cli_has(cli, OPT_DRY_RUN)) {
		r = plan_run(cli, plan);
		plan_keep_conf(cli, conf, r);
		return r;
	}
	if (r)
		return r;
	if (cli_has(cli, OPT_EXIT_CODE) &&
	    (swapadm_plan_n_changes(plan) || swapadm_plan_n_refused(plan) ||
	     (cli_has(cli, OPT_TAKE_OVER) && swapadm_import_n_changes(import))))
		return CLI_FOUND;
	return CLI_DONE;
}
