/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configurations of other makers of swap; the first byte says of which one. The text that
 * comes out is a configuration of ours without an error.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/ctx.h"
#include "conf/conf.h"
#include "fuzz.h"
#include "import/expr.h"

static const struct maker {
	char letter;
	const char *source, *path;
} makers[] = {
	{ 'f', "fstab", "/etc/fstab" },
	{ 'g', "zram-generator", "/etc/systemd/zram-generator.conf" },
	{ 't', "zram-tools", "/etc/default/zramswap" },
	{ 'd', "dphys-swapfile", "/etc/dphys-swapfile" },
	{ 's', "systemd-swap", "/etc/systemd/swap.conf" },
};

static struct {
	const char *path;
	const uint8_t *data;
	size_t size;
} input;

static int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	MUST(fd >= 0);
	MUST(pwrite(fd, data, size, 0) == (ssize_t)size);
	return fd;
}

static int openat_input(int dirfd, const char *path, int flags, mode_t mode)
{
	static const char meminfo[] = "MemTotal:        4194304 kB\n";

	if (streq(path, input.path))
		return memory_file(input.data, input.size);
	if (streq(path, "/proc/meminfo"))
		return memory_file(meminfo, sizeof(meminfo) - 1);
	errno = ENOENT;
	return -1;
}

static ssize_t no_link(int dirfd, const char *path, char *buf, size_t size)
{
	errno = ENOENT;
	return -1;
}

static struct swapadm_ctx *context(void)
{
	static struct swapadm_ctx *ctx;

	if (!ctx) {
		MUST(swapadm_new(&ctx, NULL) == 0);
		ctx->ops.openat = openat_input;
		ctx->ops.readlinkat = no_link;
	}
	return ctx;
}

/* comments and lines that the configuration's own reader takes */
static void is_ours(struct swapadm_ctx *ctx, const char *text)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = conf_new();

	MUST(text && conf);
	if (conf_parse_text(ctx, conf, "import", text, strlen(text)) == 0)
		return;
	fprintf(stderr, "%s\n%s\n", swapadm_get_error(ctx), text);
	abort();
}

static void formula(const char *text)
{
	double v;

	if (expr_value(text, "ram", 4096, &v) == 0)
		MUST(v == v && v - v == 0); /* a finite number */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct swapadm_ctx *ctx = context();
	struct swapadm_import *import = NULL;
	_cleanup_free_ char *text = NULL;

	if (!size)
		return 0;
	if (*data == 'x') {
		text = strndup((const char *)data + 1, size - 1);
		MUST(text);
		formula(text);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		if (makers[i].letter != (char)*data)
			continue;
		input.path = makers[i].path;
		input.data = data + 1;
		input.size = size - 1;
		if (swapadm_import_new(ctx, makers[i].source, &import) == 0)
			is_ours(ctx, swapadm_import_text(import));
		swapadm_import_unref(import);
	}
	return 0;
}
