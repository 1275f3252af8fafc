/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A zram's write-back as the plan leaves it, and the worker that carries it out. */
#ifndef SWAPADM_WBMOVE_H
#define SWAPADM_WBMOVE_H

#include "job/work.h"
#include "op/wbpages.h"

#define WB_UNIT_BYTES UINT64_C(4096) /* of bd_stat and writeback_limit */

/**
 * struct writeback - .priv of the operation
 * @name:      "zram0"
 * @older_s:   only what was not used for so long; 0: all
 * @marked:    what is to go is idle already
 * @by_pages:  only @pages
 */
struct writeback {
	char name[64];
	uint64_t older_s;
	bool marked, by_pages;
	struct wbpages pages;
};

/* what the worker has to know of it; 0; -ENOMEM */
int writeback_save(const struct swapadm_op *op, struct request *req);

extern const struct job_work writeback_work;

/* release() of the operation */
void writeback_release(struct swapadm_op *op);

#endif
