/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/keyval.h"

void keyval_put(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s ", key);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x20 || c == 0x7f || c == '\\')
			fprintf(f, "\\%03o", c);
		else
			fputc(c, f);
	}
	fputc('\n', f);
}

bool keyval_decode(const char *value, char *out, size_t size)
{
	size_t n = 0;

	while (*value) {
		int c = (unsigned char)*value++;

		if (c < 0x20 || c == 0x7f)
			return false;
		if (c == '\\') {
			c = octal_byte(value);
			value += 3;
		}
		if (c <= 0 || c > 255 || n + 1 >= size)
			return false;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return true;
}

char *keyval_split(char *line)
{
	char *value = strchr(line, ' ');

	if (value)
		*value++ = '\0';
	return value;
}
