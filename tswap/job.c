// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - jobs: starting, pausing, ending, remembering
 *
 * A job has a thread of its own rather than a work item: it runs for minutes, and a
 * freezable workqueue waits for its running items, which would hold up every suspend.
 * The thread can be frozen between batches instead. It claims its source leaves, so two
 * jobs never move the same pages, and ends on its own; nobody has to wait for it.
 */
#include <linux/cgroup.h>
#include <linux/freezer.h>
#include <linux/ioprio.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "job.h"

#define TSWAP_JOBS_KEPT 64
/* of all devices, with the threads of abandoned ones: their buffers take 2.3 MiB each */
#define TSWAP_JOBS_RUNNING 16

static struct {
	struct mutex lock;
	struct xarray jobs;
	u32 last_id;
	u32 running;
	u32 kept;
} tswap_jobs = {
	.lock = __MUTEX_INITIALIZER(tswap_jobs.lock),
	.jobs = XARRAY_INIT(tswap_jobs.jobs, 0),
};

static bool is_over(u32 state)
{
	return state >= TSWAP_JOB_DONE;
}

static void release_job(struct kref *ref)
{
	struct tswap_job *job = container_of(ref, struct tswap_job, ref);

#ifdef CONFIG_BLK_CGROUP
	css_put(job->blkcg);
#endif
	kvfree(job->slots);
	kfree(job);
}

/*
 * A job's I/O belongs to the cgroup, and has the priority, of who asked for it: io.max,
 * io.weight and ionice(1) limit a job as they limit its swapctl.
 */
static void take_identity(struct tswap_job *job)
{
#ifdef CONFIG_BLK_CGROUP
	job->blkcg = task_get_css(current, io_cgrp_id);
#endif
	job->ioprio = get_current_ioprio();
}

/*
 * Used by the thread
 */

/* Enter a state and report it. */
void tswap_job_state(struct tswap_job *job, u32 state)
{
	if (job->state == state)
		return;
	WRITE_ONCE(job->state, state);
	tswap_ntf_job(job->id, TSWAP_EVENT_STATE);
}

bool tswap_job_should_end(struct tswap_job *job)
{
	return READ_ONCE(job->want_cancel);
}

/* Sleep for @ns, less if a request comes; may freeze. */
void tswap_job_wait(struct tswap_job *job, u64 ns)
{
	bool pause = READ_ONCE(job->want_pause);
	u64 rate = READ_ONCE(job->set.rate_bytes);

	wait_event_freezable_timeout(job->wait,
				     READ_ONCE(job->want_cancel) ||
					     READ_ONCE(job->want_pause) != pause ||
					     READ_ONCE(job->set.rate_bytes) != rate,
				     max(1UL, nsecs_to_jiffies(ns)));
}

/* Drains give their leaves back; dev->lock. */
static void release_leaf_of_job(struct tswap_job *job, struct tswap_leaf *leaf)
{
	u32 state = leaf->state_before;

	leaf->job = 0;
	if (job->set.kind != TSWAP_JOB_DRAIN || leaf->state != TSWAP_LEAF_DRAINING)
		return;
	if (READ_ONCE(leaf->failing))
		state = TSWAP_LEAF_FAILED;
	else if (job->state == TSWAP_JOB_DONE)
		state = TSWAP_LEAF_DRAINED;
	if (tswap_leaf_state_change(leaf, state))
		leaf->state = state; /* no memory: takes effect with the next placement */
}

static void release_leaves(struct tswap_job *job)
{
	struct tswap_dev *dev = job->dev;
	u32 id;

	mutex_lock(&dev->lock);
	for_each_set_bit(id, job->src.bits, TSWAP_LEAF_MAX + 1) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		if (!WARN_ON_ONCE(!leaf))
			release_leaf_of_job(job, leaf);
	}
	mutex_unlock(&dev->lock);
}

