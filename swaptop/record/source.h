/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where samples come from: this machine, a capture, or a recording; and who keeps the last
 * two and their rates. */
#ifndef SWAPTOP_SOURCE_H
#define SWAPTOP_SOURCE_H

#include "ui/ui.h"

struct source;

/* which: a recording, else a machine, and whether that is recorded; NULL: not */
struct source_spec {
	const char *replay, *record;
	const char *root, *config; /* of the machine, as reader_open() takes them */
};

/* 0, or an errno with the sentence printed on stderr */
int source_open(struct source **out, const struct source_spec *spec);
void source_close(struct source *src);

/**
 * source_next() - the next sample, put into the ui
 *
 * Return: 0; -ENODATA the recording is over; -EBADMSG it is cut off here (told once through
 * ui_say()); -EIO the recording can't be written; -ENOMEM.
 */
int source_next(struct source *src, struct ui *ui);

/*
 * The same without waiting: source_detach() once, from then on source_ask(), and source_take()
 * until it is not -EAGAIN, instead of source_next(). A recording needs no waiting.
 */
int source_detach(struct source *src);
void source_ask(struct source *src, const struct ui *ui);
int source_take(struct source *src, struct ui *ui);
/* readable when source_take() has something; -1: it always has */
int source_fd(const struct source *src);

/* seconds until the next sample of a recording, as it was recorded */
double source_pace_s(const struct source *src);

#endif
