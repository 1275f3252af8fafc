/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/swapfile.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "base/privilege.h"
#include "base/quote.h"
#include "device/check.h"
#include "device/extents.h"
#include "kernel/mounts.h"
#include "kernel/pagesize.h"

#define ZEROS_BYTES   (1u << 20)
#define MAKE_UP_TRIES 8

static int no_folder(struct swapadm_ctx *ctx, const char *path, const char *folder,
		     int err)
{
	return ctx_fail(ctx, err, "%s: add: its folder %s: %s; name another", path,
			folder, strerror(-err));
}

/* the folder of @path, open for looking things up in it; its base name in @base */
static int open_folder(struct swapadm_ctx *ctx, const char *path, const char **base)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *folder = NULL;
	int fd;

	*base = slash + 1;
	folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (!folder)
		return -ENOMEM;
	fd = ctx_open(ctx, folder, O_RDONLY | O_DIRECTORY);
	return fd < 0 ? no_folder(ctx, path, folder, fd) : fd;
}

/* names to be made: plain ones, so that they can be joined to that of a real folder */
static bool names_are_plain(const char *rest)
{
	while (*rest) {
		size_t len = strcspn(rest, "/");

		if (!len || (len == 1 && *rest == '.') ||
		    (len == 2 && rest[0] == '.' && rest[1] == '.'))
			return false;
		rest += len + (rest[len] == '/');
	}
	return true;
}

/*
 * As open_folder(), but the lowest folder of @path that is there; @rest is the part of
 * @path below it, the base name at least.
 */
static int open_nearest(struct swapadm_ctx *ctx, const char *path, const char **rest)
{
	_cleanup_free_ char *folder = strdup(path);
	int fd = -ENOENT;

	if (!folder)
		return -ENOMEM;
	if (path[strlen(path) - 1] == '/')
		return ctx_fail(ctx, -EISDIR,
				"%s: add: it names a folder; name the file in it", path);
	for (char *slash; fd == -ENOENT && (slash = strrchr(folder, '/'));) {
		*rest = path + (slash - folder) + 1;
		if (slash == folder)
			slash++;
		*slash = '\0';
		fd = ctx_open(ctx, folder, O_RDONLY | O_DIRECTORY);
		if (slash == folder + 1)
			break;
	}
	if (fd >= 0 && !names_are_plain(*rest)) {
		close(fd);
		fd = -ENOENT;
		strcpy(folder, path);
		*strrchr(folder, '/') = '\0';
	}
	return fd < 0 ? no_folder(ctx, path, folder, fd) : fd;
}

/*
 * Below a mount point of fstab with nothing mounted on it the file would take the space
 * of another file system, and be hidden once the mount comes. @real: of @path.
 */
static int check_mounted(struct swapadm_ctx *ctx, const char *path, const char *real)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	char target[4096];

	if (mounts_find_absent(ctx, real, target, sizeof(target)))
		return 0;
	return ctx_fail(
		ctx, -ENODEV,
		"%s: add: /etc/fstab has a file system for %s, which is not mounted; `mount %s`",
		path, target, quote_word(&q, target));
}

#define FOLDERS_MAX 64

/*
 * Whoever may rename in the folder, or in one above it, can put another file in the place
 * of ours, which the next start would then look at. A group is somebody's decision, like
 * root:staff below /usr/local; everybody is not. In a sticky folder it is the folder's
 * owner who may.
 */
enum exposed {
	TO_NOBODY,
	TO_SOMEBODY,
	TO_EVERYBODY,
};

static enum exposed folder_is_exposed(const struct stat *st)
{
	bool sticky = st->st_mode & S_ISVTX;

	if (st->st_uid == 0 && (sticky || !stat_others_may_write(st)))
		return TO_NOBODY;
	return st->st_mode & 002 && !sticky ? TO_EVERYBODY : TO_SOMEBODY;
}

