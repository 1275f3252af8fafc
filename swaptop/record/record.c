/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "record/codec.h"
#include "record/record.h"

/*
 * header:  "SWAPTOP" NUL, version (u32 little endian)
 * frame:   'F' or 'K' (a key frame), length of the payload (u32), checksum (u32), payload
 * payload: new names (count; each its length and bytes), then numbers: differences from
 *          the frame before, zigzag varints, runs of zeroes as 0 and their number less one
 */
static const char magic[8] = "SWAPTOP";

#define HEADER_SIZE  12
#define FRAME_HEADER 9
#define KEYFRAME     64
#define PAYLOAD_MAX  (256u << 20)

static void put_u32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static uint32_t get_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static uint32_t checksum(const unsigned char *p, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

/* ---- writing -------------------------------------------------------------------- */

struct recorder {
	FILE *f;
	uint64_t frames;
	struct numbers prev, cur;
	struct names names;
	struct bytes payload;
};

int recorder_new(struct recorder **out, FILE *f)
{
	struct recorder *r = calloc(1, sizeof(*r));
	unsigned char version[4];

	if (!r)
		return -ENOMEM;
	r->f = f;
	put_u32(version, RECORD_VERSION);
	if (fwrite(magic, sizeof(magic), 1, f) != 1 ||
	    fwrite(version, sizeof(version), 1, f) != 1) {
		free(r);
		return -EIO;
	}
	*out = r;
	return 0;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	numbers_done(&r->prev);
	numbers_done(&r->cur);
	names_done(&r->names);
	bytes_done(&r->payload);
	free(r);
}

int recorder_write(struct recorder *r, const struct sample *s)
{
	bool key = r->frames % KEYFRAME == 0;
	unsigned char head[FRAME_HEADER];
	size_t known_names;
	struct numbers swap;
	int ret;

	if (key) {
		numbers_clear(&r->prev);
		names_clear(&r->names);
	}
	known_names = r->names.n;
	numbers_clear(&r->cur);
	ret = sample_to_numbers(s, &r->cur, &r->names);
	bytes_clear(&r->payload);
	if (ret == 0)
		ret = names_pack(&r->names, known_names, &r->payload);
	if (ret == 0)
		ret = numbers_pack(&r->prev, &r->cur, &r->payload);
	if (ret < 0)
		return ret;
	head[0] = key ? 'K' : 'F';
	put_u32(head + 1, (uint32_t)r->payload.n);
	put_u32(head + 5, checksum(r->payload.v, r->payload.n));
	if (fwrite(head, sizeof(head), 1, r->f) != 1 ||
	    fwrite(r->payload.v, r->payload.n, 1, r->f) != 1 || fflush(r->f) != 0)
		return -EIO;
	r->frames++;
	swap = r->prev;
	r->prev = r->cur;
	r->cur = swap;
	return 0;
}

/* ---- playing -------------------------------------------------------------------- */

struct player {
	const unsigned char *data;
	size_t size, at;
	size_t n_frames, position;
	struct numbers prev, cur;
	struct names names;
};

/* the frame at @at: 0; -ENODATA nothing more; -EBADMSG cut off or damaged */
static int frame_at(const struct player *p, size_t at, bool *key,
		    const unsigned char **payload, size_t *size)
{
	const unsigned char *head = p->data + at;
	uint32_t n;

	if (at == p->size)
		return -ENODATA;
	if (p->size - at < FRAME_HEADER || (head[0] != 'K' && head[0] != 'F'))
		return -EBADMSG;
	n = get_u32(head + 1);
	if (n > PAYLOAD_MAX || n > p->size - at - FRAME_HEADER)
		return -EBADMSG;
	if (checksum(head + FRAME_HEADER, n) != get_u32(head + 5))
		return -EBADMSG;
	*key = head[0] == 'K';
	*payload = head + FRAME_HEADER;
	*size = n;
	return 0;
}

int player_new(struct player **out, const void *data, size_t size, char *problem,
	       size_t problem_size)
{
	const unsigned char *bytes = data, *payload;
	struct player *p;
	size_t n;
	bool key;

	if (size < HEADER_SIZE || memcmp(bytes, magic, sizeof(magic)) != 0) {
		snprintf(problem, problem_size, "this is no recording of swaptop");
		return -EBADMSG;
	}
	if (get_u32(bytes + 8) != RECORD_VERSION) {
		snprintf(problem, problem_size,
			 "the recording has version %u, this swaptop reads version %u",
			 get_u32(bytes + 8), RECORD_VERSION);
		return -EPROTONOSUPPORT;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->data = bytes;
	p->size = size;
	p->at = HEADER_SIZE;
	for (size_t at = HEADER_SIZE; frame_at(p, at, &key, &payload, &n) == 0;
	     at += FRAME_HEADER + n)
		p->n_frames++;
	*out = p;
	return 0;
}

void player_free(struct player *p)
{
	if (!p)
		return;
	numbers_done(&p->prev);
	numbers_done(&p->cur);
	names_done(&p->names);
	free(p);
}

static int decode(struct player *p, bool key, const unsigned char *payload, size_t size,
		  struct sample *s)
{
	struct bytes in = { .v = (unsigned char *)payload, .n = size };
	size_t at = 0;
	int r;

	if (key) {
		numbers_clear(&p->prev);
		names_clear(&p->names);
	}
	numbers_clear(&p->cur);
	r = names_unpack(&p->names, &in, &at);
	if (r == 0)
		r = numbers_unpack(&p->prev, &p->cur, &in, &at);
	return r < 0 ? r : sample_from_numbers(s, &p->cur, &p->names);
}

int player_next(struct player *p, struct sample **out)
{
	_cleanup_(sample_freep) struct sample *s = sample_new();
	const unsigned char *payload;
	struct numbers swap;
	size_t size;
	bool key;
	int r;

	if (!s)
		return -ENOMEM;
	r = frame_at(p, p->at, &key, &payload, &size);
	if (r == 0 && !key && p->position == 0)
		r = -EBADMSG;
	if (r == 0)
		r = decode(p, key, payload, size, s);
	if (r < 0)
		return r;
	p->at += FRAME_HEADER + size;
	p->position++;
	swap = p->prev;
	p->prev = p->cur;
	p->cur = swap;
	*out = s;
	s = NULL;
	return 0;
}

size_t player_n_frames(const struct player *p)
{
	return p->n_frames;
}

size_t player_position(const struct player *p)
{
	return p->position;
}
