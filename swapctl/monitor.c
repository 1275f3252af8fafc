/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl monitor: a line, or an entry of the journal, for each event of the library */
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "journal.h"
#include "jsonout.h"
#include "machine.h"
#include "progress.h"
#include "text.h"

struct monitor {
	struct cli *cli;
	struct journal *journal; /* NULL: standard output */
};

static void stamp(uint64_t ns, char *buf, size_t size)
{
	time_t s = (time_t)(ns / 1000000000u);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(buf, size, "%FT%T", &tm);
	snprintf(buf + n, size - n, ".%03uZ", (unsigned)(ns / 1000000u % 1000u));
}

/* ---- JSON */

static void json_area(struct json_object *o, const struct swapadm_event *e)
{
	const struct swapadm_device *dev = e->device;

	json_text(o, "device", dev->name);
	json_text(o, "tier", e->tier->name);
	json_text(o, "state",
		  streq(e->what, "gone") ? NULL : swapadm_state_name(dev->state));
	json_i64_if(o, "prio", is_active(dev), dev->prio);
	json_usage(o, &dev->usage);
}

static void json_pressure(struct json_object *o, const struct swapadm_psi *psi)
{
	json_ratio_if(o, "some_avg10_pct", true, psi->some.avg10_centipct / 100.0);
	json_ratio_if(o, "full_avg10_pct", psi->full.known,
		      psi->full.avg10_centipct / 100.0);
}

static void json_round(struct json_object *o, const struct swapadm_balance_round *round)
{
	json_u64(o, "moved", round->moved_bytes);
	json_u64(o, "waiting", round->waiting);
	json_u64(o, "ended_s", round->ended_s);
}

static void print_json(const struct swapadm_event *e, const char *time, const char *name)
{
	struct json_object *o = e->job ? progress_object(e->job)
				       : json_object_new_object();

	json_text(o, "time", time);
	json_text(o, "event", name);
	if (e->device) {
		json_area(o, e);
	} else if (e->psi) {
		json_pressure(o, e->psi);
	} else if (e->round) {
		json_round(o, e->round);
	} else if (!e->job && !streq(e->kind, "events")) {
		json_text(o, "source", e->source);
		json_text(o, streq(e->kind, "tier") ? "tier" : "device", e->object);
		json_text(o, "text", e->text);
	}
	json_print(o, false);
}

/* ---- text */

/* what to say of it; of a job its figures */
static const char *words_of(const struct swapadm_event *e, char *line, size_t size)
{
	if (!e->job)
		return e->text;
	if (progress_running(e->job))
		progress_line(e->job, line, size);
	else
		progress_end(e->job, line, size);
	return line;
}

static void on_event(void *data, const struct swapadm_event *e)
{
	const struct monitor *m = data;
	char time[40], name[64], line[600];
	const char *words = words_of(e, line, sizeof(line));

	stamp(e->time_ns, time, sizeof(time));
	snprintf(name, sizeof(name), "%s-%s", e->kind, e->what);
	if (m->journal)
		journal_event(m->journal, e, name, words);
	else if (cli_has(m->cli, OPT_JSON))
		print_json(e, time, name);
	else if (streq(e->kind, "events"))
		text_print(stdout, "%s %s: %s", time, name, words);
	else
		text_print(stdout, "%s %s %s%s%s", time, name, e->object,
			   *words ? ": " : "", words);
	if (!m->journal && !cli_has(m->cli, OPT_JSON))
		putchar('\n');
}

/* ---- waiting */

static int watch(struct monitor *m, int signal_fd, struct swapadm_events *events)
{
	struct pollfd fds[] = { { signal_fd, POLLIN, 0 },
				{ swapadm_events_fd(events), POLLIN, 0 } };

	for (;;) {
		int r = swapadm_events_read(events, on_event, m);

		if (r)
			return cli_fail(m->cli, r, "monitor");
		/* a reader that has left ends us here, by SIGPIPE or by the error */
		if (fflush(stdout))
			return CLI_FAILED;
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return cli_fail(m->cli, -errno, "poll");
		if (fds[0].revents & POLLIN)
			return CLI_DONE;
	}
}

static void events_closep(struct swapadm_events **events)
{
	swapadm_events_free(*events);
}

int cmd_monitor(struct cli *cli)
{
	_cleanup_(events_closep) struct swapadm_events *events = NULL;
	_cleanup_(journal_closep) struct journal *journal = NULL;
	struct monitor m = { .cli = cli };
	struct swapadm_conf *conf;
	int signal_fd, r = cli_conf_to_look(cli, &conf);
	sigset_t set;

	if (!r)
		r = swapadm_events_open(cli->ctx, conf, &events);
	if (r)
		return cli_fail(cli, r, "monitor");
	if (cli_has(cli, OPT_JOURNAL)) {
		r = journal_open(NULL, &journal);
		if (r)
			return cli_fail(cli, r, "monitor: " JOURNAL_SOCKET ": connect");
		m.journal = journal;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (signal_fd < 0)
		return cli_fail(cli, -errno, "signalfd");
	r = watch(&m, signal_fd, events);
	close(signal_fd);
	return r;
}
