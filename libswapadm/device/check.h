/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * May this device become a swap area?
 *
 * What is checked is what is used: the descriptor that is opened here stays open, without
 * O_EXCL (mkswap and swapon want that themselves), and is what mkswap(8) and swapon(2)
 * get as /proc/PID/fd/N. A name that is pointed elsewhere meanwhile changes nothing.
 */
#ifndef SWAPADM_CHECK_H
#define SWAPADM_CHECK_H

#include "kernel/area.h"
#include "kernel/blockdev.h"
#include "kernel/mounts.h"
#include "module/snapshot.h"
#include "device/probe.h"
#include "state/state.h"

#define SWAP_MIN_PAGES 10 /* what mkswap(8) and the kernel ask for, the header included */

/**
 * struct target - a device that passed its check
 * @fd:            read-only
 * @path:          as /proc/swaps will name it
 * @st:            of @fd
 * @bdev:          of a block device
 * @probe:         what is on it
 * @needs_format:  it carries no signature that can be used: mkswap first
 * @is_backing:    CHECK_BACKING: zram is to write back to it
 */
struct target {
	int fd;
	char *path;
	struct stat st;
	bool is_file, needs_format, is_backing;
	uint64_t size_bytes;
	struct blockdev bdev;
	struct probe probe;
};

/**
 * struct check - what the checks of one plan share
 * @areas, @mounts:  snapshots; check_load() fills them
 * @tswap:           its leaves are in use for swap too; borrowed, or NULL
 * @state:           names the tiers of areas in refusals; borrowed, or NULL
 * @left_over:       number of a zram that an interrupted run left and this plan resets:
 *                   what it writes back to is free then; borrowed, or NULL
 */
struct check {
	struct swapadm_ctx *ctx;
	struct area_list areas;
	const struct snapshot *tswap;
	struct mounts *mounts;
	const struct state *state;
	const int *left_over;
};

int check_load(struct swapadm_ctx *ctx, struct check *check);
void check_done(struct check *check);

/* CHECK_BACKING: to be the write-back device or file of a zram, not an area */
#define CHECK_FORMAT     (1u << 0)
#define CHECK_ALLOW_LOOP (1u << 1)
#define CHECK_BACKING    (1u << 2)

/**
 * check_resolve() - from the user's word to a path
 * @word:  path, kernel name or tag
 * @out:   path, to be freed; it need not exist
 *
 * Return: 0; -ENODEV no device has the tag; -ENOTUNIQ several have it.
 */
int check_resolve(struct swapadm_ctx *ctx, const char *word, char **out);

/**
 * check_device() - look at a device or swap file; changes nothing
 * @path:   of check_resolve()
 * @flags:  CHECK_*
 * @out:    to be freed with target_free()
 *
 * Return: 0, else the sentence is set and the cause is:
 *  -ENOENT      there is no such file
 *  -EISDIR      a folder
 *  -ENOTBLK     neither a block device nor a file
 *  -EBUSY       active, a leaf, mounted, held by dm or md, opened exclusively by others,
 *               backing a loop device, open for writing, or holding the image of a
 *  hibernated system -EMEDIUMTYPE holds something else, nothing, or a swap signature that
 *               can't be used; the only cause that CHECK_FORMAT overrides
 *  -EOPNOTSUPP  a file system or a kind of device that can't swap
 *  -ENXIO       a file with holes
 *  -ERANGE      too small
 *  -EPERM       a file that others than root may read or write, or one that is immutable
 *  -EACCES      read-only, or the privilege to open it is missing
 *  -EINVAL      a loop device without CHECK_ALLOW_LOOP
 *  -ELOOP       a tswap device
 *  else         -errno of open, stat or the probe.
 */
int check_device(struct check *check, const char *path, unsigned flags,
		 struct target **out);

/**
 * check_fitness() - would check_device() take it, were it not in use?
 *
 * Who uses it is not asked: a boot finds it free.
 * Return: 0, else as check_device(), but never -EBUSY for being in use.
 */
int check_fitness(struct check *check, const char *path, unsigned flags);

void target_free(struct target *target);

/*
 * Of check_file.c, for swap files: is it free to be used, and, once it is known what it
 * holds, is it as the kernel wants one? Remedies of the latter may take what is in it.
 */
/* does the zram that the plan resets write back to this block device? */
bool check_is_freed(const struct check *check, dev_t backing);

/* @zram writes back to @path, @through: "the backing file of ..., "; -EBUSY, the way out */
int check_refuse_writeback(const struct check *check, const char *path,
			   const char *through, int zram);

/* may others than root read or write this file? */
bool check_file_is_exposed(const struct target *target);

int check_file_use(struct check *check, struct target *target);
int check_file_form(struct check *check, const struct target *target);

/*
 * does the file system of @path take such files? @what: "swap", "write-back";
 * -EOPNOTSUPP, -EACCES with the sentence
 */
int check_filesystem(struct swapadm_ctx *ctx, int fd, const char *path, const char *what);

/**
 * check_same() - does the target's path still name what was checked?
 * Return: 0; -ESTALE; else -errno of stat. The sentence is set.
 */
int check_same(struct swapadm_ctx *ctx, const struct target *target);

/* the active area of a target, or of the path that @st is of; NULL none */
const struct area *check_find_area(struct swapadm_ctx *ctx, const struct area_list *areas,
				   const struct stat *st);

static inline void check_donep(struct check *check)
{
	check_done(check);
}

static inline void target_freep(struct target **target)
{
	target_free(*target);
}

#endif
