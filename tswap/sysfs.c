// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - /sys/block/tswapN/tswap, for readers without privilege
 *
 * One value a file, but for "map" and the latencies; all are described in
 * Documentation/ABI-sysfs-block-tswap. Only "map" needs a privilege: it shows which pages of
 * which process lie where.
 */
#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "tswap.h"

struct dev_attr {
	struct attribute attr;
	ssize_t (*show)(struct tswap_dev *dev, char *buf);
};

struct leaf_attr {
	struct attribute attr;
	ssize_t (*show)(struct tswap_leaf *leaf, char *buf);
};

/* Folder of a device; outlives the device while somebody has a file open. */
struct dev_kobj {
	struct kobject kobj;
	struct tswap_dev *dev;
};

static const char *const state_names[] = {
	[TSWAP_LEAF_ACTIVE] = "active",     [TSWAP_LEAF_CORDONED] = "cordoned",
	[TSWAP_LEAF_DRAINING] = "draining", [TSWAP_LEAF_DRAINED] = "drained",
	[TSWAP_LEAF_FAILED] = "failed",     [TSWAP_LEAF_REMOVING] = "removing",
};

static const char *const type_names[] = {
	[TSWAP_LEAF_TYPE_DISK] = "disk",
	[TSWAP_LEAF_TYPE_ZRAM] = "zram",
	[TSWAP_LEAF_TYPE_LOOP] = "loop",
};

#define DEV_ATTR(_name, _fmt, ...)                                   \
	static ssize_t dev_##_name(struct tswap_dev *dev, char *buf) \
	{                                                            \
		return sysfs_emit(buf, _fmt "\n", __VA_ARGS__);      \
	}                                                            \
	static struct dev_attr dev_attr_##_name = {                  \
		.attr = { .name = #_name, .mode = 0444 },            \
		.show = dev_##_name,                                 \
	}

static u64 locked(struct tswap_dev *dev, u64 (*count)(struct tswap_dev *dev))
{
	u64 n;

	mutex_lock(&dev->lock);
	n = count(dev);
	mutex_unlock(&dev->lock);
	return n;
}

DEV_ATTR(slots, "%u", dev->slots);
DEV_ATTR(room, "%llu", locked(dev, tswap_room));
DEV_ATTR(short, "%llu", locked(dev, tswap_shortage));
DEV_ATTR(overcommit, "%d", READ_ONCE(dev->overcommit));
DEV_ATTR(clock, "%u", tswap_clock());
DEV_ATTR(nospc, "%lld", (long long)atomic64_read(&dev->nospc));
DEV_ATTR(redirected, "%lld", (long long)atomic64_read(&dev->redirected));
DEV_ATTR(write_fails, "%lld", (long long)atomic64_read(&dev->write_fails));

static struct attribute *dev_attrs[] = {
	&dev_attr_slots.attr,      &dev_attr_room.attr,        &dev_attr_short.attr,
	&dev_attr_overcommit.attr, &dev_attr_clock.attr,       &dev_attr_nospc.attr,
	&dev_attr_redirected.attr, &dev_attr_write_fails.attr, NULL,
};

/*
 * Whole words at slot * 8. Words are read one by one: a dump is not a snapshot, every
 * word in it was true at some time during the read.
 */
static ssize_t map_read(struct file *file, struct kobject *kobj, TSWAP_BIN_ATTR *attr,
			char *buf, loff_t off, size_t count)
{
	struct tswap_dev *dev = container_of(kobj, struct dev_kobj, kobj)->dev;
	u64 slot = off / sizeof(u64), *out = (u64 *)buf;
	size_t i, nr = count / sizeof(u64);

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (off % sizeof(u64) || count % sizeof(u64))
		return -EINVAL;
	for (i = 0; i < nr && slot + i < dev->slots; i++)
		out[i] = tswap_map_read(dev, slot + i);
	return i * sizeof(u64);
}

static TSWAP_BIN_ATTR map_attr = {
	.attr = { .name = "map", .mode = 0400 },
	.read = map_read,
};

static TSWAP_BIN_ATTR_LIST(dev_bin_attrs) = { &map_attr, NULL };

static const struct attribute_group dev_group = {
	.attrs = dev_attrs,
	.bin_attrs = dev_bin_attrs,
};
static const struct attribute_group *dev_groups[] = { &dev_group, NULL };

