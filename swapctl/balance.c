/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swapctl balance: demotion by the tiers' watermarks, one round or as a service.
 *
 * Every move is printed with its reason before it begins and with its outcome
 * after it has ended; what can't be moved is reported once, not each time we look.
 */
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "progress.h"
#include "text.h"

#define LOOK_EVERY_MS 10000

struct round {
	struct cli *cli;
	struct swapadm_balance *balance;
	int signal_fd;
	bool stop;
	bool watch, looked; /* a service, after its first look */
	bool nothing;       /* there is nothing to balance */
	bool failed;        /* the last look did, and said why */
	unsigned waiting;   /* tiers that could not be moved from at the last look */
	char why[128];      /* the first of them, and the reason */
	struct told *told;  /* of each source that can't be moved from now */
	size_t n_told;
};

struct told {
	char tier[32], device[64], waits[96];
	enum swapadm_balance_kind kind;
};

static bool asked_to_stop(struct round *round, int fd, int timeout_ms)
{
	struct pollfd fds[] = { { round->signal_fd, POLLIN, 0 }, { fd, POLLIN, 0 } };

	poll(fds, fd < 0 ? 1 : 2, timeout_ms);
	round->stop = round->stop || (fds[0].revents & POLLIN);
	return round->stop;
}

/* until the job has ended; when we are asked to stop, it is cancelled first */
static int await(struct round *round, struct swapadm_job *job, struct swapadm_progress *p)
{
	bool cancelled = false;
	int r;

	for (;;) {
		r = swapadm_job_get_progress(job, p);
		if (r || !progress_running(p))
			return r;
		if (cancelled)
			poll(NULL, 0, 50);
		else if (asked_to_stop(round, swapadm_job_fd(job), 1000)) {
			swapadm_job_cancel(job); /* over already: the same to us */
			cancelled = true;
		}
	}
}

/* one line for the journal: what, how much, and why */
static void print_step(const struct swapadm_balance_decision *d)
{
	static const char *const verbs[] = {
		[SWAPADM_BALANCE_DEMOTE] = "demote",
		[SWAPADM_BALANCE_MARK] = "mark",
		[SWAPADM_BALANCE_RECOMPRESS] = "recompress",
		[SWAPADM_BALANCE_ZSWAP] = "write back",
	};
	const char *from = *d->device ? d->device : d->tier;
	struct buf a, b;

	printf("%s %s", verbs[d->kind], from);
	if (d->kind == SWAPADM_BALANCE_MARK)
		printf(" idle: what is still idle in %s goes",
		       text_duration(&b, d->older_s * 1000000000));
	else if (d->kind == SWAPADM_BALANCE_RECOMPRESS)
		printf(": what is idle for %s",
		       text_duration(&b, d->older_s * 1000000000));
	else if (d->kind == SWAPADM_BALANCE_ZSWAP)
		printf(": its pool is to be %s smaller", text_amount(&a, d->bytes));
	else
		printf(" to %s: at most %s", d->dest, text_amount(&a, d->bytes));
	if (d->older_s && d->kind == SWAPADM_BALANCE_DEMOTE)
		printf(" older than %s", text_duration(&b, d->older_s * 1000000000));
	printf(": %s\n", d->why);
	fflush(stdout);
}

/* a step without a job: its outcome, and whether there may be more of it in this round */
static uint64_t done_at_once(struct round *round,
			     const struct swapadm_balance_decision *d)
{
	uint64_t bytes = swapadm_balance_moved(round->balance);
	struct buf a;

	if (d->kind == SWAPADM_BALANCE_ZSWAP && !bytes)
		puts("zswap: nothing written back yet; the kernel passes over each page once before it writes it");
	else if (d->kind == SWAPADM_BALANCE_ZSWAP)
		printf("zswap: done, %s written back\n", text_amount(&a, bytes));
	else if (d->kind == SWAPADM_BALANCE_RECOMPRESS)
		printf("recompress %s: done, %s of memory freed\n", d->device,
		       text_amount(&a, bytes));
	fflush(stdout);
	return d->kind == SWAPADM_BALANCE_ZSWAP ? bytes : 0;
}

