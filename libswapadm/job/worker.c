/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>

#include "base/sys.h"
#include "kernel/proc.h"

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

#define GUARD_TICK_MS 500

/* ---- the guard ------------------------------------------------------------------- */

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN }; /* a negative one never is */

	return poll(&p, 1, 0) > 0;
}

static bool is_to_stop(const struct jobrun *run)
{
	sigset_t pending;

	if (run->cancelled || is_readable(run->caller_fd) ||
	    (run->deadline_ns && monotonic_ns() >= run->deadline_ns))
		return true;
	return sigpending(&pending) == 0 && sigismember(&pending, JOB_SIGNAL_CANCEL) == 1;
}

static bool is_stuck(const struct jobrun *run)
{
	return !run->is_sure && is_to_stop(run) &&
	       monotonic_ns() - run->alive_ns >= JOBRUN_STUCK_MS * NS_PER_MS;
}

static int write_record(const struct jobrun *run, const struct jobrec *rec)
{
	int r = jobs_write(run->ctx, rec);

	/* who does not read what is there has news already, or has ended */
	if (!r && rec->news_fd)
		send(rec->news_fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	return r;
}

/* comes back only when the job has come to its own end */
static void end_by_force(struct jobrun *run)
{
	bool late = run->deadline_ns && monotonic_ns() >= run->deadline_ns;
	struct swapadm_progress *p;
	struct jobrec rec;

	pthread_mutex_lock(&run->lock);
	if (run->has_ended) {
		pthread_mutex_unlock(&run->lock);
		return;
	}
	rec = run->shown;
	p = &rec.p;
	snprintf(
		p->message, sizeof(p->message),
		"ended by force: its %s hung in the kernel for more than %d s; what had moved stays moved",
		swapadm_phase_name(p->phase), JOBRUN_STUCK_MS / 1000);
	p->state = proc_is_alive(run->ctx, rec.child, rec.child_start_ticks)
			   ? SWAPADM_JOB_LOST
			   : SWAPADM_JOB_CANCELLED;
	p->error = late ? ETIME : ECANCELED;
	p->ended_s = (uint64_t)time(NULL);
	p->phase = SWAPADM_PHASE_NONE;
	p->eta_ns = 0;
	write_record(run, &rec);
	kill(getpid(), SIGKILL);
}

static void *guard(void *arg)
{
	struct jobrun *run = arg;
	struct pollfd fd = { .fd = run->guard_fd, .events = POLLIN };

	while (poll(&fd, 1, GUARD_TICK_MS) <= 0)
		if (is_stuck(run))
			end_by_force(run);
	return NULL;
}

/* a job without one is a job all the same */
static void start_guard(struct jobrun *run)
{
	sigset_t all, before;

	run->alive_ns = monotonic_ns();
	run->guard_fd = eventfd(0, EFD_CLOEXEC);
	if (run->guard_fd < 0)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&run->guard, NULL, guard, run)) {
		close(run->guard_fd);
		run->guard_fd = -1;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_guard(struct jobrun *run)
{
	uint64_t one = 1;

	pthread_mutex_lock(&run->lock);
	run->has_ended = true;
	pthread_mutex_unlock(&run->lock);
	if (run->guard_fd < 0)
		return;
	(void)!write(run->guard_fd, &one, sizeof(one));
	pthread_join(run->guard, NULL);
	close(run->guard_fd);
}

void jobrun_be_sure(struct jobrun *run, bool sure)
{
	run->alive_ns = monotonic_ns();
	run->is_sure = sure;
}

/* ---- the job --------------------------------------------------------------------- */

static void cancel(struct jobrun *run, bool *why)
{
	*why = true;
	run->cancelled = true;
}

/* by a descriptor, which sees the end of all its threads, and is no other process */
static void watch_caller(struct jobrun *run)
{
	const struct jobrec *rec = run->rec;
	uint64_t ticks = 0;

	run->caller_fd = rec->caller ? pidfd_open(rec->caller, 0) : -1;
	if (!rec->caller || (run->caller_fd < 0 && errno != ESRCH))
		return;
	if (proc_start_ticks(run->ctx, rec->caller, &ticks) ||
	    ticks != rec->caller_start_ticks)
		cancel(run, &run->caller_ended);
}

/* where a filter allows no such descriptor */
static bool has_lost_caller(const struct jobrun *run)
{
	const struct jobrec *rec = run->rec;

	return rec->caller && run->caller_fd < 0 &&
	       !proc_has_threads(run->ctx, rec->caller, rec->caller_start_ticks);
}

int jobrun_begin(struct jobrun *run, struct swapadm_ctx *ctx, struct jobrec *rec,
		 uint64_t timeout_s)
{
	sigset_t mask;

	jobs_signals(&mask);
	*run = (struct jobrun){
		.ctx = ctx,
		.rec = rec,
		.start_ns = monotonic_ns(),
		.guard_fd = -1,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.shown = *rec,
	};
	if (timeout_s && timeout_s < UINT32_MAX)
		run->deadline_ns = run->start_ns + timeout_s * NS_PER_S;
	run->sig_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->sig_fd < 0)
		return -errno;
	watch_caller(run);
	start_guard(run);
	return 0;
}

