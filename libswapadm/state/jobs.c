/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/jobs.h"

#include <fcntl.h>
#include <time.h>

#include "base/sys.h"
#include "kernel/pidns.h"
#include "kernel/proc.h"
#include "kernel/stats.h"
#include "state/state.h"
#include "state/wblimit.h"

#define WAY_MS    50 /* between looks at a job that is to make way */
#define WAY_TRIES 60

/* ---- one record ---------------------------------------------------------------- */

bool jobs_is_elsewhere(struct swapadm_ctx *ctx, const struct jobrec *rec)
{
	return pidns_find(ctx, rec->pid_ns) == PIDNS_ELSEWHERE;
}

/* one that can't be seen may run: it keeps its claims until it says that it is over */
bool jobs_is_live(struct swapadm_ctx *ctx, const struct jobrec *rec)
{
	if (jobs_is_elsewhere(ctx, rec))
		return !jobrec_is_finished(rec);
	return proc_is_alive(ctx, rec->worker, rec->worker_start_ticks) ||
	       proc_is_alive(ctx, rec->child, rec->child_start_ticks);
}

int jobs_open_worker(struct swapadm_ctx *ctx, const struct jobrec *rec)
{
	_cleanup_close_ int pidfd = -1;

	if (jobs_is_elsewhere(ctx, rec))
		return -ESRCH;
	pidfd = pidfd_open(rec->worker, 0);
	if (pidfd < 0 || !proc_is_alive(ctx, rec->worker, rec->worker_start_ticks))
		return -ESRCH;
	return steal_fd(&pidfd);
}

bool jobs_is_draining(struct swapadm_ctx *ctx, const struct jobrec *rec)
{
	if (rec->p.kind != SWAPADM_JOB_DRAIN && rec->p.kind != SWAPADM_JOB_REMOVE)
		return false;
	if (!jobrec_is_finished(rec))
		return true;
	/* its worker died, but the swapoff(2) that it had begun may go on */
	return rec->p.state == SWAPADM_JOB_LOST && jobs_is_live(ctx, rec);
}

bool jobs_drain_area(struct swapadm_ctx *ctx, const struct jobrec_list *list,
		     const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t d = 0; d < list->items[i].n_devices; d++)
			if (streq(list->items[i].devices[d], path) &&
			    jobs_is_draining(ctx, &list->items[i]))
				return true;
	return false;
}

bool jobs_is_abandoned(struct swapadm_ctx *ctx, const struct jobrec *rec)
{
	if (jobs_is_elsewhere(ctx, rec) || !jobs_is_live(ctx, rec))
		return false;
	if (rec->p.state == SWAPADM_JOB_LOST)
		return true;
	return !jobrec_is_finished(rec) && rec->caller &&
	       !proc_has_threads(ctx, rec->caller, rec->caller_start_ticks);
}

/* only what root (or, unprivileged, this user) wrote and others can't change */
static int check_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)JOBREC_MAX_BYTES)
		return -EBADMSG;
	if (!stat_owner_is_trusted(&st) || stat_others_may_write(&st))
		return -EBADMSG;
	return 0;
}

