/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/feeder.h"

#include <sched.h>
#include <sys/eventfd.h>

#include "base/sys.h"
#include "kernel/touch.h"

#define PIECE_IOVECS 1024 /* UIO_MAXIOV */
#define PIDFDS_MAX   512

#define PIDFD_CLOSED (-1)
#define PIDFD_GONE   (-2)

/**
 * struct piece - what one call is about: ranges of one process
 * @owner:   of the map
 * @pidfd:   of it, or PIDFD_GONE
 * @is_own:  @pidfd is not among those that are kept
 * @has_no_memory: it ends, or its first thread has ended, by which its memory is reached
 */
struct piece {
	struct iovec iov[PIECE_IOVECS];
	size_t n;
	uint64_t pages;
	unsigned owner;
	int pidfd;
	bool is_own, has_no_memory;
};

int feeder_init(struct feeder *f, const struct swapmap *map, int advice)
{
	size_t n = map->procs.n;

	*f = (struct feeder){ .map = map, .advice = advice, .event_fd = -1 };
	f->pidfds = calloc(n ? n : 1, sizeof(*f->pidfds));
	if (!f->pidfds)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		f->pidfds[i] = PIDFD_CLOSED;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->wake, NULL);
	return 0;
}

void feeder_free(struct feeder *f)
{
	if (!f->pidfds)
		return;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
	while (f->n_threads)
		pthread_join(f->threads[--f->n_threads], NULL);
	for (size_t i = 0; i < f->map->procs.n; i++)
		if (f->pidfds[i] >= 0)
			close(f->pidfds[i]);
	if (f->event_fd >= 0)
		close(f->event_fd);
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
	free(f->pidfds);
	f->pidfds = NULL;
}

/* ---- taking from the map: under the lock ----------------------------------------- */

/* the next ranges of one process; .n is 0 at the end of the map */
static void gather(struct feeder *f, uint64_t max_pages, struct piece *piece)
{
	const struct runset *set = &f->map->runs;
	size_t page_bytes = own_page_bytes(), n = 0;
	struct iovec *iov = piece->iov;

	piece->pages = 0;
	while (f->next_run < set->n && piece->pages < max_pages) {
		const struct swap_run *run = &set->runs[f->next_run];
		uint64_t count = run->n_pages - f->next_page;
		char *base = (char *)(uintptr_t)((run->vpn + f->next_page) * page_bytes);

		if (n && run->owner != piece->owner)
			break;
		piece->owner = (unsigned)run->owner;
		if (count > max_pages - piece->pages)
			count = max_pages - piece->pages;
		if (n && (char *)iov[n - 1].iov_base + iov[n - 1].iov_len == base)
			iov[n - 1].iov_len += count * page_bytes;
		else if (n == PIECE_IOVECS)
			break;
		else
			iov[n++] = (struct iovec){ base, count * page_bytes };
		piece->pages += count;
		f->next_page += count;
		if (f->next_page == run->n_pages) {
			f->next_run++;
			f->next_page = 0;
		}
	}
	piece->n = n;
	f->taken_pages += piece->pages;
}

/* -ENOSYS; a process that is gone is none of the errors */
static int get_pidfd(struct feeder *f, struct piece *piece)
{
	int *kept = &f->pidfds[piece->owner];

	piece->is_own = piece->has_no_memory = false;
	piece->pidfd = *kept;
	if (*kept != PIDFD_CLOSED)
		return 0;
	piece->pidfd = pidfd_open(f->map->procs.items[piece->owner].pid, 0);
	if (piece->pidfd < 0 && errno == ENOSYS)
		return -ENOSYS;
	if (piece->pidfd < 0) {
		piece->pidfd = *kept = PIDFD_GONE;
	} else if (f->n_open < PIDFDS_MAX) {
		*kept = piece->pidfd;
		f->n_open++;
	} else {
		piece->is_own = true;
	}
	return 0;
}

static int take(struct feeder *f, uint64_t max_pages, struct piece *piece)
{
	gather(f, max_pages, piece);
	return piece->n ? get_pidfd(f, piece) : 0;
}

static void account(struct feeder *f, const struct piece *piece, int err)
{
	f->count.done_pages += piece->pages;
	if (piece->pidfd == PIDFD_GONE || piece->has_no_memory)
		f->count.gone_pages += piece->pages;
	else if (!err)
		f->count.fed_pages += piece->pages;
	if (err && !f->error)
		f->error = err;
}

/* ---- telling the kernel ---------------------------------------------------------- */

