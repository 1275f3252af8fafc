/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>

#include "common/when.h"

#define DAY_S 86400

static bool parse_relative(const char *text, uint64_t here_ns, uint64_t *out)
{
	static const struct {
		char unit;
		uint64_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', DAY_S } };
	unsigned long n;
	uint64_t ns;
	char *end;

	if ((*text != '-' && *text != '+') || text[1] < '0' || text[1] > '9')
		return false;
	n = strtoul(text + 1, &end, 10);
	for (size_t i = 0; i < ARRAY_SIZE(units) && n <= 100000000; i++) {
		if (end[0] != units[i].unit || end[1])
			continue;
		ns = n * units[i].s * NSEC_PER_SEC;
		if (*text == '-')
			*out = here_ns > ns ? here_ns - ns : 0;
		else
			*out = here_ns + ns;
		return true;
	}
	return false;
}

/* "03:00" or "03:00:10" */
static bool parse_clock(const char *text, struct tm *tm)
{
	int n = 0;

	tm->tm_sec = 0;
	if (sscanf(text, "%2d:%2d%n", &tm->tm_hour, &tm->tm_min, &n) != 2)
		return false;
	if (text[n] == ':') {
		text += n + 1;
		n = 0;
		if (sscanf(text, "%2d%n", &tm->tm_sec, &n) != 1)
			return false;
	}
	return text[n] == '\0' && tm->tm_hour >= 0 && tm->tm_hour <= 23 &&
	       tm->tm_min >= 0 && tm->tm_min <= 59 && tm->tm_sec >= 0 && tm->tm_sec <= 59;
}

static bool to_ns(struct tm tm, uint64_t *out)
{
	time_t t;

	tm.tm_isdst = -1;
	t = mktime(&tm);
	if (t < 0)
		return false;
	*out = (uint64_t)t * NSEC_PER_SEC;
	return true;
}

static bool parse_date(const char *text, uint64_t *out)
{
	struct tm tm = { 0 };
	int n = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &n) !=
		    3 ||
	    (text[n] != ' ' && text[n] != 'T') || tm.tm_year < 1970 || tm.tm_mon < 1 ||
	    tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return parse_clock(text + n + 1, &tm) && to_ns(tm, out);
}

bool when_parse(const char *text, uint64_t here_ns, uint64_t last_ns, uint64_t *out)
{
	time_t last = (time_t)(last_ns / NSEC_PER_SEC);
	struct tm tm;

	if (parse_relative(text, here_ns, out) || parse_date(text, out))
		return true;
	if (!localtime_r(&last, &tm) || !parse_clock(text, &tm) || !to_ns(tm, out))
		return false;
	if (*out <= last_ns)
		return true;
	tm.tm_mday--; /* mktime() knows how long the day before was */
	return to_ns(tm, out);
}
