/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/touch.h"

#include "base/util.h"

#define CALL_PAGES 1024 /* of one process_vm_readv(2): UIO_MAXIOV */

/* 0; -errno: nothing of the process can be read */
static int touch(pid_t pid, const struct iovec *pages, size_t n)
{
	char bytes[CALL_PAGES];
	const struct iovec into = { bytes, sizeof(bytes) };

	while (n) {
		ssize_t done = process_vm_readv(pid, &into, 1, pages, n, 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno != EFAULT && errno != EIO)
			return -errno;
		if (done < 0)
			done = 0;
		done += (size_t)done < n; /* the one that failed */
		pages += done;
		n -= (size_t)done;
	}
	return 0;
}

void touch_pages(pid_t pid, const struct iovec *ranges, size_t n)
{
	size_t page_bytes = own_page_bytes(), n_pages = 0;
	struct iovec pages[CALL_PAGES];
	int r = 0;

	for (size_t i = 0; i < n && !r; i++) {
		char *at = ranges[i].iov_base, *end = at + ranges[i].iov_len;

		for (; at < end && !r; at += page_bytes) {
			pages[n_pages++] = (struct iovec){ at, 1 };
			if (n_pages < CALL_PAGES)
				continue;
			r = touch(pid, pages, n_pages);
			n_pages = 0;
		}
	}
	if (!r)
		touch(pid, pages, n_pages);
}
