/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test needs; cmocka wants these headers before its own. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "swapadm.h"
#include "base/util.h"

#endif
