/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "act/actor.h"
#include "act/describe.h"

#define MAX_UNDER_WAY 4

struct actor {
	char *root, *config;
	int fds[2];          /* answers' addresses */
	int under_way, acts; /* the latter are no plans */
};

/* what a thread works on; it owns all of it */
struct task {
	struct action action;
	char *root, *config;
	int fd;
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf;
	struct swapadm_model *model;
	struct answer *answer;
};

static int refuse(struct task *t, int r)
{
	const char *words = swapadm_get_error(t->ctx);

	copy_text(t->answer->message, *words ? words : strerror(-r));
	return r;
}

/* a plan can't be carried out, as it is refused or there is not @any of it to do */
static int refused_by_plan(struct task *t, const char *refusal, bool any,
			   const char *none)
{
	if (!refusal && any)
		return 0;
	copy_text(t->answer->message, refusal ? refusal : none);
	return refusal ? -ENOSPC : -EALREADY;
}

static int load(struct task *t)
{
	int r = swapadm_new(&t->ctx, t->root);

	if (r < 0) {
		copy_text(t->answer->message, strerror(-r));
		return r;
	}
	/* with an unusable configuration areas are grouped as the screen shows them */
	if (swapadm_conf_load(t->ctx, t->config, &t->conf) < 0)
		t->conf = NULL;
	r = swapadm_model_load(t->ctx, t->conf, 0, &t->model);
	return r < 0 ? refuse(t, r) : 0;
}

/* ---- drain, migrate, cordon ------------------------------------------------------- */

static void say_started(struct task *t, struct swapadm_job *job)
{
	struct swapadm_progress progress;

	if (swapadm_job_get_progress(job, &progress) == 0)
		snprintf(t->answer->message, sizeof(t->answer->message),
			 "%s %s: job %s started", action_verb(&t->action),
			 t->action.label, progress.id);
}

/* show the plan of what was prepared, or start it */
static int finish_prepared(struct task *t, struct swapadm_drain *drain)
{
	const struct swapadm_drain_plan *plan = swapadm_drain_get_plan(drain);
	struct swapadm_job *job;
	int r;

	if (t->action.plan) {
		describe_drain(t->answer, plan);
		if (plan->short_bytes && t->action.kind == ACTION_DRAIN)
			copy_text(t->answer->message,
				  "`swapctl drain --force` tries it nevertheless");
		return plan->short_bytes ? -ENOSPC : 0;
	}
	r = swapadm_drain_start(drain, &job);
	if (r < 0)
		return refuse(t, r);
	say_started(t, job);
	swapadm_job_unref(job);
	return 0;
}

static int do_drain(struct task *t)
{
	struct swapadm_drain_req req = {
		.source = t->action.target,
		.to = *t->action.to ? t->action.to : NULL,
		.background = true,
	};
	struct swapadm_drain *drain;
	int r = swapadm_drain_prepare(t->ctx, t->model, &req, &drain);

	if (r < 0)
		return refuse(t, r);
	r = finish_prepared(t, drain);
	swapadm_drain_unref(drain);
	return r;
}

static int do_migrate(struct task *t)
{
	struct swapadm_migrate_req req = {
		.source = t->action.target,
		.dest = t->action.to,
		.background = true,
	};
	struct swapadm_drain *drain;
	int r = swapadm_migrate_prepare(t->ctx, t->model, &req, &drain);

	if (r < 0)
		return refuse(t, r);
	r = finish_prepared(t, drain);
	swapadm_drain_unref(drain);
	return r;
}

static int do_cordon(struct task *t)
{
	bool on = t->action.kind == ACTION_CORDON;
	const struct swapadm_cordon_plan *plan;
	struct swapadm_cordon *cordon;
	int r = swapadm_cordon_prepare(t->ctx, t->model, t->action.target, on, &cordon);

	if (r < 0)
		return refuse(t, r);
	plan = swapadm_cordon_get_plan(cordon);
	if (t->action.plan) {
		describe_cordon(t->answer, plan);
		r = refused_by_plan(t, plan->refusal, plan->n_devices,
				    "nothing to change");
	} else {
		r = swapadm_cordon_run(cordon, false);
		if (r < 0)
			refuse(t, r);
		else
			snprintf(t->answer->message, sizeof(t->answer->message), "%s %s",
				 t->action.label,
				 on ? "takes no new pages" : "takes pages again");
	}
	swapadm_cordon_unref(cordon);
	return r;
}

/* ---- swap-in, swap-out ------------------------------------------------------------- */

static int start_pull(struct task *t, struct swapadm_pull *pull)
{
	struct swapadm_job *job;
	int r = swapadm_pull_start(pull, &job);

	if (r < 0)
		return refuse(t, r);
	say_started(t, job);
	swapadm_job_unref(job);
	return 0;
}

