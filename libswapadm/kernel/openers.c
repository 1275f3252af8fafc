/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/openers.h"

#include <fcntl.h>

/* "flags:	0100002" of /proc/PID/fdinfo/N, in octal as open(2) got them */
static bool is_writing(struct swapadm_ctx *ctx, const char *pid, const char *fd)
{
	_cleanup_free_ char *text = NULL;
	char path[80];
	const char *flags;

	snprintf(path, sizeof(path), "/proc/%.16s/fdinfo/%.16s", pid, fd);
	if (ctx_read_seq(ctx, path, &text))
		return false;
	flags = strstr(text, "flags:");
	return flags &&
	       (strtoul(flags + strlen("flags:"), NULL, 8) & O_ACCMODE) != O_RDONLY;
}

static bool has_open(struct swapadm_ctx *ctx, const char *pid, const struct stat *want,
		     bool writing)
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
		    stat_same(&st, want) &&
		    (!writing || is_writing(ctx, pid, entry->d_name)))
			return true;
	return false;
}

bool opener_is_self(struct swapadm_ctx *ctx, const struct stat *st)
{
	return has_open(ctx, "self", st, true);
}

int opener_find(struct swapadm_ctx *ctx, const struct stat *st, bool writing,
		struct opener *out)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, "/proc");
	const struct dirent *entry;
	char path[64];
	uint64_t pid;

	while (dir && (entry = readdir(dir))) {
		if (parse_u64(entry->d_name, &pid) || pid == (uint64_t)getpid() ||
		    !has_open(ctx, entry->d_name, st, writing))
			continue;
		out->pid = (pid_t)pid;
		snprintf(path, sizeof(path), "/proc/%.16s/comm", entry->d_name);
		if (ctx_read_line(ctx, path, out->comm, sizeof(out->comm)))
			strcpy(out->comm, "?");
		return 0;
	}
	return -ENOENT;
}
