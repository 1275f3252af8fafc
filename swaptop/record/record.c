/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "record/codec.h"
#include "record/record.h"

/*
 * header:  "SWAPTOP" NUL, version (u32 little endian)
 * frame:   'F' or 'K' (a key frame), length of the payload (u32), checksum (u32), payload
 * payload: new names (count; each its length and bytes), then numbers: differences from
 *          the frame before, zigzag varints, runs of zeroes as 0 and their number less
 *          one
 */
static const char magic[8] = "SWAPTOP";

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
	struct bytes frame;
};

void record_header(unsigned char out[RECORD_HEADER])
{
	memcpy(out, magic, sizeof(magic));
	put_u32(out + sizeof(magic), RECORD_VERSION);
}

int recorder_new(struct recorder **out, FILE *f)
{
	struct recorder *r = calloc(1, sizeof(*r));
	unsigned char header[RECORD_HEADER];

	if (!r)
		return -ENOMEM;
	r->f = f;
	record_header(header);
	if (f && fwrite(header, sizeof(header), 1, f) != 1) {
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
	bytes_done(&r->frame);
	free(r);
}

int recorder_encode(struct recorder *r, const struct sample *s,
		    const unsigned char **frame, size_t *size)
{
	static const unsigned char room[FRAME_HEADER];
	bool key = r->frames % KEYFRAME == 0;
	size_t known_names;
	struct numbers swap;
	unsigned char *head;
	int ret;

	if (key) {
		numbers_clear(&r->prev);
		names_clear(&r->names);
	}
	known_names = r->names.n;
	numbers_clear(&r->cur);
	ret = sample_to_numbers(s, &r->cur, &r->names);
	bytes_clear(&r->frame);
	if (ret == 0)
		ret = bytes_add(&r->frame, room, sizeof(room));
	if (ret == 0)
		ret = names_pack(&r->names, known_names, &r->frame);
	if (ret == 0)
		ret = numbers_pack(&r->prev, &r->cur, &r->frame);
	if (ret == 0 && r->frame.n - FRAME_HEADER > PAYLOAD_MAX)
		ret = -EFBIG; /* nobody would read it */
	if (ret < 0)
		return ret;
	head = r->frame.v;
	head[0] = key ? 'K' : 'F';
	put_u32(head + 1, (uint32_t)(r->frame.n - FRAME_HEADER));
	put_u32(head + 5, checksum(head + FRAME_HEADER, r->frame.n - FRAME_HEADER));
	r->frames++;
	swap = r->prev;
	r->prev = r->cur;
	r->cur = swap;
	*frame = head;
	*size = r->frame.n;
	return 0;
}

int recorder_write(struct recorder *r, const struct sample *s)
{
	const unsigned char *frame;
	size_t size;
	int ret = recorder_encode(r, s, &frame, &size);

	if (ret < 0)
		return ret;
	return fwrite(frame, size, 1, r->f) == 1 && fflush(r->f) == 0 ? 0 : -EIO;
}

/* ---- playing -------------------------------------------------------------------- */

/* @frames: where each whole frame begins */
struct player {
	const unsigned char *data;
	size_t size, at;
	size_t *frames, n_frames, cap;
	size_t position;
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

static int add_frame(struct player *p, size_t at)
{
	if (p->n_frames == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 256;
		size_t *frames = realloc(p->frames, cap * sizeof(*frames));

		if (!frames)
			return -ENOMEM;
		p->frames = frames;
		p->cap = cap;
	}
	p->frames[p->n_frames++] = at;
	return 0;
}

int player_new(struct player **out, const void *data, size_t size, char *problem,
	       size_t problem_size)
{
	const unsigned char *bytes = data, *payload;
	struct player *p;
	size_t n;
	bool key;

	if (size < RECORD_HEADER || memcmp(bytes, magic, sizeof(magic)) != 0) {
		snprintf(problem, problem_size, "not a swaptop recording");
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
	p->at = RECORD_HEADER;
	for (size_t at = RECORD_HEADER; frame_at(p, at, &key, &payload, &n) == 0;
	     at += FRAME_HEADER + n) {
		if (add_frame(p, at) < 0) {
			player_free(p);
			return -ENOMEM;
		}
	}
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
	free(p->frames);
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

/* ---- going elsewhere ------------------------------------------------------------- */

static bool is_key(const struct player *p, size_t frame)
{
	return p->data[p->frames[frame]] == 'K';
}

static size_t key_before(const struct player *p, size_t frame)
{
	while (frame > 0 && !is_key(p, frame))
		frame--;
	return frame;
}

int player_seek(struct player *p, size_t frame)
{
	struct sample *s;
	size_t from;
	int r;

	if (frame > p->n_frames || p->n_frames == 0)
		return -ENODATA;
	from = key_before(p, MIN(frame, p->n_frames - 1));
	/* it may be just ahead */
	if (p->position > frame || p->position <= from) {
		p->position = from;
		p->at = p->frames[from];
	}
	while (p->position < frame) {
		r = player_next(p, &s);
		if (r < 0)
			return r;
		sample_free(s);
	}
	return 0;
}

static int time_of(struct player *p, size_t frame, uint64_t *realtime_ns)
{
	struct sample *s;
	int r = player_seek(p, frame);

	if (r == 0)
		r = player_next(p, &s);
	if (r < 0)
		return r;
	*realtime_ns = s->realtime_ns;
	sample_free(s);
	return 0;
}

int player_find(struct player *p, uint64_t realtime_ns)
{
	size_t low = 0, high = p->n_frames;
	uint64_t ns;
	int r;

	/* of the key frames, each found from a frame in the middle, the last one before
	 * it */
	while (low + 1 < high) {
		size_t middle = key_before(p, low + (high - low) / 2);

		if (middle <= low)
			break;
		r = time_of(p, middle, &ns);
		if (r < 0)
			return r;
		if (ns <= realtime_ns)
			low = middle;
		else
			high = middle;
	}
	for (; low + 1 < high; low++) {
		r = time_of(p, low + 1, &ns);
		if (r < 0)
			return r;
		if (ns > realtime_ns)
			break;
	}
	return player_seek(p, low);
}
