/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"

#include <fcntl.h>
#include <string.h>

#include "fuzz.h"

#define FILES_MAX 8
#define FDS_MAX   64

struct part {
	const char *data;
	size_t size;
};

static struct {
	const char *paths[FILES_MAX];
	struct part files[FILES_MAX];
	size_t n;
	struct part rest;
	bool has_rest;
	struct part open[FDS_MAX]; /* by descriptor: what is left to read */
	int null_fd;
} all;

static struct part next_rest(void)
{
	struct part part = all.rest;
	const char *end = part.size ? memchr(part.data, 1, part.size) : NULL;

	if (!end)
		return part;
	part.size = (size_t)(end - part.data);
	all.rest.data = end + 1;
	all.rest.size -= part.size + 1;
	return part;
}

static int open_part(struct part part)
{
	int fd = dup(all.null_fd);

	MUST(fd >= 0 && fd < FDS_MAX);
	all.open[fd] = part;
	return fd;
}

static int files_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	bool reads = (flags & O_ACCMODE) == O_RDONLY && !(flags & (O_DIRECTORY | O_PATH));

	for (size_t i = 0; reads && i < all.n; i++)
		if (streq(path, all.paths[i]))
			return open_part(all.files[i]);
	if (reads && all.has_rest)
		return open_part(next_rest());
	errno = ENOENT;
	return -1;
}

static ssize_t files_read(int fd, void *buf, size_t size)
{
	struct part *part = &all.open[fd];
	size_t n = size < part->size ? size : part->size;

	memcpy(buf, part->data, n);
	part->data += n;
	part->size -= n;
	return (ssize_t)n;
}

static ssize_t files_readlinkat(int dirfd, const char *path, char *buf, size_t size)
{
	errno = ENOENT;
	return -1;
}

static ssize_t files_write(int fd, const void *data, size_t size)
{
	errno = EROFS;
	return -1;
}

struct swapadm_ctx *files_ctx(void)
{
	static struct swapadm_ctx *ctx;

	if (!ctx) {
		MUST(swapadm_new(&ctx, NULL) == 0);
		ctx->ops.openat = files_openat;
		ctx->ops.read = files_read;
		ctx->ops.write = files_write;
		ctx->ops.readlinkat = files_readlinkat;
		all.null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		MUST(all.null_fd >= 0);
	}
	return ctx;
}

void files_clear(void)
{
	all.n = 0;
	all.has_rest = false;
}

void files_set(const char *path, const void *data, size_t size)
{
	MUST(all.n < FILES_MAX);
	all.paths[all.n] = path;
	all.files[all.n++] = (struct part){ data, size };
}

void files_set_rest(const void *data, size_t size)
{
	all.rest = (struct part){ data, size };
	all.has_rest = true;
}
