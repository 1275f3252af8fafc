/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a worker: the caller's side of job/work.h.
 *
 * In the foreground the worker is a child that cancels its job when its caller ends
 * (job/worker.h). In the background it leaves itself to init.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "base/sys.h"
#include "job/job.h"
#include "job/work.h"
#include "kernel/pidns.h"
#include "kernel/proc.h"
#include "state/state.h"

#define PROGRAM    "swapadm-worker"
#define INSTALLED  SWAPADM_WORKER_DIR "/" PROGRAM
#define PATIENCE_S 60 /* with a worker that does not answer */
#define SILENCE_S  5  /* after that the user learns what is waited for */

struct launch {
	struct swapadm_ctx *ctx;
	struct jobrec *rec;
	char program[4096];
	int socket;
	pid_t child;
};

/* ---- which program --------------------------------------------------------------- */

/*
 * A build that is not installed has the program next to the library. Whoever owns the
 * library's file is trusted by this process already; nobody else is.
 * Return: 0; -ENOENT none is there; -EPERM it is not to be trusted.
 */
static int find_next_to_library(char *buf, size_t size)
{
	struct stat library, program;
	const char *slash;
	Dl_info info;

	if (!dladdr((void *)(uintptr_t)find_next_to_library, &info) ||
	    info.dli_fname[0] != '/')
		return -ENOENT;
	slash = strrchr(info.dli_fname, '/');
	if (snprintf(buf, size, "%.*s/" PROGRAM, (int)(slash - info.dli_fname),
		     info.dli_fname) >= (int)size ||
	    stat(info.dli_fname, &library) < 0 || stat(buf, &program) < 0)
		return -ENOENT;
	return S_ISREG(program.st_mode) && !(program.st_mode & S_IWOTH) &&
			       program.st_uid == library.st_uid
		       ? 0
		       : -EPERM;
}

static void find_program(struct launch *l)
{
	int r;

	if (l->ctx->ops.worker) {
		snprintf(l->program, sizeof(l->program), "%s", l->ctx->ops.worker);
		return;
	}
	r = find_next_to_library(l->program, sizeof(l->program));
	if (r == -EPERM)
		log_warning(
			l->ctx,
			"%s: not used as the worker: it is not a file of the library's owner that others can't write",
			l->program);
	if (r)
		snprintf(l->program, sizeof(l->program), "%s", INSTALLED);
}

/* ---- spawn ----------------------------------------------------------------------- */

static void destroy_actions(posix_spawn_file_actions_t *actions)
{
	posix_spawn_file_actions_destroy(actions);
}

static void destroy_attr(posix_spawnattr_t *attr)
{
	posix_spawnattr_destroy(attr);
}

/* what the worker takes in by signalfd(2) is blocked from its first instruction on */
static int set_signals(posix_spawnattr_t *attr)
{
	sigset_t all, mask;

	sigfillset(&all);
	jobs_signals(&mask);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setsigmask(attr, &mask);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSID);
}

/*
 * Nothing of the caller's gets there but the socket: a lock or a terminal must not stay
 * open. The arguments are for who looks at processes.
 */
static int spawn(struct launch *l, int fd)
{
	char *const envp[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
			       (char *)"LC_ALL=C", NULL };
	char *const argv[] = { (char *)PROGRAM, l->rec->p.id,
			       (char *)swapadm_job_kind_name(l->rec->p.kind),
			       l->rec->p.source, NULL };
	_cleanup_(destroy_actions) posix_spawn_file_actions_t actions;
	_cleanup_(destroy_attr) posix_spawnattr_t attr;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	if (set_signals(&attr) ||
	    posix_spawn_file_actions_adddup2(&actions, fd, WORKER_FD) ||
	    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0) ||
	    posix_spawn_file_actions_adddup2(&actions, 0, 1) ||
	    posix_spawn_file_actions_adddup2(&actions, 0, 2) ||
	    sys_spawn_close_from(&actions, WORKER_FD + 1))
		return -ENOMEM;
	return -posix_spawn(&l->child, l->program, &actions, &attr, argv, envp);
}

static int explain_spawn(struct launch *l, int err)
{
	if (err == -ENOENT || err == -EACCES || err == -ENOEXEC)
		return ctx_fail(
			l->ctx, err,
			"%s: start a worker: %s: %s; the program belongs to libswapadm, install that again",
			l->rec->p.source, l->program, strerror(-err));
	return ctx_fail(l->ctx, err, "%s: start a worker: %s: %s", l->rec->p.source,
			l->program, strerror(-err));
}

