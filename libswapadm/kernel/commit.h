/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SWAPADM_COMMIT_H
#define SWAPADM_COMMIT_H

#include "base/ctx.h"

/**
 * commit_short_bytes() - what the commit limit lacks for a swapoff(2) of areas, one by one
 * @area_bytes:  their sizes, used or not
 *
 * With vm.overcommit_memory = 2 swapoff(2) first asks for the whole area as if it were
 * allocated (mm/swapfile.c, security_vm_enough_memory_mm()), and ends with ENOMEM before it
 * has read a page. The limit still counts the area then, and no more for the next one.
 * Kernel ABI: /proc/sys/vm/overcommit_memory, CommitLimit and Committed_AS of /proc/meminfo.
 * Return: 0 where it is enough, or not known.
 */
uint64_t commit_short_bytes(struct swapadm_ctx *ctx, uint64_t area_bytes);

#endif
