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
	char *limit_object, *largest_comm;
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

/* the direct layer's start: a worker process, see drain_job.c */
int direct_drain_start(struct swapadm_drain *drain, struct swapadm_job **out);

static inline void swapadm_drain_unrefp(struct swapadm_drain **drain)
{
	swapadm_drain_unref(*drain);
}

#endif
