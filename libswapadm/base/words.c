/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words and quantities as people write them; pure text. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <strings.h>

#include "swapadm.h"
#include "base/util.h"

static const char *name_of(const char *const *names, size_t n, unsigned value)
{
	return value < n ? names[value] : "unknown";
}

SWAPADM_API const char *swapadm_layer_name(enum swapadm_layer layer)
{
	static const char *const names[] = { "auto", "direct", "redirect" };

	return name_of(names, ARRAY_SIZE(names), layer);
}

SWAPADM_API const char *swapadm_kind_name(enum swapadm_kind kind)
{
	static const char *const names[] = { "unknown", "zram",  "memory", "ssd",  "hdd",
					     "network", "tswap", "xswap",  "mixed" };

	return name_of(names, ARRAY_SIZE(names), kind);
}

SWAPADM_API const char *swapadm_state_name(enum swapadm_state state)
{
	static const char *const names[] = { "inactive", "active",  "cordoned",
					     "draining", "drained", "failed" };

	return name_of(names, ARRAY_SIZE(names), state);
}

SWAPADM_API const char *swapadm_discard_name(enum swapadm_discard discard)
{
	static const char *const names[] = { "none", "once", "pages", "both" };

	return name_of(names, ARRAY_SIZE(names), discard);
}

/* NULL: none, or not known */
static const char *name_or_null(const char *const *names, size_t n, unsigned value)
{
	return value < n ? names[value] : NULL;
}

SWAPADM_API const char *swapadm_op_name(enum swapadm_op_kind kind)
{
	static const char *const names[] = { "drain",   "remove",   "migrate",
					     "cordon",  "uncordon", "swapin",
					     "swapout", "park",     "wake" };

	return name_or_null(names, ARRAY_SIZE(names), kind);
}

SWAPADM_API const char *swapadm_limit_name(enum swapadm_limit limit)
{
	static const char *const names[] = { NULL, "memory", "cgroup", "destination",
					     "commit" };

	return name_or_null(names, ARRAY_SIZE(names), limit);
}

SWAPADM_API const char *swapadm_park_state_name(enum swapadm_park_state state)
{
	static const char *const names[] = { "parking", "parked", "waking" };

	return name_of(names, ARRAY_SIZE(names), state);
}

SWAPADM_API const char *swapadm_freezer_name(enum swapadm_freezer freezer)
{
	static const char *const names[] = { "none", "cgroup.freeze", "freezer.state",
					     "SIGSTOP", "others" };

	return name_or_null(names, ARRAY_SIZE(names), freezer);
}

SWAPADM_API const char *swapadm_strategy_name(enum swapadm_strategy strategy)
{
	static const char *const names[] = { NULL,     "swapoff",  "pre-read",
					     "window", "redirect", "write-back" };

	return name_or_null(names, ARRAY_SIZE(names), strategy);
}

SWAPADM_API const char *swapadm_shared_kind_name(enum swapadm_shared_kind kind)
{
	static const char *const names[] = { "tmpfs", "deleted", "memfd", "sysv",
					     "anonymous" };

	return name_or_null(names, ARRAY_SIZE(names), kind);
}

SWAPADM_API const char *swapadm_phase_name(enum swapadm_phase phase)
{
	static const char *const names[] = { NULL,       "sample", "pre-read", "swapoff",
					     "page-out", "detach", "move",     "pull-in",
					     "push-out", "freeze", "thaw" };

	return name_or_null(names, ARRAY_SIZE(names), phase);
}

SWAPADM_API const char *swapadm_job_kind_name(enum swapadm_job_kind kind)
{
	static const char *const names[] = { "drain",  "remove",  "migrate", "writeback",
					     "swapin", "swapout", "park",    "wake" };

	return name_of(names, ARRAY_SIZE(names), kind);
}

SWAPADM_API const char *swapadm_job_state_name(enum swapadm_job_state state)
{
	static const char *const names[] = { "running",   "paused", "no-space", "done",
					     "cancelled", "failed", "lost" };

	return name_of(names, ARRAY_SIZE(names), state);
}

SWAPADM_API int swapadm_rank_to_prio(int rank)
{
	if (rank < 0 || rank > SWAPADM_RANK_MAX)
		return -EINVAL;
	return 30000 - 500 * rank;
}

/*
 * A non-negative decimal number with an optional fraction. strtod() alone would also take
 * signs, hexadecimal, "inf" and, in other locales, a comma.
 */
static int parse_decimal(const char **cursor, double *out)
{
	const char *s = *cursor;
	double v = 0, unit = 1;
	unsigned digits = 0;

	for (; isdigit((unsigned char)*s); s++, digits++)
		v = v * 10 + (*s - '0');
	if (*s == '.')
		for (s++; isdigit((unsigned char)*s); s++, digits++)
			v += (*s - '0') * (unit /= 10);
	if (!digits)
		return -EINVAL;
	*cursor = s;
	*out = v;
	return 0;
}

