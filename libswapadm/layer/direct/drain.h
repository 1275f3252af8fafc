/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drains: what every layer's have in common. A layer's drain_prepare() makes a struct
 * swapadm_drain with its own ops; the plan's strings belong to the drain, its devices to
 * the model that it holds.
 */
#ifndef SWAPADM_DRAIN_H
#define SWAPADM_DRAIN_H

#include "base/ctx.h"
#include "layer/direct/emergency.h"

struct drain_ops {
	const char *verb; /* for sentences; NULL: "drain" or "remove", as is asked for */
	int (*start)(struct swapadm_drain *drain, struct swapadm_job **out);
	void (*release)(struct swapadm_drain *drain); /* what .priv holds; or NULL */
};

struct swapadm_drain {
	const struct drain_ops *ops;
	struct swapadm_ctx *ctx;
	struct swapadm_model *model;
	struct swapadm_drain_req req; /* its strings are the drain's */
	const char *verb;             /* "drain" or "remove", for sentences */
	struct swapadm_drain_plan plan;
	const struct swapadm_device **devices; /* what plan.devices points to */
	struct swapadm_drain_dest *dests;      /* what plan.dests points to */
	char *limit_object, *tight_group, *largest_comm;
	bool fits_ram;              /* all of it, whatever --to says */
	bool to_tier;               /* --to names a tier */
	struct emergency emergency; /* .path NULL: none */
	bool *plain; /* for each device: reading ahead can't pay, the plan has seen */
	/* after swapoff(2) of a device: direct_detach(), or what takes a layer down */
	int (*detach)(struct swapadm_ctx *ctx, const char *path, bool persist);
	void *priv;
};

/**
 * drain_new() - a drain with a copy of the request and its source looked up
 * @out:  plan.source, .devices and .used_bytes are filled
 *
 * Return: 0; -ENOMEM; -ENODEV no such source, or nothing active in it.
 */
int drain_new(struct swapadm_ctx *ctx, struct swapadm_model *model,
	      const struct swapadm_drain_req *req, const struct drain_ops *ops,
	      struct swapadm_drain **out);

/* is @dev one of those that are drained? */
bool drain_has_device(const struct swapadm_drain *drain,
		      const struct swapadm_device *dev);

/* the direct layer's drain_prepare() */
int direct_drain_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
			 const struct swapadm_drain_req *req, struct swapadm_drain **out);

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
int drain_predict(struct swapadm_drain *drain, struct drain_shares *out);
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
 */
struct drain_limits_req {
	const struct drain_shares *shares;
	uint64_t used_bytes, elsewhere_bytes;
	bool elsewhere_is_memory, under_way;
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
uint64_t drain_elsewhere_bytes(const struct swapadm_drain *drain, bool *is_memory);

/* memory that must stay free when all has come in */
uint64_t drain_ram_margin(uint64_t total_bytes);

/*
 * processes that OOM killers of cgroups ended between begin and end: which group, how
 * many
 */
struct drain_kill {
	char *path;
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
 * @why:     a sentence without the object, when it does not fit
 * @host:    the group that the caller of swapoff(2) has to enter, or NULL; to be freed
 * Return: true when it fits, or that can't be said.
 */
bool drain_fits_now(const struct swapadm_drain *drain, const struct swapadm_device *dev,
		    const struct drain_shares *shares, char *why, size_t size,
		    char **host);

/* the direct layer's start: a worker process, see drain_job.c */
int direct_drain_start(struct swapadm_drain *drain, struct swapadm_job **out);

static inline void swapadm_drain_unrefp(struct swapadm_drain **drain)
{
	swapadm_drain_unref(*drain);
}

#endif
