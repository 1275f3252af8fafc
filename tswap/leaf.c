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

#define TSWAP_SETTLE_LOOK (10 * HZ)

struct tswap_leaf *tswap_leaf_find(struct tswap_dev *dev, u32 id)
{
	if (!id || id > TSWAP_LEAF_MAX)
		return NULL;
	return rcu_dereference_protected(dev->leaf[id], lockdep_is_held(&dev->lock));
}

/* The first leaf from *@id on, or NULL; *@id becomes its id. */
struct tswap_leaf *tswap_leaf_next(struct tswap_dev *dev, u32 *id)
{
	struct tswap_leaf *leaf = NULL;

	while (*id <= TSWAP_LEAF_MAX && !(leaf = tswap_leaf_find(dev, *id)))
		(*id)++;
	return leaf;
}

/*
 * Reported by the I/O path
 */

/* Have the event work report a leaf. Any context. */
void tswap_leaf_raise(struct tswap_leaf *leaf, enum tswap_event event)
{
	set_bit(event, &leaf->events);
	mod_delayed_work(tswap_wq, &leaf->dev->event_work, 0);
}

/* Its block device was taken away; the block layer keeps the leaf open meanwhile. */
void tswap_leaf_gone(struct tswap_leaf *leaf)
{
	WRITE_ONCE(leaf->gone, true);
	WRITE_ONCE(leaf->failing, true);
	tswap_leaf_raise(leaf, TSWAP_EVENT_FAILED);
}

/*
 * Adding
 */

static void remove_work(struct work_struct *work);

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
	tswap_health_init(leaf);
	tswap_sweep_init(leaf);
	tswap_retry_init(leaf);
	INIT_WORK(&leaf->remove_work, remove_work);
	tswap_leaf_kobj_init(leaf);
	leaf->cpu = alloc_percpu(struct tswap_leaf_cpu);
	if (!leaf->cpu) {
		kobject_put(&leaf->kobj);
		return NULL;
	}
	return leaf;
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

/* Could a leaf be added as @par says? */
static int check_add(struct tswap_dev *dev, const struct tswap_leaf_param *par,
		     struct netlink_ext_ack *extack)
{
	if (dev->dying)
		return refuse(extack, "the device is being removed", -ENODEV);
	if (!free_id(dev))
		return refuse(extack, "the device has as many leaves as it can have",
			      -ENOSPC);
	return tswap_tier_check(dev, par->tier, par->has_rank ? &par->rank : NULL,
				extack);
}

static int add_leaf(struct tswap_leaf *leaf, struct tswap_leaf_param *par,
		    struct netlink_ext_ack *extack)
{
	struct tswap_dev *dev = leaf->dev;
	struct tswap_tier *tier;
	int err = check_add(dev, par, extack);

	if (err)
		return err;
	leaf->id = free_id(dev);
	tier = tswap_tier_get(dev, par->tier, par->has_rank ? &par->rank : NULL);
	if (!tier)
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	tswap_sweep_set(leaf);
	tswap_tier_join(leaf, tier);
	err = dev->rules ? tswap_space_add_owners(leaf) : 0;
	if (!err)
		err = publish_leaf(leaf);
	if (err) {
		tswap_tier_leave(dev, tier);
		return refuse(extack, "no memory, or no place in sysfs for the leaf",
			      err);
	}
	dev->nr_leaves++;
	par->id = leaf->id;
	strscpy(par->name, leaf->name, sizeof(par->name));
	tswap_ntf_leaf(leaf, TSWAP_EVENT_ADDED);
	tswap_cover_check(dev);
	if (READ_ONCE(leaf->gone)) /* while nobody could see the leaf */
		tswap_leaf_raise(leaf, TSWAP_EVENT_FAILED);
	return 0;
}

/* Close and free a leaf that was not added after all. */
static void drop_leaf(struct tswap_leaf *leaf)
{
	kref_get(&leaf->dev->ref);
	leaf->state = TSWAP_LEAF_REMOVING;
	queue_work(tswap_device_wq, &leaf->remove_work);
}

/**
 * tswap_leaf_add() - open a leaf and let it take pages
 * @dev: device, dev->lock not held: opening and reading a device can take long
 * @par: what user space asked for, and what became of it
 * @extack: where to say why not
 *
 * What can be refused is refused before the leaf is opened.
 * Return: 0; what tswap_leaf_open() and tswap_tier_check() gave; -ENODEV the device is
 * being removed; -ENOSPC too many leaves; -ENOMEM.
 */
int tswap_leaf_add(struct tswap_dev *dev, struct tswap_leaf_param *par,
		   struct netlink_ext_ack *extack)
{
	struct tswap_leaf *leaf;
	int err;

