/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/stats.h"

static const struct stats_field *find_field(const struct stats_field *fields, size_t n,
					    const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(fields[i].name, name, len) == 0 && !fields[i].name[len])
			return &fields[i];
	return NULL;
}

void stats_parse_table(const char *text, const struct stats_field *fields, size_t n,
		       const char *suffix, uint64_t scale, void *base, uint32_t *known)
{
	const char *next;

	for (const char *line = text; *line; line = next) {
		const struct stats_field *field;
		uint64_t v;

		next = line + strcspn(line, "\n");
		next += *next == '\n';
		field = find_field(fields, n, line, strcspn(line, " \t\n"));
		if (!field)
			continue;
		line += strlen(field->name);
		if (next_u64(&line, &v) || v > UINT64_MAX / scale)
			continue;
		line = str_after(line, suffix);
		if (!line || *line != '\n')
			continue;
		*(uint64_t *)((char *)base + field->offset) = v * scale;
		*known |= field->known;
	}
}
