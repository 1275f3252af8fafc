/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check_device() for swap files. */
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "device/check.h"

#define EXTENTS_PER_CALL 64

static const struct {
	unsigned magic;
	const char *name;
} never_swap[] = {
	{ TMPFS_MAGIC, "tmpfs" },
	{ RAMFS_MAGIC, "ramfs" },
	{ OVERLAYFS_SUPER_MAGIC, "overlay" },
	{ NFS_SUPER_MAGIC, "nfs" },
	{ FUSE_SUPER_MAGIC, "fuse" },
	{ SQUASHFS_MAGIC, "squashfs" },
	{ EROFS_SUPER_MAGIC_V1, "erofs" },
	{ ISOFS_SUPER_MAGIC, "iso9660" },
	{ V9FS_MAGIC, "9p" },
	{ CIFS_SUPER_MAGIC, "cifs" },
	{ SMB2_SUPER_MAGIC, "smb3" },
	{ 0x00c36400, "ceph" },
	{ AFS_SUPER_MAGIC, "afs" },
	{ ECRYPTFS_SUPER_MAGIC, "ecryptfs" },
	{ HUGETLBFS_MAGIC, "hugetlbfs" },
	{ PROC_SUPER_MAGIC, "proc" },
	{ SYSFS_MAGIC, "sysfs" },
	{ 0x2fc12fc1, "zfs" },
	{ 0xca451a4e, "bcachefs" },
};

int check_filesystem(struct swapadm_ctx *ctx, int fd, const char *path)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return ctx_fail(ctx, -errno, "%s: add: look at its file system: %s", path,
				strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(never_swap); i++)
		if ((unsigned)fs.f_type == never_swap[i].magic)
			return ctx_fail(
				ctx, -EOPNOTSUPP,
				"%s: add: it lies on %s, which can't hold a swap file; use a block device or a file on ext4, xfs or btrfs",
				path, never_swap[i].name);
	if (fs.f_flags & ST_RDONLY)
		return ctx_fail(
			ctx, -EACCES,
			"%s: add: its file system is mounted read-only; use a file on another one, or remount it read-write",
			path);
	return 0;
}

static int check_owner(struct swapadm_ctx *ctx, const struct target *target)
{
	const struct stat *st = &target->st;

	/* what processes had in memory is in there: as good as /dev/mem */
	if (st->st_uid != 0)
		return ctx_fail(
			ctx, -EPERM,
			"%s: add: the file belongs to user %u, who could read what is swapped out; `chown root %s`",
			target->path, (unsigned)st->st_uid, target->path);
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return ctx_fail(
			ctx, -EPERM,
			"%s: add: others than root may use the file (mode %04o); `chmod 600 %s`",
			target->path, (unsigned)(st->st_mode & 07777), target->path);
	return 0;
}

/* ---- a file that a loop device serves ------------------------------------------- */

static int check_loop_backing(struct swapadm_ctx *ctx, const struct target *target)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, "/sys/block");
	char path[300], backing[4096];
	const struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (!str_after(entry->d_name, "loop"))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file",
			 entry->d_name);
		if (ctx_read_line(ctx, path, backing, sizeof(backing)) ||
		    ctx_stat(ctx, backing, &st) < 0 || st.st_dev != target->st.st_dev ||
		    st.st_ino != target->st.st_ino)
			continue;
		return ctx_fail(
			ctx, -EBUSY,
			"%s: add: it is the backing file of /dev/%s; detach that first (losetup -d /dev/%s)",
			target->path, entry->d_name, entry->d_name);
	}
	return 0;
}

/* ---- every block a block of its own ---------------------------------------------- */

static int sparse(struct swapadm_ctx *ctx, const struct target *target, uint64_t offset)
{
	return ctx_fail(
		ctx, -ENXIO,
		"%s: add: the file has a hole at byte %ju, and a swap file must have all its blocks; remove it and let swapctl make it: %s,size=%juK",
		target->path, (uintmax_t)offset, target->path,
		(uintmax_t)(target->size_bytes >> 10));
}

