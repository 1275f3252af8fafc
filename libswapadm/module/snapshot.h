/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One tswap device with its leaves and tiers, as the module reports them at one moment.
 */
#ifndef SWAPADM_SNAPSHOT_H
#define SWAPADM_SNAPSHOT_H

#include "module/client.h"

/* part of their room that the leaves that stay must spare: tswap/capacity.c */
#define TSWAP_RESERVE 64

/**
 * struct snapshot - what the module reports
 * @tiers:  leaves name their tiers themselves: only who plans asks for more about them
 * @rules:  of cgroups, only for who asks
 * @old:    it was asked, and the loaded module knows no rules
 */
struct snapshot {
	struct tswap_device_msg device;
	struct tswap_leaf_msg *leaves;
	size_t n_leaves;
	struct tswap_tier_msg *tiers;
	size_t n_tiers;
	struct tswap_cgroup_msg *rules;
	size_t n_rules;
	bool old;
};

/**
 * snapshot_read() - the tswap device with its leaves
 * @client:  connection, borrowed
 * @out:     free with snapshot_free(); untouched on failure
 *
 * Return: 0; -ENODEV the module has no device; else as tswap_dump().
 */
int snapshot_read(struct tswap_client *client, struct snapshot *out);

/* its tiers, too; as tswap_dump() */
int snapshot_read_tiers(struct tswap_client *client, struct snapshot *state);

/* the rules of cgroups; none of a module that knows none; as tswap_dump() */
int snapshot_read_rules(struct tswap_client *client, struct snapshot *state);
void snapshot_free(struct snapshot *state);

#endif
