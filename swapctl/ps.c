/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl ps: processes in swap, split by tier. */
#include "commands.h"
#include "text.h"
#include "tiercols.h"

struct row {
	struct tier_row tiers; /* first: tiercols.c looks there */
	const struct swapadm_proc *proc;
};

static const struct swapadm_proc *proc_of(const void *row)
{
	return ((const struct row *)row)->proc;
}

static bool give_text(struct cell *c, const char *text)
{
	c->text = text;
	return text && *text;
}

static bool get_pid(const void *row, struct cell *c)
{
	c->i = proc_of(row)->pid;
	return true;
}

static bool get_ppid(const void *row, struct cell *c)
{
	c->i = proc_of(row)->ppid;
	return true;
}

static bool get_uid(const void *row, struct cell *c)
{
	c->i = proc_of(row)->uid;
	return true;
}

static bool get_swap(const void *row, struct cell *c)
{
	c->u = proc_of(row)->swap_bytes;
	return true;
}

static bool get_rss(const void *row, struct cell *c)
{
	c->u = proc_of(row)->rss_bytes;
	return true;
}

static bool get_other(const void *row, struct cell *c)
{
	c->u = proc_of(row)->other_bytes;
	return proc_of(row)->tier_bytes;
}

static bool get_cgroup(const void *row, struct cell *c)
{
	return give_text(c, proc_of(row)->cgroup);
}

static bool get_command(const void *row, struct cell *c)
{
	return give_text(c, proc_of(row)->comm);
}

static const struct column items[] = {
	{ "PID", NULL, UNIT_NUMBER, 0, "process", get_pid },
	{ "PPID", NULL, UNIT_NUMBER, 0, "its parent", get_ppid },
	{ "UID", NULL, UNIT_NUMBER, 0, "user", get_uid },
	{ "SWAP", NULL, UNIT_BYTES, 0, "in swap (VmSwap: without shared memory)",
	  get_swap },
	{ "OTHER", NULL, UNIT_BYTES, 0, "of SWAP, on areas that can't be told apart",
	  get_other },
	{ "RSS", NULL, UNIT_BYTES, 0, "in memory", get_rss },
	{ "CGROUP", NULL, UNIT_TEXT, 0, "memory cgroup", get_cgroup },
	{ "COMMAND", NULL, UNIT_TEXT, 0, "name", get_command },
};

const struct columns ps_columns = {
	.table = "processes",
	.items = items,
	.n = ARRAY_SIZE(items),
	.defaults = "PID,UID,SWAP,RSS,COMMAND",
};

static void procs_unrefp(struct swapadm_procs **procs)
{
	swapadm_procs_unref(*procs);
}

/* what the table can't show: on stderr, so that stdout stays data */
static void say_what_is_missing(const struct cli *cli, const struct swapadm_procs *procs)
{
	uint64_t unseen = swapadm_procs_unseen_bytes(procs);
	struct buf a;

	if (cli_has(cli, OPT_JSON) || cli_has(cli, OPT_RAW))
		return;
	if (unseen == UINT64_MAX && swapadm_procs_n(procs))
		cli_say("only sums: which tier the pages are in is only told to root");
	else if (unseen != UINT64_MAX && unseen >= 1 << 20)
		cli_say("beside these, %s of swap are in use: tmpfs and other shared "
			"memory, or pages that are in memory as well",
			text_amount(&a, unseen));
}

int cmd_ps(struct cli *cli)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	_cleanup_free_ const void **pointers = NULL;
	_cleanup_free_ struct row *rows = NULL;
	struct tiercols cols;
	struct selection sel;
	size_t n;
	int r = cli_model(cli, 0, &model);

	if (!r)
		r = swapadm_procs_load(cli->ctx, model, &procs);
	if (r)
		return cli_fail(cli, r, "ps");
	tiercols_make(&cols, &ps_columns, "PID,UID,SWAP", "RSS,COMMAND", procs);
	r = table_select(cli, &cols.cols, &sel);
	if (r)
		return r;
	n = swapadm_procs_n(procs);
	rows = calloc(n + 1, sizeof(*rows));
	pointers = calloc(n + 1, sizeof(*pointers));
	if (!rows || !pointers)
		return cli_fail(cli, -ENOMEM, "ps");
	for (size_t i = 0; i < n; i++) {
		rows[i].proc = swapadm_procs_get(procs, i);
		rows[i].tiers.tier_bytes = rows[i].proc->tier_bytes;
		pointers[i] = &rows[i];
	}
	r = table_print(cli, &sel, pointers, n);
	fflush(stdout);
	say_what_is_missing(cli, procs);
	return r;
}
