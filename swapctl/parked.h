/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is parked, in the words of status, jobs, ps and doctor. */
#ifndef SWAPCTL_PARKED_H
#define SWAPCTL_PARKED_H

#include "cli.h"

struct json_object;

static inline void parked_freep(struct swapadm_parked_list **list)
{
	swapadm_parked_free(*list);
}

/* "pid 12 (redis): 256 MiB pushed out, frozen by SIGSTOP for 5 min" */
void parked_line(const struct swapadm_parked *p, char *line, size_t size);
struct json_object *parked_object(const struct swapadm_parked *p);

/* the command that frees it, to paste; to be freed, NULL: no memory */
char *parked_remedy(const struct swapadm_parked *p);

/* after a table for people: a line each, on standard error */
void parked_say(const struct cli *cli);

#endif
