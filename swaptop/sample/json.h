/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sample as JSON: names and units as in swapctl status -J and jobs -J, with rates. */
#ifndef SWAPTOP_JSON_H
#define SWAPTOP_JSON_H

#include "sample/rates.h"

/* one object on one line; 0; -ENOMEM; -EIO */
int json_write(FILE *f, const struct sample *s, const struct rates *r);

#endif
