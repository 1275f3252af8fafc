/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/leaf.h"

#include "kernel/pagesize.h"

#define FAULT_BITS                                                                    \
	(TSWAP_BIT(TSWAP_A_LEAF_READ_ERRORS) | TSWAP_BIT(TSWAP_A_LEAF_WRITE_ERRORS) | \
	 TSWAP_BIT(TSWAP_A_LEAF_FULL) | TSWAP_BIT(TSWAP_A_LEAF_BAD) |                 \
	 TSWAP_BIT(TSWAP_A_LEAF_DISCARDED))

int leaf_prio(const struct tswap_leaf_msg *leaf)
{
	return swapadm_rank_to_prio(leaf->rank < SWAPADM_RANK_MAX ? (int)leaf->rank
								  : SWAPADM_RANK_MAX);
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
	case TSWAP_LEAF_REMOVING:
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

int leaf_fill(struct swapadm_model *model, struct model_device *dev,
	      const struct tswap_leaf_msg *leaf, uint32_t tswap_id)
{
	uint64_t page_bytes = ctx_page_bytes(model->ctx);
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
	dev->pub.faults = (struct swapadm_faults){
		.known = (leaf->present & FAULT_BITS) == FAULT_BITS,
		.read_errors = leaf->read_errors,
		.write_errors = leaf->write_errors,
		.full = leaf->full,
		.bad_bytes = leaf->bad * page_bytes,
		.discarded_bytes = leaf->discarded * page_bytes,
	};
	print_uuid(leaf->uuid, uuid);
	if (leaf->present & TSWAP_BIT(TSWAP_A_LEAF_UUID) &&
	    arena_set(&model->arena, &dev->pub.uuid, uuid))
		return -ENOMEM;
	return arena_set(&model->arena, &dev->pub.label, leaf->label);
}
