/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/ctx.h"

#include <assert.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/swap.h>

#include "base/inroot.h"
#include "base/program.h"

#define READ_LIMIT_BYTES (64u << 20)

static int sys_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	return openat(dirfd, path, flags, mode);
}

static const struct ctx_ops default_ops = {
	.openat = sys_openat,
	.open_in_root = inroot_open,
	.readlinkat = readlinkat,
	.read = read,
	.write = write,
	.swapon = swapon,
	.swapoff = swapoff,
	.run = program_run,
};

SWAPADM_API int swapadm_new(struct swapadm_ctx **out, const char *root)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = NULL;

	if (!out)
		return -EINVAL;
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	ctx->refs = 1;
	ctx->ops = default_ops;
	ctx->foreign_root = root != NULL;
	ctx->root = strdup(root ? root : "");
	ctx->root_fd = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!ctx->root)
		return -ENOMEM;
	if (ctx->root_fd < 0)
		return -errno;
	*out = steal_ptr(&ctx);
	return 0;
}

SWAPADM_API struct swapadm_ctx *swapadm_ref(struct swapadm_ctx *ctx)
{
	if (ctx)
		ctx->refs++;
	return ctx;
}

SWAPADM_API struct swapadm_ctx *swapadm_unref(struct swapadm_ctx *ctx)
{
	if (!ctx || --ctx->refs)
		return NULL;
	if (ctx->stalls)
		ctx->stalls_free(ctx->stalls);
	if (ctx->root_fd >= 0)
		close(ctx->root_fd);
	free(ctx->root);
	free(ctx);
	return NULL;
}

SWAPADM_API void swapadm_set_log(struct swapadm_ctx *ctx, enum swapadm_log_level level,
				 swapadm_log_fn fn, void *data)
{
	if (!ctx)
		return;
	ctx->log_level = level;
	ctx->log_fn = fn;
	ctx->log_data = data;
}

SWAPADM_API const char *swapadm_get_error(const struct swapadm_ctx *ctx)
{
	return ctx ? ctx->error : "";
}

SWAPADM_API int swapadm_get_errno(const struct swapadm_ctx *ctx)
{
	return ctx ? ctx->error_number : 0;
}

SWAPADM_API const char *swapadm_version(void)
{
	return SWAPADM_VERSION;
}

void ctx_log(struct swapadm_ctx *ctx, enum swapadm_log_level level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!ctx->log_fn || level > ctx->log_level)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctx->log_fn(ctx->log_data, level, text);
}

int ctx_fail(struct swapadm_ctx *ctx, int err, const char *fmt, ...)
{
	char text[sizeof(ctx->error)]; /* @fmt's arguments may point into ctx->error */
	va_list ap;

	assert(err < 0);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(ctx->error, text, sizeof(text));
	ctx->error_number = -err;
	ctx_log(ctx, SWAPADM_LOG_DEBUG, "%s", text);
	return err;
}

int ctx_fail_unsaid(struct swapadm_ctx *ctx, int err, const char *object,
		    const char *action)
{
	if (ctx->error_number == -err)
		return err;
	return ctx_fail(ctx, err, "%s: %s: %s", object, action, strerror(-err));
}

int sized_put(void *to, size_t size, const void *from, size_t from_size)
{
	memset(to, 0, size);
	memcpy(to, from, size < from_size ? size : from_size);
	return 0;
}

struct swapadm_ctx *ctx_enter(struct swapadm_ctx *ctx)
{
	if (ctx && !ctx->depth++) {
		ctx->error[0] = '\0';
		ctx->error_number = 0;
	}
	/* a call may drop the caller's last reference */
	return swapadm_ref(ctx);
}

void ctx_leavep(struct swapadm_ctx **ctx)
{
	if (*ctx)
		(*ctx)->depth--;
	swapadm_unref(*ctx);
}

int ctx_may_change(struct swapadm_ctx *ctx, const char *what)
{
	if (!ctx->foreign_root)
		return 0;
	return ctx_fail(
		ctx, -EROFS,
		"%s: change: %s is a capture of a machine and is only read; leave out --root to change the running system",
		what, ctx->root);
}

/* links of a capture can't lead out of it */
static int open_in_root(struct swapadm_ctx *ctx, const char *path, int flags)
{
	int fd = ctx->ops.open_in_root(ctx->root_fd, path, flags);

	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return fd;
	return inroot_open_slowly(ctx->root_fd, path, flags);
}

int ctx_open_mode(struct swapadm_ctx *ctx, const char *path, int flags, mode_t mode)
{
	int fd, r;

	if (path[0] !=
	    '/') /* a name that came through from outside: no file of the root */
		return -EINVAL;
	flags |= O_CLOEXEC;
	if ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC))) {
		r = ctx_may_change(ctx, path);
		if (r)
			return r;
	}
	if (ctx->foreign_root)
		fd = open_in_root(ctx, path, flags);
	else
		fd = ctx->ops.openat(ctx->root_fd, path, flags, mode);
	return fd < 0 ? -errno : fd;
}

int ctx_open(struct swapadm_ctx *ctx, const char *path, int flags)
{
	return ctx_open_mode(ctx, path, flags, 0);
}

/*
 * read(2) until the buffer is full, the file ends or, if asked, a line does: a file of
 * sysfs then costs one read. The count, or -errno.
 */
static ssize_t read_up_to(struct swapadm_ctx *ctx, int fd, char *buf, size_t n,
			  bool one_line)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = ctx->ops.read(fd, buf + got, n - got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		got += (size_t)r;
		if (one_line && memchr(buf + got - r, '\n', (size_t)r))
			break;
	}
	return (ssize_t)got;
}

