/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SWAPCTL_STATUS_H
#define SWAPCTL_STATUS_H

#include "cli.h"
#include "machine.h"

/* a line for each zram with a write-back device or a second compressor */
void status_print_zrams(const struct cli *cli, const struct machine *m);

#endif
