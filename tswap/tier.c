// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - tiers: named, ranked groups of the leaves of a device
 *
 * A tier comes with its first leaf and goes with its last one. All under dev->lock;
 * readers of leaf->tier without it hold rcu_read_lock().
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "tswap.h"

struct tswap_tier *tswap_tier_find(struct tswap_dev *dev, const char *name)
{
	struct tswap_tier *tier;

	list_for_each_entry(tier, &dev->tiers, node)
		if (!strcmp(tier->name, name))
			return tier;
	return NULL;
}

static void insert_tier(struct tswap_dev *dev, struct tswap_tier *tier)
{
	struct tswap_tier *pos;

	list_for_each_entry(pos, &dev->tiers, node)
		if (pos->rank > tier->rank)
			break;
	list_add_tail(&tier->node, &pos->node);
}

static bool rank_taken(struct tswap_dev *dev, u32 rank, const struct tswap_tier *except)
{
	struct tswap_tier *tier;

	list_for_each_entry(tier, &dev->tiers, node)
		if (tier->rank == rank && tier != except)
			return true;
	return false;
}

static bool name_ok(const char *name)
{
	const char *p;

	if (*name < 'a' || *name > 'z' || strlen(name) >= TSWAP_NAME_MAX)
		return false;
	for (p = name; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9') && *p != '_' &&
		    *p != '-')
			return false;
	return true;
}

static struct tswap_tier *new_tier(struct tswap_dev *dev, const char *name, u32 rank)
{
	struct tswap_tier *tier = kzalloc(sizeof(*tier), GFP_KERNEL);

	if (!tier)
		return NULL;
	strscpy(tier->name, name, sizeof(tier->name));
	tier->rank = rank;
	insert_tier(dev, tier);
	return tier;
}

/**
 * tswap_tier_check() - would tswap_tier_get() find or make a tier?
 * @dev: device, dev->lock held
 * @name: name
 * @rank: its rank, or NULL for that of an existing tier
 * @extack: where to say why not
 *
 * Return: 0; -EEXIST another rank, or rank taken; -EINVAL bad name, or no rank for a new
 * tier.
 */
int tswap_tier_check(struct tswap_dev *dev, const char *name, const u32 *rank,
		     struct netlink_ext_ack *extack)
{
	struct tswap_tier *tier = tswap_tier_find(dev, name);

	if (tier && (!rank || *rank == tier->rank))
		return 0;
	if (tier)
		return refuse(
			extack,
			"the tier exists with another rank; change it with tier-set",
			-EEXIST);
	if (!name_ok(name))
		return refuse(extack,
			      "a tier's name is [a-z][a-z0-9_-]*, 31 characters at most",
			      -EINVAL);
	if (!rank)
		return refuse(extack, "a new tier needs a rank", -EINVAL);
	if (rank_taken(dev, *rank, NULL))
		return refuse(extack, "another tier has that rank", -EEXIST);
	return 0;
}

/**
 * tswap_tier_get() - the tier of a name, made if need be
 * @dev: device, dev->lock held
 * @name: name; tswap_tier_check() had nothing against it, nor against @rank
 * @rank: its rank, or NULL for that of an existing tier
 *
 * To be followed by tswap_tier_join() or, when that does not come about,
 * tswap_tier_drop().
 * Return: the tier; NULL without memory.
 */
struct tswap_tier *tswap_tier_get(struct tswap_dev *dev, const char *name,
				  const u32 *rank)
{
	return tswap_tier_find(dev, name) ?: new_tier(dev, name, *rank);
}

/* Forget a tier that has no leaf. */
void tswap_tier_drop(struct tswap_tier *tier)
{
	if (tier->nr_leaves)
		return;
	list_del(&tier->node);
	kfree_rcu(tier, rcu);
}

void tswap_tier_join(struct tswap_leaf *leaf, struct tswap_tier *tier)
{
	WRITE_ONCE(leaf->tier, tier);
	WRITE_ONCE(leaf->free_on_read, tier->free_on_read);
	if (!tier->nr_leaves++)
		tswap_ntf_tier(leaf->dev, tier, TSWAP_EVENT_ADDED);
}

/* A leaf has left; the last one takes the tier along. */
void tswap_tier_leave(struct tswap_dev *dev, struct tswap_tier *tier)
{
	if (--tier->nr_leaves)
		return;
	tswap_ntf_tier(dev, tier, TSWAP_EVENT_REMOVED);
	tswap_tier_drop(tier);
}

static int set_rank(struct tswap_dev *dev, struct tswap_tier *tier, u32 rank)
{
	u32 old = tier->rank;
	int err;

	WRITE_ONCE(tier->rank, rank);
	list_del(&tier->node);
	insert_tier(dev, tier);
	err = tswap_placement_update(dev);
	if (!err) {
		tswap_generation_bump(); /* a dump in progress may miss a tier */
		return 0;
	}
	WRITE_ONCE(tier->rank, old);
	list_del(&tier->node);
	insert_tier(dev, tier);
	return err;
}

static void set_policy(struct tswap_dev *dev, struct tswap_tier *tier, bool free_on_read)
{
	struct tswap_leaf *leaf;
	u32 id;

	tier->free_on_read = free_on_read;
	tswap_for_each_leaf(dev, leaf, id)
		if (leaf->tier == tier)
			WRITE_ONCE(leaf->free_on_read, free_on_read);
}

/**
 * tswap_tier_set() - change rank or policy of a tier
 * @dev: device, dev->lock held
 * @tier: tier
 * @rank: new rank or NULL
 * @on_swapin: new policy (enum tswap_on_swapin) or NULL
 * @extack: where to say why not
 *
 * Return: 0; -EEXIST rank taken; -ENOMEM.
 */
int tswap_tier_set(struct tswap_dev *dev, struct tswap_tier *tier, const u32 *rank,
		   const u32 *on_swapin, struct netlink_ext_ack *extack)
{
	if (rank && rank_taken(dev, *rank, tier))
		return refuse(extack, "another tier has that rank", -EEXIST);
	if (rank && *rank != tier->rank && set_rank(dev, tier, *rank))
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	if (on_swapin)
		set_policy(dev, tier, *on_swapin == TSWAP_ON_SWAPIN_FREE);
	tswap_ntf_tier(dev, tier, TSWAP_EVENT_CHANGED);
	return 0;
}
