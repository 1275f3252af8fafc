/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder that stands for a captured machine, made for one test and removed with it: a
 * sandbox that the library sees as a foreign root, with helpers for what kernels show.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <limits.h>

#include "unit.h"
#include "sandbox.h"

static inline int fixture_setup(void **state)
{
	struct sandbox *box = calloc(1, sizeof(*box));

	assert_non_null(box);
	sandbox_open(box);
	box->ctx->foreign_root = true;
	*state = box;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct sandbox *box = *state;

	sandbox_close(box);
	free(box);
	return 0;
}

#define fixture_test(fn) \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

/*
 * A block device as sysfs shows it: @where is its place below /sys/devices; @rotational
 * is the text of queue/rotational of a whole disk, NULL for a partition.
 */
static inline void fixture_blockdev(struct sandbox *box, const char *where,
				    const char *dev, const char *rotational)
{
	const char *name = strrchr(where, '/') + 1;
	char path[PATH_MAX], text[PATH_MAX];

	snprintf(text, sizeof(text), "../../devices/%s", where);
	snprintf(path, sizeof(path), "/sys/class/block/%s", name);
	sandbox_link(box, text, path);
	snprintf(path, sizeof(path), "/sys/dev/block/%s", dev);
	sandbox_link(box, text, path);
	snprintf(path, sizeof(path), "/sys/devices/%s/dev", where);
	snprintf(text, sizeof(text), "%s\n", dev);
	sandbox_write(box, path, text);
	snprintf(path, sizeof(path), "/sys/devices/%s/size", where);
	sandbox_write(box, path, "2097152\n"); /* 1 GiB */
	if (!rotational)
		return;
	snprintf(path, sizeof(path), "/sys/devices/%s/queue/rotational", where);
	sandbox_write(box, path, rotational);
}

/* read(2) as slow and as interrupted as it may be */
static inline ssize_t read_in_bits(int fd, void *buf, size_t n)
{
	static bool interrupt; /* every second call */

	interrupt = !interrupt;
	if (interrupt) {
		errno = EINTR;
		return -1;
	}
	return read(fd, buf, n > 3 ? 3 : n);
}

static inline ssize_t read_fails(int fd, void *buf, size_t n)
{
	errno = EIO;
	return -1;
}

#endif
