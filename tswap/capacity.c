// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - room: what the leaves hold, against the slots that the device shows
 *
 * A device comes to life when its leaves have room for all slots, or with overcommit when
 * it has a leaf at all; the swap core takes the size once, at swapon, so it never changes
 * afterwards. Leaves go only when the others do. All under dev->lock.
 */
#include "tswap.h"

#define TSWAP_RESERVE 64 /* part of the room that a removal has to leave over */

static u64 leaf_room(struct tswap_leaf *leaf)
{
	if (leaf->state == TSWAP_LEAF_FAILED || leaf->state == TSWAP_LEAF_REMOVING)
		return 0;
	return leaf->pages - READ_ONCE(leaf->bad);
}

/* Pages that the leaves hold, without failed ones and those that are going away. */
u64 tswap_room(struct tswap_dev *dev)
{
	struct tswap_leaf *leaf;
	u64 room = 0;
	u32 id;

	tswap_for_each_leaf(dev, leaf, id)
		room += leaf_room(leaf);
	return room;
}

/* Slots without room. */
u64 tswap_shortage(struct tswap_dev *dev)
{
	u64 room = tswap_room(dev);

	return dev->slots > room ? dev->slots - room : 0;
}

/* Pages in use on the leaves, of one tier or (NULL) of all. */
u64 tswap_used(struct tswap_dev *dev, const struct tswap_tier *tier)
{
	struct tswap_leaf *leaf;
	u64 used = 0;
	u32 id;

	tswap_for_each_leaf(dev, leaf, id)
		if (!tier || leaf->tier == tier)
			used += tswap_space_used(leaf);
	return used;
}

/*
 * Make the capacity live once it may be, and report when slots lose or regain their room.
 */
void tswap_cover_check(struct tswap_dev *dev)
{
	bool uncovered = tswap_shortage(dev);

	if (!dev->live && dev->nr_leaves && (dev->overcommit || !uncovered)) {
		dev->live = true;
		dev->uncovered = uncovered;
		set_capacity_and_notify(dev->disk,
					(sector_t)dev->slots << TSWAP_SECTOR_SHIFT);
		tswap_ntf_device(dev, TSWAP_EVENT_CHANGED);
		return;
	}
	if (!dev->live || uncovered == dev->uncovered)
		return;
	dev->uncovered = uncovered;
	tswap_ntf_device(dev, uncovered ? TSWAP_EVENT_UNCOVERED : TSWAP_EVENT_COVERED);
}

/**
 * tswap_dev_set_overcommit() - allow or forbid more slots than room
 * @dev: device, dev->lock held
 * @on: allow
 * @extack: where to say why not
 *
 * Return: 0; -ENOSPC there are more slots than room now.
 */
int tswap_dev_set_overcommit(struct tswap_dev *dev, bool on,
			     struct netlink_ext_ack *extack)
{
	if (!on && dev->live && tswap_shortage(dev))
		return refuse(
			extack,
			"the leaves do not have room for every slot; add leaves first",
			-ENOSPC);
	if (dev->overcommit == on)
		return 0;
	WRITE_ONCE(dev->overcommit, on);
	tswap_ntf_device(dev, TSWAP_EVENT_CHANGED);
	tswap_cover_check(dev);
	return 0;
}

/**
 * tswap_leaf_may_go() - may the device do without a leaf?
 * @leaf: leaf, dev->lock held
 * @extack: where to say why not
 *
 * Return: 0; -EBUSY the leaf is in use; -ENOSPC the others have no room.
 */
int tswap_leaf_may_go(struct tswap_leaf *leaf, struct netlink_ext_ack *extack)
{
	struct tswap_dev *dev = leaf->dev;
	u64 room = tswap_room(dev) - leaf_room(leaf);

	if (leaf->job)
		return refuse(extack, "a job is moving pages off the leaf", -EBUSY);
	if (tswap_space_used(leaf))
		return refuse(extack, "the leaf holds pages; drain it first", -EBUSY);
	if (!dev->live)
		return 0;
	if (dev->slots > room && !dev->overcommit)
		return refuse(
			extack,
			"the device would have more slots than room; allow it with device-set overcommit, or add a leaf first",
			-ENOSPC);
	/* for what is being written, and for on-swapin = free */
	if (tswap_dev_is_open(dev) && tswap_used(dev, NULL) + room / TSWAP_RESERVE > room)
		return refuse(
			extack,
			"the other leaves have no room to spare for the pages in use; add a leaf first",
			-ENOSPC);
	return 0;
}
