/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that glibc 2.36 has wrappers for and older ones or musl do not. The kernel
 * has them all from 5.10 on; without one they return -1 with ENOSYS, as the wrappers do.
 */
#ifndef SWAPADM_SYS_H
#define SWAPADM_SYS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef __GLIBC_PREREQ
#define SYS_HAS_GLIBC(major, minor) __GLIBC_PREREQ(major, minor)
#else
#define SYS_HAS_GLIBC(major, minor) 0
#endif

#if SYS_HAS_GLIBC(2, 36)
#include <sys/pidfd.h>
#else
static inline int pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned flags)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, info, flags);
}

static inline ssize_t process_madvise(int pidfd, const struct iovec *iov, size_t n,
				      int advice, unsigned flags)
{
	return syscall(SYS_process_madvise, pidfd, iov, n, advice, flags);
}
#endif

#ifndef STATX_TYPE
#include <linux/stat.h>

static inline int statx(int dirfd, const char *path, int flags, unsigned mask,
			struct statx *stx)
{
	return (int)syscall(SYS_statx, dirfd, path, flags, mask, stx);
}
#endif

#if SYS_HAS_GLIBC(2, 34)
static inline int sys_spawn_close_from(posix_spawn_file_actions_t *actions, int from)
{
	return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

static inline int sys_close_from(int from)
{
	return close_range((unsigned)from, ~0u, 0);
}
#else
/* what is open now: another thread may open more before the program starts */
static inline int sys_spawn_close_from(posix_spawn_file_actions_t *actions, int from)
{
	DIR *dir = opendir("/proc/self/fd");
	int r = dir ? 0 : errno;

	for (struct dirent *de; !r && (de = readdir(dir));) {
		int fd = atoi(de->d_name);

		if (de->d_name[0] != '.' && fd >= from && fd != dirfd(dir))
			r = posix_spawn_file_actions_addclose(actions, fd);
	}
	if (dir)
		closedir(dir);
	return r;
}

static inline int sys_close_from(int from)
{
	return (int)syscall(SYS_close_range, (unsigned)from, ~0u, 0);
}
#endif

#endif
