/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a ring: a folder of recordings, each named by a number that grows and the
 * time at which it began: 00000042-20261127T030000Z.swaptop. The number gives the order,
 * for clocks may be set back; the time is for looking one up, and for people.
 */
#ifndef SWAPTOP_SEGMENT_H
#define SWAPTOP_SEGMENT_H

#include "common/util.h"

#define SEGMENT_NAME 40

struct segment {
	char name[SEGMENT_NAME];
	uint64_t number, start_ns; /* CLOCK_REALTIME, whole seconds */
	uint64_t bytes;
};

struct segments {
	struct segment *v;
	size_t n;
};

/* those in a folder, the oldest first; what is named otherwise is left out; 0 or
 * -errno */
int segments_list(struct segments *l, int dir_fd);
void segments_done(struct segments *l);
/* a new one at the end; not made on disk; 0; -ENOMEM */
int segments_add(struct segments *l, uint64_t start_ns);
void segments_drop_first(struct segments *l);

#endif
