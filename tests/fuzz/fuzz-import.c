/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configurations of other makers of swap; the first byte says of which one. The text that
 * comes out is a configuration of ours without an error.
 */
#include <string.h>

#include "conf/conf.h"
#include "files.h"
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
	static const char meminfo[] = "MemTotal:        4194304 kB\n";
	struct swapadm_ctx *ctx = files_ctx();
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
		files_clear();
		files_set("/proc/meminfo", meminfo, sizeof(meminfo) - 1);
		files_set(makers[i].path, data + 1, size - 1);
		if (swapadm_import_new(ctx, makers[i].source, &import) == 0)
			is_ours(ctx, swapadm_import_text(import));
		swapadm_import_unref(import);
	}
	return 0;
}
