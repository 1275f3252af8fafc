/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How large a page is, of the machine that a context looks at. The kernel counts much in
 * pages (vmstat, zram, cgroups), and a capture may come from a machine with others than
 * this one's: 4 KiB, 16 KiB (Raspberry Pi), 64 KiB.
 */
#ifndef SWAPADM_PAGESIZE_H
#define SWAPADM_PAGESIZE_H

#include "base/ctx.h"

/**
 * ctx_page_bytes() - what a page in the kernel's counters is
 *
 * Of the running system, its own. Of a capture: KernelPageSize of /proc/self/smaps, which
 * tests/lib/collect-root.sh keeps; else what /proc/meminfo and /proc/vmstat, which count
 * the same in KiB and in pages, say of each other; else this machine's, with a warning.
 *
 * Return: a power of two.
 */
uint64_t ctx_page_bytes(struct swapadm_ctx *ctx);

/* KernelPageSize in smaps: the least, as a mapping may have huge ones; 0: none */
uint64_t pagesize_of_smaps(const char *text);

/* what the counters of both files have in common; 0: nothing, or no page size */
uint64_t pagesize_of_counters(const char *meminfo, const char *vmstat);

#endif
