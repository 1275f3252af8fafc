// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - leaves and tiers
 *
 * A leaf is opened exclusively by device number, taken from a descriptor that the
 * caller has open: what was checked there is what is opened here, whatever its path
 * names by now. It has to carry a swap signature, which is read here and never written.
 */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "tswap.h"

#define TSWAP_LEAF_MIN_PAGES 10 /* as mkswap has it */
#define TSWAP_REMOVE_WAIT    (10 * HZ)

/*
 * Reads in flight
 */

/**
 * tswap_leaf_quiet() - have all I/Os of a phase ended?
 * @leaf: leaf
 * @phase: 0, 1 or TSWAP_WRITE_PHASE
 *
 * Sums the ends first: an end that is seen has its beginning seen as well, so equal sums
 * mean that every I/O whose beginning was visible on entry has ended.
 */
bool tswap_leaf_quiet(struct tswap_leaf *leaf, u32 phase)
{
	unsigned long ended = 0, begun = 0;
	int cpu;

	smp_mb(); /* the caller's changes of words before the counts */
	for_each_possible_cpu(cpu)
		ended += READ_ONCE(per_cpu_ptr(leaf->cpu, cpu)->ended[phase]);
	smp_mb(); /* ends before beginnings */
	for_each_possible_cpu(cpu)
		begun += READ_ONCE(per_cpu_ptr(leaf->cpu, cpu)->begun[phase]);
	return begun == ended;
}

static void wait_quiet(struct tswap_leaf *leaf, u32 phase)
{
	while (!wait_event_idle_timeout(leaf->sync_wait, tswap_leaf_quiet(leaf, phase),
					HZ / 10))
		;
}

/**
 * tswap_leaf_sync() - wait until all reads that may have seen an old word have ended
 * @leaf: leaf that the old words named
 *
 * Process context, sleeps. Later reads do not delay it: they are counted in the other
 * phase. The first wait is for stragglers of the wait before, which had taken the phase
 * number before it changed and counted themselves afterwards.
 */
void tswap_leaf_sync(struct tswap_leaf *leaf)
{
	if (tswap_leaf_quiet(leaf, 0) && tswap_leaf_quiet(leaf, 1))
		return;
	mutex_lock(&leaf->sync_lock);
	WRITE_ONCE(leaf->sync_waiting, true);
	wait_quiet(leaf, leaf->phase ^ 1);
	WRITE_ONCE(leaf->phase, leaf->phase ^ 1);
	wait_quiet(leaf, leaf->phase ^ 1);
	WRITE_ONCE(leaf->sync_waiting, false);
	mutex_unlock(&leaf->sync_lock);
}

static bool all_quiet(struct tswap_leaf *leaf)
{
	return tswap_leaf_quiet(leaf, 0) && tswap_leaf_quiet(leaf, 1) &&
	       tswap_leaf_quiet(leaf, TSWAP_WRITE_PHASE);
}

u64 tswap_leaf_stat(const struct tswap_leaf *leaf, enum tswap_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(leaf->cpu, cpu)->stat[stat]);
	return sum;
}

/* Have the event work tell about a leaf. Any context. */
void tswap_leaf_raise(struct tswap_leaf *leaf, enum tswap_event event)
{
	set_bit(event, &leaf->events);
	queue_work(tswap_wq, &leaf->dev->event_work);
}

/**
 * tswap_leaf_write_failed() - a leaf could not write a run
 * @leaf: leaf
 * @pos: first position, owned by the caller until now
 * @nr: length
 *
 * zram reports every failure as an I/O error, the usual one being that there is no
 * memory: so it is full, is left alone for a while, and never fails. Elsewhere the
 * positions are retired and repeated errors make the leaf failed. No locks, no sleep.
 */
