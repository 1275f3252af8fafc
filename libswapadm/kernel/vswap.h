/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual swap (posted, in no released kernel). */
#ifndef SWAPADM_VSWAP_H
#define SWAPADM_VSWAP_H

#include "base/ctx.h"

/**
 * vswap_in_use() - do page tables name virtual slots?
 *
 * Then the type and the offset that pagemap shows are no place on an area: what goes by
 * them (pre-read, split by tier, write-back by process) can't be done.
 * Kernel ABI: the folder vswap of debugfs with a file "used", in all postings so far. Where
 * debugfs is not mounted it is not seen.
 */
bool vswap_in_use(struct swapadm_ctx *ctx);

#endif
