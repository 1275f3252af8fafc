/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replacing a file of the administrator's: what it was before stays under another name.
 */
#ifndef SWAPADM_BACKUP_H
#define SWAPADM_BACKUP_H

#include "base/ctx.h"

/**
 * backup_replace() - give a file another text, keeping owner and mode
 * @path:    absolute, its folder exists; a link is not followed
 * @backup: what the old text is called now (PATH.old, PATH.old.2, ...), to be freed; NULL
 *            there was none, or it is the same text
 *
 * Return: 0; -EINVAL no regular file is in its place; else -errno. No sentence is set but
 * for -EROFS.
 */
int backup_replace(struct swapadm_ctx *ctx, const char *path, const char *text,
		   char **backup);

#endif
