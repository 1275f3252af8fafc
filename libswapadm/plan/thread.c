/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carrying a plan out in a thread, by swapadm_plan_run(): what was done goes
 * through a pipe that the caller polls. A caller that takes none of them holds the thread
 * up when the pipe is full; one that lets go closes it, and the rest goes nowhere.
 */
#include <fcntl.h>
#include <pthread.h>

#include "base/signals.h"
#include "plan/plan.h"

struct done_step {
	const struct swapadm_step *step;
	int result;
};

struct swapadm_run {
	struct swapadm_plan *plan;
	pthread_t thread;
	bool joined;
	atomic_bool stop;
	int read_fd, write_fd; /* the thread closes its end when all is over */
	int result;            /* of the whole; once it is joined */
};

static void on_step(void *data, const struct swapadm_step *step, int result)
{
	struct swapadm_run *run = data;
	const struct done_step done = { step, result };

	/* EPIPE: nobody wants to know; signals are blocked here */
	while (write(run->write_fd, &done, sizeof(done)) < 0 && errno == EINTR)
		;
}

static void *run_main(void *data)
{
	struct swapadm_run *run = data;

	run->result = swapadm_plan_run(run->plan, on_step, run);
	close(run->write_fd);
	return NULL;
}

/* the caller's signals are for the caller's threads */
static int start_thread(struct swapadm_run *run)
{
	sigset_t all, before;
	int r;

	signals_but_faults(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&run->thread, NULL, run_main, run);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int new_run(struct swapadm_run **out)
{
	struct swapadm_run *run = calloc(1, sizeof(*run));
	int fds[2];

	if (!run)
		return -ENOMEM;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		free(run);
		return -errno;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	run->read_fd = fds[0];
	run->write_fd = fds[1];
	*out = run;
	return 0;
}

static void delete_run(struct swapadm_run *run)
{
	run->plan->stop = NULL;
	swapadm_plan_unref(run->plan);
	closep(&run->read_fd);
	free(run);
}

/* of what needs no thread; the context is not ours any more once there is one */
static int check(struct swapadm_plan *plan, struct swapadm_run **out)
{
	CTX_CALL(plan->ctx);
	int r = ctx_may_change(plan->ctx, plan->holder);

	if (!r && plan->stop)
		return ctx_fail(plan->ctx, -EINVAL, "%s: it is being carried out already",
				plan->holder);
	return r ? r : new_run(out);
}

SWAPADM_API int swapadm_plan_start(struct swapadm_plan *plan, struct swapadm_run **out)
{
	struct swapadm_run *run = NULL;
	int r = plan && out ? check(plan, &run) : -EINVAL;

	if (r)
		return r;
	run->plan = swapadm_plan_ref(plan);
	plan->stop = &run->stop;
	r = start_thread(run);
	if (r) {
		close(run->write_fd);
		delete_run(run);
		return r;
	}
	*out = run;
	return 0;
}

SWAPADM_API int swapadm_run_fd(const struct swapadm_run *run)
{
	return run ? run->read_fd : -EINVAL;
}

static void join(struct swapadm_run *run)
{
	if (!run->joined)
		pthread_join(run->thread, NULL);
	run->joined = true;
}

SWAPADM_API int swapadm_run_next(struct swapadm_run *run,
				 const struct swapadm_step **step, int *result)
{
	struct done_step done;
	ssize_t n;

	if (!run || !step || !result)
		return -EINVAL;
	do
		n = read(run->read_fd, &done, sizeof(done));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == (ssize_t)sizeof(done)) {
		*step = done.step;
		*result = done.result;
		return 1;
	}
	join(run);
	*result = run->result;
	return 0;
}

SWAPADM_API void swapadm_run_stop(struct swapadm_run *run)
{
	if (run)
		run->stop = true;
}

SWAPADM_API struct swapadm_run *swapadm_run_free(struct swapadm_run *run)
{
	if (!run)
		return NULL;
	swapadm_run_stop(run);
	close(run->read_fd);
	run->read_fd = -1;
	join(run);
	delete_run(run);
	return NULL;
}
