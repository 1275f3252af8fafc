/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs as states of devices. The swap core has no word for an area that is being drained:
 * swapoff(2) leaves it in /proc/swaps to its end. The jobs' records show it.
 */
#include "state/jobs.h"
#include "model/model.h"

static void mark_path(struct swapadm_model *model, const char *path)
{
	for (size_t t = 0; t < model->n_tiers; t++)
		for (size_t i = 0; i < model->tiers[t]->pub.n_devices; i++) {
			struct swapadm_device *dev = &model->tiers[t]->devices[i]->pub;

			if (dev->state == SWAPADM_STATE_ACTIVE &&
			    streq_null(dev->path, path))
				dev->state = SWAPADM_STATE_DRAINING;
		}
}

int model_mark_jobs(struct swapadm_model *model)
{
	_cleanup_(jobrec_list_free) struct jobrec_list list = {};
	int r = jobs_read_unfinished(model->ctx, &list);

	if (r) {
		log_debug(model->ctx, JOBS_DIR ": read: %s", strerror(-r));
		return r == -ENOMEM ? r : 0;
	}
	for (size_t i = 0; i < list.n; i++)
		for (size_t d = 0; d < list.items[i].n_devices; d++)
			if (jobs_is_draining(model->ctx, &list.items[i]))
				mark_path(model, list.items[i].devices[d]);
	return 0;
}
