/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of numbers and names as few bytes, and back. */
#include <errno.h>

#include "record/codec.h"

/* a damaged file must not make us ask for all memory */
#define NUMBERS_MAX (16u << 20)
#define NAMES_MAX   (1u << 20)
#define NAME_MAX_   4096

/* ---- growing lists -------------------------------------------------------------- */

static int reserve(void **v, size_t *cap, size_t n, size_t elem)
{
	size_t want = *cap ? *cap : 64;
	void *p;

	if (n <= *cap)
		return 0;
	while (want < n)
		want *= 2;
	p = realloc(*v, want * elem);
	if (!p)
		return -ENOMEM;
	*v = p;
	*cap = want;
	return 0;
}

int number_add(struct numbers *l, uint64_t v)
{
	if (reserve((void **)&l->v, &l->cap, l->n + 1, sizeof(*l->v)) < 0)
		return -ENOMEM;
	l->v[l->n++] = v;
	return 0;
}

static int byte_add(struct bytes *l, unsigned char v)
{
	if (reserve((void **)&l->v, &l->cap, l->n + 1, 1) < 0)
		return -ENOMEM;
	l->v[l->n++] = v;
	return 0;
}

int bytes_add(struct bytes *l, const unsigned char *v, size_t n)
{
	if (reserve((void **)&l->v, &l->cap, l->n + n, 1) < 0)
		return -ENOMEM;
	memcpy(l->v + l->n, v, n);
	l->n += n;
	return 0;
}

int name_add(struct names *l, const char *text, size_t n)
{
	char *copy = strndup(text, n);

	if (!copy || reserve((void **)&l->v, &l->cap, l->n + 1, sizeof(*l->v)) < 0) {
		free(copy);
		return -ENOMEM;
	}
	l->v[l->n++] = copy;
	return 0;
}

void numbers_done(struct numbers *l)
{
	free(l->v);
	*l = (struct numbers){ 0 };
}

void bytes_done(struct bytes *l)
{
	free(l->v);
	*l = (struct bytes){ 0 };
}

void names_clear(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	l->n = 0;
}

void names_done(struct names *l)
{
	names_clear(l);
	free(l->v);
	*l = (struct names){ 0 };
}

void numbers_clear(struct numbers *l)
{
	l->n = 0;
}

void bytes_clear(struct bytes *l)
{
	l->n = 0;
}

/* ---- numbers as bytes ------------------------------------------------------------ */

static int put_varint(struct bytes *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7) {
		if (byte_add(out, (unsigned char)(v | 0x80)) < 0)
			return -ENOMEM;
	}
	return byte_add(out, (unsigned char)v);
}

static int get_varint(const struct bytes *in, size_t *at, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		unsigned char b;

		if (*at >= in->n)
			return -EBADMSG;
		b = in->v[(*at)++];
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*out = v;
			return 0;
		}
	}
	return -EBADMSG;
}

static uint64_t zigzag(uint64_t d)
{
	return d << 1 ^ (uint64_t) - (int64_t)(d >> 63);
}

static uint64_t unzigzag(uint64_t z)
{
	return z >> 1 ^ -(z & 1);
}

static uint64_t at_or_0(const struct numbers *l, size_t i)
{
	return i < l->n ? l->v[i] : 0;
}

int numbers_pack(const struct numbers *prev, const struct numbers *cur, struct bytes *out)
{
	int r = put_varint(out, cur->n);

	for (size_t i = 0; i < cur->n && r == 0;) {
		size_t run = 0;

		while (i + run < cur->n && cur->v[i + run] == at_or_0(prev, i + run))
			run++;
		if (run) {
			r = put_varint(out, 0);
			if (r == 0)
				r = put_varint(out, run - 1);
			i += run;
		} else {
			r = put_varint(out, zigzag(cur->v[i] - at_or_0(prev, i)));
			i++;
		}
	}
	return r;
}

int numbers_unpack(const struct numbers *prev, struct numbers *cur,
		   const struct bytes *in, size_t *at)
{
	uint64_t n, z, run;

	if (get_varint(in, at, &n) < 0 || n > NUMBERS_MAX)
		return -EBADMSG;
	if (reserve((void **)&cur->v, &cur->cap, n, sizeof(*cur->v)) < 0)
		return -ENOMEM;
	while (cur->n < n) {
		if (get_varint(in, at, &z) < 0)
			return -EBADMSG;
		if (z != 0) {
			cur->v[cur->n] = at_or_0(prev, cur->n) + unzigzag(z);
			cur->n++;
			continue;
		}
		if (get_varint(in, at, &run) < 0 || run >= n - cur->n)
			return -EBADMSG;
		for (run++; run > 0; run--, cur->n++)
			cur->v[cur->n] = at_or_0(prev, cur->n);
	}
	return 0;
}

int names_pack(const struct names *names, size_t from, struct bytes *out)
{
	int r = put_varint(out, names->n - from);

	for (size_t i = from; i < names->n && r == 0; i++) {
		size_t n = strlen(names->v[i]);

		r = put_varint(out, n);
		for (size_t j = 0; j < n && r == 0; j++)
			r = byte_add(out, (unsigned char)names->v[i][j]);
	}
	return r;
}

int names_unpack(struct names *names, const struct bytes *in, size_t *at)
{
	uint64_t n, len;

	if (get_varint(in, at, &n) < 0 || n > NAMES_MAX)
		return -EBADMSG;
	for (; n > 0; n--) {
		if (get_varint(in, at, &len) < 0 || len > NAME_MAX_ || len > in->n - *at)
			return -EBADMSG;
		if (name_add(names, (const char *)in->v + *at, len) < 0)
			return -ENOMEM;
		*at += len;
	}
	return 0;
}
