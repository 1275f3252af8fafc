/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl check and save: read the configuration, write one. */
#include "commands.h"
#include "jsonout.h"

#include <sys/stat.h>
#include <unistd.h>

/* what there is to wait for and to mount, for programs: a line of JSON for each value */
static int print_json(const struct swapadm_conf *conf)
{
	struct json_object *o = json_object_new_object(),
			   *files = json_object_new_array(),
			   *devices = json_object_new_array();

	for (size_t i = 0; i < swapadm_conf_n_files(conf); i++)
		json_object_array_add(files,
				      json_object_new_string(swapadm_conf_file(conf, i)));
	for (size_t i = 0; i < swapadm_conf_n_tiers(conf); i++) {
		const struct swapadm_conf_tier *tier = swapadm_conf_tier(conf, i);

		for (size_t j = 0; j < tier->n_devices; j++) {
			struct json_object *one = json_object_new_object();

			json_text(one, "tier", tier->name);
			json_text(one, "device", tier->devices[j]->word);
			json_text(one, "writeback", tier->devices[j]->writeback);
			json_object_array_add(devices, one);
		}
	}
	json_text(o, "layer", swapadm_layer_name(swapadm_conf_layer(conf)));
	json_object_object_add(o, "files", files);
	json_object_object_add(o, "devices", devices);
	return json_print(o, true);
}

/* no error: what can't be had is not in force, and apply does the rest */
static void say_unused_tiers(const struct swapadm_conf *conf)
{
	if (swapadm_conf_layer(conf) != SWAPADM_LAYER_DIRECT)
		return;
	for (size_t i = 0; i < swapadm_conf_n_cgroups(conf); i++) {
		const struct swapadm_conf_cgroup *cgroup = swapadm_conf_cgroup(conf, i);

		if (cgroup->n_tiers)
			cli_say("check: [cgroup %s] tiers: rules need cgroup v2 and the redirect layer, unless the kernel has tiers of its own; on a machine with v2 set layer = redirect in [swapadm], else take tiers out",
				cgroup->name);
	}
}

int cmd_check(struct cli *cli)
{
	struct swapadm_conf *conf;
	size_t devices = 0;
	int r = cli_conf_operand(cli, &conf);

	if (r > 0)
		return r;
	if (r)
		return cli_fail(cli, r, "check");
	if (cli_has(cli, OPT_JSON))
		return print_json(conf);
	swapadm_conf_warn_idle(conf, cli->ctx);
	for (size_t i = 0; i < swapadm_conf_n_files(conf); i++)
		printf("%s\n", swapadm_conf_file(conf, i));
	for (size_t i = 0; i < swapadm_conf_n_tiers(conf); i++)
		devices += swapadm_conf_tier(conf, i)->n_devices;
	say_unused_tiers(conf);
	if (!swapadm_conf_n_files(conf))
		cli_say("check: there is no configuration");
	else
		cli_say("check: no error; tiers: %zu, devices: %zu, cgroups: %zu",
			swapadm_conf_n_tiers(conf), devices,
			swapadm_conf_n_cgroups(conf));
	return CLI_DONE;
}

/* has the shell opened one of the files that save reads? '>' has emptied it by now */
static const char *stdout_is_read(const struct swapadm_conf *conf)
{
	struct stat out, st;

	if (fstat(STDOUT_FILENO, &out) || !S_ISREG(out.st_mode))
		return NULL;
	for (size_t i = 0; conf && i < swapadm_conf_n_files(conf); i++)
		if (stat(swapadm_conf_file(conf, i), &st) == 0 &&
		    st.st_dev == out.st_dev && st.st_ino == out.st_ino)
			return swapadm_conf_file(conf, i);
	return NULL;
}

static int save_to_file(struct cli *cli, const struct swapadm_model *model)
{
	const char *path = cli->n_operands ? cli->operands[0] : NULL;
	_cleanup_free_ char *backup = NULL;
	int r = swapadm_model_save_file(model, path, &backup);

	if (r)
		return cli_fail(cli, r, "save");
	if (backup)
		cli_say("save: the file as it was before is %s", backup);
	return CLI_DONE;
}

int cmd_save(struct cli *cli)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_free_ char *text = NULL;
	struct swapadm_conf *conf;
	const char *read;
	int r;

	if (cli->n_operands && !cli_has(cli, OPT_WRITE))
		return cli_usage(cli, "%s: a file is written with --write only",
				 cli->operands[0]);
	r = cli_conf(cli, &conf);
	if (r)
		return cli_fail(cli, r, "save");
	read = cli_has(cli, OPT_WRITE) ? NULL : stdout_is_read(conf);
	if (read) {
		cli_say("save: the output goes to %s, which save reads, and which a '>' of the shell empties before; nothing was written: put the file back and use `swapctl save --write`",
			read);
		return CLI_FAILED;
	}
	r = cli_model_strict(cli, SWAPADM_LOAD_BLKID, &model);
	if (!r && cli_has(cli, OPT_WRITE))
		return save_to_file(cli, model);
	if (!r)
		r = swapadm_model_save(model, &text);
	if (r)
		return cli_fail(cli, r, "save");
	fputs(text, stdout);
	return CLI_DONE;
}
