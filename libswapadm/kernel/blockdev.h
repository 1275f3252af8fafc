/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices as sysfs shows them. */
#ifndef SWAPADM_BLOCKDEV_H
#define SWAPADM_BLOCKDEV_H

#include "base/ctx.h"

/**
 * struct blockdev - what sysfs has about a block device
 * @name:     kernel name (sdb2); @disk: its whole disk (sdb), the same when it is one
 * @model:    as the hardware says, "" unknown
 * @kind:     a guess for grouping: by driver name (zram, ram, pmem, nbd, rbd, tswap), by
 *            transport, of a loop device by what it is on, else by queue/rotational
 * @holder:   kernel name of the first holder (dm, md), "" none
 */
struct blockdev {
	char name[64], disk[64], model[64], holder[64];
	dev_t dev;
	uint64_t size_bytes;
	enum swapadm_kind kind;
	bool known_rotational, rotational, read_only, is_loop;
	unsigned logical_block_bytes;
};

/* by device number, through /sys/dev/block/MAJ:MIN; -ENODEV */
int blockdev_get(struct swapadm_ctx *ctx, dev_t dev, struct blockdev *out);
/* by kernel name, through /sys/class/block/NAME; -ENODEV */
int blockdev_get_by_name(struct swapadm_ctx *ctx, const char *name, struct blockdev *out);

/* "/dev/mapper/NAME": dm-0 may be another device after the next boot; @dir: of sysfs */
bool blockdev_mapper_path(struct swapadm_ctx *ctx, const char *dir, char *buf,
			  size_t size);

/*
 * Plain dm-crypt, the way to a random key at each boot ("swap" in crypttab): its signature, with
 * label and UUID, is another one then. @dir as above; the prefix is cryptsetup's.
 */
bool blockdev_is_plain_crypt(struct swapadm_ctx *ctx, const char *dir);

/*
 * The same with the fewest system calls: only name, disk, model, dev, kind, rotational
 * and is_loop are filled; _by_name() leaves dev 0.
 */
int blockdev_get_brief(struct swapadm_ctx *ctx, dev_t dev, struct blockdev *out);
int blockdev_get_brief_by_name(struct swapadm_ctx *ctx, const char *name,
			       struct blockdev *out);

/*
 * Does the device, or one of those that it is stacked on (dm, md, leaves of tswap), queue
 * requests? One that works bio by bio (zram, brd, pmem) does not. Kernel ABI:
 * /sys/block/DISK/mq, which blk-mq makes, slaves, and tswap/leafID/dev. False also when
 * sysfs has no such device.
 */
bool blockdev_has_queue(struct swapadm_ctx *ctx, dev_t dev);

/* I/O counters of /sys/class/block/NAME/stat; -ENODEV */
int blockdev_get_io(struct swapadm_ctx *ctx, const char *name,
		    struct swapadm_io_stats *out);

/**
 * blockdev_parse_link() - names from a link below /sys/dev/block or /sys/class/block
 * @link:  "../../devices/pci0000:00/0000:00:02.0/virtio1/block/vda/vda1"
 * @out:   name and disk are filled
 *
 * Return: 0; -EBADMSG.
 */
int blockdev_parse_link(const char *link, struct blockdev *out);

/**
 * blockdev_parse_stat() - the line of /sys/class/block/NAME/stat
 *
 * 11 fields or more (15 since 4.18, 17 since 5.5); sectors of 512 bytes, milliseconds.
 * Kernel ABI: Documentation/block/stat.rst. Return: 0; -EBADMSG.
 */
int blockdev_parse_stat(const char *text, struct swapadm_io_stats *out);

#endif
