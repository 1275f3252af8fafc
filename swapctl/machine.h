/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that status, doctor and metrics look at, read once. */
#ifndef SWAPCTL_MACHINE_H
#define SWAPCTL_MACHINE_H

#include "cli.h"

/* a part that the kernel does not have keeps its has_ flag clear */
struct machine {
	struct swapadm_ctx *ctx; /* borrowed */
	struct swapadm_model *model;
	struct swapadm_conf *conf; /* borrowed; NULL: none, or broken */
	const char *conf_error;    /* borrowed; or NULL */
	bool is_capture;           /* --root */
	struct swapadm_mem_stats mem;
	struct swapadm_vmstat vmstat;
	struct swapadm_vm_params vm; /* .known is 0 when they can't be read */
	struct swapadm_psi psi;
	struct swapadm_zswap_stats zswap;
	bool has_mem, has_vmstat, has_psi, has_zswap;
	struct swapadm_parked_list *parked; /* or NULL */
	struct swapadm_progress *jobs;
	size_t n_jobs;
	struct swapadm_rule *rules; /* of [cgroup] sections with tiers */
	size_t n_rules;
};

int machine_load(struct cli *cli, unsigned flags, struct machine *out);
void machine_free(struct machine *m);

/* zswap is there and switched on */
bool machine_zswap_on(const struct machine *m);

/*
 * walk all devices: for (struct walk w = { 0 }; machine_next(m, &w);) uses w.tier, w.dev
 */
struct walk {
	const struct swapadm_tier *tier;
	const struct swapadm_device *dev;
	size_t tier_at, dev_at;
};
bool machine_next(const struct machine *m, struct walk *w);

static inline bool usage_has(const struct swapadm_usage *u, unsigned bits)
{
	return (u->known & bits) == bits;
}

static inline bool is_active(const struct swapadm_device *dev)
{
	return dev->prio != SWAPADM_PRIO_NONE;
}

#endif
