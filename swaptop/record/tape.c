/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/record.h"
#include "record/segment.h"
#include "record/tape.h"

/**
 * struct tape - the files, of which one is open
 * @dir_fd:  of a ring; -1: a single file
 * @at:      index of the open one in @files, of a ring
 */
struct tape {
	int dir_fd;
	struct segments files;
	size_t at;
	void *data;
	size_t size;
	struct player *player;
};

static void close_file(struct tape *t)
{
	player_free(t->player);
	t->player = NULL;
	if (t->data)
		munmap(t->data, t->size);
	t->data = NULL;
}

static int say_errno(char *problem, size_t size, int r)
{
	snprintf(problem, size, "%s", strerror(-r));
	return r;
}

/* takes @fd over */
static int open_file(struct tape *t, int fd, char *problem, size_t size)
{
	struct stat st;
	int r;

	if (fd < 0)
		return say_errno(problem, size, -errno);
	if (fstat(fd, &st) < 0 || st.st_size == 0) {
		close(fd);
		snprintf(problem, size, "the recording is empty");
		return -EBADMSG;
	}
	t->size = (size_t)st.st_size;
	t->data = mmap(NULL, t->size, PROT_READ, MAP_PRIVATE, fd, 0);
	r = -errno;
	close(fd);
	if (t->data == MAP_FAILED) {
		t->data = NULL;
		return say_errno(problem, size, r);
	}
	return player_new(&t->player, t->data, t->size, problem, size);
}

/* a file of a ring; -EBADMSG there is no whole sample in it */
static int open_segment(struct tape *t, size_t i)
{
	char problem[200];
	int r;

	close_file(t);
	t->at = i;
	r = open_file(t,
		      openat(t->dir_fd, t->files.v[i].name,
			     O_RDONLY | O_CLOEXEC | O_NOFOLLOW),
		      problem, sizeof(problem));
	if (r == 0 && player_n_frames(t->player) == 0)
		r = -EBADMSG;
	if (r < 0)
		close_file(t);
	return r;
}

/*
 * the nearest one from @i on, upwards or downwards, with a sample in it: files that a
 * kill left empty, or that the ring has dropped by now, are passed over
 */
static int open_nearest(struct tape *t, size_t i, int step)
{
	int r = -ENODATA;

	for (; i < t->files.n; i += (size_t)step) { /* below 0 it wraps */
		r = open_segment(t, i);
		if (r == 0 || r == -ENOMEM)
			return r;
		r = -ENODATA;
	}
	return r;
}

static int open_ring(struct tape *t, char *problem, size_t size)
{
	int r = segments_list(&t->files, t->dir_fd);

	if (r < 0)
		return say_errno(problem, size, r);
	r = open_nearest(t, 0, 1);
	if (r == -ENODATA) {
		snprintf(problem, size, "no recording in this folder");
		r = -EBADMSG;
	}
	return r == -ENOMEM ? say_errno(problem, size, r) : r;
}

int tape_open(struct tape **out, const char *path, char *problem, size_t size)
{
	struct tape *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return say_errno(problem, size, -ENOMEM);
	t->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir_fd >= 0)
		r = open_ring(t, problem, size);
	else
		r = open_file(t, open(path, O_RDONLY | O_CLOEXEC), problem, size);
	if (r < 0)
		tape_close(t);
	else
		*out = t;
	return r;
}

void tape_close(struct tape *t)
{
	if (!t)
		return;
	close_file(t);
	segments_done(&t->files);
	if (t->dir_fd >= 0)
		close(t->dir_fd);
	free(t);
}

static bool is_ring(const struct tape *t)
{
	return t->dir_fd >= 0;
}

/* where a file could not be opened the last time, its first or last sample is next */
static int reopen(struct tape *t)
{
	return t->player ? 0 : open_nearest(t, t->at, 1);
}

int tape_next(struct tape *t, struct sample **out)
{
	int r = reopen(t);

	if (r == 0)
		r = player_next(t->player, out);
	while (is_ring(t) && (r == -ENODATA || r == -EBADMSG)) {
		size_t at = t->at, position = t->player ? player_position(t->player) : 0;

		r = open_nearest(t, at + 1, 1);
		if (r == 0) {
			r = player_next(t->player, out);
			continue;
		}
		if (r == -ENODATA && open_segment(t, at) == 0) /* stay at the end */
			player_seek(t->player, position);
		return r;
	}
	return r;
}

int tape_back(struct tape *t, int n)
{
	int left = n, r = reopen(t);

	while (r == 0) {
		size_t position = player_position(t->player);

		if (position >= (size_t)left) {
			r = player_seek(t->player, position - (size_t)left);
			return r < 0 ? r : n;
		}
		left -= (int)position;
		r = player_seek(t->player, 0);
		if (r < 0 || t->at == 0 || !is_ring(t))
			return r < 0 ? r : n - left;
		size_t at = t->at;

		r = open_nearest(t, at - 1, -1);
		if (r == -ENODATA) { /* this one is the first that is left */
			r = open_segment(t, at);
			return r < 0 ? r : n - left;
		}
		if (r == 0) {
			/* from behind its last sample */
			r = player_seek(t->player, player_n_frames(t->player) - 1);
			left--;
			if (r == 0 && left <= 0)
				return n;
		}
	}
	return r;
}

int tape_find(struct tape *t, uint64_t realtime_ns)
{
	size_t i = 0;
	int r;

	if (is_ring(t)) {
		for (size_t k = 1; k < t->files.n; k++) {
			if (t->files.v[k].start_ns <= realtime_ns)
				i = k;
		}
		r = open_nearest(t, i, -1);
		if (r == -ENODATA)
			r = open_nearest(t, i, 1);
		if (r < 0)
			return r;
	}
	return player_find(t->player, realtime_ns);
}

static int time_here(struct tape *t, uint64_t *ns)
{
	struct sample *s;
	int r = player_next(t->player, &s);

	if (r < 0)
		return r;
	*ns = s->realtime_ns;
	sample_free(s);
	return 0;
}

int tape_range(struct tape *t, uint64_t *first_ns, uint64_t *last_ns)
{
	int r = is_ring(t) ? open_nearest(t, t->files.n - 1, -1) : 0;

	if (r == 0 && player_n_frames(t->player) == 0)
		r = -ENODATA;
	if (r == 0)
		r = player_seek(t->player, player_n_frames(t->player) - 1);
	if (r == 0)
		r = time_here(t, last_ns);
	if (r == 0 && is_ring(t))
		r = open_nearest(t, 0, 1);
	if (r == 0)
		r = player_seek(t->player, 0);
	if (r == 0)
		r = time_here(t, first_ns);
	return r == 0 ? player_seek(t->player, 0) : r;
}

bool tape_position(const struct tape *t, size_t *played, size_t *all)
{
	if (is_ring(t) || !t->player)
		return false;
	*played = player_position(t->player);
	*all = player_n_frames(t->player);
	return true;
}
