/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages of another process as if it had touched them itself. */
#ifndef SWAPADM_TOUCH_H
#define SWAPADM_TOUCH_H

#include <sys/types.h>
#include <sys/uio.h>

/**
 * touch_pages() - read a byte of each page
 * @ranges:  page-aligned, in the memory of @pid, which had better not run
 *
 * What is in swap is read, or waited for, and mapped. A page that can't be read is passed
 * over, and what is left when the process is gone or may not be read.
 *
 * Kernel ABI: process_vm_readv(2); PTRACE_MODE_ATTACH.
 */
void touch_pages(pid_t pid, const struct iovec *ranges, size_t n);

#endif
