/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the machine in a thread of its own. Page tables of many processes take their
 * time, and the kernel may keep a reader of sysfs waiting (a zram device that is reset or
 * writes back); keys and resizes are answered meanwhile.
 */
#ifndef SWAPTOP_SAMPLER_H
#define SWAPTOP_SAMPLER_H

#include "sample/reader.h"

struct sampler;

/**
 * sampler_new() - start the thread
 * @reader:  used by nobody else from now on; closed by sampler_free()
 *
 * After term_open(), so that the thread inherits what is blocked: the signals that the
 * loop reads. Those of a crash must reach the handler from here too.
 * Return: 0; -errno of making pipes or the thread, and @reader is still the caller's.
 */
int sampler_new(struct sampler **out, struct reader *reader);
/* one that does not come back from the kernel is left behind, with its reader */
void sampler_free(struct sampler *s);

/* readable when there is a sample */
int sampler_fd(const struct sampler *s);
/* begin to read one with READ_* of @flags; only when none is under way */
void sampler_ask(struct sampler *s, unsigned flags);
/* 0; -EAGAIN it is not there yet; else as reader_sample() */
int sampler_take(struct sampler *s, struct sample **out);

#endif
