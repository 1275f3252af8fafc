/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swapctl monitor: a line for each event.
 *
 * The kernel wakes us when an area or a block device comes or goes, and the tswap module
 * when anything of it changes. Jobs and pressure are looked at once a
 * second; what is told is the difference from the look before, so that nothing is told
 * twice and an area that came and went between two looks is the only thing that is lost.
 */
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "jsonout.h"
#include "machine.h"
#include "progress.h"
#include "text.h"

/* what was true at the last look */
struct look {
	struct machine m;
	unsigned level; /* of pressure: index into levels[] */
};

/* per cent x 100 of the last ten seconds; falling back needs half of it */
static const unsigned levels[] = { 0, 100, 1000, 5000 };

struct event {
	struct cli *cli;
	char time[40];
};

static void stamp(struct event *e)
{
	struct timespec ts;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(e->time, sizeof(e->time), "%FT%T", &tm);
	snprintf(e->time + n, sizeof(e->time) - n, ".%03ldZ", ts.tv_nsec / 1000000);
}

static struct json_object *json_event(const struct event *e, const char *name)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "time", e->time);
	json_text(o, "event", name);
	return o;
}

/* ---- areas */

static void tell_area(struct event *e, const char *name, const struct swapadm_tier *tier,
		      const struct swapadm_device *dev)
{
	bool gone = streq(name, "area-gone"); /* @dev is what it was */
	struct json_object *o;
	struct buf b;

	if (!cli_has(e->cli, OPT_JSON)) {
		printf("%s %s %s: tier %s", e->time, name, dev->name, tier->name);
		if (!gone)
			printf(", %s", swapadm_state_name(dev->state));
		if (!gone && is_active(dev))
			printf(", priority %d", dev->prio);
		if (usage_has(&dev->usage, SWAPADM_USAGE_SIZE))
			printf(", %s", text_amount(&b, dev->usage.size_bytes));
		putchar('\n');
		return;
	}
	o = json_event(e, name);
	json_text(o, "device", dev->name);
	json_text(o, "tier", tier->name);
	json_text(o, "state", gone ? NULL : swapadm_state_name(dev->state));
	json_i64_if(o, "prio", is_active(dev), dev->prio);
	json_usage(o, &dev->usage);
	json_print(o, false);
}

static const struct swapadm_device *find(const struct machine *m, const char *name)
{
	for (struct walk w = { 0 }; m->model && machine_next(m, &w);)
		if (streq(w.dev->name, name))
			return w.dev;
	return NULL;
}

static void compare_areas(struct event *e, const struct machine *before,
			  const struct machine *now)
{
	for (struct walk w = { 0 }; before->model && machine_next(before, &w);)
		if (!find(now, w.dev->name))
			tell_area(e, "area-gone", w.tier, w.dev);
	for (struct walk w = { 0 }; machine_next(now, &w);) {
		const struct swapadm_device *old = find(before, w.dev->name);

		if (!before->model)
			tell_area(e, "area-present", w.tier, w.dev);
		else if (!old)
			tell_area(e, "area-new", w.tier, w.dev);
		else if (old->state != w.dev->state || old->prio != w.dev->prio ||
			 old->usage.size_bytes != w.dev->usage.size_bytes)
			tell_area(e, "area-changed", w.tier, w.dev);
	}
}

/* ---- jobs */

static void tell_job(struct event *e, const char *name, const struct swapadm_progress *p)
{
	struct json_object *o;
	char line[600];

	if (!cli_has(e->cli, OPT_JSON)) {
		if (progress_running(p))
			progress_line(p, line, sizeof(line));
		else
			progress_end(p, line, sizeof(line));
		printf("%s %s %s: %s\n", e->time, name, p->id, line);
		return;
	}
	o = progress_object(p);
	json_text(o, "time", e->time);
	json_text(o, "event", name);
	json_print(o, false);
}

static const struct swapadm_progress *find_job(const struct machine *m, const char *id)
{
	for (size_t i = 0; i < m->n_jobs; i++)
		if (streq(m->jobs[i].id, id))
			return &m->jobs[i];
	return NULL;
}

static void compare_jobs(struct event *e, const struct machine *before,
			 const struct machine *now)
{
	for (size_t i = 0; i < now->n_jobs; i++) {
		const struct swapadm_progress *p = &now->jobs[i],
					      *old = find_job(before, p->id);
		bool running = progress_running(p);

		if (!before->model && !running)
			continue; /* ended before we came */
		if (!before->model)
			tell_job(e, "job-present", p);
		else if (!old)
			tell_job(e, running ? "job-started" : "job-ended", p);
		else if (old->state != p->state)
			tell_job(e, running ? "job-changed" : "job-ended", p);
	}
}

/* ---- pressure */

