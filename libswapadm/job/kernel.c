/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A handle on a job of the kernel: notifications report changes of state, a timer of
 * progress, both behind one epoll descriptor that the caller may poll.
 */
#include "job/kernel.h"

#include <ctype.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "state/jobnote.h"

#define TICK_MS   200
#define WAY_MS    20 /* a cancelled job ends with its batch under way */
#define WAY_TRIES 250

/* whose names are in jobs by their ids */
struct leaves {
	struct tswap_leaf_msg *items;
	size_t n;
};

struct redirect_job {
	struct tswap_client *client;
	uint32_t id;
	struct leaves leaves; /* when the job was opened: afterwards they may be gone */
	int epoll_fd, timer_fd;
	bool ended; /* the timer is off */
};

static bool owns_redirect(const char *id)
{
	return isdigit((unsigned char)id[0]);
}

static void release_redirect(struct swapadm_job *job)
{
	struct redirect_job *k = job->priv;

	closep(&k->epoll_fd);
	closep(&k->timer_fd);
	tswap_client_close(k->client);
	free(k->leaves.items);
	free(k);
}

static int fd_redirect(const struct swapadm_job *job)
{
	const struct redirect_job *k = job->priv;

	return k->epoll_fd;
}

static enum swapadm_job_state state_of(uint32_t state)
{
	switch (state) {
	case TSWAP_JOB_RUNNING:
		return SWAPADM_JOB_RUNNING;
	case TSWAP_JOB_PAUSED:
		return SWAPADM_JOB_PAUSED;
	case TSWAP_JOB_NO_SPACE:
		return SWAPADM_JOB_NO_SPACE;
	case TSWAP_JOB_DONE:
		return SWAPADM_JOB_DONE;
	case TSWAP_JOB_CANCELLED:
		return SWAPADM_JOB_CANCELLED;
	default:
		return SWAPADM_JOB_FAILED;
	}
}

/* the kernel's name of a leaf, or "leaf N" when it has gone since */
static void leaf_name(const struct leaves *leaves, uint32_t device, uint32_t id,
		      char *buf, size_t size)
{
	snprintf(buf, size, "leaf %u", id);
	for (size_t i = 0; i < leaves->n; i++)
		if (leaves->items[i].device == device && leaves->items[i].id == id)
			snprintf(buf, size, "%s", leaves->items[i].name);
}

static void name_ends(const struct leaves *leaves, const struct tswap_job_msg *job,
		      struct swapadm_progress *p)
{
	if (job->present & TSWAP_BIT(TSWAP_A_JOB_SRC_LEAF))
		leaf_name(leaves, job->device, job->src_leaf, p->source,
			  sizeof(p->source));
	else
		snprintf(p->source, sizeof(p->source), "%s", job->src_tier);
	/* with none asked for, where the pages went so far; nothing of an older module */
	if (job->present & TSWAP_BIT(TSWAP_A_JOB_WENT) && !*job->dst_tier)
		snprintf(p->dest, sizeof(p->dest), "%s", job->went);
	else if (job->present & TSWAP_BIT(TSWAP_A_JOB_DST_LEAF))
		leaf_name(leaves, job->device, job->dst_leaf, p->dest, sizeof(p->dest));
	else
		snprintf(p->dest, sizeof(p->dest), "%s", job->dst_tier);
}

static void to_progress(const struct leaves *leaves, const struct tswap_job_msg *job,
			struct swapadm_progress *p)
{
	uint64_t page_bytes = own_page_bytes();
	char size[32];