/* the power of 1024 of a suffix such as "", "K", "KiB", "g"; -1 when it is none */
static int suffix_shift(const char *s)
{
	static const char letters[] = "KMGT";
	const char *p;

	if (!*s || !strcasecmp(s, "B"))
		return 0;
	p = strchr(letters, toupper((unsigned char)*s));
	if (!p)
		return -1;
	if (s[1] && strcasecmp(s + 1, "iB") != 0 && strcasecmp(s + 1, "B") != 0)
		return -1;
	return 10 * (int)(p - letters + 1);
}

static int parse_percent(double number, const char *suffix, struct swapadm_size *out)
{
	struct swapadm_size size = { .unit = SWAPADM_SIZE_PCT };

	if (!strcasecmp(suffix, "%ram"))
		size.unit = SWAPADM_SIZE_PCT_RAM;
	else if (!streq(suffix, "%"))
		return -EINVAL;
	if (number < 1 || number != floor(number))
		return -EINVAL;
	if (number > (size.unit == SWAPADM_SIZE_PCT ? 100 : 10000))
		return -ERANGE;
	size.value = (uint64_t)number;
	*out = size;
	return 0;
}

SWAPADM_API int swapadm_parse_size(const char *text, struct swapadm_size *out)
{
	double number;
	int shift;

	if (!text || !out || parse_decimal(&text, &number))
		return -EINVAL;
	if (*text == '%')
		return parse_percent(number, text, out);
	shift = suffix_shift(text);
	if (shift < 0)
		return -EINVAL;
	number = ldexp(number, shift);
	if (number < 1)
		return -EINVAL;
	if (number >= 0x1p53) /* no double is exact beyond: 8 PiB */
		return -ERANGE;
	*out = (struct swapadm_size){ SWAPADM_SIZE_BYTES, (uint64_t)number };
	return 0;
}

SWAPADM_API int swapadm_parse_age(const char *text, uint64_t *seconds)
{
	static const struct {
		const char *suffix;
		unsigned seconds;
	} units[] = {
		{ "", 1 },     { "s", 1 },    { "sec", 1 },   { "m", 60 },
		{ "min", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	double number;

	if (!text || !seconds || parse_decimal(&text, &number))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!streq(text, units[i].suffix))
			continue;
		number = ceil(number * units[i].seconds);
		if (number < 1)
			return -EINVAL;
		if (number > UINT32_MAX)
			return -ERANGE;
		*seconds = (uint64_t)number;
		return 0;
	}
	return -EINVAL;
}

SWAPADM_API int swapadm_parse_rate(const char *text, uint64_t *bytes_per_s)
{
	size_t n = text ? strlen(text) : 0;
	char number[64];
	struct swapadm_size size;
	int r;

	if (!text || !bytes_per_s)
		return -EINVAL;
	if (n > 2 && streq(text + n - 2, "/s"))
		n -= 2;
	if (n >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, n);
	number[n] = '\0';
	r = swapadm_parse_size(number, &size);
	if (r)
		return r;
	if (size.unit != SWAPADM_SIZE_BYTES)
		return -EINVAL;
	*bytes_per_s = size.value;
	return 0;
}

bool word_is_reserved(const char *word)
{
	static const char *const reserved[] = { "memory", "zram", "all", "backing" };

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (streq(word, reserved[i]))
			return true;
	return false;
}

bool tier_is_selftest(const char *name)
{
	return streq(name, "selftest");
}

SWAPADM_API bool swapadm_tier_name_valid(const char *name)
{
	return name && tier_name_fits(name) && !tier_is_selftest(name);
}

bool tier_name_fits(const char *name)
{
	if (strlen(name) > 31 || !(*name >= 'a' && *name <= 'z'))
		return false;
	for (const char *p = name; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9') && *p != '_' &&
		    *p != '-')
			return false;
	return !word_is_reserved(name) && !str_after(name, "auto-");
}

enum tag tag_of(const char *word, const char **value)
{
	static const char *const prefixes[] = { "LABEL=", "UUID=", "PARTLABEL=",
						"PARTUUID=" };
	unsigned tag = 0;

	for (; tag < ARRAY_SIZE(prefixes); tag++) {
		*value = str_after(word, prefixes[tag]);
		if (*value)
			break;
	}
	return (enum tag)tag;
}

struct words_exact words_exact(uint64_t bytes)
{
	static const char units[] = "\0KMGT";
	struct words_exact words;
	unsigned unit = 0;

	for (; unit < 4 && bytes && bytes % 1024 == 0; unit++)
		bytes /= 1024;
	snprintf(words.text, sizeof(words.text), "%" PRIu64 "%.1s", bytes, &units[unit]);
	return words;
}

const char *words_size(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1024 && i + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		i++;
	}
	snprintf(buf, size, value < 10 && i ? "%.1f %s" : "%.0f %s", value, units[i]);
	return buf;
}