/* for file systems without FIEMAP; misses holes of files with blocks past their end */
static int check_holes_by_size(struct swapadm_ctx *ctx, const struct target *target)
{
	off_t hole = lseek(target->fd, 0, SEEK_HOLE);

	if ((uint64_t)target->st.st_blocks * 512 >= target->size_bytes)
		return 0;
	return sparse(ctx, target, hole < 0 ? 0 : (uint64_t)hole);
}

static int check_extent(struct swapadm_ctx *ctx, const struct target *target,
			const struct fiemap_extent *extent)
{
	const char *what = NULL;

	if (extent->fe_flags & FIEMAP_EXTENT_SHARED)
		what = "blocks that it shares with another file or a snapshot";
	else if (extent->fe_flags & FIEMAP_EXTENT_DATA_INLINE)
		what = "data inside the file system's own metadata";
	else if (extent->fe_flags & FIEMAP_EXTENT_ENCODED)
		what = "compressed or encrypted blocks";
	if (!what)
		return 0;
	return ctx_fail(
		ctx, -EOPNOTSUPP,
		"%s: add: the file has %s, which the kernel can't swap to; remove it and let swapctl make it: %s,size=%juK",
		target->path, what, target->path, (uintmax_t)(target->size_bytes >> 10));
}

union extents {
	struct fiemap map;
	char room[sizeof(struct fiemap) + EXTENTS_PER_CALL * sizeof(struct fiemap_extent)];
};

/*
 * Holes by FIEMAP: SEEK_HOLE also reports blocks that are allocated and not yet written
 * (ext4, xfs), which a swap file may have.
 */
static int check_holes(struct swapadm_ctx *ctx, const struct target *target)
{
	uint64_t at = 0;

	while (at < target->size_bytes) {
		union extents extents = { .map = { .fm_start = at,
						   .fm_length = target->size_bytes - at,
						   .fm_flags = FIEMAP_FLAG_SYNC,
						   .fm_extent_count =
							   EXTENTS_PER_CALL } };

		if (ioctl(target->fd, FS_IOC_FIEMAP, &extents.map) < 0)
			return check_holes_by_size(ctx, target);
		if (extents.map.fm_mapped_extents == 0)
			return sparse(ctx, target, at);
		for (unsigned i = 0; i < extents.map.fm_mapped_extents; i++) {
			const struct fiemap_extent *extent = &extents.map.fm_extents[i];
			int r = check_extent(ctx, target, extent);

			if (r)
				return r;
			if (extent->fe_logical > at)
				return sparse(ctx, target, at);
			at = extent->fe_logical + extent->fe_length;
		}
	}
	return 0;
}

static int check_btrfs(struct swapadm_ctx *ctx, const struct target *target)
{
	struct statfs fs;
	int attr = 0;

	if (fstatfs(target->fd, &fs) < 0 || (unsigned)fs.f_type != BTRFS_SUPER_MAGIC)
		return 0;
	if (ioctl(target->fd, FS_IOC_GETFLAGS, &attr) == 0 && attr & FS_NOCOW_FL)
		return 0;
	return ctx_fail(
		ctx, -EOPNOTSUPP,
		"%s: add: btrfs needs a swap file without copy-on-write, which is set while it is empty; remove it and let swapctl make it: %s,size=%juK",
		target->path, target->path, (uintmax_t)(target->size_bytes >> 10));
}

int check_swapfile(struct check *check, struct target *target)
{
	struct swapadm_ctx *ctx = check->ctx;
	int r = check_filesystem(ctx, target->fd, target->path);

	target->size_bytes = (uint64_t)target->st.st_size;
	if (!r)
		r = check_owner(ctx, target);
	if (!r)
		r = check_loop_backing(ctx, target);
	if (!r)
		r = check_btrfs(ctx, target);
	return r ? r : check_holes(ctx, target);
}
