/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl jobs, pause, resume, cancel, wait. */
#include <string.h>
#include <time.h>

#include "commands.h"
#include "parked.h"
#include "progress.h"
#include "table.h"
#include "text.h"

static const struct swapadm_progress *job_of(const void *row)
{
	return row;
}

static bool get_id(const void *row, struct cell *c)
{
	return give_text(c, job_of(row)->id);
}

static bool get_kind(const void *row, struct cell *c)
{
	return give_text(c, swapadm_job_kind_name(job_of(row)->kind));
}

static bool get_state(const void *row, struct cell *c)
{
	return give_text(c, swapadm_job_state_name(job_of(row)->state));
}

static bool get_source(const void *row, struct cell *c)
{
	return give_text(c, job_of(row)->source);
}

static bool get_dest(const void *row, struct cell *c)
{
	return give_text(c, job_of(row)->dest);
}

static bool get_phase(const void *row, struct cell *c)
{
	return give_text(c, swapadm_phase_name(job_of(row)->phase));
}

static bool get_total(const void *row, struct cell *c)
{
	c->u = job_of(row)->total_bytes;
	return true;
}

static bool get_moved(const void *row, struct cell *c)
{
	c->u = job_of(row)->moved_bytes;
	return true;
}

static bool get_left(const void *row, struct cell *c)
{
	c->u = job_of(row)->left_bytes;
	return true;
}

static bool get_pct(const void *row, struct cell *c)
{
	c->u = progress_pct(job_of(row));
	return job_of(row)->total_bytes;
}

static bool get_rate(const void *row, struct cell *c)
{
	c->u = job_of(row)->rate_bytes_per_s;
	return progress_running(job_of(row));
}

static bool get_elapsed(const void *row, struct cell *c)
{
	c->u = job_of(row)->elapsed_ns;
	return true;
}

static bool get_eta(const void *row, struct cell *c)
{
	c->u = job_of(row)->eta_ns;
	return c->u && progress_running(job_of(row));
}

static bool get_needed(const void *row, struct cell *c)
{
	c->u = job_of(row)->needed_bytes;
	return job_of(row)->state == SWAPADM_JOB_NO_SPACE;
}

static bool get_pid(const void *row, struct cell *c)
{
	c->i = job_of(row)->pid;
	return c->i;
}

static bool get_message(const void *row, struct cell *c)
{
	const struct swapadm_progress *p = job_of(row);

	if (*p->message)
		return give_text(c, p->message);
	if (exit_code_of(-p->error) == CLI_TIMED_OUT)
		return give_text(c, "timed out");
	if (p->state == SWAPADM_JOB_CANCELLED || !p->error)
		return false;
	return give_text(c, cli_strerror(p->error));
}

