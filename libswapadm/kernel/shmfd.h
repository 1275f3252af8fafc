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

/**
 * struct shmfd_devs - which device numbers are a tmpfs, sorted
 * @ns:   mount namespace in which @dev was not found; 0: it holds everywhere
 * @pin:  of a tmpfs: holds the file system, so that no other one gets its number; or -1
 */
struct shmfd_devs {
	struct shmfd_dev {
		dev_t dev;
		uint64_t ns;
		bool is_tmpfs;
		int pin;
	} * items;
	size_t n;
};

/**
 * shmfd_each() - call @fn for each such descriptor of a process that has pages
 * @devs:  zeroed before the first call, done with shmfd_devs_done()
 *
 * What is on other file systems is not asked for anything: their servers may not answer.
 * Kernel ABI: /proc/PID/{fd,mountinfo,ns/mnt}.
 * Return: 0, also when the process is gone or may not be looked at; what @fn returned;
 * -EMFILE, -ENFILE no descriptor is left: not all were seen; -ENOMEM.
 */
int shmfd_each(struct swapadm_ctx *ctx, struct shmfd_devs *devs, pid_t pid,
	       int (*fn)(void *data, const struct shmfd *shmfd), void *data);
void shmfd_devs_done(struct shmfd_devs *devs);

/**
 * shmfd_open() - the same file, for reading, while the shmfd_devs are there
 *
 * Neither its time of access nor what the descriptor is used for changes.
 * Return: a descriptor to be closed; -ENOENT it is another file by now; else -errno.
 */
int shmfd_open(struct swapadm_ctx *ctx, const struct shmfd *shmfd, struct stat *st);

#endif
