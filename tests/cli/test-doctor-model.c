/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-doctor-model.h"

#include "model/model.h"

struct swapadm_model *made_model(struct swapadm_ctx *ctx)
{
	struct swapadm_model *model;

	return model_new(ctx, NULL, 0, &model) ? NULL : model;
}

struct swapadm_device *made_device(struct swapadm_model *model, const char *name)
{
	struct model_tier *tier = model_find_tier(model, "t");
	struct model_device *dev;

	if ((!tier && model_add_tier(model, "t", 0, 100, false, &tier)) ||
	    model_new_device(model, &dev) || model_tier_add(tier, dev))
		abort();
	dev->pub.name = dev->pub.path = name;
	dev->pub.state = SWAPADM_STATE_ACTIVE;
	dev->pub.prio = 100;
	return &dev->pub;
}

void made_finish(struct swapadm_model *model)
{
	model_finish(model);
}