	mutex_lock(&dev->lock);
	err = check_add(dev, par, extack);
	mutex_unlock(&dev->lock);
	if (err)
		return err;
	leaf = new_leaf(dev, par);
	if (!leaf)
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	err = tswap_leaf_open(leaf, par->fd, extack);
	if (err)
		return err; /* it is gone, or goes when its device answers */
	mutex_lock(&dev->lock);
	err = add_leaf(leaf, par, extack);
	mutex_unlock(&dev->lock);
	if (err)
		drop_leaf(leaf);
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

static int check_flags(struct tswap_leaf *leaf, u32 flags, struct netlink_ext_ack *extack)
{
	if (flags & TSWAP_LEAF_F_DISCARD && !bdev_max_discard_sectors(leaf->bdev))
		return refuse(extack, "the leaf has no discard", -EOPNOTSUPP);
	if ((flags ^ leaf->flags) & TSWAP_LEAF_F_ALLOW_LOOP)
		return refuse(extack,
			      "allow-loop can only be given when the leaf is added",
			      -EINVAL);
	return 0;
}

static int check_state(struct tswap_leaf *leaf, u32 state, struct netlink_ext_ack *extack)
{
	if (leaf->state == TSWAP_LEAF_DRAINING)
		return refuse(extack, "a drain is running; cancel its job first", -EBUSY);
	if (state == TSWAP_LEAF_ACTIVE && READ_ONCE(leaf->gone))
		return refuse(extack, "the block device of the leaf is gone", -ENXIO);
	return 0;
}

static int check_tier(struct tswap_leaf *leaf, const char *name, const u32 *rank,
		      struct netlink_ext_ack *extack)
{
	if (leaf->job && strcmp(name, leaf->tier->name))
		return refuse(extack,
			      "a job is moving pages off the leaf; cancel it first",
			      -EBUSY);
	return tswap_tier_check(leaf->dev, name, rank, extack);
}

static int check_change(struct tswap_leaf *leaf, const struct tswap_leaf_change *to,
			struct netlink_ext_ack *extack)
{
	int err = 0;

	if (leaf->state == TSWAP_LEAF_REMOVING)
		return refuse(extack, "the leaf is being removed", -ENODEV);
	if (to->rank && !to->tier)
		return refuse(extack, "a rank belongs to a tier; use tier-set", -EINVAL);
	if (to->flags)
		err = check_flags(leaf, *to->flags, extack);
	if (!err && to->tier)
		err = check_tier(leaf, to->tier, to->rank, extack);
	if (!err && to->state)
		err = check_state(leaf, *to->state, extack);
	return err;
}

/*
 * Enter a tier and a state at once; only memory can lack, and nothing has changed then.
 */
static int enter(struct tswap_leaf *leaf, struct tswap_tier *tier, u32 state)
{
	struct tswap_tier *old_tier = leaf->tier;
	u32 old_state = leaf->state;
	int err;

	if (tier == old_tier && state == old_state)
		return 0;
	WRITE_ONCE(leaf->tier, tier);
	WRITE_ONCE(leaf->state, state);
	err = tswap_placement_update(leaf->dev);
	if (err) {
		WRITE_ONCE(leaf->tier, old_tier);
		WRITE_ONCE(leaf->state, old_state);
		return err;
	}
	if (tier != old_tier) {
		tswap_tier_join(leaf, tier);
		tswap_tier_leave(leaf->dev, old_tier);
	}
	return 0;
}

/* Only memory for watching what is freed can lack. */
static int set_flags(struct tswap_leaf *leaf, const u32 *flags)
{
	u32 old = leaf->flags;

	if (!flags)
		return 0;
	leaf->flags = *flags;
	if (tswap_space_watch_frees(leaf)) {
		leaf->flags = old;
		return -ENOMEM;
	}
	tswap_sweep_set(leaf);
	return 0;
}

static void restore_flags(struct tswap_leaf *leaf, u32 flags)
{
	leaf->flags = flags;
	tswap_sweep_set(leaf);
}

/**
 * tswap_leaf_set() - change options, tier and state of a leaf, all or nothing
 * @leaf: leaf, dev->lock held
 * @to: what to change; a state is active or cordoned
 * @extack: where to say why not
 *
 * Return: 0; -EOPNOTSUPP no discard; -EINVAL allow-loop would change, or a rank without
 * tier; -EBUSY a job is moving pages off it; -ENXIO its block device is gone; -ENODEV it
 * is being removed; what tswap_tier_check() gave; -ENOMEM.
 */
int tswap_leaf_set(struct tswap_leaf *leaf, const struct tswap_leaf_change *to,
		   struct netlink_ext_ack *extack)
{
	struct tswap_tier *tier = leaf->tier;
	u32 state = leaf->state, flags = leaf->flags;
	int err = check_change(leaf, to, extack);
	bool changed;

