/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of an ini file to sections and keys, with line numbers; pure text. */
#ifndef SWAPADM_CONF_READER_H
#define SWAPADM_CONF_READER_H

#include "base/ctx.h"

/*
 * What a file says, in its order. Both return 0 or a negative errno, with the sentence
 * set; that ends the reading. Strings live as long as the call.
 */
struct conf_reader_ops {
	int (*section)(void *data, unsigned line, const char *name);
	int (*key)(void *data, unsigned line, const char *key, const char *value);
};

/**
 * conf_read_text() - read the text of one file
 * @file:  its name, for sentences
 * @text:  @len bytes
 * @ops:   called for each "[section]" and each "key = value"; the key is never empty, the
 *         value may be
 *
 * A byte order mark and carriage returns at line ends are skipped; the last line needs no
 * newline. Return: 0; -EBADMSG what is not an ini file, or what inih would cut or join;
 * else what @ops returned; -ENOMEM.
 */
int conf_read_text(struct swapadm_ctx *ctx, const char *file, const char *text,
		   size_t len, const struct conf_reader_ops *ops, void *data);

#endif
