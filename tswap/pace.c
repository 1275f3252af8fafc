// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - how fast a job goes
 *
 * Three things hold it back: the rate that was asked for; the devices, on which a batch
 * is to take no longer than some milliseconds, however slow they are; and the workload.
 * While that reads from the source or the destination, a fault waits behind whatever the
 * job has in flight there. So batches become small, only one is under way, and each
 * request of the job is sent when no read is in flight, or after a while if there always
 * is one.
 */
#include <linux/sched.h>
#include <linux/wait.h>

#include "move.h"

#define TSWAP_BATCH_MIN     32
#define TSWAP_BATCH_LIVE    64
#define TSWAP_SLOW_NS       (25 * NSEC_PER_MSEC)
#define TSWAP_QUICK_NS      (10 * NSEC_PER_MSEC)
#define TSWAP_LIVE_JIFFIES  (HZ / 5) /* a workload that has read goes on reading */
#define TSWAP_GIVE_WAY_NS   (5 * NSEC_PER_MSEC)
#define TSWAP_GIVE_WAY_LOOK (NSEC_PER_MSEC / 2)
#define TSWAP_SPEED_WINDOW  (NSEC_PER_SEC / 2)

/**
 * tswap_pace_size() - how many pages the next batch may have
 * @m: mover
 * @pending: pages of another batch, which may move as well
 *
 * With a rate, at most a tenth of a second's worth; with a limit, not more than is left.
 */
u32 tswap_pace_size(struct tswap_mover *m, u32 pending)
{
	struct tswap_job *job = m->job;
	u64 rate = READ_ONCE(job->set.rate_bytes), size = m->size;

	if (m->live)
		size = min_t(u64, size, TSWAP_BATCH_LIVE);
	if (rate)
		size = clamp_t(u64, div_u64(rate, 10 * PAGE_SIZE), 1, size);
	if (job->set.limit_pages)
		size = min(size, job->set.limit_pages -
					 min(job->set.limit_pages, job->moved + pending));
	return size;
}

/**
 * tswap_pace_device() - learn from the time that a half of a batch took
 * @m: mover
 * @b: batch of which all reads, or all writes, have ended
 *
 * Keeps what one takes near 10 to 25 ms.
 */
void tswap_pace_device(struct tswap_mover *m, const struct batch *b)
{
	u64 took = b->ended_ns - b->began_ns;

	if (took > TSWAP_SLOW_NS)
		m->size = max_t(u32, m->size / 2, TSWAP_BATCH_MIN);
	else if (took < TSWAP_QUICK_NS && b->nr >= m->size)
		m->size = min_t(u32, m->size * 2, TSWAP_BATCH);
}

/* Has the leaf been read since we last asked? */
static bool was_read(struct tswap_mover *m, u32 id)
{
	struct tswap_leaf *leaf = tswap_leaf_of(m->dev, id);
	u64 reads;
	bool more;

	if (!leaf)
		return false;
	reads = tswap_leaf_stat(leaf, TSWAP_READS);
	more = reads != m->reads[id];
	m->reads[id] = reads;
	return more;
}

/* Reads before the job began do not count. */
void tswap_pace_begin(struct tswap_mover *m)
{
	u32 id;

	rcu_read_lock();
	for (id = 1; id <= TSWAP_LEAF_MAX; id++)
		was_read(m, id);
	rcu_read_unlock();
}

/**
 * tswap_pace_look() - see whether the workload reads from source or destination
 * @m: mover
 *
 * m->live becomes true if it does, or did a moment ago.
 */
void tswap_pace_look(struct tswap_mover *m)
{
	bool now;

	rcu_read_lock();
	now = was_read(m, m->from->id);
	now |= m->to_id && was_read(m, m->to_id);
	rcu_read_unlock();
	if (now)
		m->live_until = jiffies + TSWAP_LIVE_JIFFIES;
	m->live = now || (m->live && time_before(jiffies, m->live_until));
}

static bool nobody_reads(struct tswap_mover *m)
{
	struct tswap_leaf *to;
	bool quiet;

	rcu_read_lock();
	to = tswap_leaf_of(m->dev, m->to_id);
	quiet = tswap_leaf_unread(m->from) && (!to || tswap_leaf_unread(to));
	rcu_read_unlock();
	return quiet;
}

/*
 * Let reads of the workload that are in flight end first, for as long as that is
 * bearable. Woken by the source, which the claim keeps; the destination is looked at
 * every now and then.
 */
void tswap_pace_give_way(struct tswap_mover *m)
{
	struct tswap_leaf *from = m->from;
	u32 i;

	if (!m->live)
		return;
	atomic_inc(&from->io_waiters);
	for (i = 0; i < TSWAP_GIVE_WAY_NS / TSWAP_GIVE_WAY_LOOK && !nobody_reads(m); i++)
		wait_event_hrtimeout(from->io_wait, nobody_reads(m), TSWAP_GIVE_WAY_LOOK);
	atomic_dec(&from->io_waiters);
}

static void measure(struct tswap_job *job, u64 now)
{
	u64 span = now - job->window_ns;

	if (span < TSWAP_SPEED_WINDOW)
		return;
	WRITE_ONCE(job->speed_bytes,
		   div64_u64((job->moved - job->window_moved) * PAGE_SIZE * 1000,
			     div_u64(span, NSEC_PER_MSEC)));
	job->window_ns = now;
	job->window_moved = job->moved;
}

/* Account for a batch of @pages and sleep as long as the rate asks. */
void tswap_pace_pay(struct tswap_job *job, u32 pages)
{
	u64 rate = READ_ONCE(job->set.rate_bytes), now = ktime_get_boottime_ns();

	measure(job, now);
	if (!rate) {
		job->due_ns = 0;
		return;
	}
	/* credit for time not used goes back a tenth of a second */
	job->due_ns = max(job->due_ns, now - min_t(u64, now, NSEC_PER_SEC / 10));
	job->due_ns += div64_u64((u64)pages * PAGE_SIZE * NSEC_PER_SEC, rate);
	while (job->due_ns > now && !tswap_job_should_end(job) &&
	       rate == READ_ONCE(job->set.rate_bytes) && !READ_ONCE(job->want_pause)) {
		/* in pieces: what is asked for just before the wait does not end it */
		tswap_job_wait(job, min_t(u64, job->due_ns - now, NSEC_PER_SEC));
		now = ktime_get_boottime_ns();
	}
	if (rate != READ_ONCE(job->set.rate_bytes)) /* what this one owed is forgotten */
		job->due_ns = min(job->due_ns, now);
}
