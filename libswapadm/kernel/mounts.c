/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/mounts.h"

#include <fcntl.h>
#include <libmount.h>
#include <sys/sysmacros.h>

struct mounts {
	struct libmnt_table *table;
};

enum relation blockdev_relate(struct swapadm_ctx *ctx, const struct blockdev *own,
			      dev_t other)
{
	struct blockdev b;

	if (other == own->dev)
		return RELATION_SAME;
	if (major(other) == 0 || blockdev_get(ctx, other, &b) < 0)
		return RELATION_NONE;
	if (!streq(b.disk, own->disk))
		return RELATION_NONE;
	if (streq(own->name, own->disk))
		return RELATION_PARTITION;
	return streq(b.name, b.disk) ? RELATION_DISK : RELATION_NONE;
}

void mounts_free(struct mounts *mounts)
{
	if (!mounts)
		return;
	mnt_unref_table(mounts->table);
	free(mounts);
}

int mounts_parse(const char *text, size_t len, struct mounts **out)
{
	_cleanup_(mounts_freep) struct mounts *mounts = calloc(1, sizeof(*mounts));
	_cleanup_fclose_ FILE *f = NULL;

	if (!mounts)
		return -ENOMEM;
	mounts->table = mnt_new_table();
	if (!mounts->table)
		return -ENOMEM;
	if (len) {
		f = fmemopen((char *)text, len, "r");
		if (!f)
			return -ENOMEM;
		if (mnt_table_parse_stream(mounts->table, f, "mountinfo") < 0)
			return -EBADMSG;
	}
	*out = steal_ptr(&mounts);
	return 0;
}

int mounts_load(struct swapadm_ctx *ctx, struct mounts **out)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = ctx_read_file(ctx, "/proc/self/mountinfo", &text, &len);

	return r ? r : mounts_parse(text, len, out);
}

/*
 * The block device below a mount. btrfs shows an anonymous number: then what stands as
 * source is asked.
 */
static dev_t mounted_dev(struct swapadm_ctx *ctx, struct libmnt_fs *fs)
{
	dev_t dev = mnt_fs_get_devno(fs);
	const char *source = mnt_fs_get_srcpath(fs);
	struct stat st;

	if (major(dev) || !source || *source != '/' || ctx_stat(ctx, source, &st) < 0)
		return dev;
	return S_ISBLK(st.st_mode) ? st.st_rdev : dev;
}

int mounts_find_device(struct swapadm_ctx *ctx, const struct mounts *mounts,
		       const struct blockdev *own, struct mount_use *out)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int r = -ENOENT;

	if (!iter)
		return -ENOMEM;
	while (mnt_table_next_fs(mounts->table, iter, &fs) == 0) {
		enum relation relation = blockdev_relate(ctx, own, mounted_dev(ctx, fs));
		const char *source = mnt_fs_get_source(fs);
		const char *target = mnt_fs_get_target(fs);
		const char *fstype = mnt_fs_get_fstype(fs);

		if (relation == RELATION_NONE)
			continue;
		out->relation = relation;
		snprintf(out->device, sizeof(out->device), "%s", source ? source : "?");
		snprintf(out->target, sizeof(out->target), "%s", target ? target : "?");
		snprintf(out->fstype, sizeof(out->fstype), "%s", fstype ? fstype : "?");
		r = 0;
		break;
	}
	mnt_free_iter(iter);
	return r;
}

struct libmnt_fs *mounts_find_path(const struct mounts *mounts, const char *path)
{
	_cleanup_free_ char *target = strdup(path);

	for (char *slash; target && *target == '/'; *slash = '\0') {
		struct libmnt_fs *fs =
			mnt_table_find_target(mounts->table, target, MNT_ITER_BACKWARD);

		if (fs)
			return fs;
		slash = strrchr(target, '/');
		if (slash == target)
			slash += slash[1] != '\0'; /* "/a" to "/", then to "" */
	}
	return NULL;
}

static int fstab_load(struct swapadm_ctx *ctx, struct libmnt_table **out)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	size_t len;
	int r = ctx_read_file(ctx, "/etc/fstab", &text, &len);

	if (r || !len)
		return r ? r : -ENOENT;
	f = fmemopen(text, len, "r");
	*out = f ? mnt_new_table() : NULL;
	if (!*out)
		return -ENOMEM;
	/* a line that is not right is nobody's mount point */
	mnt_table_parse_stream(*out, f, "fstab");
	return 0;
}

