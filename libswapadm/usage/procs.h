/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What swapadm_procs_load() and swapadm_cgroups_load() share. */
#ifndef SWAPADM_PROCS_H
#define SWAPADM_PROCS_H

#include "base/ctx.h"
#include "kernel/memcg.h"

struct swapadm_procs {
	unsigned refs;
	struct swapadm_model *model; /* holds the tiers' names */
	struct swapadm_proc *items;
	size_t n, n_tiers;
	uint64_t unseen_bytes;
	bool split;               /* pagemaps could be read */
	bool hidden;              /* /proc hides processes of other users */
	struct memcg_mount mount; /* .version 0: no memory controller */
};

struct swapadm_procs *procs_ref(struct swapadm_procs *procs);

#endif
