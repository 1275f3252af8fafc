/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a zram device is to be: its options, which kernels lack some of, and their order.
 *
 * Whether a kernel has an option is asked of the attributes of a device, the same on all
 * of them, and never of its version: distributions build zram without some, and carry
 * others back.
 */
#include "device/zram.h"

#include "device/zram_attr.h"
#include "kernel/stats.h"

static const struct {
	const char *option, *attr, *config;
} options[ZRAM_OPTIONS] = {
	[ZRAM_SIZE] = { "size", "disksize", NULL },
	[ZRAM_ALGORITHM] = { "algorithm", "comp_algorithm", NULL },
	[ZRAM_LEVEL] = { "level", "algorithm_params", NULL },
	[ZRAM_RECOMPRESS] = { "recompress", "recomp_algorithm",
			      "CONFIG_ZRAM_MULTI_COMP" },
	[ZRAM_MEM_LIMIT] = { "mem-limit", "mem_limit", NULL },
	[ZRAM_WRITEBACK] = { "writeback", "backing_dev", "CONFIG_ZRAM_WRITEBACK" },
	[ZRAM_COMPRESSED_WRITEBACK] = { "compressed-writeback", "compressed_writeback",
					NULL },
	[ZRAM_WRITEBACK_BATCH] = { "writeback-batch", "writeback_batch_size", NULL },
};

#define BIT(option) (1u << (option))

/* ---- what the kernel has ----------------------------------------------------------- */

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

static int first_zram(struct swapadm_ctx *ctx)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, "/sys/block");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (zram_number(entry->d_name) >= 0)
			return zram_number(entry->d_name);
	return -1;
}

/* what cannot be read says nothing */
static bool lacks_algorithm(struct swapadm_ctx *ctx, int number, const char *algorithm)
{
	char path[64], text[512];

	return algorithm &&
	       ctx_read_line(ctx, zram_attr(path, sizeof(path), number, "comp_algorithm"),
			     text, sizeof(text)) == 0 &&
	       !zram_offers(text, algorithm);
}

static unsigned wanted(const struct swapadm_devspec *spec)
{
	return (spec->algorithm_level || spec->recompress_level ? BIT(ZRAM_LEVEL) : 0) |
	       (spec->recompress ? BIT(ZRAM_RECOMPRESS) : 0) |
	       (spec->mem_limit.value ? BIT(ZRAM_MEM_LIMIT) : 0) |
	       (spec->writeback ? BIT(ZRAM_WRITEBACK) : 0) |
	       (spec->compressed_writeback ? BIT(ZRAM_COMPRESSED_WRITEBACK) : 0) |
	       (spec->writeback_batch ? BIT(ZRAM_WRITEBACK_BATCH) : 0);
}

static bool lacks_option(struct swapadm_ctx *ctx, int number, enum zram_option option)
{
	char path[64];
	struct stat st;

	return ctx_stat(ctx, zram_attr(path, sizeof(path), number, options[option].attr),
			&st) == -ENOENT;
}

unsigned zram_lacking(struct swapadm_ctx *ctx, int number,
		      const struct swapadm_devspec *spec)
{
	unsigned lacking = 0;

	if (number < 0)
		number = first_zram(ctx);
	if (number < 0)
		return 0;
	for (unsigned i = 0; i < ZRAM_OPTIONS; i++)
		if (wanted(spec) & BIT(i) && lacks_option(ctx, number, i))
			lacking |= BIT(i);
	if (lacks_algorithm(ctx, number, spec->algorithm))
		lacking |= BIT(ZRAM_ALGORITHM);
	if (lacks_algorithm(ctx, number, spec->recompress))
		lacking |= BIT(ZRAM_RECOMPRESS);
	return lacking;
}

unsigned zram_unknown(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec)
{
	if (first_zram(ctx) >= 0)
		return 0;
	return wanted(spec) | (spec->algorithm ? BIT(ZRAM_ALGORITHM) : 0);
}

