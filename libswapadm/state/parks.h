/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder of records of what is parked, /run/swapadm/parked. */
#ifndef SWAPADM_PARKS_H
#define SWAPADM_PARKS_H

#include "state/parkrec.h"

#define PARKS_DIR "/run/swapadm/parked"

/**
 * parks_read() - one record
 * @out:  free with parkrec_free()
 *
 * Return: 0; -ENOENT; -EBADMSG damaged, or written by someone else than root; -ESTALE of
 * another boot; else -errno.
 */
int parks_read(struct swapadm_ctx *ctx, const char *id, struct parkrec *out);

/* make or replace a record; the sentence is set */
int parks_write(struct swapadm_ctx *ctx, const struct parkrec *rec);

/* 0, also when there is none; else -errno with the sentence */
int parks_remove(struct swapadm_ctx *ctx, const char *id);

/* all of them, oldest first; an absent folder has none; 0; -ENOMEM; else -errno */
struct parkrec_list {
	struct parkrec *items;
	size_t n;
	char (*damaged)[32]; /* names of those that can't be read */
	size_t n_damaged;
};
int parks_read_all(struct swapadm_ctx *ctx, struct parkrec_list *out);
void parkrec_list_free(struct parkrec_list *list);

/* the boot that a record is made in; "" where it is not known */
void parks_boot(struct swapadm_ctx *ctx, char buf[40]);

/* the process has ended, the cgroup was removed, or something else has its name now */
bool parkrec_is_gone(struct swapadm_ctx *ctx, const struct parkrec *rec);

/*
 * It, or what would thaw it, can't be seen or named from this pid or cgroup namespace:
 * nothing is known of it, so its record stays.
 */
bool parkrec_is_elsewhere(struct swapadm_ctx *ctx, const struct parkrec *rec);

/* who was to finish parking or waking it is not there any more */
bool parkrec_is_unfinished(struct swapadm_ctx *ctx, const struct parkrec *rec);

/* a job parks or wakes it now */
bool parkrec_is_worked_on(struct swapadm_ctx *ctx, const struct parkrec *rec);

/* is it kept from running now, by what the record says? */
bool parkrec_is_frozen(struct swapadm_ctx *ctx, const struct parkrec *rec);

#endif
