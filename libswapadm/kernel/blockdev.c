/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a block device's names come from: /sys/dev/block/MAJ:MIN is a link to its place
 * in the device tree. Its last component is the kernel name; when that is a partition,
 * the component before is the whole disk, which has the queue. The path also shows the
 * transport. So one readlink answers most questions, and files are read only for the
 * rest.
 */
#include "kernel/blockdev.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/sysmacros.h>

#define LOOP_DEPTH_MAX  4 /* loop device on a file on a loop device... */
#define STACK_DEPTH_MAX 8 /* dm on md on ...: more than anybody builds */

static bool all_digits(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isdigit((unsigned char)*s))
			return false;
	return true;
}

/* block/partitions/core.c: "sda" + "1", but "nvme0n1" + "p" + "1" */
static bool is_partition_of(const char *name, const char *disk)
{
	const char *rest = str_after(name, disk);

	if (!*disk || !rest)
		return false;
	if (isdigit((unsigned char)disk[strlen(disk) - 1]) && *rest++ != 'p')
		return false;
	return all_digits(rest);
}

/* copy @n bytes when they fit, with their terminator */
static bool copy_name(char *buf, size_t size, const char *s, size_t n)
{
	if (n == 0 || n >= size)
		return false;
	memcpy(buf, s, n);
	buf[n] = '\0';
	return true;
}

int blockdev_parse_link(const char *link, struct blockdev *out)
{
	const char *name = strrchr(link, '/'), *parent;
	char above[sizeof(out->disk)];

	if (!name || !copy_name(out->name, sizeof(out->name), name + 1, strlen(name + 1)))
		return -EBADMSG;
	strcpy(out->disk, out->name);
	parent = memrchr(link, '/', (size_t)(name - link));
	if (parent && copy_name(above, sizeof(above), parent + 1, name - parent - 1u) &&
	    is_partition_of(out->name, above))
		strcpy(out->disk, above);
	return 0;
}

int blockdev_parse_stat(const char *text, struct swapadm_io_stats *out)
{
	uint64_t f[11];

	for (size_t i = 0; i < ARRAY_SIZE(f); i++)
		if (next_u64(&text, &f[i]))
			return -EBADMSG;
	*out = (struct swapadm_io_stats){
		.known = SWAPADM_IO_ALL,
		.reads = f[0],
		.read_bytes = f[2] * 512,
		.read_ns = f[3] * 1000000,
		.writes = f[4],
		.write_bytes = f[6] * 512,
		.write_ns = f[7] * 1000000,
		.in_flight = f[8],
		.busy_ns = f[9] * 1000000,
	};
	return 0;
}

