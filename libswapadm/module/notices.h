/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tswap module and block devices send by themselves, behind one descriptor. */
#ifndef SWAPADM_NOTICES_H
#define SWAPADM_NOTICES_H

#include "base/ctx.h"

struct notices;

/* Return: 0; -ENOMEM; else -errno of the sockets, with the sentence set */
int notices_open(struct swapadm_ctx *ctx, struct notices **out);
struct notices *notices_close(struct notices *events);
int notices_fd(const struct notices *events); /* pollable (POLLIN) */

/*
 * Hand what has arrived to @fn, without waiting; of an event, .source, .kind, .object,
 * .what and .text are filled. Return: 0; -ENOBUFS the kernel dropped some; else -errno.
 */
int notices_read(struct notices *events, swapadm_event_fn fn, void *data);

static inline void notices_closep(struct notices **events)
{
	notices_close(*events);
}

#endif
