/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replacing small files so that a reader sees the old or the new content, never a part.
 */
#ifndef SWAPADM_ATOMIC_H
#define SWAPADM_ATOMIC_H

#include "base/ctx.h"

/**
 * atomic_mkdir() - open a folder below the root, made with mode 0755 when absent
 * @path:  absolute; only its last component may be absent; a symbolic link there is
 *   refused
 *
 * Return: descriptor (O_PATH); -EROFS; -ELOOP or -ENOTDIR something else is in its place;
 * else -errno. No sentence is set but for -EROFS.
 */
int atomic_mkdir(struct swapadm_ctx *ctx, const char *path);

/**
 * atomic_stage() - write the new content next to the file, under a temporary name
 * @dirfd:  its folder
 * @tmp:    the temporary name; what a crashed writer left there is replaced
 *
 * The content is on disk (fsync) when the call returns. The caller holds the lock of
 * state_lock(): two writers would share the temporary name.
 * Return: 0; else -errno, then nothing is left.
 */
int atomic_stage(struct swapadm_ctx *ctx, int dirfd, const char *tmp, mode_t mode,
		 const char *text, size_t len);

/* rename @tmp to @name and sync the folder; on failure @tmp is removed */
int atomic_commit(int dirfd, const char *tmp, const char *name);

/* the same; @replaced: the new content is there, also where the folder can't be synced */
int atomic_commit_or_tell(int dirfd, const char *tmp, const char *name, bool *replaced);

#endif
