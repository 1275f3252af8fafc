/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NAME=VALUE of files that a shell reads, and sections of ini files; later ones win. */
#ifndef SWAPADM_IMPORT_VARS_H
#define SWAPADM_IMPORT_VARS_H

#include "base/ctx.h"

struct var {
	char *section, *name, *value;
};

struct vars {
	struct var *items;
	size_t n;
	bool any; /* a file was read */
};

/*
 * add what a file says; a file that is absent says nothing. Quotes around a value are
 * taken off; nothing is expanded. 0; -ENOMEM; -errno of reading.
 */
int vars_read(struct swapadm_ctx *ctx, const char *path, struct vars *vars);
/*
 * each NAME.conf of the folders; one of the same name in a later folder takes its place
 */
int vars_read_folders(struct swapadm_ctx *ctx, const char *const *folders, size_t n,
		      struct vars *vars);
void vars_free(struct vars *vars);

/* @section "" those before the first section; NULL: it is not set */
const char *vars_get(const struct vars *vars, const char *section, const char *name);

#endif