static unsigned level_of(unsigned before, unsigned centipct)
{
	unsigned level = before;

	while (level + 1 < ARRAY_SIZE(levels) && centipct >= levels[level + 1])
		level++;
	while (level && centipct < levels[level] / 2)
		level--;
	return level;
}

static void compare_pressure(struct event *e, const struct look *before, struct look *now)
{
	const struct swapadm_psi_line *some = &now->m.psi.some;
	struct json_object *o;
	const char *name;

	if (!now->m.has_psi || !some->known)
		return;
	now->level = level_of(before->level, some->avg10_centipct);
	if (now->level == before->level)
		return;
	name = now->level > before->level ? "pressure-rising" : "pressure-falling";
	if (!cli_has(e->cli, OPT_JSON)) {
		printf("%s %s memory: some %u.%02u%% full %u.%02u%% of the last 10 s\n",
		       e->time, name, some->avg10_centipct / 100,
		       some->avg10_centipct % 100, now->m.psi.full.avg10_centipct / 100,
		       now->m.psi.full.avg10_centipct % 100);
		return;
	}
	o = json_event(e, name);
	json_ratio_if(o, "some_avg10", true, some->avg10_centipct / 100.0);
	json_ratio_if(o, "full_avg10", now->m.psi.full.known,
		      now->m.psi.full.avg10_centipct / 100.0);
	json_print(o, false);
}

/* ---- looking */

static int look_again(struct event *e, struct look *before)
{
	struct look now = { 0 };
	int r = machine_load(e->cli, 0, &now.m);

	if (r) {
		machine_free(&now.m);
		return cli_fail(e->cli, r, "monitor");
	}
	now.level = before->level;
	stamp(e);
	compare_areas(e, &before->m, &now.m);
	compare_jobs(e, &before->m, &now.m);
	compare_pressure(e, before, &now);
	machine_free(&before->m);
	*before = now;
	/* a reader that has left ends us here, by SIGPIPE or by the error */
	return fflush(stdout) ? CLI_FAILED : CLI_DONE;
}

/* ---- what the kernel tells */

/* jobs are told by the look that follows, with their figures */
static void tell_kernel(void *data, const struct swapadm_event *event)
{
	struct event *e = data;
	struct json_object *o;
	char name[64];

	if (streq(event->kind, "job"))
		return;
	stamp(e);
	snprintf(name, sizeof(name), "%s-%s", event->kind, event->what);
	if (!cli_has(e->cli, OPT_JSON)) {
		printf("%s %s %s%s%s\n", e->time, name, event->object,
		       *event->text ? ": " : "", event->text);
		return;
	}
	o = json_event(e, name);
	json_text(o, "source", event->source);
	json_text(o, "device", event->object);
	json_text(o, "text", event->text);
	json_print(o, false);
}

static int read_events(struct event *e, struct swapadm_events *events)
{
	int r = swapadm_events_read(events, tell_kernel, e);

	if (r != -ENOBUFS)
		return r;
	stamp(e);
	if (cli_has(e->cli, OPT_JSON))
		json_print(json_event(e, "events-lost"), false);
	else
		printf("%s events-lost: more came than could be read; the state is read again\n",
		       e->time);
	return 0;
}

static int watch(struct cli *cli, int areas_fd, int signal_fd,
		 struct swapadm_events *events)
{
	struct pollfd fds[] = { { areas_fd, POLLPRI, 0 },
				{ signal_fd, POLLIN, 0 },
				{ swapadm_events_fd(events), POLLIN, 0 } };
	struct event e = { .cli = cli };
	struct look look = { 0 };
	int r;

	for (;;) {
		r = read_events(&e, events);
		if (r) {
			cli_fail(cli, r, "events");
			break;
		}
		r = look_again(&e, &look);
		if (r)
			break;
		if (poll(fds, ARRAY_SIZE(fds), 1000) < 0 && errno != EINTR) {
			r = cli_fail(cli, -errno, "poll");
			break;
		}
		if (fds[1].revents & POLLIN)
			break;
	}
	machine_free(&look.m);
	return r;
}

static void events_closep(struct swapadm_events **events)
{
	swapadm_events_free(*events);
}

int cmd_monitor(struct cli *cli)
{
	_cleanup_(events_closep) struct swapadm_events *events = NULL;
	int areas_fd = swapadm_areas_event_fd(cli->ctx), signal_fd, r;
	sigset_t set;

	if (areas_fd < 0)
		return cli_fail(cli, areas_fd, "monitor");
	r = swapadm_events_open(cli->ctx, &events);
	if (r) {
		close(areas_fd);
		return cli_fail(cli, r, "monitor");
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (signal_fd < 0) {
		close(areas_fd);
		return cli_fail(cli, -errno, "signalfd");
	}
	r = watch(cli, areas_fd, signal_fd, events);
	close(signal_fd);
	close(areas_fd);
	return r;
}
