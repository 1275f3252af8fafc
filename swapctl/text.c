/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <inttypes.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define NS_PER_S 1000000000u

#define UNIT_GIB 3

struct scaled {
	uint64_t tenths;
	unsigned unit;
};

/*
 * tenths of the largest power of 1024 that leaves a whole; 1023.96 goes to the next one
 */
static struct scaled scale(uint64_t bytes)
{
	struct scaled v = { 0 };
	uint64_t power = 1;

	while (v.unit < 6 && bytes / power >= 1024) {
		power *= 1024;
		v.unit++;
	}
	v.tenths = bytes / power * 10 + (bytes % power * 10 + power / 2) / power;
	if (v.tenths >= 10235 && v.unit < 6 && v.unit > 0) {
		v.tenths = 10;
		v.unit++;
	}
	return v;
}

/* as lsblk and swapon print sizes: a decimal where it is not .0 */
const char *text_size(struct buf *b, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	struct scaled v = scale(bytes);

	if (v.tenths % 10)
		snprintf(b->s, sizeof(b->s), "%u.%u%c", (unsigned)(v.tenths / 10),
			 (unsigned)(v.tenths % 10), units[v.unit]);
	else
		snprintf(b->s, sizeof(b->s), "%u%c", (unsigned)(v.tenths / 10),
			 units[v.unit]);
	return b->s;
}

/* "850 MiB", but "1.2 GiB": from GiB on, and below ten, tenths matter */
const char *text_amount(struct buf *b, uint64_t bytes)
{
	static const char *const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"
	};
	struct scaled v = scale(bytes);

	if (v.unit >= UNIT_GIB || (v.tenths < 100 && v.tenths % 10))
		snprintf(b->s, sizeof(b->s), "%u.%u %s", (unsigned)(v.tenths / 10),
			 (unsigned)(v.tenths % 10), units[v.unit]);
	else
		snprintf(b->s, sizeof(b->s), "%u %s", (unsigned)((v.tenths + 5) / 10),
			 units[v.unit]);
	return b->s;
}

