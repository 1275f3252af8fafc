/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SWAPADM_QUOTE_H
#define SWAPADM_QUOTE_H

#include "base/util.h"

/* the memory of a quoted word; as _cleanup_(quoted_free) struct quoted q = { 0 } */
struct quoted {
	char *text;
};

/* @text as one word of a shell, for a remedy in a message; lives as long as @q */
const char *quote_word(struct quoted *q, const char *text);

static inline void quoted_free(struct quoted *q)
{
	free(q->text);
}

#endif
