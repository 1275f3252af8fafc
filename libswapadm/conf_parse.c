/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The grammar: which sections there are, which keys they take, what values mean. */
#include <ctype.h>
#include <stdarg.h>

#include "conf.h"
#include "conf_reader.h"
#include "nearest.h"

#define MAX_KEYS 8

struct parser;

struct key {
	const char *name;
	bool repeats;
	int (*set)(struct parser *parser, void *object, const char *value);
};

struct section_kind {
	const char *name;
	const char *name_rule; /* of the name behind it, NULL: takes none */
	struct key keys[MAX_KEYS];
	int (*open)(struct parser *parser, const char *name);
};

struct parser {
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf;
	const char *file;
	unsigned line;
	char section[130]; /* as in the sentences: "tier ssd" */
	const struct section_kind *kind;
	const struct key *key;
	void *object;
	unsigned seen[MAX_KEYS]; /* line of each key of this section, 0: not given */
};

/* ---- sentences ---------------------------------------------------------------- */

_printf_(2, 3) static int fail(struct parser *parser, const char *fmt, ...)
{
	char text[900];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ctx_fail(parser->ctx, -EBADMSG, "%s:%u: [%s]%s%s: %s", parser->file,
			parser->line, parser->section, parser->key ? " " : "",
			parser->key ? parser->key->name : "", text);
}

static int fail_memory(struct parser *parser)
{
	return ctx_fail(parser->ctx, -ENOMEM, "%s: read: %s", parser->file,
			strerror(ENOMEM));
}

/* @remedy: "give ..." */
static int bad_value(struct parser *parser, const char *value, const char *remedy)
{
	if (!*value)
		return fail(parser, "needs a value; %s", remedy);
	return fail(parser, "bad value \"%s\"; %s", value, remedy);
}

/* ---- values ------------------------------------------------------------------- */

static int parse_yes_no(struct parser *parser, const char *value,
			enum swapadm_tristate *out)
{
	static const char *const words[2][4] = { { "no", "false", "off", "0" },
						 { "yes", "true", "on", "1" } };

	for (size_t i = 0; i < ARRAY_SIZE(words[0]); i++) {
		if (streq(value, words[0][i]) || streq(value, words[1][i])) {
			*out = streq(value, words[1][i]) ? SWAPADM_YES : SWAPADM_NO;
			return 0;
		}
	}
	return bad_value(parser, value, "give yes or no");
}

/* "80%", from 1 to 100 */
static int parse_pct(struct parser *parser, const char *value, int *out)
{
	struct swapadm_size size;

	if (swapadm_parse_size(value, &size) || size.unit != SWAPADM_SIZE_PCT)
		return bad_value(parser, value, "give a percentage from 1% to 100%");
	*out = (int)size.value;
	return 0;
}

/* bytes, or a percentage of memory */
static int parse_bytes(struct parser *parser, const char *value, const char *also,
		       struct swapadm_size *out)
{
	struct swapadm_size size;
	char remedy[128];
	int r = swapadm_parse_size(value, &size);

	if (!r && size.unit == SWAPADM_SIZE_PCT)
		return fail(parser,
			    "\"%s\" does not say of what; write %sram for a percentage "
			    "of memory",
			    value, value);
	if (!r) {
		*out = size;
		return 0;
	}
	snprintf(remedy, sizeof(remedy),
		 "give bytes with K, M, G or T, or a percentage of memory such as "
		 "50%%ram%s",
		 also);
	return bad_value(parser, value, remedy);
}

/* the limit of a cgroup, where 0 has a meaning: no swap */
static int parse_limit(struct parser *parser, const char *value, const char *also,
		       struct swapadm_size *out)
{
	if (streq(value, "0")) {
		*out = (struct swapadm_size){ SWAPADM_SIZE_BYTES, 0 };
		return 0;
	}
	return parse_bytes(parser, value, also, out);
}

