/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of the family "tswap" and their attributes, by the names of tswap.yaml. */
#ifndef TSWAPC_H
#define TSWAPC_H

#include "../../tswap/uapi/linux/tswap.h"

enum type {
	U8,
	U32,
	S32,
	U64,
	STR,
	BIN,
	U32S, /* as many as there are, with commas; zeros at the end are not shown */
	U64S,
	SLOTS /* FIRST+N,FIRST+N,... */
};

struct attr {
	const char *name;
	int id;
	enum type type;
};

struct command {
	const char *name;
	int id;
	const struct attr *attrs; /* the last has no name */
};

extern const struct command commands[]; /* the last has no name */

/* exits with 2 when there is none */
const struct command *find_command(const char *name);

#endif
