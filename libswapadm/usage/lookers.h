/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A few threads that look at processes, the caller's among them: who is in swap, and
 * where the pages are. Reading page tables may hang (kernel/pagewatch.h), so the caller
 * itself only reads what can't.
 */
#ifndef SWAPADM_USAGE_LOOKERS_H
#define SWAPADM_USAGE_LOOKERS_H

#include <pthread.h>
#include <stdatomic.h>

#include "kernel/memcg.h"
#include "kernel/pagemap.h"

#define LOOKERS_MAX 8

/**
 * struct lookers - what is looked at, and who gets it
 * @mount:       of the cgroups that are asked for; NULL: none are
 * @pids:        @n processes
 * @items:       one for each of them, empty; filled in for those in swap
 * @n_pages:     in swap, of all of them, about
 * @by_pagemap:  look at their pages, too; cleared when that is denied
 * @span:        called for these, of process @at; by one thread at a time for one @thread
 * @lock:        of what follows, which lookers_run() alone uses
 * @next:        of @pids, to be looked at
 * @todo:        processes in swap, whose pages are to be looked at
 */
struct lookers {
	struct swapadm_ctx *ctx;
	const struct memcg_mount *mount;
	pid_t *pids;
	struct swapadm_proc *items;
	size_t n;
	uint64_t n_pages;
	atomic_bool by_pagemap;
	void (*span)(void *data, unsigned thread, size_t at,
		     const struct swap_span *span);
	void *data;
	pthread_mutex_t lock;
	size_t next;
	size_t *todo, n_todo, n_taken;
};

/* how many threads call .span: the numbers below that */
unsigned lookers_threads(const struct lookers *l);

/**
 * lookers_run() - look at all of them
 * @n_threads:  of lookers_threads(): processors may come and go between two calls of that
 *
 * The pages of a process that hangs are missing. Return: 0, also when pages are denied;
 * -ENOMEM; -EMFILE, -ENFILE; -EAGAIN no thread could be started.
 */
int lookers_run(struct lookers *l, unsigned n_threads);

#endif