static bool is_word(const char *s, const char *also)
{
	if (!*s || strlen(s) > 31)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(also, *s))
			return false;
	return true;
}

/* ---- [swapadm] ---------------------------------------------------------------- */

static int set_layer(struct parser *parser, void *object, const char *value)
{
	struct swapadm_conf *conf = object;

	for (int i = SWAPADM_LAYER_AUTO; i <= SWAPADM_LAYER_REDIRECT; i++) {
		if (streq(value, swapadm_layer_name((enum swapadm_layer)i))) {
			conf->layer = (enum swapadm_layer)i;
			return 0;
		}
	}
	return bad_value(parser, value, "give auto, direct or redirect");
}

static int set_size(struct parser *parser, void *object, const char *value)
{
	struct swapadm_conf *conf = object;

	return parse_bytes(parser, value, "", &conf->size);
}

/* a section may stand once in a file; in another file it is merged */
static int open_once(struct parser *parser, struct conf_origin *last)
{
	if (last->file == parser->file)
		return fail(parser, "stands in this file already, at line %u; join them",
			    last->line);
	*last = (struct conf_origin){ parser->file, parser->line };
	return 0;
}

static int open_swapadm(struct parser *parser, const char *name)
{
	parser->object = parser->conf;
	return open_once(parser, &parser->conf->swapadm_last);
}

/* ---- [tier NAME] -------------------------------------------------------------- */

static void clear_devices(struct conf_tier *tier)
{
	for (size_t i = 0; i < tier->pub.n_devices; i++)
		swapadm_devspec_free(tier->devices[i]);
	tier->pub.n_devices = 0;
}

static bool is_full_name(const char *word)
{
	return *word == '/' || streq(word, "zram") || strchr(word, '=');
}

static int set_device(struct parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;
	struct swapadm_devspec *spec;
	size_t n = tier->pub.n_devices;
	int r;

	if (!*value) {
		clear_devices(tier);
		return 0;
	}
	r = swapadm_devspec_parse(parser->ctx, value, &spec);
	if (r == -EINVAL)
		return fail(parser, "%s", swapadm_get_error(parser->ctx));
	if (r)
		return r;
	if (!is_full_name(spec->word)) {
		r = fail(parser,
			 "\"%s\" is no absolute path; write /dev/%s, a tag such as "
			 "UUID=, or zram",
			 spec->word, spec->word);
		swapadm_devspec_free(spec);
		return r;
	}
	if (!array_grow(&tier->devices, n) || !array_grow(&tier->device_at, n)) {
		swapadm_devspec_free(spec);
		return fail_memory(parser);
	}
	tier->devices[n] = spec;
	tier->device_at[n] = (struct conf_origin){ parser->file, parser->line };
	tier->pub.n_devices++;
	return 0;
}

static int set_rank(struct parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;
	uint64_t rank;

	if (parse_u64(value, &rank) || rank > SWAPADM_RANK_MAX)
		return bad_value(parser, value,
				 "give a number from 0, the fastest, to 60");
	tier->pub.rank = (int)rank;
	tier->pub.rank_given = true;
	return 0;
}

static int set_on_swapin(struct parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;

	if (streq(value, "free"))
		tier->pub.on_swapin = SWAPADM_ON_SWAPIN_FREE;
	else if (streq(value, "keep"))
		tier->pub.on_swapin = SWAPADM_ON_SWAPIN_KEEP;
	else
		return bad_value(parser, value, "give keep or free");
	return 0;
}

static int set_above(struct parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;

	tier->above_at = (struct conf_origin){ parser->file, parser->line };
	return parse_pct(parser, value, &tier->pub.demote_above_pct);
}

static int set_below(struct parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;

	tier->below_at = (struct conf_origin){ parser->file, parser->line };
	return parse_pct(parser, value, &tier->pub.demote_below_pct);
}

