/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration inside the library: what swapadm.h shows, and where each thing was
 * said. Files are merged in the order in which they are read: a later [tier X] adds to or
 * overrides the keys of an earlier one, its device lines are appended, and an empty
 * "device =" takes away those that were read before.
 */
#ifndef SWAPADM_CONF_H
#define SWAPADM_CONF_H

#include "base/ctx.h"

/* file:line; .file is owned by the configuration and the same pointer for one file */
struct conf_origin {
	const char *file;
	unsigned line;
};

struct conf_tier {
	struct swapadm_conf_tier pub;
	struct swapadm_devspec **devices; /* pub.devices and pub.n_devices */
	struct conf_origin *device_at;    /* one a device */
	struct conf_origin last;          /* of the last section that speaks of it */
	struct conf_origin above_at, below_at, older_at, budget_at, recompress_at;
};

#define CONF_CGROUP_TIERS 16 /* as the tswap module: TSWAP_CGROUP_TIERS */

/* @shares: of pub.tiers; @max: as tier-max says it, of @n_max tiers */
struct conf_cgroup {
	struct swapadm_conf_cgroup pub;
	struct conf_origin last, tiers_at, max_at, mode_at;
	struct swapadm_conf_share shares[CONF_CGROUP_TIERS], max[CONF_CGROUP_TIERS];
	size_t n_max;
};

struct swapadm_conf {
	unsigned refs;
	enum swapadm_layer layer;
	bool no_fallback; /* without the tswap module: nothing, instead of direct */
	struct swapadm_size size;
	struct swapadm_conf_zswap zswap;
	struct conf_tier **tiers;
	size_t n_tiers;
	struct conf_cgroup **cgroups;
	size_t n_cgroups;
	void *tiers_by_name, *cgroups_by_name; /* of tsearch(3) */
	struct conf_origin swapadm_last, zswap_last, pool_below_at;
	char **files;
	size_t n_files;
	char **strings; /* what the public strings point to */
	size_t n_strings;
	char *text; /* of all files, in their order */
	size_t text_len;
	bool is_copy; /* such a text: a section may come again */
};

struct swapadm_conf *conf_new(void);

/**
 * conf_parse_text() - merge one file into a configuration; pure
 * @file:  its name, for sentences and origins
 *
 * Return: 0; -EBADMSG; -ENOMEM. After a failure @conf is only good for unref.
 */
int conf_parse_text(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *file,
		    const char *text, size_t len);

/* conf_check.c: after the last file, give ranks and compare objects; -EBADMSG */
int conf_finish(struct swapadm_ctx *ctx, struct swapadm_conf *conf);

/**
 * conf_load_with() - the search path, as if one of its files had another content
 * @path:  /etc/swapadm.conf or below /etc/swapadm.conf.d; need not exist; NULL: just the
 *         search path
 * @text:  its content, @len bytes
 *
 * Return: as swapadm_conf_load().
 */
int conf_load_with(struct swapadm_ctx *ctx, const char *path, const char *text,
		   size_t len, struct swapadm_conf **out);

/**
 * conf_keep_copy() - swapadm_conf_keep() for who holds the lock of state_lock() already
 */
int conf_keep_copy(struct swapadm_ctx *ctx, const struct swapadm_conf *conf);

/*
 * the same of the files as they are now, after a change of them: what was taken out must
 * not come back by a copy of what was in force before. Failing is a warning.
 */
void conf_keep_current(struct swapadm_ctx *ctx);

/* what they write */
#define CONF_COPY_DIR  "/var/lib/swapadm"
#define CONF_COPY_NAME "last-good.conf"
#define CONF_COPY      CONF_COPY_DIR "/" CONF_COPY_NAME

/* is @file read after /etc/swapadm.conf, into the same configuration? */
bool conf_is_drop_in(const char *file);

#define CONF_FILE_LIMIT_BYTES (1 << 20)

/**
 * conf_read_file() - the text of one configuration file that only root may write
 * @out:  to be freed with free()
 *
 * Return: 0; -ENOENT without a sentence; -EPERM others may write it; -EBADMSG no regular
 * file or too large; else -errno. Below a foreign root the owner is not looked at.
 */
int conf_read_file(struct swapadm_ctx *ctx, const char *path, char **out, size_t *len);

struct conf_tier *conf_find_tier(const struct swapadm_conf *conf, const char *name);
struct conf_cgroup *conf_find_cgroup(const struct swapadm_conf *conf, const char *name);

/*
 * at the end of the list, to be found by name; false: memory is short, nothing is added
 */
bool conf_add_tier(struct swapadm_conf *conf, struct conf_tier *tier);
bool conf_add_cgroup(struct swapadm_conf *conf, struct conf_cgroup *cgroup);

/* copy a string into the configuration; NULL when memory is short */
const char *conf_keep(struct swapadm_conf *conf, const char *text);

static inline void conf_unrefp(struct swapadm_conf **conf)
{
	swapadm_conf_unref(*conf);
}

#endif
