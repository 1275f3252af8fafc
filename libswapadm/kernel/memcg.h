/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory cgroups, version 1 and 2.
 *
 * Both count a group together with everything below it, so a limit of an ancestor is seen
 * by looking at the ancestor. Groups without the memory controller are left out.
 */
#ifndef SWAPADM_MEMCG_H
#define SWAPADM_MEMCG_H

#include "base/ctx.h"

#define MEMCG_NO_LIMIT UINT64_MAX

/**
 * struct memcg_mount - where the memory controller is
 * @version:  1, 2, or 0: nowhere
 * @path:     mount point
 */
struct memcg_mount {
	int version;
	char path[256];
};

/**
 * struct memcg - one group's figures
 * @path:             below the mount point, "/" the root group
 * @limit_bytes:      of memory: v2 the lower of max and high; MEMCG_NO_LIMIT
 * @max_bytes:        of memory: past it the OOM killer is called; MEMCG_NO_LIMIT
 * @file_bytes:       page cache on the inactive list
 * @active_file_bytes: and on the active one
 * @inactive_anon_bytes: what can go to swap, of processes, of tmpfs and cached of swap,
 *   on the inactive list; @active_anon_bytes on the active one. Not what is locked.
 * @swap_bytes:       in swap, all areas together
 * @swap_cached_bytes: also in memory (and counted in @usage_bytes) while still in swap
 * @swap_in_cache:    @swap_bytes counts these, too (v2; v1 takes them off at once)
 * @swap_limit_bytes: v2 memory.swap.max; @swap_high_bytes likewise
 * @memsw_*:          v1 memory + swap
 * @never_swaps:      v1: memory.swappiness is 0, so its reclaim pushes nothing out
 * @kills_all:        v2: memory.oom.group, a victim takes the whole group with it
 * @oom_kills:        processes that its OOM killer ended; v2: and those of the groups
 *   below
 * @swapin_pages:     ever read from swap areas, @swapout_pages written (v2, 6.13)
 * @refault_pages:    anonymous pages that came back from swap soon (5.9)
 * @zswap_bytes:      RAM in zswap; @zswapped_bytes: logical size of it (v2)
 */
struct memcg {
	const char *path;
	uint32_t known; /* MEMCG_* */
	uint64_t usage_bytes, limit_bytes, max_bytes;
	uint64_t file_bytes, active_file_bytes;
	uint64_t inactive_anon_bytes, active_anon_bytes;
	uint64_t swap_bytes, swap_cached_bytes, swap_limit_bytes, swap_high_bytes;
	uint64_t memsw_usage_bytes, memsw_limit_bytes;
	uint64_t zswap_bytes, zswapped_bytes, shmem_bytes;
	uint64_t oom_kills;
	bool never_swaps, swap_in_cache, kills_all;
	uint64_t anon_bytes; /* v2: of processes, in memory; can go to swap */
	uint64_t swapin_pages, swapout_pages, refault_pages;
};
/**
 * memcg_resident_bytes() - memory of a group that swap is for
 * @cg: with MEMCG_STAT
 *
 * Once each: a page in the swap cache is in @swap_cached_bytes and, when a process has it
 * mapped, in @anon_bytes too. The lists have it once, but have no locked pages.
 */
static inline uint64_t memcg_resident_bytes(const struct memcg *cg)
{
	return u64_max(cg->inactive_anon_bytes + cg->active_anon_bytes,
		       cg->anon_bytes + cg->shmem_bytes);
}

#define MEMCG_USAGE    (1u << 0)
#define MEMCG_SWAP     (1u << 1)
#define MEMCG_MEMSW    (1u << 2)
#define MEMCG_ZSWAP    (1u << 3)
#define MEMCG_STAT     (1u << 4)
#define MEMCG_KILLS    (1u << 5)
#define MEMCG_MOVES    (1u << 6) /* swapin, swapout */
#define MEMCG_REFAULTS (1u << 7)