static int read_record(struct swapadm_ctx *ctx, const char *id, struct jobrec *out)
{
	/* not on the stack: a caller's thread may have little of it */
	_cleanup_free_ char *text = malloc(JOBREC_MAX_BYTES + 1);
	_cleanup_close_ int fd = -1;
	char path[64];
	ssize_t n;
	int r;

	if (!text)
		return -ENOMEM;
	snprintf(path, sizeof(path), JOBS_DIR "/%s", id);
	fd = ctx_open(ctx, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return fd;
	r = check_owner(fd);
	if (r)
		return r;
	n = ctx_read_fd(ctx, fd, text, JOBREC_MAX_BYTES);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	if (n == JOBREC_MAX_BYTES || strlen(text) != (size_t)n)
		return -EBADMSG;
	r = jobrec_parse(text, out);
	if (!r && !streq(out->p.id, id)) {
		jobrec_free(out);
		return -EBADMSG;
	}
	return r;
}

/* what may go on, or be left, without the worker */
static const char *lost_words(enum swapadm_job_kind kind)
{
	switch (kind) {
	case SWAPADM_JOB_PARK:
	case SWAPADM_JOB_WAKE:
		return "the process running this job died; what it parks or wakes may be frozen still: `swapctl wake` lets it run again, `swapctl doctor` finds it";
	case SWAPADM_JOB_WRITEBACK:
		return "the process running this job died; what it had written back stays on the write-back device";
	case SWAPADM_JOB_SWAPIN:
	case SWAPADM_JOB_SWAPOUT:
		return "the process running this job died; what it had moved stays where it is";
	default:
		return "the process running this job died; a swapoff(2) that it had begun goes on in the kernel: `swapctl list` shows what is still on the device";
	}
}

static void mark_lost(struct jobrec *rec)
{
	rec->p.state = SWAPADM_JOB_LOST;
	rec->p.phase = SWAPADM_PHASE_NONE;
	rec->p.pid = 0;
	rec->p.eta_ns = rec->p.rate_bytes_per_s = 0;
	snprintf(rec->p.message, sizeof(rec->p.message), "%s", lost_words(rec->p.kind));
}

/* its record goes on where it runs, but whether it does can't be seen */
static void mark_elsewhere(struct jobrec *rec)
{
	rec->p.pid = 0;
	snprintf(
		rec->p.message, sizeof(rec->p.message),
		"unknown, of another pid namespace: its process can't be seen from here; if that namespace has ended: rm " JOBS_DIR
		"/%s",
		rec->p.id);
}

int jobs_read(struct swapadm_ctx *ctx, const char *id, struct jobrec *out)
{
	enum pidns_place place;
	uint64_t number;
	int r;

	if (jobrec_parse_id(id, &number))
		return -EINVAL;
	r = read_record(ctx, id, out);
	if (r || jobrec_is_finished(out))
		return r;
	place = pidns_find(ctx, out->pid_ns);
	if (place == PIDNS_ELSEWHERE) {
		mark_elsewhere(out);
		return 0;
	}
	if (place == PIDNS_HERE &&
	    proc_is_alive(ctx, out->worker, out->worker_start_ticks))
		return r;
	/* it may have finished between the two looks: its last word counts */
	jobrec_free(out);
	r = read_record(ctx, id, out);
	if (!r && !jobrec_is_finished(out))
		mark_lost(out);
	return r;
}

static int replace_record(struct swapadm_ctx *ctx, int dirfd, const struct jobrec *rec)
{
	_cleanup_free_ char *text = jobrec_format(rec);
	_cleanup_close_ int fd = -1;
	char tmp[32];
	mode_t mode;
	int r;

	if (!text)
		return -ENOMEM;
	snprintf(tmp, sizeof(tmp), ".%s.tmp", rec->p.id);
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	if (fd < 0)
		return -errno;
	/* see is_final(): the last word of a job is known without reading it */
	mode = jobrec_is_finished(rec) ? 0444 : 0644;
	r = fchmod(fd, mode) < 0 ? -errno : ctx_write_fd(ctx, fd, text, strlen(text));
	/* no fsync(): /run does not outlive the machine, and neither does a job */
	if (!r && renameat(dirfd, tmp, dirfd, rec->p.id) < 0)
		r = -errno;
	if (r)
		unlinkat(dirfd, tmp, 0);
	return r;
}

/*
 * In the room that the record has already, which a full /run still leaves. What is read
 * meanwhile is all of one text: it is one write, and empty lines take up what is left of
 * a longer one.
 */
static int overwrite(struct swapadm_ctx *ctx, const struct jobrec *rec)
{
	_cleanup_free_ char *text = jobrec_format(rec), *padded = NULL;
	_cleanup_close_ int fd = -1;
	size_t len, size;
	char path[64];
	struct stat st;
	int r;

	if (!text)
		return -ENOMEM;
	snprintf(path, sizeof(path), JOBS_DIR "/%s", rec->p.id);
	fd = ctx_open(ctx, path, O_WRONLY | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	len = strlen(text);
	size = (size_t)st.st_size > len ? (size_t)st.st_size : len;
	padded = malloc(size);
	if (!padded)
		return -ENOMEM;
	memset(padded, '\n', size);
	memcpy(padded, text, len);
	r = ctx_write_fd(ctx, fd, padded, size);
	if (!r && fchmod(fd, 0444) < 0)
		r = -errno;
	return r;
}

int jobs_write(struct swapadm_ctx *ctx, const struct jobrec *rec)
{
	_cleanup_close_ int dirfd = ctx_open(ctx, JOBS_DIR, O_RDONLY | O_DIRECTORY);
	int r = dirfd < 0 ? dirfd : ctx_may_change(ctx, JOBS_DIR);

	if (!r)
		r = replace_record(ctx, dirfd, rec);
	/* no other comes after the last word: without that a job that is done was lost */
	if (r && r != -EROFS && jobrec_is_finished(rec))
		r = overwrite(ctx, rec);
	if (r && r != -EROFS)
		return ctx_fail(ctx, r, JOBS_DIR "/%s: write: %s", rec->p.id,
				strerror(-r));
	return r;
}

/* ---- all of them ---------------------------------------------------------------- */

void jobrec_list_free(struct jobrec_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		jobrec_free(&list->items[i]);
	free(list->items);
	*list = (struct jobrec_list){ 0 };
}

static uint64_t number_of(const struct jobrec *rec)
{
	uint64_t number = 0;

	jobrec_parse_id(rec->p.id, &number);
	return number;
}

static int running_first(const void *a, const void *b)
{
	const struct jobrec *x = a, *y = b;
	bool fx = jobrec_is_finished(x), fy = jobrec_is_finished(y);
	uint64_t nx = number_of(x), ny = number_of(y);

	if (fx != fy)
		return fx ? 1 : -1;
	return (nx < ny) - (nx > ny);
}

/* nobody writes to it any more, so that it is the record of a finished job */
static bool is_final(DIR *dir, const char *name)
{
	struct stat st;

	return fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && !(st.st_mode & 0222);
}

static int unread(struct swapadm_ctx *ctx, int err)
{
	return ctx_fail(ctx, err, JOBS_DIR ": read: %s", strerror(-err));
}

static int read_all(struct swapadm_ctx *ctx, bool finished_too, struct jobrec_list *out)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, JOBS_DIR);
	_cleanup_(jobrec_list_free) struct jobrec_list list = { 0 };
	struct dirent *de;
	int r;

	if (!dir && errno != ENOENT)
		return unread(ctx, -errno);
	while (dir && (de = readdir(dir))) {
		struct jobrec rec;

		if (!finished_too && is_final(dir, de->d_name))
			continue;
		r = jobs_read(ctx, de->d_name, &rec);
		if (is_shortage(r)) /* else a job that runs would have nothing */
			return unread(ctx, r);
		if (r) /* the lock, a temporary file, or nothing that we wrote */
			continue;
		if (!array_grow(&list.items, list.n)) {
			jobrec_free(&rec);
			return -ENOMEM;
		}
		list.items[list.n++] = rec;
	}
	if (list.n)
		qsort(list.items, list.n, sizeof(*list.items), running_first);
	*out = list;
	list = (struct jobrec_list){ 0 };
	return 0;
}

