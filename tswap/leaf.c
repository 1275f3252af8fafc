// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - leaves: adding, states, removing
 *
 * Under dev->lock, unless noted. How a leaf is opened is in signature.c, what room the
 * device needs in capacity.c, who still uses a position in inflight.c.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/swap.h>

#include "tswap.h"

#define TSWAP_REMOVE_WAIT (10 * HZ)

struct tswap_leaf *tswap_leaf_find(struct tswap_dev *dev, u32 id)
{
	if (!id || id > TSWAP_LEAF_MAX)
		return NULL;
	return rcu_dereference_protected(dev->leaf[id], lockdep_is_held(&dev->lock));
}

/*
 * Told by the I/O path
 */

/* Have the event work tell about a leaf. Any context. */
void tswap_leaf_raise(struct tswap_leaf *leaf, enum tswap_event event)
{
	set_bit(event, &leaf->events);
	queue_work(tswap_wq, &leaf->dev->event_work);
}

/*
 * Adding
 */

static struct tswap_leaf *new_leaf(struct tswap_dev *dev,
				   const struct tswap_leaf_param *par)
{
	struct tswap_leaf *leaf = kzalloc(sizeof(*leaf), GFP_KERNEL);

	if (!leaf)
		return NULL;
	leaf->dev = dev;
	leaf->flags = par->flags;
	leaf->state = par->state;
	leaf->state_before = par->state;
	raw_spin_lock_init(&leaf->lock);
	mutex_init(&leaf->sync_lock);
	tswap_health_init(leaf);
	tswap_sweep_init(leaf);
	tswap_leaf_kobj_init(leaf);
	leaf->cpu = alloc_percpu(struct tswap_leaf_cpu);
	if (!leaf->cpu) {
		kobject_put(&leaf->kobj);
		return NULL;
	}
	return leaf;
}

/* Nobody can see the leaf, or any more. */
static void free_leaf(struct tswap_leaf *leaf)
{
	tswap_leaf_close(leaf);
	kobject_put(&leaf->kobj); /* the release function does the rest */
}

static u32 free_id(struct tswap_dev *dev)
{
	u32 id;

	for (id = 1; id <= TSWAP_LEAF_MAX; id++)
		if (!tswap_leaf_find(dev, id))
			return id;
	return 0;
}

/* Let the write path see the leaf, which is in its tier. */
static int publish_leaf(struct tswap_leaf *leaf)
{
	struct tswap_dev *dev = leaf->dev;
	int err = tswap_sysfs_add_leaf(leaf);

	if (err)
		return err;
	rcu_assign_pointer(dev->leaf[leaf->id], leaf);
	err = tswap_placement_update(dev);
	if (err) {
		RCU_INIT_POINTER(dev->leaf[leaf->id], NULL);
		synchronize_rcu();
		kobject_del(&leaf->kobj);
	}
	return err;
}

static int add_leaf(struct tswap_leaf *leaf, struct tswap_leaf_param *par,
		    struct netlink_ext_ack *extack)
{
	struct tswap_dev *dev = leaf->dev;
	struct tswap_tier *tier;
	int err;

	if (dev->dying)
		return refuse(extack, "the device is being removed", -ENODEV);
	leaf->id = free_id(dev);
	if (!leaf->id)
		return refuse(extack, "the device has as many leaves as it can have",
			      -ENOSPC);
	tier = tswap_tier_get(dev, par->tier, par->has_rank ? &par->rank : NULL, extack);
	if (IS_ERR(tier))
		return PTR_ERR(tier);
	tswap_sweep_set(leaf);
	tswap_tier_join(leaf, tier);
	err = publish_leaf(leaf);
	if (err) {
		tswap_tier_leave(dev, tier);
		return refuse(extack,
			      err == -ENOMEM ? TSWAP_NO_MEMORY
					     : "cannot show the leaf in sysfs",
			      err);
	}
	dev->nr_leaves++;
	par->id = leaf->id;
	snprintf(par->name, sizeof(par->name), "%pg", leaf->bdev);
	tswap_ntf_leaf(leaf, TSWAP_EVENT_ADDED);
	tswap_cover_check(dev);
	return 0;
}

/**
 * tswap_leaf_add() - open a leaf and let it take pages
 * @dev: device, dev->lock not held: opening and reading a device can take long
 * @par: what user space asked for, and what became of it
 * @extack: where to say why not
 *
 * Return: 0; what tswap_leaf_open() and tswap_tier_get() gave; -ENODEV the device is being
 * removed; -ENOSPC too many leaves; -ENOMEM.
 */
int tswap_leaf_add(struct tswap_dev *dev, struct tswap_leaf_param *par,
		   struct netlink_ext_ack *extack)
{
	struct tswap_leaf *leaf = new_leaf(dev, par);
	int err;

	if (!leaf)
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	err = tswap_leaf_open(leaf, par->fd, extack);
	if (!err) {
		mutex_lock(&dev->lock);
		err = add_leaf(leaf, par, extack);
		mutex_unlock(&dev->lock);
	}
	if (err)
		free_leaf(leaf);
	return err;
}

/*
 * States
 */

/**
 * tswap_leaf_state_change() - put a leaf into another state
 * @leaf: leaf, dev->lock held
 * @state: enum tswap_leaf_state
 *
 * Return: 0, -ENOMEM with nothing changed.
 */
