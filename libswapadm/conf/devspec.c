/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DEVICE[,option...]: pure text. Whether the device exists, and whether it fits the
 * options, is for those who open it; here only what the words themselves rule out.
 */
#include "conf/devspec.h"

#include <ctype.h>
#include <inttypes.h>

#include "base/ctx.h"
#include "device/check.h"
#include "kernel/pagesize.h"

#define LEVEL_MAX 1000000
#define BATCH_MAX 65536

enum word_kind {
	WORD_ZRAM,
	WORD_TAG,  /* LABEL=... */
	WORD_NODE, /* below /dev, or a kernel name */
	WORD_FILE, /* another path: a swap file that exists or is to be made */
};

#define ON(kind) (1u << (kind))
#define ON_ANY   (ON(WORD_ZRAM) | ON(WORD_TAG) | ON(WORD_NODE) | ON(WORD_FILE))

/* what the parser keeps while it reads; strings point into the copy of the text */
struct parser {
	struct swapadm_ctx *ctx;
	struct swapadm_devspec *spec;
	enum word_kind kind;
	unsigned seen; /* bit i: options[i] was given */
};

struct option {
	const char *name;
	unsigned words; /* ON(): where it makes sense */
	const char *why_not;
	int (*set)(struct parser *parser, char *value); /* value NULL: bare */
};

static int bad_value(struct parser *parser, const char *option, const char *value,
		     const char *remedy)
{
	const char *word = parser->spec->word;

	if (!value || !*value)
		return ctx_fail(parser->ctx, -EINVAL, "%s: option %s: needs a value; %s",
				word, option, remedy);
	return ctx_fail(parser->ctx, -EINVAL, "%s: option %s: bad value \"%s\"; %s", word,
			option, value, remedy);
}

static int parse_bytes(struct parser *parser, const char *option, char *value,
		       const char *remedy, struct swapadm_size *out)
{
	int r = value ? swapadm_parse_size(value, out) : -EINVAL;

	if (r == -ERANGE)
		return ctx_fail(parser->ctx, -EINVAL,
				"%s: option %s: \"%s\" is too large; give a smaller size",
				parser->spec->word, option, value);
	if (r)
		return bad_value(parser, option, value, remedy);
	if (out->unit == SWAPADM_SIZE_PCT)
		return ctx_fail(
			parser->ctx, -EINVAL,
			"%s: option %s: \"%s\" does not say of what; write %s=%sram for a percentage of memory",
			parser->spec->word, option, value, option, value);
	return 0;
}

static int set_size(struct parser *parser, char *value)
{
	static const char remedy[] =
		"give bytes with K, M, G or T, or a percentage of memory: size=4G, size=50%ram";
	uint64_t min_bytes = SWAP_MIN_PAGES * ctx_page_bytes(parser->ctx);
	struct swapadm_size size;
	int r = parse_bytes(parser, "size", value, remedy, &size);

	if (r)
		return r;
	/* a percentage is known only on the machine */
	if (size.unit == SWAPADM_SIZE_BYTES && size.value < min_bytes)
		return ctx_fail(
			parser->ctx, -EINVAL,
			"%s: option size: %s is too small for a swap area, which needs %ju bytes at least",
			parser->spec->word, value, (uintmax_t)min_bytes);
	parser->spec->size = size;
	return 0;
}

static bool is_algorithm(const char *s)
{
	if (strlen(s) > 31)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.", *s))
			return false;
	return true;
}

/* "zstd(level=3)", cut at the bracket; false: not that */
static bool parse_level(char *value, int *level)
{
	char *open = strchr(value, '('), *digits, *end;
	long number;

	*level = 0;
	if (!open)
		return true;
	digits = open + strlen("(level=");
	if (strncmp(open, "(level=", strlen("(level=")) != 0 ||
	    !(isdigit((unsigned char)*digits) || *digits == '-'))
		return false;
	errno = 0;
	number = strtol(digits, &end, 10);
	if (errno || !number || labs(number) > LEVEL_MAX || !streq(end, ")"))
		return false;
	*open = '\0';
	*level = (int)number;
	return true;
}

