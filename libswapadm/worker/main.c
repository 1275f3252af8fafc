/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* swapadm-worker - runs one job; libswapadm starts it, see job/work.h */
#include <signal.h>

#include "layer/direct/drain.h"
#include "layer/direct/wbmove.h"
#include "layer/redirect/ownmove.h"
#include "layer/redirect/redirect.h"
#include "paging/paging.h"
#include "park/park.h"

static const struct job_work *const works[] = {
	&direct_drain_work, &writeback_work, &redirect_drain_work, &redirect_remove_work,
	&ownmove_work,      &paging_work,    &park_work,           &wake_work,
};

int main(void)
{
	signal(SIGXFSZ, SIG_IGN); /* no reason to leave a job half done */
	return worker_serve(works, ARRAY_SIZE(works));
}
