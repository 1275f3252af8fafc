/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/value.h"

#include <ctype.h>
#include <stdarg.h>

int conf_fail(struct conf_parser *parser, const char *fmt, ...)
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

int conf_fail_memory(struct conf_parser *parser)
{
	return ctx_fail(parser->ctx, -ENOMEM, "%s: read: %s", parser->file,
			strerror(ENOMEM));
}

int conf_bad_value(struct conf_parser *parser, const char *value, const char *remedy)
{
	if (!*value)
		return conf_fail(parser, "needs a value; %s", remedy);
	return conf_fail(parser, "bad value \"%s\"; %s", value, remedy);
}

/* ---- values ------------------------------------------------------------------- */

int conf_yes_no(struct conf_parser *parser, const char *value, enum swapadm_tristate *out)
{
	static const char *const words[2][4] = { { "no", "false", "off", "0" },
						 { "yes", "true", "on", "1" } };

	for (size_t i = 0; i < ARRAY_SIZE(words[0]); i++) {
		if (streq(value, words[0][i]) || streq(value, words[1][i])) {
			*out = streq(value, words[1][i]) ? SWAPADM_YES : SWAPADM_NO;
			return 0;
		}
	}
	return conf_bad_value(parser, value, "give yes or no");
}

int conf_pct(struct conf_parser *parser, const char *value, int *out)
{
	struct swapadm_size size;

	if (swapadm_parse_size(value, &size) || size.unit != SWAPADM_SIZE_PCT)
		return conf_bad_value(parser, value, "give a percentage from 1% to 100%");
	*out = (int)size.value;
	return 0;
}

int conf_age(struct conf_parser *parser, const char *value, uint64_t *seconds)
{
	int r = swapadm_parse_age(value, seconds);

	if (r == -ERANGE)
		return conf_fail(parser, "\"%s\" is too large; give a shorter age",
				 value);
	return r ? conf_bad_value(parser, value,
				  "give an age above 0 such as 90s, 10min or 2h")
		 : 0;
}

int conf_bytes(struct conf_parser *parser, const char *value, const char *also,
	       struct swapadm_size *out)
{
	struct swapadm_size size;
	char remedy[128];
	int r = swapadm_parse_size(value, &size);

	if (r == -ERANGE)
		return conf_fail(parser, "\"%s\" is too large; give a smaller size",
				 value);
	if (!r && size.unit == SWAPADM_SIZE_PCT)
		return conf_fail(
			parser,
			"\"%s\" does not say of what; write %sram for a percentage of memory",
			value, value);
	if (!r) {
		*out = size;
		return 0;
	}
	snprintf(
		remedy, sizeof(remedy),
		"give bytes with K, M, G or T, or a percentage of memory such as 50%%ram%s",
		also);
	return conf_bad_value(parser, value, remedy);
}

int conf_limit(struct conf_parser *parser, const char *value, const char *also,
	       struct swapadm_size *out)
{
	if (streq(value, "0")) {
		*out = (struct swapadm_size){ SWAPADM_SIZE_BYTES, 0 };
		return 0;
	}
	return conf_bytes(parser, value, also, out);
}

bool conf_is_word(const char *s, const char *also)
{
	if (!*s || strlen(s) > 31)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(also, *s))
			return false;
	return true;
}