static int parse_compressor(struct parser *parser, const char *option, char *value,
			    const char **name, int *level)
{
	_cleanup_free_ char *whole = value ? strdup(value) : NULL;

	if (!value || !parse_level(value, level) || !*value || !is_algorithm(value))
		return bad_value(
			parser, option, whole,
			"give the name of a compressor as in /sys/block/zram0/comp_algorithm, with its level or without: zstd, zstd(level=3)");
	*name = value;
	return 0;
}

static int set_algorithm(struct parser *parser, char *value)
{
	return parse_compressor(parser, "algorithm", value, &parser->spec->algorithm,
				&parser->spec->algorithm_level);
}

static int set_recompress(struct parser *parser, char *value)
{
	return parse_compressor(parser, "recompress", value, &parser->spec->recompress,
				&parser->spec->recompress_level);
}

static int set_mem_limit(struct parser *parser, char *value)
{
	static const char remedy[] =
		"give bytes with K, M, G or T, or a percentage of memory: mem-limit=2G, mem-limit=25%ram";
	struct swapadm_size size;
	int r = parse_bytes(parser, "mem-limit", value, remedy, &size);

	if (r)
		return r;
	if (!size.value)
		return bad_value(parser, "mem-limit", value, remedy);
	if (size.unit == SWAPADM_SIZE_PCT_RAM && size.value > 100)
		return ctx_fail(
			parser->ctx, -EINVAL,
			"%s: option mem-limit: %s is more than there is, so it would limit nothing; give 100%%ram or less, or leave it out",
			parser->spec->word, value);
	parser->spec->mem_limit = size;
	return 0;
}

static int set_writeback(struct parser *parser, char *value)
{
	const char *tag;

	if (!value || (*value != '/' && (tag_of(value, &tag) == TAG_NONE || !*tag)))
		return bad_value(
			parser, "writeback", value,
			"give a block device by its path or tag, or a file: writeback=/dev/sdb2");
	parser->spec->writeback = value;
	return 0;
}

/* what a switch says: alone, or with =yes; =no is the same as to leave it out */
static int set_switch(struct parser *parser, const char *option, const char *value,
		      bool *on)
{
	if (value && !streq(value, "yes") && !streq(value, "no"))
		return bad_value(parser, option, value, "give yes or no");
	*on = !value || streq(value, "yes");
	return 0;
}

static int set_compressed_writeback(struct parser *parser, char *value)
{
	return set_switch(parser, "compressed-writeback", value,
			  &parser->spec->compressed_writeback);
}

static int set_writeback_batch(struct parser *parser, char *value)
{
	uint64_t n;

	if (!value || parse_u64(value, &n) || !n || n > BATCH_MAX)
		return bad_value(parser, "writeback-batch", value,
				 "give a number of pages from 1 to 65536");
	parser->spec->writeback_batch = (unsigned)n;
	return 0;
}

static int set_optional(struct parser *parser, char *value)
{
	return set_switch(parser, "optional", value, &parser->spec->optional);
}

static int set_discard(struct parser *parser, char *value)
{
	static const enum swapadm_discard values[] = { SWAPADM_DISCARD_ONCE,
						       SWAPADM_DISCARD_PAGES,
						       SWAPADM_DISCARD_BOTH };

	if (!value) {
		parser->spec->discard = SWAPADM_DISCARD_BOTH;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (streq(value, swapadm_discard_name(values[i]))) {
			parser->spec->discard = values[i];
			return 0;
		}
	return bad_value(parser, "discard", value,
			 "give discard=once, discard=pages, or discard alone for both");
}

static int set_allow_loop(struct parser *parser, char *value)
{
	if (value)
		return ctx_fail(parser->ctx, -EINVAL,
				"%s: option allow-loop: takes no value; write allow-loop",
				parser->spec->word);
	parser->spec->allow_loop = true;
	return 0;
}

static const struct option options[] = {
	{ "size", ON(WORD_ZRAM) | ON(WORD_FILE),
	  "a block device is used whole; size is for zram and for a swap file to be made",
	  set_size },
	{ "algorithm", ON(WORD_ZRAM), "only zram compresses what it holds",
	  set_algorithm },
	{ "recompress", ON(WORD_ZRAM), "only zram compresses what it holds",
	  set_recompress },
	{ "mem-limit", ON(WORD_ZRAM), "only zram keeps what it holds in memory",
	  set_mem_limit },
	{ "writeback", ON(WORD_ZRAM), "only zram writes back to another device",
	  set_writeback },
	{ "compressed-writeback", ON(WORD_ZRAM),
	  "only zram writes back to another device", set_compressed_writeback },
	{ "writeback-batch", ON(WORD_ZRAM), "only zram writes back to another device",
	  set_writeback_batch },
	{ "optional", ON(WORD_ZRAM), "only zram has options that some kernels lack",
	  set_optional },
	{ "discard", ON_ANY & ~ON(WORD_ZRAM),
	  "zram frees the memory of a page as soon as it is not needed", set_discard },
	{ "allow-loop", ON_ANY, NULL, set_allow_loop },
};

/* "size, discard, allow-loop": the options that a kind of word takes */
static const char *allowed(enum word_kind kind, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].words & ON(kind))
			n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : "",
					      options[i].name);
	return buf;
}