static int do_pull(struct task *t)
{
	struct swapadm_pull_req req = {
		.pid = t->action.pid,
		.cgroup = t->action.pid ? NULL : t->action.target,
		.out = t->action.kind == ACTION_SWAPOUT,
		.background = true,
	};
	const struct swapadm_pull_plan *plan;
	struct swapadm_pull *pull;
	/* the tiers are only told by the plan, and take a look at all processes */
	int r = swapadm_pull_prepare(t->ctx, t->action.plan ? t->model : NULL, &req,
				     &pull);

	if (r < 0)
		return refuse(t, r);
	plan = swapadm_pull_get_plan(pull);
	if (t->action.plan) {
		describe_pull(t->answer, plan);
		r = refused_by_plan(t, plan->refusal, plan->fits_bytes,
				    "nothing to move");
	} else {
		r = start_pull(t, pull);
	}
	swapadm_pull_unref(pull);
	return r;
}

/* ---- jobs ------------------------------------------------------------------------ */

static int do_job(struct task *t)
{
	struct swapadm_job *job;
	int r = swapadm_job_open(t->ctx, t->action.target, &job);

	if (r < 0)
		return refuse(t, r);
	r = t->action.kind == ACTION_PAUSE    ? swapadm_job_pause(job)
	    : t->action.kind == ACTION_RESUME ? swapadm_job_resume(job)
					      : swapadm_job_cancel(job);
	if (r < 0)
		refuse(t, r);
	else
		snprintf(t->answer->message, sizeof(t->answer->message),
			 "%s: asked to %s", t->action.label, action_verb(&t->action));
	swapadm_job_unref(job);
	return r;
}

/* ---- threads ---------------------------------------------------------------------- */

static int act(struct task *t)
{
	int r = load(t);

	if (r < 0)
		return r;
	switch (t->action.kind) {
	case ACTION_DRAIN:
		return do_drain(t);
	case ACTION_PAUSE:
	case ACTION_RESUME:
	case ACTION_CANCEL:
		return do_job(t);
	case ACTION_MIGRATE:
		return do_migrate(t);
	case ACTION_CORDON:
	case ACTION_UNCORDON:
		return do_cordon(t);
	case ACTION_SWAPIN:
	case ACTION_SWAPOUT:
		return do_pull(t);
	case ACTION_NONE:
		break;
	}
	return -EINVAL;
}

static void task_free(struct task *t)
{
	swapadm_model_unref(t->model);
	swapadm_conf_unref(t->conf);
	swapadm_unref(t->ctx);
	free(t->root);
	free(t->config);
	if (t->fd >= 0)
		close(t->fd);
	free(t->answer);
	free(t);
}

static void *task_main(void *arg)
{
	struct task *t = arg;

	t->answer->action = t->action;
	t->answer->ok = act(t) == 0;
	/* its address goes through a pipe, which orders nothing by the rules of the
	 * language */
	atomic_store_explicit(&t->answer->handed, true, memory_order_release);
	if (write(t->fd, &t->answer, sizeof(t->answer)) == (ssize_t)sizeof(t->answer))
		t->answer = NULL; /* the reader has it */
	task_free(t);
	return NULL;
}

static char *copy_or_null(const char *s, bool *failed)
{
	char *copy = s ? strdup(s) : NULL;

	*failed |= s && !copy;
	return copy;
}

int actor_new(struct actor **out, const char *root, const char *config)
{
	struct actor *a = calloc(1, sizeof(*a));
	bool failed = false;

	if (!a)
		return -ENOMEM;
	a->root = copy_or_null(root, &failed);
	a->config = copy_or_null(config, &failed);
	if (failed || pipe2(a->fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		free(a->root);
		free(a->config);
		free(a);
		return failed ? -ENOMEM : -errno;
	}
	*out = a;
	return 0;
}

void actor_free(struct actor *a)
{
	struct answer *left;

	if (!a)
		return;
	while ((left = actor_take(a)))
		free(left);
	close(a->fds[0]);
	close(a->fds[1]);
	free(a->root);
	free(a->config);
	free(a);
}

int actor_fd(const struct actor *a)
{
	return a->fds[0];
}

bool actor_is_busy(const struct actor *a)
{
	return a->acts > 0;
}

int actor_start(struct actor *a, const struct action *action)
{
	struct task *t;
	pthread_t thread;
	bool failed = false;
	int r;

	if (a->under_way == MAX_UNDER_WAY)
		return -EBUSY;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->action = *action;
	t->root = copy_or_null(a->root, &failed);
	t->config = copy_or_null(a->config, &failed);
	t->answer = calloc(1, sizeof(*t->answer));
	t->fd = fcntl(a->fds[1], F_DUPFD_CLOEXEC, 3);
	r = failed || !t->answer ? ENOMEM : t->fd < 0 ? errno : 0;
	if (r == 0)
		r = pthread_create(&thread, NULL, task_main, t);
	if (r != 0) {
		task_free(t);
		return -r;
	}
	pthread_detach(thread);
	a->under_way++;
	a->acts += !action->plan;
	return 0;
}

struct answer *actor_take(struct actor *a)
{
	struct answer *answer;

	if (read(a->fds[0], &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
		return NULL;
	if (!atomic_load_explicit(&answer->handed, memory_order_acquire))
		abort();
	a->under_way--;
	a->acts -= !answer->action.plan;
	return answer;
}
