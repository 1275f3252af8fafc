/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Freezing and thawing, by a freezer or by signals. */
#include <signal.h>
#include <stdarg.h>

#include "base/sys.h"
#include "park/park.h"

#define FREEZE_S   10 /* after that something in it hangs in the kernel */
#define LOOK_MS    10
#define MAX_ROUNDS 1000 /* of signals: processes that fork on and on */

/* ---- which way ------------------------------------------------------------------- */

static int choose_for_group(struct park *park)
{
	struct paging *pull = &park->pull;
	struct freezer_state state;
	int r = freezer_find(pull->ctx, &pull->mount, pull->cgroup, &park->rec.group);

	park->rec.freezer = SWAPADM_FREEZER_SIGNAL;
	if (r)
		return r == -ENOENT ? 0 : r;
	r = freezer_read(pull->ctx, &park->rec.group, &state);
	if (r)
		return ctx_fail(pull->ctx, r, "%s: read its freezer: %s", pull->source,
				strerror(-r));
	park->rec.freezer = park->rec.group.kind;
	if (state.own || state.above)
		park->rec.freezer = SWAPADM_FREEZER_FOREIGN;
	return 0;
}

/* the group that the process is in: who is frozen with it takes no SIGSTOP */
static bool is_in_frozen_group(struct swapadm_ctx *ctx, pid_t pid)
{
	struct freezer_state state = { 0 };
	char path[sizeof(((struct paging *)0)->cgroup)];
	struct memcg_mount mount;
	struct freezer group;

	return !memcg_mount_find(ctx, &mount) && mount.version &&
	       !memcg_of_pid(ctx, &mount, pid, path, sizeof(path)) &&
	       !freezer_find(ctx, &mount, path, &group) &&
	       !freezer_read(ctx, &group, &state) &&
	       (state.own || state.above || state.done);
}

/* SIGSTOP goes to the tracer first, which does with it what it likes */
static int refuse_traced(struct park *park, pid_t pid, const struct proc_status *st)
{
	if (!st->tracer)
		return 0;
	return ctx_fail(
		park->pull.ctx, -EBUSY,
		"%s: park: process %d (%s) is traced by process %d, a debugger or strace: SIGSTOP would not stop it; detach that, or use --no-freeze",
		park->pull.source, (int)pid, st->comm, (int)st->tracer);
}

int park_choose_freezer(struct park *park)
{
	struct paging *pull = &park->pull;
	struct proc_status st;

	if (pull->op->req.no_freeze) {
		park->rec.freezer = SWAPADM_FREEZER_NONE;
		return 0;
	}
	if (!pull->pid)
		return choose_for_group(park);
	if (proc_status_read(pull->ctx, pull->pid, &st))
		st = (struct proc_status){ 0 };
	park->rec.freezer = st.stopped || is_in_frozen_group(pull->ctx, pull->pid)
				    ? SWAPADM_FREEZER_FOREIGN
				    : SWAPADM_FREEZER_SIGNAL;
	return park->rec.freezer == SWAPADM_FREEZER_SIGNAL
		       ? refuse_traced(park, pull->pid, &st)
		       : 0;
}

/* ---- by a freezer ---------------------------------------------------------------- */

static int too_slow(struct park *park)
{
	return ctx_fail(
		park->pull.ctx, -EBUSY,
		"%s: park: it did not freeze within %d s: a process of it hangs in the kernel; it runs on",
		park->pull.source, FREEZE_S);
}

/* true: go on waiting */
static bool wait_a_look(struct park *park, uint64_t began_ns, int *r)
{
	jobrun_wait(&park->pull.job, -1, LOOK_MS);
	if (jobrun_check(&park->pull.job))
		*r = -ECANCELED;
	else if (monotonic_ns() - began_ns > FREEZE_S * UINT64_C(1000000000))
		*r = too_slow(park);
	return !*r;
}

static int freeze_group(struct park *park)
{
	const struct freezer *group = &park->rec.group;
	struct swapadm_ctx *ctx = park->pull.ctx;
	uint64_t began_ns = monotonic_ns();
	struct freezer_state state = { 0 };
	int r = freezer_write(ctx, group, true);

	while (!r) {
		r = freezer_read(ctx, group, &state);
		if (r || (state.own && state.done))
			break;
		if (!wait_a_look(park, began_ns, &r))
			return r;
	}
	return r ? ctx_fail(ctx, r, "%s: freeze: %s: %s", park->pull.source, group->dir,
			    strerror(-r))
		 : 0;
}

/* ---- by signals ------------------------------------------------------------------ */

/* to the process that had the number when it was noted, and to no other */
static int send_signal(struct swapadm_ctx *ctx, const struct park_process *p, int sig)
{
	_cleanup_close_ int fd = pidfd_open(p->pid, 0);
	uint64_t ticks;
	int r;

	if (fd < 0)
		return -errno;
	r = proc_start_ticks(ctx, p->pid, &ticks);
	if (r && r != -ENOENT && r != -ESRCH) /* not its end: it must not stay stopped */
		return r;
	if (r || ticks != p->start_ticks)
		return -ESRCH;
	return pidfd_send_signal(fd, sig, NULL, 0) < 0 ? -errno : 0;
}

static bool is_noted(const struct parkrec *rec, pid_t pid, uint64_t ticks)
{
	for (size_t i = 0; i < rec->n_stopped; i++)
		if (rec->stopped[i].pid == pid && rec->stopped[i].start_ticks == ticks)
			return true;
	return false;
}

