/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/extents.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

static int look(struct extents *walk)
{
	walk->map = (struct fiemap){ .fm_start = walk->at_bytes,
				     .fm_length = walk->end_bytes - walk->at_bytes,
				     .fm_flags = FIEMAP_FLAG_SYNC,
				     .fm_extent_count = EXTENTS_MAX };
	walk->next = walk->n = 0;
	if (ioctl(walk->fd, FS_IOC_FIEMAP, &walk->map) < 0)
		return -errno;
	walk->n = walk->map.fm_mapped_extents;
	return 0;
}

int extents_next(struct extents *walk, const struct fiemap_extent **out)
{
	const struct fiemap_extent *extent;
	int r = 0;

	if (walk->at_bytes >= walk->end_bytes)
		return 0;
	if (walk->next == walk->n)
		r = look(walk);
	if (r || !walk->n)
		return r;
	extent = &walk->map.fm_extents[walk->next++];
	walk->at_bytes = extent->fe_logical + extent->fe_length;
	*out = extent;
	return 1;
}

static uint64_t whole_pages(uint64_t start_bytes, uint64_t end_bytes)
{
	uint64_t page = own_page_bytes();
	uint64_t first = (start_bytes + page - 1) / page, end = end_bytes / page;

	return end > first ? (end - first) * page : 0;
}

int extents_usable(int fd, uint64_t size_bytes, uint64_t *usable_bytes)
{
	struct extents walk = { .fd = fd, .end_bytes = size_bytes };
	uint64_t start = 0, end = 0, sum = 0;
	const struct fiemap_extent *extent;
	int r;

	while ((r = extents_next(&walk, &extent)) > 0) {
		uint64_t length = extent->fe_length;

		if (extent->fe_logical + length > size_bytes)
			length = u64_minus(size_bytes, extent->fe_logical);
		if (extent->fe_physical != end) {
			sum += whole_pages(start, end);
			start = extent->fe_physical;
		}
		end = extent->fe_physical + length;
	}
	if (r < 0)
		return r;
	*usable_bytes = sum + whole_pages(start, end);
	return 0;
}
