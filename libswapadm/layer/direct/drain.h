/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drains: what the layers' have in common, and the direct layer's own. There, .priv of
 * the operation is a struct drain.
 */
#ifndef SWAPADM_DRAIN_H
#define SWAPADM_DRAIN_H

#include "job/work.h"
#include "layer/direct/emergency.h"
#include "kernel/area.h"
#include "op/op.h"
#include "prefetch/preread.h"

#define DRAIN_SEEN_NS UINT64_C(2000000000) /* after that the worker looks itself */

/* of a device, by the plan; @plain: reading ahead can't pay */
struct drain_seen {
	bool plain;
	struct preread_seen pages; /* its .pids: below */
};

/**
 * struct drain - what a drain by swapoff(2) has to remember from its plan
 * @fits_ram:  all of it, whatever the destination says
 * @to_tier:   the destination is a tier
 * @seen:      for each device
 * @pids:      of all .seen: processes with anything in swap, @seen_ns: when that was so
 * @work:      of the worker: direct_drain_work, or what takes a layer down
 * @detach:    in the worker, after swapoff(2) of a device
 */
struct drain {
	bool fits_ram, to_tier;
	struct emergency emergency; /* .path NULL: none */
	struct drain_seen *seen;
	pid_t *pids;
	size_t n_pids;
	uint64_t seen_ns;
	const char *work;
	int (*detach)(struct swapadm_ctx *ctx, const char *path, bool persist);
};

static inline struct drain *drain_of(const struct swapadm_op *op)
{
	return op->priv;
}

/**
 * drain_find_source() - look the source up, and whether it can be drained at all
 *
 * The plan's devices and used_bytes are filled.
 * Return: 0; -ENOMEM; -ENODEV no such source, or nothing active in it.
 */
int drain_find_source(struct swapadm_op *op);

/* the direct layer's way of drain and remove; _plan(): the source is found already */
int direct_drain_prepare(struct swapadm_op *op);
int direct_drain_plan(struct swapadm_op *op);

/**
 * struct drain_share - what one process has on the areas that are drained
 * @cgroup:  its memory cgroup, "" not known
 */
struct drain_share {
	pid_t pid;
	char comm[64];
	char *cgroup;
	uint64_t bytes;
};

/**
 * struct drain_shares - who has how much on the areas, by pagemap
 * @known:         all pagemaps could be read and the areas told apart
 * @unseen_bytes:  used, but in no pagemap: shmem, and pages being moved meanwhile
 */
struct drain_shares {
	struct drain_share *items;
	size_t n;
	bool known;
	uint64_t unseen_bytes;
};

/**
 * drain_predict() - look at the areas: strategy, time, whose pages they are
 * @out:  free with drain_shares_free()
 *
 * Reads pagemaps, and a few pages of each device past the page cache. What can't be read
 * stays unknown. Return: 0; -ENOMEM.
 */
int drain_predict(struct swapadm_op *op, struct drain_shares *out);
void drain_shares_free(struct drain_shares *shares);

/* whose pages are on an area now; 0; -ENOMEM */
int drain_shares_load(struct swapadm_ctx *ctx, const char *path, uint64_t used_bytes,
		      struct drain_shares *out);

/**
 * struct drain_limits_req - what to hold against the memory cgroups
 * @shares:           who has how much on the areas
 * @used_bytes:       that come in at most, by all groups together
 * @elsewhere_bytes:  free on the areas that stay; @elsewhere_is_memory: all of them zram
 * @under_way:        some of it may have been read ahead: in memory, and charged
 * @host:             the group that the child is in already, or NULL
 */
struct drain_limits_req {
	const struct drain_shares *shares;
	uint64_t used_bytes, elsewhere_bytes;
	bool elsewhere_is_memory, under_way;
	const char *host;
};

/**
 * struct drain_limits - the groups that do not hold what comes in
 * @short_bytes:   of @short_path, which could not push out either: its OOM killer would
 *   act
 * @pushed_bytes:  of @tight_path, which has to push as much out to other areas
 * @host_path:     the group that the caller of swapoff(2) enters, see guard.h, or NULL
 */
struct drain_limits {
	uint64_t short_bytes, pushed_bytes;
	char *short_path, *tight_path, *host_path;
};

/**
 * drain_limits_look() - walk the groups as they are now
 * @out:  the worst of each kind; free with drain_limits_free()
 * Return: 0, also without a controller; -ENOMEM; -errno of reading /proc/mounts.
 */
int drain_limits_look(struct swapadm_ctx *ctx, const struct drain_limits_req *req,
		      struct drain_limits *out);
void drain_limits_free(struct drain_limits *limits);

/* what the areas that stay have free, if a group's reclaim may use them at all */
uint64_t drain_elsewhere_bytes(const struct swapadm_op *op, bool *is_memory);

/* room of areas; .is_memory: all of them zram */
struct drain_elsewhere {
	uint64_t bytes;
	bool is_memory;
};

/**
 * drain_limits_of_area() - as drain_limits_look(), for one area that is to go
 * @gone:   the area
 * @extra:  areas that there will be by then
 */
int drain_limits_of_area(struct swapadm_ctx *ctx, const struct area *gone,
			 struct drain_elsewhere extra, struct drain_limits *out);

/* what pushing pages out adds to the time that bringing others in takes */
static inline uint64_t drain_pushed_ns(uint64_t pushed_bytes)
{
	/* 650 to 900 us a page were measured on disks */
	return pushed_bytes / own_page_bytes() * UINT64_C(800000);
}

/* memory that must stay free when all has come in */
uint64_t drain_ram_margin(uint64_t total_bytes);

/*
 * processes that OOM killers of cgroups ended between begin and end: which group, how
 * many
 */
struct drain_kill {
	char *path;
	unsigned depth;
	uint64_t count;
};
struct drain_kills {
	struct drain_kill *items;
	size_t n;
	uint64_t n_new;
	char group[256];
};
void drain_kills_begin(struct swapadm_ctx *ctx, struct drain_kills *kills);
bool drain_kills_end(struct swapadm_ctx *ctx, struct drain_kills *kills);

/**
 * drain_fits_now() - look again: memory and the cgroups, with what is left on @dev
 * @shares:  whose pages are there, as far as that is known
 * @in:      the group that the child is in, or NULL; as good as any other that protects
 * @why:     a sentence without the object, when it does not fit
 * @host:    the group that the caller of swapoff(2) has to enter, or NULL; to be freed;
 *           also when it does not fit
 */
enum drain_verdict {
	DRAIN_FITS, /* or that can't be said */
	DRAIN_MEMORY_SHORT,
	DRAIN_GROUP_SHORT, /* @shares may show that it is not */
};
enum drain_verdict drain_fits_now(const struct swapadm_op *op,
				  const struct swapadm_device *dev,
				  const struct drain_shares *shares, const char *in,
				  char *why, size_t size, char **host);

/* job.c: the start of a drain, and what the worker reads back; worker.c: its life */
extern const struct op_ops direct_drain_ops;
extern const struct job_work direct_drain_work;
int drain_save(const struct swapadm_op *op, struct request *req);
int drain_load(struct swapadm_ctx *ctx, const struct request *req, void **arg);
int drain_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *arg);

#endif