/* the worst of the folder and of those above it; 0; -errno, without a sentence */
static int look_at_folders(int folder_fd, enum exposed *worst)
{
	_cleanup_close_ int fd = openat(folder_fd, ".", O_PATH | O_CLOEXEC);
	struct stat st, below = { 0 };

	*worst = TO_NOBODY;
	for (int i = 0; i < FOLDERS_MAX; i++) {
		enum exposed exposed;
		int up;

		if (fd < 0 || fstat(fd, &st) < 0)
			return -errno;
		if (stat_same(&st, &below))
			return 0; /* the root is its own parent */
		exposed = folder_is_exposed(&st);
		*worst = exposed > *worst ? exposed : *worst;
		up = openat(fd, "..", O_PATH | O_CLOEXEC);
		close(fd);
		fd = up;
		below = st;
	}
	return 0;
}

static int check_folders(struct swapadm_ctx *ctx, int folder_fd, const char *path)
{
	enum exposed exposed;
	int r = look_at_folders(folder_fd, &exposed);

	if (!r && exposed == TO_EVERYBODY)
		return ctx_fail(
			ctx, -EPERM,
			"%s: add: everybody may rename files in its folder or in one above it; use a folder that only root may write",
			path);
	if (!r && exposed == TO_SOMEBODY)
		log_warning(
			ctx,
			"%s: add: others than root may rename files in its folder or in one above it; use a folder that only root may write",
			path);
	return r ? ctx_fail(ctx, r, "%s: add: look at its folder: %s", path, strerror(-r))
		 : 0;
}

const char *swapfile_exposed_to(struct swapadm_ctx *ctx, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *folder =
		strndup(path, slash == path ? 1 : (size_t)(slash - path));
	_cleanup_close_ int fd = -1;
	enum exposed exposed;

	if (folder)
		fd = ctx_open(ctx, folder, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || look_at_folders(fd, &exposed) || exposed == TO_NOBODY)
		return NULL;
	return exposed == TO_EVERYBODY ? "everybody" : "others than root";
}

static int no_permission(struct swapadm_ctx *ctx, const char *path)
{
	return ctx_fail(ctx, -EACCES, "%s: add: make a file in its folder: %s", path,
			PRIVILEGE_REMEDY("CAP_DAC_OVERRIDE"));
}

static int check_room(struct swapadm_ctx *ctx, int folder_fd, const char *path,
		      uint64_t size_bytes)
{
	struct statvfs fs;
	uint64_t free_bytes;

	if (fstatvfs(folder_fd, &fs) < 0)
		return ctx_fail(ctx, -errno, "%s: add: ask for free space: %s", path,
				strerror(errno));
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (free_bytes >= size_bytes)
		return 0;
	return ctx_fail(
		ctx, -SWAPADM_ENOROOM,
		"%s: add: needs %ju MiB, its file system has %ju MiB free; free some or give a smaller size",
		path, (uintmax_t)(size_bytes >> 20), (uintmax_t)(free_bytes >> 20));
}

/* the folder's name without symbolic links, as the kernel has it, and what is below it */
static char *join_real(struct swapadm_ctx *ctx, int folder_fd, const char *rest)
{
	char link[64], folder[4096], *path;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder_fd);
	if (ctx_readlink(ctx, link, folder, sizeof(folder)) < 0)
		return NULL;
	if (asprintf(&path, "%s/%s", streq(folder, "/") ? "" : folder, rest) < 0)
		return NULL;
	return path;
}

