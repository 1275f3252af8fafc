/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker's first moments: its side of job/work.h. Nothing is printed, nobody reads. */
#include <fcntl.h>

#include "job/work.h"
#include "kernel/pidns.h"
#include "kernel/proc.h"

struct serve {
	struct swapadm_ctx *ctx;
	struct request req;
	struct jobrec rec;
	const struct job_work *work;
	void *arg;
};

static int say(const char *line)
{
	size_t len = strlen(line);

	return write(WORKER_FD, line, len) == (ssize_t)len ? 0 : -EPIPE;
}

static bool is_whole(const char *text, size_t len)
{
	const size_t end = strlen(REQUEST_END);

	return len > end && streq(text + len - end, REQUEST_END) &&
	       text[len - end - 1] == '\n';
}

/* the text of the request; NULL: it is cut off, or too long */
static char *read_request(void)
{
	size_t size = 4096, n = 0;
	char *text = malloc(size);

	while (text && n < REQUEST_MAX_BYTES) {
		ssize_t got = read(WORKER_FD, text + n, size - n - 1);
		char *more;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
		text[n] = '\0';
		if (is_whole(text, n))
			return text;
		if (n + 1 < size)
			continue;
		more = realloc(text, size *= 2);
		if (!more)
			break;
		text = more;
	}
	free(text);
	return NULL;
}

static int load(struct serve *s, const struct job_work *const works[], size_t n)
{
	const char *rec = request_get(&s->req, "record");
	const char *name = request_get(&s->req, "work");
	int r;

	for (size_t i = 0; name && i < n; i++)
		if (streq(works[i]->name, name))
			s->work = works[i];
	if (!rec || !s->work)
		return -EBADMSG;
	r = jobrec_parse(rec, &s->rec);
	return r ? r : s->work->load(s->ctx, &s->req, &s->arg);
}

static int refuse(const struct serve *s, int err)
{
	const char *why = s->ctx ? swapadm_get_error(s->ctx) : "";
	char line[2048];

	if (*why)
		snprintf(line, sizeof(line), "refused %d %.1024s\n", -err, why);
	else
		snprintf(line, sizeof(line),
			 "refused %d start a worker: its request: %s\n", -err,
			 strerror(-err));
	say(line);
	return 1;
}

/* in the background nobody waits for us: init does */
static int leave_caller(const struct serve *s)
{
	pid_t pid;

	if (!request_get(&s->req, "background"))
		return 0;
	pid = fork();
	if (pid > 0)
		_exit(0);
	return pid < 0 || setsid() < 0 ? -errno : 0;
}

static int announce(struct serve *s)
{
	char line[32], byte;
	int r = leave_caller(s);

	s->rec.worker = getpid();
	s->rec.pid_ns = pidns_own(s->ctx);
	if (!r) /* without that it would count as another process, and its job as lost */
		r = proc_start_ticks(s->ctx, s->rec.worker, &s->rec.worker_start_ticks);
	if (r)
		return refuse(s, r);
	snprintf(line, sizeof(line), "ready %d\n", (int)s->rec.worker);
	return say(line) || read(WORKER_FD, &byte, 1) != 1;
}

static int begin(struct serve *s, const struct job_work *const works[], size_t n)
{
	_cleanup_free_ char *text = read_request();
	int r;

	if (!text)
		return 1;
	if (!request_is_ours(text)) {
		say("version " SWAPADM_VERSION "\n");
		return 1;
	}
	r = request_parse(text, &s->req);
	if (r)
		return refuse(s, r);
	r = swapadm_new(&s->ctx, NULL); /* jobs are of the running system only */
	if (!r)
		r = load(s, works, n);
	return r ? refuse(s, r) : announce(s);
}

/* @arg belongs to the work, whose run() has the rest of the process's life */
static int give_up(struct serve *s)
{
	request_free(&s->req);
	jobrec_free(&s->rec);
	swapadm_unref(s->ctx);
	return 1;
}

int worker_serve(const struct job_work *const works[], size_t n)
{
	struct serve s = { 0 };

	if (fcntl(WORKER_FD, F_SETFD, FD_CLOEXEC) < 0 || chdir("/") < 0 ||
	    begin(&s, works, n))
		return give_up(&s);
	if (request_get(&s.req, "background"))
		close(WORKER_FD);
	else
		s.rec.news_fd = WORKER_FD;
	return s.work->run(s.ctx, &s.rec, s.arg) ? 1 : 0;
}
