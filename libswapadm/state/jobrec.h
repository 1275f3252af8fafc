/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record of a job: /run/swapadm/jobs/dN, lines of "key value".
 *
 * It holds figures, the worker's pid and start time, and the devices that the job claims:
 * nothing that anyone would run. It is written by the worker only, replaced as a whole,
 * and a reader takes nothing in it for granted.
 */
#ifndef SWAPADM_JOBREC_H
#define SWAPADM_JOBREC_H

#include "base/ctx.h"

#define JOBREC_MAX_BYTES   (64u << 10)
#define JOBREC_MAX_DEVICES 256

/**
 * struct jobrec - what is known of a job
 * @p:             as the library's callers see it
 * @worker:        process that runs the job, with its start time in clock ticks
 * @pid_ns:        pid namespace of all numbers in it (kernel/pidns.h), 0 not known
 * @child:         process that is in swapoff(2), 0: none
 * @caller:        who waits for it in the foreground: the worker is asked to cancel when
 *                 that ends; 0: none, it is in the background
 * @devices:       claimed: no other job may take them while this one lives
 * @news_fd:       of a worker and not in the file: a socket of who started it, where a
 *                 byte says that the record is a new one; 0: none
 */
struct jobrec {
	struct swapadm_progress p;
	pid_t worker, child, caller;
	uint64_t uid_plus_one; /* of p.uid; 0 unknown */
	uint64_t pid_ns;
	uint64_t service; /* 1: balance began it, and it makes way for others */
	uint64_t worker_start_ticks, child_start_ticks, caller_start_ticks;
	char **devices;
	size_t n_devices;
	int news_fd;
};

/* is it over, one way or another? */
bool jobrec_is_finished(const struct jobrec *rec);

int jobrec_add_device(struct jobrec *rec, const char *path);
void jobrec_free(struct jobrec *rec);

/* the text of a record, to be freed with free(); NULL when memory is short */
char *jobrec_format(const struct jobrec *rec);

/**
 * jobrec_parse() - read a record back
 * @out:  free with jobrec_free()
 *
 * Unknown keys are skipped. Return: 0; -EBADMSG not a record, a value out of range, a
 * required line missing; -ENOMEM.
 */
int jobrec_parse(const char *text, struct jobrec *out);

/* the number of "d12"; -EINVAL for anything else */
int jobrec_parse_id(const char *id, uint64_t *number);

#endif