int swapfile_plan(struct swapadm_ctx *ctx, const char *path, uint64_t size_bytes,
		  int *folder_fd, char **real_path)
{
	uint64_t min_bytes = SWAP_MIN_PAGES * ctx_page_bytes(ctx);
	_cleanup_close_ int folder = -1;
	const char *rest = path;
	_cleanup_free_ char *real = NULL;
	struct stat st;
	int r;

	folder = open_nearest(ctx, path, &rest);
	if (folder < 0)
		return folder;
	if (fstatat(folder, rest, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return ctx_fail(ctx, -EEXIST,
				"%s: add: there is something of this name already", path);
	if (size_bytes < min_bytes)
		return ctx_fail(
			ctx, -ERANGE,
			"%s: add: %ju bytes are too small for a swap area, which needs %ju at least",
			path, (uintmax_t)size_bytes, (uintmax_t)min_bytes);
	if (faccessat(folder, ".", W_OK, AT_EACCESS) < 0 && errno == EACCES)
		return no_permission(ctx, path);
	real = join_real(ctx, folder, rest);
	if (!real)
		return ctx_fail(ctx, -ENOMEM, "%s: add: %s", path, strerror(ENOMEM));
	r = check_mounted(ctx, path, real);
	if (!r)
		r = check_folders(ctx, folder, path);
	if (!r)
		r = check_filesystem(ctx, folder, path, "swap");
	if (!r)
		r = check_room(ctx, folder, path, size_bytes);
	if (r)
		return r;
	*real_path = steal_ptr(&real);
	*folder_fd = steal_fd(&folder);
	return 0;
}

/* btrfs: only an empty file can be taken out of copy-on-write, which swapon insists on */
static int prepare_btrfs(struct swapadm_ctx *ctx, int fd, const char *path)
{
	int attr = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &attr) == 0) {
		attr = (attr | FS_NOCOW_FL) & ~FS_COMPR_FL;
		if (ioctl(fd, FS_IOC_SETFLAGS, &attr) == 0)
			return 0;
	}
	return ctx_fail(
		ctx, -EOPNOTSUPP,
		"%s: add: copy-on-write can't be turned off there (%s), which btrfs needs for a swap file; use a folder without compression or a block device",
		path, strerror(errno));
}