static const char *print(unsigned which, bool configs, char *buf, size_t size)
{
	size_t n = 0;

	*buf = '\0';
	for (unsigned i = 0; i < ZRAM_OPTIONS && n < size; i++) {
		const char *config = configs ? options[i].config : NULL;

		if (which & BIT(i))
			n += (size_t)snprintf(buf + n, size - n, "%s%s%s%s%s",
					      n ? ", " : "", options[i].option,
					      config ? " (" : "", config ? config : "",
					      config ? ")" : "");
	}
	return buf;
}

const char *zram_print_options(unsigned which, char *buf, size_t size)
{
	return print(which, true, buf, size);
}

const char *zram_print_names(unsigned which, char *buf, size_t size)
{
	return print(which, false, buf, size);
}

static int unknown_algorithm(struct swapadm_ctx *ctx, int number, const char *algorithm)
{
	char path[64], text[512];

	if (ctx_read_line(ctx, zram_attr(path, sizeof(path), number, "comp_algorithm"),
			  text, sizeof(text)))
		strcpy(text, "unknown");
	for (char *p = text; *p; p++)
		if (*p == '[' || *p == ']')
			memmove(p, p + 1, strlen(p));
	return ctx_fail(
		ctx, -EPROTONOSUPPORT,
		"zram: add: this kernel does not offer the algorithm \"%s\"; it has: %s; name one of them, or add the option \"optional\" to go on without",
		algorithm, text);
}

static int check(struct swapadm_ctx *ctx, int number, const struct swapadm_devspec *spec,
		 unsigned lacking)
{
	char list[256];

	if (!lacking || spec->optional)
		return 0;
	if (lacks_algorithm(ctx, number, spec->algorithm))
		return unknown_algorithm(ctx, number, spec->algorithm);
	if (lacks_algorithm(ctx, number, spec->recompress) &&
	    !lacks_option(ctx, number, ZRAM_RECOMPRESS))
		return unknown_algorithm(ctx, number, spec->recompress);
	return ctx_fail(
		ctx, -EPROTONOSUPPORT,
		"zram: add: this kernel's zram lacks %s; leave it out, or add the option \"optional\" to go on without",
		zram_print_options(lacking, list, sizeof(list)));
}

int zram_check(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec)
{
	int number = first_zram(ctx);

	return number < 0 ? 0 : check(ctx, number, spec, zram_lacking(ctx, number, spec));
}

/* ---- setting them ------------------------------------------------------------------ */

/**
 * struct setting - a value of an option
 * @option:  decides whether it is written
 * @attr:    where to
 * @text:    what, "": nothing
 */
struct setting {
	enum zram_option option;
	const char *attr;
	char text[96];
};

static int write_setting(struct swapadm_ctx *ctx, int number,
			 const struct setting *setting)
{
	char path[64];
	int r = zram_write(ctx, zram_attr(path, sizeof(path), number, setting->attr),
			   setting->text);

	return r ? ctx_fail(ctx, r, "zram%d: set %s to %s: %s", number,
			    options[setting->option].option, setting->text, strerror(-r))
		 : 0;
}

/* those that were asked for and that the kernel has, in order */
static int write_settings(struct swapadm_ctx *ctx, int number,
			  const struct setting *settings, size_t n, unsigned lacking)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		if (*settings[i].text && !(lacking & BIT(settings[i].option)))
			r = write_setting(ctx, number, &settings[i]);
	return r;
}

#define FILL(setting, wanted_, ...)                                                    \
	do {                                                                           \
		if (wanted_)                                                           \
			snprintf((setting).text, sizeof((setting).text), __VA_ARGS__); \
	} while (0)

