/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/swaps, parsed apart from read.
 *
 * mm/swapfile.c swap_show() pads the name with blanks and separates the rest with tabs,
 * as many as look good; names keep no blank of their own (they are octal escapes), so any
 * run of blanks is one separator. An unlinked file, or unlinked device node, has
 * " (deleted)" behind its name, from d_path(): one that is really called so looks the
 * same, and only stat() shows a difference (areas_load()).
 */
#include "kernel/area.h"

#include <fcntl.h>
#include <limits.h>

#include "kernel/vswap.h"

#define DELETED " (deleted)"

struct span {
	const char *s;
	size_t n;
};

static bool span_is(struct span span, const char *word)
{
	return strlen(word) == span.n && memcmp(span.s, word, span.n) == 0;
}

/* the next word of a line that ends at @end; empty when there is none */
static struct span next_word(const char **cursor, const char *end)
{
	const char *s = *cursor;
	struct span word;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	word.s = s;
	while (s < end && *s != ' ' && *s != '\t')
		s++;
	word.n = (size_t)(s - word.s);
	*cursor = s;
	return word;
}

/* undo seq_path()'s escapes: a backslash and three octal digits are one byte */
static int unescape(struct span word, char **out)
{
	_cleanup_free_ char *text = malloc(word.n + 1);
	size_t n = 0;

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < word.n; i++) {
		const char *s = word.s + i;
		int c = (unsigned char)*s;

		if (c == '\\' && word.n - i > 3 && octal_byte(s + 1) >= 0) {
			c = octal_byte(s + 1);
			i += 3;
		}
		if (c == 0 || c > UCHAR_MAX)
			return -EBADMSG;
		text[n++] = (char)c;
	}
	text[n] = '\0';
	*out = steal_ptr(&text);
	return 0;
}

static int parse_kib(struct span word, uint64_t *bytes)
{
	uint64_t kib = 0;

	if (!word.n)
		return -EBADMSG;
	for (size_t i = 0; i < word.n; i++) {
		unsigned digit = (unsigned)(word.s[i] - '0');

		if (digit > 9 || kib > (UINT64_MAX >> 10) / 10)
			return -EBADMSG;
		kib = kib * 10 + digit;
	}
	if (kib > UINT64_MAX >> 10)
		return -EBADMSG;
	*bytes = kib << 10;
	return 0;
}

static int parse_prio(struct span word, int *prio)
{
	bool negative = word.n && word.s[0] == '-';
	long v = 0;

	if (word.n <= negative)
		return -EBADMSG;
	for (size_t i = negative; i < word.n; i++) {
		unsigned digit = (unsigned)(word.s[i] - '0');

		if (digit > 9 || v > INT_MAX / 10 - 1)
			return -EBADMSG;
		v = v * 10 + digit;
	}
	*prio = (int)(negative ? -v : v);
	return 0;
}

static void cut_deleted(struct area *area)
{
	size_t n = strlen(area->path), suffix = strlen(DELETED);

	if (n <= suffix || !streq(area->path + n - suffix, DELETED))
		return;
	area->path[n - suffix] = '\0';
	area->deleted = true;
}

static int parse_line(const char *line, const char *end, struct area *out)
{
	struct span name = next_word(&line, end), type = next_word(&line, end);
	struct area area = {};
	int r;

	area.is_file = span_is(type, "file");
	area.is_virtual = !area.is_file && !span_is(type, "partition");
	if (parse_kib(next_word(&line, end), &area.size_bytes) ||
	    parse_kib(next_word(&line, end), &area.used_bytes) ||
	    parse_prio(next_word(&line, end), &area.prio) || next_word(&line, end).n)
		return -EBADMSG;
	r = unescape(name, &area.path);
	if (r)
		return r;
	cut_deleted(&area);
	area.is_virtual |= area.path[0] != '/';
	*out = area;
	return 0;
}

static inline void areas_freep(struct area_list *list)
{
	areas_free(list);
}

int areas_parse(const char *text, struct area_list *out)
{
	_cleanup_(areas_freep) struct area_list list = {};
	const char *line = text, *end;

	for (; *line; line = *end ? end + 1 : end) {
		int r;

		end = line + strcspn(line, "\n");
		if (line == text) {
			if (!str_after(line, "Filename"))
				return -EBADMSG;
			continue;
		}
		if (!array_grow(&list.items, list.n))
			return -ENOMEM;
		r = parse_line(line, end, &list.items[list.n]);
		if (r == -ENOMEM)
			return r;
		if (r)
			list.n_skipped++;
		else
			list.n++;
	}
	*out = list;
	list = (struct area_list){};
	return 0;
}

/* a file may really be called "x (deleted)", and a device may have got a node again */
static int undelete_if_there(struct swapadm_ctx *ctx, struct area *area)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	if (!area->deleted)
		return 0;
	if (!area->is_file && area->path[0] == '/' && !ctx_stat(ctx, area->path, &st) &&
	    S_ISBLK(st.st_mode)) {
		area->deleted = false;
		return 0;
	}
	if (asprintf(&path, "%s" DELETED, area->path) < 0)
		return -ENOMEM;
	if (path[0] != '/' || ctx_stat(ctx, path, &st))
		return 0;
	free(area->path);
	area->path = steal_ptr(&path);
	area->deleted = false;
	return 0;
}

int areas_load(struct swapadm_ctx *ctx, struct area_list *out)
{
	_cleanup_(areas_freep) struct area_list list = {};
	_cleanup_free_ char *text = NULL;
	int r = ctx_read_file(ctx, "/proc/swaps", &text, NULL);

	if (r == -ENOENT)
		return ctx_fail(
			ctx, r,
			"/proc/swaps: read: no such file; mount /proc, or use a kernel with CONFIG_SWAP");
	if (r)
		return ctx_fail(ctx, r, "/proc/swaps: read: %s", strerror(-r));
	r = areas_parse(text, &list);
	list.virtual_slots = vswap_in_use(ctx);
	if (r == -EBADMSG)
		return ctx_fail(
			ctx, r,
			"/proc/swaps: read: not the table of swap areas that kernels print; report it with the file's text");
	if (list.n_skipped)
		log_warning(
			ctx,
			"/proc/swaps: lines that could not be understood and are left out: %zu; report it with the file's text",
			list.n_skipped);
	for (size_t i = 0; !r && i < list.n; i++)
		r = undelete_if_there(ctx, &list.items[i]);
	if (r)
		return r;
	*out = list;
	list = (struct area_list){};
	return 0;
}

void areas_free(struct area_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].path);
	free(list->items);
	*list = (struct area_list){};
}

const struct area *areas_find(const struct area_list *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->items[i].path, path))
			return &list->items[i];
	return NULL;
}
