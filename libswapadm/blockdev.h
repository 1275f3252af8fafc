/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices as sysfs shows them. */
#ifndef SWAPADM_BLOCKDEV_H
#define SWAPADM_BLOCKDEV_H

#include "ctx.h"

/**
 * struct blockdev - what sysfs tells of a block device
 * @name:     kernel name (sdb2); @disk: its whole disk (sdb), the same when it is one
 * @kind:     a guess for grouping: by driver name (zram, ram, pmem, nbd, rbd, tswap), by
 *            transport, else by queue/rotational
 * @holders:  kernel name of the first holder (dm, md), "" none
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
/* I/O counters of /sys/class/block/NAME/stat; -ENODEV */
int blockdev_get_io(struct swapadm_ctx *ctx, const char *name,
		    struct swapadm_io_stats *out);

#endif