/* Forget the job that ended first, if too many have; tswap_jobs.lock. */
static void forget_oldest(void)
{
	struct tswap_job *job, *oldest = NULL;
	unsigned long id;

	if (++tswap_jobs.kept <= TSWAP_JOBS_KEPT)
		return;
	xa_for_each(&tswap_jobs.jobs, id, job)
		if (job->ended_ns && (!oldest || job->ended_ns < oldest->ended_ns))
			oldest = job;
	if (WARN_ON_ONCE(!oldest))
		return;
	xa_erase(&tswap_jobs.jobs, oldest->id);
	kref_put(&oldest->ref, release_job);
	tswap_jobs.kept--;
}

/* Give the leaves back and let everybody know. */
static void announce_end(struct tswap_job *job, int err)
{
	u32 state = TSWAP_JOB_DONE;

	if (err == -ECANCELED)
		state = TSWAP_JOB_CANCELLED;
	else if (err)
		state = TSWAP_JOB_FAILED;
	job->error = state == TSWAP_JOB_FAILED ? -err : 0;
	job->needed = 0;
	job->state = state;
	release_leaves(job);
	mutex_lock(&tswap_jobs.lock);
	job->ended_ns = ktime_get_boottime_ns();
	job->speed_bytes = div64_u64(
		job->moved * PAGE_SIZE * 1000,
		max_t(u64, 1, div_u64(job->ended_ns - job->began_ns, NSEC_PER_MSEC)));
	job->dev = NULL;
	forget_oldest();
	mutex_unlock(&tswap_jobs.lock);
	tswap_ntf_job(job->id, TSWAP_EVENT_STATE);
	complete_all(&job->ended);
}

/**
 * tswap_job_abandon() - end a job that has been cancelled while requests of it hang
 * @job: job
 *
 * Called by the thread, which stays for what has to be done when the requests end, and
 * until then holds the device and its buffers, counts as a job that runs, and as in
 * flight on the leaves that it still touches.
 */
void tswap_job_abandon(struct tswap_job *job)
{
	pr_warn("tswap%u: job %u is cancelled, but requests of it do not end\n",
		job->device, job->id);
	announce_end(job, -ECANCELED);
}

static void end_job(struct tswap_job *job, struct tswap_dev *dev, int err)
{
	tswap_mover_free(job->mover);
	kvfree(job->slots); /* it may be remembered for long */
	job->slots = NULL;
	mutex_lock(&tswap_jobs.lock);
	tswap_jobs.running--; /* before others hear of the end, and start the next one */
	mutex_unlock(&tswap_jobs.lock);
	if (!job->ended_ns)
		announce_end(job, err);
	kref_put(&job->ref, release_job);
	tswap_dev_put(dev);
}

static int job_thread(void *data)
{
	struct tswap_job *job = data;
	unsigned int flags = memalloc_noio_save();
	struct tswap_dev *dev = job->dev;
	int err;

	set_freezable();
	kthread_associate_blkcg(job->blkcg);
	err = tswap_mover_run(job->mover);
	kthread_associate_blkcg(NULL);
	memalloc_noio_restore(flags);
	end_job(job, dev, err);
	module_put_and_kthread_exit(0);
	return 0;
}

/*
 * Starting; dev->lock
 */

static int find_source(struct tswap_dev *dev, struct tswap_job *job,
		       const struct tswap_job_param *par, struct netlink_ext_ack *extack)
{
	struct tswap_tier *tier = NULL;
	struct tswap_leaf *leaf;
	u32 id;

	if (!par->src_leaf == !par->src_tier)
		return refuse(extack, "a job needs one source, a leaf or a tier",
			      -EINVAL);
	if (par->src_tier) {
		tier = tswap_tier_find(dev, par->src_tier);
		if (!tier)
			return refuse(extack, "no such source tier", -ENOENT);
		job->src_rank = tier->rank;
	}
	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		leaf = tswap_leaf_find(dev, id);
		if (!leaf || (tier ? leaf->tier != tier : id != par->src_leaf) ||
		    leaf->state == TSWAP_LEAF_REMOVING)
			continue;
		if (leaf->job)
			return refuse(extack,
				      "another job is moving pages off the source",
				      -EBUSY);
		set_bit(id, job->src.bits);
		job->src_rank = leaf->tier->rank;
	}
	if (bitmap_empty(job->src.bits, TSWAP_LEAF_MAX + 1))
		return refuse(extack, "no such source leaf", -ENOENT);
	return 0;
}

