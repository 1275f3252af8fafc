/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * threaded - a caller as the library must bear it: all signals blocked, threads that
 * allocate all the time, and a job that is started by a thread which then exits
 *
 * usage: threaded DEVICE
 *
 * Prints "started ID" and at the end "STATE MOVED TOTAL MESSAGE".
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <swapadm.h>

static struct swapadm_ctx *ctx;
static struct swapadm_job *job;
static atomic_bool over;

/* a fork(2) would meet one of these with the lock of malloc(3) taken */
static void *allocate(void *arg)
{
	while (!over) {
		char *volatile p = malloc(1 + (size_t)rand() % 100000);

		free(p);
	}
	return NULL;
}

static void *start(void *device)
{
	struct swapadm_model *model = NULL;
	struct swapadm_op *op = NULL;
	int r = swapadm_model_load(ctx, NULL, 0, &model);

	if (!r)
		r = swapadm_op_new(ctx, SWAPADM_OP_DRAIN, &op);
	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_SOURCE, device);
	if (!r) /* long enough to outlive this thread */
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_RATE_BYTES_PER_S, 2 << 20);
	if (!r)
		r = swapadm_op_prepare(op, model);
	if (!r)
		r = swapadm_op_start(op, &job);
	if (r)
		fprintf(stderr, "%s\n", swapadm_get_error(ctx));
	swapadm_op_unref(op);
	swapadm_model_unref(model);
	return NULL;
}

static int follow(void)
{
	struct pollfd fd = { .fd = swapadm_job_fd(job), .events = POLLIN };
	struct swapadm_progress p;
	int r;

	r = swapadm_job_get_progress(job, &p);
	printf("started %s\n", p.id);
	fflush(stdout);
	while (!r && p.state < SWAPADM_JOB_DONE) {
		poll(&fd, 1, 1000);
		r = swapadm_job_get_progress(job, &p);
	}
	if (r)
		return 1;
	printf("%s %llu %llu %s\n", swapadm_job_state_name(p.state),
	       (unsigned long long)p.moved_bytes, (unsigned long long)p.total_bytes,
	       p.message);
	return p.state != SWAPADM_JOB_DONE;
}

int main(int argc, char **argv)
{
	pthread_t busy[4], starter;
	sigset_t all;
	int r = 1;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (argc != 2 || swapadm_new(&ctx, NULL))
		return 2;
	for (size_t i = 0; i < 4; i++)
		pthread_create(&busy[i], NULL, allocate, NULL);
	pthread_create(&starter, NULL, start, argv[1]);
	pthread_join(starter, NULL);
	if (job)
		r = follow();
	over = true;
	for (size_t i = 0; i < 4; i++)
		pthread_join(busy[i], NULL);
	swapadm_job_unref(job);
	swapadm_unref(ctx);
	return r;
}