static int set_before_size(struct swapadm_ctx *ctx, int number,
			   const struct zram_setup *setup, unsigned lacking)
{
	const struct swapadm_devspec *spec = setup->spec;
	struct setting s[] = {
		{ ZRAM_ALGORITHM, "comp_algorithm", "" },
		{ ZRAM_LEVEL, "algorithm_params", "" },
		{ ZRAM_RECOMPRESS, "recomp_algorithm", "" },
		{ ZRAM_LEVEL, "algorithm_params", "" },
		{ ZRAM_WRITEBACK, "backing_dev", "" },
		{ ZRAM_COMPRESSED_WRITEBACK, "compressed_writeback", "" },
	};
	bool first = !(lacking & BIT(ZRAM_ALGORITHM));
	bool second = !(lacking & BIT(ZRAM_RECOMPRESS));

	FILL(s[0], spec->algorithm, "%s", spec->algorithm);
	FILL(s[1], first && spec->algorithm_level, "priority=0 level=%d",
	     spec->algorithm_level);
	FILL(s[2], spec->recompress, "algo=%s priority=1", spec->recompress);
	FILL(s[3], second && spec->recompress_level, "priority=1 level=%d",
	     spec->recompress_level);
	FILL(s[4], setup->backing, "%s", setup->backing);
	FILL(s[5], setup->backing && spec->compressed_writeback, "1");
	return write_settings(ctx, number, s, ARRAY_SIZE(s), lacking);
}

static int set_after_size(struct swapadm_ctx *ctx, int number,
			  const struct zram_setup *setup, unsigned lacking)
{
	struct setting s[] = {
		{ ZRAM_MEM_LIMIT, "mem_limit", "" },
		{ ZRAM_WRITEBACK_BATCH, "writeback_batch_size", "" },
	};

	FILL(s[0], setup->mem_limit_bytes, "%ju", (uintmax_t)setup->mem_limit_bytes);
	FILL(s[1], setup->backing && setup->spec->writeback_batch, "%u",
	     setup->spec->writeback_batch);
	return write_settings(ctx, number, s, ARRAY_SIZE(s), lacking);
}

static int set_size(struct swapadm_ctx *ctx, int number, const struct zram_setup *setup)
{
	const struct swapadm_devspec *spec = setup->spec;
	bool levels = spec->algorithm_level || spec->recompress_level;
	char path[64], text[32], size[32];
	int r;

	snprintf(text, sizeof(text), "%ju", (uintmax_t)setup->size_bytes);
	r = zram_write(ctx, zram_attr(path, sizeof(path), number, "disksize"), text);
	if (r == -EINVAL && (spec->algorithm || spec->recompress))
		return ctx_fail(
			ctx, r,
			"zram%d: set its size: %s; the compressor %s may lack its kernel module%s",
			number, strerror(-r),
			spec->algorithm ? spec->algorithm : spec->recompress,
			levels ? ", or not have that level" : "");
	words_size(setup->size_bytes, size, sizeof(size));
	if (r == -ENOMEM)
		return ctx_fail(
			ctx, r,
			"zram%d: set its size to %s: memory is too short for its table, some 16 bytes for each page that it could hold; give a smaller size",
			number, size);
	return r ? ctx_fail(ctx, r, "zram%d: set its size to %s: %s", number, size,
			    strerror(-r))
		 : 0;
}

int zram_configure(struct swapadm_ctx *ctx, int number, const struct zram_setup *setup)
{
	unsigned lacking = zram_lacking(ctx, number, setup->spec);
	int r = check(ctx, number, setup->spec, lacking);
	char list[256];

	if (!r && lacking) /* the plan knew it only if there was a zram to ask */
		log_warning(ctx,
			    "zram%d: this kernel's zram lacks %s; it is made without",
			    number, zram_print_options(lacking, list, sizeof(list)));
	if (!r)
		r = set_before_size(ctx, number, setup, lacking);
	if (!r)
		r = set_size(ctx, number, setup);
	return r ? r : set_after_size(ctx, number, setup, lacking);
}
