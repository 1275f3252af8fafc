/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/shmfd.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "kernel/mounts.h"

/* ---- mounts ------------------------------------------------------------------------ */

static const struct shmfd_mount *find_mount(const struct shmfd_mounts *mounts, int id)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->items[i].id == id)
			return &mounts->items[i];
	return NULL;
}

static int add_mount(void *data, const struct mount_line *line)
{
	struct shmfd_mounts *mounts = data;

	if (find_mount(mounts, line->id))
		return 0;
	if (!array_grow(&mounts->items, mounts->n))
		return -ENOMEM;
	mounts->items[mounts->n++] =
		(struct shmfd_mount){ line->id, streq(line->fstype, "tmpfs") };
	return 0;
}

/* those of its namespace; one that is in none was unmounted while files were open */
static int add_mounts_of(struct swapadm_ctx *ctx, struct shmfd_mounts *mounts, pid_t pid,
			 int id)
{
	_cleanup_(mounts_freep) struct mounts *table = NULL;
	_cleanup_free_ char *text = NULL;
	char path[64];
	size_t len;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	r = ctx_read_file(ctx, path, &text, &len);
	if (!r)
		r = mounts_parse(text, len, &table);
	if (!r)
		r = mounts_each(table, add_mount, mounts);
	if (r == -ENOMEM)
		return r;
	return add_mount(mounts, &(struct mount_line){ .id = id, .fstype = "" });
}

void shmfd_mounts_done(struct shmfd_mounts *mounts)
{
	free(mounts->items);
	*mounts = (struct shmfd_mounts){ 0 };
}

/* 1: on a tmpfs; 0: not, or not known */
static int is_on_tmpfs(struct swapadm_ctx *ctx, struct shmfd_mounts *mounts, pid_t pid,
		       unsigned fd)
{
	_cleanup_free_ char *text = NULL;
	char path[64];
	const char *line;
	int id;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%u", (int)pid, fd);
	if (ctx_read_seq(ctx, path, &text))
		return 0;
	line = strstr(text, "mnt_id:");
	if (!line)
		return 0;
	id = atoi(line + strlen("mnt_id:"));
	if (!find_mount(mounts, id)) {
		int r = add_mounts_of(ctx, mounts, pid, id);

		if (r)
			return r;
	}
	return find_mount(mounts, id)->is_tmpfs;
}

/* ---- descriptors ------------------------------------------------------------------- */

static bool is_deleted(const char *name)
{
	static const char tail[] = " (deleted)";
	size_t len = strlen(name);

	return *name == '/' && len >= sizeof(tail) &&
	       streq(name + len - (sizeof(tail) - 1), tail);
}

static int look_at(struct swapadm_ctx *ctx, struct shmfd_mounts *mounts, int dirfd,
		   struct shmfd *shmfd, int (*fn)(void *data, const struct shmfd *shmfd),
		   void *data)
{
	char number[16], name[PATH_MAX];
	ssize_t len;
	struct stat st;
	int r;

	snprintf(number, sizeof(number), "%u", shmfd->fd);
	len = readlinkat(dirfd, number, name, sizeof(name) - 1);
	if (len < 0)
		return 0;
	name[len] = '\0';
	if (!is_deleted(name))
		return 0;
	r = str_after(name, "/memfd:") ? 1
				       : is_on_tmpfs(ctx, mounts, shmfd->pid, shmfd->fd);
	if (r <= 0)
		return r;
	if (fstatat(dirfd, number, &st, 0) || !S_ISREG(st.st_mode) || !st.st_blocks)
		return 0;
	shmfd->dev = st.st_dev;
	shmfd->inode = st.st_ino;
	shmfd->name = name;
	return fn(data, shmfd);
}

int shmfd_each(struct swapadm_ctx *ctx, struct shmfd_mounts *mounts, pid_t pid,
	       int (*fn)(void *data, const struct shmfd *shmfd), void *data)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct shmfd shmfd = { .pid = pid };
	const struct dirent *entry;
	char path[64];
	uint64_t fd;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = ctx_opendir(ctx, path);
	while (!r && dir && (entry = readdir(dir))) {
		if (parse_u64(entry->d_name, &fd))
			continue;
		shmfd.fd = (unsigned)fd;
		r = look_at(ctx, mounts, dirfd(dir), &shmfd, fn, data);
	}
	return r;
}

/* O_PATH first: opening what is not a regular file could have an effect */
int shmfd_open(struct swapadm_ctx *ctx, const struct shmfd *shmfd, struct stat *st)
{
	_cleanup_close_ int found = -1;
	char path[64];
	struct statfs fs;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/fd/%u", (int)shmfd->pid, shmfd->fd);
	found = ctx_open(ctx, path, O_PATH);
	if (found < 0)
		return found;
	/* a memfd may be one of huge pages, which never go to swap */
	if (fstat(found, st) || st->st_dev != shmfd->dev || st->st_ino != shmfd->inode ||
	    fstatfs(found, &fs) || fs.f_type != TMPFS_MAGIC)
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
