/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a swap signature, by util-linux's mkswap(8). */
#ifndef SWAPADM_FORMAT_H
#define SWAPADM_FORMAT_H

#include "device/check.h"

/**
 * format_fd() - make an open device or file a swap area
 * @fd:    as checked; mkswap opens it again through /proc/PID/fd/N
 * @path:  for the sentence
 * @old:   keep the label and UUID of its swap signature, or NULL
 *
 * Every other signature is erased. libblkid is asked afterwards whether it finds exactly
 * what was to be written.
 * Return: 0; -ENOENT mkswap is missing; -ECHILD it failed, its words are in the sentence;
 * -EIO the signature is not there; else -errno.
 */
int format_fd(struct swapadm_ctx *ctx, int fd, const char *path, const struct probe *old);

/**
 * format_target() - the same for a checked device, under the BSD lock of its whole disk
 *
 * udev keeps its hands off a disk while it is locked (systemd's BLOCK_DEVICE_LOCKING).
 * Return: as format_fd(); -EBUSY others kept the lock for 10 s.
 */
int format_target(struct swapadm_ctx *ctx, struct target *target);

/* erase all signatures of a device that zram writes back to; as format_target() */
int format_wipe_target(struct swapadm_ctx *ctx, struct target *target);

#endif
