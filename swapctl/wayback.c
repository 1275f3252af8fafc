/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wayback.h"

#include "machine.h"

bool wayback_is_configured(const struct swapadm_conf *conf,
			   const struct swapadm_tier *tier,
			   const struct swapadm_device *dev)
{
	const struct swapadm_conf_tier *lines =
		conf ? swapadm_conf_find_tier(conf, tier->name) : NULL;
	size_t len;

	if (!dev->managed || !dev->spec)
		return lines;
	/* it has the options that it was added with, the line may have others by now */
	for (size_t i = 0; lines && i < lines->n_devices; i++) {
		len = strlen(lines->devices[i]->word);
		if (!strncmp(dev->spec, lines->devices[i]->word, len) &&
		    (!dev->spec[len] || dev->spec[len] == ','))
			return true;
	}
	return false;
}

bool wayback_names(const struct swapadm_conf *conf, const struct swapadm_model *model,
		   const char *word)
{
	const struct machine m = { .model = (struct swapadm_model *)model };
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;

	if (strcmp(word, "all") != 0 && swapadm_model_find(model, word, &tier, &dev))
		return false;
	for (struct walk w = { 0 }; machine_next(&m, &w);)
		if ((!dev || w.dev == dev) && (dev || !tier || w.tier == tier) &&
		    !w.tier->is_auto && wayback_is_configured(conf, w.tier, w.dev))
			return true;
	return false;
}

void wayback_hint(const struct cli *cli)
{
	if (cli_has(cli, OPT_CONFIG)) { /* which --persist does not write to */
		cli_say("%s: %s names it, so `swapctl apply` of that file changes this back; take its line out there",
			cli->cmd->name, cli->values[OPT_CONFIG]);
		return;
	}
	cli_say("%s: a configuration file names it, so the next `swapctl apply` changes this back; with --persist it stays",
		cli->cmd->name);
}

/* of the usual files, or of the one that was named instead */
static char *apply_command(const struct swapadm_conf *conf)
{
	const char *file = swapadm_conf_file(conf, 0);
	_cleanup_free_ char *quoted = NULL;
	char *command;

	if (!file || !strncmp(file, "/etc/swapadm.conf", strlen("/etc/swapadm.conf")))
		return strdup("swapctl apply");
	quoted = swapadm_shell_quote(file);
	if (!quoted || asprintf(&command, "swapctl apply %s", quoted) < 0)
		return NULL;
	return command;
}

bool wayback_takes(struct swapadm_ctx *ctx, const char *word)
{
	struct swapadm_devspec *spec;

	if (swapadm_devspec_parse(ctx, word, &spec))
		return false;
	swapadm_devspec_free(spec);
	return true;
}

char *wayback_of_device(struct swapadm_ctx *ctx, const struct swapadm_conf *conf,
			const struct swapadm_tier *tier, const struct swapadm_device *dev)
{
	const char *word = dev->spec ? dev->spec : dev->name;
	_cleanup_free_ char *spec = NULL;
	char tag[64], *command;

	if (wayback_is_configured(conf, tier, dev))
		return apply_command(conf);
	if (!wayback_takes(ctx, word)) {
		if (dev->is_file || !dev->uuid)
			return NULL;
		snprintf(tag, sizeof(tag), "UUID=%s", dev->uuid);
		word = tag;
	}
	spec = swapadm_shell_quote(word);
	if (!spec || asprintf(&command, "swapctl add %s %s", tier->name, spec) < 0)
		return NULL;
	return command;
}

/*
 * the command that brings back all of @tier, or of all tiers, that is not in use; NULL:
 * it takes several
 */
static char *of_tiers(struct swapadm_ctx *ctx, const struct swapadm_conf *conf,
		      const struct machine *m, const struct swapadm_tier *tier)
{
	char *command = NULL;

	for (struct walk w = { 0 }; machine_next(m, &w);) {
		_cleanup_free_ char *each = NULL;

		if ((tier && w.tier != tier) || w.dev->state != SWAPADM_STATE_INACTIVE)
			continue;
		each = wayback_of_device(ctx, conf, w.tier, w.dev);
		if (!each || (command && strcmp(command, each) != 0)) {
			free(command);
			return NULL;
		}
		if (!command) {
			command = each;
			each = NULL;
		}
	}
	return command;
}

char *wayback_of_drained(struct cli *cli, const char *source)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	struct swapadm_conf *conf;
	struct machine m = { 0 }; /* to walk over its devices */

	if (cli_conf(cli, &conf) || swapadm_model_load(cli->ctx, conf, 0, &model))
		return NULL;
	m.model = model;
	if (swapadm_model_layer(model) == SWAPADM_LAYER_REDIRECT)
		return strdup("swapctl apply"); /* its own area; leaves stay attached */
	if (!strcmp(source, "all"))
		return of_tiers(cli->ctx, conf, &m, NULL);
	if (swapadm_model_find(model, source, &tier, &dev))
		return NULL;
	if (!dev)
		return of_tiers(cli->ctx, conf, &m, tier);
	for (struct walk w = { 0 }; machine_next(&m, &w);)
		if (w.dev == dev && !w.tier->is_auto)
			return wayback_of_device(cli->ctx, conf, w.tier, dev);
	return NULL;
}
