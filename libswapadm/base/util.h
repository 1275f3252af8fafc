/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small helpers that know nothing of the library's objects. */
#ifndef SWAPADM_UTIL_H
#define SWAPADM_UTIL_H

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SWAPADM_API __attribute__((visibility("default")))

#define _cleanup_(fn)  __attribute__((cleanup(fn)))
#define _printf_(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_SIZE(a)  (sizeof(a) / sizeof((a)[0]))

/* 32-bit machines, too, see 2038 */
_Static_assert(sizeof(time_t) == 8, "meson.build sets _TIME_BITS and _FILE_OFFSET_BITS");

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_free_     _cleanup_(freep)
#define _cleanup_close_    _cleanup_(closep)
#define _cleanup_fclose_   _cleanup_(fclosep)
#define _cleanup_closedir_ _cleanup_(closedirp)

/* of an open(2): nothing is known by it, what was asked for may well be there */
static inline bool is_shortage(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM;
}

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/*
 * a page of this process and of the kernel that it runs on; of the machine that a context
 * looks at, which may be a capture: ctx_page_bytes()
 */
static inline size_t own_page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* strcmp() for strings that may be NULL; two NULLs are equal */
static inline bool streq_null(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* the rest of @s after @prefix, or NULL when it does not begin with it */
static inline const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* is @path @folder or below it? both without a slash at their end, but for "/" */
static inline bool path_is_in(const char *path, const char *folder)
{
	const char *rest = str_after(path, folder);

	return streq(folder, "/") || (rest && (!*rest || *rest == '/'));
}

/* is it one device or one file? a device is its number, whatever its nodes are */
static inline bool stat_same(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* what we believe: a file of root, or of whom we run as, that nobody else may write */
static inline bool stat_owner_is_trusted(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static inline bool stat_others_may_write(const struct stat *st)
{
	return st->st_mode & (S_IWGRP | S_IWOTH);
}

/* the value of three octal digits, up to 0777; -1: they are none */
static inline int octal_byte(const char *s)
{
	int v = 0;

	for (int i = 0; i < 3; i++) {
		if (s[i] < '0' || s[i] > '7')
			return -1;
		v = v << 3 | (s[i] - '0');
	}
	return v;
}

/* take ownership of *@p, leaving NULL (or -1) behind, past its cleanup handler */
static inline void *steal_ptr_(void *pp)
{
	void *p = *(void **)pp;

	*(void **)pp = NULL;
	return p;
}
#define steal_ptr(pp) ((__typeof__(*(pp)))steal_ptr_(pp))

static inline int steal_fd(int *fd)
{
	int n = *fd;

	*fd = -1;
	return n;
}

static inline uint64_t u64_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t u64_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * @v as a whole number: UINT64_MAX for what is larger, 0 for NaN and what is below 0. C
 * leaves the plain cast undefined there, and processors differ.
 */
static inline uint64_t u64_of(double v)
{
	if (!(v > 0))
		return 0;
	return v < 0x1p64 ? (uint64_t)v : UINT64_MAX;
}

/*
 * @a - @b, 0 where @b is larger: the kernel reads its counters one by one, without a lock
 */
static inline uint64_t u64_minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* grow an array of pointers or structs by one: false when memory is short */
bool array_grow_(void **array, size_t n, size_t elem_size);
#define array_grow(array, n) array_grow_((void **)(array), (n), sizeof(**(array)))

/**
 * parse_u64() - a decimal number that fills the whole text
 * Return: 0; -EINVAL; -ERANGE.
 */
int parse_u64(const char *text, uint64_t *out);

/**
 * next_u64() - the next decimal number of a line of numbers
 * @cursor:  moved behind the number; leading blanks are skipped
 *
 * Return: 0; -ENODATA end of the line; -EINVAL; -ERANGE.
 */
int next_u64(const char **cursor, uint64_t *out);

/* cut trailing white space in place; returns @s */
char *chomp(char *s);

uint64_t monotonic_ns(void);

/**
 * busy_for_now() - is it worth to try again?
 * @r:         of what has just been tried
 * @start_ns:  when that began, by monotonic_ns()
 *
 * Who only looks at a block device has it open exclusively for a moment: udev, blkid,
 * another swapadm that plans.
 * Return: true: @r is -EBUSY, and some time has passed; false: it is something else, or
 * has been so for two seconds.
 */
bool busy_for_now(int r, uint64_t start_ns);

/* "1.5 GiB"; @buf, filled */
const char *words_size(uint64_t bytes, char *buf, size_t size);

/* "1536M": with the largest unit that loses nothing */
struct words_exact {
	char text[24];
};
struct words_exact words_exact(uint64_t bytes);

/* "memory", "zram", "all", "backing": names of no tier and of no device */
bool word_is_reserved(const char *word);

/*
 * the tier that `swapctl selftest` makes and empties: nobody else's, but its devices are
 * recorded as those of all tiers
 */
bool tier_is_selftest(const char *name);
/* swapadm_tier_name_valid(), or that one */
bool tier_name_fits(const char *name);

enum tag {
	TAG_LABEL,
	TAG_UUID,
	TAG_PARTLABEL,
	TAG_PARTUUID,
	TAG_NONE,
};

/* LABEL= and so on; @value points behind the '=' */
enum tag tag_of(const char *word, const char **value);

#endif
