/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings of samples.
 *
 * A file is a header and frames. A frame is a whole sample written as a list of numbers
 * (names are numbers of a table that grows), and of these only the differences from the
 * frame before are stored: a quiet second takes some tens of bytes. Every KEYFRAME'th
 * frame stands alone. A frame has its length and a checksum, so a recording that was cut
 * off anywhere plays up to its last whole frame.
 *
 * Each kind of record says how many fields it has: a newer file's additional fields are
 * skipped, an older one's missing fields are zero.
 */
#ifndef SWAPTOP_RECORD_H
#define SWAPTOP_RECORD_H

#include "sample/sample.h"

#define RECORD_VERSION 1

#define RECORD_HEADER 12

struct recorder;
struct player;

/* the first bytes of a file */
void record_header(unsigned char out[RECORD_HEADER]);

/* @f: to be kept open until recorder_free(); NULL: for recorder_encode(); 0; -ENOMEM;
 *     -EIO */
int recorder_new(struct recorder **out, FILE *f);
/* append and flush; 0; -ENOMEM; -EIO */
int recorder_write(struct recorder *r, const struct sample *s);
/* the bytes of the next frame, the recorder's until the next call; 0; -ENOMEM */
int recorder_encode(struct recorder *r, const struct sample *s,
		    const unsigned char **frame, size_t *size);
void recorder_free(struct recorder *r);

/**
 * player_new() - open a recording
 * @data:     the file's bytes, borrowed until player_free()
 * @problem:  sentence on failure
 *
 * Return: 0; -EBADMSG not a recording; -EPROTONOSUPPORT of a version that is not known;
 * -ENOMEM.
 */
int player_new(struct player **out, const void *data, size_t size, char *problem,
	       size_t problem_size);
void player_free(struct player *p);

/**
 * player_next() - the next sample
 * @out:  owned by the caller
 *
 * Return: 0; -ENODATA the recording is over; -EBADMSG it is cut off or damaged here;
 * -ENOMEM.
 */
int player_next(struct player *p, struct sample **out);
size_t player_n_frames(const struct player *p); /* whole frames; counted at opening */
size_t player_position(const struct player *p); /* frames played */

/* player_next() goes on with this frame, or at the end; 0; -ENODATA there is none;
 * -EBADMSG; -ENOMEM */
int player_seek(struct player *p, size_t frame);
/**
 * player_find() - go to a time
 *
 * player_next() gives the last sample that is not after @realtime_ns then, or the first
 * one. Where the clock was set back while recording, it is one of those with that time.
 * Return: 0; -ENODATA no whole frame; -EBADMSG; -ENOMEM.
 */
int player_find(struct player *p, uint64_t realtime_ns);

#endif
