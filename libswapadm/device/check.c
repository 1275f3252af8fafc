/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/check.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "base/quote.h"
#include "module/sysfs.h"
#include "kernel/openers.h"
#include "device/zram.h"
#include "kernel/pagesize.h"

static int refuse(struct swapadm_ctx *ctx, int err, const char *path, const char *fmt,
		  ...) _printf_(4, 5);

/* every refusal reads "PATH: add: cause; remedy" */
static int refuse(struct swapadm_ctx *ctx, int err, const char *path, const char *fmt,
		  ...)
{
	char text[900];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ctx_fail(ctx, err, "%s: add: %s", path, text);
}

int check_load(struct swapadm_ctx *ctx, struct check *check)
{
	struct area_list areas = { 0 };
	struct mounts *mounts = NULL;
	int r = areas_load(ctx, &areas);

	if (r)
		return ctx_fail(ctx, r, "/proc/swaps: read: %s", strerror(-r));
	r = mounts_load(ctx, &mounts);
	if (r == -ENOENT && ctx->foreign_root) /* older captures have none */
		r = mounts_parse("\n", 1, &mounts);
	if (r) {
		areas_free(&areas);
		return ctx_fail(ctx, r, "/proc/self/mountinfo: read: %s", strerror(-r));
	}
	*check = (struct check){ .ctx = ctx, .areas = areas, .mounts = mounts };
	return 0;
}

void check_done(struct check *check)
{
	areas_free(&check->areas);
	mounts_free(check->mounts);
	*check = (struct check){ 0 };
}

void target_free(struct target *target)
{
	if (!target)
		return;
	if (target->fd >= 0)
		close(target->fd);
	free(target->path);
	free(target);
}

int check_resolve(struct swapadm_ctx *ctx, const char *word, char **out)
{
	char *path = NULL;
	const char *value;
	int r = 0;

	if (tag_of(word, &value) != TAG_NONE)
		r = probe_resolve_tag(word, &path);
	else
		path = path_of_word(ctx, word);
	if (r == -ENODEV)
		return refuse(
			ctx, r, word,
			"no device has this tag; see `lsblk -f` for the labels and UUIDs there are");
	if (r == -ENOTUNIQ)
		return refuse(
			ctx, r, word,
			"several devices have this tag; give the path of the one that is meant, or change a label (swaplabel -L)");
	if (!path)
		return refuse(ctx, -ENOMEM, word, "%s", strerror(ENOMEM));
	*out = path;
	return 0;
}

/* ---- opening ------------------------------------------------------------------- */

static int explain_open(struct swapadm_ctx *ctx, int err, const char *path)
{
	char link[256];

	switch (err) {
	case -ENOTDIR:
		return refuse(ctx, err, path,
			      "a part of this path is not a folder; name another path");
	case -ENOENT:
		if (ctx_readlink(ctx, path, link, sizeof(link)) == 0)
			return refuse(
				ctx, -ENOENT, path,
				"it is a symbolic link to %s, and that is not there; name what is meant itself",
				link);
		if (str_after(path, "/dev/"))
			return refuse(
				ctx, -ENOENT, path,
				"there is no such device; see `lsblk` for those there are");
		return refuse(
			ctx, -ENOENT, path,
			"there is no such file; if it is to be made give its size: %s,size=4G",
			path);
	case -EACCES:
	case -EPERM:
		return refuse(
			ctx, -EACCES, path, "no permission to open it; %s",
			geteuid()
				? "run as root (CAP_SYS_ADMIN)"
				: "root of a container may open only the devices that it was given: run it on the host");
	case -ENXIO:
	case -ENODEV:
		return refuse(ctx, -ENODEV, path, "no device is behind this node");
	case -ENOMEDIUM:
		return refuse(ctx, err, path, "the drive holds no medium; insert one");
	default:
		return refuse(ctx, err, path, "open: %s", strerror(-err));
	}
}

