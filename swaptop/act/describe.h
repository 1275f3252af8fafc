/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the library's plans and lists say, as lines of an answer. */
#ifndef SWAPTOP_DESCRIBE_H
#define SWAPTOP_DESCRIBE_H

#include "ui/action.h"

void describe_plan(struct answer *a, const struct swapadm_op_plan *p);

/* shared memory in swap: a head, its objects until one has no room (false), a tail */
void describe_shared_head(struct answer *a);
bool describe_shared_object(struct answer *a, const struct swapadm_shared_object *o);
/* @rest_bytes: of what was not found; UINT64_MAX: not known */
void describe_shared_tail(struct answer *a, size_t n_more, uint64_t rest_bytes,
			  bool partial);

#endif
