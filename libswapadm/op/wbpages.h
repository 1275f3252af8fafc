/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose pages are meant: those of one process, or of the processes of one cgroup, as
 * slots of the area. A zram writes them back, the redirect layer moves them.
 */
#ifndef SWAPADM_WBPAGES_H
#define SWAPADM_WBPAGES_H

#include "kernel/memcg.h"
#include "op/op.h"
#include "prefetch/swapmap.h"

/**
 * struct wbpages
 * @pid:     or 0: the processes of @cgroup, a path below the mount point
 * @area:    as /proc/swaps names it
 * @type:    its swap type
 * @done:    pages of the run at hand that have been written
 */
struct wbpages {
	struct swapadm_ctx *ctx;
	pid_t pid;
	uint64_t start_ticks; /* of @pid, which another process may get */
	char cgroup[512];
	struct memcg_mount mount;
	char area[280];
	int type;
	struct swapmap map;
	size_t at, done;
};

/**
 * wbpages_open() - find out who is meant and which swap type the area is
 * Return: 0; -ENOENT no such process or cgroup; -EINVAL it has no memory of its own, as a
 * thread of the kernel; -EPROTONOSUPPORT no memory controller is
 * mounted; -EPERM; -ENOTUNIQ the area looks like others. Sentence set.
 */
int wbpages_open(struct swapadm_ctx *ctx, const struct op_req *req, const char *area,
		 struct wbpages *out);

/* what a worker has to know of it, and that read back; 0; -EBADMSG; -ENOMEM */
int wbpages_save(const struct wbpages *pages, struct request *req);
int wbpages_load(struct swapadm_ctx *ctx, const struct request *req, struct wbpages *out);

/**
 * wbpages_look() - where their pages are now, from a slot on
 * Return: 0; -errno of reading pagemaps, with the sentence.
 */
int wbpages_look(struct wbpages *pages, uint64_t begin);

/* words for an attribute, which takes a page of text; room for one is always there */
struct wbtext {
	char text[4000];
};

/**
 * wbpages_next() - the words for the `writeback` attribute
 * @batch:  the kernel takes several, "page_index=N page_indexes=LO-HI ..."
 * @max:    pages at most, 1 or more
 *
 * Return: how many pages; 0 none is left.
 */
uint64_t wbpages_next(struct wbpages *pages, bool batch, uint64_t max,
		      struct wbtext *out);

/**
 * wbpages_write_singles() - write pages back one by one, as kernels before 6.16 want it
 * @path:  of the attribute; it is looked up once
 * @max:   pages at most; the call makes WBPAGES_SINGLES at most
 *
 * Return: 0, also when no page is left; -errno of opening or writing it.
 */
int wbpages_write_singles(struct wbpages *pages, const char *path, uint64_t max);
#define WBPAGES_SINGLES 256 /* between two looks at the counters */

/**
 * wbpages_refill() - is there more to be written?
 *
 * The map is bounded: when all of it was written, what lies behind it is looked for.
 * Return: 1 yes; 0 no; -errno as wbpages_look().
 */
int wbpages_refill(struct wbpages *pages);

/* does the map, as it was loaded, end before the area does? */
bool wbpages_is_cut(const struct wbpages *pages);

/*
 * how many there are. Of a map that is cut all were counted, but what processes share
 * after fork(2) then counts for each of them.
 */
uint64_t wbpages_n(const struct wbpages *pages);

/* the slot that comes next, to look again from there */
uint64_t wbpages_position(const struct wbpages *pages);

void wbpages_close(struct wbpages *pages);

#endif
