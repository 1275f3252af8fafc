/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl replace and resize. */
#include "commands.h"
#include "plan.h"
#include "wayback.h"

static unsigned flags_of(const struct cli *cli)
{
	return (cli_has(cli, OPT_FORMAT) ? SWAPADM_PLAN_FORMAT : 0) |
	       (cli_has(cli, OPT_PERSIST) ? SWAPADM_PLAN_PERSIST : 0) |
	       (cli_has(cli, OPT_FORCE) ? SWAPADM_PLAN_FORCE : 0);
}

static void devspec_freep(struct swapadm_devspec **spec)
{
	swapadm_devspec_free(*spec);
}

static int run(struct cli *cli, struct swapadm_conf *conf, struct swapadm_plan *plan)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	bool hint = !cli_has(cli, OPT_PERSIST) && !cli_has(cli, OPT_DRY_RUN) &&
		    swapadm_plan_n_changes(plan) &&
		    swapadm_model_load(cli->ctx, conf, 0, &model) == 0 &&
		    wayback_names(conf, model, cli->operands[0]);
	int r = plan_print_and_run(cli, plan);

	if (!r && hint)
		wayback_hint(cli);
	return r;
}

int cmd_replace(struct cli *cli)
{
	_cleanup_(devspec_freep) struct swapadm_devspec *spec = NULL;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	struct swapadm_conf *conf;
	int r = swapadm_devspec_parse(cli->ctx, cli->operands[1], &spec);

	if (r == -EINVAL)
		return cli_usage(cli, "%s", swapadm_get_error(cli->ctx));
	if (!r)
		r = cli_conf(cli, &conf);
	if (!r)
		r = swapadm_plan_replace(cli->ctx, conf, cli->operands[0], spec,
					 flags_of(cli), &plan);
	return r ? cli_fail(cli, r, "replace") : run(cli, conf, plan);
}

int cmd_resize(struct cli *cli)
{
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	struct swapadm_conf *conf;
	struct swapadm_size size;
	int r;

	if (swapadm_parse_size(cli->operands[1], &size))
		return cli_usage(cli, "%s: is not a size such as 4G or 50%%ram",
				 cli->operands[1]);
	r = cli_conf(cli, &conf);
	if (!r)
		r = swapadm_plan_resize(cli->ctx, conf, cli->operands[0], &size,
					flags_of(cli), &plan);
	return r ? cli_fail(cli, r, "resize") : run(cli, conf, plan);
}
