/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/redirect/redirect.h"

#include <sys/sysmacros.h>

#include "model/load.h"
#include "module/snapshot.h"

static void fill_redirect(const struct tswap_device_msg *device,
			  struct swapadm_redirect *out)
{
	uint64_t page_bytes = own_page_bytes();

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

/* the tswap device itself, for drain and remove; call after the leaves */
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
	_cleanup_(snapshot_free) struct snapshot state = { 0 };
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	int r;

	if (ctx->foreign_root || !tswap_loaded(ctx))
		return -EPROTONOSUPPORT;
	r = tswap_client_open(ctx, &client);
	if (!r)
		r = snapshot_read(client, &state);
	if (r)
		return r == -ENODEV ? -EPROTONOSUPPORT : r;
	fill_redirect(&state.device, &model->redirect);
	r = load_model(ctx, conf, flags, &state, model);
	return r ? r : fill_tswap(model, &state.device);
}
