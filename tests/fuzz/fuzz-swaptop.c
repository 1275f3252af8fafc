/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What swaptop reads: its settings ('s'), times that people type ('w'), and else a frame
 * of a recording: names, then numbers, as codec.c packs them.
 */
#include "fuzz.h"
#include "common/when.h"
#include "record/codec.h"
#include "ui/settings.h"
#include "view/view.h"

static void settings(const char *text)
{
	struct settings set, again;
	char problem[128];
	char *first, *second;

	settings_init(&set, view_lists);
	settings_parse(&set, text, problem, sizeof(problem));
	first = settings_format(&set);
	MUST(first);
	settings_init(&again, view_lists);
	MUST(settings_parse(&again, first, problem, sizeof(problem)) == 0);
	second = settings_format(&again);
	MUST(second && streq(first, second));
	free(first);
	free(second);
}

static void frame(const uint8_t *data, size_t size)
{
	struct bytes in = { .v = (unsigned char *)data, .n = size, .cap = size };
	struct numbers none = { 0 }, numbers = { 0 };
	struct names names = { 0 };
	struct sample *s = calloc(1, sizeof(*s));
	size_t at = 0;

	MUST(s);
	if (names_unpack(&names, &in, &at) == 0 &&
	    numbers_unpack(&none, &numbers, &in, &at) == 0)
		sample_from_numbers(s, &numbers, &names);
	MUST(at <= size);
	sample_free(s);
	numbers_done(&numbers);
	names_done(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;
	uint64_t ns;

	if (!size)
		return 0;
	if (*data != 's' && *data != 'w') {
		frame(data, size);
		return 0;
	}
	text = strndup((const char *)data + 1, size - 1);
	MUST(text);
	if (*data == 's')
		settings(text);
	else
		when_parse(text, 1795000000000000000, 1795000100000000000, &ns);
	free(text);
	return 0;
}
