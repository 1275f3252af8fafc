/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/zram.h"
#include "base/privilege.h"
#include "kernel/stats.h"

#include <fcntl.h>
#include <sys/utsname.h>

#include "device/probe.h"
#include "device/zram_attr.h"
#include "base/program.h"

#define CONTROL "/sys/class/zram-control"

/* ---- is it there ----------------------------------------------------------------- */

static bool have_control(struct swapadm_ctx *ctx)
{
	struct stat st;

	return ctx_stat(ctx, CONTROL, &st) == 0;
}

static int no_zram(struct swapadm_ctx *ctx, const char *why)
{
	struct utsname name;

	uname(&name);
	return ctx_fail(
		ctx, -EPROTONOSUPPORT,
		"zram: add: the kernel %s has no zram (%s); install the modules of this kernel, or use a swap file",
		name.release, *why ? why : "no such module");
}

static int modprobe(struct swapadm_ctx *ctx, const char *option)
{
	char *const argv[] = { (char *)"modprobe",      (char *)"-q",
			       (char *)option,          (char *)"zram",
			       (char *)"num_devices=0", NULL };
	char words[256];
	int r = program_run(argv, words, sizeof(words));

	if (r == -ENOENT)
		return no_zram(ctx, "modprobe is missing");
	return r ? no_zram(ctx, words) : 0;
}

int zram_find_module(struct swapadm_ctx *ctx)
{
	/* of a capture it can't be asked */
	return have_control(ctx) || ctx->foreign_root ? 0 : modprobe(ctx, "--dry-run");
}

static int load_module(struct swapadm_ctx *ctx)
{
	int r;

	if (have_control(ctx))
		return 0;
	r = modprobe(ctx, "--");
	if (r)
		return r;
	return have_control(ctx) ? 0 : no_zram(ctx, "the module has no control files");
}

int zram_read_size(struct swapadm_ctx *ctx, int number, uint64_t *size_bytes)
{
	char path[64];
	int r = ctx_read_u64(ctx, zram_attr(path, sizeof(path), number, "disksize"),
			     size_bytes);

	return r == -ENOENT ? -ENODEV : r;
}

int zram_of_backing(struct swapadm_ctx *ctx, dev_t backing)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, "/sys/block");
	const struct dirent *entry;
	char path[64], node[512];
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		int number = zram_number(entry->d_name);

		if (number >= 0 &&
		    ctx_read_line(ctx,
				  zram_attr(path, sizeof(path), number, "backing_dev"),
				  node, sizeof(node)) == 0 &&
		    *node == '/' && ctx_stat(ctx, node, &st) == 0 &&
		    S_ISBLK(st.st_mode) && st.st_rdev == backing)
			return number;
	}
	return -1;
}

static int probe_zram(struct swapadm_ctx *ctx, int number, int flags, struct probe *probe)
{
	_cleanup_close_ int fd = -1;
	char path[32];

	snprintf(path, sizeof(path), "/dev/zram%d", number);
	fd = ctx_open(ctx, path, O_RDONLY | flags);
	return fd < 0 ? fd : probe_fd(fd, probe);
}

static bool is_blank(struct swapadm_ctx *ctx, int number)
{
	struct swapadm_zram_stats stats;
	char name[32];

	snprintf(name, sizeof(name), "zram%d", number);
	return swapadm_zram_get_stats(ctx, name, &stats) == 0 &&
	       stats.known & SWAPADM_ZRAM_MM && stats.orig_bytes == 0;
}

bool zram_is_left_over(struct swapadm_ctx *ctx, int number)
{
	struct probe probe;
	uint64_t size_bytes;

	if (zram_read_size(ctx, number, &size_bytes))
		return false;
	if (size_bytes == 0)
		return true;
	if (probe_zram(ctx, number, 0, &probe) || probe.n_foreign || probe.hibernated)
		return false;
	return probe.swap || is_blank(ctx, number);
}

/* ---- making and removing ---------------------------------------------------------- */

int zram_hot_add(struct swapadm_ctx *ctx)
{
	uint64_t number;
	int r = ctx_may_change(ctx, "zram");

	if (!r)
		r = load_module(ctx);
	if (r)
		return r;
	r = ctx_read_u64(ctx, CONTROL "/hot_add", &number);
	if (r == -EACCES || r == -EPERM)
		return ctx_fail(ctx, r, "zram: add: %s",
				PRIVILEGE_REMEDY("CAP_SYS_ADMIN"));
	if (r)
		return ctx_fail(ctx, r, "zram: add: make a device: %s", strerror(-r));
	return (int)number;
}

static int refuse_in_use(struct swapadm_ctx *ctx, int number)
{
	return ctx_fail(ctx, -EBUSY,
			"/dev/zram%d: reset: it is in use; see `fuser -v /dev/zram%d`",
			number, number);
}

int zram_check_removal(struct swapadm_ctx *ctx, int number, bool is_ours)
{
	struct probe probe = { 0 };
	const char *what;
	uint64_t size_bytes;
	int r = zram_read_size(ctx, number, &size_bytes);

	if (!r && size_bytes == 0)
		return 0;
	r = probe_zram(ctx, number, O_EXCL, &probe);
	if (r == -EBUSY)
		return refuse_in_use(ctx, number);
	if (probe.n_foreign)
		what = probe.foreign;
	else if (probe.hibernated)
		what = "the image of a hibernated system";
	else if (is_ours || (!r && (probe.swap || is_blank(ctx, number))))
		return 0;
	else
		what = "something else than swap";
	return ctx_fail(
		ctx, -EMEDIUMTYPE,
		"/dev/zram%d: remove: it is not in use and holds %s; `zramctl --reset /dev/zram%d` takes it away with that",
		number, what, number);
}

int zram_reset(struct swapadm_ctx *ctx, int number)
{
	char path[64];
	int r = zram_write(ctx, zram_attr(path, sizeof(path), number, "reset"), "1");

	if (r == -EBUSY)
		return refuse_in_use(ctx, number);
	return r ? ctx_fail(ctx, r, "/dev/zram%d: reset: %s", number, strerror(-r)) : 0;
}

int zram_remove(struct swapadm_ctx *ctx, int number)
{
	char text[16];
	int r = zram_reset(ctx, number);

	if (r)
		return r;
	snprintf(text, sizeof(text), "%d", number);
	r = zram_write(ctx, CONTROL "/hot_remove", text);
	return r ? ctx_fail(ctx, r, "/dev/zram%d: remove: %s", number, strerror(-r)) : 0;
}
