// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - devices: making, opening, removing; their events
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "tswap.h"

#define TSWAP_DEV_MAX     1024
#define TSWAP_MIN_SLOTS   10
#define TSWAP_AGE_EVERY   ((1UL << 20) * HZ)
#define TSWAP_EVENT_AGAIN (HZ / 4) /* an event that found no memory is tried again */

static struct {
	struct mutex lock;
	struct xarray devices;
} tswap_devices = {
	.lock = __MUTEX_INITIALIZER(tswap_devices.lock),
	.devices = XARRAY_INIT(tswap_devices.devices, XA_FLAGS_ALLOC),
};

struct workqueue_struct *tswap_wq;
struct workqueue_struct *tswap_device_wq; /* what waits for devices, perhaps for long */
static bool opens_forbidden;              /* see tswap_forbid_opens() */

/*
 * Block device operations
 */

int tswap_disk_open(struct gendisk *disk, bool exclusive)
{
	struct tswap_dev *dev = disk->private_data;
	unsigned long irq;
	int err = 0;

	spin_lock_irqsave(&dev->open_lock, irq);
	if (dev->dying)
		err = -ENXIO;
	else if (READ_ONCE(opens_forbidden))
		err = -EBUSY;
	else
		dev->openers++;
	if (exclusive && !err)
		WRITE_ONCE(dev->swap_type,
			   -1); /* a new area, perhaps with another number */
	spin_unlock_irqrestore(&dev->open_lock, irq);
	return err;
}

void tswap_disk_release(struct gendisk *disk)
{
	struct tswap_dev *dev = disk->private_data;
	unsigned long irq;

	spin_lock_irqsave(&dev->open_lock, irq);
	dev->openers--;
	spin_unlock_irqrestore(&dev->open_lock, irq);
}

bool tswap_dev_is_open(struct tswap_dev *dev)
{
	return READ_ONCE(dev->openers) > 0;
}

static void free_disk(struct gendisk *disk);

static const struct block_device_operations tswap_fops = {
	.owner = THIS_MODULE,
	.submit_bio = tswap_submit_bio,
	.open = tswap_fops_open,
	.release = tswap_fops_release,
	.free_disk = free_disk,
	.swap_slot_free_notify = tswap_slot_free_notify,
};

bool tswap_is_tswap(struct block_device *bdev)
{
	return bdev->bd_disk->fops == &tswap_fops;
}

/*
 * Table of devices
 */

static void free_dev(struct tswap_dev *dev)
{
	struct tswap_placement *p = rcu_dereference_protected(dev->placement, 1);

	tswap_io_dev_exit(dev);
	tswap_map_exit(dev);
	tswap_rules_exit(dev);
	if (p)
		kfree_rcu(p, rcu);
	free_percpu(dev->hint);
	kfree(dev);
	module_put(THIS_MODULE);
}

/* The last descriptor of the disk is closed: until then release comes to the device. */
static void free_disk(struct gendisk *disk)
{
	free_dev(disk->private_data);
}

static void release_dev(struct kref *ref)
{
	struct tswap_dev *dev = container_of(ref, struct tswap_dev, ref);
	bool shown = dev->shown;

	cancel_delayed_work_sync(&dev->event_work);
	if (dev->disk)
		put_disk(dev->disk);
	if (!shown) /* else free_disk() does it */
		free_dev(dev);
}

void tswap_dev_put(struct tswap_dev *dev)
{
	kref_put(&dev->ref, release_dev);
}

/* The device with that id, with a reference, or NULL. */
struct tswap_dev *tswap_dev_get(u32 id)
{
	struct tswap_dev *dev;

	mutex_lock(&tswap_devices.lock);
	dev = xa_load(&tswap_devices.devices, id);
	if (dev)
		kref_get(&dev->ref);
	mutex_unlock(&tswap_devices.lock);
	return dev;
}

/* The first device from *@id on, with a reference, or NULL; *@id becomes its id. */
struct tswap_dev *tswap_dev_next(u32 *id)
{
	unsigned long index = *id;
	struct tswap_dev *dev;

	mutex_lock(&tswap_devices.lock);
	dev = xa_find(&tswap_devices.devices, &index, ULONG_MAX, XA_PRESENT);
	if (dev)
		kref_get(&dev->ref);
	mutex_unlock(&tswap_devices.lock);
	*id = index;
	return dev;
}

