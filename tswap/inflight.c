// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - requests in flight: when is nobody reading from a position any more?
 *
 * Reads are counted per leaf and CPU in one of two phases, writes in a count of their own.
 * A grace period turns new reads to the other phase and waits until the old one is quiet,
 * so it ends however many reads keep coming, and a leaf whose reads hang (a network device)
 * holds up nobody but itself.
 */
#include "tswap.h"

/*
 * Have all I/Os of a phase ended? Sums the ends first: an end that is seen has its beginning
 * seen as well, so equal sums mean that every I/O whose beginning was visible on entry has
 * ended.
 */
static bool quiet(struct tswap_leaf *leaf, u32 phase)
{
	unsigned long ended = 0, begun = 0;
	int cpu;

	smp_mb(); /* the caller's changes of words before the counts */
	for_each_possible_cpu(cpu)
		ended += READ_ONCE(per_cpu_ptr(leaf->cpu, cpu)->ended[phase]);
	smp_mb(); /* ends before beginnings */
	for_each_possible_cpu(cpu)
		begun += READ_ONCE(per_cpu_ptr(leaf->cpu, cpu)->begun[phase]);
	return begun == ended;
}

static bool all_quiet(struct tswap_leaf *leaf)
{
	u32 phase;

	for (phase = 0; phase < TSWAP_NR_PHASES; phase++)
		if (!quiet(leaf, phase))
			return false;
	return true;
}

/**
 * tswap_leaf_unread() - is no read in flight?
 * @leaf: leaf, kept by RCU or otherwise
 *
 * Any context. A read that begins meanwhile may be missed, none that began before.
 */
bool tswap_leaf_unread(struct tswap_leaf *leaf)
{
	return quiet(leaf, 0) && quiet(leaf, 1);
}

static void wait_quiet(struct tswap_leaf *leaf, u32 phase)
{
	struct tswap_dev *dev = leaf->dev;

	atomic_inc(&dev->io_waiters);
	wait_event_idle(dev->io_wait, quiet(leaf, phase));
	atomic_dec(&dev->io_waiters);
}

/**
 * tswap_leaf_sync() - wait until all reads that may have seen an old word have ended
 * @leaf: leaf that the old words named
 *
 * Process context, sleeps. Later reads do not delay it: they are counted in the other
 * phase. The first wait is for stragglers of the wait before, which had taken the phase
 * number before it changed and counted themselves afterwards.
 */
void tswap_leaf_sync(struct tswap_leaf *leaf)
{
	if (tswap_leaf_unread(leaf))
		return;
	mutex_lock(&leaf->sync_lock);
	wait_quiet(leaf, leaf->phase ^ 1);
	WRITE_ONCE(leaf->phase, leaf->phase ^ 1);
	wait_quiet(leaf, leaf->phase ^ 1);
	mutex_unlock(&leaf->sync_lock);
}

/**
 * tswap_leaf_settle() - wait until nothing at all is in flight on a leaf
 * @leaf: leaf that no slot names and that takes no pages
 * @timeout: jiffies
 *
 * Process context, sleeps; no job has the leaf as its source. Return: false when something
 * is still in flight after @timeout.
 */
bool tswap_leaf_settle(struct tswap_leaf *leaf, long timeout)
{
	struct tswap_dev *dev = leaf->dev;
	bool ok;

	atomic_inc(&dev->io_waiters);
	ok = wait_event_idle_timeout(dev->io_wait, all_quiet(leaf), timeout);
	atomic_dec(&dev->io_waiters);
	return ok;
}

u64 tswap_leaf_stat(const struct tswap_leaf *leaf, enum tswap_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(leaf->cpu, cpu)->stat[stat]);
	return sum;
}
