/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A canvas as text, with or without escape sequences for colours. */
#ifndef SWAPTOP_ANSI_H
#define SWAPTOP_ANSI_H

#include "canvas/palette.h"

/* 0; -EIO */
int ansi_write(FILE *f, const struct canvas *c, enum colours colours, bool escapes);

#endif
