/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The grammar: which sections there are, which keys they take, what values mean. */
#include <ctype.h>

#include "conf/reader.h"
#include "conf/value.h"

struct conf_section_kind {
	const char *name;
	const char *name_rule; /* of the name behind it, NULL: takes none */
	struct conf_key keys[CONF_MAX_KEYS];
	int (*open)(struct conf_parser *parser, const char *name);
};

/* ---- [swapadm] ---------------------------------------------------------------- */

static int set_layer(struct conf_parser *parser, void *object, const char *value)
{
	struct swapadm_conf *conf = object;

	for (int i = SWAPADM_LAYER_AUTO; i <= SWAPADM_LAYER_REDIRECT; i++) {
		if (streq(value, swapadm_layer_name((enum swapadm_layer)i))) {
			conf->layer = (enum swapadm_layer)i;
			return 0;
		}
	}
	return conf_bad_value(parser, value, "give auto, direct or redirect");
}

static int set_fallback(struct conf_parser *parser, void *object, const char *value)
{
	struct swapadm_conf *conf = object;

	if (!streq(value, "direct") && !streq(value, "none"))
		return conf_bad_value(parser, value, "give direct or none");
	conf->no_fallback = streq(value, "none");
	return 0;
}

static int set_size(struct conf_parser *parser, void *object, const char *value)
{
	struct swapadm_conf *conf = object;

	return conf_bytes(parser, value, "", &conf->size);
}

/* a section may stand once in a file; in another file it is merged */
static int open_once(struct conf_parser *parser, struct conf_origin *last)
{
	if (last->file == parser->file && !parser->conf->is_copy)
		return conf_fail(parser, "is in this file already, at line %u; join them",
				 last->line);
	*last = (struct conf_origin){ parser->file, parser->line };
	return 0;
}

static int open_swapadm(struct conf_parser *parser, const char *name)
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

static int set_device(struct conf_parser *parser, void *object, const char *value)
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
		return conf_fail(parser, "%s", swapadm_get_error(parser->ctx));
	if (r)
		return r;
	if (!is_full_name(spec->word)) {
		r = conf_fail(
			parser,
			"\"%s\" is not an absolute path; write /dev/%s, a tag such as UUID=, or zram",
			spec->word, spec->word);
		swapadm_devspec_free(spec);
		return r;
	}
	if (!array_grow(&tier->devices, n) || !array_grow(&tier->device_at, n)) {
		swapadm_devspec_free(spec);
		return conf_fail_memory(parser);
	}
	tier->devices[n] = spec;
	tier->device_at[n] = (struct conf_origin){ parser->file, parser->line };
	tier->pub.n_devices++;
	return 0;
}

static int set_rank(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;
	uint64_t rank;

	if (parse_u64(value, &rank) || rank > SWAPADM_RANK_MAX)
		return conf_bad_value(parser, value,
				      "give a number from 0, the fastest, to 60");
	tier->pub.rank = (int)rank;
	tier->pub.rank_given = true;
	return 0;
}

static int set_on_swapin(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;

	if (streq(value, "free"))
		tier->pub.on_swapin = SWAPADM_ON_SWAPIN_FREE;
	else if (streq(value, "keep"))
		tier->pub.on_swapin = SWAPADM_ON_SWAPIN_KEEP;
	else
		return conf_bad_value(parser, value, "give keep or free");
	return 0;
}

static int set_above(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;

	tier->above_at = (struct conf_origin){ parser->file, parser->line };
	return conf_pct(parser, value, &tier->pub.demote_above_pct);
}

static int set_below(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;

	tier->below_at = (struct conf_origin){ parser->file, parser->line };
	return conf_pct(parser, value, &tier->pub.demote_below_pct);
}

static int set_older(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_tier *tier = object;

	tier->older_at = (struct conf_origin){ parser->file, parser->line };
	return conf_age(parser, value, &tier->pub.demote_older_s);
}

static int set_recompress_older(struct conf_parser *parser, void *object,
				const char *value)
{
	struct conf_tier *tier = object;

	tier->recompress_at = (struct conf_origin){ parser->file, parser->line };
	return conf_age(parser, value, &tier->pub.recompress_older_s);
}

