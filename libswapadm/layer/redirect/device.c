/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of the redirect layer: after swapoff of its area the tswap device holds
 * nothing, and goes; then each leaf is detached as an area of the direct layer would be.
 */
#include "layer/direct/direct.h"
#include "layer/redirect/redirect.h"
#include "module/snapshot.h"

static int delete_device(struct tswap_client *client, const struct snapshot *state)
{
	const struct tswap_device_msg req = {
		.present = TSWAP_BIT(TSWAP_A_DEVICE_ID),
		.id = state->device.id,
	};
	char object[64];

	snprintf(object, sizeof(object), "/dev/%s: remove", state->device.name);
	return tswap_remove(client, TSWAP_CMD_DEVICE_DEL, &tswap_device_table, &req,
			    object);
}

/* @state: what there was before */
static int read_and_delete(struct swapadm_ctx *ctx, const char *path,
			   struct snapshot *state)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	const char *name = str_after(path, "/dev/");
	int r = ctx_may_change(ctx, path);

	if (!r)
		r = tswap_client_open(ctx, &client);
	if (!r)
		r = snapshot_read(client, state);
	if (r)
		return r;
	if (!streq_null(name, state->device.name))
		return ctx_fail(ctx, -ENODEV, "%s: remove: no such tswap device", path);
	return delete_device(client, state);
}

int redirect_delete(struct swapadm_ctx *ctx, const char *path)
{
	_cleanup_(snapshot_free) struct snapshot state = { 0 };

	return read_and_delete(ctx, path, &state);
}

int redirect_take_down(struct swapadm_ctx *ctx, const char *path, bool persist)
{
	_cleanup_(snapshot_free) struct snapshot state = { 0 };
	char leaf[64], why[sizeof(ctx->error)];
	int result;

	/* `remove all` takes the ordinary areas next to it too */
	if (!str_after(path, "/dev/tswap"))
		return direct_detach(ctx, path, persist);
	result = read_and_delete(ctx, path, &state);
	if (result)
		return result;
	/* one that stays must not keep the others: they are nobody's now */
	for (size_t i = 0; i < state.n_leaves; i++) {
		int r;

		snprintf(leaf, sizeof(leaf), "/dev/%s", state.leaves[i].name);
		r = direct_detach(ctx, leaf, persist);
		if (!r || result)
			continue;
		snprintf(why, sizeof(why), "%s", ctx->error);
		result = r;
	}
	return result ? ctx_fail(ctx, result, "%s", why) : 0;
}
