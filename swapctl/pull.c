/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl swapin and swapout. */
#include "commands.h"
#include "progress.h"
#include "text.h"

/* less than asked for, as far as a kernel that moves in batches can be held to it */
static bool fell_short(const struct cli *cli, const struct swapadm_progress *p)
{
	return cli_has(cli, OPT_AMOUNT) && p->moved_bytes < p->total_bytes / 10 * 9;
}

static int pull(struct cli *cli, bool out)
{
	_cleanup_(job_unrefp) struct swapadm_job *job = NULL;
	const char *const *v = cli->values;
	struct swapadm_pull_req req = { .cgroup = v[OPT_CGROUP], .out = out };
	struct follow how = { .on_interrupt = INTERRUPT_CANCELS };
	struct swapadm_progress p;
	struct swapadm_size size;
	struct buf a, b;
	int r;

	if (v[OPT_PID]) /* the parser has checked both */
		req.pid = (pid_t)strtol(v[OPT_PID], NULL, 10);
	if (v[OPT_AMOUNT] && !swapadm_parse_size(v[OPT_AMOUNT], &size))
		req.amount_bytes = size.value;
	r = swapadm_pull_start(cli->ctx, &req, &job);
	if (r)
		return cli_fail(cli, r, cli->cmd->name);
	r = progress_follow(cli, job, &how);
	if (r != CLI_DONE || swapadm_job_get_progress(job, &p) || !fell_short(cli, &p))
		return r;
	cli_say("%s: %s of %s: there was no more that could be moved", p.source,
		text_amount(&a, p.moved_bytes), text_amount(&b, p.total_bytes));
	return CLI_PARTLY;
}

int cmd_swapin(struct cli *cli)
{
	return pull(cli, false);
}

int cmd_swapout(struct cli *cli)
{
	return pull(cli, true);
}
