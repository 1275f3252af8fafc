/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check_device() for swap files. */
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "base/quote.h"
#include "device/check.h"
#include "device/extents.h"
#include "device/zram.h"
#include "kernel/openers.h"

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

int check_filesystem(struct swapadm_ctx *ctx, int fd, const char *path, const char *what)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return ctx_fail(ctx, -errno, "%s: add: look at its file system: %s", path,
				strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(never_swap); i++)
		if ((unsigned)fs.f_type == never_swap[i].magic)
			return ctx_fail(
				ctx, -EOPNOTSUPP,
				"%s: add: it is on %s, which can't hold a %s file; use a block device or a file on ext4, xfs or btrfs",
				path, never_swap[i].name, what);
	if (fs.f_flags & ST_RDONLY)
		return ctx_fail(
			ctx, -EACCES,
			"%s: add: its file system is mounted read-only; use a file on another one, or remount it read-write",
			path);
	return 0;
}

#define WAY_BYTES 13000 /* a path with a character that is quoted as four, twice */

static const char *kind_of(const struct target *target)
{
	return target->is_backing ? "write-back" : "swap";
}

/* what to do with a file that can't become what it is to be as it is */
static const char *remake(const struct target *target, char *buf, size_t size)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	uintmax_t kib = target->size_bytes >> 10;
	const char *word;

	if (target->is_backing) {
		word = quote_word(&q, target->path);
		snprintf(
			buf, size,
			"remove it and make it with `fallocate -l %juK %s && chmod 600 %s`",
			kib, word, word);
		return buf;
	}
	snprintf(buf, size, "%s,size=%juK", target->path, kib);
	word = quote_word(&q, buf);
	snprintf(buf, size, "remove it and let swapctl make it: %s", word);
	return buf;
}

/* the way out takes what is in it: said only where that is known, or nothing */
static const char *remake_if(const struct target *target)
{
	if (target->probe.n_foreign)
		return "it holds other data: name another file; or, if that is not needed, ";
	return target->probe.swap || target->st.st_blocks == 0
		       ? ""
		       : "if nothing in it is needed, ";
}

bool check_file_is_exposed(const struct target *target)
{
	const struct stat *st = &target->st;

	return target->is_file && (st->st_uid != 0 || st->st_mode & (S_IRWXG | S_IRWXO));
}

static int check_owner(struct swapadm_ctx *ctx, const struct target *target)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const struct stat *st = &target->st;
	char way[WAY_BYTES];

	if (!check_file_is_exposed(target))
		return 0;
	/* what processes had in memory is in there: as good as /dev/mem */
	if (target->is_backing)
		return ctx_fail(
			ctx, -EPERM,
			"%s: add: users other than root may use it (user %u, mode %04o), who could read what zram writes back; %s%s",
			target->path, (unsigned)st->st_uid,
			(unsigned)(st->st_mode & 07777), remake_if(target),
			remake(target, way, sizeof(way)));
	if (!target->probe.swap)
		return ctx_fail(
			ctx, -EPERM,
			"%s: add: it is not a swap file, and users other than root may use it (user %u, mode %04o); name a new file with a size, such as /swapfile,size=1G",
			target->path, (unsigned)st->st_uid,
			(unsigned)(st->st_mode & 07777));
	if (st->st_uid != 0)
		return ctx_fail(
			ctx, -EPERM,
			"%s: add: the file belongs to user %u, who could read what is swapped out; `chown root %s`",
			target->path, (unsigned)st->st_uid, quote_word(&q, target->path));
	return ctx_fail(
		ctx, -EPERM,
		"%s: add: others than root may use the file (mode %04o); `chmod 600 %s`",
		target->path, (unsigned)(st->st_mode & 07777),
		quote_word(&q, target->path));
}

/* swapon(2) of such a file ends with EPERM, like one without privilege */
static int check_attributes(struct swapadm_ctx *ctx, const struct target *target)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	int attr = 0;

	if (ioctl(target->fd, FS_IOC_GETFLAGS, &attr) < 0 ||
	    !(attr & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return 0;
	return ctx_fail(ctx, -EPERM, "%s: add: the file is %s; `chattr -%c %s`",
			target->path,
			attr & FS_IMMUTABLE_FL ? "immutable" : "append-only",
			attr & FS_IMMUTABLE_FL ? 'i' : 'a', quote_word(&q, target->path));
}

/* ---- a file that a loop device serves, or that somebody writes to ----------------- */

/* by device and inode: the name that it was set up with may lead elsewhere by now */
static bool loop_serves(struct swapadm_ctx *ctx, const char *name,
			const struct stat *want)
{
	_cleanup_close_ int fd = -1;
	struct loop_info64 info;
	char path[300];

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = ctx_open(ctx, path, O_RDONLY | O_NONBLOCK);
	return fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, &info) == 0 &&
	       info.lo_inode == want->st_ino && info.lo_device == want->st_dev;
}

