/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <inttypes.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

#define NS_PER_S 1000000000u

#define UNIT_GIB 3

struct scaled {
	uint64_t tenths;
	unsigned unit;
};

/* tenths of the largest power of 1024 that leaves a whole; 1023.96 goes to the next one */
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

char *text_defuse(char *s)
{
	for (char *p = s; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return s;
}

/* 0: no character begins there */
static size_t utf8_length(locale_t utf8, const char *s)
{
	mbstate_t state = { 0 };
	locale_t before = uselocale(utf8);
	size_t n = mbrtowc(NULL, s, strlen(s), &state);

	uselocale(before);
	return n > strlen(s) ? 0 : n; /* (size_t)-1 and -2: none, or an incomplete one */
}

char *text_utf8(char *s)
{
	locale_t utf8 = (locale_t)0;
	char *p = s;

	while (*p) {
		size_t n = 1;

		if ((unsigned char)*p >= 0x80) {
			if (!utf8)
				utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
			n = utf8 ? utf8_length(utf8, p) : 0;
		}
		if (n == 0)
			*p = '?';
		p += n ? n : 1;
	}
	if (utf8)
		freelocale(utf8);
	return s;
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
