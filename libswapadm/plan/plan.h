/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans from the inside.
 *
 * A plan is a list of units, one a device or setting, and a list of steps, each of one
 * unit. What fails inside a unit undoes that unit and no other. Planning changes nothing;
 * it checks, and keeps open what it checked.
 */
#ifndef SWAPADM_PLAN_H
#define SWAPADM_PLAN_H

#include <stdatomic.h>

#include "device/check.h"
#include "state/state.h"

struct tswap_cgroup_msg;

enum unit_kind {
	UNIT_NOTE,    /* steps KEEP and WARN only */
	UNIT_REFUSED, /* can't be done: .err and .sentence; the others can */
	UNIT_ZRAM,    /* make a zram device and activate it */
	UNIT_FILE,    /* make a swap file and activate it */
	UNIT_DEVICE,  /* activate what exists */
	UNIT_RERANK,  /* an active area gets another priority */
	UNIT_PRUNE,   /* what swapadm attached and the configuration no longer names */
	UNIT_SET,     /* write .value to the file .path */
	UNIT_LINE,    /* write its line into the drop-in */
	UNIT_TSWAP,   /* make the tswap device, cover its slots */
	UNIT_AREA,    /* make the tswap device an active area */
	UNIT_CONVERT, /* an active area becomes a leaf */
	UNIT_LEAF,    /* a leaf changes its tier or its options, or takes pages again */
	UNIT_TIER,    /* a tier of leaves changes its rank or its policy */
	UNIT_RULE,    /* a cgroup may use other tiers */
	UNIT_MASK,    /* likewise, of the kernel's own tiers */
	UNIT_BACK,    /* a leaf becomes an area of its own */
	UNIT_DOWN,    /* the tswap device goes */
};

/**
 * struct plan_unit - one device or setting
 * @spec:       how it is named, with its options; the text is what state and drop-ins get
 * @path:       the area as /proc/swaps names it, once that is known; of SET: the file
 * @replaces:   path of the device whose place it takes, of LINE the line; or NULL
 * @rank:       of its tier
 * @new_rank:   rank to be recorded for a tier that no file names; else RANK_NONE
 * @open_rank:  the plan chose it, on the direct layer: it is chosen again under the lock
 * @size_bytes: of what is made, or of the leaf that becomes an area
 * @target:     the checked device
 * @line:       of the tier in the configuration, -1 none: `add`
 * @recorded:   an entry in the state that was not there before; @persisted: a line of the
 *              drop-in likewise
 *
 * The rest by @kind:
 * @zram:       ZRAM: the number, one that an interrupted run left or was made, -1 none
 *              yet; the checked backing device, or NULL
 * @file:       FILE: of the file that was made, -1 none; @linked: it has its name
 * @leaf:       LEAF, BACK, PRUNE: of an existing leaf, 0 none; @flags when @set_flags;
 *              @uncordon: a drained leaf takes pages again; of BACK: if it stays a leaf
 *              of PRUNE: @into: the unit that takes its place, or NULL; @deletes: its
 *              swap file, @fd in the folder @folder_fd, is deleted
 * @policy:     TIER: its rank changes, else its policy
 * @mask:       MASK: path of the cgroup below the mount point, priorities of the tiers
 *              that it may use, none: all
 * @setting:    SET: what is written; @zram: path of the area whose record gets those
 *              options of @spec_text that change in use, or NULL
 * @rule:       RULE: what the module is asked for
 * @refused:    REFUSED: why
 */
