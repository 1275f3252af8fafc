/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the keys of the grammar share: their sentences and kinds of values. */
#ifndef SWAPADM_CONF_VALUE_H
#define SWAPADM_CONF_VALUE_H

#include "conf/conf.h"

#define CONF_MAX_KEYS 10

struct conf_section_kind;
struct conf_parser;

struct conf_key {
	const char *name;
	bool repeats;
	int (*set)(struct conf_parser *parser, void *object, const char *value);
};

/* where the parser is; the sentences begin with it */
struct conf_parser {
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf;
	const char *file;
	unsigned line;
	char section[130]; /* as in the sentences: "tier ssd" */
	const struct conf_section_kind *kind;
	const struct conf_key *key;
	void *object;
	unsigned seen[CONF_MAX_KEYS]; /* line of each key of this section, 0: not given */
};

/* "FILE:LINE: [section] key: ...": -EBADMSG */
int conf_fail(struct conf_parser *parser, const char *fmt, ...) _printf_(2, 3);
int conf_fail_memory(struct conf_parser *parser); /* -ENOMEM */
/* @remedy: "give ..." */
int conf_bad_value(struct conf_parser *parser, const char *value, const char *remedy);

/* The rest sets @out and returns 0, or sets the sentence and returns -EBADMSG. */
int conf_yes_no(struct conf_parser *parser, const char *value,
		enum swapadm_tristate *out);
/* "80%", from 1 to 100 */
int conf_pct(struct conf_parser *parser, const char *value, int *out);
/* "90s", "2h" */
int conf_age(struct conf_parser *parser, const char *value, uint64_t *seconds);
/* bytes, or a percentage of memory; @also: ", or max" */
int conf_bytes(struct conf_parser *parser, const char *value, const char *also,
	       struct swapadm_size *out);
/* the limit of a cgroup, where 0 has a meaning: no swap */
int conf_limit(struct conf_parser *parser, const char *value, const char *also,
	       struct swapadm_size *out);

/* at most 31 letters, digits and characters of @also */
bool conf_is_word(const char *s, const char *also);

#endif