static int set_budget(struct conf_parser *parser, void *object, const char *value)
{
	static const char remedy[] = "give bytes a day such as 20G/day";
	struct conf_tier *tier = object;
	const char *slash = strchr(value, '/');
	struct swapadm_size size;
	char number[32];
	int r;

	if (!slash || !streq(slash, "/day") || (size_t)(slash - value) >= sizeof(number))
		return conf_bad_value(parser, value, remedy);
	memcpy(number, value, (size_t)(slash - value));
	number[slash - value] = '\0';
	r = swapadm_parse_size(number, &size);
	if (r == -ERANGE)
		return conf_fail(parser, "\"%s\" is too large; give a smaller size",
				 value);
	if (r || size.unit != SWAPADM_SIZE_BYTES)
		return conf_bad_value(parser, value, remedy);
	tier->budget_at = (struct conf_origin){ parser->file, parser->line };
	tier->pub.write_budget_bytes_per_day = size.value;
	return 0;
}

static struct conf_tier *new_tier(struct conf_parser *parser, const char *name)
{
	struct swapadm_conf *conf = parser->conf;
	struct conf_tier *tier;

	tier = calloc(1, sizeof(*tier));
	if (!tier)
		return NULL;
	tier->pub.name = conf_keep(conf, name);
	if (!tier->pub.name || !conf_add_tier(conf, tier)) {
		free(tier);
		return NULL;
	}
	tier->pub.rank = SWAPADM_RANK_NONE;
	tier->pub.demote_above_pct = SWAPADM_PCT_NONE;
	tier->pub.demote_below_pct = SWAPADM_PCT_NONE;
	tier->pub.file = parser->file;
	tier->pub.line = parser->line;
	return tier;
}

static int open_tier(struct conf_parser *parser, const char *name)
{
	struct conf_tier *tier = conf_find_tier(parser->conf, name);

	if (str_after(name, "auto-"))
		return conf_fail(
			parser,
			"bad name \"%s\"; names that begin with auto- stand for areas that were found; choose another",
			name);
	if (tier_is_selftest(name))
		return conf_fail(
			parser,
			"bad name \"selftest\"; the self-test removes what is in a tier of that name; choose another");
	if (!swapadm_tier_name_valid(name))
		return conf_fail(
			parser,
			"bad name \"%s\"; give at most 31 of a-z, 0-9, _ and -, a letter first, and none of memory, zram, all, backing, selftest",
			name);
	if (!tier)
		tier = new_tier(parser, name);
	if (!tier)
		return conf_fail_memory(parser);
	parser->object = tier;
	return open_once(parser, &tier->last);
}

/* ---- [zswap] ------------------------------------------------------------------ */

static int set_enabled(struct conf_parser *parser, void *object, const char *value)
{
	return conf_yes_no(parser, value,
			   &((struct swapadm_conf_zswap *)object)->enabled);
}

static int set_shrinker(struct conf_parser *parser, void *object, const char *value)
{
	return conf_yes_no(parser, value,
			   &((struct swapadm_conf_zswap *)object)->shrinker);
}

static int set_compressor(struct conf_parser *parser, void *object, const char *value)
{
	struct swapadm_conf_zswap *zswap = object;

	if (!conf_is_word(value, "-_."))
		return conf_bad_value(parser, value,
				      "give the name of a compressor such as zstd");
	zswap->compressor = conf_keep(parser->conf, value);
	return zswap->compressor ? 0 : conf_fail_memory(parser);
}

static int set_max_pool(struct conf_parser *parser, void *object, const char *value)
{
	struct swapadm_conf_zswap *zswap = object;

	return conf_pct(parser, value, &zswap->max_pool_pct);
}

static int set_accept(struct conf_parser *parser, void *object, const char *value)
{
	struct swapadm_conf_zswap *zswap = object;

	return conf_pct(parser, value, &zswap->accept_threshold_pct);
}

static int set_pool_above(struct conf_parser *parser, void *object, const char *value)
{
	struct swapadm_conf_zswap *zswap = object;

	return conf_pct(parser, value, &zswap->demote_above_pct);
}

static int set_pool_below(struct conf_parser *parser, void *object, const char *value)
{
	struct swapadm_conf_zswap *zswap = object;

	parser->conf->pool_below_at = (struct conf_origin){ parser->file, parser->line };
	return conf_pct(parser, value, &zswap->demote_below_pct);
}

static int open_zswap(struct conf_parser *parser, const char *name)
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

static int set_path(struct conf_parser *parser, void *object, const char *value)
{
	static const char remedy[] =
		"give the path below the cgroup mount, without . and ..: /system.slice/batch.service";
	struct conf_cgroup *cgroup = object;

	if (!*value || !is_plain_path(value))
		return conf_bad_value(parser, value, remedy);
	if (str_after(value, "/sys/fs/cgroup/"))
		return conf_fail(parser, "begins below the cgroup mount; write %s",
				 value + strlen("/sys/fs/cgroup"));
	cgroup->pub.path = conf_keep(parser->conf, value);
	return cgroup->pub.path ? 0 : conf_fail_memory(parser);
}

