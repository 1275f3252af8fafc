/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "state/jobrec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	_cleanup_free_ char *first = NULL, *second = NULL;
	struct jobrec rec = { 0 }, again = { 0 };
	int r;

	MUST(text);
	r = jobrec_parse(text, &rec);
	MUST(r == 0 || r == -EBADMSG);
	if (r)
		return 0;
	jobrec_is_finished(&rec);
	first = jobrec_format(&rec);
	MUST(first && jobrec_parse(first, &again) == 0);
	second = jobrec_format(&again);
	MUST(second && streq(first, second));
	jobrec_free(&rec);
	jobrec_free(&again);
	return 0;
}