static ssize_t show_dev(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct dev_kobj *dk = container_of(kobj, struct dev_kobj, kobj);

	return container_of(attr, struct dev_attr, attr)->show(dk->dev, buf);
}

static void release_dev_kobj(struct kobject *kobj)
{
	kfree(container_of(kobj, struct dev_kobj, kobj));
}

static const struct sysfs_ops dev_sysfs_ops = { .show = show_dev };
static const struct kobj_type dev_ktype = {
	.release = release_dev_kobj,
	.sysfs_ops = &dev_sysfs_ops,
	.default_groups = dev_groups,
};

#define LEAF_ATTR(_name, _fmt, ...)                                     \
	static ssize_t leaf_##_name(struct tswap_leaf *leaf, char *buf) \
	{                                                               \
		return sysfs_emit(buf, _fmt "\n", __VA_ARGS__);         \
	}                                                               \
	static struct leaf_attr leaf_attr_##_name = {                   \
		.attr = { .name = #_name, .mode = 0444 },               \
		.show = leaf_##_name,                                   \
	}
#define LEAF_STAT(_name, _stat) LEAF_ATTR(_name, "%llu", tswap_leaf_stat(leaf, _stat))

/*
 * No attribute of a leaf takes dev->lock: a leaf's folder is removed under it. Tiers are
 * freed after an RCU grace period instead.
 */
static ssize_t leaf_tier(struct tswap_leaf *leaf, char *buf)
{
	ssize_t n;

	rcu_read_lock();
	n = sysfs_emit(buf, "%s\n", READ_ONCE(leaf->tier)->name);
	rcu_read_unlock();
	return n;
}
static struct leaf_attr leaf_attr_tier = {
	.attr = { .name = "tier", .mode = 0444 },
	.show = leaf_tier,
};

static ssize_t leaf_rank(struct tswap_leaf *leaf, char *buf)
{
	ssize_t n;

	rcu_read_lock();
	n = sysfs_emit(buf, "%u\n", READ_ONCE(READ_ONCE(leaf->tier)->rank));
	rcu_read_unlock();
	return n;
}
static struct leaf_attr leaf_attr_rank = {
	.attr = { .name = "rank", .mode = 0444 },
	.show = leaf_rank,
};

static ssize_t show_latency(struct tswap_leaf *leaf, bool write, char *buf)
{
	ssize_t n = 0;
	int i, cpu;

	for (i = 0; i < TSWAP_LATENCY_BUCKETS; i++) {
		u64 sum = 0;

		for_each_possible_cpu(cpu)
			sum += READ_ONCE(per_cpu_ptr(leaf->cpu, cpu)->latency[write][i]);
		n += sysfs_emit_at(buf, n, "%s%llu", i ? " " : "", sum);
	}
	return n + sysfs_emit_at(buf, n, "\n");
}

static ssize_t leaf_read_latency(struct tswap_leaf *leaf, char *buf)
{
	return show_latency(leaf, false, buf);
}
static struct leaf_attr leaf_attr_read_latency = {
	.attr = { .name = "read_latency", .mode = 0444 },
	.show = leaf_read_latency,
};

static ssize_t leaf_write_latency(struct tswap_leaf *leaf, char *buf)
{
	return show_latency(leaf, true, buf);
}
static struct leaf_attr leaf_attr_write_latency = {
	.attr = { .name = "write_latency", .mode = 0444 },
	.show = leaf_write_latency,
};