void tswap_leaf_write_failed(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	bool rested = tswap_leaf_resting(leaf);

	if (leaf->type == TSWAP_LEAF_TYPE_ZRAM) {
		tswap_leaf_count(leaf, TSWAP_FULL, 1);
		WRITE_ONCE(leaf->full_until, jiffies + TSWAP_BACKOFF);
		WRITE_ONCE(leaf->full, true);
		tswap_space_free(leaf, pos, nr);
		if (!rested)
			tswap_leaf_raise(leaf, TSWAP_EVENT_FULL);
		return;
	}
	tswap_leaf_count(leaf, TSWAP_WRITE_ERRORS, 1);
	tswap_space_retire(leaf, pos, nr);
	if (atomic_inc_return(&leaf->fails) < TSWAP_FAIL_LIMIT ||
	    READ_ONCE(leaf->failing))
		return;
	WRITE_ONCE(leaf->failing, true);
	tswap_leaf_raise(leaf, TSWAP_EVENT_FAILED);
}

/*
 * Tiers; dev->lock
 */

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

/* The tier of that name, made if need be. A new tier comes with one leaf at once. */
static struct tswap_tier *get_tier(struct tswap_dev *dev, const char *name,
				   const u32 *rank, struct netlink_ext_ack *extack)
{
	struct tswap_tier *tier = tswap_tier_find(dev, name);

	if (tier) {
		if (rank && *rank != tier->rank) {
			NL_SET_ERR_MSG(extack,
				       "the tier exists with another rank; change it "
				       "with tier-set");
			return ERR_PTR(-EEXIST);
		}
		return tier;
	}
	if (!name_ok(name)) {
		NL_SET_ERR_MSG(
			extack,
			"a tier's name is [a-z][a-z0-9_-]*, 31 characters at most");
		return ERR_PTR(-EINVAL);
	}
	if (!rank) {
		NL_SET_ERR_MSG(extack, "a new tier needs a rank");
		return ERR_PTR(-EINVAL);
	}
	if (rank_taken(dev, *rank, NULL)) {
		NL_SET_ERR_MSG(extack, "another tier has that rank");
		return ERR_PTR(-EEXIST);
	}
	tier = kzalloc(sizeof(*tier), GFP_KERNEL);
	if (!tier)
		return ERR_PTR(-ENOMEM);
	strscpy(tier->name, name, sizeof(tier->name));
	tier->rank = *rank;
	insert_tier(dev, tier);
	return tier;
}

static void put_tier(struct tswap_dev *dev, struct tswap_tier *tier)
{
	if (tier->nr_leaves)
		return;
	list_del(&tier->node);
	tswap_ntf_tier(dev, tier, TSWAP_EVENT_REMOVED);
	kfree_rcu(tier, rcu);
}

static void join_tier(struct tswap_leaf *leaf, struct tswap_tier *tier)
{
	WRITE_ONCE(leaf->tier, tier);
	WRITE_ONCE(leaf->free_on_read, tier->free_on_read);
	if (!tier->nr_leaves++)
		tswap_ntf_tier(leaf->dev, tier, TSWAP_EVENT_ADDED);
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
	u32 id, old = tier->rank;
	int err;

	if (rank && rank_taken(dev, *rank, tier)) {
		NL_SET_ERR_MSG(extack, "another tier has that rank");
		return -EEXIST;
	}
	if (rank && *rank != old) {
		tier->rank = *rank;
		list_del(&tier->node);
		insert_tier(dev, tier);
		err = tswap_placement_update(dev);
		if (err) {
			tier->rank = old;
			list_del(&tier->node);
			insert_tier(dev, tier);
			return err;
		}
	}
	if (on_swapin) {
		tier->free_on_read = *on_swapin == TSWAP_ON_SWAPIN_FREE;
		for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
			struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

			if (leaf && leaf->tier == tier)
				WRITE_ONCE(leaf->free_on_read, tier->free_on_read);
		}
	}
	tswap_ntf_tier(dev, tier, TSWAP_EVENT_CHANGED);
	return 0;
}

/*
 * Leaves; dev->lock
 */

struct tswap_leaf *tswap_leaf_find(struct tswap_dev *dev, u32 id)
{
	if (!id || id > TSWAP_LEAF_MAX)
		return NULL;
	return rcu_dereference_protected(dev->leaf[id], lockdep_is_held(&dev->lock));
}

static u64 leaf_room(struct tswap_leaf *leaf)
{
	return leaf->state == TSWAP_LEAF_FAILED ? 0 : leaf->pages - READ_ONCE(leaf->bad);
}