static int check_type(struct swapadm_ctx *ctx, const struct stat *st, const char *path)
{
	if (S_ISDIR(st->st_mode))
		return refuse(
			ctx, -EISDIR, path,
			"it is a directory; name a block device, or a file in it that is to be made: %s/swapfile,size=4G",
			path);
	if (!S_ISBLK(st->st_mode) && !S_ISREG(st->st_mode))
		return refuse(ctx, -ENOTBLK, path,
			      "it is neither a block device nor a regular file");
	return 0;
}

/* the name that the kernel itself has for an open file: the one in /proc/swaps */
static char *kernel_path(struct swapadm_ctx *ctx, int fd)
{
	char link[64], path[4096];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (ctx_readlink(ctx, link, path, sizeof(path)) < 0)
		return NULL;
	return strdup(path);
}

/*
 * The type is looked at before the device is opened: opening has effects on some
 * character devices. Read-only, because udev probes a block device again after a writer
 * closed it.
 */
static int open_target(struct swapadm_ctx *ctx, const char *path, struct target *target)
{
	_cleanup_close_ int o_path = ctx_open(ctx, path, O_PATH);
	char link[64];
	int r;

	if (o_path < 0)
		return explain_open(ctx, o_path, path);
	if (fstat(o_path, &target->st) < 0)
		return explain_open(ctx, -errno, path);
	r = check_type(ctx, &target->st, path);
	if (r)
		return r;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", o_path);
	target->fd = ctx_open(ctx, link, O_RDONLY | O_NONBLOCK);
	if (target->fd < 0)
		return explain_open(ctx, target->fd, path);
	target->is_file = S_ISREG(target->st.st_mode);
	target->path = kernel_path(ctx, target->fd);
	return target->path ? 0 : refuse(ctx, -ENOMEM, path, "%s", strerror(ENOMEM));
}

/* ---- who uses it --------------------------------------------------------------- */

const struct area *check_find_area(struct swapadm_ctx *ctx, const struct area_list *areas,
				   const struct stat *want)
{
	for (size_t i = 0; i < areas->n; i++) {
		const struct area *area = &areas->items[i];
		struct stat st;

		if (area->deleted || ctx_stat(ctx, area->path, &st) < 0)
			continue;
		if (stat_same(&st, want))
			return area;
	}
	return NULL;
}

static int check_leaf(struct swapadm_ctx *ctx, const struct target *target)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	struct leaf_use use;

	if (target->is_file || !leafuse_find(ctx, target->st.st_rdev, &use))
		return 0;
	return refuse(
		ctx, -EBUSY, target->path,
		"it is already a leaf of %s, in tier %s; `swapctl apply` moves it to the tier that the configuration names it in, `swapctl remove %s` frees it",
		use.tswap, use.tier, quote_word(&q, target->path));
}

static int check_active(struct check *check, const struct target *target)
{
	const struct area *area = check_find_area(check->ctx, &check->areas, &target->st);
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const struct state_device *known = NULL;

	if (!area)
		return 0;
	if (check->state)
		known = state_find_device(check->state, area->path);
	return refuse(
		check->ctx, -EBUSY, target->path,
		"it is already an active swap area (priority %d%s%s); to move it to another tier `swapctl remove %s` first",
		area->prio, known ? ", tier " : "", known ? known->tier : "",
		quote_word(&q, target->path));
}

/*
 * @path, @dev: an area or a leaf, on a partition of this disk or the disk of this
 * partition?
 */
static int check_relative(struct check *check, const struct target *target,
			  const char *path, dev_t dev)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };

	switch (blockdev_relate(check->ctx, &target->bdev, dev)) {
	case RELATION_PARTITION:
		return refuse(
			check->ctx, -EBUSY, target->path,
			"its partition %s is in use for swap; `swapctl remove %s` first, or name a partition that is not in use",
			path, quote_word(&q, path));
	case RELATION_DISK:
		return refuse(
			check->ctx, -EBUSY, target->path,
			"its whole disk %s is in use for swap; `swapctl remove %s` first",
			path, quote_word(&q, path));
	default:
		return 0;
	}
}