/**
 * tswap_forbid_opens() - let nobody open a device, or let them again
 * @forbid: forbid
 *
 * Return: false if a device is open; what was asked for holds all the same.
 */
bool tswap_forbid_opens(bool forbid)
{
	struct tswap_dev *dev;
	unsigned long index, irq;
	bool open = false;

	mutex_lock(&tswap_devices.lock);
	WRITE_ONCE(opens_forbidden, forbid);
	xa_for_each(&tswap_devices.devices, index, dev) {
		/*
		 * whoever had the lock before us is seen, whoever comes after us sees us
		 */
		spin_lock_irqsave(&dev->open_lock, irq);
		open |= dev->openers > 0;
		spin_unlock_irqrestore(&dev->open_lock, irq);
	}
	mutex_unlock(&tswap_devices.lock);
	return !open;
}

/*
 * Events: what the I/O path has to report, reported from process context
 */

/* Have the event work report a device. Any context. */
void tswap_dev_raise(struct tswap_dev *dev, unsigned int event)
{
	set_bit(event, &dev->events);
	mod_delayed_work(tswap_wq, &dev->event_work, 0);
}

/* Make a leaf failed. Return: false without memory. */
static bool fail_leaf(struct tswap_leaf *leaf)
{
	const char *why = READ_ONCE(leaf->gone) ? "its device is gone"
						: "repeated errors";

	leaf->state_before = TSWAP_LEAF_FAILED;
	if (leaf->state == TSWAP_LEAF_DRAINING || leaf->state == TSWAP_LEAF_REMOVING)
		return true; /* the job sets it when it ends; the leaf goes anyway */
	if (tswap_leaf_state_change(leaf, TSWAP_LEAF_FAILED))
		return false;
	pr_err("tswap%u: leaf %u (%s) is failed: %s\n", leaf->dev->id, leaf->id,
	       leaf->name, why);
	return true;
}

/*
 * Return: false if something is left to do when there is memory. Positions that are
 * retired or come back change the room: who does that raises TSWAP_EVENT_CHANGED.
 */
static bool leaf_events(struct tswap_leaf *leaf)
{
	static const u8 plain[] = { TSWAP_EVENT_CHANGED, TSWAP_EVENT_FULL,
				    TSWAP_EVENT_LOST, TSWAP_EVENT_STALLED,
				    TSWAP_EVENT_RESPONDS };
	int i;

	for (i = 0; i < ARRAY_SIZE(plain); i++)
		if (test_and_clear_bit(plain[i], &leaf->events))
			tswap_ntf_leaf(leaf, plain[i]);
	if (!test_and_clear_bit(TSWAP_EVENT_FAILED, &leaf->events) ||
	    !READ_ONCE(leaf->failing) || fail_leaf(leaf))
		return true;
	set_bit(TSWAP_EVENT_FAILED, &leaf->events);
	return false;
}

static void event_work(struct work_struct *work)
{
	struct tswap_dev *dev = container_of(work, struct tswap_dev, event_work.work);
	struct tswap_leaf *leaf;
	bool done = true;
	u32 id;

	mutex_lock(&dev->lock);
	if (!dev->dying) {
		if (test_and_clear_bit(TSWAP_EVENT_NO_SPACE, &dev->events))
			tswap_ntf_device(dev, TSWAP_EVENT_NO_SPACE);
		if (test_and_clear_bit(TSWAP_RAISE_RULES, &dev->events))
			tswap_rules_report(dev);
		tswap_for_each_leaf(dev, leaf, id)
			if (READ_ONCE(leaf->events))
				done &= leaf_events(leaf);
		tswap_cover_check(dev);
	}
	mutex_unlock(&dev->lock);
	if (!done)
		queue_delayed_work(tswap_wq, &dev->event_work, TSWAP_EVENT_AGAIN);
}

static void age_work(struct work_struct *work)
{
	struct tswap_dev *dev = container_of(work, struct tswap_dev, age_work.work);

	tswap_map_age(dev);
	queue_delayed_work(tswap_wq, &dev->age_work, TSWAP_AGE_EVERY);
}

/*
 * Making and removing
 */

static void remove_work(struct work_struct *work);

