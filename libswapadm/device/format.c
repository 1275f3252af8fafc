/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/format.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/program.h"
#include "kernel/pagesize.h"

#define DISK_LOCK_WAIT_NS  10000000000u
#define DISK_LOCK_RETRY_NS 50000000

/* node of a kernel name: cciss!c0d0 is /dev/cciss/c0d0 */
static void disk_node(const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "/dev/%s", name);
	for (char *p = buf; *p; p++)
		if (*p == '!')
			*p = '/';
}

static int lock_disk(struct swapadm_ctx *ctx, const struct target *target)
{
	const struct timespec pause = { .tv_nsec = DISK_LOCK_RETRY_NS };
	uint64_t start_ns = monotonic_ns();
	_cleanup_close_ int fd = -1;
	char node[80];

	disk_node(target->bdev.disk, node, sizeof(node));
	fd = ctx_open(ctx, node, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return ctx_fail(ctx, fd, "%s: lock against udev: %s", node,
				strerror(-fd));
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return ctx_fail(ctx, -errno, "%s: lock against udev: %s", node,
					strerror(errno));
		if (monotonic_ns() - start_ns > DISK_LOCK_WAIT_NS)
			return ctx_fail(
				ctx, -EBUSY,
				"%s: format: another program kept the lock of %s for 10 s; try again when it is done",
				target->path, node);
		nanosleep(&pause, NULL);
	}
	return steal_fd(&fd);
}

static int run_mkswap(struct swapadm_ctx *ctx, const char *node, const char *path,
		      const struct probe *old)
{
	char *argv[9] = { (char *)"mkswap", (char *)"--force" };
	char words[512];
	size_t n = 2;
	int r;

	if (old && *old->label) {
		argv[n++] = (char *)"--label";
		argv[n++] = (char *)old->label;
	}
	if (old && *old->uuid) {
		argv[n++] = (char *)"--uuid";
		argv[n++] = (char *)old->uuid;
	}
	argv[n++] = (char *)"--";
	argv[n] = (char *)node;
	r = program_run(argv, words, sizeof(words));
	if (r == -ENOENT)
		return ctx_fail(ctx, r,
				"%s: format: mkswap(8) is missing; install util-linux",
				path);
	if (r == -ECHILD)
		return ctx_fail(ctx, r, "%s: format: mkswap failed: %s", path,
				*words ? words : "it gave no reason");
	return r ? ctx_fail(ctx, r, "%s: format: mkswap: %s", path, strerror(-r)) : 0;
}

static int verify(struct swapadm_ctx *ctx, int fd, const char *path,
		  const struct probe *old)
{
	struct probe now;
	int r = probe_fd(fd, &now);

	if (r)
		return ctx_fail(ctx, r, "%s: format: read back: %s", path, strerror(-r));
	if (!now.swap || now.n_foreign || now.page_bytes != ctx_page_bytes(ctx))
		return ctx_fail(
			ctx, -EIO,
			"%s: format: mkswap reported success, but what is there now is %s; the device may be damaged",
			path, *now.foreign ? now.foreign : "no usable swap signature");
	if (old && (!streq(now.label, old->label) ||
		    (*old->uuid && !streq(now.uuid, old->uuid))))
		return ctx_fail(
			ctx, -EIO,
			"%s: format: label and UUID are now \"%s\" and %s instead of \"%s\" and %s",
			path, now.label, now.uuid, old->label, old->uuid);
	return 0;
}

int format_fd(struct swapadm_ctx *ctx, int fd, const char *path, const struct probe *old)
{
	char node[64];
	int r = ctx_may_change(ctx, path);

	if (r)
		return r;
	snprintf(node, sizeof(node), "/proc/%d/fd/%d", (int)getpid(), fd);
	if (old && !old->swap && !old->old_swap)
		old = NULL;
	r = run_mkswap(ctx, node, path, old);
	return r ? r : verify(ctx, fd, path, old);
}

int format_target(struct swapadm_ctx *ctx, struct target *target)
{
	_cleanup_close_ int lock = -1;
	int r;

	if (target->is_file)
		return format_fd(ctx, target->fd, target->path, &target->probe);
	lock = lock_disk(ctx, target);
	if (lock < 0)
		return lock;
	r = format_fd(ctx, target->fd, target->path, &target->probe);
	/* a partition table is gone: so must be its partitions, whose nodes lead here.
	   Devices that never have partitions refuse, which is fine. */
	if (!r && target->probe.n_foreign && ioctl(target->fd, BLKRRPART) < 0)
		log_debug(ctx, "%s: re-read partitions: %s", target->path,
			  strerror(errno));
	return r;
}

int format_wipe_target(struct swapadm_ctx *ctx, struct target *target)
{
	_cleanup_close_ int lock = -1, fd = -1;
	uint64_t start_ns = monotonic_ns();
	char link[64];
	int r;

	if (!target->is_file) {
		lock = lock_disk(ctx, target);
		if (lock < 0)
			return lock;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", target->fd);
	do
		fd = ctx_open(ctx, link, O_RDWR | (target->is_file ? 0 : O_EXCL));
	while (busy_for_now(fd, start_ns));
	if (fd < 0)
		return ctx_fail(ctx, fd, "%s: erase its signatures: %s", target->path,
				strerror(-fd));
	r = probe_wipe(fd);
	if (!r && fsync(fd) < 0)
		r = -errno;
	return r ? ctx_fail(ctx, r, "%s: erase its signatures: %s", target->path,
			    strerror(-r))
		 : 0;
}