static int set_swap_max(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;

	cgroup->pub.swap_max_unlimited = streq(value, "max");
	if (cgroup->pub.swap_max_unlimited) {
		cgroup->pub.swap_max = (struct swapadm_size){ 0 };
		return 0;
	}
	return conf_limit(parser, value, ", or max", &cgroup->pub.swap_max);
}

static int set_swap_high(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;

	return conf_limit(parser, value, "", &cgroup->pub.swap_high);
}

static int set_zswap_max(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;

	return conf_limit(parser, value, "", &cgroup->pub.zswap_max);
}

static int set_zswap_writeback(struct conf_parser *parser, void *object,
			       const char *value)
{
	struct conf_cgroup *cgroup = object;

	return conf_yes_no(parser, value, &cgroup->pub.zswap_writeback);
}

static void note_origin(const struct conf_parser *parser, struct conf_origin *at)
{
	at->file = parser->file;
	at->line = parser->line;
}

/* the words of a list with commas, one after the other into @word; false at its end */
static bool next_word(const char **list, char *word, size_t size)
{
	size_t n, len;

	if (!*list || !**list)
		return false;
	n = strcspn(*list, ",");
	len = n;
	while (len && isspace((unsigned char)**list)) {
		++*list;
		n--;
		len--;
	}
	while (len && isspace((unsigned char)(*list)[len - 1]))
		len--;
	snprintf(word, size, "%.*s", (int)(len < size ? len : size - 1), *list);
	*list = (*list)[n] ? *list + n + 1 : NULL;
	return true;
}

/* one more share of @tier; each tier once */
static int add_share(struct conf_parser *parser, struct swapadm_conf_share *shares,
		     size_t *n, const char *tier, struct swapadm_size max)
{
	if (!conf_is_word(tier, "-_"))
		return conf_bad_value(parser, tier,
				      "give names of tiers with commas between");
	for (size_t i = 0; i < *n; i++)
		if (streq(shares[i].tier, tier))
			return conf_fail(parser, "names %s twice", tier);
	if (*n == CONF_CGROUP_TIERS)
		return conf_fail(parser, "names more than %d tiers", CONF_CGROUP_TIERS);
	shares[*n].tier = conf_keep(parser->conf, tier);
	shares[*n].max = max;
	return shares[(*n)++].tier ? 0 : conf_fail_memory(parser);
}

static int set_tiers(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;
	char word[64];
	int r = 0;

	note_origin(parser, &cgroup->tiers_at);
	cgroup->pub.n_tiers = 0;
	while (!r && next_word(&value, word, sizeof(word)))
		r = add_share(parser, cgroup->shares, &cgroup->pub.n_tiers, word,
			      (struct swapadm_size){ 0 });
	return r;
}

static int set_tiers_mode(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;

	note_origin(parser, &cgroup->mode_at);
	cgroup->pub.tiers_prefer = streq(value, "prefer");
	if (!cgroup->pub.tiers_prefer && !streq(value, "strict"))
		return conf_bad_value(parser, value, "give strict or prefer");
	return 0;
}

static int set_tier_max(struct conf_parser *parser, void *object, const char *value)
{
	struct conf_cgroup *cgroup = object;
	struct swapadm_size max;
	char word[96], *size;
	int r = 0;

	note_origin(parser, &cgroup->max_at);
	cgroup->n_max = 0;
	while (!r && next_word(&value, word, sizeof(word))) {
		size = strchr(word, ':');
		if (!size)
			return conf_bad_value(parser, word, "give TIER:SIZE, as ssd:4G");
		*size++ = '\0';
		r = conf_bytes(parser, size, "", &max);
		if (!r)
			r = add_share(parser, cgroup->max, &cgroup->n_max, word, max);
	}
	return r;
}

static struct conf_cgroup *get_cgroup(struct swapadm_conf *conf, const char *name)
{
	struct conf_cgroup *cgroup = conf_find_cgroup(conf, name);

	if (cgroup)
		return cgroup;
	cgroup = calloc(1, sizeof(*cgroup));
	if (!cgroup)
		return NULL;
	cgroup->pub.zswap_writeback = SWAPADM_UNSET;
	cgroup->pub.name = conf_keep(conf, name);
	if (!cgroup->pub.name || !conf_add_cgroup(conf, cgroup)) {
		free(cgroup);
		return NULL;
	}
	return cgroup;
}

