/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl check and save: read the configuration, write one. */
#include "commands.h"

int cmd_check(struct cli *cli)
{
	struct swapadm_conf *conf;
	size_t devices = 0;
	int r = cli_conf_operand(cli, &conf);

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
		cli_say("check: no error; tiers: %zu, devices: %zu, cgroups: %zu",
			swapadm_conf_n_tiers(conf), devices,
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