static int move(struct round *round, struct swapadm_model *model,
		const struct swapadm_balance_decision *d, uint64_t *moved)
{
	_cleanup_(job_unrefp) struct swapadm_job *job = NULL;
	struct swapadm_progress p = { 0 };
	char line[600];
	int r = swapadm_balance_start(round->balance, model, d, &job);

	if (r)
		return cli_fail(round->cli, r, d->tier);
	print_step(d);
	if (!job) {
		*moved = done_at_once(round, d);
		return CLI_DONE;
	}
	r = await(round, job, &p);
	*moved = p.moved_bytes;
	if (!r)
		r = swapadm_balance_end(round->balance, d, p.moved_bytes);
	if (r)
		return cli_fail(round->cli, r, d->tier);
	progress_end(&p, line, sizeof(line));
	printf("%s\n", line);
	fflush(stdout);
	return p.state == SWAPADM_JOB_FAILED ? CLI_FAILED : CLI_DONE;
}

static struct told *told_of(struct round *round, const struct swapadm_balance_decision *d)
{
	struct told *told;

	for (size_t i = 0; i < round->n_told; i++) {
		told = &round->told[i];
		if (told->kind == d->kind && streq(told->tier, d->tier) &&
		    streq(told->device, d->device))
			return told;
	}
	told = reallocarray(round->told, round->n_told + 1, sizeof(*told));
	if (!told)
		return NULL;
	round->told = told;
	told += round->n_told++;
	*told = (struct told){ .kind = d->kind };
	snprintf(told->tier, sizeof(told->tier), "%s", d->tier);
	snprintf(told->device, sizeof(told->device), "%s", d->device);
	return told;
}

#define WORTH_PART 8

/* a try that moved next to nothing has not ended what is waited for */
static void forget_waiting(struct round *round, const struct swapadm_balance_decision *d,
			   uint64_t moved)
{
	struct told *told = moved && moved >= d->bytes / WORTH_PART ? told_of(round, d)
								    : NULL;

	if (told)
		told->waits[0] = '\0';
}

/* once a reason: a service that looks every few seconds must not fill the journal */
static void tell_waiting(struct round *round, const struct swapadm_balance_decision *d)
{
	struct told *told = told_of(round, d);

	if (!told || !*d->waits || streq(told->waits, d->waits))
		return;
	memcpy(told->waits, d->waits, sizeof(told->waits));
	printf("%s; waits: %s\n", d->why, d->waits);
	fflush(stdout);
}

static bool asks_for_balance(const struct swapadm_conf *conf)
{
	if (swapadm_conf_zswap(conf)->demote_above_pct != SWAPADM_PCT_NONE)
		return true;
	for (size_t i = 0; i < swapadm_conf_n_tiers(conf); i++) {
		const struct swapadm_conf_tier *tier = swapadm_conf_tier(conf, i);

		if (tier->demote_above_pct != SWAPADM_PCT_NONE ||
		    tier->recompress_older_s)
			return true;
	}
	return false;
}

/*
 * What is asked for can't be done now. A service waits: a zram may be added at any time.
 * It gives up where, at its first look, nothing is asked for.
 */
static int found_nothing(struct round *round, const struct swapadm_conf *conf)
{
	bool said = round->nothing;

	round->nothing = true;
	if (!round->watch || (!round->looked && !asks_for_balance(conf)))
		return cli_fail(round->cli, -EPROTONOSUPPORT, "balance");
	if (!said)
		printf("waits: %s\n", swapadm_get_error(round->cli->ctx));
	fflush(stdout);
	round->looked = true;
	return 0;
}

/* a service goes on: somebody is editing the configuration, and once is often enough */
static int look_failed(struct round *round, int err)
{
	if (round->watch && round->failed)
		return CLI_FAILED;
	round->failed = true;
	return cli_fail(round->cli, err, "balance");
}

static int decide(struct round *round, struct swapadm_conf **conf,
		  struct swapadm_model **model, size_t *n)
{
	struct cli *cli = round->cli;
	int r = swapadm_conf_load(cli->ctx, cli->values[OPT_CONFIG], conf);

	*n = 0;
	if (!r)
		r = swapadm_model_load(cli->ctx, *conf, 0, model);
	if (!r) {
		r = swapadm_balance_decide(round->balance, *conf, *model, n);
		if (r == -EPROTONOSUPPORT)
			return found_nothing(round, *conf);
	}
	if (r) {
		round->nothing = false;
		return look_failed(round, r);
	}
	round->looked = true;
	round->nothing = round->failed = false;
	return 0;
}