/* drop what was advised from the front; the range that failed goes too */
static size_t skip_advised(struct iovec **iov, size_t n, size_t advised)
{
	while (n && advised >= (*iov)->iov_len) {
		advised -= (*iov)->iov_len;
		(*iov)++;
		n--;
	}
	if (n) {
		(*iov)++;
		n--;
	}
	return n;
}

static int give_advice(const struct feeder *f, struct piece *piece)
{
	struct iovec *iov = piece->iov;
	size_t n = piece->n;
	int r = 0;

	while (n && !r && !piece->has_no_memory) {
		ssize_t done = process_madvise(piece->pidfd, iov, n, f->advice, 0);

		if (done < 0 && (errno == EPERM || errno == ENOSYS))
			r = -errno;
		else if (done < 0 && errno == ESRCH)
			piece->has_no_memory = true;
		else if (done >= 0 || errno != EINTR)
			/* short: the next range is not mapped any more, or takes none */
			n = skip_advised(&iov, n, done < 0 ? 0 : (size_t)done);
	}
	return r;
}

static int advise(const struct feeder *f, struct piece *piece)
{
	int r = 0;

	if (piece->pidfd == PIDFD_GONE)
		return 0;
	if (f->advice == FEEDER_MAP)
		touch_pages(f->map->procs.items[piece->owner].pid, piece->iov, piece->n);
	else
		r = give_advice(f, piece);
	if (piece->is_own)
		close(piece->pidfd);
	return r;
}

int64_t feeder_next(struct feeder *f, uint64_t max_pages)
{
	struct piece piece;
	int r = take(f, max_pages, &piece);

	if (r || !piece.n)
		return r;
	r = advise(f, &piece);
	account(f, &piece, r);
	return r ? r : (int64_t)piece.pages;
}

/* ---- threads --------------------------------------------------------------------- */

static bool is_through(const struct feeder *f)
{
	return f->stop || f->error || f->next_run == f->map->runs.n;
}

static void notify(const struct feeder *f)
{
	uint64_t one = 1;

	/* it can only fail when the counter is full, and then it is readable */
	(void)!write(f->event_fd, &one, sizeof(one));
}

static void *feed(void *data)
{
	struct feeder *f = data;
	struct piece piece;
	bool is_last;
	int r;

	pthread_mutex_lock(&f->lock);
	while (!is_through(f)) {
		uint64_t may = f->allowed_pages > f->taken_pages
				       ? f->allowed_pages - f->taken_pages
				       : 0;

		if (!may) {
			pthread_cond_wait(&f->wake, &f->lock);
			continue;
		}
		r = take(f, may < f->piece_pages ? may : f->piece_pages, &piece);
		if (!r) {
			pthread_mutex_unlock(&f->lock);
			r = advise(f, &piece);
			pthread_mutex_lock(&f->lock);
		}
		account(f, &piece, r);
		if (f->taken_pages == f->count.done_pages)
			pthread_cond_broadcast(&f->wake); /* feeder_hold() waits */
	}
	is_last = f->taken_pages == f->count.done_pages;
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
	if (is_last)
		notify(f);
	return NULL;
}

static unsigned processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return n < FEEDER_THREADS_MAX ? (unsigned)n : FEEDER_THREADS_MAX;
}

int feeder_start(struct feeder *f, unsigned max)
{
	unsigned n = processors();
	int r = 0;

	n = n < max ? n : max;
	f->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->event_fd < 0)
		return -errno;
	while (f->n_threads < n) {
		r = pthread_create(&f->threads[f->n_threads], NULL, feed, f);
		if (r)
			break;
		f->n_threads++;
	}
	return f->n_threads ? 0 : -r;
}

void feeder_allow(struct feeder *f, uint64_t pages, uint64_t piece_pages)
{
	pthread_mutex_lock(&f->lock);
	f->allowed_pages = pages;
	f->piece_pages = piece_pages ? piece_pages : 1;
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

int feeder_look(struct feeder *f, struct feeder_count *count)
{
	int r;

	pthread_mutex_lock(&f->lock);
	*count = f->count;
	r = f->error;
	if (!r)
		r = !is_through(f) || f->taken_pages != f->count.done_pages;
	pthread_mutex_unlock(&f->lock);
	return r;
}

void feeder_hold(struct feeder *f)
{
	pthread_mutex_lock(&f->lock);
	f->allowed_pages = 0;
	while (f->taken_pages != f->count.done_pages)
		pthread_cond_wait(&f->wake, &f->lock);
	pthread_mutex_unlock(&f->lock);
}
