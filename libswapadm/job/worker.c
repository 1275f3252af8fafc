/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <time.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

int jobrun_begin(struct jobrun *run, struct swapadm_ctx *ctx, struct jobrec *rec,
		 uint64_t timeout_s)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, JOB_SIGNAL_PAUSE);
	sigaddset(&mask, JOB_SIGNAL_RESUME);
	sigaddset(&mask, JOB_SIGNAL_CANCEL);
	*run = (struct jobrun){ .ctx = ctx, .rec = rec, .start_ns = monotonic_ns() };
	if (timeout_s && timeout_s < UINT32_MAX)
		run->deadline_ns = run->start_ns + timeout_s * NS_PER_S;
	run->sig_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->sig_fd < 0)
		return -errno;
	return 0;
}

static void take_signals(struct jobrun *run)
{
	struct signalfd_siginfo si;

	while (read(run->sig_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == JOB_SIGNAL_CANCEL)
			run->cancelled = true;
		else
			run->pause_wanted = si.ssi_signo == JOB_SIGNAL_PAUSE;
	}
	if (run->deadline_ns && !run->cancelled && monotonic_ns() >= run->deadline_ns)
		run->cancelled = run->timed_out = true;
}

void jobrun_publish(struct jobrun *run)
{
	run->written_ns = monotonic_ns();
	run->rec->p.elapsed_ns = run->written_ns - run->start_ns;
	/* a full /run must not stop a drain: the next word may come through */
	if (jobs_write(run->ctx, run->rec))
		log_debug(run->ctx, "%s", swapadm_get_error(run->ctx));
}

static void publish_when_due(struct jobrun *run)
{
	if (monotonic_ns() - run->written_ns >= JOBRUN_TICK_MS * NS_PER_MS)
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
	};
	int n = poll(fds, 2, timeout_ms);

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
	return (uint64_t)((double)(now->bytes - old->bytes) / seconds);
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
			    ? (uint64_t)((double)p->left_bytes /
					 (double)p->rate_bytes_per_s * (double)NS_PER_S)
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

	p->state = end_state(err);
	p->error = err < 0 ? -err : 0;
	p->ended_s = (uint64_t)time(NULL);
	p->phase = SWAPADM_PHASE_NONE;
	p->pid = 0;
	run->rec->child = 0;
	run->rec->child_start_ticks = 0;
	p->eta_ns = 0;
	if (p->state == SWAPADM_JOB_FAILED)
		snprintf(p->message, sizeof(p->message), "%.255s",
			 swapadm_get_error(run->ctx));
	/* the mean of the whole job, pauses apart */
	p->elapsed_ns = monotonic_ns() - run->start_ns;
	if (p->elapsed_ns > run->paused_ns)
		p->rate_bytes_per_s =
			(uint64_t)((double)p->moved_bytes * 1e9 /
				   (double)(p->elapsed_ns - run->paused_ns));
	jobrun_publish(run);
	close(run->sig_fd);
	return err;
}

uint64_t rate_delay_ns(uint64_t rate_bytes_per_s, uint64_t bytes, uint64_t elapsed_ns)
{
	double due;

	if (!rate_bytes_per_s)
		return 0;
	due = (double)bytes / (double)rate_bytes_per_s * (double)NS_PER_S;
	return due > (double)elapsed_ns ? (uint64_t)due - elapsed_ns : 0;
}