static void take_signals(struct jobrun *run)
{
	struct signalfd_siginfo si;

	run->alive_ns = monotonic_ns();
	while (read(run->sig_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == JOB_SIGNAL_CANCEL)
			run->cancelled = true;
		else
			run->pause_wanted = si.ssi_signo == JOB_SIGNAL_PAUSE;
	}
	if (!run->caller_ended && is_readable(run->caller_fd))
		cancel(run, &run->caller_ended);
	if (run->deadline_ns && !run->cancelled && monotonic_ns() >= run->deadline_ns)
		cancel(run, &run->timed_out);
}

void jobrun_publish(struct jobrun *run)
{
	run->written_ns = monotonic_ns();
	run->rec->p.elapsed_ns = run->written_ns - run->start_ns;
	pthread_mutex_lock(&run->lock);
	run->shown = *run->rec;
	/* a full /run must not stop a drain: the next word may come through */
	if (write_record(run, run->rec))
		log_debug(run->ctx, "%s", swapadm_get_error(run->ctx));
	pthread_mutex_unlock(&run->lock);
}

static void publish_when_due(struct jobrun *run)
{
	if (monotonic_ns() - run->written_ns < JOBRUN_TICK_MS * NS_PER_MS)
		return;
	if (!run->caller_ended && has_lost_caller(run))
		cancel(run, &run->caller_ended);
	jobrun_publish(run);
}

bool jobrun_check(struct jobrun *run)
{
	take_signals(run);
	publish_when_due(run);
	return run->cancelled;
}

bool jobrun_wait(struct jobrun *run, int fd, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = run->sig_fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN }, /* a negative one is passed over */
		{ .fd = run->caller_ended ? -1 : run->caller_fd, .events = POLLIN },
	};
	int n = poll(fds, 3, timeout_ms);

	jobrun_check(run);
	return n > 0 && fds[1].revents;
}

bool jobrun_sit_out_pause(struct jobrun *run)
{
	uint64_t began_ns = monotonic_ns();

	if (!run->pause_wanted || run->cancelled)
		return run->cancelled;
	run->rec->p.state = SWAPADM_JOB_PAUSED;
	run->rec->p.rate_bytes_per_s = run->rec->p.eta_ns = 0;
	jobrun_publish(run);
	while (run->pause_wanted && !run->cancelled)
		jobrun_wait(run, -1, 1000);
	run->paused_ns += monotonic_ns() - began_ns;
	run->rec->p.state = SWAPADM_JOB_RUNNING;
	run->n_samples = 0;
	jobrun_publish(run);
	return run->cancelled;
}

