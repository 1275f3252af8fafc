/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/shmfd.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/sysmacros.h>

#include "base/sys.h"
#include "kernel/mounts.h"

/*
 * The owner of a descriptor chooses what is behind it, and may exchange it at any time
 * for a file of a FUSE server that never answers. So nothing is asked of a file but by
 * O_PATH and AT_STATX_DONT_SYNC, which the kernel answers alone, until its device number
 * is known to be that of a tmpfs; fstatfs(2) would ask the server.
 */

/* ---- devices ----------------------------------------------------------------------- */

static int cmp_dev(const struct shmfd_dev *a, dev_t dev, uint64_t ns)
{
	if (a->dev != dev)
		return a->dev < dev ? -1 : 1;
	return (a->ns > ns) - (a->ns < ns);
}

/* where it is, or belongs: *@found says which */
static size_t find_dev(const struct shmfd_devs *devs, dev_t dev, uint64_t ns, bool *found)
{
	size_t low = 0, high = devs->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (cmp_dev(&devs->items[mid], dev, ns) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*found = low < devs->n && !cmp_dev(&devs->items[low], dev, ns);
	return low;
}

/* takes @add->pin over */
static int add_dev(struct shmfd_devs *devs, const struct shmfd_dev *add)
{
	bool found;
	size_t at = find_dev(devs, add->dev, add->ns, &found);

	if (!array_grow(&devs->items, devs->n)) {
		if (add->pin >= 0)
			close(add->pin);
		return -ENOMEM;
	}
	memmove(&devs->items[at + 1], &devs->items[at],
		(devs->n - at) * sizeof(*devs->items));
	devs->items[at] = *add;
	devs->n++;
	return 0;
}

void shmfd_devs_done(struct shmfd_devs *devs)
{
	for (size_t i = 0; i < devs->n; i++)
		if (devs->items[i].pin >= 0)
			close(devs->items[i].pin);
	free(devs->items);
	*devs = (struct shmfd_devs){ 0 };
}

/* memfds are on a mount of the kernel's own; those of huge pages on another one */
static int add_memfds(struct shmfd_devs *devs)
{
	_cleanup_close_ int fd = memfd_create("swapadm", MFD_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	return add_dev(devs, &(struct shmfd_dev){ st.st_dev, 0, true, -1 });
}

/* 0: not known */
static uint64_t mount_namespace(struct swapadm_ctx *ctx, pid_t pid)
{
	char path[64], text[64];
	unsigned long long ns;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	if (ctx_readlink(ctx, path, text, sizeof(text)) ||
	    sscanf(text, "mnt:[%llu]", &ns) != 1)
		return 0;
	return ns;
}

struct wanted {
	dev_t dev;
	bool is_tmpfs;
};

static int is_wanted(void *data, const struct mount_line *line)
{
	struct wanted *want = data;

	if (line->dev != want->dev)
		return 0;
	want->is_tmpfs = streq(line->fstype, "tmpfs");
	return 1;
}

/* 1: its device is mounted in the namespace of the process; 0: not, or not to be read */
static int find_mounted(struct swapadm_ctx *ctx, pid_t pid, struct wanted *want)
{
	_cleanup_(mounts_freep) struct mounts *table = NULL;
	_cleanup_free_ char *text = NULL;
	char path[64];
	size_t len;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	r = ctx_read_file(ctx, path, &text, &len);
	if (!r)
		r = mounts_parse(text, len, &table);
	if (!r)
		r = mounts_each(table, is_wanted, want);
	return r < 0 && r != -ENOMEM ? 0 : r;
}

/*
 * 1: @fd, of device @dev, is on a tmpfs; 0: not, or not known. The mounts are read while
 * @fd holds the file system, and one of a tmpfs stays held: no other one can get its
 * number.
 */
static int is_on_tmpfs(struct swapadm_ctx *ctx, struct shmfd_devs *devs, pid_t pid,
		       int fd, dev_t dev)
{
	struct wanted want = { .dev = dev };
	struct shmfd_dev add = { .dev = dev, .pin = -1 };
	bool found;
	size_t at;
	int r = devs->n ? 0 : add_memfds(devs);

	if (r)
		return r;
	at = find_dev(devs, dev, 0, &found);
	if (found)
		return devs->items[at].is_tmpfs;
	add.ns = mount_namespace(ctx, pid);
	find_dev(devs, dev, add.ns, &found);
	if (found || !add.ns)
		return 0;
	r = find_mounted(ctx, pid, &want);
	if (r < 0)
		return r;
	if (r)
		add.ns = 0;
	if (want.is_tmpfs) {
		add.is_tmpfs = true;
		add.pin = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (add.pin < 0)
			return -errno;
	}
	r = add_dev(devs, &add);
	return r ? r : add.is_tmpfs;
}

/* ---- descriptors ------------------------------------------------------------------- */

static bool is_deleted(const char *name)
{
	static const char tail[] = " (deleted)";
	size_t len = strlen(name);

	return *name == '/' && len >= sizeof(tail) &&
	       streq(name + len - (sizeof(tail) - 1), tail);
}

/* asks no file system; 0: a regular file that has pages */
static int look_through(int fd, dev_t *dev, uint64_t *inode)
{
	const unsigned want = STATX_TYPE | STATX_INO | STATX_BLOCKS;
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, want, &stx) < 0 ||
	    !S_ISREG(stx.stx_mode) || !stx.stx_blocks)
		return -ENOENT;
	*dev = makedev(stx.stx_dev_major, stx.stx_dev_minor);
	*inode = stx.stx_ino;
	return 0;
}

