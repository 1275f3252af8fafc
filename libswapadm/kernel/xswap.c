/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/xswap.h"

#include "base/util.h"

bool xswap_is_name(const char *name)
{
	const char *digits = str_after(name, "xswap");
	uint64_t number;

	return digits && parse_u64(digits, &number) == 0;
}
