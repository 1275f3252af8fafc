/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the module's message about a leaf to the model's device. */
#ifndef SWAPADM_MODEL_LEAF_H
#define SWAPADM_MODEL_LEAF_H

#include "model/model.h"
#include "module/msg.h"

/* the priority that its rank would have on the direct layer: tiers are ordered by it */
int leaf_prio(const struct tswap_leaf_msg *leaf);

/* what the module reports of a leaf, into the device made from it; -ENOMEM */
int leaf_fill(struct swapadm_model *model, struct model_device *dev,
	      const struct tswap_leaf_msg *leaf, uint32_t tswap_id);

#endif
