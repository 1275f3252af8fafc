/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Advice about the pages of a map, in the order in which they lie on the device: to be
 * read ahead of need, or to be paged out.
 *
 * Advice is work of the kernel in the caller's time, a few microseconds a page, and more
 * than half of what a fast disk takes for it. So a pre-read has several threads, which
 * take turns at the map, while the thread that owns the feeder waits for signals, keeps
 * to a rate and writes records, none of which may keep a disk waiting.
 */
#ifndef SWAPADM_FEEDER_H
#define SWAPADM_FEEDER_H

#include <pthread.h>

#include "prefetch/swapmap.h"

#define FEEDER_THREADS_MAX 4

/* no advice: have pages that are being read waited for and mapped, as a touch would do */
#define FEEDER_MAP (-1)

/**
 * struct feeder_count - pages dealt with so far
 * @done_pages:  all of them
 * @fed_pages:   the kernel took them: they come in, or are there already
 * @gone_pages:  of processes that ended
 */
struct feeder_count {
	uint64_t done_pages, fed_pages, gone_pages;
};

/**
 * struct feeder - where the advice stands
 * @lock:          of everything below it, once there are threads
 * @wake:          threads wait for leave to go on
 * @pidfds:        by owner; -1 not opened, -2 the process is gone
 * @next_page:     in run @next_run
 * @taken_pages:   handed out; those that are not @count.done_pages are under way
 * @allowed_pages: threads take no more than this
 * @piece_pages:   of one call, at most
 * @error:         -EPERM, -ENOSYS: see feeder_next()
 * @event_fd:      readable when the threads are through
 */
struct feeder {
	const struct swapmap *map;
	int advice;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	int *pidfds;
	size_t n_open;
	size_t next_run;
	uint64_t next_page;
	uint64_t taken_pages, allowed_pages, piece_pages;
	struct feeder_count count;
	int error;
	bool stop;

	pthread_t threads[FEEDER_THREADS_MAX];
	unsigned n_threads;
	int event_fd;
};

/**
 * feeder_init() - begin at the map's first run
 * @map:     sorted; borrowed until feeder_free()
 * @advice:  MADV_WILLNEED or MADV_PAGEOUT; FEEDER_MAP, of processes that do not run
 *
 * Return: 0; -ENOMEM.
 */
int feeder_init(struct feeder *f, const struct swapmap *map, int advice);
/* also stops the threads, which ends with their calls under way */
void feeder_free(struct feeder *f);

/**
 * feeder_next() - one piece of at most @max_pages, in this thread
 *
 * The ranges of a call belong to one process, at most 1024 of them.
 * Return: pages dealt with, 0 at the end; -EPERM (CAP_SYS_NICE) or -ENOSYS: the kernel
 * does not let us.
 */
int64_t feeder_next(struct feeder *f, uint64_t max_pages);

/**
 * feeder_start() - go on in threads, as many as there are processors for
 * @max: and no more than this
 *
 * They do nothing before feeder_allow(). Return: 0; -errno when there can't be any.
 */
int feeder_start(struct feeder *f, unsigned max);

/* what the threads may take of the map in all; @piece_pages: in one call */
void feeder_allow(struct feeder *f, uint64_t pages, uint64_t piece_pages);

/**
 * feeder_look() - what the threads have done
 *
 * Return: 1: they have more to do, or wait for leave; 0: they are through; -EPERM,
 * -ENOSYS.
 */
int feeder_look(struct feeder *f, struct feeder_count *count);

/* take no more, and wait for the calls under way */
void feeder_hold(struct feeder *f);

#endif
