/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/view.h"

const struct list_ops *const view_lists[N_LISTS] = {
	[LIST_TIERS] = &list_ops_tiers,     [LIST_JOBS] = &list_ops_jobs,
	[LIST_DEVICES] = &list_ops_devices, [LIST_PROCS] = &list_ops_procs,
	[LIST_CGROUPS] = &list_ops_cgroups, [LIST_EVENTS] = &list_ops_events,
};
