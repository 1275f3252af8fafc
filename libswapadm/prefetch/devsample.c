/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/devsample.h"

#include <fcntl.h>
#include <sys/resource.h>

static uint64_t sleeps(void)
{
	struct rusage ru;

	return getrusage(RUSAGE_THREAD, &ru) ? 0 : (uint64_t)ru.ru_nvcsw;
}

int devsample_read_ns(struct swapadm_ctx *ctx, const char *path, const uint64_t *offsets,
		      size_t n, uint64_t budget_ns, uint64_t *read_ns, bool *waits)
{
	_cleanup_close_ int fd = ctx_open(ctx, path, O_RDONLY | O_DIRECT);
	size_t page_bytes = own_page_bytes();
	_cleanup_free_ void *page = NULL;
	uint64_t start_ns, slept, done = 0;

	if (fd < 0)
		return fd;
	page = aligned_alloc(page_bytes, page_bytes);
	if (!page)
		return -ENOMEM;
	slept = sleeps();
	start_ns = monotonic_ns();
	for (size_t i = 0; i < n && monotonic_ns() - start_ns < budget_ns; i++)
		if (pread(fd, page, page_bytes, (off_t)(offsets[i] * page_bytes)) ==
		    (ssize_t)page_bytes)
			done++;
	if (!done)
		return -ENODATA;
	*read_ns = (monotonic_ns() - start_ns) / done;
	*waits = (sleeps() - slept) * 8 >= done;
	return 0;
}

#define PIECE_BYTES (UINT64_C(1) << 20)

int devsample_bandwidth(struct swapadm_ctx *ctx, const char *path, uint64_t offset,
			uint64_t all_bytes, uint64_t budget_ns, uint64_t *bytes_per_s)
{
	_cleanup_close_ int fd = ctx_open(ctx, path, O_RDONLY | O_DIRECT);
	size_t page_bytes = own_page_bytes();
	uint64_t start_ns, took_ns, done = 0;
	_cleanup_free_ void *buf = NULL;
	ssize_t n;

	if (fd < 0)
		return fd;
	buf = aligned_alloc(page_bytes, PIECE_BYTES);
	if (!buf)
		return -ENOMEM;
	start_ns = monotonic_ns();
	do {
		n = pread(fd, buf, PIECE_BYTES, (off_t)(offset * page_bytes + done));
		done += n > 0 ? (uint64_t)n : 0;
		took_ns = monotonic_ns() - start_ns;
	} while (n > 0 && took_ns < budget_ns && done < all_bytes / 100);
	if (!done || !took_ns)
		return -ENODATA;
	*bytes_per_s = u64_of((double)done * 1e9 / (double)took_ns);
	return 0;
}
