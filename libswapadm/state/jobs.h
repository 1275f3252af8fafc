/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The folder of the direct layer's jobs, /run/swapadm/jobs, and the workers behind it.
 *
 * A job is a process, its record a file (jobrec.h). The folder's lock is held while an id
 * and a claim are taken and while old records are cleared away, never while a job runs. A
 * worker is spoken to by pidfd, after its start time has been compared with the record's.
 */
#ifndef SWAPADM_JOBS_H
#define SWAPADM_JOBS_H

#include <signal.h>

#include "state/jobrec.h"

#define JOBS_DIR  "/run/swapadm/jobs"
#define JOBS_KEEP 64 /* finished ones, for `wait` */

/* what a worker understands */
#define JOB_SIGNAL_PAUSE  SIGUSR1
#define JOB_SIGNAL_RESUME SIGUSR2
#define JOB_SIGNAL_CANCEL SIGTERM

static inline void jobs_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, JOB_SIGNAL_PAUSE);
	sigaddset(set, JOB_SIGNAL_RESUME);
	sigaddset(set, JOB_SIGNAL_CANCEL);
}

/**
 * jobs_read() - a job's record as it is now
 * @out:  free with jobrec_free(); a job whose worker has died is LOST
 *
 * Return: 0; -ENOENT no such job; -EBADMSG damaged, or written by someone else than root;
 * -EINVAL not an id.
 */
int jobs_read(struct swapadm_ctx *ctx, const char *id, struct jobrec *out);

/* replace a job's record; the sentence is set */
int jobs_write(struct swapadm_ctx *ctx, const struct jobrec *rec);

struct jobrec_list {
	struct jobrec *items; /* running first, then by number, newest first */
	size_t n;
};
int jobs_read_all(struct swapadm_ctx *ctx, struct jobrec_list *out);

/*
 * The same without opening the records of jobs that ended by themselves (mode 0444), of
 * which there may be many; others that are over may still be among them.
 */
int jobs_read_unfinished(struct swapadm_ctx *ctx, struct jobrec_list *out);
void jobrec_list_free(struct jobrec_list *list);

/**
 * jobs_holder() - which job has claimed a device?
 * @path:  as /proc/swaps names it
 * @id:    id of the job, when there is one
 * Return: 1 claimed, 0 not; else -errno.
 */
int jobs_holder(struct swapadm_ctx *ctx, const char *path, char id[16]);

/* of another pid namespace: its numbers are those of other processes here */
bool jobs_is_elsewhere(struct swapadm_ctx *ctx, const struct jobrec *rec);

/* a pidfd of the worker; -ESRCH: it has ended, or can't be seen from here */
int jobs_open_worker(struct swapadm_ctx *ctx, const struct jobrec *rec);

/* is the worker, or the swapoff(2) that it left behind, still there? */
bool jobs_is_live(struct swapadm_ctx *ctx, const struct jobrec *rec);

/* is it a drain or remove under way? its devices take no pages then */
bool jobs_is_draining(struct swapadm_ctx *ctx, const struct jobrec *rec);

/* is the area a device of one of them? */
bool jobs_drain_area(struct swapadm_ctx *ctx, const struct jobrec_list *list,
		     const char *path);

/*
 * Does it end on its own soon? Its caller or its worker was killed, and what is left is
 * at its last process.
 */
bool jobs_is_abandoned(struct swapadm_ctx *ctx, const struct jobrec *rec);

/**
 * jobs_claim() - an id for a new job, if nobody else has its devices
 * @rec:  its devices are looked at, its id is set
 *
 * Under state_lock(), until jobs_write() has put the record there. Also clears away what
 * is older than the last JOBS_KEEP finished jobs.
 * Return: 0; -EBUSY, the sentence names the job; else -errno.
 */
int jobs_claim(struct swapadm_ctx *ctx, struct jobrec *rec);

/* the write-back limits of zrams that killed jobs left; takes state_lock(). 0; -errno. */
int jobs_put_limits_back(struct swapadm_ctx *ctx);

#endif