static bool is_there(struct tswap_dev *dev, u32 id)
{
	struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

	return leaf && leaf->state != TSWAP_LEAF_REMOVING;
}

static int check_destination(struct tswap_dev *dev, struct tswap_job *job,
			     const struct tswap_job_param *par,
			     struct netlink_ext_ack *extack)
{
	if (par->dst_leaf && par->dst_tier)
		return refuse(extack, "a job has one destination, a leaf or a tier",
			      -EINVAL);
	if (par->dst_leaf && !is_there(dev, par->dst_leaf))
		return refuse(extack, "no such destination leaf", -ENOENT);
	if (par->dst_leaf && test_bit(par->dst_leaf, job->src.bits))
		return refuse(extack, "source and destination are the same", -EINVAL);
	if (par->dst_tier && !tswap_tier_find(dev, par->dst_tier))
		return refuse(extack, "no such destination tier", -ENOENT);
	if (par->dst_tier && par->src_tier && !strcmp(par->dst_tier, par->src_tier))
		return refuse(extack, "source and destination are the same", -EINVAL);
	if (par->kind == TSWAP_JOB_MIGRATE && !par->dst_leaf && !par->dst_tier)
		return refuse(extack, "migrate needs a destination", -EINVAL);
	if (!tswap_move_has_room(job))
		return refuse(extack,
			      "no leaf of the destination takes pages or has room",
			      -ENOSPC);
	return 0;
}

static int check_params(const struct tswap_job_param *par, struct netlink_ext_ack *extack)
{
	if (par->rate_bytes && par->rate_bytes < TSWAP_RATE_MIN)
		return refuse(extack,
			      "a rate is 0 (no limit) or at least 4096 bytes a second",
			      -EINVAL);
	if (par->kind == TSWAP_JOB_DRAIN && (par->older_s || par->limit_pages))
		return refuse(extack,
			      "a drain moves everything; older and limit are for migrate",
			      -EINVAL);
	if (par->kind == TSWAP_JOB_DRAIN && (par->slots || par->has_clock))
		return refuse(extack,
			      "a drain moves everything; slots and clock are for migrate",
			      -EINVAL);
	if (par->older_s > TSWAP_AGE_MAX)
		return refuse(extack, "ages are only known up to 2^21 s (24 days)",
			      -ERANGE);
	return 0;
}

static struct tswap_job *new_job(struct tswap_dev *dev, struct tswap_job_param *par)
{
	struct tswap_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	kref_init(&job->ref);
	take_identity(job);
	init_waitqueue_head(&job->wait);
	init_completion(&job->ended);
	job->device = dev->id;
	job->dev = dev;
	job->state = TSWAP_JOB_RUNNING;
	job->set.kind = par->kind;
	job->set.src_leaf = par->src_leaf;
	job->set.dst_leaf = par->dst_leaf;
	job->set.older_s = par->older_s;
	job->set.limit_pages = par->limit_pages;
	job->set.rate_bytes = par->rate_bytes;
	swap(job->slots, par->slots);
	job->nr_slots = par->nr_slots;
	job->has_clock = par->has_clock;
	job->clock = par->clock;
	if (par->owner)
		strscpy(job->set.owner, par->owner, sizeof(job->set.owner));
	if (par->src_tier)
		strscpy(job->set.src_tier, par->src_tier, sizeof(job->set.src_tier));
	if (par->dst_tier)
		strscpy(job->set.dst_tier, par->dst_tier, sizeof(job->set.dst_tier));
	return job;
}

static int enter_job(struct tswap_job *job, struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&tswap_jobs.lock);
	if (tswap_jobs.running >= TSWAP_JOBS_RUNNING) {
		err = refuse(extack, "16 jobs are running already, or hang", -EBUSY);
	} else {
		job->id = ++tswap_jobs.last_id;
		err = xa_insert(&tswap_jobs.jobs, job->id, job, GFP_KERNEL);
		if (err)
			NL_SET_ERR_MSG(extack, TSWAP_NO_MEMORY);
	}
	if (!err)
		tswap_jobs.running++;
	mutex_unlock(&tswap_jobs.lock);
	return err;
}

