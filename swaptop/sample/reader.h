/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples of the machine, or of a capture of one. sample.c reads it, with the processes
 * and cgroups from scan.c and their delays from delays.c; no other file of swaptop
 * does.
 */
#ifndef SWAPTOP_READER_H
#define SWAPTOP_READER_H

#include "sample/sample.h"

struct reader;

#define READ_PROCS   (1u << 0)
#define READ_CGROUPS (1u << 1)
#define READ_RARELY  (1u << 2) /* both at a tenth of the usual cost */

/**
 * reader_open() - prepare to read
 * @root:     directory that stands for /, or NULL
 * @config:   configuration file, or NULL for the usual ones
 * @problem:  sentence on failure; on success what is wrong with the configuration, or ""
 *
 * A configuration that can't be used is not a failure: areas are grouped without it.
 * Return: 0; -ENOMEM; -ENOENT @config does not exist; else -errno of opening @root.
 */
int reader_open(struct reader **out, const char *root, const char *config, char *problem,
		size_t size);
void reader_close(struct reader *r);

/**
 * reader_sample() - a sample of now
 * @flags:  READ_*
 *
 * What can't be read is missing in the sample and named in its notes.
 * Return: 0; -ENOMEM.
 */
int reader_sample(struct reader *r, unsigned flags, struct sample **out);

#endif