static int unknown_option(struct parser *parser, const char *name)
{
	const char *names[ARRAY_SIZE(options)], *near;
	char list[256], mean[64] = "";

	allowed(parser->kind, list, sizeof(list));
	if (!*name)
		return ctx_fail(parser->ctx, -EINVAL,
				"%s: option after a comma is empty; allowed: %s",
				parser->spec->word, list);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		names[i] = options[i].name;
	near = swapadm_nearest_word(name, names, ARRAY_SIZE(names));
	if (near)
		snprintf(mean, sizeof(mean), "did you mean %s? ", near);
	else if (parser->kind == WORD_FILE || strchr(name, '/'))
		return ctx_fail(
			parser->ctx, -EINVAL,
			"%s: option \"%s\": unknown; allowed: %s; a path with a comma can't be used, because commas separate options: rename it or make a link to it",
			parser->spec->word, name, list);
	return ctx_fail(parser->ctx, -EINVAL, "%s: option \"%s\": unknown; %sallowed: %s",
			parser->spec->word, name, mean, list);
}

static int parse_option(struct parser *parser, char *text)
{
	const char *word = parser->spec->word;
	char *value = strchr(text, '=');
	char list[256];
	size_t i;

	if (value) {
		*value++ = '\0';
		chomp(text);
		value += strspn(value, " \t");
	}
	for (i = 0; i < ARRAY_SIZE(options) && !streq(options[i].name, text); i++)
		;
	if (i == ARRAY_SIZE(options))
		return unknown_option(parser, text);
	if (parser->seen & (1u << i))
		return ctx_fail(parser->ctx, -EINVAL,
				"%s: option %s: given twice; leave one out", word, text);
	if (!(options[i].words & ON(parser->kind)))
		return ctx_fail(parser->ctx, -EINVAL,
				"%s: option %s: makes no sense here: %s; allowed: %s",
				word, text, options[i].why_not,
				allowed(parser->kind, list, sizeof(list)));
	parser->seen |= 1u << i;
	return options[i].set(parser, value);
}

/* LABEL="cold" as in fstab: take the quotes off, in place */
static void unquote_tag(char *value)
{
	size_t n = strlen(value);

	if (n < 2 || (*value != '"' && *value != '\'') || value[n - 1] != *value)
		return;
	memmove(value, value + 1, n - 2);
	value[n - 2] = '\0';
}

