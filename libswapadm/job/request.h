/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a worker is asked to do: a list of keys and values, sent as text.
 *
 * The worker is another program than the one that made the plan. Whatever a job needs of
 * its plan is written here by the kind of job and read back by the same file.
 */
#ifndef SWAPADM_REQUEST_H
#define SWAPADM_REQUEST_H

#include "base/util.h"

#define REQUEST_MAX_BYTES (4u << 20)
#define REQUEST_END       "end\n" /* the last line of the text */

struct request {
	struct request_item {
		char *key, *value;
	} * items;
	size_t n;
};

/* add a value; NULL and 0 are left out; a key may be there more than once; 0; -ENOMEM */
int request_add(struct request *req, const char *key, const char *value);
int request_add_u64(struct request *req, const char *key, uint64_t value);

/* the first value of a key; NULL: it is not there */
const char *request_get(const struct request *req, const char *key);

/* 0 when the key is not there; 0; -EBADMSG not a number, or above @max */
int request_get_u64(const struct request *req, const char *key, uint64_t max,
		    uint64_t *out);

/* the next value of a key; @at begins with 0; NULL: that was all */
const char *request_next(const struct request *req, const char *key, size_t *at);

/* the text, with its head and end; to be freed with free(); NULL when memory is short */
char *request_format(const struct request *req);

/* has the text a request's head, of this version of the library? */
bool request_is_ours(const char *text);

/* @out: free with request_free(); 0; -EBADMSG; -ENOMEM */
int request_parse(const char *text, struct request *out);
void request_free(struct request *req);

#endif