struct plan_unit {
	enum unit_kind kind;
	struct swapadm_devspec *spec;
	char *tier, *spec_text, *path, *replaces;
	int prio, old_prio, rank, new_rank;
	bool open_rank;
	uint64_t size_bytes;
	struct target *target;
	int line;
	bool recorded, persisted;
	union {
		struct {
			int number;
			struct target *backing;
			uint64_t mem_limit_bytes;
		} zram;
		struct {
			int folder_fd, fd;
			bool linked;
			unsigned n_folders; /* that were made for it */
		} file;
		struct {
			uint32_t id, flags;
			bool uncordon, set_flags, deletes;
			int folder_fd, fd;
			const struct plan_unit *into;
		} leaf;
		struct {
			bool set_rank;
			enum swapadm_on_swapin on_swapin;
		} policy;
		struct {
			char *value, *zram;
		} setting;
		struct {
			bool clears;
			struct tswap_cgroup_msg *msg;
		} rule;
		struct {
			char *cgroup;
			int prios[TSWAP_CGROUP_TIERS];
			size_t n;
		} mask;
		struct {
			int err;
			char *sentence;
		} refused;
	};
};

/**
 * struct plan_tswap - the tswap device of a plan on the redirect layer
 * @wanted:  the plan is one of that layer: devices become leaves
 * @exists:  the device is there, @id is its number
 * @slots:   that it has or is to have, the header included
 */
struct plan_tswap {
	bool wanted, exists;
	uint32_t id;
	uint64_t slots;
};

struct plan_step {
	struct swapadm_step pub;
	struct plan_unit *unit;
};

/**
 * struct swapadm_plan
 * @holder:  for the lock: "add ssd", "apply"
 * @go_on:   a unit that fails does not stop the others
 * @unsettled: a swapoff(2) without a job was under way when it was made
 * @replaced: what was planned before that was over, whose steps a caller may still hold
 * @stop: of a run in a thread: once it is true no other unit is begun; or NULL
 * @degraded: the direct layer in place of the redirect one: why; or NULL
 */
struct swapadm_plan {
	unsigned refs, flags;
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf; /* or NULL */
	char *holder;
	bool go_on, unsettled;
	struct swapadm_plan *replaced;
	const atomic_bool *stop;
	char *degraded;
	struct plan_tswap tswap;
	struct plan_unit **units;
	size_t n_units;
	struct plan_step *steps;
	size_t n_steps;
};

int plan_new(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	     const char *holder, struct swapadm_plan **out);

/* a unit without steps; -ENOMEM with the sentence */
int plan_new_unit(struct swapadm_plan *plan, enum unit_kind kind, const char *tier,
		  struct plan_unit **out);

/**
 * struct planned_tier - where a device goes
 * @record:  the rank must be kept in the state: no file names the tier
 * @open:    see struct plan_unit .open_rank
 */
struct planned_tier {
	const char *name;
	int rank;
	bool record, open;
	int slowness; /* of the slowest new device, as kinds go; 0: not known */
};

/**
 * plan_new_device() - a unit of a device in a tier, with a copy of its description
 * Return: 0; -ENOMEM with the sentence.
 */
int plan_new_device(struct swapadm_plan *plan, enum unit_kind kind,
		    const struct planned_tier *tier, const struct swapadm_devspec *spec,
		    struct plan_unit **out);

/* a step at the end; strings are copied; @object NULL: the unit's path or spec */
int plan_add_step(struct swapadm_plan *plan, struct plan_unit *unit,
		  enum swapadm_action action, const char *object, uint64_t bytes,
		  const char *fmt, ...) _printf_(6, 7);

/* does the unit make, or complete, that zram device? */
static inline bool plan_uses_zram(const struct plan_unit *unit, int number)
{
	return unit->kind == UNIT_ZRAM && unit->zram.number == number;
}

/* of a replacement, for its sentences */
static inline const char *plan_verb(const struct swapadm_plan *plan)
{
	return str_after(plan->holder, "resize ") ? "resize" : "replace";
}

static inline bool plan_is_stopped(const struct swapadm_plan *plan)
{
	return plan->stop && *plan->stop;
}

/* take back the units and steps that came after there were @n_units */
void plan_drop_units(struct swapadm_plan *plan, size_t n_units);

static inline void plan_unrefp(struct swapadm_plan **plan)
{
	swapadm_plan_unref(*plan);
}

#endif
