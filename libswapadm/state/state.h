/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What swapadm did since boot: /run/swapadm/state, and the lock of /run/swapadm/lock.
 *
 * The state names, for each device that swapadm attached, its tier and what was asked
 * for, and the ranks of tiers that only a command line named. It holds no commands, is
 * owned by root, mode 0644, and replaced atomically. It is read without the lock and only
 * written under it. An entry whose device is no longer an active area is stale and
 * ignored; one whose name leads to something else now says nothing about that: it was
 * never attached by swapadm.
 */
#ifndef SWAPADM_STATE_H
#define SWAPADM_STATE_H

#include "state/identity.h"

struct state_device {
	char *path; /* as /proc/swaps names it */
	char *tier;
	char *spec;     /* as the user named it: "zram,size=1G", "LABEL=cold" */
	char *replaces; /* path of what it takes the place of; that is under way */
	bool created;   /* zram device hot-added, or swap file made, by us */
	struct identity identity; /* when it was recorded; empty: by a version before */
};

struct state_tier {
	char *name;
	int rank;
};

struct state {
	struct state_device *devices;
	size_t n_devices;
	struct state_tier *tiers;
	size_t n_tiers;
};

/* an absent file is an empty state; -EBADMSG when it is damaged */
int state_load(struct swapadm_ctx *ctx, struct state *out);
int state_save(struct swapadm_ctx *ctx, const struct state *state);
void state_free(struct state *state);
const struct state_device *state_find_device(const struct state *state, const char *path);
const struct state_tier *state_find_tier(const struct state *state, const char *name);
/* the setters replace an entry; -EINVAL: what state_load() would refuse; -ENOMEM */
int state_set_device(struct state *state, const char *path, const char *tier,
		     const char *spec, bool created);
int state_set_tier(struct state *state, const char *name, int rank);
/* what it was asked to be; -ENODEV; -ENOMEM */
int state_set_spec(struct state *state, const char *path, const char *spec);
/* what identifies a device of the state; no effect on one that is not there */
void state_set_identity(struct state *state, const char *path,
			const struct identity *identity);
/* that it takes the place of @path; -ENODEV; -ENOMEM */
int state_set_replaces(struct state *state, const char *device, const char *path);
/* nothing takes the place of @path any more; true: something did */
bool state_end_replaces(struct state *state, const char *path);
/*
 * with its tier, when it was the last one there, and what takes its place has done so;
 * true: something was changed, also without an entry of the device
 */
bool state_drop_device(struct state *state, const char *path);

/* recorded in @tier as "WORD" or "WORD,options"; false: no record */
static inline bool state_is_as(const struct state_device *device, const char *tier,
			       const char *word)
{
	const char *rest = device ? str_after(device->spec, word) : NULL;

	return rest && (!*rest || *rest == ',' || *rest == ' ') &&
	       streq(device->tier, tier);
}

/**
 * state_is_same() - does the path still lead to what was recorded?
 * @now:  of identity_get()
 *
 * Only what both know is compared, so an old record, which knows nothing, always is the
 * same.
 */
static inline bool state_is_same(const struct state_device *device,
				 const struct identity *now)
{
	return identity_matches(&device->identity, now);
}

/**
 * state_find_node() - the entry of a block device, by whatever name it was recorded
 * @path:  of it, looked for first
 * @dev:   its number, 0 unknown
 *
 * Devices of dm have several nodes (/dev/dm-0, /dev/mapper/NAME), which need not be
 * links.
 */
const struct state_device *state_find_node(struct swapadm_ctx *ctx,
					   const struct state *state, const char *path,
					   dev_t dev);

/*
 * the entry of a path that is not an active area, when what is there now is what was
 * recorded
 */
const struct state_device *state_find_ours(struct swapadm_ctx *ctx,
					   const struct state *state, const char *path);

/**
 * state_parse() - text of the state file to struct; pure
 * @text:     changed while it is read; @text[@len] is not looked at
 * @line_no:  the last line looked at, also on failure
 *
 * Return: 0; -EBADMSG damaged, cut short or of another version; -ENOMEM.
 */
int state_parse(char *text, size_t len, struct state *out, unsigned *line_no);

/* the reverse; @out is to be freed with free() */
int state_print(const struct state *state, char **out, size_t *len);

/**
 * state_lock() - take the lock for one change of state
 * @holder:  what this process does, shown to others ("swapctl add ssd")
 *
 * Makes /run/swapadm (root, 0755) when absent. A lock held by another is waited for up to
 * 5 s: it never covers a job, so that it is short. A child that is forked meanwhile
 * shares the lock until it closes the descriptor too.
 * Return: descriptor to close; -EBUSY, the sentence names the holder; -EROFS; -EACCES.
 */
int state_lock(struct swapadm_ctx *ctx, const char *holder);

/* does somebody hold it now? Not to be seen (false) by those who may not open the file */
bool state_is_locked(struct swapadm_ctx *ctx);

/* make /run/swapadm and a folder below it (or NULL) with mode 0755 */
int state_mkdir(struct swapadm_ctx *ctx, const char *sub);

#endif
