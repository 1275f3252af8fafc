/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define NS_PER_S 1000000000u

/* one decimal below 10 and where it is not .0, as lsblk and swapon print sizes */
static void scaled(struct buf *b, uint64_t bytes, const char *const units[],
		   const char *blank, bool keep_zero)
{
	unsigned i = 0;
	uint64_t unit = 1, tenths;

	while (units[i + 1] && bytes / unit >= 1024) {
		unit *= 1024;
		i++;
	}
	tenths = bytes / unit * 10 + (bytes % unit * 10 + unit / 2) / unit;
	if (tenths >= 10240 && units[i + 1]) { /* 1023.96 rounds into the next unit */
		tenths = 10;
		i++;
	}
	if (i && (tenths % 10 || keep_zero))
		snprintf(b->s, sizeof(b->s), "%" PRIu64 ".%u%s%s", tenths / 10,
			 (unsigned)(tenths % 10), blank, units[i]);
	else
		snprintf(b->s, sizeof(b->s), "%" PRIu64 "%s%s", tenths / 10, blank,
			 units[i]);
}

const char *text_size(struct buf *b, uint64_t bytes)
{
	static const char *const units[] = { "B", "K", "M", "G", "T", "P", "E", NULL };

	scaled(b, bytes, units, "", false);
	return b->s;
}

const char *text_amount(struct buf *b, uint64_t bytes)
{
	static const char *const units[] = { "B",   "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB", NULL };

	/* "850 MiB/s" but "1.0 GiB": tenths matter from GiB on */
	scaled(b, bytes, units, " ", bytes >= 1u << 30);
	if (bytes < 1u << 30 && bytes >= 10u << 10) {
		unsigned shift = bytes >= 1u << 20 ? 20 : 10;

		if (bytes >> shift >= 10)
			snprintf(b->s, sizeof(b->s), "%" PRIu64 " %s",
				 (bytes + (1u << (shift - 1))) >> shift,
				 units[shift / 10]);
	}
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
