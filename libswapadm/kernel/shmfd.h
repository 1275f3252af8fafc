/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared memory that has no path and need not be mapped: a memfd, or a file of a tmpfs
 * that was deleted, of which a process has a descriptor.
 */
#ifndef SWAPADM_SHMFD_H
#define SWAPADM_SHMFD_H

#include <sys/stat.h>

#include "base/ctx.h"

/**
 * struct shmfd - such a descriptor
 * @name:  as the link in /proc/PID/fd shows it: "/memfd:NAME (deleted)"; borrowed
 */
struct shmfd {
	pid_t pid;
	unsigned fd;
	dev_t dev;
	uint64_t inode;
	const char *name;
};

/* which mounts are a tmpfs, by their ids: those of all namespaces differ */
struct shmfd_mounts {
	struct shmfd_mount {
		int id;
		bool is_tmpfs;
	} * items;
	size_t n;
};

/**
 * shmfd_each() - call @fn for each such descriptor of a process that has pages
 * @mounts:  zeroed before the first call, done with shmfd_mounts_done()
 *
 * What is on other file systems is not asked for anything: their servers may not answer.
 * Kernel ABI: /proc/PID/{fd,fdinfo,mountinfo}, "mnt_id:" (3.15).
 * Return: 0, also when the process is gone or may not be looked at; what @fn returned;
 * -ENOMEM.
 */
int shmfd_each(struct swapadm_ctx *ctx, struct shmfd_mounts *mounts, pid_t pid,
	       int (*fn)(void *data, const struct shmfd *shmfd), void *data);
void shmfd_mounts_done(struct shmfd_mounts *mounts);

/**
 * shmfd_open() - the same file, for reading
 *
 * Neither its time of access nor what the descriptor is used for changes.
 * Return: a descriptor to be closed; -ENOENT it is another file by now; else -errno.
 */
int shmfd_open(struct swapadm_ctx *ctx, const struct shmfd *shmfd, struct stat *st);

#endif