static bool loop_names(struct swapadm_ctx *ctx, const char *name, const struct stat *want)
{
	char path[300], backing[4096];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", name);
	return !ctx_read_line(ctx, path, backing, sizeof(backing)) && backing[0] == '/' &&
	       !ctx_stat(ctx, backing, &st) && stat_same(&st, want);
}

bool check_is_freed(const struct check *check, dev_t backing)
{
	return check->left_over && *check->left_over >= 0 &&
	       zram_of_backing(check->ctx, backing) == *check->left_over;
}

int check_refuse_writeback(const struct check *check, const char *path,
			   const char *through, int zram)
{
	_cleanup_(state_free) struct state state = { 0 };
	const struct state_device *record = NULL;
	char node[32], remedy[128];

	snprintf(node, sizeof(node), "/dev/zram%d", zram);
	if (state_load(check->ctx, &state) == 0)
		record = state_find_ours(check->ctx, &state, node);
	if (record && record->created)
		snprintf(remedy, sizeof(remedy), "`swapctl remove zram%d`", zram);
	else if (areas_find(&check->areas, node))
		snprintf(remedy, sizeof(remedy),
			 "`swapctl remove zram%d && zramctl --reset /dev/zram%d`", zram,
			 zram);
	else
		snprintf(remedy, sizeof(remedy), "`zramctl --reset /dev/zram%d`", zram);
	return ctx_fail(check->ctx, -EBUSY,
			"%s: add: it is %sthe write-back device of %s; %s first", path,
			through, node, remedy);
}

/* the loop device @name serves the file */
static int check_loop_user(const struct check *check, const struct target *target,
			   const char *name, bool *freed)
{
	char node[300], through[340];
	struct stat st;
	int zram = -1;

	snprintf(node, sizeof(node), "/dev/%s", name);
	if (ctx_stat(check->ctx, node, &st) == 0) {
		if (check_is_freed(check, st.st_rdev)) {
			*freed = true;
			return 0;
		}
		zram = zram_of_backing(check->ctx, st.st_rdev);
	}
	if (zram < 0)
		return ctx_fail(
			check->ctx, -EBUSY,
			"%s: add: it is the backing file of %s; detach that first (losetup -d %s)",
			target->path, node, node);
	/* it goes with the zram, and not before (loop_attach()) */
	snprintf(through, sizeof(through), "the backing file of %s, ", node);
	return check_refuse_writeback(check, target->path, through, zram);
}

/* @freed: a loop device has it that goes away before the file is used */
static int check_loop_backing(const struct check *check, const struct target *target,
			      bool *freed)
{
	struct swapadm_ctx *ctx = check->ctx;
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, "/sys/block");
	const struct dirent *entry;
	int r = 0;

	if (!dir && errno != ENOENT)
		return ctx_fail(ctx, -errno,
				"%s: add: /sys/block: look for loop devices: %s",
				target->path, strerror(errno));
	while (!r && dir && (entry = readdir(dir)))
		if (str_after(entry->d_name, "loop") &&
		    (loop_serves(ctx, entry->d_name, &target->st) ||
		     loop_names(ctx, entry->d_name, &target->st)))
			r = check_loop_user(check, target, entry->d_name, freed);
	return r;
}

/*
 * Nobody may have it open for writing, nor mapped so: a lease shows it (fs/locks.c
 * check_conflicting_open()), of all mount and process namespaces. It is given back at
 * once; whoever opens the file in between makes the kernel send a signal.
 */
