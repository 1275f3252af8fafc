/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/backup.h"

#include <fcntl.h>

#include "base/atomic.h"

#define BACKUPS_MAX 1000

/* an absolute path as its folder, which is opened, and the name in it */
static int open_folder(struct swapadm_ctx *ctx, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *folder =
		strndup(path, slash == path ? 1 : (size_t)(slash - path));

	*name = slash + 1;
	return folder ? ctx_open(ctx, folder, O_PATH | O_DIRECTORY) : -ENOMEM;
}

static bool has_text(int dirfd, const char *name, const char *text, off_t size)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_free_ char *old = malloc((size_t)size + 1);

	return fd >= 0 && old && (off_t)strlen(text) == size &&
	       read(fd, old, (size_t)size) == size && !memcmp(old, text, (size_t)size);
}

/* a second name for the old file, one that was free */
static int keep_old(int dirfd, const char *path, const char *name, char **backup)
{
	_cleanup_free_ char *kept = NULL;

	for (unsigned i = 1; i < BACKUPS_MAX; i++) {
		free(kept);
		if (asprintf(&kept, i == 1 ? "%s.old" : "%s.old.%u", path, i) < 0) {
			kept = NULL;
			return -ENOMEM;
		}
		if (linkat(dirfd, name, dirfd, kept + (name - path), 0) == 0) {
			*backup = steal_ptr(&kept);
			return 0;
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int give_owner(int dirfd, const char *tmp, const struct stat *old)
{
	_cleanup_close_ int fd = openat(dirfd, tmp, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	/* chown(2) takes set-user-ID bits away, so the mode comes second */
	if (fd < 0 || fchown(fd, old->st_uid, old->st_gid) < 0 ||
	    fchmod(fd, old->st_mode & 07777) < 0)
		return -errno;
	return 0;
}

int backup_replace(struct swapadm_ctx *ctx, const char *path, const char *text,
		   char **backup)
{
	const char *name;
	_cleanup_close_ int dirfd = open_folder(ctx, path, &name);
	char tmp[64];
	struct stat old;
	bool exists;
	int r;

	if (dirfd < 0)
		return dirfd;
	exists = fstatat(dirfd, name, &old, AT_SYMLINK_NOFOLLOW) == 0;
	if (exists && !S_ISREG(old.st_mode))
		return -EINVAL;
	if (exists && has_text(dirfd, name, text, old.st_size))
		return 0;
	snprintf(tmp, sizeof(tmp), ".swapadm.%d.new", getpid());
	/* nobody reads what only some may read before it has its mode */
	r = atomic_stage(ctx, dirfd, tmp, exists ? 0600 : 0644, text, strlen(text));
	if (r)
		return r;
	if (exists)
		r = give_owner(dirfd, tmp, &old);
	if (!r && exists)
		r = keep_old(dirfd, path, name, backup);
	if (!r)
		return atomic_commit(dirfd, tmp, name);
	unlinkat(dirfd, tmp, 0);
	return r;
}