static int parse_word(struct parser *parser, char *word)
{
	const char *value;

	parser->spec->word = word;
	if (!*word)
		return ctx_fail(
			parser->ctx, -EINVAL,
			"device: name is empty; give a path, LABEL=, UUID=, PARTLABEL=, PARTUUID= or zram");
	if (tag_of(word, &value) != TAG_NONE) {
		unquote_tag(word + (value - word));
		if (!*value)
			return ctx_fail(
				parser->ctx, -EINVAL,
				"%s: tag has no value; see lsblk -f for the labels and UUIDs there are",
				word);
		if (*value == '"' || *value == '\'')
			return ctx_fail(
				parser->ctx, -EINVAL,
				"%s: the quote is not closed; write the value without quotes, blanks need none",
				word);
		parser->kind = WORD_TAG;
		return 0;
	}
	if (strchr(word, '=') && *word != '/')
		return ctx_fail(
			parser->ctx, -EINVAL,
			"%s: not a device; a tag is LABEL=, UUID=, PARTLABEL= or PARTUUID=, options stand behind the device: zram,size=50%%ram",
			word);
	if (*word == '"' || *word == '\'')
		return ctx_fail(
			parser->ctx, -EINVAL,
			"%s: not a device; write the name without quotes, blanks need none",
			word);
	if (streq(word, "zram"))
		parser->kind = WORD_ZRAM;
	else if ((str_after(word, "/dev/") && !str_after(word, "/dev/shm/")) ||
		 !strchr(word, '/'))
		parser->kind = WORD_NODE;
	else
		parser->kind = WORD_FILE;
	return 0;
}

/* options that only say how it writes back */
static int check_together(struct parser *parser)
{
	const struct swapadm_devspec *spec = parser->spec;
	const char *option = spec->allow_loop             ? "allow-loop"
			     : spec->compressed_writeback ? "compressed-writeback"
			     : spec->writeback_batch      ? "writeback-batch"
							  : NULL;

	if (!option || spec->writeback)
		return 0;
	return ctx_fail(
		parser->ctx, -EINVAL,
		"zram: option %s: makes no sense without writeback=; leave it out",
		option);
}

/* of a path they may be meant, and what it is without is another file */
static int check_blanks(struct parser *parser, bool stripped)
{
	if (!stripped || (parser->kind != WORD_FILE && parser->kind != WORD_NODE))
		return 0;
	return ctx_fail(
		parser->ctx, -EINVAL,
		"%s: not a device: there is a blank before or behind the name; leave it out, or where it belongs to the name make a link to it",
		parser->spec->word);
}

/* without blanks around it; true: there were some */
static bool strip(char **item)
{
	size_t len = strlen(*item);

	*item += strspn(*item, " \t");
	return strlen(chomp(*item)) < len;
}

static int parse(struct parser *parser, char *text)
{
	for (char *item = text, *next = text; next; item = next) {
		bool first = !parser->spec->word, stripped;
		int r;

		next = strchr(item, ',');
		if (next)
			*next++ = '\0';
		stripped = strip(&item);
		r = first ? parse_word(parser, item) : parse_option(parser, item);
		if (!r && first && !next) /* around commas blanks do not matter */
			r = check_blanks(parser, stripped);
		if (r)
			return r;
	}
	return parser->kind == WORD_ZRAM ? check_together(parser) : 0;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			return true;
	return false;
}

SWAPADM_API int swapadm_devspec_parse(struct swapadm_ctx *ctx, const char *text,
				      struct swapadm_devspec **out)
{
	CTX_CALL(ctx);
	_cleanup_free_ struct swapadm_devspec *spec = NULL;
	struct parser parser = { .ctx = ctx };
	char *copy;
	size_t n;
	int r;

	if (!ctx || !text || !out)
		return -EINVAL;
	if (has_control(text))
		return ctx_fail(
			ctx, -EINVAL,
			"device: name holds a line break or control character; rename it or name it by a tag such as UUID=");
	n = strlen(text) + 1;
	spec = calloc(1, sizeof(*spec) + n);
	if (!spec)
		return ctx_fail(ctx, -ENOMEM, "%s: read: %s", text, strerror(ENOMEM));
	copy = memcpy(spec + 1, text, n);
	parser.spec = spec;
	r = parse(&parser, copy);
	if (r)
		return r;
	*out = steal_ptr(&spec);
	return 0;
}

SWAPADM_API struct swapadm_devspec *swapadm_devspec_free(struct swapadm_devspec *spec)
{
	free(spec);
	return NULL;
}