/* one that runs and got no signal yet */
static int note_if_running(struct park *park, pid_t pid)
{
	struct swapadm_ctx *ctx = park->pull.ctx;
	struct proc_status st;
	uint64_t ticks;
	int r = proc_start_ticks(ctx, pid, &ticks);

	if (!r && ((park->rec.pid && ticks != park->rec.start_ticks) ||
		   is_noted(&park->rec, pid, ticks)))
		return 0;
	if (!r)
		r = proc_status_read(ctx, pid, &st);
	if (is_shortage(r))
		return ctx_fail(ctx, r, "%s: park: look at process %d: %s",
				park->pull.source, (int)pid, strerror(-r));
	if (r || st.stopped)
		return 0;
	r = refuse_traced(park, pid, &st);
	return r ? r : parkrec_add_stopped(&park->rec, pid, ticks);
}

static int note_running(struct park *park)
{
	struct proc_swap_list procs = { 0 };
	int r = paging_procs(&park->pull, false, &procs);

	for (size_t i = 0; !r && i < procs.n; i++)
		r = note_if_running(park, procs.items[i].pid);
	proc_swap_list_free(&procs);
	return r;
}

static int stop_from(struct park *park, size_t first)
{
	for (size_t i = first; i < park->rec.n_stopped; i++) {
		int r = send_signal(park->pull.ctx, &park->rec.stopped[i], SIGSTOP);

		if (r && r != -ESRCH)
			return ctx_fail(park->pull.ctx, r, "%s: stop process %d: %s",
					park->pull.source, (int)park->rec.stopped[i].pid,
					strerror(-r));
	}
	return 0;
}

static bool is_running(struct swapadm_ctx *ctx, const struct park_process *p)
{
	struct proc_status st;
	int r;

	if (!proc_has_threads(ctx, p->pid, p->start_ticks))
		return false;
	r = proc_status_read(ctx, p->pid, &st);
	return r ? is_shortage(r) : !st.stopped;
}

static int await_stopped(struct park *park)
{
	uint64_t began_ns = monotonic_ns();
	int r = 0;

	for (size_t i = 0; !r && i < park->rec.n_stopped; i++)
		while (!r && is_running(park->pull.ctx, &park->rec.stopped[i]))
			wait_a_look(park, began_ns, &r);
	return r;
}

/* what forked before its signal came has left children that run: round by round */
static int stop_processes(struct park *park)
{
	for (int round = 0; round < MAX_ROUNDS; round++) {
		size_t n = park->rec.n_stopped;
		int r = note_running(park);

		if (r || park->rec.n_stopped == n)
			return r;
		r = park_write(park, SWAPADM_PARK_PARKING);
		if (!r)
			r = stop_from(park, n);
		if (!r)
			r = await_stopped(park);
		if (r)
			return r;
	}
	return too_slow(park);
}

int park_freeze(struct park *park)
{
	switch (park->rec.freezer) {
	case SWAPADM_FREEZER_CGROUP:
	case SWAPADM_FREEZER_STATE:
		return freeze_group(park);
	case SWAPADM_FREEZER_SIGNAL:
		return stop_processes(park);
	default:
		return 0;
	}
}

/* ---- thaw ------------------------------------------------------------------------ */

_printf_(3, 4) static void say(char *said, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, size, fmt, ap);
	va_end(ap);
}

static int thaw_group(struct swapadm_ctx *ctx, const struct parkrec *rec, char *said,
		      size_t size)
{
	struct freezer_state state = { 0 };
	int r = freezer_read(ctx, &rec->group, &state);

	if (r == -ESTALE) {
		say(said, size, "the group that was frozen is gone");
		return 0;
	}
	if (!r && !state.own) {
		say(said, size, "it had been thawed already");
		return 0;
	}
	if (!r)
		r = freezer_write(ctx, &rec->group, false);
	if (r && r != -ESTALE)
		return ctx_fail(ctx, r, "cgroup %s: thaw: %s: %s", rec->cgroup,
				rec->group.dir, strerror(-r));
	if (state.above)
		say(said, size, "a group above it is frozen still, by somebody else");
	return 0;
}

/*
 * One that runs gets the signal as well: SIGSTOP may still wait for it, as for one that
 * hangs in the kernel or is frozen in a cgroup, and SIGCONT takes that back. A failure
 * does not keep the others from running.
 */
static int thaw_processes(struct swapadm_ctx *ctx, const struct parkrec *rec, char *said,
			  size_t size)
{
	size_t n_ended = 0, n_running = 0;
	int first = 0;

	if (parkrec_is_elsewhere(ctx, rec))
		return ctx_fail(
			ctx, -ESRCH,
			PARKS_DIR
			"/%s: thaw: what it stopped can't be seen from this namespace",
			rec->id);

	for (size_t i = 0; i < rec->n_stopped; i++) {
		const struct park_process *p = &rec->stopped[i];
		bool runs = is_running(ctx, p);
		int r = send_signal(ctx, p, SIGCONT);

		n_running += runs && !r;
		n_ended += r == -ESRCH;
		if (r && r != -ESRCH && !first)
			first = ctx_fail(ctx, r, "process %d: continue: %s", (int)p->pid,
					 strerror(-r));
	}
	if (first)
		return first;
	if (n_ended && !rec->pid)
		say(said, size, "%zu of its processes had ended", n_ended);
	else if (n_running)
		say(said, size, "it had been thawed already");
	return 0;
}

int park_thaw(struct swapadm_ctx *ctx, const struct parkrec *rec, char *said, size_t size)
{
	*said = '\0';
	switch (rec->freezer) {
	case SWAPADM_FREEZER_CGROUP:
	case SWAPADM_FREEZER_STATE:
		return thaw_group(ctx, rec, said, size);
	case SWAPADM_FREEZER_SIGNAL:
		return thaw_processes(ctx, rec, said, size);
	case SWAPADM_FREEZER_FOREIGN:
		say(said, size,
		    "somebody else had frozen it before it was parked: it was left so");
		return 0;
	default:
		return 0;
	}
}
