/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test needs; cmocka wants these headers before its own. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "swapadm.h"
#include "base/util.h"

/*
 * Under tests/cross a program of another processor runs on this kernel, by an emulator
 * that has threads of its own, no netlink beyond a few families, no seccomp and no
 * process_madvise(2), forks where it should vfork, and can't stop a thread in a signal
 * handler.
 */
static inline bool is_emulated(void)
{
	return getenv("SWAPADM_EMULATED") != NULL;
}

#endif
