/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/cgroupid.h"

#include <fcntl.h>
#include <sys/stat.h>

#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h */

int cgroupid_get(struct swapadm_ctx *ctx, const char *folder, uint64_t *id)
{
	_cleanup_close_ int fd = ctx_open(ctx, folder, O_PATH | O_DIRECTORY);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	*id = st.st_ino;
	return 0;
}

static int open_id(int mount_fd, uint64_t id)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} u = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };

	memcpy(u.handle.f_handle, &id, sizeof(id));
	return open_by_handle_at(mount_fd, &u.handle, O_PATH | O_CLOEXEC);
}

/* the name that the kernel has for a descriptor; false: none */
static bool name_of(int fd, char *buf, size_t size)
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, size - 1);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

void cgroupid_name(struct swapadm_ctx *ctx, uint64_t id, char *buf, size_t size)
{
	struct memcg_mount mount = { 0 };
	_cleanup_close_ int mount_fd = -1, fd = -1;
	char path[4096];
	const char *below;

	snprintf(buf, size, "with id %ju", (uintmax_t)id);
	if (memcg_mount_find(ctx, &mount) || mount.version != 2)
		return;
	mount_fd = ctx_open(ctx, mount.path, O_RDONLY | O_DIRECTORY);
	if (mount_fd < 0)
		return;
	fd = open_id(mount_fd, id);
	if (fd < 0 || !name_of(fd, path, sizeof(path)))
		return;
	below = str_after(path, mount.path);
	if (below)
		snprintf(buf, size, "%s", *below ? below : "/");
}
