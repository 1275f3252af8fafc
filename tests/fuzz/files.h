/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A context that reads files from memory: no file is made and none of this machine is
 * opened. There are as many files as were set; others do not exist, and nothing can be
 * written.
 */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include "base/ctx.h"

/* without files; the same one each time */
struct swapadm_ctx *files_ctx(void);
/* forget all */
void files_clear(void);
/* @path: kept by the caller, as @data */
void files_set(const char *path, const void *data, size_t size);
/*
 * the rest: a file that was not set and is opened gets the next part of @data, which
 * ends with a byte of 1; the last part serves all that come after it
 */
void files_set_rest(const void *data, size_t size);

#endif
