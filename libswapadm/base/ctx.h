/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The context: root directory, log, last error, and the system calls that tests replace.
 *
 * Every path of /proc, /sys, /dev, /etc and /run goes through ctx_open() and its
 * relatives, so that a directory can stand for a machine. Whatever changes the system
 * asks ctx_may_change() first: that is the one place where a foreign root is refused.
 */
#ifndef SWAPADM_CTX_H
#define SWAPADM_CTX_H

#include <dirent.h>
#include <sys/stat.h>

#include "swapadm.h"
#include "base/util.h"

/*
 * What may be made to fail in tests. Every entry has the meaning and the errno of its
 * system call: result or -1 with errno.
 */
struct ctx_ops {
	int (*openat)(int dirfd, const char *path, int flags, mode_t mode);
	int (*open_in_root)(int root_fd, const char *path, int flags); /* base/inroot.h */
	ssize_t (*readlinkat)(int dirfd, const char *path, char *buf, size_t size);
	ssize_t (*read)(int fd, void *buf, size_t n);
	ssize_t (*write)(int fd, const void *buf, size_t n);
	int (*swapon)(const char *path, int flags);
	int (*swapoff)(const char *path);
	int (*run)(char *const argv[], char *words, size_t size); /* program_run() */
	const char *worker; /* path of swapadm-worker; NULL: as job/start.c finds it */
};

struct scan_stalls;

struct swapadm_ctx {
	unsigned refs;
	int root_fd; /* directory that stands for "/" */
	bool foreign_root;
	char *root; /* its name, "" for the running system */
	enum swapadm_log_level log_level;
	swapadm_log_fn log_fn;
	void *log_data;
	char error[1024];
	int error_number; /* of it, positive; 0: there is none */
	unsigned depth;   /* of public calls under way */
	struct ctx_ops ops;
	_Atomic(struct scan_stalls *) stalls; /* of kernel/pagewatch.c, or NULL */
	void (*stalls_free)(struct scan_stalls *stalls);
	uint64_t scan_end;   /* of kernel/pagemap.c; 0: not known yet */
	uint64_t page_bytes; /* of kernel/pagesize.c; 0: not known yet */
};

void ctx_log(struct swapadm_ctx *ctx, enum swapadm_log_level level, const char *fmt, ...)
	_printf_(3, 4);
#define log_warning(ctx, ...) ctx_log(ctx, SWAPADM_LOG_WARNING, __VA_ARGS__)
#define log_info(ctx, ...)    ctx_log(ctx, SWAPADM_LOG_INFO, __VA_ARGS__)
#define log_debug(ctx, ...)   ctx_log(ctx, SWAPADM_LOG_DEBUG, __VA_ARGS__)

/*
 * The first thing in each public call that has a context: the last failure is forgotten,
 * unless the call is made by another one of ours.
 */
struct swapadm_ctx *ctx_enter(struct swapadm_ctx *ctx);
void ctx_leavep(struct swapadm_ctx **ctx);
#define CTX_CALL(ctx)         \
	_cleanup_(ctx_leavep) \
		__attribute__((unused)) struct swapadm_ctx *ctx_call_ = ctx_enter(ctx)

/* a struct of ours into one that a caller has @size bytes for; always 0 */
int sized_put(void *to, size_t size, const void *from, size_t from_size);

/**
 * ctx_fail() - keep the sentence for a person and pass the error on
 * @err:  negative errno
 * @fmt:  "OBJECT: ACTION: cause; what to do" (no newline, no program name)
 *
 * Return: @err.
 */
int ctx_fail(struct swapadm_ctx *ctx, int err, const char *fmt, ...) _printf_(3, 4);

/*
 * For a failure that may have come without a sentence: one that is there of another
 * failure, which something got over, is not kept. Return: @err.
 */
int ctx_fail_unsaid(struct swapadm_ctx *ctx, int err, const char *object,
		    const char *action);

/**
 * ctx_may_change() - may this context change the system?
 * @what:  object of the sentence
 * Return: 0; -EROFS, with the sentence set.
 */
int ctx_may_change(struct swapadm_ctx *ctx, const char *what);

/**
 * ctx_open() - open an absolute path below the root
 * @path:   "/proc/swaps"; symbolic links stay below the root
 * @flags:  as of open(2); O_CLOEXEC is added; anything but O_RDONLY needs
 *   ctx_may_change()
 *
 * Return: descriptor; -EROFS writing below a foreign root; else -errno.
 */
int ctx_open(struct swapadm_ctx *ctx, const char *path, int flags);
int ctx_open_mode(struct swapadm_ctx *ctx, const char *path, int flags, mode_t mode);

/**
 * ctx_read_file() - a whole small file as text
 * @out:  NUL-terminated, to be freed with free()
 * @len:  its length, or NULL
 *
 * Reads until end of file, so it also serves files of /proc that come in pieces; EINTR is
 * retried. Return: 0; -EFBIG above 64 MiB; -ENOMEM; else -errno of open/read.
 */
int ctx_read_file(struct swapadm_ctx *ctx, const char *path, char **out, size_t *len);

/**
 * ctx_read_seq() - a whole file of /proc or cgroupfs that is made in one piece
 *
 * As ctx_read_file(), with one read(2) less: such a file gives all that the buffer takes
 * (fs/seq_file.c, single_open()), so a read that leaves room was the last one. Not for
 * files that come in pieces, such as smaps.
 */
int ctx_read_seq(struct swapadm_ctx *ctx, const char *path, char **out);

/* read(2) until @size bytes are there or the file ends: how many, or -errno */
ssize_t ctx_read_fd(struct swapadm_ctx *ctx, int fd, char *buf, size_t size);

/* write(2) until all is written: 0 or -errno */
int ctx_write_fd(struct swapadm_ctx *ctx, int fd, const char *text, size_t len);

/* a one-line file without its newline; -EOVERFLOW when it does not fit into @buf */
int ctx_read_line(struct swapadm_ctx *ctx, const char *path, char *buf, size_t size);

/* a file with one decimal number; -EBADMSG when it is something else */
int ctx_read_u64(struct swapadm_ctx *ctx, const char *path, uint64_t *out);

/**
 * ctx_write_line() - write one line to a file of /sys or /proc with one write(2)
 * Return: 0; -EROFS; else -errno; no sentence is set but for -EROFS.
 */
int ctx_write_line(struct swapadm_ctx *ctx, const char *path, const char *text);

/**
 * path_of_word() - the absolute path that a user's word for a device or file means
 * @word:  "/dev/sdb2", "sdb2", "mapper/swap" (both below /dev), "./file", "folder/file"
 *
 * Return: to be freed; NULL out of memory.
 */
char *path_of_word(struct swapadm_ctx *ctx, const char *word);

DIR *ctx_opendir(struct swapadm_ctx *ctx, const char *path); /* NULL with errno */
int ctx_stat(struct swapadm_ctx *ctx, const char *path, struct stat *st);
/* readlink(2) without following; NUL-terminated; -EOVERFLOW */
int ctx_readlink(struct swapadm_ctx *ctx, const char *path, char *buf, size_t size);

static inline void swapadm_unrefp(struct swapadm_ctx **ctx)
{
	swapadm_unref(*ctx);
}

#endif
