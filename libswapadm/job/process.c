/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A handle on a worker process: its end is seen by a pidfd, a new record by inotify, or
 * by a byte of the worker when that is a child of ours; both behind one epoll descriptor
 * that the caller may poll.
 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/wait.h>

#include "base/privilege.h"
#include "base/sys.h"
#include "job/job.h"
#include "state/jobs.h"
#include "kernel/proc.h"

struct direct_job {
	int epoll_fd, pid_fd;
	int news_fd;  /* of inotify, or the socket to the worker */
	pid_t child;  /* to be reaped by us, or 0 */
	bool watched; /* the pidfd is in the epoll set */
};

static void release_direct(struct swapadm_job *job)
{
	struct direct_job *d = job->priv;

	if (d->child)
		waitpid(d->child, NULL, WNOHANG);
	closep(&d->epoll_fd);
	closep(&d->news_fd);
	closep(&d->pid_fd);
	free(d);
}

static int fd_direct(const struct swapadm_job *job)
{
	const struct direct_job *d = job->priv;

	return d->epoll_fd;
}

/* take what the descriptors have to say, so that they are quiet until there is more */
static void drain_events(struct direct_job *d)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct epoll_event ev[2];
	int n = epoll_wait(d->epoll_fd, ev, 2, 0);
	ssize_t got;

	do
		got = read(d->news_fd, buf, sizeof(buf));
	while (got > 0);
	if (!got) /* the worker has hung up, which stays readable, too */
		epoll_ctl(d->epoll_fd, EPOLL_CTL_DEL, d->news_fd, NULL);
	for (int i = 0; i < n; i++) {
		if (ev[i].data.fd != d->pid_fd)
			continue;
		/* an ended process stays readable for ever */
		epoll_ctl(d->epoll_fd, EPOLL_CTL_DEL, d->pid_fd, NULL);
		d->watched = false;
		if (d->child)
			waitpid(d->child, NULL, WNOHANG);
		d->child = 0;
	}
}

static int get_progress_direct(struct swapadm_job *job, struct swapadm_progress *progress)
{
	struct jobrec rec;
	int r;

	drain_events(job->priv);
	r = jobs_read(job->ctx, job->id, &rec);
	if (r)
		return ctx_fail(job->ctx, r, "job %s: read: %s", job->id, strerror(-r));
	*progress = rec.p;
	jobrec_free(&rec);
	return 0;
}

static int refuse_finished(struct swapadm_job *job, const struct jobrec *rec,
			   const char *verb)
{
	return ctx_fail(job->ctx, -ESRCH, "job %s: %s: it is %s already", job->id, verb,
			swapadm_job_state_name(rec->p.state));
}

/* by pidfd, and only when that process is the one of the record */
static int send_signal(struct swapadm_job *job, int sig, const char *verb)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_close_ int pidfd = -1;
	int r = ctx_may_change(job->ctx, job->id);

	if (r)
		return r;
	r = jobs_read(job->ctx, job->id, &rec);
	if (r)
		return ctx_fail(job->ctx, r, "job %s: %s: %s", job->id, verb,
				strerror(-r));
	if (jobrec_is_finished(&rec))
		return refuse_finished(job, &rec, verb);
	if (jobs_is_elsewhere(job->ctx, &rec))
		return ctx_fail(
			job->ctx, -ESRCH,
			"job %s: %s: it is of another pid namespace; do that there, or if it has ended: rm " JOBS_DIR
			"/%s",
			job->id, verb, job->id);
	pidfd = jobs_open_worker(job->ctx, &rec);
	if (pidfd < 0)
		return ctx_fail(job->ctx, -ESRCH, "job %s: %s: its process has ended",
				job->id, verb);
	if (pidfd_send_signal(pidfd, sig, NULL, 0) < 0)
		return ctx_fail(job->ctx, -errno, "job %s: %s: %s", job->id, verb,
				errno == EPERM ? PRIVILEGE_REMEDY("CAP_KILL")
					       : strerror(errno));
	return 0;
}

static int pause_direct(struct swapadm_job *job)
{
	return send_signal(job, JOB_SIGNAL_PAUSE, "pause");
}

static int resume_direct(struct swapadm_job *job)
{
	return send_signal(job, JOB_SIGNAL_RESUME, "resume");
}

static int cancel_direct(struct swapadm_job *job)
{
	return send_signal(job, JOB_SIGNAL_CANCEL, "cancel");
}

static const struct job_ops direct_job_ops = {
	.fd = fd_direct,
	.get_progress = get_progress_direct,
	.pause = pause_direct,
	.resume = resume_direct,
	.cancel = cancel_direct,
	.release = release_direct,
};

static int watch(struct direct_job *d, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(d->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int watch_records(struct swapadm_ctx *ctx, struct direct_job *d)
{
	_cleanup_close_ int dirfd = ctx_open(ctx, JOBS_DIR, O_RDONLY | O_DIRECTORY);
	char path[64];

	if (dirfd < 0)
		return dirfd;
	d->news_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (d->news_fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", dirfd);
	if (inotify_add_watch(d->news_fd, path, IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR) < 0)
		return -errno;
	return 0;
}

static int set_up_fds(struct swapadm_ctx *ctx, struct direct_job *d, pid_t worker)
{
	int r;

	if (d->news_fd < 0)
		r = watch_records(ctx, d);
	else
		r = fcntl(d->news_fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (r)
		return r;
	d->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (d->epoll_fd < 0)
		return -errno;
	r = watch(d, d->news_fd);
	if (r)
		return r;
	d->pid_fd = pidfd_open(worker, 0);
	if (d->pid_fd >= 0)
		d->watched = !watch(d, d->pid_fd);
	return 0;
}

int job_open_direct(struct swapadm_ctx *ctx, const char *id, pid_t child, int news_fd,
		    struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_close_ int fd = news_fd;
	struct swapadm_job tmp = { 0 };
	struct direct_job *d;
	int r = jobs_read(ctx, id, &rec);

	if (r)
		return ctx_fail(ctx, r, "job %s: open: %s", id,
				r == -ENOENT ? "no such job; see `swapctl jobs`"
					     : strerror(-r));
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	*d = (struct direct_job){ -1, -1, fd, child, false };
	fd = -1;
	r = set_up_fds(ctx, d, jobs_is_elsewhere(ctx, &rec) ? -1 : rec.worker);
	if (r) {
		tmp.priv = d;
		release_direct(&tmp);
		return ctx_fail(ctx, r, "job %s: watch: %s", id, strerror(-r));
	}
	r = job_new(ctx, &direct_job_ops, id, d, out);
	if (!r)
		(*out)->outlives = child == 0;
	return r;
}

static bool owns_direct(const char *id)
{
	uint64_t number;

	return jobrec_parse_id(id, &number) == 0;
}

static int open_direct(struct swapadm_ctx *ctx, const char *id, struct swapadm_job **out)
{
	return job_open_direct(ctx, id, 0, -1, out);
}

static int list_direct(struct swapadm_ctx *ctx, struct swapadm_progress **items,
		       size_t *n)
{
	_cleanup_(jobrec_list_free) struct jobrec_list list = { 0 };
	int r = jobs_read_all(ctx, &list);

	if (r)
		return ctx_fail(ctx, r, JOBS_DIR ": read: %s", strerror(-r));
	for (size_t i = 0; i < list.n; i++) {
		if (!array_grow(items, *n))
			return -ENOMEM;
		(*items)[(*n)++] = list.items[i].p;
	}
	return 0;
}

const struct job_source job_source_direct = {
	.owns = owns_direct,
	.open = open_direct,
	.list = list_direct,
};
