// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - writes that find no room on any leaf
 *
 * The page stays in memory, and reclaim comes back with it as soon as it has the answer:
 * an area with fewer positions than slots would be asked a hundred thousand times a
 * second, each time for nothing. So the answer waits a moment, in which the page counts
 * as under writeback; and when many answers are due, those who ask wait as well. Many is
 * a share of the memory: reclaim goes through all of it some thirty times before it gives
 * up, and the OOM killer, or a write to memory.high, waits for that. Who has been killed
 * waits no more.
 */
#include "io.h"

#define TSWAP_REFUSED_DELAY (HZ / 10)
#define TSWAP_REFUSED_FEW   512
#define TSWAP_REFUSED_MANY  4096
#define TSWAP_REFUSED_SHARE 6 /* of the memory, as a shift */
#define TSWAP_REFUSED_LOG   (60 * HZ)

static void answer_work(struct work_struct *work)
{
	struct tswap_dev *dev = container_of(work, struct tswap_dev, refused_work.work);
	struct bio_list list;
	struct bio *bio;

	spin_lock_irq(&dev->refused_lock);
	list = dev->refused;
	bio_list_init(&dev->refused);
	WRITE_ONCE(dev->nr_refused, 0);
	spin_unlock_irq(&dev->refused_lock);
	wake_up_all(&dev->refused_wait);
	while ((bio = bio_list_pop(&list)))
		bio_endio(bio);
}

static u32 many(void)
{
	return clamp_t(unsigned long, totalram_pages() >> TSWAP_REFUSED_SHARE,
		       TSWAP_REFUSED_FEW, TSWAP_REFUSED_MANY);
}

/* A line a minute, however many writes are refused. */
static void log_it(struct tswap_dev *dev)
{
	u64 now = get_jiffies_64(), logged = READ_ONCE(dev->refused_logged);
	u64 nr = atomic64_read(&dev->nospc);

	if (logged && now < logged + TSWAP_REFUSED_LOG)
		return;
	WRITE_ONCE(dev->refused_logged, now);
	pr_warn("tswap%u: no room on any leaf: %llu writes refused, their pages stay in memory; add a leaf\n",
		dev->id, nr - READ_ONCE(dev->nospc_then));
	WRITE_ONCE(dev->nospc_then, nr);
}

static void tell(struct tswap_dev *dev)
{
	atomic64_inc(&dev->nospc);
	if (!time_before(jiffies, READ_ONCE(dev->nospc_logged) + HZ)) {
		WRITE_ONCE(dev->nospc_logged, jiffies);
		tswap_dev_raise(dev, TSWAP_EVENT_NO_SPACE);
	}
	log_it(dev);
}

/**
 * tswap_noroom() - refuse a write, in a moment
 * @dev: device
 * @bio: the write, or what is left of it
 * @status: what to say; only BLK_STS_NOSPC is logged and counted as a lack of room
 * @by_rule: it has been counted for a rule whose tiers have no room
 * @wait: the caller may be held up: it submits writes
 *
 * Task context.
 */
void tswap_noroom(struct tswap_dev *dev, struct bio *bio, blk_status_t status,
		  bool by_rule, bool wait)
{
	if (status == BLK_STS_NOSPC && !by_rule)
		tell(dev);
	bio->bi_status = status;
	if (wait)
		wait_event_killable_timeout(dev->refused_wait,
					    READ_ONCE(dev->nr_refused) < many(),
					    TSWAP_REFUSED_DELAY);
	spin_lock_irq(&dev->refused_lock);
	bio_list_add(&dev->refused, bio);
	dev->nr_refused++;
	spin_unlock_irq(&dev->refused_lock);
	queue_delayed_work(tswap_retry_wq, &dev->refused_work, TSWAP_REFUSED_DELAY);
}

void tswap_noroom_dev_init(struct tswap_dev *dev)
{
	spin_lock_init(&dev->refused_lock);
	bio_list_init(&dev->refused);
	init_waitqueue_head(&dev->refused_wait);
	INIT_DELAYED_WORK(&dev->refused_work, answer_work);
}

/* Nobody writes any more. */
void tswap_noroom_dev_exit(struct tswap_dev *dev)
{
	if (dev->refused_work.work.func)
		flush_delayed_work(&dev->refused_work);
}
