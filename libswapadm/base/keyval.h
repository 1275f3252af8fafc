/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of "key value", a value being any text: records of jobs and requests for them. */
#ifndef SWAPADM_KEYVAL_H
#define SWAPADM_KEYVAL_H

#include "base/util.h"

/* one line; control characters and backslashes become \ooo */
void keyval_put(FILE *f, const char *key, const char *value);

/**
 * keyval_decode() - undo what keyval_put() did to a value
 * @out:  of @size bytes; @value's own length and one are always enough
 *
 * Return: false when it does not fit or holds what was never written.
 */
bool keyval_decode(const char *value, char *out, size_t size);

/* cut a line in two; NULL: there is no value */
char *keyval_split(char *line);

#endif