int tswap_leaf_state_change(struct tswap_leaf *leaf, u32 state)
{
	u32 old = leaf->state;
	int err;

	if (old == state)
		return 0;
	WRITE_ONCE(leaf->state, state);
	err = tswap_placement_update(leaf->dev);
	if (err) {
		WRITE_ONCE(leaf->state, old);
		return err;
	}
	tswap_ntf_leaf(leaf, state == TSWAP_LEAF_FAILED ? TSWAP_EVENT_FAILED
							: TSWAP_EVENT_CHANGED);
	tswap_cover_check(leaf->dev);
	return 0;
}

/**
 * tswap_leaf_set_state() - put a leaf into service or take it out
 * @leaf: leaf, dev->lock held
 * @state: active or cordoned
 * @extack: where to say why not
 *
 * Return: 0; -EBUSY it is being drained; -ENOMEM.
 */
int tswap_leaf_set_state(struct tswap_leaf *leaf, u32 state,
			 struct netlink_ext_ack *extack)
{
	u32 old = leaf->state;

	if (old == TSWAP_LEAF_DRAINING)
		return refuse(extack, "a drain is running; cancel its job first", -EBUSY);
	if (state == TSWAP_LEAF_CORDONED && old != TSWAP_LEAF_ACTIVE)
		return 0; /* it takes no pages already, and says more precisely why */
	if (state == TSWAP_LEAF_ACTIVE)
		WRITE_ONCE(leaf->failing, false);
	if (tswap_leaf_state_change(leaf, state))
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	if (state == TSWAP_LEAF_ACTIVE)
		tswap_leaf_forgive(leaf);
	return 0;
}

/**
 * tswap_leaf_set_flags() - change the options of a leaf
 * @leaf: leaf, dev->lock held
 * @flags: TSWAP_LEAF_F_*, all of them
 * @extack: where to say why not
 *
 * Return: 0; -EOPNOTSUPP no discard; -EINVAL allow-loop would change; -ENOMEM.
 */
int tswap_leaf_set_flags(struct tswap_leaf *leaf, u32 flags,
			 struct netlink_ext_ack *extack)
{
	u32 old = leaf->flags;

	if (flags & TSWAP_LEAF_F_DISCARD && !bdev_max_discard_sectors(leaf->bdev))
		return refuse(extack, "the leaf has no discard", -EOPNOTSUPP);
	if ((flags ^ leaf->flags) & TSWAP_LEAF_F_ALLOW_LOOP)
		return refuse(extack,
			      "allow-loop can only be given when the leaf is added",
			      -EINVAL);
	leaf->flags = flags;
	if (tswap_space_watch_frees(leaf)) {
		leaf->flags = old;
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	}
	tswap_sweep_set(leaf);
	return 0;
}

/*
 * Removing
 */

/* Unlink a leaf that holds nothing; afterwards nobody can see it. */
static void unlink_leaf(struct tswap_leaf *leaf)
{
	struct tswap_dev *dev = leaf->dev;
	struct tswap_tier *tier = leaf->tier;

	rcu_assign_pointer(dev->leaf[leaf->id], NULL);
	synchronize_rcu();
	tswap_sweep_stop(leaf);
	tswap_health_stop(leaf);
	dev->nr_leaves--;
	if (leaf->kobj.state_in_sysfs)
		kobject_del(&leaf->kobj);
	tswap_ntf_leaf(leaf, TSWAP_EVENT_REMOVED);
	tswap_tier_leave(dev, tier);
	free_leaf(leaf);
}

/**
 * tswap_leaf_del() - remove an empty leaf
 * @leaf: leaf, dev->lock held; gone on success
 * @extack: where to say why not
 *
 * Takes the leaf out of the placement first; a write that had chosen it before is seen
 * in its use count after the RCU grace period, and then the leaf stays.
 * Return: 0; -EBUSY in use; -ENOSPC the others have no room; -ENOMEM.
 */
int tswap_leaf_del(struct tswap_leaf *leaf, struct netlink_ext_ack *extack)
{
	struct tswap_dev *dev = leaf->dev;
	u32 old = leaf->state;
	int err;

	err = tswap_leaf_may_go(leaf, extack);
	if (err)
		return err;
	WRITE_ONCE(leaf->state, TSWAP_LEAF_CORDONED);
	if (tswap_placement_update(dev)) {
		WRITE_ONCE(leaf->state, old);
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	}
	synchronize_rcu();
	if (tswap_space_used(leaf))
		err = refuse(extack, "the leaf got pages meanwhile; drain it first",
			     -EBUSY);
	else if (!tswap_leaf_settle(leaf, TSWAP_REMOVE_WAIT))
		err = refuse(extack, "requests to the leaf do not end", -EBUSY);
	if (err) {
		WRITE_ONCE(leaf->state, old);
		tswap_placement_update(dev); /* without memory: at the next change */
		return err;
	}
	unlink_leaf(leaf);
	tswap_cover_check(dev);
	return 0;
}

/* Take the folders away while that of the device is still there. */
void tswap_leaf_hide_all(struct tswap_dev *dev)
{
	struct tswap_leaf *leaf;
	u32 id;

	tswap_for_each_leaf(dev, leaf, id)
		kobject_del(&leaf->kobj);
}

/* Of a device that nobody has open and whose disk is gone: pages may be forgotten. */
void tswap_leaf_del_all(struct tswap_dev *dev)
{
	struct tswap_leaf *leaf;
	u32 id;

	tswap_for_each_leaf(dev, leaf, id) {
		while (!tswap_leaf_settle(leaf, TSWAP_REMOVE_WAIT))
			;
		unlink_leaf(leaf);
	}
}
