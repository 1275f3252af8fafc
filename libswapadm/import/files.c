/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dphys-swapfile and systemd-swap. */
#include "import/import.h"

#include <inttypes.h>

#include "import/expr.h"
#include "import/vars.h"

/* ---- dphys-swapfile -------------------------------------------------------------- */

static const char *get(const struct vars *vars, const char *name, const char *otherwise)
{
	const char *value = vars_get(vars, "", name);

	return value ? value : otherwise;
}

static int too_large(struct swapadm_import *import, const char *name, const char *value)
{
	return ctx_fail(import->ctx, -ERANGE,
			"/etc/dphys-swapfile: %s=%.40s: is too large; correct it there",
			name, value);
}

#define MIB_MAX (UINT64_C(1) << 40) /* 2^60 bytes: more than any file system holds */

/* as its `setup` computes it, in MiB; 0: it is not known */
static int dphys_mib(struct swapadm_import *import, const struct vars *vars,
		     uint64_t *out)
{
	const char *wanted = get(vars, "CONF_SWAPSIZE", "");
	const char *max = get(vars, "CONF_MAXSWAP", "2048");
	uint64_t mib = strtoull(wanted, NULL, 10), max_mib = strtoull(max, NULL, 10);
	struct swapadm_mem_stats mem;

	*out = 0;
	if (!*wanted) {
		const char *factor = get(vars, "CONF_SWAPFACTOR", "2");
		double size;

		if (swapadm_mem_get_stats(import->ctx, &mem))
			return 0;
		size = (double)(mem.total_bytes >> 20) * atof(factor);
		if (!(size < (double)MIB_MAX))
			return too_large(import, "CONF_SWAPFACTOR", factor);
		mib = size > 0 ? (uint64_t)size : 0;
	}
	if (mib > MIB_MAX)
		return too_large(import, "CONF_SWAPSIZE", wanted);
	*out = *max && mib > max_mib ? max_mib : mib;
	return 0;
}

int import_dphys(struct swapadm_import *import)
{
	_cleanup_(vars_free) struct vars vars = { 0 };
	struct import_entry *entry;
	char device[400];
	const char *file;
	struct stat st;
	uint64_t mib;
	int r = vars_read(import->ctx, "/etc/dphys-swapfile", &vars);

	if (r || !vars.any)
		return r;
	r = dphys_mib(import, &vars, &mib);
	if (r)
		return r;
	file = get(&vars, "CONF_SWAPFILE", "/var/swap");
	if (ctx_stat(import->ctx, file, &st) == 0)
		snprintf(device, sizeof(device), "%s", file);
	else
		snprintf(device, sizeof(device), "%s,size=%" PRIu64 "M", file, mib);
	r = import_entry(import, SWAPADM_PRIO_NONE, device, &entry);
	if (!r)
		r = import_comment(
			import, entry,
			"dphys-swapfile makes the file anew when its computed size changes; here it keeps its size");
	return r ? r
		 : import_change(import, CHANGE_DISABLE, "dphys-swapfile.service", 0,
				 file, "systemctl enable dphys-swapfile.service");
}

/* ---- systemd-swap ---------------------------------------------------------------- */

static bool is_on(const struct vars *vars, const char *name, const char *otherwise)
{
	const char *value = get(vars, name, otherwise);

	return streq(value, "1") || streq(value, "yes") || streq(value, "true");
}

/* "$(( RAM_SIZE / 4 ))", "RAM_SIZE / 4", "512M" */
static int zram_bytes(struct swapadm_import *import, const char *text, uint64_t *bytes)
{
	struct swapadm_mem_stats mem;
	struct swapadm_size size;
	char formula[200];
	size_t n = strlen(text);
	double value;
	int r;

	if (swapadm_parse_size(text, &size) == 0 && size.unit == SWAPADM_SIZE_BYTES) {
		*bytes = size.value;
		return 0;
	}
	if (str_after(text, "$((") && n > 5 && n < sizeof(formula))
		snprintf(formula, sizeof(formula), "%.*s", (int)n - 5, text + 3);
	else
		snprintf(formula, sizeof(formula), "%s", text);
	r = swapadm_mem_get_stats(import->ctx, &mem);
	if (!r)
		r = expr_value(formula, "RAM_SIZE", (double)mem.total_bytes, &value);
	if (r || value < 1)
		return -EINVAL;
	*bytes = u64_of(value);
	return 0;
}