static void print_size(const char *option, const struct swapadm_size *size, char *buf,
		       size_t room)
{
	uint64_t v = size->value;

	switch (size->unit) {
	case SWAPADM_SIZE_NONE:
		*buf = '\0';
		return;
	case SWAPADM_SIZE_PCT:
		snprintf(buf, room, ",%s=%" PRIu64 "%%", option, v);
		return;
	case SWAPADM_SIZE_PCT_RAM:
		snprintf(buf, room, ",%s=%" PRIu64 "%%ram", option, v);
		return;
	case SWAPADM_SIZE_BYTES:
		snprintf(buf, room, ",%s=%s", option, words_exact(v).text);
		return;
	}
}

static const char *print_discard(enum swapadm_discard discard, char *buf, size_t room)
{
	if (discard == SWAPADM_DISCARD_NONE)
		return "";
	if (discard == SWAPADM_DISCARD_BOTH)
		return ",discard";
	snprintf(buf, room, ",discard=%s", swapadm_discard_name(discard));
	return buf;
}

static const char *print_compressor(const char *option, const char *name, int level,
				    char *buf, size_t room)
{
	if (!name)
		return "";
	if (level)
		snprintf(buf, room, ",%s=%s(level=%d)", option, name, level);
	else
		snprintf(buf, room, ",%s=%s", option, name);
	return buf;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* a tag's value keeps blanks at its ends only in quotes */
static const char *quote_for(const char *word, const char **value)
{
	if (tag_of(word, value) == TAG_NONE)
		*value = word + strlen(word);
	else if (is_blank(**value) || is_blank(word[strlen(word) - 1]))
		return "\"";
	return "";
}

/*
 * not by a memory stream, which clears 8 KiB for each: list prints one for every device
 */
int devspec_print(const struct swapadm_devspec *spec, char **out)
{
	const char *writeback = spec->writeback;
	char size[48], limit[48], discard[40], first[80], second[80], batch[40] = "";
	const char *value, *quote = quote_for(spec->word, &value);
	char *text;

	print_size("size", &spec->size, size, sizeof(size));
	print_size("mem-limit", &spec->mem_limit, limit, sizeof(limit));
	if (spec->writeback_batch)
		snprintf(batch, sizeof(batch), ",writeback-batch=%u",
			 spec->writeback_batch);
	if (asprintf(&text, "%.*s%s%s%s%s%s%s%s%s%s%s%s%s%s%s", (int)(value - spec->word),
		     spec->word, quote, value, quote, size,
		     print_compressor("algorithm", spec->algorithm, spec->algorithm_level,
				      first, sizeof(first)),
		     print_compressor("recompress", spec->recompress,
				      spec->recompress_level, second, sizeof(second)),
		     limit, writeback ? ",writeback=" : "", writeback ? writeback : "",
		     spec->compressed_writeback ? ",compressed-writeback" : "", batch,
		     print_discard(spec->discard, discard, sizeof(discard)),
		     spec->allow_loop ? ",allow-loop" : "",
		     spec->optional ? ",optional" : "") < 0)
		return -ENOMEM;
	*out = text;
	return 0;
}

/* the text behind a description that is one allocation; NULL stays NULL */
static const char *append(char **end, const char *prefix, const char *text)
{
	char *start = *end;

	if (!text)
		return NULL;
	*end = stpcpy(stpcpy(start, prefix), text) + 1;
	return start;
}

/* a kernel name becomes a path: only that means the same everywhere */
static const char *word_prefix(const char *word)
{
	return strchr(word, '/') || strchr(word, '=') || streq(word, "zram") ? ""
									     : "/dev/";
}

int devspec_copy(const struct swapadm_devspec *spec, struct swapadm_devspec **out)
{
	const char *texts[] = { spec->word, spec->algorithm, spec->writeback,
				spec->recompress };
	size_t size = sizeof(*spec) + strlen("/dev/");
	struct swapadm_devspec *copy;
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		size += texts[i] ? strlen(texts[i]) + 1 : 0;
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	*copy = *spec;
	end = (char *)(copy + 1);
	copy->word = append(&end, word_prefix(spec->word), spec->word);
	copy->algorithm = append(&end, "", spec->algorithm);
	copy->writeback = append(&end, "", spec->writeback);
	copy->recompress = append(&end, "", spec->recompress);
	*out = copy;
	return 0;
}