static bool is_written(int fd)
{
	sigset_t io, before;
	bool written;

	sigemptyset(&io);
	sigaddset(&io, SIGIO);
	pthread_sigmask(SIG_BLOCK, &io, &before);
	written = fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
	if (!written) {
		fcntl(fd, F_SETLEASE, F_UNLCK);
		if (!sigismember(&before, SIGIO))
			sigtimedwait(&io, NULL, &(struct timespec){ 0 });
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return written;
}

static int check_writers(struct swapadm_ctx *ctx, const struct target *target)
{
	struct opener who;

	if (ctx->foreign_root || !is_written(target->fd))
		return 0;
	if (opener_find(ctx, &target->st, true, &who) == 0)
		return ctx_fail(
			ctx, -EBUSY,
			"%s: add: process %d (%s) has it open for writing; stop it first, or name another file",
			target->path, (int)who.pid, who.comm);
	if (opener_is_self(ctx, &target->st))
		return 0;
	return ctx_fail(
		ctx, -EBUSY,
		"%s: add: the kernel or a process in another container has it open for writing; name another file",
		target->path);
}

/* ---- every block a block of its own ---------------------------------------------- */

static int sparse(struct swapadm_ctx *ctx, const struct target *target, uint64_t offset)
{
	char way[WAY_BYTES];

	return ctx_fail(
		ctx, -ENXIO,
		"%s: add: the file has a hole at byte %ju, and a %s file must have all its blocks; %s%s",
		target->path, (uintmax_t)offset, kind_of(target), remake_if(target),
		remake(target, way, sizeof(way)));
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
	char way[WAY_BYTES];
	const char *what = NULL;

	if (extent->fe_flags & FIEMAP_EXTENT_SHARED)
		what = "blocks that it shares with another file or a snapshot";
	else if (extent->fe_flags & FIEMAP_EXTENT_DATA_INLINE)
		what = "data inside the file system's own metadata";
	else if (extent->fe_flags & FIEMAP_EXTENT_ENCODED)
		what = "compressed or encrypted blocks";
	if (!what)
		return 0;
	return ctx_fail(ctx, -EOPNOTSUPP,
			"%s: add: the file has %s, which a %s file may not have; %s%s",
			target->path, what, kind_of(target), remake_if(target),
			remake(target, way, sizeof(way)));
}

/*
 * Holes by FIEMAP: SEEK_HOLE also reports blocks that are allocated and not yet written
 * (ext4, xfs), which a swap file may have.
 */
static int check_holes(struct swapadm_ctx *ctx, const struct target *target)
{
	struct extents walk = { .fd = target->fd, .end_bytes = target->size_bytes };
	const struct fiemap_extent *extent;
	uint64_t at = 0;
	int r;

	while ((r = extents_next(&walk, &extent)) > 0) {
		r = check_extent(ctx, target, extent);
		if (r)
			return r;
		if (extent->fe_logical > at)
			return sparse(ctx, target, at);
		at = walk.at_bytes;
	}
	if (r < 0)
		return check_holes_by_size(ctx, target);
	return at < target->size_bytes ? sparse(ctx, target, at) : 0;
}

static int check_btrfs(struct swapadm_ctx *ctx, const struct target *target)
{
	char way[WAY_BYTES];
	struct statfs fs;
	int attr = 0;

	if (fstatfs(target->fd, &fs) < 0 || (unsigned)fs.f_type != BTRFS_SUPER_MAGIC)
		return 0;
	if (ioctl(target->fd, FS_IOC_GETFLAGS, &attr) == 0 && attr & FS_NOCOW_FL)
		return 0;
	return ctx_fail(
		ctx, -EOPNOTSUPP,
		"%s: add: btrfs needs a %s file without copy-on-write, which is set while it is empty; %s%s%s",
		target->path, kind_of(target), remake_if(target),
		remake(target, way, sizeof(way)),
		target->is_backing ? ", after `chattr +C` of its folder" : "");
}

int check_file_use(struct check *check, struct target *target)
{
	struct swapadm_ctx *ctx = check->ctx;
	int r = check_filesystem(ctx, target->fd, target->path, kind_of(target));
	bool freed = false;

	target->size_bytes = (uint64_t)target->st.st_size;
	if (!r)
		r = check_loop_backing(check, target, &freed);
	return r || freed ? r : check_writers(ctx, target);
}

int check_file_form(struct check *check, const struct target *target)
{
	struct swapadm_ctx *ctx = check->ctx;
	int r = check_owner(ctx, target);

	if (!r)
		r = check_attributes(ctx, target);
	if (!r)
		r = check_btrfs(ctx, target);
	return r ? r : check_holes(ctx, target);
}