	memset(p, 0, sizeof(*p));
	snprintf(p->id, sizeof(p->id), "%u", job->id);
	p->kind = job->kind == TSWAP_JOB_DRAIN ? SWAPADM_JOB_DRAIN : SWAPADM_JOB_MIGRATE;
	p->state = state_of(job->state);
	name_ends(leaves, job, p);
	p->phase = SWAPADM_PHASE_MOVE;
	p->moved_bytes = job->moved * page_bytes;
	p->left_bytes = job->left * page_bytes;
	p->total_bytes = p->moved_bytes + p->left_bytes;
	p->rate_bytes_per_s = job->speed_bytes_per_s;
	p->elapsed_ns = job->elapsed_ms * 1000000;
	p->uid = -1;
	if (p->state < SWAPADM_JOB_DONE) /* nothing shows later when it was */
		p->started_s = (uint64_t)time(NULL) - job->elapsed_ms / 1000;
	if (p->state == SWAPADM_JOB_RUNNING && job->speed_bytes_per_s)
		p->eta_ns = u64_of((double)p->left_bytes * 1e9 /
				   (double)job->speed_bytes_per_s);
	p->needed_bytes = job->needed * page_bytes;
	p->lost_race_pages = job->lost;
	p->error = job->error == ENOSPC ? SWAPADM_ENOROOM : (int)job->error;
	snprintf(p->message, sizeof(p->message), "%s", job->error_text);
	if (*job->owner && !*job->error_text)
		snprintf(p->message, sizeof(p->message), "pages of %s", job->owner);
	if (job->kept && !*job->error_text)
		snprintf(p->message, sizeof(p->message),
			 "%s stays where it is by the rules of its cgroups",
			 words_size(job->kept * page_bytes, size, sizeof(size)));
	if (job->errors && !*job->error_text)
		snprintf(p->message, sizeof(p->message),
			 "%s could not be read or written and stays where it is",
			 words_size(job->errors * page_bytes, size, sizeof(size)));
}

static int ignore_event(void *data, const struct tswap_event_msg *event)
{
	return 0; /* it only woke us: the state is read whole */
}

static void quieten(struct redirect_job *k)
{
	uint64_t expirations;

	if (read(k->timer_fd, &expirations, sizeof(expirations)) < 0)
		expirations = 0; /* not due yet */
	tswap_receive(k->client, ignore_event, NULL);
}

static void stop_timer(struct redirect_job *k)
{
	const struct itimerspec never = { 0 };

	if (!k->ended)
		timerfd_settime(k->timer_fd, 0, &never, NULL);
	k->ended = true;
}

/* who began it and why, where that is known and it has nothing to say itself */
static void add_note(const struct jobnote *note, struct swapadm_progress *p)
{
	if (!jobnote_means(note, p))
		return;
	p->makes_way = true;
	if (!*p->message)
		snprintf(p->message, sizeof(p->message), "balance: %s", note->why);
}

static int get_progress_redirect(struct swapadm_job *job,
				 struct swapadm_progress *progress)
{
	struct redirect_job *k = job->priv;
	const struct tswap_job_msg req = { .present = TSWAP_BIT(TSWAP_A_JOB_ID),
					   .id = k->id };
	struct tswap_job_msg reply;
	struct jobnote note;
	char object[32];
	int r;

	quieten(k);
	snprintf(object, sizeof(object), "job %s: read", job->id);
	r = tswap_call(k->client, TSWAP_CMD_JOB_GET, &tswap_job_table, &req, &reply,
		       object);
	if (r)
		return r;
	to_progress(&k->leaves, &reply, progress);
	if (jobnote_read(job->ctx, &note) == 0)
		add_note(&note, progress);
	if (progress->state >= SWAPADM_JOB_DONE)
		stop_timer(k);
	return 0;
}

static int set_job(struct swapadm_job *job, enum tswap_job_action action,
		   const char *verb)
{
	struct redirect_job *k = job->priv;
	const struct tswap_job_msg req = {
		.present = TSWAP_BIT(TSWAP_A_JOB_ID) | TSWAP_BIT(TSWAP_A_JOB_ACTION),
		.id = k->id,
		.action = action,
	};
	char object[48];

	snprintf(object, sizeof(object), "job %s: %s", job->id, verb);
	return tswap_call(k->client, TSWAP_CMD_JOB_SET, &tswap_job_table, &req, NULL,
			  object);
}

static int pause_redirect(struct swapadm_job *job)
{
	return set_job(job, TSWAP_JOB_PAUSE, "pause");
}

static int resume_redirect(struct swapadm_job *job)
{
	return set_job(job, TSWAP_JOB_RESUME, "resume");
}

static int cancel_redirect(struct swapadm_job *job)
{
	return set_job(job, TSWAP_JOB_CANCEL, "cancel");
}

static const struct job_ops redirect_ops = {
	.fd = fd_redirect,
	.get_progress = get_progress_redirect,
	.pause = pause_redirect,
	.resume = resume_redirect,
	.cancel = cancel_redirect,
	.release = release_redirect,
};

