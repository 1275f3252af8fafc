/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the library's plans say, as lines of an answer. */
#ifndef SWAPTOP_DESCRIBE_H
#define SWAPTOP_DESCRIBE_H

#include "ui/action.h"

void describe_plan(struct answer *a, const struct swapadm_op_plan *p);

#endif
