/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "redirect_leaf.h"

#include "direct.h"

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
	return tswap_call(client, cmd, &tswap_leaf_table, req, NULL, object);
}

int redirect_leaf_remove(struct swapadm_ctx *ctx, const struct model_device *leaf,
			 bool persist)
{
	struct tswap_leaf_msg req;
	int r;

	name_leaf(leaf, &req);
	r = change(ctx, leaf, TSWAP_CMD_LEAF_DEL, &req, "remove");
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
