/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zram-generator and zram-tools. */
#include "import/import.h"

#include <ctype.h>
#include <inttypes.h>

#include "import/expr.h"
#include "import/vars.h"

#define GENERATOR  "zram-generator.conf"
#define TURNED_OFF "/etc/systemd/system-generators/zram-generator"
#define TOOLS      "/etc/default/zramswap"
#define MIB        1048576.0

static int ram_bytes(struct swapadm_import *import, uint64_t *bytes)
{
	struct swapadm_mem_stats mem;
	int r = swapadm_mem_get_stats(import->ctx, &mem);

	if (!r)
		*bytes = mem.total_bytes;
	return r;
}

/* one more option of a device, where the configuration's grammar has it */
static int add_option(struct swapadm_import *import, struct import_entry *entry,
		      const char *key, const char *value)
{
	struct swapadm_devspec *spec;
	char *longer;

	if (asprintf(&longer, "%s,%s=%s", entry->device, key, value) < 0)
		return import_no_memory(import);
	if (swapadm_devspec_parse(import->ctx, longer, &spec)) {
		free(longer);
		return import_comment(import, entry, "can't be carried over: %s = %s",
				      key, value);
	}
	swapadm_devspec_free(spec);
	free(entry->device);
	entry->device = longer;
	return 0;
}

/* "zstd(level=3) lzo-rle (type=idle)": the first is for what comes in */
static int add_algorithm(struct swapadm_import *import, struct import_entry *entry,
			 const char *value)
{
	size_t n = strcspn(value, " \t(");
	char name[64];
	int r;

	snprintf(name, sizeof(name), "%.*s", (int)n, value);
	r = *name ? add_option(import, entry, "algorithm", name) : 0;
	if (!r && value[n])
		r = import_comment(
			import, entry,
			"of compression-algorithm = %s only the first name is carried over",
			value);
	return r;
}

/* ---- zram-generator -------------------------------------------------------------- */

static const char *get(const struct vars *vars, const char *section, const char *name,
		       const char *otherwise)
{
	const char *value = vars_get(vars, section, name);

	return value ? value : otherwise;
}

/* zram-fraction and max-zram-size, deprecated, come before zram-size */
static void formula(const struct vars *vars, const char *section, char *buf, size_t size)
{
	const char *fraction = vars_get(vars, section, "zram-fraction");
	const char *max = vars_get(vars, section, "max-zram-size");

	if (!fraction && !max)
		snprintf(buf, size, "%s",
			 get(vars, section, "zram-size", "min(ram / 2, 4096)"));
	else if (max && streq(max, "none"))
		snprintf(buf, size, "ram * %s", fraction ? fraction : "0.5");
	else
		snprintf(buf, size, "min(ram * %s, %s)", fraction ? fraction : "0.5",
			 max ? max : "4096");
}

static bool is_for_this_ram(const char *limit, double ram_mib)
{
	return streq(limit, "none") || atof(limit) >= ram_mib;
}

/* what has no counterpart, or another one */
static int generator_rest(struct swapadm_import *import, struct import_entry *entry,
			  const struct vars *vars, const char *section)
{
	const char *value = vars_get(vars, section, "compression-algorithm");
	int r = value ? add_algorithm(import, entry, value) : 0;

	value = vars_get(vars, section, "writeback-device");
	if (!r && value && *value)
		r = add_option(import, entry, "writeback", value);
	value = vars_get(vars, section, "zram-resident-limit");
	if (!r && value && *value && !streq(value, "0"))
		r = import_comment(import, entry,
				   "can't be carried over: zram-resident-limit = %s",
				   value);
	value = get(vars, section, "options", "discard");
	if (!r && *value && !streq(value, "discard"))
		r = import_comment(import, entry, "can't be carried over: options = %s",
				   value);
	return r;
}

static int generator_device(struct swapadm_import *import, const struct vars *vars,
			    const char *section, double ram_mib)
{
	const char *limit = get(vars, section, "host-memory-limit",
				get(vars, section, "memory-limit", "none"));
	const char *fs = get(vars, section, "fs-type",
			     get(vars, section, "mount-point", NULL) ? "ext2" : "swap");
	int prio = import_prio(get(vars, section, "swap-priority", "100")), r;
	struct import_entry *entry;
	char text[256], size[32], device[64];
	double mib;

	formula(vars, section, text, sizeof(text));
	r = import_entry(import, prio, "", &entry);
	if (r)
		return r;
	entry->is_zram = true;
	if (!streq(fs, "swap"))
		return import_comment(import, entry,
				      "%s is not swap but a file system (%s)", section,
				      fs);
	entry->stays = !is_for_this_ram(limit, ram_mib);
	if (entry->stays)
		return import_comment(
			import, entry,
			"%s is not made on this machine, which has more memory than host-memory-limit = %s",
			section, limit);
	if (expr_value(text, "ram", ram_mib, &mib) || mib < 1)
		return import_comment(
			import, entry,
			"%s: zram-size = %s gives no size that is understood", section,
			text);
	import_size(import, u64_of(mib * MIB), size, sizeof(size));
	snprintf(device, sizeof(device), "zram,%s", size);
	free(entry->device);
	entry->device = strdup(device);
	if (!entry->device)
		return import_no_memory(import);
	if (strstr(text, "ram"))
		r = import_comment(
			import, entry,
			"%s: zram-size = %s, with the memory of this machine; size=N%%ram would follow it",
			section, text);
	return r ? r : generator_rest(import, entry, vars, section);
}