static int set_older(struct parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;

	tier->older_at = (struct conf_origin){ parser->file, parser->line };
	if (swapadm_parse_age(value, &tier->pub.demote_older_s))
		return bad_value(parser, value, "give an age such as 90s, 10min or 2h");
	return 0;
}

static int set_budget(struct parser *parser, void *object, const char *value)
{
	static const char remedy[] = "give bytes a day such as 20G/day";
	struct conf_tier *tier = object;
	const char *slash = strchr(value, '/');
	struct swapadm_size size;
	char number[32];

	if (!slash || !streq(slash, "/day") || (size_t)(slash - value) >= sizeof(number))
		return bad_value(parser, value, remedy);
	memcpy(number, value, (size_t)(slash - value));
	number[slash - value] = '\0';
	if (swapadm_parse_size(number, &size) || size.unit != SWAPADM_SIZE_BYTES)
		return bad_value(parser, value, remedy);
	tier->pub.write_budget_bytes_per_day = size.value;
	return 0;
}

static struct conf_tier *new_tier(struct parser *parser, const char *name)
{
	struct swapadm_conf *conf = parser->conf;
	struct conf_tier *tier;

	if (!array_grow(&conf->tiers, conf->n_tiers))
		return NULL;
	tier = calloc(1, sizeof(*tier));
	if (!tier)
		return NULL;
	tier->pub.name = conf_keep(conf, name);
	if (!tier->pub.name) {
		free(tier);
		return NULL;
	}
	tier->pub.rank = SWAPADM_RANK_NONE;
	tier->pub.demote_above_pct = SWAPADM_PCT_NONE;
	tier->pub.demote_below_pct = SWAPADM_PCT_NONE;
	tier->pub.file = parser->file;
	tier->pub.line = parser->line;
	conf->tiers[conf->n_tiers++] = tier;
	return tier;
}

static int open_tier(struct parser *parser, const char *name)
{
	struct conf_tier *tier = conf_find_tier(parser->conf, name);

	if (!swapadm_tier_name_valid(name))
		return fail(parser,
			    "bad name \"%s\"; give at most 31 of a-z, 0-9, _ and -, a "
			    "letter first, and none of memory, zram, all, backing",
			    name);
	if (!tier)
		tier = new_tier(parser, name);
	if (!tier)
		return fail_memory(parser);
	parser->object = tier;
	return open_once(parser, &tier->last);
}

/* ---- [zswap] ------------------------------------------------------------------ */

static int set_enabled(struct parser *parser, void *object, const char *value)
{
	return parse_yes_no(parser, value,
			    &((struct swapadm_conf_zswap *)object)->enabled);
}

static int set_shrinker(struct parser *parser, void *object, const char *value)
{
	return parse_yes_no(parser, value,
			    &((struct swapadm_conf_zswap *)object)->shrinker);
}

static int set_compressor(struct parser *parser, void *object, const char *value)
{
	struct swapadm_conf_zswap *zswap = object;

	if (!is_word(value, "-_."))
		return bad_value(parser, value,
				 "give the name of a compressor such as zstd");
	zswap->compressor = conf_keep(parser->conf, value);
	return zswap->compressor ? 0 : fail_memory(parser);
}

static int set_max_pool(struct parser *parser, void *object, const char *value)
{
	struct swapadm_conf_zswap *zswap = object;

	return parse_pct(parser, value, &zswap->max_pool_pct);
}

static int set_accept(struct parser *parser, void *object, const char *value)
{
	struct swapadm_conf_zswap *zswap = object;

	return parse_pct(parser, value, &zswap->accept_threshold_pct);
}

static int open_zswap(struct parser *parser, const char *name)
{
	parser->object = &parser->conf->zswap;
	parser->conf->zswap.present = true;
	return open_once(parser, &parser->conf->zswap_last);
}

/* ---- [cgroup NAME] ------------------------------------------------------------ */

