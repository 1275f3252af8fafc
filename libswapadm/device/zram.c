/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/zram.h"
#include "kernel/stats.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <time.h>

#include "device/probe.h"
#include "base/program.h"

#define CONTROL "/sys/class/zram-control"

#define BUSY_WAIT_NS  2000000000u /* udev opens a device that appeared */
#define BUSY_RETRY_NS 20000000

static const char *attr(char *buf, size_t size, int number, const char *name)
{
	snprintf(buf, size, "/sys/block/zram%d/%s", number, name);
	return buf;
}

/* udev and others open a device for a moment when it appears or changes */
static int write_patiently(struct swapadm_ctx *ctx, const char *path, const char *text)
{
	const struct timespec pause = { .tv_nsec = BUSY_RETRY_NS };
	uint64_t start_ns = monotonic_ns();
	int r;

	while ((r = ctx_write_line(ctx, path, text)) == -EBUSY &&
	       monotonic_ns() - start_ns < BUSY_WAIT_NS)
		nanosleep(&pause, NULL);
	return r;
}

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
	return have_control(ctx) ? 0 : modprobe(ctx, "--dry-run");
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

bool zram_offers(const char *text, const char *algorithm)
{
	size_t want = strlen(algorithm);

	while (*text) {
		size_t n;

		text += strspn(text, " \t[]");
		n = strcspn(text, " \t[]");
		if (n == want && strncmp(text, algorithm, n) == 0)
			return true;
		text += n;
	}
	return false;
}

int zram_read_size(struct swapadm_ctx *ctx, int number, uint64_t *size_bytes)
{
	char path[64];
	int r = ctx_read_u64(ctx, attr(path, sizeof(path), number, "disksize"),
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
		    ctx_read_line(ctx, attr(path, sizeof(path), number, "backing_dev"),
				  node, sizeof(node)) == 0 &&
		    *node == '/' && ctx_stat(ctx, node, &st) == 0 &&
		    S_ISBLK(st.st_mode) && st.st_rdev == backing)
			return number;
	}
	return -1;
}

bool zram_is_left_over(struct swapadm_ctx *ctx, int number)
{
	struct swapadm_zram_stats stats;
	_cleanup_close_ int fd = -1;
	struct probe probe;
	uint64_t size_bytes;
	char name[32];

	if (zram_read_size(ctx, number, &size_bytes))
		return false;
	if (size_bytes == 0)
		return true;
	snprintf(name, sizeof(name), "/dev/zram%d", number);
	fd = ctx_open(ctx, name, O_RDONLY);
	if (fd < 0 || probe_fd(fd, &probe) || probe.n_foreign || probe.hibernated)
		return false;
	if (probe.swap)
		return true;
	return swapadm_zram_get_stats(ctx, name + strlen("/dev/"), &stats) == 0 &&
	       stats.known & SWAPADM_ZRAM_MM && stats.orig_bytes == 0;
}

/* ---- before it is made ------------------------------------------------------------ */

static int first_zram(struct swapadm_ctx *ctx)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, "/sys/block");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (zram_number(entry->d_name) >= 0)
			return zram_number(entry->d_name);
	return -1;
}

static int unknown_algorithm(struct swapadm_ctx *ctx, int number, const char *algorithm)
{
	char path[64], text[512];

	if (ctx_read_line(ctx, attr(path, sizeof(path), number, "comp_algorithm"), text,
			  sizeof(text)))
		strcpy(text, "unknown");
	for (char *p = text; *p; p++)
		if (*p == '[' || *p == ']')
			memmove(p, p + 1, strlen(p));
	return ctx_fail(
		ctx, -EINVAL,
		"zram: add: this kernel does not offer the algorithm \"%s\"; it has: %s",
		algorithm, text);
}