static int spawn_worker(struct launch *l)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	const struct timeval silence = { .tv_sec = SILENCE_S };
	int fds[2], r;

	find_program(l);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return ctx_fail(l->ctx, -errno, "%s: start a worker: %s",
				l->rec->p.source, strerror(errno));
	l->socket = fds[0];
	setsockopt(l->socket, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	setsockopt(l->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	r = spawn(l, fds[1]);
	close(fds[1]);
	return r ? explain_spawn(l, r) : 0;
}

/* ---- talk ------------------------------------------------------------------------ */

static int no_answer(struct launch *l, int err)
{
	if (err == -EAGAIN)
		return ctx_fail(l->ctx, -ETIMEDOUT,
				"%s: start a worker: %s does not answer for %d s",
				l->rec->p.source, l->program, PATIENCE_S);
	return ctx_fail(
		l->ctx, -ECHILD,
		"%s: start a worker: %s exited before it was ready; install libswapadm again",
		l->rec->p.source, l->program);
}

/* no SIGPIPE for the caller when the worker has died */
static int put(struct launch *l, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(l->socket, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int get_line(struct launch *l, char *buf, size_t size)
{
	unsigned silent_s = 0;
	size_t n = 0;

	while (n + 1 < size) {
		ssize_t got = recv(l->socket, buf + n, 1, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN && (silent_s += SILENCE_S) < PATIENCE_S) {
			if (silent_s == SILENCE_S)
				log_warning(l->ctx, "%s: waiting for an answer of %s",
					    l->rec->p.source, l->program);
			continue;
		}
		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		if (buf[n] == '\n')
			break;
		n++;
	}
	buf[n] = '\0';
	return 0;
}

static int refused(struct launch *l, const char *text)
{
	const char *version = str_after(text, "version ");
	const char *cursor = str_after(text, "refused ");
	uint64_t number;

	if (version)
		return ctx_fail(
			l->ctx, -ELIBBAD,
			"%s: start a worker: %s is of version %s and this libswapadm of %s; start the program that uses it again, or install both from one source",
			l->rec->p.source, l->program, version, SWAPADM_VERSION);
	if (!cursor || next_u64(&cursor, &number) || !number || number > 4095)
		return no_answer(l, -EPIPE);
	return ctx_fail(l->ctx, -(int)number, "%s", *cursor ? cursor + 1 : cursor);
}

static int await_ready(struct launch *l)
{
	char line[sizeof(l->ctx->error) + 32];
	uint64_t pid;
	int r = get_line(l, line, sizeof(line));

	if (r)
		return no_answer(l, r);
	if (!str_after(line, "ready "))
		return refused(l, line);
	if (parse_u64(line + strlen("ready "), &pid) || !pid || pid > INT32_MAX)
		return no_answer(l, -EPIPE);
	l->rec->worker = (pid_t)pid;
	l->rec->pid_ns = pidns_own(l->ctx);
	return 0;
}

static int hand_over(struct launch *l, const struct request *req)
{
	_cleanup_free_ char *text = request_format(req);
	int r;

	if (!text)
		return -ENOMEM;
	r = put(l, text, strlen(text));
	if (r == -EAGAIN)
		return no_answer(l, r);
	return await_ready(l); /* also when it hung up: it may have said why */
}

static int fill_request(struct launch *l, bool background, const char *work,
			struct request *req)
{
	_cleanup_free_ char *rec = jobrec_format(l->rec);
	int r = rec ? request_add(req, "record", rec) : -ENOMEM;

	if (!r)
		r = request_add(req, "work", work);
	return r ? r : request_add_u64(req, "background", background);
}

/* ---- start ----------------------------------------------------------------------- */

static int launch(struct launch *l, bool background, const char *work,
		  struct request *req)
{
	struct jobrec *rec = l->rec;
	int r;

	if (pidns_proc_is_foreign(l->ctx)) /* a signal would meet somebody else */
		return ctx_fail(
			l->ctx, -ESRCH,
			"start: /proc is that of another pid namespace; mount one of this (`unshare --mount-proc`)");
	r = jobs_claim(l->ctx, rec);

	if (!r && !background) {
		rec->caller = getpid();
		r = proc_start_ticks(l->ctx, rec->caller, &rec->caller_start_ticks);
	}
	if (!r)
		r = fill_request(l, background, work, req);
	if (!r)
		r = spawn_worker(l);
	if (!r)
		r = hand_over(l, req);
	if (!r)
		r = proc_start_ticks(l->ctx, rec->worker, &rec->worker_start_ticks);
	if (!r)
		r = jobs_write(l->ctx, rec);
	if (!r && put(l, "", 1))
		r = no_answer(l, -EPIPE);
	return r; /* on failure the socket is closed, and the worker exits */
}

/* who logged in, also behind sudo(8); without audit, who runs us */
static uid_t login_uid(struct swapadm_ctx *ctx)
{
	uint64_t uid;

	if (ctx_read_u64(ctx, "/proc/self/loginuid", &uid) || uid >= UINT32_MAX)
		return getuid();
	return (uid_t)uid;
}

/* the child that was made, if it is not to live on as the worker */
static void reap(struct launch *l, bool failed)
{
	if (failed)
		kill(l->child, SIGKILL);
	while (waitpid(l->child, NULL, 0) < 0 && errno == EINTR)
		;
}

int job_start(struct swapadm_ctx *ctx, struct jobrec *rec, bool background,
	      const char *work, struct request *req, struct swapadm_job **out)
{
	struct launch l = { .ctx = ctx, .rec = rec, .socket = -1 };
	_cleanup_close_ int lock = -1;
	char holder[320];
	int r;

	r = ctx_may_change(ctx, rec->p.source);
	if (r)
		return r;
	rec->p.started_s = (uint64_t)time(NULL);
	rec->uid_plus_one = (uint64_t)login_uid(ctx) + 1;
	snprintf(holder, sizeof(holder), "start of %s %s",
		 swapadm_job_kind_name(rec->p.kind), rec->p.source);
	lock = state_lock(ctx, holder);
	if (lock < 0)
		return lock;
	r = state_mkdir(ctx, "jobs");
	if (!r)
		r = launch(&l, background, work, req);
	if (r || background) {
		closep(&l.socket);
		l.socket = -1;
	}
	if (l.child > 0 && (r || background))
		reap(&l, r);
	return r ? r
		 : job_open_direct(ctx, rec->p.id, background ? 0 : rec->worker, l.socket,
				   out);
}
