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

static int set_size(struct parser *parser, char *value)
{
	static const char remedy[] =
		"give bytes with K, M, G or T, or a percentage of memory: size=4G, size=50%ram";
	uint64_t min_bytes = SWAP_MIN_PAGES * (uint64_t)sysconf(_SC_PAGESIZE);
	struct swapadm_size size;

	if (!value || swapadm_parse_size(value, &size))
		return bad_value(parser, "size", value, remedy);
	if (size.unit == SWAPADM_SIZE_PCT)
		return ctx_fail(
			parser->ctx, -EINVAL,
			"%s: option size: \"%s\" does not say of what; write size=%sram for a percentage of memory",
			parser->spec->word, value, value);
	/* of a percentage only the machine tells */
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

static int set_algorithm(struct parser *parser, char *value)
{
	if (!value || !*value || !is_algorithm(value))
		return bad_value(
			parser, "algorithm", value,
			"give the name of a compressor as in /sys/block/zram0/comp_algorithm: algorithm=zstd");
	parser->spec->algorithm = value;
	return 0;
}

static const char *const tags[] = { "LABEL=", "UUID=", "PARTLABEL=", "PARTUUID=" };

static const char *tag_value(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (str_after(word, tags[i]))
			return str_after(word, tags[i]);
	return NULL;
}

static int set_writeback(struct parser *parser, char *value)
{
	const char *tag = value ? tag_value(value) : NULL;

	if (!value || (*value != '/' && !(tag && *tag)))
		return bad_value(
			parser, "writeback", value,
			"give a block device by its path or tag: writeback=/dev/sdb2");
	parser->spec->writeback = value;
	return 0;
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
	{ "writeback", ON(WORD_ZRAM), "only zram writes back to another device",
	  set_writeback },
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
	char list[128], mean[64] = "";

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
	char list[128];
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
	const char *value = tag_value(word);

	parser->spec->word = word;
	if (!*word)
		return ctx_fail(
			parser->ctx, -EINVAL,
			"device: name is empty; give a path, LABEL=, UUID=, PARTLABEL=, PARTUUID= or zram");
	if (value) {
		unquote_tag(word + (value - word));
		if (!*value)
			return ctx_fail(
				parser->ctx, -EINVAL,
				"%s: tag has no value; see lsblk -f for the labels and UUIDs there are",
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

static int parse(struct parser *parser, char *text)
{
	for (char *item = text, *next = text; next; item = next) {
		int r;

		next = strchr(item, ',');
		if (next)
			*next++ = '\0';
		item += strspn(item, " \t");
		chomp(item);
		r = item == text || !parser->spec->word ? parse_word(parser, item)
							: parse_option(parser, item);
		if (r)
			return r;
	}
	if (parser->kind == WORD_ZRAM && parser->spec->allow_loop &&
	    !parser->spec->writeback)
		return ctx_fail(
			parser->ctx, -EINVAL,
			"zram: option allow-loop: makes no sense without writeback=; leave it out");
	return 0;
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
	size_t n = strlen(text) + 1;
	_cleanup_free_ struct swapadm_devspec *spec = NULL;
	struct parser parser = { .ctx = ctx };
	char *copy;
	int r;

	if (has_control(text))
		return ctx_fail(
			ctx, -EINVAL,
			"device: name holds a line break or control character; rename it or name it by a tag such as UUID=");
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

SWAPADM_API void swapadm_devspec_free(struct swapadm_devspec *spec)
{
	free(spec);
}

/* with the largest unit that loses nothing */
static void print_size(const struct swapadm_size *size, char *buf, size_t room)
{
	static const char units[] = "\0KMGT";
	uint64_t v = size->value;
	unsigned unit = 0;

	switch (size->unit) {
	case SWAPADM_SIZE_NONE:
		*buf = '\0';
		return;
	case SWAPADM_SIZE_PCT:
		snprintf(buf, room, ",size=%" PRIu64 "%%", v);
		return;
	case SWAPADM_SIZE_PCT_RAM:
		snprintf(buf, room, ",size=%" PRIu64 "%%ram", v);
		return;
	case SWAPADM_SIZE_BYTES:
		break;
	}
	for (; unit < 4 && v && v % 1024 == 0; unit++)
		v /= 1024;
	snprintf(buf, room, ",size=%" PRIu64 "%.1s", v, &units[unit]);
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

/*
 * not by a memory stream, which clears 8 KiB for each: list prints one for every device
 */
int devspec_print(const struct swapadm_devspec *spec, char **out)
{
	const char *algorithm = spec->algorithm, *writeback = spec->writeback;
	char size[40], discard[40], *text;

	print_size(&spec->size, size, sizeof(size));
	if (asprintf(&text, "%s%s%s%s%s%s%s%s", spec->word, size,
		     algorithm ? ",algorithm=" : "", algorithm ? algorithm : "",
		     writeback ? ",writeback=" : "", writeback ? writeback : "",
		     print_discard(spec->discard, discard, sizeof(discard)),
		     spec->allow_loop ? ",allow-loop" : "") < 0)
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
	const char *texts[] = { spec->word, spec->algorithm, spec->writeback };
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
	*out = copy;
	return 0;
}