static int check_relatives(struct check *check, const struct target *target)
{
	size_t n_leaves = check->tswap ? check->tswap->n_leaves : 0;
	int r = 0;

	for (size_t i = 0; !r && i < check->areas.n; i++) {
		const struct area *area = &check->areas.items[i];
		struct stat st;

		if (!area->deleted && !area->is_virtual &&
		    ctx_stat(check->ctx, area->path, &st) == 0 && S_ISBLK(st.st_mode))
			r = check_relative(check, target, area->path, st.st_rdev);
	}
	for (size_t i = 0; !r && i < n_leaves; i++) {
		const struct tswap_leaf_msg *leaf = &check->tswap->leaves[i];
		char path[64];

		snprintf(path, sizeof(path), "/dev/%s", leaf->name);
		r = check_relative(check, target, path,
				   makedev(leaf->major, leaf->minor));
	}
	return r;
}

static int check_mounted(struct check *check, const struct target *target)
{
	struct mount_use use;
	int r = mounts_find_device(check->ctx, check->mounts, &target->bdev, &use);

	if (r == -ENOENT)
		return 0;
	if (r)
		return refuse(check->ctx, r, target->path, "mounts: %s", strerror(-r));
	switch (use.relation) {
	case RELATION_PARTITION:
		return refuse(
			check->ctx, -EBUSY, target->path,
			"its partition %s is mounted on %s (%s); name a partition that is not in use, or another disk",
			use.device, use.target, use.fstype);
	case RELATION_DISK:
		return refuse(
			check->ctx, -EBUSY, target->path,
			"its whole disk %s is mounted on %s (%s); umount %s first, or name another device",
			use.device, use.target, use.fstype, use.target);
	default:
		return refuse(
			check->ctx, -EBUSY, target->path,
			"it is mounted on %s (%s); umount %s first, or name another device",
			use.target, use.fstype, use.target);
	}
}

/* "dm-0" to "dm-0 (vg-root)" */
static void name_holder(struct swapadm_ctx *ctx, const char *holder, char *buf,
			size_t size)
{
	char path[160], name[128];

	snprintf(path, sizeof(path), "/sys/class/block/%s/dm/name", holder);
	if (ctx_read_line(ctx, path, name, sizeof(name)) == 0)
		snprintf(buf, size, "%s (%s)", holder, name);
	else
		snprintf(buf, size, "%s", holder);
}

/* the first partition of a whole disk that dm, md or the like hold */
static bool find_held_partition(struct swapadm_ctx *ctx, const struct blockdev *disk,
				struct blockdev *out)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/block/%s", disk->name);
	dir = ctx_opendir(ctx, path);
	while (dir && (entry = readdir(dir)))
		if (str_after(entry->d_name, disk->name) &&
		    blockdev_get_by_name(ctx, entry->d_name, out) == 0 && *out->holder)
			return true;
	return false;
}

static int check_holders(struct swapadm_ctx *ctx, const struct target *target)
{
	struct blockdev partition;
	char holder[256];

	if (*target->bdev.holder) {
		name_holder(ctx, target->bdev.holder, holder, sizeof(holder));
		return refuse(
			ctx, -EBUSY, target->path,
			"%s is built on it; name that one, or take it apart first (dmsetup remove, mdadm --stop, cryptsetup close)",
			holder);
	}
	if (find_held_partition(ctx, &target->bdev, &partition)) {
		name_holder(ctx, partition.holder, holder, sizeof(holder));
		return refuse(
			ctx, -EBUSY, target->path,
			"%s is built on its partition %s; name a partition that is not in use, or another disk",
			holder, partition.name);
	}
	return 0;
}

/*
 * Whoever uses a block device in earnest has it open with O_EXCL. Asked last, when
 * nothing else explains it, and let go at once: for this moment others would see EBUSY.
 */
