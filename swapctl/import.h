/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SWAPCTL_IMPORT_H
#define SWAPCTL_IMPORT_H

#include "cli.h"

static inline void import_unrefp(struct swapadm_import **import)
{
	swapadm_import_unref(*import);
}

/*
 * of apply: who else activates devices of the configuration; reported, or with
 * --take-over shown and turned off; an exit code
 */
int import_end_conflicts(struct cli *cli, struct swapadm_import *import);

#endif
