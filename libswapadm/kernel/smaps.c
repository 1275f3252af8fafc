/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/smaps.h"

#include <sys/sysmacros.h>

/*
 * "start-end perms offset major:minor inode  name". Memory has no block device below it:
 * shmem's superblocks have a major number of 0, so files on disks are left out here. Only
 * a System V segment, whose inode has the number of the segment, may have inode 0.
 */
static bool parse_head(const char *line, struct smaps_range *out)
{
	unsigned long long start, end, offset, inode;
	unsigned major_no, minor_no;
	char perms[5] = "";
	int name = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu%n", &start, &end, perms, &offset,
		   &major_no, &minor_no, &inode, &name) != 7)
		return false;
	*out = (struct smaps_range){
		.start = start,
		.dev = makedev(major_no, minor_no),
		.inode = inode,
		.offset_bytes = offset,
		.size_bytes = end - start,
		.name = line + name + strspn(line + name, " "),
	};
	return perms[3] == 's' && !major_no && (inode || str_after(out->name, "/SYSV")) &&
	       end > start;
}

int smaps_each_shared(char *text, int (*fn)(void *data, const struct smaps_range *range),
		      void *data)
{
	struct smaps_range range;
	bool shared = false;
	char *line = text, *end;
	int r = 0;

	for (; !r && line && *line; line = end) {
		const char *s;
		uint64_t kb;

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (!(*line >= 'A' && *line <= 'Z')) { /* not a line "Key: value" */
			if (shared)
				r = fn(data, &range);
			shared = parse_head(line, &range);
			continue;
		}
		s = shared ? str_after(line, "Swap:") : NULL;
		if (s && !next_u64(&s, &kb))
			range.swap_bytes = kb << 10;
	}
	return !r && shared ? fn(data, &range) : r;
}
