/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/area.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct area_list list = { 0 };
	int r;

	MUST(text);
	r = areas_parse(text, &list);
	MUST(r == 0 || r == -EBADMSG);
	for (size_t i = 0; i < list.n; i++)
		MUST(list.items[i].path && areas_find(&list, list.items[i].path));
	if (!r)
		areas_free(&list);
	return 0;
}
