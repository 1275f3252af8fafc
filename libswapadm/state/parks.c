/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/parks.h"

#include <fcntl.h>

#include "kernel/pidns.h"
#include "kernel/proc.h"
#include "state/state.h"

/* ---- one record ------------------------------------------------------------------ */

void parks_boot(struct swapadm_ctx *ctx, char buf[40])
{
	if (ctx_read_line(ctx, "/proc/sys/kernel/random/boot_id", buf, 40))
		*buf = '\0';
}

/* only what root (or, unprivileged, this user) wrote and others can't change */
static int check_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)PARKREC_MAX_BYTES ||
	    !stat_owner_is_trusted(&st) || stat_others_may_write(&st))
		return -EBADMSG;
	return 0;
}

static int read_text(struct swapadm_ctx *ctx, const char *id, char **out)
{
	char path[sizeof(PARKS_DIR) + 40];
	_cleanup_free_ char *text = malloc(PARKREC_MAX_BYTES + 1);
	_cleanup_close_ int fd = -1;
	ssize_t n;
	int r;

	if (!text)
		return -ENOMEM;
	snprintf(path, sizeof(path), PARKS_DIR "/%.32s", id);
	fd = ctx_open(ctx, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return fd;
	r = check_owner(fd);
	if (r)
		return r;
	n = ctx_read_fd(ctx, fd, text, PARKREC_MAX_BYTES);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	*out = steal_ptr(&text);
	return 0;
}

int parks_read(struct swapadm_ctx *ctx, const char *id, struct parkrec *out)
{
	_cleanup_(parkrec_free) struct parkrec rec = { 0 };
	_cleanup_free_ char *text = NULL;
	char boot[40];
	int r = read_text(ctx, id, &text);

	if (!r)
		r = parkrec_parse(text, &rec);
	if (r)
		return r;
	if (!streq(rec.id, id))
		return -EBADMSG;
	parks_boot(ctx, boot);
	if (*boot && *rec.boot && !streq(boot, rec.boot))
		return -ESTALE;
	*out = rec;
	rec = (struct parkrec){ 0 };
	return 0;
}

/* no fsync(): /run does not outlive the machine, and nothing frozen does */
static int replace_record(struct swapadm_ctx *ctx, int dirfd, const struct parkrec *rec)
{
	_cleanup_free_ char *text = parkrec_format(rec);
	_cleanup_close_ int fd = -1;
	char tmp[48];
	int r;

	if (!text)
		return -ENOMEM;
	if (strlen(text) >= PARKREC_MAX_BYTES)
		return -E2BIG;
	snprintf(tmp, sizeof(tmp), ".%s.tmp", rec->id);
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, 0644) < 0 ? -errno : ctx_write_fd(ctx, fd, text, strlen(text));
	if (!r && renameat(dirfd, tmp, dirfd, rec->id) < 0)
		r = -errno;
	if (r)
		unlinkat(dirfd, tmp, 0);
	return r;
}

int parks_write(struct swapadm_ctx *ctx, const struct parkrec *rec)
{
	_cleanup_close_ int dirfd = -1;
	int r = state_mkdir(ctx, "parked");

	if (r)
		return r;
	dirfd = ctx_open(ctx, PARKS_DIR, O_RDONLY | O_DIRECTORY);
	r = dirfd < 0 ? dirfd : replace_record(ctx, dirfd, rec);
	return r ? ctx_fail(ctx, r, PARKS_DIR "/%s: write: %s", rec->id, strerror(-r))
		 : 0;
}

int parks_remove(struct swapadm_ctx *ctx, const char *id)
{
	_cleanup_close_ int dirfd = -1;

	dirfd = ctx_open(ctx, PARKS_DIR, O_RDONLY | O_DIRECTORY);
	if (dirfd == -ENOENT)
		return 0;
	if (dirfd >= 0 && (unlinkat(dirfd, id, 0) == 0 || errno == ENOENT))
		return 0;
	return ctx_fail(ctx, dirfd < 0 ? dirfd : -errno, PARKS_DIR "/%s: remove: %s", id,
			strerror(dirfd < 0 ? -dirfd : errno));
}

/* ---- all of them ----------------------------------------------------------------- */

void parkrec_list_free(struct parkrec_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		parkrec_free(&list->items[i]);
	free(list->items);
	free(list->damaged);
	*list = (struct parkrec_list){ 0 };
}