static bool give_time(struct cell *c, uint64_t s, char *buf, size_t size)
{
	time_t t = (time_t)s;
	struct tm tm;

	if (!s || !gmtime_r(&t, &tm) || !strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return false;
	return give_text(c, buf);
}

static bool get_started(const void *row, struct cell *c)
{
	static char text[32]; /* taken over before the next cell */

	return give_time(c, job_of(row)->started_s, text, sizeof(text));
}

static bool get_ended(const void *row, struct cell *c)
{
	static char text[32];

	return give_time(c, job_of(row)->ended_s, text, sizeof(text));
}

static bool get_user(const void *row, struct cell *c)
{
	c->i = job_of(row)->uid;
	return c->i >= 0;
}

static const struct column items[] = {
	{ "JOB", NULL, UNIT_TEXT, 0, "id, for pause, resume, cancel, wait", get_id },
	{ "KIND", NULL, UNIT_TEXT, 0,
	  "drain, remove, migrate, writeback, swapin, swapout, park, wake", get_kind },
	{ "STATE", NULL, UNIT_TEXT, 0,
	  "running, paused, no-space, done, cancelled, failed, lost", get_state },
	{ "SOURCE", NULL, UNIT_TEXT, 0, "what is moved off or in", get_source },
	{ "DEST", NULL, UNIT_TEXT, 0, "where the pages go, or went", get_dest },
	{ "PHASE", NULL, UNIT_TEXT, 0, "pre-read, swapoff, page-out, move", get_phase },
	{ "TOTAL", NULL, UNIT_BYTES, 0, "bytes to move", get_total },
	{ "MOVED", NULL, UNIT_BYTES, 0, "bytes moved", get_moved },
	{ "LEFT", NULL, UNIT_BYTES, 0, "bytes still there", get_left },
	{ "DONE%", "done_pct", UNIT_PCT, 0, "MOVED of TOTAL", get_pct },
	{ "RATE", NULL, UNIT_BYTES, 0, "bytes a second", get_rate },
	{ "TIME", "elapsed_ns", UNIT_NS, 0, "since it began", get_elapsed },
	{ "ETA", "eta_ns", UNIT_NS, 0, "to its end", get_eta },
	{ "NEEDED", NULL, UNIT_BYTES, 0, "room that is missing, in state no-space",
	  get_needed },
	{ "PID", NULL, UNIT_NUMBER, 0, "process that swapoff(2) is finishing", get_pid },
	{ "STARTED", NULL, UNIT_TEXT, 0, "when it began, UTC", get_started },
	{ "ENDED", NULL, UNIT_TEXT, 0, "when it ended, UTC", get_ended },
	{ "UID", NULL, UNIT_NUMBER, 0, "user that logged in and started it", get_user },
	{ "MESSAGE", NULL, UNIT_TEXT, 0, "why it failed, or why it is there",
	  get_message },
};

const struct columns jobs_columns = {
	.table = "jobs",
	.items = items,
	.n = ARRAY_SIZE(items),
	.defaults = "JOB,KIND,STATE,SOURCE,DEST,TOTAL,MOVED,DONE%,RATE,ETA,MESSAGE",
};

int cmd_jobs(struct cli *cli)
{
	_cleanup_(jobs_freep) struct swapadm_jobs *jobs = NULL;
	_cleanup_free_ const void **rows = NULL;
	_cleanup_(selection_free) struct selection sel = { 0 };
	size_t n;
	int r = table_select(cli, &jobs_columns, &sel);

	if (r)
		return r;
	r = swapadm_jobs_load(cli->ctx, &jobs);
	if (r)
		return cli_fail(cli, r, "jobs");
	n = swapadm_jobs_n(jobs);
	rows = calloc(n + 1, sizeof(*rows));
	if (!rows)
		return cli_fail(cli, -ENOMEM, "jobs");
	for (size_t i = 0; i < n; i++)
		rows[i] = swapadm_jobs_get(jobs, i);
	r = table_print(cli, &sel, rows, n);
	parked_say(cli);
	return r;
}

static int with_job(struct cli *cli, int (*fn)(struct swapadm_job *job))
{
	_cleanup_(job_unrefp) struct swapadm_job *job = NULL;
	int r = swapadm_job_open(cli->ctx, cli->operands[0], &job);

	if (!r)
		r = fn(job);
	return r ? cli_fail(cli, r, cli->operands[0]) : CLI_DONE;
}

int cmd_pause(struct cli *cli)
{
	return with_job(cli, swapadm_job_pause);
}

int cmd_resume(struct cli *cli)
{
	return with_job(cli, swapadm_job_resume);
}

int cmd_cancel(struct cli *cli)
{
	return with_job(cli, swapadm_job_cancel);
}

int cmd_wait(struct cli *cli)
{
	_cleanup_(job_unrefp) struct swapadm_job *job = NULL;
	struct follow how = { .on_interrupt = INTERRUPT_DETACHES };
	int r = swapadm_job_open(cli->ctx, cli->operands[0], &job);

	if (r)
		return cli_fail(cli, r, cli->operands[0]);
	if (cli_has(cli, OPT_TIMEOUT))
		swapadm_parse_age(cli->values[OPT_TIMEOUT], &how.timeout_s);
	return progress_follow(cli, job, &how);
}
