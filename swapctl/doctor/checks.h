/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known to hurt swap, as a table of checks. `status` shows what they find in a
 * line each, `doctor` with the reason and the remedy.
 */
#ifndef SWAPCTL_CHECKS_H
#define SWAPCTL_CHECKS_H

#include "machine.h"

enum severity {
	SEVERITY_NOTE,    /* could be better; not in status */
	SEVERITY_WARNING, /* costs time or room */
	SEVERITY_ERROR,   /* does not do what was meant */
};

struct finding {
	enum severity severity;
	const char *check; /* stable name, of the table */
	char object[256];  /* device, tier, "zswap", "memory" */
	char text[512];    /* what is so, one line */
	const char *why;   /* what it costs */
	char remedy[512];  /* command or setting that fixes it */
};

/* @below: of stack.c: SWAPADM_BELOW_* of each device, in the order of a walk */
struct findings {
	struct finding *items;
	size_t n;
	bool no_memory;
	uint32_t *below;
};

void checks_run(const struct machine *m, struct findings *out);
void findings_free(struct findings *findings);

/* the checks that there are, for the list in swapadm-doctor(7) */
size_t checks_n(void);
const char *check_name(size_t i, enum severity *severity);
const char *severity_name(enum severity severity);

#endif
