/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Included before everything else in a build with gcov (tests/coverage): the counters
 * are written at exit(3), and a child that leaves with _exit(2) would count nothing.
 */
#pragma once
#include <unistd.h>

void __gcov_dump(void);

#define _exit(status) (__gcov_dump(), _exit(status))
