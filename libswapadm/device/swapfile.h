/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Swap files that are made: real blocks, mode 0600, no holes, no copy-on-write.
 *
 * The folder is opened once, when the plan is made, and the file once, when it is made:
 * what was looked at is what is used, whatever the names stand for meanwhile.
 */
#ifndef SWAPADM_SWAPFILE_H
#define SWAPADM_SWAPFILE_H

#include "base/ctx.h"

/**
 * swapfile_plan() - could a swap file be made here? changes nothing
 * @path:       must not exist
 * @folder_fd:  its folder, or the lowest one of its path that is there, for the calls
 *              below, to be closed
 * @real_path:  the path without symbolic links, to be freed
 *
 * Return: 0; -ENOENT a missing folder can't be made, for its name; -ENODEV the file
 * system that fstab has for it is not mounted; -EEXIST; -SWAPADM_ENOROOM; -ERANGE;
 * -EPERM everybody may rename what is in the folder, or in one above it; -EOPNOTSUPP,
 * -EROFS, -EACCES of the file system; else -errno. The sentence is set.
 */
int swapfile_plan(struct swapadm_ctx *ctx, const char *path, uint64_t size_bytes,
		  int *folder_fd, char **real_path);

/**
 * swapfile_make() - make the file, without a name yet
 * @path:        where swapfile_link() will put it
 * @size_bytes:  that the area is to have, whole pages; the file is larger where its
 *               blocks are smaller than a page. Without room for that the area is
 *               smaller: a warning
 *
 * Nothing is left when the process dies before swapfile_link(): the kernel frees a file
 * without a name.
 * Return: descriptor; -ENOSPC; -EOPNOTSUPP the file system has no files without a name or
 * can't turn copy-on-write off; else -errno. The sentence is set.
 */
int swapfile_make(struct swapadm_ctx *ctx, int folder_fd, const char *path,
		  uint64_t size_bytes);

/**
 * swapfile_has_size() - is a file what swapfile_make() makes for @size_bytes?
 * @file_bytes:  its length, which is more where whole pages of it are lost
 */
bool swapfile_has_size(int fd, uint64_t file_bytes, uint64_t size_bytes);

/* who may put another file in the place of one that is there; NULL: only root */
const char *swapfile_exposed_to(struct swapadm_ctx *ctx, const char *path);

/* the first folder that swapfile_make_folders() will make, to be freed; NULL: none */
char *swapfile_first_folder(struct swapadm_ctx *ctx, int folder_fd, const char *path);

/*
 * make the folders of @path, as swapfile_plan() made it, that were missing then;
 * @folder_fd becomes the last one. @n_made, of it and those above it, also after a
 * failure, is for swapfile_remove_folders(). The sentence is set.
 */
int swapfile_make_folders(struct swapadm_ctx *ctx, int *folder_fd, const char *path,
			  unsigned *n_made);

/*
 * take away what swapfile_make_folders() made, up to the first one that is not empty;
 * @folder_fd becomes the one above. 0; -ESTALE another folder has its name; else -errno.
 * No sentence.
 */
int swapfile_remove_folders(int *folder_fd, const char *path, unsigned n);

/* give it its name, durably; -EEXIST something has it meanwhile. The sentence is set. */
int swapfile_link(struct swapadm_ctx *ctx, int folder_fd, int fd, const char *path);

/*
 * a file that is there, for swapfile_unlink(): @fd is only a reference to it. Both are to
 * be closed. 0; -errno, without a sentence.
 */
int swapfile_open(struct swapadm_ctx *ctx, const char *path, int *folder_fd, int *fd);

/*
 * take it away again, if that name in the folder still is of the file @fd. 0, also when
 * nothing has the name; -ESTALE another file has it; else -errno. No sentence.
 */
int swapfile_unlink(int folder_fd, int fd, const char *path);

#endif
