/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Editing an ini text by its lines: what is not meant stays byte for byte. */
#include <limits.h>

#include "conf/reader.h"
#include "conf/persist.h"

static const char new_file[] =
	"# Devices that were added with swapctl --persist. This file may be edited:\n"
	"# swapctl keeps what it does not change, comments too.\n";

/* where the section of one tier lies, by line; 0: there is none */
struct place {
	const char *tier;
	bool inside;
	unsigned section, last_key;
};

static int see_section(void *data, unsigned line, const char *name)
{
	struct place *place = data;
	const char *rest = str_after(name + strspn(name, " \t"), "tier");
	size_t n = strlen(place->tier);

	place->inside = false;
	if (!rest || (*rest != ' ' && *rest != '\t'))
		return 0;
	rest += strspn(rest, " \t");
	if (strncmp(rest, place->tier, n) != 0 || rest[n + strspn(rest + n, " \t")])
		return 0;
	place->inside = true;
	place->section = place->last_key = line;
	return 0;
}

static int see_key(void *data, unsigned line, const char *key, const char *value)
{
	struct place *place = data;

	if (place->inside)
		place->last_key = line;
	return 0;
}

/* offset of the first byte of a line; beyond the last line: @len */
static size_t line_start(const char *text, size_t len, unsigned line)
{
	size_t at = 0;

	for (unsigned i = 1; i < line && at < len; i++) {
		const char *newline = memchr(text + at, '\n', len - at);

		at = newline ? (size_t)(newline - text) + 1 : len;
	}
	return at;
}

int persist_text_add(struct swapadm_ctx *ctx, const char *text, size_t len,
		     const char *tier, int rank, const char *spec, char **out,
		     size_t *out_len)
{
	static const struct conf_reader_ops ops = { see_section, see_key };
	struct place place = { .tier = tier };
	_cleanup_free_ char *buf = NULL;
	size_t at;
	FILE *f;
	int r;

	r = conf_read_text(ctx, PERSIST_FILE, text, len, &ops, &place);
	if (r)
		return r;
	f = open_memstream(&buf, out_len);
	if (!f)
		return -ENOMEM;
	at = place.section ? line_start(text, len, place.last_key + 1) : len;
	fwrite(text, 1, at, f);
	if (!len)
		fputs(new_file, f);
	else if (at && text[at - 1] != '\n')
		fputc('\n', f);
	if (!place.section) {
		fprintf(f, "\n[tier %s]\n", tier);
		if (rank != SWAPADM_RANK_NONE)
			fprintf(f, "rank = %d\n", rank);
	}
	fprintf(f, "device = %s\n", spec);
	fwrite(text + at, 1, len - at, f);
	r = ferror(f);
	if (fclose(f) || r)
		return -ENOMEM;
	*out = steal_ptr(&buf);
	return 0;
}

/* the section around one line, and whether anything else stands in it */
struct around {
	unsigned line, section, next_section;
	unsigned rank;   /* line of the tier's rank, 0 none */
	unsigned others; /* keys other than the line and the rank */
};

static int around_section(void *data, unsigned line, const char *name)
{
	struct around *around = data;

	if (line < around->line) {
		around->section = line;
		around->rank = around->others = 0;
	} else if (!around->next_section) {
		around->next_section = line;
	}
	return 0;
}

static int around_key(void *data, unsigned line, const char *key, const char *value)
{
	struct around *around = data;

	if (line == around->line || around->next_section)
		return 0;
	if (streq(key, "rank"))
		around->rank = line;
	else
		around->others++;
	return 0;
}

static bool is_blank(const char *text, size_t from, size_t to)
{
	for (; from < to; from++)
		if (!strchr(" \t\r\n", text[from]) || !text[from])
			return false;
	return true;
}

/*
 * does nothing stand in the section but its head, the line and, with @rank_too, the rank?
 */
static bool is_empty_section(const char *text, size_t len, const struct around *around,
			     bool rank_too, size_t end)
{
	unsigned line = around->section + 1;

	if (!around->section || around->others || (around->rank && !rank_too))
		return false;
	for (size_t from; (from = line_start(text, len, line)) < end; line++)
		if (line != around->line && line != around->rank &&
		    !is_blank(text, from, line_start(text, len, line + 1)))
			return false;
	return true;
}

int persist_text_remove(struct swapadm_ctx *ctx, const char *text, size_t len,
			unsigned line, bool rank_too, char **out, size_t *out_len)
{
	static const struct conf_reader_ops ops = { around_section, around_key };
	struct around around = { .line = line };
	size_t from, to, tail;
	char *buf;
	int r;

	r = conf_read_text(ctx, PERSIST_FILE, text, len, &ops, &around);
	if (r)
		return r;
	from = line_start(text, len, line);
	to = line_start(text, len, line + 1);
	tail = around.next_section ? line_start(text, len, around.next_section) : len;
	if (is_empty_section(text, len, &around, rank_too, tail)) {
		from = line_start(text, len, around.section);
		to = tail;
		/* the blank line that persist_text_add() put above it */
		if (to == len && from >= 2 && text[from - 1] == '\n' &&
		    text[from - 2] == '\n')
			from--;
	}
	*out_len = len - (to - from);
	buf = malloc(*out_len + 1);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, text, from);
	memcpy(buf + from, text + to, len - to);
	buf[*out_len] = '\0';
	*out = buf;
	return 0;
}