const char *text_clock(struct buf *b, uint64_t ns)
{
	uint64_t s = (ns + NS_PER_S / 2) / NS_PER_S;

	if (s < 3600)
		snprintf(b->s, sizeof(b->s), "%u:%02u", (unsigned)(s / 60),
			 (unsigned)(s % 60));
	else
		snprintf(b->s, sizeof(b->s), "%" PRIu64 ":%02u:%02u", s / 3600,
			 (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	return b->s;
}

const char *text_duration(struct buf *b, uint64_t ns)
{
	uint64_t tenths = ns / (NS_PER_S / 10);

	if (tenths < 100)
		snprintf(b->s, sizeof(b->s), "%" PRIu64 ".%u s", tenths / 10,
			 (unsigned)(tenths % 10));
	else if (tenths < 1200)
		snprintf(b->s, sizeof(b->s), "%" PRIu64 " s", tenths / 10);
	else if (tenths < 72000)
		snprintf(b->s, sizeof(b->s), "%" PRIu64 " min", tenths / 600);
	else
		snprintf(b->s, sizeof(b->s), "%" PRIu64 " h", tenths / 36000);
	return b->s;
}

const char *text_count(struct buf *b, uint64_t n)
{
	snprintf(b->s, sizeof(b->s), "%" PRIu64, n);
	return b->s;
}

/* ---- names that others chose ---- */

/* the length of the UTF-8 character that begins at @s, 0: none does; @wc: which one */
static size_t utf8_length(locale_t utf8, const char *s, wchar_t *wc)
{
	mbstate_t state = { 0 };
	locale_t before;
	size_t n;

	*wc = (unsigned char)*s;
	if ((unsigned char)*s < 0x80)
		return 1;
	before = uselocale(utf8);
	n = mbrtowc(wc, s, strlen(s), &state);
	uselocale(before);
	return n > strlen(s) ? 0 : n; /* (size_t)-1 and -2: none, or an incomplete one */
}

/* C0 and C1 make a terminal act, the rest turns the order of what is read around */
static bool is_harmful(wchar_t wc)
{
	return wc < 0x20 || (wc >= 0x7f && wc < 0xa0) || (wc >= 0x200e && wc <= 0x200f) ||
	       (wc >= 0x2028 && wc <= 0x202e) || (wc >= 0x2066 && wc <= 0x2069);
}

/* almost all names are, and need no locale to be read */
static bool is_plain_ascii(const char *s)
{
	while (*s >= ' ' && *s <= '~')
		s++;
	return !*s;
}

enum {
	SHOW_TERMINAL, /* controls and what is not UTF-8 become '?' */
	SHOW_UTF8,     /* only what is not UTF-8 */
};

static char *replace(char *s, int show)
{
	locale_t utf8;

	if (is_plain_ascii(s))
		return s;
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	for (char *p = s; *p;) {
		wchar_t wc;
		size_t n = utf8 ? utf8_length(utf8, p, &wc) : (unsigned char)*p < 0x80;
		bool harmful = n && show == SHOW_TERMINAL && is_harmful(utf8 ? wc : *p);

		if (n && !harmful) {
			p += n;
			continue;
		}
		*p = '?';
		if (n > 1)
			memmove(p + 1, p + n, strlen(p + n) + 1);
		p++;
	}
	if (utf8)
		freelocale(utf8);
	return s;
}

char *text_defuse(char *s)
{
	return replace(s, SHOW_TERMINAL);
}

void text_print(FILE *out, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	fputs(text_defuse(text), out);
	free(text);
}

char *text_utf8(char *s)
{
	return replace(s, SHOW_UTF8);
}

/* the length of the character at @s that can be shown as it is, or 0 */
static size_t shown_length(locale_t utf8, const char *s)
{
	wchar_t wc;
	size_t n = utf8 ? utf8_length(utf8, s, &wc) : (unsigned char)*s < 0x80;

	return n && !is_harmful(utf8 ? wc : *s) ? n : 0;
}

static bool is_shown_as_it_is(locale_t utf8, const char *s)
{
	while (*s) {
		size_t n = shown_length(utf8, s);

		if (!n)
			return false;
		s += n;
	}
	return true;
}

/* what a shell reads back as the same bytes, so that no two names look alike */
static void spell(locale_t utf8, const char *s, char *to)
{
	to += sprintf(to, "$'");
	while (*s) {
		size_t n = shown_length(utf8, s);

		if (n && *s != '\\' && *s != '\'') {
			memcpy(to, s, n);
			to += n;
			s += n;
		} else if (n) {
			to += sprintf(to, "\\%c", *s++);
		} else {
			to += sprintf(to, "\\x%02x", (unsigned char)*s++);
		}
	}
	strcpy(to, "'");
}

char *text_escape(const char *s)
{
	bool looks_spelled = strncmp(s, "$'", 2) == 0;
	locale_t utf8;
	char *out;

	if (!looks_spelled && is_plain_ascii(s))
		return strdup(s);
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	out = malloc(4 * strlen(s) + sizeof("$''"));
	if (out && !looks_spelled && is_shown_as_it_is(utf8, s))
		strcpy(out, s);
	else if (out)
		spell(utf8, s, out);
	if (utf8)
		freelocale(utf8);
	return out;
}

char *text_cut(char *s, unsigned width)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;
	unsigned used = 0;
	char *p = s;

	if (!utf8) {
		if (strlen(s) > width)
			s[width] = '\0';
		return s;
	}
	before = uselocale(utf8);
	while (*p) {
		wchar_t wc;
		size_t n = utf8_length(utf8, p, &wc);
		int columns = n ? wcwidth(wc) : 1;

		used += columns > 0 ? (unsigned)columns : 0;
		if (used > width)
			break;
		p += n ? n : 1;
	}
	*p = '\0';
	uselocale(before);
	freelocale(utf8);
	return s;
}

void text_label(FILE *out, const char *s)
{
	char *clean = text_escape(s);

	for (const char *p = clean; p && *p; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		fputc(*p, out);
	}
	free(clean);
}

unsigned text_pct(uint64_t part, uint64_t whole)
{
	if (!whole)
		return 0;
	return (unsigned)((long double)part * 100 / (long double)whole);
}

static size_t word_length(const char *s)
{
	return strcspn(s, " \n");
}

void text_wrap(FILE *out, const char *text, int first, int rest)
{
	int at = 0, indent = first;

	while (*text) {
		size_t n = word_length(text);

		if (n && at && at + 1 + (int)n > TEXT_WIDTH) {
			fputc('\n', out);
			at = 0;
		}
		if (n && !at)
			at = fprintf(out, "%*s%.*s", indent, "", (int)n, text);
		else if (n)
			at += fprintf(out, " %.*s", (int)n, text);
		if (n)
			indent = rest;
		text += n;
		if (*text == '\n') {
			fputc('\n', out);
			at = 0;
		}
		if (*text)
			text++;
	}
	if (at)
		fputc('\n', out);
}

bool text_is_deleted(const char *path)
{
	static const char tail[] = " (deleted)";
	size_t len = strlen(path), n = sizeof(tail) - 1;

	return len > n && !strcmp(path + len - n, tail);
}
