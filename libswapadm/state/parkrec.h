/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record of something parked: /run/swapadm/parked/ID, lines of "key value".
 *
 * It is written before anything is frozen, and before each process that gets a SIGSTOP:
 * whoever is killed on the way leaves nothing behind that `swapctl wake` can't thaw. It
 * holds figures and names, and nothing that anyone would run. A process is named by its
 * number and start time, a cgroup by its path and inode, so that what got the name later
 * is never thawed for it.
 */
#ifndef SWAPADM_PARKREC_H
#define SWAPADM_PARKREC_H

#include "kernel/freezer.h"

#define PARKREC_MAX_BYTES (1u << 20)

struct park_process {
	pid_t pid;
	uint64_t start_ticks;
};

/**
 * struct parkrec - what is known of something parked
 * @id:            "p12" of a process, "c4711" of a cgroup (inode of the memory group)
 * @boot:          of the kernel that runs
 * @state:         SWAPADM_PARK_PARKING and _WAKING while @worker works on it
 * @pid:           of a process, with @start_ticks and @comm; 0: a cgroup
 * @pid_ns:        pid namespace of all numbers in it (kernel/pidns.h), 0 not known
 * @cgroup:        path below the mount point of the memory controller, "" none
 * @inode:         of that; @root_inode of the mount point, which a cgroup namespace shows
 *   as another group: 0 not known
 * @freezer:       what keeps it from running
 * @group:         the group that was frozen, of _CGROUP and _STATE
 * @stopped:       processes that got a SIGSTOP from us, of _SIGNAL
 * @since_s:       seconds since 1970
 * @pushed_bytes:  that went out, @stays_bytes of anonymous and shared memory that did not
 * @out_bytes:     that was out then: @pushed_bytes and what had been before
 */
struct parkrec {
	char id[32], boot[40];
	enum swapadm_park_state state;
	pid_t pid;
	uint64_t pid_ns, start_ticks;
	char comm[64];
	char cgroup[4096];
	uint64_t inode, root_inode;
	enum swapadm_freezer freezer;
	struct freezer group;
	struct park_process *stopped;
	size_t n_stopped;
	uint64_t since_s, pushed_bytes, stays_bytes, out_bytes;
	char job[16];
	pid_t worker;
	uint64_t worker_start_ticks;
};

void parkrec_free(struct parkrec *rec);

/* 0; -ENOMEM */
int parkrec_add_stopped(struct parkrec *rec, pid_t pid, uint64_t start_ticks);

/* "pid 12" or "cgroup /a", as wake is asked for it */
void parkrec_source(const struct parkrec *rec, char *buf, size_t size);

/* the text of a record, to be freed with free(); NULL when memory is short */
char *parkrec_format(const struct parkrec *rec);

/**
 * parkrec_parse() - read a record back
 * @out:  free with parkrec_free()
 *
 * Unknown keys are skipped. Return: 0; -EBADMSG not a record, a value out of range, a
 * required line missing; -ENOMEM.
 */
int parkrec_parse(const char *text, struct parkrec *out);

#endif
