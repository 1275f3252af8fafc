/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/redirect/leaf.h"

#include "layer/direct/direct.h"

static void name_leaf(const struct model_device *leaf, struct tswap_leaf_msg *req)
{
	*req = (struct tswap_leaf_msg){
		.present = TSWAP_BIT(TSWAP_A_LEAF_DEVICE) | TSWAP_BIT(TSWAP_A_LEAF_ID),
		.device = leaf->tswap_id,
		.id = leaf->leaf_id,
	};
}

static int change(struct swapadm_ctx *ctx, const struct model_device *leaf, int cmd,
		  const struct tswap_leaf_msg *req, const char *verb)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	char object[320];
	int r = ctx_may_change(ctx, leaf->pub.path);

	if (!r)
		r = tswap_client_open(ctx, &client);
	if (r)
		return r;
	snprintf(object, sizeof(object), "%s: %s", leaf->pub.path, verb);
	if (cmd == TSWAP_CMD_LEAF_DEL)
		return tswap_remove(client, cmd, &tswap_leaf_table, req, object);
	return tswap_call(client, cmd, &tswap_leaf_table, req, NULL, object);
}

int redirect_overcommit(struct swapadm_ctx *ctx, uint32_t tswap_id, bool on)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	const struct tswap_device_msg req = {
		.present = TSWAP_BIT(TSWAP_A_DEVICE_ID) |
			   TSWAP_BIT(TSWAP_A_DEVICE_OVERCOMMIT),
		.id = tswap_id,
		.overcommit = on,
	};
	char object[64];
	int r = tswap_client_open(ctx, &client);

	if (r)
		return r;
	snprintf(object, sizeof(object), "tswap%u: %s overcommit", tswap_id,
		 on ? "allow" : "end");
	return tswap_call(client, TSWAP_CMD_DEVICE_SET, &tswap_device_table, &req, NULL,
			  object);
}

/* the size of a device in use can't change: without this leaf it has slots too many */
static int delete_uncovered(struct swapadm_ctx *ctx, const struct model_device *leaf,
			    const struct tswap_leaf_msg *req)
{
	int r = redirect_overcommit(ctx, leaf->tswap_id, true);

	if (r)
		return r;
	return change(ctx, leaf, TSWAP_CMD_LEAF_DEL, req, "remove");
}

int redirect_leaf_delete(struct swapadm_ctx *ctx, const struct model_device *leaf)
{
	struct tswap_leaf_msg req;
	int r;

	name_leaf(leaf, &req);
	r = change(ctx, leaf, TSWAP_CMD_LEAF_DEL, &req, "remove");
	if (r == -SWAPADM_ENOROOM)
		r = delete_uncovered(ctx, leaf, &req);
	if (r == -SWAPADM_ENOROOM) { /* not for the slots, but for the pages: as it was */
		char why[sizeof(ctx->error)];

		snprintf(why, sizeof(why), "%s", ctx->error);
		redirect_overcommit(ctx, leaf->tswap_id, false);
		return ctx_fail(ctx, r, "%s", why);
	}
	return r;
}

int redirect_leaf_remove(struct swapadm_ctx *ctx, const struct model_device *leaf,
			 bool persist)
{
	int r = redirect_leaf_delete(ctx, leaf);

	return r ? r : direct_detach(ctx, leaf->pub.path, persist);
}

int redirect_leaf_set_state(struct swapadm_ctx *ctx, const struct model_device *leaf,
			    enum tswap_leaf_state state, const char *verb)
{
	struct tswap_leaf_msg req;

	name_leaf(leaf, &req);
	req.present |= TSWAP_BIT(TSWAP_A_LEAF_STATE);
	req.state = state;
	return change(ctx, leaf, TSWAP_CMD_LEAF_SET, &req, verb);
}