static int watch(struct redirect_job *k, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return epoll_ctl(k->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static void free_leaves(struct leaves *leaves)
{
	free(leaves->items);
}

static int load_leaves(struct tswap_client *client, struct leaves *out)
{
	return tswap_dump(client, TSWAP_CMD_LEAF_GET, &tswap_leaf_table, NULL,
			  &out->items, &out->n);
}

static int set_up(struct redirect_job *k)
{
	const struct itimerspec tick = {
		.it_value = { .tv_nsec = TICK_MS * 1000000 },
		.it_interval = { .tv_nsec = TICK_MS * 1000000 },
	};
	int events = tswap_subscribe(k->client), r;

	if (events < 0)
		return events;
	k->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	k->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (k->epoll_fd < 0 || k->timer_fd < 0 ||
	    timerfd_settime(k->timer_fd, 0, &tick, NULL) < 0)
		return -errno;
	r = watch(k, events);
	if (!r)
		r = watch(k, k->timer_fd);
	return r ? r : load_leaves(k->client, &k->leaves);
}

/* takes @client over */
static int new_handle(struct swapadm_ctx *ctx, struct tswap_client *client, uint32_t id,
		      struct swapadm_job **out)
{
	struct redirect_job *k = calloc(1, sizeof(*k));
	struct swapadm_job tmp = { .priv = k };
	char text[16];
	int r;

	if (!k) {
		tswap_client_close(client);
		return -ENOMEM;
	}
	*k = (struct redirect_job){
		.client = client, .id = id, .epoll_fd = -1, .timer_fd = -1
	};
	r = set_up(k);
	if (r) {
		release_redirect(&tmp);
		return r;
	}
	snprintf(text, sizeof(text), "%u", id);
	r = job_new(ctx, &redirect_ops, text, k, out);
	if (!r)
		(*out)->outlives = true;
	return r;
}

static int no_job(struct swapadm_ctx *ctx, const char *id)
{
	return ctx_fail(ctx, -ENOENT, "job %s: open: no such job; see `swapctl jobs`",
			id);
}

static int open_redirect(struct swapadm_ctx *ctx, const char *id,
			 struct swapadm_job **out)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	struct tswap_job_msg req = { .present = TSWAP_BIT(TSWAP_A_JOB_ID) }, reply;
	uint64_t number;
	char object[48];
	int r;

	if (parse_u64(id, &number) || number > UINT32_MAX)
		return ctx_fail(ctx, -EINVAL,
				"%s: open: not the id of a job; see `swapctl jobs`", id);
	r = tswap_client_open(ctx, &client);
	if (r == -EPROTONOSUPPORT)
		return no_job(ctx, id);
	if (r)
		return r;
	req.id = (uint32_t)number;
	snprintf(object, sizeof(object), "job %s: open", id);
	r = tswap_call(client, TSWAP_CMD_JOB_GET, &tswap_job_table, &req, &reply, object);
	if (r == -ENOENT)
		return no_job(ctx, id);
	return r ? r : new_handle(ctx, steal_ptr(&client), req.id, out);
}

static int list_redirect(struct swapadm_ctx *ctx, struct swapadm_progress **items,
			 size_t *n)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	_cleanup_free_ struct tswap_job_msg *jobs = NULL;
	_cleanup_(free_leaves) struct leaves leaves = { 0 };
	struct swapadm_progress *p;
	struct jobnote note;
	bool has_note;
	size_t n_jobs;
	int r;

	if (ctx->foreign_root)
		return -EPROTONOSUPPORT; /* a capture has no kernel to ask */
	r = tswap_client_open(ctx, &client);
	if (r)
		return r;
	r = tswap_dump(client, TSWAP_CMD_JOB_GET, &tswap_job_table, NULL, &jobs, &n_jobs);
	if (r || !n_jobs)
		return r;
	r = load_leaves(client, &leaves);
	if (r)
		return r;
	p = reallocarray(*items, *n + n_jobs, sizeof(*p));
	if (!p)
		return -ENOMEM;
	*items = p;
	has_note = jobnote_read(ctx, &note) == 0;
	for (size_t i = 0; i < n_jobs; i++) {
		to_progress(&leaves, &jobs[i], &p[*n]);
		if (has_note)
			add_note(&note, &p[*n]);
		(*n)++;
	}
	return 0;
}

const struct job_source job_source_redirect = {
	.owns = owns_redirect,
	.open = open_redirect,
	.list = list_redirect,
};

bool redirect_job_find(struct swapadm_ctx *ctx, const char *source,
		       struct swapadm_progress *out)
{
	_cleanup_free_ struct swapadm_progress *items = NULL;
	size_t n = 0;

