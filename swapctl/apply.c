/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl apply, check, save: between the machine and its configuration. */
#include "commands.h"
#include "plan.h"

/* FILE of the command line stands for the whole search path, as --config does */
static int load_conf(struct cli *cli, struct swapadm_conf **out)
{
	if (cli->n_operands && cli_has(cli, OPT_CONFIG))
		return cli_usage(cli, "%s and --config: only one of them",
				 cli->operands[0]);
	if (cli->n_operands)
		cli->values[OPT_CONFIG] = cli->operands[0];
	return cli_conf(cli, out);
}

int cmd_apply(struct cli *cli)
{
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	unsigned flags = (cli_has(cli, OPT_PRUNE) ? SWAPADM_PLAN_PRUNE : 0) |
			 (cli_has(cli, OPT_RERANK) ? SWAPADM_PLAN_RERANK : 0);
	struct swapadm_conf *conf;
	int r = load_conf(cli, &conf);

	if (r > 0)
		return r;
	if (!r && !swapadm_conf_n_files(conf)) {
		cli_say("apply: there is no configuration: neither /etc/swapadm.conf nor "
			"a drop-in; `swapctl save` prints the running state as one");
		return CLI_FAILED;
	}
	if (!r)
		r = swapadm_plan_apply(cli->ctx, conf, flags, &plan);
	if (r)
		return cli_fail(cli, r, "apply");
	return plan_print_and_run(cli, plan);
}

int cmd_check(struct cli *cli)
{
	struct swapadm_conf *conf;
	size_t devices = 0;
	int r = load_conf(cli, &conf);

	if (r > 0)
		return r;
	if (r)
		return cli_fail(cli, r, "check");
	for (size_t i = 0; i < swapadm_conf_n_files(conf); i++)
		printf("%s\n", swapadm_conf_file(conf, i));
	for (size_t i = 0; i < swapadm_conf_n_tiers(conf); i++)
		devices += swapadm_conf_tier(conf, i)->n_devices;
	if (!swapadm_conf_n_files(conf))
		cli_say("check: there is no configuration");
	else
		cli_say("check: %zu files without an error: %zu tiers, %zu devices, %zu "
			"cgroups",
			swapadm_conf_n_files(conf), swapadm_conf_n_tiers(conf), devices,
			swapadm_conf_n_cgroups(conf));
	return CLI_DONE;
}

int cmd_save(struct cli *cli)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_free_ char *text = NULL;
	int r = cli_model_strict(cli, SWAPADM_LOAD_BLKID, &model);

	if (!r)
		r = swapadm_model_save(model, &text);
	if (r)
		return cli_fail(cli, r, "save");
	fputs(text, stdout);
	return CLI_DONE;
}
