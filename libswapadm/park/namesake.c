/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of groups that were removed while they were parked, when another one has got
 * their path: wake by that path means the new one, so nobody could get rid of them.
 */
#include "park/park.h"

int park_forget_namesakes(struct park *park)
{
	_cleanup_(parkrec_list_free) struct parkrec_list list = { 0 };
	struct swapadm_ctx *ctx = park->pull.ctx;
	int r = parks_read_all(ctx, &list);
	char said[128];

	if (r)
		return ctx_fail(ctx, r, PARKS_DIR ": read: %s", strerror(-r));
	for (size_t i = 0; !r && *park->rec.cgroup && i < list.n; i++) {
		const struct parkrec *rec = &list.items[i];

		if (!streq(rec->cgroup, park->rec.cgroup) ||
		    streq(rec->id, park->rec.id) || !parkrec_is_gone(ctx, rec) ||
		    parkrec_is_elsewhere(ctx, rec))
			continue;
		/* some of its processes may live on elsewhere, stopped */
		r = park_thaw(ctx, rec, said, sizeof(said));
		if (!r)
			r = parks_remove(ctx, rec->id);
		park->n_forgotten += !r;
	}
	return r;
}

void park_say_forgotten(struct park *park)
{
	struct swapadm_progress *p = &park->pull.job.rec->p;
	size_t n = strlen(p->message);

	if (park->n_forgotten)
		snprintf(p->message + n, sizeof(p->message) - n,
			 "%sdropped the record of a group that had its name before",
			 n ? "; " : "");
}