static struct tswap_dev *new_dev(u32 slots, bool overcommit)
{
	struct tswap_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	if (!try_module_get(THIS_MODULE)) { /* given back by release_dev() */
		kfree(dev);                 /* the module is on its way out */
		return NULL;
	}
	kref_init(&dev->ref);
	dev->slots = slots;
	dev->overcommit = overcommit;
	dev->swap_type = -1;
	dev->nospc_logged = jiffies - HZ;
	mutex_init(&dev->lock);
	init_waitqueue_head(&dev->gone_wait);
	spin_lock_init(&dev->open_lock);
	INIT_LIST_HEAD(&dev->tiers);
	INIT_DELAYED_WORK(&dev->event_work, event_work);
	INIT_DELAYED_WORK(&dev->age_work, age_work);
	INIT_WORK(&dev->remove_work, remove_work);
	return dev;
}

static int init_dev(struct tswap_dev *dev)
{
	int err;

	dev->hint = alloc_percpu(struct tswap_hint);
	if (!dev->hint)
		return -ENOMEM;
	err = tswap_io_dev_init(dev);
	if (err)
		return err;
	err = tswap_map_init(dev);
	if (err)
		return err;
	mutex_lock(&dev->lock);
	err = tswap_placement_update(dev);
	mutex_unlock(&dev->lock);
	return err;
}

static int add_disk_of(struct tswap_dev *dev)
{
	struct gendisk *disk = tswap_alloc_disk();
	int err;

	if (IS_ERR(disk))
		return PTR_ERR(disk);
	dev->disk = disk;
	disk->fops = &tswap_fops;
	disk->private_data = dev;
	disk->flags |= GENHD_FL_NO_PART;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "tswap%u", dev->id);
	err = add_disk(disk);
	if (err)
		return err;
	dev->shown = true;
	err = tswap_sysfs_add_dev(dev);
	if (err)
		del_gendisk(disk);
	return err;
}

static int reserve_id(struct tswap_dev *dev, u32 id, struct netlink_ext_ack *extack)
{
	int err;

	if (id != U32_MAX && id >= TSWAP_DEV_MAX)
		return refuse(extack, "device ids go from 0 to 1023", -EINVAL);
	mutex_lock(&tswap_devices.lock);
	dev->id = id;
	if (id != U32_MAX)
		err = xa_insert(&tswap_devices.devices, id, NULL, GFP_KERNEL);
	else
		err = xa_alloc(&tswap_devices.devices, &dev->id, NULL,
			       XA_LIMIT(0, TSWAP_DEV_MAX - 1), GFP_KERNEL);
	mutex_unlock(&tswap_devices.lock);
	if (err == -EBUSY && id != U32_MAX)
		return refuse(extack, "a device with that id exists", -EEXIST);
	if (err == -EBUSY)
		return refuse(extack, "there are 1024 devices already", -ENOSPC);
	return err ? refuse(extack, TSWAP_NO_MEMORY, err) : 0;
}

/*
 * Give an id back, or enter the device that has it. Cannot fail: the entry is reserved.
 */
static void settle_id(struct tswap_dev *dev, bool enter)
{
	mutex_lock(&tswap_devices.lock);
	if (enter) {
		kref_get(&dev->ref);
		xa_store(&tswap_devices.devices, dev->id, dev, GFP_KERNEL);
	} else {
		xa_erase(&tswap_devices.devices, dev->id);
	}
	mutex_unlock(&tswap_devices.lock);
}

/* Make what a device whose id is reserved consists of. */
static int make_dev(struct tswap_dev *dev, struct netlink_ext_ack *extack)
{
	int err = init_dev(dev);

	if (err)
		return refuse(extack, "no memory for the map, which takes 8 bytes a slot",
			      err);
	err = add_disk_of(dev);
	if (err)
		return refuse(extack, "cannot make the disk", err);
	queue_delayed_work(tswap_wq, &dev->age_work, TSWAP_AGE_EVERY);
	return 0;
}

/**
 * tswap_dev_add() - make a device
 * @id: id wanted, or U32_MAX for the lowest free one
 * @slots: size, with the header slot
 * @overcommit: see &struct tswap_dev
 * @extack: where to say why not
 *
 * Its capacity is 0 until leaves cover all slots, or with @overcommit until the first.
 * Return: the device, with a reference; ERR_PTR of -EINVAL, -EEXIST, -ENOSPC, -ENOMEM, or
 * what making the disk gave.
 */
