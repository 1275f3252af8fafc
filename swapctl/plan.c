/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include <unistd.h>

#include "table.h"
#include "text.h"

static const char *action_name(enum swapadm_action action)
{
	static const char *const names[] = {
		[SWAPADM_ACTION_KEEP] = "keep",
		[SWAPADM_ACTION_CREATE_ZRAM] = "create-zram",
		[SWAPADM_ACTION_CREATE_FILE] = "create-file",
		[SWAPADM_ACTION_CREATE_TSWAP] = "create-tswap",
		[SWAPADM_ACTION_FORMAT] = "format",
		[SWAPADM_ACTION_ACTIVATE] = "activate",
		[SWAPADM_ACTION_RERANK] = "rerank",
		[SWAPADM_ACTION_DRAIN] = "drain",
		[SWAPADM_ACTION_DETACH] = "detach",
		[SWAPADM_ACTION_SET] = "set",
		[SWAPADM_ACTION_WARN] = "warning",
	};

	return (size_t)action < ARRAY_SIZE(names) ? names[action] : "unknown";
}

static const struct swapadm_step *step_of(const void *row)
{
	return row;
}

static bool get_action(const void *row, struct cell *c)
{
	return give_text(c, action_name(step_of(row)->action));
}

static bool get_tier(const void *row, struct cell *c)
{
	return give_text(c, step_of(row)->tier);
}

static bool get_object(const void *row, struct cell *c)
{
	return give_text(c, step_of(row)->object);
}

static bool get_prio(const void *row, struct cell *c)
{
	c->i = step_of(row)->prio;
	return c->i != SWAPADM_PRIO_NONE;
}

static bool get_bytes(const void *row, struct cell *c)
{
	c->u = step_of(row)->bytes;
	return c->u;
}

static bool get_note(const void *row, struct cell *c)
{
	return give_text(c, step_of(row)->text);
}

static const struct column items[] = {
	{ "ACTION", NULL, UNIT_TEXT, 0, "what is done", get_action },
	{ "TIER", NULL, UNIT_TEXT, 0, "tier of the device", get_tier },
	{ "OBJECT", NULL, UNIT_TEXT, 0, "device or file", get_object },
	{ "PRIO", NULL, UNIT_NUMBER, 0, "priority that it gets", get_prio },
	{ "SIZE", NULL, UNIT_BYTES, 0, "bytes made or moved", get_bytes },
	{ "NOTE", NULL, UNIT_TEXT, 0, "what it means", get_note },
};

static const struct columns plan_columns = {
	.table = "steps",
	.items = items,
	.n = ARRAY_SIZE(items),
	.defaults = "ACTION,TIER,OBJECT,PRIO,SIZE,NOTE",
};

int plan_print(struct cli *cli, const struct swapadm_plan *plan)
{
	size_t n = swapadm_plan_n_steps(plan);
	_cleanup_free_ const void **rows = calloc(n + 1, sizeof(*rows));
	_cleanup_(selection_free) struct selection sel = { 0 };
	int r = table_select(cli, &plan_columns, &sel);

	if (r)
		return r;
	if (!rows)
		return cli_fail(cli, -ENOMEM, "plan");
	for (size_t i = 0; i < n; i++)
		rows[i] = swapadm_plan_step(plan, i);
	r = table_print(cli, &sel, rows, n);
	fflush(stdout);
	return r;
}

struct tally {
	bool verbose;
	size_t done, failed, kept;
};

static bool changes(const struct swapadm_step *step)
{
	return step->action != SWAPADM_ACTION_KEEP && step->action != SWAPADM_ACTION_WARN;
}

static void on_step(void *data, const struct swapadm_step *step, int result)
{
	struct tally *tally = data;

	tally->kept += step->action == SWAPADM_ACTION_KEEP;
	if (!changes(step))
		return;
	if (result == SWAPADM_STEP_UNDONE)
		tally->done--;
	else if (result)
		tally->failed++;
	else
		tally->done++;
	if (tally->verbose)
		cli_say("%s %s: %s", action_name(step->action), step->object,
			result == SWAPADM_STEP_UNDONE ? "undone"
			: result                      ? strerror(-result)
						      : "done");
}

int plan_run(struct cli *cli, struct swapadm_plan *plan)
{
	struct tally tally = { .verbose = cli->verbose };
	int r = swapadm_plan_run(plan, on_step, &tally), code;
	size_t n = swapadm_plan_n_changes(plan); /* it may have been planned again */

	if (!r && !n && !cli_has(cli, OPT_PERSIST))
		cli_say("%s: nothing to change", cli->cmd->name);
	if (!r)
		return CLI_DONE;
	code = cli_fail(cli, r, cli->cmd->name);
	if (tally.done)
		cli_say("%s: %zu of %zu changes were made before that and stay",
			cli->cmd->name, tally.done, n);
	/*
	 * what is kept counts as well: the same state has the same status the next time
	 */
	return tally.done || (tally.kept && code != CLI_NO_ROOM) ? CLI_PARTLY : code;
}

int plan_print_and_run(struct cli *cli, struct swapadm_plan *plan)
{
	int r = plan_print(cli, plan);

	if (r || cli_has(cli, OPT_DRY_RUN))
		return r;
	return plan_run(cli, plan);
}

void plan_keep_conf(struct cli *cli, const struct swapadm_conf *conf, int status)
{
	int r;

	if ((status != CLI_DONE && status != CLI_PARTLY) || cli_has(cli, OPT_CONFIG))
		return;
	r = swapadm_conf_keep(conf, cli->ctx);
	/* a user whose apply had nothing to do keeps nothing */
	if (r && (geteuid() == 0 || (r != -EACCES && r != -EPERM)))
		cli_say("%s", swapadm_get_error(cli->ctx));
}
