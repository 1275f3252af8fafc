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

/*
 * @a - @b, 0 where @b is larger: the kernel reads its counters one by one, without a lock
 */
static inline uint64_t u64_minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/*
 * Names come from others: processes, files, cgroups, devices. One function for each place
 * that they go to; commands to paste take swapadm_shell_quote().
 */

/* terminal: what it would act on, and what is not UTF-8, becomes '?', in place; @s */
char *text_defuse(char *s);
/* a piece of a line for the terminal, defused; no newline: it would become '?' as well */
void text_print(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * JSON, which is UTF-8 and escapes the rest itself: what is not becomes '?', in place; @s
 */
char *text_utf8(char *s);
/*
 * tables: such a name is spelled as shells take it, $'a\x0ab', so that no two names look
 * alike; to be freed, NULL: no memory
 */
char *text_escape(const char *s);
/* the value of a label of metrics, quotes excluded, to @out */
void text_label(FILE *out, const char *s);

/* cut after @width columns of a terminal, between two characters, in place; @s */
char *text_cut(char *s, unsigned width);

/* whole percent of @part in @whole, rounded down; 0 of 0 is 0 */
unsigned text_pct(uint64_t part, uint64_t whole);

/* is it the kernel's way to say that no name leads to that device or file any more? */
bool text_is_deleted(const char *path);

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
