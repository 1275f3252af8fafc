/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl apply: make the machine match its configuration. */
#include "commands.h"
#include "import.h"
#include "plan.h"

int cmd_apply(struct cli *cli)
{
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	unsigned flags = (cli_has(cli, OPT_PRUNE) ? SWAPADM_PLAN_PRUNE : 0) |
			 (cli_has(cli, OPT_RERANK) ? SWAPADM_PLAN_RERANK : 0) |
			 (cli_has(cli, OPT_DRY_RUN) ? 0 : SWAPADM_PLAN_LOAD);
	struct swapadm_conf *conf;
	int r, code;

	if (cli_has(cli, OPT_EXIT_CODE) && !cli_has(cli, OPT_DRY_RUN))
		return cli_usage(cli, "--exit-code needs --dry-run");
	r = cli_conf_operand(cli, &conf);
	if (r > 0)
		return r;
	if (!r && !swapadm_conf_n_files(conf)) {
		cli_say("apply: there is no configuration: neither /etc/swapadm.conf nor a drop-in; `swapctl save --write` makes one of the running state");
		return CLI_FAILED;
	}
	if (!r && (code = import_conflicts(cli, conf)) != CLI_DONE)
		return code;
	if (!r)
		r = swapadm_plan_apply(cli->ctx, conf, flags, &plan);
	if (r)
		return cli_fail(cli, r, "apply");
	r = plan_print_and_run(cli, plan);
	if (!r && cli_has(cli, OPT_EXIT_CODE) && swapadm_plan_n_changes(plan))
		return CLI_FOUND;
	return r;
}