static int check_backing_support(struct swapadm_ctx *ctx, int number)
{
	char path[64];
	struct stat st;

	if (ctx_stat(ctx, attr(path, sizeof(path), number, "backing_dev"), &st) == 0)
		return 0;
	return ctx_fail(
		ctx, -EPROTONOSUPPORT,
		"zram: add: this kernel is built without zram write-back (CONFIG_ZRAM_WRITEBACK); leave writeback= out");
}

int zram_check_setup(struct swapadm_ctx *ctx, const struct zram_setup *setup)
{
	int number = first_zram(ctx);
	char path[64], text[512];

	if (number < 0)
		return 0;
	if (setup->backing) {
		int r = check_backing_support(ctx, number);

		if (r)
			return r;
	}
	if (!setup->algorithm ||
	    ctx_read_line(ctx, attr(path, sizeof(path), number, "comp_algorithm"), text,
			  sizeof(text)) ||
	    zram_offers(text, setup->algorithm))
		return 0;
	return unknown_algorithm(ctx, number, setup->algorithm);
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
		return ctx_fail(ctx, r,
				"zram: add: not permitted; run as root (CAP_SYS_ADMIN)");
	if (r)
		return ctx_fail(ctx, r, "zram: add: make a device: %s", strerror(-r));
	return (int)number;
}

static int set_algorithm(struct swapadm_ctx *ctx, int number, const char *algorithm)
{
	char path[64];
	int r = write_patiently(ctx, attr(path, sizeof(path), number, "comp_algorithm"),
				algorithm);

	if (r == -EINVAL || r == -ENOENT)
		return unknown_algorithm(ctx, number, algorithm);
	return r ? ctx_fail(ctx, r, "zram%d: set algorithm %s: %s", number, algorithm,
			    strerror(-r))
		 : 0;
}

static int set_backing(struct swapadm_ctx *ctx, int number, const char *backing)
{
	char path[64];
	int r = check_backing_support(ctx, number);

	if (r)
		return r;
	r = write_patiently(ctx, attr(path, sizeof(path), number, "backing_dev"),
			    backing);
	return r ? ctx_fail(ctx, r, "zram%d: set the write-back device: %s", number,
			    strerror(-r))
		 : 0;
}

int zram_configure(struct swapadm_ctx *ctx, int number, const struct zram_setup *setup)
{
	char path[64], text[32];
	int r = 0;

	if (setup->algorithm)
		r = set_algorithm(ctx, number, setup->algorithm);
	if (!r && setup->backing)
		r = set_backing(ctx, number, setup->backing);
	if (r)
		return r;
	snprintf(text, sizeof(text), "%ju", (uintmax_t)setup->size_bytes);
	r = write_patiently(ctx, attr(path, sizeof(path), number, "disksize"), text);
	if (r == -EINVAL && setup->algorithm)
		return ctx_fail(
			ctx, r,
			"zram%d: set its size: %s; the compressor %s may lack its kernel module",
			number, strerror(-r), setup->algorithm);
	return r ? ctx_fail(ctx, r, "zram%d: set its size to %s bytes: %s", number, text,
			    strerror(-r))
		 : 0;
}

int zram_reset(struct swapadm_ctx *ctx, int number)
{
	char path[64];
	int r = write_patiently(ctx, attr(path, sizeof(path), number, "reset"), "1");

	if (r == -EBUSY)
		return ctx_fail(
			ctx, r,
			"/dev/zram%d: reset: it is in use; see `fuser -v /dev/zram%d`",
			number, number);
	return r ? ctx_fail(ctx, r, "/dev/zram%d: reset: %s", number, strerror(-r)) : 0;
}

int zram_remove(struct swapadm_ctx *ctx, int number)
{
	char text[16];
	int r = zram_reset(ctx, number);

	if (r)
		return r;
	snprintf(text, sizeof(text), "%d", number);
	r = write_patiently(ctx, CONTROL "/hot_remove", text);
	return r ? ctx_fail(ctx, r, "/dev/zram%d: remove: %s", number, strerror(-r)) : 0;
}