static bool is_device(const char *section)
{
	const char *number = str_after(section, "zram");

	if (!number || !*number)
		return false;
	while (isdigit((unsigned char)*number))
		number++;
	return !*number;
}

static int generator_devices(struct swapadm_import *import, const struct vars *vars)
{
	uint64_t bytes;
	int r = ram_bytes(import, &bytes);

	for (size_t i = 0; !r && i < vars->n; i++) {
		const char *section = vars->items[i].section;
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen |= streq(vars->items[j].section, section);
		if (!seen && is_device(section))
			r = generator_device(import, vars, section, (double)bytes / MIB);
	}
	return r;
}

/* the file that is in force, of those of one name */
static int main_file(struct swapadm_import *import, struct vars *vars)
{
	static const char *const folders[] = { "/run/systemd", "/etc/systemd",
					       "/usr/local/lib/systemd",
					       "/usr/lib/systemd", "/lib/systemd" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char path[128];
		int r;

		snprintf(path, sizeof(path), "%s/" GENERATOR, folders[i]);
		r = vars_read(import->ctx, path, vars);
		if (r || vars->any)
			return r;
	}
	return 0;
}

/*
 * systemd.generator(7): a link to /dev/null, or an empty file, in /etc turns a generator
 * off, whatever its configuration files and their drop-ins say
 */
static bool is_turned_off(struct swapadm_import *import)
{
	_cleanup_free_ char *text = NULL;
	char link[16];

	if (ctx_readlink(import->ctx, TURNED_OFF, link, sizeof(link)) == 0)
		return streq(link, "/dev/null");
	return ctx_read_file(import->ctx, TURNED_OFF, &text, NULL) == 0 && !*text;
}

int import_zram_generator(struct swapadm_import *import)
{
	static const char *const folders[] = { "/usr/lib/systemd/" GENERATOR ".d",
					       "/usr/local/lib/systemd/" GENERATOR ".d",
					       "/etc/systemd/" GENERATOR ".d",
					       "/run/systemd/" GENERATOR ".d" };
	_cleanup_(vars_free) struct vars vars = { 0 };
	size_t before = import->n_entries;
	int r;

	if (is_turned_off(import))
		return 0;
	r = main_file(import, &vars);
	if (!r)
		r = vars_read_folders(import->ctx, folders, ARRAY_SIZE(folders), &vars);
	if (!r)
		r = generator_devices(import, &vars);
	if (r || import->n_entries == before)
		return r;
	return import_change(import, CHANGE_GENERATOR, TURNED_OFF, 0, "zram-generator",
			     "rm " TURNED_OFF);
}

/* ---- zram-tools ------------------------------------------------------------------ */

#define BYTES_MAX (UINT64_C(1) << 60) /* refused as a size, whatever it was */

static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t v;

	return __builtin_mul_overflow(a, b, &v) || v > BYTES_MAX ? BYTES_MAX : v;
}

int import_zram_tools(struct swapadm_import *import)
{
	_cleanup_(vars_free) struct vars vars = { 0 };
	struct import_entry *entry;
	const char *percent;
	uint64_t bytes, ram;
	char device[64], size[32];
	int r = vars_read(import->ctx, TOOLS, &vars);

	if (r || !vars.any)
		return r;
	percent = get(&vars, "", "PERCENT", "");
	bytes = times(strtoull(get(&vars, "", "SIZE", "256"), NULL, 10), 1 << 20);
	if (*percent) {
		r = ram_bytes(import, &ram);
		if (r)
			return r;
		bytes = times(ram, strtoull(percent, NULL, 10)) / 100;
	}
	import_size(import, bytes, size, sizeof(size));
	snprintf(device, sizeof(device), "zram,%s", size);
	r = import_entry(import, import_prio(get(&vars, "", "PRIORITY", "100")), device,
			 &entry);
	if (r)
		return r;
	entry->is_zram = true;
	if (*percent)
		r = import_comment(
			import, entry,
			"PERCENT=%s, with the memory of this machine; size=%s%%ram would follow it",
			percent, percent);
	if (!r)
		r = add_algorithm(import, entry, get(&vars, "", "ALGO", "lz4"));
	return r ? r
		 : import_change(import, CHANGE_DISABLE, "zramswap.service", 0,
				 "zram-tools", "systemctl enable zramswap.service");
}
