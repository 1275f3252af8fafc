/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <unistd.h>

#include "actor.h"
#include "fmt.h"

#define MAX_UNDER_WAY 4

struct actor {
	char *root, *config;
	int fds[2]; /* answers' addresses */
	int under_way;
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

static void say(struct answer *a, uint8_t role, const char *fmt, ...) _printf_(3, 4);

static void say(struct answer *a, uint8_t role, const char *fmt, ...)
{
	va_list ap;

	if (a->n_lines == (int)ARRAY_SIZE(a->lines))
		return;
	a->roles[a->n_lines] = role;
	va_start(ap, fmt);
	vsnprintf(a->lines[a->n_lines++], sizeof(a->lines[0]), fmt, ap);
	va_end(ap);
}

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

/* ---- drain, migrate, cordon ---------------------------------------------------------------------- */

static const char *limit_word(enum swapadm_limit limit)
{
	switch (limit) {
	case SWAPADM_LIMIT_RAM:
		return "memory and the other tiers";
	case SWAPADM_LIMIT_CGROUP:
		return "the memory limit of cgroup ";
	case SWAPADM_LIMIT_DEST:
		return "tier ";
	default:
		return "";
	}
}

static void describe_plan(struct answer *a, const struct swapadm_drain_plan *p)
{
	say(a, ROLE_TEXT, "to be moved        %s on %zu device%s",
	    fmt_bytes(p->used_bytes).s, p->n_devices, p->n_devices == 1 ? "" : "s");
	say(a, ROLE_TEXT, "available memory   %s", fmt_bytes(p->ram_available_bytes).s);
	for (size_t i = 0; i < p->n_dests && i < 6; i++)
		say(a, ROLE_TEXT, "goes to            %.40s, %s free", p->dests[i].name,
		    fmt_bytes(p->dests[i].free_bytes).s);
	if (p->predicted_ns)
		say(a, ROLE_TEXT, "predicted time     %s",
		    fmt_duration(p->predicted_ns).s);
	if (p->strategy)
		say(a, ROLE_DIM, "way                %s", p->strategy);
	if (p->largest_pid)
		say(a, ROLE_DIM, "largest process    %d %s, %s", (int)p->largest_pid,
		    p->largest_comm ? p->largest_comm : "",
		    fmt_bytes(p->largest_bytes).s);
	if (p->cancel_delay_ns > NSEC_PER_SEC)
		say(a, ROLE_WARN, "a cancel may take  %s once swapoff runs",
		    fmt_duration(p->cancel_delay_ns).s);
	if (p->short_bytes)
		say(a, ROLE_BAD, "does not fit: %s short by %s%.80s",
		    fmt_bytes(p->short_bytes).s, limit_word(p->limit),
		    p->limit_object ? p->limit_object : "");
	else
		say(a, ROLE_GOOD, "it fits");
}

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
		describe_plan(t->answer, plan);
		if (plan->short_bytes && t->action.kind == ACTION_DRAIN)
			copy_text(t->answer->message,
				  "swapctl drain --force would try it");
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
	int r = swapadm_cordon(t->ctx, t->model, t->action.target, on);

	if (r < 0)
		return refuse(t, r);
	snprintf(t->answer->message, sizeof(t->answer->message), "%s %s", t->action.label,
		 on ? "takes no new pages" : "takes pages again");
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
	struct swapadm_job *job;
	int r = swapadm_pull_start(t->ctx, &req, &job);

	if (r < 0)
		return refuse(t, r);
	say_started(t, job);
	swapadm_job_unref(job);
	return 0;
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
			 "%s: asked to %s; its state follows", t->action.label,
			 action_verb(&t->action));
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
	return 0;
}

struct answer *actor_take(struct actor *a)
{
	struct answer *answer;

	if (read(a->fds[0], &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
		return NULL;
	a->under_way--;
	return answer;
}