static int oldest_first(const void *a, const void *b)
{
	const struct parkrec *x = a, *y = b;

	if (x->since_s != y->since_s)
		return x->since_s < y->since_s ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* @err: of reading it; 0; -ENOMEM */
static int note_damaged(struct parkrec_list *list, const char *id, int err)
{
	if (err == -ENOENT || err == -ESTALE || strlen(id) >= sizeof(*list->damaged))
		return 0;
	if (!array_grow(&list->damaged, list->n_damaged))
		return -ENOMEM;
	strcpy(list->damaged[list->n_damaged++], id);
	return 0;
}

int parks_read_all(struct swapadm_ctx *ctx, struct parkrec_list *out)
{
	_cleanup_(parkrec_list_free) struct parkrec_list list = { 0 };
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, PARKS_DIR);
	struct dirent *de;

	if (!dir && errno != ENOENT)
		return -errno;
	while (dir && (de = readdir(dir))) {
		struct parkrec rec;
		int r;

		if (*de->d_name == '.')
			continue;
		r = parks_read(ctx, de->d_name, &rec);
		if (is_shortage(r))
			return r;
		if (r && note_damaged(&list, de->d_name, r))
			return -ENOMEM;
		if (r) /* damaged, of another boot, or nothing that we wrote */
			continue;
		if (!array_grow(&list.items, list.n)) {
			parkrec_free(&rec);
			return -ENOMEM;
		}
		list.items[list.n++] = rec;
	}
	if (list.n)
		qsort(list.items, list.n, sizeof(*list.items), oldest_first);
	*out = list;
	list = (struct parkrec_list){ 0 };
	return 0;
}

/* ---- what it is now -------------------------------------------------------------- */

/* @place: of the namespace that the record was written in */
static bool process_is_gone(struct swapadm_ctx *ctx, const struct parkrec *rec,
			    enum pidns_place place)
{
	if (place != PIDNS_HERE)
		return place == PIDNS_ENDED;
	/* without a namespace in it, it may be of one that ours is in */
	return !proc_has_threads(ctx, rec->pid, rec->start_ticks) &&
	       (rec->pid_ns || !proc_namespace_is_own(ctx));
}

/* a cgroup namespace shows one of its own as the root, and none outside of it */
static bool is_other_root(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
			  const struct parkrec *rec)
{
	struct stat st;

	return rec->root_inode &&
	       (ctx_stat(ctx, mount->path, &st) || st.st_ino != rec->root_inode);
}

static bool group_is_gone(struct swapadm_ctx *ctx, const struct parkrec *rec)
{
	struct memcg_mount mount;
	char path[4608];
	struct stat st;
	int r;

	if (memcg_mount_find(ctx, &mount) || !mount.version ||
	    is_other_root(ctx, &mount, rec))
		return false;
	snprintf(path, sizeof(path), "%s%s", mount.path, rec->cgroup);
	r = ctx_stat(ctx, path, &st);
	return r == -ENOENT || r == -ENOTDIR || (!r && st.st_ino != rec->inode);
}

/* what can't be seen from here is not gone */
bool parkrec_is_gone(struct swapadm_ctx *ctx, const struct parkrec *rec)
{
	return rec->pid ? process_is_gone(ctx, rec, pidns_find(ctx, rec->pid_ns))
			: group_is_gone(ctx, rec);
}

bool parkrec_is_elsewhere(struct swapadm_ctx *ctx, const struct parkrec *rec)
{
	struct memcg_mount mount;

	if ((rec->pid || rec->n_stopped) &&
	    pidns_find(ctx, rec->pid_ns) == PIDNS_ELSEWHERE)
		return true;
	if (rec->pid)
		return !rec->pid_ns && proc_namespace_is_own(ctx) &&
		       !proc_has_threads(ctx, rec->pid, rec->start_ticks);
	return !memcg_mount_find(ctx, &mount) && mount.version &&
	       is_other_root(ctx, &mount, rec);
}

bool parkrec_is_unfinished(struct swapadm_ctx *ctx, const struct parkrec *rec)
{
	enum pidns_place place;

	if (rec->state == SWAPADM_PARK_PARKED)
		return false;
	place = pidns_find(ctx, rec->pid_ns);
	return place == PIDNS_ENDED ||
	       (place == PIDNS_HERE &&
		!proc_is_alive(ctx, rec->worker, rec->worker_start_ticks));
}

bool parkrec_is_worked_on(struct swapadm_ctx *ctx, const struct parkrec *rec)
{
	return rec->state != SWAPADM_PARK_PARKED && !parkrec_is_unfinished(ctx, rec);
}

static bool is_stopped(struct swapadm_ctx *ctx, const struct park_process *p)
{
	struct proc_status st;
	int r;

	if (!proc_has_threads(ctx, p->pid, p->start_ticks))
		return false;
	r = proc_status_read(ctx, p->pid, &st);
	return r ? is_shortage(r) : st.stopped;
}

bool parkrec_is_frozen(struct swapadm_ctx *ctx, const struct parkrec *rec)
{
	struct freezer_state state;

	if (rec->freezer == SWAPADM_FREEZER_CGROUP ||
	    rec->freezer == SWAPADM_FREEZER_STATE)
		return !freezer_read(ctx, &rec->group, &state) && state.own;
	if (rec->n_stopped && pidns_find(ctx, rec->pid_ns) == PIDNS_ELSEWHERE)
		return true; /* as it was left */
	for (size_t i = 0; i < rec->n_stopped; i++)
		if (is_stopped(ctx, &rec->stopped[i]))
			return true;
	return false;
}
