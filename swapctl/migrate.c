/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl migrate. */
#include <stdlib.h>

#include "commands.h"
#include "drain.h"

int cmd_migrate(struct cli *cli)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(drain_unrefp) struct swapadm_drain *drain = NULL;
	struct swapadm_migrate_req req = {
		.source = cli->operands[0],
		.dest = cli->operands[1],
		.background = cli_has(cli, OPT_BACKGROUND),
		.cgroup = cli->values[OPT_CGROUP],
	};
	const struct move move = { .verb = "migrate", .source = req.source };
	const char *const *v = cli->values;
	int r;

	if (v[OPT_AMOUNT]) /* the parser has checked all of them */
		swapadm_parse_size(v[OPT_AMOUNT], &req.amount);
	if (v[OPT_OLDER])
		swapadm_parse_age(v[OPT_OLDER], &req.older_s);
	if (v[OPT_PID])
		req.pid = (pid_t)strtol(v[OPT_PID], NULL, 10);
	if (v[OPT_RATE])
		swapadm_parse_rate(v[OPT_RATE], &req.rate_bytes_per_s);
	r = cli_model_strict(cli, 0, &model);
	if (!r)
		r = swapadm_migrate_prepare(cli->ctx, model, &req, &drain);
	if (r)
		return cli_fail(cli, r, req.source);
	return move_run(cli, &move, drain);
}
