/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Following a job: the status line, JSON lines, signals, and the exit code it ends with.
 */
#ifndef SWAPCTL_PROGRESS_H
#define SWAPCTL_PROGRESS_H

#include "cli.h"

enum on_interrupt {
	INTERRUPT_CANCELS,  /* the job is this command's own */
	INTERRUPT_DETACHES, /* the job goes on without it */
};

struct follow {
	enum on_interrupt on_interrupt;
	uint64_t timeout_s; /* 0: none; then CLI_TIMED_OUT */
	bool cancel_on_timeout;
	uint64_t cancel_delay_ns; /* what the plan said of a cancel; 0: unknown */
	pid_t largest_pid;        /* the process that causes it; 0: unknown */
};

/**
 * progress_follow() - show a job until it ends
 *
 * Blocks SIGINT and SIGTERM while it runs and takes them from a signalfd.
 * Return: the exit code that the job's end deserves.
 */
int progress_follow(struct cli *cli, struct swapadm_job *job, const struct follow *how);

/* "drain sdb2: 1.2 GiB of 9.6 GiB moved, 850 MiB/s, 12%, 0:10 to go" */
void progress_line(const struct swapadm_progress *p, char *line, size_t size);

/* the sentence about a job that has ended, and its exit code */
int progress_end(const struct swapadm_progress *p, char *line, size_t size);

/* what comes to a device while it is emptied is moved as well: at most 100 */
unsigned progress_pct(const struct swapadm_progress *p);

bool progress_running(const struct swapadm_progress *p);

struct json_object;
struct json_object *progress_object(const struct swapadm_progress *p);
/* the same on one line: with {"event": @event} */
int progress_json(const char *event, const struct swapadm_progress *p);

#endif