LEAF_ATTR(name, "%s", leaf->name);
LEAF_ATTR(dev, "%u:%u", MAJOR(leaf->devt), MINOR(leaf->devt));
LEAF_ATTR(state, "%s", state_names[READ_ONCE(leaf->state)]);
LEAF_ATTR(type, "%s", type_names[leaf->type]);
LEAF_ATTR(pages, "%u", leaf->pages);
LEAF_ATTR(used, "%u", tswap_space_used(leaf));
LEAF_ATTR(bad, "%u", READ_ONCE(leaf->bad));
LEAF_ATTR(uuid, "%pUb", leaf->uuid);
LEAF_ATTR(label, "%s", leaf->label);
LEAF_STAT(reads, TSWAP_READS);
LEAF_STAT(writes, TSWAP_WRITES);
LEAF_STAT(read_pages, TSWAP_READ_PAGES);
LEAF_STAT(write_pages, TSWAP_WRITE_PAGES);
LEAF_STAT(read_errors, TSWAP_READ_ERRORS);
LEAF_STAT(read_lost, TSWAP_READ_LOST);
LEAF_STAT(read_recovered, TSWAP_READ_RECOVERED);
LEAF_STAT(write_errors, TSWAP_WRITE_ERRORS);
LEAF_ATTR(in_flight, "%llu", tswap_leaf_in_flight(leaf));
LEAF_ATTR(stalled_ms, "%u", READ_ONCE(leaf->stalled_ms));
LEAF_STAT(full, TSWAP_FULL);
LEAF_STAT(moved_in, TSWAP_MOVED_IN);
LEAF_STAT(moved_out, TSWAP_MOVED_OUT);
LEAF_STAT(discarded, TSWAP_DISCARDED);
LEAF_STAT(read_ns, TSWAP_READ_NS);
LEAF_STAT(read_samples, TSWAP_READ_SAMPLES);
LEAF_STAT(write_ns, TSWAP_WRITE_NS);
LEAF_STAT(write_samples, TSWAP_WRITE_SAMPLES);

static struct attribute *leaf_attrs[] = {
	&leaf_attr_tier.attr,          &leaf_attr_rank.attr,
	&leaf_attr_name.attr,          &leaf_attr_dev.attr,
	&leaf_attr_state.attr,         &leaf_attr_type.attr,
	&leaf_attr_pages.attr,         &leaf_attr_used.attr,
	&leaf_attr_bad.attr,           &leaf_attr_uuid.attr,
	&leaf_attr_label.attr,         &leaf_attr_reads.attr,
	&leaf_attr_writes.attr,        &leaf_attr_read_pages.attr,
	&leaf_attr_write_pages.attr,   &leaf_attr_read_errors.attr,
	&leaf_attr_read_lost.attr,     &leaf_attr_read_recovered.attr,
	&leaf_attr_in_flight.attr,     &leaf_attr_stalled_ms.attr,
	&leaf_attr_write_errors.attr,  &leaf_attr_full.attr,
	&leaf_attr_moved_in.attr,      &leaf_attr_moved_out.attr,
	&leaf_attr_discarded.attr,     &leaf_attr_read_ns.attr,
	&leaf_attr_read_samples.attr,  &leaf_attr_write_ns.attr,
	&leaf_attr_write_samples.attr, &leaf_attr_read_latency.attr,
	&leaf_attr_write_latency.attr, NULL,
};
ATTRIBUTE_GROUPS(leaf);

static ssize_t show_leaf(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct tswap_leaf *leaf = container_of(kobj, struct tswap_leaf, kobj);

	return container_of(attr, struct leaf_attr, attr)->show(leaf, buf);
}

static void release_leaf(struct kobject *kobj)
{
	struct tswap_leaf *leaf = container_of(kobj, struct tswap_leaf, kobj);

	tswap_space_exit(leaf);
	xa_destroy(&leaf->retired);
	free_percpu(leaf->cpu);
	kfree(leaf);
}

static const struct sysfs_ops leaf_sysfs_ops = { .show = show_leaf };
static const struct kobj_type leaf_ktype = {
	.release = release_leaf,
	.sysfs_ops = &leaf_sysfs_ops,
	.default_groups = leaf_groups,
};

/* From here on kobject_put() frees the leaf. */
void tswap_leaf_kobj_init(struct tswap_leaf *leaf)
{
	kobject_init(&leaf->kobj, &leaf_ktype);
}

int tswap_sysfs_add_leaf(struct tswap_leaf *leaf)
{
	return kobject_add(&leaf->kobj, leaf->dev->kobj, "leaf%u", leaf->id);
}

int tswap_sysfs_add_dev(struct tswap_dev *dev)
{
	struct dev_kobj *dk = kzalloc(sizeof(*dk), GFP_KERNEL);
	int err;

	if (!dk)
		return -ENOMEM;
	dk->dev = dev;
	err = kobject_init_and_add(&dk->kobj, &dev_ktype, &disk_to_dev(dev->disk)->kobj,
				   "tswap");
	if (err) {
		kobject_put(&dk->kobj);
		return err;
	}
	dev->kobj = &dk->kobj;
	return 0;
}

/* Waits for readers of the files; none gets at the device afterwards. */
void tswap_sysfs_del_dev(struct tswap_dev *dev)
{
	kobject_del(dev->kobj);
	kobject_put(dev->kobj);
}
