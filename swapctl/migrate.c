/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl migrate. */
#include <stdlib.h>

#include "commands.h"
#include "drain.h"

/* the parser has checked them */
static int set_filters(struct cli *cli, struct swapadm_op *op)
{
	const char *const *v = cli->values;
	struct swapadm_size amount = { 0 };
	uint64_t older_s = 0;
	int r;

	if (v[OPT_AMOUNT])
		swapadm_parse_size(v[OPT_AMOUNT], &amount);
	if (v[OPT_OLDER])
		swapadm_parse_age(v[OPT_OLDER], &older_s);
	if (amount.unit == SWAPADM_SIZE_PCT_RAM)
		return cli_usage(
			cli,
			"%s: migrate: the amount is a size, or a percentage of what the source holds",
			cli->operands[0]);
	r = swapadm_op_set_u64(op, SWAPADM_PARAM_OLDER_S, older_s);
	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_DEST, cli->operands[1]);
	if (!r && v[OPT_PID])
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_PID,
				       strtoull(v[OPT_PID], NULL, 10));
	if (!r && v[OPT_CGROUP])
		r = swapadm_op_set(op, SWAPADM_PARAM_CGROUP, v[OPT_CGROUP]);
	if (!r && amount.unit)
		r = swapadm_op_set_u64(op,
				       amount.unit == SWAPADM_SIZE_PCT
					       ? SWAPADM_PARAM_AMOUNT_PCT
					       : SWAPADM_PARAM_AMOUNT_BYTES,
				       amount.value);
	return r;
}

int cmd_migrate(struct cli *cli)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	struct move move = { .verb = "migrate", .source = cli->operands[0] };
	int r = cli_model_strict(cli, 0, &model);

	if (!r)
		r = swapadm_op_new(cli->ctx, SWAPADM_OP_MIGRATE, &op);
	if (!r)
		r = move_params(cli, op, &move.timeout_s);
	if (!r)
		r = set_filters(cli, op);
	if (!r)
		r = swapadm_op_prepare(op, model);
	if (r > 0)
		return r;
	move.model = model;
	return r ? cli_fail(cli, r, move.source) : move_run(cli, &move, op);
}
