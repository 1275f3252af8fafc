/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inih reads the syntax, but what it does to lines that are too long or indented is
 * silent: as built by Debian 12 (0.55) it cuts lines at 199 and section names at 49
 * characters, appends an indented line to the value before, ignores what follows a "]",
 * and its handler gets no line number and no section without keys. So each line is
 * looked at here before inih gets it, without its comment, and only what inih passes on
 * unchanged is handed over.
 */
#include "conf/reader.h"

#include <ini.h>

#define SECTION_MAX 49 /* inih: MAX_SECTION 50 */

struct reader {
	struct swapadm_ctx *ctx;
	const char *file;
	const char *cursor, *end;
	unsigned line;
	bool in_section;
	char section[SECTION_MAX + 1];
	const struct conf_reader_ops *ops;
	void *data;
	int error; /* the first one; nothing is read after it */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int refuse(struct reader *reader, const char *what)
{
	return ctx_fail(reader->ctx, -EBADMSG, "%s:%u: %s", reader->file, reader->line,
			what);
}

/* the next line, without its end, as @text and @n; false at the end of the file */
static bool next_line(struct reader *reader, const char **text, size_t *n)
{
	size_t left = (size_t)(reader->end - reader->cursor);
	const char *newline;

	if (!left)
		return false;
	newline = memchr(reader->cursor, '\n', left);
	*text = reader->cursor;
	*n = newline ? (size_t)(newline - reader->cursor) : left;
	reader->cursor += *n + (newline != NULL);
	reader->line++;
	if (*n && (*text)[*n - 1] == '\r')
		--*n;
	return true;
}

static int check_bytes(struct reader *reader, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c >= ' ' && c != 0x7f) || c == '\t')
			continue;
		return ctx_fail(
			reader->ctx, -EBADMSG,
			"%s:%u: character %zu is the control character 0x%02x; remove it, or give a text file",
			reader->file, reader->line, i + 1, c);
	}
	return 0;
}

/* length of a line without the comment behind its value and the blanks before that */
static size_t without_comment(const char *text, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (text[i] == ';' && is_blank(text[i - 1])) {
			n = i;
			break;
		}
	while (n && is_blank(text[n - 1]))
		n--;
	return n;
}

static int read_section(struct reader *reader, const char *text, size_t n)
{
	const char *close = memchr(text, ']', n);
	size_t len;

	if (!close)
		return refuse(reader, "section without \"]\"; write [NAME]");
	for (const char *p = close + 1; p < text + n && *p != ';' && *p != '#'; p++)
		if (!is_blank(*p))
			return refuse(reader,
				      "text behind \"]\"; put it on a line of its own");
	len = (size_t)(close - text) - 1;
	if (len > SECTION_MAX)
		return refuse(reader,
			      "section name is longer than 49 characters; shorten it");
	memcpy(reader->section, text + 1, len);
	reader->section[len] = '\0';
	reader->in_section = true;
	return reader->ops->section(reader->data, reader->line, reader->section);
}

static int check_key(struct reader *reader, const char *text, size_t n)
{
	size_t key = 0;

	while (key < n && text[key] != '=' && text[key] != ':')
		key++;
	if (key == n)
		return refuse(
			reader,
			"neither [section] nor key = value; comments begin with ; or #");
	if (text[key] == ':')
		return refuse(reader, "\":\" behind the key; write key = value");
	if (!without_comment(text, key))
		return refuse(reader, "no key before \"=\"; write key = value");
	if (!reader->in_section)
		return refuse(
			reader,
			"key before the first section; put a line such as [tier NAME] above it");
	for (size_t i = key + 1; i < n; i++)
		if (text[i] == '#' && is_blank(text[i - 1]))
			return refuse(
				reader,
				"\"#\" begins a comment only at the start of a line; write \";\" behind a value");
	return 0;
}

/* inih's fgets(): one line that it passes on unchanged, or NULL at the end */
static char *read_line(char *buf, int size, void *stream)
{
	struct reader *reader = stream;
	const char *text;
	size_t n, room = (size_t)size - 2, indent = 0; /* newline and NUL */

	if (reader->error || !next_line(reader, &text, &n))
		return NULL;
	strcpy(buf, "\n");
	reader->error = check_bytes(reader, text, n);
	if (reader->error)
		return NULL;
	while (indent < n && is_blank(text[indent]))
		indent++;
	if (indent == n || text[indent] == ';' || text[indent] == '#')
		return buf;
	n = without_comment(text, n);
	if (indent)
		reader->error = refuse(
			reader,
			"line is indented, which would join it to the line before; begin it in the first column");
	else if (*text == '[')
		reader->error = read_section(reader, text, n);
	else
		reader->error = check_key(reader, text, n);
	if (!reader->error && *text == '[')
		n = (size_t)(strchr(text, ']') - text) + 1;
	if (!reader->error && n > room)
		reader->error = ctx_fail(
			reader->ctx, -EBADMSG,
			"%s:%u: line is longer than %zu characters without its comment; shorten it, a device also has a UUID",
			reader->file, reader->line, room);
	if (reader->error)
		return NULL;
	memcpy(buf, text, n);
	strcpy(buf + n, "\n");
	return buf;
}

/* inih's handler; the result 1 means "go on" */
static int take_key(void *user, const char *section, const char *name, const char *value)
{
	struct reader *reader = user;

	if (reader->error || !name)
		return 1;
	if (!streq(section, reader->section))
		reader->error = refuse(reader, "section name was cut; shorten it");
	else
		reader->error = reader->ops->key(reader->data, reader->line, name,
						 value ? value : "");
	return 1;
}

int conf_read_text(struct swapadm_ctx *ctx, const char *file, const char *text,
		   size_t len, const struct conf_reader_ops *ops, void *data)
{
	static const char mark[] = "\xef\xbb\xbf"; /* UTF-8 byte order mark */
	struct reader reader = {
		.ctx = ctx,
		.file = file,
		.cursor = text,
		.end = text + len,
		.ops = ops,
		.data = data,
	};
	int r;

	if (len >= 3 && memcmp(text, mark, 3) == 0)
		reader.cursor += 3;
	r = ini_parse_stream(read_line, &reader, take_key, &reader);
	if (reader.error)
		return reader.error;
	if (r > 0)
		return ctx_fail(ctx, -EBADMSG, "%s:%d: no ini syntax", file, r);
	return r < 0 ? ctx_fail(ctx, -ENOMEM, "%s: read: %s", file, strerror(ENOMEM)) : 0;
}
