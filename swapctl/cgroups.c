/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl cgroups: memory cgroups in swap, split by tier, as a tree. */
#include "commands.h"
#include "tiercols.h"

struct row {
	struct tier_row tiers; /* first: tiercols.c looks there */
	const struct swapadm_cgroup *group;
	char name[256];
};

static const struct swapadm_cgroup *group_of(const void *row)
{
	return ((const struct row *)row)->group;
}

static bool get_name(const void *row, struct cell *c)
{
	c->text = ((const struct row *)row)->name;
	return true;
}

static bool get_path(const void *row, struct cell *c)
{
	c->text = group_of(row)->path;
	return true;
}

static bool get_swap(const void *row, struct cell *c)
{
	c->u = group_of(row)->swap_bytes;
	return group_of(row)->known & SWAPADM_CGROUP_SWAP;
}

static bool get_swap_max(const void *row, struct cell *c)
{
	c->u = group_of(row)->swap_limit_bytes;
	return c->u != UINT64_MAX;
}

static bool get_usage(const void *row, struct cell *c)
{
	c->u = group_of(row)->usage_bytes;
	return group_of(row)->known & SWAPADM_CGROUP_USAGE;
}

static bool get_limit(const void *row, struct cell *c)
{
	c->u = group_of(row)->limit_bytes;
	return (group_of(row)->known & SWAPADM_CGROUP_USAGE) && c->u != UINT64_MAX;
}

static bool get_zswapped(const void *row, struct cell *c)
{
	c->u = group_of(row)->zswapped_bytes;
	return group_of(row)->known & SWAPADM_CGROUP_ZSWAP;
}

static bool get_zswap(const void *row, struct cell *c)
{
	c->u = group_of(row)->zswap_bytes;
	return group_of(row)->known & SWAPADM_CGROUP_ZSWAP;
}

static bool get_other(const void *row, struct cell *c)
{
	c->u = group_of(row)->other_bytes;
	return group_of(row)->tier_bytes;
}

static bool get_procs(const void *row, struct cell *c)
{
	c->u = group_of(row)->n_procs;
	return true;
}

static const struct column items[] = {
	{ "CGROUP", "name", UNIT_TEXT, 0, "as a tree; with -r and -J the whole path",
	  get_name },
	{ "PATH", NULL, UNIT_TEXT, 0, "below the mount point", get_path },
	{ "SWAP", NULL, UNIT_BYTES, 0, "in swap, shared memory included", get_swap },
	{ "SWAPMAX", "swap_max", UNIT_BYTES, 0,
	  "limit of swap (version 1: of memory and swap)", get_swap_max },
	{ "OTHER", NULL, UNIT_BYTES, 0,
	  "of the processes' pages, on areas that can't be told apart", get_other },
	{ "ZSWAPPED", NULL, UNIT_BYTES, 0, "of SWAP, compressed in zswap", get_zswapped },
	{ "ZSWAP", "zswap_ram", UNIT_BYTES, 0, "memory that ZSWAPPED takes", get_zswap },
	{ "MEMORY", NULL, UNIT_BYTES, 0, "in memory", get_usage },
	{ "MAX", "memory_max", UNIT_BYTES, 0, "limit of memory", get_limit },
	{ "PROCS", "processes", UNIT_COUNT, 0, "processes with something in swap",
	  get_procs },
};

const struct columns cgroups_columns = {
	.table = "cgroups",
	.items = items,
	.n = ARRAY_SIZE(items),
	.defaults = "CGROUP,SWAP,ZSWAPPED,MEMORY,MAX,PROCS",
};

static void procs_unrefp(struct swapadm_procs **procs)
{
	swapadm_procs_unref(*procs);
}

static void cgroups_unrefp(struct swapadm_cgroups **cgroups)
{
	swapadm_cgroups_unref(*cgroups);
}

static void set_name(const struct cli *cli, struct row *row)
{
	const struct swapadm_cgroup *cg = row->group;
	const char *last = strrchr(cg->path, '/');
	int indent = cg->depth < 40 ? (int)cg->depth * 2 : 80;

	if (cli_has(cli, OPT_JSON) || cli_has(cli, OPT_RAW) || !cg->depth || !last)
		snprintf(row->name, sizeof(row->name), "%.255s", cg->path);
	else
		snprintf(row->name, sizeof(row->name), "%*s%.160s", indent, "", last + 1);
}

static int load(struct cli *cli, struct swapadm_procs **procs,
		struct swapadm_cgroups **cgroups)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	int r = cli_model(cli, 0, &model);

	if (!r)
		r = swapadm_procs_load(cli->ctx, model, procs);
	return r ? r : swapadm_cgroups_load(cli->ctx, *procs, cgroups);
}

int cmd_cgroups(struct cli *cli)
{
	_cleanup_(cgroups_unrefp) struct swapadm_cgroups *cgroups = NULL;
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	_cleanup_free_ const void **pointers = NULL;
	_cleanup_free_ struct row *rows = NULL;
	struct tiercols cols;
	struct selection sel;
	size_t n;
	int r = load(cli, &procs, &cgroups);

	if (r)
		return cli_fail(cli, r, "cgroups");
	tiercols_make(&cols, &cgroups_columns, "CGROUP,SWAP", "ZSWAPPED,MEMORY,MAX,PROCS",
		      procs);
	r = table_select(cli, &cols.cols, &sel);
	if (r)
		return r;
	n = swapadm_cgroups_n(cgroups);
	rows = calloc(n + 1, sizeof(*rows));
	pointers = calloc(n + 1, sizeof(*pointers));
	if (!rows || !pointers)
		return cli_fail(cli, -ENOMEM, "cgroups");
	for (size_t i = 0; i < n; i++) {
		rows[i].group = swapadm_cgroups_get(cgroups, i);
		rows[i].tiers.tier_bytes = rows[i].group->tier_bytes;
		set_name(cli, &rows[i]);
		pointers[i] = &rows[i];
	}
	return table_print(cli, &sel, pointers, n);
}
