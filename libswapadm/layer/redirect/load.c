/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/redirect/redirect.h"

#include <sys/sysmacros.h>

#include "model/load.h"

void redirect_state_free(struct redirect_state *state)
{
	free(state->leaves);
	free(state->tiers);
	*state = (struct redirect_state){ 0 };
}

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

int redirect_read(struct tswap_client *client, struct redirect_state *out)
{
	struct redirect_state state = { 0 };
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

int redirect_read_tiers(struct tswap_client *client, struct redirect_state *state)
{
	const struct tswap_tier_msg tier = {
		.present = TSWAP_BIT(TSWAP_A_TIER_DEVICE),
		.device = state->device.id,
	};

	return tswap_dump(client, TSWAP_CMD_TIER_GET, &tswap_tier_table, &tier,
			  &state->tiers, &state->n_tiers);
}

int redirect_probe(struct swapadm_ctx *ctx)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	struct tswap_device_msg device;

	if (ctx->foreign_root || !tswap_loaded(ctx))
		return -EPROTONOSUPPORT;
	if (tswap_client_open(ctx, &client) || read_device(client, &device))
		return -EPROTONOSUPPORT;
	return 0;
}

int redirect_leaf_as_area(const struct tswap_leaf_msg *leaf, struct area *out)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	int rank = leaf->rank < SWAPADM_RANK_MAX ? (int)leaf->rank : SWAPADM_RANK_MAX;

	*out = (struct area){
		.size_bytes = leaf->pages * page_bytes,
		.used_bytes = leaf->used * page_bytes,
		.prio = swapadm_rank_to_prio(rank),
	};
	return asprintf(&out->path, "/dev/%s", leaf->name) < 0 ? -ENOMEM : 0;
}

static enum swapadm_state state_of(uint32_t state)
{
	switch (state) {
	case TSWAP_LEAF_ACTIVE:
		return SWAPADM_STATE_ACTIVE;
	case TSWAP_LEAF_CORDONED:
		return SWAPADM_STATE_CORDONED;
	case TSWAP_LEAF_DRAINING:
		return SWAPADM_STATE_DRAINING;
	case TSWAP_LEAF_DRAINED:
		return SWAPADM_STATE_DRAINED;
	default:
		return SWAPADM_STATE_FAILED;
	}
}

static void print_uuid(const uint8_t uuid[16], char text[37])
{
	char *p = text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		p += sprintf(p, "%02x", uuid[i]);
	}
}

int redirect_fill(struct swapadm_model *model, struct model_device *dev,
		  const struct tswap_leaf_msg *leaf, uint32_t tswap_id)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	char uuid[37];

	dev->leaf_id = leaf->id;
	dev->tswap_id = tswap_id;
	dev->pub.state = state_of(leaf->state);
	if (leaf->flags & TSWAP_LEAF_F_DISCARD)
		dev->pub.discard = SWAPADM_DISCARD_PAGES;
	dev->pub.moves = (struct swapadm_moves){
		.known = leaf->present & TSWAP_BIT(TSWAP_A_LEAF_MOVED_IN) &&
			 leaf->present & TSWAP_BIT(TSWAP_A_LEAF_MOVED_OUT),
		.in_bytes = leaf->moved_in * page_bytes,
		.out_bytes = leaf->moved_out * page_bytes,
	};
	print_uuid(leaf->uuid, uuid);
	if (leaf->present & TSWAP_BIT(TSWAP_A_LEAF_UUID) &&
	    arena_set(&model->arena, &dev->pub.uuid, uuid))
		return -ENOMEM;
	return arena_set(&model->arena, &dev->pub.label, leaf->label);
}

static void fill_redirect(const struct tswap_device_msg *device,
			  struct swapadm_redirect *out)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);

	*out = (struct swapadm_redirect){
		.overcommit = device->overcommit,
		.prio = SWAPADM_PRIO_NONE,
		.size_bytes = device->slots * page_bytes,
		.used_bytes = device->used * page_bytes,
		.room_bytes = device->room * page_bytes,
		.short_bytes = device->short_slots * page_bytes,
		.meta_bytes = device->meta_bytes,
		.lost_writes = device->write_fails,
	};
	memcpy(out->name, device->name, sizeof(out->name));
}

/* memory that the leaves take: it becomes free when the area is emptied */
static uint64_t leaves_ram(const struct swapadm_model *model)
{
	uint64_t bytes = 0;

	for (size_t t = 0; t < model->n_tiers; t++)
		for (size_t i = 0; i < model->tiers[t]->pub.n_devices; i++) {
			const struct swapadm_device *dev =
				&model->tiers[t]->devices[i]->pub;

			if (device_is_leaf(dev) && dev->usage.known & SWAPADM_USAGE_RAM)
				bytes += dev->usage.ram_bytes;
		}
	return bytes;
}

/* the device itself, for who drains or removes it; after the leaves */
static int fill_tswap(struct swapadm_model *model, const struct tswap_device_msg *device)
{
	const struct swapadm_redirect *redirect = &model->redirect;
	struct swapadm_device *dev = &model->tswap.pub;
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", redirect->name);
	model->tswap.tswap_id = device->id;
	*dev = (struct swapadm_device){
		.tier = "",
		.kind = SWAPADM_KIND_TSWAP,
		.state = redirect->active ? SWAPADM_STATE_ACTIVE : SWAPADM_STATE_DRAINED,
		.prio = redirect->prio,
		.dev = makedev(device->major, device->minor),
		.usage = {
			.known = SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED |
				 SWAPADM_USAGE_RAM,
			.size_bytes = redirect->size_bytes,
			.used_bytes = redirect->area_used_bytes,
			.ram_bytes = leaves_ram(model),
		},
	};
	if (arena_set(&model->arena, &dev->name, redirect->name))
		return -ENOMEM;
	return arena_set(&model->arena, &dev->path, path);
}

int redirect_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		  struct swapadm_model *model)
{
	_cleanup_(redirect_state_free) struct redirect_state state = { 0 };
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	int r;

	if (ctx->foreign_root || !tswap_loaded(ctx))
		return -EPROTONOSUPPORT;
	r = tswap_client_open(ctx, &client);
	if (!r)
		r = redirect_read(client, &state);
	if (r)
		return r == -ENODEV ? -EPROTONOSUPPORT : r;
	fill_redirect(&state.device, &model->redirect);
	r = load_model(ctx, conf, flags, &state, model);
	return r ? r : fill_tswap(model, &state.device);
}
