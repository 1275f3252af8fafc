/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A drain as its worker has it: what worker.c and ahead.c share. */
#ifndef SWAPADM_DRAIN_RUN_H
#define SWAPADM_DRAIN_RUN_H

#include "job/worker.h"
#include "kernel/guard.h"
#include "layer/direct/drain.h"
#include "layer/direct/went.h"
#include "prefetch/mapper.h"
#include "prefetch/preread.h"

struct drain_run {
	struct swapadm_ctx *ctx;
	const struct swapadm_op *op;
	struct jobrun job;
	uint64_t done_bytes;  /* of the devices that are through */
	uint64_t ahead_bytes; /* of this device: read ahead */
	uint64_t off_bytes;   /* of this device: taken out by rounds of swapoff(2) */
	uint64_t low_bytes;   /* of this round: the least that was in use */
	struct emergency emergency;
	struct drain_kills kills;
	struct went went;
	uint64_t n_victims;    /* of our own among them: see guard.h */
	char *host;            /* the group that the child has to be in, or NULL */
	struct guard guard;    /* the one that it is in */
	bool was_victim;       /* the last child */
	struct mapper *mapper; /* has the map of the pre-read, too; or NULL */
	bool maps;             /* it is to touch pages next to the child */
	struct preread *pre;   /* of this device */
	uint64_t seen_bytes;   /* of this device: in page tables */
	uint64_t looked_ns;
	char why[300];  /* it does not fit any more */
	char hung[256]; /* of a process whose page tables can't be read */
};

/* words of the job for whoever looks at it */
void _printf_(2, 3) drain_say(struct drain_run *run, const char *fmt, ...);

/* used bytes of an area now; false when it is not an area any more */
bool drain_area_used(struct swapadm_ctx *ctx, const char *path, uint64_t *used_bytes);

/**
 * drain_preread() - what can be said of the area's pages; when they fit, read them ahead
 * @pre:  may be left with a rest, and @run with a mapper, which drain_drop_mapper() ends
 *
 * Return: 0; -ECANCELED; -ENOMEM.
 */
int drain_preread(struct drain_run *run, const struct swapadm_device *dev,
		  const struct drain_look *look, struct preread *pre);

/* is there a processor for threads next to the child, which has one? */
bool drain_maps_well(void);

/* once the child runs; then, again and again, how far it may go; and at the end */
void drain_start_mapper(struct drain_run *run);
void drain_lead_mapper(struct drain_run *run);
void drain_drop_mapper(struct drain_run *run);

#endif