struct tswap_dev *tswap_dev_add(u32 id, u64 slots, bool overcommit,
				struct netlink_ext_ack *extack)
{
	struct tswap_dev *dev;
	int err;

	if (slots < TSWAP_MIN_SLOTS || slots > TSWAP_SLOTS_MAX)
		return ERR_PTR(
			refuse(extack, "a device has 10 to 2^32 - 1 slots", -EINVAL));
	dev = new_dev(slots, overcommit);
	if (!dev)
		return ERR_PTR(refuse(extack, TSWAP_NO_MEMORY, -ENOMEM));
	err = reserve_id(dev, id, extack);
	if (err)
		goto put;
	err = make_dev(dev, extack);
	settle_id(dev, !err);
	if (err)
		goto put;
	mutex_lock(&dev->lock);
	if (!dev->dying) /* another client can have removed it already */
		tswap_ntf_device(dev, TSWAP_EVENT_ADDED);
	mutex_unlock(&dev->lock);
	return dev;
put:
	tswap_dev_put(dev);
	return ERR_PTR(err);
}

/* Let nobody open the device any more; false if somebody has it open. */
static bool close_door(struct tswap_dev *dev)
{
	unsigned long irq;
	bool ok;

	spin_lock_irqsave(&dev->open_lock, irq);
	ok = !dev->openers;
	if (ok)
		dev->dying = true;
	spin_unlock_irqrestore(&dev->open_lock, irq);
	return ok;
}

bool tswap_dev_is_dying(struct tswap_dev *dev)
{
	return READ_ONCE(dev->dying);
}

/* The rest of a removal: jobs and leaves may take as long as a device does. */
static void remove_work(struct work_struct *work)
{
	struct tswap_dev *dev = container_of(work, struct tswap_dev, remove_work);

	tswap_job_stop_all(dev);
	cancel_delayed_work_sync(&dev->age_work);
	tswap_rules_stop(dev);
	tswap_leaf_remove_all(dev);
	tswap_sysfs_del_dev(dev);
	del_gendisk(dev->disk);
	mutex_lock(&dev->lock);
	tswap_ntf_device(dev, TSWAP_EVENT_REMOVED);
	mutex_unlock(&dev->lock);
	settle_id(dev, false);
	tswap_dev_put(dev); /* of the table */
	tswap_dev_put(dev); /* of the work */
}

/**
 * tswap_dev_del() - begin to remove a device with its leaves and jobs
 * @dev: device, with a reference of the caller's
 * @extack: where to say why not
 *
 * Pages that it still holds are forgotten: nobody has it open, so it is no swap area.
 * From here on nobody can open it either; a work item does the rest.
 * Return: 0, the event REMOVED follows; -EBUSY open; -ENODEV being removed already.
 */
int tswap_dev_del(struct tswap_dev *dev, struct netlink_ext_ack *extack)
{
	int err = 0;

	mutex_lock(&dev->lock);
	if (dev->dying)
		err = refuse(extack, "the device is being removed", -ENODEV);
	else if (!close_door(dev))
		err = refuse(extack, "the device is open; swapoff first", -EBUSY);
	else
		tswap_ntf_device(dev, TSWAP_EVENT_CHANGED);
	mutex_unlock(&dev->lock);
	if (err)
		return err;
	kref_get(&dev->ref); /* put by remove_work() */
	queue_work(tswap_device_wq, &dev->remove_work);
	return 0;
}

int tswap_devices_init(void)
{
	tswap_wq = alloc_workqueue("tswap", WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (!tswap_wq)
		return -ENOMEM;
	/* not freezable: a device that hangs must not hold up a suspend */
	tswap_device_wq = alloc_workqueue("tswap_device", WQ_UNBOUND, 0);
	if (tswap_device_wq)
		return 0;
	destroy_workqueue(tswap_wq);
	return -ENOMEM;
}

void tswap_devices_exit(void)
{
	destroy_workqueue(tswap_device_wq);
	destroy_workqueue(tswap_wq);
	xa_destroy(&tswap_devices.devices);
}