/* of this process what its caller has open is listed, too */
static bool is_pin(const struct shmfd_devs *devs, unsigned fd)
{
	for (size_t i = 0; i < devs->n; i++)
		if (devs->items[i].pin == (int)fd)
			return true;
	return false;
}

static int look_at(struct swapadm_ctx *ctx, struct shmfd_devs *devs, int dirfd,
		   struct shmfd *shmfd, int (*fn)(void *data, const struct shmfd *shmfd),
		   void *data)
{
	_cleanup_close_ int fd = -1;
	char number[16], name[PATH_MAX];
	ssize_t len;
	int r;

	snprintf(number, sizeof(number), "%u", shmfd->fd);
	len = readlinkat(dirfd, number, name, sizeof(name) - 1);
	if (len < 0)
		return 0;
	name[len] = '\0';
	if (!is_deleted(name))
		return 0;
	fd = openat(dirfd, number, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE ? -errno : 0;
	if (look_through(fd, &shmfd->dev, &shmfd->inode))
		return 0;
	r = is_on_tmpfs(ctx, devs, shmfd->pid, fd, shmfd->dev);
	if (r <= 0)
		return r;
	shmfd->name = name;
	return fn(data, shmfd);
}

int shmfd_each(struct swapadm_ctx *ctx, struct shmfd_devs *devs, pid_t pid,
	       int (*fn)(void *data, const struct shmfd *shmfd), void *data)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct shmfd shmfd = { .pid = pid };
	const struct dirent *entry;
	char path[64];
	uint64_t fd;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = ctx_opendir(ctx, path);
	while (!r && dir && (entry = readdir(dir))) {
		if (parse_u64(entry->d_name, &fd))
			continue;
		shmfd.fd = (unsigned)fd;
		if (pid == getpid() && is_pin(devs, shmfd.fd))
			continue;
		r = look_at(ctx, devs, dirfd(dir), &shmfd, fn, data);
	}
	return r;
}

/* that it is the file of before makes it one of a tmpfs, whose number is still held */
int shmfd_open(struct swapadm_ctx *ctx, const struct shmfd *shmfd, struct stat *st)
{
	_cleanup_close_ int found = -1;
	char path[64];
	uint64_t inode;
	dev_t dev;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/fd/%u", (int)shmfd->pid, shmfd->fd);
	found = ctx_open(ctx, path, O_PATH);
	if (found < 0)
		return found;
	if (look_through(found, &dev, &inode) || dev != shmfd->dev ||
	    inode != shmfd->inode)
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
	if (fd < 0 || fstat(fd, st) < 0) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		return r;
	}
	return fd;
}