static int check_exclusive(const struct check *check, const struct target *target)
{
	struct swapadm_ctx *ctx = check->ctx;
	uint64_t start_ns = monotonic_ns();
	_cleanup_close_ int fd = -1;
	struct opener opener;
	char link[64];
	int zram;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", target->fd);
	fd = ctx_open(ctx, link, O_RDONLY | O_EXCL | O_NONBLOCK);
	if (fd == -EBUSY && check_is_freed(check, target->st.st_rdev))
		return 0;
	while (busy_for_now(fd, start_ns))
		fd = ctx_open(ctx, link, O_RDONLY | O_EXCL | O_NONBLOCK);
	if (fd >= 0)
		return 0;
	if (fd != -EBUSY)
		return explain_open(ctx, fd, target->path);
	zram = zram_of_backing(ctx, target->st.st_rdev);
	if (zram >= 0)
		return check_refuse_writeback(check, target->path, "", zram);
	if (opener_find(ctx, &target->st, false, &opener) == 0)
		return refuse(
			ctx, -EBUSY, target->path,
			"it is opened exclusively by others, maybe %s (PID %d); stop it first",
			opener.comm, (int)opener.pid);
	return refuse(
		ctx, -EBUSY, target->path,
		"the kernel or another program has it opened exclusively (a file system in another namespace, a target); stop that first");
}

static int check_in_use(struct check *check, const struct target *target)
{
	int r = check_relatives(check, target);

	if (!r)
		r = check_mounted(check, target);
	return r ? r : check_holders(check->ctx, target);
}

/* ---- what it is ---------------------------------------------------------------- */

static int check_zoned(struct swapadm_ctx *ctx, const struct target *target)
{
	char path[160], model[32];

	snprintf(path, sizeof(path), "/sys/class/block/%s/queue/zoned",
		 target->bdev.disk);
	if (ctx_read_line(ctx, path, model, sizeof(model)) || streq(model, "none"))
		return 0;
	return refuse(
		ctx, -EOPNOTSUPP, target->path,
		"it is a zoned device (%s), which the kernel can't swap to; name another device",
		model);
}

static int check_kind(struct swapadm_ctx *ctx, const struct target *target,
		      unsigned flags)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	int read_only = 0;

	if (ioctl(target->fd, BLKROGET, &read_only) == 0 && read_only)
		return refuse(
			ctx, -EACCES, target->path,
			"it is read-only; check the device, then `blockdev --setrw %s`",
			quote_word(&q, target->path));
	if (target->bdev.is_loop && !(flags & CHECK_ALLOW_LOOP))
		return refuse(
			ctx, -EINVAL, target->path,
			"it is a loop device: swapping through a file system may block when memory is short; name the file itself, or say %s,allow-loop",
			target->path);
	return check_zoned(ctx, target);
}

static int identify_block(struct swapadm_ctx *ctx, struct target *target)
{
	int r = blockdev_get(ctx, target->st.st_rdev, &target->bdev);

	if (r)
		return refuse(ctx, r, target->path, "sysfs does not know it: %s",
			      strerror(-r));
	if (target->bdev.kind == SWAPADM_KIND_TSWAP)
		return refuse(
			ctx, -ELOOP, target->path,
			"it is a tswap device, which is an area of the redirect layer and no device of a tier; name the device that is to become its leaf");
	if (ioctl(target->fd, BLKGETSIZE64, &target->size_bytes) < 0)
		return refuse(ctx, -errno, target->path, "read its size: %s",
			      strerror(errno));
	return 0;
}

static int check_block(struct check *check, unsigned flags, struct target *target)
{
	struct swapadm_ctx *ctx = check->ctx;
	int r = check_in_use(check, target);

	if (!r)
		r = check_kind(ctx, target, flags);
	return r ? r : check_exclusive(check, target);
}