int jobs_read_all(struct swapadm_ctx *ctx, struct jobrec_list *out)
{
	return read_all(ctx, true, out);
}

int jobs_read_unfinished(struct swapadm_ctx *ctx, struct jobrec_list *out)
{
	return read_all(ctx, false, out);
}

/* does a job that is not over, or its orphaned swapoff(2), still have the device? */
static bool holds(struct swapadm_ctx *ctx, const struct jobrec *rec, const char *path)
{
	for (size_t i = 0; i < rec->n_devices; i++)
		if (streq(rec->devices[i], path))
			return jobs_is_live(ctx, rec) &&
			       (!jobrec_is_finished(rec) ||
				rec->p.state == SWAPADM_JOB_LOST);
	return false;
}

static const struct jobrec *find_holder(struct swapadm_ctx *ctx,
					const struct jobrec_list *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		if (holds(ctx, &list->items[i], path))
			return &list->items[i];
	return NULL;
}

int jobs_holder(struct swapadm_ctx *ctx, const char *path, char id[16])
{
	_cleanup_(jobrec_list_free) struct jobrec_list list = { 0 };
	const struct jobrec *rec;
	int r = jobs_read_unfinished(ctx, &list);

	if (r)
		return r;
	rec = find_holder(ctx, &list, path);
	if (rec)
		memcpy(id, rec->p.id, sizeof(rec->p.id));
	return rec != NULL;
}

/* ---- claiming ------------------------------------------------------------------- */

