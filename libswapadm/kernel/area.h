/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swap areas: what swapon(2) activated, the lines of /proc/swaps. */
#ifndef SWAPADM_AREA_H
#define SWAPADM_AREA_H

#include "base/ctx.h"

/**
 * struct area - one line of /proc/swaps
 * @path:        unescaped, without the " (deleted)" of an unlinked file or device node,
 *               which sets @deleted
 * @is_virtual:  no device and no file: a container's view of its swap (lxcfs prints "none
 *               virtual ..."), or a name that no path leads to; nothing can be done with it
 * @size_bytes:  without the header page, as the kernel counts
 */
struct area {
	char *path;
	bool is_file, deleted, is_virtual;
	uint64_t size_bytes, used_bytes;
	int prio;
};

struct area_list {
	struct area *items; /* in the kernel's order, that of swap types */
	size_t n;
	size_t n_skipped;   /* lines that could not be understood */
	bool virtual_slots; /* of areas_load(): page tables do not name these, vswap.h */
};

/**
 * areas_parse() - the text of /proc/swaps
 * @out:  free with areas_free()
 *
 * Kernel ABI: mm/swapfile.c swap_show(): blanks, tabs, newlines and backslashes of names
 * are octal escapes (also '#' on 6.x); sizes are KiB.
 * A line that is not one of an area is left out and counted: it does not take the others
 * away. Return: 0; -EBADMSG not this table; -ENOMEM.
 */
int areas_parse(const char *text, struct area_list *out);
int areas_load(struct swapadm_ctx *ctx, struct area_list *out);
void areas_free(struct area_list *list);
const struct area *areas_find(const struct area_list *list, const char *path);

#endif
