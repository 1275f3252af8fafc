/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What delay accounting says about a process, as taskstats hands it out. */
#ifndef SWAPADM_TASKSTATS_H
#define SWAPADM_TASKSTATS_H

#include "swapadm.h"

/**
 * taskstats_parse() - the waits for swap in a struct taskstats
 * @stats:  the payload of TASKSTATS_TYPE_STATS, @len bytes of it, unaligned
 *
 * Later versions are longer, and only appended to, but for version 15, which moved the
 * fields; 16 moved them back (include/uapi/linux/taskstats.h).
 * Return: 0; -EBADMSG too short; -EPROTONOSUPPORT version 15. Untouched on failure.
 */
int taskstats_parse(const void *stats, size_t len, struct swapadm_delay *out);

#endif
