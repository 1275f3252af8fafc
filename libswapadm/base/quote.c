/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names in commands that a person is to paste into a shell. */
#include "base/quote.h"

#include <ctype.h>

#include "swapadm.h"

/* no shell gives these a meaning of their own, wherever they stand */
static bool is_plain(const char *s)
{
	if (!*s || *s == '-' || *s == '~' || *s == '=')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("/._-+:@%,=~", *s))
			return false;
	return true;
}

/* what a terminal or a line of text would not survive: $'...' spells it */
static bool needs_spelling(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
			return true;
	return false;
}

static void spell(FILE *f, const char *s)
{
	fputs("$'", f);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\'' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(f, "\\%03o", c);
		else
			fputc(c, f);
	}
	fputc('\'', f);
}

static void enclose(FILE *f, const char *s)
{
	fputc('\'', f);
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", f);
		else
			fputc(*s, f);
	}
	fputc('\'', f);
}

SWAPADM_API char *swapadm_shell_quote(const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *f = text ? open_memstream(&out, &size) : NULL;

	if (!f)
		return NULL;
	if (is_plain(text))
		fputs(text, f);
	else if (needs_spelling(text))
		spell(f, text);
	else
		enclose(f, text);
	if (fclose(f)) {
		free(out);
		return NULL;
	}
	return out;
}

const char *quote_word(struct quoted *q, const char *text)
{
	free(q->text);
	q->text = swapadm_shell_quote(text);
	return q->text ? q->text : "NAME";
}