static int sysfs_path(char *buf, size_t size, const char *name, const char *file)
{
	int n = snprintf(buf, size, "/sys/class/block/%s%s%s", name, *file ? "/" : "",
			 file);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int read_u64_of(struct swapadm_ctx *ctx, const char *name, const char *file,
		       uint64_t *out)
{
	char path[PATH_MAX];
	int r = sysfs_path(path, sizeof(path), name, file);

	return r ? r : ctx_read_u64(ctx, path, out);
}

static int read_line_of(struct swapadm_ctx *ctx, const char *name, const char *file,
			char *buf, size_t size)
{
	char path[PATH_MAX];
	int r = sysfs_path(path, sizeof(path), name, file);

	return r ? r : ctx_read_line(ctx, path, buf, size);
}

static int opendir_of(struct swapadm_ctx *ctx, const char *name, const char *dir,
		      DIR **out)
{
	char path[PATH_MAX];
	int r = sysfs_path(path, sizeof(path), name, dir);

	if (r)
		return r;
	*out = ctx_opendir(ctx, path);
	return *out ? 0 : -errno;
}

/* ---- kind ----------------------------------------------------------------------- */

static enum swapadm_kind kind_by_name(const char *disk)
{
	static const struct {
		const char *prefix;
		enum swapadm_kind kind;
	} drivers[] = {
		{ "zram", SWAPADM_KIND_ZRAM },   { "ram", SWAPADM_KIND_MEMORY },
		{ "pmem", SWAPADM_KIND_MEMORY }, { "nbd", SWAPADM_KIND_NETWORK },
		{ "rbd", SWAPADM_KIND_NETWORK }, { "tswap", SWAPADM_KIND_TSWAP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		const char *rest = str_after(disk, drivers[i].prefix);

		/* pmem0s and pmem0.1 are pmem too */
		if (rest && isdigit((unsigned char)*rest))
			return drivers[i].kind;
	}
	return str_after(disk, "etherd!") ? SWAPADM_KIND_NETWORK : SWAPADM_KIND_UNKNOWN;
}

/*
 * An NVMe disk with several paths hangs below its subsystem; its controllers are links
 * there, and one over a fabric points into the device nvme-fabrics.
 */
static bool subsystem_is_fabric(struct swapadm_ctx *ctx, const char *disk)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	char target[PATH_MAX];

	if (opendir_of(ctx, disk, "device", &dir))
		return false;
	while ((entry = readdir(dir))) {
		const char *rest = str_after(entry->d_name, "nvme");
		ssize_t n;

		if (!rest || !all_digits(rest))
			continue;
		n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (strstr(target, "/nvme-fabrics/"))
			return true;
	}
	return false;
}

/* iSCSI: .../host3/session1/target3:0:0/3:0:0:0/block/sdc */
static bool is_iscsi(const char *link)
{
	const char *session = strstr(link, "/session");

	return session && isdigit((unsigned char)session[8]) &&
	       strstr(session, "/target");
}

static bool is_network(struct swapadm_ctx *ctx, const char *link, const char *disk)
{
	if (strstr(link, "/nvme-fabrics/") || is_iscsi(link))
		return true;
	return strstr(link, "/nvme-subsystem/") && subsystem_is_fabric(ctx, disk);
}

static void read_rotational(struct swapadm_ctx *ctx, struct blockdev *bd)
{
	uint64_t v;

	if (read_u64_of(ctx, bd->disk, "queue/rotational", &v) || v > 1)
		return;
	bd->known_rotational = true;
	bd->rotational = v == 1;
}

static void guess_kind(struct swapadm_ctx *ctx, const char *link, struct blockdev *bd)
{
	const char *loop = str_after(bd->disk, "loop");

	bd->is_loop = loop && all_digits(loop);
	bd->kind = kind_by_name(bd->disk);
	if (!bd->kind && is_network(ctx, link, bd->disk))
		bd->kind = SWAPADM_KIND_NETWORK;
	if (bd->kind)
		return;
	read_rotational(ctx, bd);
	if (bd->known_rotational)
		bd->kind = bd->rotational ? SWAPADM_KIND_HDD : SWAPADM_KIND_SSD;
}

/* ---- who is it ------------------------------------------------------------------ */

/*
 * A capture may hold folders where sysfs has links: then uevent has the name, and the
 * folder of a partition has a file `partition` with its number.
 */
static int names_of_folder(struct swapadm_ctx *ctx, const char *path,
			   struct blockdev *out)
{
	_cleanup_free_ char *text = NULL;
	char file[PATH_MAX], number[16], *s;
	const char *name;
	size_t n;
	int r;

	snprintf(file, sizeof(file), "%s/uevent", path);
	r = ctx_read_file(ctx, file, &text, NULL);
	if (r)
		return r;
	name = strstr(text, "DEVNAME=");
	if (!name)
		return -EBADMSG;
	name += strlen("DEVNAME=");
	n = strcspn(name, "\n");
	if (!copy_name(out->name, sizeof(out->name), name, n))
		return -EBADMSG;
	for (s = out->name; (s = strchr(s, '/'));)
		*s = '!'; /* as sysfs writes them: cciss!c0d0 */
	strcpy(out->disk, out->name);
	snprintf(file, sizeof(file), "%s/partition", path);
	if (ctx_read_line(ctx, file, number, sizeof(number)) || !all_digits(number))
		return 0;
	n = strlen(out->disk) - strlen(number);
	if (strlen(number) >= strlen(out->disk) || !streq(out->disk + n, number))
		return 0;
	if (n > 1 && out->disk[n - 1] == 'p' && isdigit((unsigned char)out->disk[n - 2]))
		n--;
	out->disk[n] = '\0';
	return 0;
}

/* names and kind of what @path, a link of sysfs, points to; loop devices not followed */
static int identify(struct swapadm_ctx *ctx, const char *path, struct blockdev *out)
{
	char link[PATH_MAX];
	int r = ctx_readlink(ctx, path, link, sizeof(link));

	if (r == -EINVAL) {
		link[0] = '\0';
		r = names_of_folder(ctx, path, out);
	} else if (!r) {
		r = blockdev_parse_link(link, out);
	}
	if (r == -ENOENT)
		return -ENODEV;
	if (r)
		return r;
	guess_kind(ctx, link, out);
	/* only what has hardware below has a model */
	if (!strstr(link, "/virtual/block/") &&
	    read_line_of(ctx, out->disk, "device/model", out->model, sizeof(out->model)))
		out->model[0] = '\0';
	return 0;
}

static int identify_dev(struct swapadm_ctx *ctx, dev_t dev, struct blockdev *out)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(dev), minor(dev));
	r = identify(ctx, path, out);
	if (!r)
		out->dev = dev;
	return r;
}

