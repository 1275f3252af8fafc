/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that a process has mapped and that have a slot in swap as well. */
#ifndef SWAPADM_SWAPCACHED_H
#define SWAPADM_SWAPCACHED_H

#include "base/ctx.h"

/**
 * swapcached_bytes() - mapped pages of a process that are in the swap cache
 * @max_bytes:  more need not be counted
 *
 * Kernel ABI: /proc/PID/maps, Documentation/admin-guide/mm/pagemap.rst: numbers of page
 * frames (root only) and KPF_SWAPCACHE of /proc/kpageflags.
 * Return: at most @max_bytes; 0 also where it can't be seen.
 */
uint64_t swapcached_bytes(struct swapadm_ctx *ctx, pid_t pid, uint64_t max_bytes);

#endif
