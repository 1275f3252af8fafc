/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs of the system: mkswap(8), modprobe(8). No shell is involved. */
#ifndef SWAPADM_PROGRAM_H
#define SWAPADM_PROGRAM_H

#include "base/util.h"

/**
 * program_run() - run a program of /usr/sbin or /sbin to its end
 * @argv:   argv[0] is its name without folder; NULL-terminated
 * @words:  the last line that it wrote to stderr, "" none
 *
 * It gets a fixed small environment (LC_ALL=C), no descriptor of ours but stderr, and the
 * default signal handlers.
 * Return: 0 it ended with status 0; -ENOENT not installed; -ECHILD it failed or died, or
 * was not started because this process ignores SIGCHLD (@words says it); else -errno of
 * starting it. No sentence is set.
 */
int program_run(char *const argv[], char *words, size_t size);

#endif