ssize_t ctx_read_fd(struct swapadm_ctx *ctx, int fd, char *buf, size_t size)
{
	return read_up_to(ctx, fd, buf, size, false);
}

int ctx_write_fd(struct swapadm_ctx *ctx, int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = ctx->ops.write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* read(2) up to @n bytes; @seq: the first read that leaves room is the last one */
static ssize_t read_piece(struct swapadm_ctx *ctx, int fd, char *buf, size_t n, bool seq)
{
	ssize_t r;

	if (!seq)
		return ctx_read_fd(ctx, fd, buf, n);
	do
		r = ctx->ops.read(fd, buf, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

static int read_whole(struct swapadm_ctx *ctx, const char *path, bool seq, char **out,
		      size_t *len)
{
	_cleanup_close_ int fd = ctx_open(ctx, path, O_RDONLY);
	_cleanup_free_ char *buf = NULL;
	size_t size = 4096, n = 0;

	if (fd < 0)
		return fd;
	for (;; size *= 2) {
		char *p = realloc(buf, size);
		ssize_t r;

		if (!p)
			return -ENOMEM;
		buf = p;
		r = read_piece(ctx, fd, buf + n, size - n - 1, seq);
		if (r < 0)
			return (int)r;
		n += (size_t)r;
		if (n < size - 1)
			break;
		if (size >= READ_LIMIT_BYTES)
			return -EFBIG;
	}
	buf[n] = '\0';
	*out = steal_ptr(&buf);
	if (len)
		*len = n;
	return 0;
}

int ctx_read_file(struct swapadm_ctx *ctx, const char *path, char **out, size_t *len)
{
	return read_whole(ctx, path, false, out, len);
}

int ctx_read_seq(struct swapadm_ctx *ctx, const char *path, char **out)
{
	return read_whole(ctx, path, true, out, NULL);
}

int ctx_read_line(struct swapadm_ctx *ctx, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = ctx_open(ctx, path, O_RDONLY);
	char text[4096];
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read_up_to(ctx, fd, text, sizeof(text) - 1, true);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	chomp(text);
	if (strlen(text) >= size)
		return -EOVERFLOW;
	strcpy(buf, text);
	return 0;
}

int ctx_read_u64(struct swapadm_ctx *ctx, const char *path, uint64_t *out)
{
	char text[64];
	int r = ctx_read_line(ctx, path, text, sizeof(text));

	if (r == -EOVERFLOW)
		return -EBADMSG;
	if (r)
		return r;
	return parse_u64(text, out) ? -EBADMSG : 0;
}

int ctx_write_line(struct swapadm_ctx *ctx, const char *path, const char *text)
{
	_cleanup_close_ int fd = ctx_open(ctx, path, O_WRONLY);
	char line[4096];
	int n;

	if (fd < 0)
		return fd;
	n = snprintf(line, sizeof(line), "%s\n", text);
	if (n < 0 || (size_t)n >= sizeof(line))
		return -EOVERFLOW;
	if (ctx->ops.write(fd, line, (size_t)n) < 0)
		return -errno;
	return 0;
}

char *path_of_word(struct swapadm_ctx *ctx, const char *word)
{
	_cleanup_free_ char *folder = NULL, *dev = NULL;
	char *path = NULL;
	struct stat st;

	if (*word == '/')
		return strdup(word);
	if (asprintf(&dev, "/dev/%s", word) < 0)
		return steal_ptr(&dev);
	if (ctx->foreign_root || !strchr(word, '/') ||
	    (word[0] != '.' && ctx_stat(ctx, dev, &st) == 0))
		return steal_ptr(&dev);
	folder = getcwd(NULL, 0);
	if (!folder)
		return steal_ptr(&dev);
	if (str_after(word, "./"))
		word += strlen("./");
	return asprintf(&path, "%s/%s", streq(folder, "/") ? "" : folder, word) < 0
		       ? NULL
		       : path;
}

DIR *ctx_opendir(struct swapadm_ctx *ctx, const char *path)
{
	int fd = ctx_open(ctx, path, O_RDONLY | O_DIRECTORY);
	DIR *dir;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

int ctx_stat(struct swapadm_ctx *ctx, const char *path, struct stat *st)
{
	_cleanup_close_ int fd = -1;

	if (!ctx->foreign_root)
		return stat(path, st) < 0 ? -errno : 0;
	fd = ctx_open(ctx, path, O_PATH);
	if (fd < 0)
		return fd;
	return fstat(fd, st) < 0 ? -errno : 0;
}

/* below another root the way there must not lead out of it: it is opened first */
static ssize_t readlink_below(struct swapadm_ctx *ctx, const char *path, char *buf,
			      size_t size)
{
	_cleanup_close_ int fd = ctx_open(ctx, path, O_PATH | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", buf, size);
	return n < 0 ? (errno == ENOENT ? -EINVAL : -errno) : n; /* ENOENT: not a link */
}

int ctx_readlink(struct swapadm_ctx *ctx, const char *path, char *buf, size_t size)
{
	ssize_t n;

	if (ctx->foreign_root) {
		n = readlink_below(ctx, path, buf, size);
	} else {
		n = ctx->ops.readlinkat(ctx->root_fd, path, buf, size);
		n = n < 0 ? -errno : n;
	}
	if (n < 0)
		return (int)n;
	if ((size_t)n >= size)
		return -EOVERFLOW;
	buf[n] = '\0';
	return 0;
}