static bool waits_to_demote(const struct swapadm_balance_decision *d)
{
	return !d->bytes && d->kind != SWAPADM_BALANCE_RECOMPRESS;
}

/* tiers; a tier's decisions follow one another */
static unsigned count_waiting(struct round *round, size_t n)
{
	const struct swapadm_balance_decision *last = NULL;
	unsigned waiting = 0;

	round->why[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const struct swapadm_balance_decision *d =
			swapadm_balance_get(round->balance, i);

		if (!waits_to_demote(d) || (last && streq(last->tier, d->tier)))
			continue;
		if (!waiting++)
			snprintf(round->why, sizeof(round->why), "%.28s: %s", d->tier,
				 d->waits);
		last = d;
	}
	return waiting;
}

/*
 * the first decision that moves anything; *moved 0: there was none. One that fails does
 * not keep those behind it from their turn: it rests, see swapadm_balance_start().
 */
static int one_piece(struct round *round, uint64_t *moved)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	size_t n;
	int r = decide(round, &conf, &model, &n), status = CLI_DONE;

	*moved = 0;
	if (r)
		return r;
	round->waiting = count_waiting(round, n);
	for (size_t i = 0; i < n && !asked_to_stop(round, -1, 0); i++) {
		const struct swapadm_balance_decision *d =
			swapadm_balance_get(round->balance, i);

		tell_waiting(round, d);
		if (!d->bytes)
			continue;
		r = move(round, model, d, moved);
		forget_waiting(round, d, *moved);
		status = r ? r : status;
		if (*moved)
			break;
	}
	return status;
}

/* pieces, until nothing more is to be moved; `metrics` shows how it went */
static int whole_round(struct round *round)
{
	struct swapadm_balance_round last = { 0 };
	uint64_t moved;
	int r = CLI_DONE, one;

	do {
		one = one_piece(round, &moved);
		r = one ? one : r;
		last.moved_bytes += moved;
	} while (moved && !round->stop);
	if (round->nothing)
		return r;
	last.ended_s = (uint64_t)time(NULL);
	last.waiting = round->waiting;
	memcpy(last.why, round->why, sizeof(last.why));
	last.failed = r != CLI_DONE;
	swapadm_balance_set_last(round->cli->ctx, &last); /* best effort */
	return r;
}

static int watch(struct round *round)
{
	round->watch = true;
	do {
		int r = whole_round(round);

		if (r && round->nothing)
			return r; /* nothing would ever be watched */
	} while (!round->stop && !asked_to_stop(round, -1, LOOK_EVERY_MS));
	return CLI_DONE;
}

static int carry_out(struct round *round)
{
	int err = swapadm_balance_begin(round->balance);
	int r = err ? cli_fail(round->cli, err, "balance") : CLI_DONE;

	if (cli_has(round->cli, OPT_RECOVER)) /* that was it */
		return r;
	if (err == -EPERM || err == -EACCES) /* who may not do that may move nothing */
		return r;
	return cli_has(round->cli, OPT_WATCH) ? watch(round) : whole_round(round);
}

/* what a round would do now, and why; changes nothing */
static int dry_run(struct round *round)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	size_t n;
	int r = decide(round, &conf, &model, &n);

	if (conf)
		swapadm_conf_warn_idle(conf, round->cli->ctx);
	for (size_t i = 0; !r && i < n; i++) {
		const struct swapadm_balance_decision *d =
			swapadm_balance_get(round->balance, i);

		if (d->bytes)
			print_step(d);
		else
			printf("%s; waits: %s\n", d->why, d->waits);
	}
	if (!r && !n)
		puts("nothing to do");
	return r;
}

int cmd_balance(struct cli *cli)
{
	struct round round = { .cli = cli };
	sigset_t set;
	int r = swapadm_balance_new(cli->ctx, &round.balance);

	if (r)
		return cli_fail(cli, r, "balance");
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	round.signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (round.signal_fd < 0) {
		r = cli_fail(cli, -errno, "signalfd");
	} else {
		swapadm_balance_set_stop_fd(round.balance, round.signal_fd);
		r = cli_has(cli, OPT_DRY_RUN) ? dry_run(&round) : carry_out(&round);
		close(round.signal_fd);
	}
	swapadm_balance_free(round.balance);
	free(round.told);
	return r;
}
