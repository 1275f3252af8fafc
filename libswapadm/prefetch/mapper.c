/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/mapper.h"

#define PIECE_PAGES 64 /* a hold is obeyed after so many */
#define PATIENCE_MS 500

struct mapper *mapper_new(struct swapmap *map, bool backwards)
{
	struct mapper *m = calloc(1, sizeof(*m));

	if (m) {
		m->map = *map;
		m->backwards = backwards;
		m->feeder.event_fd = -1;
	} else {
		swapmap_free(map);
	}
	*map = (struct swapmap){ 0 };
	return m;
}

int mapper_start(struct mapper *m, unsigned n_threads)
{
	int r = feeder_init(&m->feeder, &m->map, FEEDER_MAP);

	if (r)
		return r;
	m->feeder.backwards = m->backwards;
	m->feeder.gives_way = !m->backwards; /* to those that keep the disk busy */
	return feeder_start(&m->feeder, n_threads);
}

void mapper_allow(struct mapper *m, uint64_t pages)
{
	if (m->feeder.n_threads)
		feeder_allow(&m->feeder, pages, PIECE_PAGES);
}

void mapper_end(struct mapper *m)
{
	if (!m || !feeder_stop(&m->feeder, PATIENCE_MS))
		return;
	feeder_free(&m->feeder);
	swapmap_free(&m->map);
	free(m);
}
