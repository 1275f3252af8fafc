/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl ps --shared: what "tmpfs and other shared memory" in swap is. */
#include <unistd.h>

#include "commands.h"
#include "table.h"
#include "text.h"

#define N_SHOWN 3 /* processes, in text; JSON has all */

/* @object NULL: the rest, which belongs to none that can be found */
struct shared_row {
	const struct swapadm_shared_object *object;
	uint64_t swap_bytes;
	char *pids, *commands;
};

struct shared_rows {
	struct shared_row *items;
	const void **pointers;
	size_t n;
};

static const struct swapadm_shared_object *object_of(const void *row)
{
	return ((const struct shared_row *)row)->object;
}

static bool get_swap(const void *row, struct cell *c)
{
	c->u = ((const struct shared_row *)row)->swap_bytes;
	return true;
}

static bool get_size(const void *row, struct cell *c)
{
	c->u = object_of(row) ? object_of(row)->size_bytes : 0;
	return object_of(row);
}

static bool get_kind(const void *row, struct cell *c)
{
	c->text = object_of(row) ? swapadm_shared_kind_name(object_of(row)->kind)
				 : "other";
	return c->text;
}

static bool get_name(const void *row, struct cell *c)
{
	c->text = object_of(row) ? object_of(row)->name : "(not attributed)";
	return *c->text;
}

static bool get_n_mappers(const void *row, struct cell *c)
{
	c->u = object_of(row) ? object_of(row)->n_mappers : 0;
	return object_of(row);
}

static bool get_pids(const void *row, struct cell *c)
{
	c->text = ((const struct shared_row *)row)->pids;
	return c->text && *c->text;
}

static bool get_commands(const void *row, struct cell *c)
{
	c->text = ((const struct shared_row *)row)->commands;
	return c->text && *c->text;
}

static const struct column shared_items[] = {
	{ "SWAP", NULL, UNIT_BYTES, 0, "in swap", get_swap },
	{ "SIZE", NULL, UNIT_BYTES, 0, "of all of it that is mapped, or of the segment",
	  get_size },
	{ "KIND", NULL, UNIT_TEXT, 0,
	  "tmpfs, deleted, memfd, sysv, anonymous; other: the rest", get_kind },
	{ "NAME", NULL, UNIT_TEXT, 0, "path, name of the memfd, number of the segment",
	  get_name },
	{ "PROCS", "mappers", UNIT_COUNT, 0,
	  "processes that have it mapped, or open without a path", get_n_mappers },
	{ "PIDS", NULL, UNIT_TEXT, 0, "of the first three of them, in JSON of all",
	  get_pids },
	{ "COMMAND", "commands", UNIT_TEXT, 0, "their names", get_commands },
};

const struct columns shared_columns = {
	.table = "shared",
	.items = shared_items,
	.n = ARRAY_SIZE(shared_items),
	.defaults = "SWAP,SIZE,KIND,NAME,PIDS,COMMAND",
};

/* ---- rows -------------------------------------------------------------------------- */

static void rows_free(struct shared_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		free(rows->items[i].pids);
		free(rows->items[i].commands);
	}
	free(rows->items);
	free(rows->pointers);
}

static bool named_before(const struct swapadm_shared_object *o, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (streq(o->mappers[i].comm, o->mappers[at].comm))
			return true;
	return false;
}

/* the numbers and the different names of who has it mapped */
static int name_mappers(struct shared_row *row, size_t most)
{
	const struct swapadm_shared_object *o = row->object;
	size_t pids_size, commands_size, n_names = 0;
	FILE *pids = open_memstream(&row->pids, &pids_size);
	FILE *names = open_memstream(&row->commands, &commands_size);
	bool failed;

	for (size_t i = 0; pids && names && i < o->n_mappers; i++) {
		if (i < most)
			fprintf(pids, "%s%d", i ? "," : "", (int)o->mappers[i].pid);
		if (named_before(o, i))
			continue;
		if (n_names++ < most)
			fprintf(names, "%s%s", n_names > 1 ? "," : "",
				o->mappers[i].comm);
	}
	if (pids && o->n_mappers > most)
		fprintf(pids, "+%zu", o->n_mappers - most);
	if (names && n_names > most)
		fprintf(names, "+%zu", n_names - most);
	failed = !pids || fclose(pids);
	failed = !names || fclose(names) || failed;
	return failed ? -ENOMEM : 0;
}

/* @rest_bytes: 0: no row for it */
static int make_rows(const struct swapadm_shared *shared, uint64_t rest_bytes,
		     size_t most, struct shared_rows *out)
{
	size_t n = swapadm_shared_n(shared);
	int r = 0;

	out->items = calloc(n + 1, sizeof(*out->items));
	out->pointers = calloc(n + 1, sizeof(*out->pointers));
	if (!out->items || !out->pointers)
		return -ENOMEM;
	for (; !r && out->n < n; out->n++) {
		struct shared_row *row = &out->items[out->n];

		row->object = swapadm_shared_get(shared, out->n);
		row->swap_bytes = row->object->swap_bytes;
		r = name_mappers(row, most);
	}
	if (rest_bytes)
		out->items[out->n++].swap_bytes = rest_bytes;
	for (size_t i = 0; i < out->n; i++)
		out->pointers[i] = &out->items[i];
	return r;
}

/* ---- the command ------------------------------------------------------------------- */

static void procs_unrefp(struct swapadm_procs **procs)
{
	swapadm_procs_unref(*procs);
}

static void shared_freep(struct swapadm_shared **shared)
{
	swapadm_shared_free(*shared);
}

static void say_what_is_missing(const struct cli *cli,
				const struct swapadm_shared *shared, uint64_t rest)
{
	if (cli_has(cli, OPT_JSON) || cli_has(cli, OPT_RAW))
		return;
	if (swapadm_shared_partial(shared))
		cli_say("%s",
			geteuid()
				? "only what your own processes map or have open, System V segments and tmpfs files of your own; run as root to see all"
				: "not all is listed: some processes or files can't be read here (a container without CAP_SYS_PTRACE, or too few descriptors: ulimit -n)");
	else if (rest == UINT64_MAX)
		cli_say("how much is missing here is not known: which pages belong to processes is shown only to root");
	if (rest != UINT64_MAX && rest >= 1 << 20)
		cli_say("other (not attributed): shared memory that no process was found to use, or pages that are in memory again and keep their place in swap (swap cache)");
}

int ps_shared(struct cli *cli)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	_cleanup_(shared_freep) struct swapadm_shared *shared = NULL;
	_cleanup_(selection_free) struct selection sel = { 0 };
	_cleanup_(rows_free) struct shared_rows rows = { 0 };
	uint64_t rest;
	int r = table_select(cli, &shared_columns, &sel);

	if (r)
		return r;
	r = cli_model(cli, 0, &model);
	if (!r)
		r = swapadm_procs_load(cli->ctx, model, SWAPADM_PROCS_SPLIT, &procs);
	if (!r)
		r = swapadm_shared_load(cli->ctx, &shared);
	if (r)
		return cli_fail(cli, r, "ps");
	rest = swapadm_shared_rest_bytes(shared, procs);
	r = make_rows(shared, rest == UINT64_MAX ? 0 : rest,
		      cli_has(cli, OPT_JSON) ? SIZE_MAX : N_SHOWN, &rows);
	if (r)
		return cli_fail(cli, r, "ps");
	r = table_print(cli, &sel, rows.pointers, rows.n);
	fflush(stdout);
	say_what_is_missing(cli, shared, rest);
	return r;
}
