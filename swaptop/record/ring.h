/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording that goes on for ever in a folder of bounded size: the oldest file goes
 * when room is needed, or when it is too old. A sample is one write(2) at the end of a
 * file: who is killed loses at most the sample just being written, and begins a new file
 * afterwards.
 */
#ifndef SWAPTOP_RING_H
#define SWAPTOP_RING_H

#include "sample/sample.h"

struct ring;

#define RING_LEAST_BYTES (UINT64_C(1) << 20)

/**
 * ring_open() - record into a folder, which is made if it is not there
 * @max_bytes:  of all files in it, never exceeded; at least RING_LEAST_BYTES
 * @max_age_s:  older samples go; 0: any age
 *
 * Return: 0; -EBUSY another process records there; -ENOMEM; else -errno of the folder.
 */
int ring_open(struct ring **out, const char *path, uint64_t max_bytes,
	      uint64_t max_age_s);
void ring_close(struct ring *r);

/* 0; -EFBIG one sample is larger than the ring; -ENOMEM; else -errno of writing: this
 * sample is lost, the next one may be tried */
int ring_write(struct ring *r, const struct sample *s);

#endif