/* records of dead workers say so from now on, the oldest finished ones go */
static void clear_away(struct swapadm_ctx *ctx, int dirfd, const struct jobrec_list *list)
{
	size_t finished = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct jobrec *rec = &list->items[i];

		if (!jobrec_is_finished(rec))
			continue;
		if (rec->p.state == SWAPADM_JOB_LOST && jobs_is_live(ctx, rec))
			continue;
		if (++finished > JOBS_KEEP)
			unlinkat(dirfd, rec->p.id, 0);
		else if (rec->p.state == SWAPADM_JOB_LOST)
			replace_record(ctx, dirfd, rec);
	}
}

/* the service's job is cancelled for any other: what it has moved stays moved */
static bool makes_way(struct swapadm_ctx *ctx, const struct jobrec *rec,
		      const struct jobrec *holder)
{
	const struct timespec pause = { .tv_nsec = WAY_MS * 1000000L };
	_cleanup_close_ int pidfd = -1;

	if (!holder->service || rec->service)
		return false;
	pidfd = jobs_open_worker(ctx, holder);
	if (pidfd < 0 || pidfd_send_signal(pidfd, JOB_SIGNAL_CANCEL, NULL, 0) < 0)
		return false;
	for (int i = 0; i < WAY_TRIES && jobs_is_live(ctx, holder); i++)
		nanosleep(&pause, NULL);
	log_info(ctx, "job %s of balance was cancelled to make way", holder->p.id);
	return !jobs_is_live(ctx, holder);
}

/*
 * A zram's limit that a write-back left, killed with the guard that puts it back. Not one
 * of a job that runs: its guard does it.
 */
static int put_limits_back(struct swapadm_ctx *ctx, const struct jobrec_list *list)
{
	int r = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct jobrec *rec = &list->items[i];
		int number = rec->p.kind == SWAPADM_JOB_WRITEBACK && rec->n_devices
				     ? zram_number(rec->devices[0])
				     : -1;
		char zram[32];
		int one;

		if (rec->p.state != SWAPADM_JOB_LOST || number < 0 ||
		    find_holder(ctx, list, rec->devices[0]))
			continue;
		snprintf(zram, sizeof(zram), "zram%d", number);
		one = wblimit_recover(ctx, zram);
		r = r ? r : one;
	}
	return r;
}

static int refuse_claimed(struct swapadm_ctx *ctx, const struct jobrec *rec,
			  const struct jobrec_list *list)
{
	for (size_t i = 0; i < rec->n_devices; i++) {
		const struct jobrec *holder = find_holder(ctx, list, rec->devices[i]);

		if (!holder || makes_way(ctx, rec, holder))
			continue;
		return ctx_fail(
			ctx, -EBUSY,
			"%s: %s: job %s (%s %s) has it; `swapctl wait %s` or `swapctl cancel %s` first",
			rec->devices[i], swapadm_job_kind_name(rec->p.kind), holder->p.id,
			swapadm_job_kind_name(holder->p.kind), holder->p.source,
			holder->p.id, holder->p.id);
	}
	return 0;
}

int jobs_claim(struct swapadm_ctx *ctx, struct jobrec *rec)
{
	_cleanup_close_ int dirfd = ctx_open(ctx, JOBS_DIR, O_RDONLY | O_DIRECTORY);
	_cleanup_(jobrec_list_free) struct jobrec_list list = { 0 };
	uint64_t last = 0;
	int r = dirfd < 0 ? dirfd : jobs_read_all(ctx, &list);

	if (r)
		return dirfd < 0 ? unread(ctx, r) : r;
	r = refuse_claimed(ctx, rec, &list);
	if (r)
		return r;
	for (size_t i = 0; i < list.n; i++)
		if (number_of(&list.items[i]) > last)
			last = number_of(&list.items[i]);
	put_limits_back(ctx, &list); /* what can't be, balance reports */
	clear_away(ctx, dirfd, &list);
	snprintf(rec->p.id, sizeof(rec->p.id), "d%llu", (unsigned long long)(last + 1));
	return 0;
}

int jobs_put_limits_back(struct swapadm_ctx *ctx)
{
	_cleanup_(jobrec_list_free) struct jobrec_list list = { 0 };
	_cleanup_close_ int lock = state_lock(ctx, "balance");
	int r = lock < 0 ? lock : jobs_read_all(ctx, &list);

	return r ? r : put_limits_back(ctx, &list);
}
