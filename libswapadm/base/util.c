/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/util.h"

#include <ctype.h>
#include <time.h>

bool array_grow_(void **array, size_t n, size_t elem_size)
{
	size_t room = n < 8 ? 8 : n;
	void *p;

	/* doubles at powers of two, so that callers need not keep the capacity */
	if (n && (n < 8 || (n & (n - 1))))
		return true;
	p = reallocarray(*array, n < 8 ? room : 2 * room, elem_size);
	if (!p)
		return false;
	*array = p;
	return true;
}

int next_u64(const char **cursor, uint64_t *out)
{
	const char *s = *cursor;
	char *end;
	unsigned long long v;

	while (*s == ' ' || *s == '\t')
		s++;
	if (!*s || *s == '\n')
		return -ENODATA;
	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno)
		return -errno;
	*cursor = end;
	*out = v;
	return 0;
}

int parse_u64(const char *text, uint64_t *out)
{
	uint64_t v;
	int r;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	r = next_u64(&text, &v);
	if (r)
		return r;
	if (*text)
		return -EINVAL;
	*out = v;
	return 0;
}

char *chomp(char *s)
{
	size_t n = strlen(s);

	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

#define BUSY_WAIT_NS  UINT64_C(2000000000)
#define BUSY_RETRY_NS 20000000

bool busy_for_now(int r, uint64_t start_ns)
{
	const struct timespec pause = { .tv_nsec = BUSY_RETRY_NS };

	if (r != -EBUSY || monotonic_ns() - start_ns >= BUSY_WAIT_NS)
		return false;
	nanosleep(&pause, NULL);
	return true;
}