/* absolute, and no component is empty, "." or ".." */
static bool is_plain_path(const char *path)
{
	while (*path == '/') {
		size_t n = strcspn(++path, "/");

		if (n == 0 || (n == 1 && *path == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += n;
	}
	return !*path;
}

static int set_path(struct parser *parser, void *object, const char *value)
{
	static const char remedy[] = "give the path below the cgroup mount, without . "
				     "and ..: /system.slice/batch.service";
	struct conf_cgroup *cgroup = object;

	if (!*value || !is_plain_path(value))
		return bad_value(parser, value, remedy);
	if (str_after(value, "/sys/fs/cgroup/"))
		return fail(parser, "begins below the cgroup mount; write %s",
			    value + strlen("/sys/fs/cgroup"));
	cgroup->pub.path = conf_keep(parser->conf, value);
	return cgroup->pub.path ? 0 : fail_memory(parser);
}

static int set_swap_max(struct parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;

	cgroup->pub.swap_max_unlimited = streq(value, "max");
	if (cgroup->pub.swap_max_unlimited) {
		cgroup->pub.swap_max = (struct swapadm_size){ 0 };
		return 0;
	}
	return parse_limit(parser, value, ", or max", &cgroup->pub.swap_max);
}

static int set_swap_high(struct parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;

	return parse_limit(parser, value, "", &cgroup->pub.swap_high);
}

static int set_zswap_max(struct parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;

	return parse_limit(parser, value, "", &cgroup->pub.zswap_max);
}

static int set_zswap_writeback(struct parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;

	return parse_yes_no(parser, value, &cgroup->pub.zswap_writeback);
}

static struct conf_cgroup *get_cgroup(struct swapadm_conf *conf, const char *name)
{
	struct conf_cgroup *cgroup;

	for (size_t i = 0; i < conf->n_cgroups; i++)
		if (streq(conf->cgroups[i]->pub.name, name))
			return conf->cgroups[i];
	if (!array_grow(&conf->cgroups, conf->n_cgroups))
		return NULL;
	cgroup = calloc(1, sizeof(*cgroup));
	if (!cgroup)
		return NULL;
	cgroup->pub.zswap_writeback = SWAPADM_UNSET;
	cgroup->pub.name = conf_keep(conf, name);
	if (!cgroup->pub.name) {
		free(cgroup);
		return NULL;
	}
	conf->cgroups[conf->n_cgroups++] = cgroup;
	return cgroup;
}

static int open_cgroup(struct parser *parser, const char *name)
{
	struct conf_cgroup *cgroup;

	if (!is_word(name, "-_.@:"))
		return fail(parser,
			    "bad name \"%s\"; give at most 31 letters, digits and any of "
			    "- _ . @ :",
			    name);
	cgroup = get_cgroup(parser->conf, name);
	if (!cgroup)
		return fail_memory(parser);
	parser->object = cgroup;
	return open_once(parser, &cgroup->last);
}

/* ---- the grammar -------------------------------------------------------------- */

static const struct section_kind kinds[] = {
	{ "swapadm",
	  NULL,
	  {
		  { "layer", false, set_layer },
		  { "size", false, set_size },
	  },
	  open_swapadm },
	{ "tier",
	  "[tier fast]",
	  {
		  { "device", true, set_device },
		  { "rank", false, set_rank },
		  { "on-swapin", false, set_on_swapin },
		  { "demote-above", false, set_above },
		  { "demote-below", false, set_below },
		  { "demote-older", false, set_older },
		  { "write-budget", false, set_budget },
	  },
	  open_tier },
	{ "zswap",
	  NULL,
	  {
		  { "enabled", false, set_enabled },
		  { "compressor", false, set_compressor },
		  { "max-pool", false, set_max_pool },
		  { "accept-threshold", false, set_accept },
		  { "shrinker", false, set_shrinker },
	  },
	  open_zswap },
	{ "cgroup",
	  "[cgroup batch]",
	  {
		  { "path", false, set_path },
		  { "swap-max", false, set_swap_max },
		  { "swap-high", false, set_swap_high },
		  { "zswap-max", false, set_zswap_max },
		  { "zswap-writeback", false, set_zswap_writeback },
	  },
	  open_cgroup },
};

static int unknown_section(struct parser *parser, const char *word)
{
	const char *names[ARRAY_SIZE(kinds)], *near;
	char mean[64] = "";

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		names[i] = kinds[i].name;
	near = nearest_word(word, names, ARRAY_SIZE(names));
	if (near)
		snprintf(mean, sizeof(mean), "did you mean %s? ", near);
	return fail(parser,
		    "unknown section; %sallowed: [swapadm], [tier NAME], [zswap], "
		    "[cgroup NAME]",
		    mean);
}

static int unknown_key(struct parser *parser, const char *name)
{
	const struct key *keys = parser->kind->keys;
	const char *names[MAX_KEYS], *near;
	char list[256], mean[64] = "";
	size_t n = 0, len = 0;

	for (; n < MAX_KEYS && keys[n].name; n++) {
		names[n] = keys[n].name;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					n ? ", " : "", keys[n].name);
	}
	near = nearest_word(name, names, n);
	if (near)
		snprintf(mean, sizeof(mean), "did you mean %s? ", near);
	return fail(parser, "unknown key \"%s\"; %sallowed: %s", name, mean, list);
}

/* "tier  ssd" as word and name, single blanks between; false: more than that */
static void split_section(struct parser *parser, const char *text, char *word, char *name)
{
	size_t n;

	text += strspn(text, " \t");
	n = strcspn(text, " \t");
	memcpy(word, text, n);
	word[n] = '\0';
	text += n;
	text += strspn(text, " \t");
	strcpy(name, text);
	chomp(name);
	snprintf(parser->section, sizeof(parser->section), "%s%s%s", word,
		 *name ? " " : "", name);
}

static int take_section(void *data, unsigned line, const char *text)
{
	struct parser *parser = data;
	char word[64], name[64]; /* the reader passes at most 49 */

	parser->line = line;
	parser->key = NULL;
	parser->kind = NULL;
	memset(parser->seen, 0, sizeof(parser->seen));
	split_section(parser, text, word, name);
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !parser->kind; i++)
		if (streq(kinds[i].name, word))
			parser->kind = &kinds[i];
	if (!parser->kind)
		return unknown_section(parser, word);
	if (!parser->kind->name_rule && *name)
		return fail(parser, "takes no name; write [%s]", word);
	if (parser->kind->name_rule && !*name)
		return fail(parser, "needs a name, as in %s", parser->kind->name_rule);
	return parser->kind->open(parser, name);
}

static int take_key(void *data, unsigned line, const char *name, const char *value)
{
	struct parser *parser = data;
	const struct key *keys = parser->kind->keys;
	size_t i;

	parser->line = line;
	parser->key = NULL;
	for (i = 0; i < MAX_KEYS && keys[i].name && !streq(keys[i].name, name); i++)
		;
	if (i == MAX_KEYS || !keys[i].name)
		return unknown_key(parser, name);
	parser->key = &keys[i];
	if (parser->seen[i] && !keys[i].repeats)
		return fail(parser, "given twice, first at line %u; leave one out",
			    parser->seen[i]);
	parser->seen[i] = line;
	return keys[i].set(parser, parser->object, value);
}

int conf_parse_text(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *file,
		    const char *text, size_t len)
{
	static const struct conf_reader_ops ops = { take_section, take_key };
	struct parser parser = { .ctx = ctx, .conf = conf, .file = file };
	char *copy;

	if (!array_grow(&conf->files, conf->n_files))
		return fail_memory(&parser);
	copy = strdup(file);
	if (!copy)
		return fail_memory(&parser);
	conf->files[conf->n_files++] = copy;
	parser.file = copy;
	return conf_read_text(ctx, copy, text, len, &ops, &parser);
}
