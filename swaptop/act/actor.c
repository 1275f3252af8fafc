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

/* ---- operations -------------------------------------------------------------------- */

static const enum swapadm_op_kind op_kinds[] = {
	[ACTION_DRAIN] = SWAPADM_OP_DRAIN,   [ACTION_MIGRATE] = SWAPADM_OP_MIGRATE,
	[ACTION_CORDON] = SWAPADM_OP_CORDON, [ACTION_UNCORDON] = SWAPADM_OP_UNCORDON,
	[ACTION_SWAPIN] = SWAPADM_OP_SWAPIN, [ACTION_SWAPOUT] = SWAPADM_OP_SWAPOUT,
	[ACTION_PARK] = SWAPADM_OP_PARK,     [ACTION_WAKE] = SWAPADM_OP_WAKE,
};

static bool is_paging(const struct action *action)
{
	return action->kind == ACTION_SWAPIN || action->kind == ACTION_SWAPOUT;
}

static bool is_park(const struct action *action)
{
	return action->kind == ACTION_PARK || action->kind == ACTION_WAKE;
}

static bool is_cordon(const struct action *action)
{
	return action->kind == ACTION_CORDON || action->kind == ACTION_UNCORDON;
}

static int set_params(struct swapadm_op *op, const struct action *action)
{
	bool paging = is_paging(action) || is_park(action);
	int r = 0;

	if (paging && action->pid)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_PID, (uint64_t)action->pid);
	else
		r = swapadm_op_set(op,
				   paging ? SWAPADM_PARAM_CGROUP : SWAPADM_PARAM_SOURCE,
				   action->target);
	if (!r && *action->to)
		r = swapadm_op_set(op, SWAPADM_PARAM_DEST, action->to);
	if (!r && !is_cordon(action))
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_BACKGROUND, 1);
	return r;
}

/* what of the plan says that there is nothing to do, or NULL */
static const char *nothing_to_do(const struct action *action,
				 const struct swapadm_op_plan *plan)
{
	if (is_cordon(action))
		return plan->n_devices ? NULL : "nothing to change";
	return is_paging(action) && !plan->fits_bytes ? "nothing to move" : NULL;
}

static int show_plan(struct task *t, const struct swapadm_op_plan *plan)
{
	const char *nothing = nothing_to_do(&t->action, plan);

	describe_plan(t->answer, plan);
	if (t->action.kind == ACTION_DRAIN && plan->refusal)
		copy_text(t->answer->message,
			  "`swapctl drain --force` tries it nevertheless");
	else if (is_cordon(&t->action) || is_paging(&t->action) || is_park(&t->action))
		copy_text(t->answer->message, plan->refusal ? plan->refusal
					      : nothing     ? nothing
							    : "");
	if (plan->refusal)
		return -SWAPADM_ENOROOM;
	return nothing ? -EALREADY : 0;
}

static void say_started(struct task *t, struct swapadm_job *job)
{
	struct swapadm_progress progress;

	if (!job)
		snprintf(t->answer->message, sizeof(t->answer->message), "%s %s",
			 t->action.label,
			 t->action.kind == ACTION_CORDON ? "takes no new pages"
							 : "takes pages again");
	else if (swapadm_job_get_progress(job, &progress) == 0)
		snprintf(t->answer->message, sizeof(t->answer->message),
			 "%s %s: job %s started", action_verb(&t->action),
			 t->action.label, progress.id);
}

/* show the plan of what was prepared, or start it */
static int do_prepared(struct task *t, struct swapadm_op *op)
{
	struct swapadm_job *job;
	int r;

	if (t->action.plan)
		return show_plan(t, swapadm_op_get_plan(op));
	r = swapadm_op_start(op, &job);
	if (r < 0)
		return refuse(t, r);
	say_started(t, job);
	swapadm_job_unref(job);
	return 0;
}

static int do_op(struct task *t)
{
	/* where pages lie is only in the plan, and takes a look at all processes */
	bool without = t->action.kind == ACTION_SWAPIN && !t->action.plan;
	struct swapadm_op *op;
	int r = swapadm_op_new(t->ctx, op_kinds[t->action.kind], &op);

	if (r < 0)
		return refuse(t, r);
	r = set_params(op, &t->action);
	if (!r)
		r = swapadm_op_prepare(op, without ? NULL : t->model);
	r = r < 0 ? refuse(t, r) : do_prepared(t, op);
	swapadm_op_unref(op);
	return r;
}

/* ---- shared memory ----------------------------------------------------------------- */

static void show_shared(struct answer *a, const struct swapadm_shared *shared,
			const struct swapadm_procs *procs)
{
	size_t n = swapadm_shared_n(shared), shown = 0;

	describe_shared_head(a);
	while (shown < n && describe_shared_object(a, swapadm_shared_get(shared, shown)))
		shown++;
	describe_shared_tail(a, n - shown, swapadm_shared_rest_bytes(shared, procs),
			     swapadm_shared_partial(shared));
}

static int do_shared(struct task *t)
{
	struct swapadm_procs *procs = NULL;
	struct swapadm_shared *shared = NULL;
	int r = swapadm_procs_load(t->ctx, t->model, SWAPADM_PROCS_SPLIT, &procs);

	if (!r)
		r = swapadm_shared_load(t->ctx, &shared);
	if (r < 0)
		refuse(t, r);
	else
		show_shared(t->answer, shared, procs);
	swapadm_shared_free(shared);
	swapadm_procs_unref(procs);
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
	case ACTION_PAUSE:
	case ACTION_RESUME:
	case ACTION_CANCEL:
		return do_job(t);
	case ACTION_SHARED:
		return do_shared(t);
	case ACTION_NONE:
		return -EINVAL;
	default:
		return do_op(t);
	}
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
