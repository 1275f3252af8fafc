/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-c, for JSON that is not a table. */
#ifndef SWAPCTL_JSONOUT_H
#define SWAPCTL_JSONOUT_H

#include <json-c/json.h>

#include "cli.h"

/* NULL and empty texts become null */
void json_text(struct json_object *o, const char *key, const char *text);
void json_u64(struct json_object *o, const char *key, uint64_t value);
void json_u64_if(struct json_object *o, const char *key, bool known, uint64_t value);
void json_i64(struct json_object *o, const char *key, int64_t value);
void json_i64_if(struct json_object *o, const char *key, bool known, int64_t value);
void json_flag(struct json_object *o, const char *key, bool value);
void json_ratio_if(struct json_object *o, const char *key, bool known, double value);
void json_usage(struct json_object *o, const struct swapadm_usage *u);

/* print on one line (@pretty: on several) and free */
int json_print(struct json_object *o, bool pretty);

/* the plan of an operation, on one line */
int json_plan(const struct swapadm_op_plan *plan);

static inline void json_putp(struct json_object **o)
{
	json_object_put(*o);
}

#endif