static void leave_job(struct tswap_job *job)
{
	mutex_lock(&tswap_jobs.lock);
	xa_erase(&tswap_jobs.jobs, job->id);
	tswap_jobs.running--;
	mutex_unlock(&tswap_jobs.lock);
}

/* Claim the source leaves, for a drain cordon them; undone by release_leaves(). */
static int claim_leaves(struct tswap_dev *dev, struct tswap_job *job)
{
	int err = 0;
	u32 id;

	for_each_set_bit(id, job->src.bits, TSWAP_LEAF_MAX + 1) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		leaf->job = job->id;
		leaf->state_before = leaf->state;
		if (!err && job->set.kind == TSWAP_JOB_DRAIN)
			err = tswap_leaf_state_change(leaf, TSWAP_LEAF_DRAINING);
	}
	return err;
}

static void unclaim_leaves(struct tswap_dev *dev, struct tswap_job *job)
{
	u32 id;

	job->state = TSWAP_JOB_CANCELLED;
	for_each_set_bit(id, job->src.bits, TSWAP_LEAF_MAX + 1)
		release_leaf_of_job(job, tswap_leaf_find(dev, id));
}

static int launch(struct tswap_dev *dev, struct tswap_job *job,
		  struct netlink_ext_ack *extack)
{
	struct task_struct *task;
	int err;

	job->mover = tswap_mover_new(job);
	if (!job->mover)
		return refuse(extack, "no memory for the job's buffers", -ENOMEM);
	err = claim_leaves(dev, job);
	task = err ? ERR_PTR(err)
		   : kthread_create(job_thread, job, "tswap-job/%u", job->id);
	if (IS_ERR(task)) {
		NL_SET_ERR_MSG(extack, "no memory, or no thread for the job");
		unclaim_leaves(dev, job);
		tswap_mover_free(job->mover);
		return PTR_ERR(task);
	}
	kref_get(&dev->ref);
	kref_get(&job->ref);
	__module_get(THIS_MODULE); /* the thread gives these back */
	job->began_ns = ktime_get_boottime_ns();
	job->window_ns = job->began_ns;
	tswap_ntf_job(job->id, TSWAP_EVENT_ADDED);
	wake_up_process(task);
	return 0;
}

/**
 * tswap_job_start() - start to move pages
 * @dev: device, dev->lock held
 * @par: what to move where; a list of slots is taken over, but for early refusals
 * @id: id of the job
 * @extack: where to say why not
 *
 * Return: 0; -EINVAL, -ENOENT, -ERANGE bad request; -EBUSY source in use by another job,
 * or too many jobs; -ENOSPC no destination takes pages; -ENOMEM.
 */
int tswap_job_start(struct tswap_dev *dev, struct tswap_job_param *par, u32 *id,
		    struct netlink_ext_ack *extack)
{
	struct tswap_job *job;
	int err = check_params(par, extack);

	if (err)
		return err;
	tswap_rules_bury(dev);
	job = new_job(dev, par);
	if (!job)
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	err = find_source(dev, job, par, extack);
	if (!err)
		err = check_destination(dev, job, par, extack);
	if (!err)
		err = enter_job(job, extack);
	if (!err) {
		*id = job->id;
		err = launch(dev, job, extack);
		if (err)
			leave_job(job);
	}
	if (err)
		kref_put(&job->ref, release_job);
	return err;
}

/**
 * tswap_job_set() - pause, resume or cancel a job, change its rate
 * @id: job
 * @action: enum tswap_job_action, or 0
 * @rate: new rate in bytes a second, or NULL
 * @extack: where to say why not
 *
 * Return: 0; -ENOENT; -EINVAL; -ESRCH the job has ended.
 */
