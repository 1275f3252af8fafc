/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples as lists of numbers, and lists of numbers as few bytes: inside of record.c. */
#ifndef SWAPTOP_CODEC_H
#define SWAPTOP_CODEC_H

#include "sample/sample.h"

struct numbers {
	uint64_t *v;
	size_t n, cap;
};

struct names {
	char **v;
	size_t n, cap;
};

struct bytes {
	unsigned char *v;
	size_t n, cap;
};

/* append; 0; -ENOMEM */
int number_add(struct numbers *l, uint64_t v);
int name_add(struct names *l, const char *text, size_t n);
int bytes_add(struct bytes *l, const unsigned char *v, size_t n);
void numbers_done(struct numbers *l);
void names_done(struct names *l);
void bytes_done(struct bytes *l);
void numbers_clear(struct numbers *l);
void names_clear(struct names *l);
void bytes_clear(struct bytes *l);

/* 0; -ENOMEM */
int sample_to_numbers(const struct sample *s, struct numbers *out, struct names *names);
int names_pack(const struct names *names, size_t from, struct bytes *out);
int numbers_pack(const struct numbers *prev, const struct numbers *cur,
		 struct bytes *out);

/* 0; -EBADMSG; -ENOMEM. @at: moved past what was read */
int names_unpack(struct names *names, const struct bytes *in, size_t *at);
int numbers_unpack(const struct numbers *prev, struct numbers *cur,
		   const struct bytes *in, size_t *at);
int sample_from_numbers(struct sample *s, const struct numbers *in,
			const struct names *names);

#endif