static int check_size(struct swapadm_ctx *ctx, const struct target *target)
{
	uint64_t min_bytes = SWAP_MIN_PAGES * ctx_page_bytes(ctx);

	if (target->size_bytes >= min_bytes)
		return 0;
	if (target->bdev.kind == SWAPADM_KIND_ZRAM && !target->size_bytes)
		return refuse(
			ctx, -ERANGE, target->path,
			"it is a zram without a size; say zram,size=SIZE to get one that is ready, or write to its disksize first");
	return refuse(
		ctx, -ERANGE, target->path,
		"it is too small: %ju bytes, a %s needs %ju at least; name a larger one",
		(uintmax_t)target->size_bytes,
		target->is_backing ? "device or file to write back to" : "swap area",
		(uintmax_t)min_bytes);
}

/* ---- what is on it ------------------------------------------------------------- */

static const char format_remedy[] = "if nothing on it is needed, add it with --format";

/* two reasons at once, as the way out of the first would only lead to the second */
static int refuse_exposed(struct swapadm_ctx *ctx, const struct target *target,
			  const char *holds)
{
	return refuse(
		ctx, -EMEDIUMTYPE, target->path,
		"it %s, and users other than root may use it (user %u, mode %04o); name %s",
		holds, (unsigned)target->st.st_uid,
		(unsigned)(target->st.st_mode & 07777),
		target->is_backing ? "another file to write back to"
				   : "a new file with a size, such as /swapfile,size=1G");
}

/* can the swap signature be used as it is? */
static int check_signature(struct swapadm_ctx *ctx, const struct target *target)
{
	const struct probe *probe = &target->probe;
	uint64_t page_bytes = ctx_page_bytes(ctx);

	if (probe->old_swap)
		return refuse(
			ctx, -EMEDIUMTYPE, target->path,
			"its swap signature is of version 0, which kernels no longer take; write a new one with --format");
	if (!probe->swap && check_file_is_exposed(target))
		return refuse_exposed(ctx, target, "carries no swap signature");
	if (!probe->swap)
		return refuse(ctx, -EMEDIUMTYPE, target->path,
			      "it carries no swap signature; %s", format_remedy);
	if (probe->page_bytes != page_bytes)
		return refuse(
			ctx, -EMEDIUMTYPE, target->path,
			"its swap signature is for pages of %ju bytes, this kernel has pages of %ju; write a new one with --format",
			(uintmax_t)probe->page_bytes, (uintmax_t)page_bytes);
	if (probe->area_bytes > target->size_bytes)
		return refuse(
			ctx, -EMEDIUMTYPE, target->path,
			"its swap signature spans %ju bytes, but there are only %ju; write a new one with --format",
			(uintmax_t)probe->area_bytes, (uintmax_t)target->size_bytes);
	return 0;
}

/* a write-back device of zram is overwritten from its second page on */
static int check_backing_content(struct swapadm_ctx *ctx, const struct target *target)
{
	const struct probe *probe = &target->probe;

	if (!probe->swap && !probe->old_swap)
		return 0;
	return refuse(ctx, -EMEDIUMTYPE, target->path,
		      "it holds a swap area, which write-back would overwrite; %s",
		      format_remedy);
}

/* what must not be lost; the probe is for the checks behind it too */
static int check_content(struct swapadm_ctx *ctx, unsigned flags, struct target *target)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	char holds[sizeof(target->probe.foreign) + 8];
	int r = probe_fd(target->fd, &target->probe);

	if (r)
		return refuse(ctx, r, target->path, "read what is on it: %s",
			      strerror(-r));
	if (target->probe.hibernated && target->is_backing)
		return refuse(
			ctx, -EBUSY, target->path,
			"it holds the image of a hibernated system, which would be lost; resume that system, or give it up with `wipefs -a %s`",
			quote_word(&q, target->path));
	if (target->probe.hibernated)
		return refuse(
			ctx, -EBUSY, target->path,
			"it holds the image of a hibernated system, which would be lost; resume that system, or give it up with `mkswap %s`",
			quote_word(&q, target->path));
	target->needs_format = flags & CHECK_FORMAT;
	if (flags & CHECK_FORMAT)
		return 0;
	if (target->probe.n_foreign && check_file_is_exposed(target)) {
		snprintf(holds, sizeof(holds), "holds %s", target->probe.foreign);
		return refuse_exposed(ctx, target, holds);
	}
	if (target->probe.n_foreign)
		return refuse(ctx, -EMEDIUMTYPE, target->path, "it holds %s; %s",
			      target->probe.foreign, format_remedy);
	return 0;
}

