/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SWAPCTL_IMPORT_H
#define SWAPCTL_IMPORT_H

#include "cli.h"

/*
 * of apply: who else activates devices of the configuration; reported, or with
 * --take-over shown and turned off; an exit code
 */
int import_conflicts(struct cli *cli, struct swapadm_conf *conf);

#endif
