/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SWAPTOP_BATCH_H
#define SWAPTOP_BATCH_H

#include "options.h"

/* screens or JSON on stdout; an exit status */
int batch_run(struct source *src, struct ui *ui, const struct options *o);

#endif
