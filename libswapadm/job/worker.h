/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of a worker: signals, pauses, the clock and the record.
 *
 * A job's code calls jobrun_wait() wherever it has to wait and jobrun_check() wherever it
 * may stop; both take signals in and keep the record fresh (a few times a second).
 *
 * Signals are blocked, so a job that hangs in a system call, at the memory of a process
 * that keeps its lock for instance, would never see a cancel or its time-out. A guard, a
 * thread of its own, looks after that: it writes the last word into the record and ends
 * the process. The job's thread may come back from the kernel at that moment, so the
 * guard works on a copy, and nothing is written to the record after it.
 */
#ifndef SWAPADM_JOBRUN_H
#define SWAPADM_JOBRUN_H

#include <pthread.h>
#include <stdatomic.h>

#include "state/jobs.h"

#define JOBRUN_TICK_MS   200
#define JOBRUN_STUCK_MS  5000 /* a job that is to stop and gives no sign of life */
#define JOBRUN_N_SAMPLES 32

struct rate_sample {
	uint64_t at_ns, bytes;
};

struct jobrun {
	struct swapadm_ctx *ctx;
	struct jobrec *rec;
	int sig_fd;
	uint64_t start_ns, deadline_ns; /* deadline 0: none */
	uint64_t written_ns;
	uint64_t paused_ns; /* total; the pause under way is not in it */
	struct rate_sample samples[JOBRUN_N_SAMPLES];
	size_t n_samples; /* ever taken */
	bool pause_wanted, timed_out;
	bool leaves_child; /* rec->child hangs in the kernel and is not waited for */
	int caller_fd;     /* pidfd of rec->caller; -1: in the background */
	bool caller_ended;
	atomic_bool cancelled;
	/* of the guard */
	pthread_t guard;
	int guard_fd;               /* readable: it is to end; -1: there is no guard */
	_Atomic(uint64_t) alive_ns; /* the job's last sign of life */
	atomic_bool is_sure;        /* what is under way is not to be cut off */
	/* held by who writes the record; after the last word the guard keeps it */
	pthread_mutex_t lock;
	struct jobrec shown; /* what was written last; the guard sees no more of .rec */
	bool has_ended;
};

/**
 * jobrun_begin() - set a worker up
 * @timeout_s:  the job is cancelled after it; 0: never
 *
 * The job is also cancelled when the process rec->caller ends.
 * Return: 0; else -errno.
 */
int jobrun_begin(struct jobrun *run, struct swapadm_ctx *ctx, struct jobrec *rec,
		 uint64_t timeout_s);

/**
 * jobrun_wait() - wait for a descriptor, a signal or the time
 * @fd:          or -1
 * @timeout_ms:  at most; may come back earlier
 *
 * Return: true when @fd is readable or hung up.
 */
bool jobrun_wait(struct jobrun *run, int fd, int timeout_ms);

/* half of what comes now is worse than none or all: a cancel waits for its end */
void jobrun_be_sure(struct jobrun *run, bool sure);

/* take pending signals in without waiting; true when the job is to stop now */
bool jobrun_check(struct jobrun *run);

/* sit a pause out, with the state shown; true when the job is to stop now */
bool jobrun_sit_out_pause(struct jobrun *run);

/* @moved_bytes so far of rec->p.total_bytes: also the rate and the time to go */
void jobrun_moved(struct jobrun *run, uint64_t moved_bytes);

/* another phase: the sliding rate begins anew */
void jobrun_phase(struct jobrun *run, enum swapadm_phase phase);

/* write the record now, whenever it was written last */
void jobrun_publish(struct jobrun *run);

/**
 * jobrun_end() - the job's last word
 * @err:  0 done; -ECANCELED or -ETIME stopped on request or by the time-out; else failed,
 *        with the context's sentence, or one of the error alone where that is of another
 *
 * With .leaves_child the job is lost: its device stays claimed until that child ends.
 *
 * Return: @err.
 */
int jobrun_end(struct jobrun *run, int err);

/* by how much a rate limit makes the job wait now, 0 not at all */
uint64_t rate_delay_ns(uint64_t rate_bytes_per_s, uint64_t bytes, uint64_t elapsed_ns);

#endif
