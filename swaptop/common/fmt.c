/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <time.h>

#include "common/fmt.h"

/* three significant digits: 9.99 99.9 999; @v is below 1023.5 */
static const char *digits_of(double v)
{
	if (v < 9.995)
		return "%.2f%c";
	if (v < 99.95)
		return "%.1f%c";
	return "%.0f%c";
}

static struct fmt scaled(double v)
{
	static const char units[] = "KMGTPE";
	struct fmt f;
	size_t unit = 0;

	if (!(v >= 0)) { /* NaN and below */
		snprintf(f.s, sizeof(f.s), "-");
		return f;
	}
	if (v < 1023.5) {
		snprintf(f.s, sizeof(f.s), "%.0f", v);
		return f;
	}
	v /= 1024;
	while (v >= 1023.5 && unit + 2 < sizeof(units)) {
		v /= 1024;
		unit++;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(f.s, sizeof(f.s), digits_of(v), v, units[unit]);
#pragma GCC diagnostic pop
	return f;
}

struct fmt fmt_bytes(uint64_t bytes)
{
	return scaled((double)bytes);
}

struct fmt fmt_rate(double bytes_per_s)
{
	return scaled(bytes_per_s);
}

struct fmt fmt_ns(double ns)
{
	static const struct {
		double limit, unit;
		const char *name;
	} steps[] = { { 999.5, 1, "ns" },
		      { 999.5e3, 1e3, "us" },
		      { 999.5e6, 1e6, "ms" } };
	struct fmt f;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (ns >= steps[i].limit)
			continue;
		double v = ns / steps[i].unit;

		snprintf(f.s, sizeof(f.s), "%.*f%s", i && v < 9.95 ? 1 : 0, v,
			 steps[i].name);
		return f;
	}
	snprintf(f.s, sizeof(f.s), "%.*fs", ns < 9.95e9 ? 1 : 0, ns / 1e9);
	return f;
}

struct fmt fmt_duration(uint64_t ns)
{
	uint64_t s = ns / NSEC_PER_SEC;
	struct fmt f;

	if (s < 3600)
		snprintf(f.s, sizeof(f.s), "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
	else if (s < 86400)
		snprintf(f.s, sizeof(f.s), "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
			 s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(f.s, sizeof(f.s), "%" PRIu64 "d%02" PRIu64 "h", s / 86400,
			 s / 3600 % 24);
	return f;
}

struct fmt fmt_pct(double pct)
{
	struct fmt f;

	snprintf(f.s, sizeof(f.s), "%.*f%%", pct > 0 && pct < 9.95 ? 1 : 0, pct);
	return f;
}

struct fmt fmt_ratio(double ratio)
{
	struct fmt f;

	if (ratio > 9999)
		ratio = 9999;
	snprintf(f.s, sizeof(f.s), "%.*fx", ratio < 9.95 ? 1 : 0, ratio);
	return f;
}

struct fmt fmt_count(uint64_t n)
{
	static const char units[] = "kMGTPE";
	struct fmt f;
	double v = (double)n;
	size_t unit = 0;

	if (n < 10000) {
		snprintf(f.s, sizeof(f.s), "%" PRIu64, n);
		return f;
	}
	v /= 1000;
	while (v >= 999.5 && unit + 2 < sizeof(units)) {
		v /= 1000;
		unit++;
	}
	snprintf(f.s, sizeof(f.s), "%.*f%c", v < 9.95 ? 1 : 0, v, units[unit]);
	return f;
}

struct fmt fmt_clock(uint64_t realtime_ns)
{
	time_t t = realtime_ns / NSEC_PER_SEC;
	struct tm tm;
	struct fmt f;

	if (!localtime_r(&t, &tm) || !strftime(f.s, sizeof(f.s), "%H:%M:%S", &tm))
		copy_text(f.s, "--:--:--");
	return f;
}

struct fmt fmt_age(uint64_t seconds)
{
	struct fmt f;

	if (seconds < 120)
		snprintf(f.s, sizeof(f.s), "%" PRIu64 "s", seconds);
	else if (seconds < 7200)
		snprintf(f.s, sizeof(f.s), "%" PRIu64 "m", seconds / 60);
	else if (seconds < 172800)
		snprintf(f.s, sizeof(f.s), "%" PRIu64 "h", seconds / 3600);
	else
		snprintf(f.s, sizeof(f.s), "%" PRIu64 "d", seconds / 86400);
	return f;
}