/* the device that a loop device's file is on */
static int dev_below_loop(struct swapadm_ctx *ctx, const char *disk, dev_t *dev)
{
	char file[PATH_MAX];
	struct stat st;
	int r = read_line_of(ctx, disk, "loop/backing_file", file, sizeof(file));

	if (r)
		return r;
	if (file[0] != '/')
		return -ENOENT;
	r = ctx_stat(ctx, file, &st);
	if (!r)
		*dev = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
	return r;
}

/*
 * A loop device is what its file is on. The numbers that stat() gives below a foreign
 * root are this machine's, not the captured one's, so only the running system is asked.
 */
static void follow_loop(struct swapadm_ctx *ctx, struct blockdev *bd)
{
	struct blockdev below = *bd;

	for (unsigned i = 0; i < LOOP_DEPTH_MAX && below.is_loop; i++) {
		struct blockdev next = {};
		dev_t dev;

		if (ctx->foreign_root || dev_below_loop(ctx, below.disk, &dev) ||
		    identify_dev(ctx, dev, &next))
			return;
		below = next;
	}
	if (!below.is_loop && below.kind)
		bd->kind = below.kind;
}

int blockdev_get_brief(struct swapadm_ctx *ctx, dev_t dev, struct blockdev *out)
{
	struct blockdev bd = {};
	int r = identify_dev(ctx, dev, &bd);

	if (r)
		return r;
	follow_loop(ctx, &bd);
	*out = bd;
	return 0;
}

/* kernel names with a slash have a '!' for it in sysfs */
static int name_to_link(char *buf, size_t size, const char *name)
{
	char copy[sizeof(((struct blockdev *)0)->name)], *s;

	if (!copy_name(copy, sizeof(copy), name, strlen(name)) || streq(name, ".") ||
	    streq(name, ".."))
		return -ENODEV;
	for (s = copy; (s = strchr(s, '/'));)
		*s = '!';
	return sysfs_path(buf, size, copy, "");
}

int blockdev_get_brief_by_name(struct swapadm_ctx *ctx, const char *name,
			       struct blockdev *out)
{
	struct blockdev bd = {};
	char path[PATH_MAX];
	int r = name_to_link(path, sizeof(path), name);

	if (!r)
		r = identify(ctx, path, &bd);
	if (r)
		return r;
	follow_loop(ctx, &bd);
	*out = bd;
	return 0;
}

/* ---- all there is --------------------------------------------------------------- */

static void read_holder(struct swapadm_ctx *ctx, struct blockdev *bd)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;

	if (opendir_of(ctx, bd->name, "holders", &dir))
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    copy_name(bd->holder, sizeof(bd->holder), entry->d_name,
			      strlen(entry->d_name)))
			return;
}

static int parse_dev(const char *text, dev_t *dev)
{
	unsigned maj, min;
	char end;

	if (sscanf(text, "%u:%u%c", &maj, &min, &end) != 2)
		return -EBADMSG;
	*dev = makedev(maj, min);
	return 0;
}

static int fill(struct swapadm_ctx *ctx, struct blockdev *bd)
{
	char text[32];
	uint64_t v;
	int r = read_u64_of(ctx, bd->name, "size", &v);

	if (r)
		return r == -ENOENT ? -ENODEV : r;
	if (v > UINT64_MAX / 512)
		return -EBADMSG;
	bd->size_bytes = v * 512;
	if (!bd->dev && !read_line_of(ctx, bd->name, "dev", text, sizeof(text)) &&
	    parse_dev(text, &bd->dev))
		return -EBADMSG;
	if (!read_u64_of(ctx, bd->name, "ro", &v))
		bd->read_only = v != 0;
	if (!read_u64_of(ctx, bd->disk, "queue/logical_block_size", &v) && v <= UINT_MAX)
		bd->logical_block_bytes = (unsigned)v;
	if (!bd->known_rotational)
		read_rotational(ctx, bd);
	read_holder(ctx, bd);
	return 0;
}

