/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration as an object; what fills it is in conf_parse.c and conf_files.c. */
#include "conf/conf.h"

#include <search.h>

struct swapadm_conf *conf_new(void)
{
	struct swapadm_conf *conf = calloc(1, sizeof(*conf));

	if (!conf)
		return NULL;
	conf->refs = 1;
	conf->zswap.enabled = SWAPADM_UNSET;
	conf->zswap.shrinker = SWAPADM_UNSET;
	conf->zswap.max_pool_pct = SWAPADM_PCT_NONE;
	conf->zswap.accept_threshold_pct = SWAPADM_PCT_NONE;
	conf->zswap.demote_above_pct = SWAPADM_PCT_NONE;
	conf->zswap.demote_below_pct = SWAPADM_PCT_NONE;
	return conf;
}

SWAPADM_API struct swapadm_conf *swapadm_conf_ref(struct swapadm_conf *conf)
{
	if (conf)
		conf->refs++;
	return conf;
}

static void free_tier(struct conf_tier *tier)
{
	for (size_t i = 0; i < tier->pub.n_devices; i++)
		swapadm_devspec_free(tier->devices[i]);
	free(tier->devices);
	free(tier->device_at);
	free(tier);
}

/* of tdestroy(3): what a node points to is in the list too */
static void keep_node(void *node)
{
}

static void free_strings(char **strings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(strings[i]);
	free(strings);
}

SWAPADM_API struct swapadm_conf *swapadm_conf_unref(struct swapadm_conf *conf)
{
	if (!conf || --conf->refs)
		return NULL;
	for (size_t i = 0; i < conf->n_tiers; i++)
		free_tier(conf->tiers[i]);
	free(conf->tiers);
	for (size_t i = 0; i < conf->n_cgroups; i++)
		free(conf->cgroups[i]);
	free(conf->cgroups);
	tdestroy(conf->tiers_by_name, keep_node);
	tdestroy(conf->cgroups_by_name, keep_node);
	free_strings(conf->files, conf->n_files);
	free_strings(conf->strings, conf->n_strings);
	free(conf->text);
	free(conf);
	return NULL;
}

const char *conf_keep(struct swapadm_conf *conf, const char *text)
{
	char *copy;

	if (!array_grow(&conf->strings, conf->n_strings))
		return NULL;
	copy = strdup(text);
	if (copy)
		conf->strings[conf->n_strings++] = copy;
	return copy;
}

/* ---- by name: a file may have thousands of sections ------------------------------ */

static int compare_tiers(const void *a, const void *b)
{
	return strcmp(((const struct conf_tier *)a)->pub.name,
		      ((const struct conf_tier *)b)->pub.name);
}

static int compare_cgroups(const void *a, const void *b)
{
	return strcmp(((const struct conf_cgroup *)a)->pub.name,
		      ((const struct conf_cgroup *)b)->pub.name);
}

struct conf_tier *conf_find_tier(const struct swapadm_conf *conf, const char *name)
{
	const struct conf_tier key = { .pub.name = name };
	struct conf_tier **found = tfind(&key, &conf->tiers_by_name, compare_tiers);

	return found ? *found : NULL;
}

struct conf_cgroup *conf_find_cgroup(const struct swapadm_conf *conf, const char *name)
{
	const struct conf_cgroup key = { .pub.name = name };
	struct conf_cgroup **found = tfind(&key, &conf->cgroups_by_name, compare_cgroups);

	return found ? *found : NULL;
}

bool conf_add_tier(struct swapadm_conf *conf, struct conf_tier *tier)
{
	if (!array_grow(&conf->tiers, conf->n_tiers) ||
	    !tsearch(tier, &conf->tiers_by_name, compare_tiers))
		return false;
	conf->tiers[conf->n_tiers++] = tier;
	return true;
}

bool conf_add_cgroup(struct swapadm_conf *conf, struct conf_cgroup *cgroup)
{
	if (!array_grow(&conf->cgroups, conf->n_cgroups) ||
	    !tsearch(cgroup, &conf->cgroups_by_name, compare_cgroups))
		return false;
	conf->cgroups[conf->n_cgroups++] = cgroup;
	return true;
}

/* ---- what swapadm.h shows -------------------------------------------------------- */

SWAPADM_API enum swapadm_layer swapadm_conf_layer(const struct swapadm_conf *conf)
{
	return conf->layer;
}

SWAPADM_API struct swapadm_size swapadm_conf_size(const struct swapadm_conf *conf)
{
	return conf->size;
}

SWAPADM_API size_t swapadm_conf_n_files(const struct swapadm_conf *conf)
{
	return conf->n_files;
}

SWAPADM_API const char *swapadm_conf_file(const struct swapadm_conf *conf, size_t i)
{
	return i < conf->n_files ? conf->files[i] : NULL;
}

SWAPADM_API size_t swapadm_conf_n_tiers(const struct swapadm_conf *conf)
{
	return conf->n_tiers;
}

SWAPADM_API const struct swapadm_conf_tier *
swapadm_conf_tier(const struct swapadm_conf *conf, size_t i)
{
	return i < conf->n_tiers ? &conf->tiers[i]->pub : NULL;
}

SWAPADM_API const struct swapadm_conf_tier *
swapadm_conf_find_tier(const struct swapadm_conf *conf, const char *name)
{
	struct conf_tier *tier = conf_find_tier(conf, name);

	return tier ? &tier->pub : NULL;
}

SWAPADM_API const struct swapadm_conf_zswap *
swapadm_conf_zswap(const struct swapadm_conf *conf)
{
	return &conf->zswap;
}

SWAPADM_API size_t swapadm_conf_n_cgroups(const struct swapadm_conf *conf)
{
	return conf->n_cgroups;
}

SWAPADM_API const struct swapadm_conf_cgroup *
swapadm_conf_cgroup(const struct swapadm_conf *conf, size_t i)
{
	return i < conf->n_cgroups ? &conf->cgroups[i]->pub : NULL;
}
