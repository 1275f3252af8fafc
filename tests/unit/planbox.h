/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sandbox with 4 GiB of RAM and no swap, and what plans are made from. */
#ifndef PLANBOX_H
#define PLANBOX_H

#include "unit.h"

#include "sandbox.h"

int planbox_setup(void **state);
int planbox_teardown(void **state);

/* the lines of /proc/swaps */
void put_areas(struct sandbox *box, const char *lines);
/* a device that an earlier run has attached */
void put_record(struct sandbox *box, const char *path, const char *tier, int rank,
		const char *spec, bool created);
void put_zram(struct sandbox *box, const char *name, const char *bytes);

struct swapadm_conf *conf_of(struct sandbox *box, const char *text);
/* the plan of a configuration */
struct swapadm_plan *apply(struct sandbox *box, const char *text);
void step_is(const struct swapadm_plan *plan, size_t i, enum swapadm_action action,
	     const char *object, const char *words);

#define plan_test(fn) cmocka_unit_test_setup_teardown(fn, planbox_setup, planbox_teardown)

#endif
