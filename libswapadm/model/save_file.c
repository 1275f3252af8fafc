/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running state, written to a configuration file: the old text stays beside it under
 * a name of its own, and readers see the old or the new file, never a part.
 */
#include <fcntl.h>
#include <limits.h>

#include "base/atomic.h"
#include "conf/conf.h"
#include "model/model.h"

#define CONF_FILE   "/etc/swapadm.conf"
#define BACKUPS_MAX 1000

static int fail(struct swapadm_ctx *ctx, int err, const char *path)
{
	if (err == -EACCES || err == -EPERM)
		return ctx_fail(ctx, err, "%s: save: permission denied; run it as root",
				path);
	if (err == -ENOENT || err == -ENOTDIR)
		return ctx_fail(ctx, err, "%s: save: its folder does not exist; make it",
				path);
	return ctx_fail(ctx, err, "%s: save: %s", path, strerror(-err));
}

/* @path does not exist: its folder's real name, then its own */
static int resolve_new(const char *path, char *real)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path))
					    : strdup(".");
	size_t len;

	if (!folder)
		return -ENOMEM;
	if (!realpath(*folder ? folder : "/", real))
		return -errno;
	len = strlen(real);
	if (len + strlen(name) + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	if (real[len - 1] != '/')
		real[len++] = '/';
	strcpy(real + len, name);
	return 0;
}

/* where the file is: a link stays a link, to what is written */
static int resolve(struct swapadm_ctx *ctx, const char *path, char *real)
{
	int r = ctx_may_change(ctx, path);

	if (r)
		return r;
	if (realpath(path, real))
		return 0;
	r = errno == ENOENT ? resolve_new(path, real) : -errno;
	return r ? fail(ctx, r, path) : 0;
}

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

static int replace(struct swapadm_ctx *ctx, const char *path, const char *text,
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
	r = atomic_stage(ctx, dirfd, tmp, 0644, text, strlen(text));
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

/* drop-ins are read after the file: together they must say what can be applied */
static int check_text(struct swapadm_ctx *ctx, const char *path, const char *text)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;

	return streq(path, CONF_FILE)
		       ? conf_load_with(ctx, path, text, strlen(text), &conf)
		       : 0;
}

SWAPADM_API int swapadm_model_save_file(const struct swapadm_model *model,
					const char *path, char **backup)
{
	CTX_CALL(model->ctx);
	_cleanup_free_ char *text = NULL, *kept = NULL;
	char real[PATH_MAX];
	int r;

	if (!model || !backup)
		return -EINVAL;
	if (!path)
		path = CONF_FILE;
	r = resolve(model->ctx, path, real);
	if (!r)
		r = swapadm_model_save(model, &text);
	if (!r)
		r = check_text(model->ctx, path, text);
	if (r)
		return r;
	r = replace(model->ctx, real, text, &kept);
	if (r == -EINVAL)
		return ctx_fail(model->ctx, r, "%s: save: is no regular file", path);
	if (r)
		return fail(model->ctx, r, path);
	*backup = steal_ptr(&kept);
	return 0;
}
