/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small parsers of /proc and /sys; the first byte says which one. */
#include "fuzz.h"
#include "kernel/memcg.h"
#include "kernel/mounts.h"
#include "kernel/proc.h"
#include "kernel/stats.h"

static int take_mount(void *data, const struct mount_line *line)
{
	return strlen(line->target) + strlen(line->fstype) + strlen(line->options) == 0;
}

static void parse_sysfs(unsigned which, const char *text)
{
	struct swapadm_zram_stats zram = { 0 };

	switch (which) {
	case 0:
		zram_parse_mm_stat(text, &zram);
		break;
	case 1:
		zram_parse_bd_stat(text, &zram);
		break;
	case 2:
		zram_parse_io_stat(text, &zram);
		break;
	case 3:
		zram_parse_algorithm(text, &zram);
		break;
	case 4:
		zram_parse_backing(text, &zram);
		break;
	}
	MUST(strnlen(zram.algorithm, sizeof(zram.algorithm)) < sizeof(zram.algorithm));
	MUST(strnlen(zram.backing_dev, sizeof(zram.backing_dev)) <
	     sizeof(zram.backing_dev));
}

static void parse_proc(unsigned which, const char *text)
{
	struct swapadm_mem_stats mem = { 0 };
	struct swapadm_vmstat vmstat = { 0 };
	struct swapadm_psi psi = { 0 };
	struct proc_status status = { 0 };
	_cleanup_(mounts_freep) struct mounts *mounts = NULL;
	char path[64];
	uint64_t ticks;

	switch (which) {
	case 0:
		meminfo_parse(text, &mem);
		break;
	case 1:
		vmstat_parse(text, &vmstat);
		break;
	case 2:
		psi_parse(text, &psi);
		break;
	case 3:
		proc_status_parse(text, &status);
		MUST(strnlen(status.comm, sizeof(status.comm)) < sizeof(status.comm));
		break;
	case 4:
		proc_stat_parse_start(text, &ticks);
		break;
	case 5:
		if (mounts_parse(text, strlen(text), &mounts) == 0)
			mounts_each(mounts, take_mount, NULL);
		break;
	case 6:
	case 7:
		if (memcg_parse_proc(text, which == 6 ? 1 : 2, path, sizeof(path)) == 0)
			MUST(strnlen(path, sizeof(path)) < sizeof(path));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;

	if (!size)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	MUST(text);
	if (data[0] >= 'a')
		parse_sysfs(data[0] - 'a', text);
	else
		parse_proc((unsigned)data[0] - 'A', text);
	return 0;
}
