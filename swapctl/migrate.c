/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl migrate: move a part of a device, or a zram's pages to its backing device. */
#include "commands.h"
#include "jsonout.h"
#include "progress.h"
#include "text.h"

static void drain_unrefp(struct swapadm_drain **drain)
{
	swapadm_drain_unref(*drain);
}

static int print_plan(const struct cli *cli, const struct swapadm_drain_plan *plan)
{
	struct json_object *o;
	struct buf a, b;

	if (!cli_has(cli, OPT_JSON)) {
		FILE *out = cli_has(cli, OPT_BACKGROUND) ? stderr : stdout;

		fprintf(out, "migrate %s: at most %s", plan->source,
			text_amount(&a, plan->used_bytes));
		for (size_t i = 0; i < plan->n_dests; i++)
			fprintf(out, "%s %s (%s free)", i ? "," : " to",
				plan->dests[i].name,
				text_amount(&b, plan->dests[i].free_bytes));
		fputc('\n', out);
		return CLI_DONE;
	}
	o = json_object_new_object();
	json_text(o, "event", "plan");
	json_text(o, "kind", "migrate");
	json_text(o, "source", plan->source);
	json_text(o, "destination", cli->operands[1]);
	json_u64(o, "used", plan->used_bytes);
	json_u64(o, "short", plan->short_bytes);
	return json_print(o, false);
}

static int start(struct cli *cli, struct swapadm_drain *drain, bool background)
{
	_cleanup_(job_unrefp) struct swapadm_job *job = NULL;
	struct follow how = { .on_interrupt = INTERRUPT_CANCELS };
	struct swapadm_progress p;
	int r = swapadm_drain_start(drain, &job);

	if (r)
		return cli_fail(cli, r, "migrate");
	if (swapadm_job_outlives(job))
		how.on_interrupt = INTERRUPT_DETACHES;
	if (!background)
		return progress_follow(cli, job, &how);
	r = swapadm_job_get_progress(job, &p);
	if (r)
		return cli_fail(cli, r, "migrate");
	if (cli_has(cli, OPT_JSON))
		return progress_json("started", &p);
	puts(p.id);
	return CLI_DONE;
}

int cmd_migrate(struct cli *cli)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(drain_unrefp) struct swapadm_drain *drain = NULL;
	const char *const *v = cli->values;
	struct swapadm_migrate_req req = {
		.source = cli->operands[0],
		.dest = cli->operands[1],
		.background = cli_has(cli, OPT_BACKGROUND),
	};
	const struct swapadm_drain_plan *plan;
	struct buf a, b;
	int r;

	if (v[OPT_AMOUNT]) /* the parser has checked all three */
		swapadm_parse_size(v[OPT_AMOUNT], &req.amount);
	if (v[OPT_OLDER])
		swapadm_parse_age(v[OPT_OLDER], &req.older_s);
	if (v[OPT_RATE])
		swapadm_parse_rate(v[OPT_RATE], &req.rate_bytes_per_s);
	r = cli_model_strict(cli, 0, &model);
	if (!r)
		r = swapadm_migrate_prepare(cli->ctx, model, &req, &drain);
	if (r)
		return cli_fail(cli, r, req.source);
	plan = swapadm_drain_get_plan(drain);
	print_plan(cli, plan);
	fflush(stdout);
	if (plan->short_bytes) {
		cli_say("%s: migrate: needs %s, and %s has %s less free", req.source,
			text_amount(&a, plan->used_bytes), req.dest,
			text_amount(&b, plan->short_bytes));
		return CLI_NO_ROOM;
	}
	return cli_has(cli, OPT_DRY_RUN) ? CLI_DONE : start(cli, drain, req.background);
}
