/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/snapshot.h"

void snapshot_free(struct snapshot *state)
{
	free(state->leaves);
	free(state->tiers);
	free(state->rules);
	*state = (struct snapshot){ 0 };
}

/* the device with the lowest number */
static int read_device(struct tswap_client *client, struct tswap_device_msg *out)
{
	_cleanup_free_ struct tswap_device_msg *devices = NULL;
	size_t n, first = 0;
	int r = tswap_dump(client, TSWAP_CMD_DEVICE_GET, &tswap_device_table, NULL,
			   &devices, &n);

	if (r)
		return r;
	if (!n)
		return -ENODEV;
	for (size_t i = 1; i < n; i++)
		if (devices[i].id < devices[first].id)
			first = i;
	*out = devices[first];
	return 0;
}

int snapshot_read(struct tswap_client *client, struct snapshot *out)
{
	struct snapshot state = { 0 };
	struct tswap_leaf_msg leaf = { .present = TSWAP_BIT(TSWAP_A_LEAF_DEVICE) };
	int r = read_device(client, &state.device);

	leaf.device = state.device.id;
	if (!r)
		r = tswap_dump(client, TSWAP_CMD_LEAF_GET, &tswap_leaf_table, &leaf,
			       &state.leaves, &state.n_leaves);
	if (r)
		return r;
	*out = state;
	return 0;
}

int snapshot_read_tiers(struct tswap_client *client, struct snapshot *state)
{
	const struct tswap_tier_msg tier = {
		.present = TSWAP_BIT(TSWAP_A_TIER_DEVICE),
		.device = state->device.id,
	};

	return tswap_dump(client, TSWAP_CMD_TIER_GET, &tswap_tier_table, &tier,
			  &state->tiers, &state->n_tiers);
}

int snapshot_read_rules(struct tswap_client *client, struct snapshot *state)
{
	const struct tswap_cgroup_msg rule = {
		.present = TSWAP_BIT(TSWAP_A_CGROUP_DEVICE),
		.device = state->device.id,
	};
	int r = tswap_dump(client, TSWAP_CMD_CGROUP_GET, &tswap_cgroup_table, &rule,
			   &state->rules, &state->n_rules);

	state->old = r == -EOPNOTSUPP;
	return state->old ? 0 : r;
}