static int open_cgroup(struct conf_parser *parser, const char *name)
{
	struct conf_cgroup *cgroup;

	if (!conf_is_word(name, "-_.@:"))
		return conf_fail(
			parser,
			"bad name \"%s\"; give at most 31 letters, digits and any of - _ . @ :",
			name);
	cgroup = get_cgroup(parser->conf, name);
	if (!cgroup)
		return conf_fail_memory(parser);
	parser->object = cgroup;
	return open_once(parser, &cgroup->last);
}

/* ---- the grammar -------------------------------------------------------------- */

static const struct conf_section_kind kinds[] = {
	{ "swapadm",
	  NULL,
	  {
		  { "layer", false, set_layer },
		  { "size", false, set_size },
		  { "fallback", false, set_fallback },
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
		  { "recompress-older", false, set_recompress_older },
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
		  { "demote-above", false, set_pool_above },
		  { "demote-below", false, set_pool_below },
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
		  { "tiers", false, set_tiers },
		  { "tiers-mode", false, set_tiers_mode },
		  { "tier-max", false, set_tier_max },
	  },
	  open_cgroup },
};

static int unknown_section(struct conf_parser *parser, const char *word)
{
	const char *names[ARRAY_SIZE(kinds)], *near;
	char mean[64] = "";

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		names[i] = kinds[i].name;
	near = swapadm_nearest_word(word, names, ARRAY_SIZE(names));
	if (near)
		snprintf(mean, sizeof(mean), "did you mean %s? ", near);
	return conf_fail(
		parser,
		"unknown section; %sallowed: [swapadm], [tier NAME], [zswap], [cgroup NAME]",
		mean);
}

static int unknown_key(struct conf_parser *parser, const char *name)
{
	const struct conf_key *keys = parser->kind->keys;
	const char *names[CONF_MAX_KEYS], *near;
	char list[256], mean[64] = "";
	size_t n = 0, len = 0;

	for (; n < CONF_MAX_KEYS && keys[n].name; n++) {
		names[n] = keys[n].name;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					n ? ", " : "", keys[n].name);
	}
	near = swapadm_nearest_word(name, names, n);
	if (near)
		snprintf(mean, sizeof(mean), "did you mean %s? ", near);
	return conf_fail(parser, "unknown key \"%s\"; %sallowed: %s", name, mean, list);
}

/* "tier  ssd" as word and name, single blanks between; false: more than that */
static void split_section(struct conf_parser *parser, const char *text, char *word,
			  char *name)
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
	struct conf_parser *parser = data;
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
		return conf_fail(parser, "takes no name; write [%s]", word);
	if (parser->kind->name_rule && !*name)
		return conf_fail(parser, "needs a name, as in %s",
				 parser->kind->name_rule);
	return parser->kind->open(parser, name);
}

static int take_key(void *data, unsigned line, const char *name, const char *value)
{
	struct conf_parser *parser = data;
	const struct conf_key *keys = parser->kind->keys;
	size_t i;

	parser->line = line;
	parser->key = NULL;
	for (i = 0; i < CONF_MAX_KEYS && keys[i].name && !streq(keys[i].name, name); i++)
		;
	if (i == CONF_MAX_KEYS || !keys[i].name)
		return unknown_key(parser, name);
	parser->key = &keys[i];
	if (parser->seen[i] && !keys[i].repeats)
		return conf_fail(parser, "given twice, first at line %u; leave one out",
				 parser->seen[i]);
	parser->seen[i] = line;
	return keys[i].set(parser, parser->object, value);
}

/* joined to one text they mean the same: a file begins with a section of its own */
static int keep_text(struct conf_parser *parser, const char *text, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct swapadm_conf *conf = parser->conf;
	char *grown;

	if (len >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		len -= 3;
	}
	grown = realloc(conf->text, conf->text_len + len + 1);
	if (!grown)
		return conf_fail_memory(parser);
	conf->text = grown;
	memcpy(grown + conf->text_len, text, len);
	grown[conf->text_len + len] = '\n'; /* the last line may have none */
	conf->text_len += len + 1;
	return 0;
}

int conf_parse_text(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *file,
		    const char *text, size_t len)
{
	static const struct conf_reader_ops ops = { take_section, take_key };
	struct conf_parser parser = { .ctx = ctx, .conf = conf, .file = file };
	char *copy;
	int r;

	if (!array_grow(&conf->files, conf->n_files))
		return conf_fail_memory(&parser);
	copy = strdup(file);
	if (!copy)
		return conf_fail_memory(&parser);
	conf->files[conf->n_files++] = copy;
	parser.file = copy;
	r = keep_text(&parser, text, len);
	return r ? r : conf_read_text(ctx, copy, text, len, &ops, &parser);
}
