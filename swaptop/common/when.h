/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as people type them. */
#ifndef SWAPTOP_WHEN_H
#define SWAPTOP_WHEN_H

#include "common/util.h"

#define WHEN_FORMS "HH:MM[:SS], YYYY-MM-DD HH:MM[:SS], -10m or +2h"

/**
 * when_parse() - a moment, in local time
 * @text:     "03:00", "03:00:10": the last such time that is not after @last_ns;
 *            "2026-11-27 03:00"; "-10m", "+2h": from @here_ns on
 * @out:      CLOCK_REALTIME in ns; untouched on failure
 */
bool when_parse(const char *text, uint64_t here_ns, uint64_t last_ns, uint64_t *out);

#endif
