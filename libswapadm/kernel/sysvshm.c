/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/sysvshm.h"

enum field {
	FIELD_KEY,
	FIELD_ID,
	FIELD_SIZE,
	FIELD_SWAP,
	FIELD_N,
};

#define COLUMNS_MAX 32

/* which field each column is; FIELD_N: one that is not wanted */
struct heading {
	enum field fields[COLUMNS_MAX];
	size_t n;
};

static int parse_heading(char *line, struct heading *out)
{
	static const char *const names[FIELD_N] = { "key", "shmid", "size", "swap" };
	unsigned seen = 0;
	char *save, *word = strtok_r(line, " ", &save);

	for (out->n = 0; word && out->n < COLUMNS_MAX; out->n++) {
		enum field f = 0;

		while (f < FIELD_N && !streq(word, names[f]))
			f++;
		out->fields[out->n] = f;
		seen |= 1u << f;
		word = strtok_r(NULL, " ", &save);
	}
	return seen & 1u << FIELD_ID && seen & 1u << FIELD_SIZE && seen & 1u << FIELD_SWAP
		       ? 0
		       : -EBADMSG;
}

static bool parse_line(const struct heading *head, const char *line, struct sysvshm *out)
{
	int64_t values[FIELD_N + 1] = { 0 };
	size_t i = 0;

	for (; i < head->n; i++) {
		char *end;

		values[head->fields[i]] = strtoll(line, &end, 10); /* keys may be < 0 */
		if (end == line)
			break;
		line = end;
	}
	*out = (struct sysvshm){
		.id = (int)values[FIELD_ID],
		.key = (uint32_t)values[FIELD_KEY],
		.size_bytes = (uint64_t)values[FIELD_SIZE],
		.swap_bytes = (uint64_t)values[FIELD_SWAP],
	};
	return i == head->n;
}

int sysvshm_each(char *text, int (*fn)(void *data, const struct sysvshm *shm), void *data)
{
	struct heading head = { 0 };
	char *save, *line = strtok_r(text, "\n", &save);
	int r = line ? parse_heading(line, &head) : -EBADMSG;

	while (!r && (line = strtok_r(NULL, "\n", &save))) {
		struct sysvshm shm;

		if (parse_line(&head, line, &shm))
			r = fn(data, &shm);
	}
	return r;
}