	if (err)
		return err;
	/* a leaf that takes no pages already says more precisely why */
	if (to->state && (*to->state == TSWAP_LEAF_ACTIVE || state == TSWAP_LEAF_ACTIVE))
		state = *to->state;
	if (to->tier)
		tier = tswap_tier_get(leaf->dev, to->tier, to->rank);
	changed = to->flags || to->tier || state != leaf->state;
	err = tier ? set_flags(leaf, to->flags) : -ENOMEM;
	if (!err) {
		err = enter(leaf, tier, state);
		if (err)
			restore_flags(leaf, flags);
	}
	if (err) {
		if (tier)
			tswap_tier_drop(tier);
		return refuse(extack, TSWAP_NO_MEMORY, err);
	}
	if (to->state && state == TSWAP_LEAF_ACTIVE)
		tswap_leaf_forgive(leaf);
	if (changed)
		tswap_ntf_leaf(leaf, TSWAP_EVENT_CHANGED);
	tswap_cover_check(leaf->dev);
	return 0;
}

/*
 * Removing
 */

/*
 * Nothing is allocated on the leaf any more, but requests to it may still be in flight.
 */
static void await_requests(struct tswap_leaf *leaf)
{
	bool told = false;

	tswap_sweep_stop(leaf);
	while (!tswap_leaf_settle(leaf, TSWAP_SETTLE_LOOK)) {
		if (!told)
			pr_notice(
				"tswap%u: leaf %u (%s) waits for requests in flight before it goes\n",
				leaf->dev->id, leaf->id, leaf->name);
		told = true;
	}
	tswap_health_stop(leaf);
	synchronize_rcu();
	tswap_retry_exit(leaf);
	tswap_sweep_exit(leaf);
}

/* Take the leaf out of the device's tables; its id is free from now on. */
static void unlink_leaf(struct tswap_leaf *leaf)
{
	struct tswap_dev *dev = leaf->dev;

	mutex_lock(&dev->lock);
	rcu_assign_pointer(dev->leaf[leaf->id], NULL);
	tswap_ntf_leaf(leaf, TSWAP_EVENT_REMOVED);
	tswap_tier_leave(dev, leaf->tier);
	WRITE_ONCE(dev->nr_leaves, dev->nr_leaves - 1);
	mutex_unlock(&dev->lock);
	synchronize_rcu();
	wake_up_all(&dev->gone_wait);
}

/* The rest of a removal, which may take as long as the leaf's device does. */
static void remove_work(struct work_struct *work)
{
	struct tswap_leaf *leaf = container_of(work, struct tswap_leaf, remove_work);
	struct tswap_dev *dev = leaf->dev;
	bool added = leaf->kobj.state_in_sysfs;

	await_requests(leaf);
	if (added)
		kobject_del(&leaf->kobj);
	tswap_leaf_close(leaf);
	if (added)
		unlink_leaf(leaf);
	kobject_put(&leaf->kobj); /* the release function does the rest */
	tswap_dev_put(dev);
}

/* Queue the rest of the removal of a leaf that takes no pages; dev->lock. */
static void start_removal(struct tswap_leaf *leaf)
{
	kref_get(&leaf->dev->ref); /* put by remove_work() */
	tswap_ntf_leaf(leaf, TSWAP_EVENT_CHANGED);
	queue_work(tswap_device_wq, &leaf->remove_work);
}

/**
 * tswap_leaf_del() - begin to remove an empty leaf
 * @leaf: leaf, dev->lock held
 * @extack: where to say why not
 *
 * Takes the leaf out of the placement first; a write that had chosen it before is seen
 * in its use count after the RCU grace period, and then the leaf stays. What is left is
 * to wait for requests in flight and to close the device: a work item does that.
 * Return: 0, the event REMOVED follows; -EBUSY in use; -ENOSPC the others have no room;
 * -ENODEV it is being removed already; -ENOMEM.
 */
int tswap_leaf_del(struct tswap_leaf *leaf, struct netlink_ext_ack *extack)
{
	struct tswap_dev *dev = leaf->dev;
	u32 old = leaf->state;
	int err;

	if (old == TSWAP_LEAF_REMOVING)
		return refuse(extack, "the leaf is being removed", -ENODEV);
	err = tswap_leaf_may_go(leaf, extack);
	if (err)
		return err;
	WRITE_ONCE(leaf->state, TSWAP_LEAF_REMOVING);
	if (tswap_placement_update(dev)) {
		WRITE_ONCE(leaf->state, old);
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	}
	synchronize_rcu();
	if (tswap_space_used(leaf)) {
		WRITE_ONCE(leaf->state, old);
		tswap_placement_update(dev); /* without memory: at the next change */
		return refuse(extack, "the leaf got pages meanwhile; drain it first",
			      -EBUSY);
	}
	start_removal(leaf);
	tswap_cover_check(dev);
	return 0;
}

/*
 * Remove all leaves of a device that nobody has open and no job works on: pages may be
 * forgotten. Waits until they are gone. A leaf that hangs does not hold up the others.
 */
void tswap_leaf_remove_all(struct tswap_dev *dev)
{
	struct tswap_leaf *leaf;
	u32 id;

	mutex_lock(&dev->lock);
	tswap_for_each_leaf(dev, leaf, id) {
		if (leaf->state == TSWAP_LEAF_REMOVING)
			continue;
		WRITE_ONCE(leaf->state, TSWAP_LEAF_REMOVING);
		start_removal(leaf);
	}
	tswap_placement_update(dev); /* without memory: nobody writes any more */
	mutex_unlock(&dev->lock);
	wait_event_idle(dev->gone_wait, !READ_ONCE(dev->nr_leaves));
}
