/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a word means on disk: a path, a kernel name or a tag, as something that can be
 * compared with the devices of a model.
 */
#ifndef SWAPADM_TAGS_H
#define SWAPADM_TAGS_H

#include <limits.h>

#include "model/model.h"

/**
 * struct devkey - what identifies a device
 * @path:   what to open; in a capture with links followed
 * @known:  the rest is filled: the thing exists on this machine
 * @dev:    number of a block device, or of the file system of a file
 * @ino:    of a file, 0 of a block device
 */
struct devkey {
	char path[PATH_MAX];
	bool known, is_blk;
	dev_t dev;
	ino_t ino;
};

/**
 * devkey_get() - look a word up, without opening any device
 * @word:  path, kernel name, or a tag for which udev made a link
 *
 * Return: 0, also when a path does not exist; -ENODEV no link for the tag; -ENAMETOOLONG.
 */
int devkey_get(struct swapadm_ctx *ctx, const char *word, struct devkey *out);
bool devkey_is(const struct devkey *key, const struct model_device *dev);

/**
 * tag_matches() - open an active area and see whether it has a tag
 *
 * For systems without udev. false also when it can't be opened. Partition tags are those
 * of the partition that the device is.
 */
bool tag_matches(struct swapadm_ctx *ctx, const struct swapadm_device *dev, enum tag tag,
		 const char *value);

/* are links for tags kept up to date, so that one that is not there means no device? */
bool tags_have_links(struct swapadm_ctx *ctx);

/**
 * tags_fill() - labels and UUIDs of the swap signatures of all devices
 *
 * Reads every device; in a capture, the links that udev made. What can't be read stays
 * unknown. Return: 0; -ENOMEM.
 */
int tags_fill(struct swapadm_model *model, struct model_device *const *devices, size_t n);

#endif
