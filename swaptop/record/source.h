/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where samples come from: this machine, a capture, or a recording; and who keeps the
 * last two and their rates. */
#ifndef SWAPTOP_SOURCE_H
#define SWAPTOP_SOURCE_H

#include "ui/ui.h"

struct source;

/**
 * struct source_spec - which, and whether it is recorded; NULL: not
 * @replay:      a recording; else a machine
 * @at:          of a recording: the time to begin at, as when_parse() takes it
 * @record:      a file; a folder where @ring_bytes is set
 * @root, @config: of the machine, as reader_open() takes them
 * @ring_bytes, @ring_age_s: as ring_open() takes them; 0: no ring
 */
struct source_spec {
	const char *replay, *at, *record;
	const char *root, *config;
	uint64_t ring_bytes, ring_age_s;
};

/* 0, or an errno with the sentence printed on stderr */
int source_open(struct source **out, const struct source_spec *spec);
void source_close(struct source *src);

/**
 * source_next() - the next sample, put into the ui
 *
 * Return: 0; -ENODATA the recording is over; -EBADMSG it is cut off here (reported once
 * through ui_say()); -EIO the recording can't be written; -ENOMEM.
 */
int source_next(struct source *src, struct ui *ui);

/*
 * The same without waiting: source_detach() once, from then on source_ask(), and
 * source_take() until it is not -EAGAIN, instead of source_next(). A recording needs no
 * waiting.
 */
int source_detach(struct source *src);
void source_ask(struct source *src, const struct ui *ui);
int source_take(struct source *src, struct ui *ui);
/* readable when source_take() has something; -1: it always has */
int source_fd(const struct source *src);

/* seconds until the next sample of a recording, as it was recorded */
double source_pace_s(const struct source *src);

/**
 * source_seek() - show another place of a recording, with the history before it
 * @seek:         SEEK_TIME: the last sample that is not after @realtime_ns
 *
 * Return: as source_next(); what was shown stays when there is nothing in that direction.
 */
int source_seek(struct source *src, struct ui *ui, enum seek seek, uint64_t realtime_ns);
/* the time that the specification names, else the last one of the recording */
uint64_t source_at_ns(const struct source *src);
/* of the recording's last sample; 0: it has none */
uint64_t source_last_ns(const struct source *src);

#endif
