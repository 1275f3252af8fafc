/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way from who starts a job to the worker that does it.
 *
 * The worker is a program of its own, swapadm-worker in libexecdir: whoever uses the
 * library may have threads and handlers, and after a fork(2) nothing could be relied on
 * there. It gets a socket as descriptor 3. Through that go
 *
 *   to it    the request, text (job/request.h)
 *   back     "ready PID", "version V" (it is of another one) or "refused ERRNO SENTENCE"
 *   to it    a byte: the record is in place
 *   back     in the foreground, a byte each time that the record is replaced
 *
 * So no job is ever seen without a record, and a record never names a process that is not
 * there. When the caller dies in between, the socket is closed and the worker exits
 * before it has done anything. Who follows a job that is none of its children has
 * inotify(7) for the records; closing that takes the kernel 15 to 25 ms.
 */
#ifndef SWAPADM_WORK_H
#define SWAPADM_WORK_H

#include "job/request.h"
#include "state/jobs.h"

#define WORKER_FD 3 /* of the socket, in the worker */

/**
 * struct job_work - a kind of work
 * @name:  in the request
 * @load:  what the request says, for @run: 0; -EBADMSG; else -errno
 * @run:   the worker's life: signals are blocked, the standard descriptors are /dev/null.
 *         It keeps the record up to date and leaves it in a finished state; what it
 *         returns is the exit status
 */
struct job_work {
	const char *name;
	int (*load)(struct swapadm_ctx *ctx, const struct request *req, void **arg);
	int (*run)(struct swapadm_ctx *ctx, struct jobrec *rec, void *arg);
};

/**
 * job_start() - claim devices and start a worker
 * @rec:         kind, source, dest, devices and figures are set; the id is given here
 * @background:  the worker outlives the caller; else it cancels its job when the process
 *               of the caller ends
 * @work:        name of the kind of work
 * @req:         what that needs; it is added to
 *
 * Any thread may call it, whatever signals it blocks. Return: 0; -EBUSY a device is
 * claimed, the sentence names the job; -EROFS; -EACCES; -ENOENT the worker's program is
 * missing, -ELIBBAD of another version, -ETIMEDOUT does not answer, -ECHILD does not
 * live; else -errno.
 */
int job_start(struct swapadm_ctx *ctx, struct jobrec *rec, bool background,
	      const char *work, struct request *req, struct swapadm_job **out);

/* the worker's main(): its exit status */
int worker_serve(const struct job_work *const works[], size_t n);

#endif
