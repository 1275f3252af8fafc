/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded, it has one call of a program fail. FAULT is "CALL NUMBER ERRNO FILE": the
 * NUMBERth CALL of the program (1: its first), and FILE is made when that has come. CALL
 * is that of the C library, "create" for openat(2) of what is written or made, "open" for
 * what is only read, or "swaps" for that of /proc/swaps. Without FAULT none fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REPLACES __attribute__((visibility("default")))

/* before glibc 2.36 the program has them built in: then none of them fails */
int pidfd_open(pid_t pid, unsigned flags);
int pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned flags);
ssize_t process_madvise(int pidfd, const struct iovec *iov, size_t n, int advice,
			unsigned flags);

static bool fails(const char *call)
{
	static unsigned n_calls;
	char want[16], file[256];
	unsigned number;
	int error, fd;

	if (sscanf(getenv("FAULT") ? getenv("FAULT") : "", "%15s %u %d %255s", want,
		   &number, &error, file) != 4 ||
	    strcmp(want, call) != 0 || ++n_calls != number)
		return false;
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT, 0600);
	syscall(SYS_close, fd);
	errno = error;
	return true;
}

REPLACES int openat(int dirfd, const char *path, int flags, ...)
{
	bool changes = (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT;
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if ((changes ? fails("create") : fails("open")) ||
	    (strcmp(path, "/proc/swaps") == 0 && fails("swaps")))
		return -1;
	return (int)syscall(SYS_openat, dirfd, path, flags, mode);
}

/* an eventfd, a signalfd or a socket does not fail so */
static bool is_file(int fd)
{
	struct stat st;

	return fd > STDERR_FILENO && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

REPLACES ssize_t write(int fd, const void *buf, size_t n)
{
	return is_file(fd) && fails("write") ? -1 : syscall(SYS_write, fd, buf, n);
}

REPLACES ssize_t read(int fd, void *buf, size_t n)
{
	return is_file(fd) && fails("read") ? -1 : syscall(SYS_read, fd, buf, n);
}

REPLACES int fchmod(int fd, mode_t mode)
{
	return fails("fchmod") ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

REPLACES int fallocate(int fd, int mode, off_t at, off_t n)
{
	return fails("fallocate") ? -1 : (int)syscall(SYS_fallocate, fd, mode, at, n);
}

REPLACES int mkdirat(int dirfd, const char *path, mode_t mode)
{
	return fails("mkdirat") ? -1 : (int)syscall(SYS_mkdirat, dirfd, path, mode);
}

REPLACES int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return fails("linkat")
		       ? -1
		       : (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
}

REPLACES int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return fails("renameat")
		       ? -1
		       : (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
}

REPLACES int swapon(const char *path, int flags)
{
	return fails("swapon") ? -1 : (int)syscall(SYS_swapon, path, flags);
}

REPLACES int swapoff(const char *path)
{
	return fails("swapoff") ? -1 : (int)syscall(SYS_swapoff, path);
}

REPLACES int pipe2(int fds[2], int flags)
{
	return fails("pipe2") ? -1 : (int)syscall(SYS_pipe2, fds, flags);
}

REPLACES int pidfd_open(pid_t pid, unsigned flags)
{
	return fails("pidfd_open") ? -1 : (int)syscall(SYS_pidfd_open, pid, flags);
}

REPLACES int pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned flags)
{
	return fails("signal")
		       ? -1
		       : (int)syscall(SYS_pidfd_send_signal, pidfd, sig, info, flags);
}

REPLACES ssize_t process_madvise(int pidfd, const struct iovec *iov, size_t n, int advice,
				 unsigned flags)
{
	return fails("madvise")
		       ? -1
		       : syscall(SYS_process_madvise, pidfd, iov, n, advice, flags);
}
