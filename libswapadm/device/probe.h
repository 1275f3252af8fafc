/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is on a device: libblkid's low-level probe, in words. */
#ifndef SWAPADM_PROBE_H
#define SWAPADM_PROBE_H

#include "base/ctx.h"

/**
 * struct probe - the signatures on a device or in a file
 * @n_foreign:   signatures that are no swap area: file systems, members of LVM or RAID,
 *               encrypted volumes, partition tables
 * @foreign:     they in words: 'an ext4 file system labelled "home"'; "" none
 * @swap:        it carries a swap signature of version 1
 * @hibernated:  its swap area holds the image of a sleeping system
 * @old_swap:    a swap area of version 0, which no kernel of today takes
 * @page_bytes:  page size of the swap signature
 * @label:       of the swap signature, @uuid likewise; "" none
 * @area_bytes:  what the signature says the area spans, its header included; 0: unknown
 */
struct probe {
	unsigned n_foreign;
	char foreign[320];
	bool swap, hibernated, old_swap;
	uint64_t page_bytes;
	char label[64], uuid[48];
	uint64_t area_bytes;
};

/**
 * probe_fd() - look for every signature that libblkid knows
 * @fd:   block device or regular file, readable
 * @out:  filled on success
 *
 * Signatures with a wrong checksum count too: a damaged file system is still somebody's.
 * Return: 0; -EIO the device could not be read; -ENOMEM. No sentence is set.
 */
int probe_fd(int fd, struct probe *out);

/**
 * probe_wipe() - erase the signatures that probe_fd() finds
 * @fd:  writable
 * Return: 0; -EIO; -ENOMEM.
 */
int probe_wipe(int fd);

/**
 * probe_resolve_tag() - the device node of LABEL=, UUID=, PARTLABEL= or PARTUUID=
 * @tag:  "UUID=2b1c..."
 * @out:  path, to be freed with free()
 *
 * Return: 0; -ENODEV no device has it; -ENOTUNIQ several have it; -ENOMEM.
 */
int probe_resolve_tag(const char *tag, char **out);

#endif
