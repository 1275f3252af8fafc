/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quantities as words, and text that fits its line. */
#ifndef SWAPCTL_TEXT_H
#define SWAPCTL_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct buf {
	char s[64];
};

/* each fills and returns b->s */
const char *text_size(struct buf *b, uint64_t bytes); /* tables: "1.2G", "40K", "512B" */
const char *text_amount(struct buf *b, uint64_t bytes); /* sentences: "1.2 GiB" */
const char *text_clock(struct buf *b, uint64_t ns);     /* "0:10", "1:02:03" */
const char *text_duration(struct buf *b, uint64_t ns);  /* "0.3 s", "12 s", "4 min" */
const char *text_count(struct buf *b, uint64_t n);      /* "1234" */

/* names come from others: control characters become '?', in place; returns @s */
char *text_defuse(char *s);
/*
 * JSON is UTF-8, and names are bytes; a process' name is also cut after 15 of them. What is
 * no UTF-8 becomes '?', in place; returns @s.
 */
char *text_utf8(char *s);

/* whole percent of @part in @whole, rounded down; 0 of 0 is 0 */
unsigned text_pct(uint64_t part, uint64_t whole);

/**
 * text_wrap() - print words in lines
 * @first:  blanks before the first line
 * @rest:   blanks before the others
 *
 * A newline in @text starts a new line. Lines are TEXT_WIDTH wide.
 */
void text_wrap(FILE *out, const char *text, int first, int rest);

#define TEXT_WIDTH 80

#endif
