/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a process's page tables, with a limit on how long that may hang.
 *
 * Every way to them takes the process's mmap_lock. A process can keep that from us for
 * as long as it likes: it unmaps a file of a FUSE server of its own that does not
 * answer, and the kernel writes the file back with the lock held (fs/fuse/file.c
 * fuse_vma_close()). The wait is killable, but only with the whole process
 * (mmap_read_lock_killable()). So the reading is done by a thread, which is left
 * behind when it neither ends nor uses the processor for a while; it ends when the
 * lock is free, or with us.
 */
#ifndef SWAPADM_PAGEWATCH_H
#define SWAPADM_PAGEWATCH_H

#include "kernel/pagemap.h"

#define PAGEWATCH_FIRST_MS 5000 /* of the first process that hangs */
#define PAGEWATCH_NEXT_MS  500  /* of each further one: the sum matters */

/**
 * pagewatch_scan() - pagemap_scan() with a limit on how long it hangs
 *
 * @fn is called in another thread, never after this call has returned. A process that
 * hung before and still does is not waited for again.
 * Return: as pagemap_scan(); -ETIME it hangs: nothing more is known of its pages than
 * what @fn has seen.
 */
int pagewatch_scan(struct swapadm_ctx *ctx, pid_t pid, uint64_t swap_bytes, pagemap_fn fn,
		   void *data);

/* the process to scan next; false: there is none */
typedef bool (*pagewatch_next_fn)(void *data, pid_t *pid, uint64_t *swap_bytes);

/**
 * pagewatch_scan_each() - pagewatch_scan() of one process after the other
 * @next:  says which; called as @fn is
 *
 * For many processes: the thread is woken once, not for each of them. One that hangs is
 * passed over.
 * Return: 0; the first result of pagemap_scan() that is not 0, after which @next is not
 * called any more.
 */
int pagewatch_scan_each(struct swapadm_ctx *ctx, pagewatch_next_fn next, pagemap_fn fn,
			void *data);

/**
 * pagewatch_start_each(), pagewatch_finish_each() - the same in two steps
 * @out:  to be finished, which gives the result, before @ctx is let go of
 *
 * For several threads, of which one is the caller's: what is shared by them is covered by
 * locks of @next and @fn.
 */
struct watched_scan;
int pagewatch_start_each(struct swapadm_ctx *ctx, pagewatch_next_fn next, pagemap_fn fn,
			 void *data, struct watched_scan **out);
int pagewatch_finish_each(struct swapadm_ctx *ctx, struct watched_scan *scan);

/**
 * pagewatch_read() - a file of /proc/PID that is made with the lock held, likewise
 * @file:  "maps" or "smaps", static text
 * @out:   to be freed with free()
 *
 * Return: as ctx_read_file(); -ETIME it hangs.
 */
int pagewatch_read(struct swapadm_ctx *ctx, pid_t pid, const char *file, char **out);

/**
 * pagewatch_news() - what there is to say of processes that hung since the last call
 * Return: true, with the sentence in @buf; false when there is nothing new.
 */
bool pagewatch_news(struct swapadm_ctx *ctx, char *buf, size_t size);

/* the same as a warning */
void pagewatch_warn(struct swapadm_ctx *ctx);

#endif
