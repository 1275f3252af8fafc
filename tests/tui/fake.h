/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made-up machines: samples at any second of a story that is always the same. */
#ifndef TESTS_TUI_FAKE_H
#define TESTS_TUI_FAKE_H

#include "sample/sample.h"

/* 2023-11-14 22:13:20 UTC */
#define FAKE_EPOCH_S 1700000000ULL

/* zswap over zram, two SSDs and a hard disk; a drain from second 5 on */
struct sample *fake_machine(unsigned second);
/* the same on the redirect layer: moves and latencies are known */
struct sample *fake_redirect(unsigned second);
/* and with sdb2 cordoned */
struct sample *fake_rules(unsigned second); /* redirect, with tiers by cgroup */
struct sample *fake_cordoned(unsigned second);
/* cgroups that lie deeper than a line is wide */
struct sample *fake_deep(unsigned second);
/* two zrams that are looked after, one without a budget and without ages */
struct sample *fake_upkeep(unsigned second);
/* two swap files in two tiers: no counters of their own; a drain from second 5 on */
struct sample *fake_files(unsigned second);
/* a machine without swap, seen without privilege */
struct sample *fake_bare(unsigned second);
/* names that are too long, wide, empty, or no UTF-8 at all; numbers at their limits */
struct sample *fake_odd(unsigned second);

#endif
