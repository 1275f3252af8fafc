/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - inside of jobs: what job.c (life, requests) and move.c (the work) share;
 * what is inside of the work is in move.h
 */
#ifndef TSWAP_JOB_H
#define TSWAP_JOB_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/wait.h>

#include "tswap.h"

/**
 * struct tswap_job - a move that takes a while
 * @dev: device, with a reference of the thread's; NULL once the job has ended
 * @set: what was asked for; constant but for @set.rate_bytes
 * @slots: only these, @nr_slots entries, or NULL; the thread frees them
 * @clock: only what was swapped out before, if @has_clock
 * @src: leaves to move from, claimed by leaf->job
 * @went: leaves that pages went to, and their names with commas, of which @went_len bytes
 *	may be read; the thread only appends
 * @src_rank: rank of their tier when the job began
 * @want_pause: request, tswap_jobs.lock; read without it
 * @want_cancel: request, tswap_jobs.lock; read without it
 * @state: enum tswap_job_state; written by the thread
 * @wait: where the thread sleeps; woken by every request
 * @ended: the leaves have been given back; the thread of an abandoned job still waits
 *	for requests, and holds the device
 * @moved: pages; as @left, @lost, @errors, @needed, @kept written by the thread only
 * @began_ns: boot time; @ended_ns: 0 while it runs
 * @due_ns: when the rate allows the next batch
 * @blkcg: cgroup of who started it, whose I/O it is; @ioprio: the same for its priority
 * @window_ns: when the measurement of the speed began, with @window_moved pages
 */
struct tswap_job {
	struct kref ref;
	u32 id;
	u32 device;
	struct tswap_dev *dev;
	struct tswap_job_info set;
	struct tswap_slots *slots;
	u32 nr_slots;
	bool has_clock;
	u32 clock;
	struct tswap_leafset src;
	struct tswap_leafset went;
	char went_names[TSWAP_WENT_MAX];
	u32 went_len;
	u32 src_rank;
	bool want_pause;
	bool want_cancel;
	u32 state;
	u32 error;
	const char *error_text;
	wait_queue_head_t wait;
	struct completion ended;
	u64 moved;
	u64 left;
	u64 lost;
	u64 errors;
	u64 needed;
	u64 kept;
	u64 speed_bytes;
	u64 began_ns;
	u64 ended_ns;
	u64 due_ns;
	u64 window_ns;
	u64 window_moved;
	struct cgroup_subsys_state *blkcg;
	u16 ioprio;
	struct tswap_mover *mover;
};

/* job.c */
void tswap_job_state(struct tswap_job *job, u32 state);
bool tswap_job_should_end(struct tswap_job *job);
void tswap_job_wait(struct tswap_job *job, u64 ns);
void tswap_job_abandon(struct tswap_job *job);

/* move.c */
struct tswap_mover *tswap_mover_new(struct tswap_job *job);
void tswap_mover_free(struct tswap_mover *m);
int tswap_mover_run(struct tswap_mover *m);
bool tswap_move_has_room(struct tswap_job *job);

#endif /* TSWAP_JOB_H */
