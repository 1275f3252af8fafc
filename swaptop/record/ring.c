/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/record.h"
#include "record/ring.h"
#include "record/segment.h"

/* what goes at a time: a file, of at most this share of the ring and this long */
#define FILES_LEAST 16
#define FILE_S      3600

/**
 * struct ring - the folder and the file being written
 * @fd:           -1: the next sample begins a file
 * @begun_ns:     the sample that the file begins with
 * @total_bytes:  of all files
 */
struct ring {
	int dir_fd, fd;
	uint64_t max_bytes, max_age_ns, total_bytes, begun_ns;
	struct segments files;
	struct recorder *recorder;
};

static int open_dir(const char *path)
{
	int fd, r;

	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ? -EBUSY : -errno;
		close(fd);
		return r;
	}
	return fd;
}

int ring_open(struct ring **out, const char *path, uint64_t max_bytes, uint64_t max_age_s)
{
	struct ring *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return -ENOMEM;
	r->fd = -1;
	r->max_bytes = max_bytes;
	r->max_age_ns = max_age_s * NSEC_PER_SEC;
	ret = r->dir_fd = open_dir(path);
	if (ret >= 0)
		ret = segments_list(&r->files, r->dir_fd);
	if (ret < 0) {
		ring_close(r);
		return ret;
	}
	for (size_t i = 0; i < r->files.n; i++)
		r->total_bytes += r->files.v[i].bytes;
	*out = r;
	return 0;
}

static void close_file(struct ring *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	recorder_free(r->recorder);
	r->recorder = NULL;
}

void ring_close(struct ring *r)
{
	if (!r)
		return;
	close_file(r);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	segments_done(&r->files);
	free(r);
}

static struct segment *last_file(struct ring *r)
{
	return &r->files.v[r->files.n - 1];
}

static int drop_oldest(struct ring *r)
{
	struct segment *seg = &r->files.v[0];

	if (unlinkat(r->dir_fd, seg->name, 0) < 0 && errno != ENOENT)
		return -errno;
	r->total_bytes -= seg->bytes;
	segments_drop_first(&r->files);
	return 0;
}

/* all samples of the oldest file are too old when the file after it is */
static int drop_old(struct ring *r, uint64_t now_ns)
{
	int ret = 0;

	while (ret == 0 && r->max_age_ns && r->files.n > 1 &&
	       r->files.v[1].start_ns + r->max_age_ns < now_ns)
		ret = drop_oldest(r);
	return ret;
}

/* the file being written stays */
static int make_room(struct ring *r, uint64_t bytes)
{
	size_t keep = r->fd >= 0;
	int ret = 0;

	while (ret == 0 && r->total_bytes + bytes > r->max_bytes && r->files.n > keep)
		ret = drop_oldest(r);
	if (ret == 0 && r->total_bytes + bytes > r->max_bytes)
		ret = -EFBIG;
	return ret;
}

static bool file_is_full(struct ring *r, uint64_t now_ns)
{
	return last_file(r)->bytes >= r->max_bytes / FILES_LEAST ||
	       now_ns < r->begun_ns || now_ns - r->begun_ns >= FILE_S * NSEC_PER_SEC;
}

static int begin_file(struct ring *r, uint64_t now_ns)
{
	int ret = recorder_new(&r->recorder, NULL);

	if (ret == 0)
		ret = segments_add(&r->files, now_ns);
	if (ret < 0)
		return ret;
	r->fd = openat(r->dir_fd, last_file(r)->name,
		       O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
	if (r->fd < 0) {
		ret = -errno;
		r->files.n--;
		return ret;
	}
	r->begun_ns = now_ns;
	return 0;
}

/* one write(2): either all of it is there or the file is as it was */
static int append(struct ring *r, const unsigned char *head, size_t head_size,
		  const unsigned char *frame, size_t size)
{
	size_t whole = head_size + size;
	_cleanup_free_ unsigned char *bytes = malloc(whole);
	ssize_t n;
	int ret = 0;

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, head, head_size);
	memcpy(bytes + head_size, frame, size);
	n = write(r->fd, bytes, whole);
	if (n != (ssize_t)whole) {
		ret = n < 0 ? -errno : -ENOSPC;
		if (ftruncate(r->fd, (off_t)last_file(r)->bytes) < 0)
			ret = -errno;
		return ret;
	}
	last_file(r)->bytes += whole;
	r->total_bytes += whole;
	return 0;
}

static int write_sample(struct ring *r, const struct sample *s)
{
	unsigned char head[RECORD_HEADER];
	const unsigned char *frame;
	size_t size, head_size = 0;
	int ret = 0;

	if (r->fd >= 0 && file_is_full(r, s->realtime_ns))
		close_file(r);
	if (r->fd < 0) {
		record_header(head);
		head_size = sizeof(head);
		ret = begin_file(r, s->realtime_ns);
	}
	if (ret == 0)
		ret = recorder_encode(r->recorder, s, &frame, &size);
	if (ret == 0)
		ret = make_room(r, head_size + size);
	if (ret == 0)
		ret = append(r, head, head_size, frame, size);
	return ret;
}

/* the next frame can't build on one that is not there */
static void give_up_file(struct ring *r)
{
	bool empty = r->fd >= 0 && !last_file(r)->bytes;

	close_file(r);
	if (empty && unlinkat(r->dir_fd, last_file(r)->name, 0) == 0)
		r->files.n--;
}

int ring_write(struct ring *r, const struct sample *s)
{
	int ret = drop_old(r, s->realtime_ns);

	if (ret == 0)
		ret = write_sample(r, s);
	if (ret < 0)
		give_up_file(r);
	if (ret == -ENOSPC && r->files.n > 1) /* of the file system, for the next one */
		drop_oldest(r);
	return ret;
}