int tswap_job_set(u32 id, u32 action, const u64 *rate, struct netlink_ext_ack *extack)
{
	struct tswap_job *job;
	int err = 0;

	if (rate && *rate && *rate < TSWAP_RATE_MIN)
		return refuse(extack,
			      "a rate is 0 (no limit) or at least 4096 bytes a second",
			      -EINVAL);
	mutex_lock(&tswap_jobs.lock);
	job = xa_load(&tswap_jobs.jobs, id);
	if (!job) {
		err = refuse(extack, "no such job", -ENOENT);
	} else if (job->ended_ns) {
		err = refuse(extack, "the job has ended", -ESRCH);
	} else {
		if (action == TSWAP_JOB_CANCEL)
			WRITE_ONCE(job->want_cancel, true);
		else if (action)
			WRITE_ONCE(job->want_pause, action == TSWAP_JOB_PAUSE);
		if (rate)
			WRITE_ONCE(job->set.rate_bytes, *rate);
		wake_up_all(&job->wait);
	}
	mutex_unlock(&tswap_jobs.lock);
	return err;
}

static void describe(const struct tswap_job *job, struct tswap_job_info *info)
{
	u64 end = job->ended_ns ?: ktime_get_boottime_ns();

	*info = job->set;
	info->id = job->id;
	info->device = job->device;
	info->state = READ_ONCE(job->state);
	/* over only when its leaves have been given back */
	if (!job->ended_ns && is_over(info->state))
		info->state = TSWAP_JOB_RUNNING;
	memcpy(info->went, job->went_names, smp_load_acquire(&job->went_len));
	info->error = job->error;
	info->error_text = job->error_text;
	info->moved = READ_ONCE(job->moved);
	info->left = READ_ONCE(job->left);
	info->lost = READ_ONCE(job->lost);
	info->errors = READ_ONCE(job->errors);
	info->needed = READ_ONCE(job->needed);
	info->kept = READ_ONCE(job->kept);
	info->speed_bytes = READ_ONCE(job->speed_bytes);
	info->elapsed_ms = job->began_ns ? div_u64(end - job->began_ns, NSEC_PER_MSEC)
					 : 0;
}

int tswap_job_info(u32 id, struct tswap_job_info *info)
{
	struct tswap_job *job;

	mutex_lock(&tswap_jobs.lock);
	job = xa_load(&tswap_jobs.jobs, id);
	if (job)
		describe(job, info);
	mutex_unlock(&tswap_jobs.lock);
	return job ? 0 : -ENOENT;
}

/* The first job from *@id on; *@id becomes its id. */
bool tswap_job_next(u32 *id, struct tswap_job_info *info)
{
	unsigned long index = *id;
	struct tswap_job *job;

	mutex_lock(&tswap_jobs.lock);
	job = xa_find(&tswap_jobs.jobs, &index, ULONG_MAX, XA_PRESENT);
	if (job) {
		describe(job, info);
		*id = index;
	}
	mutex_unlock(&tswap_jobs.lock);
	return job;
}

/* The running job of a device with the lowest id, asked to end, with a reference. */
static struct tswap_job *cancel_one(struct tswap_dev *dev)
{
	struct tswap_job *job, *found = NULL;
	unsigned long id;

	mutex_lock(&tswap_jobs.lock);
	xa_for_each(&tswap_jobs.jobs, id, job) {
		if (job->dev != dev || job->ended_ns)
			continue;
		found = job;
		kref_get(&job->ref);
		WRITE_ONCE(job->want_cancel, true);
		wake_up_all(&job->wait);
		break;
	}
	mutex_unlock(&tswap_jobs.lock);
	return found;
}

/* End all jobs of a device that takes no new ones, and wait for them. */
void tswap_job_stop_all(struct tswap_dev *dev)
{
	struct tswap_job *job;

	while ((job = cancel_one(dev))) {
		/* in pieces: its leaf may hang, and our task is not the one to warn of */
		while (!wait_for_completion_timeout(&job->ended, 10 * HZ))
			;
		kref_put(&job->ref, release_job);
	}
}

/* At module exit: no job runs, forget those that have ended. */
void tswap_job_exit(void)
{
	struct tswap_job *job;
	unsigned long id;

	xa_for_each(&tswap_jobs.jobs, id, job)
		kref_put(&job->ref, release_job);
	xa_destroy(&tswap_jobs.jobs);
}