/* by /proc/self/mountinfo; @out->version 0 when no memory controller is mounted */
int memcg_mount_find(struct swapadm_ctx *ctx, struct memcg_mount *out);

/**
 * memcg_read() - one group
 * @path:  below the mount point, kept by the caller as long as @out
 *
 * Kernel ABI: Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst. What is not
 * there (the root group of v2 has no usage) is not known.
 * Return: 0; -ENOENT no such group.
 */
int memcg_read(struct swapadm_ctx *ctx, const struct memcg_mount *mount, const char *path,
	       struct memcg *out);

/*
 * "/a/b", "a/b" or a path in the mounted tree, as a path below the mount point in @buf:
 * 0; -ENOENT with the sentence
 */
int memcg_find(struct swapadm_ctx *ctx, const struct memcg_mount *mount, const char *word,
	       char *buf, size_t size);

/* the group of a process by /proc/PID/cgroup; @controller NULL: of version 2; -ENOENT */
int cgroup_parse_proc(const char *text, const char *controller, char *path, size_t size);
/* "a,b,memory,c", the options of a mount, holds the word */
bool cgroup_has_option(const char *options, const char *word);
/* the same for the memory controller */
int memcg_parse_proc(const char *text, int version, char *path, size_t size);
int memcg_of_pid(struct swapadm_ctx *ctx, const struct memcg_mount *mount, pid_t pid,
		 char *path, size_t size);

typedef int (*memcg_fn)(void *data, const struct memcg *cg, unsigned depth);

/**
 * memcg_walk() - every group, ancestors before descendants
 * @prune:  leave out what is below a group with nothing in swap
 * @fn:     a non-zero result ends the walk and is returned
 *
 * Groups that vanish meanwhile are passed over. -EMFILE, -ENFILE, -ENOMEM: not all were
 * seen.
 */
int memcg_walk(struct swapadm_ctx *ctx, const struct memcg_mount *mount, bool prune,
	       memcg_fn fn, void *data);

/*
 * every group, with its use and limits alone: no swap_high, oom_kills, kills_all.
 * Each file that is not read saves a machine of many groups a while.
 */
int memcg_walk_use(struct swapadm_ctx *ctx, const struct memcg_mount *mount, memcg_fn fn,
		   void *data);

/**
 * memcg_room_bytes() - what may still come into memory, charged to the group
 *
 * Inactive page cache counts as room, and half of the active one.
 * Return: bytes; MEMCG_NO_LIMIT when the group has no limit, or none that is known.
 */
uint64_t memcg_room_bytes(const struct memcg *cg);

/* what the group may still push out; MEMCG_NO_LIMIT */
uint64_t memcg_swap_room_bytes(const struct memcg *cg);

/* charges that the machine's CPUs keep for later, of one group at most */
uint64_t memcg_stock_bytes(struct swapadm_ctx *ctx);

/**
 * memcg_short_bytes() - by how much swapped pages would not fit into their group
 * @need_bytes:  that would come into memory, charged to the group
 * @stock_bytes: memcg_stock_bytes()
 *
 * Room on other swap areas is not counted: see memcg_pushes_out().
 * Return: 0 when it fits.
 */
uint64_t memcg_short_bytes(const struct memcg *cg, uint64_t need_bytes,
			   uint64_t stock_bytes);

/* what has to stay free wherever pages are pushed out while @bytes come in */
uint64_t memcg_margin_bytes(uint64_t bytes);

/**
 * memcg_pushes_out() - may the group's own limit of swap and settings let pages go out?
 * @bytes:  that come in
 *
 * At its memory limit a group pushes pages out before the OOM killer is called, but only
 * below its memory.swap.max, and with a swappiness above 0 (v1; v2 has the machine's
 * alone). A limit of memory and swap together (v1) does not help: both sums stay the
 * same.
 */
bool memcg_pushes_out(const struct memcg *cg, uint64_t bytes);

#endif
