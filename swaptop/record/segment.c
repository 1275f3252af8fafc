/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "record/segment.h"

static bool parse_name(const char *name, struct segment *seg)
{
	struct tm tm = { 0 };
	unsigned long long number;
	time_t start;
	int n = 0;

	if (sscanf(name, "%8llu-%4d%2d%2dT%2d%2d%2dZ.swaptop%n", &number, &tm.tm_year,
		   &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
		   &n) != 7 ||
	    !n || name[n] || n >= SEGMENT_NAME)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	start = timegm(&tm);
	if (start < 0)
		return false;
	*seg = (struct segment){ .number = number,
				 .start_ns = (uint64_t)start * NSEC_PER_SEC };
	copy_text(seg->name, name);
	return true;
}

static int append(struct segments *l, const struct segment *seg)
{
	struct segment *v = realloc(l->v, (l->n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	l->v = v;
	l->v[l->n++] = *seg;
	return 0;
}

static int compare(const void *pa, const void *pb)
{
	const struct segment *a = pa, *b = pb;

	return a->number < b->number ? -1 : a->number > b->number;
}

int segments_list(struct segments *l, int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *ent;
	struct segment seg;
	struct stat st;

	*l = (struct segments){ 0 };
	if (!dir) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (ent = readdir(dir))) {
		if (!parse_name(ent->d_name, &seg) ||
		    fstatat(dir_fd, seg.name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		seg.bytes = (uint64_t)st.st_size;
		r = append(l, &seg);
	}
	closedir(dir);
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare);
	if (r < 0)
		segments_done(l);
	return r;
}

void segments_done(struct segments *l)
{
	free(l->v);
	*l = (struct segments){ 0 };
}

int segments_add(struct segments *l, uint64_t start_ns)
{
	time_t start = (time_t)(start_ns / NSEC_PER_SEC);
	struct segment seg = { .number = l->n ? l->v[l->n - 1].number + 1 : 1,
			       .start_ns = start_ns };
	struct tm tm;

	gmtime_r(&start, &tm);
	snprintf(seg.name, sizeof(seg.name), "%08llu-%04d%02d%02dT%02d%02d%02dZ.swaptop",
		 (unsigned long long)(seg.number % 100000000),
		 (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100, tm.tm_mday % 100,
		 tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100);
	return append(l, &seg);
}

void segments_drop_first(struct segments *l)
{
	memmove(l->v, l->v + 1, --l->n * sizeof(*l->v));
}