static int swap_zram(struct swapadm_import *import, const struct vars *vars)
{
	const char *text = get(vars, "zram_size", "$(( RAM_SIZE / 4 ))");
	const char *count = get(vars, "zram_count", "1");
	char device[128], size[32];
	struct import_entry *entry;
	uint64_t bytes;
	int r = import_entry(import, import_prio(get(vars, "zram_prio", "32767")), "",
			     &entry);

	if (r)
		return r;
	entry->is_zram = true;
	if (zram_bytes(import, text, &bytes))
		return import_comment(import, entry,
				      "zram_size = %s gives no size that is understood",
				      text);
	import_size(import, bytes, size, sizeof(size));
	snprintf(device, sizeof(device), "zram,%s,algorithm=%.40s", size,
		 get(vars, "zram_alg", "zstd"));
	free(entry->device);
	entry->device = strdup(device);
	if (!entry->device)
		return import_no_memory(import);
	if (!streq(count, "1"))
		r = import_comment(
			import, entry,
			"zram_count = %s: one zram of that size in all uses all processors here",
			count);
	return r;
}

static int swap_zswap(struct swapadm_import *import, const struct vars *vars)
{
	const char *zpool = vars_get(vars, "", "zswap_zpool");
	char max_pool[48];
	int r = import_zswap(import, "enabled", "yes");

	if (!r)
		r = import_zswap(import, "compressor",
				 get(vars, "zswap_compressor", "zstd"));
	snprintf(max_pool, sizeof(max_pool), "%.40s%%",
		 get(vars, "zswap_max_pool_percent", "25"));
	if (!r)
		r = import_zswap(import, "max-pool", max_pool);
	if (!r && zpool)
		r = import_zswap(import, "zswap_zpool", zpool);
	return r;
}

static int swap_files(struct swapadm_import *import, const struct vars *vars)
{
	struct import_entry *entry;
	int r = import_entry(import, import_prio(get(vars, "swapfc_priority", "50")), "",
			     &entry);

	if (!r)
		r = import_comment(
			import, entry,
			"swapfc makes and removes files of %s in %s as needed, at most %s; swapadm has files of a fixed size: device = FILE,size=SIZE",
			get(vars, "swapfc_chunk_size", "256M"),
			get(vars, "swapfc_path", "/var/lib/systemd-swap/swapfc/"),
			get(vars, "swapfc_max_count", "32"));
	return r;
}

int import_systemd_swap(struct swapadm_import *import)
{
	static const char *const folders[] = { "/etc/systemd/swap.conf.d" };
	_cleanup_(vars_free) struct vars vars = { 0 };
	struct import_entry *entry;
	int r = vars_read(import->ctx, "/usr/share/systemd-swap/swap-default.conf",
			  &vars);

	if (!r)
		r = vars_read(import->ctx, "/etc/systemd/swap.conf", &vars);
	if (!r)
		r = vars_read_folders(import->ctx, folders, ARRAY_SIZE(folders), &vars);
	if (r || !vars.any)
		return r;
	if (is_on(&vars, "zswap_enabled", "1"))
		r = swap_zswap(import, &vars);
	if (!r && is_on(&vars, "zram_enabled", "0"))
		r = swap_zram(import, &vars);
	if (!r && is_on(&vars, "swapfc_enabled", "0"))
		r = swap_files(import, &vars);
	if (!r && is_on(&vars, "swapd_auto_swapon", "1")) {
		r = import_entry(import, import_prio(get(&vars, "swapd_prio", "1024")),
				 "", &entry);
		if (!r)
			r = import_comment(
				import, entry,
				"swapd_auto_swapon activates every device with a swap signature; swapadm those that are named: `swapctl import running` names those in use");
	}
	return r ? r
		 : import_change(import, CHANGE_DISABLE, "systemd-swap.service", 0,
				 "systemd-swap", "systemctl enable systemd-swap.service");
}
