/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the library's plans say, as lines of an answer. */
#ifndef SWAPTOP_DESCRIBE_H
#define SWAPTOP_DESCRIBE_H

#include "ui/action.h"

void describe_drain(struct answer *a, const struct swapadm_drain_plan *p);
void describe_cordon(struct answer *a, const struct swapadm_cordon_plan *p);
void describe_pull(struct answer *a, const struct swapadm_pull_plan *p);

#endif