	if (list_redirect(ctx, &items, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (items[i].state < SWAPADM_JOB_DONE && streq(items[i].source, source)) {
			*out = items[i];
			return true;
		}
	return false;
}

/* the service's job makes way for any other: what it has moved stays moved */
static bool balance_makes_way(struct swapadm_ctx *ctx)
{
	_cleanup_(swapadm_job_unrefp) struct swapadm_job *job = NULL;
	struct swapadm_progress p;
	struct jobnote note;

	if (jobnote_read(ctx, &note) || open_redirect(ctx, note.job, &job) ||
	    get_progress_redirect(job, &p) || !jobnote_means(&note, &p) ||
	    p.state >= SWAPADM_JOB_DONE || cancel_redirect(job))
		return false;
	for (int i = 0; i < WAY_TRIES && p.state < SWAPADM_JOB_DONE; i++) {
		usleep(WAY_MS * 1000);
		if (get_progress_redirect(job, &p))
			return false;
	}
	log_info(ctx, "job %s of balance was cancelled to make way", note.job);
	return p.state >= SWAPADM_JOB_DONE;
}

static const struct tswap_leaf_msg *find_leaf(const struct leaves *leaves,
					      uint32_t device, uint32_t id)
{
	for (size_t i = 0; i < leaves->n; i++)
		if (leaves->items[i].device == device && leaves->items[i].id == id)
			return &leaves->items[i];
	return NULL;
}

/* do the two move pages off one leaf? */
static bool share_source(const struct leaves *leaves, const struct tswap_job_msg *a,
			 const struct tswap_job_msg *b)
{
	const uint64_t by_leaf = TSWAP_BIT(TSWAP_A_JOB_SRC_LEAF);
	const struct tswap_leaf_msg *leaf;

	if (a->device != b->device)
		return false;
	if (!(a->present & by_leaf) && !(b->present & by_leaf))
		return streq(a->src_tier, b->src_tier);
	if (a->present & b->present & by_leaf)
		return a->src_leaf == b->src_leaf;
	if (!(a->present & by_leaf))
		return share_source(leaves, b, a);
	leaf = find_leaf(leaves, a->device, a->src_leaf);
	return leaf && streq(leaf->tier, b->src_tier);
}

/* the job that is in the way of @req, named; @why: what the module said */
static int fail_busy(struct swapadm_ctx *ctx, struct tswap_client *client,
		     const struct tswap_job_msg *req, const char *why)
{
	_cleanup_free_ struct tswap_job_msg *jobs = NULL;
	_cleanup_(free_leaves) struct leaves leaves = { 0 };
	struct swapadm_progress p;
	size_t n = 0;

	if (!load_leaves(client, &leaves))
		tswap_dump(client, TSWAP_CMD_JOB_GET, &tswap_job_table, NULL, &jobs, &n);
	for (size_t i = 0; i < n; i++) {
		to_progress(&leaves, &jobs[i], &p);
		if (p.state < SWAPADM_JOB_DONE && share_source(&leaves, req, &jobs[i]))
			return ctx_fail(
				ctx, -EBUSY,
				"%s: job %s (%s %s); `swapctl wait %s` or `swapctl cancel %s` first",
				why, p.id, swapadm_job_kind_name(p.kind), p.source, p.id,
				p.id);
	}
	return ctx_fail(ctx, -EBUSY, "%s", why);
}

int redirect_job_start(struct swapadm_ctx *ctx, const struct tswap_job_msg *req,
		       const char *object, struct swapadm_job **out)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	struct tswap_job_msg reply = { 0 };
	char why[sizeof(ctx->error)];
	int r = ctx_may_change(ctx, object);

	if (r)
		return r;
	r = tswap_client_open(ctx, &client);
	if (r)
		return r;
	r = tswap_call(client, TSWAP_CMD_JOB_START, &tswap_job_table, req, &reply,
		       object);
	snprintf(why, sizeof(why), "%s", ctx->error);
	if (r == -EBUSY && !balance_makes_way(ctx))
		return fail_busy(ctx, client, req, why);
	if (r == -EBUSY)
		r = tswap_call(client, TSWAP_CMD_JOB_START, &tswap_job_table, req, &reply,
			       object);
	if (r)
		return r;
	r = new_handle(ctx, steal_ptr(&client), reply.id, out);
	return r ? ctx_fail(
			   ctx, r,
			   "%s: job %u runs, but can't be followed: %s; see `swapctl jobs`",
			   object, reply.id, strerror(-r))
		 : 0;
}
