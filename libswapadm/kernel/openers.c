/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/openers.h"

#include <fcntl.h>

static bool same_object(const struct stat *a, const struct stat *b)
{
	if ((a->st_mode & S_IFMT) != (b->st_mode & S_IFMT))
		return false;
	if (S_ISBLK(a->st_mode))
		return a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool has_open(struct swapadm_ctx *ctx, const char *pid, const struct stat *want)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = ctx_opendir(ctx, path);
	if (!dir)
		return false;
	while ((entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
		    same_object(&st, want))
			return true;
	return false;
}

int opener_find(struct swapadm_ctx *ctx, const struct stat *st, struct opener *out)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, "/proc");
	const struct dirent *entry;
	char path[64];
	uint64_t pid;

	while (dir && (entry = readdir(dir))) {
		if (parse_u64(entry->d_name, &pid) || pid == (uint64_t)getpid() ||
		    !has_open(ctx, entry->d_name, st))
			continue;
		out->pid = (pid_t)pid;
		snprintf(path, sizeof(path), "/proc/%.16s/comm", entry->d_name);
		if (ctx_read_line(ctx, path, out->comm, sizeof(out->comm)))
			strcpy(out->comm, "?");
		return 0;
	}
	return -ENOENT;
}
