/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System V shared memory of our IPC namespace: /proc/sysvipc/shm. */
#ifndef SWAPADM_SYSVSHM_H
#define SWAPADM_SYSVSHM_H

#include "base/ctx.h"

/**
 * struct sysvshm - a segment
 * @swap_bytes:  of all of it, attached or not
 */
struct sysvshm {
	int id;
	uint32_t key;
	uint64_t size_bytes, swap_bytes;
};

/*
 * call @fn for each line of the file (ipc/shm.c, sysvipc_shm_proc_show()): 0; the first
 * other result of @fn; -EBADMSG a heading without shmid, size or swap
 */
int sysvshm_each(char *text, int (*fn)(void *data, const struct sysvshm *shm),
		 void *data);

#endif
