/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as short words; powers of 1024, at most five characters unless noted. */
#ifndef SWAPTOP_FMT_H
#define SWAPTOP_FMT_H

#include "common/util.h"

#define FMT_LEN 24

struct fmt {
	char s[FMT_LEN];
};

struct fmt fmt_bytes(uint64_t bytes);       /* 0, 512, 4.00K, 12.5M, 512G */
struct fmt fmt_rate(double bytes_per_s);    /* as fmt_bytes(), rounded */
struct fmt fmt_ns(double ns);               /* 350ns, 12us, 1.2ms, 2.1s, 90s */
struct fmt fmt_duration(uint64_t ns);       /* 0:07, 12:30, 1:02:03, 3d04h */
struct fmt fmt_pct(double pct);             /* 0.3%, 7.5%, 12%, 100% */
struct fmt fmt_ratio(double ratio);         /* 3.1x, 12x */
struct fmt fmt_count(uint64_t n);           /* 999, 1.2k, 34M: powers of 1000 */
struct fmt fmt_clock(uint64_t realtime_ns); /* 14:05:22, local time */
struct fmt fmt_age(uint64_t seconds);       /* 45s, 10m, 3h, 12d */

#endif