/* the name of what is open, below the root of @ctx */
static int name_of_open(struct swapadm_ctx *ctx, int fd, char *buf, size_t size)
{
	char link[64], root[4096], name[4096];
	const char *rest;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", ctx->root_fd);
	n = readlink(link, root, sizeof(root) - 1);
	if (n < 0)
		return -errno;
	root[n] = '\0';
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name) - 1);
	if (n < 0)
		return -errno;
	name[n] = '\0';
	rest = streq(root, "/") ? name : str_after(name, root);
	if (!rest || strlen(rest) >= size)
		return -EOVERFLOW;
	snprintf(buf, size, "%s", streq(rest, "/") ? "" : rest);
	return 0;
}

/* @path without symbolic links, as far as it is there; in case of doubt as it is */
static void resolve(struct swapadm_ctx *ctx, const char *path, char *buf, size_t size)
{
	_cleanup_free_ char *folder = strdup(path);
	_cleanup_close_ int fd = -ENOENT;
	char real[4096];

	for (char *slash; folder && fd == -ENOENT && *folder; *slash = '\0') {
		fd = ctx_open(ctx, folder, O_PATH | O_DIRECTORY);
		if (fd != -ENOENT)
			break;
		slash = strrchr(folder, '/');
	}
	if (fd >= 0 && name_of_open(ctx, fd, real, sizeof(real)) == 0)
		snprintf(buf, size, "%s%s", real, path + strlen(folder));
	else
		snprintf(buf, size, "%s", path);
}

static bool is_target(const struct mounts *mounts, const char *target)
{
	return mnt_table_find_target(mounts->table, target, MNT_ITER_BACKWARD);
}

/*
 * A mount point of fstab, with nothing mounted on it: its real name in @real. One that is
 * mounted by the name in fstab is not opened: a server that is gone would not answer.
 */
static bool is_absent(struct swapadm_ctx *ctx, const struct mounts *mounts,
		      const char *target, char *real, size_t size)
{
	char name[4096];
	size_t len = snprintf(name, sizeof(name), "%s", target ? target : "");

	if (len >= sizeof(name))
		return false;
	while (len && name[len - 1] == '/')
		name[--len] = '\0';
	if (*name != '/' || is_target(mounts, name))
		return false;
	resolve(ctx, name, real, size);
	return !is_target(mounts, real);
}

int mounts_find_absent(struct swapadm_ctx *ctx, const char *path, char *buf, size_t size)
{
	_cleanup_(mounts_freep) struct mounts *mounts = NULL;
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_table *fstab = NULL;
	struct libmnt_fs *fs;
	size_t longest = 0;
	char real[4096];

	if (iter && !fstab_load(ctx, &fstab) && !mounts_load(ctx, &mounts))
		while (mnt_table_next_fs(fstab, iter, &fs) == 0) {
			const char *target = mnt_fs_get_target(fs);

			if (!is_absent(ctx, mounts, target, real, sizeof(real)) ||
			    strlen(real) < longest || !path_is_in(path, real))
				continue;
			longest = strlen(real);
			snprintf(buf, size, "%s", target);
		}
	mnt_unref_table(fstab);
	mnt_free_iter(iter);
	return longest ? 0 : -ENOENT;
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

int mounts_each(const struct mounts *mounts,
		int (*fn)(void *data, const struct mount_line *line), void *data)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int r = 0;

	if (!iter)
		return -ENOMEM;
	while (!r && mnt_table_next_fs(mounts->table, iter, &fs) == 0) {
		struct mount_line line = {
			.id = mnt_fs_get_id(fs),
			.dev = mnt_fs_get_devno(fs),
			.target = or_empty(mnt_fs_get_target(fs)),
			.fstype = or_empty(mnt_fs_get_fstype(fs)),
			.options = or_empty(mnt_fs_get_fs_options(fs)),
		};

		r = fn(data, &line);
	}
	mnt_free_iter(iter);
	return r;
}

bool mounts_is_foreign(const char *fstype)
{
	static const char *const names[] = { "autofs", "nfs",  "nfs4", "cifs",    "smb3",
					     "9p",     "ceph", "afs",  "virtiofs" };
	const char *rest = str_after(fstype, "fuse");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(fstype, names[i]))
			return true;
	return rest && (!*rest || *rest == '.' || streq(rest, "blk"));
}

struct type_arg {
	const char *fstype;
	unsigned skip;
	char *buf;
	size_t size;
};

static int is_of_type(void *data, const struct mount_line *line)
{
	struct type_arg *arg = data;

	if (!streq(line->fstype, arg->fstype) || arg->skip-- > 0)
		return 0;
	snprintf(arg->buf, arg->size, "%s", line->target);
	return 1;
}

int mounts_find_type(const struct mounts *mounts, const char *fstype, unsigned skip,
		     char *buf, size_t size)
{
	struct type_arg arg = { fstype, skip, buf, size };
	int r = mounts_each(mounts, is_of_type, &arg);

	return r == 1 ? 0 : r ? r : -ENOENT;
}