/* Pages that the leaves hold, failed ones apart. */
u64 tswap_room(struct tswap_dev *dev)
{
	u64 room = 0;
	u32 id;

	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		if (leaf)
			room += leaf_room(leaf);
	}
	return room;
}

static u64 used_pages(struct tswap_dev *dev)
{
	u64 used = 0;
	u32 id;

	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		if (leaf)
			used += tswap_space_used(leaf);
	}
	return used;
}

/* Make the capacity live once it may be, and tell when slots lose or regain their room. */
void tswap_cover_check(struct tswap_dev *dev)
{
	bool uncovered = dev->slots > tswap_room(dev);

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

/* What the swap signature says, or why there is none. */
static int parse_header(struct tswap_leaf *leaf, const union swap_header *h,
			u64 dev_pages, struct netlink_ext_ack *extack)
{
	u64 last = h->info.last_page;
	u32 i;

	if (memcmp(h->magic.magic, "SWAPSPACE2", 10)) {
		NL_SET_ERR_MSG(extack, "no swap signature on the leaf; run mkswap on it");
		return -EINVAL;
	}
	if (h->info.version != 1) {
		NL_SET_ERR_MSG(extack,
			       "swap signature of an unknown version or another byte "
			       "order; run mkswap on this machine");
		return -EINVAL;
	}
	if (h->info.nr_badpages > MAX_SWAP_BADPAGES) {
		NL_SET_ERR_MSG(extack, "swap signature with a bad list of bad pages");
		return -EINVAL;
	}
	if (last >= dev_pages) {
		NL_SET_ERR_MSG(extack,
			       "the swap signature is for a larger device; run mkswap");
		return -EINVAL;
	}
	if (last + 1 < TSWAP_LEAF_MIN_PAGES) {
		NL_SET_ERR_MSG(extack, "the leaf is too small, it needs 10 pages");
		return -EINVAL;
	}
	leaf->nr_pos = last + 1;
	memcpy(leaf->uuid, h->info.sws_uuid, sizeof(leaf->uuid));
	memcpy(leaf->label, h->info.sws_volume, sizeof(leaf->label) - 1);
	for (i = 0; leaf->label[i]; i++)
		if (leaf->label[i] < ' ' || leaf->label[i] > '~')
			leaf->label[i] = '?';
	return 0;
}

static int mark_bad_pages(struct tswap_leaf *leaf, const union swap_header *h)
{
	u32 i;
	int err = tswap_space_init(leaf);

	if (err)
		return err;
	tswap_space_mark_bad(leaf, 0);
	for (i = 0; i < h->info.nr_badpages; i++)
		tswap_space_mark_bad(leaf, h->info.badpages[i]);
	return 0;
}

static int read_page(struct block_device *bdev, struct page *page)
{
	struct bio_vec bv;
	struct bio bio;
	int err;

	bio_init(&bio, bdev, &bv, 1, REQ_OP_READ | REQ_SYNC);
	__bio_add_page(&bio, page, PAGE_SIZE, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return err;
}

static int read_header(struct tswap_leaf *leaf, struct netlink_ext_ack *extack)
{
	u64 dev_pages = min_t(u64, bdev_nr_bytes(leaf->bdev) >> PAGE_SHIFT, U32_MAX);
	struct page *page;
	int err;

	if (!dev_pages) {
		NL_SET_ERR_MSG(extack, "the leaf is empty");
		return -EINVAL;
	}
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	err = read_page(leaf->bdev, page);
	if (err)
		NL_SET_ERR_MSG(extack, "cannot read the leaf's swap signature");
	else
		err = parse_header(leaf, page_address(page), dev_pages, extack);
	if (!err)
		err = mark_bad_pages(leaf, page_address(page));
	__free_page(page);
	return err;
}

static u32 type_of(struct block_device *bdev)
{
	const char *name = bdev->bd_disk->disk_name;

	if (!strncmp(name, "zram", 4) && bdev->bd_disk->fops->swap_slot_free_notify)
		return TSWAP_LEAF_TYPE_ZRAM;
	if (!strncmp(name, "loop", 4))
		return TSWAP_LEAF_TYPE_LOOP;
	return TSWAP_LEAF_TYPE_DISK;
}

static int check_leaf(struct tswap_leaf *leaf, struct netlink_ext_ack *extack)
{
	struct block_device *bdev = leaf->bdev;

	leaf->type = type_of(bdev);
	if (tswap_is_tswap(bdev)) {
		NL_SET_ERR_MSG(extack, "a tswap device cannot be a leaf");
		return -ELOOP;
	}
	if (leaf->type == TSWAP_LEAF_TYPE_LOOP &&
	    !(leaf->flags & TSWAP_LEAF_F_ALLOW_LOOP)) {
		NL_SET_ERR_MSG(extack,
			       "a loop device writes through a filesystem, which can "
			       "need the memory that swap should free; allow-loop "
			       "accepts that");
		return -EINVAL;
	}
	if (bdev_read_only(bdev)) {
		NL_SET_ERR_MSG(extack, "the leaf is read-only");
		return -EROFS;
	}
	if (bdev_is_zoned(bdev) || bdev_logical_block_size(bdev) > PAGE_SIZE) {
		NL_SET_ERR_MSG(extack, "the leaf cannot write single pages");
		return -EINVAL;
	}
	if (leaf->flags & TSWAP_LEAF_F_DISCARD && !bdev_max_discard_sectors(bdev)) {
		NL_SET_ERR_MSG(extack, "the leaf has no discard");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int open_leaf(struct tswap_leaf *leaf, int fd, struct netlink_ext_ack *extack)
{
	struct file *file = fget(fd);
	int err;

	if (!file) {
		NL_SET_ERR_MSG(extack, "fd is not an open file");
		return -EBADF;
	}
	if (!S_ISBLK(file_inode(file)->i_mode)) {
		NL_SET_ERR_MSG(extack, "fd is not an open block device");
		fput(file);
		return -ENOTBLK;
	}
	err = tswap_bdev_open(file_inode(file)->i_rdev, leaf, &leaf->handle);
	fput(file);
	if (err == -EBUSY)
		NL_SET_ERR_MSG(extack,
			       "the leaf is in use: a mount, an active swap area, a "
			       "leaf or a device above it");
	else if (err)
		NL_SET_ERR_MSG(extack, "cannot open the leaf");
	else
		leaf->bdev = leaf->handle.bdev;
	return err;
}

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
	init_waitqueue_head(&leaf->sync_wait);
	tswap_sweep_init(leaf);
	tswap_leaf_kobj_init(leaf);
	leaf->cpu = alloc_percpu(struct tswap_leaf_cpu);
	if (!leaf->cpu) {
		kobject_put(&leaf->kobj);
		return NULL;
	}
	return leaf;
}

/* Everything but what the kobject's release does; nobody can see the leaf. */
static void close_leaf(struct tswap_leaf *leaf)
{
	if (leaf->bdev)
		tswap_bdev_close(&leaf->handle, leaf);
	kobject_put(&leaf->kobj);
}

static u32 free_id(struct tswap_dev *dev)
{
	u32 id;

	for (id = 1; id <= TSWAP_LEAF_MAX; id++)
		if (!tswap_leaf_find(dev, id))
			return id;
	return 0;
}

static int publish_leaf(struct tswap_leaf *leaf, const struct tswap_leaf_param *par,
			struct netlink_ext_ack *extack)
{
	struct tswap_dev *dev = leaf->dev;
	struct tswap_tier *tier;
	int err;

	leaf->id = free_id(dev);
	if (!leaf->id) {
		NL_SET_ERR_MSG(extack, "the device has as many leaves as it can have");
		return -ENOSPC;
	}
	tier = get_tier(dev, par->tier, par->has_rank ? &par->rank : NULL, extack);
	if (IS_ERR(tier))
		return PTR_ERR(tier);
	leaf->tier = tier;
	err = tswap_sysfs_add_leaf(leaf);
	if (!err) {
		join_tier(leaf, tier);
		rcu_assign_pointer(dev->leaf[leaf->id], leaf);
		err = tswap_placement_update(dev);
		if (err) {
			RCU_INIT_POINTER(dev->leaf[leaf->id], NULL);
			tier->nr_leaves--;
			synchronize_rcu();
			kobject_del(&leaf->kobj);
		}
	}
	if (err) {
		put_tier(dev, tier);
		return err;
	}
	dev->nr_leaves++;
	return 0;
}

static void set_sweep(struct tswap_leaf *leaf)
{
	bool can = bdev_max_discard_sectors(leaf->bdev) > 0;
	bool want = leaf->type == TSWAP_LEAF_TYPE_ZRAM ||
		    leaf->flags & TSWAP_LEAF_F_DISCARD;

	WRITE_ONCE(leaf->sweep, can && want);
}

/**
 * tswap_leaf_add() - open a leaf and let it take pages
 * @dev: device, dev->lock held
 * @par: what user space asked for; state is active or cordoned
 * @id: id of the new leaf
 * @extack: where to say why not
 *
 * Return: 0; -EBADF, -ENOTBLK, -EBUSY, -EINVAL, -EROFS, -ELOOP, -EEXIST, -ENOSPC, -ENOMEM
 * or what opening and reading the device gave.
 */
int tswap_leaf_add(struct tswap_dev *dev, const struct tswap_leaf_param *par, u32 *id,
		   struct netlink_ext_ack *extack)
{
	struct tswap_leaf *leaf = new_leaf(dev, par);
	int err;

	if (!leaf)
		return -ENOMEM;
	err = open_leaf(leaf, par->fd, extack);
	if (!err)
		err = check_leaf(leaf, extack);
	if (!err)
		err = read_header(leaf, extack);
	if (!err)
		set_sweep(leaf);
	if (!err)
		err = publish_leaf(leaf, par, extack);
	if (err) {
		close_leaf(leaf);
		return err;
	}
	*id = leaf->id;
	tswap_ntf_leaf(leaf, TSWAP_EVENT_ADDED);
	tswap_cover_check(dev);
	return 0;
}

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

int tswap_leaf_set_state(struct tswap_leaf *leaf, u32 state,
			 struct netlink_ext_ack *extack)
{
	u32 old = leaf->state;

	if (state != TSWAP_LEAF_ACTIVE && state != TSWAP_LEAF_CORDONED) {
		NL_SET_ERR_MSG(extack, "only active and cordoned can be asked for");
		return -EINVAL;
	}
	if (old == TSWAP_LEAF_DRAINING) {
		NL_SET_ERR_MSG(extack, "a drain is running; cancel its job first");
		return -EBUSY;
	}
	if (state == TSWAP_LEAF_CORDONED && old != TSWAP_LEAF_ACTIVE)
		return 0; /* it takes no pages already, and says more precisely why */
	if (state == TSWAP_LEAF_ACTIVE) {
		atomic_set(&leaf->fails, 0);
		WRITE_ONCE(leaf->failing, false);
	}
	return tswap_leaf_state_change(leaf, state);
}

int tswap_leaf_set_flags(struct tswap_leaf *leaf, u32 flags,
			 struct netlink_ext_ack *extack)
{
	if (flags & TSWAP_LEAF_F_DISCARD && !bdev_max_discard_sectors(leaf->bdev)) {
		NL_SET_ERR_MSG(extack, "the leaf has no discard");
		return -EOPNOTSUPP;
	}
	if ((flags ^ leaf->flags) & TSWAP_LEAF_F_ALLOW_LOOP) {
		NL_SET_ERR_MSG(extack,
			       "allow-loop can only be given when the leaf is added");
		return -EINVAL;
	}
	leaf->flags = flags;
	set_sweep(leaf);
	return 0;
}

/* Move a leaf, with its pages, to another tier. */
int tswap_leaf_set_tier(struct tswap_leaf *leaf, const char *name, const u32 *rank,
			struct netlink_ext_ack *extack)
{
	struct tswap_tier *old = leaf->tier, *tier;
	int err;

	tier = get_tier(leaf->dev, name, rank, extack);
	if (IS_ERR(tier))
		return PTR_ERR(tier);
	if (tier == old)
		return 0;
	if (leaf->job) {
		NL_SET_ERR_MSG(extack,
			       "a job is moving pages off the leaf; cancel it first");
		put_tier(leaf->dev, tier);
		return -EBUSY;
	}
	leaf->tier = tier;
	err = tswap_placement_update(leaf->dev);
	if (err) {
		leaf->tier = old;
		put_tier(leaf->dev, tier);
		return err;
	}
	old->nr_leaves--;
	join_tier(leaf, tier);
	put_tier(leaf->dev, old);
	return 0;
}

/* May the device do without the room of this leaf? */
static int check_removal(struct tswap_leaf *leaf, struct netlink_ext_ack *extack)
{
	struct tswap_dev *dev = leaf->dev;
	u64 room = tswap_room(dev) - leaf_room(leaf);

	if (leaf->job) {
		NL_SET_ERR_MSG(extack, "a job is moving pages off the leaf");
		return -EBUSY;
	}
	if (tswap_space_used(leaf)) {
		NL_SET_ERR_MSG(extack, "the leaf holds pages; drain it first");
		return -EBUSY;
	}
	if (!dev->live)
		return 0;
	if (dev->slots > room && !dev->overcommit) {
		NL_SET_ERR_MSG(extack,
			       "the device would have more slots than room; allow it "
			       "with device-set overcommit, or add a leaf first");
		return -ENOSPC;
	}
	/* a reserve for what is being written, and for on-swapin = free */
	if (tswap_dev_is_open(dev) && used_pages(dev) + room / 64 > room) {
		NL_SET_ERR_MSG(extack,
			       "the other leaves have no room to spare for the pages in "
			       "use; add a leaf first");
		return -ENOSPC;
	}
	return 0;
}

/* Unlink a leaf that holds nothing; afterwards nobody can see it. */
static void unlink_leaf(struct tswap_leaf *leaf)
{
	struct tswap_dev *dev = leaf->dev;
	struct tswap_tier *tier = leaf->tier;

	rcu_assign_pointer(dev->leaf[leaf->id], NULL);
	synchronize_rcu();
	tswap_sweep_stop(leaf);
	dev->nr_leaves--;
	if (leaf->kobj.state_in_sysfs)
		kobject_del(&leaf->kobj);
	tswap_ntf_leaf(leaf, TSWAP_EVENT_REMOVED);
	tier->nr_leaves--;
	put_tier(dev, tier);
	close_leaf(leaf);
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

	err = check_removal(leaf, extack);
	if (err)
		return err;
	WRITE_ONCE(leaf->state, TSWAP_LEAF_CORDONED);
	err = tswap_placement_update(dev);
	if (!err) {
		synchronize_rcu();
		if (tswap_space_used(leaf)) {
			NL_SET_ERR_MSG(extack,
				       "the leaf got pages meanwhile; drain it first");
			err = -EBUSY;
		}
	}
	WRITE_ONCE(leaf->sync_waiting, true);
	if (!err &&
	    !wait_event_timeout(leaf->sync_wait, all_quiet(leaf), TSWAP_REMOVE_WAIT)) {
		NL_SET_ERR_MSG(extack, "requests to the leaf do not end");
		err = -EBUSY;
	}
	WRITE_ONCE(leaf->sync_waiting, false);
	if (err) {
		WRITE_ONCE(leaf->state, old);
		tswap_placement_update(dev);
		return err;
	}
	unlink_leaf(leaf);
	tswap_cover_check(dev);
	return 0;
}

/* Take the folders away while that of the device is still there. */
void tswap_leaf_hide_all(struct tswap_dev *dev)
{
	u32 id;

	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		if (leaf)
			kobject_del(&leaf->kobj);
	}
}

/* Of a device that nobody has open and whose disk is gone: pages may be forgotten. */
void tswap_leaf_del_all(struct tswap_dev *dev)
{
	u32 id;

	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		if (!leaf)
			continue;
		wait_quiet(leaf, 0);
		wait_quiet(leaf, 1);
		wait_quiet(leaf, TSWAP_WRITE_PHASE);
		unlink_leaf(leaf);
	}
}