/* the device that an entry of @disk's folder stands for: slaves/NAME, or tswap/leafID */
static int identify_below(struct swapadm_ctx *ctx, const char *disk, bool is_leaf,
			  const char *entry, struct blockdev *out)
{
	char path[PATH_MAX], text[32];
	dev_t dev;
	int r;

	if (!is_leaf) {
		r = name_to_link(path, sizeof(path), entry);
		return r ? r : identify(ctx, path, out);
	}
	if (strncmp(entry, "leaf", strlen("leaf")) != 0)
		return -ENOENT;
	snprintf(path, sizeof(path), "tswap/%s/dev", entry);
	r = read_line_of(ctx, disk, path, text, sizeof(text));
	if (!r)
		r = parse_dev(text, &dev);
	return r ? r : identify_dev(ctx, dev, out);
}

static bool has_queue(struct swapadm_ctx *ctx, const char *disk, unsigned depth);

static bool has_queue_below(struct swapadm_ctx *ctx, const char *disk, bool leaves,
			    unsigned depth)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;

	if (opendir_of(ctx, disk, leaves ? "tswap" : "slaves", &dir))
		return false;
	while ((entry = readdir(dir))) {
		struct blockdev below = {};

		if (entry->d_name[0] != '.' &&
		    !identify_below(ctx, disk, leaves, entry->d_name, &below) &&
		    has_queue(ctx, below.disk, depth))
			return true;
	}
	return false;
}

/* @depth: of devices stacked on others that are still looked at */
static bool has_queue(struct swapadm_ctx *ctx, const char *disk, unsigned depth)
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (!opendir_of(ctx, disk, "mq", &dir))
		return true;
	return depth && (has_queue_below(ctx, disk, false, depth - 1) ||
			 has_queue_below(ctx, disk, true, depth - 1));
}

bool blockdev_has_queue(struct swapadm_ctx *ctx, dev_t dev)
{
	struct blockdev bd = {};

	return !identify_dev(ctx, dev, &bd) && has_queue(ctx, bd.disk, STACK_DEPTH_MAX);
}

int blockdev_get(struct swapadm_ctx *ctx, dev_t dev, struct blockdev *out)
{
	struct blockdev bd;
	int r = blockdev_get_brief(ctx, dev, &bd);

	if (!r)
		r = fill(ctx, &bd);
	if (!r)
		*out = bd;
	return r;
}

int blockdev_get_by_name(struct swapadm_ctx *ctx, const char *name, struct blockdev *out)
{
	struct blockdev bd;
	int r = blockdev_get_brief_by_name(ctx, name, &bd);

	if (!r)
		r = fill(ctx, &bd);
	if (!r)
		*out = bd;
	return r;
}

int blockdev_get_io(struct swapadm_ctx *ctx, const char *name,
		    struct swapadm_io_stats *out)
{
	char text[512];
	int r = read_line_of(ctx, name, "stat", text, sizeof(text));

	if (r == -ENOENT)
		return -ENODEV;
	if (r)
		return r == -EOVERFLOW ? -EBADMSG : r;
	return blockdev_parse_stat(text, out);
}

bool blockdev_is_plain_crypt(struct swapadm_ctx *ctx, const char *dir)
{
	char path[128], uuid[160];

	snprintf(path, sizeof(path), "%.100s/dm/uuid", dir);
	return !ctx_read_line(ctx, path, uuid, sizeof(uuid)) &&
	       str_after(uuid, "CRYPT-PLAIN-");
}

bool blockdev_mapper_path(struct swapadm_ctx *ctx, const char *dir, char *buf,
			  size_t size)
{
	char path[128], name[160];

	snprintf(path, sizeof(path), "%.100s/dm/name", dir);
	if (ctx_read_line(ctx, path, name, sizeof(name)) || !*name || strchr(name, '/'))
		return false;
	snprintf(buf, size, "/dev/mapper/%s", name);
	return true;
}
