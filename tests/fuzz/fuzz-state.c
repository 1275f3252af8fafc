/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read prints to a text that is read the same way. */
#include "fuzz.h"
#include "state/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1), *first = NULL, *second = NULL;
	struct state state, again;
	size_t first_len, second_len;
	unsigned line;
	int r;

	MUST(text);
	memcpy(text, data, size);
	r = state_parse(text, size, &state, &line);
	MUST(r == 0 || r == -EBADMSG);
	if (r)
		return 0;
	MUST(state_print(&state, &first, &first_len) == 0);
	state_free(&state);
	free(text);
	text = strdup(first);
	MUST(state_parse(text, first_len, &again, &line) == 0);
	MUST(state_print(&again, &second, &second_len) == 0);
	state_free(&again);
	MUST(first_len == second_len && memcmp(first, second, first_len) == 0);
	return 0;
}
