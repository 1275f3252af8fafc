// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - requests in flight: when is nobody reading from a position any more?
 *
 * Requests are counted per leaf and CPU, in phases. A grace period turns new reads to the
 * other phase and waits until the old one is quiet, so it ends however many reads keep
 * coming, and a leaf whose reads hang (a network device) holds up nobody but itself. The
 * watch turns a phase of its own, of all requests, to see how old the oldest one is.
 */
#include <linux/delay.h>

#include "tswap.h"

/*
 * Have all requests of the phases in @mask ended? Sums the ends first: an end that is
 * seen has its beginning seen as well, so equal sums mean that every request whose
 * beginning was visible on entry has ended.
 */
static bool quiet(struct tswap_leaf *leaf, u32 mask)
{
	unsigned long ended = 0, begun = 0;
	u32 phase;
	int cpu;

	smp_mb(); /* the caller's changes of words before the counts */
	for_each_possible_cpu(cpu)
		for (phase = 0; phase < TSWAP_NR_PHASES; phase++)
			if (mask & BIT(phase))
				ended += READ_ONCE(
					per_cpu_ptr(leaf->cpu, cpu)->ended[phase]);
	smp_mb(); /* ends before beginnings */
	for_each_possible_cpu(cpu)
		for (phase = 0; phase < TSWAP_NR_PHASES; phase++)
			if (mask & BIT(phase))
				begun += READ_ONCE(
					per_cpu_ptr(leaf->cpu, cpu)->begun[phase]);
	return begun == ended;
}

#define ALL_PHASES (BIT(TSWAP_NR_PHASES) - 1)

/* Reads of one side of grace periods, whichever phase of the watch they are in. */
static u32 reads(u32 side)
{
	return BIT(side) | BIT(side | TSWAP_PHASE_WATCH);
}

static u32 side_of(const struct tswap_leaf *leaf)
{
	return READ_ONCE(leaf->phase) & TSWAP_PHASE_SYNC;
}

/**
 * tswap_leaf_unread() - has every read of the workload ended?
 * @leaf: leaf, kept by RCU or otherwise
 *
 * Any context. A read that begins meanwhile may be missed, none that began before.
 */
bool tswap_leaf_unread(struct tswap_leaf *leaf)
{
	return quiet(leaf, reads(0) | reads(1));
}

/* Requests in flight now, more or less. */
u64 tswap_leaf_in_flight(const struct tswap_leaf *leaf)
{
	unsigned long sum = 0;
	u32 phase;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct tswap_leaf_cpu *c = per_cpu_ptr(leaf->cpu, cpu);

		for (phase = 0; phase < TSWAP_NR_PHASES; phase++)
			sum += READ_ONCE(c->begun[phase]) - READ_ONCE(c->ended[phase]);
	}
	return max_t(long, sum, 0);
}

/*
 * Turn the phase of the watch if all requests of the old one have ended. Return: false if
 * one of them is still in flight, so it is older than the last turn.
 */
bool tswap_leaf_phase_over(struct tswap_leaf *leaf)
{
	u32 old = ~READ_ONCE(leaf->phase) & TSWAP_PHASE_WATCH;

	if (!quiet(leaf,
		   BIT(old) | BIT(old | TSWAP_PHASE_SYNC) | BIT(old | TSWAP_PHASE_OTHER)))
		return false;
	change_bit(ilog2(TSWAP_PHASE_WATCH), &leaf->phase);
	return true;
}

static void wait_quiet(struct tswap_leaf *leaf, u32 mask, void (*poll)(void *data),
		       void *data)
{
	atomic_inc(&leaf->io_waiters);
	while (!wait_event_idle_timeout(leaf->io_wait, quiet(leaf, mask), HZ / 4))
		poll(data);
	atomic_dec(&leaf->io_waiters);
}

/**
 * tswap_leaf_sync() - wait until all reads that may have seen an old word have ended
 * @leaf: leaf that the old words named
 * @poll: called several times a second while a read hangs; may take dev->lock
 * @data: for @poll
 *
 * Process context, sleeps. Later reads do not delay it: they are counted in the other
 * phase. The first wait is for stragglers of the wait before, which had taken the phase
 * number before it changed and counted themselves afterwards.
 */
void tswap_leaf_sync(struct tswap_leaf *leaf, void (*poll)(void *data), void *data)
{
	if (tswap_leaf_unread(leaf))
		return;
	while (test_and_set_bit_lock(0, &leaf->syncing)) {
		msleep(1);
		poll(data);
	}
	wait_quiet(leaf, reads(side_of(leaf) ^ 1), poll, data);
	change_bit(ilog2(TSWAP_PHASE_SYNC), &leaf->phase);
	wait_quiet(leaf, reads(side_of(leaf) ^ 1), poll, data);
	clear_bit_unlock(0, &leaf->syncing);
}

/**
 * tswap_leaf_settle() - wait until nothing at all is in flight on a leaf
 * @leaf: leaf that no slot names and that takes no pages
 * @timeout: jiffies
 *
 * Process context, sleeps; no job has the leaf as its source. Return: false when
 * something is still in flight after @timeout.
 */
bool tswap_leaf_settle(struct tswap_leaf *leaf, long timeout)
{
	bool ok;

	atomic_inc(&leaf->io_waiters);
	ok = wait_event_idle_timeout(leaf->io_wait, quiet(leaf, ALL_PHASES), timeout);
	atomic_dec(&leaf->io_waiters);
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
