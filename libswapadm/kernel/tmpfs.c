/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/tmpfs.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/sysmacros.h>

#include "base/sys.h"
#include "kernel/mounts.h"

#define WINDOW_BYTES (UINT64_C(64) << 20) /* mapped at a time: 16 KiB for mincore(2) */
#define DEPTH_MAX    32

struct preread {
	tmpfs_fn fn;
	void *data;
	size_t page_bytes;
};

/* ask for one run of pages that are not in memory */
static int ask(struct preread *p, char *base, size_t bytes)
{
	if (!bytes || madvise(base, bytes, MADV_WILLNEED) < 0)
		return 0;
	return p->fn(p->data, bytes);
}

/* a mapped stretch of data: the runs that are not resident */
static int ask_absent(struct preread *p, char *base, size_t bytes,
		      unsigned char *resident)
{
	size_t n = (bytes + p->page_bytes - 1) / p->page_bytes, from = 0;

	if (mincore(base, bytes, resident) < 0)
		return 0;
	for (size_t i = 0; i <= n; i++) {
		int r;

		if (i < n && !(resident[i] & 1))
			continue;
		r = ask(p, base + from * p->page_bytes, (i - from) * p->page_bytes);
		if (r)
			return r;
		from = i + 1;
	}
	return 0;
}

static int map_and_ask(struct preread *p, int fd, off_t offset, size_t bytes)
{
	unsigned char *resident = malloc(bytes / p->page_bytes + 1);
	char *base = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, offset);
	int r = resident ? 0 : -ENOMEM;

	if (!r && base != MAP_FAILED)
		r = ask_absent(p, base, bytes, resident);
	if (base != MAP_FAILED)
		munmap(base, bytes);
	free(resident);
	return r;
}

/* swapped pages count as data (shmem_file_llseek), holes are passed over */
static int read_file(void *data, int fd, const struct stat *st)
{
	struct preread *p = data;
	off_t at = 0, end;
	int r = 0;

	(void)st;
	while (!r && (at = lseek(fd, at, SEEK_DATA)) >= 0) {
		end = lseek(fd, at, SEEK_HOLE);
		if (end <= at)
			break;
		while (!r && at < end) {
			uint64_t bytes = (uint64_t)(end - at);

			if (bytes > WINDOW_BYTES)
				bytes = WINDOW_BYTES;
			r = map_and_ask(p, fd, at, bytes);
			at += (off_t)bytes;
		}
	}
	return r;
}

/* ---- the files of a mount ---------------------------------------------------------- */

struct walk {
	struct swapadm_ctx *ctx;
	int (*fn)(void *data, int fd, const struct stat *st);
	void *data;
	dev_t dev;            /* of the mount: what is mounted below has its own turn */
	const char **foreign; /* mounts on the way to which a server is asked */
	size_t n_foreign;
	int shortage; /* something was not opened for it: 0; -EMFILE, -ENFILE */
};

static void note_shortage(struct walk *w, int err)
{
	if (err == -EMFILE || err == -ENFILE)
		w->shortage = err;
}

static int walk_dir(struct walk *w, int dirfd, unsigned depth);

static int visit(struct walk *w, int dirfd, const char *name, unsigned depth)
{
	/*
	 * O_NONBLOCK: a fifo must not hold us up; it is not a regular file below. No
	 * other mount is entered: users can have FUSE and autofs there, which answer when
	 * they like. So without openat2(2), which a filter may refuse, nothing is.
	 */
	struct open_how how = { .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME |
					 O_CLOEXEC,
				.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS };
	_cleanup_close_ int fd =
		(int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
	struct stat st;

	if (fd < 0)
		note_shortage(w, -errno);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != w->dev)
		return 0;
	if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
		return walk_dir(w, fd, depth + 1);
	if (S_ISREG(st.st_mode) && st.st_blocks)
		return w->fn(w->data, fd, &st);
	return 0;
}

static int walk_dir(struct walk *w, int dirfd, unsigned depth)
{
	int copy = dup(dirfd), r = 0;
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *de;

	if (copy < 0)
		note_shortage(w, -errno);
	if (!dir && copy >= 0)
		close(copy);
	while (!r && dir && (de = readdir(dir))) {
		bool may_matter = de->d_type == DT_DIR || de->d_type == DT_REG ||
				  de->d_type == DT_UNKNOWN;

		if (may_matter && !streq(de->d_name, ".") && !streq(de->d_name, ".."))
			r = visit(w, dirfd, de->d_name, depth);
	}
	if (dir)
		closedir(dir);
	return r;
}

/*
 * Another mount may be over this one, of a user and FUSE: that is neither opened for
 * reading nor asked for anything. O_PATH and AT_STATX_DONT_SYNC do not.
 */
static bool is_on_top(int fd, dev_t dev)
{
	struct statx stx;

	return !statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &stx) &&
	       makedev(stx.stx_dev_major, stx.stx_dev_minor) == dev;
}

static int walk_mount(struct walk *w, const struct mount_line *line)
{
	_cleanup_close_ int top = ctx_open(w->ctx, line->target, O_PATH | O_DIRECTORY);
	_cleanup_close_ int fd = -1;

	if (top < 0)
		note_shortage(w, top);
	if (top < 0 || !is_on_top(top, line->dev))
		return 0;
	fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		note_shortage(w, -errno);
		return 0;
	}
	w->dev = line->dev;
	return walk_dir(w, fd, 0);
}

/* @path lies, or lay when that was mounted, in what a server answers for */
static bool is_behind_foreign(const struct walk *w, const char *path)
{
	for (size_t i = 0; i < w->n_foreign; i++) {
		const char *rest = str_after(path, w->foreign[i]);

		if (rest && *rest == '/')
			return true;
	}
	return false;
}

static int walk_tmpfs(void *data, const struct mount_line *line)
{
	return streq(line->fstype, "tmpfs") && !is_behind_foreign(data, line->target)
		       ? walk_mount(data, line)
		       : 0;
}

/* that of the root is where this program comes from */
static int note_foreign(void *data, const struct mount_line *line)
{
	struct walk *w = data;

	if (!mounts_is_foreign(line->fstype) || streq(line->target, "/"))
		return 0;
	if (!array_grow(&w->foreign, w->n_foreign))
		return -ENOMEM;
	w->foreign[w->n_foreign++] = line->target;
	return 0;
}

int tmpfs_each_file(struct swapadm_ctx *ctx,
		    int (*fn)(void *data, int fd, const struct stat *st), void *data)
{
	_cleanup_(mounts_freep) struct mounts *mounts = NULL;
	struct walk w = { .ctx = ctx, .fn = fn, .data = data };
	int r = mounts_load(ctx, &mounts);

	if (!r)
		r = mounts_each(mounts, note_foreign, &w);
	if (!r)
		r = mounts_each(mounts, walk_tmpfs, &w);
	else if (!is_shortage(r))
		r = 0;
	free(w.foreign);
	return r ? r : w.shortage;
}

int tmpfs_preread(struct swapadm_ctx *ctx, tmpfs_fn fn, void *data)
{
	struct preread p = { fn, data, own_page_bytes() };
	int r = tmpfs_each_file(ctx, read_file, &p);

	return r == -EMFILE || r == -ENFILE ? 0 : r; /* swapoff(2) reads the rest */
}
