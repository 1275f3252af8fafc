/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swap areas without a device (posted as "xswap", in no released kernel). */
#ifndef SWAPADM_XSWAP_H
#define SWAPADM_XSWAP_H

#include <stdbool.h>

/**
 * xswap_is_name() - does /proc/swaps name such an area?
 *
 * All of its pages are in zswap, its size grows and shrinks, and no path leads to it, so
 * swapoff(2) can't name it. Kernel ABI: a line "xswap<N> partition SIZE USED PRIO" of
 * /proc/swaps; /sys/kernel/mm/xswap/{create,destroy} make one and take it away.
 */
bool xswap_is_name(const char *name);

#define XSWAP_DESTROY "/sys/kernel/mm/xswap/destroy"

#endif
