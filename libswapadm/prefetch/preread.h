/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pre-read of a drain: pages come into the swap cache at the speed of the device,
 * in the order in which they lie on it, before swapoff(2) wants them one by one.
 */
#ifndef SWAPADM_PREREAD_H
#define SWAPADM_PREREAD_H

#include "job/worker.h"
#include "prefetch/swapmap.h"

enum preread_verdict {
	PREREAD_FASTER,     /* than plain swapoff */
	PREREAD_SLOWER,     /* synchronous device, or advice is expensive here */
	PREREAD_IMPOSSIBLE, /* see .why */
};

/**
 * struct preread_seen - what a look at the area a moment ago has shown
 * @pids:  the processes with anything in swap
 * @type, @plain_page_ns, @waits: as below; no time: it has shown nothing that helps
 */
struct preread_seen {
	const pid_t *pids;
	size_t n_pids;
	int type;
	uint64_t plain_page_ns;
	bool waits;
};

/**
 * struct preread - a pre-read of one area
 * @path:          of the area, as /proc/swaps names it
 * @type:          its swap type
 * @seen:          or NULL; then neither is /proc searched nor the device asked again
 * @plain_page_ns: estimate of what plain swapoff takes a page, beyond what it takes with
 *                 the page in the swap cache; 0: not known
 * @waits:         single reads of the device make their caller sleep
 * @page_ns:       what a page took so far
 * @look:          or NULL: called with @look_data now and then while pages are read: 0,
 *                 or -errno, with which preread_feed() ends
 * @why:           for IMPOSSIBLE and SLOWER: a few words
 */
struct preread {
	struct swapadm_ctx *ctx;
	struct jobrun *job; /* NULL: only a plan */
	const char *path;
	int type;
	const struct preread_seen *seen;
	enum preread_verdict verdict;
	uint64_t rate_bytes_per_s;
	uint64_t plain_page_ns, page_ns;
	bool waits;
	uint64_t fed_pages, gone_pages;
	int (*look)(void *data);
	void *look_data;
	const char *why;
};

/**
 * preread_begin() - find the area's pages and judge whether a pre-read pays
 * @map:       pages of the area, unless the verdict is IMPOSSIBLE; free with
 *             swapmap_free()
 * @may_probe: an ambiguous swap type may be found by a probe area
 *
 * Return: 0, with .verdict; -ENOMEM.
 */
int preread_begin(struct preread *pre, struct swapmap *map, bool may_probe);

/**
 * preread_feed() - read a map's pages in
 * @map:        sorted runs
 * @base_bytes: moved by the job before this; progress goes on from there
 *
 * Obeys pause, cancel and rate. Stops on its own when it turns out to be slower than
 * plain swapoff (.verdict), or when memory gets short.
 * Return: 0; -ECANCELED; -ENOMEM; what .look() returned.
 */
int preread_feed(struct preread *pre, const struct swapmap *map, uint64_t base_bytes);

#endif
