/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/loop.h"
#include "base/privilege.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include "base/program.h"

#define CONTROL "/dev/loop-control"
#define TRIES   32 /* others take a free device between the question and the answer */

static int open_control(struct swapadm_ctx *ctx, const char *path)
{
	char *const argv[] = { (char *)"modprobe", (char *)"-q", (char *)"loop", NULL };
	char words[128];
	int fd = ctx_open(ctx, CONTROL, O_RDWR);

	if (fd == -ENOENT || fd == -ENODEV || fd == -ENXIO) {
		program_run(argv, words, sizeof(words));
		fd = ctx_open(ctx, CONTROL, O_RDWR);
	}
	if (fd == -EACCES || fd == -EPERM)
		return ctx_fail(ctx, fd, "%s: make a loop device: %s", path,
				PRIVILEGE_REMEDY("CAP_SYS_ADMIN"));
	return fd < 0 ? ctx_fail(
				ctx, -EPROTONOSUPPORT,
				"%s: make a loop device: %s: %s; write back to a block device instead",
				path, CONTROL, strerror(-fd))
		      : fd;
}

static int set_up(int loop_fd, int file_fd)
{
	struct loop_config config = {
		.fd = (uint32_t)file_fd,
		.block_size =
			4096, /* what zram writes; a disk of 4 KiB sectors needs it */
		.info = { .lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO },
	};

	snprintf((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name),
		 "swapadm zram write-back");
	return ioctl(loop_fd, LOOP_CONFIGURE, &config) < 0 ? -errno : 0;
}

/* the kernel goes on through the page cache where it can't do direct I/O */
static int check_direct(struct swapadm_ctx *ctx, int loop_fd, const char *path)
{
	struct loop_info64 info;

	if (ioctl(loop_fd, LOOP_GET_STATUS64, &info) < 0)
		return ctx_fail(ctx, -errno, "%s: its loop device: %s", path,
				strerror(errno));
	if (info.lo_flags & LO_FLAGS_DIRECT_IO)
		return 0;
	return ctx_fail(
		ctx, -EOPNOTSUPP,
		"%s: write back: its file system has no direct I/O, without which each page written would take memory twice; put the file on another one, or use a block device",
		path);
}

static int try_one(struct swapadm_ctx *ctx, int control_fd, int file_fd, int *loop_fd)
{
	int number = ioctl(control_fd, LOOP_CTL_GET_FREE), r;
	_cleanup_close_ int fd = -1;
	char node[32];

	if (number < 0)
		return -errno;
	snprintf(node, sizeof(node), "/dev/loop%d", number);
	fd = ctx_open(ctx, node, O_RDWR);
	if (fd < 0)
		return fd;
	r = set_up(fd, file_fd);
	if (!r)
		*loop_fd = steal_fd(&fd);
	return r;
}

int loop_attach(struct swapadm_ctx *ctx, int file_fd, const char *path)
{
	_cleanup_close_ int control_fd = -1, fd = -1, loop_fd = -1;
	char link[64];
	int r = ctx_may_change(ctx, path);

	if (r)
		return r;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file_fd);
	fd = ctx_open(ctx, link, O_RDWR);
	if (fd < 0)
		return ctx_fail(ctx, fd, "%s: open: %s", path, strerror(-fd));
	control_fd = open_control(ctx, path);
	if (control_fd < 0)
		return control_fd;
	for (int i = 0; i < TRIES; i++) {
		r = try_one(ctx, control_fd, fd, &loop_fd);
		if (r != -EBUSY)
			break;
	}
	if (r)
		return ctx_fail(ctx, r, "%s: make a loop device: %s", path, strerror(-r));
	r = check_direct(ctx, loop_fd, path);
	return r ? r : steal_fd(&loop_fd);
}
