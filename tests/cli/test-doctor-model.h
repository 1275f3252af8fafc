/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models that are made up; apart, as headers of swapctl and of the library clash. */
#ifndef TEST_DOCTOR_MODEL_H
#define TEST_DOCTOR_MODEL_H

#include <swapadm.h>

/* an empty one, or NULL */
struct swapadm_model *made_model(struct swapadm_ctx *ctx);

/* an active device of tier "t"; @name is its path as well, borrowed */
struct swapadm_device *made_device(struct swapadm_model *model, const char *name);

/* before it is looked at */
void made_finish(struct swapadm_model *model);

#endif
