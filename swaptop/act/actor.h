/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does what the ui wishes, in threads of its own with library contexts of their own: a
 * plan may take seconds, and the screen must go on meanwhile.
 */
#ifndef SWAPTOP_ACTOR_H
#define SWAPTOP_ACTOR_H

#include "ui/action.h"

struct actor;

int actor_new(struct actor **out, const char *root, const char *config);
/* does not wait for what is under way: its answers are lost, its jobs go on */
void actor_free(struct actor *a);
/* readable when there is an answer */
int actor_fd(const struct actor *a);
/* something else than a plan has been started and not answered */
bool actor_is_busy(const struct actor *a);
/* begin; 0; -EBUSY too much is under way; else -errno */
int actor_start(struct actor *a, const struct action *action);
/* the next answer, to be freed; NULL: none */
struct answer *actor_take(struct actor *a);

#endif