/* the rate over the samples kept: about the last 6 s */
static uint64_t sliding_rate(const struct jobrun *run, const struct rate_sample *now)
{
	size_t first =
		run->n_samples > JOBRUN_N_SAMPLES ? run->n_samples - JOBRUN_N_SAMPLES : 0;
	const struct rate_sample *old = &run->samples[first % JOBRUN_N_SAMPLES];
	double seconds = (double)(now->at_ns - old->at_ns) / (double)NS_PER_S;

	if (!run->n_samples || now->bytes <= old->bytes || seconds < 0.01)
		return 0;
	return u64_of((double)(now->bytes - old->bytes) / seconds);
}

void jobrun_moved(struct jobrun *run, uint64_t moved_bytes)
{
	struct swapadm_progress *p = &run->rec->p;
	struct rate_sample now = { monotonic_ns(), moved_bytes };
	const struct rate_sample *last =
		&run->samples[(run->n_samples + JOBRUN_N_SAMPLES - 1) % JOBRUN_N_SAMPLES];

	p->moved_bytes = moved_bytes;
	p->left_bytes = p->total_bytes > moved_bytes ? p->total_bytes - moved_bytes : 0;
	p->rate_bytes_per_s = sliding_rate(run, &now);
	p->eta_ns = p->rate_bytes_per_s
			    ? u64_of((double)p->left_bytes / (double)p->rate_bytes_per_s *
				     (double)NS_PER_S)
			    : 0;
	if (!run->n_samples || now.at_ns - last->at_ns >= JOBRUN_TICK_MS * NS_PER_MS)
		run->samples[run->n_samples++ % JOBRUN_N_SAMPLES] = now;
}

void jobrun_phase(struct jobrun *run, enum swapadm_phase phase)
{
	run->rec->p.phase = phase;
	run->n_samples = 0;
	jobrun_publish(run);
}

static enum swapadm_job_state end_state(int err)
{
	if (!err)
		return SWAPADM_JOB_DONE;
	return err == -ECANCELED || err == -ETIME ? SWAPADM_JOB_CANCELLED
						  : SWAPADM_JOB_FAILED;
}

int jobrun_end(struct jobrun *run, int err)
{
	struct swapadm_progress *p = &run->rec->p;

	stop_guard(run);
	p->state = run->leaves_child ? SWAPADM_JOB_LOST : end_state(err);
	p->error = err < 0 ? -err : 0;
	p->ended_s = (uint64_t)time(NULL);
	p->phase = SWAPADM_PHASE_NONE;
	p->pid = 0;
	if (!run->leaves_child)
		run->rec->child = 0;
	p->eta_ns = 0;
	if (p->state == SWAPADM_JOB_FAILED) {
		/* a worker's calls come and go with sentences of their own */
		ctx_fail_unsaid(run->ctx, err, p->source, swapadm_job_kind_name(p->kind));
		snprintf(p->message, sizeof(p->message), "%.255s",
			 swapadm_get_error(run->ctx));
	}
	/* the mean of the whole job, pauses apart */
	p->elapsed_ns = monotonic_ns() - run->start_ns;
	if (p->elapsed_ns > run->paused_ns)
		p->rate_bytes_per_s = u64_of((double)p->moved_bytes * 1e9 /
					     (double)(p->elapsed_ns - run->paused_ns));
	jobrun_publish(run);
	close(run->sig_fd);
	closep(&run->caller_fd);
	return err;
}

uint64_t rate_delay_ns(uint64_t rate_bytes_per_s, uint64_t bytes, uint64_t elapsed_ns)
{
	double due;

	if (!rate_bytes_per_s)
		return 0;
	due = (double)bytes / (double)rate_bytes_per_s * (double)NS_PER_S;
	return due > (double)elapsed_ns ? u64_of(due) - elapsed_ns : 0;
}