static int write_zeros(int fd, uint64_t at, uint64_t size_bytes)
{
	_cleanup_free_ char *zeros = calloc(1, ZEROS_BYTES);

	if (!zeros)
		return -ENOMEM;
	/* ext2 and ext3 choose the places of blocks by the size that they know */
	if (ftruncate(fd, (off_t)size_bytes) < 0)
		return -errno;
	while (at < size_bytes) {
		uint64_t left = size_bytes - at;
		ssize_t n = pwrite(fd, zeros, left < ZEROS_BYTES ? left : ZEROS_BYTES,
				   (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += (uint64_t)n;
	}
	return 0;
}

/* file systems whose swapon takes blocks that are allocated and were never written */
static bool takes_unwritten(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	switch ((unsigned)fs.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
		return true;
	}
	return false;
}

/* blocks from byte @at to @size_bytes */
static int allocate(int fd, uint64_t at, uint64_t size_bytes)
{
	int r;

	if (takes_unwritten(fd)) {
		do
			r = fallocate(fd, 0, (off_t)at, (off_t)(size_bytes - at)) < 0
				    ? -errno
				    : 0;
		while (r == -EINTR);
		if (r != -EOPNOTSUPP) /* ext2, ext3 */
			return r;
	}
	return write_zeros(fd, at, size_bytes);
}

bool swapfile_has_size(int fd, uint64_t file_bytes, uint64_t size_bytes)
{
	uint64_t usable;

	if (file_bytes <= size_bytes)
		return file_bytes == size_bytes;
	return !extents_usable(fd, file_bytes, &usable) && usable >= size_bytes &&
	       usable <= size_bytes + own_page_bytes();
}

static void warn_lost(struct swapadm_ctx *ctx, const char *path, uint64_t usable,
		      uint64_t size_bytes)
{
	char left[32], asked[32];

	log_warning(
		ctx,
		"%s: add: the kernel can use only %s of %s: the file system's blocks are smaller than a page and scattered; use another file system",
		path, words_size(usable, left, sizeof(left)),
		words_size(size_bytes, asked, sizeof(asked)));
}

/*
 * Where blocks are smaller than a page, pages of the file are lost that do not begin at a
 * page of the disk: the file grows until what is left has the size that was asked for.
 * Without room for that the area is smaller, which is said.
 */
static int make_up(struct swapadm_ctx *ctx, int fd, const char *path, uint64_t size_bytes)
{
	uint64_t usable, file_bytes = size_bytes;

	for (int i = 0;; i++) {
		uint64_t before = file_bytes;

		if (extents_usable(fd, file_bytes, &usable) || usable >= size_bytes)
			return 0; /* unknown: the kernel will say */
		if (i == MAKE_UP_TRIES)
			break;
		file_bytes += size_bytes - usable;
		if (allocate(fd, before, file_bytes))
			break;
	}
	/* a file of another size than was asked for is only what makes up for it */
	if (ftruncate(fd, (off_t)size_bytes) < 0 || fsync(fd) < 0)
		return -errno;
	if (!extents_usable(fd, size_bytes, &usable) && usable < size_bytes)
		warn_lost(ctx, path, usable, size_bytes);
	return 0;
}

int swapfile_make(struct swapadm_ctx *ctx, int folder_fd, const char *path,
		  uint64_t size_bytes)
{
	_cleanup_close_ int fd = -1;
	struct statfs fs;
	int r = ctx_may_change(ctx, path);

	if (r)
		return r;
	fd = openat(folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return ctx_fail(
			ctx, -errno,
			"%s: add: make the file: %s; use a folder on ext4, xfs or btrfs, or make the file by hand (dd, chmod 600)",
			path, strerror(errno));
	if (fstatfs(fd, &fs) == 0 && (unsigned)fs.f_type == BTRFS_SUPER_MAGIC) {
		r = prepare_btrfs(ctx, fd, path);
		if (r)
			return r;
	}
	/* the umask must not take bits, nor an ACL of the folder add some */
	r = fchmod(fd, 0600) < 0 ? -errno : allocate(fd, 0, size_bytes);
	if (!r)
		r = make_up(ctx, fd, path, size_bytes);
	if (!r && fsync(fd) < 0)
		r = -errno;
	if (r)
		return ctx_fail(ctx, r, "%s: add: give the file its blocks: %s", path,
				strerror(-r));
	return steal_fd(&fd);
}

static bool names(int folder_fd, const char *base, int fd)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 &&
	       fstatat(folder_fd, base, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       stat_same(&ours, &named);
}

/*
 * the folder @name in @folder_fd, made with mode 0755 when absent, which @made says:
 * descriptor, -errno
 */
static int make_folder(int folder_fd, const char *name, bool *made)
{
	int fd, r = mkdirat(folder_fd, name, 0755) < 0 ? -errno : 0;

	*made = !r;
	if (r && r != -EEXIST)
		return r;
	fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : 0;
	/* by mkdirat() the umask counts */
	if (!r && *made && fchmod(fd, 0755) < 0) {
		r = -errno;
		close(fd);
	}
	if (r && *made)
		unlinkat(folder_fd, name, AT_REMOVEDIR);
	return r ? r : fd;
}

/* @end: of the name of the folder @folder_fd in @path, which becomes the one above */
static int remove_folder(int *folder_fd, const char *path, const char **end)
{
	const char *slash = memrchr(path, '/', (size_t)(*end - path));
	_cleanup_free_ char *name = strndup(slash + 1, (size_t)(*end - slash - 1));
	_cleanup_close_ int up =
		openat(*folder_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!name || up < 0)
		return name ? -errno : -ENOMEM;
	if (!names(up, name, *folder_fd))
		return -ESTALE;
	if (unlinkat(up, name, AT_REMOVEDIR) < 0)
		return -errno;
	close(*folder_fd);
	*folder_fd = steal_fd(&up);
	*end = slash;
	return 0;
}

static int remove_folders(int *folder_fd, const char *path, const char *end, unsigned n)
{
	int r = 0;

	for (; n && !r; n--)
		r = remove_folder(folder_fd, path, &end);
	/* somebody else has put something in it since: it is theirs now */
	return r == -ENOTEMPTY || r == -EEXIST ? 0 : r;
}

int swapfile_remove_folders(int *folder_fd, const char *path, unsigned n)
{
	return remove_folders(folder_fd, path, strrchr(path, '/'), n);
}

/*
 * @rest, the end of @path, below @folder_fd, which is replaced by the last one of its
 * folders. When one can't be made, none stays.
 */
static int make_folders(const char *path, const char *rest, int *folder_fd,
			unsigned *n_made)
{
	for (const char *slash; (slash = strchr(rest, '/')); rest = slash + 1) {
		_cleanup_free_ char *name = strndup(rest, (size_t)(slash - rest));
		bool made = false;
		int fd = name ? make_folder(*folder_fd, name, &made) : -ENOMEM;

		if (fd < 0) {
			remove_folders(folder_fd, path, rest - 1, *n_made);
			*n_made = 0;
			return fd;
		}
		/* above one that another has made meanwhile, none can go */
		*n_made = made ? *n_made + 1 : 0;
		fsync(*folder_fd);
		close(*folder_fd);
		*folder_fd = fd;
	}
	return 0;
}

/* what of @path, as swapfile_plan() made it, is below @folder_fd; @real: to be freed */
static const char *below_folder(struct swapadm_ctx *ctx, int folder_fd, const char *path,
				char **real)
{
	const char *rest;

	*real = join_real(ctx, folder_fd, "");
	rest = *real ? str_after(path, *real) : NULL;
	/* renamed meanwhile: the look at the file that was made notices */
	return rest ? rest : strrchr(path, '/') + 1;
}

char *swapfile_first_folder(struct swapadm_ctx *ctx, int folder_fd, const char *path)
{
	_cleanup_free_ char *real = NULL;
	const char *slash = strchr(below_folder(ctx, folder_fd, path, &real), '/');

	return slash ? strndup(path, (size_t)(slash - path)) : NULL;
}

int swapfile_make_folders(struct swapadm_ctx *ctx, int *folder_fd, const char *path,
			  unsigned *n_made)
{
	_cleanup_free_ char *real = NULL;
	const char *rest = below_folder(ctx, *folder_fd, path, &real);
	int r;

	*n_made = 0;
	if (!strchr(rest, '/'))
		return 0;
	r = make_folders(path, rest, folder_fd, n_made);
	if (r)
		return ctx_fail(ctx, r, "%s: add: make its folder: %s", path,
				strerror(-r));
	return check_folders(ctx, *folder_fd, path);
}

int swapfile_link(struct swapadm_ctx *ctx, int folder_fd, int fd, const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, link, folder_fd, base, AT_SYMLINK_FOLLOW) < 0)
		return ctx_fail(
			ctx, -errno, "%s: add: %s", path,
			errno == EEXIST
				? "another program has made a file of this name meanwhile; look at it, or name another"
				: strerror(errno));
	if (!names(folder_fd, base, fd))
		return ctx_fail(ctx, -ESTALE,
				"%s: add: another file was put in its place", path);
	if (fsync(folder_fd) < 0)
		log_debug(ctx, "%s: sync its folder: %s", path, strerror(errno));
	return 0;
}

int swapfile_open(struct swapadm_ctx *ctx, const char *path, int *folder_fd, int *fd)
{
	const char *base;
	_cleanup_close_ int folder = open_folder(ctx, path, &base);

	if (folder < 0)
		return folder;
	*fd = openat(folder, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return -errno;
	*folder_fd = steal_fd(&folder);
	return 0;
}

int swapfile_unlink(int folder_fd, int fd, const char *path)
{
	const char *base = strrchr(path, '/') + 1;

	if (!names(folder_fd, base, fd))
		return faccessat(folder_fd, base, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
				       errno == ENOENT
			       ? 0
			       : -ESTALE;
	return unlinkat(folder_fd, base, 0) < 0 ? -errno : 0;
}
