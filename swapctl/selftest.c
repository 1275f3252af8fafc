/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swapctl selftest: a zram and a file of its own are attached, filled by a process whose
 * memory is known, drained and taken away. A signal ends the step that runs, then comes
 * the clean-up; what a killed run left is taken away by the next one.
 */
#include "commands.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIER       "selftest"
#define FILE_PATH  "/var/tmp/swapadm-selftest.swap"
#define AREA_SIZE  "64M"
#define HOLD_BYTES (32u << 20)
#define DRAIN_MS   60000

struct selftest {
	struct cli *cli;
	unsigned n_failed, n_missing;
	char path[256]; /* of the area under test, "" none */
	pid_t holder;
	int to_holder, from_holder;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = number;
}

/* SIGPIPE is ignored: a reader that has gone must not leave an area behind */
static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* Ctrl-C goes to the whole group: the parent decides when its child ends */
static void ignore_signals(void)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
}

static void say(const char *how, const char *what, const char *fmt, ...) _printf_(3, 4);

static void say(const char *how, const char *what, const char *fmt, ...)
{
	va_list ap;

	printf("%-8s%s", how, what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* a part that failed, or that the kernel lacks; the library has the sentence */
static int failed(struct selftest *t, const char *what, int err)
{
	bool missing = err == -EPROTONOSUPPORT;

	t->n_failed += !missing;
	t->n_missing += missing;
	say(missing ? "missing" : "FAILED", what, ": %s", swapadm_get_error(t->cli->ctx));
	return err;
}

/* ---- memory that is known -------------------------------------------------------- */

static uint32_t word_at(size_t i)
{
	return (uint32_t)(i * 2654435761u) | 1;
}

/* the child: fills, pushes out, and on the next byte compares; ends with 0 or 1 */
static void hold(int in, int out)
{
	size_t n = HOLD_BYTES / sizeof(uint32_t);
	uint32_t *memory = mmap(NULL, HOLD_BYTES, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char byte = 'x';

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ignore_signals();
	if (memory == MAP_FAILED)
		_exit(2);
	for (size_t i = 0; i < n; i++)
		memory[i] = word_at(i);
	for (int i = 0; i < 3; i++)
		madvise(memory, HOLD_BYTES, MADV_PAGEOUT);
	if (write(out, &byte, 1) != 1 || read(in, &byte, 1) != 1)
		_exit(2);
	for (size_t i = 0; i < n; i++)
		if (memory[i] != word_at(i))
			_exit(1);
	_exit(0);
}

static int start_holder(struct selftest *t)
{
	int to[2], from[2];
	char byte;

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return -errno;
	t->holder = fork();
	if (t->holder == 0) {
		close(to[1]);
		close(from[0]);
		hold(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	t->to_holder = to[1];
	t->from_holder = from[0];
	if (t->holder < 0)
		return -errno;
	return read(t->from_holder, &byte, 1) == 1 ? 0 : -EIO;
}

/* 0: every byte is as it was */
static int end_holder(struct selftest *t, bool compare)
{
	int status = 0;

	if (t->holder <= 0)
		return 0;
	if (!compare)
		kill(t->holder, SIGKILL);
	else if (write(t->to_holder, "x", 1) != 1)
		compare = false;
	while (waitpid(t->holder, &status, 0) < 0 && errno == EINTR)
		;
	close(t->to_holder);
	close(t->from_holder);
	t->holder = 0;
	return compare && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

/* ---- areas ----------------------------------------------------------------------- */

static int attach(struct selftest *t, const char *text)
{
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	struct swapadm_devspec *spec;
	int r = swapadm_devspec_parse(t->cli->ctx, text, &spec);

	if (r)
		return r;
	r = swapadm_plan_add(t->cli->ctx, NULL, TIER, 0,
			     (const struct swapadm_devspec *const[]){ spec }, 1,
			     SWAPADM_PLAN_SELFTEST, &plan);
	if (!r)
		r = swapadm_plan_run(plan, NULL, NULL);
	swapadm_devspec_free(spec);
	return r;
}

/* the first device of our tier; 1: there is one */
static int find_area(struct selftest *t, uint64_t *used_bytes)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	int r = swapadm_model_load(t->cli->ctx, NULL, 0, &model);

	*t->path = '\0';
	for (size_t i = 0; !r && i < swapadm_model_n_tiers(model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);

		if (strcmp(tier->name, TIER) || !tier->n_devices)
			continue;
		snprintf(t->path, sizeof(t->path), "%s", tier->devices[0]->path);
		*used_bytes = tier->devices[0]->usage.used_bytes;
		return 1;
	}
	return r;
}

static int await(struct swapadm_job *job, struct swapadm_progress *p)
{
	struct pollfd fd = { .fd = swapadm_job_fd(job), .events = POLLIN };

	for (int ms = 0; ms < DRAIN_MS; ms += 100) {
		int r = swapadm_job_get_progress(job, p);

		if (r || p->state >= SWAPADM_JOB_DONE)
			return r;
		poll(&fd, 1, 100);
	}
	return -ETIMEDOUT;
}

static int remove_area(struct selftest *t)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	_cleanup_(job_unrefp) struct swapadm_job *job = NULL;
	struct swapadm_progress p = { 0 };
	int r = swapadm_model_load(t->cli->ctx, NULL, 0, &model);

	if (!r)
		r = swapadm_op_new(t->cli->ctx, SWAPADM_OP_REMOVE, &op);
	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_SOURCE, t->path);
	if (!r)
		r = swapadm_op_prepare(op, model);
	if (!r)
		r = swapadm_op_start(op, &job);
	if (!r)
		r = await(job, &p);
	if (!r && p.state != SWAPADM_JOB_DONE) {
		say("", "", "        %s", p.message);
		r = -EIO;
	}
	return r;
}

static void clean(struct selftest *t)
{
	uint64_t used;

	end_holder(t, false);
	while (find_area(t, &used) > 0)
		if (remove_area(t)) {
			failed(t, "clean up", -EIO);
			break;
		}
	unlink(FILE_PATH);
}

/* ---- the parts ------------------------------------------------------------------- */

static int use_area(struct selftest *t, const char *what)
{
	uint64_t used = 0;
	bool few;
	int r = start_holder(t);

	if (!r)
		r = find_area(t, &used) > 0 ? 0 : -ENOENT;
	if (stopped) /* clean() takes the area away */
		return -EINTR;
	if (r)
		return failed(t, what, r);
	few = used < HOLD_BYTES / 2;
	t->n_failed += few;
	say(few ? "FAILED" : "ok", what, ": attached, %s%u MiB of %u pushed out to it%s",
	    few ? "only " : "", (unsigned)(used >> 20), HOLD_BYTES >> 20,
	    few ? "; the rest stayed in memory or went to other areas" : "");
	r = remove_area(t);
	if (stopped)
		return -EINTR;
	if (r)
		return failed(t, "drain and remove", r);
	if (end_holder(t, true)) {
		t->n_failed++;
		say("FAILED", what, ": memory is not what it was");
		return -EIO;
	}
	say("ok", what, ": drained, removed, every byte is as it was");
	return 0;
}

static void test_area(struct selftest *t, const char *what, const char *spec)
{
	int r;

	if (stopped)
		return;
	r = attach(t, spec);
	if (!r)
		use_area(t, what);
	else if (!stopped)
		failed(t, what, r);
	clean(t);
}

static void test_module(struct selftest *t)
{
	struct swapadm_module module;

	swapadm_module_get(t->cli->ctx, &module);
	if (*module.loaded)
		say("ok", "redirect layer", ": module tswap %s is loaded", module.loaded);
	else if (*module.installed)
		say("ok", "redirect layer",
		    ": module tswap %s is installed, not loaded; `swapctl apply` loads it",
		    module.installed);
	else
		say("missing", "redirect layer",
		    ": module tswap is not installed; the direct layer needs none");
	t->n_missing += !*module.loaded && !*module.installed;
}

int cmd_selftest(struct cli *cli)
{
	struct selftest t = { .cli = cli };

	if (cli_has(cli, OPT_ROOT))
		return cli_usage(cli, "it runs on this machine; leave out --root");
	if (geteuid() != 0) {
		cli_say("selftest: it attaches swap areas; run it as root");
		return CLI_FAILED;
	}
	catch_signals();
	clean(&t); /* of a run that was killed */
	test_area(&t, "zram", "zram,size=" AREA_SIZE);
	test_area(&t, "swap file", FILE_PATH ",size=" AREA_SIZE);
	if (!stopped)
		test_module(&t);
	if (stopped)
		return CLI_INTERRUPTED;
	printf("%s\n", t.n_failed    ? "Something does not work here."
		       : t.n_missing ? "Everything that is there works."
				     : "All of it works here.");
	return t.n_failed ? CLI_FAILED : CLI_DONE;
}