static int check_usable(struct swapadm_ctx *ctx, unsigned flags,
			const struct target *target)
{
	if (flags & CHECK_FORMAT)
		return 0;
	return flags & CHECK_BACKING ? check_backing_content(ctx, target)
				     : check_signature(ctx, target);
}

/*
 * of a file that has no blocks at all its form matters first: --format can't help there
 */
static int check_form_and_use(struct check *check, unsigned flags,
			      const struct target *target)
{
	bool form_first = target->st.st_blocks == 0;
	int r = 0;

	if (target->is_file && form_first)
		r = check_file_form(check, target);
	if (!r)
		r = check_usable(check->ctx, flags, target);
	if (!r && target->is_file && !form_first)
		r = check_file_form(check, target);
	return r;
}

static int refuse_absent_file(struct swapadm_ctx *ctx, const char *path)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const char *word = quote_word(&q, path);

	return refuse(
		ctx, -ENOENT, path,
		"there is no such file to write back to; make it with `fallocate -l SIZE %s && chmod 600 %s`",
		word, word);
}

int check_device(struct check *check, const char *path, unsigned flags,
		 struct target **out)
{
	_cleanup_(target_freep) struct target *target = calloc(1, sizeof(*target));
	int r;

	if (!target)
		return refuse(check->ctx, -ENOMEM, path, "%s", strerror(ENOMEM));
	target->fd = -1;
	target->is_backing = flags & CHECK_BACKING;
	r = open_target(check->ctx, path, target);
	if (r == -ENOENT && flags & CHECK_BACKING && !str_after(path, "/dev/"))
		r = refuse_absent_file(check->ctx, path);
	if (!r && !target->is_file)
		r = identify_block(check->ctx, target);
	if (!r)
		r = check_leaf(check->ctx, target);
	if (!r)
		r = check_active(check, target);
	if (!r)
		r = target->is_file ? check_file_use(check, target)
				    : check_block(check, flags, target);
	if (!r)
		r = check_size(check->ctx, target);
	if (!r)
		r = check_content(check->ctx, flags, target);
	if (!r)
		r = check_form_and_use(check, flags, target);
	if (r)
		return r;
	*out = steal_ptr(&target);
	return 0;
}

int check_fitness(struct check *check, const char *path, unsigned flags)
{
	_cleanup_(target_freep) struct target *target = calloc(1, sizeof(*target));
	struct swapadm_ctx *ctx = check->ctx;
	int r;

	if (!target)
		return refuse(ctx, -ENOMEM, path, "%s", strerror(ENOMEM));
	target->fd = -1;
	r = open_target(ctx, path, target);
	if (r)
		return r;
	if (target->is_file) {
		target->size_bytes = (uint64_t)target->st.st_size;
		r = check_filesystem(ctx, target->fd, target->path, "swap");
	} else {
		r = identify_block(ctx, target);
		if (!r)
			r = check_kind(ctx, target, flags);
	}
	if (!r)
		r = check_size(ctx, target);
	if (!r)
		r = check_content(ctx, flags, target);
	return r ? r : check_form_and_use(check, flags, target);
}

int check_same(struct swapadm_ctx *ctx, const struct target *target)
{
	struct stat st;
	int r = ctx_stat(ctx, target->path, &st);

	if (r)
		return refuse(ctx, r, target->path, "look again: %s", strerror(-r));
	if (st.st_dev == target->st.st_dev && st.st_ino == target->st.st_ino &&
	    st.st_rdev == target->st.st_rdev)
		return 0;
	return refuse(
		ctx, -ESTALE, target->path,
		"the name was pointed at something else since it was checked; nothing was done to that, look at it and try again");
}
