/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/atomic.h"

#include <fcntl.h>

int atomic_mkdir(struct swapadm_ctx *ctx, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = NULL;
	_cleanup_close_ int parent_fd = -1;
	int fd, r;

	r = ctx_may_change(ctx, path);
	if (r)
		return r;
	parent = slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (!parent)
		return -ENOMEM;
	parent_fd = ctx_open(ctx, parent, O_PATH | O_DIRECTORY);
	if (parent_fd < 0)
		return parent_fd;
	if (mkdirat(parent_fd, slash + 1, 0755) == 0) {
		/* the umask of the caller must not decide who can read it */
		if (fchmodat(parent_fd, slash + 1, 0755, 0) < 0)
			return -errno;
	} else if (errno != EEXIST) {
		return -errno;
	}
	fd = openat(parent_fd, slash + 1, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd;
}

static int write_new(struct swapadm_ctx *ctx, int dirfd, const char *tmp, mode_t mode,
		     const char *text, size_t len)
{
	_cleanup_close_ int fd = openat(
		dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = ctx_write_fd(ctx, fd, text, len);
	if (r)
		return r;
	/* not by openat(): there the umask counts */
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

int atomic_stage(struct swapadm_ctx *ctx, int dirfd, const char *tmp, mode_t mode,
		 const char *text, size_t len)
{
	int r;

	if (unlinkat(dirfd, tmp, 0) < 0 && errno != ENOENT)
		return -errno;
	r = write_new(ctx, dirfd, tmp, mode, text, len);
	if (r)
		unlinkat(dirfd, tmp, 0);
	return r;
}

int atomic_commit(int dirfd, const char *tmp, const char *name)
{
	bool replaced;

	return atomic_commit_or_tell(dirfd, tmp, name, &replaced);
}

int atomic_commit_or_tell(int dirfd, const char *tmp, const char *name, bool *replaced)
{
	/* @dirfd may have O_PATH, which can't be synced; opened before it is too late */
	_cleanup_close_ int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*replaced = fd >= 0 && renameat(dirfd, tmp, dirfd, name) == 0;
	if (!*replaced) {
		int r = -errno;

		unlinkat(dirfd, tmp, 0);
		return r;
	}
	return fsync(fd) < 0 ? -errno : 0;
}
