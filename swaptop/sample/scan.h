/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes and cgroups in a sample. Reading all page tables is expensive, so the last
 * scan is used again until it was cheap enough for a new one.
 */
#ifndef SWAPTOP_SCAN_H
#define SWAPTOP_SCAN_H

#include "sample/sample.h"

struct scan;

/**
 * scan_new() - nothing scanned yet
 * @capture:  of another machine, whose users are not those of this one
 *
 * Return: NULL when memory is short.
 */
struct scan *scan_new(struct swapadm_ctx *ctx, bool capture);
void scan_free(struct scan *scan);

/**
 * scan_read() - put processes and cgroups into a sample
 * @model:  of the sample's moment; NULL: it could not be read, and nothing is scanned
 * @flags:  READ_PROCS, READ_CGROUPS, READ_RARELY
 *
 * Return: 0; -ENOMEM. Other failures are in the sample.
 */
int scan_read(struct scan *scan, struct swapadm_model *model, unsigned flags,
	      struct sample *s);

#endif
