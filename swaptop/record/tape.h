/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is replayed: one recording, or the files of a ring one after the other. */
#ifndef SWAPTOP_TAPE_H
#define SWAPTOP_TAPE_H

#include "sample/sample.h"

struct tape;

/**
 * tape_open() - a file, or a folder that ring_open() writes
 * @problem:  sentence on failure, without @path
 *
 * Return: 0; -EBADMSG not a recording, or empty; -EPROTONOSUPPORT; -ENOMEM; else -errno.
 */
int tape_open(struct tape **out, const char *path, char *problem, size_t size);
void tape_close(struct tape *t);

/**
 * tape_next() - the next sample
 *
 * Return: 0; -ENODATA it is over; -EBADMSG a single file is cut off or damaged here (of a
 * ring the files after it are played); -ENOMEM.
 */
int tape_next(struct tape *t, struct sample **out);
/* @n samples back, or fewer where the tape begins; returns how many, or -errno */
int tape_back(struct tape *t, int n);
/* tape_next() gives the last sample not after @realtime_ns, or the first; 0 or -errno */
int tape_find(struct tape *t, uint64_t realtime_ns);

/* when the first and last sample were taken; moves the tape; 0 or -errno */
int tape_range(struct tape *t, uint64_t *first_ns, uint64_t *last_ns);
/* samples played and in all, of a single file; false: of a ring nobody counts them */
bool tape_position(const struct tape *t, size_t *played, size_t *all);

#endif
